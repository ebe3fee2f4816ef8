"""Pull: due streams side by side, each page kept with its position, failures told apart, what vanished found."""

from __future__ import annotations

import threading
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scripted import Scripted, row, stamp, streams_of

from connectors.base import Gone, Links, Page, Patch, Row, RowProblem, Sweep
from connectors.errors import AuthFailed, LimitReached, Rejected, Unreachable
from sync.pull import pull
from sync.pull.workers import Readers
from sync.store import records
from sync.store.erasure import erase
from sync.store.gaps import gap_texts, read_gaps
from sync.store.problems import read_problems
from sync.store.pull_log import read_last_logs
from sync.store.store import Store
from sync.store.sweeps import count_live, read_positions

if TYPE_CHECKING:
    from collections.abc import Collection

    from sync.pull import StreamPull


def pulled(
    store: Store, crm: Scripted, *, sweeps: Collection[Sweep] = (), concurrency: int = 4, **more: Any
) -> dict[str, StreamPull]:
    """What became of each stream that was read."""
    return {each.stream: each for each in pull(store, "crm", crm, concurrency=concurrency, sweeps=sweeps, **more)}


def live(store: Store, name: str = "account") -> set[str]:
    return {each["id"] for each in store.rows(f"SELECT id FROM {name} WHERE deleted = 0")}


def accounts(count: int, minutes: float = -60) -> list[Row]:
    return [row(f"{n:03}", minutes, name=f"A{n}") for n in range(count)]


# ---- pages and positions ----


def test_each_stream_says_what_came_what_it_changed_and_what_it_cost(store: Store) -> None:
    crm = Scripted(streams_of("account", "product"), rows={"account": accounts(5), "product": []})
    crm.along = {"001": {"opportunity_history": (row("h"),)}}
    first = pulled(store, crm)
    account = first["account"]
    assert (account.pages, account.rows, account.changed, account.calls) == (3, 6, 6, 3)
    assert account.counts["opportunity_history"].rows == 1
    assert (first["product"].rows, first["product"].calls) == (0, 1)
    assert (account.complete, account.until, account.lag_seconds) == (True, stamp(0), 0)
    again = pulled(store, crm)
    assert {name: each.changed for name, each in again.items()} == {"account": 0, "product": 0}
    assert again["account"].since == stamp(0)


def test_a_pull_that_stops_goes_on_after_its_last_page(store: Store) -> None:
    crm = Scripted(streams_of("account"), rows={"account": accounts(6)})

    def fail(_stream: str, number: int) -> None:
        if number == 2:
            raise Unreachable("gone")

    crm.before = fail
    with pytest.raises(Unreachable):
        pulled(store, crm)
    assert len(live(store)) == 4
    [position] = read_positions(store, "crm")
    assert position.under_way
    crm.before = lambda *_: None
    assert pulled(store, crm)["account"].rows == 2
    assert crm.asked[1] == ("account", position.cursor)
    assert len(live(store)) == 6


def test_progress_is_told_after_each_page_with_the_total_where_it_is_known(store: Store) -> None:
    told: list[tuple[str, int, int | None]] = []
    crm = Scripted(streams_of("account"), rows={"account": accounts(3)})
    list(pull(store, "crm", crm, lambda *now: told.append(now)))
    assert told == [("account", 2, 3), ("account", 3, 3)]


def test_pages_wait_for_each_other_so_that_few_are_in_memory(store: Store) -> None:
    """The reader is never further ahead than its queue is long."""
    crm = Scripted(streams_of("account"), rows={"account": accounts(40)})
    ahead: list[int] = []
    kept: list[int] = []

    def watch(_stream: str, number: int) -> None:
        ahead.append(number - len(kept))

    crm.before = watch
    list(pull(store, "crm", crm, lambda *_: kept.append(1), concurrency=2))
    assert max(ahead) <= 4


def test_streams_are_read_at_the_same_time_up_to_the_limit(store: Store) -> None:
    """Three streams meet at a barrier, which they pass only together."""
    crm = Scripted(streams_of("account", "user", "product"), rows={name: [] for name in ("account", "user", "product")})
    barrier = threading.Barrier(3, timeout=10)

    def meet(_stream: str, _number: int) -> None:
        barrier.wait()

    crm.before = meet
    assert len(pulled(store, crm, concurrency=3)) == 3


def test_one_at_a_time_is_one_at_a_time(store: Store) -> None:
    crm = Scripted(streams_of("account", "user"), rows={"account": accounts(6), "user": accounts(6)})
    inside: list[str] = []
    crm.before = lambda stream, _number: inside.append(stream)
    pulled(store, crm, concurrency=1)
    assert inside == ["account"] * 3 + ["user"] * 3


