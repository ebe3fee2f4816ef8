"""Loading a project folder: what comes back, where things stand, and all problems at once."""

from __future__ import annotations

import os
import subprocess
import sys
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest
from config_projects import BASE, problems_of, write_project
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from config.loader import Project, find_project, load_project
from config.problems import ConfigError, Where

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return load_project(write_project(tmp_path, BASE))


def test_a_project_holds_what_its_files_say(project: Project) -> None:
    assert project.settings.currency == "EUR"
    assert project.mapping.of("crm")["opportunity"].custom == ("margin",)
    assert project.quotas["bookings"].targets[0].default == Decimal(250_000)
    assert project.territories is not None
    assert project.territories.otherwise == "Rest"
    assert project.comp_plans["ae"].measures["booked"].target == "bookings"
    assert project.writeback.writeback["crm"][0].field == "salesops_won"
    assert project.warnings == ()


def test_the_metrics_are_the_built_in_ones_and_the_projects(project: Project) -> None:
    assert {"won_amount", "win_rate", "big_wins"} <= project.metrics.keys()


def test_a_project_needs_no_file_but_its_settings(tmp_path: Path) -> None:
    project = load_project(write_project(tmp_path, {"salesops.yaml": BASE["salesops.yaml"]}))
    assert (project.mapping.root, project.quotas, project.territories, project.comp_plans) == ({}, {}, None, {})
    assert project.writeback.writeback == {}


def test_a_file_that_is_all_comments_says_nothing(tmp_path: Path) -> None:
    files = {name: "# nothing yet\n" for name in BASE if name != "salesops.yaml"}
    assert problems_of(write_project(tmp_path, {**files, "salesops.yaml": BASE["salesops.yaml"]})) == []


def test_the_files_of_a_folder_are_read_together(tmp_path: Path) -> None:
    second = BASE["quotas/quotas.yaml"].replace("bookings", "more")
    project = load_project(write_project(tmp_path, {**BASE, "quotas/second.yaml": second}))
    assert set(project.quotas) == {"bookings", "more"}


def test_all_problems_of_all_files_come_at_once_in_their_order(tmp_path: Path) -> None:
    files = {
        **BASE,
        "salesops.yaml": BASE["salesops.yaml"].replace("EUR", "eur"),
        "metrics/metrics.yaml": "metrics: {bad: {kind: ratio}}\n",
        "metrics/zwei.yaml": "metrics: [\n",
        "quotas/quotas.yaml": BASE["quotas/quotas.yaml"].replace("250000", "many"),
        "writeback.yaml": BASE["writeback.yaml"].replace("salesops_won", "a b").replace("crm:", "crn:"),
    }
    with pytest.raises(ConfigError) as caught:
        load_project(write_project(tmp_path, files))
    places = [(problem.where.file, problem.where.line) for problem in caught.value.problems]
    assert [file for file, _ in places] == [
        *["metrics/metrics.yaml"] * 4, "metrics/zwei.yaml", "quotas/quotas.yaml", "salesops.yaml", "writeback.yaml",
    ]  # fmt: skip
    assert places == sorted(places)
    assert str(caught.value).count("\n") == len(places) - 1


def test_a_wrong_definition_is_not_reported_again_by_what_refers_to_it(tmp_path: Path) -> None:
    files = {**BASE, "quotas/quotas.yaml": BASE["quotas/quotas.yaml"].replace("quarter", "week")}
    assert problems_of(write_project(tmp_path, files)) == [
        "quotas/quotas.yaml:5: quotas.bookings.period: must be one of month, quarter, year, got 'week'."
    ]


def test_a_wrong_definition_leaves_its_neighbours_checked(tmp_path: Path) -> None:
    files = {
        **BASE,
        "metrics/metrics.yaml": "metrics:\n  bad: {kind: x}\n"
        "  half: {kind: ratio, label: H, unit: number, numerator: bad, denominator: won_cuont}\n",
    }
    assert problems_of(write_project(tmp_path, files)) == [
        (
            "metrics/metrics.yaml:2: metrics.bad.kind: "
            "must be one of simple, ratio, derived, cumulative, conversion, got 'x'."
        ),
        "metrics/metrics.yaml:3: metrics.half.denominator: there is no metric won_cuont. Did you mean won_count?",
    ]


