"""Formulas of comp plans in the engine: exact whatever their size, rounded as they say, none where there is none."""

from __future__ import annotations

import random
from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pytest

from config.comp_plans.formula import Binary, Call, Compare, Expression, If, Logic, Name, Negative, Number
from config.comp_plans.formula import parse_pay_formula as parsed
from salesops import rational
from salesops.engine import Engine, NumberTooLarge
from salesops.exact import narrowed
from salesops.incentives.numbers import Mode, Order, column, compare, materialized, number, rounded_to
from salesops.rational import Rational
from salesops.sql import columns
from salesops.wide import divide

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from config.comp_plans.formula import Condition

Row = dict[str, Fraction | None]
ORDERS: tuple[Order, ...] = ("<", "<=", ">", ">=", "==", "!=")
MODES: tuple[Mode, ...] = ("half_up", "half_even", "down", "up", "floor", "ceil")
WHOLE = pa.decimal128(38, 0)
SCALE = Fraction(1, 10**6)
TINY_NUMBER = Fraction(1, 10**12)
TINY = rational.constant(TINY_NUMBER)
NAMES = ("a", "b", "c", "d")
ROWS = 1_000


def resolved(part: Name | Call) -> Rational:
    """a and b are millionths; c and d are fractions."""
    assert isinstance(part, Name)
    below = f'"{part.name} below"' if part.name in "cd" else None
    return Rational(SCALE, f'"{part.name}"', below)


def random_rows(dice: random.Random) -> list[Row]:
    """Numbers of every size from a few units to as many digits as there is room for, some of them none or equal."""

    def whole(digits: int) -> int:
        return dice.randint(-(10**digits), 10**digits)

    rows: list[Row] = []
    for _ in range(ROWS):
        digits = dice.choice((1, 3, 7, 12, 16, 18, 19))
        row: Row = {}
        for name in NAMES:
            below = dice.randint(1, 10 ** dice.choice((1, 3, 12, digits))) if name in "cd" else 1
            row[name] = None if dice.random() < 0.05 else whole(digits) * SCALE / below
        if dice.random() < 0.1:
            row["b"] = row["a"]
        rows.append(row)
    return rows


def table(rows: Sequence[Row]) -> pa.Table:
    def above_and_below(row: Row) -> dict[str, Decimal | None]:
        found: dict[str, Decimal | None] = {}
        for name in NAMES:
            value = row[name]
            scaled = None if value is None else value / SCALE
            found[name] = None if scaled is None else Decimal(scaled.numerator)
            found[f"{name} below"] = None if scaled is None else Decimal(scaled.denominator)
        return found

    held = [above_and_below(row) for row in rows]
    types: dict[str, pa.DataType] = dict.fromkeys(held[0], WHOLE) | {"row": pa.int64()}
    return pa.Table.from_pylist([each | {"row": at} for at, each in enumerate(held)], schema=pa.schema(types))


def reckoned(part: Expression, row: Row) -> Fraction | None:
    """What a formula comes to, by hand."""
    match part:
        case Number(value=value):
            return value
        case Name(name=name):
            return row[name]
        case Negative(operand=operand):
            found = reckoned(operand, row)
            return None if found is None else -found
        case If(condition=asked, then=then, otherwise=otherwise):
            return reckoned(then if held(asked, row) else otherwise, row)
        case Binary(operator=operator, left=left, right=right):
            ours, theirs = reckoned(left, row), reckoned(right, row)
            if ours is None or theirs is None or (operator == "/" and theirs == 0):
                return None
            return (
                {"+": ours + theirs, "-": ours - theirs, "*": ours * theirs}.get(operator)
                if operator != "/"
                else ours / theirs
            )
    return called(part, [reckoned(each, row) for each in part.arguments])


def called(call: Call, values: list[Fraction | None]) -> Fraction | None:
    there = [each for each in values if each is not None]
    if call.function in ("min", "max", "if_none"):
        in_order = there if call.function == "if_none" else sorted(there, reverse=call.function == "max")
        return in_order[0] if there else None
    if values[0] is None:
        return None
    if call.function == "abs":
        return abs(values[0])
    if call.function == "round":
        return rounded(values[0], int(there[1]), "half_up")
    return rounded(values[0], 0, "floor" if call.function == "floor" else "ceil")


def held(asked: Condition, row: Row) -> bool:
    if isinstance(asked, Logic):
        met = [held(each, row) for each in asked.conditions]
        return {"and": all(met), "or": any(met), "not": not met[0]}[asked.operator]
    ours, theirs = reckoned(asked.left, row), reckoned(asked.right, row)
    if ours is None or theirs is None:
        return False
    order = {"<": ours < theirs, "<=": ours <= theirs, ">": ours > theirs, ">=": ours >= theirs}
    return (order | {"==": ours == theirs, "!=": ours != theirs})[asked.operator]


def parsed_condition(left: str, order: Order, right: str) -> Compare:
    return Compare(order, parsed(left), parsed(right), 0)


