"""The account that a recorded exchange must have met, made up from the exchange itself.

Records, definitions, pipelines, owners, schemas and links are what the answer shows and the request means.
"""

from __future__ import annotations

import json
import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from connectors.sandbox.behaviour import CALM, Behaviour
from connectors.sandbox.hubspot.definitions import custom_object_properties
from connectors.sandbox.hubspot.errors import ApiError
from connectors.sandbox.hubspot.link_types import STANDARD, LinkType
from connectors.sandbox.hubspot.links import add_links, link_types
from connectors.sandbox.hubspot.owners import Owner, save_owners
from connectors.sandbox.hubspot.pipelines import Pipeline, Stage, read_pipelines, save_pipeline
from connectors.sandbox.hubspot.records import filled
from connectors.sandbox.hubspot.render import type_name
from connectors.sandbox.hubspot.schema import Option, Property
from connectors.sandbox.hubspot.types import ObjectType, find_object

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hubspot_replay import Exchange

    from connectors.sandbox.hubspot.store import Store

LONG_AGO = "2020-01-01T00:00:00.000Z"
SOURCE = {"hs_object_source": "INTEGRATION", "hs_object_source_id": "1", "hs_object_source_label": "INTEGRATION"}
EXPIRED = "expired-token"


def behaviour(exchange: Exchange) -> Behaviour:
    """How the account behaved: calm, but for the limit that a recorded refusal names."""
    if exchange.status != 429 or not isinstance(exchange.response, dict):
        return CALM
    told = 1.0 if "retry-after" in exchange.headers else 0.0
    if exchange.response.get("policyName") == "DAILY":
        return replace(CALM, daily_limit=0, retry_after_share=told)
    return replace(CALM, rate_limit=True, burst_limit=0, search_limit=0, retry_after_share=told)


def scopes(exchange: Exchange) -> tuple[str, ...] | None:
    """The scopes of the app that met the answer: all, none that opens the endpoint, or none that opens the object."""
    if exchange.status != 403:
        return None
    if "errors" in exchange.response:
        return ("oauth",)
    name = "deals" if "deals" not in exchange.path else "companies"
    return tuple(f"crm.{part}.{name}.{verb}" for part in ("objects", "schemas") for verb in ("read", "write"))


def token(store: Store, exchange: Exchange, usual: str) -> str:
    """The token that the request must have had."""
    if exchange.status != 401:
        return usual
    if exchange.response.get("category") == "EXPIRED_AUTHENTICATION":
        row = (EXPIRED, "access", "oauth", "2020-01-01T00:00:00+00:00", "", "")
        store.database.write("INSERT INTO hs_grant VALUES (?, ?, ?, ?, ?, ?)", [row])
        return EXPIRED
    return "no-token"


def seed(store: Store, exchange: Exchange) -> None:
    """Make the account what it must have been before the request."""
    words = exchange.words
    if len(words) < 2 or exchange.status in {401, 403, 429} or exchange.status >= 500:
        return
    for name in words[2:4]:
        _make_object(store, name)
    if "associations" in words and exchange.status < 400:
        _seed_links(store, exchange)
    elif words[1] == "properties":
        _seed_definitions(store, exchange)
    elif words[1] == "pipelines":
        _seed_pipelines(store, exchange)
    elif words[1] == "owners":
        _seed_owners(store, exchange.results)
    elif words[1] == "objects" and len(words) > 2 and (kind := _kind(store, words[2])):
        _seed_records(store, kind, exchange)


def _kind(store: Store, name: str) -> ObjectType | None:
    try:
        return find_object(store, name)
    except ApiError:
        return None


def _make_object(store: Store, name: str) -> None:
    """A custom object where a path names one by its type id or its qualified name."""
    if not re.fullmatch(r"2-\d+|p\d+_\w+", name, re.IGNORECASE) or _kind(store, name):
        return
    bare = name.partition("_")[2] or f"object_{name[2:]}"
    told: dict[str, Any] = {
        "name": bare,
        "labels": {"singular": bare, "plural": bare},
        "description": None,
        "secondary": [],
    }
    told |= {"created": LONG_AGO, "updated": LONG_AGO, "primary": None}
    kind = ObjectType(
        name=name.lower() if name[0] in "pP" else f"p1_{bare}",
        singular=bare.lower(),
        type_id=name if name[0] == "2" else "2-30000001",
        first_id=1_000_000_001,
        shown=(),
        searched=(),
        echoed=tuple(SOURCE),
        schema=json.dumps(told),
    )
    store.catalog.save_objects([kind])
    store.add_object(kind, custom_object_properties(bare, f"{bare}_information"), [(f"{bare}_information", bare)])


