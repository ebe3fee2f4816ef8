"""What the tests of `sync` share: small projects, filled stores, and a sandbox CRM with a handful of records."""

from __future__ import annotations

import csv
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Literal, cast

import pyarrow as pa
import requests

from config.loader import load_project
from connectors.base import CrmField, Page, Row, Stream, Sweep
from connectors.sandbox.behaviour import CALM
from connectors.sandbox.dialect import Settings
from connectors.sandbox.run import open_sandbox
from connectors.writing import Status, Target
from salesops.results import (
    ATTAINMENT,
    CREDITS,
    EARNINGS,
    MEASURES,
    METRICS,
    PARTIAL,
    TERRITORIES,
    Note,
    Results,
)
from sync.connections import connect
from sync.plan import build_plan
from sync.provision import build_steps
from sync.pull import describe, pull
from sync.store import records
from sync.store.pages import save_page
from sync.store.results import save_results
from sync.store.runs import recorded

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

    from config.loader import Project
    from connectors.base import Connector
    from connectors.writing import Outcome, RecordWrite
    from sync.plan import Plan
    from sync.store.store import Store

Crm = Literal["salesforce", "hubspot"]

AS_OF = "2026-05-20T12:00:00.000Z"
"""In the second quarter of 2026, in every time zone."""

STAMP = "2026-05-01T00:00:00.000Z"

SETTINGS = """\
name: Test
time_zone: America/New_York
currency: USD
connections:
  crm:
    crm: hubspot
    sign_in: {kind: access_token, token: env:SALESOPS_TEST_TOKEN}
"""

QUOTAS = """\
quotas:
  bookings:
    label: Bookings
    metric: won_amount
    period: quarter
    targets:
      - {from: 2025-01-01, default: 10000}
"""

COMP_PLANS = """\
comp_plans:
  ae:
    label: AE
    effective_from: 2025-01-01
    eligible: {}
    period: quarter
    credits:
      sales: {source: opportunity, where: [{field: is_won, is: true}], time: close_date}
      of_team: {source: opportunity, where: [{field: is_won, is: true}], time: close_date, to: {managers: [1]}}
    measures:
      sold: {credits: [sales], target: bookings}
    components:
      commission:
        kind: tiers
        by: sold
        reading: marginal
        tiers: [{from: 0, rate: 0.08}, {from: 1, rate: 0.12}]
      override: {kind: rate, on: of_team, rate: 0.01}
"""

TERRITORY_RULES = """\
territories:
  - name: North
    where:
      - {field: industry, is: technology}
otherwise: Rest
"""


def write_project(root: Path, writes: Iterable[Mapping[str, str]] = (), /, **files: str) -> Project:
    """A project on one connection, `crm`. `writes` are lines of its writeback; files replace the usual ones."""
    contents = {
        "salesops.yaml": files.get("settings", SETTINGS),
        "quotas/q.yaml": files.get("quotas", QUOTAS),
        "comp_plans/c.yaml": files.get("comp_plans", COMP_PLANS),
        "territories/t.yaml": files.get("territories", TERRITORY_RULES),
        "writeback.yaml": writeback(writes),
    }
    for name, text in contents.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return load_project(root)


def writeback(writes: Iterable[Mapping[str, str]]) -> str:
    lines = [f"    - {{label: L, {', '.join(f'{key}: {value}' for key, value in write.items())}}}" for write in writes]
    return "\n".join(["writeback:", "  crm:", *(lines or ["    []"])]) + "\n"


def to_field(of_object: str, field: str, value: str) -> dict[str, str]:
    """One line of a writeback."""
    return {"object": of_object, "field": field, "value": value}


def number(name: str, decimals: int = 2, type_: str = "currency", *, updateable: bool = True) -> CrmField:
    return CrmField(name, name, type_, updateable, decimals)


def text(name: str) -> CrmField:
    return CrmField(name, name, "string", updateable=True, length=255)


