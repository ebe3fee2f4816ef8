"""Describe: what the CRM shows our login decides, before a row is read, whether a pull goes on."""

from __future__ import annotations

import shutil
from contextlib import closing
from typing import TYPE_CHECKING

import pytest
from scripted import Scripted, row, streams_of
from synced import SETTINGS, all_writes, own_field, to_field, write_project

from config.loader import load_project
from config.problems import ConfigError
from connectors.base import CrmField, Description, MissingField
from connectors.errors import Unreachable
from sync.connections import connect
from sync.pull import describe, pull
from sync.store import records
from sync.store.sweeps import forget_cursors

if TYPE_CHECKING:
    from pathlib import Path

    from synced import Org

    from config.loader import Project
    from connectors.base import Row
    from sync.store.store import Store

WRITTEN = MissingField("account", "Account", "x", "writeback")
MAPPED = MissingField("user", "User", "Department", "mapping")
UNSEEN = MissingField("account", "Account", "Fax", "mapping")

EMPTY = SETTINGS.rstrip() + "\n    pull: {hidden_fields: empty}\n"


def project(folder: Path, settings: str = SETTINGS) -> Project:
    return write_project(folder, [to_field("account", "x", "{kind: territory}")], settings=settings)


def crm(*missing: MissingField) -> Scripted:
    return Scripted(streams_of("account"), absent=missing)


def test_what_the_login_does_not_see_stops_before_a_row_is_read(store: Store, tmp_path: Path) -> None:
    scripted = crm(WRITTEN, MAPPED)
    with pytest.raises(ConfigError) as raised:
        describe(project(tmp_path), store, "crm", scripted)
    written, mapped = raised.value.problems
    assert str(written.where).startswith("writeback.yaml:3: writeback.crm.0.field")
    assert written.summary == "Account has no field x that our login can see (connection crm)."
    assert "salesops provision" in written.detail
    assert mapped.where.file == "mapping.yaml"
    assert "Correct the name in mapping.yaml" in mapped.detail
    assert "hidden_fields: empty" in mapped.detail
    assert scripted.asked == []
    assert records.read_fields(store, "crm") == {}


def test_a_project_may_go_on_without_a_hidden_field_and_is_told_so(store: Store, tmp_path: Path) -> None:
    [told] = describe(project(tmp_path, EMPTY), store, "crm", crm(MAPPED))
    assert told.startswith("User.Department is hidden from our login (connection crm): user is read without it.")
    [hidden] = records.read_hidden(store, "crm")
    assert (hidden["crm_object"], hidden["field"], hidden["needed"]) == ("User", "Department", True)


def test_a_field_to_write_to_may_never_be_hidden(store: Store, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="Account has no field x"):
        describe(project(tmp_path, EMPTY), store, "crm", crm(WRITTEN, MAPPED))


def test_a_field_that_shows_again_is_not_hidden_any_more(store: Store, tmp_path: Path) -> None:
    describe(project(tmp_path, EMPTY), store, "crm", crm(MAPPED))
    describe(project(tmp_path, EMPTY), store, "crm", crm())
    assert records.read_hidden(store, "crm") == []


def test_a_hidden_field_that_no_rule_needs_is_told_and_stops_nothing(store: Store, tmp_path: Path) -> None:
    scripted = crm()
    scripted.describe = lambda: Description({}, (), unseen=(UNSEEN,))  # type: ignore[method-assign]
    [told] = describe(project(tmp_path), store, "crm", scripted)
    assert told.endswith("account is read without it. No rule needs it.")
    assert records.read_hidden(store, "crm")[0]["needed"] is False


