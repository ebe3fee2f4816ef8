"""The account that a recorded exchange must have met, made up from the exchange itself.

Records, definitions, pipelines, owners, schemas and links are what the answer shows and the request means.
"""

from __future__ import annotations

import json
import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from hubspot_replay_account import LONG_AGO, SOURCE, kind_of, plant
from hubspot_replay_definitions import seed_definitions, seed_owners, seed_pipelines
from hubspot_replay_links import link_named, seed_links

from connectors.sandbox.behaviour import CALM, Behaviour
from connectors.sandbox.hubspot.associations.link_types import STANDARD
from connectors.sandbox.hubspot.definitions.schema import Property
from connectors.sandbox.hubspot.definitions.standard import custom_object_properties
from connectors.sandbox.hubspot.definitions.types import ObjectType, find_object
from connectors.sandbox.hubspot.pipelines.pipelines import Pipeline, Stage, read_pipelines, save_pipeline

if TYPE_CHECKING:
    from recordings import Exchange

    from connectors.sandbox.hubspot.store import Store

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
        seed_links(store, exchange)
    elif words[1] == "properties":
        seed_definitions(store, exchange)
    elif words[1] == "pipelines":
        seed_pipelines(store, exchange)
    elif words[1] == "owners":
        seed_owners(store, exchange.results)
    elif words[1] == "objects" and len(words) > 2 and (kind := kind_of(store, words[2])):
        _seed_records(store, kind, exchange)


def _make_object(store: Store, name: str) -> None:
    """A custom object where a path names one by its type id or its qualified name."""
    if not re.fullmatch(r"2-\d+|p\d+_\w+", name, re.IGNORECASE) or kind_of(store, name):
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
        plant(store, kind, int(found.group(1)), given[0])
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
    plant(store, kind, int(shown["id"]), before, shown.get("archivedAt"))
    for name, found in shown.get("associations", {}).items():
        other = find_object(store, name.replace(" ", "_"))
        for end in found["results"]:
            link_named(store, kind, other, int(shown["id"]), int(end["id"]), end["type"])


def _plant_meant(store: Store, kind: ObjectType, exchange: Exchange) -> None:
    """The records that a request names and its answer does not show, as the answers to a deletion do not."""
    if isinstance(exchange.response, dict) and exchange.status < 400 and exchange.words[3:] != ["merge"]:
        return
    named = [exchange.words[3:4], [each[key] for each in exchange.inputs for key in _ID_KEYS if key in each]]
    for text in map(str, (each for part in named for each in part)):
        if text.isdecimal():
            plant(store, kind, int(text), {})


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
        plant(store, kind, last + 1 + place, like)


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
    seed_owners(store, [{"id": each} for each in sorted(ids) if each.isdecimal()])


def _plant_targets(store: Store, exchange: Exchange) -> None:
    """The records that a new one is associated with."""
    for each in exchange.inputs:
        for link in each.get("associations") or ():
            for spec in link["types"]:
                if known := STANDARD.get(int(spec["associationTypeId"])):
                    plant(store, find_object(store, known.to_kind), int(link["to"]["id"]), {})
