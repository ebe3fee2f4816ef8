"""Records that end: deleted softly and for good, merged, restored, archived, erased. Each ends right in the store."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pulled_world import World

PEOPLE = ("contact", "lead")
DAYS = 8
"""After so many, every sweep on a schedule is due."""


def is_deleted(world: World, of_object: str, record: str) -> bool | None:
    """Whether a stored record is marked deleted; None where nothing of it is left."""
    flag = world.row(of_object, record, "deleted")
    return None if flag is None else bool(flag)


def mentions(world: World, record: str) -> list[str]:
    """The tables and columns of the store in which an id still stands."""
    tables = [name for (name,) in world.select("SELECT name FROM sqlite_schema WHERE type = 'table'")]
    found = []
    for table in tables:
        columns = [row[1] for row in world.select(f"PRAGMA table_info({table})")]
        for column in columns:
            sql = f"SELECT count(*) FROM {table} WHERE instr(CAST(\"{column}\" AS TEXT), '{record}')"
            if world.select(sql)[0][0]:
                found.append(f"{table}.{column}")
    return found


def first(world: World, of_object: str, place: int = 0) -> str:
    return sorted(world.held_ids(of_object))[place]


@pytest.mark.pulled
def test_a_deleted_record_of_any_object_is_marked_by_the_next_run(world: World) -> None:
    """In the recycle bin, where Salesforce still shows it; in HubSpot's archive, which only counts give away."""
    victims = {name: made_for(world, name) for name in ("account", "opportunity", "lead", "line_item", "product")}
    world.forward(minutes=70)
    world.pull()
    assert {name: is_deleted(world, name, victim) for name, victim in victims.items()} == dict.fromkeys(victims, False)
    for name, victim in victims.items():
        world.delete(name, victim)
    world.forward(minutes=10)
    world.pull()
    assert {name: is_deleted(world, name, victim) for name, victim in victims.items()} == dict.fromkeys(victims, True)
    world.agree()


def made_for(world: World, of_object: str) -> str:
    """A record that may be deleted: nothing hangs on it."""
    if of_object == "account":
        return world.account("Victim")
    if of_object == "opportunity":
        return world.deal("Victim")
    if of_object == "product":
        return world.create("product", **{"Name" if world.crm == "salesforce" else "name": "Victim"})
    return first(world, of_object, 4)


@pytest.mark.pulled
def test_two_records_deleted_as_two_others_came_are_marked_all_the_same(world: World) -> None:
    """The numbers are as before: only ids can tell, at the latest when they are compared."""
    victims = [made_for(world, "account"), made_for(world, "opportunity")]
    world.forward(minutes=70)
    world.pull()
    world.delete("account", victims[0])
    world.delete("opportunity", victims[1])
    world.account("In its place")
    world.deal("In its place")
    world.forward(days=DAYS)
    world.pull()
    world.agree()
    assert is_deleted(world, "account", victims[0]) is True
    assert is_deleted(world, "opportunity", victims[1]) is True


@pytest.mark.pulled
@pytest.mark.parametrize("by", ["schedule", "sweep"])
def test_what_is_gone_for_good_is_found_by_comparing_ids(salesforce: World, by: str) -> None:
    account, deal = salesforce.account("Gone"), salesforce.deal("Gone")
    salesforce.forward(minutes=70)
    salesforce.pull()
    salesforce.purge("account", account)
    salesforce.purge("opportunity", deal)
    if by == "schedule":
        salesforce.forward(days=DAYS)
        salesforce.pull()
    else:
        salesforce.forward(minutes=10)
        salesforce.pull("--sweep", "ids")
    assert is_deleted(salesforce, "account", account) is True
    assert is_deleted(salesforce, "opportunity", deal) is True
    salesforce.agree()


@pytest.mark.pulled
def test_what_the_archive_forgot_is_gone_in_the_store(hubspot: World) -> None:
    deal = first(hubspot, "opportunity")
    hubspot.delete("opportunity", deal)
    hubspot.forward(days=91)  # the archive keeps 90 days
    hubspot.pull()
    assert is_deleted(hubspot, "opportunity", deal) is True
    hubspot.agree()


