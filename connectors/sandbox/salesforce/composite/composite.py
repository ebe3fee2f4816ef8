"""Composite requests: up to 25 subrequests in one call, later ones using what earlier ones answered."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from connectors.sandbox.salesforce.composite import batch, graph, tree
from connectors.sandbox.salesforce.composite.collation import collate
from connectors.sandbox.salesforce.composite.dispatch import check_subrequests, run_subrequests, split_url
from connectors.sandbox.salesforce.errors import ApiError, malformed_json
from connectors.sandbox.salesforce.web import Answer

if TYPE_CHECKING:
    from connectors.sandbox.salesforce.web import Call, Routes

_MOST, _MOST_QUERIES = 25, 5
_COLLATED_SINCE = 49.0  # REST API Developer Guide, Composite Request Body
# REST API Developer Guide, Composite: the resources that it is supported for.
_ALLOWED = tuple(
    re.compile(path) for path in (r"/sobjects(?:/|\Z)", r"/query(?:All)?(?:/|\Z)", r"/composite/sobjects(?:/|\Z)")
)
_QUERIES = re.compile(r"/services/data/v[\d.]+/(?:query|queryAll|composite/sobjects)(?:/|\Z)")


def get_composite(call: Call) -> Answer:
    """The other composite resources."""
    return Answer({name: f"{call.root}/composite/{name}" for name in ("tree", "batch", "sobjects", "graph")})


def post_composite(call: Call) -> Answer:
    """The results of the subrequests, in their order; all undone where one fails and `allOrNone` is asked for.

    With `collateSubrequests`, which is the default since version 49.0, they are done in the order of `collation.py`.
    """
    body = call.json_object("compositeRequest", "allOrNone", "collateSubrequests")
    for name in ("allOrNone", "collateSubrequests"):
        if not isinstance(body.get(name, False), bool):
            raise malformed_json(f"{name} must be true or false")
    requests = check_subrequests(call, body.get("compositeRequest"))
    if len(requests) > _MOST:
        message = f"The composite request has {len(requests)} subrequests. The limit is {_MOST}"
        raise ApiError("LIMIT_EXCEEDED", message)
    queries = sum(bool(_QUERIES.match(split_url(request["url"])[0])) for request in requests)
    if queries > _MOST_QUERIES:
        message = f"The composite request has {queries} query or collection subrequests. The limit is {_MOST_QUERIES}"
        raise ApiError("LIMIT_EXCEEDED", message)
    asked = body.get("collateSubrequests", float(call.version) >= _COLLATED_SINCE)
    collated = asked and call.store.database.behaviour.collate_subrequests
    order = collate(requests) if collated else range(len(requests))
    results, _ = run_subrequests(call, requests, _ALLOWED, all_or_none=body.get("allOrNone", False), order=order)
    return Answer({"compositeResponse": results})


ROUTES: Routes = {
    "/composite": {"GET": get_composite, "POST": post_composite},
    "/composite/batch": {"POST": batch.post_batch},
    "/composite/graph": {"POST": graph.post_graph},
    "/composite/tree/{object}": {"POST": tree.post_tree},
}
