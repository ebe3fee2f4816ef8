"""The sources that are made of several objects, and the fields that we work out: what `config/sources.py` describes.

- `salesops.sources.needs` says which facts each of them reads; it loads no engine.
- `salesops.sources.made` holds `MADE`, `WORKED_OUT` and `OF_ROW`: how each of them is built.
"""
