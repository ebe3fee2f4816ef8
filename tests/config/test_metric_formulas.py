"""Formulas: what they are parsed into, what is refused and how, and what their results are in."""

from __future__ import annotations

from fractions import Fraction

import pytest

from config.constants import constant
from config.metrics import Unit
from config.metrics.formula import (
    MAX_DEPTH,
    MAX_LENGTH,
    Binary,
    Call,
    Expression,
    Name,
    Negative,
    Number,
    parse_formula,
)
from config.metrics.units import Measure, UnitClash, fits, formula_measure, unit_measure

MONEY, DAYS, HOURS, COUNT = (unit_measure(unit) for unit in (Unit.MONEY, Unit.DAYS, Unit.HOURS, Unit.COUNT))
SECONDS = Measure(times=(1, 0, 0, 0))
HELD = {"won": MONEY, "lost": MONEY, "cycle": DAYS, "talk": HOURS, "calls": COUNT, "seconds": SECONDS}


def spelled(expression: Expression) -> str:
    """The expression with all its parentheses."""
    match expression:
        case Number(value=value):
            return str(value)
        case Name(name=name):
            return name
        case Negative(operand=operand):
            return f"(-{spelled(operand)})"
        case Binary(operator=operator, left=left, right=right):
            return f"({spelled(left)} {operator} {spelled(right)})"
        case Call(function=function, arguments=arguments):
            return f"{function}({', '.join(map(spelled, arguments))})"
    raise AssertionError(expression)


@pytest.mark.parametrize(
    ("text", "means"),
    [
        ("a", "a"),
        ("a + b * c", "(a + (b * c))"),
        ("(a + b) * c", "((a + b) * c)"),
        ("a - b - c", "((a - b) - c)"),
        ("a / b / c", "((a / b) / c)"),
        ("a * b / c", "((a * b) / c)"),
        ("-a * b", "((-a) * b)"),
        ("a - -b", "(a - (-b))"),
        ("0.125 * a", "(1/8 * a)"),
        ("min(a, b, 3)", "min(a, b, 3)"),
        ("if_none(a / b, 0)", "if_none((a / b), 0)"),
        ("a\n  + previous(a)", "(a + previous(a))"),
        ("min + max(min, rank)", "(min + max(min, rank))"),
    ],
)
def test_a_formula_is_read_as_arithmetic_is(text: str, means: str) -> None:
    assert spelled(parse_formula(text)) == means


def test_every_part_knows_its_place_in_the_text() -> None:
    assert parse_formula("won / -cycle") == Binary("/", Name("won", 0), Negative(Name("cycle", 7), 6), 4)


def test_a_number_is_exact() -> None:
    assert parse_formula("0.1") == Number(Fraction(1, 10), 0)


@pytest.mark.parametrize(
    "text",
    [
        "", "  ", "a +", "* a", "(a", "a)", "()", "a b", "a,b", "1.5.2", ".5", "1e5", "5%", "A", "a^2", "a == b",
        "a % b", "a;b", "min(a)", "abs(a, b)", "previous()", "previous(a + b)", "share(2)", "sqrt(a)",
        "__import__('os')", "a.b",
        "\x00", "ä", "1234567890123456", "0.1234567", "a" + " " * MAX_LENGTH, "(" * 1500, "-" * (MAX_DEPTH + 1) + "a",
        "+".join(["a"] * (MAX_DEPTH + 1)),
    ],
)  # fmt: skip
def test_what_is_no_formula_is_refused_in_two_sentences(text: str) -> None:
    with pytest.raises(ValueError, match=r"\. .+\.$|^there is no function .+\.$|is not a number|digits"):
        parse_formula(text)


def test_a_long_sum_of_many_metrics_is_read() -> None:
    assert parse_formula(" + ".join(f"metric_{number}" for number in range(MAX_DEPTH - 1)))


@pytest.mark.parametrize(
    ("text", "unit"),
    [
        ("won + lost", Unit.MONEY),
        ("won - 1000", Unit.MONEY),
        ("max(won - lost, 0)", Unit.MONEY),
        ("if_none(won, 0) * 2", Unit.MONEY),
        ("won / lost", Unit.PERCENT),
        ("won * calls / cycle", Unit.MONEY),
        ("calls / cycle", Unit.NUMBER),
        ("talk / 24", Unit.DAYS),
        ("cycle * 24 + talk", Unit.HOURS),
        ("seconds / 60", Unit.MINUTES),
        ("seconds / calls", Unit.NUMBER),
        ("rank(won)", Unit.NUMBER),
        ("share(won)", Unit.PERCENT),
        ("previous(won) - won", Unit.MONEY),
        ("won * won / lost", Unit.MONEY),
        ("2 * 3", Unit.DAYS),
    ],
)
def test_a_result_fits_its_unit(text: str, unit: Unit) -> None:
    measure = formula_measure(text, parse_formula(text), HELD)
    assert measure is None or fits(measure, unit)


@pytest.mark.parametrize(
    ("text", "unit"),
    [
        ("won * lost", Unit.MONEY),
        ("won / lost", Unit.MONEY),
        ("won / calls", Unit.PERCENT),
        ("calls / cycle", Unit.COUNT),
        ("calls / cycle", Unit.PERCENT),
        ("cycle / calls", Unit.HOURS),
        ("calls * 60", Unit.MINUTES),
        ("won * 2", Unit.COUNT),
        ("1 / cycle", Unit.DAYS),
        ("cycle * 24", Unit.MONEY),
        ("talk", Unit.NUMBER),
    ],
)
def test_a_result_in_another_unit_does_not_fit(text: str, unit: Unit) -> None:
    measure = formula_measure(text, parse_formula(text), HELD)
    assert measure is not None
    assert not fits(measure, unit)


@pytest.mark.parametrize(
    "text",
    ["won + calls", "won - cycle", "cycle + talk", "min(won, calls)", "if_none(won, calls)", "won + (lost / cycle)",
     "(won + 1) + calls", "1 + won * 2 - cycle"],
)  # fmt: skip
def test_unlike_units_clash(text: str) -> None:
    with pytest.raises(UnitClash, match="at character"):
        formula_measure(text, parse_formula(text), HELD)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("0", 0), ("a * 0", 0), ("0 * (a + b)", 0), ("a - a", 0), ("(a + b) - (a + b)", 0), ("two - 2", 0),
        ("-two", -2), ("min(1, two)", 1), ("max(1, two)", 2), ("abs(1 - 4)", 3), ("1 / 3", Fraction(1, 3)),
        ("if_none(two, a)", 2),
        ("1 / 0", None), ("a", None), ("a - b", None), ("a + a", None), ("previous(a)", None), ("min(a, 1)", None),
    ],
)  # fmt: skip
def test_what_never_varies_is_known(text: str, value: Fraction | int | None) -> None:
    assert constant(parse_formula(text), {"two": Fraction(2)}) == value


@pytest.mark.parametrize(
    ("measure", "words"),
    [
        (MONEY, "money"),
        (MONEY.over(DAYS), "money per days"),
        (COUNT.over(MONEY), "a plain number per money"),
        (MONEY.over(Measure().over(MONEY)), "money to the power of 2"),
    ],
)
def test_what_a_number_is_in_can_be_said(measure: Measure, words: str) -> None:
    assert str(measure) == words
