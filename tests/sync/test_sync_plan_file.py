"""Plans in files: whole, unedited, ours, or refused with a message."""

from __future__ import annotations

import errno
import hashlib
import json
import stat
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sync.plan import Action, Change, Drift, Plan, Policy, Skip
from sync.plan.file import VERSION, PlanFileError, plan_json, read_plan, write_plan

if TYPE_CHECKING:
    from collections.abc import Callable

AS_OF = "2026-05-20T12:00:00.000Z"
PLAN = Plan(
    "crm",
    "00D1",
    AS_OF,
    "digest",
    None,
    (
        Change("account", "", "1", "Acme", "T__c", Action.UPDATE, None, "North", "rule", "territory/account/1", ""),
        Change("S__c", "K__c", "2|FY", 'Zoë "Z" Ω', "W__c", Action.CREATE, "1.5", None, "nothing", "m", "FY", 3),
    ),
    (Skip("user", "Cy", "", "no record"),),
    (Drift("account", "1", "Acme", "T__c", None, "South", "North", Policy.FLAG),),
    2,
    3,
)


def hashed(body: dict[str, Any]) -> dict[str, Any]:
    """The body with the hash that a plan of it would have."""
    text = json.dumps(body, sort_keys=True, separators=(",", ":"))
    return {**body, "hash": hashlib.sha256(text.encode()).hexdigest()}


def test_a_plan_comes_back_as_it_was(tmp_path: Path) -> None:
    write_plan(PLAN, tmp_path / "plan.json")
    assert read_plan(tmp_path / "plan.json") == PLAN


def test_the_file_is_its_owners_only_and_nothing_else_is_left(tmp_path: Path) -> None:
    path = tmp_path / "plan.json"
    path.touch(mode=0o644)
    write_plan(PLAN, path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [each.name for each in tmp_path.iterdir()] == ["plan.json"]


def test_the_file_is_its_owners_only_also_after_a_leftover_that_was_everybodys(tmp_path: Path) -> None:
    (tmp_path / "plan.json.part").touch(mode=0o644)
    write_plan(PLAN, tmp_path / "plan.json")
    assert stat.S_IMODE((tmp_path / "plan.json").stat().st_mode) == 0o600


def test_people_can_read_the_file(tmp_path: Path) -> None:
    write_plan(PLAN, tmp_path / "plan.json")
    content = (tmp_path / "plan.json").read_text(encoding="utf-8")
    assert content.count("\n") > len(PLAN.changes)
    assert "Zoë" in content


def test_the_layout_of_the_file_does_not_matter(tmp_path: Path) -> None:
    path = tmp_path / "plan.json"
    path.write_text(json.dumps(dict(reversed(plan_json(PLAN).items()))))
    assert read_plan(path) == PLAN


TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
VALUE = st.none() | TEXT


@settings(max_examples=50, deadline=None)
@given(
    changes=st.lists(
        st.builds(
            Change,
            *([TEXT] * 5),
            st.sampled_from(Action),
            VALUE,
            VALUE,
            *([TEXT] * 3),
            st.integers(1, 99),
        ),
        max_size=4,
        unique_by=lambda change: change.place,
    ),
    skipped=st.lists(st.builds(Skip, TEXT, TEXT, TEXT, TEXT), max_size=2),
    drift=st.lists(st.builds(Drift, *([TEXT] * 4), VALUE, VALUE, VALUE, st.sampled_from(Policy)), max_size=2),
    undoes=st.none() | st.integers(1, 9),
)
def test_any_plan_comes_back_as_it_was(
    tmp_path_factory: pytest.TempPathFactory,
    changes: list[Change],
    skipped: list[Skip],
    drift: list[Drift],
    undoes: int | None,
) -> None:
    plan = Plan("crm", "o", AS_OF, "digest", undoes, tuple(changes), tuple(skipped), tuple(drift), 0, 7)
    path = tmp_path_factory.mktemp("plan") / "plan.json"
    write_plan(plan, path)
    assert read_plan(path) == plan


def edit_after(body: dict[str, Any]) -> None:
    body["changes"][0]["after"] = "South"


def drop_change(body: dict[str, Any]) -> None:
    del body["changes"][0]


def drop_hash(body: dict[str, Any]) -> None:
    del body["hash"]


def add_key(body: dict[str, Any]) -> None:
    body["note"] = "harmless"


def other_rules(body: dict[str, Any]) -> None:
    body["rules"] = "other"


@pytest.mark.parametrize("edit", [edit_after, drop_change, drop_hash, add_key, other_rules])
def test_a_plan_that_was_edited_is_refused(tmp_path: Path, edit: Callable[[dict[str, Any]], None]) -> None:
    body = plan_json(PLAN)
    edit(json_body := json.loads(json.dumps(body)))
    (tmp_path / "plan.json").write_text(json.dumps(json_body))
    with pytest.raises(PlanFileError, match=r"was edited .* Make a new one"):
        read_plan(tmp_path / "plan.json")


def test_a_plan_of_another_version_is_refused(tmp_path: Path) -> None:
    (tmp_path / "plan.json").write_text(json.dumps(hashed({**plan_json(PLAN), "version": VERSION + 1})))
    with pytest.raises(PlanFileError, match=r"a plan of version 3; this salesops applies version 2\. Make a new one"):
        read_plan(tmp_path / "plan.json")


def test_a_missing_file_and_a_folder_are_refused(tmp_path: Path) -> None:
    for path in (tmp_path / "none.json", tmp_path):
        with pytest.raises(PlanFileError, match="cannot be read"):
            read_plan(path)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b'{"version": 2, "changes": [{"object": "acc',
        b"null",
        b"[]",
        b'"version"',
        b"{}",
        b"hello",
        b"\xff\xfe\x00",
        b'\xef\xbb\xbf{"version": 2}',
        b"[" * 100_000,
        b'{"a":' * 100_000,
        b'{"version": 2, "a": ' + b"[" * 900 + b"]" * 900 + b"}",
        b'{"version": ' + b"1" * 5_000 + b"}",
        b'{"version": 2, "changes": ' + b"9" * 5_000 + b"}",
        b'{"version": 1e999}',
        b'{"version": NaN}',
        b'{"version": null}',
        b'{"version": {"a": 1}}',
        b'{"version": 2, "hash": 5}',
        b'{"version": 2, "connection": "\\ud800"}',
        b'{"version": 2, "\\udfff": 1, "hash": "x"}',
    ],
)
def test_a_file_that_is_no_plan_is_refused_with_a_message(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "plan.json").write_bytes(content)
    with pytest.raises(PlanFileError, match=r"plan\.json: "):
        read_plan(tmp_path / "plan.json")