def save_rows(store: Store, name: str, *rows: dict[str, Any], custom: Mapping[str, Mapping[str, str | None]]) -> None:
    """Records of one object of connection `crm`, as a pull would have kept them; `custom` by id."""
    made = tuple(Row(values, custom.get(values["id"], {}), STAMP) for values in rows)
    save_page(store, "crm", changes(name), Page(name, "{}", complete=True, rows={name: made}))


def changes(name: str) -> Stream:
    """The stream of an object's changes."""
    return Stream(name, name, Sweep.CHANGES)


def save_fields(store: Store, **fields: Sequence[CrmField]) -> None:
    records.save_fields(
        store, "crm", {name: {field.name: field for field in of_object} for name, of_object in fields.items()}
    )


def results(
    *,
    metrics: Iterable[Sequence[Any]] = (),
    attainment: Iterable[Sequence[Any]] = (),
    credits_: Iterable[Sequence[Any]] = (),
    measures: Iterable[Sequence[Any]] = (),
    earnings: Iterable[Sequence[Any]] = (),
    territories: Iterable[Sequence[Any]] = (),
    notes: Iterable[Note] = (),
    partial: Iterable[Sequence[Any]] = (),
) -> Results:
    """Results of plain rows in the order of their schemas, metrics up to the denominator; numbers are texts."""
    return Results(
        metrics=_table(METRICS, [(*row, None, False) for row in metrics]),
        attainment=_table(ATTAINMENT, attainment),
        territories=_table(TERRITORIES, territories),
        credits=_table(CREDITS, credits_),
        measures=_table(MEASURES, measures),
        earnings=_table(EARNINGS, earnings),
        notes=tuple(notes),
        partial=_table(PARTIAL, partial),
    )


def earning(
    payee: str,
    period: str,
    amount: str,
    component: str = "commission",
    *,
    opportunity: str = "o",
    status: str = "earned",
    credit: str = "100",
    comp_plan: str = "ae",
) -> tuple[Any, ...]:
    """What an opportunity earns somebody by a component of a comp plan."""
    what = ("opportunity", opportunity, opportunity)
    return (comp_plan, component, payee, period, date(2026, 4, 1), *what, status, credit, amount)


def credit(
    payee: str,
    opportunity: str,
    source: str = "opportunity",
    id_: str | None = None,
    period: str = "FY2026-Q2",
    amount: str = "100",
) -> tuple[Any, ...]:
    """What somebody is credited with by the comp plan ae, by an opportunity or by what belongs to one."""
    return ("ae", "sales", payee, period, date(2026, 4, 1), source, id_ or opportunity, opportunity, amount)


def _table(schema: pa.Schema, rows: Iterable[Sequence[Any]]) -> pa.Table:
    typed = [
        {
            field.name: Decimal(value) if pa.types.is_decimal(field.type) and value is not None else value
            for field, value in zip(schema, row, strict=True)
        }
        for row in rows
    ]
    return pa.Table.from_pylist(typed, schema=schema)


def keep(store: Store, project: Project, computed: Results, *, as_of: str = AS_OF) -> int:
    """Keep results as if the project had computed them; the id of the run that did."""
    with recorded(store, "compute", "crm") as run:
        save_results(store, "crm", run.id, as_of, project.digest, computed)
    return run.id


# ---- a sandbox CRM ----


WRITABLE = ("user", "account", "opportunity")
USERS = {"005AA0000000001": "Ann Lee", "005AA0000000002": "Bo Kay"}
ACCOUNTS = {f"001AA000000000{n}": f"Account {n}" for n in range(1, 10)}
WON, OPEN = "006AA0000000001", "006AA0000000002"


