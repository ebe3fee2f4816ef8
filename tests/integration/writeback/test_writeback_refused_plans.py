"""Plans that must not be applied: each is refused with what to do and its documented exit code, and nothing is written.

Exit codes: 2 the file, the project or the call is wrong; 3 the plan is stale.
"""

from __future__ import annotations

import hashlib
import json
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from integration_company import AS_OF, many_deals
from integration_harness import CRMS, figure
from writeback_watched import Watched, watched

from config.loader import load_project

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from integration_harness import Crm, Office

WRONG, STALE = 2, 3
DEALS = 60


@pytest.fixture(scope="module")
def worlds(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[Crm], Planned]]:
    """A CRM to which nothing was written yet, and a plan that would."""
    with ExitStack() as opened:
        made: dict[Crm, Planned] = {}

        def get(crm: Crm) -> Planned:
            if crm not in made:
                world = opened.enter_context(watched(crm, tmp_path_factory.mktemp(crm)))
                world.do("provision", "--yes")
                made[crm] = Planned(world, _plan(world.office, tmp_path_factory.mktemp("plans") / "plan.json"))
            return made[crm]

        yield get


def _plan(office: Office, file: Path) -> Path:
    office.look_again()
    result = office.call("plan", "-o", file)
    assert result.code == 0, result.err
    return file


@dataclass(frozen=True, slots=True)
class Planned:
    """A CRM with a project on it, and a plan of that project."""

    world: Watched
    file: Path

    def body(self) -> dict[str, Any]:
        """The plan as JSON."""
        body: dict[str, Any] = json.loads(self.file.read_text(encoding="utf-8"))
        return body

    def refused(self, file: Path, code: int = WRONG, *options: str) -> str:
        return self.world.refused(code, "apply", file, *options)


@pytest.fixture(params=CRMS)
def planned(request: pytest.FixtureRequest, worlds: Callable[[Crm], Planned]) -> Planned:
    return worlds(request.param)


@pytest.fixture
def one(worlds: Callable[[Crm], Planned]) -> Planned:
    """For what is about the file alone, in one CRM."""
    return worlds("hubspot")


def signed(body: dict[str, Any], file: Path) -> Path:
    """The file of somebody who edits a plan and knows how it is hashed."""
    body = {key: value for key, value in body.items() if key != "hash"}
    text = json.dumps(body, sort_keys=True, separators=(",", ":"))
    body["hash"] = hashlib.sha256(text.encode("ascii")).hexdigest()
    file.write_text(json.dumps(body), encoding="utf-8")
    return file


def line_of(body: dict[str, Any], of_object: str, **wanted: str) -> dict[str, Any]:
    """The first line about an object."""
    found: dict[str, Any] = next(
        change
        for change in body["changes"]
        if change["object"] == of_object and all(change[key] == value for key, value in wanted.items())
    )
    return found


def statement_of(planned: Planned) -> tuple[str, str]:
    """The object that statements are kept in, and its key."""
    if planned.world.crm == "salesforce":
        return "SalesOps_Statement__c", "SalesOps_Key__c"
    return "salesops_statement", "salesops_key"


# Stale: the CRM moved


def test_a_plan_of_which_a_value_moved_is_refused_and_names_it(planned: Planned) -> None:
    bare, field = planned.world.bare, figure(planned.world.crm, "Territory")
    bare.put("account", "Acme", **{field: "Mars"})
    try:
        said = planned.refused(planned.file, STALE)
    finally:
        bare.put("account", "Acme", **{field: None if planned.world.crm == "salesforce" else ""})
    assert "Acme" in said
    assert field in said
    assert "is Mars" in said
    assert "salesops plan" in said


def test_a_plan_of_which_a_record_was_deleted_is_refused_and_names_it(planned: Planned, tmp_path: Path) -> None:
    world, office = planned.world, planned.world.office.copy(tmp_path / "project")
    path, body = (
        ("/services/data/v62.0/sobjects/Account", {"Name": "Goner"})
        if world.crm == "salesforce"
        else ("/crm/v3/objects/companies", {"properties": {"name": "Goner"}})
    )
    world.bare.send("POST", path, body)
    file = _plan(office, tmp_path / "plan.json")
    world.bare.send("DELETE", f"{path}/{world.bare.ids('account')['Goner']}")
    said = world.refused(STALE, "apply", file, office=office)
    assert "Goner" in said
    assert "salesops plan" in said


