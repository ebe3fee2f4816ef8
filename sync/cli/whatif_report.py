"""What a change of comp plans comes to, for people and for programs."""

from __future__ import annotations

import sys
from datetime import UTC
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import click

from config.scalars import decimal_text
from salesops.whatif.standing import rank_correlation
from sync.cli.output import add_row, amount_text, new_table, plain, print_table
from sync.cli.whatif_plot import plot_performance
from sync.cli.words import USUAL, columns, say, several

if TYPE_CHECKING:
    from collections.abc import Sequence
    from fractions import Fraction

    from salesops.whatif.cliffs import Cliff
    from salesops.whatif.compare import Line
    from salesops.whatif.standing import Standing
    from sync.whatif import WhatIf

SHOWN = 10
"""So many who gain, and so many who lose, are told by name."""

SCALED = (
    "Every credit of a payee is multiplied by one number in each interval, so that the main target of their comp plan"
    " is reached to just that share. Who has no credit or no target stays as they are."
)
CORRELATED = "1: who attains more earns more, always; 0: no relation; -1: who attains more earns less."
PLOTTED = "attainment to the right, what is earned upwards; a digit is so many payees, + more than 9."


def show_what_if(found: WhatIf) -> None:
    """Tables that fit the terminal."""
    comparison = found.comparison
    say(f"What the changed comp plans would pay in {found.period}, as of {found.as_of:%Y-%m-%d}")
    _costs("comp plan", comparison.comp_plans, comparison.totals)
    _costs("component", comparison.components)
    _costs("pay period", comparison.periods)
    for spread in comparison.spreads:
        say(f"{spread.gain} gain, {spread.lose} lose and {spread.stay} stay as they are ({spread.currency}).")
        low, first, middle, third, high = map(signed, spread.quartiles)
        say(f"Differences: lowest {low}, quarter {first}, median {middle}, three quarters {third}, highest {high}.")
    gained, lost = extremes(comparison.payees)
    for who, lines in (("gains", gained), ("loses", lost)):
        if lines:
            _costs(f"who {who} most", lines, names=found.names)
    say("Cost at an attainment")
    table = new_table("attainment", ">now", ">then", ">difference")
    for at in found.at:
        for line in at.totals:
            add_row(table, f"{share_text(at.share)} {line.currency}", *figures(line))
    print_table(table)
    say(SCALED)
    if found.unscaled:
        say(f"Without a main target, as they stand: {', '.join(found.unscaled)}.")
    click.echo()
    for when, cliffs in zip(("now", "then"), found.cliffs, strict=True):
        for each in cliffs:
            say(f"Cliff {when}: {cliff_text(each)}")
    _show_performance(found)


def extremes(payees: Sequence[Line]) -> tuple[list[Line], list[Line]]:
    """Who gains most and who loses most, the largest first."""
    gained = sorted((line for line in payees if line.difference > 0), key=lambda line: (-line.difference, line.key))
    lost = sorted((line for line in payees if line.difference < 0), key=lambda line: (line.difference, line.key))
    return gained[:SHOWN], lost[:SHOWN]


def figures(line: Line) -> tuple[str, str, str]:
    """Now, then and the difference."""
    return amount_text(line.now), amount_text(line.then), signed(line.difference)


def signed(amount: Decimal) -> str:
    """A difference, with its sign.

    >>> signed(Decimal(1200)), signed(Decimal(-3)), signed(Decimal(0))
    ('+1,200.00', '-3.00', '0.00')
    """
    return f"{'+' if amount > 0 else ''}{amount_text(amount)}"


def share_text(share: Fraction) -> str:
    """A share in percent, to one place at most.

    >>> from fractions import Fraction
    >>> share_text(Fraction(3, 2)), share_text(Fraction(2, 3))
    ('150 %', '66.7 %')
    """
    text = f"{Decimal(round(share * 1000)).scaleb(-1):f}"
    return f"{text.removesuffix('.0')} %"


def bound_text(cliff: Cliff) -> str:
    """The bound: percent of the target, or a number."""
    if cliff.of_attainment:
        return share_text(cliff.bound)
    return amount_text(Decimal(round(cliff.bound * 10**6)).scaleb(-6))


def cliff_text(cliff: Cliff) -> str:
    """A cliff as a sentence."""
    return (
        f"{cliff.comp_plan}, {cliff.component} jumps where {cliff.measure} is {bound_text(cliff)}: "
        f"{several(cliff.below, 'payee')} at most 5 % below it, {cliff.above} on it or at most 5 % above."
    )


