"""How the number of a new property is shown: asked for by a change, and no failure where HubSpot does not take it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from connectors.writing import FieldKind, FieldNeed, Needs, Outcome, Status

if TYPE_CHECKING:
    from hubspot_stub import Portal, Request

PROPERTIES = "/crm/v3/properties/deals"
DOCUMENTED = {"name", "label", "description", "groupName", "formField", "type", "fieldType"}


def provision(portal: Portal, kind: FieldKind) -> Outcome:
    """What became of a property `pay`, whose group is there."""
    portal.on("GET", f"{PROPERTIES}/groups", (200, {"results": [{"name": "salesops"}]}))
    connector = portal.connect()
    steps = connector.missing(Needs(fields=(FieldNeed("opportunity", "pay", "Pay", "What it is.", kind),)))
    (outcome,) = connector.provision(steps)
    connector.close()
    return outcome


def changed(request: Request) -> Any:
    return 200, request.json


def test_it_is_asked_for_by_a_change_alone(portal: Portal) -> None:
    portal.on("POST", PROPERTIES, (201, {"numberDisplayHint": "unformatted"}))
    portal.on("PATCH", f"{PROPERTIES}/pay", changed)
    assert provision(portal, FieldKind.MONEY) == Outcome("opportunity.pay", Status.WRITTEN)
    (creation,) = portal.asked(PROPERTIES)
    assert creation.json.keys() == DOCUMENTED
    (change,) = portal.asked(f"{PROPERTIES}/pay", "PATCH")
    hints = {"numberDisplayHint": "currency", "showCurrencySymbol": True}
    assert change.json == {"type": "number", "fieldType": "number", **hints}


@pytest.mark.parametrize(
    ("kind", "answer"), [(FieldKind.COUNT, {"numberDisplayHint": "formatted"}), (FieldKind.TEXT, {})]
)
def test_nothing_is_changed_where_it_is_shown_as_it_should_be(
    portal: Portal, kind: FieldKind, answer: dict[str, str]
) -> None:
    portal.on("POST", PROPERTIES, (201, answer))
    assert provision(portal, kind).status is Status.WRITTEN
    assert not portal.asked(f"{PROPERTIES}/pay", "PATCH")


@pytest.mark.parametrize(
    ("answer", "says"),
    [
        ((400, {"category": "VALIDATION_ERROR", "message": "Unknown field."}), "Unknown field."),
        ((403, {"category": "MISSING_SCOPES", "message": "Not yours."}), "Not yours."),
        ((200, {}), "does not have it"),
    ],
)
def test_a_property_that_is_shown_otherwise_is_made_and_says_so(portal: Portal, answer: Any, says: str) -> None:
    portal.on("POST", PROPERTIES, (201, {}))
    portal.on("PATCH", f"{PROPERTIES}/pay", answer)
    outcome = provision(portal, FieldKind.PERCENT)
    assert outcome.status is Status.WRITTEN
    assert "numberDisplayHint percentage" in outcome.message
    assert says in outcome.message
    assert "Set its number format" in outcome.message
