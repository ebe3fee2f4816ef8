"""What the tests of plans share: a CRM that answers what stands in it, and a project with records of a store."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from synced import SETTINGS, write_project

from config.loader import load_project
from connectors.writing import Cost, Standing
from sync.plan import build_plan

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from config.loader import Project
    from connectors.base import Connector, Sealed
    from connectors.writing import Target
    from sync.plan import Plan
    from sync.store.store import Store


SALESFORCE = SETTINGS.replace(
    "    crm: hubspot\n    sign_in: {kind: access_token, token: env:SALESOPS_TEST_TOKEN}\n",
    "    crm: salesforce\n    url: https://x.my.salesforce.com\n    sign_in: {kind: access_token, token: env:T}\n",
)


class Asked:
    """A CRM behind the part of the port that a plan uses: what stands in it by object and name, and what was asked."""

    def __init__(self, stands: Mapping[str, Mapping[str, Mapping[str, str | None]]] | None = None) -> None:
        self.stands = {of_object: dict(by_name) for of_object, by_name in (stands or {}).items()}
        self.asked: list[tuple[Target, tuple[str, ...], tuple[str, ...]]] = []

    def standing(self, target: Target, fields: Sequence[str], names: Sequence[str]) -> dict[str, Standing]:
        self.asked.append((target, tuple(fields), tuple(names)))
        known = self.stands.get(target.object, {})
        return {
            name: Standing(f"id of {name}", {field: known[name].get(field) for field in fields})
            for name in names
            if name in known
        }

    def cost(self, target: Target, fields: Sequence[str], count: int) -> Cost:  # noqa: ARG002
        return Cost(1, count)

    def sealed(self) -> dict[str, Sealed]:
        return {}

    @property
    def connector(self) -> Connector:
        return cast("Connector", self)


def plan_of(store: Store, project: Project, crm: Asked | None = None, **more: Any) -> Plan:
    """The plan of connection `crm`."""
    return build_plan(project, store, "crm", (crm or Asked()).connector, **more)


def lines(plan: Plan) -> list[tuple[str, str | None, str | None]]:
    """(record's name, before, after) of each change."""
    return [(change.name, change.before, change.after) for change in plan.changes]


def remember(store: Store, *written: Sequence[str | None], created: bool = False) -> None:
    """That we wrote last: (object, name, field, value, basis)."""
    with store.transaction() as db:
        db.executemany(
            "INSERT OR REPLACE INTO written VALUES ('crm', ?, ?, ?, 'r', ?, ?, ?, 1, '')",
            ((row[0], row[1], row[2], int(created), row[3], row[4]) for row in written),
        )


def refuse(store: Store, *place: str, value: str | None, attempts: int = 3, parked: bool = True) -> None:
    """That the CRM refused a value: (object, name, field)."""
    with store.transaction() as db:
        db.execute(
            "INSERT INTO refusal VALUES ('crm', ?, ?, ?, ?, 'rule', 'CODE', 'too long', ?, 0, ?, '', '')",
            (*place, value, attempts, int(parked)),
        )


def write(root: Path, writeback: str, /, **files: str) -> Project:
    """A project with this `writeback.yaml`."""
    write_project(root, (), **files)
    (root / "writeback.yaml").write_text(writeback, encoding="utf-8")
    return load_project(root)


def user(n: int, **more: Any) -> dict[str, Any]:
    """A user's values."""
    return {"id": f"u{n}", "record_id": f"u{n}", "name": f"User {n}", "active": 1, "email": f"u{n}@x.example"} | more


def by_record(plan: Plan) -> dict[str, dict[str, str | None]]:
    """What is to stand in each record, by its name."""
    found: dict[str, dict[str, str | None]] = {}
    for change in plan.changes:
        found.setdefault(change.name, {})[change.field] = change.after
    return found
