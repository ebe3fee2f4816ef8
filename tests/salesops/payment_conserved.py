"""What must hold of every ledger of payment, whatever the rules say."""

from __future__ import annotations

from collections import defaultdict
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from reference_payment import reference_entries
from reference_payment_book import line_of

from config.comp_plans.payment import Clawback

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from random_payment import Closing

    from config.comp_plans import CompPlan

OF_LINES = {"opening", "earned", "adjusted", "released", "lost", "clawed_back"}
YEARS_LATER = 3

Row = dict[str, Any]
Sums = dict[tuple[Any, ...], Fraction]


def summed(rows: Iterable[Row], key: Callable[[Row], tuple[Any, ...]]) -> Sums:
    """Amounts by a key, without those that are nothing."""
    found: Sums = defaultdict(Fraction)
    for row in rows:
        found[key(row)] += Fraction(row["amount"])
    return {each: amount for each, amount in found.items() if amount}


def broken(ledger: list[Row], closing: Closing) -> list[str]:
    """What does not hold of a ledger after a closing, which is in it."""
    period = closing.period.name
    now = [row for row in ledger if row["period"] == period]
    draws = summed(
        (row for row in ledger if row["account"] in {"advance", "recovery"}), lambda row: (*_owner(row), row["part"])
    )
    owed = summed((row for row in ledger if row["account"] == "owed"), _owner)
    between = summed((row for row in now if row["account"] == "transferred"), lambda row: _owner(row)[1:])
    paid = summed((row for row in now if _is_payout(row)), _owner)
    left = summed((row for row in now if row["cause"] == "paid" and row["account"] == "payable"), _owner)
    return [
        *(f"posting {key} is {amount}" for key, amount in _postings(now).items()),
        *(f"more is recovered than was advanced: {key} {amount}" for key, amount in draws.items() if amount > 0),
        *(f"more is recovered than was owed: {key} {amount}" for key, amount in owed.items() if amount > 0),
        *(f"transfers of {key} are {amount}" for key, amount in between.items()),
        *(f"less than nothing is paid: {key} {amount}" for key, amount in paid.items() if amount < 0),
        *_wrongly_paid(closing, paid, left),
        *_not_taken_back(ledger, closing),
    ]


def unlike_in_one_go(ledger: list[Row], at_once: list[Row]) -> list[str]:
    """Lines that stand otherwise than in a ledger that was made in one go of what was known at last.

    What was forfeited depends on when, and so does what was paid before the ledger began: of such lines only what was
    earned must be the same; of those of which anything was taken back, by now or once, what was earned and taken back.
    """
    both, found = (_lines(ledger), _lines(at_once)), []
    clawed = {_line(row) for row in (*ledger, *at_once) if row["cause"] == "clawed_back"}
    for line in sorted(both[0].keys() | both[1].keys(), key=str):
        mine, other = (each.get(line, {}) for each in both)
        accounts = {"earned"}
        if not {"lost", "paid"} & (mine.keys() | other.keys()):
            accounts |= {"clawback"} if line in clawed else {"held", "payable"}
        found += [
            f"{line}: {account} is {mine.get(account, 0)}, and in one go {other.get(account, 0)}"
            for account in sorted(accounts)
            if mine.get(account, 0) != other.get(account, 0)
        ]
    return found


def later(closing: Closing, ledger: list[Row]) -> list[Row]:
    """The ledger with two pay periods years later, when nothing new is known and all is due."""
    calendar, whole = closing.rules.calendar, list(ledger)
    start = closing.period.start.replace(day=1, year=closing.period.start.year + YEARS_LATER)
    first = calendar.period_of(closing.period.kind, start)
    for period in (first, calendar.period_of(closing.period.kind, first.end)):
        whole += reference_of(
            closing._replace(period=period, first=False, tables=closing.tables | {"manual": []}), whole
        )
    return whole


def still_held(ledger: list[Row], closing: Closing) -> list[str]:
    """What is held, and no rest of a rounding, of comp plans that wait for nothing but time, when all time is over."""
    places = {
        (name, plan.pays_in(closing.rules.currency)): plan.rounding.places
        for name, plan in closing.rules.comp_plans.items()
        if plan.period == closing.period.kind
    }
    waiting = {name for name, plan in closing.rules.comp_plans.items() if _waits(plan)}
    held = summed((row for row in ledger if row["account"] == "held"), _line)
    return [
        f"{key}: {amount} is held"
        for key, amount in held.items()
        if (key[0], key[2]) not in places
        or (key[0] not in waiting and abs(amount) >= Fraction(1, 10 ** places[key[0], key[2]]))
    ]


