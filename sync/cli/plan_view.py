"""How the values of a plan are shown to people: amounts, numbers and times as they read them."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, tzinfo
from decimal import Decimal
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from connectors.base import ValueKind
from sync.cli.output import amount_text, minute, plain
from sync.plan.values import NUMBERS
from sync.store.store import parse_instant

if TYPE_CHECKING:
    from collections.abc import Mapping

    from config.loader import Project
    from connectors.base import CrmField
    from sync.store.runs import RunRow
    from sync.store.store import Store

LONGEST_VALUE, LONGEST_TEXT = 60, 240
"""Characters of a value, and of a reason, that a table shows; all of them are in the file and in --json."""


@dataclass(frozen=True, slots=True)
class View:
    """What is known of the fields of a connection, and of what was applied to it.

    `amounts` are the fields that hold money, of records in `several_currencies` or in one. `outdated` is the last run
    that wrote results, where it wrote them by other rules than the present ones.
    """

    zone: tzinfo = UTC
    fields: Mapping[tuple[str, str], CrmField] = field(default_factory=dict)
    amounts: frozenset[tuple[str, str]] = frozenset()
    several_currencies: bool = False
    outdated: RunRow | None = None

    def value(self, of_object: str, name: str, text: str | None) -> str:
        """A value as a table shows it; a dash for an empty one."""
        if not text:
            return "—"
        return plain(self._read(of_object, name, text), LONGEST_VALUE)

    def moment(self, instant: str) -> str:
        """An INSTANT to the minute, in the project's zone."""
        return minute(instant, self.zone)

    def _read(self, of_object: str, name: str, text: str) -> str:
        known = self.fields.get((of_object, name))
        try:
            if (of_object, name) in self.amounts:
                return amount_text(Decimal(text))
            match known.kind if known else None:
                case ValueKind.MONEY:
                    return amount_text(Decimal(text))
                case ValueKind.MOMENT:
                    parse_instant(text)
                    return self.moment(text)
                case ValueKind.PERCENT:
                    return f"{Decimal(text):,f} %"
                case kind if kind in NUMBERS:
                    return f"{Decimal(text):,f}"
        except (ArithmeticError, ValueError):  # somebody else wrote it there
            pass
        return text


def read_view(project: Project, store: Store, connection: str, *, before: int | None = None) -> View:
    """The view of a connection; what was applied to it by the runs `before` that one, where it is given."""
    from sync.plan.known_fields import BUILT_IN
    from sync.plan.needs import money_fields
    from sync.store.records import read_fields
    from sync.store.runs import read_last_applied

    last = read_last_applied(store, connection, before)
    others = store.rows(
        "SELECT 1 FROM exchange_rate WHERE connection = ? AND deleted = 0 AND currency <> to_currency LIMIT 1",
        (connection,),
    )
    return View(
        ZoneInfo(project.settings.time_zone),
        {**read_fields(store, connection), **BUILT_IN},
        money_fields(project, connection),
        bool(others),
        last if last is not None and last.detail["rules"] != project.digest else None,
    )
