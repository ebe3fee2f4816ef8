"""After a run nothing is left to do; what people edit by hand shows as drift and follows its policy."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest
from integration_harness import CRMS
from writeback_company import ANN, BO, MIA, TERRITORIES, name_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from integration_harness import Crm
    from writeback_world import Desk, Report

POLICIES = ("overwrite", "keep", "flag")

THEIRS: Mapping[str, Mapping[str, Any]] = {
    "account": {
        "Num0": 7,
        "Num2": 7.25,
        "Num4": 7.0625,
        "Money0": 9,
        "Money2": 9.99,
        "Share0": 5,
        "Share2": 5.5,
        "Pick": TERRITORIES[""],
        "Words": "mine",
        "Story": "mine\n<i>too</i> & 😀",
    },
    "user": {"Won": 1.5, "Reached": 0.25, "Pay": 0, "Note": "zero"},
    "opportunity": {"Place": "Nowhere", "Earned": 12.34, "OwnerWon": 44138.39, "DealPick": TERRITORIES["Japan"]},
    "lead": {"Rate": 0.01},
    "contact": {"Place": "x", "Won": -3},
    "Statement": {
        "Begins": "2031-05-02",
        "BeginsAt": "2031-04-30T12:00:01Z",
        "Month": "never",
        "Average": 0.01,
        "Rate": 0.5,
        "Target": 1,
        "Total": 2.5,
    },
}
"""What a person writes over ours, by object: fields of every kind, some by as little as the field can tell apart."""

OURS = frozenset({"user", "account", "opportunity", "lead", "contact"})
"""Objects whose records are pulled; what stands in others is asked of the CRM by each plan."""

Stood = dict[str, tuple[str | None, ...]]


def records(desk: Desk) -> dict[str, str]:
    """A record of each object; the deal is won and of BO, the statement is ANN's of this month."""
    return {
        "account": desk.account(1),
        "user": desk.user(ANN),
        "opportunity": desk.deal(5),
        "lead": desk.lead(1),
        "contact": desk.contact(1),
        "Statement": statement(desk, ANN),
    }


def statement(desk: Desk, name: str, month: str = "2031-05") -> str:
    """The id of somebody's statement; there is one."""
    keys = desk.values("Statement", "StatementKey")
    [found] = [record for record, (key,) in keys.items() if key == f"{desk.owner(name)}|{month}"]
    return found


def stands(desk: Desk) -> Stood:
    """What stands in the fields that people write over."""
    of = records(desk)
    return {each: desk.value(each, of[each], *fields) for each, fields in THEIRS.items()}


def places(lines: list[dict[str, Any]]) -> set[tuple[str, str]]:
    """The object and field of each line."""
    return {(line["object"], line["field"]) for line in lines}


def edited_places(desk: Desk) -> set[tuple[str, str]]:
    return {
        (desk.api_name(of_object) if of_object == "Statement" else of_object, name_of(desk.crm, name))
        for of_object, fields in THEIRS.items()
        for name in fields
    }


def assert_quiet(desk: Desk) -> None:
    """Nothing is left to do, and nothing is written."""
    ran = desk.run()
    assert (ran.code, ran.outcomes, ran.writes) == (0, {}, []), ran.said
    assert desk.plan()["changes"] == []


# Nothing is left to do


@pytest.fixture(scope="module", params=CRMS)
def untouched(request: pytest.FixtureRequest, new_desk: Callable[[Crm], Desk]) -> Desk:
    """A desk on which nobody did anything since the first run; tests leave it so."""
    return new_desk(request.param)


def test_after_a_run_the_plan_is_empty(untouched: Desk) -> None:
    untouched.look_again()
    plan = untouched.plan()
    assert (plan["changes"], plan["drift"], plan["skipped"]) == ([], [], [])
    assert (plan["read_calls"], plan["write_calls"]) == (0, 0)


def test_a_second_run_makes_no_write_call(untouched: Desk) -> None:
    ran = untouched.run()
    assert (ran.code, ran.outcomes, ran.writes) == (0, {}, [])


def test_a_later_time_alone_writes_nothing(untouched: Desk) -> None:
    ran = untouched.command("run", "--as-of", "2031-05-05")
    assert ran.code == 0, ran.said
    assert ran.writes == []


def test_money_stands_in_the_currency_of_its_record(untouched: Desk) -> None:
    won = {n: Decimal(untouched.value("opportunity", untouched.deal(n), "OwnerWon")[0] or 0) for n in (3, 8, 9, 10)}
    assert won[9] == won[3] * Decimal("0.8")  # EUR
    assert won[8] == won[10] * Decimal("156.25")  # JPY