def test_what_the_store_holds_is_asked_after_the_streams_own_pages_are_kept(store: Store) -> None:
    crm = Scripted(streams_of("account"), rows={"account": accounts(6)})
    counts: list[int] = []
    read = crm.read

    def reading(stream: str, cursor: str | None, held: Any) -> Any:
        for page in read(stream, cursor, held):
            yield page
            counts.append(held.between(stamp(-100), stamp(0)))
        assert list(held.ids("002")) == ["003", "004", "005"]

    crm.read = reading  # type: ignore[method-assign]
    pulled(store, crm)
    assert counts == [2, 4, 6]


# ---- schedules ----

ALL = ("account", "account:deleted", "account:associations", "account:calculated", "account:ids")


def test_what_is_on_a_schedule_is_first_due_so_long_after_the_first_complete_read(store: Store) -> None:
    crm = Scripted(streams_of(*ALL), rows={"account": accounts(1)})
    assert set(pulled(store, crm)) == {"account"}
    crm.minutes = 60 * 23
    assert set(pulled(store, crm)) == {"account"}
    crm.minutes = 60 * 24
    assert set(pulled(store, crm)) == set(ALL)
    assert set(pulled(store, crm)) == {"account"}
    crm.minutes = 60 * 48
    assert set(pulled(store, crm)) == set(ALL)


def test_zero_hours_are_every_pull_after_the_objects_changes(store: Store) -> None:
    crm = Scripted(streams_of("account:ids", "account:associations", "account", every=timedelta(0)))
    for _ in range(2):
        crm.asked.clear()
        pulled(store, crm)
        assert [name for name, _ in crm.asked] == ["account", "account:associations", "account:ids"]


def test_a_sweep_that_is_asked_for_is_read_whether_due_or_not(store: Store) -> None:
    crm = Scripted(streams_of(*ALL), rows={"account": accounts(1)})
    assert set(pulled(store, crm, sweeps={Sweep.CALCULATED})) == {"account", "account:calculated"}
    assert set(pulled(store, crm, sweeps=set(Sweep))) == set(ALL)


def test_a_sweep_that_was_left_half_way_goes_on_though_it_is_not_due(store: Store) -> None:
    crm = Scripted(streams_of("account", "account:calculated"), rows={"account": accounts(3)})
    crm.formulas["account:calculated"] = [Patch(f"{n:03}", {}, {"Score": str(n)}) for n in range(3)]

    def fail(stream: str, number: int) -> None:
        if (stream, number) == ("account:calculated", 1):
            raise Unreachable("gone")

    crm.before = fail
    with pytest.raises(Unreachable):
        pulled(store, crm, sweeps={Sweep.CALCULATED})
    crm.before = lambda *_: None
    assert pulled(store, crm)["account:calculated"].changed == 2


def test_a_stream_that_the_crm_offers_no_more_keeps_its_age_where_it_is_changes_and_else_goes(store: Store) -> None:
    crm = Scripted(streams_of("account", "account:ids", "user"))
    pulled(store, crm)
    crm.offered = streams_of("user")
    pulled(store, crm)
    assert [p.stream.name for p in read_positions(store, "crm")] == ["account", "user"]


# ---- counts, deletions, vanished records ----


def test_counts_that_agree_ask_nothing_more(store: Store) -> None:
    crm = Scripted(streams_of(*ALL), rows={"account": accounts(4)}, counts=True)
    assert set(pulled(store, crm)) == {"account"}
    [log] = read_last_logs(store, "crm")
    assert (log.crm_count, log.our_count, log.gap) == (4, 4, "")


def gap_of(store: Store, stream: str = "account") -> str:
    return gap_texts(read_gaps(store, "crm")).get(stream, "")


def test_where_we_hold_more_deletions_are_read_at_once(store: Store) -> None:
    crm = Scripted(streams_of(*ALL), rows={"account": accounts(4)}, counts=True)
    pulled(store, crm)
    crm.hidden = {"002"}
    crm.gone["account:deleted"] = [Gone("002")]
    assert set(pulled(store, crm)) == {"account", "account:deleted"}
    assert live(store) == {"000", "001", "003"}
    assert gap_of(store) == ""


def test_where_the_crm_counts_more_nothing_is_read_at_once(store: Store) -> None:
    crm = Scripted(streams_of(*ALL), rows={"account": accounts(4)}, counts=True, miscounted=1)
    assert set(pulled(store, crm)) == {"account"}
    assert gap_of(store) == "the CRM counts 5 live records, we hold 4"


