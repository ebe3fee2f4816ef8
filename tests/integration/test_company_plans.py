"""The comp plans of the made-up company (`company_plans/`) on both CRMs: the same to the cent, and what they come to by
hand."""

from __future__ import annotations

import shutil
from collections import Counter, defaultdict
from contextlib import ExitStack, closing
from dataclasses import dataclass
from datetime import date, datetime
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import pytest
from integration_harness import CREDENTIALS, CRMS, call
from maven_by_hand import cents

from config.loader import load_project
from config.template import SANDBOX_QUOTAS, write_template
from connectors.sandbox.behaviour import CALM
from connectors.sandbox.company import generate
from connectors.sandbox.dialect import Settings
from connectors.sandbox.run import open_sandbox
from sync.as_of import parse_as_of
from sync.compute import compute_connection
from sync.connections import connect
from sync.progress import Silent
from sync.run import pull_connection
from sync.store.runs import recorded
from sync.store.store import Store

if TYPE_CHECKING:
    from collections.abc import Iterator
    from decimal import Decimal

    from integration_harness import Crm, Result

PLANS = Path(__file__).parent / "company_plans"
LAST_DAY, SINCE = date(2026, 6, 30), "2025-01-01"
SIZES = {"ACCOUNTS": 500, "OPPORTUNITIES": 2500, "LEADS": 300, "ACTIVITIES": 12000}
QUOTAS = {team: target / 5 for team, target in SANDBOX_QUOTAS.items()}
"""The company has a fifth of its usual opportunities here."""

WORDS = """\
meanings:
  new_business: [New Customer, newbusiness]
  existing_business: [Existing Customer - Upgrade, existingbusiness]
  meeting_held: [held, COMPLETED]
"""
SPECIALIST = "ian.iyer@tallgrass.example"
ANALYTICS = "('Dashboards', 'Forecasting', 'Warehouse Connector')"
EARNINGS = (
    "SELECT e.comp_plan, e.component, u.email, e.period, e.day, e.source, o.name, e.status, e.credit, e.amount"
    " FROM earning AS e JOIN user AS u ON (u.connection, u.id) = (e.connection, e.payee_id)"
    " LEFT JOIN opportunity AS o ON (o.connection, o.id) = (e.connection, e.opportunity_id)"
)
WON = (
    "SELECT o.id, o.close_date, o.amount, o.type, u.email, u.team, u.role, u.active, u.created_at, m.email AS manager,"
    " v.email AS above FROM opportunity AS o JOIN user AS u ON u.id = o.owner_id LEFT JOIN user AS m"
    " ON m.id = u.manager_id LEFT JOIN user AS v ON v.id = m.manager_id WHERE o.is_won = 1 AND o.close_date >= ?"
)

Earned = dict[tuple[str, str, str], Fraction]
"""(e-mail, component, quarter, month or year) -> what was earned."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one CRM's records came to."""

    earnings: Counter[tuple[Any, ...]]
    credits: Counter[tuple[Any, ...]]
    won: list[dict[str, Any]]
    meetings: list[dict[str, Any]]
    tests: Result
    analytics: list[dict[str, Any]]

    def earned(self, comp_plan: str, kind: str) -> Earned:
        """What was earned by a comp plan, by component and period of a kind."""
        found: Earned = defaultdict(Fraction)
        for (plan, component, email, period, *_, status, _, amount), times in self.earnings.items():
            if (plan, status) == (comp_plan, "earned"):
                found[email, component, _period(kind, f"{period}-01")] += times * Fraction(amount)
        return {key: amount for key, amount in found.items() if amount}


@pytest.fixture(scope="module")
def outcomes(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[Crm, Outcome]]:
    with pytest.MonkeyPatch.context() as patch:
        for name, count in SIZES.items():
            patch.setattr(generate, name, count)
        for name, value in CREDENTIALS.items():
            patch.setenv(name, value)
        yield {crm: _run(crm, tmp_path_factory.mktemp(crm)) for crm in CRMS}


