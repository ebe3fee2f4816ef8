"""What the tests of provisioning share: an org with one account, what a project may need, and what stands there."""

from __future__ import annotations

import json
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from connected_org import SandboxOrg, opened, write_export

from config.connections import SalesforceConnection
from connectors.retry import RetryPolicy
from connectors.salesforce.client import SalesforceConnector, connect
from connectors.salesforce.metadata import read_components, tag, text_of, update_component
from connectors.sandbox.salesforce.org.storage import Store
from connectors.sandbox.salesforce.signin import sessions
from connectors.writing import FieldKind, FieldNeed, Needs, ObjectNeed, Outcome, Status, Step

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

WON = FieldNeed("user", "Won__c", "Won", "Won amount this quarter. Kept current.", FieldKind.MONEY)
TERRITORY = FieldNeed("account", "Territory__c", "Territory", "Its territory.", FieldKind.TEXT)
COMMISSION = FieldNeed("opportunity", "Commission__c", "Commission", "Earned.", FieldKind.MONEY)
TASK_KEY = FieldNeed("task", "Sales_Key__c", "Key", "Our key.", FieldKind.KEY)

STATEMENT = "Commission_Statement__c"
STATEMENTS = ObjectNeed(STATEMENT, "Commission statement", "Commission statements", "What was earned.")
KEY = FieldNeed(STATEMENT, "Key__c", "Key", "Our key.", FieldKind.KEY)
PAYEE = FieldNeed(STATEMENT, "Payee__c", "Payee", "Whose it is.", FieldKind.USER)
EARNED = FieldNeed(STATEMENT, "Earned__c", "Earned", "Earned.", FieldKind.MONEY)

EVERYTHING = Needs((STATEMENTS,), (WON, TERRITORY, COMMISSION, KEY, PAYEE, EARNED, TASK_KEY))

READER = {
    "TimeZoneSidKey": "UTC",
    "LocaleSidKey": "en_US",
    "EmailEncodingKey": "UTF-8",
    "LanguageLocaleKey": "en_US",
    "IsActive": True,
}


def needs(*fields: FieldNeed) -> Needs:
    return Needs((), fields)


@contextmanager
def empty_org(folder: Path) -> Iterator[SandboxOrg]:
    """An org that nobody prepared for us."""
    data = write_export(folder, {"Account": [{"Id": "001000000000001AAA", "Name": "Acme"}]})
    with opened(data) as org:
        yield org


def names(steps: list[Step]) -> list[str]:
    return [step.name for step in steps]


def problems(steps: list[Step]) -> dict[str, str]:
    return {step.name: step.problem for step in steps if step.problem}


def make(org: SandboxOrg, wanted: Needs) -> list[Outcome]:
    """Everything that is missing, made; all of it went well."""
    outcomes = list(org.connector.provision(org.connector.missing(wanted)))
    assert {outcome.status for outcome in outcomes} <= {Status.WRITTEN}, outcomes
    return outcomes


def make_field(org: SandboxOrg, full_name: str, **metadata: Any) -> None:
    """A custom field that somebody made by hand, which nobody sees."""
    body = json.dumps({"FullName": full_name, "Metadata": {"label": "Made by hand", **metadata}})
    org.connector._session.send("POST", "tooling/sobjects/CustomField", body)


def show_field(org: SandboxOrg, full_name: str, *, edit: bool = True) -> None:
    """Let the administrators, of whom our login is one, see it."""
    [admin] = rows(org, "SELECT Id FROM PermissionSet WHERE Profile.Name = 'System Administrator'")
    key = {"ParentId": admin["Id"], "SobjectType": full_name.partition(".")[0], "Field": full_name}
    org.create("FieldPermissions", **key, PermissionsRead=True, PermissionsEdit=edit)


def rows(org: SandboxOrg, soql: str) -> list[dict[str, Any]]:
    return list(org.connector._session.query(soql)["records"])


def definition(org: SandboxOrg, sobject: str, name: str) -> dict[str, Any]:
    """A custom field as it was defined."""
    where = f"TableEnumOrId = '{sobject}' AND DeveloperName = '{name.removesuffix('__c')}'"
    soql = f"SELECT Metadata FROM CustomField WHERE {where}"
    records = org.connector._session.get(f"tooling/query?q={quote(soql)}")["records"]
    found: dict[str, Any] = records[0]["Metadata"]
    return {key: value for key, value in found.items() if value is not None}


def described(org: SandboxOrg, sobject: str, name: str) -> dict[str, Any] | None:
    """A field as our login sees it."""
    fields = org.connector._session.get(f"sobjects/{sobject}/describe")["fields"]
    return next((dict(field) for field in fields if field["name"] == name), None)


def granted(org: SandboxOrg, which: str) -> dict[str, tuple[bool, bool]]:
    """The fields that a permission set lets people (read, edit)."""
    fields = "SobjectType, Field, PermissionsRead, PermissionsEdit"
    soql = f"SELECT {fields} FROM FieldPermissions WHERE Parent.Name = '{which}'"
    return {row["Field"]: (row["PermissionsRead"], row["PermissionsEdit"]) for row in rows(org, soql)}


def sections(org: SandboxOrg, layout: str) -> dict[str, list[tuple[str, str]]]:
    """The (field, behaviour) pairs of a page layout's sections, by label."""
    [found] = read_components(org.connector._session, "Layout", [layout])
    return {
        text_of(section, "label"): [
            (text_of(item, "field"), text_of(item, "behavior")) for item in section.iter(tag("layoutItems"))
        ]
        for section in found.iter(tag("layoutSections"))
    }


def take_off(org: SandboxOrg, layout: str, field: str) -> None:
    """An admin takes a field off a page."""
    [found] = read_components(org.connector._session, "Layout", [layout])
    for column in found.iter(tag("layoutColumns")):
        for item in column.findall(tag("layoutItems")):
            if text_of(item, "field") == field:
                column.remove(item)
    update_component(org.connector._session, "Layout", found)


@contextmanager
def as_reader(org: SandboxOrg) -> Iterator[SalesforceConnector]:
    """Signed in as somebody who may change nothing in Setup."""
    profile = rows(org, "SELECT Id FROM Profile WHERE Name = 'Standard User'")[0]["Id"]
    name = "rep@sandbox.example"
    user = org.create("User", Username=name, Email=name, LastName="Rep", Alias="rep", ProfileId=profile, **READER)
    token = sessions.start_session(Store(org.sandbox.database), user).token
    values = {
        "crm": "salesforce",
        "url": org.sandbox.url,
        "ca_file": str(org.sandbox.ca_file),
        "sign_in": {"kind": "access_token", "token": "env:TOKEN"},
    }
    connector = connect(
        SalesforceConnection.model_validate(values),
        secrets={"env:TOKEN": token}.__getitem__,
        retry=RetryPolicy(attempts=3, sleep=lambda _: None),
        mapping={},
        written={},
        time_zone="UTC",
    )
    assert isinstance(connector, SalesforceConnector)
    with closing(connector):
        yield connector