@pytest.mark.parametrize("miscounted", [1, -1])
def test_where_the_same_difference_stands_after_two_pulls_all_ids_are_compared(store: Store, miscounted: int) -> None:
    crm = Scripted(streams_of(*ALL), rows={"account": accounts(4)}, counts=True, miscounted=miscounted)
    assert "account:ids" not in pulled(store, crm)
    assert set(pulled(store, crm)) == {"account", "account:ids"}
    assert set(pulled(store, crm)) == {"account"}, "not so soon again"
    crm.minutes = 60 * 24 - 1
    assert "account:ids" not in pulled(store, crm)
    assert gap_of(store) == f"the CRM counts {4 + miscounted} live records, we hold 4"


@pytest.mark.parametrize(("hours", "later"), [(168, 24), (6, 6)])
def test_what_stands_is_looked_into_once_a_day_or_as_often_as_ids_are_due(
    store: Store, hours: int, later: float
) -> None:
    every = timedelta(hours=hours)
    crm = Scripted(streams_of("account", "account:ids", every=every), counts=True, miscounted=1)
    crm.rows = {"account": accounts(4)}
    pulled(store, crm)
    assert "account:ids" in pulled(store, crm)
    crm.minutes = later * 60 - 1
    assert "account:ids" not in pulled(store, crm)
    crm.minutes += 1
    assert "account:ids" in pulled(store, crm)


def test_a_first_read_that_lacks_much_is_mended_in_the_same_pull(store: Store) -> None:
    """A list that was cut short, and said so by nothing but the CRM's count."""
    crm = Scripted(streams_of(*ALL), counts=True, page_size=100)
    crm.rows = {"account": accounts(300)}
    whole, read = crm.rows["account"], crm.read

    def cut(stream: str, cursor: str | None, held: Any) -> Any:
        crm.rows["account"], crm.miscounted = (whole[:96], 204) if stream == "account" else (whole, 0)
        yield from read(stream, cursor, held)

    crm.read = cut  # type: ignore[method-assign]
    assert set(pulled(store, crm)) == {"account", "account:ids"}
    assert len(live(store)) == 300
    assert gap_of(store) == ""


@pytest.mark.parametrize(("held", "missing", "looked"), [(300, 20, False), (300, 21, True), (3000, 30, False)])
def test_a_first_read_that_lacks_little_waits_whether_it_stands(
    store: Store, held: int, missing: int, looked: bool
) -> None:
    crm = Scripted(streams_of(*ALL), rows={"account": accounts(held)}, counts=True, miscounted=missing, page_size=1000)
    assert ("account:ids" in pulled(store, crm)) is looked


def test_a_large_difference_that_nothing_mends_is_looked_into_three_times_a_day(store: Store) -> None:
    crm = Scripted(streams_of(*ALL), rows={"account": accounts(300)}, counts=True, miscounted=200, page_size=100)
    looked = ["account:ids" in pulled(store, crm) for _ in range(5)]
    assert looked == [True, True, True, False, False]
    crm.minutes = 60 * 24
    assert "account:ids" in pulled(store, crm)


def test_counts_of_a_busy_account_that_differ_otherwise_each_time_cost_nothing(store: Store) -> None:
    crm = Scripted(streams_of("account", "account:ids"), rows={"account": accounts(4)}, counts=True)
    for miscounted in (1, -1, 2, 1, 0, 1):
        crm.miscounted = miscounted
        assert set(pulled(store, crm)) == {"account"}


def test_deletions_that_could_not_tell_a_difference_are_not_read_again_for_it(store: Store) -> None:
    crm = Scripted(streams_of("account", "account:deleted"), rows={"account": accounts(4)}, counts=True, miscounted=-1)
    assert "account:deleted" in pulled(store, crm)
    assert "account:deleted" not in pulled(store, crm)
    crm.miscounted = -2
    assert "account:deleted" in pulled(store, crm)


def test_a_difference_does_not_stand_where_what_could_mend_it_was_cut_short(store: Store) -> None:
    crm = Scripted(streams_of(*ALL), rows={"account": accounts(4)}, counts=True, miscounted=-1)

    def fail(stream: str, _number: int) -> None:
        if stream == "account:deleted":
            raise LimitReached("no calls left")

    crm.before = fail
    with pytest.raises(LimitReached):
        pulled(store, crm)
    assert gap_of(store) == "the CRM counts 3 live records, we hold 4"
    crm.before = lambda *_: None
    assert set(pulled(store, crm)) == {"account", "account:deleted"}


@pytest.mark.parametrize("stop", [LimitReached("no calls left"), Rejected("no"), KeyboardInterrupt()])
@pytest.mark.parametrize("times", [1, 3])
def test_a_difference_that_stands_is_looked_into_by_the_next_pull_where_this_one_is_cut_short(
    store: Store, stop: BaseException, times: int
) -> None:
    crm = Scripted(streams_of(*ALL), rows={"account": accounts(4)}, counts=True, miscounted=1)
    pulled(store, crm)

    def fail(stream: str, _number: int) -> None:
        if stream == "account:ids":
            raise stop

    crm.before = fail
    for _ in range(times):
        with pytest.raises(type(stop)):
            pulled(store, crm)
    crm.before = lambda *_: None
    assert set(pulled(store, crm)) == {"account", "account:ids"}


