"""Small companies by dice: dense, so that every rule finds something, with every trap that facts can hold."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from random_dice import START, Dice

Row = dict[str, Any]
Facts = dict[str, list[Row]]

USERS = [f"u{number}" for number in range(6)]
ACCOUNTS = [f"a{number}" for number in range(4)]
LEADS = [f"l{number}" for number in range(5)]
PRODUCTS = [f"p{number}" for number in range(3)]
CUSTOM = ("custom.Score__c", "custom.Tier__c", "custom.Starts__c", "custom.Ends__c")
STAGES = {"Open": 1, "Talks": 2, "Offer": 3, "Won": 4, "Lost": 5}


def random_company(seed: int) -> Facts:
    """The facts of a company, rows in order of their ids."""
    dice = Dice(seed)
    facts = {
        "user": [_user(dice, name) for name in USERS],
        "account": [_account(dice, name) for name in ACCOUNTS],
        "contact": [{"id": f"c{number}", "account_id": dice.some(*ACCOUNTS)} for number in range(2)],
        "stage": [_stage(name, place) for name, place in STAGES.items()],
        "product": [{"id": name, "name": f"Product {name}", "family": dice.some("Core", "Extra")} for name in PRODUCTS],
        "exchange_rate": _rates(dice),
        "territory": [{"id": f"t{number}", "name": dice.some("North", "South")} for number in range(3)],
    }
    facts["territory_account"] = [
        {"id": f"ta{n}", "territory_id": dice.of("t0", "t1", "t2"), "account_id": dice.of(*ACCOUNTS)} for n in range(4)
    ]
    deals = [_deal(dice, f"o{number:02}") for number in range(8 + dice.number(20))]
    facts["opportunity"] = deals
    facts["opportunity_history"] = [entry for deal in deals if dice.chance(0.6) for entry in _history(dice, deal)]
    facts["lead"] = [_lead(dice, name, deals) for name in LEADS]
    facts["activity"] = [_activity(dice, f"v{number:02}", deals) for number in range(6 + dice.number(20))]
    facts["opportunity_split"] = [split for deal in deals if dice.chance(0.3) for split in _splits(dice, deal)]
    facts["line_item"] = [_item(dice, f"i{number:02}", deals) for number in range(12)]
    facts["field_history"] = [_field_history(dice, f"f{number}", deals) for number in range(5)]
    facts["change"] = _changes(dice, facts)
    facts["pipeline_snapshot"], facts["snapshot_day"] = _snapshots(dice, deals)
    for name in ("opportunity", "account", "lead", "activity", "line_item"):
        facts[name] = [dict.fromkeys(CUSTOM) | row for row in facts[name]]
    return facts


def _user(dice: Dice, name: str) -> Row:
    return {
        "id": name,
        "email": f"{name}@x.example",
        "active": dice.chance(0.85),
        "team": dice.some("east", "west"),
        "role": dice.some("AE", "Manager"),
        "manager_id": dice.of(None, *USERS[:2], dice.of(*USERS), "gone"),
        "time_zone": dice.of(None, "", "America/Los_Angeles", "Asia/Tokyo", "Mars/Olympus"),
        "created_at": dice.of(None, START, dice.moment()),
    }


def _account(dice: Dice, name: str) -> Row:
    return {
        "id": name,
        "name": dice.some("Acme", " acme", "Bolt"),
        "owner_id": dice.some(*USERS),
        "industry": dice.some("Steel", "Food"),
        "region": dice.some("EMEA", "APAC"),
        "employees": dice.maybe(5, 50, 500),
        "annual_revenue": dice.maybe(dice.amount()),
        "currency": dice.of(None, "USD", "EUR"),
        "created_at": dice.moment(),
        "created_by_id": dice.some(*USERS),
        "custom.Tier__c": dice.some("Gold", "gold", "7", "12.5", "2024-05-01"),
    }


def _stage(name: str, position: int) -> Row:
    return {
        "id": f"s{position}",
        "object": "opportunity",
        "pipeline": None,
        "name": name,
        "position": position,
        "is_closed": position > 3,
        "is_won": name == "Won",
        "probability": Decimal(position).scaleb(-1),
        "forecast_category": {3: "Commit", 4: "Closed"}.get(position),
    }


def _rates(dice: Dice) -> list[Row]:
    pairs = [("EUR", "USD"), ("USD", "JPY"), ("EUR", "GBP")]
    return [
        {
            "id": f"r{number}",
            "currency": currency,
            "to_currency": to,
            "rate": Decimal(1 + dice.number(3_000_000)).scaleb(-dice.of(4, 6)),
            "from_date": dice.day(),
        }
        for number, (currency, to) in enumerate(pairs * 3)
    ]


def _deal(dice: Dice, name: str) -> Row:
    stage = dice.of(*STAGES)
    return {
        "id": name,
        "name": f"Deal {name}",
        "account_id": dice.some(*ACCOUNTS),
        "owner_id": dice.some(*USERS, "gone"),
        "pipeline": None,
        "stage": stage,
        "is_closed": STAGES[stage] > 3,
        "is_won": stage == "Won",
        "probability": dice.of(Decimal(STAGES[stage]).scaleb(-1), Decimal("0.42"), None),
        "amount": dice.maybe(dice.amount(), Decimal(100), Decimal("0.5")),
        "currency": dice.of(None, None, "", "USD", "EUR", "JPY", "GBP", "XXX"),
        "close_date": dice.maybe(*([dice.day()] * 12), date(2026, 1, 1), date(1899, 12, 31)),
        "type": dice.some("New", "Renewal"),
        "source": dice.some("Web", "Fair"),
        "forecast_category": dice.some("Commit", "Best"),
        "next_step": dice.some("Call"),
        "lost_reason": dice.some("Price", "Other"),
        "created_at": dice.maybe(dice.moment(), dice.moment()),
        "created_by_id": dice.some(*USERS, "gone"),
        "custom.Score__c": dice.some("7", "12.5", "abc", "-3.25"),
        "custom.Starts__c": dice.some(str(dice.day()), f"{dice.day()}T10:00:00Z", "2024-02-30", "soon"),
        "custom.Ends__c": dice.some(str(dice.day()), str(dice.day())),
    }


def _history(dice: Dice, deal: Row) -> list[Row]:
    """How an opportunity came to stand as it does; now and then two entries at one moment."""
    born = deal["created_at"] or START
    moments = sorted(max(born, dice.moment()) for _ in range(1 + dice.number(4)))
    if len(moments) > 2 and dice.chance(0.3):
        moments[1] = moments[0]
    entries = [
        {
            "id": f"h{deal['id']}{number}",
            "opportunity_id": deal["id"],
            "stage": dice.of(*STAGES),
            "amount": dice.maybe(dice.amount()),
            "close_date": dice.maybe(dice.day()),
            "at": at,
        }
        for number, at in enumerate(moments)
    ]
    entries[-1] |= {name: deal[name] for name in ("stage", "amount", "close_date")}
    return entries


def _lead(dice: Dice, name: str, deals: list[Row]) -> Row:
    return {
        "id": name,
        "owner_id": dice.some(*USERS),
        "status": dice.some("Open", "Qualified"),
        "source": dice.some("Web", "Fair"),
        "created_at": dice.maybe(dice.moment()),
        "converted": dice.chance(0.5),
        "converted_at": dice.maybe(dice.moment()),
        "opportunity_id": dice.some(*(deal["id"] for deal in deals)),
        "account_id": dice.some(*ACCOUNTS),
        "contact_id": dice.some("c0", "c1"),
        "created_by_id": dice.some(*USERS),
    }


def _activity(dice: Dice, name: str, deals: list[Row]) -> Row:
    return {
        "id": name,
        "kind": dice.some("call", "email", "meeting", "task"),
        "owner_id": dice.some(*USERS, "gone"),
        "opportunity_id": dice.of(None, "", *(deal["id"] for deal in deals)),
        "account_id": dice.some(*ACCOUNTS),
        "lead_id": dice.of(None, *LEADS),
        "at": dice.maybe(dice.moment(), dice.moment()),
        "seconds": dice.maybe(0, 60, 1234),
        "outcome": dice.some("Connected", "connected", "No answer"),
        "direction": dice.some("outbound", "inbound"),
        "done": dice.maybe(True, True, False),
        "created_at": dice.maybe(dice.moment()),
        "created_by_id": dice.some(*USERS),
    }


def _splits(dice: Dice, deal: Row) -> list[Row]:
    percents = dice.of(["1"], ["0.5", "0.5"], ["0.333333", "0.333333", "0.333334"], ["0.7", "0.1"], ["0.05", "0.95"])
    return [
        {
            "id": f"{deal['id']}{number}",
            "opportunity_id": deal["id"],
            "user_id": dice.some(*USERS, "gone"),
            "type": dice.of("Revenue", "revenue", "Overlay"),
            "percent": Decimal(percent),
            "amount": None,
        }
        for number, percent in enumerate(percents)
    ]


def _item(dice: Dice, name: str, deals: list[Row]) -> Row:
    return {
        "id": name,
        "opportunity_id": dice.some(*(deal["id"] for deal in deals)),
        "product_id": dice.some(*PRODUCTS, "gone"),
        "quantity": dice.maybe(Decimal(1 + dice.number(50)), Decimal("0.333333")),
        "unit_price": dice.maybe(dice.amount()),
        "discount": dice.maybe(Decimal(dice.number(100)).scaleb(-2)),
        "amount": dice.maybe(dice.amount()),
    }


def _field_history(dice: Dice, name: str, deals: list[Row]) -> Row:
    return {
        "id": name,
        "object": "opportunity",
        "record_id": dice.of(*deals)["id"],
        "field": "next_step",
        "before": None,
        "after": "Call",
        "at": dice.moment(),
        "user_id": dice.some(*USERS),
    }


_CHANGING = {
    ("user", "team"): ("east", "west", None),
    ("user", "manager_id"): (*USERS[:3], None),
    ("user", "active"): ("1", "0"),
    ("opportunity", "owner_id"): (*USERS, "gone", None),
    ("opportunity", "type"): ("New", "Renewal", None),
    ("opportunity", "next_step"): ("Call", None),
    ("opportunity", "forecast_category"): ("Commit", "Best", None),
    ("account", "owner_id"): (*USERS, None),
    ("account", "region"): ("EMEA", "APAC"),
    ("account", "employees"): ("5", "500"),
    ("lead", "owner_id"): (*USERS, None),
    ("lead", "status"): ("Open", "Qualified"),
    ("activity", "owner_id"): (*USERS, None),
    ("activity", "done"): ("1", "0"),
    ("opportunity", "stage"): tuple(STAGES),
    ("opportunity", "amount"): ("5", "1000.5", None),
    ("opportunity", "close_date"): ("2024-02-29", "2024-12-31", None),
}


def _changes(dice: Dice, facts: Facts) -> list[Row]:
    """Changes of many fields: of one record and field a chain that ends with the present value."""
    with_history = {entry["opportunity_id"] for entry in facts["opportunity_history"]}
    found: list[Row] = []
    for (object_, field), values in _CHANGING.items():
        for row in facts[object_]:
            if dice.chance(0.6) or (field in {"stage", "amount", "close_date"} and row["id"] in with_history):
                continue
            moments = sorted({dice.moment() for _ in range(1 + dice.number(2))})
            after = [dice.of(*values) for _ in moments[1:]]
            before = dice.of(*values)
            for at, value in zip(moments, [*after, _text(row[field])], strict=True):
                found.append(
                    {
                        "id": f"x{len(found):03}",
                        "object": object_,
                        "record_id": row["id"],
                        "field": field,
                        "before": before,
                        "after": value,
                        "at": at,
                    }
                )
                before = value
    return found


def _text(value: Any) -> str | None:
    if isinstance(value, bool):
        return "1" if value else "0"
    return None if value is None else str(value)


def _snapshots(dice: Dice, deals: list[Row]) -> tuple[list[Row], list[Row]]:
    nights = sorted({date(2024, 11, 28) + timedelta(days=dice.number(60)) for _ in range(8)})
    kept = []
    for deal in deals[:8]:
        start, end = sorted((dice.of(*nights), dice.of(*nights)))
        kept.append(
            {
                "id": f"k{deal['id']}",
                "opportunity_id": deal["id"],
                "owner_id": dice.some(*USERS),
                "stage": dice.of("Open", "Talks"),
                "amount": dice.maybe(dice.amount()),
                "currency": dice.of(None, "EUR"),
                "close_date": dice.maybe(dice.day()),
                "from_day": start,
                "until_day": None if start == end else end,
            }
        )
    return kept, [{"id": str(night), "day": night} for night in nights]