def test_a_file_that_cannot_be_followed_is_one_problem(tmp_path: Path) -> None:
    files = {**BASE, "quotas/quotas.yaml": "quotas: [\n"}
    assert len(problems_of(write_project(tmp_path, files))) == 1


def test_a_name_in_two_files_names_both_places(tmp_path: Path) -> None:
    files = {**BASE, "quotas/second.yaml": BASE["quotas/quotas.yaml"]}
    assert problems_of(write_project(tmp_path, files)) == [
        (
            "quotas/second.yaml:2: quotas.bookings: is defined in quotas/quotas.yaml:2 too. "
            "Keep one of them, or rename one."
        )
    ]


def test_a_second_file_of_territories_is_refused(tmp_path: Path) -> None:
    files = {**BASE, "territories/west.yaml": BASE["territories/territories.yaml"]}
    assert problems_of(write_project(tmp_path, files)) == [
        (
            "territories/west.yaml: is a second file of territories. territories/territories.yaml is one already, "
            "and the order of one list decides. Move the territories there."
        )
    ]


def test_territories_to_write_must_be_there(tmp_path: Path) -> None:
    write = "writeback:\n  crm:\n    - {object: account, field: t, label: T, value: {kind: territory}}\n"
    files = {"salesops.yaml": BASE["salesops.yaml"], "writeback.yaml": write}
    assert problems_of(write_project(tmp_path, files)) == [
        (
            "writeback.yaml:3: writeback.crm.0.value: there are no territories to write. "
            "Define some in territories/, or remove it."
        )
    ]


def test_pay_to_write_must_be_there(tmp_path: Path) -> None:
    write = "writeback:\n  crm:\n    - {object: opportunity, field: t, label: T, value: {kind: earned_commission}}\n"
    files = {"salesops.yaml": BASE["salesops.yaml"], "writeback.yaml": write}
    assert problems_of(write_project(tmp_path, files)) == [
        (
            "writeback.yaml:3: writeback.crm.0.value: there is no comp plan, so no earned_commission to write. "
            "Define one in comp_plans/, or remove it."
        )
    ]


def test_money_held_against_a_quota_on_a_count_is_a_warning(tmp_path: Path) -> None:
    files = {**BASE, "quotas/quotas.yaml": BASE["quotas/quotas.yaml"].replace("won_amount", "won_count")}
    assert problems_of(write_project(tmp_path, files)) == [
        (
            "warning: comp_plans/comp_plans.yaml:10: comp_plans.ae.measures.booked.target: booked adds up money, and "
            "bookings is in count. Hold it against a quota in what it adds up."
        )
    ]


def test_a_field_that_is_read_is_not_written(tmp_path: Path) -> None:
    files = {**BASE, "mapping.yaml": "crm:\n  user:\n    fields: {team: Salesops_Won}\n"}
    files["metrics/metrics.yaml"] = ""
    assert problems_of(write_project(tmp_path, files)) == [
        (
            "writeback.yaml:4: writeback.crm.0.field: would overwrite salesops_won, which mapping.yaml reads as "
            "user.team. Name a field of its own for the result."
        )
    ]


def test_a_broken_mapping_is_not_reported_again_by_what_uses_its_fields(tmp_path: Path) -> None:
    files = {**BASE, "mapping.yaml": BASE["mapping.yaml"] + "    fields: [amount]\n"}
    assert problems_of(write_project(tmp_path, files)) == [
        (
            "mapping.yaml:4: crm.opportunity.fields: must be a block of keys, is a list. "
            "Write a block of entries, each under a field of ours."
        )
    ]