def test_what_was_erased_here_and_not_there_makes_no_difference_of_counts(store: Store) -> None:
    crm = Scripted(streams_of(*ALL), rows={"account": accounts(4)}, counts=True)
    pulled(store, crm)
    erase(store, "crm", "account", "002")
    for _ in range(3):
        assert set(pulled(store, crm)) == {"account"}
        assert gap_of(store) == ""
    pulled(store, crm, sweeps={Sweep.IDS})
    assert gap_of(store) == ""
    assert live(store) == {"000", "001", "003"}


def test_what_was_erased_here_and_then_deleted_there_is_not_counted_any_more(store: Store) -> None:
    crm = Scripted(streams_of(*ALL), rows={"account": accounts(4)}, counts=True)
    pulled(store, crm)
    erase(store, "crm", "account", "002")
    crm.hidden = {"002"}
    crm.gone["account:deleted"] = [Gone("002")]
    assert set(pulled(store, crm)) == {"account", "account:deleted"}
    assert gap_of(store) == ""
    assert set(pulled(store, crm)) == {"account"}
    crm.hidden = set()  # restored
    pulled(store, crm)
    pulled(store, crm, sweeps={Sweep.IDS})
    assert gap_of(store) == ""
    assert live(store) == {"000", "001", "003"}


def test_what_was_erased_here_and_vanished_there_is_not_counted_once_all_ids_are_compared(store: Store) -> None:
    crm = Scripted(streams_of("account", "account:ids"), rows={"account": accounts(4)}, counts=True)
    pulled(store, crm)
    erase(store, "crm", "account", "002")
    crm.hidden = {"002"}
    pulled(store, crm)
    assert gap_of(store) == "the CRM counts 3 live records, we hold 4"
    assert set(pulled(store, crm)) == {"account", "account:ids"}
    assert gap_of(store) == ""


def test_what_goes_with_an_erased_record_makes_no_difference_of_counts_either(store: Store) -> None:
    crm = Scripted(streams_of("opportunity", "line_item", "activity.call"), counts=True)
    crm.rows["opportunity"] = [row("o1"), row("o2")]
    crm.rows["line_item"] = [row("l1", opportunity_id="o1"), row("l2", opportunity_id="o2")]
    crm.rows["activity.call"] = [row("call:1"), row("call:2")]
    pulled(store, crm)
    erase(store, "crm", "opportunity", "o1")
    erase(store, "crm", "activity", "call:1")
    crm.minutes = 10
    crm.rows["line_item"] += [row("l3", 5, opportunity_id="o1")]
    pulled(store, crm)
    assert live(store, "line_item") == {"l2"}
    assert read_gaps(store, "crm") == []
    crm.minutes = 20
    crm.rows["line_item"][0] = row("l1", 15, opportunity_id="o1", deleted=True)
    pulled(store, crm)
    assert read_gaps(store, "crm") == []


def test_a_record_that_is_nowhere_ends_once_the_difference_stands(store: Store) -> None:
    crm = Scripted(streams_of(*ALL), rows={"account": accounts(4)}, counts=True)
    pulled(store, crm)
    crm.hidden = {"002"}
    assert set(pulled(store, crm)) == {"account", "account:deleted"}
    assert gap_of(store) == "the CRM counts 3 live records, we hold 4"
    assert set(pulled(store, crm)) == {"account", "account:ids"}
    assert crm.fetched == ["002"]
    assert live(store) == {"000", "001", "003"}
    assert gap_of(store) == ""
    assert set(pulled(store, crm)) == {"account"}


def test_a_gap_stays_while_pulls_bring_no_count(store: Store) -> None:
    crm = Scripted(streams_of("account"), rows={"account": accounts(4)}, counts=True, miscounted=1)
    pulled(store, crm)
    crm.counts = False
    pulled(store, crm)
    assert gap_of(store) == "the CRM counts 5 live records, we hold 4"
    crm.counts, crm.miscounted = True, 0
    pulled(store, crm)
    assert gap_of(store) == ""


# ---- which first ----