@pytest.mark.pulled
def test_nothing_is_left_of_a_lead_that_is_gone_for_good(salesforce: World) -> None:
    """A person: what the CRM no longer has at all, we must not have either."""
    lead = salesforce.create("lead", LastName="Gone", Company="Gone")
    salesforce.forward(minutes=70)
    salesforce.pull()
    assert is_deleted(salesforce, "lead", lead) is False
    salesforce.purge("lead", lead)
    salesforce.forward(minutes=10)
    salesforce.pull("--sweep", "ids")
    assert is_deleted(salesforce, "lead", lead) is None
    assert mentions(salesforce, lead) == []


@pytest.mark.pulled
@pytest.mark.parametrize("archived_before", [False, True])
def test_nothing_is_left_of_a_contact_that_was_erased_on_request(hubspot: World, archived_before: bool) -> None:
    contact = first(hubspot, "contact")
    hubspot.forward(minutes=70)
    if archived_before:
        hubspot.delete("contact", contact)
        hubspot.forward(minutes=10)
        hubspot.pull()
        assert is_deleted(hubspot, "contact", contact) is True
    hubspot.purge("contact", contact)
    hubspot.forward(days=DAYS)
    hubspot.pull()
    assert is_deleted(hubspot, "contact", contact) is None
    assert mentions(hubspot, contact) == []
    hubspot.agree()


@pytest.mark.pulled
def test_an_erased_contact_is_gone_once_a_second_run_finds_it_missing(hubspot: World) -> None:
    contact = first(hubspot, "contact")
    hubspot.forward(minutes=70)
    hubspot.pull()
    hubspot.purge("contact", contact)
    for _ in range(2):
        hubspot.forward(minutes=5)
        hubspot.pull()
    assert is_deleted(hubspot, "contact", contact) is None


@pytest.mark.pulled
def test_a_record_out_of_the_recycle_bin_is_live_again(salesforce: World) -> None:
    deal, account = salesforce.deal("Back"), salesforce.account("Back")
    salesforce.forward(minutes=70)
    salesforce.pull()
    salesforce.delete("opportunity", deal)
    salesforce.delete("account", account)
    salesforce.forward(minutes=10)
    salesforce.pull()
    assert is_deleted(salesforce, "opportunity", deal) is is_deleted(salesforce, "account", account) is True
    salesforce.restore(deal)
    salesforce.restore(account)
    salesforce.forward(minutes=10)
    salesforce.pull()
    assert is_deleted(salesforce, "opportunity", deal) is is_deleted(salesforce, "account", account) is False
    salesforce.agree()


@pytest.mark.pulled
def test_a_record_out_of_the_archive_is_live_again(hubspot: World) -> None:
    """HubSpot restores in its user interface alone, and no stamp moves: here the archive lets go of the record."""
    deal = first(hubspot, "opportunity", 2)
    hubspot.delete("opportunity", deal)
    hubspot.forward(minutes=70)
    hubspot.pull()
    assert is_deleted(hubspot, "opportunity", deal) is True
    hubspot.database.write('UPDATE hs_deals SET "$archived" = NULL WHERE "$id" = ?', [(int(deal),)])
    for _ in range(2):  # one difference of counts may be a moment's, the same again is not
        hubspot.forward(minutes=10)
        hubspot.pull()
    assert is_deleted(hubspot, "opportunity", deal) is False
    hubspot.agree()


def busy_accounts(world: World) -> tuple[str, str]:
    """Two accounts that own most deals, after a pull."""
    rows = world.select(
        "SELECT account_id FROM opportunity WHERE account_id IS NOT NULL GROUP BY 1 ORDER BY count(*) DESC, 1 LIMIT 2"
    )
    return rows[0][0], rows[1][0]


def children(world: World, account: str) -> dict[str, set[str]]:
    """The stored records that belong to an account, by object."""
    return {
        name: {row[0] for row in world.select(f"SELECT id FROM {name} WHERE account_id = '{account}' AND deleted = 0")}
        for name in ("opportunity", "activity", "contact", "lead")
    }


def lost(world: World, wanted: dict[str, set[str]], account: str) -> dict[str, set[str]]:
    """Those of the wanted children that do not belong to the account."""
    now = children(world, account)
    return {name: ids - now[name] for name, ids in wanted.items() if ids - now[name]}