def test_a_number_without_an_end_stands_at_the_fields_own_scale(untouched: Desk) -> None:
    """Two of three deals that were closed were won; a property of HubSpot's has the decimals of a percentage."""
    wanted = ("67", "66.67") if untouched.crm == "salesforce" else ("0.6667", "0.6667")
    assert same(untouched.value("account", untouched.account(1), "Share0", "Share2"), wanted)


def test_days_and_moments_are_those_of_the_projects_zone(untouched: Desk) -> None:
    begins = {
        month: untouched.value("Statement", statement(untouched, ANN, month), "Begins", "BeginsAt")
        for month in ("2031-04", "2031-05")
    }
    told = {month: (day, (moment or "")[:19]) for month, (day, moment) in begins.items()}
    assert told == {  # Auckland is 13 hours ahead until 2031-04-06, and 12 from then on
        "2031-04": ("2031-04-01", "2031-03-31T11:00:00"),
        "2031-05": ("2031-05-01", "2031-04-30T12:00:00"),
    }
    assert untouched.value("account", untouched.account(1), "Day") == ("2031-05-04",)


# Edits by hand


@dataclass(frozen=True, slots=True)
class Edited:
    """A desk whose figures people wrote over: the plan made after that, its `apply`, and the next run."""

    desk: Desk
    policy: str
    before: Stood
    theirs: Stood
    plan: dict[str, Any]
    applied: Report
    after: Stood
    again: Report


@pytest.fixture(scope="module", params=[(crm, policy) for crm in CRMS for policy in POLICIES])
def edited(request: pytest.FixtureRequest, new_desk: Callable[[Crm], Desk]) -> Edited:
    crm, policy = request.param
    desk = new_desk(crm)
    desk.rewrite(on_edit=policy)
    before = stands(desk)
    for of_object, record in records(desk).items():
        desk.edit(of_object, record, **THEIRS[of_object])
    theirs = stands(desk)
    desk.look_again()
    file = str(desk.world.root / "plan.json")
    plan = desk.plan("-o", file)
    applied = desk.command("apply", file)
    return Edited(desk, policy, before, theirs, plan, applied, stands(desk), desk.run())


def test_an_edit_of_every_kind_of_field_shows_as_drift(edited: Edited) -> None:
    assert places(edited.plan["drift"]) == edited_places(edited.desk)


def test_drift_follows_its_policy_in_every_kind_of_field(edited: Edited) -> None:
    changed = edited_places(edited.desk) if edited.policy == "overwrite" else set()
    assert places(edited.plan["changes"]) - follows(edited.desk) == changed
    assert edited.after == (edited.before if edited.policy == "overwrite" else edited.theirs)


def follows(desk: Desk) -> set[tuple[str, str]]:
    """The fields that say when we changed something; they are written along with others."""
    names = ("account", "Day"), ("account", "Moment"), ("user", "Changed"), ("opportunity", "Changed")
    return {(of_object, name_of(desk.crm, name)) for of_object, name in names}


def test_only_what_is_written_over_costs_write_calls(edited: Edited) -> None:
    assert bool(edited.applied.writes) == (edited.policy == "overwrite")
    assert edited.again.writes == []
    assert edited.desk.plan()["changes"] == []


def test_only_flagged_drift_ends_every_run_with_1_and_stands_in_the_status(edited: Edited) -> None:
    flagged = edited.policy == "flag"
    assert (edited.applied.code, edited.again.code) == ((1, 1) if flagged else (0, 0))
    of_pulled = {each for each in edited_places(edited.desk) if each[0] in OURS}
    assert places(edited.desk.status()["flagged"]) == (of_pulled if flagged else set())
    assert edited.again.body["plan"]["flagged"] == (len(edited_places(edited.desk)) if flagged else 0)


@pytest.mark.parametrize(("crm", "policy"), [("salesforce", "keep"), ("hubspot", "flag")])
def test_what_people_emptied_is_filled_again_whatever_the_policy(
    new_desk: Callable[[Crm], Desk], crm: Crm, policy: str
) -> None:
    desk = new_desk(crm)
    desk.rewrite(on_edit=policy)
    before = stands(desk)
    for of_object, record in records(desk).items():
        desk.edit(of_object, record, **dict.fromkeys(THEIRS[of_object]))
    ran = desk.run()
    assert ran.code == 0, ran.said
    assert stands(desk) == before
    assert_quiet(desk)


