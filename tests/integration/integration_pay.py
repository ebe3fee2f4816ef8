"""A company that closes pay periods and writes them to its CRM: what statements, the ledger and the CRM say of them."""

from __future__ import annotations

import json
from collections import defaultdict
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from integration_harness import figure

if TYPE_CHECKING:
    from integration_harness import Bare, Crm, Office

CAL, APP = "cal@tiny.example", "app@tiny.example"

FIGURES = {
    "earned": "Pay_Earned",
    "adjusted": "Pay_Adjusted",
    "held": "Pay_Held",
    "owed": "Pay_Owed",
    "carried": "Pay_Carried",
    "paid": "Paid",
}
ACCOUNTS = {"held": ("held", 1), "payable": ("carried", 1)} | dict.fromkeys(
    ("advance", "recovery", "owed"), ("owed", -1)
)

Figures = dict[str, dict[str, Decimal]]
"""By the key of a statement record, "user|period", those that are not 0."""


@dataclass(frozen=True, slots=True)
class Site:
    """A company whose project writes pay; its fields are made."""

    crm: Crm
    bare: Bare
    office: Office

    def done(self, *arguments: object) -> Any:
        """What a command says that must end well: as JSON, or as text."""
        result = self.office.call(*arguments)
        assert result.code == 0, result.out + result.err
        return json.loads(result.out) if "--json" in arguments else result.out

    def close(self, period: str) -> None:
        for step, who in (("calculate", CAL), ("review", CAL), ("approve", APP), ("close", CAL)):
            self.done("pay", step, period, "--by", who)

    def run(self, as_of: str | None = None) -> Any:
        [report] = self.done("run", "--as-of", as_of or self.office.as_of, "--json")["runs"]
        return report

    def adds_up(self, period: str) -> Figures:
        """What the CRM shows of a closed period; it, statements and the ledger say the same, of the same payees."""
        written, ledger = self.on_records(period), self.in_ledger(period)
        shown = written.keys() | {key for key, sums in ledger.items() if any(sums.values())}
        for others in (self.on_statements(period), {key: ledger[key] for key in shown}):
            differ = {key: (written.get(key), others.get(key)) for key in written.keys() | others.keys()}
            differ = {key: (one, other) for key, (one, other) in differ.items() if one != other}
            assert not differ, differ
        return written

    def on_users(self, name: str) -> dict[str, Decimal]:
        """A figure that stands on users, by e-mail address."""
        found = self.bare.values("user", figure(self.crm, name))
        return {email: Decimal(value) for email, value in found.items() if value is not None}

    def on_records(self, period: str) -> Figures:
        """The figures on the statement records of a period, as the CRM's API gives them."""
        found: Figures = defaultdict(dict)
        for name, field in FIGURES.items():
            for key, value in self.bare.values("statement", figure(self.crm, field)).items():
                if key.endswith(f"|{period}") and value is not None:
                    found[key][name] = Decimal(value)
        return dict(found)

    def states(self, period: str) -> set[str | None]:
        found = self.bare.values("statement", figure(self.crm, "Pay_State"))
        return {value for key, value in found.items() if key.endswith(f"|{period}")}

    def on_statements(self, period: str) -> Figures:
        """The same as statements say them."""
        found: Figures = {}
        for each in self.done("statement", "--all", "--period", period, "--json"):
            sums = dict.fromkeys(FIGURES, Decimal(0))
            sums["paid"] = sum((Decimal(money["amount"]) for money in each["paid"]), Decimal(0))
            for plan in each["plans"]:
                for line in plan["summary"]:
                    if line["kind"] in {"earned", "adjusted"}:
                        sums[line["kind"]] += Decimal(line["amount"])
                for balance in plan["balances"]:
                    kind = {"draw": "owed", "clawback": "owed"}.get(balance["kind"], balance["kind"])
                    sums[kind] += Decimal(balance["end"])
            found[f"{each['payee_id']}|{period}"] = sums
        return found

    def in_ledger(self, period: str) -> Figures:
        """The same, added up from the entries."""
        [ledger] = self.done("pay", "ledger", "--json")["ledgers"]
        found: Figures = defaultdict(lambda: dict.fromkeys(FIGURES, Decimal(0)))
        for entry in ledger["entries"]:
            sums, amount = found[f"{entry['payee_id']}|{period}"], Decimal(entry["amount"])
            if entry["period"] <= period and entry["account"] in ACCOUNTS:
                name, sign = ACCOUNTS[entry["account"]]
                sums[name] += sign * amount
            if entry["period"] == period and entry["account"] == "earned" and entry["cause"] in sums:
                sums[entry["cause"]] -= amount
            if entry["period"] == period and (entry["account"], entry["cause"]) == ("paid", "paid"):
                sums["paid"] += amount
        return found
