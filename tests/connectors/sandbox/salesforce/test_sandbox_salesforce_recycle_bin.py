"""Recycle bin, merges and lead conversion (SOAP API Developer Guide: undelete, emptyRecycleBin, merge, convertLead)."""

from __future__ import annotations

from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.sandbox.behaviour import CALM
from connectors.sandbox.database import Database
from connectors.sandbox.salesforce.dialect import open_store
from connectors.sandbox.salesforce.errors import RecordError
from connectors.sandbox.salesforce.org.seed import INTEGRATION_USER
from connectors.sandbox.salesforce.records import recycle_bin
from connectors.sandbox.salesforce.records.convert import LeadConvert, convert_lead
from connectors.sandbox.salesforce.records.merge import merge_records
from connectors.sandbox.salesforce.records.writer import Writer

CHILDREN = ("Contact", "Opportunity", "Task")


class Bare:
    """An org without its server."""

    def __init__(self):
        self.database = Database()
        self.database.behaviour = CALM
        self.store = open_store(self.database)
        self.database.clock.set(datetime(2026, 5, 1, 10, tzinfo=UTC))

    @contextmanager
    def writing(self):
        with self.database.transaction() as connection:
            yield Writer(self.store, connection, self.store.catalog(), INTEGRATION_USER)

    def do(self, work):
        with self.writing() as writer:
            return work(writer)

    def create(self, kind, **fields):
        return self.do(lambda writer: writer.create(writer.catalog.named(kind), fields))

    def delete(self, kind, record_id):
        self.do(lambda writer: writer.delete(writer.catalog.named(kind), record_id))

    def undelete(self, record_id):
        return self.do(lambda writer: recycle_bin.undelete_records(writer, record_id))

    def row(self, kind, record_id):
        return dict(self.store.get(self.store.catalog().named(kind), record_id) or {})

    def living(self):
        """Every living row without its stamps."""
        moved = {"SystemModstamp", "LastModifiedDate", "LastModifiedById"}
        rows = {}
        for kind in ("Account", *CHILDREN):
            for row in self.database.rows(f'SELECT * FROM "{kind}" WHERE "IsDeleted" = 0'):
                rows[row["Id"]] = {name: row[name] for name in row.keys() if name not in moved}  # noqa: SIM118
        return rows

    def forward(self, **time):
        self.database.clock.set(self.database.clock.now() + timedelta(**time))


@pytest.fixture
def bare():
    org = Bare()
    yield org
    org.database.close()


def deal(**fields):
    return {"Name": "Deal", "StageName": "Prospecting", "CloseDate": "2026-05-01", **fields}


def add_child(org, kind, account):
    fields = {
        "Contact": {"LastName": "C", "AccountId": account},
        "Opportunity": deal(AccountId=account),
        "Task": {"Subject": "Call", "WhatId": account},
    }
    return org.create(kind, **fields[kind])


def test_what_was_deleted_together_comes_back_together(bare):
    account = bare.create("Account", Name="Acme")
    contact, early = add_child(bare, "Contact", account), add_child(bare, "Contact", account)
    bare.delete("Contact", early)
    bare.delete("Account", account)
    assert bare.living() == {}
    assert bare.undelete(account) == account
    assert set(bare.living()) == {account, contact}
    assert bare.row("Contact", early)["IsDeleted"] == 1


def test_a_lookup_is_emptied_by_a_deletion_and_filled_by_the_return(bare):
    boss = bare.create("Account", Name="Boss")
    part = bare.create("Account", Name="Part", ParentId=boss)
    bare.delete("Account", boss)
    assert bare.row("Account", part)["ParentId"] is None
    bare.undelete(boss)
    assert bare.row("Account", part)["ParentId"] == boss


def test_what_is_not_in_the_bin_cannot_come_back(bare):
    account = bare.create("Account", Name="Acme")
    with pytest.raises(RecordError) as caught:
        bare.undelete(account)
    assert caught.value.code == "UNDELETE_FAILED"


def test_a_record_that_went_with_its_parent_returns_with_it_only(bare):
    account = bare.create("Account", Name="Acme")
    contact = add_child(bare, "Contact", account)
    bare.delete("Account", account)
    with pytest.raises(RecordError) as caught:
        bare.undelete(contact)
    assert (caught.value.code, account in caught.value.message) == ("UNDELETE_FAILED", True)


