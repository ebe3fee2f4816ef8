"""`salesops effect`: what a SPIF brought for what it cost, from the records in the store."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from figured import CREATED, call, deal
from synced import save_rows, write_project

from sync.as_of import parse_as_of
from sync.compute import compute_connection
from sync.store.runs import recorded
from sync.store.store import Store

if TYPE_CHECKING:
    from collections.abc import Iterator

    from click.testing import Result

    from config.loader import Project

PAGE = Path(__file__).parents[3] / "docs" / "what-if.md"
PLANS = """\
comp_plans:
  spring:
    label: Spring SPIF
    effective_from: 2026-01-01
    eligible: {teams: [East]}
    credits:
      sales: {source: opportunity, where: [{field: is_won, is: true}], time: close_date}
      calls: {source: activity, where: [{field: kind, is: call}], time: at, amount: 1}
    components:
      extra: {kind: rate, on: sales, rate: 0.02, from: 2026-05-04, until: 2026-05-18}
      usual: {kind: rate, on: sales, rate: 0.05}
      each_call: {kind: spif, on: calls, pays: 1}
"""
EAST, WEST = (160, 140, 150, 130, 170), (110, 100, 120, 115, 105)
"""What each of them sells in the two weeks from 4 May; in the two weeks before, the two before that, and after: 100."""

AROUND = ("2025-05-06", "2026-04-08", "2026-04-22", "2026-05-19")


def sellers(team: str, sold: tuple[int, ...]) -> Iterator[tuple[dict[str, Any], list[dict[str, Any]]]]:
    for number, amount in enumerate(sold):
        id_ = f"{team}{number}"
        user = {"id": id_, "name": f"{team} {number}", "email": f"{id_}@x.example".lower(), "team": team, "active": 1}
        days = [*((day, "100") for day in AROUND), ("2026-05-06", str(amount))]
        yield user, [deal(f"6{team}{number}{day}", id_, of_day, day) for day, of_day in days]


def company(root: Path, *, plans: str = PLANS, west: tuple[int, ...] = WEST, as_of: str = "2026-05-20") -> Project:
    """The two teams, pulled as it were, and computed."""
    project = write_project(root, comp_plans=plans)
    both = [*sellers("East", EAST), *sellers("West", west)]
    with Store(project.root / project.settings.store) as store:
        save_rows(store, "user", *(user for user, _ in both), custom={})
        save_rows(store, "account", {"id": "a1", "name": "Acme", "created_at": CREATED}, custom={})
        save_rows(store, "opportunity", *(row for _, deals in both for row in deals), custom={})
        moment = parse_as_of(as_of, project.settings.time_zone)
        with recorded(store, "compute", "crm", moment) as run:
            compute_connection(project, store, "crm", moment, run.id)
    return project


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    return company(tmp_path_factory.mktemp("effect"))


def found(result: Result) -> dict[str, Any]:
    assert result.exit_code == 0, result.output
    read: dict[str, Any] = json.loads(result.stdout)
    return read


def test_a_spif_by_hand(project: Project) -> None:
    """500 before and 750 then; the others 500 and 550: 550 were to be expected, so 200 are more, for 2 % of 750."""
    read = found(call(project, "effect", "spring", "extra", "--json"))
    effect = read["effect"]
    assert effect["baseline"] == {"first_day": "2026-04-20", "last_day": "2026-05-03", "working_days": 10}
    assert effect["window"] == {"first_day": "2026-05-04", "last_day": "2026-05-17", "working_days": 10}
    assert effect["on_it"] == {"payees": 5, "baseline": "500", "window": "750"}
    assert effect["others"] == {"payees": 5, "baseline": "500", "window": "550"}
    assert (round(effect["expected"]), round(effect["more"])) == (550, 200)
    # What is left of each is 50, 30, 40, 20, 60 (variance 250), of the others 0, -10, 10, 5, -5 (62.5): the root of
    # 5 x 250 + 5 x 62.5 is 39.53, with 1562.5 ** 2 / (1250 ** 2 / 4 + 312.5 ** 2 / 4) = 5.88 degrees of freedom.
    assert effect["low"] == pytest.approx(200 - 1.951 * 39.528, abs=0.1)
    assert effect["high"] == pytest.approx(200 + 1.951 * 39.528, abs=0.1)
    assert read["cost"] == {"amount": "15", "unit": "USD", "payees": 5}
    assert read["cost_of_one"]["estimate"] == pytest.approx(15 / 200)
    assert read["check"]["more"] == pytest.approx(0)
    # Two working days after it: 500 each, where 500 for ten days were before; the others the same.
    assert read["after"]["more"] == pytest.approx(0)
    assert read["running"] is False


def test_all_of_a_comp_plan_costs_all_that_it_earned(project: Project) -> None:
    read = found(call(project, "effect", "spring", "--from", "2026-05-04", "--until", "2026-05-15", "--json"))
    assert read["credits"] == ["sales"]
    assert Decimal(read["cost"]["amount"]) == Decimal("52.5")  # 7 % of 750
    assert read["effect"]["window"]["last_day"] == "2026-05-15"


def test_what_it_prints_is_what_the_page_of_the_documentation_shows(project: Project) -> None:
    result = call(project, "effect", "spring", "extra")
    assert result.exit_code == 0, result.output
    shown = "\n".join(line.rstrip() for line in result.stdout.splitlines()[:13])
    assert shown in PAGE.read_text(encoding="utf-8"), result.stdout


def test_without_others_only_time_is_compared_and_that_is_said(tmp_path: Path) -> None:
    project = company(tmp_path, west=(100, 100))
    result = call(project, "effect", "spring", "extra")
    assert "There are no 5 others to compare them with" in result.output
    read = found(call(project, "effect", "spring", "extra", "--json"))
    assert (read["effect"]["others"]["payees"], round(read["effect"]["more"])) == (0, 250)


def test_a_year_ago(project: Project) -> None:
    result = call(project, "effect", "spring", "extra", "--baseline", "year_ago")
    assert result.exit_code == 0, result.output
    assert "2025-05-04 to 2025-05-17" in result.output


def test_days_on_which_it_ran_before_are_no_time_without_it(project: Project) -> None:
    days = ["--from", "2026-05-04", "--until", "2026-05-15"]
    told = call(project, "effect", "spring", *days).output
    assert "It ran since 2026-01-01, also in what this is compared with" in " ".join(told.split())
    assert found(call(project, "effect", "spring", "extra", "--json"))["ran_since"] is None


def test_there_is_no_check_against_days_without_records(project: Project) -> None:
    """A year before the two weeks that are checked nothing was sold to anybody."""
    year = ["effect", "spring", "extra", "--baseline", "year_ago"]
    assert found(call(project, *year, "--json"))["check"] is None
    assert "No check one window earlier" in call(project, *year).output


WRONG = [
    (["nobody"], "there is no comp plan 'nobody'. Choose from: spring"),
    (["sprnig"], "Did you mean spring?"),
    (["spring", "xtra"], "spring has no component 'xtra'. Did you mean extra?"),
    (["spring", "each_call"], "nobody who was on it"),
    (["spring", "--until", "2026-04-30"], "nothing counted for anybody from 2025-09-"),
    (["spring", "extra", "--from", "2026-05-14"], "had 2 working days"),
    (["spring", "--from", "2027-01-01"], "had 0 working days"),
    (["spring", "--from", "2026-05-04", "--until", "2026-05-06"], "had 3 working days from 2026-05-04 to 2026-05-06;"),
]


@pytest.mark.parametrize(("words", "why"), WRONG)
def test_what_cannot_be_said_is_refused_with_its_cause(words: list[str], why: str, project: Project) -> None:
    result = call(project, "effect", *words)
    assert (result.exit_code, why in " ".join(result.output.split())) == (2, True), result.output


def test_the_page_needs_nothing_else_and_escapes_names(tmp_path: Path) -> None:
    project = company(tmp_path, plans=PLANS.replace("Spring SPIF", "<b>Spring & more</b>"))
    page = tmp_path / "effect.html"
    result = call(project, "effect", "spring", "--from", "2026-05-04", "--html", str(page))
    assert (result.exit_code, result.stdout) == (0, f"wrote {page}\n")
    text = page.read_text(encoding="utf-8")
    assert "&lt;b&gt;Spring &amp; more&lt;/b&gt;" in text
    assert "<b>Spring" not in text
    assert not any(word in text for word in ("http://", "https://", "<script"))
    assert call(project, "effect", "spring", "--from", "2026-05-04", "--html", str(tmp_path)).exit_code == 2
