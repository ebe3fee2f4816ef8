"""Pages into the store: idempotent, atomic with their position, never backwards."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from synced import changes

from connectors.base import Gone, Links, Page, Patch, Row, RowProblem, Stream, Sweep
from sync.store import records
from sync.store.pages import Counts, save_fetched, save_page
from sync.store.problems import ObjectProblems, read_problems
from sync.store.store import Store
from sync.store.sweeps import read_position

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

MONDAY, TUESDAY = "2026-05-04T08:00:00.000Z", "2026-05-05T08:00:00.000Z"
ACCOUNT, ACTIVITY = changes("account"), changes("activity")


def account(record_id: str, name: str | None, at: str = MONDAY, **custom: str | None) -> Row:
    return Row({"id": record_id, "name": name}, custom, at)


def page(
    *rows: Row, deleted: tuple[str, ...] = (), cursor: str = "{}", complete: bool = True, of: str = "account"
) -> Page:
    return Page(of, cursor, complete, rows={of: rows}, gone=tuple(Gone(record) for record in deleted))


def save(store: Store, *rows: Row, deleted: tuple[str, ...] = (), cursor: str = "{}", complete: bool = True) -> Counts:
    return save_page(store, "crm", ACCOUNT, page(*rows, deleted=deleted, cursor=cursor, complete=complete))["account"]


def live(store: Store) -> dict[str, str | None]:
    return {row["id"]: row["name"] for row in store.rows("SELECT id, name FROM account WHERE deleted = 0")}


def test_the_same_page_again_changes_no_row(store: Store) -> None:
    rows = (account("1", "Acme", Tier__c="gold"), account("2", None))
    assert save(store, *rows) == Counts(2, 2, 0)
    changed_at = records.read_changed_at(store, "crm")
    assert save(store, *rows) == Counts(2, 0, 0)
    assert records.read_changed_at(store, "crm") == changed_at


def test_the_same_page_again_writes_nothing_but_the_position(store: Store) -> None:
    full = Page(
        "account",
        "{}",
        complete=True,
        rows={"account": (account("1", "Acme"), Row({"id": "3"}, {}, MONDAY, deleted=True))},
        gone=(Gone("9", into="1"),),
        patches=(Patch("2", {"region": "West"}, {"Score__c": "1"}),),
        links=(Links("account", "1", "account", (link("account", "1", "account", "3"),)),),
        problems=(RowProblem("account", "1", "employees", "too many"),),
    )
    save(store, account("2", "Beta"))
    save_page(store, "crm", ACCOUNT, full)
    assert all(not counts.changed for counts in save_page(store, "crm", ACCOUNT, full).values())
    before = store.connection.total_changes
    save_page(store, "crm", ACCOUNT, full)
    assert store.connection.total_changes - before == 1


def test_a_changed_field_or_custom_field_changes_one_row(store: Store) -> None:
    save(store, account("1", "Acme", Tier__c="gold"), account("2", "Beta"))
    assert save(store, account("1", "Acme", TUESDAY, Tier__c=None), account("2", "Beta")).changed == 1


def test_an_older_row_from_a_lagging_index_does_not_overwrite_a_newer_one(store: Store) -> None:
    save(store, account("1", "new", TUESDAY))
    assert save(store, account("1", "old", MONDAY)).changed == 0
    assert live(store) == {"1": "new"}


def test_a_deleted_row_is_marked_and_comes_back_when_it_is_restored(store: Store) -> None:
    save(store, account("1", "Acme"), account("2", "Beta"))
    assert save(store, deleted=("1", "unknown")) == Counts(0, 1, 1)
    assert live(store) == {"2": "Beta"}
    assert save(store, account("1", "Acme")).changed == 1
    assert live(store) == {"1": "Acme", "2": "Beta"}


def test_a_row_that_the_crm_calls_deleted_is_kept_and_marked(store: Store) -> None:
    save(store, account("1", "Acme"))
    assert save(store, Row({"id": "1", "name": "Acme"}, {}, TUESDAY, deleted=True)) == Counts(1, 1, 1)
    assert live(store) == {}


def test_two_connections_keep_their_own_rows_and_cursors(store: Store) -> None:
    save_page(store, "a", ACCOUNT, page(account("1", "Acme"), cursor='"a"'))
    save_page(store, "b", ACCOUNT, page(account("1", "Other"), cursor='"b"'))
    assert records.count_records(store, "a")["account"] == 1
    assert read_position(store, "a", ACCOUNT).cursor == '"a"'
    assert read_position(store, "c", ACCOUNT).cursor is None


def test_rows_and_cursor_are_kept_together_or_not_at_all(store: Store) -> None:
    save(store, account("1", "Acme"), cursor='"first"')
    broken = Row({"id": "3", "name": object()}, {}, MONDAY)  # type: ignore[dict-item] # what no adapter may give
    with pytest.raises(Exception, match="type"):
        save(store, account("2", "Beta"), broken, cursor='"second"')
    assert live(store) == {"1": "Acme"}
    assert read_position(store, "crm", ACCOUNT).cursor == '"first"'


def test_a_sweep_that_stopped_half_way_is_told_from_one_that_ended(store: Store) -> None:
    save(store, account("1", "Acme"), complete=True)
    ended = read_position(store, "crm", ACCOUNT).completed_at
    save(store, account("2", "Beta"), complete=False)
    position = read_position(store, "crm", ACCOUNT)
    assert not position.complete
    assert position.under_way
    assert position.completed_at == ended


def test_what_we_wrote_stands_in_our_copy_and_the_next_pull_of_it_changes_nothing(store: Store) -> None:
    save(store, account("1", "Acme", SalesOps_Territory__c=None))
    with store.transaction() as db:
        records.set_custom(db, "crm", "account", [("1", "SalesOps_Territory__c", "West")])
    [row] = store.rows("SELECT custom FROM account")
    assert json.loads(row["custom"]) == {"SalesOps_Territory__c": "West"}
    assert save(store, account("1", "Acme", SalesOps_Territory__c="West")).changed == 0


def test_so_many_fields_of_a_record_may_be_written_as_there_are(store: Store) -> None:
    save(store, account("1", "Acme"), account("2", "Beta"))
    wrote = {f"Field_{number}__c": None if number % 7 == 0 else str(number) for number in range(130)}
    with store.transaction() as db:
        records.set_custom(db, "crm", "account", [("1", name, value) for name, value in wrote.items()])
    held = {row["id"]: json.loads(row["custom"]) for row in store.rows("SELECT id, custom FROM account")}
    assert held == {"1": wrote, "2": {}}


# ---- patches ----


def patch(store: Store, *patches: Patch) -> int:
    return save_page(store, "crm", ACCOUNT, Page("x", "{}", complete=True, patches=patches))["account"].changed


def test_a_patch_changes_its_fields_and_leaves_the_stamp(store: Store) -> None:
    save(store, account("1", "Acme", a="1", b=None))
    assert patch(store, Patch("1", {"region": "West"}, {"b": "2", "c": None})) == 1
    [row] = store.rows("SELECT region, custom, modified_at FROM account")
    assert json.loads(row["custom"]) == {"a": "1", "b": "2", "c": None}
    assert (row["region"], row["modified_at"]) == ("West", MONDAY)


def test_a_patch_that_says_what_stands_there_changes_nothing(store: Store) -> None:
    save(store, account("1", "Acme", a="ö", b=None))
    assert patch(store, Patch("1", {"name": "Acme"}, {"a": "ö", "b": None})) == 0


def test_a_patch_of_an_unknown_record_is_passed_by(store: Store) -> None:
    assert patch(store, Patch("9", {"name": "Acme"}, {"a": "1"})) == 0
    assert live(store) == {}


# ---- problems ----


def problem(record_id: str, field: str, text: str = "no number") -> RowProblem:
    return RowProblem("account", record_id, field, text)


def test_a_problem_stands_until_its_row_comes_clean(store: Store) -> None:
    rows = {"account": (account("1", "A"), account("2", "B"))}
    first = Page("account", "{}", complete=True, rows=rows, problems=(problem("1", "employees"), problem("2", "x")))
    save_page(store, "crm", ACCOUNT, first)
    assert read_problems(store, "crm") == [ObjectProblems("account", 2, 2, "1: employees: no number")]
    save(store, account("1", "A", TUESDAY))
    assert read_problems(store, "crm") == [ObjectProblems("account", 1, 1, "2: x: no number")]
    save(store, deleted=("2",))
    assert read_problems(store, "crm") == []


def test_a_row_older_than_the_one_we_hold_says_nothing_of_problems(store: Store) -> None:
    def save(record: str, stamp: str, *problems: RowProblem) -> None:
        rows = {"account": (Row({"id": record}, {}, stamp),)}
        save_page(store, "crm", changes("account"), Page("account", "{}", True, rows=rows, problems=problems))

    save("1", "2026-05-04T12:00:00.000Z", problem("1", "employees"))
    save("2", "2026-05-04T12:00:00.000Z")
    save("1", "2026-05-04T11:00:00.000Z")
    save("2", "2026-05-04T11:00:00.000Z", problem("2", "employees"))
    assert read_problems(store, "crm") == [ObjectProblems("account", 1, 1, "1: employees: no number")]


def test_a_clean_patch_clears_the_problems_of_its_own_fields_only(store: Store) -> None:
    first = Page(
        "account",
        "{}",
        complete=True,
        rows={"account": (account("1", "A"),)},
        problems=(problem("1", "employees"), problem("1", "custom.Score__c")),
    )
    save_page(store, "crm", ACCOUNT, first)
    patch(store, Patch("1", {}, {"Score__c": "3"}))
    assert read_problems(store, "crm") == [ObjectProblems("account", 1, 1, "1: employees: no number")]


# ---- associations ----


def link(from_object: str, from_id: str, to_object: str, to_id: str, label: str = "") -> Row:
    values = {"from_object": from_object, "from_id": from_id, "to_object": to_object, "to_id": to_id, "label": label}
    return Row({"id": f"{from_object}:{from_id}>{to_object}:{to_id}:{label}", **values}, {}, MONDAY)


def links(store: Store, from_id: str, *to: str) -> Counts:
    rows = tuple(link("contact", from_id, "account", each) for each in to)
    told = Page("x", "{}", complete=True, links=(Links("contact", from_id, "account", rows),))
    return save_page(store, "crm", changes("contact"), told)["association"]


def linked(store: Store) -> set[tuple[str, str]]:
    return {tuple(r) for r in store.rows("SELECT from_id, to_id FROM association WHERE deleted = 0")}


def test_a_set_of_links_replaces_the_one_before_and_no_other(store: Store) -> None:
    assert links(store, "c1", "1", "2") == Counts(2, 2)
    links(store, "c2", "1")
    assert links(store, "c1", "2", "3") == Counts(2, 2)
    assert linked(store) == {("c1", "2"), ("c1", "3"), ("c2", "1")}
    assert links(store, "c1", "2", "3") == Counts(2, 0)
    assert links(store, "c1") == Counts(0, 2)
    assert linked(store) == {("c2", "1")}


def test_a_link_that_comes_back_is_live_again(store: Store) -> None:
    links(store, "c1", "1")
    links(store, "c1")
    links(store, "c1", "1")
    assert linked(store) == {("c1", "1")}


@pytest.mark.parametrize(("of", "record"), [("contact", "c1"), ("account", "1")])
def test_the_links_of_a_record_that_is_gone_have_ended_at_either_end(store: Store, of: str, record: str) -> None:
    links(store, "c1", "1")
    links(store, "c2", "2")
    save_page(store, "crm", changes(of), page(deleted=(record,), of=of))
    assert linked(store) == {("c2", "2")}


def test_what_a_page_of_links_costs_does_not_grow_with_the_links_there_are(store: Store) -> None:
    def steps(act: Callable[[], object]) -> int:
        """About how many thousand instructions SQLite carries out for it."""
        counted: list[int] = []
        store.connection.set_progress_handler(lambda: counted.append(1), 1000)
        act()
        store.connection.set_progress_handler(None, 0)
        return len(counted)

    def replace_links() -> None:
        sets = tuple(Links("contact", f"new {n}", "account", ()) for n in range(200))
        save_page(store, "crm", changes("contact"), Page("x", "{}", complete=True, links=sets))

    def end_links() -> None:
        save_page(store, "crm", changes("contact"), page(deleted=tuple(f"new {n}" for n in range(200)), of="contact"))

    few = steps(replace_links), steps(end_links)
    for n in range(20):
        links(store, f"c{n}", *(str(each) for each in range(200)))
    many = steps(replace_links), steps(end_links)
    assert max(many) < 2 * max(few) + 20


# ---- merges ----


def call(record_id: str, account_id: str | None) -> Row:
    return Row({"id": record_id, "account_id": account_id}, {}, MONDAY)


def merged(store: Store, *pairs: tuple[str, str]) -> Mapping[str, Counts]:
    gone = tuple(Gone(loser, into=winner) for loser, winner in pairs)
    return save_page(store, "crm", ACCOUNT, Page("account", "{}", complete=True, gone=gone))


def accounts_of_calls(store: Store) -> dict[str, str | None]:
    return {row["id"]: row["account_id"] for row in store.rows("SELECT id, account_id FROM activity")}


def test_a_merge_marks_the_loser_and_leads_its_children_to_the_winner(store: Store) -> None:
    save(store, account("1", "A"), account("2", "B"))
    save_page(store, "crm", ACTIVITY, page(call("x", "1"), call("y", "2"), call("z", None), of="activity"))
    merged(store, ("1", "2"))
    assert live(store) == {"2": "B"}
    assert accounts_of_calls(store) == {"x": "2", "y": "2", "z": None}


def test_a_child_that_comes_after_the_merge_belongs_to_the_winner_also_of_a_chain(store: Store) -> None:
    merged(store, ("1", "2"))
    merged(store, ("2", "3"))
    save_page(store, "crm", ACTIVITY, page(call("x", "1"), of="activity"))
    assert accounts_of_calls(store) == {"x": "3"}
    again = save_page(store, "crm", ACTIVITY, page(call("x", "1"), of="activity"))
    assert again["activity"].changed == 0


def call_at(minute: int, account_id: str, record_id: str = "x") -> tuple[Stream, Page]:
    """A call that was made or moved then."""
    return ACTIVITY, page(Row({"id": record_id, "account_id": account_id}, {}, at(minute)), of="activity")


def account_at(minute: int, record_id: str, into: str = "") -> tuple[Stream, Page]:
    """An account that was edited or restored then; with `into`, merged then."""
    gone = (Gone(record_id, into=into),) if into else ()
    rows = (Row({"id": record_id, "name": "A"}, {}, at(minute), deleted=bool(into)),)
    return ACCOUNT, Page("account", "{}", complete=True, rows={"account": rows}, gone=gone)


def at(minute: int) -> str:
    return f"2026-05-04T08:{minute:02}:00.000Z"


def tell(store: Store, *happenings: tuple[Stream, Page]) -> None:
    for of, told in happenings:
        save_page(store, "crm", of, told)


def test_a_child_that_was_put_back_before_we_hear_that_its_merge_was_undone_is_there_in_the_end(store: Store) -> None:
    tell(store, account_at(0, "1"), account_at(0, "2"), call_at(0, "1"), account_at(5, "1", into="2"))
    tell(store, call_at(20, "1"))
    assert accounts_of_calls(store) == {"x": "2"}, "nothing leads to a record that is merged as far as we know"
    tell(store, account_at(10, "1"))
    assert accounts_of_calls(store) == {"x": "1"}
    assert store.rows("SELECT * FROM diverted") == []


def test_a_child_that_a_merge_took_along_stays_with_the_winner_when_the_merge_is_undone(store: Store) -> None:
    tell(store, account_at(0, "1"), account_at(0, "2"), call_at(0, "1"), account_at(5, "1", into="2"))
    tell(store, call_at(3, "1", "late"), account_at(10, "1"))
    assert accounts_of_calls(store) == {"x": "2", "late": "2"}


def test_a_child_that_was_moved_on_meanwhile_is_not_put_back(store: Store) -> None:
    tell(store, account_at(0, "1"), account_at(5, "1", into="2"), call_at(20, "1"), call_at(30, "3"))
    tell(store, account_at(10, "1"))
    assert accounts_of_calls(store) == {"x": "3"}


def test_a_record_that_a_look_finds_alive_has_its_children_back(store: Store) -> None:
    tell(store, account_at(5, "1", into="2"), call_at(20, "1"))
    save_fetched(store, "crm", ACCOUNT, account_at(10, "1")[1])
    assert accounts_of_calls(store) == {"x": "1"}


def test_a_loser_that_an_index_still_shows_stays_merged_and_one_that_was_edited_since_is_back(store: Store) -> None:
    save(store, account("1", "A"), account("2", "B"))
    merged(store, ("1", "2"))
    assert save(store, account("1", "A")).changed == 0
    assert live(store) == {"2": "B"}
    save(store, account("1", "A", TUESDAY))
    assert live(store) == {"1": "A", "2": "B"}


def test_what_is_told_of_a_merged_opportunity_goes_whether_it_comes_before_or_after(store: Store) -> None:
    """Its stages are no stages of the winner, whose own come with it."""
    stream, of = changes("opportunity"), "opportunity_history"

    def save_history(record_id: str) -> None:
        history = Row({"id": record_id, "opportunity_id": "1"}, {}, MONDAY)
        save_page(store, "crm", stream, page(history, of=of))

    save_history("before")
    gone = (Gone("1", into="2"),)
    save_page(store, "crm", stream, Page("opportunity", "{}", complete=True, gone=gone))
    save_history("after")
    assert store.rows("SELECT * FROM opportunity_history") == []


@pytest.mark.parametrize("merged_first", [True, False])
def test_the_field_history_of_a_merged_opportunity_goes_and_that_of_others_stays(
    store: Store, merged_first: bool
) -> None:
    def history(of: str, record: str) -> Row:
        return Row({"id": f"{of}:{record}", "object": of, "record_id": record, "field": "stage"}, {}, MONDAY)

    stream = changes("opportunity")
    rows = tuple(history(of, record) for of in ("opportunity", "account") for record in ("1", "2"))
    told = Page("opportunity", "{}", complete=True, rows={"field_history": rows})
    gone = Page("opportunity", "{}", complete=True, gone=(Gone("1", into="2"),))
    for each in (gone, told) if merged_first else (told, gone):
        save_page(store, "crm", stream, each)
    held = {row["id"] for row in store.rows("SELECT id FROM field_history")}
    assert held == {"opportunity:2", "account:1", "account:2"}


def test_a_link_to_a_merged_record_leads_to_the_winner(store: Store) -> None:
    links(store, "c1", "1", "2")
    merged(store, ("1", "2"))
    assert linked(store) == {("c1", "2")}
    links(store, "c1", "1")
    assert linked(store) == {("c1", "2")}


def test_a_link_that_is_a_record_of_the_crms_own_stays_the_only_one_when_its_target_is_merged(store: Store) -> None:
    """As Salesforce's OpportunityContactRole, which it leads to the winner itself."""
    role = link("opportunity", "o1", "account", "1", "Buyer")
    own = Row({**role.values, "id": "00K1"}, {}, MONDAY)
    save_page(store, "crm", changes("association"), page(own, of="association"))
    merged(store, ("1", "2"))
    assert [row["id"] for row in store.rows("SELECT id FROM association")] == ["00K1"]


