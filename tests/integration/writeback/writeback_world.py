"""A small company in a sandbox CRM, and a project that writes every kind of thing back to it, by the command line.

`writeback_company` says what stands in the CRM: 200 accounts and as many opportunities, a few leads and contacts, four
people. The project shows their results on all of them, in fields of every kind, keeps a statement a user and month, a
task for who is behind, and in Salesforce forecasting quotas and territory associations.

    with open_desk(doors, "salesforce", tmp_path) as desk:       # provisioned, and run once
        desk.edit("account", desk.account(1), Num2="12.5")        # as a person does
        report = desk.run()                                       # `salesops run --json`, as of AS_OF
        assert report.writes == []                                # the requests that it wrote with

It stands on `pulled_world.World` (`desk.world`): faults, behaviour, clock, every request of the product.
"""

from __future__ import annotations

import json
import re
import shutil
from contextlib import contextmanager
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from pulled_world import Call, Ended, Seed, opened_on
from writeback_company import AS_OF, MADE, PEOPLE, TERRITORIES, Made, definition, fill, name_of

from connectors.sandbox.salesforce.ids import extend

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from integration_harness import Crm
    from pulled_world import Doors, World

ZONE = "Pacific/Auckland"
"""Far from UTC, and with a change of the clock (2031-04-06) between the two months whose statements are kept."""

OBJECTS: Mapping[str, tuple[str, str]] = {
    "user": ("User", "users"),
    "account": ("Account", "companies"),
    "opportunity": ("Opportunity", "deals"),
    "contact": ("Contact", "contacts"),
    "lead": ("Lead", "leads"),
    "task": ("Task", "tasks"),
    "Statement": ("Statement__c", "statement"),
    "ForecastingQuota": ("ForecastingQuota", ""),
    "ObjectTerritory2Association": ("ObjectTerritory2Association", ""),
}

_AVERAGE = "{kind: metric, metric: average_size, period: this_month}"
_RATE = "{kind: metric, metric: win_rate, period: this_month}"
_TERRITORY = "{kind: territory}"
_UPDATED = "{kind: updated}"

FIELDS: Sequence[tuple[str, str, str, str]] = (
    *(("account", name, _AVERAGE, "") for name in ("Num0", "Num2", "Num4", "Money0", "Money2")),
    *(("account", name, _RATE, "") for name in ("Share0", "Share2")),
    ("account", "Pick", _TERRITORY, ""),
    ("account", "Words", "{kind: metric, metric: average_deal, period: this_month}", "{payee}: {value} in {period} "),
    ("account", "Story", _TERRITORY, '<p>Tom & Jerry\'s \\"place\\"</p>\\n\\n  {value} &amp; more €\\n'),
    ("account", "Day", _UPDATED, ""),
    ("account", "Moment", _UPDATED, ""),
    ("user", "Won", "{kind: metric, metric: won_amount, period: this_month}", ""),
    ("user", "Reached", "{kind: quota, quota: bookings, show: attainment, period: this_month}", ""),
    ("user", "Pay", "{kind: commission, period: this_month}", ""),
    ("user", "Note", "{kind: quota, quota: bookings, show: credited, period: this_month}", "{value} of {target}"),
    ("user", "Changed", _UPDATED, ""),
    ("opportunity", "Place", _TERRITORY, ""),
    ("opportunity", "DealSize", _AVERAGE, ""),
    ("opportunity", "DealShare", _RATE, ""),
    ("opportunity", "DealPick", _TERRITORY, ""),
    ("opportunity", "DealStory", _TERRITORY, "It is\\n{value}."),
    ("opportunity", "Earned", "{kind: earned_commission}", ""),
    ("opportunity", "Estimate", "{kind: estimated_commission}", ""),
    ("opportunity", "OwnerWon", "{kind: metric, metric: won_amount, period: this_month}", ""),
    ("opportunity", "Changed", _UPDATED, ""),
    ("lead", "Rate", _RATE, ""),
    ("contact", "Place", _TERRITORY, ""),
    ("contact", "Won", "{kind: metric, metric: won_amount, period: this_month}", ""),
)
"""The project's fields: object, name, value, and the text that the value is put into."""

STATEMENT: Sequence[tuple[str, str]] = (
    ("Payee", "{kind: payee}"),
    ("Month", "{kind: period, show: name}"),
    ("Begins", "{kind: period, show: first_day}"),
    ("BeginsAt", "{kind: period, show: first_day}"),
    ("Average", "{kind: metric, metric: average_size}"),
    ("Rate", "{kind: metric, metric: win_rate}"),
    ("Target", "{kind: quota, quota: bookings, show: target}"),
    ("Total", "{kind: commission}"),
    ("Changed", _UPDATED),
)
"""The fields of a statement. The admin made BeginsAt, which holds a moment where provisioning would make a day."""

