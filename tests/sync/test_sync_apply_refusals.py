"""A line that the CRM refuses comes back as often as its cause deserves, is parked, and wakes on a change."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from applied import apply, change, fill, placed, plan_of
from synced import changes
from writable import Writable, refusal

from config.scalars import instant_text
from connectors.base import Page, Row
from connectors.writing import Cause
from sync.apply import wake_refusals
from sync.plan import Action, Skip
from sync.plan.model import SkipKind
from sync.store.pages import save_page
from sync.store.store import now, parse_instant

if TYPE_CHECKING:
    from typing import Any

    from sync.store.store import Store


@pytest.fixture
def filled(store: Store) -> Store:
    return fill(store)


def refusing(cause: Cause = Cause.RULE) -> Writable:
    return Writable({"account": {"0": {"territory": None, "won": None}}}, {"0": refusal("0", cause, cause.upper())})


def attempt(store: Store, crm: Writable, after: str = "North") -> bool:
    """Whether the line is parked after one more apply."""
    (line,) = apply(store, crm, plan_of(change("0", None, after)))
    assert line.parked == bool(line.result == "failed" and row(store)["parked"])
    return line.parked


def row(store: Store) -> dict[str, Any]:
    (only,) = store.rows("SELECT * FROM refusal")
    return dict(only)


def pulled(store: Store, at: str, *, deleted: bool = False, **custom: str | None) -> None:
    """Somebody changed the account at that time, and a pull brought it."""
    rows = {"account": (Row({"id": "0"}, {"territory": None, "won": None, **custom}, at, deleted),)}
    save_page(store, "crm", changes("account"), Page("account", "{}", complete=True, rows=rows))


def later() -> str:
    return instant_text(parse_instant(now()) + timedelta(seconds=5))


LIMITS = {Cause.BUSY: 20, Cause.RULE: 3, Cause.PERMISSION: 3, Cause.GONE: 1, Cause.UNKNOWN: 5}


@pytest.mark.parametrize("cause", Cause)
def test_a_line_is_parked_after_as_many_attempts_as_its_cause_deserves(filled: Store, cause: Cause) -> None:
    crm = refusing(cause)
    assert [attempt(filled, crm) for _ in range(LIMITS[cause])] == [False] * (LIMITS[cause] - 1) + [True]
    found = row(filled)
    assert (found["attempts"], found["cause"], found["code"], found["message"]) == (
        LIMITS[cause],
        cause,
        cause.upper(),
        "too long",
    )
    assert found["first_at"] <= found["last_at"]


def test_another_value_is_counted_anew(filled: Store) -> None:
    crm = refusing()
    assert [attempt(filled, crm, value) for value in ("a", "a", "b", "b", "b")] == [False] * 4 + [True]


def test_what_failed_while_the_crm_was_busy_says_nothing_of_the_value(filled: Store) -> None:
    busy, wrong = refusing(Cause.BUSY), refusing()
    assert [attempt(filled, crm) for crm in (busy, busy, busy, wrong, wrong, wrong)] == [False] * 5 + [True]


def test_another_reason_of_its_own_is_one_more_attempt(filled: Store) -> None:
    wrong, hidden = refusing(), refusing(Cause.PERMISSION)
    assert [attempt(filled, crm) for crm in (wrong, hidden, wrong)] == [False, False, True]


def test_a_success_forgets_what_was_refused(filled: Store) -> None:
    crm = refusing()
    attempt(filled, crm)
    crm.refused.clear()
    attempt(filled, crm)
    assert filled.rows("SELECT * FROM refusal") == []


def test_a_value_that_somebody_entered_forgets_what_was_refused(filled: Store) -> None:
    crm = refusing()
    attempt(filled, crm)
    crm.records["account"]["0"]["territory"] = "North"
    attempt(filled, crm)
    assert filled.rows("SELECT * FROM refusal") == []


def test_a_parked_line_wakes_once_when_its_record_changed(filled: Store) -> None:
    crm = refusing()
    for _ in range(3):
        attempt(filled, crm)
    assert wake_refusals(filled, "crm") == 0
    pulled(filled, later())
    assert wake_refusals(filled, "crm") == 1
    assert (row(filled)["parked"], row(filled)["attempts"]) == (0, 3)
    filled.connection.execute("UPDATE refusal SET last_at = ?", (later(),))
    assert attempt(filled, crm)  # one more attempt, no more
    assert row(filled)["attempts"] == 4


def test_our_own_write_to_another_field_does_not_wake_it(filled: Store) -> None:
    crm = refusing()
    for _ in range(3):
        attempt(filled, crm)
    filled.connection.execute("UPDATE refusal SET last_at = '2026-01-01T00:00:00.000Z'")
    crm.refused.clear()
    apply(filled, crm, plan_of(change("0", None, "5", field="won")))
    pulled(filled, now(), won="5")
    assert wake_refusals(filled, "crm") == 0


def test_what_no_plan_asks_for_any_more_is_forgotten(filled: Store) -> None:
    """The value stands there, the record is gone, somebody else's is kept by now, or writeback.yaml has no such field:
    in every case the plan has neither a line for it nor a reason to wait."""
    for _ in range(3):
        attempt(filled, refusing())
    other = Skip("account", "Acme", "won", "refused", SkipKind.PARKED, "0")
    apply(filled, refusing(), replace(plan_of(change("1")), skipped=(other,)))
    assert filled.rows("SELECT * FROM refusal") == []


@pytest.mark.parametrize(
    "skip",
    [
        Skip("account", "Acme", "territory", "refused 3 times", SkipKind.PARKED, "0"),
        Skip("account", "Acme", "", "refused 3 times", SkipKind.PARKED, "0"),
        Skip("account", "Acme", "territory", "hidden", SkipKind.UNREAD, "0"),
        Skip("account", "", "", "no such object", SkipKind.UNREAD),
    ],
)
def test_what_is_parked_or_cannot_be_compared_is_not_forgotten(filled: Store, skip: Skip) -> None:
    for _ in range(3):
        attempt(filled, refusing())
    apply(filled, refusing(), replace(plan_of(change("1")), skipped=(skip,)))
    assert row(filled)["attempts"] == 3


def test_an_undo_forgets_nothing_that_was_refused(filled: Store) -> None:
    attempt(filled, refusing())
    apply(filled, refusing(), plan_of(undoes=1))
    assert row(filled)["attempts"] == 1


def test_what_is_busy_and_refused_by_turns_is_parked_all_the_same(filled: Store) -> None:
    busy, wrong = refusing(Cause.BUSY), refusing()
    ends = [attempt(filled, crm) for _ in range(3) for crm in (wrong, busy)]
    assert ends == [False, False, False, False, True, False]
    assert (row(filled)["attempts"], row(filled)["busy"]) == (6, 3)


def test_a_record_that_cannot_be_removed_is_parked_too(filled: Store) -> None:
    crm = Writable({"territory_account": {"a|t": {}}}, {"a|t": refusal("a|t", Cause.PERMISSION)})
    lines = [apply(filled, crm, plan_of(placed("a|t", Action.DELETE)))[0] for _ in range(3)]
    assert [(line.result.value, line.parked) for line in lines] == [
        ("failed", False),
        ("failed", False),
        ("failed", True),
    ]
    crm.refused.clear()
    apply(filled, crm, plan_of(placed("a|t", Action.DELETE)))
    assert filled.rows("SELECT * FROM refusal") == []
