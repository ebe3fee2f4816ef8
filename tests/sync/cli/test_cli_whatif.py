"""`salesops whatif`: what a changed comp plan would have paid, from the records in the store."""

from __future__ import annotations

import json
import re
import sqlite3
from contextlib import closing
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any

from figured import call, figured

from salesops.whatif.standing import Standing
from sync.cli.whatif_plot import HEIGHT, plot_performance

if TYPE_CHECKING:
    from config.loader import Project

PAGE = Path(__file__).parents[3] / "docs" / "what-if.md"
PLANS = """\
comp_plans:
  ae:
    label: AE
    effective_from: 2025-01-01
    eligible: {managers: false}
    credits:
      sales: {source: opportunity, where: [{field: is_won, is: true}], time: close_date}
    measures:
      sold: {credits: [sales], over: quarter, target: 2000}
    components:
      commission:
        kind: tiers
        by: sold
        reading: marginal
        tiers: [{from: 0, rate: 0.05}, {from: 1, rate: 0.1}]
      goal: {kind: bonus, when: [{measure: sold, at_least: 1}], pays: 50}
"""
"""Ann has sold 2,000.50 in the second quarter of 2026, Bo 3,000, and 100 in the first."""


def project_of(root: Path) -> Project:
    return figured(root, comp_plans=PLANS)


def changed(root: Path, before: str, after: str) -> str:
    assert before in PLANS
    folder = root / "draft"
    folder.mkdir(exist_ok=True)
    (folder / "c.yaml").write_text(PLANS.replace(before, after), encoding="utf-8")
    return str(folder / "c.yaml")


def found(project: Project, *words: str) -> dict[str, Any]:
    result = call(project, "whatif", *words, "--json")
    assert result.exit_code == 0, result.output
    read: dict[str, Any] = json.loads(result.stdout)
    return read


def test_a_higher_rate_above_target(tmp_path: Path) -> None:
    """Ann 2,000 x 0.05 + 0.5 x 0.1 + 50 = 150.05, Bo 100 + 1,000 x 0.1 + 50 = 250 and 5 in the first quarter. At 0.2,
    Ann has 0.05 more, Bo 100."""
    project = project_of(tmp_path / "p")
    told = found(project, changed(tmp_path, "rate: 0.1}", "rate: 0.2}"))
    assert told["totals"] == [{"currency": "USD", "now": "405.05", "then": "505.1", "difference": "100.05"}]
    assert [(each["component"], each["difference"]) for each in told["components"]] == [
        ("commission", "100.05"),
        ("goal", "0"),
    ]
    assert [(each["name"], each["now"], each["difference"]) for each in told["payees"]] == [
        ("Bo Kay", "255", "100"),
        ("Ann Lee", "150.05", "0.05"),
    ]
    assert [(each["gain"], each["lose"], each["stay"]) for each in told["spreads"]] == [(2, 0, 0)]
    assert [each["quartiles"] for each in told["spreads"]] == [["0.05", "0.05", "0.05", "100", "100"]]


def test_differences_of_every_table_add_up_to_the_total(tmp_path: Path) -> None:
    project = project_of(tmp_path / "p")
    told = found(project, changed(tmp_path, "rate: 0.05}", "rate: 0.03}"))
    whole = Decimal(told["totals"][0]["difference"])
    assert whole < 0
    for table in ("comp_plans", "components", "periods", "payees"):
        assert sum(Decimal(each["difference"]) for each in told[table]) == whole, table


def test_no_change_makes_no_difference(tmp_path: Path) -> None:
    project = project_of(tmp_path / "p")
    told = found(project, "--against", str(project.root / "comp_plans"))
    tables = ("totals", "comp_plans", "components", "periods", "payees")
    lines = [each for table in tables for each in told[table]]
    lines += [each for at in told["at_attainment"] for each in at["totals"]]
    assert {each["difference"] for each in lines} == {"0"}
    assert told["cliffs"]["now"] == told["cliffs"]["then"]
    assert told["performance"]["now"] == told["performance"]["then"]


