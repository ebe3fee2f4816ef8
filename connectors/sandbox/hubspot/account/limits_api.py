"""How much of what an account may hold it holds: records, associations, pipelines, properties, custom objects.

Forms and shares as in the guide of the limits-tracking API; the numbers are those of the largest subscription.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from connectors.sandbox.hubspot.associations.labels import MOST_LABELS, MOST_LINKS
from connectors.sandbox.hubspot.associations.links import link_types
from connectors.sandbox.hubspot.definitions.schemas import MAX_OBJECTS
from connectors.sandbox.hubspot.definitions.types import ObjectType, find_object
from connectors.sandbox.hubspot.errors import json_response
from connectors.sandbox.hubspot.pipelines.pipelines import read_pipelines
from connectors.sandbox.hubspot.routes import under

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from starlette.responses import Response

    from connectors.sandbox.hubspot.call import Call
    from connectors.sandbox.hubspot.routes import Routes

    Usage = Callable[[ObjectType], int]

MOST_RECORDS, MOST_CUSTOM_RECORDS = 15_000_000, 500_000
MOST_PROPERTIES = 1000
MOST_CALCULATED = 200
MOST_PIPELINES = 100
NEAR = 0.8  # of a limit, from which a record is near it
SAMPLES = 10


def list_records(call: Call) -> Response:
    """GET /crm/v3/limits/records: the records that there are of each object."""

    def usage(kind: ObjectType) -> int:
        where = call.store.standing(archived=False)
        return int(call.store.database.rows(f"SELECT count(*) FROM {kind.table} WHERE {where}")[0][0])

    return json_response(_split(call, usage, MOST_RECORDS, MOST_CUSTOM_RECORDS))


def list_pipelines(call: Call) -> Response:
    """GET /crm/v3/limits/pipelines."""

    def usage(kind: ObjectType) -> int:
        return len(read_pipelines(call.store.database, kind.name))

    return json_response(_split(call, usage, MOST_PIPELINES, MOST_PIPELINES, pipelined=True))


def list_custom_properties(call: Call) -> Response:
    """GET /crm/v3/limits/custom-properties."""

    def usage(kind: ObjectType) -> int:
        return sum(not each.hubspot_defined for each in call.store.catalog.of(kind.name).values())

    kinds = call.store.catalog.objects().values()
    shown = [_limited(kind, usage(kind), MOST_PROPERTIES) for kind in kinds]
    return json_response({"byObjectType": shown, **_overall(shown, MOST_PROPERTIES * len(shown))})


def list_calculated_properties(call: Call) -> Response:
    """GET /crm/v3/limits/calculated-properties: those with a formula of the account's own."""
    shown = [
        {**_named(kind), "usage": sum(bool(each.formula) for each in call.store.catalog.of(kind.name).values())}
        for kind in call.store.catalog.objects().values()
    ]
    shown = [each for each in shown if each["usage"]]
    return json_response({"byObjectType": shown, **_overall(shown, MOST_CALCULATED)})


def read_custom_objects(call: Call) -> Response:
    """GET /crm/v3/limits/custom-object-types: how many custom objects there are and may be."""
    usage = len(call.store.catalog.custom_objects())
    return json_response({"limit": MAX_OBJECTS, "usage": usage, "percentage": _share(usage, MAX_OBJECTS)})


def list_labels(call: Call) -> Response:
    """GET /crm/v3/limits/associations/labels: of each two objects that have labels of the account's own."""
    ends = [call.query.get(name) for name in ("fromObjectTypeId", "toObjectTypeId")]
    asked = [None if name is None else find_object(call.store, name).name for name in ends]
    kinds, found = call.store.catalog.objects(), []
    rows = call.store.database.rows(
        "SELECT from_kind, to_kind, json_group_array(label) FROM hs_label WHERE label IS NOT NULL"
        " GROUP BY from_kind, to_kind ORDER BY from_kind, to_kind"
    )
    for one, two, labels in rows:
        if (
            one in kinds
            and two in kinds
            and all(wanted in (None, end) for wanted, end in zip(asked, (one, two), strict=True))
        ):
            used = json.loads(labels)
            ends_shown = {"fromObjectType": _named(kinds[one]), "toObjectType": _named(kinds[two])}
            share = {"limit": MOST_LABELS, "usage": len(used), "percentage": _share(len(used), MOST_LABELS)}
            found.append({**ends_shown, "allLabels": used, **share})
    return json_response({"results": found})


