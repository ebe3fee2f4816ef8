"""Tables of comp plans in the engine: the row that fits, by texts and by steps."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pytest

from config.comp_plans import Table
from salesops.engine import Engine
from salesops.incentives.numbers import rounded_to
from salesops.incentives.tables import looked_up
from salesops.rational import MILLIONTH, Rational

if TYPE_CHECKING:
    from collections.abc import Sequence

WHOLE = pa.decimal128(38, 0)
COLUMNS: dict[str, pa.DataType] = {"row": pa.int64(), "text": pa.string(), "above": WHOLE, "below": WHOLE}


def found_in(table: dict[str, Any], rows: Sequence[tuple[str | None, Fraction | None]]) -> list[Decimal | None]:
    """What a table has for each text and number: in a row the number is a fraction."""
    held = []
    for at, (text, number) in enumerate(rows):
        whole = None if number is None else number / MILLIONTH
        above, below = (None, None) if whole is None else (Decimal(whole.numerator), Decimal(whole.denominator))
        held.append({"row": at, "text": text, "above": above, "below": below})
    read = looked_up(Table.model_validate(table), lambda _: Rational(MILLIONTH, "above", "below"), lambda _: "text")
    with Engine() as engine:
        engine.load("rows", pa.Table.from_pylist(held, schema=pa.schema(COLUMNS)))
        return engine.fetch(f"SELECT {rounded_to(read, 6)} AS found FROM rows ORDER BY row")["found"].to_pylist()


def numbers(*given: str | None) -> list[tuple[str | None, Fraction | None]]:
    return [(None, None if each is None else Fraction(each)) for each in given]


@pytest.mark.parametrize(
    ("bound", "expected"),
    [("lower", [None, "0.02", "0.02", "0.05", "0.07", None]), ("upper", [None, "0.02", "0.02", "0.02", "0.07", None])],
)
def test_a_number_exactly_at_a_bound_is_where_the_table_says(bound: str, expected: list[str | None]) -> None:
    table = {"by": [{"of": "x", "bound": bound}], "rows": {"0.8": "0.05", "-1": "0.02", "1.25": "0.07"}}
    asked = numbers("-1.000001", "-1", "2399999/3000000", "0.8", "3751/3000", None)
    assert found_in(table, asked) == [None if each is None else Decimal(each) for each in expected]


def test_each_step_of_many_is_found() -> None:
    table = {"by": [{"of": "x"}], "rows": {str(each): str(each * 10) for each in range(1, 40)}, "otherwise": "7"}
    asked = [Fraction(each, 3) for each in range(130)]
    expected = [10 * min(int(each), 39) if each >= 1 else 7 for each in asked]
    assert found_in(table, [(None, each) for each in asked]) == expected


def test_each_text_of_many_is_found_and_no_other() -> None:
    keys = [f"{word} {each}" for word in ("Zoë", "zebra", "O'Neill", "", "日本", "a") for each in range(20)]
    table = {"by": ["product.name"], "rows": {key: str(at) for at, key in enumerate(keys)}}
    others = ["zoë 1", "a 20", "~", None]
    expected = [*map(Decimal, range(len(keys))), *(None for _ in others)]
    assert found_in(table, [(key, None) for key in [*keys, *others]]) == expected


def test_axes_nest_and_what_fits_no_row_is_otherwise() -> None:
    table: dict[str, Any] = {
        "by": ["kind", {"of": "margin"}],
        "rows": {"New": {"0": "0.1", "0.3": "0.125"}, "Renewal": {"0.3": "0.04"}},
        "otherwise": "0.01",
    }
    half, fifth = Fraction(1, 2), Fraction(1, 5)
    rows = [
        ("New", half),
        ("New", fifth),
        ("Renewal", half),
        ("Renewal", fifth),
        ("new", half),
        (None, half),
        ("New", None),
    ]
    assert found_in(table, rows) == [Decimal(each) for each in ("0.125", "0.1", "0.04", "0.01", "0.01", "0.01", "0.01")]
    assert found_in(table | {"otherwise": None}, [("Renewal", fifth), ("New", half)]) == [None, Decimal("0.125")]
