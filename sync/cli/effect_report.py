"""What a comp plan brought, for people and for programs."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from config.scalars import decimal_text
from salesops.effect.estimate import CONFIDENCE, FEWEST
from sync.cli.output import add_row, amount_text, new_table, print_table
from sync.cli.plot import print_plot
from sync.cli.words import say, several

if TYPE_CHECKING:
    from salesops.effect.effect import Compared, Week
    from salesops.effect.estimate import Estimate
    from sync.effect import Found

SURE = f"{CONFIDENCE:.0%}".replace("%", " %")
_A_WHILE = timedelta(days=14)
NOT_CHOSEN_BY_LOT = (
    "Who is on a comp plan is seldom chosen by lot: what else set them apart from the others in these days is in the"
    " figure, too."
)


def show_effect(found: Found) -> None:
    """A table that fits the terminal, sentences, and a plot."""
    effect = found.effect
    say(title(found))
    table = new_table("", "days", ">working days", ">on it", ">the others")
    for name, each in (("baseline", 0), ("while it ran", 1)):
        window = (effect.during.baseline, effect.during.window)[each]
        others = number(effect.during.of_compared[each]) if effect.during.compared else "-"
        days = f"{window.first} to {window.last}"
        add_row(table, name, days, str(window.days), number(effect.during.of_treated[each]), others)
    print_table(table)
    for line in sentences(found):
        say(line)
    weeks = [each for each in effect.weeks if each.first >= effect.during.baseline.first]
    if weeks:
        print_plot([f"{each.first}" for each in weeks], [above(each) for each in weeks], number)
        say("Each bar is a week: what counted for those on it, above or below what was to be expected.")


def title(found: Found) -> str:
    """What it is about."""
    of = f"{found.label} ({found.component} of {found.comp_plan})" if found.component else found.label
    running = ", still running" if found.is_running else ""
    return f"What {of} brought, as of {found.as_of:%Y-%m-%d}{running}"


def sentences(found: Found) -> list[str]:
    """Everything that is told beside the table, a sentence or two each."""
    effect, during = found.effect, found.effect.during
    result = during.estimate
    lines = [
        f"Counted: {', '.join(found.credits)}. On it all the time: {several(during.treated, 'payee')}. "
        + _others(during),
        f"Expected without it: {rough(result.expected)}. {_more(result)}",
        f"Cost: {amount_text(effect.cost)} {found.unit} for {several(effect.payees, 'payee')}. {_of_one(found)}",
    ]
    if effect.first_counted > during.baseline.first + _A_WHILE:
        lines.append(
            f"Nothing counted for anybody before {effect.first_counted}: records of the baseline may be missing. Choose"
            " days with --from and --until."
        )
    if found.ran_since is not None:
        lines.append(
            f"It ran since {found.ran_since}, also in what this is compared with: what it brought then is expected"
            " without it here, so it brought more than is said."
        )
    if effect.left_out:
        lines.append(
            f"Left out, as they were not there or not on it all the time: {several(effect.left_out, 'payee')}, for whom"
            f" {number(effect.of_left_out)} counted."
        )
    if effect.after is not None:
        after = effect.after.estimate
        net = result.more + after.more
        days = f"{effect.after.window.first} to {effect.after.window.last}"
        lines.append(
            f"Afterwards, {days}: {signed(after.more)} against what was to be expected{_between(after)}; with that"
            f" {signed(net)} in all. What was only pulled forward is missing here."
        )
    if effect.check is None:
        lines.append("No check one window earlier: there is nothing then to compare, or no records of what was before.")
    else:
        check = effect.check.estimate
        doubt = (
            " The same reckoning finds something where there was nothing to find: do not trust it."
            if check.is_told_from_chance
            else ""
        )
        days = f"{effect.check.window.first} to {effect.check.window.last}"
        lines.append(f"Check, {days}, one window earlier: {signed(check.more)}{_between(check)}.{doubt}")
    return [*lines, NOT_CHOSEN_BY_LOT]


def _others(during: Compared) -> str:
    if during.compared:
        return f"Compared with {several(during.compared, 'other')} to whom the same would count."
    return (
        f"There are no {FEWEST} others to compare them with: seasons, trends and whatever else changed meanwhile are in"
        " the figure."
    )


def _more(result: Estimate) -> str:
    if result.low is None or result.high is None:
        return f"That is {signed(result.more)}; so few payees say nothing about chance."
    if not result.is_told_from_chance:
        return f"That is {signed(result.more)}{_between(result)}: not to be told from chance."
    return f"That is {signed(result.more)}{_between(result)}."


def _between(result: Estimate) -> str:
    if result.low is None or result.high is None:
        return ""
    return f", between {signed(result.low)} and {signed(result.high)} ({SURE} sure)"


def _of_one(found: Found) -> str:
    each = found.effect.cost_of_one
    if each is None:
        return "What each one more costs cannot be said."
    cost, low, high = (f"{value:,.2f}" if value >= 0.1 else f"{value:.4f}" for value in each)
    return f"Each one more that counts costs {cost}, between {low} and {high}."


def above(week: Week) -> Decimal:
    """What is above what was to be expected of a week, in whole ones."""
    return Decimal(round(float(week.actual) - week.expected))


def number(value: Decimal) -> str:
    """An exact result, as short as it is."""
    return f"{value.normalize():,f}" if value else "0"


def rough(value: float) -> str:
    """An estimate: in whole ones where it is large.

    >>> rough(12345.678), rough(12.345), rough(-0.001)
    ('12,346', '12.3', '0')
    """
    text = f"{value:,.0f}" if abs(value) >= 100 else f"{value:.1f}".removesuffix(".0")
    return "0" if text in {"-0", "-0.0"} else text


def signed(value: float) -> str:
    """An estimate, with its sign.

    >>> signed(150.4), signed(-3.25), signed(0.0)
    ('+150', '-3.2', '0')
    """
    text = rough(value)
    return f"+{text}" if value > 0 and text != "0" else text


def effect_json(found: Found) -> dict[str, Any]:
    """The same for programs: exact amounts as texts, estimates as numbers."""
    effect = found.effect
    each = effect.cost_of_one
    return {
        "comp_plan": found.comp_plan,
        "component": found.component,
        "as_of": found.as_of.isoformat(),
        "running": found.is_running,
        "ran_since": None if found.ran_since is None else found.ran_since.isoformat(),
        "credits": list(found.credits),
        "confidence": CONFIDENCE,
        "cost": {"amount": decimal_text(effect.cost), "unit": found.unit, "payees": effect.payees},
        "effect": _compared(effect.during),
        "after": None if effect.after is None else _compared(effect.after),
        "check": None if effect.check is None else _compared(effect.check),
        "cost_of_one": None if each is None else dict(zip(("estimate", "low", "high"), each, strict=True)),
        "left_out": {"payees": effect.left_out, "result": decimal_text(effect.of_left_out)},
        "weeks": [
            {"first_day": w.first.isoformat(), "actual": decimal_text(w.actual), "expected": w.expected}
            for w in effect.weeks
        ],
    }


def _compared(each: Compared) -> dict[str, Any]:
    groups = (("on_it", each.treated, each.of_treated), ("others", each.compared, each.of_compared))
    return {
        **{
            name: {"first_day": w.first.isoformat(), "last_day": w.last.isoformat(), "working_days": w.days}
            for name, w in (("window", each.window), ("baseline", each.baseline))
        },
        **{
            name: {"payees": payees, "baseline": decimal_text(was), "window": decimal_text(is_)}
            for name, payees, (was, is_) in groups
        },
        "expected": each.estimate.expected,
        "more": each.estimate.more,
        "low": each.estimate.low,
        "high": each.estimate.high,
        "told_from_chance": each.estimate.is_told_from_chance,
    }
