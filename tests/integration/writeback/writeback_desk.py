"""A project that writes everything there is to a CRM in memory, its store, and what the product does between them."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from functools import cache
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, cast

import pyarrow as pa
from writeback_memory import Died

from config.loader import load_project
from config.scalars import instant_text
from connectors.base import CrmField, Page, Row, Stream, Sweep
from salesops.results import ATTAINMENT, EARNINGS, METRICS, TERRITORIES, Results
from sync.apply import apply_plan, settle, wake_refusals
from sync.plan import build_plan
from sync.plan.undo import build_undo
from sync.store import records
from sync.store.pages import save_page
from sync.store.results import save_results
from sync.store.runs import recorded
from sync.store.store import Store

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from writeback_memory import Memory

    from config.loader import Project
    from connectors.base import Connector
    from sync.apply import Line
    from sync.plan import Plan

USERS, ACCOUNTS, DEALS = ("u1", "u2"), ("a1", "a2", "a3"), ("d1", "d2", "d3")
NAMES = {"user": USERS, "account": ACCOUNTS, "opportunity": DEALS}
QUARTER, AS_OF = "FY2026-Q2", "2026-05-20T12:00:00.000Z"
DAY = date(2026, 5, 20)
OWNER = "u1"  # of every opportunity
STATEMENT = "Statement__c"
FIELDS = {
    "user": ("won__c", "changed__c"),
    "account": ("territory__c",),
    "opportunity": ("earned__c", "changed__c"),
    STATEMENT: ("total__c", "quarter__c"),
}
"""The fields of ours, by object."""

PLACES = {"t1": "North", "t2": "South"}
"""The CRM's territories that our rules name."""

# The project


SETTINGS = """\
name: Test
time_zone: UTC
currency: USD
connections:
  crm:
    crm: salesforce
    url: https://x.my.salesforce.com
    sign_in: {kind: access_token, token: env:T}
"""
RULES = {
    "quotas/q.yaml": "quotas:\n  bookings:\n    label: Bookings\n    metric: won_amount\n    period: quarter\n"
    "    targets:\n      - {from: 2026-01-01, default: 100}\n",
    "comp_plans/c.yaml": "comp_plans:\n  ae:\n    label: AE\n    effective_from: 2026-01-01\n    eligible: {}\n"
    "    period: quarter\n"
    "    credits:\n      sales: {source: opportunity, where: [{field: is_won, is: true}], time: close_date}\n"
    "    measures:\n      sold: {credits: [sales], target: bookings}\n"
    "    components:\n      commission: {kind: tiers, by: sold, reading: marginal, tiers: [{from: 0, rate: 0.08}]}\n",
    "territories/t.yaml": "territories:\n"
    + "".join(f"  - {{name: {name}, where: [{{field: industry, is: {name}}}]}}\n" for name in PLACES.values()),
}
WRITEBACK = """\
writeback:
  crm:
    - {object: user, field: won__c, label: L, on_edit: POLICY, empty: EMPTY,
       value: {kind: metric, metric: won_amount, period: this_quarter}}
    - {object: user, field: changed__c, label: L, value: {kind: updated}}
    - {object: account, field: territory__c, label: L, on_edit: POLICY, empty: EMPTY, value: {kind: territory}}
    - {object: opportunity, field: earned__c, label: L, on_edit: POLICY, empty: EMPTY, value: {kind: earned_commission}}
    - {object: opportunity, field: changed__c, label: L, value: {kind: updated}}
records:
  crm:
    - object: Statement__c
      label: S
      plural: S
      per: user
      period: quarter
      keep: 1
      key: Key__c
      fields:
        - {field: total__c, label: L, on_edit: POLICY, empty: EMPTY, value: {kind: commission}}
        - {field: quarter__c, label: L, on_edit: POLICY, value: {kind: period, show: name}}
forecasting_quotas:
  crm:
    - {quota: bookings, forecasting_type: Revenue, on_edit: POLICY}
territory_associations:
  crm: {on_edit: POLICY}
tasks:
  crm:
    - {name: behind, below: 0.5, key: Key__c, subject: "{attainment}",
       value: {kind: quota, quota: bookings, show: attainment, period: this_quarter}}
"""
_NUMBER = {"decimals": 2, "type": "currency"}
_TYPES: Mapping[str, Mapping[str, Any]] = {
    "won__c": _NUMBER, "earned__c": _NUMBER, "total__c": _NUMBER, "changed__c": {"type": "datetime"},
}  # fmt: skip


@cache
def project(policy: str, empty: str) -> Project:
    """The project, with this policy for whatever somebody else changed, and for what has no result."""
    with TemporaryDirectory() as folder:
        files = {**RULES, "salesops.yaml": SETTINGS}
        files["writeback.yaml"] = WRITEBACK.replace("POLICY", policy).replace("EMPTY", empty)
        for name, text in files.items():
            (Path(folder) / name).parent.mkdir(exist_ok=True)
            (Path(folder) / name).write_text(text, encoding="utf-8")
        return load_project(Path(folder))


