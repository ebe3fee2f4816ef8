"""How plans are told: names as they are, tables that fit, amounts added up, JSON with everything."""

from __future__ import annotations

import dataclasses
import json
from zoneinfo import ZoneInfo

import pytest

from connectors.base import CrmField
from sync.cli import plan_report as report
from sync.cli.plan_view import View
from sync.plan import Action, Change, Drift, Plan, Policy, Skip
from sync.plan.file import plan_json
from sync.plan.model import SkipKind
from sync.store.runs import RunRow

NAMES = ["Acme [draft]", "Acme [/b]", "[red]Acme[/red]", "[link=http://x]Acme", "Acme :smile:", "[TEST] Acme", "a\\[b"]


def change(
    name: str = "1",
    record: str = "Acme",
    field: str = "Territory__c",
    action: Action = Action.UPDATE,
    before: str | None = None,
    after: str | None = "North",
    reason: str = "rule North",
) -> Change:
    return Change("account", "", name, record, field, action, before, after, reason, "", "")


def plan_of(*changes: Change, skipped: tuple[Skip, ...] = (), drift: tuple[Drift, ...] = ()) -> Plan:
    return Plan("crm", "", "2026-05-20T12:00:00.000Z", "digest", None, changes, skipped, drift, 1, 2)


PLAN = plan_of(change(), skipped=(Skip("user", "Cy", "", "no record"),))
VIEW = View()