def test_a_plan_of_figures_that_were_computed_again_is_refused_and_says_what_they_are_now(
    planned: Planned, tmp_path: Path
) -> None:
    world, office = planned.world, planned.world.office.copy(tmp_path / "project")
    file = _plan(office, tmp_path / "plan.json")
    _computed_again(office)
    made = _won_late(world)
    try:
        office.look_again()
        said = world.refused(STALE, "apply", file, office=office)
    finally:
        world.bare.send("DELETE", made)
    assert "figures were computed again, or a pay period moved on, since it was made" in said
    assert "now it is" in said
    assert "salesops plan" in said


def _won_late(world: Watched) -> str:
    """The address of an opportunity that somebody enters after the as-of time, closed before it."""
    if world.crm == "salesforce":
        owner = world.bare.values("opportunity", "OwnerId")["Acme big"]
        path = "/services/data/v62.0/sobjects/Opportunity"
        values = {"Name": "Late", "StageName": "Closed Won", "CloseDate": AS_OF, "Amount": 50000, "OwnerId": owner}
        return f"{path}/{world.bare.send('POST', path, values)['id']}"
    owner = world.bare.values("opportunity", "hubspot_owner_id")["Acme big"]
    path = "/crm/v3/objects/deals"
    deal = {"dealname": "Late", "dealstage": "closedwon", "closedate": AS_OF, "amount": "50000"}
    made = world.bare.send("POST", path, {"properties": {**deal, "pipeline": "default", "hubspot_owner_id": owner}})
    return f"{path}/{made['id']}"


def test_a_plan_of_figures_that_came_out_the_same_again_is_applied(tmp_path: Path) -> None:
    with watched("hubspot", tmp_path, many_deals(6)) as world:
        world.do("provision", "--yes")
        file = _plan(world.office, tmp_path / "plan.json")
        _computed_again(world.office)
        world.do("apply", file)


def _computed_again(office: Office) -> None:
    result = office.call("compute", "--as-of", AS_OF)
    assert result.code == 0, result.err


def test_a_plan_of_which_somebody_made_a_record_is_refused_and_names_it(planned: Planned) -> None:
    world, (of_object, key) = planned.world, statement_of(planned)
    line = line_of(planned.body(), of_object, field=figure(world.crm, "Total"))
    assert line["action"] == "create"
    values = {key: line["name"], line["field"]: 1}
    if world.crm == "salesforce":
        path = f"/services/data/v62.0/sobjects/{of_object}"
        made = world.bare.send("POST", path, values)["id"]
    else:
        path = f"/crm/v3/objects/{of_object}"
        made = world.bare.send("POST", path, {"properties": values})["id"]
    try:
        said = planned.refused(planned.file, STALE)
    finally:
        world.bare.send("DELETE", f"{path}/{made}")
    assert line["record"] in said
    assert "salesops plan" in said


def test_a_plan_of_older_rules_is_refused(planned: Planned, tmp_path: Path) -> None:
    office = planned.world.office.copy(tmp_path / "project")
    office.edit("comp_plans/sales.yaml", "rate: 0.12}", "rate: 0.13}")
    said = planned.world.refused(STALE, "apply", planned.file, office=office)
    assert "rules changed" in said
    assert "Compute and plan again" in said


# Edited by hand


def test_a_plan_with_one_byte_changed_is_refused(planned: Planned, tmp_path: Path) -> None:
    text = planned.file.read_text(encoding="utf-8")
    number = text.index('"after": "') + len('"after": "')
    file = tmp_path / "plan.json"
    file.write_text(text[:number] + chr(ord(text[number]) + 1) + text[number + 1 :], encoding="utf-8")
    said = planned.refused(file)
    assert "was edited" in said
    assert "salesops plan -o FILE" in said


FOREIGN = {"salesforce": ("Phone", "Contract"), "hubspot": ("phone", "tickets")}
"""A field that is not ours, and an object that nothing is written to."""


