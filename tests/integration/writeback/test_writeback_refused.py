"""One bad record in two hundred: the others are written, it fails with its cause, comes back, and is parked."""

from __future__ import annotations

from contextlib import ExitStack, contextmanager, nullcontext
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest
from writeback_between import answering, refusing
from writeback_company import ANN, BO, MANY, MIA, account_name, name_of
from writeback_world import is_write

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager

    from integration_harness import Crm
    from writeback_world import Desk, Report

BAD = 7
"""The account with which something is wrong."""


def provoke(desk: Desk) -> None:
    """Let the words on every account change."""
    desk.change("writeback.yaml", "{payee}: {value} in", "{payee} has {value} in")


# What can be wrong with a record


def refuse_by_rule(desk: Desk) -> None:
    """A validation rule of the admin's that only this account breaks."""
    if desk.crm == "salesforce":
        rule = {
            "active": True,
            "errorConditionFormula": f'Name = "{account_name(BAD)}"',
            "errorMessage": "Not this one",
        }
        desk.world.send("POST", "tooling/sobjects/ValidationRule", {"FullName": "Account.No", "Metadata": rule})
        return
    text = (desk.world.project / "salesops.yaml").read_text(encoding="utf-8")
    settings = text.replace("    crm: hubspot\n", '    crm: hubspot\n    api_version: "2026-09"\n')
    (desk.world.project / "salesops.yaml").write_text(settings, encoding="utf-8")
    body = {"ruleArguments": ["32"], "shouldApplyNormalization": False}
    desk.world.send("PUT", "/crm/v3/property-validations/companies/words/rule-type/MAX_LENGTH", body)
    give_to_mia(desk)


def allow_by_rule(desk: Desk) -> None:
    """The admin takes the rule back."""
    if desk.crm == "salesforce":
        [rule] = desk.world.send("GET", "tooling/query?q=SELECT+Id+FROM+ValidationRule")["records"]
        desk.world.send("DELETE", f"tooling/sobjects/ValidationRule/{rule['Id']}")
    else:
        body = {"ruleArguments": ["500"], "shouldApplyNormalization": False}
        desk.world.send("PUT", "/crm/v3/property-validations/companies/words/rule-type/MAX_LENGTH", body)


def give_to_mia(desk: Desk) -> None:
    """The bad account is Mia's, who won one deal with a figure longer than anybody's."""
    owner = "OwnerId" if desk.crm == "salesforce" else "hubspot_owner_id"
    desk.edit("account", desk.account(BAD), **{owner: desk.owner(MIA)})
    amount = {"Amount": 12345.67} if desk.crm == "salesforce" else {"amount": "12345.67"}
    desk.edit("opportunity", desk.deal(5), **{owner: desk.owner(MIA)}, **amount)


def be_too_long(desk: Desk) -> None:
    """The words on the bad account name Mia, and are longer than the field."""
    give_to_mia(desk)
    desk.edit("user", desk.user(MIA), FirstName="M" * 40, LastName="X" * 80)


@dataclass(frozen=True, slots=True)
class Trouble:
    """What is wrong, in which CRM: done before the run, or answered by the CRM; and what the line should say of it."""

    name: str
    crm: Crm
    code: str
    cause: str
    prepare: Callable[[Desk], None] = lambda _: None
    answered: str = ""

    def in_force(self, desk: Desk) -> AbstractContextManager[object]:
        if not self.answered:
            return nullcontext()
        error = {"statusCode": self.code, "message": self.answered, "fields": []}
        return answering(desk.world, refusing(desk.account(BAD), error))


TROUBLES = [
    Trouble("rule", "salesforce", "FIELD_CUSTOM_VALIDATION_EXCEPTION", "rule", refuse_by_rule),
    Trouble("rule", "hubspot", "MAX_LENGTH", "rule", refuse_by_rule),
    Trouble("too long", "salesforce", "STRING_TOO_LONG", "rule", be_too_long),
    Trouble("lock", "salesforce", "UNABLE_TO_LOCK_ROW", "busy", answered="unable to obtain exclusive access"),
    Trouble("owner", "salesforce", "INACTIVE_OWNER_OR_USER", "rule", answered="operation performed with inactive user"),
    Trouble("twin", "salesforce", "DUPLICATES_DETECTED", "rule", answered="Use one of these records?"),
    Trouble("approval", "salesforce", "ENTITY_IS_LOCKED", "permission", answered="the entity is locked for editing"),
    Trouble("unheard of", "salesforce", "SOMETHING_NEW", "unknown", answered="no document knows it"),
]


@dataclass(frozen=True, slots=True)
class Refused:
    """Two runs in a row with a bad record."""

    desk: Desk
    trouble: Trouble
    first: Report
    words: dict[str, str | None]
    status: dict[str, Any]
    second: Report


