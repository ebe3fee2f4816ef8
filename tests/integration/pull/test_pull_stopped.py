"""What stops a pull, or only seems to: limits, refused credentials, ended sessions, hidden fields, cut pages.

Each ends with the right code, a message that says what, where and what now, nothing lost, and a next run that goes on.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from pulled_seeds import accounts

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from integration_harness import Crm
    from pulled_world import Call, Ended, World

STOPPED, REFUSED, WRONG = 5, 4, 2
WHERE = {"salesforce": "https://127.0.0.1", "hubspot": "HubSpot"}
"""How a message names the CRM."""


def says(ended: Ended, code: int, *words: str) -> None:
    """The command ended with this code, and its message has all these words."""
    assert ended.code == code, (ended.code, ended.err)
    missing = [word for word in words if word.lower() not in ended.err.lower()]
    assert not missing, f"{missing} is not said in: {ended.err}"


def undisturbed(pulled: World) -> dict[str, list[tuple[object, ...]]]:
    """What a first pull leaves that nothing disturbs; another project begins after it."""
    whole = pulled.contents()
    pulled.new_project()
    return whole


# The day's requests


def requests_of(ended: Ended) -> int:
    """The API requests of the day that a command used up; a sign-in is none."""
    return len(ended.calls) - sign_ins(ended)


@pytest.mark.parametrize("crm", ["salesforce", "hubspot"])
def test_no_more_than_our_share_of_the_days_requests_is_used_and_the_next_days_go_on(
    new_world: Callable[..., World], tmp_path: Path, crm: Crm
) -> None:
    """80 percent of the day unless set otherwise; what was read is not read again."""
    number = 4_500
    world = new_world(crm, name="many", fill=accounts(crm, tmp_path / "x", number, spread=True))
    whole = requests_of(world.pull())
    world.forward(minutes=5)
    quiet = requests_of(world.pull())  # what every run costs
    never = "associations_hours: 8760, calculated_hours: 8760, deleted_hours: 8760, ids_hours: 8760"
    world.new_project(f"{never}, concurrency: 1")  # of several at a time each may be one too many, so it stops earlier
    world.forward(days=2)
    allowed = (quiet + whole) // 2  # enough for what a run costs in any case, and not for all
    limit = -(-allowed * 100 // 80)
    world.behave(daily_limit=limit)
    used, stops = 0, 0
    while stops < 8:
        ended = world.salesops("pull")
        used += requests_of(ended)
        assert requests_of(ended) <= 0.8 * limit
        if ended.code == 0:
            break
        says(ended, STOPPED, "requests", "daily_share", "next run")
        stops += 1
        world.forward(hours=25)
    assert 1 <= stops <= 6
    assert used <= whole + stops * (quiet + 8), "what was read is not read again"
    assert len(world.stored_ids("account")) == number
    world.agree()


@pytest.mark.pulled
def test_a_day_that_others_used_up_stops_the_pull_which_says_until_when(world: World) -> None:
    whole = undisturbed(world)
    with world.when("(list|search|query) (Account|companies)|bulk", lambda: world.behave(daily_limit=1)):
        ended = world.salesops("pull")
    says(ended, STOPPED, "requests", "2031-05-0")
    world.behave(daily_limit=250_000)
    world.pull()
    assert world.contents() == whole


def test_a_day_that_is_over_already_costs_no_more_than_a_few_calls_to_find_out(world: World) -> None:
    world.behave(daily_limit=1)
    world.send("GET", "limits" if world.crm == "salesforce" else "/crm/v3/owners")
    ended = world.salesops("pull")
    says(ended, STOPPED, "requests", "used up")
    assert len(ended.calls) <= 8


# The second's requests


@pytest.mark.pulled
@pytest.mark.usefixtures("quick")
def test_refusals_over_the_rate_are_waited_out(world: World) -> None:
    whole = undisturbed(world)
    world.fault("limit", share=0.2, times=15)
    world.pull()
    assert world.contents() == whole


@pytest.mark.pulled
@pytest.mark.usefixtures("quick")
def test_refusals_over_the_rate_without_end_stop_the_pull(world: World) -> None:
    whole = undisturbed(world)
    world.fault("limit", after=12)
    ended = world.salesops("pull")
    says(ended, STOPPED, WHERE[world.crm])
    assert len(ended.calls) < 400
    world.mend()
    world.pull()
    assert world.contents() == whole


# Credentials


def sign_ins(ended: Ended) -> int:
    return ended.kinds().get("sign in", 0)


@pytest.mark.pulled
@pytest.mark.parametrize("behaviour", ["refuse_sign_in", "refuse_sessions"])
@pytest.mark.parametrize("when", ["from the start", "meanwhile", "before the next run"])
def test_a_credential_that_is_refused_for_good_costs_at_most_two_sign_ins(
    salesforce: World, behaviour: str, when: str
) -> None:
    whole = undisturbed(salesforce)
    if when == "before the next run":
        salesforce.pull()
        salesforce.forward(hours=1)

    def refuse() -> None:
        salesforce.behave(**{behaviour: True})
        salesforce.database.write("DELETE FROM sf_sign_in", [()])  # a withdrawn credential ends its sessions too

    if when == "meanwhile":
        with salesforce.when("query Account|bulk", refuse):
            ended = salesforce.salesops("pull")
    else:
        refuse()
        ended = salesforce.salesops("pull")
    says(ended, REFUSED, "127.0.0.1", "sign" if behaviour == "refuse_sign_in" else "session", "check")
    assert sign_ins(ended) <= 2 + (when == "meanwhile"), "the one that was good is not counted"
    assert len(ended.calls) < 60
    salesforce.behave(**{behaviour: False})
    salesforce.pull()
    assert salesforce.contents() == whole


def test_a_token_that_is_refused_stops_hubspot_at_once(hubspot: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SALESOPS_HUBSPOT_TOKEN", "withdrawn")
    ended = hubspot.salesops("pull")
    says(ended, REFUSED, "token")
    assert len(ended.calls) <= 2
    monkeypatch.setenv("SALESOPS_HUBSPOT_TOKEN", "sandbox-token")
    hubspot.pull()
    hubspot.agree()


def test_a_refresh_token_that_is_refused_costs_at_most_two_sign_ins(
    hubspot: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SALESOPS_CLIENT_SECRET", "wrong")
    monkeypatch.setenv("SALESOPS_REFRESH_TOKEN", "sandbox-refresh-token")
    path = hubspot.project / "salesops.yaml"
    secrets = "client_id: env:SALESOPS_CLIENT_ID, client_secret: env:SALESOPS_CLIENT_SECRET"
    new = f"{{kind: refresh_token, {secrets}, refresh_token: env:SALESOPS_REFRESH_TOKEN}}"
    old = "{kind: access_token, token: env:SALESOPS_HUBSPOT_TOKEN}"
    path.write_text(path.read_text(encoding="utf-8").replace(old, new), encoding="utf-8")
    ended = hubspot.salesops("pull")
    assert ended.code == REFUSED, ended.err
    assert sign_ins(ended) <= 2
    monkeypatch.setenv("SALESOPS_CLIENT_SECRET", "sandbox-secret")
    hubspot.pull()
    hubspot.agree()


# Sessions


@pytest.mark.pulled
def test_sessions_that_end_in_the_middle_of_everything_are_renewed(salesforce: World) -> None:
    whole = undisturbed(salesforce)
    salesforce.behave(session_requests=7)
    ended = salesforce.pull()
    assert sign_ins(ended) > 2
    assert salesforce.contents() == whole


@pytest.mark.parametrize("kind", ["more", "bulk"])
def test_a_session_that_ends_in_the_middle_of_many_rows_loses_none(
    new_world: Callable[..., World], tmp_path: Path, kind: str
) -> None:
    """Between two pages of a query, whose locator dies with the session, or between two questions for a bulk job."""
    number = {"more": 4_500, "bulk": 25_000}[kind]
    world = new_world(
        "salesforce", name=f"many-{number}", fill=accounts("salesforce", tmp_path / "x", number, spread=True)
    )
    ends = [2, 6] if kind == "bulk" else [1]  # never twice in a row: that would be a credential refused for good
    met: list[Call] = []

    def end(call: Call) -> None:
        if call.kind in {kind, "query Account"}:
            met.append(call)
            if call.kind == kind and len([each for each in met if each.kind == kind]) in ends:
                world.database.write("DELETE FROM sf_sign_in", [()])

    world.watch.before = end
    ended = world.pull()
    world.watch.before = None
    assert {kind} <= {call.kind for call in met} or kind == "more", "there is no bulk job here"
    assert sign_ins(ended) >= 2 or kind == "more"
    assert len(world.stored_ids("account")) == number
    world.agree("account")


# Fields that are hidden overnight


FIELD = {"salesforce": "Score__c", "hubspot": "score"}


def add_field(world: World) -> str:
    """A custom field of accounts, filled on each."""
    name = FIELD[world.crm]
    if world.crm == "salesforce":
        metadata = {"type": "Text", "label": "Score", "length": 20}
        world.send("POST", "tooling/sobjects/CustomField", {"FullName": f"Account.{name}", "Metadata": metadata})
        show(world)
    else:
        group = {"groupName": "companyinformation", "type": "string", "fieldType": "text"}
        world.send("POST", "/crm/v3/properties/companies", {"name": name, "label": "Score", **group})
    for record in world.held_ids("account"):
        world.edit("account", record, **{name: "high"})
    return name


def permission_set(world: World) -> str:
    [found] = world.soql("SELECT Id FROM PermissionSet WHERE Profile.Name = 'System Administrator'")
    return str(found["Id"])


def show(world: World) -> None:
    field = {"SobjectType": "Account", "Field": "Account.Score__c", "PermissionsRead": True, "PermissionsEdit": True}
    world.send("POST", "sobjects/FieldPermissions", {"ParentId": permission_set(world), **field})


def hide(world: World) -> None:
    """Nobody sees the field any more; in HubSpot it is archived."""
    if world.crm == "hubspot":
        world.send("DELETE", f"/crm/v3/properties/companies/{FIELD['hubspot']}")
        return
    where = f"ParentId = '{permission_set(world)}' AND Field = 'Account.Score__c'"
    [found] = world.soql(f"SELECT Id, Field, SobjectType FROM FieldPermissions WHERE {where}")
    world.send("DELETE", f"sobjects/FieldPermissions/{found['Id']}")


def scores(world: World, name: str) -> set[str | None]:
    return {row[0] for row in world.select(f"SELECT custom ->> '$.{name}' FROM account WHERE deleted = 0")}


def test_a_field_that_is_hidden_overnight_stops_the_pull_by_name(world: World) -> None:
    name = add_field(world)
    world.new_project(mapping=f"{{account: {{custom: [{name}]}}}}")
    world.forward(minutes=70)
    world.pull()
    before = world.contents()
    assert scores(world, name) == {"high"}
    hide(world)
    world.forward(hours=10)
    ended = world.salesops("pull")
    says(ended, WRONG, name, "account", "mapping.yaml", "right")
    assert world.contents() == before, "nothing was touched"
    assert not ended.reads().keys() & {"query Account", "search companies", "list companies"}


def test_a_field_that_is_hidden_overnight_is_read_empty_where_the_admin_says_so(world: World) -> None:
    name = add_field(world)
    world.new_project("hidden_fields: empty", f"{{account: {{custom: [{name}]}}}}")
    world.forward(minutes=70)
    world.pull()
    assert scores(world, name) == {"high"}
    hide(world)
    world.forward(hours=10)
    ended = world.pull()
    assert name in ended.err, "the warning names it"
    assert scores(world, name) == {None}
    world.agree()
    if world.crm == "salesforce":
        show(world)
        world.forward(hours=1)
        world.pull()
        assert scores(world, name) == {"high"}, "it is read again in the run after it is shown again"


@pytest.mark.pulled
def test_a_field_that_no_rule_names_is_told_by_name_when_it_is_hidden_overnight(salesforce: World) -> None:
    """Not every org has it, so that only who saw it before knows that something is missing."""
    world = salesforce
    held = "SELECT count(*) FROM opportunity WHERE next_step IS NOT NULL"
    world.edit("opportunity", min(world.held_ids("opportunity")), NextStep="Call")
    world.forward(minutes=70)
    assert "NextStep" not in world.pull().err
    assert world.select(held)[0][0] > 0
    where = f"ParentId = '{permission_set(world)}' AND Field = 'Opportunity.NextStep'"
    for found in world.soql(f"SELECT Id, Field, SobjectType FROM FieldPermissions WHERE {where}"):
        world.send("DELETE", f"sobjects/FieldPermissions/{found['Id']}")
    world.forward(hours=10)
    ended = world.pull()
    assert "opportunity.NextStep is hidden from our login" in ended.err
    assert world.select(held)[0][0] == 0
    assert "opportunity.NextStep" in world.salesops("status").out


@pytest.mark.pulled
def test_a_new_field_is_read_in_the_run_that_maps_it(world: World) -> None:
    name = add_field(world)
    (world.project / "mapping.yaml").write_text(f"crm: {{account: {{custom: [{name}]}}}}\n", encoding="utf-8")
    world.forward(minutes=70)
    world.pull()
    assert scores(world, name) == {"high"}


# Pages that are cut


@pytest.mark.usefixtures("quick")
@pytest.mark.parametrize("kind", ["truncated", "lost", "reset", "repeated", "duplicated"])
@pytest.mark.parametrize("crm", ["salesforce", "hubspot"])
def test_a_page_that_is_cut_or_comes_twice_is_asked_for_again(
    new_world: Callable[..., World], tmp_path: Path, crm: Crm, kind: str
) -> None:
    world = new_world(crm, name="many", fill=accounts(crm, tmp_path / "x", 4_500, spread=True))
    world.fault(kind, share=0.3, times=6, after=2)
    world.pull()
    world.mend()
    assert len(world.stored_ids("account")) == 4_500
    world.agree("account")


@pytest.mark.pulled
@pytest.mark.usefixtures("quick")
def test_pages_that_are_always_cut_stop_the_pull_and_the_next_run_goes_on(world: World) -> None:
    whole = undisturbed(world)
    with world.when("(list|search|query) (Account|companies)|bulk", lambda: world.fault("truncated")):
        ended = world.salesops("pull")
    says(ended, STOPPED, WHERE[world.crm])
    world.mend()
    world.pull()
    assert world.contents() == whole


@pytest.mark.usefixtures("quick")
def test_a_crm_that_is_not_there_is_named_with_its_address(world: World) -> None:
    world.configure(url=f"{world.url.split(':')[0]}://127.0.0.1:9")
    ended = world.salesops("pull")
    says(ended, STOPPED, "127.0.0.1:9")
