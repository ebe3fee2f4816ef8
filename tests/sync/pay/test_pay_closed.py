"""A closed quarter stays what it was; what is learned later is paid in the next one, and says what it is of."""

from __future__ import annotations

import sqlite3
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest
from paid import APP, CAL, PAY, PLANS, PRODUCT, RATE, REV, close, deal, kept_rows, posted, save
from synced import SETTINGS, write_project

from sync.pay.calculate import calculate
from sync.pay.export import export
from sync.pay.kept import read_calculation
from sync.pay.move import move_on
from sync.pay.reckon import reckon
from sync.pay.replay import replay
from sync.store.erasure import erase
from sync.store.migrations import migrations
from sync.store.whole_connection import erase_connection

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from config.loader import Project
    from sync.store.store import Store

Q1, Q2 = "FY2025-Q1", "FY2025-Q2"

# What happens after the first quarter is closed -> what the second one posts of the first.
LATE: dict[str, tuple[Callable[[Store], object], list[tuple[str, ...]]]] = {
    # 13,000 of 10,000: it lies above the quota, at 12 %.
    "a late deal": (
        lambda store: save(store, "opportunity", deal("6008", "u1", "1000", "2025-03-30")),
        [("u1", "commission", "6008", Q1, "120.00")],
    ),
    # 8,000 at 8 % go; the 4,000 behind them come to lie below the quota: 320 in place of 160 + 240.
    "a lost deal": (
        lambda store: save(store, "opportunity", deal("6001", "u1", "8000", "2025-01-15", won=False)),
        [
            ("u1", "commission", "6001", Q1, "-640.00"),
            ("u1", "commission", "6002", Q1, "-80.00"),
            ("u1", "product", "i1", Q1, "-60.00"),
        ],
    ),
    "a deleted deal": (
        lambda store: save(store, "opportunity", gone="6003"),
        [("u2", "commission", "6003", Q1, "-400.00")],
    ),
    # The same 5,000 in the quarter after, where they are earned: the old line goes.
    "a moved date": (
        lambda store: save(store, "opportunity", deal("6003", "u2", "5000", "2025-04-02")),
        [("u2", "commission", "6003", Q1, "-400.00")],
    ),
    "another owner": (
        lambda store: save(store, "opportunity", deal("6003", "u1", "5000", "2025-02-10")),
        # Between 8,000 and 4,000: 2,000 at 8 % and 3,000 at 12 %; what came after it, now all above the quota.
        [
            ("u1", "commission", "6003", Q1, "520.00"),
            ("u1", "commission", "6002", Q1, "80.00"),
            ("u2", "commission", "6003", Q1, "-400.00"),
        ],
    ),
    # 1,000 EUR at 1.2 in place of 1.1: 8 % of 100 more.
    "a corrected rate": (
        lambda store: save(store, "exchange_rate", RATE | {"rate": "1.2"}),
        [("u2", "commission", "6007", Q1, "8.00")],
    ),
    "a renamed product": (
        lambda store: save(store, "product", PRODUCT | {"name": "Professional"}),
        [("u1", "product", "i1", Q1, "-60.00")],
    ),
}


@pytest.fixture
def closed(project: Project, ledger: Store) -> Store:
    """The ledger, with the first quarter closed and exported."""
    close(project, ledger, Q1)
    return ledger


def test_the_first_quarter_is_what_one_reckons(closed: Store) -> None:
    assert posted(closed, Q1, "earned") == [
        ("u1", "commission", "6001", Q1, "640.00"),
        ("u1", "commission", "6002", Q1, "400.00"),  # 2,000 at 8 %, 2,000 at 12 %
        ("u1", "product", "i1", Q1, "60.00"),
        ("u2", "commission", "6003", Q1, "400.00"),
        ("u2", "commission", "6007", Q1, "88.00"),
    ]


@pytest.mark.parametrize("what", LATE)
def test_what_is_learned_later_is_paid_in_the_next_quarter(
    what: str, project: Project, closed: Store, tmp_path: Path
) -> None:
    before = kept_rows(closed, Q1)
    happens, adjusted = LATE[what]
    happens(closed)
    calculate(project, closed, "crm", Q2, CAL)
    assert posted(closed, Q2, "adjusted") == adjusted
    assert kept_rows(closed, Q1) == before
    assert all(each.is_same for each in replay(closed, "crm", None))
    export(project, closed, "crm", Q1, tmp_path / "first.csv", CAL)
    assert (tmp_path / "first.csv").read_text(encoding="utf-8").splitlines() == [
        "Employee,Name,Amount,Currency,Period",
        f"ann@x.example,Ann Lee,1100.00,USD,{Q1}",
        f"bo@x.example,Bo Kay,488.00,USD,{Q1}",
    ]


def test_an_edited_plan_pays_the_difference_in_the_next_quarter(project: Project, closed: Store) -> None:
    before, kept = kept_rows(closed, Q1), read_calculation(closed, "crm", Q1)
    edited = edit(project, PLANS.replace("rate: 0.02", "rate: 0.03"))
    calculate(edited, closed, "crm", Q2, CAL)
    assert posted(closed, Q2, "adjusted") == [("u1", "product", "i1", Q1, "30.00")]
    assert kept_rows(closed, Q1) == before
    assert said(closed, Q1) == said_of(kept)
    assert all(each.is_same for each in replay(closed, "crm", None))


