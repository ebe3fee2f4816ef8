"""`salesops explain metric`: whose number, which period, and what is said of it."""

from __future__ import annotations

import csv
import json
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest
from figured import DAY, call, deal, figured
from synced import save_rows

from sync.cli.explain_data import write_rows
from sync.store.store import Store

if TYPE_CHECKING:
    from pathlib import Path

    from config.loader import Project


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    return figured(tmp_path_factory.mktemp("project"))


def explained(project: Project, *words: str) -> Any:
    result = call(project, "explain", "metric", *words, "--json")
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


def test_the_records_and_their_sum_are_shown(project: Project) -> None:
    result = call(project, "explain", "metric", "won_amount", "--user", "ann@x.example")
    assert result.exit_code == 0, result.output
    assert "Won amount of Ann Lee, FY2026-Q2 (2026-04-01 to 2026-05-20)\n= 2,000.50\n" in result.output
    assert "2 records, together 2,000.50." in result.output
    assert "Deal 6001" in result.output
    assert "Deal 6004" not in result.output


def test_what_is_left_out_is_shown_with_its_reason(project: Project) -> None:
    result = call(project, "explain", "metric", "won_amount", "--user", "u1")
    assert "not met: is_won is true" in result.output
    assert "Deal 6003" in result.output


@pytest.mark.parametrize("width", [80, 140])
def test_no_table_is_wider_than_the_terminal(project: Project, width: int) -> None:
    result = call(project, "explain", "metric", "won_amount", width=width)
    assert max(len(line) for line in result.output.splitlines() if line.startswith(" ")) <= width


@pytest.mark.parametrize(
    ("words", "value"),
    [
        (["--user", "Bo Kay", "--period", "last_quarter"], "100"),
        (["--team", "east"], "2000.5"),
        (["--manager", "mia@x.example"], "5000.5"),
        (["--grain", "team", "--key", "West", "--period", "2026-05"], "3000"),
        (["--period", "FY2026"], "5100.5"),
        (["--period", "all"], "5100.5"),
        (["--period", "2026-04"], "1200.5"),
        (["--user", "u2", "--period", "Last_Quarter"], "100"),
    ],
)
def test_whose_number_and_of_which_period_can_be_said_in_many_ways(
    project: Project, words: list[str], value: str
) -> None:
    told = explained(project, "won_amount", *words)
    assert (told["value"], told["adds_up"], told["stored"]["value"]) == (value, True, value)
    assert sum(Decimal(row["number"]) for row in told["records"]) == Decimal(value)


def test_the_source_of_a_line_of_a_plan_is_explained(project: Project) -> None:
    assert explained(project, "metric/won_amount/user/u1/FY2026-Q2")["value"] == "2000.5"
    assert explained(project, "quota/bookings/user/u1/FY2026-Q2")["value"] == "2000.5"


def test_a_metric_that_is_not_computed_with_every_run_is_explained_from_the_records(project: Project) -> None:
    told = explained(project, "win_rate", "--user", "u1")
    assert (told["value"], told["stored"]["held"]) == ("0.666667", False)
    assert [(part["role"], part["value"]) for part in told["parts"]] == [("numerator", "2"), ("denominator", "3")]


def test_a_number_as_of_another_day_is_computed_from_what_is_known_of_then(project: Project) -> None:
    assert explained(project, "won_amount", "--as-of", "2026-05-04", "--period", "FY2026-Q2")["value"] == "2000.5"


def test_every_record_goes_to_a_file(project: Project, tmp_path: Path) -> None:
    file = tmp_path / "won.csv"
    result = call(project, "explain", "metric", "win_rate", "--csv", str(file))
    assert f"Wrote 7 records to {file}." in result.output.replace("\n", " ").replace("  ", " ")
    with file.open(encoding="utf-8") as written:
        rows = list(csv.DictReader(written))
    assert {row["part"] for row in rows} == {"numerator", "denominator"}
    assert rows[0]["name"].startswith("Deal ")


def test_no_name_in_a_file_is_a_formula(tmp_path: Path) -> None:
    write_rows(str(tmp_path / "rows.csv"), ["name", "value"], [{"name": "=cmd()", "value": "-1.5"}])
    assert (tmp_path / "rows.csv").read_text(encoding="utf-8").splitlines() == ["name,value", "'=cmd(),-1.5"]


def test_of_many_records_only_so_many_are_shown(project: Project) -> None:
    result = call(project, "explain", "metric", "won_amount", "--limit", "1")
    assert "… and 2 more records; --limit 0 shows all." in result.output
    assert "3 records, together 5,000.50." in result.output