def test_what_was_complete_longest_ago_is_read_first(store: Store) -> None:
    names = ("account", "user", "product")
    crm = Scripted(streams_of(*names), rows={name: accounts(3) for name in names})

    def first_come() -> list[str]:
        """The streams, as a day that has room for one of them reads them."""
        crm.asked.clear()
        crm.minutes += 1
        left = [2]

        def spend(_stream: str, _number: int) -> None:
            left[0] -= 1
            if left[0] < 0:
                raise LimitReached("no calls left today")

        crm.before = spend
        with pytest.raises(LimitReached):
            pulled(store, crm, concurrency=1)
        return [name for name, _ in crm.asked]

    assert [first_come()[0] for _ in range(3)] == ["account", "user", "product"]
    crm.before = lambda *_: None
    assert list(pulled(store, crm, concurrency=1)) == ["account", "user", "product"]


def test_a_sweep_is_read_though_the_one_that_it_would_follow_is_not_wanted(store: Store) -> None:
    crm = Scripted(streams_of("account", "account:deleted", "account:ids"), rows={"account": accounts(3)})
    pulled(store, crm)
    crm.minutes = 60
    pulled(store, crm, sweeps={Sweep.DELETED})
    crm.minutes = 120
    assert list(pulled(store, crm, sweeps={Sweep.IDS})) == ["account", "account:ids"]
    crm.minutes = 60 * 25
    pulled(store, crm, sweeps={Sweep.DELETED})
    crm.minutes = 60 * 27
    assert list(pulled(store, crm)) == ["account", "account:ids"]


def test_changes_go_before_what_is_on_a_schedule(store: Store) -> None:
    crm = Scripted(streams_of("account", "account:ids", "user"), rows={"account": accounts(3), "user": []})
    pulled(store, crm)
    crm.minutes = 60 * 24
    assert list(pulled(store, crm, concurrency=1)) == ["account", "user", "account:ids"]


def test_ids_bring_records_that_were_missed_or_are_newer_than_ours(store: Store) -> None:
    crm = Scripted(streams_of("account", "account:ids"), rows={"account": accounts(3)})
    pulled(store, crm)
    crm.rows["account"][1] = row("001", -30, name="late edit")  # both far behind the next window
    crm.rows["account"].append(row("late", -50, name="late"))
    assert pulled(store, crm, sweeps={Sweep.IDS})["account:ids"].changed == 2
    assert {each["name"] for each in store.rows("SELECT name FROM account")} == {"A0", "late edit", "A2", "late"}
    assert sorted(crm.fetched) == ["001", "late"]


def test_a_record_that_the_list_lacks_and_a_look_finds_stays(store: Store) -> None:
    crm = Scripted(streams_of("account", "account:ids"), rows={"account": accounts(3)})
    pulled(store, crm)
    ids = crm._ids

    def lacking(*args: Any) -> Any:
        for page in ids(*args):
            kept = tuple(pair for pair in page.seen if pair[0] != "001")
            yield type(page)(page.stream, page.cursor, page.complete, seen=kept)

    crm._ids = lacking  # type: ignore[method-assign, assignment]
    pulled(store, crm, sweeps={Sweep.IDS})
    assert crm.fetched == ["001"]
    assert len(live(store)) == 3


def test_people_who_vanish_are_erased_with_their_history_but_may_come_again(store: Store) -> None:
    crm = Scripted(streams_of("contact", "contact:ids"), rows={"contact": [row("p"), row("q")]})
    crm.along = {"p": {"field_history": (row("h", object="contact", record_id="p", field="status"),)}}
    pulled(store, crm)
    crm.hidden = {"p"}
    pulled(store, crm, sweeps={Sweep.IDS})
    assert [each["id"] for each in store.rows("SELECT id FROM contact")] == ["q"]
    assert store.rows("SELECT * FROM field_history") == []
    crm.hidden = set()
    pulled(store, crm, sweeps={Sweep.IDS})
    assert live(store, "contact") == {"p", "q"}


def test_people_whom_we_hold_as_deleted_are_forgotten_when_the_crm_forgets_them(store: Store) -> None:
    crm = Scripted(streams_of("contact", "contact:deleted", "contact:ids"), rows={"contact": [row("p"), row("q")]})
    crm.rows["contact"].append(row("kept in the bin", deleted=True))
    crm.rows["contact"].append(row("loser"))
    pulled(store, crm)
    crm.gone["contact:deleted"] = [Gone("p"), Gone("loser", into="q")]
    pulled(store, crm, sweeps={Sweep.DELETED})
    crm.gone.clear()
    crm.hidden = {"p", "loser"}
    pulled(store, crm, sweeps={Sweep.IDS})
    assert {each["id"] for each in store.rows("SELECT id FROM contact")} == {"q", "kept in the bin", "loser"}


