"""The marks of partial data, and whose figure a user is shown: in plans, texts and notes."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest
from planned import lines, plan_of
from synced import keep, number, results, save_fields, save_rows, text, to_field, write_project

from config.metrics import Unit
from connectors.base import CrmField
from connectors.writing import FieldKind
from salesops.fiscal import build_calendar
from sync.partial import partial_notes
from sync.plan.fields import unit_of, value_results
from sync.plan.results import Results, Wanted
from sync.plan.texts import in_words
from sync.plan.values import can_hold, format_value, same_value
from sync.provision import needs_of

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from sync.store.store import Store

DAY = date(2026, 5, 20)
FLAG = CrmField("mark", "Mark", "boolean", updateable=True)
WON = "{{kind: metric, metric: won_amount, period: this_quarter{}}}"
ROWS = [
    ("won_amount", "user", "u", "FY2026-Q2", "7", None, None),
    ("won_amount", "team", "East", "FY2026-Q2", "30", None, None),
    ("won_amount", "manager", "boss", "FY2026-Q2", "90", None, None),
]
QUOTA_OF_V = [("bookings", "v", "FY2026-Q2", "0", "10000", "0")]
PARTIAL = [("won_amount", "FY2026-Q2", date(2026, 4, 15), "FY2026-Q3")]


@pytest.fixture
def look(store: Store, tmp_path: Path) -> Callable[..., Callable[[str], Wanted]]:
    """From what a field shows (the end of WON), and whether the quarter is partial, to its look-up."""

    def find(more: str = "", *, partial: bool = True) -> Callable[[str], Wanted]:
        project = write_project(tmp_path / "project", [to_field("user", "f", WON.format(more))])
        marks = PARTIAL if partial else ()
        keep(store, project, results(metrics=ROWS, attainment=QUOTA_OF_V, partial=marks))
        save_rows(store, "user", {"id": "u", "team": "East"}, {"id": "boss"}, {"id": "v", "team": "East"}, custom={})
        return value_results(Results(store, project, "crm", DAY), project.writeback.writeback["crm"][0].value)

    return find


def test_a_partial_value_says_so_in_its_reason(look: Callable[..., Callable[[str], Wanted]]) -> None:
    assert look()("u").reason == "Won amount FY2026-Q2; partial, records begin 2026-04-15"
    assert look(partial=False)("u").reason == "Won amount FY2026-Q2"


def test_0_of_a_partial_period_is_partial_too(look: Callable[..., Callable[[str], Wanted]]) -> None:
    nothing = look()("v")
    assert nothing.value == 0
    assert nothing.reason == "Won amount FY2026-Q2: nothing counted; partial, records begin 2026-04-15"


def test_a_text_can_carry_the_mark(look: Callable[..., Callable[[str], Wanted]]) -> None:
    words = "{value} {partial}"
    assert in_words(words, look()("u"), Unit.MONEY, "Ann").value == "7.00 partial, records begin 2026-04-15"
    assert in_words(words, look(partial=False)("u"), Unit.MONEY, "Ann").value == "7.00 "


@pytest.mark.parametrize(
    ("show", "marked", "plain"),
    [("partial", "true", "false"), ("complete_from", "FY2026-Q3", None), ("value", 7, 7), ("sample", 0, 0)],
)
def test_what_is_shown_of_a_metric(
    look: Callable[..., Callable[[str], Wanted]], show: str, marked: Any, plain: Any
) -> None:
    assert look(f", show: {show}")("u").value == marked
    assert look(f", show: {show}", partial=False)("u").value == plain


@pytest.mark.parametrize(("show", "value"), [("partial", "false"), ("complete_from", None), ("sample", None)])
def test_nothing_is_partial_of_somebody_who_sells_nothing(
    look: Callable[..., Callable[[str], Wanted]], show: str, value: str | None
) -> None:
    wanted = look(f", show: {show}")("nobody")
    assert (wanted.value, wanted.counted) == (value, False)


@pytest.mark.parametrize(
    ("grain", "user", "value", "source"),
    [
        ("user", "u", 7, "metric/won_amount/user/u/FY2026-Q2"),
        ("team", "u", 30, "metric/won_amount/team/East/FY2026-Q2"),
        ("team", "boss", None, ""),
        ("manager", "boss", 90, "metric/won_amount/manager/boss/FY2026-Q2"),
        ("manager", "u", None, "metric/won_amount/manager/u/FY2026-Q2"),
    ],
)
def test_a_user_is_shown_their_own_their_teams_or_their_peoples(
    look: Callable[..., Callable[[str], Wanted]], grain: str, user: str, value: int | None, source: str
) -> None:
    wanted = look(f", grain: {grain}")(user)
    assert (wanted.value, wanted.source) == (value, source)


def test_a_checkbox_is_never_empty_and_an_empty_one_says_no(tmp_path: Path) -> None:
    zone = write_project(tmp_path).settings.time_zone
    assert format_value(None, None, FLAG, zone) == "false"  # type: ignore[arg-type]  # no zone is asked for
    assert same_value(None, "false", FLAG)
    assert same_value("true", "TRUE", FLAG)
    assert not same_value("true", None, FLAG)


def test_a_mark_has_its_place_in_a_checkbox_or_a_text() -> None:
    fields = (FLAG, text("t"), number("n"))
    assert [can_hold(field, None, is_flag=True) for field in fields] == [True, True, False]
    assert not can_hold(FLAG, None)


def test_each_mark_has_its_kind_of_field(tmp_path: Path) -> None:
    shows = ("value", "partial", "complete_from", "sample")
    project = write_project(tmp_path, [to_field("user", show, WON.format(f", show: {show}")) for show in shows])
    assert [need.kind for need in needs_of(project, "crm").fields] == [
        FieldKind.MONEY,
        FieldKind.FLAG,
        FieldKind.TEXT,
        FieldKind.COUNT,
    ]
    units = [unit_of(project, write.value) for write in project.writeback.writeback["crm"]]
    assert units == [Unit.MONEY, None, None, Unit.COUNT]


def test_a_plan_sets_the_checkbox_of_a_partial_figure_only(store: Store, tmp_path: Path) -> None:
    project = write_project(tmp_path / "project", [to_field("user", "mark", WON.format(", show: partial"))])
    save_fields(store, user=[FLAG])
    users = [{"id": each, "record_id": each, "name": each, "active": True} for each in ("u", "v")]
    save_rows(store, "user", *users, custom={"u": {"mark": "false"}, "v": {"mark": "false"}})
    keep(store, project, results(metrics=ROWS, partial=PARTIAL))
    assert lines(plan_of(store, project)) == [("u", "false", "true")]


def test_what_is_used_and_partial_is_noted_by_the_day_it_began(tmp_path: Path) -> None:
    project = write_project(tmp_path, [to_field("user", "f", WON.format(""))])
    rows = [
        ("won_amount", "2026-04", date(2026, 4, 15), "2026-05"),
        ("won_amount", "FY2026-Q2", date(2026, 4, 15), "FY2026-Q3"),
        ("won_amount", "2026-01", date(2026, 4, 15), "2026-05"),
        ("calls", "2026-04", date(2026, 4, 15), "2026-05"),
    ]
    calendar = build_calendar(project.settings.fiscal_year)
    notes = partial_notes(project, calendar, DAY, results(partial=rows).partial)
    assert [note.text for note in notes] == [
        "won_amount: partial in 2026-04, FY2026-Q2, records begin 2026-04-15; complete from 2026-05, FY2026-Q3."
    ]


def test_many_metrics_that_began_on_one_day_are_counted(tmp_path: Path) -> None:
    shown = ["won_amount", "won_count", "lost_count", "calls", "emails_sent", "meetings", "leads_created"]
    writes = [to_field("user", name, WON.replace("won_amount", name).format("")) for name in shown]
    project = write_project(tmp_path, writes)
    rows = [(name, "2026-05", date(2026, 5, 15), None) for name in shown]
    calendar = build_calendar(project.settings.fiscal_year)
    (note,) = partial_notes(project, calendar, DAY, results(partial=rows).partial)
    assert note.severity == "info"
    assert note.text.endswith(" and 2 more: partial in 2026-05, records begin 2026-05-15.")


def test_a_sample_is_as_many_as_were_counted(store: Store, tmp_path: Path) -> None:
    project = write_project(tmp_path / "project", [to_field("user", "f", WON.format(", show: sample"))])
    keep(store, project, results(metrics=ROWS))
    with store.transaction() as db:
        db.execute("UPDATE metric_value SET sample = '3' WHERE grain = 'user'")
    look_up = value_results(Results(store, project, "crm", DAY), project.writeback.writeback["crm"][0].value)
    assert look_up("u").value == Decimal(3)
