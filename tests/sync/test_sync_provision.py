"""What a project needs of its CRM, by its `writeback.yaml`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from synced import write_project

from config.loader import load_project
from connectors.base import Description, MissingField, Page, Stream, Sweep
from connectors.errors import Unreachable
from connectors.writing import FieldKind, FieldNeed, ObjectNeed, Outcome, Status, Step, StepKind
from sync.provision import build_steps, carry_out, needs_of
from sync.store.pages import save_page
from sync.store.sweeps import read_positions

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from config.loader import Project
    from connectors.base import Connector
    from connectors.writing import Needs
    from sync.store.store import Store

COMPANY = """\
name: Test
time_zone: America/New_York
currency: USD
connections:
  crm:
    crm: salesforce
    url: https://example.my.salesforce.com
    sign_in: {kind: access_token, token: env:SALESOPS_TEST_TOKEN}
"""

STATEMENTS = """\
records:
  crm:
    - object: Statement__c
      label: Statement
      plural: Statements
      description: What was earned.
      per: user
      period: quarter
      key: Key__c
      fields:
        - {field: Payee__c, label: Payee, value: {kind: payee}}
        - {field: Period__c, label: Period, value: {kind: period, show: name}}
        - {field: From__c, label: From, value: {kind: period, show: first_day}}
        - {field: Until__c, label: Until, value: {kind: period, show: last_day}}
        - {field: Calls__c, label: Calls, value: {kind: metric, metric: calls}}
        - {field: Reached__c, label: Reached, value: {kind: quota, quota: bookings, show: attainment}}
        - {field: Target__c, label: Target, value: {kind: quota, quota: bookings, show: target}}
        - {field: Earned__c, label: Earned, value: {kind: commission}}
        - {field: Updated__c, label: Last change, value: {kind: updated}}
"""

TASKS = """\
tasks:
  crm:
    - name: behind
      value: {kind: quota, quota: bookings, show: attainment, period: this_quarter}
      below: 0.5
      subject: "Only {attainment} of {target} in {period}"
      key: Sales_Key__c
    - name: ahead
      value: {kind: quota, quota: bookings, show: attainment, period: this_quarter}
      above: 2
      subject: "Already {attainment}"
      key: Sales_Key__c