@pytest.mark.pulled
def test_the_children_of_merged_accounts_belong_to_the_one_that_is_left(world: World) -> None:
    winner, loser = busy_accounts(world)
    of_both = {name: children(world, winner)[name] | ids for name, ids in children(world, loser).items()}
    assert of_both["opportunity"]
    assert of_both["activity"]
    world.forward(minutes=70)
    world.pull()
    left = world.merge("account", winner, loser)
    world.forward(minutes=10)
    world.pull()
    assert is_deleted(world, "account", loser) is True
    assert is_deleted(world, "account", left) is False
    assert not lost(world, of_both, left)
    world.agree()
    world.forward(days=DAYS)
    world.pull()
    assert not lost(world, of_both, left)
    world.agree()


@pytest.mark.pulled
def test_the_line_items_and_activities_of_merged_deals_belong_to_the_new_one(hubspot: World) -> None:
    winner, loser = sorted(hubspot.held_ids("opportunity"))[:2]

    def belonging(*deals: str) -> dict[str, set[str]]:
        inside = ", ".join(f"'{deal}'" for deal in deals)
        return {
            name: {
                row[0]
                for row in hubspot.select(f"SELECT id FROM {name} WHERE opportunity_id IN ({inside}) AND deleted = 0")
            }
            for name in ("line_item", "activity")
        }

    before = belonging(winner, loser)
    assert before["line_item"]
    hubspot.forward(minutes=70)
    hubspot.pull()
    left = hubspot.merge("opportunity", winner, loser)
    hubspot.forward(minutes=10)
    hubspot.pull()
    assert belonging(left) == before
    assert is_deleted(hubspot, "opportunity", winner) is is_deleted(hubspot, "opportunity", loser) is True
    assert is_deleted(hubspot, "opportunity", left) is False
    hubspot.agree()


@pytest.mark.pulled
def test_the_history_of_merged_deals_is_the_winners_alone(hubspot: World) -> None:
    winner, loser = sorted(hubspot.held_ids("opportunity"))[:2]
    left = hubspot.merge("opportunity", winner, loser)
    hubspot.forward(minutes=10)
    hubspot.pull()
    of = "SELECT DISTINCT record_id FROM field_history WHERE deleted = 0 AND record_id IN"
    assert hubspot.select(f"{of} ('{winner}', '{loser}', '{left}')") == [(left,)]


@pytest.mark.pulled
def test_accounts_merged_twice_in_a_row_leave_the_children_with_the_last(world: World) -> None:
    winner, loser = busy_accounts(world)
    of_loser = children(world, loser)["opportunity"]
    world.forward(minutes=70)
    world.pull()
    middle = world.merge("account", winner, loser)
    last = world.merge("account", world.account("The third"), middle)
    world.forward(minutes=10)
    world.pull()
    assert of_loser <= children(world, last)["opportunity"]
    world.agree()


@pytest.mark.pulled
def test_a_child_that_comes_after_the_merge_under_the_old_id_belongs_to_the_winner(hubspot: World) -> None:
    """A write to the old id reaches the merged record in HubSpot."""
    winner, loser = busy_accounts(hubspot)
    hubspot.forward(minutes=70)
    left = hubspot.merge("account", winner, loser)
    hubspot.forward(minutes=10)
    hubspot.pull()
    deal = hubspot.deal("Late child", left)
    hubspot.forward(minutes=10)
    hubspot.pull()
    assert hubspot.row("opportunity", deal, "account_id") == left


@pytest.mark.pulled
def test_many_records_that_vanish_at_once_are_not_believed(salesforce: World) -> None:
    """More likely they are hidden from our login: nothing is deleted, and the operator is told."""
    held = salesforce.held_ids("account") | salesforce.held_ids("lead")
    victims = sorted(salesforce.held_ids("lead"))[:30]
    salesforce.database.write("DELETE FROM Lead WHERE Id = ?", [(record,) for record in victims])
    salesforce.forward(minutes=10)
    ended = salesforce.salesops("pull", "--sweep", "ids")
    assert salesforce.stored_ids("account") | salesforce.stored_ids("lead") == held
    assert "lead" in ended.err + salesforce.salesops("status").out
    assert "30" in ended.err + salesforce.salesops("status").out
