"""What the worked examples are written with: facts as plain rows, rules as the YAML an admin writes."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import cache, reduce
from operator import and_
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import yaml
from pyarrow.compute import field

from config.calendars import FiscalYear
from config.catalog_files import read_catalog
from config.comp_plans import CompPlanFile
from config.metrics import MetricFile
from config.metrics.narrowed import narrowed
from config.project import Customers
from config.quotas import QuotaFile
from config.territories import TerritoryFile
from config.working_time import WorkingTime
from salesops.facts import fact_schema
from salesops.rules import Rules

if TYPE_CHECKING:
    from collections.abc import Mapping

    from config.metrics import Dimension, Metric
    from salesops.fiscal import CrmPeriod
    from salesops.results import Results

NEW_YEARS_EVE = datetime(2017, 12, 31, 22, tzinfo=UTC)  # 17:00 in New York


def parse(text: str) -> Any:
    """YAML as strict text, the way the loader reads it: every scalar is a text."""
    return yaml.load(text, Loader=yaml.BaseLoader)  # noqa: S506  the base loader makes texts only


@cache
def catalog() -> Mapping[str, Metric]:
    """The metrics that come with the product."""
    return read_catalog().model.metrics


def rules(
    *,
    metrics: str = "",
    only: tuple[str, ...] | None = None,
    quotas: str = "",
    comp_plans: str = "",
    territories: str = "",
    time_zone: str = "America/New_York",
    fiscal_year: FiscalYear | None = None,
    dimensions: str = "",
    meanings: Mapping[str, tuple[str, ...]] | None = None,
    parameters: Mapping[str, Any] | None = None,
    working_time: str = "",
    customers: str = "",
    team_zones: Mapping[str, str] | None = None,
    crm_periods: tuple[CrmPeriod, ...] = (),
) -> Rules:
    """Rules in dollars: the catalog's metrics (or `only` some), with those given; meanings and parameters likewise."""
    whole = read_catalog().model
    builtin = {name: metric for name, metric in catalog().items() if only is None or name in only}
    own = MetricFile.model_validate({"metrics": parse(metrics)}).metrics if metrics else {}
    return Rules(
        time_zone=time_zone,
        fiscal_year=fiscal_year or FiscalYear(),
        currency="USD",
        metrics=narrowed(builtin | dict(own)),
        quotas=QuotaFile.model_validate({"quotas": parse(quotas)}).quotas if quotas else {},
        comp_plans=CompPlanFile.model_validate({"comp_plans": parse(comp_plans)}).comp_plans if comp_plans else {},
        territories=TerritoryFile.model_validate(parse(territories)) if territories else None,
        dimensions=whole.dimensions | _dimensions(dimensions),
        meanings=whole.meanings | dict(meanings or {}),
        parameters=whole.parameters | MetricFile.model_validate({"parameters": parameters or {}}).parameters,
        working_time=WorkingTime.model_validate(parse(working_time)) if working_time else WorkingTime(),
        customers=Customers.model_validate(parse(customers)) if customers else Customers(),
        team_zones=team_zones or {},
        crm_periods=crm_periods,
    )


def _dimensions(text: str) -> dict[str, Dimension]:
    return MetricFile.model_validate({"dimensions": parse(text)}).dimensions if text else {}


def facts(**objects: list[dict[str, Any]]) -> dict[str, pa.Table]:
    """Fact tables of rows; what a row does not say is empty. `custom.NAME` keys are custom fields."""
    tables = {}
    for name, rows in objects.items():
        custom = sorted({key.removeprefix("custom.") for row in rows for key in row if key.startswith("custom.")})
        tables[name] = pa.Table.from_pylist(rows, schema=fact_schema(name, tuple(custom)))
    return tables


def user(id_: str, team: str | None = None, manager: str | None = None, **more: Any) -> dict[str, Any]:
    return {"id": id_, "email": f"{id_}@x.example", "active": True, "team": team, "manager_id": manager} | more


def value(results: Results, metric: str, period: str, key: str = "", grain: str = "company") -> Any:
    """A metric's value as text, None where it has none, "no row" where there is no row."""
    wanted = {"metric": metric, "grain": grain, "key": key, "period": period}
    conditions = (field(name) == each for name, each in wanted.items())
    found = results.metrics.filter(reduce(and_, conditions)).to_pylist()
    assert len(found) <= 1
    return plain(found[0]["value"]) if found else "no row"


def plain(number: Any) -> str | None:
    """The shortest text of a decimal, so that expectations read as numbers do."""
    if number is None:
        return None
    text = f"{number:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text