"""


def project_with(root: Path, writeback: str, settings: str = COMPANY) -> Project:
    write_project(root, settings=settings)
    (root / "writeback.yaml").write_text(writeback, encoding="utf-8")
    return load_project(root)


def fields_of(root: Path, *lines: str, settings: str = COMPANY) -> list[FieldNeed]:
    written = "writeback:\n  crm:\n" + "".join(f"    - {{{line}}}\n" for line in lines)
    return list(needs_of(project_with(root, written, settings), "crm").fields)


WON = "object: user, field: Won__c, label: Won, value: {kind: metric, metric: won_amount, period: this_quarter}"
UPDATED = "object: user, field: Updated__c, label: Figures updated, value: {kind: updated}"


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("{value} of {target} in {period}", FieldKind.TEXT),
        ("{value} " * 5, FieldKind.LONG_TEXT),
        ("x" * 256, FieldKind.LONG_TEXT),
    ],
)
def test_a_text_that_may_grow_long_needs_a_long_field(tmp_path: Path, text: str, kind: FieldKind) -> None:
    quota = "{kind: quota, quota: bookings, show: attainment, period: this_quarter}"
    [field] = fields_of(tmp_path, f'object: user, field: W__c, label: W, value: {quota}, text: "{text}"')
    assert field.kind is kind


def test_a_field_says_what_the_number_is_and_that_we_keep_it_current(tmp_path: Path) -> None:
    [field] = fields_of(tmp_path, f"{WON}, description: Closed and won this quarter.")
    assert field.description == "Closed and won this quarter. Kept current by salesops-sync."


def test_a_field_names_the_one_beside_it_that_says_when(tmp_path: Path) -> None:
    won, updated = fields_of(tmp_path, WON, UPDATED)
    assert won.description.endswith("Kept current by salesops-sync; “Figures updated” says when it last changed.")
    assert (updated.kind, updated.description) == (FieldKind.MOMENT, "When salesops-sync last changed this record.")


def test_a_scheduled_project_says_so(tmp_path: Path) -> None:
    [field] = fields_of(tmp_path, WON, settings=COMPANY + 'schedule: {cron: "0 6 * * *"}\n')
    assert field.description.endswith("Kept current by salesops-sync at every scheduled run.")


def test_a_field_without_a_description_of_its_own_is_described_by_its_value(tmp_path: Path) -> None:
    remaining = "{kind: quota, quota: bookings, show: remaining, period: this_quarter}"
    quota, territory = fields_of(
        tmp_path,
        f"object: user, field: A__c, label: A, value: {remaining}",
        "object: account, field: T__c, label: T, value: {kind: territory}",
    )
    assert quota.description.startswith("Remaining of the quota Bookings, this quarter.")
    assert territory.description.startswith("The territory that our rules put the account into.")


def test_a_territory_needs_room_for_the_longest_name(tmp_path: Path) -> None:
    [field] = fields_of(tmp_path, "object: account, field: T__c, label: T, value: {kind: territory}")
    assert field.length == len("North")


def test_a_text_needs_room_for_its_own_words_at_least(tmp_path: Path) -> None:
    [field] = fields_of(tmp_path, f'{WON}, text: "{{value}} won in {{period}}"')
    assert field.length == len(" won in ")


def test_a_key_has_room_for_the_longest_of_ours(tmp_path: Path) -> None:
    [key] = needs_of(project_with(tmp_path, TASKS), "crm").fields
    assert key.length >= len("behind|005000000000001AAA|FY2026-Q4")


def test_kept_records_need_their_object_their_key_and_a_field_for_each_value(tmp_path: Path) -> None:
    needs = needs_of(project_with(tmp_path, STATEMENTS), "crm")
    assert needs.objects == (ObjectNeed("Statement__c", "Statement", "Statements", "What was earned."),)
    assert {field.name: field.kind for field in needs.fields} == {
        "Key__c": FieldKind.KEY,
        "Payee__c": FieldKind.USER,
        "Period__c": FieldKind.TEXT,
        "From__c": FieldKind.DAY,
        "Until__c": FieldKind.DAY,
        "Calls__c": FieldKind.COUNT,
        "Reached__c": FieldKind.PERCENT,
        "Target__c": FieldKind.MONEY,
        "Earned__c": FieldKind.MONEY,
        "Updated__c": FieldKind.MOMENT,
    }
    assert {field.object for field in needs.fields} == {"Statement__c"}


def test_a_teams_payee_is_a_name(tmp_path: Path) -> None:
    records = STATEMENTS.replace("per: user", "per: team")
    records = "\n".join(line for line in records.splitlines() if "quota" not in line and "commission" not in line)
    needs = needs_of(project_with(tmp_path, records), "crm")
    assert next(field.kind for field in needs.fields if field.name == "Payee__c") is FieldKind.TEXT


def test_tasks_need_their_key_once(tmp_path: Path) -> None:
    needs = needs_of(project_with(tmp_path, TASKS), "crm")
    assert [(field.object, field.name, field.kind) for field in needs.fields] == [
        ("task", "Sales_Key__c", FieldKind.KEY)
    ]


def test_a_connection_that_nothing_is_written_to_needs_nothing(tmp_path: Path) -> None:
    needs = needs_of(project_with(tmp_path, "writeback: {}\n"), "crm")
    assert (needs.objects, needs.fields) == ((), ())


# Making it

FIELD = Step(StepKind.FIELD, "User.Won__c", "Currency field Won")


class Maker:
    """A connector that lacks one field, and makes it or cannot be reached."""

    def __init__(self, *, broken: bool = False) -> None:
        self.asked: list[Needs] = []
        self.broken = broken

    def describe(self) -> Description:
        unseen = MissingField("user", "User", "Won__c", "writeback"), MissingField("lead", "Lead", "Rating", "mapping")
        return Description({}, unseen)

    def missing(self, needs: Needs) -> list[Step]:
        self.asked.append(needs)
        return [FIELD]

    def provision(self, steps: Sequence[Step]) -> Iterator[Outcome]:
        for step in steps:
            if self.broken:
                raise Unreachable("no answer")
            yield Outcome(step.name, Status.WRITTEN)


def test_the_connector_is_asked_for_what_the_project_needs(tmp_path: Path) -> None:
    project, maker = project_with(tmp_path, f"writeback:\n  crm:\n    - {{{WON}}}\n"), Maker()
    assert build_steps(project, "crm", maker) == [FIELD]  # type: ignore[arg-type]
    assert maker.asked == [needs_of(project, "crm")]


@pytest.mark.parametrize("broken", [False, True])
def test_an_object_with_a_field_that_we_did_not_see_is_read_again_whole_and_no_other(
    store: Store, *, broken: bool
) -> None:
    for name in ("user", "lead"):
        save_page(store, "crm", Stream(name, name, Sweep.CHANGES), Page(name, "{}", complete=True))
    maker: Connector = Maker(broken=broken)  # type: ignore[assignment]
    if broken:
        with pytest.raises(Unreachable):
            list(carry_out(store, "crm", maker, [FIELD]))
    else:
        assert list(carry_out(store, "crm", maker, [FIELD])) == [Outcome("User.Won__c", Status.WRITTEN)]
    assert {each.object: each.cursor for each in read_positions(store, "crm")} == {"user": None, "lead": "{}"}
