"""Results for people, with bars, and for programs."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import click

from config.catalog_files import read_catalog
from config.metrics import Unit
from config.scalars import decimal_text
from sync.asked import near
from sync.cli.explain_data import write_rows
from sync.cli.figure_text import bar, exact_text, figure_text, largest_of, with_unit
from sync.cli.output import add_row, new_table, plain, print_json, print_table
from sync.cli.words import columns, say
from sync.used_metrics import computed_metrics

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from config.loader import Project
    from config.metrics import Metric
    from sync.show import Earned, Standing, Value

Row = dict[str, Any]

_LONGEST_NAME = 40
_NARROWEST_BAR, _WIDEST_BAR, _USUAL_BAR = 8, 50, 30
_OTHER_COLUMNS, _MANY_COLUMNS = 56, 72
"""So many columns of the terminal a table takes besides its bars."""


@dataclass(frozen=True, slots=True)
class Output:
    """How results are to be put out; `limit` rows for people, 0 for all."""

    as_json: bool
    csv_file: str | None
    limit: int

    def write(self, rows: Sequence[Row], what: str, about: Row | None = None) -> bool:
        """Whether nothing is left to show: programs were told, or a file was written. JSON says `about` first."""
        if self.csv_file is not None:
            write_rows(self.csv_file, list(rows[0]) if rows else ["nothing"], rows)
        if self.as_json:
            print_json({**(about or {}), what: list(rows)})
        elif self.csv_file is not None:
            click.echo(f"Wrote {len(rows):,} rows to {self.csv_file}.")
        return self.as_json or self.csv_file is not None

    def shown(self, rows: Sequence[Any]) -> Sequence[Any]:
        """The rows that people see."""
        return rows[: self.limit] if self.limit else rows


@dataclass(frozen=True, slots=True)
class Known:
    """On which day values were known: as asked, and that of the snapshot that tells. None for those of now."""

    as_of: str | None = None
    known_on: str | None = None


def show_values(
    name: str, metric: Metric, values: Sequence[Value], title: str, first: str, output: Output, known: Known
) -> None:
    """A metric's values, with bars: by key, or, where `first` is "period", over time."""
    rows = [
        {
            "key": each.key,
            "name": each.name,
            "period": each.period,
            "value": _text(each.value),
            "numerator": _text(each.numerator),
            "denominator": _text(each.denominator),
            "sample": _text(each.sample),
            "partial": each.partial,
        }
        for each in values
    ]
    about = {"metric": name, "unit": str(metric.unit), "as_of": known.as_of, "known_on": known.known_on}
    if output.write(rows, "values", about):
        return
    say(f"{title}, as known on {known.as_of}" if known.as_of else title)
    if known.known_on != known.as_of:
        say(f"No snapshot is of {known.as_of}: this is that of {known.known_on}, the last one before.")
    if not values:
        click.echo("Nothing counts.")
        return
    over_time = first == "period"
    shown = values[-output.limit :] if over_time and output.limit else output.shown(values)
    parts = any(each.denominator is not None for each in shown)
    partial = any(each.partial for each in shown)
    heads = [
        first,
        ">" + with_unit(metric.label.lower(), metric.unit, "({})"),
        "",
        *([">of"] if parts else []),
        *([""] if partial else []),
    ]
    table = new_table(*heads)
    largest, width = largest_of(each.value for each in shown), _bar_width()
    for each in shown:
        cells = [each.period if over_time else plain(each.name, _LONGEST_NAME)]
        cells += [figure_text(each.value, metric.unit, metric.decimals), bar(each.value, largest, width)]
        cells += [_of(each)] if parts else []
        add_row(table, *cells, *(["partial" if each.partial else ""] if partial else []))
    print_table(table)
    _say_hidden(len(values) - len(shown), before=over_time)
    if known.as_of:
        say("Snapshots do not keep which values are partial, nor how many records each is of.")


def _of(value: Value) -> str:
    if value.numerator is None or value.denominator is None:
        return ""
    above, below = (exact_text(each, Unit.NUMBER) for each in (value.numerator, value.denominator))
    return f"{above} / {below}"


def _say_hidden(count: int, *, before: bool = False) -> None:
    if count > 0:
        more = f"{count:,} earlier" if before else f"{count:,} more"
        say(f"… and {more}; --top 0 shows all.")


def _bar_width(besides: int = _OTHER_COLUMNS) -> int:
    width = columns(sys.stdout)
    return _USUAL_BAR if width is None else min(max(width - besides, _NARROWEST_BAR), _WIDEST_BAR)


def show_metrics(project: Project, text: str | None, *, used: bool, as_json: bool) -> None:
    """The metrics of the project, those of its own first, then the catalog by category."""
    catalog, computed = read_catalog(), computed_metrics(project)
    category = {name: each for each, names in catalog.categories.items() for name in names}
    found = [
        (name, metric)
        for name, metric in project.metrics.items()
        if (not used or name in computed) and _is_about(text, name, metric)
    ]
    own = {name for name, metric in found if catalog.model.metrics.get(name) != metric}
    found.sort(key=lambda each: (each[0] not in own, category.get(each[0], "")))
    if as_json:
        print_json({"metrics": [_metric_json(n, m, category, own=n in own, computed=n in computed) for n, m in found]})
        return
    if not found:
        say(_no_metric(project, text, used=used) if text else "There are none.")
        return
    table = new_table("metric", "is", "unit", "from", "computed")
    table.columns[0].no_wrap = True
    for name, metric in found:
        kind = "you" if name in own else category.get(name, "")
        add_row(table, name, metric.label, str(metric.unit), kind, "yes" if name in computed else "")
    print_table(table)
    say(f"{len(found):,} metrics, {len([n for n, _ in found if n in computed])} of them computed with every run.")
    say("`salesops show metric NAME` shows any of them; docs/catalog.md explains those built in.")