METRICS = """
metrics:
  average_size:
    label: Average size
    kind: simple
    unit: number
    source: opportunity
    aggregate: average
    of: amount
    where: [{field: is_won, is: true}]
    time: close_date
  huge:
    label: Huge
    kind: simple
    unit: count
    source: opportunity
    aggregate: count
    where: [{field: amount, at_least: 1000000000}]
    time: close_date
  huge_rate: {label: Huge rate, kind: ratio, unit: percent, numerator: huge, denominator: huge}
"""
"""`huge_rate` is of nothing."""

QUOTAS = """
quotas:
  bookings:
    label: Bookings
    metric: won_amount
    period: month
    targets:
      - {from: 2031-01-01, default: 40000.55}
"""

COMP_PLANS = """
comp_plans:
  sales:
    label: Sales
    effective_from: 2031-01-01
    eligible: {managers: false}
    period: month
    credits:
      sales: {source: opportunity, where: [{field: is_won, is: true}], time: close_date}
    measures:
      sold: {credits: [sales], target: bookings}
    components:
      commission:
        kind: tiers
        by: sold
        reading: marginal
        tiers: [{from: 0, rate: 0.0333}, {from: 1.0, rate: 0.12}]
"""


# The project


def writeback_yaml(crm: Crm, on_edit: str = "overwrite", empty: str = "clear", *, without: str = "") -> str:
    """`writeback.yaml` with one policy for all that it names; `without` leaves out a field of statements."""
    policy = f"on_edit: {on_edit}"
    lines = ["writeback:", "  crm:"]
    for of_object, name, value, text in FIELDS:
        words = f'text: "{text}", ' if text else ""
        lines.append(
            f"    - {{object: {of_object}, field: {name_of(crm, name)}, label: {name}, value: {value}, {words}"
            f"{policy}, empty: {empty}}}"
        )
    lines += [
        "records:",
        "  crm:",
        f"    - object: {name_of(crm, 'Statement')}",
        "      label: Statement",
        "      plural: Statements",
        "      per: user",
        "      period: month",
        "      keep: 2",
        f"      key: {name_of(crm, 'StatementKey')}",
        "      fields:",
        *(
            f"        - {{field: {name_of(crm, name)}, label: {name}, value: {value}, {policy}, empty: {empty}}}"
            for name, value in STATEMENT
            if name != without
        ),
        "tasks:",
        "  crm:",
        "    - name: behind",
        "      value: {kind: quota, quota: bookings, show: attainment, period: this_month}",
        "      below: 100",
        '      subject: "{attainment} of {target} in {period}"',
        "      due_in_days: 3",
        f"      key: {name_of(crm, 'TaskKey')}",
    ]
    if crm == "salesforce":
        lines += [
            "forecasting_quotas:",
            f"  crm: [{{quota: bookings, forecasting_type: Revenue, {policy}}}]",
            "territory_associations:",
            f"  crm: {{{policy}}}",
        ]
    return "\n".join(lines) + "\n"


def _territories_yaml() -> str:
    lines = ["territories:"]
    for country, name in TERRITORIES.items():
        if country:
            lines.append(f"  - {{name: '{name}', where: [{{field: country, is: {country}}}]}}")
    return "\n".join([*lines, f"otherwise: {TERRITORIES['']}", ""])


def write_project(world: World, **policy: str) -> None:
    """Write the project's files anew into the world's project folder."""
    root = world.project
    settings = (root / "salesops.yaml").read_text(encoding="utf-8").replace("time_zone: UTC", f"time_zone: {ZONE}")
    (root / "salesops.yaml").write_text(settings, encoding="utf-8")
    if world.crm == "hubspot":
        text = "crm: {user: {fields: {manager_id: manager_email}}}\n"
        (root / "mapping.yaml").write_text(text, encoding="utf-8")
    files = {"metrics": METRICS, "quotas": QUOTAS, "comp_plans": COMP_PLANS, "territories": _territories_yaml()}
    for folder, text in files.items():
        (root / folder).mkdir(exist_ok=True)
        (root / folder / "all.yaml").write_text(text, encoding="utf-8")
    (root / "writeback.yaml").write_text(writeback_yaml(world.crm, **policy), encoding="utf-8")


# What a command did