def write_export(folder: Path, crm: Crm) -> Path:
    """Two users, nine accounts, one deal won and one open, as either CRM exports them."""
    folder.mkdir()
    ann = next(iter(USERS))
    if crm == "salesforce":
        tables: dict[str, list[dict[str, str]]] = {
            "User": [
                {"Id": key, "Name": name, "LastName": name.split()[1], "FirstName": name.split()[0], "IsActive": "true"}
                | dict.fromkeys(("Email", "Username"), f"{name.split()[0].lower()}@x.example")
                for key, name in USERS.items()
            ],
            "Account": [
                {"Id": key, "Name": name, "OwnerId": ann, "Industry": "technology" if key[-1] in "13579" else "other"}
                for key, name in ACCOUNTS.items()
            ],
            "Opportunity": [
                {"Id": key, "Name": f"Deal {key[-1]}", "OwnerId": ann, "AccountId": next(iter(ACCOUNTS))}
                | {"StageName": stage, "Amount": "1234.56", "CloseDate": "2026-05-01"}
                | {"CreatedDate": "2026-01-05T10:00:00.000Z"}
                for key, stage in ((WON, "Closed Won"), (OPEN, "Prospecting"))
            ],
        }
    else:
        tables = {
            "owners": [
                {"id": f"7000{key[-1]}", "email": f"{name.split()[0].lower()}@x.example", "archived": "false"}
                | {"firstName": name.split()[0], "lastName": name.split()[1], "team": "West"}
                for key, name in USERS.items()
            ],
            "companies": [
                {"hs_object_id": f"9000{key[-1]}", "name": name, "hubspot_owner_id": "70001"}
                | {"industry": "technology" if key[-1] in "13579" else "other"}
                for key, name in ACCOUNTS.items()
            ],
            "deals": [
                {"hs_object_id": f"6000{key[-1]}", "dealname": f"Deal {key[-1]}", "hubspot_owner_id": "70001"}
                | {"pipeline": "default", "dealstage": stage, "amount": "1234.56", "associated_company": "90001"}
                | {"closedate": "2026-05-01T16:00:00.000Z", "createdate": "2026-01-05T10:00:00.000Z"}
                for key, stage in ((WON, "closedwon"), (OPEN, "appointmentscheduled"))
            ],
        }
    for name, rows in tables.items():
        with (folder / f"{name}.csv").open("w", newline="", encoding="utf-8") as file:
            writer = csv.DictWriter(file, fieldnames=list(rows[0]))
            writer.writeheader()
            writer.writerows(rows)
    return folder


def own_field(crm: Crm, name: str) -> str:
    """A field of ours as the CRM spells such names."""
    return f"SalesOps_{name}__c" if crm == "salesforce" else f"salesops_{name.lower()}"


def all_writes(crm: Crm) -> list[dict[str, str]]:
    """A writeback of every kind of value."""
    return [
        to_field("user", own_field(crm, "Won"), "{kind: metric, metric: won_amount, period: this_quarter}"),
        to_field("user", own_field(crm, "Calls"), "{kind: metric, metric: calls, period: this_month}"),
        to_field("user", own_field(crm, "Rate"), "{kind: metric, metric: win_rate, period: this_year}"),
        to_field(
            "user", own_field(crm, "Share"), "{kind: quota, quota: bookings, show: attainment, period: this_quarter}"
        ),
        to_field("user", own_field(crm, "Pay"), "{kind: commission, period: this_quarter}"),
        to_field("account", own_field(crm, "Territory"), "{kind: territory}"),
        to_field("opportunity", own_field(crm, "Earned"), "{kind: earned_commission}"),
        to_field("opportunity", own_field(crm, "Estimate"), "{kind: estimated_commission}"),
    ]


class NoJobs:
    """Somebody else writes down no jobs."""

    def begun(self, job: str, target: Target, names: Sequence[str]) -> None: ...

    def ended(self, job: str) -> None: ...


class _Written:
    """A connector that reads no objects but those that we write to: a whole pull is of two dozen."""

    def __init__(self, connector: Connector) -> None:
        self._connector = connector

    def streams(self) -> list[Stream]:
        return [stream for stream in self._connector.streams() if stream.object in WRITABLE]

    def __getattr__(self, name: str) -> Any:
        return getattr(self._connector, name)