@pytest.fixture(autouse=True)
def in_a_pipe(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody says how many columns there are."""
    monkeypatch.delenv("COLUMNS", raising=False)


def drifted(policy: Policy, name: str = "1") -> Drift:
    return Drift("account", name, f"Acme {name}", "Territory__c", "North", "Mine", "Rest", policy)


@pytest.mark.parametrize("name", NAMES)
def test_a_record_is_shown_by_the_name_it_has_in_the_crm(capsys: pytest.CaptureFixture[str], name: str) -> None:
    """Brackets and colons are markup to the library that draws tables, and nothing to us."""
    report.show_plan(plan_of(change(record=name, before=name, reason=name)), VIEW)
    assert capsys.readouterr().out.count(name) == 3


def test_a_plan_shows_before_after_and_why_and_what_it_costs(capsys: pytest.CaptureFixture[str]) -> None:
    report.show_plan(PLAN, VIEW)
    shown = capsys.readouterr().out
    for text in ("crm", "account Acme", "Territory__c", "—", "→", "North", "rule North"):
        assert text in shown
    assert "skipped: user Cy: no record" in shown
    assert "crm: takes 3 API calls: 1 to read the records again, 2 to write." in shown


def test_the_lines_of_a_record_stand_under_its_name(capsys: pytest.CaptureFixture[str]) -> None:
    made = [change("2", "Beta", field, Action.CREATE) for field in ("A__c", "B__c")]
    gone = change("3", "Gamma", "", Action.DELETE, after=None, reason="nobody has it any more")
    report.show_plan(plan_of(change(), *made, gone), VIEW)
    rows = [line.split() for line in capsys.readouterr().out.splitlines()]
    assert [row[:3] for row in rows if row[:1] == ["account"]] == [
        ["account", "Acme"],
        ["account", "Beta", "(new)"],
        ["account", "Gamma", "(removed)"],
    ]
    assert ["B__c", "—", "→", "North", "rule", "North"] in rows


LONG = "Bookings FY2026-Q4: 213,696.00 of 650,000.00; somebody else changed it, we wrote 12"


def long_plan() -> Plan:
    changes = [
        change(
            str(n),
            "Webster & Owens Staffing - Platform Starter",
            "SalesOps_Commission_Estimate__c",
            before="1234567.89",
            after="2345678.9",
            reason=LONG,
        )
        for n in range(50)
    ]
    return plan_of(*changes, drift=tuple(drifted(Policy.FLAG, str(n)) for n in range(3)))


AMOUNTS = View(amounts=frozenset({("account", "SalesOps_Commission_Estimate__c")}))


@pytest.mark.parametrize("width", [80, 120])
def test_a_plan_fits_its_columns_and_breaks_no_word(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, width: int
) -> None:
    monkeypatch.setenv("COLUMNS", str(width))
    report.show_plan(long_plan(), AMOUNTS)
    lines = capsys.readouterr().out.splitlines()
    tables = [line for line in lines if not line.startswith(("crm: ", "…"))]
    assert max(map(len, tables)) <= width
    assert {*LONG.split(), "SalesOps_Commission_Estimate__c"} <= set(" ".join(lines).replace(":", ": ").split()) | {
        "FY2026-Q4:"
    }
    assert lines == [line.rstrip() for line in lines]


def test_in_a_pipe_each_line_of_a_plan_is_one_line_and_ends_where_it_ends(capsys: pytest.CaptureFixture[str]) -> None:
    report.show_plan(long_plan(), AMOUNTS)
    lines = capsys.readouterr().out.splitlines()
    assert sum(line.endswith(LONG) for line in lines) == report.SHOWN_CHANGES
    assert lines == [line.rstrip() for line in lines]


def test_what_amounts_come_to_before_and_after_is_added_up_with_what_moves(capsys: pytest.CaptureFixture[str]) -> None:
    moves = [change(str(n), field="Pay__c", before=before, after=after) for n, (before, after) in enumerate(PAY)]
    view = View(amounts=frozenset({("account", "Pay__c")}), several_currencies=True)
    report.show_plan(plan_of(*moves, change("9", field="Count__c", before="4", after="5")), view)
    shown = capsys.readouterr().out
    rows = [line.split() for line in shown.splitlines()]
    assert ["Pay__c", "1,600.50", "1,300.00", "700.50"] in rows
    assert not any(row[0] == "Count__c" and len(row) == 4 for row in rows if row)
    assert "each in the currency of its record" in shown


PAY = [("1000", "500"), ("600.5", "600"), (None, "200")]


def test_amounts_numbers_and_moments_are_shown_as_people_read_them(capsys: pytest.CaptureFixture[str]) -> None:
    fields = {
        ("account", field.name): field
        for field in (
            CrmField("Pay__c", "", "currency", updateable=True, decimals=2),
            CrmField("Size__c", "", "double", updateable=True, decimals=6),
            CrmField("Share__c", "", "percent", updateable=True, decimals=2),
            CrmField("At__c", "", "datetime", updateable=True),
        )
    }
    values = [
        ("Pay__c", "5721.6"),
        ("Size__c", "34567.25"),
        ("Share__c", "12.5"),
        ("At__c", "2026-11-22T07:19:58.120Z"),
    ]
    view = View(ZoneInfo("America/New_York"), fields)
    report.show_plan(plan_of(*(change(field=field, before="junk", after=value) for field, value in values)), view)
    rows = [line.split("  ") for line in capsys.readouterr().out.splitlines()]
    shown = [[each.strip() for each in row if each.strip()][3:4] for row in rows if any("→" in each for each in row)]
    assert shown == [["5,721.60"], ["34,567.25"], ["12.5 %"], ["2026-11-22 02:19"]]


def test_times_of_a_last_change_are_counted_by_themselves(capsys: pytest.CaptureFixture[str]) -> None:
    dated = [dataclasses.replace(change(str(n), field="At__c"), source="updated") for n in range(2)]
    report.show_plan(plan_of(change("0"), change("1"), *dated), VIEW)
    assert "crm: 2 changes of 2 records, and 2 times of the last change\n" in capsys.readouterr().out


def test_a_plan_says_that_the_rules_changed_since_the_last_run_that_wrote(capsys: pytest.CaptureFixture[str]) -> None:
    last = RunRow(12, "run", "crm", "2026-05-19T12:00:00.000Z", None, None, "done", "", {"rules": "other"})
    report.show_plan(PLAN, View(outdated=last))
    assert "crm: the rules changed since run 12 wrote results (2026-05-19 12:00).\n" in capsys.readouterr().out
    report.show_plan(dataclasses.replace(PLAN, undoes=3), View(outdated=last))
    assert "rules" not in capsys.readouterr().out.replace("rule North", "")


def test_a_held_run_does_not_say_that_it_writes_over_anything(capsys: pytest.CaptureFixture[str]) -> None:
    report.show_plan(plan_of(drift=(drifted(Policy.OVERWRITE),)), VIEW, held=True)
    shown = capsys.readouterr().out
    assert "written over" not in shown
    assert "left, while runs are held" in shown


def test_an_undo_that_finds_nothing_to_take_back_says_so(capsys: pytest.CaptureFixture[str]) -> None:
    report.show_plan(dataclasses.replace(plan_of(), undoes=12), VIEW)
    assert capsys.readouterr().out == "crm: nothing to take back: nothing that run 12 wrote still stands.\n"


def test_a_plan_that_leaves_parked_lines_is_not_called_whole(capsys: pytest.CaptureFixture[str]) -> None:
    report.show_plan(plan_of(skipped=(Skip("account", "Acme", "T__c", "refused", SkipKind.PARKED),)), VIEW)
    assert "the CRM holds what it should, but for what is parked.\n" in capsys.readouterr().out


def test_what_the_crm_does_not_show_is_named_and_the_plan_is_not_called_whole(
    capsys: pytest.CaptureFixture[str],
) -> None:
    skip = Skip("Statement__c", "", "", "it is not there", SkipKind.UNREAD)
    report.show_plan(plan_of(skipped=(skip,)), VIEW)
    shown = capsys.readouterr().out
    assert "not compared: Statement__c: it is not there\n" in shown
    assert "of what it shows us, the CRM holds what it should" in shown


def test_values_and_names_of_others_can_be_endless_or_hostile_and_the_plan_stays_readable(
    capsys: pytest.CaptureFixture[str],
) -> None:
    nasty = "\x1b[2J\x00\U0001f600\u202e" + "x" * 1_000_000
    plan = plan_of(
        change(record=nasty, before=nasty, after="1e400", reason=nasty),
        skipped=(Skip("user", nasty, "", nasty),),
        drift=(Drift("account", "1", nasty, "T__c", nasty, nasty, None, Policy.FLAG),),
    )
    report.show_plan(plan, VIEW)
    shown = capsys.readouterr().out
    assert len(shown) < 10_000
    assert not {"\x1b", "\x00", "\u202e"} & set(shown)
    assert "\U0001f600" in shown


def test_an_empty_plan_says_so(capsys: pytest.CaptureFixture[str]) -> None:
    report.show_plan(plan_of(), VIEW)
    assert capsys.readouterr().out == "crm: no changes, the CRM holds what it should.\n"


def test_a_long_plan_is_summed_up_by_field_and_kind_first_and_cut(capsys: pytest.CaptureFixture[str]) -> None:
    changes = [change(str(n), f"Account {n}") for n in range(report.SHOWN_CHANGES)]
    changes += [change(f"e{n}", f"Empty {n}", after=None) for n in range(3)]
    changes += [change(f"n{n}", f"New {n}", "Other__c", Action.CREATE) for n in range(2)]
    report.show_plan(plan_of(*changes), VIEW)
    shown = capsys.readouterr().out
    rows = [line.split() for line in shown.splitlines()]
    assert "45 changes of 45 records" in shown
    assert shown.index("45 changes") < shown.index("account Account 0")
    assert ["object,", "field", "new", "changed", "emptied"] in rows
    assert ["Territory__c", "40", "3"] in rows
    assert ["Other__c", "2"] in rows
    assert shown.count("account Account") == report.SHOWN_CHANGES
    assert "… and 5 more" in shown


def test_what_others_changed_is_told_with_what_becomes_of_it(capsys: pytest.CaptureFixture[str]) -> None:
    report.show_plan(plan_of(drift=tuple(drifted(policy, policy.value) for policy in Policy)), VIEW)
    shown = " ".join(capsys.readouterr().out.split())
    assert "3 values that somebody else changed" in shown
    for becomes in ("written over", "kept", "kept, until it is settled"):
        assert f"Territory__c North Mine Rest {becomes}" in shown


def test_much_that_others_changed_is_counted(capsys: pytest.CaptureFixture[str]) -> None:
    report.show_plan(plan_of(drift=tuple(drifted(Policy.KEEP, str(n)) for n in range(1200))), VIEW)
    shown = " ".join(capsys.readouterr().out.split())
    assert "account Territory__c kept 1,200" in shown
    assert "Acme 7" not in shown


def test_what_is_left_alone_is_grouped_where_there_is_much_and_what_is_parked_stands_by_itself(
    capsys: pytest.CaptureFixture[str],
) -> None:
    skipped = [Skip("user", f"User {n}", "", "no longer active") for n in range(1200)]
    why = "refused 3 times (LONG: too long); --retry-parked tries again"
    skipped += [Skip("account", "Acme", "T__c", why, SkipKind.PARKED, "1")]
    report.show_plan(plan_of(skipped=tuple(skipped)), VIEW)
    shown = capsys.readouterr().out
    assert "skipped: user User 0, User 1, User 2 and 1,197 more: no longer active\n" in shown
    assert "parked: account Acme, T__c: refused 3 times (LONG: too long); --retry-parked tries again\n" in shown


def test_plans_as_json_are_one_object_that_holds_every_line(capsys: pytest.CaptureFixture[str]) -> None:
    plan = plan_of(change(), skipped=PLAN.skipped, drift=(drifted(Policy.FLAG),))
    report.show_plans([plan], {"crm": []}, {"crm": VIEW}, as_json=True, kept="plan.json")
    answer = json.loads(capsys.readouterr().out)
    more = {"gaps": {"crm": []}, "rules_changed_since_run": {"crm": None}, "file": "plan.json"}
    assert answer == json.loads(json.dumps({"plans": [plan_json(plan)], **more}))
    assert answer["plans"][0]["drift"][0]["policy"] == "flag"


@pytest.mark.parametrize(
    ("plans", "kept", "said"),
    [
        ([PLAN], "plan.json", "Kept in plan.json"),
        ([PLAN], None, "Nothing was changed"),
        ([plan_of()], None, None),
    ],
)
def test_after_a_plan_it_says_what_to_do_next(
    capsys: pytest.CaptureFixture[str], plans: list[Plan], kept: str | None, said: str | None
) -> None:
    report.show_plans(plans, {}, {"crm": VIEW}, as_json=False, kept=kept)
    shown = capsys.readouterr().out
    assert (said in shown) if said else ("Nothing" not in shown and "Kept" not in shown)


def test_a_flag_that_the_plan_settles_is_none() -> None:
    assert plan_of(change(), drift=(drifted(Policy.FLAG),)).flagged == ()