def test_the_bin_forgets_after_fifteen_days(bare):
    old = bare.create("Account", Name="Old")
    bare.delete("Account", old)
    bare.forward(days=14)
    young = bare.create("Account", Name="Young")
    bare.delete("Account", young)
    bare.forward(days=1, minutes=1)
    assert recycle_bin.purge(bare.store) == 1
    assert bare.row("Account", old) == {}
    assert bare.undelete(young) == young


def test_an_emptied_bin_holds_neither_the_record_nor_its_children(bare):
    account = bare.create("Account", Name="Acme")
    contact = add_child(bare, "Contact", account)
    bare.delete("Account", account)
    bare.do(lambda writer: recycle_bin.empty_recycle_bin(writer, account))
    assert (bare.row("Account", account), bare.row("Contact", contact)) == ({}, {})


def test_a_hard_delete_leaves_no_trace(bare):
    account = bare.create("Account", Name="Acme")
    bare.do(lambda writer: recycle_bin.hard_delete(writer, writer.catalog.named("Account"), account))
    assert bare.row("Account", account) == {}
    assert bare.database.rows("SELECT * FROM sf_bin") == []


def test_an_account_with_won_deals_is_not_deleted(bare):
    account = bare.create("Account", Name="Acme")
    bare.create("Opportunity", **deal(Name="Big", StageName="Closed Won", AccountId=account))
    with pytest.raises(RecordError) as caught:
        bare.delete("Account", account)
    assert caught.value.code == "DELETE_FAILED"
    assert "some opportunities in that account were closed won" in caught.value.message
    assert bare.row("Account", account)["IsDeleted"] == 0


def test_the_losers_of_a_merge_are_deleted_and_name_the_master(bare):
    master, loser = bare.create("Account", Name="A"), bare.create("Account", Name="B", Site="x")
    contact = add_child(bare, "Contact", loser)
    before = bare.row("Contact", contact)["SystemModstamp"]
    bare.forward(minutes=5)
    done = bare.do(
        lambda writer: merge_records(writer, writer.catalog.named("Account"), {"Id": master, "Site": "y"}, [loser])
    )
    assert (done.id, done.merged_ids, done.updated_related_ids) == (master, [loser], [contact])
    assert (bare.row("Account", loser)["IsDeleted"], bare.row("Account", loser)["MasterRecordId"]) == (1, master)
    assert (bare.row("Account", master)["Name"], bare.row("Account", master)["Site"]) == ("A", "y")
    moved = bare.row("Contact", contact)
    assert (moved["AccountId"], moved["SystemModstamp"] > before) == (master, True)


def test_a_loser_that_is_undeleted_is_its_own_record_again(bare):
    master, loser = bare.create("Account", Name="A"), bare.create("Account", Name="B")
    bare.do(lambda writer: merge_records(writer, writer.catalog.named("Account"), {"Id": master}, [loser]))
    bare.undelete(loser)
    assert (bare.row("Account", loser)["IsDeleted"], bare.row("Account", loser)["MasterRecordId"]) == (0, None)


@pytest.mark.parametrize(("kind", "losers"), [("Account", 0), ("Account", 3), ("Opportunity", 1)])
def test_a_merge_that_salesforce_has_not_is_refused(bare, kind, losers):
    fields = deal() if kind == "Opportunity" else {"Name": "A"}
    master, *others = [bare.create(kind, **fields) for _ in range(losers + 1)]
    with pytest.raises(RecordError):
        bare.do(lambda writer: merge_records(writer, writer.catalog.named(kind), {"Id": master}, others))
    assert all(not bare.row(kind, each)["IsDeleted"] for each in others)


LEAD = {"LastName": "Meyer", "FirstName": "Ann", "Company": "Acme", "Email": "a@x.example", "City": "Bonn",
        "AnnualRevenue": 5000}  # fmt: skip


def convert(org, lead, **more):
    wanted = LeadConvert(lead_id=lead, converted_status="Closed - Converted", **more)
    return org.do(lambda writer: convert_lead(writer, wanted))


def test_a_lead_becomes_an_account_a_contact_and_an_opportunity(bare):
    lead = bare.create("Lead", **LEAD)
    call = bare.create("Task", Subject="Call", WhoId=lead)
    done = convert(bare, lead)
    account, contact = bare.row("Account", done.account_id), bare.row("Contact", done.contact_id)
    assert (account["Name"], account["BillingCity"], account["AnnualRevenue"]) == ("Acme", "Bonn", 5000)
    assert (contact["Name"], contact["Email"], contact["AccountId"]) == ("Ann Meyer", "a@x.example", done.account_id)
    assert bare.row("Opportunity", done.opportunity_id)["CloseDate"] == "2026-06-30"
    row = bare.row("Lead", lead)
    assert (row["IsConverted"], row["ConvertedDate"], row["ConvertedContactId"]) == (1, "2026-05-01", done.contact_id)
    assert bare.row("Task", call)["WhoId"] == done.contact_id