def _run(crm: Crm, folder: Path) -> Outcome:
    with ExitStack() as opened:
        sandbox = opened.enter_context(open_sandbox(crm, as_of=LAST_DAY, settings=Settings(behaviour=CALM)))
        write_template(
            folder,
            crm=crm,
            url=sandbox.url,
            ca_file=sandbox.ca_file,
            first_day=date(2025, 1, 1),
            time_zone="UTC",
            quotas_by_team=QUOTAS,
        )
        shutil.rmtree(folder / "comp_plans")
        shutil.copytree(PLANS, folder / "comp_plans")
        (folder / "metrics" / "words.yaml").write_text(WORDS, encoding="utf-8")
        (folder / "writeback.yaml").unlink()
        project = load_project(folder)
        store = opened.enter_context(Store(project.root / project.settings.store))
        connector = opened.enter_context(closing(connect(project, "crm")))
        with recorded(store, "run", "crm") as record:
            pull_connection(project, store, "crm", connector, record, Silent())
            compute_connection(project, store, "crm", parse_as_of(str(LAST_DAY), "UTC"), record.id)

        def rows(sql: str, *values: str) -> list[dict[str, Any]]:
            return [dict(row) for row in store.rows(sql, values)]

        return Outcome(
            tests=call("--project", folder, "test"),
            earnings=Counter(tuple(row.values()) for row in rows(EARNINGS)),
            credits=Counter(
                tuple(row.values())
                for row in rows(
                    "SELECT c.comp_plan, c.credit, u.email, c.period, c.day, c.source, c.amount FROM credit AS c"
                    " JOIN user AS u ON (u.connection, u.id) = (c.connection, c.payee_id)"
                )
            ),
            won=rows(WON, SINCE),
            meetings=rows(
                "SELECT u.email, a.at FROM activity AS a JOIN user AS u ON u.id = a.owner_id WHERE a.kind = 'meeting'"
                " AND a.outcome IN ('held', 'COMPLETED') AND u.role LIKE 'Sales Dev%' AND a.at >= ?",
                SINCE,
            ),
            analytics=rows(
                "SELECT l.amount, o.close_date FROM line_item AS l JOIN opportunity AS o ON o.id = l.opportunity_id"
                f" JOIN product AS p ON p.id = l.product_id WHERE p.name IN {ANALYTICS} AND o.is_won = 1"
                " AND o.close_date >= ?",
                SINCE,
            ),
        )


def _period(kind: str, day: str) -> str:
    year, month = day[:4], int(day[5:7])
    return {"year": year, "quarter": f"{year} Q{(month + 2) // 3}", "month": day[:7]}[kind]


def _totals(rows: list[dict[str, Any]], kind: str, who: str = "email") -> dict[tuple[str, str], Fraction]:
    found: dict[tuple[str, str], Fraction] = defaultdict(Fraction)
    for row in rows:
        if row[who]:
            found[row[who], _period(kind, row["close_date"])] += Fraction(row["amount"])
    return found


def _exact(amount: Decimal) -> Fraction:
    return Fraction(amount)


@pytest.mark.parametrize("what", ["earnings", "credits"])
def test_both_crms_come_to_the_same_cent(outcomes: dict[Crm, Outcome], what: str) -> None:
    salesforce, hubspot = (getattr(outcomes[crm], what) for crm in CRMS)
    assert salesforce == hubspot
    assert {row[0] for row in salesforce} == {
        "account_executive",
        "account_manager",
        "analytics_specialist",
        "development_rep",
        "sales_manager",
    }


@pytest.mark.parametrize("crm", CRMS)
def test_the_tests_in_the_comp_plans_hold(outcomes: dict[Crm, Outcome], crm: Crm) -> None:
    result = outcomes[crm].tests
    assert (result.code, "2 tests hold" in result.out) == (0, True), result.out


