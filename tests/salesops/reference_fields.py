"""The worked-out fields of objects, each by a loop over everything that it depends on."""

from __future__ import annotations

from datetime import timedelta
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from reference_contracts import contracts
from reference_visits import days_in_stage, entries
from reference_working import working_seconds
from reference_world import median, nearest

from config.model import OBJECTS

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import date, datetime

    from reference_world import Row, World


def customer(world: World, row: Row) -> str | None:
    account = row.get("account_id")
    if not account:
        return None
    day = (row.get("close_date") if row.get("is_closed") else None) or world.today
    for other in world.rows("opportunity"):
        closed = other.get("close_date")
        if other.get("account_id") != account or not other.get("is_won") or closed is None or other is row:
            continue
        if closed < day or (closed == day and _first_of_day(row, other)):
            return "existing"
    return "new"


def _first_of_day(row: Row, other: Row) -> bool:
    """Whether another, won on the day that counts for this one, comes first."""
    if not row.get("is_closed"):
        return True
    return bool(row.get("is_won")) and str(other["id"]) < str(row["id"])


def last_activity_at(world: World, row: Row) -> datetime | None:
    return max((a["at"] for a in _activities(world, row) if a.get("done") and a["at"] <= world.as_of), default=None)


def next_activity_at(world: World, row: Row) -> datetime | None:
    return min((a["at"] for a in _activities(world, row) if not a.get("done") and a["at"] > world.as_of), default=None)


def _activities(world: World, row: Row) -> list[Row]:
    return [a for a in world.rows("activity") if a.get("opportunity_id") == row["id"] and a.get("at")]


def stage_entered_at(world: World, row: Row) -> datetime | None:
    since = row.get("created_at")
    stage = object()
    for entry in entries(world, row):
        if entry["stage"] != stage:
            stage, since = entry["stage"], entry["at"]
    return since


def stage_age_days(world: World, row: Row) -> int | None:
    since = world.field("opportunity", row, "stage_entered_at")
    return None if since is None else (world.today - world.day(since)).days


def stage_normal_days(world: World, row: Row) -> Fraction | None:
    key = ("normal", row.get("pipeline") or None, row.get("stage") or None)
    if key not in world.remembered:
        lengths = [
            Fraction(length)
            for visit in world.rows("stage_visit")
            if visit["stage"] and visit["stage"] == key[2]
            if ((world.record("opportunity", visit["opportunity_id"]) or {}).get("pipeline") or None) == key[1]
            if (length := days_in_stage(world, visit)) is not None
        ]
        world.remembered[key] = median(lengths) if lengths else None
    normal: Fraction | None = world.remembered[key]
    return normal


def stage_age_ratio(world: World, row: Row) -> Fraction | None:
    age, normal = (world.field("opportunity", row, name) for name in ("stage_age_days", "stage_normal_days"))
    return nearest(age / normal) if age is not None and normal else None


def lead_created_at(world: World, row: Row) -> datetime | None:
    leads = [lead for lead in world.rows("lead") if lead.get("opportunity_id") == row["id"]]
    return min((lead["created_at"] for lead in leads if lead.get("created_at")), default=None)


def owner_tenure_days(world: World, row: Row) -> int | None:
    created = (world.user(row.get("owner_id")) or {}).get("created_at")
    return (row["close_date"] - world.day(created)).days if created and row.get("close_date") else None


def families(world: World, row: Row) -> int:
    items = [item for item in world.rows("line_item") if item.get("opportunity_id") == row["id"]]
    found = {(world.record("product", item.get("product_id")) or {}).get("family") for item in items}
    return len(found - {None, ""})


def filled_fields(world: World, row: Row) -> int:
    wanted = set(world.rules.meanings.get("required_fields", ()))
    known = {name for name in wanted if name.startswith("custom.") or name in OBJECTS["opportunity"].fields}
    return sum(row.get(name) not in (None, "") for name in known)


def required_fields(world: World, _: Row) -> int:
    return len(set(world.rules.meanings.get("required_fields", ())))


def opportunity_look_alikes(world: World, row: Row) -> int:
    names = ("account_id", "amount", "close_date")
    return _look_alikes(world, "opportunity", row, lambda each: [each.get(name) for name in names])


def lead_look_alikes(world: World, row: Row) -> int:
    return _look_alikes(world, "lead", row, lambda each: [each.get("contact_id")])


def account_look_alikes(world: World, row: Row) -> int:
    return _look_alikes(world, "account", row, lambda each: [(each.get("name") or "").strip().lower()])


