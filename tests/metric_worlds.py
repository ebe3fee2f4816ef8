"""The worked examples of the catalog's metrics (`tests/metrics/*.yaml`): small worlds, and what comes of them by hand.

A world has settings as in `salesops.yaml` (with its quotas, comp plans and territories beside them), facts as tables of
short rows, and expectations: metric -> "grain key" (or company) -> period -> value. `none` is a row without a value,
`no row` is none. Moments are those of the clock on the project's wall. An empty cell is an empty field.

`state` of an opportunity, or of an entry of its history, is where it stands: its stage, and whether that is closed or
won.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import pyarrow as pa
import yaml

from config.calendars import FiscalYear
from config.catalog_files import read_catalog
from config.comp_plans import CompPlanFile
from config.metrics.parts import with_parts
from config.model import OBJECTS, FieldType
from config.project import Customers
from config.quotas import QuotaFile
from config.territories import TerritoryFile
from config.working_time import WorkingTime
from salesops.facts import fact_schema
from salesops.rules import Rules

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from salesops.results import Results

FOLDER = Path(__file__).parent / "metrics"
NONE, NO_ROW = "none", "no row"

Row = dict[str, Any]
Place = tuple[str, str, str, str]
"""Metric, grain, key, period."""


@dataclass(frozen=True, slots=True)
class State:
    """A stage of the opportunities, as each CRM's own pipeline has it."""

    salesforce: str
    hubspot: str
    probability: str
    is_closed: bool = False
    is_won: bool = False


STATES: Mapping[str, State] = {
    "prospecting": State("Prospecting", "Appointment Scheduled", "0.2"),
    "qualification": State("Qualification", "Qualified To Buy", "0.4"),
    "proposal": State("Proposal/Price Quote", "Presentation Scheduled", "0.6"),
    "negotiation": State("Negotiation/Review", "Contract Sent", "0.9"),
    "won": State("Closed Won", "Closed Won", "1", is_closed=True, is_won=True),
    "lost": State("Closed Lost", "Closed Lost", "0", is_closed=True),
}
"""In the order of the pipeline. Facts and expectations have Salesforce's names."""


@dataclass(frozen=True, slots=True)
class NotHeld:
    """What one CRM cannot hold as the world has it, and why: these metrics, at these "grain key"s."""

    crm: str
    metrics: frozenset[str]
    keys: frozenset[str]
    why: str


@dataclass(frozen=True, slots=True)
class World:
    """A world of one category's file. `objects` are its facts, each field of the model typed; `expected` is by hand."""

    category: str
    name: str
    settings: Mapping[str, Any]
    objects: Mapping[str, list[Row]]
    expected: Mapping[Place, str]
    not_held: tuple[NotHeld, ...]

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.settings["time_zone"])

    @property
    def as_of(self) -> datetime:
        return _instant(self.settings["as_of"], self.zone)

    def rules(self) -> Rules:
        """The settings with those metrics of the catalog that the expectations, and the quotas, name."""
        catalog = read_catalog().model
        quotas = QuotaFile.model_validate({"quotas": self.settings.get("quotas", {})}).quotas
        plans = CompPlanFile.model_validate({"comp_plans": self.settings.get("comp_plans", {})}).comp_plans
        named = {place[0] for place in self.expected} | {quota.metric for quota in quotas.values()}
        territories = self.settings.get("territories")
        wanted = with_parts(named, catalog.metrics, catalog.parameters)
        return Rules(
            time_zone=self.settings["time_zone"],
            fiscal_year=FiscalYear.model_validate(self.settings.get("fiscal_year", {})),
            currency="USD",
            metrics={name: metric for name, metric in catalog.metrics.items() if name in wanted},
            quotas=quotas,
            comp_plans=plans,
            territories=TerritoryFile.model_validate(territories) if territories else None,
            dimensions=catalog.dimensions,
            meanings=catalog.meanings,
            parameters=catalog.parameters,
            customers=Customers.model_validate(self.settings.get("customers", {})),
            working_time=WorkingTime.model_validate(self.settings.get("working_time", {})),
        )

    def facts(self) -> dict[str, pa.Table]:
        """The facts as the core takes them."""
        return {name: pa.Table.from_pylist(rows, schema=fact_schema(name)) for name, rows in self.objects.items()}

    def held_by(self, crm: str) -> dict[Place, str]:
        """What is expected where the facts are those that this CRM can hold."""
        left_out = [each for each in self.not_held if each.crm == crm]
        return {
            place: value
            for place, value in self.expected.items()
            if not any(place[0] in each.metrics and spot(place) in each.keys for each in left_out)
        }

    def __str__(self) -> str:
        return f"{self.category}: {self.name}"


