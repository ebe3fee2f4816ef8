"""The made-up company closes five months, with changes in its CRM between the fourth and the fifth: statements of
everybody, the ledger and the CRM say the same, to the cent, on both CRMs."""

from __future__ import annotations

import json
import shutil
from contextlib import ExitStack, closing
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from integration_harness import CREDENTIALS, CRMS, Bare, Office, figure, query
from integration_pay import APP, CAL, FIGURES, Site

from config.template import SANDBOX_QUOTAS, write_template
from connectors.sandbox.behaviour import CALM
from connectors.sandbox.company import generate
from connectors.sandbox.dialect import Settings
from connectors.sandbox.run import open_sandbox

if TYPE_CHECKING:
    from collections.abc import Iterator

    from integration_harness import Crm

PLANS = Path(__file__).parent / "company_plans"
LAST_DAY = "2026-06-30"
MONTHS = ("2026-01", "2026-02", "2026-03", "2026-04")
NEXT = "2026-05"
SIZES = {"ACCOUNTS": 300, "OPPORTUNITIES": 1200, "LEADS": 100, "ACTIVITIES": 3000}

WORDS = """\
meanings:
  new_business: [New Customer, newbusiness]
  existing_business: [Existing Customer - Upgrade, existingbusiness]
  meeting_held: [held, COMPLETED]
"""
PAY = f"""
pay:
  first_period: {{month: {MONTHS[0]}}}
  people: [{CAL}, {APP}]
"""
PAYMENT = {
    "account_executive": """\
    payment:
      release: [{share: 0.8, on: earned}, {share: 0.2, after: {months: 2}}]
      steps:
        draw: {kind: draw, amount: 1500, recover: {at_most: 0.5}}
        most: {kind: maximum, amount: 9000, excess: carried}
""",
    "sales_manager": """\
    payment:
      release: [{share: 1, over: {months: 3}}]
""",
}
"""So that something is held, owed and carried."""


DEALS = (
    "SELECT o.id, o.owner_id FROM opportunity AS o JOIN user AS u ON u.id = o.owner_id"
    " WHERE o.is_won = 1 AND u.active = 1 AND u.role = 'Account Executive' AND o.close_date LIKE '2026-02-%'"
    " ORDER BY CAST(o.amount AS REAL) DESC, o.id LIMIT 20"
)


@pytest.fixture(params=CRMS)
def site(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Site]:
    crm: Crm = request.param
    for name, count in SIZES.items():
        monkeypatch.setattr(generate, name, count)
    for name, value in CREDENTIALS.items():
        monkeypatch.setenv(name, value)
    with ExitStack() as opened:
        settings = Settings(behaviour=CALM)
        sandbox = opened.enter_context(open_sandbox(crm, as_of=date.fromisoformat(LAST_DAY), settings=settings))
        bare = opened.enter_context(closing(Bare(crm, sandbox.url, sandbox.ca_file)))
        folder = tmp_path / "project"
        write_template(
            folder,
            crm=crm,
            url=sandbox.url,
            ca_file=sandbox.ca_file,
            first_day=date(2025, 1, 1),
            time_zone="UTC",
            quotas_by_team={team: target / 10 for team, target in SANDBOX_QUOTAS.items()},
        )
        write_rules(crm, folder)
        made = Site(crm, bare, Office(crm, folder, LAST_DAY))
        made.done("check")
        made.done("provision", "--yes")
        made.done("pull")
        yield made