@pytest.mark.parametrize("first", ["links", "merge"])
def test_a_link_that_a_merge_makes_say_what_a_field_says_already_goes(store: Store, first: str) -> None:
    contact = Row({"id": "c1", "account_id": "2"}, {}, MONDAY)
    save_page(store, "crm", changes("contact"), page(contact, of="contact"))
    if first == "merge":
        merged(store, ("1", "2"))
    links(store, "c1", "1", "3")
    if first == "links":
        merged(store, ("1", "2"))
    assert linked(store) == {("c1", "3")}


# ---- our own history ----


def test_what_changed_in_a_tracked_field_is_observed_with_both_times(store: Store) -> None:
    deal = {"id": "1", "stage": "New", "amount": "10", "name": "Deal"}
    stream = changes("opportunity")
    save_page(store, "crm", stream, page(Row(deal, {}, MONDAY), of="opportunity"))
    save_page(store, "crm", stream, page(Row({**deal, "stage": "Won", "name": "D"}, {}, TUESDAY), of="opportunity"))
    save_page(store, "crm", stream, page(deleted=("1",), of="opportunity"))
    rows = store.rows("SELECT object, record_id, field, before, after, valid, known FROM observed_change ORDER BY id")
    assert [tuple(row)[:6] for row in rows] == [
        ("opportunity", "1", "stage", "New", "Won", TUESDAY),
        ("opportunity", "1", "deleted", "0", "1", None),
    ]
    assert all(len(row["known"]) == len(MONDAY) for row in rows)


