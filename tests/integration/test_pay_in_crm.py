"""Two pay periods are closed, with a late change in between: statements, the ledger and the CRM say the same, to the
cent."""

from __future__ import annotations

import json
import re
from collections import defaultdict
from contextlib import ExitStack, closing
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest
from integration_company import ANN, AS_OF, BO, MIA, YEAR, write_company
from integration_harness import CRMS, Bare, figure, new_office, serve_crm

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from integration_harness import Crm, Office

Q3, Q4 = f"FY{YEAR}-Q3", f"FY{YEAR}-Q4"
CAL, APP = "cal@tiny.example", "app@tiny.example"

PAYMENT = """\
    payment:    # so that something is held, and something owed
      release: [{share: 0.9, on: earned}, {share: 0.1, after: {months: 2}}]
      steps:
        advance: {kind: draw, amount: 10000, recover: {at_most: 0.5}}
"""

FIGURES = {
    "earned": "Pay_Earned",
    "adjusted": "Pay_Adjusted",
    "held": "Pay_Held",
    "owed": "Pay_Owed",
    "carried": "Pay_Carried",
    "paid": "Paid",
}
PLACE = """\
    - object: user
      field: {field}
      label: Place this quarter
      value: {{kind: measure, measure: place, show: value, period: this_quarter}}
"""

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

    def run(self) -> Any:
        [report] = self.done("run", "--as-of", AS_OF, "--json")["runs"]
        return report

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


@pytest.fixture(params=CRMS)
def site(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Site]:
    crm: Crm = request.param
    with ExitStack() as opened:
        server = opened.enter_context(serve_crm(crm, write_company(crm, tmp_path / "export"), tmp_path / "crm"))
        bare = opened.enter_context(closing(Bare(crm, server.url, server.ca_file)))
        office = new_office(server, tmp_path / "project", AS_OF)
        write_pay(crm, office.folder)
        made = Site(crm, bare, office)
        made.done("check")
        made.done("provision", "--yes")
        yield made


def write_pay(crm: Crm, folder: Path) -> None:
    """What the template has as comments about pay is active, from the third quarter on; a place is shown besides."""

    def change(file: str, *changes: tuple[str, str]) -> None:
        text = (folder / file).read_text(encoding="utf-8")
        for pattern, instead in changes:
            text, count = re.subn(f"(?m){pattern}", instead, text)
            assert count, f"{file}: {pattern}"
        (folder / file).write_text(text, encoding="utf-8")

    change(
        "salesops.yaml",
        ("^# pay:", "pay:"),
        (r"^#   first_period: .*$", f"  first_period: {{quarter: {Q3}}}"),
        (r"^#   people: .*$", f"  people: [{CAL}, {APP}]"),
    )
    change(
        "writeback.yaml",
        ("^  crm:  .*\n", f"  crm:\n{PLACE.format(field=figure(crm, 'Place'))}"),
        (r"^    # (- object: user|  (?:field|label|value): )", r"    \1"),
        (r"^        # (- \{field: .*kind: pay,)", r"        \1"),
    )
    change(
        "comp_plans/sales.yaml",
        ("^    rounding:", PAYMENT + "    rounding:"),
        ("^        target: bookings$", "        target: bookings\n      place: {rank: sold}"),
    )


def test_statements_the_ledger_and_the_crm_say_the_same(site: Site, tmp_path: Path) -> None:
    site.run()
    assert site.on_users("Place") == {ANN: 1, BO: 2}
    assert (site.on_users("Paid"), site.on_records(Q3), site.states(Q3)) == ({}, {}, {"open"})

    site.close(Q3)
    report = site.run()
    assert report["plan"]["changes"] == report["outcomes"]["written"] > 0
    third = site.on_records(Q3)
    assert site.on_users("Paid") == {MIA: 500, ANN: 10_000, BO: 10_000}
    assert site.states(Q3) == {"closed"}

    # A deal of the third quarter turns out to be smaller, and one of the fourth is moved while its pay is looked at.
    deal = "Globe early"
    field = "Amount" if site.crm == "salesforce" else "amount"
    site.bare.put("opportunity", deal, **{field: "40000.10"})
    site.done("pull")
    site.done("pay", "calculate", Q4, "--by", CAL)
    site.run()
    assert (site.states(Q4), site.on_records(Q4)) == ({"calculated"}, {})
    plan = tmp_path / "plan.json"
    site.done("pay", "reopen", Q4, "--reason", "to be looked at again", "--by", CAL)
    site.done("plan", "-o", plan)
    site.close(Q4)
    stale = site.office.call("apply", plan)
    assert (stale.code, "a pay period moved on" in stale.err) == (3, True), stale.out + stale.err
    assert site.on_records(Q3) == third

    site.run()
    assert site.on_records(Q3) == third
    assert (site.states(Q3), site.states(Q4)) == ({"closed"}, {"closed"})
    for period in (Q3, Q4):
        written, ledger = site.on_records(period), site.in_ledger(period)
        assert written == site.on_statements(period)
        assert written == {key: ledger[key] for key in written}
        assert {key for key, sums in ledger.items() if any(sums.values())} <= written.keys()
    adjusted = {sums["adjusted"] for sums in site.on_records(Q4).values()}
    assert adjusted == {Decimal("-799.99"), Decimal(-100), Decimal(0)}  # 8 % and 1 % of 9,999.90 less
    assert site.run()["plan"]["changes"] == 0
