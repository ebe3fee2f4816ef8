"""Companies by dice for comp plans: few payees and days, with ties, zeros, corrections and changes of people."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

from random_dice import Dice

Row = dict[str, Any]
Facts = dict[str, list[Row]]

FIRST, LAST = date(2024, 1, 1), date(2025, 2, 28)
AS_OFS = [
    datetime(2024, 3, 31, 20, tzinfo=UTC),
    datetime(2024, 6, 12, 12, tzinfo=UTC),
    datetime(2024, 12, 31, 23, tzinfo=UTC),
    datetime(2025, 2, 3, 15, tzinfo=UTC),
]
DAYS = [date(2024, 1, 31), date(2024, 2, 29), date(2024, 3, 1), date(2024, 3, 31), date(2024, 4, 1), date(2024, 12, 31)]
ACCOUNTS = ("a0", "a1", "a2")
TEAMS = ("east", "west")


class PayDice(Dice):
    """Dice with days and amounts of one year of deals."""

    def day(self) -> date:
        """A day, now and then one of a few."""
        return self.of(*DAYS) if self.chance(0.4) else FIRST + timedelta(days=self.number((LAST - FIRST).days))

    def moment(self) -> datetime:
        day = self.day()
        return datetime(day.year, day.month, day.day, self.of(0, 4, 5, 12, 23), self.of(0, 59), tzinfo=UTC)

    def amount(self) -> Decimal:
        """Mostly some hundreds; also 0, a correction, cents and millionths."""
        found: Decimal = self.of(
            Decimal(self.number(1000)),
            Decimal(self.number(1000)),
            Decimal(self.number(100_000)).scaleb(-2),
            Decimal(self.number(10**9)).scaleb(-6),
            Decimal(self.of(0, 0, 100, 250, 500, 1000)),
            Decimal(-self.number(400)),
        )
        return found


def random_pay_company(seed: int) -> Facts:
    """The facts of a company, rows in order of their ids."""
    dice = PayDice(seed)
    users = [f"u{number}" for number in range(dice.of(1, 2, 3, 4, 6))]
    facts: Facts = {"user": [_user(dice, name, users) for name in users]}
    facts["change"] = _changes(dice, facts["user"], users)
    facts["account"] = [
        {"id": name, "industry": dice.of("Steel", "Food"), "owner_id": dice.of(*users)} for name in ACCOUNTS
    ]
    facts["territory"] = [{"id": f"t{n}", "name": name} for n, name in enumerate(("North", "South"))]
    facts["territory_account"] = [
        {"id": f"ta{n}", "territory_id": dice.of("t0", "t1"), "account_id": name} for n, name in enumerate(ACCOUNTS)
    ]
    facts["territory_member"] = [
        {"id": f"tm{n}", "territory_id": dice.of("t0", "t1"), "user_id": dice.of(*users)} for n in range(3)
    ]
    deals = [_deal(dice, f"o{number:02}", users) for number in range(dice.of(1, 3, 10, 20, 40))]
    facts["opportunity"] = deals
    names = [deal["id"] for deal in deals]
    facts["product"] = [{"id": f"p{n}", "family": family} for n, family in enumerate(("Core", "Extra"))]
    facts["line_item"] = [
        {
            "id": f"i{number:02}",
            "opportunity_id": dice.of(*names),
            "product_id": dice.of("p0", "p1"),
            "quantity": Decimal(dice.number(8)),
            "amount": dice.amount(),
        }
        for number in range(dice.of(0, 12))
    ]
    facts["opportunity_split"] = [
        {"id": f"{deal['id']} {n}", "opportunity_id": deal["id"], "user_id": user, "type": kind, "percent": percent}
        for deal in deals
        if dice.chance(0.4)
        for n, (user, kind, percent) in enumerate(_splits(dice, users))
    ]
    facts["opportunity_member"] = [
        {
            "id": f"{deal['id']} {n}",
            "opportunity_id": deal["id"],
            "user_id": dice.of(*users),
            "role": dice.of("SE", "CSM"),
        }
        for deal in deals
        for n in range(dice.of(0, 0, 1, 2))
    ]
    facts["activity"] = [
        {
            "id": f"v{number:02}",
            "kind": dice.of("meeting", "call"),
            "owner_id": dice.of(*users),
            "opportunity_id": dice.of(*names),
            "account_id": dice.of(*ACCOUNTS),
            "at": dice.moment(),
            "done": True,
        }
        for number in range(dice.of(0, 5, 15))
    ]
    facts |= _billed(dice, users, names)
    rates = [("EUR", date(2020, 1, 1), "1.25"), ("EUR", date(2024, 3, 1), "1.0837"), ("GBP", date(2024, 2, 10), "1.3")]
    facts["exchange_rate"] = [
        {"id": f"r{number}", "currency": currency, "to_currency": "USD", "rate": Decimal(rate), "from_date": day}
        for number, (currency, day, rate) in enumerate(rates)
    ]
    return facts


def _billed(dice: PayDice, users: list[str], deals: list[str]) -> Facts:
    """Quotes of deals; invoices and payments, some of them of a deal."""

    def row(name: str) -> Row:
        currency, owner = dice.of(None, "USD", "EUR", "GBP"), dice.of(None, *users)
        return {"id": name, "amount": dice.maybe(dice.amount()), "currency": currency, "owner_id": owner}

    invoices = [f"n{number:02}" for number in range(dice.of(0, 4, 10))]
    return {
        "quote": [
            row(f"q{number:02}")
            | {
                "opportunity_id": dice.of(*deals),
                "status": dice.of("Accepted", "Draft"),
                "discount": dice.maybe(Decimal("0.1")),
                "created_at": dice.moment(),
            }
            for number in range(dice.of(0, 4, 8))
        ],
        "invoice": [
            row(name)
            | {
                "account_id": dice.of(None, *ACCOUNTS),
                "opportunity_id": dice.of(None, *deals),
                "status": dice.of("open", "paid"),
                "issued_on": dice.maybe(dice.day()),
            }
            for name in invoices
        ],
        "payment": [
            row(f"y{number:02}")
            | {
                "invoice_id": dice.of(None, "gone", *invoices),
                "account_id": dice.of(None, *ACCOUNTS),
                "opportunity_id": dice.of(None, *deals),
                "paid_on": dice.maybe(dice.day()),
            }
            for number in range(dice.of(0, 4, 10))
        ],
    }


def _user(dice: PayDice, name: str, users: list[str]) -> Row:
    return {
        "id": name,
        "email": f"{name}@x.example",
        "active": dice.chance(0.9),
        "team": dice.of(*TEAMS),
        "role": dice.of("AE", "AE", "Manager"),
        "manager_id": dice.of(None, *users),
        "created_at": dice.of(None, datetime(2022, 5, 31, 12, tzinfo=UTC), dice.moment()),
    }


def _changes(dice: PayDice, people: list[Row], users: list[str]) -> list[Row]:
    """What people were before, until some moment."""
    found: list[Row] = []
    before = {"team": TEAMS, "role": ("AE", "Manager"), "manager_id": (None, *users), "active": ("1",)}
    for person in people:
        for field, values in before.items():
            if dice.chance(0.25 if field != "active" else 0.05):
                after = person[field] if field != "active" else "1" if person[field] else "0"
                change = {"before": dice.of(*values), "after": after, "at": dice.moment()}
                about = {"object": "user", "record_id": person["id"], "field": field}
                found.append({"id": f"x{len(found):02}", **about, **change})
    return found


def _deal(dice: PayDice, name: str, users: list[str]) -> Row:
    state = dice.of("won", "won", "won", "lost", "open")
    return {
        "id": name,
        "account_id": dice.maybe(*ACCOUNTS),
        "owner_id": dice.of(None, "gone", *users * 4),
        "stage": {"won": "Won", "lost": "Lost", "open": "Talks"}[state],
        "is_closed": state != "open",
        "is_won": state == "won",
        "amount": dice.maybe(dice.amount()),
        "currency": dice.of(None, None, "USD", "EUR", "GBP"),
        "close_date": dice.maybe(dice.day()),
        "type": dice.of("New", "Renewal"),
        "created_at": datetime(2023, 12, dice.of(1, 28), tzinfo=UTC),
        "created_by_id": dice.of(*users),
        "custom.Starts__c": dice.of(None, str(dice.day())),
        "custom.Ends__c": dice.of(None, str(dice.day())),
        "custom.Cost__c": dice.of(None, "0", "33.5", "120"),
    }


def _splits(dice: PayDice, users: list[str]) -> list[tuple[str | None, str, Decimal]]:
    percents = dice.of(["1"], ["0.5", "0.5"], ["0.333333", "0.333333", "0.333334"], ["0.7", "0.1"])
    return [(dice.of(*users, "gone"), dice.of("Revenue", "Revenue", "Overlay"), Decimal(each)) for each in percents]
