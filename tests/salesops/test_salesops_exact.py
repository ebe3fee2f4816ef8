"""Division in the engine, where it goes from small whole numbers to large ones: the same exact quotient."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

import pyarrow as pa

from salesops.engine import Engine
from salesops.explain.totals import rounded

MILLION = 10**6
BOUNDS = [10**power + step for power in (0, 6, 9, 12, 15, 18) for step in (-1, 0, 1)]
NUMBERS = sorted({sign * each for each in (*BOUNDS, 3, 7, 10**15 - MILLION // 2) for sign in (1, -1)})
PAIRS = [(above, below) for above in NUMBERS for below in NUMBERS]


def test_a_quotient_is_exact_whatever_the_size_of_its_numbers() -> None:
    columns = {
        "n": pa.array([Decimal(above).scaleb(-6) for above, _ in PAIRS], pa.decimal128(38, 6)),
        "d": pa.array([Decimal(below).scaleb(-6) for _, below in PAIRS], pa.decimal128(38, 6)),
    }
    asked = "exact_ratio(n, d), ratio_of_millionths(millionths(n), millionths(d))"
    asked += ", quotient_of_integers(in_millionths(n) * 1000000, in_millionths(d)), in_millionths(n)"
    with Engine() as engine:
        engine.load("numbers", pa.table(columns))
        found = engine.fetch(f"SELECT n, d, {asked} FROM numbers").to_pylist()
    rows = [tuple(row.values()) for row in found]
    assert len(rows) == len(PAIRS)
    quotients = [(n, d, None if d == 0 else rounded(Fraction(n) / Fraction(d))) for n, d, *_ in rows]
    assert rows == [(n, d, each, each, each, n * MILLION) for n, d, each in quotients]
