"""Plans, for people and for programs."""

from __future__ import annotations

import sys
from collections import Counter, defaultdict
from itertools import groupby
from typing import TYPE_CHECKING

import click

from sync.cli.output import add_row, new_table, plain, print_json, print_table
from sync.cli.plan_summary import headline, show_amounts, show_counts
from sync.cli.plan_view import LONGEST_TEXT, LONGEST_VALUE, View
from sync.cli.words import columns, folded, say, several
from sync.plan.file import plan_json
from sync.plan.model import Action, Policy, SkipKind

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from rich.table import Table

    from sync.plan import Change, Drift, Plan, Skip

SHOWN_CHANGES = 40
"""Lines of a plan that the table shows; a longer one is summed up first, and is whole in the file and in --json."""

SHOWN_BESIDE = 10
"""Drifted values, and reasons to leave something alone, that are shown one by one."""

_NAMED = 3
"""Records that stand for all that are left alone for one reason."""


def show_plans(
    plans: Sequence[Plan],
    gaps: Mapping[str, object],
    views: Mapping[str, View],
    *,
    as_json: bool,
    kept: str | None,
) -> None:
    """Each plan as tables, a long one summed up first; programs are told the gaps of each connection along. `views` are
    by connection."""
    if as_json:
        outdated = {name: view.outdated.id if view.outdated else None for name, view in views.items()}
        told = {"gaps": gaps, "rules_changed_since_run": outdated, "file": kept}
        print_json({"plans": [plan_json(plan) for plan in plans], **told})
        return
    for plan in plans:
        show_plan(plan, views[plan.connection])
    if kept:
        click.echo(f"Kept in {kept}. Make these changes with: salesops apply {kept}")
    elif any(plan.changes for plan in plans):
        say("Nothing was changed. Keep the plan with -o FILE to apply it, or use `salesops run`.")


def show_plan(plan: Plan, view: View, *, held: bool = False) -> None:
    """One plan: how many changes of a kind, what they move, the lines, what others changed, what is left alone, and
    what it costs. A `held` one is not carried out."""
    if plan.changes:
        _show_changes(plan, view)
    elif plan.undoes is not None:
        say(f"{plan.connection}: nothing to take back: nothing that run {plan.undoes} wrote still stands.")
    else:
        rest = "of what it shows us, " if plan.unread else ""
        parked = any(each.kind is SkipKind.PARKED for each in plan.skipped)
        but = ", but for what is parked" if parked else ""
        say(f"{plan.connection}: no changes, {rest}the CRM holds what it should{but}.")
    if plan.drift:
        _show_drift(plan.drift, view, held=held)
    _show_skipped(plan.skipped)
    if plan.changes:
        calls = plan.read_calls + plan.write_calls
        say(
            f"{plan.connection}: takes {several(calls, 'API call')}: {plan.read_calls:,} to read the records again,"
            f" {plan.write_calls:,} to write."
        )
    if plan.flagged:
        say(f"{plan.connection}: {several(len(plan.flagged), 'flagged value')} to be settled (exit code 1 until then).")


def _show_changes(plan: Plan, view: View) -> None:
    if view.outdated is not None and plan.undoes is None:
        at = view.moment(view.outdated.started_at)
        say(f"{plan.connection}: the rules changed since run {view.outdated.id} wrote results ({at}).")
    shown = _shown(plan.changes)
    hidden = len(plan.changes) - len(shown)
    if hidden:
        show_counts(plan)
    show_amounts(plan, view)
    title = "some of each object" if hidden else headline(plan)
    show_changes(shown, view, f"{plan.connection}: {title}")
    if hidden:
        say(f"… and {hidden:,} more: see them all with --json or in the file of -o.")


