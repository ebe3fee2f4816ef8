"""What comp plans that pay in several currencies, or in points, earn, as the CRM is to show it."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest
from synced import COMP_PLANS, earning, keep, results, save_rows, to_field, write_project

from sync.plan.earned_results import SEVERAL_CURRENCIES
from sync.plan.fields import unit_of, value_results
from sync.plan.results import Results

if TYPE_CHECKING:
    from pathlib import Path

    from sync.plan.results import Wanted
    from sync.store.store import Store

OTHERS = """\
  emea:
    label: EMEA
    extends: ae
    currency: EUR
  spring:
    label: Points
    extends: ae
    unit: points
"""
ROWS = (
    earning("ann", "FY2026-Q2", "10", opportunity="o1"),
    earning("ann", "FY2026-Q2", "5", "override", comp_plan="emea", opportunity="o1"),
    earning("ann", "FY2026-Q2", "70", comp_plan="spring", opportunity="o1"),
    earning("bo", "FY2026-Q2", "4", comp_plan="emea", opportunity="o2"),
    earning("bo", "FY2026-Q2", "0", opportunity="o2"),
    earning("cy", "FY2026-Q2", "7", "override", comp_plan="spring", opportunity="o3"),
)
QUARTER = "FY2026-Q2"


def looked_up(store: Store, folder: Path, value: str, whose: str, of_object: str = "user") -> tuple[Wanted, str]:
    """A value's result, and the unit of the field that it stands in."""
    project = write_project(folder, [to_field(of_object, "f", value)], comp_plans=COMP_PLANS + OTHERS)
    for number, owner in enumerate(("ann", "bo", "cy"), 1):
        save_rows(store, "opportunity", {"id": f"o{number}", "owner_id": owner}, custom={})
    keep(store, project, results(earnings=ROWS))
    (write,) = project.writeback.writeback["crm"]
    unit = unit_of(project, write.value)
    return value_results(Results(store, project, "crm", date(2026, 5, 20)), write.value)(
        whose
    ), unit.value if unit else ""


@pytest.mark.parametrize(
    ("more", "whose", "value", "reason", "source"),
    [
        (
            "",
            "ann",
            None,
            f"commission 10.00 USD on 100 + override 5.00 EUR on 100; {SEVERAL_CURRENCIES}",
            "commission",
        ),
        (", comp_plan: ae", "ann", 10, "commission 10.00 on 100", "commission/ae"),
        (", comp_plan: emea", "ann", 5, "override 5.00 on 100", "commission/emea"),
        ("", "bo", 4, "commission 4.00 on 100 + commission 0.00 on 100", "commission"),
    ],
)
def test_amounts_in_several_currencies_are_not_added_up(
    store: Store, tmp_path: Path, more: str, whose: str, value: int | None, reason: str, source: str
) -> None:
    found, unit = looked_up(store, tmp_path, f"{{kind: commission, period: this_quarter{more}}}", whose)
    assert (found.value, unit) == (value, "money")
    assert found.reason.endswith(f"{QUARTER}: {reason}")
    assert found.source == f"{source}/user/{whose}/{QUARTER}"


def test_an_opportunity_in_several_currencies_shows_nothing_until_a_comp_plan_is_named(
    store: Store, tmp_path: Path
) -> None:
    found, _ = looked_up(store, tmp_path / "all", "{kind: earned_commission}", "o1", "opportunity")
    assert found.value is None
    assert found.reason.endswith(f"; in EUR, USD: {SEVERAL_CURRENCIES}")
    of_one = "{kind: earned_commission, comp_plan: emea}"
    found, _ = looked_up(store, tmp_path / "one", of_one, "o1", "opportunity")
    assert (found.value, found.source) == (5, "earned_commission/emea/opportunity/o1")


def test_points_are_shown_by_their_unit_and_are_no_money(store: Store, tmp_path: Path) -> None:
    points = "{kind: commission, unit: points, period: this_quarter}"
    found, unit = looked_up(store, tmp_path / "ann", points, "ann")
    assert (found.value, unit, found.source) == (Decimal(70), "number", f"commission/points/user/ann/{QUARTER}")
    assert found.reason == f"points {QUARTER}: commission 70 on 100"
    money, _ = looked_up(store, tmp_path / "cy", "{kind: commission, period: this_quarter}", "cy")
    assert money.value is None
