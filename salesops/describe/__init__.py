"""A comp plan in plain language, as who is paid by it would get it. Pure.

`letter.py` says what is told and in which order; `english.py` and `french.py` hold every sentence; `worked.py` lets the
engine compute the small tables of payouts.
"""