def _seed_records(store: Store, kind: ObjectType, exchange: Exchange) -> None:
    """What a request about records met: those it reads, changes or runs into, and nothing it creates."""
    tail, shown = exchange.words[3:], exchange.records
    given = [each["properties"] for each in exchange.inputs if isinstance(each.get("properties"), dict)]
    values = [*given, *(each["properties"] for each in shown)]
    unknown = _unknown_names(exchange)
    names = {name for each in values for name in each} | {
        name for each in shown for name in each.get("propertiesWithHistory", ())
    }
    _define(store, kind, (names | set(_matching(exchange))) - unknown, values)
    _make_unique(store, kind, exchange)
    _make_stages(store, kind, values)
    _make_owners(store, values)
    _plant_targets(store, exchange)
    if exchange.status == 409 and (found := re.search(r"Existing ID: (\d+)", str(exchange.response))):
        _plant(store, kind, int(found.group(1)), given[0])
    if exchange.status < 400 and not (exchange.method == "POST" and tail in ([], ["batch", "create"])):
        for each in shown:
            if not each.get("new"):
                _plant_shown(store, kind, exchange, each, given)
    if exchange.status < 400 or (exchange.method == "PATCH" and exchange.status == 400):
        _plant_meant(store, kind, exchange)
    if shown and exchange.status < 400 and exchange.method in {"GET", "POST"}:
        _plant_unseen(store, kind, exchange)


def _plant_shown(
    store: Store, kind: ObjectType, exchange: Exchange, shown: dict[str, Any], given: list[dict[str, Any]]
) -> None:
    """A record of the answer as it was before, with what the request found it by."""
    before = {**_matching(exchange), **shown["properties"]}
    if exchange.method == "PATCH" or exchange.words[3:] in (["batch", "update"], ["batch", "upsert"]):
        before |= dict.fromkeys((name for each in given for name in each), None)
    if "idProperty" in exchange.query and len(exchange.words) > 3:
        before.setdefault(exchange.query["idProperty"], exchange.words[3])
    _plant(store, kind, int(shown["id"]), before, shown.get("archivedAt"))
    for name, found in shown.get("associations", {}).items():
        other = find_object(store, name.replace(" ", "_"))
        for end in found["results"]:
            _link_named(store, kind, other, int(shown["id"]), int(end["id"]), end["type"])


def _plant_meant(store: Store, kind: ObjectType, exchange: Exchange) -> None:
    """The records that a request names and its answer does not show, as the answers to a deletion do not."""
    if isinstance(exchange.response, dict) and exchange.status < 400 and exchange.words[3:] != ["merge"]:
        return
    named = [exchange.words[3:4], [each[key] for each in exchange.inputs for key in _ID_KEYS if key in each]]
    for text in map(str, (each for part in named for each in part)):
        if text.isdecimal():
            _plant(store, kind, int(text), {})


_ID_KEYS = ("id", "objectId", "primaryObjectId", "objectIdToMerge")


def _plant_unseen(store: Store, kind: ObjectType, exchange: Exchange) -> None:
    """The records beyond the page, which a list only knows to be there and a search counts."""
    shown = exchange.records
    if "total" not in exchange.response and "paging" not in exchange.response:
        return
    total = exchange.response.get("total", len(shown) + 1)
    like = {**_matching(exchange), **shown[-1]["properties"]}
    unique = {"email", *(each.name for each in store.catalog.of(kind.name).values() if each.unique)}
    if "total" not in exchange.response:
        like = {name: value for name, value in like.items() if name not in unique}
    last = max(int(each["id"]) for each in shown)
    for place in range(min(total - len(shown), 1000)):
        _plant(store, kind, last + 1 + place, like)


