"""Composite graphs: up to 75 graphs of 500 nodes together, each undone alone where one of its nodes fails."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from connectors.sandbox.salesforce.composite.dispatch import check_subrequests, halted, run_subrequests, split_url
from connectors.sandbox.salesforce.errors import ApiError, malformed_json
from connectors.sandbox.salesforce.web import Answer

if TYPE_CHECKING:
    from connectors.sandbox.salesforce.web import Call

# REST API Developer Guide, Composite Graph Limits.
_MOST_GRAPHS, _MOST_NODES, _MOST_KINDS, _MOST_DEPTH, _MOST_FAILURES = 75, 500, 15, 15, 14
_ALLOWED = (re.compile(r"/sobjects/\w+(?:/[^/]+){0,2}\Z"),)
_NODE = re.compile(r"/services/data/v(\d{2}\.0)/sobjects/(\w+)(?:/[^/]+){0,2}/?\Z", re.ASCII)
_OLDEST = 50.0
_REFERENCE = re.compile(r"@\{(\w+)[.\[]")


def post_graph(call: Call) -> Answer:
    """What became of each graph and its nodes. After 14 failed graphs the rest is not begun."""
    graphs = call.json_object("graphs").get("graphs")
    if not isinstance(graphs, list) or not graphs:
        raise malformed_json("graphs must be a list of graphs")
    checked = [_checked(call, graph) for graph in graphs]
    _check_size(checked)
    answered: list[dict[str, Any]] = []
    failures = 0
    for name, requests in checked:
        if failures >= _MOST_FAILURES:
            results, fine = halted(requests), False
        else:
            results, fine = run_subrequests(call, requests, _ALLOWED, all_or_none=True)
        failures += not fine
        response = {"compositeResponse": results}
        answered.append({"graphId": name, "graphResponse": response, "isSuccessful": fine})
    return Answer({"graphs": answered})


def _checked(call: Call, graph: Any) -> tuple[str, list[dict[str, Any]]]:
    """(id, nodes) of a graph that is formed as it must be."""
    if not isinstance(graph, dict) or set(graph) - {"graphId", "compositeRequest"}:
        raise malformed_json("A graph is an object of graphId and compositeRequest")
    name = graph.get("graphId")
    if not isinstance(name, str) or not name:
        raise malformed_json("The graphId of a graph is required")
    requests = check_subrequests(call, graph.get("compositeRequest"))
    for request in requests:
        if request["method"] == "PUT":
            raise malformed_json("Invalid method 'PUT' for a node of a graph")
    if _depth(requests) > _MOST_DEPTH:
        raise _over(f"The depth of a graph is more than {_MOST_DEPTH}")
    return name, requests


def _check_size(graphs: list[tuple[str, list[dict[str, Any]]]]) -> None:
    names = [name for name, _ in graphs]
    if len(set(names)) < len(names):
        raise malformed_json("Each graph must have a graphId of its own")
    if len(graphs) > _MOST_GRAPHS:
        raise _over(f"The request has {len(graphs)} graphs. The limit is {_MOST_GRAPHS}")
    nodes = [request for _, requests in graphs for request in requests]
    if len(nodes) > _MOST_NODES:
        raise _over(f"The request has {len(nodes)} nodes. The limit is {_MOST_NODES}")
    kinds = set()
    for node in nodes:
        match = _NODE.match(split_url(node["url"])[0])
        if match is None or float(match[1]) < _OLDEST:
            raise ApiError("INVALID_INPUT", f"The url '{node['url']}' is not supported in a composite graph")
        kinds.add((match[1], match[2].lower()))
    if len(kinds) > _MOST_KINDS:
        raise _over(f"The request has {len(kinds)} different kinds of nodes. The limit is {_MOST_KINDS}")


def _depth(requests: list[dict[str, Any]]) -> int:
    """How many nodes the longest chain of references has."""
    depths: dict[str, int] = {}
    for request in requests:
        text = f"{request['url']} {request.get('body')}"
        behind = [depths.get(name, 0) for name in _REFERENCE.findall(text)]
        depths[request["referenceId"]] = 1 + max(behind, default=0)
    return max(depths.values(), default=0)


def _over(message: str) -> ApiError:
    return ApiError("LIMIT_EXCEEDED", message)
