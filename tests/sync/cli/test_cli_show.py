"""`salesops show`: metrics, quotas, territories and earnings as they were computed."""

from __future__ import annotations

import csv
import json
from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING, Any

import click
import pytest
from figured import call, deal, figured
from synced import save_rows

from sync.asked import NotKnown, check_metric
from sync.cli.failures import exit_code_of
from sync.cli.main import cli
from sync.store.snapshots import freeze
from sync.store.store import Store

if TYPE_CHECKING:
    from pathlib import Path

    from config.loader import Project


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    return figured(tmp_path_factory.mktemp("project"))


def shown(project: Project, *words: str) -> Any:
    result = call(project, "show", *words, "--json")
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


def test_a_metric_is_shown_by_user_the_largest_first(project: Project) -> None:
    values = shown(project, "metric", "won_amount")["values"]
    assert [(each["name"], each["value"]) for each in values] == [("Bo Kay", "3000"), ("Ann Lee", "2000.5")]


def test_bars_are_as_long_as_the_values(project: Project) -> None:
    lines = call(project, "show", "metric", "won_amount").output.splitlines()
    bars = {name: sum(line.count("█") for line in lines if name in line) for name in ("Ann Lee", "Bo Kay")}
    assert bars["Bo Kay"] * 2 // 3 == bars["Ann Lee"] > 0


def test_a_metric_that_is_not_stored_is_computed_from_the_records(project: Project) -> None:
    values = shown(project, "metric", "win_rate", "--by", "team")["values"]
    assert [(each["key"], each["value"], each["denominator"]) for each in values] == [
        ("West", "1", "1"),
        ("East", "0.666667", "3"),
    ]


def test_a_number_over_time_has_every_period_from_the_first(project: Project) -> None:
    values = shown(project, "metric", "won_amount", "--over", "month", "--user", "u2")["values"]
    assert [(each["period"], each["value"]) for each in values] == [
        ("2026-02", "100"),
        ("2026-03", "0"),
        ("2026-04", "0"),
        ("2026-05", "3000"),
    ]


@pytest.mark.parametrize(("over", "periods"), [("day", 104), ("week", 16)])
def test_a_number_over_days_or_weeks_is_computed_when_it_is_asked_for(
    project: Project, over: str, periods: int
) -> None:
    values = shown(project, "metric", "won_amount", "--over", over)["values"]
    assert len(values) == periods
    assert [each["value"] for each in values if each["value"] != "0"] == {
        "day": ["100", "1200.5", "800", "3000"],
        "week": ["100", "1200.5", "3800"],
    }[over]


@pytest.mark.parametrize("width", [60, 80, 140])
def test_what_a_table_over_time_leaves_out_is_in_a_plot(project: Project, width: int) -> None:
    lines = call(project, "show", "metric", "won_amount", "--over", "day", width=width).output.splitlines()
    assert max(map(len, lines)) <= width
    [axis] = [line for line in lines if "┼" in line]
    assert axis.count("─") == min(104, width - 4 - len("3,000.00"))
    assert any(line.strip().startswith("3,000.00 ┤") for line in lines)
    assert any(line.strip().endswith("2026-05-20") for line in lines)


def test_only_the_top_is_shown_and_it_is_said_how_many_there_are(project: Project) -> None:
    result = call(project, "show", "metric", "won_amount", "--top", "1")
    assert "… and 1 more; --top 0 shows all." in result.output
    assert "Ann Lee" not in result.output


def test_values_go_to_a_file(project: Project, tmp_path: Path) -> None:
    file = tmp_path / "values.csv"
    assert call(project, "show", "metric", "won_amount", "--csv", str(file)).exit_code == 0
    with file.open(encoding="utf-8") as written:
        assert [row["value"] for row in csv.DictReader(written)] == ["3000", "2000.5"]


def test_what_was_known_on_a_day_without_a_snapshot_is_not_known(project: Project) -> None:
    result = call(project, "show", "metric", "won_amount", "--as-of", "2026-03-31")
    assert (result.exit_code, "nothing is kept of what was known on 2026-03-31" in " ".join(result.output.split())) == (
        2,
        True,
    )


def test_metrics_are_found_by_what_they_are_called(project: Project) -> None:
    found = shown(project, "metrics", "churn")["metrics"]
    assert {"logo_churn", "net_revenue_churn"} <= {each["name"] for each in found}
    used = shown(project, "metrics", "--used")["metrics"]
    assert "won_amount" in {each["name"] for each in used}
    assert all(each["computed"] for each in used)


def test_a_quota_is_shown_with_how_users_stand(project: Project) -> None:
    found = shown(project, "quota")["quotas"]
    assert [(each["name"], each["credited"], each["attainment"]) for each in found] == [
        ("Bo Kay", "3000", "0.3"),
        ("Ann Lee", "2000.5", "0.20005"),
    ]
    assert "Bookings, FY2026-Q2" in call(project, "show", "quota").output


