"""Cases of comp plans: what is given as facts and rules, what is expected against what came of them. Pure.

`check.py` says what is wrong with a case, `build.py` makes facts of cases, `run.py` computes them, `judge.py` compares,
`story.py` tells how it came about.
"""
