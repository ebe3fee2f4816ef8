"""What stands in an org's Setup: stages, statuses, currencies, queues, and the types that records refer to by name."""

from __future__ import annotations

from collections import defaultdict
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from config.scalars import decimal_text
from connectors.sandbox.salesforce.ids import make_id
from connectors.sandbox.salesforce.schema.spec import read_rows, standard_objects
from sync.sandbox_copy.ours_rows import forecasting_labels
from sync.sandbox_copy.pulled import NOT_COPIED
from sync.sandbox_copy.salesforce_parents import FIRST_MADE

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from sync.sandbox_copy.pulled import Pulled, Row

    Cell = Callable[[Row], Any]
    Table = tuple[str, list[str], list[list[Any]]]

_LEAD = "lead:"  # before the ids of lead statuses, which begin as those of stages do
_QUEUE_PREFIX = "00G"
_USUAL = ("Omitted", "Pipeline", "Closed")  # forecast categories by what a stage means
_IN_CURRENCY = ("opportunity", "quote", "quota", "user", "account", "contact", "lead")


class SetUp:
    """The Setup of one copy. `currencies` are those of an org that has several, its own first."""

    def __init__(self, pulled: Pulled) -> None:
        self._pulled = pulled
        self._made: dict[str, dict[Any, str]] = defaultdict(dict)
        self._periods = {(row["starts_on"], row["ends_on"]): row["id"] for row in pulled.rows("fiscal_period")}
        self._rates = [row for row in pulled.rows("exchange_rate") if not row["deleted"]]
        self.currencies = self._read_currencies()
        self.left_out: list[str] = []

    def references(self, sobject: str) -> Mapping[str, Cell]:
        """The references of an sObject to what is made here, by their API names."""
        match sobject:
            case "OpportunitySplit":
                return {"SplitTypeId": lambda row: self._id("OpportunitySplitType", row["type"])}
            case "Territory2":
                return {
                    "Territory2TypeId": lambda row: self._id("Territory2Type", row["type"] or NOT_COPIED),
                    "Territory2ModelId": lambda row: self._id("Territory2Model", _model(row)),
                }
            case "ForecastingQuota":
                return {
                    "ForecastingTypeId": lambda row: self._id("ForecastingType", row["name"] or NOT_COPIED),
                    "PeriodId": lambda row: self._periods.get((row["starts_on"], row["ends_on"])),
                }
        return {}

    def tables(self) -> Iterator[Table]:
        """(sObject, columns, rows) of all that the records written so far call for."""
        found = (
            self._stages(), self._lead_statuses(), self._currency_types(), self._dated_rates(), self._queues(),
            self._split_types(), self._territory_types(), self._territory_models(), self._forecasting_types(),
        )  # fmt: skip
        yield from (table for table in found if table[2])

    def _id(self, sobject: str, key: Any) -> str | None:
        """The id of what is made for a key."""
        if key is None:
            return None
        ids = self._made[sobject]
        return ids.setdefault(key, make_id(standard_objects()[sobject].prefix, FIRST_MADE + len(ids)))

    # Stages and statuses

    def _stages(self) -> Table:
        """The org's stages; those that only records name, because they were taken away, come last and are inactive."""
        columns = [
            "Id", "MasterLabel", "ApiName", "IsActive", "SortOrder", "IsClosed", "IsWon", "ForecastCategory",
            "ForecastCategoryName", "DefaultProbability",
        ]  # fmt: skip
        categories = {row["forecast_name"]: row["forecast"] for row in read_rows("stages.csv")}
        rows = []
        for row in sorted(self._known_stages(), key=lambda row: (row["position"] or 0, row["id"])):
            won, closed = bool(row["is_won"]), bool(row["is_closed"])
            name = row["forecast_category"] or _USUAL[2 if won else 0 if closed else 1]
            chance = row["probability"] if row["probability"] is not None else "1" if won else "0"
            rows.append([
                row["id"], row["name"], row["name"], _flag(row["active"]), row["position"], _flag(closed), _flag(won),
                categories.get(name, _USUAL[2 if won else 0 if closed else 1]), name,
                decimal_text(Decimal(chance) * 100),
            ])  # fmt: skip
        return "OpportunityStage", columns, rows

    def _known_stages(self) -> list[dict[str, Any]]:
        rows = [row for row in self._pulled.rows("stage") if row["object"] == "opportunity" and not row["deleted"]]
        known = {row["name"] for row in rows}
        shown = {stage: (won, closed) for stage, won, closed in self._pulled.distinct(
            "opportunity", "stage", "is_won", "is_closed") if stage}  # fmt: skip
        usual = {row["label"]: (int(row["won"]), int(row["closed"])) for row in read_rows("stages.csv")}
        for (stage,) in self._pulled.distinct("opportunity_history", "stage"):
            if stage:
                shown.setdefault(stage, usual.get(stage, (0, 0)))
        further = sorted(set(shown) - known)
        if further:
            self.left_out.append(f"the order, probability and forecast category of stages that are no more: {further}")
        for place, stage in enumerate(further, start=1):
            won, closed = shown[stage]
            rows.append({
                "id": make_id("01J", FIRST_MADE + place), "name": stage, "position": len(known) + place,
                "is_won": won, "is_closed": closed, "active": not known, "forecast_category": None,
                "probability": None,
            })  # fmt: skip
        return rows

    def _lead_statuses(self) -> Table:
        """The org's lead statuses, the first of them the default."""
        columns = ["Id", "MasterLabel", "ApiName", "SortOrder", "IsDefault", "IsConverted"]
        found = sorted((row for row in self._pulled.rows("stage", _LEAD) if not row["deleted"]), key=_position)
        return "LeadStatus", columns, [
            [row["id"].removeprefix(_LEAD), row["name"], row["name"], row["position"], _flag(place == 0),
             _flag(row["is_won"])]
            for place, row in enumerate(found)
        ]  # fmt: skip

    # Currencies

    def _read_currencies(self) -> list[str]:
        codes = {code for name in _IN_CURRENCY for (code,) in self._pulled.distinct(name, "currency") if code}
        codes |= {row["to_currency"] for row in self._rates if row["to_currency"]}
        own = next((row["currency"] for row in self._rates if row["currency"]), self._pulled.project.settings.currency)
        return [own, *sorted(codes - {own})] if codes else []

    def _currency_types(self) -> Table:
        columns = ["Id", "IsoCode", "ConversionRate", "DecimalPlaces", "IsActive", "IsCorporate"]
        prefix = standard_objects()["CurrencyType"].prefix
        latest = {row["to_currency"]: row for row in sorted(self._rates, key=lambda row: row["from_date"] or "")}
        unknown = [code for code in self.currencies[1:] if code not in latest]
        if unknown:
            self.left_out.append(f"the exchange rates of {', '.join(unknown)}: each is 1")
        rows = []
        for place, code in enumerate(self.currencies, start=1):
            rate = latest.get(code)
            own_id = rate["id"] if rate and rate["id"].startswith(prefix) else make_id(prefix, place)
            rows.append([own_id, code, rate["rate"] if rate else "1", "2", "true", _flag(place == 1)])
        return "CurrencyType", columns, rows

    def _dated_rates(self) -> Table:
        columns = ["Id", "IsoCode", "StartDate", "ConversionRate"]
        rows = [[row["id"], row["to_currency"], row["from_date"], row["rate"]] for row in self._rates]
        return "DatedConversionRate", columns, [row for row in rows if row[2]]

    # Owners and types

    def _queues(self) -> Table:
        """The queues that own records: the store knows their ids alone."""
        queues = [lost for lost in self._pulled.lost("user") if lost.startswith(_QUEUE_PREFIX)]
        if queues:
            self.left_out.append("the names and members of queues")
        rows = [[queue, f"{NOT_COPIED} {place}", f"Not_copied_{place}", "Queue"] for place, queue in enumerate(queues)]
        return "Group", ["Id", "Name", "DeveloperName", "Type"], rows

    def _split_types(self) -> Table:
        """The types of splits; those that add up to the whole everywhere must do so."""
        totals: dict[tuple[str, str], Decimal] = defaultdict(Decimal)
        for row in self._pulled.rows("opportunity_split"):
            if row["type"] and not row["deleted"]:
                totals[row["type"], row["opportunity_id"]] += Decimal(row["percent"] or 0)
        overlay = {kind for (kind, _), total in totals.items() if total != 1}
        columns = [
            "Id", "MasterLabel", "DeveloperName", "SplitField", "SplitEntity", "SplitDataStatus", "IsActive",
            "IsTotalValidated",
        ]  # fmt: skip
        return "OpportunitySplitType", columns, [
            [made, kind, f"Copied_{made}", "Opportunity.Amount", "OpportunitySplit", "READY", "true",
             _flag(kind not in overlay)]
            for kind, made in self._made["OpportunitySplitType"].items()
        ]  # fmt: skip

    def _territory_types(self) -> Table:
        columns = ["Id", "MasterLabel", "DeveloperName", "Priority"]
        made = self._made["Territory2Type"].items()
        return "Territory2Type", columns, [[made_id, name, f"Copied_{made_id}", "1"] for name, made_id in made]

    def _territory_models(self) -> Table:
        columns = ["Id", "Name", "State", "DeveloperName"]
        made = self._made["Territory2Model"].items()
        return "Territory2Model", columns, [[made_id, *model, f"Copied_{made_id}"] for model, made_id in made]

    def _forecasting_types(self) -> Table:
        quantities = {row["name"] or NOT_COPIED for row in self._pulled.rows("quota") if row["quantity"] is not None}
        named = {label: name for name, label in forecasting_labels(self._pulled).items()}
        for label in sorted(named):  # one that the project names and nobody has a quota of yet
            self._id("ForecastingType", label)
        columns = [
            "Id", "MasterLabel", "DeveloperName", "Language", "IsActive", "IsAmount", "IsQuantity", "RoleType",
            "DateType",
        ]  # fmt: skip
        return "ForecastingType", columns, [
            [made, name, named.get(name, f"Copied_{made}"), "en_US", "true", _flag(name not in quantities),
             _flag(name in quantities), "R", "OpportunityCloseDate"]
            for name, made in self._made["ForecastingType"].items()
        ]  # fmt: skip


def _model(row: Row) -> tuple[str, str]:
    return row["model"] or NOT_COPIED, row["state"] or "Planning"


def _position(row: Row) -> tuple[int, str]:
    return row["position"] or 0, row["id"]


def _flag(value: object) -> str:
    return "true" if value else "false"
