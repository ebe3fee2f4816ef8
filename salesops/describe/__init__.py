"""A comp plan in plain language, as who is paid by it would get it. Pure.

`letter.py` says what is told and in which order; `sentences/` holds every sentence in both languages, `english.py` and
`french.py` the words and forms of each; `worked.py` lets the engine compute the examples of payouts.
"""