def test_files_that_look_like_rules_and_are_not_read_are_named(tmp_path: Path) -> None:
    files = {**BASE, "metric/own.yaml": "x", "writebacks.yaml": "x", "quotas/new.yml": "x", "metrics/old/a.yaml": "x"}
    assert problems_of(write_project(tmp_path, files)) == [
        "warning: metric: is not read. Did you mean metrics?",
        "warning: metrics/old/: is not read. Put the files of metrics into metrics/ itself.",
        "quotas/new.yml: is not read. Rename it to new.yaml.",
        "warning: writebacks.yaml: is not read. Did you mean writeback.yaml?",
    ]


def test_other_peoples_files_in_the_folder_are_left_alone(tmp_path: Path) -> None:
    files = {**BASE, "docker-compose.yaml": "x: &a [*a]", "notes.txt": "x", ".github/workflows/ci.yaml": "{"}
    assert problems_of(write_project(tmp_path, files)) == []


def test_a_folder_without_settings_says_how_to_get_a_project(tmp_path: Path) -> None:
    assert problems_of(tmp_path) == [
        (
            f"salesops.yaml: is missing. A project needs one; `salesops init DIR` writes a new project. "
            f"The folder is {tmp_path}."
        )
    ]


def test_a_folder_that_is_not_there_is_a_problem(tmp_path: Path) -> None:
    (message,) = problems_of(tmp_path / "nowhere")
    assert message == (
        f"{tmp_path / 'nowhere'}: the project folder cannot be read: No such file or directory. Name the project's "
        "folder with --project DIR, or write a new project with `salesops init DIR`."
    )


def test_a_pipe_or_folder_in_the_place_of_a_file_is_a_problem_and_not_waited_for(tmp_path: Path) -> None:
    write_project(tmp_path, {"salesops.yaml": BASE["salesops.yaml"]})
    os.mkfifo(tmp_path / "mapping.yaml")
    (tmp_path / "writeback.yaml").mkdir()
    (tmp_path / "metrics").mkdir()
    (tmp_path / "metrics" / "gone.yaml").symlink_to(tmp_path / "nowhere")
    advice = "Make it a file that you may read."
    assert problems_of(tmp_path) == [
        f"mapping.yaml: cannot be read: it is not a file. {advice}",
        f"metrics/gone.yaml: cannot be read: No such file or directory. {advice}",
        f"writeback.yaml: cannot be read: it is not a file. {advice}",
    ]


def test_a_secret_written_in_plain_is_not_repeated(tmp_path: Path) -> None:
    for sign_in in ("{kind: access_token, token: pat-secret}", "pat-secret", "[pat-secret]", "{token: [pat-secret]}"):
        settings_file = BASE["salesops.yaml"].replace("{kind: access_token, token: env:TOKEN}", sign_in)
        messages = problems_of(write_project(tmp_path, {"salesops.yaml": settings_file}))
        assert messages
        assert "pat-secret" not in " ".join(messages)


def test_the_place_of_a_thing_is_file_line_and_path(project: Project) -> None:
    assert project.where("writeback", "crm", 0, "field") == Where("writeback.yaml", 4, "writeback.crm.0.field")
    assert project.where("settings", "time_zone") == Where("salesops.yaml", 2, "time_zone")
    assert project.where("quotas", "bookings", "targets", 0, "default").line == 7
    assert project.where("metrics", "big_wins", "where", 1, "field").line == 10
    assert project.places[("territories", 0, "where", 0)] == Where(
        "territories/territories.yaml", 4, "territories.0.where.0"
    )


def test_the_place_of_what_is_not_written_is_the_closest_thing_around_it(project: Project) -> None:
    assert project.where("settings", "schedule", "cron") == Where("salesops.yaml", 1, "schedule.cron")
    assert project.where("quotas", "bookings", "targets", 0, "users", "x").line == 7
    assert project.where("metrics", "won_amount").file == "built-in metrics/output.yaml"


def test_the_place_in_a_file_that_is_not_there_names_the_file(tmp_path: Path) -> None:
    project = load_project(write_project(tmp_path, {"salesops.yaml": BASE["salesops.yaml"]}))
    assert project.where("mapping", "crm", "user") == Where("mapping.yaml", 0, "crm.user")
    assert project.where("quotas", "x").file == "quotas/"


