"""The place of our fields on page layouts."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from provisioned_org import (
    COMMISSION,
    EVERYTHING,
    STATEMENT,
    TERRITORY,
    WON,
    empty_org,
    make,
    make_field,
    names,
    needs,
    sections,
    take_off,
)

from connectors.salesforce.metadata import create_component, read_components, tag, text_of, update_component
from connectors.writing import FieldKind, FieldNeed, Status, StepKind

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from connected_org import SandboxOrg

ACCOUNT = "Account-Account Layout"
OPPORTUNITY = "Opportunity-Opportunity Layout"
SECTION = "Sales operations"
UPDATED = FieldNeed("opportunity", "Updated__c", "Updated", "", FieldKind.MOMENT)


@pytest.fixture
def org(tmp_path: Path) -> Iterator[SandboxOrg]:
    with empty_org(tmp_path) as opened:
        yield opened


def layout_steps(org: SandboxOrg, *fields: FieldNeed) -> list[str]:
    return names([step for step in org.connector.missing(needs(*fields)) if step.kind is StepKind.LAYOUT])


def test_our_fields_stand_read_only_in_a_section_of_their_own(org: SandboxOrg) -> None:
    make(org, needs(COMMISSION, UPDATED))
    assert sorted(sections(org, OPPORTUNITY)[SECTION]) == [("Commission__c", "Readonly"), ("Updated__c", "Readonly")]


def test_what_stood_on_a_page_stays_as_and_where_it_was(org: SandboxOrg) -> None:
    before = sections(org, ACCOUNT)
    make(org, needs(TERRITORY))
    after = sections(org, ACCOUNT)
    assert list(after) == [*before, SECTION]
    assert {label: items for label, items in after.items() if label != SECTION} == before


def test_every_layout_of_an_object_gets_the_section(org: SandboxOrg) -> None:
    create_component(org.connector._session, "Layout", "Account-Partner %26 Co Layout", {})
    make(org, needs(TERRITORY))
    assert sections(org, "Account-Partner %26 Co Layout")[SECTION] == [("Territory__c", "Readonly")]
    assert sections(org, ACCOUNT)[SECTION] == [("Territory__c", "Readonly")]
    assert org.connector.missing(needs(TERRITORY)) == []


def test_a_field_that_an_admin_placed_elsewhere_is_left_there(org: SandboxOrg) -> None:
    make_field(org, "Account.Territory__c", type="Text", length=80)
    [layout] = read_components(org.connector._session, "Layout", [ACCOUNT])
    item = next(item for item in layout.iter(tag("layoutItems")) if text_of(item, "field") == "Phone")
    item[1].text = "Territory__c"
    update_component(org.connector._session, "Layout", layout)
    assert layout_steps(org, TERRITORY) == []


def test_a_field_that_comes_later_joins_the_section(org: SandboxOrg) -> None:
    make(org, needs(COMMISSION))
    assert layout_steps(org, COMMISSION, UPDATED) == [OPPORTUNITY]
    make(org, needs(COMMISSION, UPDATED))
    assert [label for label in sections(org, OPPORTUNITY) if label == SECTION] == [SECTION]
    assert len(sections(org, OPPORTUNITY)[SECTION]) == 2


def test_a_field_that_was_taken_off_a_page_is_offered_again(org: SandboxOrg) -> None:
    make(org, needs(TERRITORY))
    take_off(org, ACCOUNT, "Territory__c")
    assert layout_steps(org, TERRITORY) == [ACCOUNT]


def test_a_new_objects_pages_get_its_fields_but_not_its_key(org: SandboxOrg) -> None:
    make(org, EVERYTHING)
    shown = sections(org, f"{STATEMENT}-Commission statement Layout")[SECTION]
    assert sorted(shown) == [("Earned__c", "Readonly"), ("Payee__c", "Readonly")]


def test_a_field_that_could_not_be_made_is_left_off_and_the_rest_is_placed(org: SandboxOrg) -> None:
    bad = FieldNeed("opportunity", "Bad__c", "x" * 41, "", FieldKind.MONEY)
    outcomes = list(org.connector.provision(org.connector.missing(needs(bad, COMMISSION))))
    assert [outcome.name for outcome in outcomes if outcome.status is Status.FAILED] == ["Opportunity.Bad__c"]
    assert sections(org, OPPORTUNITY)[SECTION] == [("Commission__c", "Readonly")]


def test_a_layout_that_is_refused_is_named_with_what_to_do_and_the_others_are_changed(org: SandboxOrg) -> None:
    [account] = read_components(org.connector._session, "Layout", [ACCOUNT])
    update_component(org.connector._session, "Layout", account)
    make_field(org, "Account.Tier__c", type="Text", length=5, required=True)  # which every layout must show
    outcomes = {each.name: each for each in org.connector.provision(org.connector.missing(needs(TERRITORY, WON)))}
    assert outcomes["User-User Layout"].status is Status.WRITTEN
    refused = outcomes[ACCOUNT]
    assert refused.status is Status.FAILED
    assert refused.message.startswith(f"{ACCOUNT} cannot be changed")
    assert "Add them by hand: Setup, Object Manager, Account, Page Layouts" in refused.message