def test_a_lead_joins_an_account_and_fills_only_what_is_empty(bare):
    account = bare.create("Account", Name="Acme Corp", BillingCity="Ulm")
    done = convert(bare, bare.create("Lead", **LEAD), account_id=account, do_not_create_opportunity=True)
    row = bare.row("Account", account)
    assert (done.opportunity_id, row["Name"], row["BillingCity"]) == (None, "Acme Corp", "Ulm")
    assert row["AnnualRevenue"] == 5000


def test_a_converted_lead_cannot_be_changed_or_converted(bare):
    lead = bare.create("Lead", **LEAD)
    convert(bare, lead)
    for again in (
        lambda: convert(bare, lead),
        lambda: bare.do(lambda writer: writer.update(writer.catalog.named("Lead"), lead, {"Title": "x"})),
    ):
        with pytest.raises(RecordError) as caught:
            again()
        assert caught.value.code == "CANNOT_UPDATE_CONVERTED_LEAD"


def test_a_status_that_does_not_convert_is_refused(bare):
    lead = bare.create("Lead", **LEAD)
    with pytest.raises(RecordError) as caught:
        bare.do(lambda writer: convert_lead(writer, LeadConvert(lead_id=lead, converted_status="Open")))
    assert (caught.value.code, caught.value.message) == ("INVALID_STATUS", "invalid convertedStatus: Open")


# Properties

SHAPES = st.lists(st.lists(st.sampled_from(CHILDREN), max_size=4), min_size=2, max_size=3)


@settings(max_examples=25, deadline=None)
@given(SHAPES)
def test_delete_and_undelete_leave_all_as_it_was(shape):
    org = Bare()
    try:
        accounts = [org.create("Account", Name=str(n)) for n in range(len(shape))]
        for account, kinds in zip(accounts, shape, strict=True):
            for kind in kinds:
                add_child(org, kind, account)
        before = org.living()
        org.delete("Account", accounts[0])
        assert len(org.living()) == len(before) - 1 - len(shape[0])
        org.undelete(accounts[0])
        assert org.living() == before
    finally:
        org.database.close()


@settings(max_examples=25, deadline=None)
@given(SHAPES)
def test_a_merge_keeps_every_child(shape):
    org = Bare()
    try:
        accounts = [org.create("Account", Name=str(n)) for n in range(len(shape))]
        for account, kinds in zip(accounts, shape, strict=True):
            for kind in kinds:
                add_child(org, kind, account)
        before = len(org.living())
        org.do(lambda writer: merge_records(writer, writer.catalog.named("Account"), {"Id": accounts[0]}, accounts[1:]))
        after = org.living()
        assert len(after) == before - len(accounts) + 1
        assert {row.get("AccountId") or row.get("WhatId") for key, row in after.items() if key[:3] != "001"} <= {
            accounts[0]
        }
    finally:
        org.database.close()


@settings(max_examples=25, deadline=None)
@given(st.text(st.characters(codec="ascii", categories=("L", "N")), min_size=1), st.integers(0, 10**6))
def test_an_upsert_twice_is_an_upsert_once(key, price):
    org = Bare()
    try:

        def upsert(writer):
            product = writer.catalog.named("Product2")
            return writer.upsert(product, product.fields["externalid"], key, {"Name": str(price)})

        first, second = org.do(upsert), org.do(upsert)
        assert (first[0], first[1], second[1]) == (second[0], True, False)
        assert len(org.database.rows('SELECT 1 FROM "Product2"')) == 1
    finally:
        org.database.close()


def test_a_contact_with_cases_is_not_deleted(bare):
    contact = bare.create("Contact", LastName="Meyer")
    bare.create("Case", ContactId=contact, Subject="Broken")
    with pytest.raises(RecordError) as caught:
        bare.delete("Contact", contact)
    assert caught.value.code == "DELETE_FAILED"
    assert "could not be completed because it is associated with the following cases" in caught.value.message
    assert bare.row("Contact", contact)["IsDeleted"] == 0
