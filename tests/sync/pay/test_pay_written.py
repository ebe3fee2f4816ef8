"""What of the ledger is written to the CRM: closed pay periods alone, as statements say them."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest
from paid import CAL, PAY, PLANS, REV, close
from synced import SETTINGS, credit, keep, results, write_project
from test_pay_closed import LATE, Q1, Q2

from config.metrics import Unit
from config.values import PayOf
from sync.pay.calculate import calculate
from sync.pay.figures import PeriodFigures
from sync.pay.move import reopen
from sync.plan.pay_results import pay_results, unit_of_pay
from sync.plan.results import Results
from sync.statements.kept import read_books

if TYPE_CHECKING:
    from config.loader import Project
    from salesops.calendar import Period
    from sync.plan.results import Lookup, Wanted
    from sync.store.store import Store

DAY = date(2025, 7, 20)
FIGURES = ("paid", "earned", "adjusted", "held", "owed", "carried")


def quarter(results: Results, name: str) -> Period:
    return next(p for p in results.calendar.periods("quarter", date(2024, 1, 1), date(2025, 12, 31)) if p.name == name)


def look(project: Project, store: Store, show: str, period: str = Q1, **more: Any) -> Lookup:
    found = Results(store, project, "crm", DAY)
    return pay_results(found, PayOf.model_validate({"kind": "pay", "show": show, **more}), quarter(found, period))


def values(project: Project, store: Store, period: str) -> dict[tuple[str, str], object]:
    return {(show, user): look(project, store, show, period)(user).value for show in FIGURES for user in ("u1", "u2")}


def test_nothing_is_paid_before_the_pay_period_is_closed(project: Project, ledger: Store) -> None:
    keep(ledger, project, results(credits_=[credit("u1", "6001", period=Q1)]))
    calculate(project, ledger, "crm", Q1, CAL)
    paid, state = look(project, ledger, "paid")("u1"), look(project, ledger, "state")
    assert (paid.value, paid.counted, paid.reason) == (None, False, f"paid {Q1}: calculated, not closed yet")
    assert (state("u1").value, state("u1").counted, state("stranger").value) == ("calculated", False, None)
    assert look(project, ledger, "state", Q2)("u1").value == "open"
    assert look(project, ledger, "state", "FY2024-Q4")("u1").value is None


def test_a_closed_pay_period_says_what_the_ledger_does(project: Project, ledger: Store) -> None:
    close(project, ledger, Q1)
    paid = look(project, ledger, "paid")("u1")
    # 8 % of 10,000 up to the target, 12 % of 2,000 above, and 2 % of a line item of 3,000
    assert (paid.value, paid.reason) == (Decimal(1100), f"paid {Q1}, by the ledger: ae 1,100.00 USD")
    assert (paid.source, paid.basis, paid.counted) == (f"pay/paid/user/u1/{Q1}", Q1, True)
    assert look(project, ledger, "paid", comp_plan="ae")("u1").source == f"pay/paid/ae/user/u1/{Q1}"
    none = look(project, ledger, "adjusted")("u1")
    assert (none.value, none.reason) == (0, f"adjusted {Q1}: nothing, by the ledger")
    assert look(project, ledger, "paid")("stranger").value is None
    assert (look(project, ledger, "state")("u1").value, look(project, ledger, "state")("u1").counted) == (
        "closed",
        True,
    )


def test_of_whom_all_is_settled_neither_a_statement_nor_a_figure_says_anything(project: Project, ledger: Store) -> None:
    close(project, ledger, Q1)
    over = PLANS.replace("    eligible: {}", "    effective_until: 2025-04-01\n    eligible: {}", 1)
    after = write_project(project.root, settings=SETTINGS + PAY, comp_plans=over)
    close(after, ledger, Q2)
    for period, payees in ((Q1, ("u1", "u2")), (Q2, ())):
        assert read_books(ledger, "crm", period).payees == payees
        paid = look(after, ledger, "paid", period)
        assert tuple(user for user in ("u1", "u2") if paid(user).value is not None) == payees


def test_what_is_closed_stays_whatever_is_learned_or_reopened_later(project: Project, ledger: Store) -> None:
    close(project, ledger, Q1)
    before = values(project, ledger, Q1)
    for change, _ in LATE.values():
        change(ledger)
    calculate(project, ledger, "crm", Q2, CAL)
    reopen(project, ledger, "crm", Q2, "once more", REV)
    assert values(project, ledger, Q1) == before
    close(project, ledger, Q2)
    assert values(project, ledger, Q1) == before
    assert look(project, ledger, "adjusted", Q2)("u2").value != 0


PAID = {("paid", "u"): {("ae", "EUR"): Decimal(10), ("manager", "USD"): Decimal(5), ("game", "points"): Decimal(7)}}
PAYEES = {"ae": frozenset("uv"), "manager": frozenset("u"), "game": frozenset("ug"), "new": frozenset("n")}
UNITS = {"ae": frozenset({"EUR"}), "manager": frozenset({"USD"}), "game": frozenset({"points"})}


@pytest.mark.parametrize(
    ("more", "user", "expected"),
    [
        ({}, "u", None),  # euros and dollars are not added up
        ({"comp_plan": "ae"}, "u", 10),
        ({"comp_plan": "manager"}, "u", 5),
        ({"unit": "points"}, "u", 7),
        ({"unit": "points"}, "g", 0),
        ({"unit": "points"}, "v", None),
        ({}, "v", 0),
        ({}, "n", 0),
        ({}, "g", None),
        ({"comp_plan": "game"}, "u", None),
    ],
)
def test_a_figure_is_of_one_unit(
    project: Project, ledger: Store, more: dict[str, str], user: str, expected: int | None
) -> None:
    found = Results(ledger, project, "crm", DAY)
    found.__dict__["figures_of_pay"] = lambda _: PeriodFigures("closed", PAYEES, PAID, UNITS)
    value = PayOf.model_validate({"kind": "pay", "show": "paid", **more})
    wanted: Wanted = pay_results(found, value, quarter(found, Q1))(user)
    assert wanted.value == expected
    assert ("several currencies" in wanted.reason) == ((more, user) == ({}, "u"))


def test_units_decide_what_kind_of_field_holds_a_figure() -> None:
    def unit(**more: str) -> Unit | None:
        return unit_of_pay(PayOf.model_validate({"kind": "pay", "show": "paid", **more}))

    assert (unit(), unit(unit="points"), unit(show="state")) == (Unit.MONEY, Unit.NUMBER, None)
