"""Answers that name all there is: what they lack has ended, unless it is too much to believe at once."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from synced import changes

from connectors.base import Page, Row, Stream, Sweep, Whole
from sync.store.doubted import doubted_streams
from sync.store.erasure import erase, save_vanished
from sync.store.gaps import gap_texts, read_gaps
from sync.store.pages import save_page
from sync.store.sweeps import keep_streams

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sync.store.store import Store

STAMP = "2026-05-04T08:00:00.000Z"
USERS = changes("user")


def read(store: Store, numbers: Iterable[int]) -> int:
    """How many members ended by an answer that names these."""
    rows = tuple(Row({"id": f"{n:03}", "team_id": "t", "user_id": str(n)}, {}, STAMP) for n in numbers)
    made = {"team_member": rows} if rows else {}
    page = Page("user", "{}", complete=True, rows=made, whole=(Whole("team_member", ""),))
    return save_page(store, "crm", USERS, page)["team_member"].deleted


def live(store: Store) -> int:
    return int(store.rows("SELECT count(*) FROM team_member WHERE deleted = 0")[0][0])


@pytest.mark.parametrize(("held", "ended"), [(1, 1), (3, 3), (9, 4), (69, 20), (300, 30)])
def test_few_that_an_answer_lacks_have_ended(store: Store, held: int, ended: int) -> None:
    read(store, range(held))
    assert read(store, range(ended, held)) == ended
    assert (live(store), read_gaps(store, "crm")) == (held - ended, [])


@pytest.mark.parametrize(("held", "named"), [(4, 0), (9, 4), (69, 3), (69, 48), (300, 269)])
def test_many_are_kept_and_told_until_the_next_answer_lacks_them_too(store: Store, held: int, named: int) -> None:
    read(store, range(held))
    assert read(store, range(named)) == 0
    assert live(store) == held
    [gap] = read_gaps(store, "crm")
    assert (gap.object, gap.records, gap.of) == ("team_member", held - named, held)
    assert f"{held - named} of {held} team_member records are not in the CRM's answer" in gap_texts([gap])["user"]
    assert read(store, range(named)) == held - named
    assert (live(store), read_gaps(store, "crm")) == (named, [])


def test_a_stream_that_is_in_doubt_is_read_by_the_next_pull_to_decide(store: Store) -> None:
    read(store, range(69))
    assert doubted_streams(store, "crm") == frozenset()
    read(store, ())
    assert doubted_streams(store, "crm") == {"user"}
    read(store, ())
    assert doubted_streams(store, "crm") == frozenset()


def test_what_the_next_answer_names_again_was_never_gone(store: Store) -> None:
    read(store, range(69))
    read(store, ())
    read(store, range(69))
    assert (live(store), read_gaps(store, "crm")) == (69, [])
    assert read(store, ()) == 0, "and the doubt begins anew"


def test_what_ends_beside_many_that_were_doubted_is_looked_at_by_itself(store: Store) -> None:
    read(store, range(69))
    read(store, range(30))
    assert read(store, range(3)) == 39, "27 more are too many again"
    assert live(store) == 30
    assert read(store, range(3)) == 27


def test_most_of_few_records_do_not_vanish_on_the_word_of_one_id_list(store: Store) -> None:
    ids = Stream("user:ids", "team_member", Sweep.IDS)
    read(store, range(12))
    everything = [f"{n:03}" for n in range(12)]
    assert save_vanished(store, "crm", ids, everything) == 0
    assert [gap.records for gap in read_gaps(store, "crm")] == [12]
    assert save_vanished(store, "crm", ids, everything) == 12


def test_a_doubt_goes_with_the_record_and_with_the_stream(store: Store) -> None:
    read(store, range(30))
    read(store, ())
    erase(store, "crm", "team_member", "007")
    assert [gap.records for gap in read_gaps(store, "crm")] == [29]
    keep_streams(store, "crm", [changes("account")])
    assert read_gaps(store, "crm") == []