TWO_MORE = """\
  lead:
    label: Lead
    effective_from: 2025-01-01
    eligible: {managers: true}
    credits:
      of_reps: {earnings: {comp_plans: [ae]}, to: {managers: [1]}}
    components:
      override: {kind: rate, on: of_reps, rate: 0.1}
  bounty:
    label: Bounty
    effective_from: 2025-01-01
    eligible: {managers: false}
    credits:
      sales: {source: opportunity, where: [{field: is_won, is: true}], time: close_date}
    components:
      each: {kind: rate, on: sales, rate: 0.01}
"""


def test_what_is_paid_on_a_changed_comp_plan_changes_and_nothing_else(tmp_path: Path) -> None:
    """Mia has a tenth of what both earn by `ae`, each transaction rounded: of 5, 250 and Ann's 60.03 and 90.02 now, of
    5, 350, 60.03 and 90.07 then. The bounty stays 12.01 + 8 + 30 + 1."""
    project = figured(tmp_path / "p", comp_plans=PLANS + TWO_MORE)
    (tmp_path / "draft").mkdir()
    (tmp_path / "draft" / "c.yaml").write_text(PLANS.replace("rate: 0.1}", "rate: 0.2}") + TWO_MORE, encoding="utf-8")
    told = found(project, str(tmp_path / "draft" / "c.yaml"))
    costs = {each["comp_plan"]: (each["now"], each["then"]) for each in told["comp_plans"]}
    assert costs == {"ae": ("405.05", "505.1"), "bounty": ("51.01", "51.01"), "lead": ("40.5", "50.51")}


def test_cost_at_an_attainment(tmp_path: Path) -> None:
    """Each of the two: at half 1,000 x 0.05; at target 100 and 50; at 150 % 1,000 x 0.1 more, or x 0.2."""
    project = project_of(tmp_path / "p")
    told = found(project, changed(tmp_path, "rate: 0.1}", "rate: 0.2}"), "--period", "FY2026-Q2")
    costs = [
        (each["attainment"], each["totals"][0]["now"], each["totals"][0]["then"]) for each in told["at_attainment"]
    ]
    assert costs == [("0.5", "100", "100"), ("1", "300", "300"), ("1.5", "500", "700")]


def test_who_stands_beside_a_cliff_and_what_pay_follows(tmp_path: Path) -> None:
    """Ann is at 100.025 % of her target, Bo at 150 %."""
    project = project_of(tmp_path / "p")
    told = found(project, changed(tmp_path, "at_least: 1", "at_least: 1.01"), "--period", "FY2026-Q2")
    now, then = ([(c["bound"], c["near_below"], c["near_above"]) for c in told["cliffs"][w]] for w in ("now", "then"))
    assert now == [("1", 0, 1)]
    assert then == [("1.01", 1, 0)]
    assert told["performance"]["then"]["ae"]["rank_correlation"] == "1.000000"


def test_the_tables_fit_and_the_page_is_whole(tmp_path: Path) -> None:
    project, page = project_of(tmp_path / "p"), tmp_path / "page.html"
    file = changed(tmp_path, "rate: 0.1}", "rate: 0.2}")
    told = call(project, "whatif", file, width=80)
    assert told.exit_code == 0, told.output
    assert "Bo Kay" in told.stdout
    assert "+100.00" in told.stdout
    assert call(project, "whatif", file, "--html", str(page)).stdout == f"wrote {page}\n"
    text = page.read_text(encoding="utf-8")
    assert "Bo Kay" in text
    assert text.count("<circle") == 4  # two payees, now and then
    assert "http" not in text  # it needs nothing else


def test_names_are_text_on_the_page_and_in_the_terminal(tmp_path: Path) -> None:
    project, page = project_of(tmp_path / "p"), tmp_path / "page.html"
    with closing(sqlite3.connect(project.root / project.settings.store)) as db, db:
        db.execute("UPDATE user SET name = ? WHERE name = 'Bo Kay'", ("<img src=x onerror=alert(1)>\x1b[2J\n=1+1",))
    file = changed(tmp_path, "rate: 0.1}", "rate: 0.2}")
    assert call(project, "whatif", file, "--html", str(page)).exit_code == 0
    text = page.read_text(encoding="utf-8")
    assert "&lt;img src=x onerror=alert(1)&gt;" in text
    assert "<img" not in text
    told = call(project, "whatif", file, width=80)
    assert told.exit_code == 0, told.output
    assert "onerror" in told.stdout
    assert "\x1b[2J" not in told.stdout


