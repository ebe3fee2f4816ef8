"""The tables of payment: what it is reckoned from, and the entries that it makes."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

import pyarrow as pa

from salesops.results import AMOUNT

if TYPE_CHECKING:
    from collections.abc import Mapping
    from decimal import Decimal

Account = Literal[
    "earned",  # the source of what is earned: minus all of it
    "held",  # earned and not released yet
    "payable",  # released and not paid yet; below 0 it is a debt that is carried
    "paid",
    "advance",  # the source of draws: minus all of them
    "recovery",  # what was recovered, or forgiven, of draws
    "clawback",  # what was taken back of earnings
    "owed",  # minus what was taken back of pay and is not recovered yet
    "granted",  # the source of what is topped up, and of what is forgiven: minus all of it
    "lost",  # what was forfeited
    "adjusted",  # the source of manual adjustments: minus all of them
    "exchanged",  # between two currencies: what went in is above 0, in the other currency below
    "transferred",  # between comp plans: 0 for each payee and unit over all of them
]
"""Where an amount stands. Over all accounts the entries of a posting add up to zero, for each unit."""

Cause = Literal[
    "opening",  # earned before the ledger begins, and paid elsewhere
    "earned",
    "adjusted",  # the same of a pay period that is closed
    "released",
    "manual",
    "advanced",
    "recovered",
    "transferred",
    "forgiven",
    "topped_up",
    "clawed_back",
    "lost",
    "paid",
    "exchanged",
]

_ENTRIES: dict[str, pa.DataType] = {
    "period": pa.string(),  # the pay period whose calculation made it
    "posting": pa.int64(),  # from 1 in each calculation; entries of one number add up to zero
    "payee_id": pa.string(),
    "comp_plan": pa.string(),
    "account": pa.string(),
    "cause": pa.string(),
    "unit": pa.string(),  # a currency
    "amount": AMOUNT,
    # The component that earned, the step that did it, the other comp plan of a transfer, "" for payment itself.
    "part": pa.string(),
    "earned_in": pa.string(),  # these five of the earning that it is of, else ""; its pay period
    "day": pa.date32(),  # its day; null of what is of no earning
    "source": pa.string(),
    "transaction_id": pa.string(),
    "opportunity_id": pa.string(),
}
ENTRIES = pa.schema(_ENTRIES)
"""Sorted by posting, then account. The line of an entry is comp_plan, payee_id, part, earned_in, day, source,
transaction_id and opportunity_id together."""

_STEPS: dict[str, pa.DataType] = {
    "comp_plan": pa.string(),
    "component": pa.string(),  # one that is not paid, and that a step of payment names
    "payee_id": pa.string(),
    "period": pa.string(),
    "amount": AMOUNT,
}
STEPS = pa.schema(_STEPS)

_PRESENCE: dict[str, pa.DataType] = {
    "comp_plan": pa.string(),
    "payee_id": pa.string(),
    "period": pa.string(),
    "first_day": pa.date32(),  # of those in the period on which the payee is on the comp plan
    "last_day": pa.date32(),
    "started_on": pa.date32(),  # null where nobody knows
}
PRESENCE = pa.schema(_PRESENCE)

_EVENTS: dict[str, pa.DataType] = {
    "comp_plan": pa.string(),
    "kind": pa.string(),  # invoice, collection, or the name of a step of kind clawback
    "opportunity_id": pa.string(),
    "day": pa.date32(),
    "amount": AMOUNT,  # what is invoiced, or collected, that day; null of a clawback
    "whole": AMOUNT,  # the opportunity's amount; both in one currency
}
EVENTS = pa.schema(_EVENTS)

_MANUAL: dict[str, pa.DataType] = {
    "payee_id": pa.string(),
    "comp_plan": pa.string(),
    "part": pa.string(),  # the id of the adjustment
    "amount": AMOUNT,  # in the comp plan's currency; below 0 it takes away
    "earned_in": pa.string(),  # these of the line that it hangs on, else "" and null
    "day": pa.date32(),
    "source": pa.string(),
    "transaction_id": pa.string(),
    "opportunity_id": pa.string(),
}
MANUAL = pa.schema(_MANUAL)


@dataclass(frozen=True, slots=True)
class Payable:
    """What payment is reckoned from, as it stands now: all pay periods, of which those after the one that is
    calculated do not count. `rates` by comp plan: a unit of its currency in that of its pay, where these differ."""

    earnings: pa.Table  # EARNINGS with status earned
    steps: pa.Table = field(default_factory=STEPS.empty_table)
    presence: pa.Table = field(default_factory=PRESENCE.empty_table)
    events: pa.Table = field(default_factory=EVENTS.empty_table)
    manual: pa.Table = field(default_factory=MANUAL.empty_table)
    rates: Mapping[str, Decimal] = field(default_factory=dict)