def list_crowded(call: Call) -> Response:
    """GET /crm/v3/limits/associations/records/from: the objects that have records near or at a limit."""
    kinds = call.store.catalog.objects().values()
    found = ((kind, [each for other in kinds for each in _crowded(call, kind, other)]) for kind in kinds)
    return json_response({"results": [_nearness(kind, shares) for kind, shares in found if shares]})


def list_crowding(call: Call) -> Response:
    """GET /crm/v3/limits/associations/records/{kind}/to: the objects to which its records are near or at a limit."""
    kind = find_object(call.store, call.params["kind"])
    found = ((other, _crowded(call, kind, other)) for other in call.store.catalog.objects().values())
    return json_response({"results": [_nearness(other, shares) for other, shares in found if shares]})


def read_crowded(call: Call) -> Response:
    """GET /crm/v3/limits/associations/records/{kind}/{to}: the records near or at the limit, and some of them."""
    one, two = (find_object(call.store, call.params[name]) for name in ("kind", "to"))
    crowded = _crowded(call, one, two)
    full = [number for number, usage in crowded if usage >= MOST_LINKS]
    near = [{**_sample(number), "usage": usage, "percentage": _share(usage, MOST_LINKS)} for number, usage in crowded]
    return json_response(
        {
            "limit": MOST_LINKS,
            "totalRecordsNearLimit": len(near),
            "totalRecordsAtLimit": len(full),
            "nearLimitFromRecordSamples": near[:SAMPLES],
            "atLimitFromRecordSamples": [_sample(number) for number in full[:SAMPLES]],
        }
    )


def _crowded(call: Call, one: ObjectType, two: ObjectType) -> list[tuple[int, int]]:
    """The records of an object that use most of what they may be linked to another, with how many they use."""
    types = list(link_types(call.store, one, two))
    if not types:
        return []
    rows = call.store.database.rows(
        f"SELECT from_id, count(DISTINCT to_id) AS used FROM hs_link WHERE type IN ({', '.join('?' * len(types))})"
        " GROUP BY from_id HAVING used >= ? ORDER BY used DESC, from_id",
        (*types, int(NEAR * MOST_LINKS)),
    )
    return [(row[0], row[1]) for row in rows]


def _nearness(kind: ObjectType, crowded: Iterable[tuple[int, int]]) -> dict[str, Any]:
    full = any(usage >= MOST_LINKS for _, usage in crowded)
    return {**_named(kind), "hasRecordsAtLimit": full, "hasRecordsNearLimit": True}


def _sample(number: int) -> dict[str, Any]:
    return {"objectId": number, "label": str(number)}


def _split(call: Call, usage: Usage, most: int, most_custom: int, *, pipelined: bool = False) -> dict[str, Any]:
    """HubSpot's own objects with a limit each, and the custom ones with one for all."""
    kinds = [each for each in call.store.catalog.objects().values() if each.pipeline or not pipelined]
    custom = [{**_named(kind), "usage": usage(kind)} for kind in kinds if kind.schema]
    return {
        "hubspotDefinedObjectTypes": [_limited(kind, usage(kind), most) for kind in kinds if not kind.schema],
        "customObjectTypes": {"byObjectType": custom, **_overall(custom, most_custom)},
    }


def _overall(shown: Iterable[dict[str, Any]], most: int) -> dict[str, Any]:
    usage = sum(each["usage"] for each in shown)
    return {"overallLimit": most, "overallUsage": usage, "overallPercentage": _share(usage, most)}


def _limited(kind: ObjectType, usage: int, most: int) -> dict[str, Any]:
    return {**_named(kind), "limit": most, "usage": usage, "percentage": _share(usage, most)}


def _named(kind: ObjectType) -> dict[str, Any]:
    labels = kind.labels
    return {"objectTypeId": kind.type_id, "singularLabel": labels["singular"], "pluralLabel": labels["plural"]}


def _share(usage: int, most: int) -> float:
    """The part of a limit that is used: 17 of 50 are 0.34 (reference)."""
    return round(usage / most, 4)


ROUTES: Routes = under(
    "crm",
    "v3",
    "limits",
    {
        "/records": {"GET": list_records},
        "/pipelines": {"GET": list_pipelines},
        "/custom-properties": {"GET": list_custom_properties},
        "/calculated-properties": {"GET": list_calculated_properties},
        "/custom-object-types": {"GET": read_custom_objects},
        "/associations/labels": {"GET": list_labels},
        "/associations/records/from": {"GET": list_crowded},
        "/associations/records/{kind}/to": {"GET": list_crowding},
        "/associations/records/{kind}/{to}": {"GET": read_crowded},
    },
)
