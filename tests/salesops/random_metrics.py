"""Metrics by dice: all five kinds from the closed set, valid by construction, as an admin writes them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from config.metrics import ORDERED
from config.metrics.kinds import PEOPLE
from config.model import FieldType
from config.sources import SOURCES, NoField, default_owner, find_field

if TYPE_CHECKING:
    from collections.abc import Mapping

    from random_dice import Dice

Written = dict[str, Any]

EVENTS = ("opportunity", "activity", "lead", "stage_visit", "opportunity_move", "data_entry", "line_item", "account")
BY_PERIOD = ("customer_period", "user_period", "quota_period", "expected_period")
SOURCES_USED = (*EVENTS, *EVENTS, *BY_PERIOD, "user", "pipeline_snapshot")
RELATIVE = ("today", "30 days ago", "in 7 days", "5 weeks ago", "1 month ago", "in 2 months", "1 year ago")
CONDITIONS: Mapping[FieldType, tuple[str, ...]] = {
    FieldType.TEXT: ("is", "is_not", "in", "not_in", "contains", "starts_with", "means", "means_not", "empty"),
    FieldType.ID: ("is", "is_not", "empty"),
    FieldType.DECIMAL: ("at_least", "more_than", "at_most", "less_than", "is", "empty"),
    FieldType.INTEGER: ("at_least", "more_than", "at_most", "less_than", "is", "empty"),
    FieldType.BOOLEAN: ("is", "is_not", "empty"),
    FieldType.DATE: ("at_least", "more_than", "at_most", "less_than", "is", "empty"),
    FieldType.INSTANT: ("at_least", "more_than", "at_most", "less_than", "is", "is_not", "empty"),
}
OPERANDS: Mapping[FieldType, tuple[str, ...]] = {
    FieldType.TEXT: ("New", "Open", "Talks", "Won", "call", "Gold", "east", "Web", "amount", "created", "Call", "EMEA"),
    FieldType.ID: ("u0", "a0", "o01", "gone"),
    FieldType.DECIMAL: ("0", "100", "0.5", "-3.25", "1000.123456"),
    FieldType.INTEGER: ("0", "1", "60", "30"),
    FieldType.BOOLEAN: ("true", "false"),
    FieldType.DATE: ("2024-02-29", "2024-12-31", "2024-07-01", *RELATIVE),
    FieldType.INSTANT: ("2024-02-29", "2024-11-03", "2024-03-10T07:00:00.000Z", *RELATIVE),
}
CUSTOM = {"opportunity": ("custom.Score__c",), "account": ("custom.Tier__c",)}
CUSTOM_DAYS = {
    "opportunity": "custom.Starts__c",
    "line_item": "opportunity.custom.Starts__c",
    "account": "custom.Tier__c",
}
"""Paths to custom fields some of whose texts are days."""

STEPS = ("opportunity", "account", "owner", "lead", "product", "user", "opportunity.account")
MEANINGS = {
    "revenue_splits": ["Revenue"],
    "required_fields": ["amount", "next_step", "lost_reason", "custom.Score__c"],
    "started": ["open", "Talks", "NEW", "call"],
    "nothing": [],
    "renewal_types": ["renewal"],
}
DIMENSIONS = {
    "segment": {
        "label": "Segment",
        "object": "account",
        "field": "employees",
        "bands": [{"name": "Small", "up_to": "5"}, {"name": "Mid", "up_to": "50"}, {"name": "Large"}],
    },
    "deal_type": {"label": "Type", "object": "opportunity", "field": "type"},
}


def credit_metric(dice: Dice) -> Written:
    return _labelled("money") | {
        "kind": "simple",
        "source": "opportunity",
        "aggregate": "sum",
        "of": "amount",
        "time": "close_date",
        "where": [{"field": "is_won", "is": "true"}],
        "owner": dice.of("owner_id", "then"),
    }


def _labelled(unit: str) -> Written:
    return {"label": "Any", "unit": unit}


def random_metric(dice: Dice, written: Mapping[str, Written]) -> Written:
    kind = dice.of("simple", "simple", "simple", "simple", "ratio", "derived", "cumulative", "conversion")
    makers = {"ratio": _ratio, "derived": _derived, "cumulative": _cumulative}
    if kind in makers:
        return makers[kind](dice, written)
    metric = _conversion(dice) if kind == "conversion" else _simple(dice)
    if dice.chance(0.1):
        metric["minimum_sample"] = "2"
    return metric


def _fields(source: str, *types: FieldType) -> list[str]:
    """Paths of these types from a source: its own fields, and those one reference away."""
    steps = [step for step in STEPS if step.split(".")[0] + "_id" in SOURCES[source].leads_to]
    found = [(path, find_field(source, path).type) for path in (*SOURCES[source].fields, *CUSTOM.get(source, ()))]
    for step in steps:
        try:
            target = find_field(source, f"{step}.id").source
        except ValueError:
            continue
        paths = (f"{step}.{name}" for name in (*SOURCES[target].fields, *CUSTOM.get(target, ())))
        found += [(path, find_field(source, path).type) for path in paths]
    return [path for path, type_ in found if type_ in types]


def _own(source: str, *types: FieldType) -> list[str]:
    return [name for name, type_ in SOURCES[source].fields.items() if type_ in types]


def _condition(dice: Dice, source: str) -> Written:
    if source in CUSTOM_DAYS and dice.chance(0.1):
        how = dice.of("at_least", "more_than", "at_most", "less_than")
        return {"field": CUSTOM_DAYS[source], how: dice.of("2024-07-01", *RELATIVE)}
    path = dice.of(*_fields(source, *FieldType))
    type_ = find_field(source, path).type
    how = dice.of(*CONDITIONS[type_])
    if how == "empty":
        return {"field": path, how: dice.of("true", "false")}
    if how in {"means", "means_not"}:
        return {"field": path, how: dice.of("started", "started", "nothing")}
    operand: Any = dice.of(*OPERANDS[type_])
    if type_ in {FieldType.DECIMAL, FieldType.INTEGER} and how in ORDERED and dice.chance(0.2):
        operand = "goal"
    if how in {"in", "not_in"}:
        operand = [operand, dice.of(*OPERANDS[type_])]
    return {"field": path, how: operand}


def _of_rows(dice: Dice, source: str) -> Written:
    """What a metric that looks at rows may say of them."""
    found: Written = {"hierarchy": dice.of("now", "then")}
    default = default_owner(source)
    owners = [None, None, "nobody"]
    if default is not None:
        owners += ["then"]
        owners += ["creator"] if _has_creator(source, default) else []
    if source == "opportunity" or "opportunity_id" in SOURCES[source].leads_to:
        owners += ["splits"]
    owner = dice.of(*owners)
    if owner is not None:
        found["owner"] = owner
    if default is not None and owner != "nobody":
        found["zone"] = dice.of("company", "company", "team", "user")
    if dice.chance(0.6):
        has_people = owner != "nobody" and default is not None
        found["by"] = _grains(dice, source, has_people=has_people)
    return found


def _has_creator(source: str, default: str) -> bool:
    holder = find_field(source, default).source
    return "created_by_id" in SOURCES[holder].fields


def _grains(dice: Dice, source: str, *, has_people: bool) -> list[str]:
    grains = ["user", "team", "manager"] if has_people and dice.chance(0.7) else []
    further: list[str] = []
    for object_, names in {
        "account": ("territory", "segment"),
        "opportunity": ("customer", "deal_type"),
        "product": ("product", "family"),
    }.items():
        if source == object_ or f"{object_}_id" in SOURCES[source].leads_to:
            further += names
    fields = (FieldType.TEXT, FieldType.BOOLEAN, FieldType.DATE, FieldType.INTEGER, FieldType.DECIMAL)
    further += [dice.of(*(path for path in _fields(source, *fields) if path not in PEOPLE))]
    return [*grains, *sorted({dice.of(*further), dice.of(*further)})]


def _periods(dice: Dice) -> list[str]:
    found: list[str] = dice.of(
        ["month", "quarter", "year"], ["month", "week"], ["day", "year"], ["quarter"], ["week", "month"]
    )
    return found


def _time(dice: Dice, source: str) -> str:
    if SOURCES[source].by_period:
        return "period"
    if source in CUSTOM_DAYS and dice.chance(0.15):
        return CUSTOM_DAYS[source]
    times = _own(source, FieldType.DATE, FieldType.INSTANT)
    if source == "line_item":
        times = ["opportunity.close_date", "opportunity.created_at"]
    return dice.of(*times, *times, *times, "as_of") if times else "as_of"


def _simple(dice: Dice) -> Written:
    source = dice.of(*SOURCES_USED)
    found = _labelled("number") | {"kind": "simple", "source": source, "periods": _periods(dice)}
    found |= _of_rows(dice, source) | {"time": _time(dice, source)}
    found |= {"where": [_condition(dice, source) for _ in range(dice.of(0, 0, 1, 1, 2))]}
    if dice.chance(0.15):
        found["where_any"] = [_condition(dice, source) for _ in range(2)]
    if found["time"] not in {"as_of", "period"} and dice.chance(0.25):
        found["ahead"] = "true"
    if source == "activity":
        found["attribution"] = dice.of("opportunity", "account")
    return found | _aggregate(dice, source, found["time"], found.get("owner"))


def _aggregate(dice: Dice, source: str, time: str, owner: str | None) -> Written:
    numbers = _fields(source, FieldType.DECIMAL, FieldType.INTEGER) + list(CUSTOM.get(source, ()))
    moments = _own(source, FieldType.DATE, FieldType.INSTANT)
    makers = ["count", "distinct"] if owner != "splits" else ["count"]
    makers += ["sum", "sum", "average"] * bool(numbers)
    if owner != "splits":
        makers += ["median", "quantile", "min", "max"] * bool(numbers)
        makers += ["duration", "duration"] * (bool(moments) and time != "period")
    aggregate = dice.of(*makers)
    found: Written = {"aggregate": aggregate}
    if aggregate == "count":
        return found | {"unit": "count"}
    if aggregate == "duration":
        return found | _duration(dice, source, moments, time)
    if aggregate == "distinct":
        return found | {"unit": "count", "of": dice.of(*_fields(source, FieldType.TEXT, FieldType.ID))}
    found |= {"of": dice.of(*numbers), "rates": dice.of("then", "now"), "empty_values": dice.of("skip", "skip", "zero")}
    if aggregate == "quantile":
        found["quantile"] = dice.of("0.9", "0.333333", "0", "1")
    if dice.chance(0.2) and source in {"opportunity", "line_item"}:
        found["times"] = "probability" if source == "opportunity" else "discount"
    if dice.chance(0.15):
        found["no_rows"] = dice.of("zero", "none")
    return found


def _duration(dice: Dice, source: str, moments: list[str], time: str) -> Written:
    instants = [name for name in moments if SOURCES[source].fields[name] is FieldType.INSTANT]
    is_instant = time == "as_of" or find_field(source, time).type is FieldType.INSTANT
    unit = dice.of("days", "hours", "minutes") if instants and is_instant else "days"
    found: Written = {"unit": unit, "start": dice.of(*(instants if unit != "days" else moments))}
    if unit == "days" and source in CUSTOM_DAYS and dice.chance(0.2):
        found["start"] = CUSTOM_DAYS[source]
    found["statistic"] = dice.of("average", "median", "min", "max", "sum", "quantile")
    found["clock"] = dice.of("calendar", "working")
    if found["statistic"] == "quantile":
        found["quantile"] = dice.of("0.9", "0.25")
    if time == "as_of" or dice.chance(0.2):
        found["end"] = "as_of"
    return found


def _conversion(dice: Dice) -> Written:
    source, to, match = dice.of(
        ("opportunity", "opportunity", ("id", "id")),
        ("stage_visit", "stage_visit", ("opportunity_id", "opportunity_id")),
        ("lead", "opportunity", ("opportunity_id", "id")),
        ("lead", "activity", ("id", "lead_id")),
        ("opportunity", "activity", ("account_id", "account_id")),
    )
    events = {
        key: {
            "source": name,
            "time": dice.of(*_own(name, FieldType.DATE, FieldType.INSTANT), *_custom_days(name)),
            "match": path,
            "where": [_condition(dice, name) for _ in range(dice.of(0, 0, 1))],
        }
        for key, name, path in (("from", source, match[0]), ("to", to, match[1]))
    }
    found = _labelled("percent") | {"kind": "conversion", "periods": _periods(dice)} | _of_rows(dice, source) | events
    if found.get("owner") == "splits":
        del found["owner"]
    found |= {"counted": dice.of("cohort", "period"), "show": dice.of("rate", "count", "average", "median")}
    found["unit"] = {"rate": "percent", "count": "count"}.get(found["show"], "days")
    if dice.chance(0.3):
        found["where"] = [_condition(dice, dice.of(source, to))]
    if dice.chance(0.6):
        found["within"] = dice.of("30 days", "8 weeks", "1 month", "2 quarters", "1 year")
    if dice.chance(0.6) and all(_is_moment(found[key]) for key in ("from", "to")):
        found["within"] = dice.of("4 hours", "30 minutes", "2000 hours", "9999 minutes")
    return found


def _custom_days(source: str) -> tuple[str, ...]:
    return (CUSTOM_DAYS[source],) if source in CUSTOM_DAYS else ()


def _is_moment(event: Written) -> bool:
    return find_field(event["source"], event["time"]).type is FieldType.INSTANT


def _ratio(dice: Dice, written: Mapping[str, Written]) -> Written:
    names = list(written)
    found = _labelled("number") | {"kind": "ratio", "periods": _periods(dice)}
    found |= {"numerator": dice.of(*names), "denominator": dice.of(*names)}
    found |= {"zero_denominator": dice.of("none", "zero"), "minimum_sample": dice.of("0", "0", "0", "2")}
    sources = _sources_of(written, found)
    if sources and dice.chance(0.5):
        condition = _condition(dice, sources[0])
        if all(_knows(source, condition, sources[0]) for source in sources):
            found["where"] = [condition]
    return found


def _sources_of(written: Mapping[str, Written], metric: Written) -> list[str]:
    """The sources of the rows that a metric counts; none of them where a part has no rows of its own."""
    match metric["kind"]:
        case "simple":
            return [metric["source"]]
        case "conversion":
            return [metric["from"]["source"], metric["to"]["source"]]
        case "ratio":
            parts = [_sources_of(written, written[metric[key]]) for key in ("numerator", "denominator")]
            return [source for part in parts for source in part] if all(parts) else []
    return []


def _knows(source: str, condition: Written, other: str) -> bool:
    """Whether rows of a source have the field of a condition on another's, of the same type."""
    try:
        return find_field(source, condition["field"]).type is find_field(other, condition["field"]).type
    except NoField:
        return False


