"""Whole months between two days."""

from __future__ import annotations

import duckdb
import pytest

from salesops.incentives.frame.months import months_between, months_since


@pytest.mark.parametrize(
    ("one", "other", "since", "between"),
    [
        ("2026-01-15", "2026-02-14", 0, 0),
        ("2026-01-31", "2026-02-28", 1, 1),
        ("2024-02-29", "2025-02-28", 12, 12),
        ("2026-03-15", "2026-02-16", -1, 0),
        ("2026-02-28", "2026-01-31", -1, -1),
    ],
)
def test_a_month_that_ends_early_is_a_whole_one(one: str, other: str, since: int, between: int) -> None:
    days = f"DATE '{one}'", f"DATE '{other}'"
    [found] = duckdb.connect().execute(f"SELECT {months_since(*days)}, {months_between(*days)}").fetchall()
    assert found == (since, between)