def test_a_record_that_turns_out_to_be_merged_as_it_is_looked_for_is_merged_not_gone(store: Store) -> None:
    crm = Scripted(streams_of("contact", "contact:ids", "activity"), rows={"contact": [row("p"), row("q")]})
    crm.rows["activity"] = [row("a", contact_id="p")]
    pulled(store, crm)
    crm.hidden = {"p"}

    def fetch(stream: str, ids: Any) -> Any:
        assert ids == ["p"]
        yield Page(stream, "", complete=True, rows={"contact": (row("q"),)}, gone=(Gone("p", into="q"),))

    crm.fetch = fetch  # type: ignore[method-assign]
    pulled(store, crm, sweeps={Sweep.IDS})
    assert store.rows("SELECT contact_id FROM activity")[0][0] == "q"
    assert live(store, "contact") == {"q"}
    assert store.rows("SELECT merged_into FROM contact WHERE id = 'p'")[0][0] == "q", "neither erased nor just deleted"


def test_a_merged_record_that_an_id_list_still_names_is_not_brought_back(store: Store) -> None:
    crm = Scripted(streams_of("contact", "contact:ids", "activity"), rows={"contact": [row("q")]})
    crm.rows["activity"] = [row("a", contact_id="p")]
    pulled(store, crm)
    crm.rows["contact"].append(row("p"))  # so far back that only the list has it

    def fetch(stream: str, ids: Any) -> Any:
        assert ids == ["p"]
        yield Page(stream, "", complete=True, rows={"contact": (row("q"),)}, gone=(Gone("p", into="q"),))

    crm.fetch = fetch  # type: ignore[method-assign]
    pulled(store, crm, sweeps={Sweep.IDS})
    assert store.rows("SELECT contact_id FROM activity")[0][0] == "q"
    assert live(store, "contact") == {"q"}


@pytest.mark.parametrize(("gone", "ended"), [(20, 20), (21, 0)])
def test_where_too_many_would_vanish_nothing_is_deleted_and_a_gap_is_told(store: Store, gone: int, ended: int) -> None:
    crm = Scripted(streams_of("account", "account:ids"), rows={"account": accounts(100)}, page_size=50)
    pulled(store, crm)
    crm.hidden = {f"{n:03}" for n in range(gone)}
    result = pulled(store, crm, sweeps={Sweep.IDS})["account:ids"]
    assert (len(live(store)), result.deleted) == (100 - ended, ended)
    assert ("hidden from our login" in result.gap) is (ended == 0)
    assert store.rows("SELECT * FROM seen") == []


def test_an_id_list_that_was_whole_is_compared_by_the_next_pull_where_that_was_cut_short(store: Store) -> None:
    crm = Scripted(streams_of("account", "account:ids"), rows={"account": accounts(4)})
    pulled(store, crm)
    crm.hidden = {"002"}

    def fail(stream: str, _number: int) -> None:
        if stream == "account:fetch":
            raise Unreachable("gone")

    crm.before = fail
    with pytest.raises(Unreachable):
        pulled(store, crm, sweeps={Sweep.IDS})
    assert len(live(store)) == 4
    crm.before = lambda *_: None
    crm.asked.clear()
    pulled(store, crm)
    assert [name for name, _ in crm.asked] == ["account"]
    assert live(store) == {"000", "001", "003"}


@pytest.mark.parametrize("cut_short", ["account:ids", "account:fetch"], ids=["list", "comparison"])
def test_an_id_list_is_as_old_as_its_beginning_however_late_its_end_and_its_comparison_come(
    store: Store, cut_short: str
) -> None:
    """What vanishes after a part of the list was read is found when the next list is due by that."""
    crm = Scripted(streams_of("account", "account:ids"), rows={"account": accounts(6)})
    pulled(store, crm)
    crm.hidden = {"005"}

    def fail(stream: str, number: int) -> None:
        if stream == cut_short and (number or stream == "account:fetch"):
            raise Unreachable("gone")

    crm.before = fail
    with pytest.raises(Unreachable):
        pulled(store, crm, sweeps={Sweep.IDS})
    crm.before = lambda *_: None
    crm.hidden = {"000", "005"}
    crm.minutes = 20 * 60
    assert pulled(store, crm)["account:ids"].until == stamp(0)
    assert live(store) == {"000", "001", "002", "003", "004"}
    crm.minutes = 25 * 60
    pulled(store, crm)
    assert live(store) == {"001", "002", "003", "004"}


def test_the_ids_of_one_source_say_nothing_of_another(store: Store) -> None:
    crm = Scripted(streams_of("activity.call", "activity.call:ids", "activity.task"))
    crm.rows = {"activity.call": [row("call:1"), row("call:2")], "activity.task": [row("task:1")]}
    pulled(store, crm)
    crm.hidden = {"call:2"}
    pulled(store, crm, sweeps={Sweep.IDS})
    assert live(store, "activity") == {"call:1", "task:1"}
    assert count_live(store, "crm", "activity", "call:") == 1