def spot(place: Place) -> str:
    """The grain and key as a world writes them."""
    _, grain, key, _ = place
    return f"{grain} {key}".strip()


@cache
def worlds() -> tuple[World, ...]:
    """Every world of every file."""
    found = []
    for path in sorted(FOLDER.glob("*.yaml")):
        for name, each in _read(path)["worlds"].items():
            found.append(_world(path.stem, name, each))
    return tuple(found)


def numbers(results: Results) -> dict[Place, str]:
    """Every value of the metrics as the shortest text."""
    columns = [results.metrics[name].to_pylist() for name in ("metric", "grain", "key", "period")]
    return dict(zip(zip(*columns, strict=True), map(plain, results.metrics["value"].to_pylist()), strict=True))


def plain(number: Decimal | None) -> str:
    """A value as an expectation is written."""
    if number is None:
        return NONE
    text = f"{number:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def differences(expected: Mapping[Place, str], found: Mapping[Place, str]) -> list[str]:
    """A line for each expectation that does not hold."""
    return [
        f"{place[0]}, {spot(place)}, {place[3]}: {value} by hand, {found.get(place, NO_ROW)} found"
        for place, value in expected.items()
        if found.get(place, NO_ROW) != value
    ]


def _read(path: Path) -> Any:
    return yaml.load(path.read_text(encoding="utf-8"), Loader=yaml.BaseLoader)  # noqa: S506  it makes texts only


def _world(category: str, name: str, given: Mapping[str, Any]) -> World:
    settings = given["settings"]
    zone = ZoneInfo(settings["time_zone"])
    as_of = _instant(settings["as_of"], zone)
    objects = {object_: list(_rows(object_, table, zone)) for object_, table in given["facts"].items()}
    for row in objects.get("activity", ()):
        row["created_at"] = row["created_at"] or min(row["at"], as_of)
    objects["stage"] = [_stage(position, state) for position, state in enumerate(STATES.values(), 1)]
    not_held = tuple(
        NotHeld(each["crm"], frozenset(each["metrics"]), frozenset(each["keys"]), each["why"])
        for each in given.get("not_held", ())
    )
    return World(category, name, settings, objects, dict(_expected(given["expect"])), not_held)


def _stage(position: int, state: State) -> Row:
    row = {"id": f"s{position}", "object": "opportunity", "name": state.salesforce, "position": position}
    row |= {"is_closed": state.is_closed, "is_won": state.is_won, "probability": Decimal(state.probability)}
    return _empty("stage") | row | {"active": True}


def _expected(given: Mapping[str, Mapping[str, Mapping[str, str]]]) -> Iterator[tuple[Place, str]]:
    for metric, spots in given.items():
        for spot_, periods in spots.items():
            grain, _, key = spot_.partition(" ")
            for period, value in periods.items():
                yield (metric, grain, key, period), value


def _rows(object_: str, table: Mapping[str, Any], zone: ZoneInfo) -> Iterator[Row]:
    for cells in table["rows"]:
        given = dict(zip(table["columns"], cells, strict=True))
        row = _empty(object_) | _usual(object_, given["id"])
        if state := given.pop("state", None):
            row |= _stands(object_, STATES[state])
        for name, text in given.items():
            row[name] = _typed(OBJECTS[object_].fields[name], text, zone)
        yield row


def _empty(object_: str) -> Row:
    return dict.fromkeys(OBJECTS[object_].fields)


def _usual(object_: str, id_: str) -> Row:
    """What a row says of itself where it does not say otherwise."""
    usual: dict[str, Row] = {
        "user": {"name": id_.title(), "email": f"{id_}@x.example", "active": True, "record_id": id_},
        "account": {"name": id_.title()},
        "opportunity": {"name": id_},
        "lead": {"converted": False},
    }
    return usual.get(object_, {})


def _stands(object_: str, state: State) -> Row:
    row: Row = {"stage": state.salesforce}
    if object_ == "opportunity":
        row |= {"is_closed": state.is_closed, "is_won": state.is_won, "probability": Decimal(state.probability)}
    return row


def _typed(type_: FieldType, text: str, zone: ZoneInfo) -> Any:
    if text == "":
        return None
    match type_:
        case FieldType.DECIMAL:
            return Decimal(text)
        case FieldType.INTEGER:
            return int(text)
        case FieldType.BOOLEAN:
            return {"yes": True, "no": False}[text]
        case FieldType.DATE:
            return date.fromisoformat(text)
        case FieldType.INSTANT:
            return _instant(text, zone)
    return text


def _instant(text: str, zone: ZoneInfo) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=zone).astimezone(UTC)


def covered(of: Iterable[World]) -> set[str]:
    """The metrics that worlds expect something of."""
    return {place[0] for world in of for place in world.expected}
