"""Formulas of comp plans: what they are parsed into, what is refused and how, and what they always come to."""

from __future__ import annotations

from fractions import Fraction

import pytest

from config.comp_plans.constants import constant
from config.comp_plans.formula import (
    MAX_DEPTH,
    MAX_LENGTH,
    Binary,
    Call,
    Compare,
    Condition,
    Expression,
    If,
    Logic,
    Name,
    Negative,
    Number,
    parse_pay_formula,
)


def spelled(part: Expression | Condition) -> str:
    """The formula with all its parentheses."""
    match part:
        case Number(value=value):
            return str(value)
        case Name(name=name):
            return name
        case Negative(operand=operand):
            return f"(-{spelled(operand)})"
        case Binary(operator=operator, left=left, right=right) | Compare(operator=operator, left=left, right=right):
            return f"({spelled(left)} {operator} {spelled(right)})"
        case Logic(operator="not", conditions=(condition,)):
            return f"(not {spelled(condition)})"
        case Logic(operator=operator, conditions=conditions):
            return f"({f' {operator} '.join(map(spelled, conditions))})"
        case If(condition=condition, then=then, otherwise=otherwise):
            return f"if({spelled(condition)}, {spelled(then)}, {spelled(otherwise)})"
        case Call(function=function, arguments=arguments):
            return f"{function}({', '.join(map(spelled, arguments))})"
    raise AssertionError(part)


@pytest.mark.parametrize(
    ("text", "means"),
    [
        ("a + b * c - d", "((a + (b * c)) - d)"),
        ("-a.attainment * 2", "((-a.attainment) * 2)"),
        ("0.125", "1/8"),
        ("if(a >= 1 and b < 2 or not c == 3, x, y)", "if((((a >= 1) and (b < 2)) or (not (c == 3))), x, y)"),
        ("if((a > 1 or b > 1) and c > 1, 1, 0)", "if((((a > 1) or (b > 1)) and (c > 1)), 1, 0)"),
        ("if((a) + 1 > 2, 1, 0)", "if(((a + 1) > 2), 1, 0)"),
        ("months(contract_starts_on, day) / 12", "(months(contract_starts_on, day) / 12)"),
        ("total(booked.target)", "total(booked.target)"),
        ("opportunity.account.custom.Tier__c", "opportunity.account.custom.Tier__c"),
        ("android + orchid + nothing + iffy", "(((android + orchid) + nothing) + iffy)"),
    ],
)
def test_a_formula_means_what_its_signs_say(text: str, means: str) -> None:
    assert spelled(parse_pay_formula(text)) == means


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("  ", "is empty. Write a number"),
        ("a * 5%", "cannot hold '%', at character 6, '%'. Percent are written as a fraction of 1: 0.05."),
        ("a ^ 2", "cannot hold '^', at character 3, '^ 2'. There are no powers; multiply."),
        ("if(a = 1, 2, 3)", "Equal is written ==."),
        ("a > 1", "compares at character 3, '> 1'. A comparison stands only first in if(a >= b, x, y)"),
        ("a and b", "compares at character 3, 'and b'. A comparison stands only first in if(a >= b, x, y)"),
        ("if(a, 1, 2)", "goes wrong at character 5, ', 1, 2)'. What belongs there is a comparison, as in if("),
        ("if(a > 1, 2)", "goes wrong at character 12, ')'. What belongs there is a comma, as in if(a >= b, x, y)."),
        ("a b", "goes wrong at character 3, 'b'. What belongs there is an operator: + - * /."),
        ("a * / b", "What belongs there is a name, a number or an opening parenthesis."),
        ("A + 1", "cannot hold 'A', at character 1, 'A + 1'. Names begin with a lower-case letter."),
        ("a +", "ends too early, after 'a +'."),
        ("(a + 1", "ends inside parentheses. Close each one that is open; a formula with a comma stands in quotes."),
        ("a + 1)", "closes a parenthesis that is not open, at character 6, ')'."),
        ("sqrt(a)", "there is no function sqrt, at character 1, 'sqrt(a)'. Choose from: abs, "),
        ("round(a)", "round does not take 1 arguments"),
        ("min(a)", "min does not take 1 arguments"),
        ("previous(a + b)", "previous takes the name of a measure"),
        ("days(1, day)", "days takes two days"),
        ("(" * (MAX_DEPTH + 1) + "a" + " + 1)" * (MAX_DEPTH + 1), "is nested deeper than"),
        ("a + " * MAX_LENGTH + "a", f"at most {MAX_LENGTH} are read"),
        ("a + " + "9" * 41, "has a number of more than 40 digits, at character 5, '99999999999999999999'. Shorten it."),
        ("0." + "3" * 41, "has a number of more than 40 digits, at character 1"),
    ],
)
def test_a_formula_that_cannot_be_read_says_where_and_what_to_write(text: str, message: str) -> None:
    with pytest.raises(ValueError) as error:  # noqa: PT011 # the message is what is looked at
        parse_pay_formula(text)
    assert message in str(error.value)


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("1 / 3", Fraction(1, 3)),
        ("max(1, 2) * floor(2.5) - abs(-1) + ceil(0.1)", Fraction(4)),
        ("if(2 >= 2 and not 1 > 2, 0.1, 0.2)", Fraction(1, 10)),
        ("1 / 0", None),
        ("a * 2", None),
        ("k * 2", Fraction(6)),
        ("if(a > 1, 1, 2)", None),
        ("round(0.1, 1)", None),
    ],
)
def test_what_a_formula_always_comes_to_is_exact(text: str, number: Fraction | None) -> None:
    assert constant(text, {"k": Fraction(3)}) == number
