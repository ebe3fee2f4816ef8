"""`salesops explain payout` of what is shared, looked up in tables, and held against a target that a ramp lowers."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from figured import DAY, call, figured
from synced import save_rows

from sync.as_of import parse_as_of
from sync.compute import compute_connection
from sync.store.runs import recorded
from sync.store.store import Store

if TYPE_CHECKING:
    from config.loader import Project

PLANS = """\
comp_plans:
  ae:
    label: AE
    effective_from: 2025-01-01
    eligible: {managers: false}
    ramp: [{until_month: 2, share: 0.5}]
    tables:
      by_stage: {by: [stage], rows: {Closed Won: 0.1}}
    credits:
      sales:
        source: opportunity
        where: [{field: is_won, is: true}]
        time: close_date
        multipliers: ["if(amount > 1000, 1, 0.5)"]
        to: {splits: [Revenue]}
    measures:
      sold: {credits: [sales], over: quarter, target: 1000}
    components:
      commission: {kind: rate, on: sales, rate: by_stage}
      goal: {kind: bonus, when: [{measure: sold, at_least: 0.5}], pays: 500}
payees:
  ann@x.example: [{comp_plan: ae, started_on: 2026-03-01}]
"""
"""Ann has 40 % of Deal 6002, of 800, which counts half; and all of Deal 6001. March and April are her ramp."""


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    project = figured(tmp_path_factory.mktemp("shared"), computed=False, comp_plans=PLANS)
    shares = (("s1", "u1", "0.4"), ("s2", "u2", "0.6"))
    with Store(project.root / project.settings.store) as store:
        rows = [
            {"id": id_, "opportunity_id": "6002", "user_id": user, "percent": share, "type": "Revenue"}
            for id_, user, share in shares
        ]
        save_rows(store, "opportunity_split", *rows, custom={})
        moment = parse_as_of(DAY, project.settings.time_zone)
        with recorded(store, "compute", "crm", moment) as run:
            compute_connection(project, store, "crm", moment, run.id)
    return project


@pytest.fixture(scope="module")
def told(project: Project) -> dict[str, Any]:
    result = call(project, "explain", "payout", "--user", "ann@x.example", "--json")
    assert result.exit_code == 0, result.output
    return {each["component"]: each for each in json.loads(result.stdout)["components"]}


def test_a_transaction_says_who_shares_in_it_and_what_it_is_made_of(told: dict[str, Any]) -> None:
    (second,) = [each for each in told["commission"]["transactions"] if each["transaction_id"] == "6002"]
    # 40 % of half of 800, at 10 %
    assert (second["credit"], second["rate"], second["earned"]) == ("160", "0.1", "16")
    assert second["made_of"] == {
        "credit": "sales",
        "amount": "800",
        "looked_at": [{"field": "stage", "value": "Closed Won"}],
        "factors": [{"written": "if(amount > 1000, 1, 0.5)", "number": "0.5"}],
        "share": "1",
        "shares": [
            {"user_id": "u1", "name": "Ann Lee", "share": "0.4"},
            {"user_id": "u2", "name": "Bo Kay", "share": "0.6"},
        ],
    }


def test_a_target_says_what_it_is_in_full_and_what_the_ramp_asks(told: dict[str, Any]) -> None:
    (sold,) = told["goal"]["intervals"][0]["measures"]
    # 30 days of April at a half, and 61 of May and June in full
    assert (sold["target"], sold["full_target"], sold["share"]) == ("835.164835164835", "1000", "1")
    assert sold["ramp"] == "0.835164835165"


@pytest.mark.parametrize("width", [80, 120])
def test_people_read_the_same(project: Project, width: int) -> None:
    result = call(project, "explain", "payout", "--user", "ann@x.example", width=width)
    assert result.exit_code == 0, result.output
    said = " ".join(result.output.split())
    assert "in full 1,000 x 83.5164835165 % by the ramp" in said
    assert "Ann Lee 40 %" in said
    tables = [line for line in result.output.splitlines() if not line.startswith("  ")]
    assert max(map(len, tables)) <= width
