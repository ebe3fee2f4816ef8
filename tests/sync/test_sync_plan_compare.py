"""The three-way comparison: wanted, last written by us, in the CRM now; case by case, for every policy."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any, NamedTuple
from zoneinfo import ZoneInfo

import pytest
from synced import number, text

from config.metrics import Unit
from connectors.base import CrmField
from connectors.writing import Cause, Standing, Target
from salesops.rates import Rates
from sync.plan.compare import Compared, Setting, compare
from sync.plan.memory import Memory, Refusal, Written
from sync.plan.model import Action, Policy, Skip, SkipKind
from sync.plan.results import Wanted
from sync.plan.wishes import Group, Shown, Whole, Wish

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from sync.plan.values import Result

RATES = Rates.of([("EUR", "USD", Decimal("1.25"), date(2026, 1, 1)), ("USD", "USD", Decimal(1), date(2026, 1, 1))])
SETTING = Setting("USD", RATES, date(2026, 5, 20), ZoneInfo("America/New_York"))
WON = number("won")
ABSENT = "absent"


def shown(field: CrmField = WON, policy: str = "overwrite", *, leave: bool = False, follows: bool = False) -> Shown:
    return Shown(field, Unit.MONEY if field.kind.value == "money" else None, Policy(policy), leave, follows)


def wish(value: Result | None, how: Shown | None = None, *, name: str = "1", basis: str = "Q2", **more: Any) -> Wish:
    return Wish(name, f"Record {name}", how or shown(), Wanted(value, "why", "source", basis), **more)


def looked_at(
    wishes: Iterable[Wish],
    stands: Mapping[str, Mapping[str, str | None]],
    written: Mapping[tuple[str, str], tuple[str | None, str]] | None = None,
    refused: Mapping[tuple[str, str], Refusal] | None = None,
    *,
    target: Target = Target("user"),  # noqa: B008  frozen
    retry_parked: bool = False,
    **group: Any,
) -> Compared:
    """What comes of wishes; `written` and `refused` by (name, field)."""
    memory = Memory(
        {
            (target.object, *place): Written(value, basis, created=False)
            for place, (value, basis) in (written or {}).items()
        },
        {(target.object, *place): refusal for place, refusal in (refused or {}).items()},
        {},
        lambda _: (),
    )
    standing = {name: Standing(f"id {name}", values) for name, values in stands.items()}
    found = Compared()
    compare(Group(target, list(wishes), standing, **group), memory, SETTING, found, retry_parked=retry_parked)
    return found


class Case(NamedTuple):
    """`wrote` is what we wrote last (absent: never), in this period unless it is `old`. What is expected of each
    policy: the value that is to be written (absent: none), and whether the drift is told."""

    wanted: str | None
    wrote: str | None
    stands: str | None
    overwrite: tuple[str | None, bool]
    keep: tuple[str | None, bool]
    old: bool = False


QUIET = (ABSENT, False)
CASES = {
    "it stands already": Case("5", "5", "5", QUIET, QUIET),
    "nothing is wanted and nothing stands": Case(None, ABSENT, None, QUIET, QUIET),
    "nothing was ever there": Case("5", ABSENT, None, ("5", False), ("5", False)),
    "the result moved": Case("6", "5", "5", ("6", False), ("6", False)),
    "the result went away": Case(None, "5", "5", (None, False), (None, False)),
    "there is a result again": Case("5", None, None, ("5", False), ("5", False)),
    "a value stood there before we came": Case("5", ABSENT, "4", ("5", False), (ABSENT, True)),
    "what stood there before we came is what we want": Case("5", ABSENT, "5.00", QUIET, QUIET),
    "nothing is wanted where somebody wrote": Case(None, ABSENT, "4", (None, False), (ABSENT, True)),
    "somebody changed it": Case("5", "5", "4", ("5", True), (ABSENT, True)),
    "somebody changed it and the result moved": Case("6", "5", "4", ("6", True), (ABSENT, True)),
    "somebody changed it to what we want": Case("6", "5", "6", QUIET, QUIET),
    "somebody filled what we cleared": Case(None, None, "4", (None, True), (ABSENT, True)),
    "somebody emptied it": Case("5", "5", None, ("5", True), ("5", True)),
    "somebody emptied what we want empty": Case(None, "5", None, QUIET, QUIET),
    "somebody changed it in a period that is over": Case("6", "5", "4", ("6", True), ("6", True), old=True),
    "the period is another one": Case("6", "5", "5", ("6", False), ("6", False), old=True),
    "another spelling of what we wrote": Case("6", "5", "5.000", ("6", False), ("6", False)),
    "another spelling of what we want": Case("5", "4", "5.001", QUIET, QUIET),
}


@pytest.mark.parametrize("policy", ["overwrite", "keep", "flag"])
@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_wanted_written_and_standing_decide_by_policy(case: Case, policy: str) -> None:
    wanted = None if case.wanted is None else Decimal(case.wanted)
    written = {} if case.wrote == ABSENT else {("1", "won"): (case.wrote, "Q1" if case.old else "Q2")}
    found = looked_at([wish(wanted, shown(policy=policy))], {"1": {"won": case.stands}}, written)
    after, told = case.overwrite if policy == "overwrite" else case.keep
    assert [(c.action, c.before, c.after) for c in found.changes] == (
        [] if after == ABSENT else [(Action.UPDATE, case.stands, after)]
    )
    assert [(d.written, d.stands, d.wanted, d.policy) for d in found.drift] == (
        [(None if case.wrote == ABSENT else case.wrote, case.stands, case.wanted, policy)] if told else []
    )
    assert all(("somebody else changed it" in change.reason) is told for change in found.changes)


def test_an_empty_result_leaves_the_field_where_it_is_declared_to() -> None:
    found = looked_at([wish(None, shown(leave=True))], {"1": {"won": "4"}}, {("1", "won"): ("4", "Q2")})
    assert (found.changes, found.drift) == ([], [])


@pytest.mark.parametrize(
    ("value", "stands"),
    [
        (Decimal("1054.000000"), "1054"),
        (Decimal("1054.004999"), "1054.00"),
        (Decimal("0.001"), "0"),
        (Decimal("-0.001"), "0.00"),
    ],
)
def test_what_the_field_cannot_tell_apart_is_no_change(value: Decimal, stands: str) -> None:
    assert looked_at([wish(value)], {"1": {"won": stands}}, {("1", "won"): (stands, "Q2")}).changes == []


def test_a_text_that_the_crm_trimmed_is_no_change() -> None:
    words = shown(text("note"))
    written = {("1", "note"): ("5 of 10", "Q2")}
    assert looked_at([wish(" 5 of 10\r\n", words)], {"1": {"note": "5 of 10"}}, written).changes == []
    assert looked_at([wish("  ", words)], {"1": {"note": None}}).changes == []


# The record's own currency


@pytest.mark.parametrize(("currency", "after"), [("", "100"), ("USD", "100"), ("EUR", "80")])
def test_an_amount_is_told_in_the_records_currency(currency: str, after: str) -> None:
    found = looked_at([wish(Decimal(100), currency=currency)], {"1": {"won": None}})
    assert [change.after for change in found.changes] == [after]


def test_a_number_that_is_no_money_is_not_converted() -> None:
    calls = Shown(number("calls", 0, "double"), Unit.COUNT, Policy.OVERWRITE, leave_empty=False)
    assert looked_at([wish(Decimal(100), calls, currency="EUR")], {"1": {"calls": None}}).changes[0].after == "100"


def test_an_amount_without_a_rate_is_skipped_with_the_reason() -> None:
    found = looked_at([wish(Decimal(100), currency="GBP")], {"1": {"won": "7"}})
    why = "the CRM has no exchange rate between USD and GBP for 2026-05-20"
    assert (found.changes, found.skipped) == ([], [Skip("user", "Record 1", "won", why, name="1")])


def test_a_text_that_is_no_choice_is_skipped_with_the_reason() -> None:
    region = CrmField("region", "Region", "picklist", updateable=True, options={"n": "North"})
    found = looked_at(
        [wish("North", shown(region)), wish("West", shown(region), name="2")], {key: {"region": None} for key in "12"}
    )
    assert [(change.name, change.after) for change in found.changes] == [("1", "n")]
    assert found.skipped == [Skip("user", "Record 2", "region", "West is none of the choices of Region", name="2")]


# What goes along


UPDATED = shown(CrmField("updated", "Updated", "datetime", updateable=True), follows=True)
AT = datetime(2026, 5, 20, 12, tzinfo=UTC)


def test_the_time_of_the_last_change_is_written_with_another_field_and_never_alone() -> None:
    wishes = [wish(AT, UPDATED, name=name, basis="") for name in "12"]
    wishes += [wish(Decimal(5), name="1"), wish(Decimal(5), name="2")]
    old = {"updated": "2026-05-19T12:00:00.000Z"}
    written = {("1", "updated"): (old["updated"], ""), ("2", "updated"): (old["updated"], "")}
    found = looked_at(wishes, {"1": {"won": "4", **old}, "2": {"won": "5", **old}}, written)
    assert sorted((c.name, c.field, c.after) for c in found.changes) == [
        ("1", "updated", "2026-05-20T12:00:00.000Z"),
        ("1", "won", "5"),
    ]


def test_the_time_of_the_last_change_does_not_go_with_a_change_that_is_parked() -> None:
    parked = Refusal("5", Cause.RULE, "", "no", 3, parked=True)
    wishes = [wish(Decimal(5)), wish(AT, UPDATED)]
    found = looked_at(wishes, {"1": {"won": "4", "updated": None}}, refused={("1", "won"): parked})
    assert found.changes == []


# What was refused


def refusal(value: str | None, attempts: int, *, parked: bool) -> Refusal:
    return Refusal(value, Cause.RULE, "TOO_LONG", "too long", attempts, parked)


def test_what_was_refused_comes_back_and_counts() -> None:
    found = looked_at([wish(Decimal(5))], {"1": {"won": "4"}}, refused={("1", "won"): refusal("5", 2, parked=False)})
    assert [change.attempt for change in found.changes] == [3]


def test_what_is_parked_stays_and_says_why() -> None:
    refused = {("1", "won"): refusal("5", 3, parked=True)}
    found = looked_at([wish(Decimal(5))], {"1": {"won": "4"}}, refused=refused)
    why = "refused 3 times (TOO_LONG: too long); --retry-parked tries again"
    assert (found.changes, found.skipped) == ([], [Skip("user", "Record 1", "won", why, SkipKind.PARKED, "1")])
    again = looked_at([wish(Decimal(5))], {"1": {"won": "4"}}, refused=refused, retry_parked=True)
    assert [change.attempt for change in again.changes] == [4]


def test_another_value_than_the_one_that_is_parked_is_tried_afresh() -> None:
    refused = {("1", "won"): refusal("5", 3, parked=True)}
    found = looked_at([wish(Decimal(6))], {"1": {"won": "4"}}, refused=refused)
    assert [change.attempt for change in found.changes] == [1]


def test_a_parked_value_that_stands_there_by_now_is_no_matter() -> None:
    refused = {("1", "won"): refusal("5", 3, parked=True)}
    found = looked_at([wish(Decimal(5))], {"1": {"won": "5"}}, refused=refused)
    assert (found.changes, found.skipped) == ([], [])


# Records that are made


MADE = Target("Statement__c", "Key__c")


def test_a_record_that_is_not_there_is_made_with_all_of_its_fields() -> None:
    wishes = [wish(Decimal(5)), wish("note", shown(text("note"))), wish(AT, UPDATED), wish(None, shown(number("pay")))]
    found = looked_at(wishes, {}, target=MADE)
    assert sorted((c.key, c.action, c.field, c.before, c.after) for c in found.changes) == [
        ("Key__c", Action.CREATE, "note", None, "note"),
        ("Key__c", Action.CREATE, "updated", None, "2026-05-20T12:00:00.000Z"),
        ("Key__c", Action.CREATE, "won", None, "5"),
    ]


def refused_record(**values: str) -> dict[tuple[str, str], Refusal]:
    """A record that was refused as a whole, so that each of its fields is parked."""
    return {("1", field): refusal(value, 3, parked=True) for field, value in values.items()}


def test_a_record_that_was_refused_too_often_is_parked_whatever_moves_with_the_day() -> None:
    wishes = [wish(Decimal(5)), wish("note", shown(text("note"))), wish(AT, UPDATED)]
    refused = refused_record(won="5", note="note", updated="2026-05-19T12:00:00.000Z")
    found = looked_at(wishes, {}, refused=refused, target=MADE)
    why = "refused 3 times (TOO_LONG: too long); --retry-parked tries again"
    assert (found.changes, found.skipped) == ([], [Skip("Statement__c", "Record 1", "", why, SkipKind.PARKED, "1")])
    assert len(looked_at(wishes, {}, refused=refused, target=MADE, retry_parked=True).changes) == 3


def test_a_parked_record_is_made_with_all_of_its_fields_once_one_of_them_has_another_value() -> None:
    wishes = [wish(Decimal(5)), wish("short", shown(text("note")))]
    found = looked_at(wishes, {}, refused=refused_record(won="5", note="much too long"), target=MADE)
    assert sorted((c.field, c.after) for c in found.changes) == [("note", "short"), ("won", "5")]
    assert found.skipped == []


def test_a_field_that_the_crm_hides_is_left_alone_and_the_others_of_the_record_are_not() -> None:
    wishes = [wish(Decimal(5)), wish("note", shown(text("note")))]
    found = looked_at(wishes, {"1": {"note": None}}, target=MADE)
    assert [change.field for change in found.changes] == ["note"]
    why = "the CRM does not show won of Statement__c: give our login the right to read it, or see that it is there"
    assert found.skipped == [Skip("Statement__c", "Record 1", "won", why, SkipKind.UNREAD, "1")]


def test_a_group_that_the_crm_does_not_tell_is_named_and_nothing_of_it_is_touched() -> None:
    found = looked_at([wish(Decimal(5))], {}, target=MADE, unread="there is no Statement__c")
    assert (found.changes, found.drift) == ([], [])
    assert found.skipped == [Skip("Statement__c", "", "", "there is no Statement__c", SkipKind.UNREAD)]


@pytest.mark.parametrize("policy", ["overwrite", "keep", "flag"])
def test_a_record_of_ours_that_somebody_deleted_is_made_again_and_told(policy: str) -> None:
    written = {("1", "won"): ("5", "Q2")}
    found = looked_at([wish(Decimal(5), shown(policy=policy))], {}, written, target=MADE)
    assert [(c.action, c.after) for c in found.changes] == [(Action.CREATE, "5")]
    assert [(d.written, d.stands) for d in found.drift] == [("5", None)]


def test_what_is_made_once_is_left_alone_once_it_was_made() -> None:
    task = Target("task", "Key__c")
    there = looked_at([wish("Call", shown(text("subject")))], {"1": {"subject": "Done"}}, target=task, once=True)
    written = {("1", "subject"): ("Call", "Q2")}
    deleted = looked_at([wish("Call", shown(text("subject")))], {}, written, target=task, once=True)
    assert (there.changes, deleted.changes, there.drift, deleted.drift) == ([], [], [], [])


# Records without fields


LINKS = Target("territory_account")


def whole(policy: str = "keep") -> Whole:
    return Whole("Acme in North", "territory rule North", "territory/account/a", Policy(policy))


def test_a_record_without_fields_is_made_where_it_is_not_and_removed_where_it_should_not_be() -> None:
    found = looked_at(
        [], {"b": {}, "c": {}}, target=LINKS, made={"a": whole(), "b": whole()}, gone={"c": whole(), "d": whole()}
    )
    assert [(c.name, c.action, c.field, c.before, c.after) for c in found.changes] == [
        ("a", Action.CREATE, "", None, None),
        ("c", Action.DELETE, "", None, None),
    ]


@pytest.mark.parametrize(("policy", "made"), [("overwrite", ["a"]), ("keep", []), ("flag", [])])
def test_one_that_somebody_removed_comes_back_by_policy(policy: str, made: list[str]) -> None:
    found = looked_at([], {}, {("a", ""): (None, "")}, target=LINKS, made={"a": whole(policy)})
    assert [change.name for change in found.changes] == made
    assert [(d.written, d.stands, d.wanted, d.policy) for d in found.drift] == [("there", None, "there", policy)]


@pytest.mark.parametrize("policy", ["overwrite", "keep", "flag"])
def test_one_that_somebody_made_is_told_and_removed_where_that_is_the_policy(policy: str) -> None:
    found = looked_at([], {"a": {}}, target=LINKS, gone={"a": replace(whole(policy), theirs=True)})
    assert [change.action for change in found.changes] == ([Action.DELETE] if policy == "overwrite" else [])
    assert [(d.written, d.stands, d.wanted) for d in found.drift] == [(None, "there", None)]


def test_one_that_is_parked_is_not_sent_again() -> None:
    refused = {("a", ""): refusal(None, 3, parked=True)}
    found = looked_at([], {}, refused=refused, target=LINKS, made={"a": whole()})
    assert (found.changes, [skip.record for skip in found.skipped]) == ([], ["Acme in North"])
    again = looked_at([], {}, refused=refused, target=LINKS, made={"a": whole()}, retry_parked=True)
    assert [change.attempt for change in again.changes] == [4]