def _no_metric(project: Project, text: str, *, used: bool) -> str:
    if used and any(_is_about(text, name, metric) for name, metric in project.metrics.items()):
        return f"No metric with {text!r} is computed with every run. Without --used, others are shown."
    return (
        f"No metric is called {text!r}, nor has it in its label or description.{near(text, project.metrics)}"
        " `salesops show metrics` lists them all."
    )


def _is_about(text: str | None, name: str, metric: Metric) -> bool:
    return text is None or text.lower() in f"{name} {metric.label} {metric.description}".lower()


def _metric_json(name: str, metric: Metric, category: Mapping[str, str], *, own: bool, computed: bool) -> Row:
    return {
        "name": name,
        "label": metric.label,
        "description": metric.description.strip(),
        "kind": metric.kind,
        "unit": str(metric.unit),
        "category": category.get(name),
        "own": own,
        "computed": computed,
    }


def show_standings(
    project: Project, quota: str, standings: Sequence[Standing], title: str, output: Output, *, one: bool
) -> None:
    """How users stand against a quota, or one user in each period."""
    rows = [
        {
            "quota": each.quota,
            "user_id": each.user_id,
            "name": each.name,
            "team": each.team,
            "period": each.period,
            "target": _text(each.target),
            "credited": _text(each.credited),
            "attainment": _text(each.attainment),
        }
        for each in standings
    ]
    if output.write(rows, "quotas"):
        return
    say(title)
    if not standings:
        click.echo("Nobody has a quota there.")
        return
    unit = project.metrics[project.quotas[quota].metric].unit
    table = new_table(
        "period" if one else "user", *([] if one else ["team"]), ">target", ">credited", ">attainment", ""
    )
    shown = output.shown(standings)
    largest = max(largest_of(each.attainment for each in shown), Decimal(1))
    for each in shown:
        names = [each.period] if one else [plain(each.name, _LONGEST_NAME), plain(each.team, _LONGEST_NAME)]
        figures = [figure_text(each.target, unit), figure_text(each.credited, unit)]
        share = figure_text(each.attainment, Unit.PERCENT)
        add_row(table, *names, *figures, share, bar(each.attainment, largest, _bar_width(_MANY_COLUMNS)))
    print_table(table)
    _say_hidden(len(standings) - len(shown))


def show_territories(found: Sequence[tuple[str | None, int]], output: Output) -> None:
    """How many accounts each territory has."""
    if output.write([{"territory": name, "accounts": count} for name, count in found], "territories"):
        return
    if not found:
        say("No account is in a territory: the project has no territory rules, or there are no accounts.")
        return
    table = new_table("territory", ">accounts", "")
    shown = output.shown(found)
    largest = Decimal(max(count for _, count in found))
    for name, count in shown:
        label = plain(name, _LONGEST_NAME) if name else "none"
        add_row(table, label, f"{count:,}", bar(Decimal(count), largest, _bar_width()))
    print_table(table)
    _say_hidden(len(found) - len(shown))


def show_accounts(territory: str, accounts: Sequence[tuple[str, str, str]], output: Output) -> None:
    """The accounts of a territory."""
    if output.write([{"id": id_, "name": name, "owner": owner} for id_, name, owner in accounts], "accounts"):
        return
    say(f"{len(accounts):,} accounts in {territory}")
    table = new_table("account", "owner", "id")
    shown = output.shown(accounts)
    for id_, name, owner in shown:
        add_row(table, plain(name, _LONGEST_NAME), owner, id_)
    print_table(table)
    _say_hidden(len(accounts) - len(shown))


def show_earnings(earned: Sequence[Earned], title: str, output: Output, *, one: bool, has_plans: bool) -> None:
    """What users earn by component, or what one earns by opportunity."""
    rows = [
        {
            "user_id": each.user_id,
            "name": each.name,
            "comp_plan": each.comp_plan,
            "component": each.component,
            "period": each.period,
            **({"opportunity_id": each.opportunity_id, "opportunity": each.opportunity} if one else {}),
            "earned": _text(each.earned),
            "estimated": _text(each.estimated),
        }
        for each in earned
    ]
    if output.write(rows, "earnings"):
        return
    say(title)
    if not earned:
        none = "Nothing is earned there." if has_plans else "The project has no comp plans, so nothing is earned."
        click.echo(none)
        return
    shown = output.shown(earned)
    periods = ["period"] if len({each.period for each in earned}) > 1 else []
    table = new_table("opportunity" if one else "user", "component", *periods, ">earned", ">if won", "")
    largest = largest_of(each.earned for each in shown)
    for each in shown:
        name = plain(each.opportunity if one else each.name, _LONGEST_NAME)
        figures = [figure_text(number, Unit.MONEY) if number else "" for number in (each.earned, each.estimated)]
        when = [each.period] if periods else []
        add_row(table, name, each.component, *when, *figures, bar(each.earned, largest, _bar_width(_MANY_COLUMNS)))
    print_table(table)
    _say_hidden(len(earned) - len(shown))
    totals = (sum((getattr(each, field) for each in earned), Decimal(0)) for field in ("earned", "estimated"))
    whole, would = (figure_text(total, Unit.MONEY) for total in totals)
    say(f"Together {whole} earned; open opportunities would earn {would} if they were won.")


def _text(number: Decimal | None) -> str | None:
    return None if number is None else decimal_text(number)