@dataclass(frozen=True, slots=True)
class Wants:
    """What the results say: amounts won by user and earned by opportunity, territories by account; None is nothing.

    A user with a share of the quota has a target; one with less than a half is to get a task.
    """

    won: Mapping[str, str | None]
    territory: Mapping[str, str | None]
    earned: Mapping[str, str | None]
    reached: Mapping[str, str | None]

    def results(self) -> Results:
        """The tables that a computation would have kept."""
        won = [
            ("won_amount", "user", key, QUARTER, value, None, None, None, False)
            for key, value in self.won.items()
            if value
        ]
        earned = [
            ("ae", "commission", OWNER, QUARTER, DAY, "opportunity", key, key, "earned", value, value)
            for key, value in self.earned.items()
            if value
        ]
        reached = [
            ("bookings", key, QUARTER, str(Decimal(value) * 100), "100", value)
            for key, value in self.reached.items()
            if value
        ]
        return Results(
            metrics=_table(METRICS, won),
            attainment=_table(ATTAINMENT, reached),
            territories=_table(TERRITORIES, self.territory.items()),
            earnings=_table(EARNINGS, earned),
        )


def _table(schema: pa.Schema, rows: Any) -> pa.Table:
    typed = [
        {
            of.name: Decimal(value) if pa.types.is_decimal(of.type) and value is not None else value
            for of, value in zip(schema, row, strict=True)
        }
        for row in rows
    ]
    return pa.Table.from_pylist(typed, schema=schema)


# The product at work


@dataclass
class Desk:
    """The CRM, a store, and what the product does between them."""

    crm: Memory
    store: Store
    project: Project
    pulls: int = 0

    @property
    def connector(self) -> Connector:
        return cast("Connector", self.crm)

    def pull(self) -> None:
        """Copy what stands there, as a pull does."""
        self.pulls += 1
        stamp = instant_text(START + timedelta(minutes=self.pulls))
        for of_object, names in NAMES.items():
            held = self.crm.stands[of_object]
            rows = [
                Row(
                    _values(of_object, name),
                    {**dict.fromkeys(FIELDS[of_object]), **held.get(name, {})},
                    stamp,
                    name not in held,
                )
                for name in names
            ]
            self._keep(of_object, rows)
        made = [
            Row(_association(self.crm.id_of("territory_account", name), name), {}, stamp)
            for name in self.crm.stands.get("territory_account", {})
        ]
        gone = [row for row in self._associations() if row not in {each.values["id"] for each in made}]
        self._keep(
            "territory_account", [*made, *(Row(_association(key, "|"), {}, stamp, deleted=True) for key in gone)]
        )
        wake_refusals(self.store, "crm")

    def _associations(self) -> list[str]:
        return [row["id"] for row in self.store.rows("SELECT id FROM territory_account WHERE deleted = 0")]

    def _keep(self, of_object: str, rows: Sequence[Row]) -> None:
        stream = Stream(of_object, of_object, Sweep.CHANGES)
        save_page(self.store, "crm", stream, Page(of_object, "{}", complete=True, rows={of_object: tuple(rows)}))

    def compute(self, wants: Wants) -> None:
        """Keep these results."""
        with recorded(self.store, "compute", "crm") as run:
            save_results(self.store, "crm", run.id, AS_OF, self.project.digest, wants.results())

    def plan(self) -> Plan:
        """The plan that brings the CRM, as last pulled, to the results; what a run left open is settled before."""
        settle(self.store, self.connector, "crm")
        return build_plan(self.project, self.store, "crm", self.connector)

    def apply(self, plan: Plan) -> list[Line]:
        """What became of the lines of a plan; those that moved are skipped."""
        with recorded(self.store, "apply", "crm") as run:
            return list(apply_plan(self.store, self.connector, plan, run.id, refuse_moved=False))

    def undo(self, run: int) -> Plan:
        """The plan that takes a run back; what it left open is settled before."""
        settle(self.store, self.connector, "crm")
        return build_undo(self.store, self.connector, run)

    def last_run(self) -> int:
        return int(self.store.rows("SELECT max(id) FROM run")[0][0])

    @contextmanager
    def meddled(self, acts: Mapping[int, Callable[[], object]], dies: int = 0) -> Iterator[None]:
        """What people do at the numbered steps of the CRM while the block lasts, and at which one our process dies."""
        steps = count(1)

        def step(*_: object) -> None:
            number = next(steps)
            acts.get(number, lambda: None)()
            if dies and number >= dies:
                raise Died

        self.crm.step = step
        try:
            yield
        finally:
            self.crm.step = lambda: None


START = datetime(2026, 5, 1, tzinfo=UTC)


def _values(of_object: str, name: str) -> dict[str, Any]:
    if of_object == "user":
        return {"id": name, "record_id": name, "name": name, "email": f"{name}@x.example", "active": 1}
    return {"id": name, "name": name, "owner_id": OWNER}


def _association(record_id: str, name: str) -> dict[str, Any]:
    account, _, territory = name.partition("|")
    return {"id": record_id, "account_id": account, "territory_id": territory, "cause": "Territory2Manual"}


def new_store(path: Path) -> None:
    """A store that knows the fields and the territories, and nothing else."""
    with Store(path) as store:
        described = {
            of_object: {
                name: CrmField(name, name, updateable=True, **{"type": "string", **_TYPES.get(name, {})})
                for name in (*names, *(["Key__c"] if of_object == STATEMENT else []))
            }
            for of_object, names in {**FIELDS, "task": ("Key__c",)}.items()
        }
        records.save_fields(store, "crm", described)
        rows = tuple(
            Row({"id": key, "name": name, "state": "active"}, {}, instant_text(START)) for key, name in PLACES.items()
        )
        stream = Stream("territory", "territory", Sweep.CHANGES)
        save_page(store, "crm", stream, Page("territory", "{}", complete=True, rows={"territory": rows}))
