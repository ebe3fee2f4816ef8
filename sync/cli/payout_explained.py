"""The explanation of a payout for people."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

import click

from config.metrics import Unit
from sync.cli.figure_text import exact_text, figure_text
from sync.cli.output import add_row, linked, new_table, plain, print_table
from sync.cli.show_output import LONGEST_NAME
from sync.cli.words import say

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from config.yaml_text import Path
    from salesops.explain.payout_model import (
        ComponentTold,
        EntryTold,
        GateTold,
        HeldTold,
        Reckoned,
        Standing,
        StreakTold,
    )
    from salesops.explain.payout_model import Unit as Of
    from sync.explain_payout import Payout

    Place = Callable[[str, Path], str]
    """A line of the project's files, as it is shown: by comp plan and path."""

_ORDERS = {"at_least": "at least", "more_than": "more than", "at_most": "at most", "less_than": "less than"}


def show_payout(told: Payout, place: Place, limit: int) -> None:
    """The whole of an explanation; of the transactions of each component so many, all with a limit of 0."""
    say(f"Earnings of {plain(told.name)}, {told.period}: {_money(told.amount)}")
    if told.differs:
        say(f"The stored results say {_money(told.stored)}: {told.differs}.")
    for note in told.notes:
        say(f"note: {note}")
    if not told.components:
        click.echo("Nothing is earned there.")
        return
    table = new_table("component", "comp plan", ">earned", "")
    for each in told.components:
        note = "" if each.is_paid else "a step for others"
        add_row(table, each.label, each.comp_plan, _money(each.amount) if each.is_paid else "", note)
    print_table(table)
    for each in told.components:
        _show_component(told, each, place, limit)


def _show_component(told: Payout, each: ComponentTold, place: Place, limit: int) -> None:
    click.echo()
    say(f"{each.label} ({each.comp_plan}): {_money(each.amount)}  [{place(each.comp_plan, each.path)}]")
    say(f"  {each.says}")
    for what, path in each.lines:
        if path[0] == "measures" and not told.is_of_transaction:
            continue  # each interval says where it stands
        say(f"  {what}  [{place(each.comp_plan, path)}]")
    if not told.is_of_transaction:
        for interval in each.intervals:
            _show_interval(told, each, interval, place, limit)
    else:
        ours = {(entry.source, entry.id) for entry in each.entries}
        held = {one for interval in each.intervals for one in interval.held if (one.source, one.id) in ours}
        _show_held(told, each, sorted(held, key=lambda one: (one.measure, one.day, one.id)), place, limit)
    _show_entries(told, each, limit)


def _show_interval(told: Payout, each: ComponentTold, interval: Reckoned, place: Place, limit: int) -> None:
    click.echo()
    say(f"  In {interval.interval}, up to {interval.last_day}:")
    for measure in interval.measures:
        say(f"  {_standing(measure)}  [{place(each.comp_plan, measure.path)}]")
        if measure.streak is not None:
            _show_streak(measure.streak)
    _show_held(told, each, interval.held, place, limit)
    for gates in interval.gates:
        said, met = ", or ".join(map(_gate, gates)), any(gate.is_met for gate in gates)
        say(f"  gate: {said}: {'met' if met else 'not met'}  [{place(each.comp_plan, gates[0].path)}]")
    _show_rungs(each, interval, place)
    for said in interval.again:
        say(f"  {said}.")
    for step in interval.steps:
        say(f"  {step.what}: {_number(step.value, step.unit)}")
    for missing in interval.missing:
        say(f"  {missing}.")
    say(f"  {_result(each, interval)}")


def _result(each: ComponentTold, interval: Reckoned) -> str:
    if not each.is_paid:
        return f"worth to date {_number(interval.worth, 'number')}, which others are made of"
    said = f"worth to date {_number(interval.worth, 'number')}"
    if interval.to_date != interval.worth:
        said += f", of which {_money(interval.to_date)} is paid"
    if interval.before:
        said += f", less {_money(interval.before)} earned before"
    return f"{said} = {_money(interval.earned)}"


def _standing(measure: Standing) -> str:
    said = f"{measure.label} in {measure.interval}: {_number(measure.value, 'number')}"
    if measure.target is not None:
        said += f" of {_number(measure.target, 'number')}"
    if measure.attainment is not None:
        said += f" = {figure_text(measure.attainment, Unit.PERCENT)}"
    notes = [f"starts with {_number(measure.start, 'number')}"] if measure.start else []
    if measure.target_is and measure.target_is != str(measure.target):
        notes.append(f"target: {measure.target_is}")
    lowers = ((measure.share, "for the part of the interval"), (measure.ramp, "by the ramp"))
    parts = [f"{_number(share, 'share')} {what}" for share, what in lowers if share not in {None, Decimal(1)}]
    if parts and measure.full is not None:
        parts.insert(0, f"in full {_number(measure.full, 'number')}")
    if parts:
        notes.append(" x ".join(parts))
    return said + (f" ({', '.join(notes)})" if notes else "")


def _show_streak(streak: StreakTold) -> None:
    """The rows that make the streak's number, and the last one."""
    needs = _number(streak.at_least, "number")
    for row in streak.rows:
        if not row.makes_it and row is not streak.rows[-1]:
            continue
        said = f"{len(row.days)} day{'s' * (len(row.days) > 1)} from {row.days[0][0]} to {row.days[-1][0]}"
        if row.times:
            said += f", completed {row.times} time{'s' * (row.times > 1)}"
        if row.had is not None:
            said += f"; broken on {row.broken_on}, which has {_number(row.had, 'number')} of {needs}"
        elif row.broken_on is not None:
            said += f"; broken on {row.broken_on}, off the comp plan"
        say(f"    {said}")
    if streak.next:
        say(f"    next: {streak.next}")