@pytest.fixture(scope="module", params=TROUBLES, ids=lambda each: f"{each.crm}, {each.name}")
def refused(request: pytest.FixtureRequest, new_desk: Callable[[Crm], Desk]) -> Refused:
    trouble: Trouble = request.param
    desk = new_desk(trouble.crm)
    trouble.prepare(desk)
    provoke(desk)
    with trouble.in_force(desk):
        first = desk.run()
        words = {record: text for record, (text,) in desk.values("account", "Words").items()}
        return Refused(desk, trouble, first, words, desk.status(), desk.run())


def test_every_other_record_is_written(refused: Refused) -> None:
    written = {record for record, text in refused.words.items() if " has " in (text or "")}
    assert len(refused.words) == MANY
    assert refused.words.keys() - written == {refused.desk.account(BAD)}


def test_the_bad_record_fails_alone_with_its_cause(refused: Refused) -> None:
    assert refused.first.code == 1
    assert {line["name"] for line in refused.first.troubled} == {refused.desk.account(BAD)}
    for line in refused.first.troubled:
        assert (line["result"], line["cause"], line["attempt"]) == ("failed", refused.trouble.cause, 1)
        assert line["code"] == refused.trouble.code
        assert line["message"]


def test_the_status_says_that_the_run_left_something(refused: Refused) -> None:
    assert refused.status["healthy"] is False
    assert refused.status["last_run"]["status"] == "partial"


def test_the_next_run_sends_the_bad_record_and_nothing_else(refused: Refused) -> None:
    assert refused.second.code == 1
    assert {line["attempt"] for line in refused.second.troubled} == {2}
    assert refused.second.body["plan"]["changes"] == len(refused.second.troubled)
    bodies = b"".join(call.body for call in refused.second.ended.calls if is_write(call))
    sent = {n for n in range(1, MANY + 1) if refused.desk.account(n).encode() in bodies}
    assert sent == {BAD}


# Until it is parked


def retry(desk: Desk, *arguments: str) -> Report:
    """`plan` and `apply`: a run without its pull."""
    file = str(desk.world.root / "plan.json")
    assert desk.world.salesops("plan", "-o", file, *arguments).code == 0
    return desk.command("apply", file)


@contextmanager
def parked(desk: Desk) -> Iterator[None]:
    """The bad record was refused by a rule until it was given up."""
    refuse_by_rule(desk)
    provoke(desk)
    assert desk.run().code == 1
    assert retry(desk).code == 1
    last = retry(desk)
    assert [line["parked"] for line in last.body["lines"]] == [True] * len(last.body["lines"])
    yield


def test_what_never_works_is_parked_and_not_sent_again(desk: Desk) -> None:
    with parked(desk):
        ran = desk.run()
    assert (ran.code, ran.writes) == (0, []), ran.said
    assert {each["record"] for each in desk.plan()["skipped"]} == {account_name(BAD)}
    waiting = desk.status()["parked"]
    assert {(each["record"], each["cause"], each["attempts"]) for each in waiting} == {(account_name(BAD), "rule", 3)}
    assert all(each["code"] and each["message"] for each in waiting)


def test_what_is_parked_is_sent_again_when_it_is_asked_for(desk: Desk) -> None:
    with parked(desk):
        again = desk.run("--retry-parked")
    assert again.code == 1
    assert {line["name"] for line in again.troubled} == {desk.account(BAD)}
    allow_by_rule(desk)
    mended = desk.run("--retry-parked")
    assert (mended.code, bool(mended.writes)) == (0, True)
    assert desk.status()["parked"] == []


def test_what_is_parked_is_sent_again_once_when_its_record_changes(new_desk: Callable[[Crm], Desk]) -> None:
    desk = new_desk("hubspot")
    with parked(desk):
        desk.world.forward(minutes=1)
        desk.edit("account", desk.account(BAD), phone="1")
    woken, then = desk.run(), desk.run()
    assert {line["name"] for line in woken.troubled} == {desk.account(BAD)}
    assert (then.code, then.writes) == (0, [])
    assert {each["record"] for each in desk.status()["parked"]} == {account_name(BAD)}


def test_what_is_parked_is_sent_again_when_its_value_changes(new_desk: Callable[[Crm], Desk]) -> None:
    desk = new_desk("salesforce")
    with parked(desk):
        desk.change("writeback.yaml", "{payee} has {value} in", "{payee} got {value} in")
    ran = desk.run()
    assert {(line["name"], line["attempt"]) for line in ran.troubled} == {(desk.account(BAD), 1)}


