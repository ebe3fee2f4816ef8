"""Any sequence of writes leaves an account whose counts, histories and links agree with a plain account of them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from hubspot_account import SETTINGS, serve
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from connectors.sandbox.database import Database

if TYPE_CHECKING:
    from hubspot_account import Client

CONTACTS = "/crm/v3/objects/contacts"
PLACE = st.integers(0, 5)
NAME = st.sampled_from(["Ann", "Bo", ""])
STEP = st.one_of(
    st.tuples(st.just("create"), NAME),
    st.tuples(st.just("update"), PLACE, NAME),
    st.tuples(st.just("upsert"), st.sampled_from("abc"), NAME),
    st.tuples(st.just("archive"), PLACE),
    st.tuples(st.just("merge"), PLACE, PLACE),
    st.tuples(st.just("associate"), PLACE),
)


@dataclass
class Plain:
    """The account as plain dictionaries: first names and addresses of the living, the archived, and who is linked."""

    names: dict[str, str] = field(default_factory=dict)
    emails: dict[str, str] = field(default_factory=dict)  # whose each address is
    archived: set[str] = field(default_factory=set)
    heirs: dict[str, str] = field(default_factory=dict)
    linked: set[str] = field(default_factory=set)

    def at(self, place: int) -> str | None:
        """The living record at a place; None where there are none."""
        living = sorted(self.names, key=int)
        return living[place % len(living)] if living else None

    def gone(self, number: str) -> None:
        del self.names[number]
        self.linked.discard(number)
        self.emails = {email: holder for email, holder in self.emails.items() if holder != number}


def carry_out(crm: Client, company: str, plain: Plain, step: tuple[Any, ...]) -> None:
    """One step, over the API and in the plain account."""
    verb, *given = step
    if verb == "create":
        plain.names[crm.create("contacts", {"firstname": given[0]})] = given[0]
    elif verb == "upsert":
        email = f"{given[0]}@x.example"
        inputs = [{"id": email, "idProperty": "email", "properties": {"firstname": given[1]}}]
        [result] = crm.send("POST", f"{CONTACTS}/batch/upsert", {"inputs": inputs}).json()["results"]
        assert result["new"] == (email not in plain.emails)
        assert plain.emails.setdefault(email, result["id"]) == result["id"]
        plain.names[result["id"]] = given[1]
    elif (number := plain.at(given[0])) is None:
        return
    elif verb == "update":
        crm.send("PATCH", f"{CONTACTS}/{number}", {"properties": {"firstname": given[1]}})
        plain.names[number] = given[1]
    elif verb == "archive":
        assert crm.send("DELETE", f"{CONTACTS}/{number}").status_code == 204
        plain.gone(number)
        plain.archived.add(number)
    elif verb == "associate":
        path = f"/crm/v4/objects/contacts/{number}/associations/default/companies/{company}"
        assert crm.send("PUT", path).status_code == 200
        plain.linked.add(number)
    elif (other := plain.at(given[1])) != number and other is not None:
        merge(crm, plain, number, other)


def merge(crm: Client, plain: Plain, number: str, other: str) -> None:
    body = {"primaryObjectId": number, "objectIdToMerge": other}
    made = str(crm.send("POST", f"{CONTACTS}/merge", body).json()["id"])
    name, emails = plain.names[number] or plain.names[other], [*plain.emails.items()]
    is_linked = bool({number, other} & plain.linked)
    for each in (number, other):
        plain.gone(each)
    plain.names[made] = name
    plain.emails |= {email: made for email, holder in emails if holder in (number, other)}
    plain.linked |= {made} if is_linked else set()
    plain.heirs = {old: made if heir in (number, other) else heir for old, heir in plain.heirs.items()}
    plain.heirs |= {number: made, other: made}


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(STEP, max_size=14))
def test_any_sequence_of_writes_keeps_counts_histories_and_links(steps: list[tuple[Any, ...]]) -> None:
    database, plain = Database(), Plain()
    try:
        with serve(database, SETTINGS) as crm:
            company = crm.create("companies", {"name": "A"})
            for step in steps:
                carry_out(crm, company, plain, step)
            check(crm, company, plain)
    finally:
        database.close()


def check(crm: Client, company: str, plain: Plain) -> None:
    """Nothing, where every view of the account shows what the plain one holds."""
    listed = crm.get(f"{CONTACTS}?limit=50&propertiesWithHistory=firstname")["results"]
    shown = {each["id"]: each["properties"]["firstname"] or "" for each in listed}
    assert shown == plain.names
    assert {each["id"] for each in crm.get(f"{CONTACTS}?limit=100&archived=true")["results"]} == plain.archived
    assert crm.search("contacts")["total"] == len(plain.names)
    for each in listed:
        versions = each["propertiesWithHistory"]["firstname"]
        assert (versions[0]["value"] if versions else "") == shown[each["id"]]
        assert [one["timestamp"] for one in versions] == sorted((one["timestamp"] for one in versions), reverse=True)
    linked = crm.get(f"/crm/v4/objects/companies/{company}/associations/contacts")["results"]
    assert {str(each["toObjectId"]) for each in linked} == plain.linked
    for old, heir in plain.heirs.items():
        answer = crm.send("GET", f"{CONTACTS}/{old}")
        assert (answer.json()["id"] if answer.ok else None) == (heir if heir in plain.names else None)
    for email, holder in plain.emails.items():
        assert crm.get(f"{CONTACTS}/{email}?idProperty=email")["id"] == holder
