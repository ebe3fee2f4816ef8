"""Results, looked up for what the CRM is to show of them; by kind of value."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest
from synced import COMP_PLANS, SETTINGS, earning, keep, results, save_rows, to_field, write_project

from config.metrics import Unit
from sync.plan.earned_results import commission_results
from sync.plan.fields import unit_of, value_results
from sync.plan.metric_results import metric_results
from sync.plan.results import Results, Wanted
from sync.plan.texts import in_words

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from salesops.results import Results as Computed
    from sync.store.store import Store

DAY = date(2026, 5, 20)


def said(wanted: Wanted) -> tuple[object, str]:
    """The value and how it is explained."""
    return wanted.value, wanted.reason


@pytest.fixture
def look(store: Store, tmp_path: Path) -> Callable[..., Callable[[str], Wanted]]:
    """A function from a value, its object and results to what should stand at each record."""

    def looked(value: str, of_object: str, computed: Computed, **files: str) -> Callable[[str], Wanted]:
        project = write_project(tmp_path / "project", [to_field(of_object, "f", value)], **files)
        keep(store, project, computed)
        (write,) = project.writeback.writeback["crm"]
        return value_results(Results(store, project, "crm", DAY), write.value)

    return looked


PERIODS = {
    "this_month": "2026-05",
    "last_month": "2026-04",
    "this_quarter": "FY2026-Q2",
    "last_quarter": "FY2026-Q1",
    "this_year": "FY2026",
    "last_year": "FY2025",
}


@pytest.mark.parametrize("relative", PERIODS)
def test_a_metric_is_that_of_the_user_in_the_period(
    look: Callable[..., Callable[[str], Wanted]], relative: str
) -> None:
    rows = [("won_amount", "user", "u", name, str(n), None, None) for n, name in enumerate(PERIODS.values())]
    rows += [("won_amount", "team", "u", name, "99", None, None) for name in PERIODS.values()]
    rows += [("won_count", "user", "u", name, "99", None, None) for name in PERIODS.values()]
    wanted = look(f"{{kind: metric, metric: won_amount, period: {relative}}}", "user", results(metrics=rows))
    assert said(wanted("u")) == (Decimal(list(PERIODS).index(relative)), f"Won amount {PERIODS[relative]}")


def test_the_period_follows_the_fiscal_calendar(look: Callable[..., Callable[[str], Wanted]]) -> None:
    settings = SETTINGS + "fiscal_year: {starts: february}\n"
    rows = [("won_amount", "user", "u", "FY2027-Q2", "7", None, None)]
    wanted = look(
        "{kind: metric, metric: won_amount, period: this_quarter}", "user", results(metrics=rows), settings=settings
    )
    assert wanted("u").value == 7


@pytest.mark.parametrize(
    ("metric", "empty"),
    [("won_amount", Decimal(0)), ("calls", Decimal(0)), ("win_rate", None), ("sales_cycle", None)],
)
def test_over_no_rows_a_sum_or_count_is_0_and_an_average_or_ratio_nothing(
    look: Callable[..., Callable[[str], Wanted]], metric: str, empty: Decimal | None
) -> None:
    rows = [(metric, "user", "null", "FY2026", None, None, None), ("tasks", "user", "idle", "FY2025", "1", None, None)]
    wanted = look(f"{{kind: metric, metric: {metric}, period: this_year}}", "user", results(metrics=rows))
    for user in ("idle", "null"):
        assert wanted(user).value == empty
        assert wanted(user).reason.endswith("FY2026: nothing counted")


def test_a_user_who_sells_nothing_gets_no_0(look: Callable[..., Callable[[str], Wanted]]) -> None:
    """Most logins of a company have no quota and own nothing: their fields stay empty."""
    wanted = look("{kind: metric, metric: won_amount, period: this_year}", "user", results())
    assert wanted("accountant").value is None


def test_a_ratio_says_what_it_is_of(look: Callable[..., Callable[[str], Wanted]]) -> None:
    rows = [("win_rate", "user", "u", "FY2026", "0.333333", "1", "3")]
    wanted = look("{kind: metric, metric: win_rate, period: this_year}", "user", results(metrics=rows))
    assert said(wanted("u")) == (Decimal("0.333333"), "Win rate FY2026: 1 of 3")


@pytest.mark.parametrize(("show", "value"), [("credited", "2500"), ("target", "10000"), ("attainment", "0.25")])
def test_a_quota_shows_one_of_its_figures_and_says_how_it_stands(
    look: Callable[..., Callable[[str], Wanted]], show: str, value: str
) -> None:
    rows = [
        ("bookings", "u", "FY2026-Q2", "2500", "10000", "0.25"),
        ("bookings", "u", "FY2026-Q1", "1", "2", "0.5"),
        ("other", "u", "FY2026-Q2", "1", "2", "0.5"),
    ]
    wanted = look(
        f"{{kind: quota, quota: bookings, show: {show}, period: this_quarter}}", "user", results(attainment=rows)
    )
    assert said(wanted("u")) == (Decimal(value), "Bookings FY2026-Q2: 2,500.00 of 10,000.00")
    assert said(wanted("v")) == (None, "Bookings FY2026-Q2: no quota")


def test_the_attainment_of_a_target_of_0_is_nothing(look: Callable[..., Callable[[str], Wanted]]) -> None:
    rows = [("bookings", "u", "FY2026-Q2", "2500", "0", None)]
    wanted = look(
        "{kind: quota, quota: bookings, show: attainment, period: this_quarter}", "user", results(attainment=rows)
    )
    assert said(wanted("u")) == (None, "Bookings FY2026-Q2: 2,500.00 of 0.00")


PAY_QUARTER = "{kind: commission, period: this_quarter}"


def test_a_commission_adds_up_what_is_earned_by_component(look: Callable[..., Callable[[str], Wanted]]) -> None:
    rows = [
        earning("u", "FY2026-Q2", "10.10", opportunity="o1"),
        earning("u", "FY2026-Q2", "0.20", opportunity="o2"),
        earning("u", "FY2026-Q2", "3", "override"),
        earning("u", "FY2026-Q2", "500", status="estimated"),
        earning("u", "FY2026-Q1", "70"),
        earning("v", "FY2026-Q2", "9"),
    ]
    wanted = look(PAY_QUARTER, "user", results(earnings=rows))
    parts = "commission 10.30 on 200 + override 3.00 on 100"
    assert said(wanted("u")) == (Decimal("13.3"), f"commission FY2026-Q2: {parts}")
    assert wanted("v").value == 9


def test_monthly_pay_adds_up_to_the_quarter_and_the_year(look: Callable[..., Callable[[str], Wanted]]) -> None:
    monthly = COMP_PLANS.replace("period: quarter", "period: month")
    rows = [earning("u", f"2026-{month:02}", f"{month}.01") for month in range(1, 13)]
    rows.append(earning("u", "2025-12", "1000"))
    quarter = look(PAY_QUARTER, "user", results(earnings=rows), comp_plans=monthly)
    assert quarter("u").value == Decimal("15.03")
    year = look("{kind: commission, period: this_year}", "user", results(earnings=rows), comp_plans=monthly)
    assert year("u").value == Decimal("78.12")
    last = look("{kind: commission, period: last_quarter}", "user", results(earnings=rows), comp_plans=monthly)
    assert last("u").value == Decimal("6.03")
    month = look("{kind: commission, period: this_month}", "user", results(earnings=rows), comp_plans=monthly)
    assert month("u").value == Decimal("5.01")


def test_monthly_and_quarterly_pay_together_are_each_counted_once(
    look: Callable[..., Callable[[str], Wanted]],
) -> None:
    rows = [earning("u", "2026-04", "1"), earning("u", "FY2026-Q2", "10"), earning("u", "FY2026", "100")]
    assert look(PAY_QUARTER, "user", results(earnings=rows))("u").value == 11


def test_who_is_measured_and_earned_nothing_shows_0_and_who_is_on_no_comp_plan_or_not_there_shows_nothing(
    look: Callable[..., Callable[[str], Wanted]], store: Store
) -> None:
    people = {"payee": 1, "left": 0, "somebody": 1}
    save_rows(store, "user", *({"id": id_, "active": active} for id_, active in people.items()), custom={})
    save_rows(store, "user", {"id": "later", "active": 1, "created_at": "2026-07-01T08:00:00.000Z"}, custom={})
    rows = [
        ("ae", "sold", each, "FY2026-Q2", "FY2026-Q2", "0", "10000", "0", None) for each in ("payee", "left", "later")
    ]
    wanted = look(PAY_QUARTER, "user", results(measures=rows))
    assert said(wanted("payee")) == (Decimal(0), "commission FY2026-Q2: nothing earned")
    for each in ("somebody", "left", "later"):
        assert said(wanted(each)) == (None, "commission FY2026-Q2: nothing earned")


@pytest.mark.parametrize("status", ["earned", "estimated"])
def test_an_opportunity_shows_what_its_owner_earns_on_it_and_no_override(
    look: Callable[..., Callable[[str], Wanted]], store: Store, status: str
) -> None:
    other = "estimated" if status == "earned" else "earned"
    save_rows(store, "opportunity", *({"id": f"o{n}", "owner_id": "rep"} for n in range(4)), custom={})
    rows = [
        earning("rep", "FY2026-Q2", "12.34", opportunity="o1", status=status),
        earning("boss", "FY2026-Q2", "5", "override", opportunity="o1", status=status),
        earning("rep", "FY2026-Q2", "99", opportunity="o1", status=other),
        earning("boss", "FY2026-Q2", "5", "override", opportunity="o2", status=status),
    ]
    wanted = look(f"{{kind: {status}_commission}}", "opportunity", results(earnings=rows))
    assert wanted("o1").value == Decimal("12.34")
    assert all(word in wanted("o1").reason for word in (status, "ae", "commission", "FY2026-Q2"))
    assert said(wanted("o2")) == said(wanted("o3")) == (None, f"nothing {status}")


def test_an_opportunity_with_two_components_says_both(
    look: Callable[..., Callable[[str], Wanted]], store: Store
) -> None:
    save_rows(store, "opportunity", {"id": "o", "owner_id": "rep"}, custom={})
    rows = [earning("rep", "FY2026-Q2", "12.34"), earning("rep", "FY2026-Q2", "1", "accelerator")]
    wanted = look("{kind: earned_commission}", "opportunity", results(earnings=rows))("o")
    assert wanted.value == Decimal("13.34")
    assert "accelerator" in wanted.reason
    assert "commission" in wanted.reason


@pytest.mark.parametrize("status", ["earned", "estimated"])
def test_base_pay_is_no_deal_s(look: Callable[..., Callable[[str], Wanted]], store: Store, status: str) -> None:
    save_rows(store, "opportunity", *({"id": f"o{n}", "owner_id": "rep"} for n in range(2)), custom={})
    rows = [
        earning("rep", "FY2026-Q2", "12.34", opportunity="o0", status=status),
        earning("rep", "FY2026-Q2", "3000", "base", opportunity="o0", status=status),
        earning("rep", "FY2026-Q2", "3000", "base", opportunity="o1", status=status),
    ]
    base = f"{COMP_PLANS}      base: {{kind: amount, amount: 3000}}\n"
    wanted = look(f"{{kind: {status}_commission}}", "opportunity", results(earnings=rows), comp_plans=base)
    assert wanted("o0").value == Decimal("12.34")
    assert said(wanted("o1")) == (None, f"nothing {status}")


def test_a_commission_of_0_is_shown_not_cleared(look: Callable[..., Callable[[str], Wanted]], store: Store) -> None:
    save_rows(store, "opportunity", {"id": "o", "owner_id": "rep"}, custom={})
    wanted = look("{kind: earned_commission}", "opportunity", results(earnings=[earning("rep", "FY2026-Q2", "0")]))
    assert wanted("o").value == 0


def test_a_territory_is_the_rules_or_nothing(look: Callable[..., Callable[[str], Wanted]]) -> None:
    wanted = look("{kind: territory}", "account", results(territories=[("1", "North"), ("2", None)]))
    assert said(wanted("1")) == ("North", "territory rule North")
    assert said(wanted("2")) == said(wanted("3")) == (None, "no territory rule fits")


def test_each_value_has_its_unit(tmp_path: Path) -> None:
    metric = "{{kind: metric, metric: {}, period: this_quarter}}"
    quota = "{{kind: quota, quota: bookings, show: {}, period: this_quarter}}"
    values = [
        ("user", metric.format("won_amount"), Unit.MONEY),
        ("user", metric.format("win_rate"), Unit.PERCENT),
        ("user", metric.format("calls"), Unit.COUNT),
        ("user", metric.format("sales_cycle"), Unit.DAYS),
        ("user", quota.format("attainment"), Unit.PERCENT),
        ("user", quota.format("target"), Unit.MONEY),
        ("user", quota.format("remaining"), Unit.MONEY),
        ("user", PAY_QUARTER, Unit.MONEY),
        ("account", "{kind: territory}", None),
        ("opportunity", "{kind: earned_commission}", Unit.MONEY),
        ("opportunity", "{kind: estimated_commission}", Unit.MONEY),
        ("opportunity", "{kind: updated}", None),
    ]
    writes = [to_field(of_object, f"f{n}", value) for n, (of_object, value, _) in enumerate(values)]
    project = write_project(tmp_path, writes)
    units = [unit_of(project, write.value) for write in project.writeback.writeback["crm"]]
    assert units == [unit for _, _, unit in values]


@pytest.mark.parametrize(("credited", "remaining"), [("2500", "7500"), ("10000", "0"), ("12000", "0"), ("-5", "10005")])
def test_what_remains_of_a_quota_is_never_below_0(
    look: Callable[..., Callable[[str], Wanted]], credited: str, remaining: str
) -> None:
    rows = [("bookings", "u", "FY2026-Q2", credited, "10000", "0")]
    show = "{kind: quota, quota: bookings, show: remaining, period: this_quarter}"
    assert look(show, "user", results(attainment=rows))("u").value == Decimal(remaining)


def test_a_result_names_itself_its_period_and_its_parts(look: Callable[..., Callable[[str], Wanted]]) -> None:
    rows = [("win_rate", "user", "u", "FY2026", "0.333333", "1", "3")]
    wanted = look("{kind: metric, metric: win_rate, period: this_year}", "user", results(metrics=rows))("u")
    assert (wanted.source, wanted.basis, wanted.label) == ("metric/win_rate/user/u/FY2026", "FY2026", "Win rate")
    assert wanted.parts == {"numerator": "1", "denominator": "3"}


def test_a_text_has_the_figures_as_people_read_them(look: Callable[..., Callable[[str], Wanted]]) -> None:
    rows = [("bookings", "u", "FY2026-Q2", "2500.5", "10000", "0.25005")]
    show = "{kind: quota, quota: bookings, show: attainment, period: this_quarter}"
    wanted = look(show, "user", results(attainment=rows))("u")
    text = "{payee}: {value} ({credited} of {target}, {remaining} to go) {label} {period} {{!}}"
    said_so = in_words(text, wanted, Unit.PERCENT, "Ann").value
    assert said_so == "Ann: 25.01 % (2,500.50 of 10,000.00, 7,499.50 to go) Bookings FY2026-Q2 {!}"


def test_there_are_no_words_for_no_result(look: Callable[..., Callable[[str], Wanted]]) -> None:
    wanted = look("{kind: metric, metric: win_rate, period: this_year}", "user", results())("u")
    assert in_words("{value} won", wanted, Unit.PERCENT, "Ann").value is None


def test_a_component_of_the_commission_stands_alone(store: Store, tmp_path: Path) -> None:
    project = write_project(tmp_path / "project")
    rows = [earning("u", "FY2026-Q2", "10"), earning("u", "FY2026-Q2", "3", "override"), earning("v", "FY2026-Q2", "1")]
    keep(store, project, results(earnings=rows))
    found = Results(store, project, "crm", DAY)
    quarter = found.calendar.period_of("quarter", DAY)
    override = commission_results(found, quarter, "override")
    assert said(override("u")) == (3, "override FY2026-Q2: override 3.00 on 100")
    assert override("v").value == 0
    assert override("w").value is commission_results(found, quarter, "bonus")("v").value is None
    assert override("u").source == "component/override/user/u/FY2026-Q2"


def test_a_team_has_what_its_members_do(store: Store, tmp_path: Path) -> None:
    project = write_project(tmp_path / "project")
    rows = [
        ("won_amount", "team", "East", "FY2026-Q2", "7", None, None),
        ("won_amount", "team", "West", "FY2025", "1", None, None),
    ]
    keep(store, project, results(metrics=rows))
    found = Results(store, project, "crm", DAY)
    won = metric_results(found, "won_amount", found.calendar.period_of("quarter", DAY), "team")
    assert [won(team).value for team in ("East", "West", "North")] == [7, 0, None]
    assert [won(team).counted for team in ("East", "West")] == [True, False]


def test_what_stands_as_of_now_is_nothing_in_a_period_that_is_over(store: Store, tmp_path: Path) -> None:
    project = write_project(tmp_path / "project")
    keep(store, project, results(metrics=[("open_pipeline", "user", "u", "2026-05", "7", None, None)]))
    found = Results(store, project, "crm", DAY)
    months = [found.calendar.period_of("month", date(2026, month, 1)) for month in (5, 4)]
    assert [metric_results(found, "open_pipeline", month)("u").value for month in months] == [7, None]


def test_who_has_a_login_and_sells_nothing_has_no_zero(store: Store, tmp_path: Path) -> None:
    project = write_project(tmp_path / "project")
    rows = [
        ("data_entries", "user", "clerk", "FY2026-Q2", "9", None, None),
        ("working_time", "user", "clerk", "FY2026-Q2", "500", None, None),
        ("data_entries", "team", "Office", "FY2026-Q2", "9", None, None),
        ("data_entries", "manager", "boss", "FY2026-Q2", "9", None, None),
        ("calls_made", "user", "rep", "FY2025", "1", None, None),
        ("calls_made", "manager", "head", "FY2025", "1", None, None),
    ]
    keep(store, project, results(metrics=rows))
    found = Results(store, project, "crm", DAY)
    quarter = found.calendar.period_of("quarter", DAY)
    won, of_teams, of_managers = (metric_results(found, "won_amount", quarter, g) for g in ("user", "team", "manager"))
    assert [won(user).value for user in ("clerk", "rep")] == [None, 0]
    assert of_teams("Office").value is None
    assert [of_managers(user).value for user in ("boss", "head")] == [None, 0]


def measured(payee: str, period: str, interval: str, value: str, comp_plan: str = "ae") -> tuple[Any, ...]:
    return (comp_plan, "sold", payee, period, interval, value, "1000", str(Decimal(value) / 1000), None)


SOLD = "{{kind: measure, measure: sold, show: {show}, period: {period}}}"
MONTHLY = COMP_PLANS.replace("period: quarter", "period: month").replace(
    "sold: {credits", "sold: {over: quarter, credits"
)


@pytest.mark.parametrize(
    ("show", "period", "expected"),
    [
        ("value", "this_quarter", "700"),  # as it stands at the end of the latest month
        ("value", "this_month", "700"),
        ("value", "last_month", "500"),
        ("value", "last_quarter", "1300"),
        ("target", "this_quarter", "1000"),
        ("attainment", "this_quarter", "0.7"),
        ("remaining", "this_quarter", "300"),
        ("remaining", "last_quarter", "0"),
    ],
)
def test_a_measure_shows_where_the_payee_stands(
    look: Callable[..., Callable[[str], Wanted]], show: str, period: str, expected: str
) -> None:
    rows = [
        measured("u", "2026-03", "FY2026-Q1", "1300"),
        measured("u", "2026-04", "FY2026-Q2", "500"),
        measured("u", "2026-05", "FY2026-Q2", "700"),
    ]
    wanted = look(SOLD.format(show=show, period=period), "user", results(measures=rows), comp_plans=MONTHLY)
    assert wanted("u").value == Decimal(expected)
    assert wanted("v").value is None


def test_a_streak_shows_its_days_at_the_end_of_the_pay_period(look: Callable[..., Callable[[str], Wanted]]) -> None:
    row = "row: {streak: [sales], at_least: 1, counts: current}"
    plans = MONTHLY.replace("sold: {", f"{row}\n      sold: {{")
    days = {"2026-04": "12", "2026-05": "3"}
    rows = [("ae", "row", "u", month, "all", number, None, None, None) for month, number in days.items()]
    for period, expected in (("this_month", "3"), ("last_month", "12")):
        text = SOLD.format(show="value", period=period).replace("sold", "row")
        wanted = look(text, "user", results(measures=rows), comp_plans=plans)("u")
        assert (wanted.value, wanted.parts["credited"]) == (Decimal(expected), expected)


def test_a_measure_says_what_it_is_held_against(look: Callable[..., Callable[[str], Wanted]]) -> None:
    rows = [measured("u", "2026-05", "FY2026-Q2", "700")]
    attained = SOLD.format(show="attainment", period="this_quarter")
    wanted = look(attained, "user", results(measures=rows), comp_plans=MONTHLY)("u")
    assert wanted.reason == "Sold FY2026-Q2: 700.00 of 1,000.00"
    assert wanted.source == "measure/ae/sold/user/u/FY2026-Q2"
    assert in_words("{attainment}, {remaining} to go", wanted, Unit.PERCENT, "Ann").value == "70 %, 300.00 to go"