# ---- any order ----

VERSION = st.tuples(st.sampled_from("abc"), st.integers(0, 5))


@settings(max_examples=60, deadline=None)
@given(versions=st.lists(VERSION, max_size=12), cut=st.integers(0, 12), data=st.data())
def test_pages_in_any_order_and_any_number_of_times_leave_the_newest_version_of_each_row(
    tmp_path_factory: pytest.TempPathFactory, versions: list[tuple[str, int]], cut: int, data: st.DataObject
) -> None:
    rows = [account(record_id, f"v{v}", f"2026-05-0{v + 1}T00:00:00.000Z") for record_id, v in versions]
    shuffled = data.draw(st.permutations(rows)) + rows[:cut]
    with Store(tmp_path_factory.mktemp("store") / "store.db") as store:
        for row in shuffled:
            save(store, row)
        newest = {record_id: f"v{max(v for other, v in versions if other == record_id)}" for record_id, _ in versions}
        assert live(store) == newest


def dump(store: Store) -> list[tuple[object, ...]]:
    """Every record and link, whatever way they came."""
    tables = ("account", "activity", "association")
    return [(table, *row) for table in tables for row in store.rows(f"SELECT * FROM {table} ORDER BY id")]


MERGES = st.lists(st.tuples(st.integers(0, 4), st.integers(1, 4)), max_size=4, unique_by=lambda pair: pair[0])


