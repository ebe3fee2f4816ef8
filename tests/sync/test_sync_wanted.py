"""What should stand in the CRM, by kind of value."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest
from synced import QUOTAS, SETTINGS, keep, results, save_rows, to_field, write_project

from config.metrics import Unit
from connectors.base import FieldKind, MissingField
from sync.provision import missing_fields
from sync.wanted import Wanted, read_wanted, unit_of

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from connectors.base import Connector, Description
    from salesops.results import Results
    from sync.store.store import Store

DAY = date(2026, 5, 20)


@pytest.fixture
def look(store: Store, tmp_path: Path) -> Callable[..., Callable[[str], Wanted]]:
    """A function from a value, its object and results to what should stand at each record."""

    def looked(value: str, of_object: str, computed: Results, **files: str) -> Callable[[str], Wanted]:
        project = write_project(tmp_path / "project", [to_field(of_object, "f", value)], **files)
        keep(store, project, computed)
        (write,) = project.writeback.writeback["crm"]
        return read_wanted(store, project, "crm", write, DAY)

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
    assert wanted("u") == Wanted(Decimal(list(PERIODS).index(relative)), f"Won amount {PERIODS[relative]}")


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
    assert wanted("u") == Wanted(Decimal("0.333333"), "Win rate FY2026: 1 of 3")


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
    assert wanted("u") == Wanted(Decimal(value), "Bookings FY2026-Q2: 2,500 of 10,000")
    assert wanted("v") == Wanted(None, "Bookings FY2026-Q2: no quota")


def test_the_attainment_of_a_target_of_0_is_nothing(look: Callable[..., Callable[[str], Wanted]]) -> None:
    rows = [("bookings", "u", "FY2026-Q2", "2500", "0", None)]
    wanted = look(
        "{kind: quota, quota: bookings, show: attainment, period: this_quarter}", "user", results(attainment=rows)
    )
    assert wanted("u") == Wanted(None, "Bookings FY2026-Q2: 2,500 of 0")


def earning(payee: str, period: str, amount: str, component: str = "commission", **more: str) -> tuple[str, ...]:
    row = {"opportunity": "o", "status": "earned", "comp_plan": "ae"} | more
    return (row["comp_plan"], component, payee, period, row["opportunity"], row["status"], "100", amount)


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
    assert wanted("u") == Wanted(Decimal("13.3"), "commission FY2026-Q2: commission 10.3 + override 3")
    assert wanted("v").value == 9


def test_monthly_pay_adds_up_to_the_quarter_and_the_year(look: Callable[..., Callable[[str], Wanted]]) -> None:
    quotas = QUOTAS.replace("quarter", "month")
    rows = [earning("u", f"2026-{month:02}", f"{month}.01") for month in range(1, 13)]
    rows.append(earning("u", "2025-12", "1000"))
    quarter = look(PAY_QUARTER, "user", results(earnings=rows), quotas=quotas)
    assert quarter("u").value == Decimal("15.03")
    year = look("{kind: commission, period: this_year}", "user", results(earnings=rows), quotas=quotas)
    assert year("u").value == Decimal("78.12")
    last = look("{kind: commission, period: last_quarter}", "user", results(earnings=rows), quotas=quotas)
    assert last("u").value == Decimal("6.03")
    month = look("{kind: commission, period: this_month}", "user", results(earnings=rows), quotas=quotas)
    assert month("u").value == Decimal("5.01")


def test_monthly_and_quarterly_pay_together_are_each_counted_once(
    look: Callable[..., Callable[[str], Wanted]],
) -> None:
    rows = [earning("u", "2026-04", "1"), earning("u", "FY2026-Q2", "10"), earning("u", "FY2026", "100")]
    assert look(PAY_QUARTER, "user", results(earnings=rows))("u").value == 11


def test_who_has_a_quota_and_earned_nothing_shows_0_and_who_has_none_shows_nothing(
    look: Callable[..., Callable[[str], Wanted]],
) -> None:
    rows = [("bookings", "payee", "FY2026-Q2", "0", "10000", "0")]
    wanted = look(PAY_QUARTER, "user", results(attainment=rows))
    assert wanted("payee") == Wanted(Decimal(0), "commission FY2026-Q2: nothing earned")
    assert wanted("somebody") == Wanted(None, "commission FY2026-Q2: nothing earned")


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
    assert wanted("o2") == wanted("o3") == Wanted(None, f"nothing {status}")


def test_an_opportunity_with_two_components_says_both(
    look: Callable[..., Callable[[str], Wanted]], store: Store
) -> None:
    save_rows(store, "opportunity", {"id": "o", "owner_id": "rep"}, custom={})
    rows = [earning("rep", "FY2026-Q2", "12.34"), earning("rep", "FY2026-Q2", "1", "accelerator")]
    wanted = look("{kind: earned_commission}", "opportunity", results(earnings=rows))("o")
    assert wanted.value == Decimal("13.34")
    assert "accelerator" in wanted.reason
    assert "commission" in wanted.reason


def test_a_commission_of_0_is_shown_not_cleared(look: Callable[..., Callable[[str], Wanted]], store: Store) -> None:
    save_rows(store, "opportunity", {"id": "o", "owner_id": "rep"}, custom={})
    wanted = look("{kind: earned_commission}", "opportunity", results(earnings=[earning("rep", "FY2026-Q2", "0")]))
    assert wanted("o").value == 0


def test_a_territory_is_the_rules_or_nothing(look: Callable[..., Callable[[str], Wanted]]) -> None:
    wanted = look("{kind: territory}", "account", results(territories=[("1", "North"), ("2", None)]))
    assert wanted("1") == Wanted("North", "territory rule North")
    assert wanted("2") == wanted("3") == Wanted(None, "no territory rule fits")


class Describer:
    """A connector that says which fields are missing."""

    def __init__(self, *missing: MissingField) -> None:
        self.missing = missing

    def describe(self) -> Description:
        from connectors.base import Description

        return Description({}, self.missing)


def test_each_value_has_its_unit_and_a_missing_field_its_kind_in_the_files_order(tmp_path: Path) -> None:
    metric = "{{kind: metric, metric: {}, period: this_quarter}}"
    quota = "{{kind: quota, quota: bookings, show: {}, period: this_quarter}}"
    values = [
        ("user", metric.format("won_amount"), Unit.MONEY, FieldKind.MONEY),
        ("user", metric.format("win_rate"), Unit.PERCENT, FieldKind.PERCENT),
        ("user", metric.format("calls"), Unit.COUNT, FieldKind.COUNT),
        ("user", metric.format("sales_cycle"), Unit.DAYS, FieldKind.NUMBER),
        ("user", quota.format("attainment"), Unit.PERCENT, FieldKind.PERCENT),
        ("user", quota.format("target"), Unit.MONEY, FieldKind.MONEY),
        ("user", PAY_QUARTER, Unit.MONEY, FieldKind.MONEY),
        ("account", "{kind: territory}", None, FieldKind.TEXT),
        ("opportunity", "{kind: earned_commission}", Unit.MONEY, FieldKind.MONEY),
        ("opportunity", "{kind: estimated_commission}", Unit.MONEY, FieldKind.MONEY),
    ]
    writes = [to_field(of_object, f"f{n}", value) for n, (of_object, value, _, _) in enumerate(values)]
    project = write_project(tmp_path, writes)
    assert [unit_of(project, write) for write in project.writeback.writeback["crm"]] == [row[2] for row in values]
    missing = [MissingField(of_object, "X", f"f{n}", "writeback") for n, (of_object, *_) in enumerate(values)][::-1]
    connector: Connector = Describer(*missing[1:], MissingField("user", "X", "team", "mapping"))  # type: ignore[assignment]
    fields = missing_fields(project, "crm", connector)
    assert [(field.object, field.name, field.kind) for field in fields] == [
        (of_object, f"f{n}", kind) for n, (of_object, _, _, kind) in enumerate(values[:-1])
    ]
