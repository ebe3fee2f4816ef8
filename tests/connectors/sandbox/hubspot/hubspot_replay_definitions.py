"""The definitions, pipelines and owners that a recorded exchange met, as its answer shows them."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from hubspot_replay_account import LONG_AGO, kind_of

from connectors.sandbox.hubspot.account.owners import Owner, save_owners
from connectors.sandbox.hubspot.definitions.schema import Option, Property
from connectors.sandbox.hubspot.pipelines.pipelines import Pipeline, Stage, save_pipeline

if TYPE_CHECKING:
    from recordings import Exchange

    from connectors.sandbox.hubspot.store import Store

_PLAIN = {"label": "A", "type": "string", "fieldType": "text", "groupName": "own"}


def seed_owners(store: Store, shown: list[dict[str, Any]]) -> None:
    owners = []
    for each in shown:
        if "id" not in each:
            continue
        number, user = int(each["id"]), each.get("userIdIncludingInactive") or each.get("userId") or int(each["id"])
        first = next((team["name"] for team in each.get("teams", ()) if team.get("primary")), "")
        names = (each.get("email", f"{number}@x.example"), each.get("firstName", ""), each.get("lastName", ""), first)
        stamps = each.get("createdAt", LONG_AGO), each.get("updatedAt", LONG_AGO)
        owners.append(Owner(number, int(user), *names, *stamps, archived=bool(each.get("archived"))))
    held = {row[0] for row in store.database.rows("SELECT id FROM hs_owner")}
    save_owners(store, [each for each in owners if each.id not in held])


def seed_definitions(store: Store, exchange: Exchange) -> None:
    """The definitions of the answer; a change or a deletion met them too, a creation only where it was refused."""
    words = exchange.words
    kind = kind_of(store, words[2]) if len(words) > 2 else None
    if kind is None or "groups" in words or (exchange.method == "POST" and exchange.status == 201):
        return
    shown = [each for each in exchange.results if "fieldType" in each] if exchange.status < 400 else []
    if exchange.method == "DELETE" or exchange.status == 409:
        shown = [{**_PLAIN, **exchange.body, "name": exchange.body.get("name", words[-1])}]
    known = store.catalog.of(kind.name)
    groups = {row[0] for row in store.database.rows("SELECT name FROM hs_group WHERE kind = ?", (kind.name,))}
    for group in dict.fromkeys(each["groupName"] for each in shown if each["groupName"] not in groups):
        store.database.write("INSERT INTO hs_group VALUES (?, ?, ?, ?)", [(kind.name, group, group, 0)])
    store.add_properties(kind, [definition(each) for each in shown if each["name"] not in known])
    for each in shown:
        if each["name"] in known:  # the account's own options of HubSpot's properties
            store.catalog.save(kind.name, [replace(known[each["name"]], options=definition(each).options)])


def definition(shown: dict[str, Any]) -> Property:
    """A definition as the properties API shows it."""
    changeable = shown.get("modificationMetadata", {})
    own = bool(shown.get("hubspotDefined"))
    options = tuple(
        Option(each["value"], each["label"], each.get("displayOrder", -1), each["hidden"], each.get("description"))
        for each in shown.get("options", ())
    )
    return Property(
        name=shown["name"],
        label=shown["label"],
        type=shown["type"],
        field_type=shown["fieldType"],
        group=shown["groupName"],
        description=shown.get("description", ""),
        options=options,
        order=shown.get("displayOrder", -1),
        calculated=bool(shown.get("calculated")),
        external=bool(shown.get("externalOptions")),
        unique=bool(shown.get("hasUniqueValue")),
        hidden=bool(shown.get("hidden")),
        form_field=bool(shown.get("formField")),
        hubspot_defined=own,
        read_only=bool(changeable.get("readOnlyValue")),
        extensible=not changeable.get("readOnlyOptions", True),
        open_definition=own and not changeable.get("readOnlyDefinition", True),
        currency=bool(shown.get("showCurrencySymbol")),
        number_hint=shown.get("numberDisplayHint"),
        currency_property=shown.get("currencyPropertyName"),
        sensitivity=shown.get("dataSensitivity", "non_sensitive"),
        refers_to=shown.get("referencedObjectType"),
        created_at=shown.get("createdAt", ""),
        updated_at=shown.get("updatedAt", ""),
        archived_at=shown.get("archivedAt"),
    )


def seed_pipelines(store: Store, exchange: Exchange) -> None:
    """The pipelines of the answer instead of a new account's, with the one that the path names."""
    words = exchange.words
    kind = kind_of(store, words[2]) if len(words) > 2 else None
    if kind is None or exchange.status >= 400 or (exchange.method == "POST" and words[3:] == []):
        return
    shown = [each for each in exchange.results if "stages" in each]
    if words[4:5] == ["stages"]:
        stages = [] if exchange.method == "POST" else exchange.results
        if words[5:] and exchange.method == "DELETE":
            stages = [{"id": words[5], "label": "Gone", "displayOrder": 1, "metadata": {}}]
        stages = [*stages, {"id": "last-stage", "label": "Last", "displayOrder": 99, "metadata": {}}][
            : len(stages) or 1
        ]
        shown = [{"id": words[3], "label": "One", "displayOrder": 0, "stages": stages}]
    elif exchange.method == "DELETE":
        shown = [{"id": words[3], "label": "One", "displayOrder": 9, "stages": []}]
    if exchange.method == "GET":
        store.database.write("DELETE FROM hs_pipeline WHERE kind = ?", [(kind.name,)])
    for each in shown:
        made = tuple(
            Stage(one["id"], one["label"], one["displayOrder"], one["metadata"], one.get("createdAt", LONG_AGO))
            for one in each["stages"]
        )
        pipeline = Pipeline(each["id"], each["label"], each["displayOrder"], made)
        save_pipeline(store.database, kind.name, replace(pipeline, archived_at=each.get("archivedAt")))