def test_the_same_value_in_another_spelling_is_no_change(desk: Desk) -> None:
    story = desk.value("account", desk.account(1), "Story")[0] or ""
    words = desk.value("account", desk.account(1), "Words")[0] or ""
    average = desk.value("account", desk.account(1), "Num2")[0] or ""
    stamp = desk.value("account", desk.account(1), "Moment")[0] or ""
    assert stamp.startswith("2031-05-04T11:59:59")
    spelled: dict[str, Any] = {"Story": story.replace("\n", "\r\n") + "\r\n", "Words": f"{words}  "}
    if desk.crm == "hubspot":
        spelled |= {"Num2": f"0{average}0", "Moment": "1935748799000"}  # the same in HubSpot's milliseconds
    else:
        spelled |= {"Num2": float(average), "Moment": "2031-05-04T23:59:59+12:00"}
    desk.edit("account", desk.account(1), **spelled)
    desk.edit("Statement", statement(desk, ANN), BeginsAt="2031-05-01T00:00:00.400+12:00")
    assert desk.run().writes == []
    plan = desk.plan()
    assert (plan["changes"], plan["drift"]) == ([], [])


def test_an_edit_of_the_time_of_our_last_change_alone_writes_nothing(desk: Desk) -> None:
    desk.edit("account", desk.account(1), Day="2030-01-01", Moment=None)
    assert_quiet(desk)


# Nothing, and zero


def test_zero_is_not_nothing(desk: Desk) -> None:
    """Ann's April holds no deal: a total of 0, and no average."""
    april = statement(desk, ANN, "2031-04")
    assert same(desk.value("Statement", april, "Total", "Average"), ("0", None))
    desk.edit("Statement", april, Total=None, Average=0)
    desk.run()
    assert same(desk.value("Statement", april, "Total", "Average"), ("0", None))
    assert_quiet(desk)


def same(found: tuple[str | None, ...], wanted: tuple[str | None, ...]) -> bool:
    """Whether both are the same numbers, and empty in the same places."""
    return [n if n is None else Decimal(n) for n in found] == [n if n is None else Decimal(n) for n in wanted]


def test_an_empty_result_leaves_a_field_alone_where_it_is_told_to(desk: Desk) -> None:
    desk.rewrite(empty="leave")
    april = statement(desk, ANN, "2031-04")
    desk.edit("Statement", april, Average=5)
    desk.edit("opportunity", desk.deal(5), **({"StageName": "Closed Lost"} if desk.crm == "salesforce" else LOST))
    before = desk.value("opportunity", desk.deal(5), "Earned")
    assert before != (None,)
    assert desk.run().code == 0
    assert same(desk.value("Statement", april, "Average"), ("5",))
    assert desk.value("opportunity", desk.deal(5), "Earned") == before
    assert_quiet(desk)


LOST = {"dealstage": "closedlost"}


# Precision


def test_halves_are_rounded_away_from_zero_at_the_fields_scale_and_stay_quiet(desk: Desk) -> None:
    """Mia owns account 1, and of eight deals she closed she won one, of 10.50."""
    _give_to_mia(desk, ["10.50"], lost=7)
    assert desk.run().code == 0
    numbers = desk.value("account", desk.account(1), "Num0", "Num2", "Num4", "Money0", "Money2", "Share0", "Share2")
    if desk.crm == "salesforce":
        assert same(numbers, ("11", "10.5", "10.5", "11", "10.5", "13", "12.5"))
    else:  # a property declares no decimals: as many as the result's unit has; a percentage is the fraction
        assert same(numbers, ("10.5", "10.5", "10.5", "10.5", "10.5", "0.125", "0.125"))
    assert_quiet(desk)


@pytest.mark.parametrize("amounts", [["99999999999.99", "0.02"], ["-0.01", "0", "0"]])
def test_odd_amounts_stay_quiet(desk: Desk, amounts: list[str]) -> None:
    """As large as the field holds; negative, smaller than a cent and without an end."""
    _give_to_mia(desk, amounts)
    assert desk.run().code == 0
    assert_quiet(desk)
    average = sum(map(Decimal, amounts), Decimal(0)) / len(amounts)
    found = Decimal(desk.value("account", desk.account(1), "Num2")[0] or "NaN")
    assert abs(found - average) <= Decimal("0.005")


def _give_to_mia(desk: Desk, won: list[str], lost: int = 0) -> None:
    owner = "OwnerId" if desk.crm == "salesforce" else "hubspot_owner_id"
    desk.edit("account", desk.account(1), **{owner: desk.owner(MIA)})
    for amount in (*won, *["5"] * lost):
        stage = amount if lost and amount == "5" else "won"
        if desk.crm == "salesforce":
            values = {"Name": "M", "StageName": "Closed Won" if stage == "won" else "Closed Lost", "Amount": amount}
            desk.world.create("opportunity", OwnerId=desk.owner(MIA), CloseDate="2031-05-02", **values)
        else:
            stage = "closedwon" if stage == "won" else "closedlost"
            values = {"dealname": "M", "pipeline": "default", "dealstage": stage, "amount": amount}
            values["closedate"] = "2031-05-02T00:00:00Z"
            desk.world.create("opportunity", hubspot_owner_id=desk.owner(MIA), **values)