def _show_held(told: Payout, each: ComponentTold, held: Sequence[HeldTold], place: Place, limit: int) -> None:
    for one in held[:limit] if limit else held:
        counts = f"counts {_number(one.counts, 'number')} of {_number(one.whole, 'number')} in {one.label}"
        most = f"each at most {one.written}"
        say(f"  {_name(told, one)} of {one.day} {counts}: {most}  [{place(each.comp_plan, one.path)}]")
    if limit and len(held) > limit:
        say(f"  … and {len(held) - limit:,} more do not count whole; --limit 0 shows them.")


def _gate(gate: GateTold) -> str:
    bounds = " and ".join(
        f"{_ORDERS[key]} {_number(number, gate.unit)}" + ("" if _is_plain(written) else f" ({written})")
        for key, written, number in gate.bounds
    )
    return f"{gate.measure} is {_number(gate.looked_at, gate.unit)}, asked {bounds}"


def _is_plain(written: str) -> bool:
    return written.replace(".", "", 1).isdigit()


def _show_rungs(each: ComponentTold, interval: Reckoned, place: Place) -> None:
    if not interval.rungs:
        return
    if each.kind == "curve":
        table = new_table("point at", ">share", "")
        for rung in interval.rungs:
            add_row(table, rung.written, _number(rung.number, "share"), "reached" if rung.is_reached else "")
        print_table(table)
        return
    mixed = len({rung.reading for rung in interval.rungs}) > 1
    table = new_table("tier from", ">starts at", ">pays", ">in it", ">comes to", "")
    for rung in interval.rungs:
        line = place(each.comp_plan, rung.path).rpartition(":")[2]
        notes = [rung.reading] * mixed + ["reached"] * rung.is_reached + [f"line {line}"]
        numbers = ["" if n is None else _number(n, "number") for n in (rung.starts_at, rung.laid, rung.earns)]
        pays = _rate(rung.number) if rung.unit == "share" else _number(rung.number, rung.unit)
        pays = "of each its own" if rung.is_own else pays
        add_row(table, rung.written, numbers[0], pays, numbers[1], numbers[2], ", ".join(notes))
    print_table(table)


def _show_entries(told: Payout, each: ComponentTold, limit: int) -> None:
    shown = each.entries[:limit] if limit else each.entries
    if not shown:
        return
    has = {
        "tier": any(entry.tier is not None for entry in shown),
        "rate": any(entry.rate is not None for entry in shown),
    }
    table = new_table("day", "transaction", "id", ">credit", *(f">{key}" for key in has if has[key]), ">earned")
    for entry in shown:
        row = [entry.id, _money(entry.credit) if entry.credit else ""]
        row += ["" if entry.tier is None else str(entry.tier)] * has["tier"]
        row += ["" if entry.rate is None else _rate(entry.rate)] * has["rate"]
        name = linked(_name(told, entry), told.links.get((entry.source, entry.id), ""))
        table.add_row(linked(entry.day.isoformat()), name, *map(linked, (*row, _money(entry.amount))))
    print_table(table)
    _show_hidden(each.entries[len(shown) :])
    _show_made(told, shown)


def _show_made(told: Payout, shown: Sequence[EntryTold]) -> None:
    """How credits come about that are more than the amount of a transaction: once for each, however often it counts."""
    made = {(entry.id, entry.made): entry for entry in shown if entry.made is not None and not entry.made.is_plain}
    if not made:
        return
    table = new_table("id", ">amount", "made of")
    for (id_, credit), entry in made.items():
        looked_at = [f"{field}: {plain(value or 'empty', LONGEST_NAME)}" for field, value in credit.looked_at]
        factors = [f"times {text} = {_number(number, 'number')}" for text, number in credit.factors]
        part = [f"share {_number(credit.share, 'share')}"] * credit.is_part
        shares = [f"{told.users.get(user, user)} {_number(share, 'share')}" for user, share in credit.shares]
        shared = [f"shared: {', '.join(shares)}"] * credit.is_shared
        amount = "" if credit.amount is None else _money(credit.amount)
        link = told.links.get((entry.source, entry.id), "")
        table.add_row(linked(id_, link), linked(amount), linked("; ".join((*looked_at, *factors, *part, *shared))))
    print_table(table)


def _show_hidden(hidden: Sequence[EntryTold]) -> None:
    if hidden:
        rest = _money(sum((entry.amount for entry in hidden), Decimal(0)))
        say(f"… and {len(hidden):,} more, {rest} in all; --limit 0 shows them.")


def _name(told: Payout, entry: EntryTold | HeldTold) -> str:
    if not entry.source:
        return "without a transaction"
    name = told.names.get((entry.source, entry.id)) or f"{entry.source.replace('_', ' ')} {entry.id}"
    return plain(name, LONGEST_NAME)


def _money(amount: Decimal) -> str:
    return figure_text(amount, Unit.MONEY)


def _rate(rate: Decimal | None) -> str:
    """A share of 1, or money for each unit."""
    return _number(rate, "share" if rate is not None and abs(rate) <= 1 else "number")


def _number(number: Decimal | None, unit: Of) -> str:
    if number is None:
        return "none"
    if unit == "share":
        return f"{exact_text(number * 100, Unit.NUMBER)} %"
    return exact_text(number, Unit.NUMBER)
