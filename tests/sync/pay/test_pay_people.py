"""Nobody approves what they did themselves, under whatever name; nobody moves pay whom the project does not name."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from paid import APP, CAL, PAY, PLANS, REV, close, company
from synced import SETTINGS, write_project

from sync.pay.adjust import adjust
from sync.pay.calculate import calculate
from sync.pay.disputes import dispute, resolve
from sync.pay.errors import PayError, StalePay
from sync.pay.kept import read_calculation
from sync.pay.move import move_on, reopen
from sync.store.pay_changes import read_adjustments, read_outcomes
from sync.store.pay_states import read_last

if TYPE_CHECKING:
    from pathlib import Path

    from config.loader import Project
    from sync.store.store import Store

Q1, Q2 = "FY2025-Q1", "FY2025-Q2"


def reviewed(project: Project, ledger: Store, *, by: str = CAL, reviewer: str = REV) -> None:
    calculate(project, ledger, "crm", Q1, by)
    move_on(project, ledger, "crm", Q1, "reviewed", reviewer)


def approve(project: Project, ledger: Store, by: str) -> None:
    move_on(project, ledger, "crm", Q1, "approved", by)


def state(ledger: Store, period: str = Q1) -> str:
    last = read_last(ledger, "crm", period)
    return last.state if last else "open"


@pytest.mark.parametrize("name", [CAL, REV, CAL.upper(), f" {REV.title()} "])
def test_who_calculated_or_reviewed_does_not_approve_under_any_spelling(
    name: str, project: Project, ledger: Store
) -> None:
    reviewed(project, ledger)
    with pytest.raises(PayError, match="nobody approves what they did themselves"):
        approve(project, ledger, name)
    assert state(ledger) == "reviewed"
    approve(project, ledger, APP)
    assert state(ledger) == "approved"


@pytest.mark.parametrize(
    "entries",
    [
        [f"{{crm: {CAL}, other: {APP}}}"],
        [f"{{crm: mid@x.example, other: {APP}}}", f"{{crm: {CAL}, other: mid@x.example}}"],
    ],
)
def test_one_person_with_several_addresses_is_one_person(entries: list[str], tmp_path: Path) -> None:
    project = company(tmp_path / "project")
    same = "people:\n  same:\n" + "".join(f"    - {each}\n" for each in entries)
    other = SETTINGS.partition("  crm:\n")[2].replace("TEST_TOKEN", "OTHER_TOKEN")
    project = write_project(project.root, settings=f"{SETTINGS}  other:\n{other}{PAY}{same}", comp_plans=PLANS)
    from sync.store.store import Store

    with Store(project.root / project.settings.store) as ledger:
        reviewed(project, ledger)
        with pytest.raises(PayError, match="calculated"):
            approve(project, ledger, APP)


def test_who_adjusted_the_period_does_not_approve_it(project: Project, ledger: Store) -> None:
    adjust(project, ledger, "crm", "ann@x.example", "100", period=Q1, reason="spot", by=APP)
    reviewed(project, ledger)
    with pytest.raises(PayError, match="adjusted"):
        approve(project, ledger, APP)


def test_who_settled_a_dispute_with_money_does_not_approve_the_period_that_pays_it(
    project: Project, ledger: Store
) -> None:
    close(project, ledger, Q1)
    made = dispute(project, ledger, "crm", "u1", line=f"{Q1}:1", reason="more", by=CAL).dispute
    with pytest.raises(PayError, match="nobody settles their own dispute"):
        resolve(project, ledger, "crm", made.id, outcome="accepted", reason="yes", by=CAL, amount="5")
    done = resolve(project, ledger, "crm", made.id, outcome="accepted", reason="yes", by=APP, amount="5")
    assert done.adjustment is not None
    assert (done.adjustment.period, done.adjustment.line.transaction_id) == (Q2, "6001")
    calculate(project, ledger, "crm", Q2, CAL)
    move_on(project, ledger, "crm", Q2, "reviewed", REV)
    with pytest.raises(PayError, match="adjusted"):
        move_on(project, ledger, "crm", Q2, "approved", APP)


def test_who_is_not_named_may_do_nothing(project: Project, ledger: Store) -> None:
    with pytest.raises(PayError, match=r"^eve@x\.example may not move pay"):
        calculate(project, ledger, "crm", Q1, "eve@x.example")
    reviewed(project, ledger)
    with pytest.raises(PayError, match="may not move pay"):
        approve(project, ledger, "eve@x.example")
    with pytest.raises(PayError, match="may not move pay"):
        adjust(project, ledger, "crm", "u1", "1", period=Q2, reason="x", by="eve@x.example")


def test_what_changed_since_it_was_calculated_is_not_approved(project: Project, ledger: Store) -> None:
    reviewed(project, ledger)
    edited = write_project(project.root, settings=SETTINGS + PAY, comp_plans=PLANS.replace("0.08", "0.09"))
    with pytest.raises(StalePay, match="files were changed since calculation 1"):
        approve(edited, ledger, APP)
    reopen(edited, ledger, "crm", Q1, "the rate was wrong", APP)
    assert calculate(edited, ledger, "crm", Q1, CAL).calculation.number == 2
    adjust(edited, ledger, "crm", "u1", "7", period=Q1, reason="x", by=CAL)
    with pytest.raises(StalePay, match="an adjustment came after calculation 2"):
        move_on(edited, ledger, "crm", Q1, "reviewed", REV)
    assert calculate(edited, ledger, "crm", Q1, CAL).calculation.number == 3


def test_to_calculate_the_same_again_does_not_change_who_did_it(project: Project, ledger: Store) -> None:
    calculate(project, ledger, "crm", Q1, CAL)
    again = calculate(project, ledger, "crm", Q1, REV)
    assert (again.is_new, again.calculation.number, again.calculation.author) == (False, 1, CAL)


def test_a_period_that_is_reviewed_is_neither_adjusted_nor_calculated(project: Project, ledger: Store) -> None:
    reviewed(project, ledger)
    with pytest.raises(PayError, match="Open it first"):
        adjust(project, ledger, "crm", "u1", "1", period=Q1, reason="x", by=APP)
    assert not calculate(project, ledger, "crm", Q1, APP).is_new


def test_a_closed_period_is_not_opened_again(project: Project, ledger: Store) -> None:
    close(project, ledger, Q1)
    with pytest.raises(PayError, match="never changes"):
        reopen(project, ledger, "crm", Q1, "please", APP)
    with pytest.raises(PayError, match=f"Adjust {Q2} instead"):
        adjust(project, ledger, "crm", "u1", "1", period=Q1, reason="x", by=APP)


def test_an_adjustment_hangs_on_its_line_and_is_made_once(project: Project, ledger: Store) -> None:
    close(project, ledger, Q1)
    first = adjust(project, ledger, "crm", "u1", "-12.50", period=Q2, reason="twice", by=APP, line=f"{Q1}:1")
    again = adjust(project, ledger, "crm", "u1", "-12.5", period=Q2, reason="twice", by=APP, line=f"{Q1}:1")
    assert (first.is_new, again.is_new) == (True, False)
    assert again.adjustment == replace(first.adjustment, amount=again.adjustment.amount)
    assert len(read_adjustments(ledger, "crm")) == 1
    calculate(project, ledger, "crm", Q2, CAL)
    manual = [e for e in read_calculation(ledger, "crm", Q2).entries.to_pylist() if e["cause"] == "manual"]
    assert {(e["part"], e["transaction_id"], e["earned_in"], f"{e['amount']:.2f}") for e in manual} == {
        (first.adjustment.id, "6001", Q1, "-12.50"),
        (first.adjustment.id, "6001", Q1, "12.50"),
    }


def test_a_dispute_has_one_outcome(project: Project, ledger: Store) -> None:
    close(project, ledger, Q1)
    made = [dispute(project, ledger, "crm", "u1", line=f"{Q1}:1", reason="more", by=CAL) for _ in range(2)]
    assert [each.is_new for each in made] == [True, False]
    id_ = made[0].dispute.id
    ends = [
        resolve(project, ledger, "crm", id_, outcome="rejected", reason="as agreed", by=APP).is_new for _ in range(2)
    ]
    assert ends == [True, False]
    with pytest.raises(PayError, match="was rejected by app@"):
        resolve(project, ledger, "crm", id_, outcome="accepted", reason="after all", by=APP)
    assert read_outcomes(ledger, "crm")[id_].outcome == "rejected"
    assert read_adjustments(ledger, "crm") == []


def test_an_accepted_dispute_is_not_paid_another_amount(project: Project, ledger: Store) -> None:
    calculate(project, ledger, "crm", Q1, CAL)
    made = dispute(project, ledger, "crm", "u1", line=f"{Q1}:1", reason="more", by=CAL).dispute
    resolve(project, ledger, "crm", made.id, outcome="accepted", reason="yes", by=APP, amount="50")
    assert not resolve(project, ledger, "crm", made.id, outcome="accepted", reason="yes", by=APP, amount="50.0").is_new
    with pytest.raises(PayError, match=r"accepted with 50 by app@x\.example"):
        resolve(project, ledger, "crm", made.id, outcome="accepted", reason="yes", by=APP, amount="70")


def test_a_dispute_is_not_settled_in_periods_that_its_comp_plan_pays_in_no_more(
    project: Project, ledger: Store
) -> None:
    close(project, ledger, Q1)
    raised = dispute(project, ledger, "crm", "u1", line=f"{Q1}:1", reason="x", by=CAL).dispute
    monthly = PLANS.replace("period: quarter", "period: month").replace("target:", "over: quarter, target:")
    changed = write_project(project.root, settings=SETTINGS + PAY, comp_plans=monthly)
    with pytest.raises(PayError, match="ae is paid each month, FY2025-Q2 is none of these"):
        resolve(changed, ledger, "crm", raised.id, outcome="accepted", reason="x", by=REV, amount="50")
    assert resolve(changed, ledger, "crm", raised.id, outcome="accepted", reason="x", by=REV).is_new
