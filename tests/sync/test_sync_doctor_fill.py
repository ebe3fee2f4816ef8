"""What a field's counts say: filled today, since a month, no more, never; and which team leaves it out."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

import pytest

from salesops.fill import BEFORE, Ask, Cell
from sync.doctor.fill import State, judge_fill

if TYPE_CHECKING:
    from sync.doctor.fill import Filled

ASK = Ask("opportunity", "amount")


def judged(*months: tuple[int, int], owner: str = "ann") -> Filled:
    """What (rows, filled) by month say."""
    return judge_fill(ASK, cells(*months, owner=owner), len(months), {"ann": "East", "bo": "West"})


def cells(*months: tuple[int, int], owner: str = "ann") -> list[Cell]:
    return [Cell(owner, place, rows, filled, None) for place, (rows, filled) in enumerate(months) if rows]


def test_a_field_that_is_filled_every_month_can_be_used_today() -> None:
    found = judged((10, 10), (12, 11), (3, 3), (40, 38))
    assert (found.overall.state, found.overall.gaps, found.overall.since) == (State.TODAY, (), None)
    assert (found.overall.total.rows, found.overall.total.filled) == (65, 62)


def test_a_field_that_begins_to_be_filled_is_usable_from_the_first_complete_month_on() -> None:
    found = judged((30, 0), (30, 0), (30, 14), (30, 29), (30, 30))
    assert (found.overall.state, found.overall.since, found.overall.gaps) == (State.SINCE, 3, (0, 1))


def test_a_field_that_is_no_longer_filled_is_told_with_the_month_it_stopped() -> None:
    found = judged((30, 28), (30, 30), (30, 1), (30, 0))
    assert (found.overall.state, found.overall.until) == (State.STOPPED, 2)


def test_a_gap_in_the_middle_makes_the_figures_whole_only_after_it() -> None:
    found = judged((20, 20), (20, 0), (20, 19), (20, 20))
    assert (found.overall.state, found.overall.since, found.overall.gaps) == (State.SINCE, 2, (1,))


def test_a_field_that_was_never_filled_is_told() -> None:
    assert judged((5, 0), (9, 0)).overall.state is State.NEVER


def test_of_two_records_nothing_can_be_told() -> None:
    assert judged((1, 0), (1, 0)).overall.state is State.TODAY
    assert judged((10, 10), (2, 0)).overall.state is State.TODAY


def test_without_records_there_is_nothing_to_fill() -> None:
    assert judged((0, 0), (0, 0)).overall.state is State.NOTHING


@pytest.mark.parametrize("rows", [1, 5, 20])
def test_a_field_that_few_records_have_is_not_taken_for_one_that_stopped(rows: int) -> None:
    assert judged((100, 5), (100, 4), (rows, 0)).overall.state is State.TODAY


def test_a_team_that_leaves_it_out_is_named() -> None:
    both = [*cells((30, 30), (30, 30)), *cells((20, 0), (20, 1), owner="bo")]
    found = judge_fill(ASK, both, 2, {"ann": "East", "bo": "West"})
    assert found.idle == ("West",)
    assert [(team, part.total.rows, part.months[1].filled) for team, part in found.teams.items()] == [
        ("East", 60, 30),
        ("West", 40, 1),
    ]


def test_records_of_nobody_are_no_team_that_leaves_it_out() -> None:
    both = [*cells((30, 30)), *cells((30, 0), owner="")]
    found = judge_fill(ASK, both, 1, {"ann": "East"})
    assert found.idle == ()
    assert found.teams[""].total.rows == 30


def test_what_is_before_the_window_counts_in_all_and_in_no_month() -> None:
    found = judge_fill(ASK, [Cell("ann", BEFORE, 4, 4, None)], 2, {})
    assert found.overall.total.rows == 4
    assert [month.rows for month in found.overall.months] == [0, 0]


def test_the_order_of_the_counts_does_not_matter() -> None:
    rng = random.Random(3)
    some = [Cell(owner, m, 9, rng.randrange(10), None) for owner in ("ann", "bo", "") for m in range(13)]
    first = judge_fill(ASK, some, 13, {"ann": "East", "bo": "West"})
    for _ in range(5):
        rng.shuffle(some)
        assert judge_fill(ASK, some, 13, {"ann": "East", "bo": "West"}) == first


def test_a_team_that_stops_is_named_while_all_others_go_on() -> None:
    both = [*cells(*[(50, 49)] * 6), *cells((8, 8), (8, 8), (8, 8), (8, 8), (8, 0), (8, 0), owner="bo")]
    found = judge_fill(ASK, both, 6, {"ann": "East", "bo": "West"})
    assert (found.overall.state, found.stopped, found.idle) == (State.TODAY, ("West",), ())
    assert (found.teams["West"].until, found.teams["West"].lacking.rows) == (4, 16)


def test_months_of_a_small_team_are_judged_together() -> None:
    both = [*cells(*[(50, 49)] * 6), *cells((2, 2), (1, 1), (2, 2), (2, 0), (0, 0), (2, 0), owner="bo")]
    found = judge_fill(ASK, both, 6, {"ann": "East", "bo": "West"})
    assert found.stopped == ("West",)
    assert found.teams["West"].gaps == (3, 5)


def test_a_team_that_did_without_for_some_months_is_named() -> None:
    both = [*cells(*[(50, 49)] * 6), *cells((8, 8), (8, 8), (8, 1), (8, 0), (8, 8), (8, 8), owner="bo")]
    found = judge_fill(ASK, both, 6, {"ann": "East", "bo": "West"})
    assert (found.stopped, found.gapped, found.teams["West"].lacking.filled) == ((), ("West",), 1)


def test_where_everybody_stopped_no_team_is_blamed() -> None:
    both = [*cells((20, 20), (20, 20), (20, 0)), *cells((20, 20), (20, 20), (20, 0), owner="bo")]
    found = judge_fill(ASK, both, 3, {"ann": "East", "bo": "West"})
    assert (found.overall.state, found.stopped, found.gapped) == (State.STOPPED, (), ())


@pytest.mark.parametrize("seed", range(20))
def test_teams_that_fill_alike_are_never_named(seed: int) -> None:
    rng = random.Random(seed)
    owners = {f"u{number}": f"Team {number}" for number in range(20)}
    some = []
    for owner in owners:
        for month in range(13):
            rows = rng.randrange(12)
            filled = sum(rng.random() < 0.9 for _ in range(rows))
            some += [Cell(owner, month, rows, filled, None)] if rows else []
    found = judge_fill(ASK, some, 13, owners)
    assert (found.stopped, found.gapped, found.idle) == ((), (), ())