def _matching(exchange: Exchange) -> dict[str, Any]:
    """The values of a record that the first group of a search's filters finds."""
    groups = exchange.body.get("filterGroups") or []
    filters = groups[0].get("filters", []) if groups else exchange.body.get("filters") or []
    found = {}
    for each in filters:
        if each.get("operator") in {"EQ", "GTE", "LTE", "BETWEEN", "CONTAINS_TOKEN"}:
            found[each["propertyName"]] = str(each["value"]).strip("*")
        elif each.get("operator") == "IN":
            found[each["propertyName"]] = str(each["values"][0])
        elif each.get("operator") == "HAS_PROPERTY":
            found[each["propertyName"]] = "1"
    return {name: value for name, value in found.items() if not name.startswith("associations.")}


def _unknown_names(exchange: Exchange) -> set[str]:
    """The properties that the refusal says there are not."""
    if exchange.status < 400:
        return set()
    return set(re.findall(r'Property \\*"([\w-]+)\\*" does not exist', json.dumps(exchange.response)))


def _define(store: Store, kind: ObjectType, names: set[str], values: list[dict[str, Any]]) -> None:
    """Properties and options of the account's own for what HubSpot does not define here."""
    known = store.catalog.of(kind.name)
    group = store.database.rows("SELECT name FROM hs_group WHERE kind = ? LIMIT 1", (kind.name,))[0][0]
    new = sorted(names - set(known))
    store.add_properties(kind, [Property(name, name, "string", "text", group) for name in new])
    for name in names & set(known):
        if known[name].type == "enumeration" and known[name].options and not known[name].external:
            chosen = [each[name] for each in values if isinstance(each.get(name), str) and each[name]]
            parts = [part for each in chosen for part in each.split(";")]
            store.catalog.save(kind.name, [known[name].extended(parts)])


def _make_unique(store: Store, kind: ObjectType, exchange: Exchange) -> None:
    """The property that the request identifies records by."""
    named = {exchange.query.get("idProperty"), *(each.get("idProperty") for each in exchange.inputs)}
    for name in named - {None, "hs_object_id", *kind.identity}:
        _define(store, kind, {str(name)}, [])
        store.catalog.save(kind.name, [replace(store.catalog.of(kind.name)[str(name)], unique=True)])


def _make_stages(store: Store, kind: ObjectType, values: list[dict[str, Any]]) -> None:
    """The pipelines and stages that records are in."""
    if kind.pipeline is None:
        return
    for each in values:
        in_pipeline, in_stage = (each.get(name) for name in kind.pipeline)
        if in_stage is None and in_pipeline is None:
            continue
        known = read_pipelines(store.database, kind.name)
        number = in_pipeline or next((one.id for one in known.values() if one.stage(in_stage)), None)
        found = known.get(number or next(iter(known)), Pipeline(str(number), str(number), len(known), ()))
        name = in_stage or "first"
        if found.stage(name) is None and not (in_stage is None and found.stages):
            closed = each.get("hs_is_closed") or "false"
            metadata = {"isClosed": closed, "probability": "0.5"} if kind.name == "deals" else {}
            found = replace(found, stages=(*found.stages, Stage(name, name, len(found.stages), metadata)))
        save_pipeline(store.database, kind.name, found)


def _make_owners(store: Store, values: list[dict[str, Any]]) -> None:
    """The owners that records have."""
    ids = {str(each["hubspot_owner_id"]) for each in values if each.get("hubspot_owner_id")}
    _seed_owners(store, [{"id": each} for each in sorted(ids) if each.isdecimal()])


def _seed_owners(store: Store, shown: list[dict[str, Any]]) -> None:
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


def _seed_definitions(store: Store, exchange: Exchange) -> None:
    """The definitions of the answer; a change or a deletion met them too, a creation only where it was refused."""
    words = exchange.words
    kind = _kind(store, words[2]) if len(words) > 2 else None
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


_PLAIN = {"label": "A", "type": "string", "fieldType": "text", "groupName": "own"}


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


def _seed_pipelines(store: Store, exchange: Exchange) -> None:
    """The pipelines of the answer instead of a new account's, with the one that the path names."""
    words = exchange.words
    kind = _kind(store, words[2]) if len(words) > 2 else None
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


