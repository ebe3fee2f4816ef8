"""What the tests of the doctor share: a CRM that says what it is told to, and a store of deals by month."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, cast

from synced import save_rows

from connectors.base import CrmField, Description, MissingField
from connectors.health import Access, Headroom, Health
from connectors.writing import Step, StepKind
from sync.doctor import examine

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from config.loader import Project
    from connectors.base import Connector
    from connectors.writing import Needs
    from sync.doctor import Examination, Finding
    from sync.store.store import Store

AS_OF = datetime(2026, 5, 20, 12, tzinfo=UTC)
MONTHS = [(2025, month) for month in range(5, 13)] + [(2026, month) for month in range(1, 6)]

FIELDS = {
    "opportunity": {"amount": "Amount", "close_date": "CloseDate", "owner_id": "OwnerId", "is_won": "IsWon"},
    "account": {"industry": "Industry"},
    "user": {"manager_id": "ManagerId", "team": "Division", "active": "IsActive"},
}
TYPES = {"amount": "currency", "close_date": "date", "is_won": "boolean"}


@dataclass
class Crm:
    """A CRM account: what it `shows` by our object and field, what it lets us do, what is missing in it."""

    access: tuple[Access, ...] = ()
    headroom: tuple[Headroom, ...] = ()
    rights: tuple[str, ...] = ()
    skew: timedelta = timedelta(0)
    steps: list[Step] = field(default_factory=list)
    hidden: set[str] = field(default_factory=set)
    missing_fields: tuple[MissingField, ...] = ()
    custom: tuple[CrmField, ...] = ()
    automatic: set[str] = field(default_factory=set)
    types: dict[str, str] = field(default_factory=lambda: dict(TYPES))
    paths: dict[str, str] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)

    def describe(self) -> Description:
        fills = {
            name: {ours: (self.paths.get(ours, theirs),) for ours, theirs in of.items()} for name, of in FIELDS.items()
        }
        fields = {
            name: {
                paths[0]: CrmField(
                    paths[0], f"The {ours}", self.types.get(ours, "string"), True, automatic=ours in self.automatic
                )
                for ours, paths in of.items()
                if paths[0] not in self.hidden
            }
            for name, of in fills.items()
        }
        fields["opportunity"] |= {each.name: each for each in self.custom}
        return Description(fields, self.missing_fields, fills=fills)

    def health(self, objects: Collection[str]) -> Health:
        self.asked = sorted(objects)
        return Health("Ann", "org", AS_OF + self.skew, AS_OF, self.access, self.headroom, self.rights)

    def missing(self, _needs: Needs) -> list[Step]:
        return self.steps


def examined(project: Project, store: Store, crm: Crm | None = None, *only: str) -> Examination:
    """What is found of connection `crm`."""
    return examine(project, store, "crm", cast("Connector", crm or Crm()), AS_OF, only)


def about(found: Examination, text: str) -> list[Finding]:
    """The findings that say so."""
    return [each for each in found.findings if text in each.what]


def step(name: str, problem: str = "") -> Step:
    return Step(StepKind.FIELD, name, "a field", problem)


def save_users(store: Store, *users: dict[str, Any]) -> None:
    rows = [{"email": f"{each['id']}@x.example", "name": each["id"].title(), "active": 1, **each} for each in users]
    save_rows(store, "user", *rows, custom={})


def deals(
    months: Iterable[int] = range(len(MONTHS)), each: int = 5, owner: str = "ann", **values: Any
) -> list[dict[str, Any]]:
    """Won deals, so many in each of these months of the window."""
    made = []
    for place in months:
        year, month = MONTHS[place]
        day = f"{year}-{month:02}-0"
        for number in range(each):
            row = {"id": f"{owner}-{place}-{number}", "owner_id": owner, "is_won": 1, "is_closed": 1, "amount": "10"}
            row |= {"close_date": f"{day}{number % 9 + 1}", "created_at": f"{day}1T12:00:00.000Z", "stage": "Won"}
            made.append(row | values)
    return made
