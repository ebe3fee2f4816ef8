"""What our login sees of the account, against what the project needs of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from held import FakeHeld
from hubspot_stub import OWN_PROPERTIES, Portal, page, record, rows_of

from config.connections import Pull
from config.mapping import ObjectMapping
from connectors.base import MissingField
from connectors.errors import AuthFailed

if TYPE_CHECKING:
    from connectors.base import Description

COMPANIES = "/crm/v3/objects/companies"
SCOPES = (403, {"category": "MISSING_SCOPES", "context": {"requiredScopes": ["crm.objects.leads.read"]}})
NONE = (404, {"category": "OBJECT_NOT_FOUND", "message": "No such object type."})


def hide(portal: Portal, crm_type: str, *names: str) -> None:
    portal.show_only(crm_type, **{name: "string" for name in OWN_PROPERTIES[crm_type] if name not in names})


def refuse(portal: Portal, crm_type: str, answer: tuple[int, object] = SCOPES) -> None:
    portal.on("GET", f"/crm/v3/properties/{crm_type}", answer)


def describe(
    portal: Portal,
    needed: dict[str, set[str]] | None = None,
    mapping: dict[str, ObjectMapping] | None = None,
    **written: tuple[str, ...],
) -> Description:
    connector = portal.connect(mapping, written, needed=needed)
    try:
        return connector.describe()
    finally:
        connector.close()


def gap(object_: str, crm_type: str, field: str) -> MissingField:
    return MissingField(object_, crm_type, field, "mapping")


def test_what_the_project_names_and_the_account_has_not_is_missing(portal: Portal) -> None:
    portal.show_only("deals", **dict.fromkeys(("dealname", "hubspot_owner_id", "amount", "closedate"), "string"))
    mapping = {"opportunity": ObjectMapping(fields={"amount": "net"}, custom=("segment", "closedate"))}
    connector = portal.connect(mapping, {"opportunity": ("kpi",)})
    described = connector.describe()
    connector.close()
    missing = {(each.field, each.purpose) for each in described.missing if each.object == "opportunity"}
    assert missing == {
        ("net", "mapping"),
        ("dealstage", "mapping"),
        ("dealtype", "mapping"),
        ("pipeline", "mapping"),
        ("createdate", "mapping"),
        ("segment", "custom"),
        ("kpi", "writeback"),
    }


def test_numbers_are_described_with_their_places_and_read_only_ones_as_such(portal: Portal) -> None:
    portal.describe("deals", pay="number", total="number*", note="string")
    connector = portal.connect()
    fields = connector.describe().fields["opportunity"]
    connector.close()
    assert (fields["pay"].updateable, fields["pay"].decimals) == (True, 6)
    assert fields["total"].updateable is False
    assert (fields["total"].automatic, fields["pay"].automatic) == (True, False)
    assert (fields["note"].decimals, fields["note"].length) == (None, 65_536)


def test_the_account_is_known_by_its_hub_id(portal: Portal) -> None:
    connector = portal.connect()
    assert (connector.org(), connector.org()) == ("62515", "62515")
    connector.close()
    assert connector.usage().calls == 1


def test_a_default_property_that_no_rule_reads_is_unseen_and_not_missing(portal: Portal) -> None:
    hide(portal, "companies", "industry", "country")
    described = describe(portal, {"account": {"id", "industry"}})
    assert described.missing == (gap("account", "companies", "industry"),)
    assert described.unseen == (gap("account", "companies", "country"),)


def test_every_default_property_is_needed_where_nobody_says_which(portal: Portal) -> None:
    hide(portal, "companies", "industry")
    described = describe(portal)
    assert (described.missing, described.unseen) == ((gap("account", "companies", "industry"),), ())


def test_a_property_that_some_accounts_have_not_is_nobodys_mistake(portal: Portal) -> None:
    hide(portal, "deals", "deal_currency_code")
    described = describe(portal, {"opportunity": {"currency"}})
    assert (described.missing, described.unseen) == ((), ())


def test_an_unseen_field_is_read_as_nothing_even_where_it_is_worked_out(portal: Portal) -> None:
    hide(portal, "deals", "dealstage", "dealname")
    portal.on("GET", "/crm/v3/objects/deals", page(record(11, hs_is_closed="true")))
    (row,) = rows_of(portal.read("opportunity"), "opportunity")
    assert [row.values[name] for name in ("name", "stage", "is_closed", "is_won")] == [None] * 4


def test_what_comes_to_be_seen_is_read_for_every_row(portal: Portal) -> None:
    hide(portal, "companies", "industry")
    portal.on("GET", COMPANIES, page(record(1, industry="RETAIL")))
    before = portal.read("account")
    assert rows_of(before, "account")[0].values["industry"] is None
    portal.describe("companies")
    after = portal.read("account", before[-1].cursor)
    assert rows_of(after, "account")[0].values["industry"] == "RETAIL"


@pytest.mark.parametrize("purpose", ["mapping", "custom", "writeback"])
def test_what_the_project_names_itself_stays_required(portal: Portal, purpose: str) -> None:
    mapping = {
        "mapping": {"account": ObjectMapping(fields={"industry": "own"})},
        "custom": {"account": ObjectMapping(custom=("own",))},
        "writeback": None,
    }[purpose]
    written = {"account": ("own",)} if purpose == "writeback" else {}
    described = describe(portal, {}, mapping, **written)
    assert described.missing == (MissingField("account", "companies", "own", purpose),)


def test_a_mapped_property_that_is_missing_is_told_once(portal: Portal) -> None:
    described = describe(portal, None, {"opportunity": ObjectMapping(fields={"amount": "net"})})
    assert described.missing == (gap("opportunity", "deals", "net"),)


def test_a_property_mapped_twice_is_told_twice(portal: Portal) -> None:
    both = {name: ObjectMapping(fields={"amount": "net"}) for name in ("opportunity", "opportunity_history")}
    assert [each.object for each in describe(portal, None, both).missing] == list(both)


def test_a_property_mapped_for_all_kinds_of_activity_is_told_once(portal: Portal) -> None:
    described = describe(portal, None, {"activity": ObjectMapping(fields={"outcome": "result"})})
    assert described.missing == (gap("activity", "calls/emails/meetings/tasks/communications", "result"),)


def test_a_property_that_only_the_history_needs_is_missing_for_it(portal: Portal) -> None:
    hide(portal, "deals", "dealstage")
    described = describe(portal, {"opportunity": {"amount"}, "opportunity_history": {"stage"}})
    assert described.missing == (gap("opportunity_history", "deals", "dealstage"),)


@pytest.mark.parametrize("answer", [SCOPES, NONE])
def test_an_object_that_is_refused_and_not_needed_is_left_out(portal: Portal, answer: tuple[int, object]) -> None:
    refuse(portal, "leads", answer)
    connector = portal.connect(needed={"activity": {"at"}})
    described = connector.describe()
    assert described.missing == ()
    assert described.unseen == (gap("lead", "leads", "hs_object_id"),)
    assert "lead" not in described.fields
    streams = {stream.object for stream in connector.streams()}
    connector.close()
    assert "lead" not in streams
    assert "product" in streams


def test_an_object_that_is_refused_and_needed_says_which_scope_it_wants(portal: Portal) -> None:
    refuse(portal, "leads")
    with pytest.raises(AuthFailed, match=r"crm\.objects\.leads\.read"):
        describe(portal, {"lead": {"status"}})


def test_an_object_that_is_refused_is_missing_and_not_read_where_hidden_fields_are_empty(portal: Portal) -> None:
    refuse(portal, "leads")
    refuse(portal, "users")
    connector = portal.connect(pull=Pull(hidden_fields="empty"))
    missing, streams = connector.describe().missing, {stream.object for stream in connector.streams()}
    pages = list(connector.read("user", None, FakeHeld()))
    connector.close()
    assert {gap("lead", "leads", "hs_object_id"), gap("user", "users", "hs_object_id")} <= set(missing)
    assert "lead" not in streams
    assert pages[-1].complete


def test_an_object_that_the_account_has_not_is_missing_where_it_is_needed(portal: Portal) -> None:
    refuse(portal, "leads", NONE)
    assert describe(portal, {"lead": {"status"}}).missing == (gap("lead", "leads", "hs_object_id"),)


def test_an_object_that_only_a_needed_link_leads_to_is_missing_too(portal: Portal) -> None:
    refuse(portal, "leads", NONE)
    described = describe(portal, {"activity": {"lead_id"}})
    assert described.missing == (gap("activity", "leads", "hs_object_id"),)


def test_an_object_that_is_written_to_is_needed(portal: Portal) -> None:
    refuse(portal, "companies")
    with pytest.raises(AuthFailed):
        describe(portal, {}, account=("territory",))