def rounded(value: Fraction, places: int, mode: Mode) -> Fraction:
    units = value * 10**places
    return Fraction(divide(units.numerator, units.denominator, mode), 10**places)


def fetched(engine: Engine, asked: dict[str, str], source: str = "numbers") -> list[dict[str, Any]]:
    return engine.fetch(f"SELECT {columns(asked)} FROM {source} ORDER BY row").to_pylist()


FORMULAS = (
    "a * 0.073",
    "a * b / c",
    "-c",
    "a + b - 12.5",
    "a * b",
    "a * b * c",
    "a / b",
    "c - d",
    "a * (0.05 * c + 0.000001 * (b - 0.8 * c)) / c",
    "min(a, b, 100)",
    "max(0, min(c, d))",
    "min(c * d, a / 3) - max(b, d)",
    "if(a * b >= c * d, a * 0.1, if(not c < d or a == b, -c, 0.25))",
    "if_none(a / b, if_none(c, 7)) * 2 - -d",
    "round(a * b / 7, 2) + floor(c / 3) - ceil(d)",
    "abs(a - b) * abs(c * d)",
    "0 * a + (1 - 1) * b + 4 * 0.25",
    "a / 0",
    "(a - b) / (a - b)",
    "a * b * c * d * a * b * c * d / (a * a * b * b * c * c * d * d)",
)


MODES_OF_ALL = 3
"""The formulas that are rounded in every mode; the others in one."""


@pytest.fixture(scope="module")
def rows() -> list[Row]:
    return random_rows(random.Random(7))


@pytest.fixture(scope="module")
def engine(rows: list[Row]) -> Iterator[Engine]:
    with Engine() as opened:
        opened.load("given", table(rows))
        opened.keep_rows("numbers", "SELECT * FROM given")
        yield opened


def test_a_formula_is_exact_in_every_row_and_mode(rows: list[Row], engine: Engine) -> None:
    asked = [(text, mode) for at, text in enumerate(FORMULAS) for mode in (MODES if at < MODES_OF_ALL else MODES[:1])]
    found = fetched(
        engine,
        {f"{text} {mode}": rounded_to(rational.times(number(text, resolved), TINY), 3, mode) for text, mode in asked},
    )
    for row, got in zip(rows, found, strict=True):
        for text, mode in asked:
            value = reckoned(parsed(text), row)
            expected = None if value is None else rounded(value * TINY_NUMBER, 3, mode)
            assert got[f"{text} {mode}"] == expected, (text, mode, row)


@pytest.mark.parametrize("order", ORDERS)
def test_a_comparison_is_exact_and_never_null(rows: list[Row], engine: Engine, order: Order) -> None:
    pairs = {"a b": ("a", "b"), "c d": ("c * d * c", "d * a * b"), "a 1": ("a", "-0.0000015"), "1 c": ("0.3", "c")}
    sides = {name: tuple(number(text, resolved) for text in pair) for name, pair in pairs.items()}
    found = fetched(engine, {name: compare(left, order, right) for name, (left, right) in sides.items()})
    for row, got in zip(rows, found, strict=True):
        expected = {name: held(parsed_condition(left, order, right), row) for name, (left, right) in pairs.items()}
        assert got == expected, row


def test_a_number_put_into_columns_is_the_same_number(rows: list[Row], engine: Engine) -> None:
    texts = ("c / d", "c - a", "a * b", "max(c, d)", "4", "a / c * (c / b) / d * d")
    held_in: dict[str, str] = {}
    read: dict[str, Rational] = {}
    for text in texts:
        made, read[text] = materialized(number(text, resolved), text)
        held_in |= made
    found = fetched(engine, held_in)
    for row, got in zip(rows, found, strict=True):
        for text in texts:
            above, below = got[text], got.get(f"{text} below", 1)
            value = None if above is None or below is None else read[text].scale * Fraction(above) / Fraction(below)
            assert value == reckoned(parsed(text), row), (text, row)


def test_where_a_result_has_no_room_the_engine_says_so(engine: Engine) -> None:
    engine.keep_rows("far", f"SELECT CAST('{'9' * 38}' AS DECIMAL(38, 0)) AS a, 1 AS row")
    far = rational.times(resolved(Name("a", 0)), resolved(Name("a", 0)))
    (fits,) = fetched(engine, {"fits": rounded_to(rational.over(far, far), 2), "less": compare(far, "<", TINY)}, "far")
    assert fits == {"fits": 1, "less": False}
    with pytest.raises(NumberTooLarge):
        fetched(engine, {"far": rounded_to(far, 2)}, "far")
    engine.resume()


FAR = ("a * b / c * (a / d)", "c * d * a * b", "a * b / c * (a / d) - 1", "a")
WITHIN = "max(min({}, 1000000), -1000000)"
OF_FAR = tuple(
    WITHIN.format(text)
    for text in (
        "x - y",
        "x / y",
        "x + w - x",
        "min(x, y, w)",
        "max(w, x, y)",
        "if(x > y, w, x / z)",
        "abs(x) / (z - y)",
    )
)


