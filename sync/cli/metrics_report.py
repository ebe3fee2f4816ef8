"""The list of metrics, for people and for programs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from config.catalog_files import read_catalog
from config.metrics.narrowed import listed
from sync.asked import near
from sync.cli.output import add_row, new_table, print_json, print_table
from sync.cli.words import say, several
from sync.used_metrics import computed_metrics

if TYPE_CHECKING:
    from collections.abc import Mapping

    from config.loader import Project
    from config.metrics import Metric
    from sync.cli.show_output import Row


_OWN, _MARK = "your own", "✓"


def show_metrics(project: Project, text: str | None, *, used: bool, as_json: bool) -> None:
    """The metrics of the project, those of its own first, then the catalog by category."""
    catalog, computed = read_catalog(), computed_metrics(project)
    category = {name: each for each, names in catalog.categories.items() for name in names}
    found = [
        (name, metric)
        for name, metric in listed(project.metrics).items()
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
    table = new_table("metric", "is", "unit", "")
    table.columns[0].no_wrap = True
    before = None
    for name, metric in found:
        kind = _OWN if name in own else category.get(name, "")
        if kind != before:
            add_row(table, kind, "", "", "")
            before = kind
        add_row(table, f"  {name}", metric.label, str(metric.unit), _MARK if name in computed else "")
    print_table(table)
    marked = sum(name in computed for name, _ in found)
    computed_too = f"; {marked:,} marked {_MARK}, computed with every run" if marked else ""
    say(f"{several(len(found), 'metric')}{computed_too}.")
    say("`salesops show metric NAME` shows any of them; docs/catalog.md explains those built in.")


def _no_metric(project: Project, text: str, *, used: bool) -> str:
    if used and any(_is_about(text, name, metric) for name, metric in listed(project.metrics).items()):
        return f"No metric with {text!r} is computed with every run. Without --used, others are shown."
    return (
        f"No metric is called {text!r}, nor has it in its label or description.{near(text, listed(project.metrics))}"
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
