"""Formulas in words."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Literal

from config.comp_plans.base import shown_label
from config.comp_plans.formula import Binary, Call, Compare, If, Logic, Name, Negative, Number, parse_pay_formula

if TYPE_CHECKING:
    from collections.abc import Mapping
    from decimal import Decimal

    from config.comp_plans import CompPlan
    from config.comp_plans.formula import Condition, Expression
    from salesops.describe.words import Words

As = Literal["number", "money", "share"]
"""What a formula comes to: that is how a number that stands alone is written."""

_SIGNS = {"+": "+", "-": "\N{MINUS SIGN}", "*": "\N{MULTIPLICATION SIGN}", "/": "\N{DIVISION SIGN}"}
_OF_ALL = frozenset({"base_pay", "target_pay", "tenure", "credited", "share", "level", "day"})


@dataclass(frozen=True, slots=True)
class Told:
    """What is told: a comp plan in a language and currency, with the numbers of whom it is told to."""

    plan: CompPlan
    words: Words
    currency: str
    values: Mapping[str, Decimal]
    targets: Mapping[str, Decimal]

    def label(self, name: str) -> str:
        """What people call a credit, measure, or component."""
        for section in (self.plan.components, self.plan.measures, self.plan.credits):
            held = section.get(name)
            if held is not None:
                return shown_label(name, held.label)
        return shown_label(name, None)

    def formula(self, text: str, as_: As = "number") -> str:
        """A formula in words."""
        expression = parse_pay_formula(text)
        if isinstance(expression, Name) and expression.name in self.values and as_ != "number":
            return self._alone(Fraction(self.values[expression.name]), as_)
        if isinstance(expression, Number):
            return self._alone(expression.value, as_)
        return self._said(expression)

    def amount(self, amount: Fraction | Decimal) -> str:
        """An amount of money."""
        return self.words.money(amount, self.currency)

    def _alone(self, value: Fraction, as_: As) -> str:
        match as_:
            case "money":
                return self.amount(value)
            case "share":
                return self.words.share(value)
        return self.words.number(value)

    def _said(self, part: Expression, *, inside: bool = False) -> str:
        match part:
            case Number(value=value):
                return self.words.number(value)
            case Name(name=name):
                return self.name(name)
            case Negative(operand=operand):
                return f"\N{MINUS SIGN}{self._said(operand, inside=True)}"
            case Binary(operator=sign, left=left, right=right):
                text = f"{self._side(left, sign)} {_SIGNS[sign]} {self._side(right, sign, right=True)}"
                return f"({text})" if inside else text
            case If(condition=condition, then=then, otherwise=otherwise):
                return self.words.say(
                    "if",
                    condition=self._condition(condition),
                    then=self._said(then),
                    otherwise=self._said(otherwise),
                )
        return self._called(part)

    def _side(self, part: Expression, sign: str, *, right: bool = False) -> str:
        """An operand, in brackets where the sign before it would bind more."""
        weaker = isinstance(part, Binary) and (
            (sign in "*/" and part.operator in "+-") or (right and sign in "-/" and part.operator in ("+-*/"))
        )
        return self._said(part, inside=weaker or isinstance(part, If))

    def _called(self, call: Call) -> str:
        """A function in words; measures are named by their labels."""
        arguments = [self._said(each) for each in call.arguments]
        match call.function:
            case "min" | "max":
                return self.words.say(call.function, all=self.words.all_of(arguments))
            case "round" | "if_none" | "months" | "days":
                return self.words.say(call.function, first=arguments[0], second=arguments[1])
        return self.words.say(call.function, of=arguments[0])

    def _condition(self, condition: Condition) -> str:
        match condition:
            case Compare(operator=sign, left=left, right=right):
                return self.words.say(f"is{sign}", left=self._said(left), right=self._said(right))
            case Logic(operator="not", conditions=(inner,)):
                return self.words.say("not", condition=self._condition(inner))
            case Logic(operator="and", conditions=conditions):
                return self.words.all_of(map(self._condition, conditions))
        return self.words.one_of(map(self._condition, condition.conditions))

    def name(self, name: str) -> str:
        """What a name in a formula stands for."""
        measure, _, of = name.rpartition(".")
        if name in self.values:
            return f"{self.words.quoted(shown_label(name, None))} ({self.words.number(self.values[name])})"
        if name in _OF_ALL:
            return self.words.say(f"name_{name}")
        if name in self.plan.tables:
            return self.words.say("from_table", table=self.words.quoted(shown_label(name, None)))
        if of in {"attainment", "target"} and measure in self.plan.measures:
            return self.words.say(f"{of}_of", measure=self.words.quoted(self.label(measure)))
        if name in self.plan.measures or name in self.plan.components:
            return self.words.quoted(self.label(name))
        return self.words.field(name)