def test_stored_results_that_are_outdated_are_told(tmp_path: Path) -> None:
    project = figured(tmp_path)
    with Store(project.root / project.settings.store) as store:
        save_rows(store, "opportunity", deal("6009", "u1", "9", "2026-05-05"), custom={})
    result = call(project, "explain", "metric", "won_amount", "--user", "u1")
    assert "warning: the stored results have 2,000.50: records changed since" in result.output


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["won_amont"], "Did you mean won_amount"),
        (["won_amount", "--user", "an@x.example"], "Did you mean ann@x.example"),
        (["won_amount", "--team", "Easst"], "Did you mean East"),
        (["won_amount", "--period", "2026-13"], "The present ones are 2026-05, FY2026-Q2, FY2026"),
        (["won_amount", "--grain", "stage_age", "--key", "x"], "won_amount is not computed by stage_age"),
        (["won_amount", "--grain", "segment"], "--grain segment needs --key"),
        (["won_amount", "--key", "x"], "Name that with --grain"),
        (["won_amount", "--user", "u1", "--team", "East"], "name two numbers"),
        (["customers_lost", "--period", "2026-05-04"], "the rows of customer_period are of a whole month, quarter"),
        (["commission/user/u1/FY2026-Q2"], "is no source of a metric"),
        (["metric/won_amount/user/u1/FY2026-Q2", "--user", "u1"], "says already whose number it is"),
    ],
)
def test_what_is_not_known_is_answered_with_what_is(project: Project, words: list[str], said: str) -> None:
    result = call(project, "explain", "metric", *words)
    assert result.exit_code == 2
    assert said in " ".join(result.output.split())


def test_before_a_pull_or_a_computation_it_is_said_what_to_run(tmp_path: Path) -> None:
    project = figured(tmp_path, computed=False)
    result = call(project, "explain", "metric", "won_amount")
    assert (result.exit_code, "Run `salesops compute`" in " ".join(result.output.split())) == (2, True)
    with Store(project.root / project.settings.store) as store, store.transaction() as db:
        db.execute("DELETE FROM sweep")
    result = call(project, "explain", "metric", "won_amount")
    assert (result.exit_code, "Run `salesops pull`" in " ".join(result.output.split())) == (2, True)


RATES = (
    {"id": "e1", "currency": "EUR", "to_currency": "USD", "rate": "1.1", "from_date": "2026-01-01"},
    {"id": "e2", "currency": "EUR", "to_currency": "USD", "rate": "1.25", "from_date": "2026-05-01"},
)


def test_amounts_of_two_currencies_count_at_the_rates_of_their_days(tmp_path: Path) -> None:
    project = figured(tmp_path, computed=False)
    with Store(project.root / project.settings.store) as store:
        save_rows(store, "exchange_rate", *RATES, custom={})
        for id_, closes in (("6101", "2026-04-30"), ("6102", "2026-05-01")):
            save_rows(store, "opportunity", deal(id_, "u2", "1000", closes) | {"currency": "EUR"}, custom={})
    assert call(project, "compute", "--as-of", DAY).exit_code == 0
    by_hand = "5350"  # 3,000 and 1,000 times 1.10 and 1.25
    values = json.loads(call(project, "show", "metric", "won_amount", "--json").stdout)["values"]
    assert {each["name"]: each["value"] for each in values}["Bo Kay"] == by_hand
    told = explained(project, "won_amount", "--user", "u2")
    assert (told["value"], told["stored"]["value"], told["adds_up"]) == (by_hand, by_hand, True)
    assert [(row["id"], row["of"], row["of_rate"], row["number"]) for row in told["records"]] == [
        ("6004", "3000", "1", "3000"),
        ("6102", "1000", "1.25", "1250"),
        ("6101", "1000", "1.1", "1100"),
    ]
    lines = call(project, "explain", "metric", "won_amount", "--user", "u2").output.splitlines()
    assert any("1,000 EUR" in line and "1.25" in line and "1,250.00" in line for line in lines)


def test_rows_of_made_sources_are_named_by_the_record_that_they_are_about(project: Project) -> None:
    told = explained(project, "customers_at_start", "--period", "FY2026-Q2")
    assert [(row["about_object"], row["about"], row["name"]) for row in told["records"]] == [("account", "a1", "Acme")]
    lost = explained(project, "customers_lost", "--period", "FY2026-Q2")
    assert [[each["name"] for each in left["about"]] for left in lost["left_out"]] == [["Acme"]]
    entered = explained(project, "quota_credited", "--user", "u1")
    assert [(row["name"], row["what"]) for row in entered["records"]] == [("Ann Lee", "bookings")]
    assert "Acme" in call(project, "explain", "metric", "customers_lost", "--period", "FY2026-Q2").output


def test_a_stay_in_a_stage_is_named_by_its_opportunity_with_its_page(tmp_path: Path) -> None:
    project = figured(tmp_path)
    history = (("h1", "Offer", "2026-02-02"), ("h2", "Closed Won", "2026-04-02"))
    stage = {"id": "s1", "object": "opportunity", "name": "Offer", "position": 1, "is_closed": 0, "is_won": 0}
    with Store(project.root / project.settings.store) as store:
        save_rows(store, "stage", stage, custom={})
        for id_, name, day in history:
            entry = {"id": id_, "opportunity_id": "6004", "stage": name, "at": f"{day}T10:00:00.000Z"}
            save_rows(store, "opportunity_history", entry, custom={})
    [row, *_] = explained(project, "time_in_stage", "--period", "FY2026-Q2")["records"]
    assert (row["name"], row["what"], row["link"][-9:]) == ("Deal 6004", "Offer", "/0-3/6004")


def test_a_number_of_a_day_is_explained_although_no_run_computes_it(project: Project) -> None:
    told = explained(project, "won_amount", "--period", "2026-05-06")
    assert (told["value"], told["adds_up"], told["stored"]["held"]) == ("3000", True, False)
    of_week = explained(project, "metric/won_amount/company//2026-W19")
    assert (of_week["value"], of_week["adds_up"], of_week["key"]) == ("3800", True, "")
    assert told["version"] == explained(project, "won_amount")["version"]