def test_a_number_that_has_no_room_in_columns_is_kept_and_reckoned_with(rows: list[Row], engine: Engine) -> None:
    held_in: dict[str, str] = {}
    read: dict[str, Rational] = {}
    for name, text in zip("xyzw", FAR, strict=True):
        fine = rational.times(number(text, resolved), rational.constant(Fraction(1, 10**9)))
        made, read[name] = materialized(fine, name)
        held_in |= made
    engine.keep_rows("held", f"SELECT row, {columns(held_in)} FROM numbers")
    kept = engine.fetch('SELECT count(*) AS kept FROM held WHERE x IS NOT NULL AND "x below" IS NULL')
    assert kept["kept"][0].as_py() > ROWS / 4
    asked = {text: number(text, lambda name: read[name.name]) for text in OF_FAR}
    shown = {text: rounded_to(each, 9) for text, each in asked.items()}
    found = fetched(engine, shown | {"x < y": compare(read["x"], "<", read["y"])}, "held")
    for row, got in zip(rows, found, strict=True):
        values = [reckoned(parsed(text), row) for text in FAR]
        these = {name: None if each is None else each / 10**9 for name, each in zip("xyzw", values, strict=True)}
        for text in OF_FAR:
            value = reckoned(parsed(text), these)
            assert got[text] == (None if value is None else rounded(value, 9, "half_up")), (text, row)
        assert got["x < y"] == held(parsed_condition("x", "<", "y"), these)


def test_a_number_that_must_have_room_is_refused_where_it_has_none(engine: Engine) -> None:
    engine.keep_rows("farther", f"SELECT CAST('{'9' * 38}' AS DECIMAL(38, 0)) AS a, 7 AS c, 3 AS \"c below\", 1 AS row")
    made, _ = materialized(number("a * a / c", resolved), "found", has_room=True)
    with pytest.raises(NumberTooLarge):
        fetched(engine, made, "farther")
    engine.resume()


def test_a_decimal_column_is_the_number_it_holds() -> None:
    amounts = [Decimal(each) for each in ("0", "-0.000001", "12345678901234567890.123456", "999999.999999", "0.5")]
    types: dict[str, pa.DataType] = {"amount": pa.decimal128(38, 6), "rate": pa.decimal128(38, 12), "row": pa.int64()}
    with Engine() as opened:
        held_there = [{"amount": each, "rate": each, "row": at} for at, each in enumerate(amounts)]
        opened.load("numbers", pa.Table.from_pylist(held_there, schema=pa.schema(types)))
        asked = {"amount": rounded_to(column("amount"), 6), "rate": rounded_to(column("rate", 12), 6)}
        found = fetched(opened, asked)
    assert found == [{"amount": each, "rate": each} for each in amounts]


def test_a_formula_is_as_exact_with_64_bits_or_says_that_it_does_not_fit() -> None:
    dice = random.Random(5)
    small: list[Row] = [
        {name: dice.randint(-20_000, 20_000) * SCALE / (dice.randint(1, 40) if name in "cd" else 1) for name in NAMES}
        for _ in range(300)
    ]
    fitting = 0
    with Engine() as opened:
        opened.load("given", table(small))
        whole = {name: f'as_whole("{name}")' for each in NAMES for name in (each, f"{each} below")}
        opened.keep_rows("numbers", narrowed(f"SELECT row, {columns(whole)} FROM given"))
        for text in FORMULAS:
            for mode in MODES:
                query = narrowed(
                    f"SELECT {rounded_to(number(text, resolved), 5, mode)} AS found FROM numbers ORDER BY row"
                )
                try:
                    found = opened.fetch(query)["found"].to_pylist()
                except NumberTooLarge:
                    continue
                values = [reckoned(parsed(text), row) for row in small]
                assert found == [None if value is None else rounded(value, 5, mode) for value in values], (text, mode)
                fitting += 1
    assert fitting > 60


@pytest.mark.parametrize("largest", [Decimal(4), Decimal(5 * 10**12)])
def test_what_does_not_fit_64_bits_is_reckoned_with_38_digits(largest: Decimal) -> None:
    with Engine() as opened:
        amounts = [{"amount": amount} for amount in (Decimal("0.5"), largest)]
        opened.load("given", pa.Table.from_pylist(amounts, schema=pa.schema({"amount": pa.decimal128(38, 6)})))
        squared = rational.times(column("amount"), column("amount"))
        made, read = materialized(squared, "squared")
        opened.keep_reckoned("kept", f"SELECT amount, {columns(made)} FROM given")
        found = opened.fetch("SELECT * FROM kept ORDER BY amount")
        assert found.schema.field("squared").type == WHOLE
        assert [read.scale * int(each or 0) for each in found["squared"].to_pylist()] == [
            Fraction(1, 4),
            Fraction(largest) ** 2,
        ]
        opened.drop("kept")
        opened.keep_rows("kept", "SELECT 1 AS again")
        assert opened.fetch("FROM kept").to_pylist() == [{"again": 1}]