def write_rules(crm: Crm, folder: Path) -> None:
    """The company's comp plans with payment added, and a statement record a month for everybody who is paid."""
    shutil.rmtree(folder / "comp_plans")
    shutil.copytree(PLANS, folder / "comp_plans")
    sales = folder / "comp_plans" / "sales.yaml"
    text = sales.read_text(encoding="utf-8")
    for name, payment in PAYMENT.items():
        text = text.replace(f"  {name}:\n", f"  {name}:\n{payment}")
    sales.write_text(text, encoding="utf-8")
    (folder / "metrics" / "words.yaml").write_text(WORDS, encoding="utf-8")
    with (folder / "salesops.yaml").open("a", encoding="utf-8") as file:
        file.write(PAY)
    shown = "".join(
        f"        - {{field: {figure(crm, field)}, label: {show}, value: {{kind: pay, show: {show}}}}}\n"
        for show, field in {**FIGURES, "state": "Pay_State"}.items()
    )
    statement = "SalesOps_Statement__c" if crm == "salesforce" else "salesops_statement"
    (folder / "writeback.yaml").write_text(
        f"""\
writeback:
  crm:
    - object: user
      field: {figure(crm, "Paid")}
      label: Paid for last month
      value: {{kind: pay, show: paid, period: last_month}}
records:
  crm:
    - object: {statement}
      label: Statement
      plural: Statements
      per: user
      period: month
      keep: 6
      key: {figure(crm, "Key")}
      fields:
{shown}""",
        encoding="utf-8",
    )


def change_deals(site: Site) -> None:
    """What becomes known late of February: a lost deal, one of somebody else, one that was never entered."""
    deals = query(site.office.store, DEALS)
    (lost, _), (moved, its_owner), (_, owner), *_ = deals
    other = next(owner for _, owner in deals if owner != its_owner)
    if site.crm == "salesforce":
        path = "/services/data/v62.0/sobjects/Opportunity"
        late = {"Name": "Late", "StageName": "Closed Won", "CloseDate": "2026-02-20", "Amount": "70000.07"}
        site.bare.send("PATCH", f"{path}/{lost}", {"StageName": "Closed Lost"})
        site.bare.send("PATCH", f"{path}/{moved}", {"OwnerId": other})
        site.bare.send("POST", path, {**late, "OwnerId": owner})
        return
    path = "/crm/v3/objects/deals"
    late = {"dealname": "Late", "pipeline": "default", "dealstage": "closedwon", "amount": "70000.07"}
    late |= {"closedate": "2026-02-20T15:00:00Z", "hubspot_owner_id": owner}
    site.bare.send("PATCH", f"{path}/{lost}", {"properties": {"dealstage": "closedlost"}})
    site.bare.send("PATCH", f"{path}/{moved}", {"properties": {"hubspot_owner_id": other}})
    site.bare.send("POST", path, {"properties": late})


def paid_to(site: Site, period: str) -> dict[str, Decimal]:
    """What statements of a period say is paid, by the e-mail addresses of those who did not leave."""
    active = {email for (email,) in query(site.office.store, "SELECT email FROM user WHERE active = 1")}
    found = {
        each["payee"]["email"]: sum((Decimal(money["amount"]) for money in each["paid"]), Decimal(0))
        for each in json.loads(statements(site, period))
    }
    return {email: amount for email, amount in found.items() if email in active}


def statements(site: Site, period: str) -> str:
    """Everybody's, to the byte."""
    result = site.office.call("statement", "--all", "--period", period, "--json")
    assert result.code == 0, result.err
    return result.out


def test_statements_of_everybody_the_ledger_and_the_crm_say_the_same(site: Site, tmp_path: Path) -> None:
    for month in MONTHS:
        site.close(month)
        site.done("pay", "export", month, "-o", tmp_path / f"{month}.csv", "--by", CAL)
    report = site.run("2026-05-31")
    assert report["plan"]["changes"] == report["outcomes"]["written"] > 100
    before = {month: site.adds_up(month) for month in MONTHS}
    stated = {month: statements(site, month) for month in MONTHS}
    seen = [sums for records in before.values() for sums in records.values()]
    assert all(any(sums[name] for sums in seen) for name in FIGURES if name != "adjusted")
    assert site.on_users("Paid") == paid_to(site, MONTHS[-1])
    assert site.run("2026-05-31")["plan"]["changes"] == 0

    change_deals(site)
    site.done("pull")
    site.close(NEXT)
    site.run()
    assert site.run()["plan"]["changes"] == 0
    assert {month: site.adds_up(month) for month in MONTHS} == before
    assert {month: statements(site, month) for month in MONTHS} == stated
    adjusted = [sums["adjusted"] for sums in site.adds_up(NEXT).values()]
    assert min(adjusted) < 0 < max(adjusted)
    assert site.on_users("Paid") == paid_to(site, NEXT)