# Time zones


@pytest.mark.parametrize(("crm", "zone"), [("salesforce", "America/Havana"), ("hubspot", "Pacific/Kiritimati")])
def test_no_zone_makes_a_phantom_change(new_desk: Callable[[Crm], Desk], crm: Crm, zone: str) -> None:
    """A year of statements; as of a night on which Havana's clock is turned at midnight."""
    desk = new_desk(crm)
    desk.change("salesops.yaml", "time_zone: Pacific/Auckland", f"time_zone: {zone}")
    desk.change("writeback.yaml", "keep: 2", "keep: 12")
    desk.as_of = "2031-03-09"
    first = desk.run("--cap", "records_share=1", "--cap", "value_share=100000")
    assert first.code == 0, first.said
    assert_quiet(desk)


# Texts


def test_a_name_of_any_signs_is_written_once(new_desk: Callable[[Crm], Desk]) -> None:
    """Salesforce alone: in HubSpot a person's name is not the CRM's to change."""
    desk = new_desk("salesforce")
    desk.edit("user", desk.user(BO), LastName='O\'Néil <b>& "x" \\ {value} 🚀', FirstName="Zoë")
    assert desk.run().code == 0
    [words] = desk.value("account", desk.account(1), "Words")
    assert words == 'Zoë O\'Néil <b>& "x" \\ {value} 🚀: 1,098.51 in 2031-05'
    assert_quiet(desk)


# Records that we keep


def test_a_task_is_its_reps_once_it_is_made(desk: Desk) -> None:
    tasks = list(desk.values("task", "TaskKey"))
    subject, done = ("Subject", "Status") if desk.crm == "salesforce" else ("hs_task_subject", "hs_task_status")
    assert len(tasks) == 2
    desk.edit("task", tasks[0], **{subject: "later", done: "Completed" if desk.crm == "salesforce" else "COMPLETED"})
    desk.delete("task", tasks[1])
    assert_quiet(desk)
    assert desk.values("task", subject) == {tasks[0]: ("later",)}


def test_a_deleted_statement_is_made_again_once(desk: Desk) -> None:
    keys = {key for (key,) in desk.values("Statement", "StatementKey").values()}
    desk.delete("Statement", statement(desk, ANN))
    assert desk.run().code == 0
    assert {key for (key,) in desk.values("Statement", "StatementKey").values()} == keys
    assert len(desk.values("Statement", "StatementKey")) == len(keys)
    assert_quiet(desk)


@pytest.mark.parametrize("policy", POLICIES)
def test_quotas_and_territories_that_people_changed_are_drift_and_follow_their_policy(
    new_desk: Callable[[Crm], Desk], policy: str
) -> None:
    desk = new_desk("salesforce")
    desk.rewrite(on_edit=policy)
    before = kept(desk)
    change_by_hand(desk)
    theirs = kept(desk)
    desk.look_again()
    drift = [line["object"] for line in desk.plan()["drift"]]
    assert sorted(drift) == ["forecasting_quota", "territory_account", "territory_account"]
    ran = desk.run()
    assert (ran.code, bool(ran.writes)) == (int(policy == "flag"), policy == "overwrite")
    assert kept(desk) == (before if policy == "overwrite" else theirs)
    assert desk.run().writes == []


ASSOCIATION = "ObjectTerritory2Association"


def change_by_hand(desk: Desk) -> None:
    """Another amount for a quota; an account is taken out of its territory, another is put into that one, too."""
    quota = min(desk.values("ForecastingQuota", "QuotaAmount"))
    desk.edit("ForecastingQuota", quota, QuotaAmount=40000.56)
    ours = desk.values(ASSOCIATION, "ObjectId", "Territory2Id")
    one, two = desk.account(1), desk.account(2)
    desk.delete(ASSOCIATION, next(key for key, (of, _) in ours.items() if of == one))
    elsewhere = next(territory for of, territory in ours.values() if of == one)
    added = {"ObjectId": two, "Territory2Id": elsewhere, "AssociationCause": "Territory2Manual"}
    desk.world.create(ASSOCIATION, **added)


def kept(desk: Desk) -> tuple[list[Any], list[Any]]:
    """The amounts of quotas, and which account is in which territory."""
    amounts = desk.values("ForecastingQuota", "QuotaOwnerId", "StartDate", "QuotaAmount")
    return sorted(amounts.values()), sorted(desk.values(ASSOCIATION, "ObjectId", "Territory2Id").values())