def test_territories_are_shown_with_their_accounts(project: Project) -> None:
    assert shown(project, "territory")["territories"] == [{"territory": "North", "accounts": 1}]
    assert [each["name"] for each in shown(project, "territory", "north")["accounts"]] == ["Acme"]


def test_earnings_are_shown_by_user_and_those_of_one_by_transaction(project: Project) -> None:
    by_user = shown(project, "payout")["earnings"]
    assert {(each["name"], each["component"], each["earned"]) for each in by_user} == {
        ("Ann Lee", "commission", "160.04"),
        ("Bo Kay", "commission", "240"),
        ("Mia Moss", "override", "50.01"),
    }
    of_ann = shown(project, "payout", "--user", "ann@x.example")["earnings"]
    assert [(each["transaction"], each["earned"]) for each in of_ann] == [("Deal 6001", "96.04"), ("Deal 6002", "64")]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["metric", "won"], "Did you mean"),
        (["metric", "won_amount", "--by", "teams"], "Did you mean team"),
        (["metric", "won_amount", "--user", "u1"], "go with --over"),
        (["metric", "customers_lost", "--over", "week"], "the rows of customer_period are of a whole month, quarter"),
        (["metric", "won_amount", "--period", "this_quater"], "Did you mean this_quarter"),
        (["quota", "booking"], "Did you mean bookings"),
        (["quota", "--period", "2026-05"], "bookings is a quota by quarter"),
        (["territory", "Nort"], "Did you mean North"),
        (["metric", "won_amount", "--as-of", "yesterday"], "is no day"),
    ],
)
def test_what_is_not_known_is_answered_with_what_is(project: Project, words: list[str], said: str) -> None:
    result = call(project, "show", *words)
    assert result.exit_code == 2
    assert said in " ".join(result.output.split())


@pytest.mark.parametrize("words", [["metric", "won_amount"], ["quota"], ["payout"], ["territory"], ["metrics"]])
@pytest.mark.parametrize("width", [80, 140])
def test_no_table_is_wider_than_the_terminal(project: Project, words: list[str], width: int) -> None:
    result = call(project, "show", *words, width=width)
    assert result.exit_code == 0, result.output
    assert max(len(line) for line in result.output.splitlines() if line.startswith(" ")) <= width


KEPT = "2026-05-18"


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """The project with a snapshot, since which Ann's number became another."""
    project = figured(tmp_path_factory.mktemp("kept"))
    with Store(project.root / project.settings.store) as store, store.transaction() as db:
        freeze(db, "crm", date.fromisoformat(KEPT), f"{KEPT}T12:00:00.000Z", project.digest, 1)
        db.execute("UPDATE metric_value SET value = '7' WHERE metric = 'won_amount' AND key = 'u1'")
    return project


def refused(project: Project, *words: str, command: str = "show") -> str:
    result = call(project, command, *words)
    assert result.exit_code == 2, result.output
    return " ".join(result.output.split())


def test_what_was_known_on_a_day_is_shown_by_key_and_over_time(kept: Project) -> None:
    told = shown(kept, "metric", "won_amount", "--as-of", KEPT)
    assert {name: told[name] for name in ("metric", "unit", "as_of", "known_on")} == {
        "metric": "won_amount",
        "unit": "money",
        "as_of": KEPT,
        "known_on": KEPT,
    }
    assert [(each["key"], each["value"], each["partial"]) for each in told["values"]] == [
        ("u2", "3000", False),
        ("u1", "2000.5", False),
    ]
    assert [each["sample"] for each in told["values"]] == ["1", "2"]
    assert shown(kept, "metric", "won_amount")["values"][-1]["value"] == "7"
    over = shown(kept, "metric", "won_amount", "--over", "quarter", "--user", "u1", "--as-of", KEPT)
    assert [(each["period"], each["value"]) for each in over["values"]] == [("FY2026-Q2", "2000.5")]
    assert "nothing is kept" in refused(
        kept, "metric", "won_amount", "--over", "month", "--user", "u1", "--as-of", "2026-05-01"
    )


def test_a_snapshot_that_is_carried_forward_is_named(kept: Project) -> None:
    words = ("metric", "won_amount", "--as-of", "2026-05-19")
    assert shown(kept, *words)["known_on"] == KEPT
    said = call(kept, "show", *words).output
    assert f"No snapshot is of 2026-05-19: this is that of {KEPT}" in said


def test_what_no_snapshot_keeps_is_told_so(kept: Project) -> None:
    said = refused(kept, "metric", "win_rate", "--as-of", KEPT)
    assert "win_rate is not computed with every run, so what was known of it is not kept" in said
    assert f"`salesops explain metric win_rate --as-of {KEPT}`" in said
    said = refused(kept, "metric", "won_amount", "--as-of", KEPT, "--over", "day")
    assert "won_amount is not computed by day with every run" in said