def _shown(changes: Sequence[Change]) -> list[Change]:
    """The changes that are shown one by one: all of a few, else the first of each object."""
    if len(changes) <= SHOWN_CHANGES:
        return list(changes)
    objects = {change.object for change in changes}
    left = dict.fromkeys(objects, max(SHOWN_CHANGES // len(objects), 1))
    shown = []
    for change in changes:
        if left[change.object] > 0:
            left[change.object] -= 1
            shown.append(change)
    return shown


def show_changes(changes: Sequence[Change], view: View, title: str) -> None:
    """The changes, those of a record under its name: as a table, or, where that would be too narrow, why they are made
    on lines of their own."""
    width = columns(sys.stdout)
    if width is None or width >= _NARROW:
        print_table(_table(changes, view, title))
        return
    say(title)
    click.echo()
    for head, of_record in _by_record(changes):
        _echo(head, width)
        for change in of_record:
            if change.field:
                before, after = _values(change, view)
                _echo(f"  {change.field}: {before} → {after}", width)
            _echo(f"    {plain(change.reason, LONGEST_TEXT)}", width)
    click.echo()


_NARROW = 110
"""Columns of a terminal in which a table of changes with their reasons is no pleasure to read."""


def _echo(text: str, width: int) -> None:
    click.echo(folded(text, width))


def _table(changes: Sequence[Change], view: View, title: str) -> Table:
    table = new_table("record, field", ">before", "", "after", "why", title=title)
    for head, of_record in _by_record(changes):
        why = "" if of_record[0].field else plain(of_record[0].reason, LONGEST_TEXT)
        add_row(table, head, "", "", "", why)
        for change in of_record:
            if change.field:
                before, after = _values(change, view)
                add_row(table, f"  {change.field}", before, "→", after, plain(change.reason, LONGEST_TEXT))
    return table


def _by_record(changes: Sequence[Change]) -> Iterator[tuple[str, list[Change]]]:
    """What stands above the changes of each record, and they."""
    for _, some in groupby(changes, key=lambda change: (change.object, change.name)):
        of_record = list(some)
        first = of_record[0]
        made = {Action.CREATE: " (new)", Action.DELETE: " (removed)"}.get(first.action, "")
        yield f"{first.object} {_name(first.record)}{made}", of_record


def _values(change: Change, view: View) -> tuple[str, str]:
    before, after = (view.value(change.object, change.field, text) for text in (change.before, change.after))
    return before, after


def _name(text: str) -> str:
    return plain(text, LONGEST_VALUE) if text else "—"


_BECOMES = {Policy.OVERWRITE: "written over", Policy.KEEP: "kept", Policy.FLAG: "kept, until it is settled"}


def _show_drift(drift: Sequence[Drift], view: View, *, held: bool) -> None:
    becomes = {**_BECOMES, Policy.OVERWRITE: "left, while runs are held"} if held else _BECOMES
    title = f"{several(len(drift), 'value')} that somebody else changed"
    if len(drift) > SHOWN_BESIDE:
        table = new_table("object", "field", "what becomes of it", ">values", title=title)
        counts = Counter((each.object, each.field, becomes[each.policy]) for each in drift)
        for kind, count in sorted(counts.items()):
            add_row(table, *kind, f"{count:,}")
        print_table(table)
        say("Each of them is in --json and in the file of -o.")
        return
    table = new_table("record, field", ">we wrote", ">stands", ">wanted", "it is", title=title)
    record = None
    for each in drift:
        values = [view.value(each.object, each.field, text) for text in (each.written, each.stands, each.wanted)]
        if (each.object, each.name) != record and each.field:
            record = each.object, each.name
            add_row(table, f"{each.object} {_name(each.record)}", "", "", "", "")
        place = f"  {each.field}" if each.field else f"{each.object} {_name(each.record)}"
        add_row(table, place, *values, becomes[each.policy])
    print_table(table)


def _show_skipped(skipped: Sequence[Skip]) -> None:
    """What is left alone, by kind and reason: those that there are most of first."""
    for kind, head in _HEADS.items():
        alike: dict[tuple[str, str, str], list[str]] = defaultdict(list)
        for each in skipped:
            if each.kind is kind:
                alike[each.object, each.field, plain(each.reason, LONGEST_TEXT)].append(each.record)
        ordered = sorted(alike.items(), key=lambda each: -len(each[1]))
        for (of_object, field, reason), records in ordered[:SHOWN_BESIDE]:
            named = " ".join(filter(None, (of_object, _some(records))))
            say(f"{head}: {named}{f', {field}' if field else ''}: {reason}")
        if len(alike) > SHOWN_BESIDE:
            say(f"{head}: … and {len(alike) - SHOWN_BESIDE:,} more reasons; all of them are in --json")


def _some(records: Sequence[str]) -> str:
    """Records by their names, and how many more there are."""
    named = ", ".join(plain(each, LONGEST_VALUE) for each in records[:_NAMED] if each)
    more = len(records) - _NAMED
    return f"{named} and {more:,} more" if more > 0 else named


_HEADS = {SkipKind.ALONE: "skipped", SkipKind.PARKED: "parked", SkipKind.UNREAD: "not compared"}