def _look_alikes(world: World, source: str, row: Row, looks: Callable[[Row], list[Any]]) -> int:
    if any(look in (None, "") for look in looks(row)):
        return 0
    return sum(looks(other) == looks(row) for other in world.rows(source)) - 1


def entry_seconds(_: World, row: Row) -> int | None:
    if row.get("at") is None or row.get("created_at") is None:
        return None
    return max(0, int((row["created_at"] - row["at"]).total_seconds()))


def first_on_lead(world: World, row: Row) -> bool:
    lead = world.record("lead", row.get("lead_id"))
    if lead is None or lead.get("created_at") is None:
        return False
    tried = [(a["at"], str(a["id"])) for a in _done_on_lead(world, lead) if a.get("direction") == "outbound"]
    return bool(tried) and min(tried)[1] == row["id"]


def first_response_at(world: World, row: Row) -> datetime | None:
    responses = [
        a["at"]
        for a in _done_on_lead(world, row)
        if a.get("kind") in {"call", "email", "meeting"} and a.get("direction") != "inbound"
    ]
    return min(responses, default=None)


def _done_on_lead(world: World, lead: Row) -> list[Row]:
    since = lead.get("created_at")
    return [
        a
        for a in world.rows("activity")
        if a.get("lead_id") == lead["id"] and a.get("done")
        if since is not None and a.get("at") is not None and since <= a["at"] <= world.as_of
    ]


def response_seconds(world: World, row: Row) -> int | None:
    at = world.field("lead", row, "first_response_at")
    return None if at is None else int((at - row["created_at"]).total_seconds())


def response_working_seconds(world: World, row: Row) -> int | None:
    at = world.field("lead", row, "first_response_at")
    return None if at is None else int(working_seconds(world, row.get("owner_id"), row["created_at"], at))


def contract_starts_on(world: World, row: Row) -> date | None:
    contract = contracts(world).get(row["id"])
    return contract.starts if contract else None


def contract_ends_on(world: World, row: Row) -> date | None:
    contract = contracts(world).get(row["id"])
    return contract.until - timedelta(days=1) if contract else None


def contract_days_ahead(world: World, row: Row) -> int | None:
    contract = contracts(world).get(row["id"])
    return (contract.starts - row["close_date"]).days if contract else None


def first_won_on(world: World, row: Row) -> Any:
    won = [deal for deal in world.rows("opportunity") if deal.get("account_id") == row["id"] and deal.get("is_won")]
    return min((deal["close_date"] for deal in won if deal.get("close_date")), default=None)


def list_amount(_: World, row: Row) -> Fraction | None:
    if row.get("unit_price") is None or row.get("quantity") is None:
        return None
    return nearest(Fraction(row["unit_price"]) * Fraction(row["quantity"]))


def tenure_days(world: World, row: Row) -> int | None:
    return (world.today - world.day(row["created_at"])).days if row.get("created_at") else None


WORKED_OUT: dict[tuple[str, str], Callable[[World, Row], Any]] = {
    ("opportunity", "customer"): customer,
    ("opportunity", "last_activity_at"): last_activity_at,
    ("opportunity", "next_activity_at"): next_activity_at,
    ("opportunity", "stage_entered_at"): stage_entered_at,
    ("opportunity", "stage_age_days"): stage_age_days,
    ("opportunity", "stage_normal_days"): stage_normal_days,
    ("opportunity", "stage_age_ratio"): stage_age_ratio,
    ("opportunity", "lead_created_at"): lead_created_at,
    ("opportunity", "owner_tenure_days"): owner_tenure_days,
    ("opportunity", "contract_starts_on"): contract_starts_on,
    ("opportunity", "contract_ends_on"): contract_ends_on,
    ("opportunity", "contract_days_ahead"): contract_days_ahead,
    ("opportunity", "families"): families,
    ("opportunity", "filled_fields"): filled_fields,
    ("opportunity", "required_fields"): required_fields,
    ("opportunity", "look_alikes"): opportunity_look_alikes,
    ("activity", "entry_seconds"): entry_seconds,
    ("activity", "first_on_lead"): first_on_lead,
    ("lead", "first_response_at"): first_response_at,
    ("lead", "response_seconds"): response_seconds,
    ("lead", "response_working_seconds"): response_working_seconds,
    ("lead", "look_alikes"): lead_look_alikes,
    ("account", "first_won_on"): first_won_on,
    ("account", "look_alikes"): account_look_alikes,
    ("line_item", "list_amount"): list_amount,
    ("user", "tenure_days"): tenure_days,
}