def _waits(plan: CompPlan) -> bool:
    return any(part.on in {"invoice", "collection"} for part in plan.payment.release)


def reference_of(closing: Closing, ledger: list[Row]) -> list[Row]:
    """What the reference posts at a closing."""
    return reference_entries(closing.rules, closing.tables, closing.rates, ledger, closing.period, closing.first)


def _owner(row: Row) -> tuple[str, str, str]:
    return row["comp_plan"], row["payee_id"], row["unit"]


def _is_payout(row: Row) -> bool:
    return bool(row["account"] == "paid" and row["cause"] == "paid")


def _postings(rows: list[Row]) -> Sums:
    """What the postings come to; of the reference, which does not number them, what is posted of each line for each
    cause."""
    return summed(rows, lambda row: (row.get("posting"), *_owner(row), row["cause"], *line_of(row)))


def _wrongly_paid(closing: Closing, paid: Sums, left: Sums) -> Iterator[str]:
    """Where payroll gets something else than what is payable no more, in the currency of pay."""
    plans, told = closing.rules.comp_plans, defaultdict[tuple[Any, ...], Fraction](Fraction)
    for (name, payee, unit), amount in left.items():
        plan = plans.get(name)
        is_its = (
            plan is not None and plan.period == closing.period.kind and plan.pays_in(closing.rules.currency) == unit
        )
        currency = plan.payment.currency if plan is not None and is_its else None
        if currency is None or currency == unit:
            told[name, payee, unit] -= amount
        else:
            places = 10**plan.rounding.places  # type: ignore[union-attr]
            told[name, payee, currency] += Fraction(
                int(-amount * Fraction(closing.rates[name]) * places + Fraction(1, 2)), places
            )
    for key in paid.keys() | told.keys():
        if paid.get(key, 0) != told.get(key, 0):
            yield f"payroll of {key} is {paid.get(key, 0)}, and {told.get(key, 0)} are payable no more"


def _not_taken_back(ledger: list[Row], closing: Closing) -> Iterator[str]:
    """Lines of which something is left though their deal is cancelled and all of it is taken back, or that are gone."""
    for line, sums in _lines(ledger).items():
        plan = closing.rules.comp_plans.get(line[0])
        left = sum((sums.get(account, Fraction(0)) for account in ("held", "payable", "paid", "owed")), Fraction(0))
        its = (
            plan is not None and plan.period == closing.period.kind and plan.pays_in(closing.rules.currency) == line[2]
        )
        if plan is not None and its and "earned" in sums and _is_cancelled(plan, line, closing):
            if left:
                yield f"{line}: {left} is left of a deal that is cancelled"
        elif "earned" not in sums and (left or sums.keys() & {"lost", "clawback"}):
            yield f"{line}: {left} is left of what is gone"


def _is_cancelled(plan: CompPlan, line: tuple[Any, ...], closing: Closing) -> bool:
    """Whether the first clawback of a comp plan takes all of a line back, at whatever time it was cancelled."""
    steps = [(name, step) for name, step in plan.payment.steps.items() if isinstance(step, Clawback)]
    if not steps or not line[-1]:
        return False
    name, step = steps[0]
    if step.components and line[3] not in step.components:
        return False
    days = [
        row["day"]
        for row in closing.tables["events"]
        if (row["comp_plan"], row["kind"], row["opportunity_id"]) == (line[0], name, line[-1])
    ]
    return step.takes == "full" and step.within is None and any(line[5] <= each < closing.period.end for each in days)


def _lines(ledger: list[Row]) -> dict[tuple[Any, ...], Sums]:
    """What stands in the accounts of each line."""
    found: dict[tuple[Any, ...], Sums] = defaultdict(dict)
    of_lines = (row for row in ledger if row["cause"] in OF_LINES and row["earned_in"])
    for (account, *line), amount in summed(of_lines, lambda row: (row["account"], *_line(row))).items():
        found[tuple(line)][account] = amount
    return found


def _line(row: Row) -> tuple[Any, ...]:
    """Comp plan, payee and unit, then the columns of `Line`."""
    return (*_owner(row), *line_of(row))
