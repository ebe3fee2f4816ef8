"""What comp plans come to, from the engine and from the reference, in one shape that can be compared."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import pyarrow as pa
from reference_pay import reference_pay as pay_by_reference

from salesops.cases.build import build_given
from salesops.cases.judge import came_of, differences
from salesops.results import CREDITS, EARNINGS, MEASURES, Pay

if TYPE_CHECKING:
    from reference_pay import Paid
    from reference_world import Facts, World

    from salesops.cases.model import Difference, Setup
    from salesops.results import Results

Numbers = dict[tuple[Any, ...], Any]
_CREDIT = ("comp_plan", "credit", "payee_id", "period", "day", "source", "transaction_id", "opportunity_id")
_MEASURE = ("comp_plan", "measure", "payee_id", "period", "group")
_EARNED = ("comp_plan", "component", "payee_id", "period", "day", "source", "transaction_id", "opportunity_id")
_ESTIMATED = ("comp_plan", "component", "payee_id", "period", "day", "opportunity_id")
_SHOWN = ("value", "target", "attainment")
TABLES = ("credits", "measures", "earned", "estimated", "paid_on", "nothing")
_NOTHING = re.compile(
    r"comp plan (\w+), (measure|component) (\w+): (?:no target above 0|it comes to nothing) "
    r"for ([\d,]+) payees? \((.*?)\) since (\S+), who "
)


@dataclass
class Figures:
    """Credits, measures, what is earned, estimated and paid on, by their keys, and notes of who gets nothing.

    What is 0 is left out of what is earned, estimated and paid on.
    """

    credits: Numbers = field(default_factory=dict)
    measures: Numbers = field(default_factory=dict)
    earned: Numbers = field(default_factory=dict)
    estimated: Numbers = field(default_factory=dict)
    paid_on: Numbers = field(default_factory=dict)
    nothing: Numbers = field(default_factory=dict)

    def differences(self, expected: Figures) -> dict[str, Numbers]:
        """Table -> key -> what is found and what is expected, where these differ."""
        found = {}
        for name in TABLES:
            mine, theirs = getattr(self, name), getattr(expected, name)
            keys = mine.keys() | theirs.keys()
            differing = {key: (mine.get(key), theirs.get(key)) for key in keys if mine.get(key) != theirs.get(key)}
            if differing:
                found[name] = differing
        return found


def figures_of(results: Results | Pay) -> Figures:
    """The figures of the engine."""
    found = Figures()
    for row in results.credits.to_pylist():
        found.credits[tuple(row[name] for name in _CREDIT)] = Fraction(row["amount"])
    for row in results.measures.to_pylist():
        shown = tuple(None if row[name] is None else Fraction(row[name]) for name in _SHOWN)
        if shown != (None, None, None):
            found.measures[tuple(row[name] for name in _MEASURE)] = (*shown, row["interval"])
    for row in results.earnings.to_pylist():
        is_earned = row["status"] == "earned"
        to, names = (found.earned, _EARNED) if is_earned else (found.estimated, _ESTIMATED)
        key = tuple(row[name] for name in names)
        if row["amount"]:
            to[key] = to.get(key, Fraction(0)) + Fraction(row["amount"])
        if row["credit"]:
            found.paid_on[*key, row["status"]] = Fraction(row["credit"])
    for note in results.notes:
        if said := _NOTHING.match(note.text):
            plan, kind, name, number, payees, since = said.groups()
            found.nothing[plan, kind, name] = (int(number.replace(",", "")), payees.removesuffix(", …"), since)
    return found


def figures_by_reference(paid: Paid, facts: Facts) -> Figures:
    """The figures of the reference."""
    shown = {key: numbers for key, numbers in paid.measures.items() if numbers != (None, None, None)}
    earned = {key[:-1]: amount for key, amount in paid.earnings.items() if key[-1] == "earned"}
    estimated = {key[:-1]: amount for key, amount in paid.earnings.items() if key[-1] == "estimated"}
    measures = {key: (*numbers, paid.intervals[key]) for key, numbers in shown.items()}
    return Figures(dict(paid.credits), measures, earned, estimated, dict(paid.paid_on), said_nothing(paid, facts))


def said_nothing(paid: Paid, facts: Facts) -> Numbers:
    """What notes say of who gets nothing: how many, the first three of them, and since when."""
    emails = {user["id"]: user["email"] or user["id"] for user in facts["user"]}
    found: Numbers = {}
    for key, payees in paid.nothing.items():
        order = list(dict.fromkeys(row.cell.period.name for row in paid.books[key[0]].all_closes()))
        first = sorted(payees, key=lambda payee: (order.index(payees[payee]), payee))
        found[key] = (len(first), ", ".join(emails[payee] for payee in first[:3]), payees[first[0]])
    return found


def case_differences(setup: Setup) -> list[Difference]:
    """What the reference makes of a case that is not as it expects, but for how much more would be needed."""
    given = build_given([setup])
    known = {(row["metric"], row["key"], row["period"]): Fraction(row["value"]) for row in given.metrics.to_pylist()}
    facts = {name: table.to_pylist() for name, table in given.facts.items()}

    def value(_: World, metric: str, __: str, key: str, period: str) -> Fraction | None:
        return known.get((metric, key, period))

    paid = pay_by_reference(facts, given.rules, given.as_of, value if known else None)
    found = differences(setup, came_of(setup, _as_pay(paid), given.prefixes[0]))
    return [each for each in found if not each.what.startswith(("to_next_tier", "to_earn"))]


def _as_pay(paid: Paid) -> Pay:
    """The reference's figures as the engine's tables."""
    credits_ = [dict(zip(_CREDIT, key, strict=True)) | {"amount": _decimal(n)} for key, n in paid.credits.items()]
    measures = [
        dict(zip(_MEASURE, key, strict=True)) | dict(zip(_SHOWN, map(_decimal, numbers), strict=True))
        for key, numbers in paid.measures.items()
    ]
    earnings = [
        dict(zip(_EARNED if key[-1] == "earned" else _ESTIMATED, key[:-1], strict=True))
        | {"status": key[-1], "amount": _decimal(amount)}
        for key, amount in paid.earnings.items()
    ]
    tables = zip((credits_, measures, earnings), (CREDITS, MEASURES, EARNINGS), strict=True)
    made = [pa.Table.from_pylist(rows, schema=schema) for rows, schema in tables]
    return Pay(made[0], made[1], made[2])


def _decimal(number: Fraction | None) -> Decimal | None:
    return None if number is None else Decimal(number.numerator) / Decimal(number.denominator)