def _derived(dice: Dice, written: Mapping[str, Written]) -> Written:
    a, b, c = (dice.of(*written) for _ in range(3))
    d = dice.of(*(name for name in written if _can_accumulate(written, name)))
    formula = dice.of(
        f"({a} + {b}) / 2",
        f"{a} / {b} - goal",
        f"-{a} * 0.333333 + if_none({b}, 7)",
        f"min({a}, {b}, 10) + max({a}, {c})",
        f"if_none(({a} - previous({a})) / previous({a}), 0)",
        f"rank({a}) + 0.1 * percentile({a})",
        f"rank_in_team({a})",
        f"if_none(percentile_in_team({a}), -1)",
        f"share({a}) * 100",
        f"abs({a} - {b}) / goal",
        f"previous({a}) + {b}",
        f"{a} - if_none(year_before({b}), -3)",
        f"{a} - if_none(previous_to_date({d}), previous({a}))",
        f"previous_to_date({d}) / year_before({d})",
        f"{a} - if_none(year_before_to_date({d}), previous_to_date({d}))",
        f"{d} / year_before_to_date({d}) - 1",
    )
    found = _labelled("number") | {"kind": "derived", "periods": _periods(dice), "formula": formula}
    return found | {"minimum_sample": dice.of("0", "0", "0", "2")}


def _cumulative(dice: Dice, written: Mapping[str, Written]) -> Written:
    of = [name for name in written if _can_accumulate(written, name)]
    found = _labelled("number") | {"kind": "cumulative", "periods": _periods(dice), "metric": dice.of(*of)}
    if dice.chance(0.4):
        return found | {"to_date": dice.of("month", "quarter", "year")}
    return found | {"window": dice.of("7 days", "28 days", "2 weeks", "3 months", "2 quarters", "1 year")}


def _can_accumulate(written: Mapping[str, Written], name: str) -> bool:
    metric = written[name]
    if metric["kind"] == "simple":
        return metric["time"] not in {"as_of", "period"} and "ahead" not in metric
    if metric["kind"] == "ratio":
        return all(
            written[metric[part]]["kind"] in {"simple", "conversion"} and _can_accumulate(written, metric[part])
            for part in ("numerator", "denominator")
        )
    return bool(metric["kind"] == "conversion")