@pytest.mark.parametrize("crm", CRMS)
def test_account_executives_accelerate_above_their_quota(outcomes: dict[Crm, Outcome], crm: Crm) -> None:
    """Of those who were there all the time: who is new has a ramp, and who left has a part of the target."""
    outcome = outcomes[crm]
    mine = [row for row in outcome.won if row["team"] in QUOTAS and row["team"] != "Strategic"]
    stayed = [row for row in mine if row["role"] == "Account Executive" and row["active"]]
    senior = [row for row in stayed if row["created_at"] < "2024-07-01"]
    teams = {row["email"]: row["team"] for row in senior}
    logos = Counter((row["email"], _period("quarter", row["close_date"])) for row in senior if row["type"][0] in "Nn")
    expected: Earned = {}
    reached = 0
    for (email, quarter), sold in _totals(senior, "quarter").items():
        quota = Fraction(QUOTAS[teams[email]])
        above, far_above = (max(Fraction(0), sold - quota * bound) for bound in (1, Fraction(5, 4)))
        # 6 %, and 3 % more of what lies above each bound
        expected[email, "commission", quarter] = _exact(cents((sold * 6 + above * 3 + far_above * 3) / 100))
        if sold >= quota:
            expected[email, "quota_bonus", quarter] = Fraction(500)  # 2.5 % of a quarter of 80,000
            reached += 1
    for (email, quarter), customers in logos.items():
        expected[email, "new_customer_spif", quarter] = Fraction(150 * customers)
    for place in {(email, quarter) for email, _, quarter in expected}:
        its = [amount for (email, _, quarter), amount in expected.items() if (email, quarter) == place]
        whole = sum(its, Fraction(0))
        if whole > 60_000:
            expected[place[0], "cap", place[1]] = 60_000 - whole
    assert reached > 5
    found = outcome.earned("account_executive", "quarter")
    assert {key: amount for key, amount in found.items() if key[0] in teams} == expected


@pytest.mark.parametrize("crm", CRMS)
def test_account_managers_earn_the_rate_reached_on_all_they_renewed(outcomes: dict[Crm, Outcome], crm: Crm) -> None:
    outcome = outcomes[crm]
    mine = [row for row in outcome.won if row["team"] == "Strategic" and row["type"].startswith(("E", "e"))]
    expected = {}
    for (email, quarter), kept in _totals(mine, "quarter").items():
        rate = 4 if kept >= 150_000 else 3 if kept >= 120_000 else 2
        expected[email, "commission", quarter] = _exact(cents(kept * rate / 100))
    assert expected
    assert outcome.earned("account_manager", "quarter") == expected


@pytest.mark.parametrize("crm", CRMS)
def test_the_overlay_specialist_earns_on_what_others_sell(outcomes: dict[Crm, Outcome], crm: Crm) -> None:
    outcome = outcomes[crm]
    sold = _totals([row | {"email": SPECIALIST} for row in outcome.analytics], "year")
    expected = {
        (email, "commission", year): _exact(
            cents(amount * (Fraction(3, 100) + Fraction(2, 100) * min(Fraction(1), amount / 150_000)))
        )
        for (email, year), amount in sold.items()
    }
    assert len(expected) == 2
    assert outcome.earned("analytics_specialist", "year") == expected


@pytest.mark.parametrize("crm", CRMS)
def test_managers_earn_on_what_is_won_one_and_two_steps_below(outcomes: dict[Crm, Outcome], crm: Crm) -> None:
    outcome = outcomes[crm]
    worth: dict[tuple[str, str], Fraction] = defaultdict(Fraction)
    for who, rate in (("manager", Fraction(1, 100)), ("above", Fraction(25, 10_000))):
        for place, amount in _totals(outcome.won, "quarter", who).items():
            worth[place] += rate * amount
    expected = {(email, "override", quarter): _exact(cents(amount)) for (email, quarter), amount in worth.items()}
    assert outcome.earned("sales_manager", "quarter") == expected
    assert len({email for email, _, _ in expected}) > 7


@pytest.mark.parametrize("crm", CRMS)
def test_development_reps_are_paid_for_meetings_that_took_place(outcomes: dict[Crm, Outcome], crm: Crm) -> None:
    outcome = outcomes[crm]
    held = Counter((row["email"], _local(row["at"]).strftime("%Y-%m")) for row in outcome.meetings)
    expected = {(email, "per_meeting", month): Fraction(40 * count) for (email, month), count in held.items()}
    goals = {(email, "goal", month): Fraction(250) for (email, month), count in held.items() if count >= 2}
    assert goals
    assert outcome.earned("development_rep", "month") == expected | goals


def _local(at: str) -> datetime:
    return datetime.fromisoformat(at).astimezone(ZoneInfo("UTC"))