def _seed_links(store: Store, exchange: Exchange) -> None:
    """The two ends and their links, where a request reads, makes or takes associations."""
    words = exchange.words
    if words[1] == "objects":
        at = words.index("associations")
        one, two = words[2], next((each for each in words[at + 1 :] if each != "default"), "")
    else:
        one, two = (*words[2:4], "")[:2]
    kinds = [_kind(store, each) for each in (one, two)]
    if kinds[0] is None or kinds[1] is None:
        return
    start, end = kinds[0], kinds[1]
    reads = exchange.method == "GET" or words[-1] == "read"
    for number, other, shown in _ends(exchange):
        _plant(store, start, number, {})
        _plant(store, end, other, {})
        if reads:
            _link_shown(store, start, end, number, other, shown)
    if reads and words[1] == "objects":
        _plant(store, start, int(words[3]), {})


def _ends(exchange: Exchange) -> Iterator[tuple[int, int, dict[str, Any]]]:
    """The pairs of ids that an exchange is about, each with what the answer says of the link."""
    words = exchange.words
    own = next((int(each) for each in words if each.isdecimal()), None)
    named = [each for each in words if each.isdecimal()]
    if len(named) > 1:
        yield int(named[0]), int(named[1]), {}
    for each in [*exchange.results, *exchange.inputs]:
        if own is not None and ("toObjectId" in each or "type" in each):
            yield own, int(each.get("toObjectId") or each["id"]), each
        elif own is None and "from" in each and "to" in each:
            for end in each["to"] if isinstance(each["to"], list) else [each["to"]]:
                yield int(each["from"]["id"]), int(end.get("toObjectId") or end["id"]), end


def _link_shown(store: Store, one: ObjectType, two: ObjectType, start: int, end: int, shown: dict[str, Any]) -> None:
    """A link with the types that the answer names, by number (version 4) or by name (version 3)."""
    for each in shown.get("associationTypes", ()):
        key = int(each["typeId"]) * (-1 if each["category"] == "USER_DEFINED" else 1)
        if key < 0 and key not in link_types(store, one, two):
            back = key - 100_000
            rows = [(key, one.name, two.name, f"own_{-key}", each["label"], back)]
            rows += [(back, two.name, one.name, f"own_{-key}_inverse", each["label"], key)]
            store.database.write("INSERT INTO hs_label VALUES (?, ?, ?, ?, ?, ?)", rows)
        if key in (types := link_types(store, one, two)):
            add_links(store, [(types[key], start, end)])
    if isinstance(shown.get("type"), str):
        _link_named(store, one, two, start, end, shown["type"])


def _link_named(store: Store, one: ObjectType, two: ObjectType, start: int, end: int, name: str) -> None:
    types = link_types(store, one, two)
    chosen: list[LinkType] = [each for each in types.values() if type_name(one, two, each, types) == name]
    add_links(store, [(each, start, end) for each in chosen])


def _plant_targets(store: Store, exchange: Exchange) -> None:
    """The records that a new one is associated with."""
    for each in exchange.inputs:
        for link in each.get("associations") or ():
            for spec in link["types"]:
                if known := STANDARD.get(int(spec["associationTypeId"])):
                    _plant(store, find_object(store, known.to_kind), int(link["to"]["id"]), {})


def _plant(store: Store, kind: ObjectType, number: int, shown: dict[str, Any], archived: str | None = None) -> None:
    """A record with the values that an answer shows, unless it is there."""
    if store.by_identity(kind, [], "hs_object_id", [number]):
        return
    known = store.catalog.columns(kind.name)
    values = {name: value for name, value in shown.items() if name in known}
    values = filled(kind, number, {**SOURCE, **_defaults(kind), **values}, store.pipelines(kind), LONG_AGO)
    store.insert(kind, list(values), [(number, LONG_AGO, *values.values())])
    if archived:
        store.database.write(f'UPDATE {kind.table} SET "$archived" = ? WHERE "$id" = ?', [(archived, number)])


def _defaults(kind: ObjectType) -> dict[str, str]:
    """What HubSpot gives every record that comes through an integration (recorded)."""
    named = kind.name in ("contacts", "companies")
    return {"lifecyclestage": "lead", "hs_pipeline": f"{kind.name}-lifecycle-pipeline"} if named else {}
