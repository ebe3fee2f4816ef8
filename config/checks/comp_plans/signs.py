"""Checks of signs: money, units and rates below 0."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING

from config.checks.comp_plans.context import shown
from config.checks.comp_plans.gates import lowest
from config.comp_plans import Bonus, Curve, Gate, Guarantee, RatePay, Spif, Tiers
from config.comp_plans.table_rows import read_rows

if TYPE_CHECKING:
    from collections.abc import Iterator

    from config.checks.comp_plans.context import Context
    from config.comp_plans import Component
    from config.problems import Problem
    from config.yaml_text import Path


def check_signs(context: Context) -> Iterator[Problem]:
    """What cannot be below 0; and rates and amounts that are, with what that does, unless they plainly take off."""
    for name, component in context.comp_plan.components.items():
        at: Path = ("components", name)
        match component:
            case Spif():
                yield from _refuse(context, component, at, "pays", "at_most")
            case Guarantee():
                yield from _refuse(context, component, at, "amount")
            case RatePay():
                yield from _check_rate(context, component.rate, (*at, "rate"))
            case Tiers():
                yield from _check_tiers(context, component, at)
            case Bonus() if not _falls_short(context, component):
                yield from _check_amount(context, component.pays, (*at, "pays"))
            case Curve():
                below = [number for number, point in enumerate(component.points) if point.pays < 0]
                for number in below[:1]:
                    share = shown(Fraction(component.points[number].pays) * -100)
                    taken = f"is below 0: it takes {share} % of {component.pay} away there."
                    yield context.warning((*at, "points", number, "pays"), taken, "If that is not meant, write 0.")
            case _:
                pass


def _refuse(context: Context, component: Component, at: Path, *keys: str) -> Iterator[Problem]:
    """Money and units below 0: twice below 0 would pay."""
    for key in keys:
        written = getattr(component, key)
        number = None if written is None else context.number(written)
        if number is not None and number < 0:
            yield context.error((*at, key), f"must not be negative, got {written}.", "Write 0 or more.")


def _check_tiers(context: Context, component: Tiers, at: Path) -> Iterator[Problem]:
    if component.rate is not None:
        yield from _check_rate(context, component.rate, (*at, "rate"))
    for number, tier in enumerate(component.tiers):
        path: Path = (*at, "tiers", number)
        if tier.rate is not None:
            yield from _check_rate(context, tier.rate, (*path, "rate"))
        multiple = None if tier.multiple is None else context.number(tier.multiple)
        if multiple is not None and multiple < 0:
            yield context.warning(
                (*path, "multiple"), "is below 0: it takes away what the rate pays.", f"Write {shown(-multiple)}."
            )
        if tier.amount is not None:
            yield from _check_amount(context, tier.amount, (*path, "amount"))


def _check_rate(context: Context, text: str, path: Path) -> Iterator[Problem]:
    """A rate below 0, or a table of rates of which one is."""
    table = context.comp_plan.tables.get(text.strip())
    rows = [] if table is None else [(keys, number) for keys, number in read_rows(table) if number < 0]
    rate = Fraction(rows[0][1]) if rows else context.number(text)
    if rate is not None and rate < 0:
        yield context.warning(
            ("tables", text.strip(), "rows", *rows[0][0]) if rows else path,
            f"is below 0: it takes {shown(-rate * 100)} % of the credit away, and pays that for a return.",
            f"Write {shown(-rate)}. What shall be taken off is a credit below 0 at a rate above: amount: -amount.",
        )


def _check_amount(context: Context, text: str, path: Path) -> Iterator[Problem]:
    amount = context.number(text)
    if amount is not None and amount < 0:
        yield context.warning(
            path,
            f"is below 0: who gets there loses {shown(-amount)}.",
            f"Write {shown(-amount).replace(',', '')}. What shall be taken off for less is a bonus below 0 with "
            "at_most or less_than in its gates.",
        )


def _falls_short(context: Context, bonus: Bonus) -> bool:
    """Whether a bonus is for who stays below a bound: one below 0 is then plainly meant."""
    return all(isinstance(gate, Gate) and lowest(context, gate) is None for gate in bonus.when)
