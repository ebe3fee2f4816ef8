"""Credits and tables of comp plans by dice."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from random_pay_company import PayDice

Written = dict[str, Any]
WON = [{"field": "is_won", "is": "true"}]


def random_tables(dice: PayDice) -> Written:
    """Tables by fields, by numbers of the transaction and by a measure; some without a row for everything."""
    by_kind: Written = {
        "by": ["type", "account.industry"],
        "rows": {"New": {"Steel": "0.1", "Food": "0.07"}, "Renewal": {"Steel": "0.033333"}},
    }
    if dice.chance(0.5):
        by_kind["otherwise"] = "0.01"
    return {
        "by_kind": by_kind,
        "by_size": {
            "by": [{"of": dice.of("amount", "amount * 2 - 100"), "bound": dice.of("lower", "upper")}],
            "rows": {"0": "0.02", "100": "0.05", "500": "0.08"},
        },
        "by_level": {"by": ["level"], "rows": {"1": "0.02", "2": "0.01"}, "otherwise": "0"},
        "by_sold": {"by": [{"of": "sold", "bound": dice.of("lower", "upper")}], "rows": {"0": "1", "500": "1.2"}},
        "by_tenure": {
            "by": [{"of": "tenure", "bound": dice.of("lower", "upper")}],
            "rows": {"0": "0.9", "3": "1", "12": "1.1"},
            **dice.of({}, {"otherwise": "1"}),
        },
    }


def random_credits(dice: PayDice) -> Written:
    """Credits of deals, and now and then of what else there is."""
    found: Written = {"deals": _deals(dice)}
    others = {
        "meetings": {
            "source": "activity",
            "where": [{"field": "kind", "is": "meeting"}],
            "time": "at",
            "amount": "1",
            **dice.of({}, {"once_per": "account_id"}),
        },
        "units": {
            "source": "line_item",
            "where": [{"field": "opportunity.is_won", "is": "true"}],
            "time": "opportunity.close_date",
            "amount": dice.of("quantity", "amount", "1"),
        },
        "led": {
            "source": "opportunity",
            "where": WON,
            "time": "close_date",
            "to": {"managers": dice.of(["1"], ["1", "2"], ["2", "3"])},
        },
        "quotes": {
            "source": "quote",
            "where": [{"field": "status", "is": "Accepted"}],
            "time": dice.of("created_at", "opportunity.close_date"),
            "to": dice.of("owner", {"splits": ["Revenue"]}, {"members": ["SE"]}),
        },
        "billed": {
            "source": "invoice",
            "time": "issued_on",
            "to": dice.of("owner", "everyone", {"field": "account.owner_id"}),
            **dice.of({}, {"once_per": "account_id"}),
        },
        "paid_in": {"source": "payment", "time": "paid_on", "amount": dice.of("amount", "1")},
        "led_by": {
            "source": "opportunity",
            "where": WON,
            "time": "close_date",
            "to": {
                "managers": ["1", "2"],
                "of": dice.of({"splits": ["Revenue"]}, {"members": ["SE", "CSM"]}, "creator"),
            },
            "share": dice.of("1", "if(level == 1, 1, 0.5)"),
        },
        "phases": {
            "source": "opportunity",
            "where": WON,
            "parts": [
                {"time": "close_date", "share": dice.of("0.3", "0.333333")},
                {"time": dice.of("custom.Starts__c", "created_at"), "share": "0.5"},
                {"time": "custom.Ends__c", "share": "0.1"},
            ],
            "to": dice.of("owner", {"splits": ["Revenue"]}),
        },
        "again": {
            "source": "opportunity",
            "where": [*WON, {"field": "type", "is": "New"}],
            **dice.of(
                {"time": "close_date"},
                {"parts": [{"time": "close_date", "share": "0.5"}, {"time": "custom.Starts__c", "share": "0.5"}]},
            ),
            "amount": "amount / 12",
            "repeat": {
                "every": dice.of("month", "quarter"),
                **dice.of({}, {"times": "3"}, {"until": "custom.Ends__c"}, {"times": "2", "until": "custom.Ends__c"}),
            },
            **dice.of({}, {"to": {"splits": ["Revenue"]}}),
        },
        "measured": {"metric": dice.of("won_amount", "won_count")},
    }
    for name, credit in others.items():
        if dice.chance(0.25):
            found[name] = credit
    return found


def _deals(dice: PayDice) -> Written:
    credit: Written = {
        "source": "opportunity",
        "where": dice.of(WON, WON, WON, [*WON, {"field": "amount", "at_least": "50"}]),
        "time": dice.of("close_date", "close_date", "max(close_date, custom.Starts__c)", "min(close_date, created_at)"),
    }
    if dice.chance(0.4):
        credit["amount"] = dice.of(
            "amount",
            "1",
            "amount - custom.Cost__c",
            "amount - if_none(custom.Cost__c, 10)",
            "round(amount / 3, 2)",
            "amount / 7",
            "if(amount > 500 or not amount >= 100, amount, 100)",
            "amount * lift",
            "amount * by_kind",
            "max(amount, 50) - floor(amount / 100)",
            "days(created_at, day)",
            "months(day, custom.Ends__c)",
            "months(created_at, close_date) * abs(amount)",
        )
    if dice.chance(0.5):
        credit["to"] = dice.of(
            "owner",
            {"splits": ["Revenue"]},
            {"splits": ["Revenue", "Overlay"]},
            {"splits": ["Overlay"]},
            "team",
            "everyone",
            "creator",
            "territory",
            {"field": "account.owner_id"},
            {"members": ["SE"]},
        )
    if dice.chance(0.2):
        credit["multipliers"] = dice.of(["lift"], ["1.5", "1 / 3"])
    if dice.chance(0.2):
        credit["share"] = dice.of("0.5", "low * 3")
    if dice.chance(0.15):
        credit["once_per"] = "account_id"
    return credit