def test_the_place_of_a_crm_field_is_found_by_what_it_is_for(project: Project) -> None:
    assert project.where_field("crm", "user", "salesops_won", "writeback").line == 4
    assert project.where_field("crm", "opportunity", "margin", "custom") == Where(
        "mapping.yaml", 3, "crm.opportunity.custom.0"
    )
    assert project.where_field("crm", "opportunity", "amount", "mapping").line == 2
    assert project.where_field("crm", "account", "name", "mapping") == Where("mapping.yaml", 1, "crm.account")


def test_the_digest_is_that_of_the_files_and_of_nothing_else(tmp_path: Path) -> None:
    first = load_project(write_project(tmp_path / "a", BASE))
    again = load_project(write_project(tmp_path / "b", dict(reversed(BASE.items()))))
    assert first.digest == again.digest
    assert len(first.digest) == 64
    write_project(tmp_path / "b", {"notes.txt": "x"})
    assert load_project(tmp_path / "b").digest == first.digest


@pytest.mark.parametrize("file", BASE)
def test_any_byte_of_a_file_changes_the_digest(file: str, tmp_path: Path, project: Project) -> None:
    write_project(tmp_path, {file: BASE[file] + "# one more comment\n"})
    assert load_project(tmp_path).digest != project.digest


def test_a_file_under_another_name_is_another_digest(tmp_path: Path, project: Project) -> None:
    (tmp_path / "quotas/quotas.yaml").rename(tmp_path / "quotas/other.yaml")
    assert load_project(tmp_path).digest != project.digest


def test_the_project_is_found_from_a_folder_inside_it(tmp_path: Path) -> None:
    write_project(tmp_path, BASE)
    (tmp_path / "deep" / "deeper").mkdir(parents=True)
    assert find_project(tmp_path / "deep" / "deeper") == tmp_path
    assert find_project(tmp_path) == tmp_path


def test_no_project_around_a_folder_is_a_problem(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"there is no salesops\.yaml in this folder or above it"):
        find_project(tmp_path)


def test_reading_the_models_loads_no_yaml_and_no_other_room() -> None:
    code = (
        "import sys, config.loader, config.template;"
        "heavy = {'yaml', 'connectors', 'salesops', 'sync', 'pyarrow', 'sqlite3', 'requests'} & set(sys.modules);"
        "sys.exit(str(heavy) if heavy else 0)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


_LINES = st.sampled_from(sorted({line for text in BASE.values() for line in text.splitlines()}))
_WORDS = st.sampled_from(["kind", "simple", "[]", "{}", "~", "''", "-1", "1e9", "a: b", "*x", "\t", "é", "2026-02-30"])


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=150, deadline=None)
@given(
    file=st.sampled_from(list(BASE)),
    lines=st.lists(_LINES | st.tuples(_LINES, _WORDS).map(" ".join) | _WORDS, max_size=12) | st.text().map(list),
)
def test_any_text_in_any_file_is_a_project_or_its_problems(file: str, lines: list[str], tmp_path: Path) -> None:
    content = "\n".join(lines).encode("utf-8", "surrogatepass")
    write_project(tmp_path, {**BASE, file: content})
    try:
        assert load_project(tmp_path).settings
    except ConfigError as error:
        assert error.problems  # noqa: PT017  either outcome is fine; anything else is raised


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=150, deadline=None)
@given(file=st.sampled_from(list(BASE)), data=st.data())
def test_a_file_with_any_part_cut_out_is_a_project_or_its_problems(
    file: str, data: st.DataObject, tmp_path: Path
) -> None:
    text = BASE[file]
    start = data.draw(st.integers(0, len(text)))
    end = data.draw(st.integers(start, min(len(text), start + 30)))
    write_project(tmp_path, {**BASE, file: text[:start] + text[end:]})
    try:
        assert load_project(tmp_path).settings
    except ConfigError as error:
        assert all(str(problem) for problem in error.problems)  # noqa: PT017  as above
