"""A company that lives: what a CRM and our own store would have held at any moment of its life, played forward."""

from __future__ import annotations

from copy import deepcopy
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

from random_company import ACCOUNTS, STAGES, USERS, Facts, Row
from random_dice import Dice

BEGINS = datetime(2024, 1, 1, tzinfo=UTC)
STATIC = ("stage", "exchange_rate")
MOVES = ("team", "manager_id", "active", "owner_id", "type", "next_step", "stage", "stage", "close_date", "amount")


class Life:
    """The facts as they stand, and what is kept of how they stood."""

    def __init__(self, seed: int) -> None:
        self.dice = Dice(seed)
        self.now = BEGINS
        self.amounts = 0
        self.facts: Facts = {
            "user": [self._user(name) for name in USERS],
            "account": [self._account(name) for name in ACCOUNTS],
            "opportunity": [],
            "opportunity_history": [],
            "activity": [],
            "change": [],
            "stage": [_stage(name, position) for name, position in STAGES.items()],
            "exchange_rate": [_rate("2024-01-01", "1.1"), _rate("2024-07-01", "1.25"), _rate("2025-03-01", "0.95")],
        }

    def step(self) -> None:
        """Something happens, some time later."""
        self.now += timedelta(seconds=1 + self.dice.number(6 * 86400))
        what = self.dice.of("deal", "deal", "change", "change", "change", "activity")
        if what == "deal":
            self._open()
        elif what == "activity":
            self._activity()
        else:
            self._change()

    def _user(self, name: str) -> Row:
        dice = self.dice
        row = {"email": f"{name}@x.example", "active": True, "team": dice.of("east", "west", None), "role": "AE"}
        return self._new(name, row | {"manager_id": dice.of(None, *USERS)})

    def _account(self, name: str) -> Row:
        dice = self.dice
        row = {"name": dice.of("Acme", "Bolt"), "region": dice.of("EMEA", "APAC"), "owner_id": dice.of(*USERS)}
        return self._new(name, row | {"employees": 5, "custom.Tier__c": "7"})

    def _new(self, id_: str, row: Row) -> Row:
        return {"id": id_, "created_at": self.now, **row}

    def _open(self) -> None:
        dice, deals = self.dice, self.facts["opportunity"]
        deal = self._new(
            f"o{len(deals):03}",
            {
                "account_id": dice.of(None, *ACCOUNTS),
                "owner_id": dice.of(*USERS, None),
                "created_by_id": dice.of(*USERS),
                "currency": dice.of(None, "EUR"),
                "type": dice.of("New", "Renewal"),
                "next_step": dice.of("Call", None),
                "pipeline": None,
                "custom.Score__c": dice.of("7", "abc", None),
                "custom.Starts__c": dice.of(str(self.now.date()), None, "soon"),
                "custom.Ends__c": dice.of(str(self.now.date() + timedelta(days=dice.number(500))), None),
                "amount": self._amount(),
                "close_date": self._day(self.now),
                **_in_stage("Open"),
            },
        )
        deals.append(deal)
        self._note(deal)

    def _amount(self) -> Decimal:
        """An amount that no other deal ever has."""
        self.amounts += 1
        return Decimal(self.dice.number(100_000)) + Decimal(self.amounts).scaleb(-6)

    def _day(self, created: datetime) -> date:
        """A day to close on: some time ahead or past, but after the deal was created, wherever that is told from."""
        return max(created.date() + timedelta(days=2), self.now.date() + timedelta(days=self.dice.number(120) - 60))

    def _note(self, deal: Row) -> None:
        """The CRM notes how an opportunity stands now."""
        entries = self.facts["opportunity_history"]
        stands = {name: deal[name] for name in ("stage", "amount", "close_date")}
        entries.append({"id": f"h{len(entries):04}", "opportunity_id": deal["id"], "at": self.now, **stands})

    def _activity(self) -> None:
        dice, rows = self.dice, self.facts["activity"]
        row = {
            "kind": dice.of("call", "email", "meeting"),
            "owner_id": dice.of(*USERS),
            "opportunity_id": dice.of(None, *(deal["id"] for deal in self.facts["opportunity"])),
            "account_id": dice.of(None, *ACCOUNTS),
            "at": self.now,
            "done": True,
            "direction": dice.of("outbound", "inbound"),
            "seconds": dice.number(1000),
        }
        rows.append(self._new(f"v{len(rows):03}", row))

    def _change(self) -> None:
        dice, field = self.dice, self.dice.of(*MOVES)
        values: dict[str, Any] = {
            "team": dice.of("east", "west", None),
            "manager_id": dice.of(None, *USERS),
            "active": dice.chance(0.5),
            "owner_id": dice.of(*USERS, None),
            "type": dice.of("New", "Renewal", None),
            "next_step": dice.of("Call", None),
        }
        rows = self.facts["user" if field in {"team", "manager_id", "active"} else "opportunity"]
        row = dice.of(*rows) if rows else None
        if row is not None and field not in values:
            self._move(row, field)
        elif row is not None and row[field] != values[field]:
            self._keep(row, field, values[field])

    def _move(self, deal: Row, field: str) -> None:
        """A deal comes into another stage, and closes on the day that it does; or an open one is expected otherwise."""
        if field == "stage":
            deal |= _in_stage(self.dice.of(*STAGES))
            if deal["is_closed"]:
                deal["close_date"] = max(deal["created_at"].date() + timedelta(days=2), self.now.date())
        elif deal["is_closed"]:
            return
        else:
            deal[field] = self._amount() if field == "amount" else self._day(deal["created_at"])
        self._note(deal)

    def _keep(self, row: Row, field: str, value: Any) -> None:
        changes = self.facts["change"]
        object_ = "user" if "email" in row else "opportunity"
        changes.append(
            {
                "id": f"x{len(changes):04}",
                "object": object_,
                "record_id": row["id"],
                "field": field,
                "before": _text(row[field]),
                "after": _text(value),
                "at": self.now,
            }
        )
        row[field] = value


def random_life(seed: int, steps: int = 90) -> tuple[Facts, Facts, datetime]:
    """What was known at some moment of a life, what is known at its end, and the moment."""
    life, then = Life(seed), 20 + Dice(seed).number(steps - 30)
    for _ in range(then):
        life.step()
    known, moment = deepcopy(life.facts), life.now
    for _ in range(steps - then):
        life.step()
    return known, life.facts, moment


def _in_stage(name: str) -> Row:
    stage = _stage(name, STAGES[name])
    return {"stage": name, **{field: stage[field] for field in ("is_closed", "is_won", "probability")}}


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
    }


def _rate(day: str, rate: str) -> Row:
    from_date = date.fromisoformat(day)
    return {"id": day, "currency": "EUR", "to_currency": "USD", "rate": Decimal(rate), "from_date": from_date}


def _text(value: Any) -> str | None:
    if isinstance(value, bool):
        return "1" if value else "0"
    return None if value is None else str(value)