@pytest.mark.parametrize("action", ["update", "create"])
def test_a_plan_that_names_another_field_is_refused(planned: Planned, tmp_path: Path, action: str) -> None:
    body, field = planned.body(), FOREIGN[planned.world.crm][0]
    line_of(body, "account").update(field=field, after="555", action=action)
    said = planned.refused(signed(body, tmp_path / "plan.json"))
    assert f"account.{field}" in said
    assert "writeback.yaml does not name" in said


@pytest.mark.parametrize("of_object", ["lead", "contact", "task", "territory_account", "forecasting_quota", "own"])
def test_a_plan_that_names_another_object_is_refused(planned: Planned, tmp_path: Path, of_object: str) -> None:
    body = planned.body()
    named = FOREIGN[planned.world.crm][1] if of_object == "own" else of_object
    line_of(body, "account").update(object=named)
    assert named in planned.refused(signed(body, tmp_path / "plan.json"))


def test_a_plan_that_finds_records_by_another_field_is_refused(planned: Planned, tmp_path: Path) -> None:
    body, (of_object, _) = planned.body(), statement_of(planned)
    for change in body["changes"]:
        if change["object"] == of_object:
            change["key"] = figure(planned.world.crm, "Quarter")
    assert of_object in planned.refused(signed(body, tmp_path / "plan.json"))


@pytest.mark.parametrize("which", ["account", "statement"])
def test_a_plan_that_takes_records_away_is_refused(planned: Planned, tmp_path: Path, which: str) -> None:
    body = planned.body()
    of_object = which if which == "account" else statement_of(planned)[0]
    line_of(body, of_object).update(action="delete", field="", after=None)
    said = planned.refused(signed(body, tmp_path / "plan.json"))
    assert f"{of_object} records away" in said


def test_a_plan_that_makes_accounts_is_refused(planned: Planned, tmp_path: Path) -> None:
    body = planned.body()
    line_of(body, "account").update(action="create", before=None)
    assert "account" in planned.refused(signed(body, tmp_path / "plan.json"))


def test_a_plan_for_another_org_is_refused(planned: Planned, tmp_path: Path) -> None:
    said = planned.refused(signed({**planned.body(), "org": "00D000000000001"}, tmp_path / "plan.json"))
    assert "for the CRM account 00D000000000001" in said
    assert "Apply it in the project it was made in" in said


def test_a_plan_about_a_record_of_another_org_is_refused(planned: Planned, tmp_path: Path) -> None:
    body = planned.body()
    line_of(body, "account").update(
        name="001ZZ0000000001AAA" if planned.world.crm == "salesforce" else "99", record="Theirs"
    )
    assert "Theirs" in planned.refused(signed(body, tmp_path / "plan.json"), STALE)


def test_a_plan_that_says_something_of_a_record_twice_is_refused(planned: Planned, tmp_path: Path) -> None:
    body = planned.body()
    body["changes"].append({**line_of(body, "account"), "after": "Moon"})
    assert "twice" in planned.refused(signed(body, tmp_path / "plan.json"))


@pytest.mark.parametrize(
    "more",
    [
        {"action": "burn"},
        {"attempt": 10**30},
        {"attempt": "many"},
        {"after": "\ud800"},
        {"name": "\ud800"},
        {"after": 12},
        {"after": ["North"]},
        {"record": None},
        {"extra": "x"},
    ],
    ids=str,
)
def test_a_plan_whose_lines_have_another_shape_is_refused(one: Planned, tmp_path: Path, more: dict[str, Any]) -> None:
    body = one.body()
    line_of(body, "account").update(more)
    one.refused(signed(body, tmp_path / "plan.json"))


@pytest.mark.parametrize(
    "more",
    [{"undoes": 10**30}, {"undoes": 999}, {"undoes": 0}, {"read_calls": "few"}, {"changes": {}}, {"connection": None}],
    ids=str,
)  # fmt: skip
def test_a_plan_of_another_shape_is_refused(one: Planned, tmp_path: Path, more: dict[str, Any]) -> None:
    one.refused(signed({**one.body(), **more}, tmp_path / "plan.json"))


