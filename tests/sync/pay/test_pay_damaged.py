"""A ledger that was damaged, or that somebody changed, is said to be."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from paid import CAL, REV

from sync.store.store import Store

if TYPE_CHECKING:
    from config.loader import Project

Q1 = "FY2025-Q1"


def test_a_damaged_chunk_is_found_by_a_replay(call, project: Project) -> None:
    call("calculate", Q1, "--by", CAL)
    with Store(project.root / project.settings.store) as store, store.transaction() as db:
        db.execute("DROP TRIGGER pay_chunk_never_update")
        db.execute("UPDATE pay_chunk SET content = substr(content, 2)")
    code, said = call("replay", Q1)
    assert (code, "is not what was kept" in said) == (1, True), said


def test_an_entry_that_somebody_wrote_is_found_by_a_replay(call, project: Project) -> None:
    call("calculate", Q1, "--by", CAL)
    with Store(project.root / project.settings.store) as store, store.transaction() as db:
        db.execute("DROP TRIGGER pay_entry_never_update")
        db.execute("UPDATE pay_entry SET amount = '1' WHERE posting = 1 AND account = 'held'")
    code, said = call("replay", Q1, "--json")
    assert (code, json.loads(said)["calculations"][0]["differs"]) == (1, ["entries"])


DAMAGES = {
    "a state": ("pay_state", "state = 'calculatee'", ["status"]),
    "the time of a move": ("pay_state", "at = ''", ["status"]),
    "an amount": ("pay_entry", "amount = '8x' WHERE posting = 1", ["ledger"]),
    "a cause": ("pay_entry", "cause = 'payd' WHERE cause = 'paid'", ["ledger"]),
    "an account": ("pay_entry", "account = 'payed' WHERE account = 'paid'", ["ledger"]),
    "a day": ("pay_calculation", "starts_on = '2025-01-'", ["status"]),
    "digests": ("pay_calculation", "digests = '{'", ["replay", Q1]),
    "the kind of period": ("pay_calculation", "kind = 'quartes'", ["replay", Q1]),
    "names": (
        "pay_chunk",
        "content = x'00' WHERE digest = (SELECT digest FROM pay_part WHERE name = 'names')",
        ["replay", Q1],
    ),
    "the name of an input": ("pay_part", "name = 'manuam' WHERE name = 'manual'", ["review", Q1, "--by", REV]),
}


@pytest.mark.parametrize("what", DAMAGES)
def test_a_damaged_ledger_is_said_to_be(what: str, call, project: Project) -> None:
    call("calculate", Q1, "--by", CAL)
    table, change, command = DAMAGES[what]
    with Store(project.root / project.settings.store) as store, store.transaction() as db:
        db.execute(f"DROP TRIGGER {table}_never_update")
        db.execute(f"UPDATE {table} SET {change}")
    code, said = call(*command)
    assert (code, "is not what was kept" in said) in {(1, True), (2, True)}, said


@pytest.mark.parametrize(
    "change",
    [
        "name = 'files/quotas/r.yaml' WHERE name = 'files/quotas/q.yaml'",
        "digest = (SELECT digest FROM pay_part WHERE name = 'manual') WHERE name = 'facts/opportunity'",
    ],
)
def test_inputs_that_somebody_exchanged_are_found_by_a_replay(change: str, call, project: Project) -> None:
    call("calculate", Q1, "--by", CAL)
    with Store(project.root / project.settings.store) as store, store.transaction() as db:
        db.execute("DROP TRIGGER pay_part_never_update")
        db.execute(f"UPDATE pay_part SET {change}")
    code, said = call("replay", Q1, "--json")
    assert (code, json.loads(said)["calculations"][0]["differs"]) == (1, ["inputs"])
