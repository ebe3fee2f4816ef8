"""What the core computes: tables, with their schemas.

Money and ratios are decimals; a key is a user id, a team name, or "" for the company. Periods are named by
`salesops.calendar`: "2017-12", "FY2017-Q4", "FY2017". Rows are sorted by all key columns, so equal results are equal
tables whatever the order of the facts.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import pyarrow as pa

AMOUNT: pa.DataType = pa.decimal128(38, 6)

METRICS = pa.schema(
    [
        ("metric", pa.string()),
        ("grain", pa.string()),  # user, team, company
        ("key", pa.string()),
        ("period", pa.string()),
        ("value", AMOUNT),  # rounded half up to 6 places; null where there is none (a ratio over nothing)
        ("numerator", AMOUNT),  # of a ratio or an average, else null
        ("denominator", AMOUNT),
    ]
)

ATTAINMENT = pa.schema(
    [
        ("quota", pa.string()),
        ("user_id", pa.string()),
        ("period", pa.string()),
        ("credited", AMOUNT),
        ("target", AMOUNT),
        ("attainment", AMOUNT),  # credited / target, half up to 6 places; null where the target is 0
    ]
)

EARNINGS = pa.schema(
    [
        ("comp_plan", pa.string()),
        ("component", pa.string()),
        ("payee_id", pa.string()),
        ("period", pa.string()),
        ("opportunity_id", pa.string()),
        ("status", pa.string()),  # earned, or estimated: "if won at the as-of time"
        ("credit", AMOUNT),
        ("amount", AMOUNT),  # rounded as the comp plan says; the rows of a period sum to its rounded whole
    ]
)

TERRITORIES = pa.schema([("account_id", pa.string()), ("territory", pa.string())])


@dataclass(frozen=True, slots=True)
class Note:
    """Something that was left out of the figures, or counts for nobody, and that an admin would want to know."""

    severity: Literal["warning", "info"]
    text: str


@dataclass(frozen=True, slots=True)
class Results:
    """Everything computed from one set of facts and rules at one as-of time."""

    metrics: pa.Table
    attainment: pa.Table
    earnings: pa.Table
    territories: pa.Table
    notes: tuple[Note, ...] = ()
