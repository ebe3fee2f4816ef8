"""`salesops explain payout` of streaks: which days made a row, what broke it, and what lengthens the last."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from figured import DAY, call, figured
from synced import save_rows

from sync.as_of import parse_as_of
from sync.compute import compute_connection
from sync.store.runs import recorded
from sync.store.store import Store

if TYPE_CHECKING:
    from config.loader import Project

PLANS = """\
comp_plans:
  ae:
    label: AE
    effective_from: 2026-01-01
    eligible: {users: [ann@x.example]}
    credits:
      calls: {source: activity, where: [{field: kind, is: call}], time: at, amount: 1}
    measures:
      now: {streak: [calls], at_least: 2, counts: current}
      best: {streak: [calls], at_least: 2, counts: longest, over: quarter}
      threes: {streak: [calls], at_least: 2, counts: completed, for: {days: 3}}
      steady: {streak: [calls], at_least: 2, counts: completed, for: {months: 1}}
      spring: {streak: [calls], at_least: 2, counts: completed, for: {months: 2}, over: quarter}
    components:
      days: {kind: amount, amount: 10 * now + 1 * best}
      reward: {kind: amount, amount: 100 * threes + 1000 * steady + spring}
payees:
  bo@x.example:
    - {comp_plan: ae, until: 2026-05-16}
    - {comp_plan: ae, from: 2026-05-18, leave: [{from: 2026-05-21, until: 2026-05-25}]}
"""
"""Ann calls twice a day from Thursday 7 to Wednesday 13 May, once on the 14th, twice on the 18th and 19th, and once by
the end of DAY, the 20th. Bo, who is not there on the weekend of the 16th, calls twice a day from the 13th on."""

ANN = {7: 2, 8: 2, 11: 2, 12: 2, 13: 2, 14: 1, 15: 0, 18: 2, 19: 2, 20: 1}
BO = {13: 2, 14: 2, 15: 2, 18: 2, 19: 2, 20: 2}


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    project = figured(tmp_path_factory.mktemp("project"), computed=False, comp_plans=PLANS)
    calls = [
        {"id": f"{owner}{day}{n}", "kind": "call", "owner_id": owner, "at": f"2026-05-{day:02}T10:0{n}:00.000Z"}
        for owner, made in (("u1", ANN), ("u2", BO))
        for day, number in made.items()
        for n in range(number)
    ]
    with Store(project.root / project.settings.store) as store:
        save_rows(store, "activity", *calls, custom={})
        moment = parse_as_of(DAY, project.settings.time_zone)
        with recorded(store, "compute", "crm", moment) as run:
            compute_connection(project, store, "crm", moment, run.id)
    return project


def streaks(project: Project, user: str, *words: str) -> dict[str, Any]:
    result = call(project, "explain", "payout", "--user", f"{user}@x.example", *words, "--json")
    assert result.exit_code == 0, result.output
    told = json.loads(result.stdout)["components"]
    return {one["measure"]: one for each in told for one in each["intervals"][-1]["measures"]}


def people_read(project: Project, user: str) -> str:
    result = call(project, "explain", "payout", "--user", f"{user}@x.example", width=200)
    assert result.exit_code == 0, result.output
    return result.output


def test_the_rows_are_there_with_their_days_and_what_broke_them(project: Project) -> None:
    found = streaks(project, "ann")
    assert {name: one["value"] for name, one in found.items()} == {
        "now": "2",
        "best": "5",
        "threes": "1",
        "steady": "0",
        "spring": "0",
    }
    first, last = found["threes"]["streak"]["rows"]
    assert [each["day"][-2:] for each in first["days"]] == ["07", "08", "11", "12", "13"]
    assert (first["broken_on"], first["had"], first["completed"], first["makes_it"]) == ("2026-05-14", "1", 1, True)
    assert (last["broken_on"], last["completed"], last["makes_it"]) == (None, 0, False)
    assert [row["makes_it"] for row in found["now"]["streak"]["rows"]] == [False, True]
    assert [row["makes_it"] for row in found["best"]["streak"]["rows"]] == [True, False]


def test_people_read_which_days_it_was_and_what_comes_next(project: Project) -> None:
    said = people_read(project, "ann")
    assert "5 days from 2026-05-07 to 2026-05-13, completed 1 time; broken on 2026-05-14, which has 1 of 2" in said
    assert "2 days from 2026-05-18 to 2026-05-19\n" in said
    assert (
        "next: 2026-05-20 lengthens it with 2 or more, and has 1 so far; 1 more such day in a row completes the" in said
    )
    # the row from 18 May to 17 June
    assert "as much on every working day up to 2026-06-17 completes the next" in said


def test_who_was_away_from_the_comp_plan_began_anew_and_leave_asks_for_more_days(project: Project) -> None:
    found = streaks(project, "bo")
    first, last = found["steady"]["streak"]["rows"]
    assert (first["broken_on"], first["had"], len(last["days"])) == ("2026-05-16", None, 3)
    said = people_read(project, "bo")
    assert "3 days from 2026-05-13 to 2026-05-15, completed 1 time; broken on 2026-05-16, off the comp plan" in said
    # 18 May to 17 June, and the 4 days of leave from 21 to 24 May more; the next working day is after them
    assert "next: 2026-05-25 lengthens it with 2 or more; as much on every working day up to 2026-06-21" in said
    assert "3 more such days in a row complete the next" in said


def test_what_would_be_full_after_the_interval_is_not_promised(project: Project) -> None:
    # two months from 18 May end on 17 July, in the next quarter
    assert (
        streaks(project, "ann")["spring"]["streak"]["next"]
        == "2026-05-20 lengthens it with 2 or more, and has 1 so far"
    )


def test_of_a_period_that_is_over_nothing_comes_next(project: Project) -> None:
    found = streaks(project, "ann", "--period", "2026-04")
    assert {name: one["streak"]["next"] for name, one in found.items()} == dict.fromkeys(found, "")