def test_a_field_that_not_every_account_has_is_told_by_name_once_it_was_seen(store: Store, tmp_path: Path) -> None:
    def shows(*names: str) -> Scripted:
        scripted = crm()
        fields = {name: CrmField(name, name, "string", updateable=True) for name in names}
        fills = {"account": {"name": ("Name",), "parent_id": ("NextStep",)}}
        scripted.describe = lambda: Description({"account": fields}, (), fills=fills)  # type: ignore[method-assign]
        return scripted

    assert describe(project(tmp_path), store, "crm", shows("Name")) == ()
    assert describe(project(tmp_path), store, "crm", shows("Name", "NextStep")) == ()
    for _ in range(2):
        [told] = describe(project(tmp_path), store, "crm", shows("Name"))
        assert "account.NextStep is hidden" in told
        assert "It was shown before" in told
    [hidden] = records.read_hidden(store, "crm")
    assert (hidden["field"], hidden["purpose"]) == ("NextStep", "seen")
    assert describe(project(tmp_path), store, "crm", shows("Name", "NextStep")) == ()
    assert records.read_hidden(store, "crm") == []


def test_a_field_that_a_rule_reads_and_that_is_hidden_after_a_while_stops_the_pull(
    store: Store, tmp_path: Path
) -> None:
    def shows(*names: str) -> Scripted:
        scripted = crm()
        fields = {name: CrmField(name, name, "string", updateable=True) for name in names}
        fills = {"opportunity": {"type": ("Type",), "amount": ("Amount",)}}
        scripted.describe = lambda: Description({"opportunity": fields}, (), fills=fills)  # type: ignore[method-assign]
        return scripted

    metric = (
        "metrics:\n  new_won: {label: New, kind: simple, unit: count, source: opportunity, aggregate: count,"
        " time: close_date, where: [{field: type, is: New}]}\n"
    )
    for name, settings in (("stops", SETTINGS), ("goes on", EMPTY)):
        project(tmp_path / name, settings)
        (tmp_path / name / "metrics").mkdir()
        (tmp_path / name / "metrics" / "m.yaml").write_text(metric, encoding="utf-8")
    stops = load_project(tmp_path / "stops")
    describe(stops, store, "crm", shows("Amount", "Type"))
    with pytest.raises(ConfigError, match="opportunity has no field Type that our login can see"):
        describe(stops, store, "crm", shows("Amount"))
    [told] = describe(load_project(tmp_path / "goes on"), store, "crm", shows("Amount"))
    assert told.endswith("Figures that are made of it lack it (pull.hidden_fields).")
    assert records.read_hidden(store, "crm")[0]["needed"] is True


def test_another_crm_account_under_the_same_connection_is_refused(store: Store, tmp_path: Path) -> None:
    describe(project(tmp_path), store, "crm", crm())
    other = crm()
    other.account = "two"
    with pytest.raises(ConfigError, match=r"reaches the CRM account two now; the store's records are from one"):
        describe(project(tmp_path), store, "crm", other)


def test_a_field_that_figures_are_made_of_is_not_written_over(store: Store, tmp_path: Path) -> None:
    made = write_project(tmp_path, [to_field("account", "industry", "{kind: territory}")])
    scripted = crm()
    scripted.fills = {"account": {"industry": ("industry",)}}
    with pytest.raises(ConfigError, match=r"writeback\.yaml:\d+: .*industry, which is read as account.industry"):
        describe(made, store, "crm", scripted)


def test_a_field_that_the_crm_lacks_is_named_by_its_line(org: Org, store: Store, tmp_path: Path) -> None:
    root = tmp_path / "project"
    shutil.copytree(org.project.root, root)
    writes = [*all_writes(org.crm), to_field("account", own_field(org.crm, "Other"), "{kind: territory}")]
    settings = (root / "salesops.yaml").read_text(encoding="utf-8")
    made = write_project(root, writes, settings=settings)
    with closing(connect(made, "crm")) as connector, pytest.raises(ConfigError) as raised:
        describe(made, store, "crm", connector)
    (problem,) = raised.value.problems
    assert str(problem.where).startswith("writeback.yaml:11: writeback.crm.8.field")
    assert records.count_records(store, "crm")["account"] == 0


# ---- our own history of what is filled otherwise now ----


def managed(*managers: str | None, minutes: float = -60) -> list[Row]:
    return [row(f"{n:03}", minutes, manager_id=manager) for n, manager in enumerate(managers)]


def observed(store: Store) -> list[tuple[str, ...]]:
    rows = store.rows("SELECT record_id, field, before, after FROM observed_change ORDER BY id")
    return [tuple(each) for each in rows]