@dataclass(frozen=True)
class Org:
    """A sandbox CRM that holds our fields, a project on it, and a connector signed in to it."""

    crm: Crm
    project: Project
    connector: Connector
    url: str
    ca_file: Path | None
    settings: Settings

    @property
    def territory(self) -> str:
        return own_field(self.crm, "Territory")

    @property
    def earned(self) -> str:
        return own_field(self.crm, "Earned")

    def pulled(self, store: Store) -> Store:
        """The store, after a pull of the objects that we write to."""
        describe(self.project, store, "crm", self.connector)
        list(pull(store, "crm", cast("Connector", _Written(self.connector))))
        return store

    def plan(self, store: Store, territories: Mapping[str, str | None]) -> Plan:
        """The plan that brings these territories, and nothing else, to the accounts."""
        keep(store, self.project, results(territories=territories.items()))
        built = build_plan(self.project, store, "crm", self.connector)
        return replace(built, changes=tuple(c for c in built.changes if c.object == "account"))

    def accounts(self, store: Store) -> list[str]:
        """The ids of the live accounts as pulled."""
        return [row["id"] for row in store.rows("SELECT id FROM account WHERE deleted = 0 ORDER BY id")]

    def stands(self, name: str, field: str, ids: Sequence[str]) -> dict[str, str | None]:
        """What stands in the CRM, by record id."""
        found = self.connector.standing(Target(name), [field], ids)
        return {key: standing.values[field] for key, standing in found.items()}

    def edit(self, name: str, *writes: RecordWrite) -> list[Outcome]:
        """Somebody else's edit: the same API, another hand."""
        outcomes = list(self.connector.write(Target(name), writes, NoJobs()))
        assert all(outcome.status is Status.WRITTEN for outcome in outcomes), outcomes
        return outcomes

    def delete_account(self, record_id: str) -> None:
        if self.crm == "hubspot":
            headers = {"Authorization": f"Bearer {self.settings.access_token}"}
            path = f"{self.url}/crm/v3/objects/companies/{record_id}"
            answer = requests.delete(path, headers=headers, timeout=10)
        else:
            form = {"grant_type": "client_credentials", "client_id": self.settings.client_id}
            form["client_secret"] = self.settings.client_secret
            token = requests.post(
                f"{self.url}/services/oauth2/token", data=form, verify=str(self.ca_file), timeout=10
            ).json()["access_token"]
            path = f"{self.url}/services/data/v62.0/sobjects/Account/{record_id}"
            headers = {"Authorization": f"Bearer {token}"}
            answer = requests.delete(path, headers=headers, verify=str(self.ca_file), timeout=10)
        assert answer.status_code == 204, answer.text


def settings_for(crm: Crm, url: str, ca_file: Path | None) -> str:
    """`salesops.yaml` of a project on a sandbox whose secrets are in files beside it."""
    sign_in = (
        "{kind: client_credentials, client_id: file:id.txt, client_secret: file:secret.txt}"
        if crm == "salesforce"
        else "{kind: access_token, token: file:secret.txt}"
    )
    trusted = f"\n    ca_file: {ca_file}" if ca_file else ""
    return (
        "name: Test\ntime_zone: America/New_York\ncurrency: USD\nconnections:\n  crm:\n"
        f"    crm: {crm}\n    url: {url}{trusted}\n    sign_in: {sign_in}\n"
    )


@contextmanager
def open_org(crm: Crm, folder: Path) -> Iterator[Org]:
    """A sandbox with our fields provisioned, as the product does it."""
    settings = Settings(behaviour=CALM)
    with open_sandbox(crm, data=write_export(folder / "export", crm), settings=settings) as sandbox:
        root = folder / "project"
        project = write_project(root, all_writes(crm), settings=settings_for(crm, sandbox.url, sandbox.ca_file))
        secret = settings.client_secret if crm == "salesforce" else settings.access_token
        (root / "secret.txt").write_text(secret + "\n", encoding="utf-8")
        (root / "id.txt").write_text(settings.client_id, encoding="utf-8")
        with closing(connect(project, "crm")) as connector:
            outcomes = list(connector.provision(build_steps(project, "crm", connector)))
            assert all(outcome.status is Status.WRITTEN for outcome in outcomes), outcomes
            yield Org(crm, project, connector, sandbox.url, sandbox.ca_file, settings)
