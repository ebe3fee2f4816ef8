"""What people alone set up in an org: forecasting types, an active territory model and its territories."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from connected_org import opened, write_export
from provisioned_org import names, problems

from connectors.writing import Needs, StepKind

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from connected_org import SandboxOrg

OLD, ACTIVE, TYPE = "0MAXX0000000001", "0MAXX0000000002", "0M5XX0000000001"


def model(number: str, name: str, state: str) -> dict[str, str]:
    return {"Id": number, "Name": name, "DeveloperName": name, "State": state}


def territory(number: int, name: str, of_model: str) -> dict[str, str]:
    names = {"Name": name, "DeveloperName": f"{name}{number}"}
    return {"Id": f"0MIXX000000000{number}", "Territory2ModelId": of_model, "Territory2TypeId": TYPE, **names}


@pytest.fixture
def org(tmp_path: Path) -> Iterator[SandboxOrg]:
    data = write_export(
        tmp_path,
        {
            "Territory2Model": [model(OLD, "FY25", "Archived"), model(ACTIVE, "FY26", "Active")],
            "Territory2Type": [{"Id": TYPE, "MasterLabel": "Named", "DeveloperName": "Named", "Priority": "1"}],
            "Territory2": [
                territory(1, "West", ACTIVE),
                territory(2, "East", OLD),
                territory(3, "North", ACTIVE),
                territory(4, "North", ACTIVE),
            ],
            "ForecastingType": [
                {"Id": "0DbXX0000000001", "DeveloperName": "Revenue", "MasterLabel": "Revenue", "IsAmount": "true"}
            ],
        },
    )
    with opened(data) as org:
        yield org


def test_a_forecasting_type_that_is_not_there_is_a_problem_of_its_own(org: SandboxOrg) -> None:
    steps = org.connector.missing(Needs(forecasting_types=("Revenue", "Units")))
    assert names(steps) == ["forecasting type Units"]
    assert steps[0].kind is StepKind.SETUP
    assert "Forecasts Settings" in steps[0].problem


def test_territories_are_those_of_the_active_model_with_a_name_of_their_own(org: SandboxOrg) -> None:
    found = problems(org.connector.missing(Needs(territories=("West", "East", "North"))))
    assert set(found) == {"territory East", "territory North"}
    assert "no territory of this name" in found["territory East"]
    assert "2 territories of this name" in found["territory North"]


def test_nothing_of_it_is_asked_where_nothing_needs_it(org: SandboxOrg) -> None:
    assert org.connector.missing(Needs()) == []


def test_an_org_without_an_active_model_is_told_once(tmp_path: Path) -> None:
    data = write_export(tmp_path, {"Territory2Model": [model(OLD, "FY25", "Archived")]})
    with opened(data) as org:
        found = problems(org.connector.missing(Needs(territories=("West", "East"))))
    assert set(found) == {"active territory model"}
    assert "Activate one in Setup" in found["active territory model"]


def test_no_step_of_this_kind_is_carried_out(org: SandboxOrg) -> None:
    steps = org.connector.missing(Needs(territories=("East",)))
    assert list(org.connector.provision(steps)) == []
