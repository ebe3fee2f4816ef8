"""Salesforce's formula language: read, checked by type, worked out for a record or compiled to SQL.

Read `check.py` for what a formula may say, `functions.py` for what its functions do, `sql.py` for how a formula field
becomes a column. Error texts follow Salesforce's published formula engine (repository salesforce/formula-engine).
"""

from connectors.sandbox.salesforce.formula.check import Purpose
from connectors.sandbox.salesforce.formula.errors import FormulaError, FormulaValueError
from connectors.sandbox.salesforce.formula.program import Program, compile_formula, evaluate, field_value
from connectors.sandbox.salesforce.formula.sql import column_sql, register

__all__ = [
    "FormulaError",
    "FormulaValueError",
    "Program",
    "Purpose",
    "column_sql",
    "compile_formula",
    "evaluate",
    "field_value",
    "register",
]