def test_a_plan_that_lost_a_part_is_refused(one: Planned, tmp_path: Path) -> None:
    for name in one.body():
        body = {key: value for key, value in one.body().items() if key != name}
        file = tmp_path / "plan.json"
        assert "plan" in one.refused(signed(body, file) if name != "hash" else _written(file, json.dumps(body)))


# For others


def test_a_plan_for_another_connection_is_refused(planned: Planned, tmp_path: Path) -> None:
    said = planned.refused(signed({**planned.body(), "connection": "other"}, tmp_path / "plan.json"))
    assert "for connection other" in said
    assert "It has crm" in said


def test_a_plan_for_the_other_one_of_two_connections_is_refused(
    worlds: Callable[[Crm], Planned], tmp_path: Path
) -> None:
    """A project with both CRMs, and the plan of one of them renamed to the other."""
    sales, hub = worlds("salesforce"), worlds("hubspot")
    office = sales.world.office.copy(tmp_path / "project")
    sign_in = "{kind: access_token, token: env:SALESOPS_HUBSPOT_TOKEN}"
    second = f"  hub:\n    crm: hubspot\n    url: {hub.world.url}\n    sign_in: {sign_in}\n"
    office.edit("salesops.yaml", "connections:\n", f"connections:\n{second}")
    office.look_again()
    file = tmp_path / "plan.json"
    assert office.call("plan", "--connection", "crm", "-o", file).code == 0
    body = json.loads(file.read_text(encoding="utf-8"))
    with hub.world.writes_nothing():
        said = sales.world.refused(WRONG, "apply", signed({**body, "connection": "hub"}, file), office=office)
    assert "for the CRM account" in said


def test_a_plan_of_another_project_is_refused(worlds: Callable[[Crm], Planned]) -> None:
    sales, hub = worlds("salesforce"), worlds("hubspot")
    with hub.world.writes_nothing():
        assert "for the CRM account" in sales.world.refused(WRONG, "apply", hub.file)


def test_a_plan_is_refused_where_its_connection_reaches_another_org_now(planned: Planned, tmp_path: Path) -> None:
    with watched(planned.world.crm, tmp_path / "other") as other:
        office = planned.world.office.copy(tmp_path / "project")
        office.move_to(other.url, other.ca_file)
        file = signed({**planned.body(), "rules": load_project(office.folder).digest}, tmp_path / "plan.json")
        said = other.refused(WRONG, "apply", file, office=office)
    assert "reaches the CRM account" in said
    assert "Nothing was written" in said


@pytest.mark.parametrize("version", [0, 1, 3, 99, "2", None, True, 2.5, [2], {"number": 2}], ids=str)
def test_a_plan_of_another_version_is_refused(one: Planned, tmp_path: Path, version: object) -> None:
    said = one.refused(signed({**one.body(), "version": version}, tmp_path / "plan.json"))
    assert "of version" in said
    assert "applies version" in said


# No plans


def _written(file: Path, text: str | bytes) -> Path:
    file.write_bytes(text.encode() if isinstance(text, str) else text)
    return file


@pytest.mark.parametrize(
    "text",
    ["", " ", "plan", "[]", "{}", "null", "2", '"2"', '{"version": 2}', "{'version': 2}", "\ufeff{}", "NaN",
     '{"version": NaN}', b"\xff\xfe\x00", b"\x00", b"PK\x03\x04", "9" * 100_000, '{"version": ' + "9" * 5000 + "}"],
    ids=lambda text: repr(text)[:20],
)  # fmt: skip
def test_what_is_no_plan_is_refused(one: Planned, tmp_path: Path, text: str | bytes) -> None:
    assert "salesops plan -o FILE" in one.refused(_written(tmp_path / "plan.json", text))


@pytest.mark.parametrize("share", [0.01, 0.5, 0.99])
def test_a_plan_that_is_cut_off_is_refused(planned: Planned, tmp_path: Path, share: float) -> None:
    content = planned.file.read_bytes()
    planned.refused(_written(tmp_path / "plan.json", content[: int(len(content) * share)]))


