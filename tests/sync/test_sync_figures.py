"""Figures for people, out of the stored results."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from synced import earning, keep, results, save_rows, write_project

from sync.figures import Figures, Rep, read_figures

if TYPE_CHECKING:
    from pathlib import Path

    from sync.store.store import Store

NOW = datetime(2026, 5, 20, 12, tzinfo=UTC)
QUARTER = "FY2026-Q2"


def user(key: str, name: str | None, email: str | None = None, team: str | None = None) -> dict[str, Any]:
    return {"id": key, "name": name, "email": email, "team": team, "active": 1}


def won(key: str, amount: str | None, period: str = "all", grain: str = "user") -> tuple[Any, ...]:
    return ("won_amount", grain, key, period, amount, None, None)


def earned(payee: str, amount: str, component: str = "commission", status: str = "earned") -> tuple[Any, ...]:
    return earning(payee, QUARTER, amount, component, opportunity=f"{payee}-{component}", status=status)


def figures(store: Store, folder: Path, users: list[dict[str, Any]], **computed: Any) -> Figures:
    project = write_project(folder / "project")
    save_rows(store, "user", *users, custom={})
    keep(store, project, results(**computed))
    return read_figures(project, store, "crm", NOW)


def test_without_results_there_is_nothing_to_show(store: Store, tmp_path: Path) -> None:
    assert figures(store, tmp_path, []) == Figures(QUARTER, Decimal(0), {}, ())


def test_reps_show_their_quarter_those_with_a_quota_first_then_by_commission(store: Store, tmp_path: Path) -> None:
    users = [user("u1", "Ann", team="West"), user("u2", "Bo"), user("u3", "Cy"), user("u4", "Di"), user("u5", "Ed")]
    found = figures(
        store,
        tmp_path,
        users,
        metrics=[won("u1", "100.50", QUARTER), won("u2", "7", QUARTER), won("u1", "9", "FY2026-Q1")],
        attainment=[
            ("bookings", "u1", QUARTER, "100.5", "1000", "0.1005"),
            ("bookings", "u4", QUARTER, "0", "0", None),
        ],
        earnings=[
            earned("u1", "8.04"),
            earned("u3", "5"),
            earned("u3", "3.04", "override"),
            earned("u2", "99", status="estimated"),
        ],
    )
    assert found.period == QUARTER
    assert found.reps == (
        Rep("u1", "Ann", "West", Decimal("100.5"), Decimal(1000), Decimal("0.1005"), Decimal("8.04")),
        Rep("u4", "Di", "", Decimal(0), Decimal(0), None, Decimal(0)),
        Rep("u3", "Cy", "", Decimal(0), None, None, Decimal("8.04")),
        Rep("u2", "Bo", "", Decimal(7), None, None, Decimal(0)),
    )


def test_what_was_won_is_over_all_time_and_adds_up(store: Store, tmp_path: Path) -> None:
    users = [user("u1", "Ann"), user("u2", "Bo"), user("u3", "Cy")]
    rows = [
        won("u1", "0.10"),
        won("u2", "0.20"),
        won("u3", "0"),
        won("", "0.30", grain="company"),
        won("u1", "5", QUARTER),
    ]
    found = figures(store, tmp_path, users, metrics=rows)
    assert found.won_total == Decimal("0.3")
    assert found.won_by_user == {"Ann": Decimal("0.1"), "Bo": Decimal("0.2")}


def test_people_of_one_name_are_told_apart(store: Store, tmp_path: Path) -> None:
    users = [user("u1", "Ann", "a@x.example"), user("u2", "Ann", "b@x.example"), user("u3", None, "c@x.example")]
    found = figures(store, tmp_path, users, metrics=[won("u1", "1"), won("u2", "2"), won("u3", "3")])
    assert sorted(found.won_by_user.values()) == [1, 2, 3]
    assert set(found.won_by_user) >= {"Ann <a@x.example>", "Ann <b@x.example>"}


def test_people_of_one_name_and_no_email_do_not_swallow_each_others_amounts(store: Store, tmp_path: Path) -> None:
    users = [user("u1", "Ann"), user("u2", "Ann"), user("u3", "Ann", "a@x.example")]
    found = figures(store, tmp_path, users, metrics=[won("u1", "1"), won("u2", "2"), won("u3", "3")])
    assert sorted(found.won_by_user.values()) == [1, 2, 3]
    assert not any("None" in name for name in found.won_by_user)