def test_the_plot_of_pay_against_performance(tmp_path: Path) -> None:
    """Ann ends the quarter at 100.025 % with 150.05, Bo at 150 % with 350."""
    project = project_of(tmp_path / "p")
    told = call(
        project, "whatif", changed(tmp_path, "rate: 0.1}", "rate: 0.2}"), "--period", "FY2026-Q2", width=80
    ).stdout
    *_, top, bottom, axis, names = [line for line in told.splitlines() if re.search("[┤└%]", line)]
    assert re.fullmatch(r" 350\.00 ┤ +1", top)
    assert re.fullmatch(r" 150\.10 ┤1", bottom)
    assert len(axis) == len(top) == len(names)
    assert re.fullmatch(r" +100 % +150 %", names)


def test_every_payee_has_a_place_in_the_plot() -> None:
    """Also who earns less than nothing, and whatever the order; more than nine at one place are a +."""
    standings = [Standing("ae", str(each), Fraction(each % 7, 5), Decimal(each % 11 - 4)) for each in range(40)]
    lines = plot_performance(standings, 50)
    assert lines == plot_performance(standings[::-1], 50)
    assert max(map(len, lines)) <= 50
    assert sum(int(mark) for line in lines[:HEIGHT] for mark in re.split("[┤│]", line)[1] if mark.isdigit()) == 40
    crowd = [Standing("ae", "", Fraction(1), Decimal(1))] * 10 + [Standing("ae", "", Fraction(2), Decimal(9))]
    assert plot_performance(crowd, 50)[HEIGHT - 1].endswith("┤+")


def test_a_copy_of_another_name_is_told_its_name(tmp_path: Path) -> None:
    project = project_of(tmp_path / "p")
    copied = Path(changed(tmp_path, "rate: 0.1}", "rate: 0.2}")).rename(tmp_path / "draft" / "a.yaml")
    failed = call(project, "whatif", str(copied))
    assert str(failed.exception) == (
        f"comp_plans/c.yaml:2: comp_plans.ae: is defined in {copied}:2 too."
        " Name the changed copy c.yaml, and it stands in place of the project's file."
    )


def test_an_error_in_the_changed_file_is_said_as_check_says_it(tmp_path: Path) -> None:
    project = project_of(tmp_path / "p")
    file = changed(tmp_path, "by: sold", "by: sould")
    failed = call(project, "whatif", file)
    assert failed.exception is not None
    assert f"{file}:" in str(failed.exception)
    assert "sould" in str(failed.exception)


def test_the_example_of_the_docs(tmp_path: Path) -> None:
    """The table that the page shows is what its command prints."""
    command, shown, *_ = re.findall(r"```(?:sh|text)\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    project = project_of(tmp_path / "p")
    file = changed(tmp_path, "rate: 0.1}", "rate: 0.2}")
    words = command.split()[1:]
    told = call(project, *[file if word == "draft/c.yaml" else word for word in words])
    assert told.stdout.startswith(shown)


def test_files_that_are_not_there(tmp_path: Path) -> None:
    project = project_of(tmp_path / "p")
    for words, said in (((str(tmp_path / "no.yaml"),), "not there"), (("--against", str(tmp_path)), "no comp plans")):
        assert said in str(call(project, "whatif", *words).exception), words


def test_what_cannot_be_asked(tmp_path: Path) -> None:
    project = project_of(tmp_path / "p")
    file = changed(tmp_path, "rate: 0.1}", "rate: 0.2}")
    for words, said in (
        ((), "--against"),
        ((file, "--against", str(tmp_path)), "not both"),
        ((file, "--period", "all"), "of a period"),
        ((file, "--period", "2026-04..2026-01"), "earlier one first"),
    ):
        assert said in str(call(project, "whatif", *words).output), words