# ---- failures ----


@pytest.mark.parametrize("error", [AuthFailed("refused"), LimitReached("no calls left"), Unreachable("gone")])
def test_what_is_nobodys_in_particular_stops_everything_and_keeps_the_pages_in_hand(
    store: Store, error: Exception
) -> None:
    crm = Scripted(streams_of("account", "user"), rows={"account": accounts(9), "user": accounts(9)})
    is_in_hand = threading.Event()

    def fail(stream: str, number: int) -> None:
        if (stream, number) == ("account", 1):
            is_in_hand.wait(10)
            raise error
        if (stream, number) == ("user", 2):
            is_in_hand.set()
            for thread in threading.enumerate():
                if thread.name == "pull account":
                    thread.join(10)

    crm.before = fail
    with pytest.raises(type(error), match=str(error)):
        pulled(store, crm)
    assert len(live(store)) == 2
    assert len(live(store, "user")) == 6
    logs = {log.stream: log for log in read_last_logs(store, "crm")}
    assert logs["account"].message == str(error)
    assert "goes on from there" in logs["user"].message


def test_where_the_crm_refuses_some_streams_the_others_are_read_and_every_refusal_is_told(store: Store) -> None:
    names = ("account", "account:ids", "user", "product")
    crm = Scripted(streams_of(*names), rows={name: accounts(5) for name in names})

    def refuse(stream: str, _number: int) -> None:
        if stream in {"account", "user"}:
            raise Rejected(f"no rights to {stream}")

    crm.before = refuse
    with pytest.raises(Rejected) as raised:
        pulled(store, crm, sweeps=set(Sweep))
    assert str(raised.value) == "account: no rights to account\nuser: no rights to user"
    assert len(live(store, "product")) == 5
    assert "account:ids" not in {name for name, _ in crm.asked}


def test_a_source_that_the_crm_refuses_keeps_back_no_other_source_of_its_object(store: Store) -> None:
    names = ("activity.call", "activity.call:ids", "activity.task", "activity.task:ids")
    crm = Scripted(streams_of(*names), rows={"activity.call": [row("call:1")], "activity.task": [row("task:1")]})

    def refuse(stream: str, _number: int) -> None:
        if stream == "activity.call":
            raise Rejected("no rights to calls")

    crm.before = refuse
    with pytest.raises(Rejected):
        pulled(store, crm, sweeps=set(Sweep), concurrency=1)
    assert live(store, "activity") == {"task:1"}
    assert [name for name, _ in crm.asked] == ["activity.call", "activity.task", "activity.task:ids"]


def test_a_defect_of_ours_in_a_thread_ends_the_pull_as_itself(store: Store) -> None:
    crm = Scripted(streams_of("account"), rows={"account": accounts(5)})

    def fail(_stream: str, _number: int) -> None:
        raise ZeroDivisionError("a defect")

    crm.before = fail
    with pytest.raises(ZeroDivisionError, match="a defect"):
        pulled(store, crm)


def test_a_stream_whose_pages_end_before_its_sweep_is_a_defect(store: Store) -> None:
    crm = Scripted(streams_of("account"))
    crm.read = lambda *_: iter(())  # type: ignore[method-assign]
    with pytest.raises(RuntimeError, match="its pages ended before its sweep did"):
        pulled(store, crm)


