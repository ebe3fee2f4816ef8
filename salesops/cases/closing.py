"""Cases that expect payouts: their pay periods are closed one after the other, each as known at its end."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pyarrow as pa

from config.comp_plans.cases import Expected
from salesops.cases.build import build_given
from salesops.cases.periods import SETTLED, find_period, pay_period
from salesops.cases.setup import first_day
from salesops.cases.transactions import payees_of
from salesops.compute import compute
from salesops.payment.entries import compute_entries
from salesops.payment.settling import Settling
from salesops.payment.tables import ENTRIES, MANUAL

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import date

    from config.comp_plans.cases import Transaction
    from salesops.calendar import Period
    from salesops.cases.model import Setup

_DAY = timedelta(days=1)


def is_closed_by_period(setup: Setup) -> bool:
    """Whether the case expects anything of payment."""
    expect = setup.case.expect
    each = [expect] if isinstance(expect, Expected) else expect.values()
    return any(one.model_fields_set.intersection(SETTLED) for one in each)


def pay_periods(setup: Setup, kind: str) -> Iterator[Period]:
    """The pay periods of the case, from its first day to its last, in order."""
    calendar, day = setup.around.rules.calendar, first_day(setup)
    while day <= setup.day:
        period = pay_period(calendar, kind, day)
        yield replace(period, kind=kind)  # type: ignore[arg-type]  # a half year is a kind of pay period
        day = period.end


def closed(setup: Setup) -> pa.Table:
    """ENTRIES of all pay periods of the case, each kind of them by itself, the shortest first."""
    kinds = dict.fromkeys(plan.period for plan in setup.plans.values())
    known: dict[str, Settling] = {}
    found = [_closed(setup, kind, known) for kind in sorted(kinds)]
    return pa.concat_tables([ENTRIES.empty_table(), *found])


def _closed(setup: Setup, kind: str, known: dict[str, Settling]) -> pa.Table:
    ledger = ENTRIES.empty_table()
    for number, period in enumerate(pay_periods(setup, kind)):
        then = as_known(setup, period.end - _DAY)
        given = build_given([then])
        state = "".join(each.model_dump_json() for each in then.case.transactions)
        if state not in known:
            known[state] = (
                compute(given.facts, given.rules, given.as_of, settling=True, estimated=False).settling or Settling()
            )
        payable = known[state].of(given.rules, period, _manual(setup, period))
        entries = compute_entries(given.rules, payable, ledger, period, number == 0)
        ledger = pa.concat_tables([ledger, entries])
    return ledger


def as_known(setup: Setup, day: date) -> Setup:
    """The case with its transactions as they are known at the end of a day."""
    return replace(setup, case=setup.case.model_copy(update={"transactions": tuple(_known(setup, day))}))


def _known(setup: Setup, day: date) -> Iterator[Transaction]:
    for each in setup.case.transactions:
        if each.known is not None and each.known > day:
            continue
        latest, is_gone = each, False
        for revision in each.revised:
            if revision.known <= day:
                said = revision.model_dump(exclude={"known", "gone", "fields"}, exclude_none=True)
                fields = {**latest.fields, **revision.fields}
                latest, is_gone = latest.model_copy(update={**said, "fields": fields}), revision.gone
        if not is_gone:
            yield latest.model_copy(update={"revised": (), "known": None})


def _manual(setup: Setup, period: Period) -> pa.Table:
    """The manual adjustments of a pay period."""
    rows = []
    for number, each in enumerate(setup.case.adjustments, 1):
        named = find_period(setup.around.rules.calendar, each.period, setup.day)
        if (named.start, named.end) == (period.start, period.end):
            payee = (each.payee or payees_of(setup)[0]).lower()
            said = {"payee_id": payee, "comp_plan": each.comp_plan or setup.comp_plan, "amount": each.amount}
            line = dict.fromkeys(("earned_in", "source", "transaction_id", "opportunity_id"), "")
            rows.append({**said, **line, "part": f"adjustment {number}", "day": None})
    return pa.Table.from_pylist(rows, schema=MANUAL)