@pytest.mark.parametrize("command", ["show", "explain"])
def test_a_day_to_come_is_refused(kept: Project, command: str) -> None:
    assert "is to come" in refused(kept, "metric", "won_amount", "--as-of", "2190-01-01", command=command)


def test_over_time_only_the_periods_of_a_period_are_shown(project: Project) -> None:
    words = ("metric", "won_amount", "--over", "month", "--user", "u2", "--period")
    values = shown(project, *words, "FY2026-Q2")["values"]
    assert [(each["period"], each["value"]) for each in values] == [("2026-05", "3000")]
    words = ("metric", "won_amount", "--over", "day", "--user", "u2", "--period")
    values = shown(project, *words, "2026-w19")["values"]
    assert [(each["period"], each["value"]) for each in values][:2] == [("2026-05-06", "3000"), ("2026-05-07", "0")]
    assert values[-1]["period"] == "2026-05-10"
    assert "no quarter up to 2026-05-20 is in 2026-05" in refused(
        project, "metric", "won_amount", "--over", "quarter", "--period", "2026-05"
    )


@pytest.mark.parametrize("command", ["show", "explain"])
def test_a_key_that_no_figure_has_is_refused_with_those_near(project: Project, command: str) -> None:
    over = ("--over", "quarter", "--by") if command == "show" else ("--grain",)
    said = refused(project, "metric", "won_amount", *over, "territory", "--key", "Nort", command=command)
    assert "no figure by territory is of 'Nort'. Did you mean North?" in said


@pytest.mark.parametrize("command", ["show", "explain"])
def test_what_stands_as_of_now_has_no_number_of_a_past_period(tmp_path: Path, command: str) -> None:
    project = figured(tmp_path)
    with Store(project.root / project.settings.store) as store:
        save_rows(
            store, "opportunity", deal("7001", "u1", "9", "2026-08-05") | {"is_closed": 0, "is_won": 0}, custom={}
        )
    assert call(project, command, "metric", "open_pipeline", "--period", "this_quarter").exit_code == 0
    said = refused(project, "metric", "open_pipeline", "--period", "last_quarter", command=command)
    assert "open_pipeline stands as of now: there is none of FY2026-Q1" in said


@pytest.mark.parametrize("command", ["show", "explain"])
def test_a_file_that_cannot_be_written_is_a_wrong_call(project: Project, tmp_path: Path, command: str) -> None:
    (tmp_path / "file").touch()
    for where in ("none/values.csv", "file/values.csv"):
        said = refused(project, "metric", "won_amount", "--csv", str(tmp_path / where), command=command)
        assert "Name a file in a folder that is there" in said


def test_names_of_metrics_are_never_broken(project: Project) -> None:
    lines = call(project, "show", "metrics", width=80).output.splitlines()
    words = {line.split()[0] for line in lines if line.strip()}
    assert set(project.metrics) <= words


def test_a_metric_that_is_not_there_is_answered_with_what_is_near(project: Project) -> None:
    assert "No metric is called 'zzzz'" in call(project, "show", "metrics", "zzzz").output
    assert "Did you mean won_amount" in call(project, "show", "metrics", "won_amont").output
    twins = replace(project, metrics={**project.metrics, "twin": project.metrics["won_amount"]})
    assert (check_metric(project, "won amount"), check_metric(twins, "twin")) == ("won_amount", "twin")
    with pytest.raises(NotKnown, match="2 metrics are called 'Won amount': won_amount, twin"):
        check_metric(twins, "Won amount")


@pytest.mark.parametrize("command", ["show", "explain"])
def test_without_words_the_help_is_shown(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(click.exceptions.NoArgsIsHelpError) as error:
        cli.main([command], standalone_mode=False)
    assert exit_code_of(error.value) == 2
    said = capsys.readouterr().err
    assert (said.count("Usage:"), "Error" in said, "Commands:" in said) == (1, False, True)


@pytest.mark.parametrize("command", ["show", "explain"])
def test_days_and_periods_that_are_none_are_named(project: Project, command: str) -> None:
    said = refused(project, "metric", "won_amount", "--as-of", "2026-02-30", command=command)
    assert "--as-of '2026-02-30' is no day: write one such as 2026-03-31" in said
    for period, said in (
        ("", "there is no period ''"),
        ("20260506", "there is no period '20260506'"),
        ("2026-W19-3", "there is no period '2026-W19-3'"),
        ("9999-12-31", "there are no numbers of 9999-12-31: they are of days from 1900-01-01 to 2199-12-31"),
        ("2027-03", "2027-03 is to come: it begins on 2027-03-01. Numbers are of what is known up to 2026-05-20"),
        ("2026-05-21", "2026-05-21 is to come. Numbers are of what is known up to 2026-05-20"),
    ):
        assert said in refused(project, "metric", "won_amount", "--period", period, command=command)
