"""What is wrong with a formula: as text when it is saved, as a value when it runs."""

from __future__ import annotations


class FormulaError(ValueError):
    """The formula is not one; the message is what Salesforce's editor shows."""


class FormulaValueError(ValueError):
    """The formula has no value for this record: Salesforce shows `#Error!`, and the API answers null."""