def test_all_of_it_at_once_and_once_more_in_the_quarter_after(project: Project, closed: Store) -> None:
    before, kept = kept_rows(closed, Q1), said(closed, Q1)
    for happens, _ in LATE.values():
        happens(closed)
    edited = edit(project, PLANS.replace("rate: 0.02", "rate: 0.03").replace("rate: 0.12", "rate: 0.2"))
    close(edited, closed, Q2)
    second = kept_rows(closed, Q2)
    assert posted(closed, Q2, "adjusted")
    calculate(edited, closed, "crm", "FY2025-Q3", CAL)
    assert posted(closed, "FY2025-Q3", "adjusted") == []  # all of it is posted
    assert kept_rows(closed, Q1) == before
    assert kept_rows(closed, Q2) == second
    assert said(closed, Q1) == kept
    assert all(each.is_same for each in replay(closed, "crm", None))


def test_what_was_closed_replays_after_a_further_migration(closed: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    before = said(closed, Q1)
    monkeypatch.setattr("sync.store.store.STEPS", len(migrations._migrations) + 1)
    kept = list(migrations._migrations)

    @migrations()
    def later(db: Any) -> None:
        db.execute("ALTER TABLE opportunity RENAME COLUMN amount TO worth")
        db.execute("ALTER TABLE pay_calculation ADD COLUMN kindness TEXT")
        db.execute("DROP TABLE exchange_rate")

    try:
        with closed.set_aside():
            pass  # opened again: it is migrated
        assert closed.rows("SELECT worth FROM opportunity LIMIT 1")
    finally:
        migrations._migrations[:] = kept
    assert said(closed, Q1) == before
    assert [each.is_same for each in replay(closed, "crm", None)] == [True]


def test_a_calculation_that_has_estimates_among_its_earnings_replays_too(
    project: Project, ledger: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As those of the first versions: an open deal would earn something if it were won."""
    open_deal = deal("6010", "u1", "900", "2025-03-28", won=False) | {"stage": "Proposal", "is_closed": 0}
    save(ledger, "opportunity", open_deal)
    with monkeypatch.context() as earlier:
        earlier.setattr("sync.pay.calculate.reckon", partial(reckon, estimated=True))
        calculate(project, ledger, "crm", Q1, CAL)
    assert "estimated" in read_calculation(ledger, "crm", Q1).earnings["status"].to_pylist()
    assert [each.is_same for each in replay(ledger, "crm", None)] == [True]
    close(project, ledger, Q1)
    assert [each.is_same for each in replay(ledger, "crm", None)] == [True, True]


_ENTRY = (
    "INSERT INTO pay_entry SELECT calculation_id, period, 99, payee_id, comp_plan, account, cause, unit, amount, part,"
    " earned_in, day, source, transaction_id, opportunity_id FROM pay_entry LIMIT 1"
)
_STATE = (
    "INSERT INTO pay_state (connection, period, state, calculation_id, author, at, reason, digest)"
    " SELECT connection, period, 'open', calculation_id, author, at, 'x', '' FROM pay_state LIMIT 1"
)
_ADJUSTMENT = (
    "INSERT INTO pay_adjustment VALUES"
    " ('crm', 'A-1', 'FY2025-Q1', 'u1', 'ae', '5', '', '', '', '', '', '', 'x', 'x', 'x')"
)
REFUSED = [
    "UPDATE pay_entry SET amount = '1'",
    "DELETE FROM pay_entry",
    _ENTRY,
    "INSERT OR REPLACE INTO pay_entry SELECT * FROM pay_entry",
    "UPDATE pay_calculation SET number = 7",
    "INSERT OR REPLACE INTO pay_calculation SELECT * FROM pay_calculation",
    "DELETE FROM pay_calculation",
    "DELETE FROM pay_part",
    "UPDATE pay_part SET name = 'x'",
    "DELETE FROM pay_chunk",
    "UPDATE pay_chunk SET content = x''",
    "DELETE FROM pay_state",
    "UPDATE pay_state SET author = 'x'",
    "INSERT OR REPLACE INTO pay_state SELECT * FROM pay_state",
    _STATE,
    _ADJUSTMENT,
]


@pytest.mark.parametrize("statement", REFUSED)
def test_the_store_itself_refuses_to_change_what_is_closed(statement: str, closed: Store) -> None:
    before = kept_rows(closed, Q1)
    with pytest.raises(sqlite3.IntegrityError), closed.transaction() as db:
        db.execute(statement)
    assert kept_rows(closed, Q1) == before


def edit(project: Project, plans: str) -> Project:
    """The project with other comp plans."""
    return write_project(project.root, settings=SETTINGS + PAY, comp_plans=plans)


def said(store: Store, period: str) -> tuple[Any, ...]:
    return said_of(read_calculation(store, "crm", period))


def said_of(kept: Any) -> tuple[Any, ...]:
    """All that a statement is made of."""
    tables = ("entries", "earnings", "credits", "measures", "names")
    plain = replace(kept, **dict.fromkeys(("project", "rules")))
    return tuple(getattr(plain, name).to_pylist() for name in tables), plain.calculation, plain.moves


def test_each_step_is_done_once(project: Project, closed: Store) -> None:
    before = kept_rows(closed, Q1)
    assert not calculate(project, closed, "crm", Q1, REV).is_new
    for state in ("reviewed", "approved", "closed"):
        assert not move_on(project, closed, "crm", Q1, state, APP).is_new  # type: ignore[arg-type]
    assert kept_rows(closed, Q1) == before


def test_erasing_a_record_or_the_connection_leaves_what_is_closed(closed: Store) -> None:
    before, kept = kept_rows(closed, Q1), said(closed, Q1)
    erase(closed, "crm", "opportunity", "6001")
    erase(closed, "crm", "user", "u2")
    erase_connection(closed, "crm")
    assert (kept_rows(closed, Q1), said(closed, Q1)) == (before, kept)
    assert all(each.is_same for each in replay(closed, "crm", None))