def test_ctrl_c_stops_promptly_whatever_the_threads_do_and_keeps_what_was_kept(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sync.pull.workers.JOIN_SECONDS", 0.05)
    crm = Scripted(streams_of("account", "user"), rows={"account": accounts(5), "user": []})
    held_up = threading.Event()
    readers: list[Readers] = []
    start = Readers.start

    def noted(self: Readers, job: Any) -> None:
        readers.append(self)
        start(self, job)

    monkeypatch.setattr(Readers, "start", noted)

    def wait(stream: str, _number: int) -> None:
        if stream == "user":
            held_up.wait(10)

    def stop(*_: object) -> None:
        raise KeyboardInterrupt

    crm.before = wait
    with pytest.raises(KeyboardInterrupt):
        list(pull(store, "crm", crm, stop))
    assert len(live(store)) == 2
    held_up.set()
    for thread in readers[0]._threads:
        thread.join(10)
    logs = {log.stream: log.message for log in read_last_logs(store, "crm")}
    assert set(logs) == {"account", "user"}


# ---- the log ----


def test_the_log_says_of_each_read_what_an_operator_asks_for(store: Store) -> None:
    crm = Scripted(streams_of("account"), rows={"account": accounts(3)}, minutes=5)
    crm.problems = {"001": RowProblem("account", "001", "employees", "no number")}
    pulled(store, crm)
    crm.minutes = 10
    pulled(store, crm)
    first, second = store.rows("SELECT * FROM pull_log ORDER BY id")
    assert (first["since"], first["until"], second["since"]) == (None, stamp(5), stamp(5))
    assert (first["pages"], first["rows"], first["calls"], first["problems"]) == (2, 3, 2, 1)
    assert (first["quota_before"], first["quota_after"], first["quota_limit"]) == (0, 2, 1000)
    assert (second["changed"], second["lag_seconds"], second["complete"]) == (0, 0, 1)
    assert read_problems(store, "crm")[0].example == "001: employees: no number"


# ---- any way there leads to the same store ----

TABLES = ("account", "activity", "contact", "opportunity_history", "association", "row_problem")


def dump(store: Store) -> list[tuple[object, ...]]:
    """Everything that was pulled."""
    return [(table, *each) for table in TABLES for each in store.rows(f"SELECT * FROM {table} ORDER BY 1, 2, 3, 4")]


def org(page_size: int) -> Scripted:
    """A company with every kind of stream."""
    names = ("account", "account:deleted", "account:associations", "account:calculated", "account:ids")
    crm = Scripted(
        streams_of(*names, "activity.call", "activity.task", "contact", every=timedelta(0)), page_size=page_size
    )
    crm.rows["account"] = [row(f"{n:03}", n - 60, name=f"A{n}", custom={"Score": None}) for n in range(7)]
    crm.rows["activity.call"] = [row(f"call:{n}", -5, account_id=f"{n:03}") for n in range(5)]
    crm.rows["activity.task"] = [row(f"task:{n}", -n, account_id=f"{6 - n:03}") for n in range(5)]
    crm.rows["contact"] = [row(f"p{n}", -1, account_id="003") for n in range(3)]
    crm.along = {"002": {"opportunity_history": (row("h1"), row("h2"))}}
    crm.problems = {"004": RowProblem("account", "004", "employees", "no number")}
    crm.gone["account:deleted"] = [Gone("003", into="006"), Gone("005")]
    crm.hidden = {"003", "005"}
    link = row("x", from_object="account", from_id="001", to_object="account", to_id="003", label="partner")
    crm.links["account:associations"] = [Links("account", "001", "account", (link,))]
    crm.formulas["account:calculated"] = [Patch(f"{n:03}", {"region": f"R{n}"}, {"Score": "0.5"}) for n in range(7)]
    return crm


@pytest.fixture(scope="module")
def uninterrupted(tmp_path_factory: pytest.TempPathFactory) -> list[tuple[object, ...]]:
    with Store(tmp_path_factory.mktemp("whole") / "store.db") as store:
        pulled(store, org(100), concurrency=1)
        return dump(store)


@settings(max_examples=25, deadline=None)
@given(
    page_size=st.integers(1, 8),
    concurrency=st.integers(1, 6),
    crashes=st.lists(st.tuples(st.sampled_from(["reader", "network", "main"]), st.integers(1, 14)), max_size=4),
)
def test_any_pages_any_threads_and_any_crashes_lead_to_the_store_of_an_uninterrupted_run(
    tmp_path_factory: pytest.TempPathFactory,
    uninterrupted: list[tuple[object, ...]],
    page_size: int,
    concurrency: int,
    crashes: list[tuple[str, int]],
) -> None:
    crm = org(page_size)
    with Store(tmp_path_factory.mktemp("crash") / "store.db") as store:
        for where, nth in crashes:
            seen: list[int] = []

            def after(error: BaseException, nth: int = nth, seen: list[int] = seen) -> None:
                seen.append(1)
                if len(seen) == nth:
                    raise error

            try:
                if where == "main":
                    crm.before = lambda *_: None
                    kept = pull(
                        store, "crm", crm, lambda *_, after=after: after(KeyboardInterrupt()), concurrency=concurrency
                    )
                    list(kept)
                else:
                    error = Unreachable("gone") if where == "network" else Rejected("no")
                    crm.before = lambda *_, after=after, error=error: after(error)
                    pulled(store, crm, concurrency=concurrency)
            except (KeyboardInterrupt, Unreachable, Rejected):
                pass
        crm.before = lambda *_: None
        pulled(store, crm, concurrency=concurrency)
        assert dump(store) == uninterrupted
        assert all(not each.changed for each in pulled(store, crm, concurrency=concurrency).values())


def test_two_connections_are_pulled_each_into_its_own(store: Store) -> None:
    pulled(store, Scripted(streams_of("account"), rows={"account": accounts(2)}))
    list(pull(store, "other", Scripted(streams_of("account"), rows={"account": accounts(3)})))
    assert records.count_records(store, "crm")["account"] == 2
    assert records.count_records(store, "other")["account"] == 3