@dataclass(frozen=True, slots=True)
class Report:
    """How a command ended that answers with JSON, and the requests that it wrote with, as "METHOD /path"."""

    ended: Ended
    body: Any

    @property
    def code(self) -> int:
        return self.ended.code

    @property
    def said(self) -> str:
        return self.ended.out + self.ended.err

    @property
    def writes(self) -> list[str]:
        return [f"{call.method} {call.path}" for call in self.ended.calls if is_write(call)]

    @property
    def outcomes(self) -> dict[str, int]:
        """How many lines ended how, without those that none did."""
        return {name: count for name, count in self.body["outcomes"].items() if count}

    @property
    def troubled(self) -> list[dict[str, Any]]:
        """The lines that failed or were skipped."""
        lines: list[dict[str, Any]] = self.body["troubled"]
        return lines


_ASKS = re.compile(
    r"/oauth2?/.*token$|/search$|/batch/read$|/composite/sobjects/\w+$|/jobs/query|/introspect$|/composite$"
)
"""What is posted and changes nothing; a composite request is what its parts are."""


def is_write(call: Call) -> bool:
    """Whether a request changes anything in the CRM."""
    if call.path.endswith("/composite"):
        parts = json.loads(call.body)["compositeRequest"]
        return any(is_write(Call(0, part["method"], part["url"].partition("?")[0], "")) for part in parts)
    return call.method != "GET" and not (call.method == "POST" and _ASKS.search(call.path))


# The world


@dataclass
class Desk:
    """A CRM, the people who work in it, and a project that ran against it."""

    world: World
    as_of: str = AS_OF
    crm: Crm = field(init=False)

    def __post_init__(self) -> None:
        self.crm = self.world.crm

    # The project

    def rewrite(self, on_edit: str = "overwrite", empty: str = "clear") -> None:
        """Give all that the project writes another policy."""
        text = writeback_yaml(self.crm, on_edit, empty)
        (self.world.project / "writeback.yaml").write_text(text, encoding="utf-8")

    def change(self, file: str, old: str, new: str) -> None:
        """Replace a text in a file of the project, wherever it stands there."""
        path = self.world.project / file
        text = path.read_text(encoding="utf-8")
        assert old in text, f"{file}: {old!r} does not stand there"
        path.write_text(text.replace(old, new), encoding="utf-8")

    def command(self, *arguments: str) -> Report:
        """How a command ended that answers with JSON."""
        ended = self.world.salesops(*arguments, "--json")
        return Report(ended, ended.json() if ended.out.strip() else None)

    def run(self, *arguments: str) -> Report:
        """`salesops run`, with what it reports of the one connection."""
        report = self.command("run", "--as-of", self.as_of, *arguments)
        runs = report.body["runs"] if report.body else []
        return Report(report.ended, runs[0] if runs else None)

    def look_again(self) -> None:
        """Pull and compute, so that a plan says what stands in the CRM now."""
        for arguments in (("pull",), ("compute", "--as-of", self.as_of)):
            ended = self.world.salesops(*arguments)
            assert ended.code == 0, ended.out + ended.err

    def plan(self, *arguments: str) -> dict[str, Any]:
        """The plan from what was pulled and computed last."""
        report = self.command("plan", *arguments)
        assert report.body is not None, report.said
        plan: dict[str, Any] = report.body["plans"][0]
        return plan

    def status(self) -> dict[str, Any]:
        """What `salesops status` says of the connection."""
        status: dict[str, Any] = self.command("status").body["connections"]["crm"]
        return status

    # The CRM

    def account(self, number: int) -> str:
        return self._id("001WB", 10_000, number)

    def deal(self, number: int) -> str:
        return self._id("006WB", 20_000, number)

    def contact(self, number: int) -> str:
        return self._id("003WB", 30_000, number)

    def lead(self, number: int) -> str:
        return self._id("00QWB", 40_000, number)

    def user(self, name: str) -> str:
        """The id of the record that carries a person's fields."""
        return self._id("005WB", 9_000, list(PEOPLE).index(name) + 1)

    def owner(self, name: str) -> str:
        """The id by which a person owns records."""
        return self.user(name) if self.crm == "salesforce" else str(int(self.user(name)) - 2000)

    def _id(self, prefix: str, base: int, number: int) -> str:
        return extend(f"{prefix}{number:010}") if self.crm == "salesforce" else str(base + number)

    def api_name(self, of_object: str) -> str:
        return OBJECTS[of_object][self.crm == "hubspot"]

    def spell(self, values: Mapping[str, Any]) -> dict[str, Any]:
        """Values by the CRM's own field names: those of ours take its affix. None empties a field."""
        ours = {name for _, name, _, _ in FIELDS} | {name for name, _ in STATEMENT} | {"StatementKey", "TaskKey"}
        return {
            (name_of(self.crm, name) if name in ours else name): self._spell(value) for name, value in values.items()
        }

    def _spell(self, value: Any) -> Any:
        """HubSpot's values are texts, and an empty one empties a property."""
        return value if self.crm == "salesforce" else "" if value is None else str(value)

    def edit(self, of_object: str, record: str, **values: Any) -> None:
        """Change fields of a record, as a person in the CRM does."""
        self.world.edit(self.api_name(of_object), record, **self.spell(values))

    def delete(self, of_object: str, record: str) -> None:
        self.world.delete(self.api_name(of_object), record)

    def values(self, of_object: str, *fields: str) -> dict[str, tuple[str | None, ...]]:
        """What stands in fields of every record, by its id: as text, numbers as they are written, None where empty."""
        names = list(self.spell(dict.fromkeys(fields)))
        if self.crm == "salesforce":
            soql = f"SELECT Id, {', '.join(names)} FROM {self.api_name(of_object)}"
            rows = {row["Id"]: row for row in self._query(soql)}
        else:
            rows = {row["id"]: row["properties"] for row in self._list(self.api_name(of_object), names)}
        return {record: tuple(_text(row.get(name)) for name in names) for record, row in rows.items()}

    def value(self, of_object: str, record: str, *fields: str) -> tuple[str | None, ...]:
        """The same of one record."""
        return self.values(of_object, *fields)[record]

    def ask(self, method: str, path: str, body: Any = None) -> Any:
        """An answer of the CRM's API to a person, its numbers as they are written."""
        answer = self.world.ask(method, path, body)
        assert answer.ok, f"{method} {path}: {answer.status_code} {answer.text[:500]}"
        return json.loads(answer.text, parse_float=Decimal) if answer.text else None

    def _query(self, soql: str) -> Iterator[dict[str, Any]]:
        path: str | None = f"query?q={quote(soql)}"
        while path:
            answer = self.ask("GET", path)
            yield from answer["records"]
            path = answer.get("nextRecordsUrl")

    def _list(self, kind: str, properties: Sequence[str]) -> Iterator[dict[str, Any]]:
        after = ""
        while True:
            asked = f"limit=100&properties={','.join(properties)}{after}"
            answer = self.ask("GET", f"/crm/v3/objects/{kind}?{asked}")
            yield from answer["results"]
            if "paging" not in answer:
                return
            after = f"&after={answer['paging']['next']['after']}"