@pytest.fixture
def unmapped(store: Store, tmp_path: Path) -> tuple[Project, Scripted]:
    """Five users were pulled whose managers nothing fills."""
    scripted = Scripted(streams_of("user"), rows={"user": managed(*[None] * 5)})
    scripted.fills = {"user": {"name": ("Name",)}}
    told = project(tmp_path)
    describe(told, store, "crm", scripted)
    list(pull(store, "crm", scripted))
    return told, scripted


def mapped(store: Store, told: Project, scripted: Scripted) -> None:
    """From now on something fills them, so that all users are read again."""
    scripted.fills = {"user": {"name": ("Name",), "manager_id": ("ManagerId",)}}
    scripted.rows["user"] = managed("007", "007", "007", "007", None)
    describe(told, store, "crm", scripted)
    forget_cursors(store, "crm", ["user"])


def test_a_field_that_is_mapped_later_was_filled_all_along(store: Store, unmapped: tuple[Project, Scripted]) -> None:
    told, scripted = unmapped
    mapped(store, told, scripted)
    list(pull(store, "crm", scripted))
    assert observed(store) == []
    scripted.minutes = 10
    scripted.rows["user"] += [row("004", 5, manager_id="001")]
    describe(told, store, "crm", scripted)
    list(pull(store, "crm", scripted))
    assert observed(store) == [("004", "manager_id", None, "001")]


def test_a_pull_that_stops_between_knows_it_when_it_goes_on(store: Store, unmapped: tuple[Project, Scripted]) -> None:
    told, scripted = unmapped
    mapped(store, told, scripted)

    def fail(_stream: str, number: int) -> None:
        if number == 1:
            raise Unreachable("gone")

    scripted.before = fail
    with pytest.raises(Unreachable):
        list(pull(store, "crm", scripted))
    scripted.before = lambda *_: None
    describe(told, store, "crm", scripted)
    list(pull(store, "crm", scripted))
    assert [each["manager_id"] for each in store.rows("SELECT manager_id FROM user ORDER BY id")] == ["007"] * 4 + [
        None
    ]
    assert observed(store) == []


def test_what_another_field_of_the_record_did_meanwhile_is_observed(
    store: Store, unmapped: tuple[Project, Scripted]
) -> None:
    told, scripted = unmapped
    mapped(store, told, scripted)
    scripted.rows["user"][0] = row("000", 1, manager_id="007", role="Boss")
    scripted.minutes = 2
    list(pull(store, "crm", scripted))
    assert observed(store) == [("000", "role", None, "Boss")]


def test_a_field_that_is_hidden_from_now_on_did_not_become_empty(store: Store, tmp_path: Path) -> None:
    scripted = Scripted(streams_of("user"), rows={"user": managed("007")})
    scripted.fills = {"user": {"manager_id": ("Department",)}}
    told = project(tmp_path, EMPTY)
    describe(told, store, "crm", scripted)
    list(pull(store, "crm", scripted))
    scripted.absent = (MAPPED,)
    scripted.rows["user"] = managed(None)
    describe(told, store, "crm", scripted)
    forget_cursors(store, "crm", ["user"])
    list(pull(store, "crm", scripted))
    assert observed(store) == []


def test_a_stream_that_is_offered_no_more_holds_nothing_up(store: Store, tmp_path: Path) -> None:
    both = streams_of("opportunity.a", "opportunity.b")
    scripted = Scripted(both, rows={each.name: [row(f"{each.prefix}1", stage="New")] for each in both})
    scripted.fills = {"opportunity": {"stage": ("Stage",)}}
    told = project(tmp_path)
    describe(told, store, "crm", scripted)
    list(pull(store, "crm", scripted))
    scripted.fills = {"opportunity": {"stage": ("Step",)}}
    describe(told, store, "crm", scripted)
    scripted.offered = both[:1]
    list(pull(store, "crm", scripted))
    scripted.minutes = 10
    scripted.rows[both[0].name] = [row("a:1", 5, stage="Won")]
    list(pull(store, "crm", scripted))
    assert observed(store) == [("a:1", "stage", "New", "Won")]