def test_a_lock_is_waited_for_longer_than_a_rule_and_not_for_ever(new_desk: Callable[[Crm], Desk]) -> None:
    desk = new_desk("salesforce")
    provoke(desk)
    desk.look_again()
    attempts = []
    error = {"statusCode": "UNABLE_TO_LOCK_ROW", "message": "unable to obtain exclusive access", "fields": []}
    with answering(desk.world, refusing(desk.account(BAD), error)):
        for _ in range(22):
            lines = [line for line in retry(desk).body["lines"] if line["result"] == "failed"]
            attempts += [(line["attempt"], line["parked"]) for line in lines]
    assert attempts == [(n, n == 20) for n in range(1, 21)]
    assert retry(desk, "--retry-parked").outcomes == {"written": 1}


# What goes wrong between the plan and the write


def before_the_first_write(desk: Desk, act: Callable[[], object]) -> AbstractContextManager[object]:
    """Do something right before the product's first write of accounts."""
    done: list[bool] = []

    def look(call: Any) -> None:
        if is_write(call) and desk.account(BAD).encode() in call.body and not done:
            done.append(True)
            act()

    stack = ExitStack()
    desk.world.watch.before = look
    stack.callback(setattr, desk.world.watch, "before", None)
    return stack


def test_a_record_that_was_deleted_meanwhile_is_gone_and_never_tried_again(desk: Desk) -> None:
    if desk.crm == "salesforce":  # an account with a won deal cannot be deleted
        desk.delete("opportunity", desk.deal(BAD))
    provoke(desk)
    with before_the_first_write(desk, lambda: desk.delete("account", desk.account(BAD))):
        ran = desk.run()
    assert {(line["name"], line["cause"]) for line in ran.troubled} == {(desk.account(BAD), "gone")}
    assert len([1 for (text,) in desk.values("account", "Words").values() if " has " in (text or "")]) == MANY - 1
    then, later = desk.run(), desk.run()  # the first takes back what others showed through their account
    assert (then.code, later.code, later.writes) == (0, 0, []), then.said
    assert not any(desk.account(BAD).encode() in call.body for call in then.ended.calls if is_write(call))


def test_a_field_that_was_hidden_meanwhile_fails_by_itself(desk: Desk) -> None:
    """The record's other fields are written; the next run says which field is missing, and writes nothing there."""
    provoke(desk)
    number = f"field: {name_of(desk.crm, 'Num2')}, label: Num2, value: {{kind: metric, metric: "
    desk.change("writeback.yaml", f"{number}average_size", f"{number}won_amount")
    with before_the_first_write(desk, lambda: hide_words(desk)):
        ran = desk.run()
    failed = [line for line in ran.troubled if line["result"] == "failed"]
    assert {(line["field"], line["cause"]) for line in failed} == {(name_of(desk.crm, "Words"), "permission")}
    assert len(failed) == MANY
    assert {number for (number,) in desk.values("account", "Num2").values()} == {"44138.4", "43940.4"}
    then = desk.run()
    assert then.code in {2, 4}
    assert name_of(desk.crm, "Words") in then.said
    assert then.writes == []


def hide_words(desk: Desk) -> None:
    """Nobody sees the words on accounts any more."""
    if desk.crm == "hubspot":
        desk.world.send("DELETE", "/crm/v3/properties/companies/words")
        return
    rights = "SELECT Id, SobjectType, Field FROM FieldPermissions WHERE SobjectType = 'Account'"
    for each in desk.world.soql(f"{rights} AND Field = 'Account.Words__c'"):
        desk.world.send("DELETE", f"sobjects/FieldPermissions/{each['Id']}")


def test_a_statement_of_somebody_who_left_meanwhile_fails_alone(desk: Desk) -> None:
    """It would be made for an owner who may not sign in any more; everybody else's is made."""
    for record in desk.values("Statement", "StatementKey"):
        desk.delete("Statement", record)
    done: list[bool] = []

    def leave(call: Any) -> None:
        if is_write(call) and desk.owner(ANN).encode() in call.body and not done:
            done.append(True)
            switch_off(desk, ANN)

    desk.world.watch.before = leave
    ran = desk.run()
    desk.world.watch.before = None
    assert done
    assert {line["record"].rpartition(" ")[0] for line in ran.troubled} == {ANN}
    assert {line["cause"] for line in ran.troubled} == {"rule"}
    keys = {str(key).partition("|")[0] for (key,) in desk.values("Statement", "StatementKey").values()}
    assert keys == {desk.owner(BO)}


def switch_off(desk: Desk, name: str) -> None:
    """The admin ends somebody's login."""
    if desk.crm == "salesforce":
        desk.edit("user", desk.user(name), IsActive=False)
    else:
        desk.world.send("DELETE", f"/settings/v3/users/{int(desk.owner(name)) + 1000}")
