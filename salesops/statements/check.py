"""Whether a statement says what the ledger says. One that does not is never made."""

from __future__ import annotations

from collections import defaultdict
from decimal import Decimal
from typing import TYPE_CHECKING, TypeAlias

from config.scalars import decimal_text
from salesops.statements.books import PAYS
from salesops.statements.summary import total

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from salesops.statements.books import Row
    from salesops.statements.model import ByPlan, Statement

    Part: TypeAlias = tuple[str, str]
    """A comp plan, and a currency that it has entries in."""


class DoesNotAddUp(AssertionError):
    """A statement whose sums are not those of the ledger: a defect of ours, or a ledger that was changed by hand."""


def check(
    statement: Statement, entries: Sequence[Row], parts: Mapping[Part, tuple[Sequence[Row], Sequence[Row]]]
) -> None:
    """DoesNotAddUp with every sum that is not that of the payee's entries and of the balances before them.

    `parts` are both by comp plan and currency.
    """
    wrong = list(_postings(entries))
    for plan in statement.plans:
        wrong += [f"{plan.name}: {each}" for each in _of_plan(plan, *parts[plan.name, plan.currency])]
    told: dict[str, Decimal] = defaultdict(Decimal)
    paid: dict[str, Decimal] = defaultdict(Decimal)
    for each in statement.paid:
        told[each.currency] += each.amount
    for row in entries:
        if row["account"] == "paid" and row["cause"] in PAYS:
            paid[row["unit"]] += row["amount"]
    wrong += [_differ(f"paid in {unit}", told[unit], paid[unit]) for unit in {*told, *paid} if told[unit] != paid[unit]]
    if wrong:
        raise DoesNotAddUp(
            f"the statement of {statement.payee_id} for {statement.period} does not add up: "
            f"{'; '.join(sorted(wrong))}. It was not made. Run `salesops pay replay` for the period, and report this."
        )


def _postings(entries: Sequence[Row]) -> Iterator[str]:
    sums: dict[tuple[int, str], Decimal] = defaultdict(Decimal)
    for row in entries:
        sums[row["posting"], row["unit"]] += row["amount"]
    yield from (
        f"posting {number} is off by {decimal_text(left)} {unit}" for (number, unit), left in sums.items() if left
    )


def _of_plan(plan: ByPlan, entries: Sequence[Row], before: Sequence[Row]) -> Iterator[str]:
    """Sums of what is shown beside the same sums of the ledger; each pair is reckoned in two ways."""
    figures = {figure.kind: figure.amount for figure in plan.summary}
    earned, adjusted = (-total(entries, "earned", {cause}) for cause in ("earned", "adjusted"))
    ends = {each.kind: Decimal(0) for each in plan.balances}
    for each in plan.balances:
        ends[each.kind] += each.end
    everything = (*before, *entries)
    owed = -_sum(total(everything, account) for account in ("advance", "recovery"))
    # What is exchanged is so much in the comp plan's currency.
    account = "paid" if plan.payout.currency == plan.currency else "exchanged"
    in_own = _sum(row["amount"] for row in entries if (row["account"], row["unit"]) == (account, plan.currency))
    pairs = (
        ("the summary", _sum(figure.amount for figure in plan.summary), plan.paid),
        ("what is paid", plan.paid, in_own - (plan.opening if account == "paid" else 0)),
        ("earned", figures.get("earned", Decimal(0)), earned),
        ("all that is earned", earned + adjusted + plan.opening, -total(entries, "earned")),
        ("components", _sum(each.amount for each in plan.components), earned),
        ("transactions", _sum(line.amount for each in plan.components for line in each.lines), earned),
        ("adjustments", _sum(each.difference for each in plan.adjustments), adjusted),
        ("manual adjustments", _sum(each.amount for each in plan.manual), -total(entries, "adjusted")),
        ("what is held", _sum(each.held for each in plan.held), total(everything, "held")),
        ("the balance held", ends.get("held", Decimal(0)), total(everything, "held")),
        ("the balance of draws", ends.get("draw", Decimal(0)), owed),
        ("the balance of clawbacks", ends.get("clawback", Decimal(0)), -total(everything, "owed")),
        ("the balance carried", ends.get("carried", Decimal(0)), total(everything, "payable")),
    )
    yield from (_differ(*each) for each in pairs if each[1] != each[2])
    yield from _tiers(plan)


def _tiers(plan: ByPlan) -> Iterator[str]:
    """Tiers that do not add up to their worth, and components whose intervals are not what the ledger has of them."""
    earned = {each.name: each.amount for each in plan.components}
    told: dict[str, Decimal] = defaultdict(Decimal)
    for ladder in plan.ladders:
        told[ladder.component] += ladder.earned
        amounts = [tier.amount for tier in ladder.tiers if tier.amount is not None]
        if ladder.worth is not None and amounts and _sum(amounts) != ladder.worth:
            what = f"the sum of the tiers of {ladder.component} in {ladder.interval}"
            yield f"{what} comes to {decimal_text(_sum(amounts))}, all together to {decimal_text(ladder.worth)}"
    for name, amount in told.items():
        if amount != (posted := earned.get(name, Decimal(0))):
            yield _differ(f"what is earned by tiers of {name}", amount, posted)


def _sum(amounts: Iterable[Decimal]) -> Decimal:
    return sum(amounts, Decimal(0))


def _differ(what: str, told: Decimal, ledger: Decimal) -> str:
    return f"{what} comes to {decimal_text(told)}, in the ledger to {decimal_text(ledger)}"