BODY = {key: value for key, value in json.loads(json.dumps(plan_json(PLAN))).items() if key != "hash"}
CHANGE = BODY["changes"][0]


@pytest.mark.parametrize(
    "body",
    [
        {"version": VERSION},
        {key: value for key, value in BODY.items() if key != "skipped"},
        {**BODY, "changes": None},
        {**BODY, "changes": 5},
        {**BODY, "changes": {"a": 1}},
        {**BODY, "changes": ["text"]},
        {**BODY, "changes": [None]},
        {**BODY, "changes": [[]]},
        {**BODY, "changes": [{}]},
        {**BODY, "changes": [{**CHANGE, "more": 1}]},
        {**BODY, "changes": [{**CHANGE, "after": 12.5}]},
        {**BODY, "changes": [{**CHANGE, "after": ["North"]}]},
        {**BODY, "changes": [{**CHANGE, "field": None}]},
        {**BODY, "changes": [{**CHANGE, "name": 5}]},
        {**BODY, "changes": [{**CHANGE, "action": "replace"}]},
        {**BODY, "changes": [{**CHANGE, "attempt": "1"}]},
        {**BODY, "changes": [{**CHANGE, "attempt": 1.0}]},
        {**BODY, "changes": [{**CHANGE, "attempt": True}]},
        {**BODY, "changes": [{**CHANGE, "attempt": 2**63}]},
        {**BODY, "changes": [{**CHANGE, "attempt": -1}]},
        {**BODY, "changes": [{**CHANGE, "after": "\ud800"}]},
        {**BODY, "undoes": 2**64},
        {**BODY, "drift": [{}]},
        {**BODY, "undoes": "7"},
        {**BODY, "undoes": True},
        {**BODY, "write_calls": None},
        {**BODY, "skipped": [1]},
        {**BODY, "connection": ["crm"]},
        {**BODY, "as_of": None},
        {**BODY, "rules": 5},
    ],
    ids=lambda body: json.dumps(body)[:60],
)
def test_a_file_of_the_wrong_shape_is_refused_even_if_its_hash_fits(tmp_path: Path, body: dict[str, Any]) -> None:
    """The hash is no secret: other programs can make one, and a plan must still be a plan."""
    (tmp_path / "plan.json").write_text(json.dumps(hashed(body)))
    with pytest.raises(PlanFileError, match=r"plan\.json: "):
        read_plan(tmp_path / "plan.json")


@pytest.mark.parametrize("place", ["none/plan.json", "file/plan.json", "folder", "n" * 300])
def test_a_place_that_cannot_be_written_is_refused_and_nothing_left(tmp_path: Path, place: str) -> None:
    (tmp_path / "file").write_text("")
    (tmp_path / "folder").mkdir()
    with pytest.raises(PlanFileError, match=r"(cannot be written|no ordinary file).* Choose another place"):
        write_plan(PLAN, tmp_path / place)
    assert sorted(each.name for each in tmp_path.iterdir()) == ["file", "folder"]


def test_a_full_disk_is_no_fault_of_the_place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(Path, "replace", refuse)
    with pytest.raises(OSError, match="No space left"):
        write_plan(PLAN, tmp_path / "plan.json")
    assert list(tmp_path.iterdir()) == []