@settings(max_examples=80, deadline=None)
@given(pairs=MERGES, children=st.lists(st.integers(0, 8), min_size=1, max_size=5), data=st.data())
def test_merges_commute_with_the_arrival_of_children_links_and_the_losers_themselves(
    tmp_path_factory: pytest.TempPathFactory, pairs: list[tuple[int, int]], children: list[int], data: st.DataObject
) -> None:
    """A record is merged once, into one that lives longer, as in a CRM: the numbers grow along a chain."""
    stream = Stream("account", "account", Sweep.CHANGES)
    happenings = [
        (stream, Page("account", "{}", complete=True, gone=(Gone(str(n), into=str(n + step)),))) for n, step in pairs
    ]
    happenings += [(stream, page(account(str(n), f"A{n}"))) for n in set(children)]
    happenings += [(ACTIVITY, page(call(f"c{k}", str(child)), of="activity")) for k, child in enumerate(children)]
    for k, child in enumerate(children):
        row = link("contact", f"p{k}", "account", str(child))
        happenings.append(
            (changes("contact"), Page("x", "{}", complete=True, links=(Links("contact", f"p{k}", "account", (row,)),)))
        )
    dumps = []
    for order in (happenings, data.draw(st.permutations(happenings))):
        with Store(tmp_path_factory.mktemp("store") / "store.db") as store:
            for of, told in order:
                save_page(store, "crm", of, told)
            dumps.append(dump(store))
    assert dumps[0] == dumps[1]