def performance_text(standings: Sequence[Standing]) -> str:
    """By comp plan, how far pay follows attainment."""
    plans = sorted({each.comp_plan for each in standings})
    told = []
    for plan in plans:
        those = [each for each in standings if each.comp_plan == plan]
        correlation = rank_correlation(those)
        said = "no rank correlation" if correlation is None else f"rank correlation {correlation:.2f}"
        told.append(f"{plan} {said} of {several(len(those), 'payee')}")
    return "; ".join(told) or "nobody has a target"


def _show_performance(found: WhatIf) -> None:
    """How far pay follows attainment now and then, and a plot of it then."""
    for when, standings in zip(("now", "then"), found.standings, strict=True):
        say(f"Pay against performance {when}: {performance_text(standings)}.")
    say(CORRELATED)
    for plan in sorted({each.comp_plan for each in found.standings[1]}):
        those = [each for each in found.standings[1] if each.comp_plan == plan]
        if lines := plot_performance(those, columns(sys.stdout) or USUAL):
            click.echo()
            say(f"{plan} then: {PLOTTED}")
            click.echo("\n".join(lines))


def _costs(head: str, lines: Sequence[Line], totals: Sequence[Line] = (), names: Any = None) -> None:
    currencies = len({line.currency for line in lines}) > 1
    table = new_table(head, *(["currency"] if currencies else []), ">now", ">then", ">difference")
    for line in lines:
        name = ", ".join(line.key) if names is None else names.get(line.key[0]) or line.key[0]
        add_row(table, plain(name), *([line.currency] if currencies else []), *figures(line))
    for line in totals:
        add_row(table, f"all, {line.currency}", *([line.currency] if currencies else []), *figures(line))
    print_table(table)


def what_if_json(found: WhatIf) -> dict[str, Any]:
    """The same, whole: amounts as decimal text, attainments rounded to 6 places."""
    comparison = found.comparison
    return {
        "as_of": found.as_of.astimezone(UTC).isoformat(),
        "period": found.period,
        "totals": [_json(line) for line in comparison.totals],
        "comp_plans": [_json(line, "comp_plan") for line in comparison.comp_plans],
        "components": [_json(line, "comp_plan", "component") for line in comparison.components],
        "periods": [_json(line, "period") for line in comparison.periods],
        "payees": [{"name": found.names.get(line.key[0], ""), **_json(line, "user_id")} for line in comparison.payees],
        "spreads": [
            {
                "currency": each.currency,
                "gain": each.gain,
                "lose": each.lose,
                "stay": each.stay,
                "quartiles": [decimal_text(amount) for amount in each.quartiles],
            }
            for each in comparison.spreads
        ],
        "at_attainment": [
            {"attainment": _number(at.share), "totals": [_json(line) for line in at.totals]} for at in found.at
        ],
        "unscaled_comp_plans": list(found.unscaled),
        "cliffs": dict(zip(("now", "then"), map(_cliffs, found.cliffs), strict=True)),
        "performance": dict(zip(("now", "then"), map(_performance, found.standings), strict=True)),
    }


def _json(line: Line, *names: str) -> dict[str, Any]:
    return {
        **dict(zip(names, line.key, strict=True)),
        "currency": line.currency,
        "now": decimal_text(line.now),
        "then": decimal_text(line.then),
        "difference": decimal_text(line.difference),
    }


def _number(value: Fraction) -> str:
    return decimal_text(Decimal(round(value * 10**6)).scaleb(-6))


def _cliffs(cliffs: Sequence[Cliff]) -> list[dict[str, Any]]:
    return [
        {
            "comp_plan": each.comp_plan,
            "component": each.component,
            "measure": each.measure,
            "of": "attainment" if each.of_attainment else "value",
            "bound": _number(each.bound),
            "near_below": each.below,
            "near_above": each.above,
        }
        for each in cliffs
    ]


def _performance(standings: Sequence[Standing]) -> dict[str, Any]:
    plans: dict[str, list[Standing]] = {}
    for each in standings:
        plans.setdefault(each.comp_plan, []).append(each)
    return {
        plan: {
            "rank_correlation": None if (found := rank_correlation(those)) is None else f"{found:.6f}",
            "payees": [
                {"user_id": e.payee_id, "attainment": _number(e.attainment), "earned": decimal_text(e.earned)}
                for e in those
            ],
        }
        for plan, those in plans.items()
    }