def _text(value: Any) -> str | None:
    if value is None or value == "":
        return None
    return f"{value:f}" if isinstance(value, Decimal) else str(value)


# Desks, each of a copy of one that was set up once


_seeds: dict[tuple[int, str], tuple[Seed, Path]] = {}


@contextmanager
def open_desk(doors: Doors, crm: Crm, root: Path) -> Iterator[Desk]:
    """A desk whose fields are made and whose project ran once; what a test does to it is the test's own."""
    seed, project = _prepared(doors, crm)
    with opened_on(doors, crm, root, seed) as world:
        shutil.copytree(project, world.project, dirs_exist_ok=True)
        yield Desk(world)
    (root / "crm.db").unlink()


def _prepared(doors: Doors, crm: Crm) -> tuple[Seed, Path]:
    """The database and the project of a desk that was set up and ran."""
    if (id(doors), crm) not in _seeds:
        folder = doors.folder / f"{crm}-written"
        folder.mkdir()
        seed = doors.seed(crm, "written", fill(crm, folder / "export"))
        with opened_on(doors, crm, folder, seed) as world:
            set_up(world)
            ran = Desk(world).run()
            assert (ran.code, set(ran.outcomes)) == (0, {"written"}), ran.said
            _seeds[id(doors), crm] = Seed(folder / "crm.db", world.database.clock.now()), world.project
    return _seeds[id(doors), crm]


def set_up(world: World) -> None:
    """The admin's work: fields made by hand, the project, and the rest by `provision`."""
    if world.crm == "hubspot":
        for code, rate in (("EUR", 1.25), ("JPY", 0.0064)):
            pair = {"fromCurrencyCode": code, "toCurrencyCode": "USD", "effectiveAt": "2031-01-01T00:00:00Z"}
            world.send("POST", "/settings/v3/currencies/exchange-rates", {**pair, "conversionRate": rate})
    for made in MADE:
        world.send(*definition(world.crm, made))
    write_project(world, without="BeginsAt")
    _provision(world)
    method, path, body = definition(world.crm, Made("Statement", "BeginsAt", "moment"))
    if world.crm == "hubspot":
        body["groupName"] = world.send("GET", f"{path}/payee")["groupName"]
    world.send(method, path, body)
    write_project(world)
    _provision(world)
    world.forward(minutes=5)


def _provision(world: World) -> None:
    ended = world.salesops("provision", "--yes", "--json")
    assert ended.code == 0, ended.out + ended.err