STEP = st.one_of(
    st.tuples(st.just("merge"), st.sampled_from("ABC"), st.sampled_from("ABC")),
    st.tuples(st.just("restore"), st.sampled_from("ABC"), st.just("")),
    st.tuples(st.just("move"), st.sampled_from("xyz"), st.sampled_from("ABC")),
    st.tuples(st.just("edit"), st.sampled_from("ABCxyz"), st.just("")),
)


def live_through(steps: list[tuple[str, str, str]]) -> tuple[list[tuple[Stream, Page]], dict[str, str], set[str]]:
    """What a CRM tells as accounts are merged and restored and their calls moved, one after the other; then where each
    call is, and which accounts live. A merge moves the calls of its loser, which shows as a change of theirs."""
    told = [account_at(0, each) for each in "ABC"] + [call_at(0, "A", each) for each in "xyz"]
    where, alive = dict.fromkeys("xyz", "A"), set("ABC")
    for minute, (what, one, other) in enumerate(steps, 1):
        if what == "merge" and one != other and {one, other} <= alive:
            alive.discard(one)
            told.append(account_at(minute, one, into=other))
            for each in [call for call, account_id in where.items() if account_id == one]:
                where[each] = other
                told.append(call_at(minute, other, each))
        elif what == "restore" and one not in alive:
            alive.add(one)
            told.append(account_at(minute, one))
        elif what == "move" and other in alive:
            where[one] = other
            told.append(call_at(minute, other, one))
        elif what == "edit" and one in alive:
            told.append(account_at(minute, one))
        elif what == "edit" and one in where:
            told.append(call_at(minute, where[one], one))
    return told, where, alive


@settings(max_examples=100, deadline=None)
@given(steps=st.lists(STEP, max_size=14), again=st.integers(0, 5), data=st.data())
def test_whatever_order_merges_their_undoing_and_moved_children_are_told_in_the_crm_is_right(
    tmp_path_factory: pytest.TempPathFactory, steps: list[tuple[str, str, str]], again: int, data: st.DataObject
) -> None:
    told, where, alive = live_through(steps)
    with Store(tmp_path_factory.mktemp("store") / "store.db") as store:
        tell(store, *data.draw(st.permutations(told)), *told[:again])
        assert accounts_of_calls(store) == where
        assert set(live(store)) == alive
