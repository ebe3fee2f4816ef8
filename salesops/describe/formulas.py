"""Formulas in words."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Literal

from config.comp_plans.base import shown_label
from config.comp_plans.constants import constant
from config.comp_plans.formula import Binary, Call, Compare, If, Logic, Name, Negative, Number, names, parse_pay_formula
from config.comp_plans.tables import Steps

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping
    from decimal import Decimal

    from config.comp_plans import CompPlan
    from config.comp_plans.formula import Condition, Expression
    from salesops.describe.words import Words

As = Literal["number", "money", "share", "target"]
"""What a formula comes to: that is how a number that stands alone, or is added, is written.

Of a number it is not said what a formula comes to; of a target it is.
"""

MONTHS = {"month": 1, "quarter": 3, "half_year": 6, "year": 12}
"""The intervals that pay is spread over evenly, in months."""

_SIGNS = {"+": "+", "-": "\N{MINUS SIGN}", "*": "\N{MULTIPLICATION SIGN}", "/": "\N{DIVISION SIGN}"}
_OF_ALL = frozenset({"base_pay", "target_pay", "target", "tenure", "credited", "share", "level", "day"})
_OF_PAYEE = frozenset({"base_pay", "target_pay", "tenure", "credited", "share"})


@dataclass(frozen=True, slots=True)
class Told:
    """What is told: a comp plan in a language, its currency and the unit that it pays, with the numbers of whom it is
    told to.

    `seasonal` are the quotas that ask more of some months than of others, `agreed` the values that are agreed with each
    payee, where it is not told to one of them.
    """

    plan: CompPlan
    words: Words
    currency: str
    unit: str
    values: Mapping[str, Decimal]
    targets: Mapping[str, Decimal]
    seasonal: Collection[str] = ()
    agreed: frozenset[str] = frozenset()

    def label(self, name: str) -> str:
        """What people call a credit, measure, or component."""
        for section in (self.plan.components, self.plan.measures, self.plan.credits):
            held = section.get(name)
            if held is not None:
                return shown_label(name, held.label)
        return shown_label(name, None)

    def quoted(self, name: str) -> str:
        """The same, between quotation marks."""
        return self.words.quoted(self.label(name))

    def formula(self, text: str, as_: As = "number", *, over: str = "") -> str:
        """A formula in words, with what it comes to where that is sure in a full interval (`over`) of the payee's."""
        expression = parse_pay_formula(text)
        sure = self.sure(text, over)
        if isinstance(expression, Number | Name) and (isinstance(expression, Number) or expression.name in self.values):
            return self._alone(sure, as_) if sure is not None and as_ != "number" else self._said(expression, as_)
        said = self._said(expression, as_)
        if sure is None or as_ == "number":
            return said
        if isinstance(expression, Negative):
            return self._alone(sure, as_)
        number = self._alone(sure, as_)
        return f"{said} ({number})" if isinstance(expression, Name) else f"{said} = {number}"

    def sure(self, text: str, over: str) -> Fraction | None:
        """What a formula comes to for everybody whom this is told to; None where that depends."""
        known = {name: Fraction(value) for name, value in self.values.items() if name not in self.agreed}
        pay = self.plan.pay
        if over in MONTHS:
            part = Fraction(MONTHS[over], MONTHS[pay.per])
            amounts = {"base_pay": pay.base, "target_pay": pay.target}
            known |= {name: Fraction(amount) * part for name, amount in amounts.items() if amount}
        return constant(text, known)

    def counts_one(self, credit: str) -> bool:
        """Whether each transaction counts as 1 by a credit."""
        return (self.plan.credits[credit].amount or "").strip() == "1"

    def amount(self, amount: Fraction | Decimal) -> str:
        """An amount of what it pays."""
        return self.words.money(amount, self.unit)

    @property
    def pays_money(self) -> bool:
        """Whether it pays money: the names of other units are in lower case."""
        return self.unit.isupper()

    def is_of_transaction(self, text: str) -> bool:
        """Whether a formula looks at fields of the transaction, so that each has a number of its own."""
        return any(self._is_field(name) for name in self._reached(text))

    def _reached(self, text: str) -> Iterator[str]:
        for each in names(parse_pay_formula(text)):
            table = self.plan.tables.get(each.name)
            if table is None:
                yield each.name
                continue
            for axis in table.by:
                yield from (
                    (one.name for one in names(parse_pay_formula(axis.of))) if isinstance(axis, Steps) else (axis,)
                )

    def _is_field(self, name: str) -> bool:
        plan = self.plan
        known = (plan.measures, plan.components, self.values, _OF_PAYEE)
        return not any(name in each or name.rpartition(".")[0] in each for each in known)

    def _alone(self, value: Fraction, as_: As) -> str:
        match as_:
            case "money":
                return self.amount(value)
            case "share":
                return self.words.share(value)
        return self.words.number(value)

    def _said(self, part: Expression, as_: As = "number", *, inside: bool = False) -> str:
        match part:
            case Number(value=value):
                return self._alone(value, as_)
            case Name(name=name):
                return self.name(name)
            case Negative(operand=operand):
                return f"\N{MINUS SIGN}{self._said(operand, as_, inside=True)}"
            case Binary(operator=sign, left=left, right=right):
                of = as_ if sign in "+-" else "number"
                text = f"{self._side(left, sign, of)} {_SIGNS[sign]} {self._side(right, sign, of, right=True)}"
                return f"({text})" if inside else text
            case If(condition=condition, then=then, otherwise=otherwise):
                return self.words.say(
                    "if",
                    condition=self._condition(condition),
                    then=self._said(then, as_),
                    otherwise=self._said(otherwise, as_),
                )
        text = self._called(part, as_)
        return f"({text})" if inside and _is_open(part) else text

    def _side(self, part: Expression, sign: str, as_: As, *, right: bool = False) -> str:
        """An operand, in brackets where the sign before it would bind more."""
        weaker = isinstance(part, Binary) and (
            (sign in "*/" and part.operator in "+-") or (right and sign in "-/" and part.operator in ("+-*/"))
        )
        return self._said(part, as_, inside=weaker or _is_open(part))

    def _called(self, call: Call, as_: As) -> str:
        """A function in words; measures are named by their labels."""
        keeps = as_ if call.function in {"min", "max", "if_none", "abs"} else "number"
        arguments = [
            self._said(each, keeps, inside=_is_open(each) or isinstance(each, Binary)) for each in call.arguments
        ]
        match call.function:
            case "min" | "max":
                sentence = call.function if len(arguments) == 2 else f"{call.function}_of_all"
                return self.words.say(sentence, all=self.words.all_of(arguments))
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
        if name in self.agreed:
            return self.words.say("name_own", name=self.words.quoted(shown_label(name, None)))
        if name in self.values:
            return f"{self.words.quoted(shown_label(name, None))} ({self.words.number(self.values[name])})"
        if name in _OF_ALL:
            return self.words.say(f"name_{name}")
        if name in self.plan.tables:
            return self.words.say("from_table", table=self.words.quoted(shown_label(name, None)))
        if of in {"attainment", "target"} and measure in self.plan.measures:
            return self.words.say(f"{of}_of", measure=self.quoted(measure))
        if name in self.plan.measures or name in self.plan.components:
            return self.quoted(name)
        return self.words.field(name)


def _is_open(part: Expression | Condition) -> bool:
    """Whether its words end where other words could seem to go on."""
    return isinstance(part, Call) and part.function in {"min", "max", "abs", "round", "floor", "ceil"}
