"""The parts of `docs/sandbox.md` that are made from the code: settings, faults, objects and addresses.

Each stands between `<!-- made: NAME -->` and `<!-- end -->`. `python -m connectors.sandbox.reference docs/sandbox.md`
writes them into the page as they should be.
"""

from __future__ import annotations

import importlib
import re
import sys
from itertools import groupby
from pathlib import Path
from textwrap import fill
from typing import TYPE_CHECKING

from connectors.sandbox.behaviour import CALM, Behaviour, as_dict, describe_settings
from connectors.sandbox.faults import KINDS
from connectors.sandbox.hubspot import dialect as hubspot
from connectors.sandbox.hubspot.definitions.types import OBJECTS
from connectors.sandbox.salesforce import dialect as salesforce
from connectors.sandbox.salesforce.schema.spec import standard_objects

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from connectors.sandbox.dialect import Resource

_PART = re.compile(r"(<!-- made: (\w+) -->\n).*?(<!-- end -->)", re.DOTALL)


def render(page: str) -> str:
    """The page with every made part as the code says; KeyError for a part that there is not."""
    return _PART.sub(lambda found: f"{found[1]}{_MADE[found[2]]()}\n{found[3]}", page)


def shown(path: str) -> str:
    """An address as the page shows it: `{version}` is a number or a date, whichever stands there."""
    return re.sub(r"\{(\w+):\w+\}", r"{\1}", path)


def _settings() -> str:
    usual, calm = as_dict(Behaviour()), as_dict(CALM)
    rows = ["| setting | usually | `--calm` | what it does |", "| --- | --- | --- | --- |"]
    for name, text in describe_settings().items():
        differs = _value(calm[name]) if calm[name] != usual[name] else ""
        rows.append(f"| `{name}` | {_value(usual[name])} | {differs} | {text} |")
    return "\n".join(rows)


def _value(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return f"{value:g}" if isinstance(value, float) else f"{value:,}"


def _faults() -> str:
    return "\n".join(
        ["| fault | what befalls a request |", "| --- | --- |", *(f"| `{k}` | {t} |" for k, t in KINDS.items())]
    )


def _salesforce_objects() -> str:
    return fill(", ".join(sorted(found.name for found in standard_objects().values())), 120)


def _hubspot_objects() -> str:
    return fill(", ".join(OBJECTS), 120)


def _addresses(resources: Iterable[Resource]) -> str:
    lines = ["```text"]
    for module, found in groupby(resources, key=lambda each: each.module):
        lines += [_title(module), *(f"  {line}" for each in found for line in _lines(each)), ""]
    return "\n".join([*lines[:-1], "```"])


def _title(module: str) -> str:
    """What a module says it is, in few words."""
    said = (importlib.import_module(module).__doc__ or module).replace("\n", " ")
    return re.split(r"[:.] ", said, maxsplit=1)[0].strip(".")


def _lines(resource: Resource) -> Iterator[str]:
    methods = " ".join(resource.methods)
    for path in resource.paths:
        yield f"{methods:<21} {shown(path)}"
        methods = ""


_MADE: dict[str, Callable[[], str]] = {
    "settings": _settings,
    "faults": _faults,
    "salesforce_objects": _salesforce_objects,
    "hubspot_objects": _hubspot_objects,
    "salesforce_addresses": lambda: _addresses(salesforce.list_resources()),
    "hubspot_addresses": lambda: _addresses(hubspot.list_resources()),
}


if __name__ == "__main__":
    page = Path(sys.argv[1])
    page.write_text(render(page.read_text(encoding="utf-8")), encoding="utf-8")
