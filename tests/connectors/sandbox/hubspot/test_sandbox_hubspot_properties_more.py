"""Properties in batches, by formula, sensitive ones, and groups (properties guide)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from connectors.sandbox.hubspot.definitions.formula import FormulaError, parse_formula
from connectors.sandbox.hubspot.definitions.schema import Property

if TYPE_CHECKING:
    from hubspot_account import Client

DEALS = "/crm/v3/properties/deals"
NEW = {"name": "x", "label": "X", "type": "number", "fieldType": "number", "groupName": "dealinformation"}
MARGIN = {
    **NEW,
    "name": "margin",
    "fieldType": "calculation_equation",
    "calculationFormula": "if is_present(cost) then amount - cost else amount endif",
}


def test_properties_are_made_read_and_archived_in_batches(crm: Client) -> None:
    inputs = [{**NEW, "name": name} for name in ("a", "b", "B c")]
    made = crm.send("POST", f"{DEALS}/batch/create", {"inputs": inputs})
    assert (made.status_code, made.json()["numErrors"], len(made.json()["results"])) == (207, 1, 2)
    asked = {"archived": False, "inputs": [{"name": "a"}, {"name": "nothing"}]}
    read = crm.send("POST", f"{DEALS}/batch/read", asked)
    assert (read.status_code, [each["name"] for each in read.json()["results"]]) == (207, ["a"])
    gone = crm.send("POST", f"{DEALS}/batch/archive", {"inputs": [{"name": "a"}, {"name": "nothing"}]})
    assert gone.status_code == 204
    assert crm.send("POST", f"{DEALS}/batch/read", {**asked, "archived": True}).json()["results"][0]["archived"]


def test_a_calculated_property_fills_every_record_and_moves_no_stamp(crm: Client) -> None:
    crm.send("POST", DEALS, {**NEW, "name": "cost"})
    number = crm.create("deals", {"amount": "10.10", "cost": "3"})
    before = crm.get(f"/crm/v3/objects/deals/{number}")["updatedAt"]
    crm.database.clock.set(datetime.now(UTC) + timedelta(hours=1))
    made = crm.send("POST", DEALS, MARGIN)
    assert (made.status_code, made.json()["calculated"]) == (201, True), made.text
    deal = crm.get(f"/crm/v3/objects/deals/{number}?properties=margin")
    assert (deal["properties"]["margin"], deal["updatedAt"]) == ("7.1", before)


def test_a_calculated_property_follows_its_inputs_and_cannot_be_written(crm: Client) -> None:
    crm.send("POST", DEALS, {**NEW, "name": "cost"})
    crm.send("POST", DEALS, MARGIN)
    number = crm.create("deals", {"amount": "10"})
    path = f"/crm/v3/objects/deals/{number}"
    assert crm.get(f"{path}?properties=margin")["properties"]["margin"] == "10"
    crm.send("PATCH", path, {"properties": {"cost": "4"}})
    assert crm.get(f"{path}?properties=margin")["properties"]["margin"] == "6"
    assert crm.send("PATCH", path, {"properties": {"margin": "1"}}).status_code == 400
    crm.send("PATCH", f"{DEALS}/margin", {"calculationFormula": "amount * 2"})
    assert crm.get(f"{path}?properties=margin")["properties"]["margin"] == "20"
    assert crm.send("DELETE", f"{DEALS}/cost").status_code == 204


@pytest.mark.parametrize(
    "formula", ["", "amount +", "nothing * 2", "amount ~ 2", "if amount then 1", "f(amount)", "(" * 5000, "round_up()"]
)
def test_a_wrong_formula_is_refused(steady: Client, formula: str) -> None:
    assert steady.send("POST", DEALS, {**MARGIN, "calculationFormula": formula}).status_code == 400


@pytest.mark.parametrize(
    ("formula", "kind", "expected"),
    [
        ("1 + 2 * 3", "number", "7"),
        ("(1 + 2) * -3", "number", "-9"),
        ("0.1 + 0.2", "number", "0.3"),
        ("amount / 0", "number", None),
        ("amount / 4", "number", "2.625"),
        ("empty + 1", "number", None),
        ("max(amount, 20, empty)", "number", "20"),
        ("round_down(amount, 0)", "number", "10"),
        ("round_nearest(amount, 0)", "number", "11"),
        ("amount > 10 and not (amount > 11)", "bool", "true"),
        ("is_present(empty) or false", "bool", "false"),
        ("if amount < 5 then 'small' elseif amount < 20 then 'middling' else 'big' endif", "string", "middling"),
        ("concatenate(upper(name), '-', string(amount))", "string", "ACME-10.5"),
        ('name = "Acme"', "bool", "true"),
        ("time_between(start, end) / 86400000", "number", "1"),
    ],
)
def test_a_formula_reckons_exactly(formula: str, kind: str, expected: str | None) -> None:
    types = {"amount": "number", "empty": "number", "name": "string", "start": "datetime", "end": "date"}
    definitions = {name: Property(name, name, each, "text", "g") for name, each in types.items()}
    values: dict[str, str | None] = {"amount": "10.5", "name": "Acme", "empty": None}
    values |= {"start": "2026-01-01T00:00:00.000Z", "end": "2026-01-02"}
    assert parse_formula(formula).compute(Property("x", "X", kind, "text", "g"), values, definitions) == expected


def test_a_formula_that_is_none_says_where() -> None:
    with pytest.raises(FormulaError, match="'endif' is missing"):
        parse_formula("if true then 1 else 2")


def test_sensitive_properties_are_listed_apart(crm: Client) -> None:
    crm.send("POST", DEALS, {**NEW, "name": "secret", "dataSensitivity": "sensitive"})
    assert "secret" not in {each["name"] for each in crm.get(DEALS)["results"]}
    assert [each["name"] for each in crm.get(f"{DEALS}?dataSensitivity=sensitive")["results"]] == ["secret"]
    assert crm.send("GET", f"{DEALS}?dataSensitivity=odd").status_code == 400


def test_an_object_has_ten_unique_properties_at_most(crm: Client) -> None:
    answers = [crm.send("POST", DEALS, {**NEW, "name": f"u{n}", "hasUniqueValue": True}).status_code for n in range(11)]
    assert answers == [201] * 10 + [400]


@pytest.mark.parametrize(
    "wrong",
    [
        {"name": "hs_own"},
        {"dataSensitivity": "odd"},
        {"externalOptions": True},
        {"referencedObjectType": "OWNER"},
        {"type": "date", "fieldType": "date", "hasUniqueValue": True},
    ],
)
def test_a_definition_that_hubspot_would_not_take_is_refused(steady: Client, wrong: dict[str, Any]) -> None:
    assert steady.send("POST", DEALS, {**NEW, **wrong}).status_code == 400


def test_a_property_can_point_to_the_owners(crm: Client) -> None:
    body = {**NEW, "type": "enumeration", "fieldType": "select", "externalOptions": True}
    made = crm.send("POST", DEALS, {**body, "referencedObjectType": "OWNER"})
    assert (made.status_code, made.json()["referencedObjectType"]) == (201, "OWNER")
    assert crm.create("deals", {"x": "70"})
    assert crm.send("POST", "/crm/v3/objects/deals", {"properties": {"x": "1"}}).status_code == 400


def test_a_group_is_changed_and_archived_once_it_is_empty(crm: Client) -> None:
    crm.send("POST", f"{DEALS}/groups", {"name": "ops", "label": "Ops"})
    assert crm.send("PATCH", f"{DEALS}/groups/ops", {"label": "Sales ops"}).json()["label"] == "Sales ops"
    crm.send("POST", DEALS, {**NEW, "groupName": "ops"})
    assert crm.send("DELETE", f"{DEALS}/groups/ops").status_code == 400
    crm.send("DELETE", f"{DEALS}/x")
    assert crm.send("DELETE", f"{DEALS}/groups/ops").status_code == 204
    assert crm.send("GET", f"{DEALS}/groups/ops").status_code == 404