@pytest.mark.parametrize("depth", [90, 900, 100_000])
def test_a_plan_that_is_nested_deeply_is_refused(one: Planned, tmp_path: Path, depth: int) -> None:
    nested = "[" * depth + "]" * depth
    body = '{"version": 2, "changes": ' + nested + ', "hash": "x"}'
    one.refused(_written(tmp_path / "plan.json", body))
    one.refused(_written(tmp_path / "plan.json", nested))


def test_a_plan_that_is_nested_deeply_and_signed_is_refused(one: Planned, tmp_path: Path) -> None:
    nested: list[Any] = []
    for _ in range(200):
        nested = [nested]
    one.refused(signed({**one.body(), "changes": nested}, tmp_path / "plan.json"))


def test_a_huge_plan_is_refused_by_its_size(one: Planned, tmp_path: Path) -> None:
    body = one.body()
    line = line_of(body, "account")
    body["changes"] = [{**line, "name": str(number)} for number in range(60_000)]
    said = one.refused(signed(body, tmp_path / "plan.json"))
    assert "60,000 changes; caps.changes is 50,000" in said
    assert "--cap NAME=VALUE" in said


def test_a_file_of_much_white_space_is_refused(one: Planned, tmp_path: Path) -> None:
    one.refused(_written(tmp_path / "plan.json", b" " * 20_000_000))


def test_what_is_no_readable_file_is_refused(one: Planned, tmp_path: Path) -> None:
    loop = tmp_path / "loop.json"
    loop.symlink_to(loop)
    for path in (tmp_path, tmp_path / "missing.json", loop, tmp_path / "x" / "y.json", Path("n" * 300)):
        assert path.name[:20] in one.refused(path)


# Too much at once


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Watched]:
    """A CRM to which everything was written once; then the rates of the comp plan changed."""
    with watched("hubspot", tmp_path_factory.mktemp("many"), many_deals(DEALS)) as world:
        world.do("provision", "--yes")
        world.do("run", "--as-of", AS_OF)
        world.office.edit("comp_plans/sales.yaml", "rate: 0.12}", "rate: 0.24}")
        world.office.edit("comp_plans/sales.yaml", "rate: 0.08}", "rate: 0.16}")
        world.do("compute", "--as-of", AS_OF)
        yield world


CAPS = {
    "changes": ("changes=10", "caps.changes is 10"),
    "records_share": ("records_share=0.5", "opportunity records change"),
    "value_share": ("value_share=0.5", "moves by"),
}


@pytest.mark.parametrize("name", CAPS)
def test_a_plan_over_a_cap_of_the_command_line_is_shown_not_kept_and_not_applied(
    written: Watched, tmp_path: Path, name: str
) -> None:
    cap, says = CAPS[name]
    file = tmp_path / "plan.json"
    said = written.refused(WRONG, "plan", "-o", file, "--cap", cap)
    assert says in said
    assert "raise the cap" in said
    assert not file.exists()
    written.do("plan", "-o", file)
    assert says in written.refused(WRONG, "apply", file, "--cap", cap)


@pytest.mark.parametrize("name", CAPS)
def test_a_plan_over_a_cap_of_the_project_is_refused_until_it_is_raised(
    written: Watched, tmp_path: Path, name: str
) -> None:
    (cap, says), office = CAPS[name], written.office.copy(tmp_path / "project")
    office.edit("salesops.yaml", "  changes: 50000\n", f"  {cap.replace('=', ': ')}\n")
    file = tmp_path / "plan.json"
    assert office.call("compute", "--as-of", AS_OF).code == 0
    assert says in written.refused(WRONG, "plan", "-o", file, office=office)
    assert says in written.refused(WRONG, "run", "--as-of", AS_OF, office=office)
    raised = {"changes": "changes=9999", "records_share": "records_share=1", "value_share": "value_share=9"}[name]
    with written.writes_nothing():
        assert office.call("plan", "-o", file, "--cap", raised).code == 0
    assert says in written.refused(WRONG, "apply", file, office=office)


def test_a_share_of_a_few_says_nothing(worlds: Callable[[Crm], Planned]) -> None:
    planned = worlds("hubspot")
    with planned.world.writes_nothing():
        planned.world.do("plan", "--cap", "records_share=0", "--cap", "value_share=0")
