"""The tables behind an org's own rules and its recycle bin, made with the org."""

from __future__ import annotations

from typing import TYPE_CHECKING

from connectors.sandbox.salesforce.org_rules import assignment, duplicates
from connectors.sandbox.salesforce.org_rules import validation as validation_rules
from connectors.sandbox.salesforce.records import recycle_bin

if TYPE_CHECKING:
    import sqlite3


def create_tables(connection: sqlite3.Connection) -> None:
    for module in (recycle_bin, validation_rules, assignment, duplicates):
        module.create_tables(connection)
