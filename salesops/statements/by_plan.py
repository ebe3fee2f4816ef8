"""What a statement says of one comp plan."""

from __future__ import annotations

from collections import defaultdict
from datetime import date, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

from config.comp_plans.base import shown_label
from salesops.money import round_decimal
from salesops.statements.books import LINE, PAYS
from salesops.statements.due import dues
from salesops.statements.ladders import ladders
from salesops.statements.model import (
    Adjusted,
    Answered,
    Balance,
    ByPlan,
    Change,
    Component,
    Credited,
    Earned,
    Held,
    Manual,
    Measured,
    Money,
    Of,
    TakenBack,
)
from salesops.statements.summary import summary, total

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from typing import Any, TypeAlias

    from config.comp_plans import CompPlan
    from salesops.statements.books import Books, Row
    from salesops.statements.model import Calculation, Due, Objection

    Key: TypeAlias = tuple[Any, ...]

_NOTHING = Decimal(0)


def build_by_plan(
    books: Books,
    name: str,
    currency: str,
    disputed: Sequence[Objection],
    entries: Sequence[Row],
    before: Sequence[Row],
    last: Sequence[Row],
    earnings: Sequence[Row],
    credited: Sequence[Row],
    measured: Sequence[Row],
    placed: Sequence[Row],
) -> ByPlan:
    """What a comp plan says of the period, from a payee's rows of it in a currency. `before` are balances by line."""
    calculation = books.calculation
    plan = calculation.comp_plans.get(name)
    of = Named(plan, calculation)
    paid = -total(entries, "payable", PAYS)
    units = (row["unit"] for row in entries if row["account"] == "paid" and row["cause"] in PAYS)
    pay_currency = next(units, (plan.payment.currency if plan else None) or currency)
    balances = tuple(_balances(of, entries, before))
    return ByPlan(
        name=name,
        label=plan.label if plan else shown_label(name, None),
        currency=currency,
        summary=summary(entries, total(before, "payable"), of.part),
        paid=paid,
        payout=Money(total(entries, "paid", PAYS), pay_currency),
        components=_components(of, entries, earnings, calculation.period.name),
        ladders=tuple(ladders(of, placed)),
        measures=tuple(_measures(of, measured)),
        adjustments=tuple(_adjustments(of, entries, before)),
        held=tuple(_held(of, books, entries, before)),
        taken_back=tuple(_taken_back(of, entries)),
        manual=tuple(_manual(of, books, entries)),
        disputes=tuple(_answered(of, each) for each in disputed),
        balances=balances,
        changes=_changes(entries, last, balances) if books.previous else (),
        opening=-total(entries, "earned", {"opening"}),
        credits=tuple(_credits(of, credited)),
    )


class Named:
    """Lines and parts of a comp plan with the names that people know them by."""

    def __init__(self, plan: CompPlan | None, calculation: Calculation) -> None:
        self.plan = plan
        self._comp_plans = calculation.comp_plans
        self._opportunities = calculation.opportunities

    def component(self, name: str) -> str:
        found = self.plan.components.get(name) if self.plan else None
        return shown_label(name, found.label if found else None)

    def step(self, name: str) -> str:
        found = self.plan.payment.steps.get(name) if self.plan else None
        return shown_label(name, found.label if found else None)

    def part(self, cause: str, name: str) -> str:
        """What did it: of a transfer the other comp plan, else a step."""
        if cause != "transferred":
            return self.step(name)
        other = self._comp_plans.get(name)
        return other.label if other else shown_label(name, None)

    def measure(self, name: str) -> str:
        found = self.plan.measures.get(name) if self.plan else None
        return shown_label(name, found.label if found else None)

    def credit(self, name: str) -> str:
        found = self.plan.credits.get(name) if self.plan else None
        return shown_label(name, found.label if found else None)

    def opportunity(self, opportunity_id: str | None) -> str:
        return self._opportunities.get(opportunity_id or "", "")

    def line(self, key: Key) -> Of:
        part, earned_in, day, source, transaction_id, opportunity_id = key
        name = self.opportunity(opportunity_id)
        label = self.component(part) if part else ""
        return Of(part, label, earned_in, day, source, transaction_id, opportunity_id, name)


def _key(row: Row) -> Key:
    return tuple(row[name] for name in LINE)


def _in_order(keys: Iterable[Key]) -> list[Key]:
    """Lines by the day, then by what they are of."""

    def place(key: Key) -> Key:
        part, earned_in, day, source, transaction_id, opportunity_id = key
        return day or date.min, source, transaction_id, opportunity_id, earned_in, part

    return sorted(keys, key=place)


def _by_line(rows: Iterable[Row], account: str, causes: frozenset[str] | set[str] | None = None) -> dict[Key, Decimal]:
    """The sum of an account by line; of entries that are of no earning nothing."""
    found: dict[Key, Decimal] = defaultdict(Decimal)
    for row in rows:
        if row["account"] == account and row["earned_in"] and (causes is None or row["cause"] in causes):
            found[_key(row)] += row["amount"]
    return found


def _components(of: Named, entries: Sequence[Row], earnings: Sequence[Row], period: str) -> tuple[Component, ...]:
    amounts = _by_line(entries, "earned", {"earned"})
    counted: dict[Key, Decimal] = defaultdict(Decimal)
    for row in earnings:
        its = (row["source"] or "", row["transaction_id"] or "", row["opportunity_id"] or "")
        key = (row["component"], period, row["day"], *its)
        # A transaction that counts and earns nothing is told as well, so that nobody looks for it.
        if key in amounts or (row["credit"] and not row["amount"]):
            counted[key] += row["credit"] or _NOTHING
    lines: dict[str, list[Earned]] = defaultdict(list)
    for key in _in_order({*amounts, *counted}):
        credit, amount = counted.get(key, _NOTHING), -amounts.get(key, _NOTHING)
        rate = round_decimal(amount / credit, 6) if credit else None
        lines[key[0]].append(Earned(of.line(key), credit, rate, amount))
    known = list(of.plan.components) if of.plan else []
    names = sorted(lines, key=lambda name: (known.index(name) if name in known else len(known), name))
    return tuple(
        Component(name, of.component(name), sum((each.amount for each in lines[name]), _NOTHING), tuple(lines[name]))
        for name in names
    )


def _adjustments(of: Named, entries: Sequence[Row], before: Sequence[Row]) -> Iterable[Adjusted]:
    posted, differences = _by_line(before, "earned"), _by_line(entries, "earned", {"adjusted"})
    for key in _in_order(differences):
        was = -posted.get(key, _NOTHING)
        yield Adjusted(of.line(key), was, was - differences[key])


def _held(of: Named, books: Books, entries: Sequence[Row], before: Sequence[Row]) -> Iterable[Held]:
    """Lines of which something is still held, or came out of what was held before."""
    start, moved = _by_line(before, "held"), _by_line(entries, "held")
    released = _by_line(entries, "held", {"released"})
    earned = _by_line((*before, *entries), "earned")
    last = books.calculation.period.end - timedelta(days=1)
    for key in _in_order({*start, *moved}):
        out, held = -released.get(key, _NOTHING), start.get(key, _NOTHING) + moved.get(key, _NOTHING)
        if not held and not (start.get(key) and out):
            continue
        whole = -earned.get(key, _NOTHING)
        when: tuple[Due, ...] = ()
        if held and whole and of.plan:
            day = key[2] or books.last_days.get(key[1], last)
            when = dues(of.plan.payment.release_of(key[0]), day, last, held / whole, books.calculation.calendar)
        yield Held(of.line(key), whole, out, held, when)


def _taken_back(of: Named, entries: Sequence[Row]) -> Iterable[TakenBack]:
    for kind in ("clawed_back", "lost"):
        held, owed = _by_line(entries, "held", {kind}), _by_line(entries, "owed", {kind})
        for key in _in_order({*held, *owed}):
            yield TakenBack(of.line(key), kind, held.get(key, _NOTHING), owed.get(key, _NOTHING))


def _manual(of: Named, books: Books, entries: Sequence[Row]) -> Iterable[Manual]:
    for row in sorted((row for row in entries if row["cause"] == "manual"), key=lambda row: str(row["part"])):
        if row["account"] != "payable":
            continue
        why = books.calculation.reasons.get(row["part"])
        part = why.component if why else ""
        line = of.line((part, *_key(row)[1:])) if row["earned_in"] or row["transaction_id"] else None
        yield Manual(row["part"], row["amount"], why.text if why else "", why.by if why else "", line)


def _answered(of: Named, each: Objection) -> Answered:
    return Answered(each.id, of.line(each.line), each.period, each.reason, each.outcome, each.answer, each.amount)


def _balances(of: Named, entries: Sequence[Row], before: Sequence[Row]) -> Iterable[Balance]:
    """What is held, what is owed of draws by step and of clawbacks, and what is carried; only what is or was there."""
    found = [_balance(Balance("held", "", *[_NOTHING] * 4), before, entries, {"earned", "adjusted"}, ("held",), 1)]
    steps = dict.fromkeys(row["part"] for row in (*before, *entries) if row["account"] in {"advance", "recovery"})
    for step in sorted(steps):
        was, its = ([row for row in rows if row["part"] == step] for rows in (before, entries))
        empty = Balance("draw", of.step(step), *[_NOTHING] * 4)
        found.append(_balance(empty, was, its, {"advanced"}, ("advance", "recovery"), -1))
    empty = Balance("clawback", "", *[_NOTHING] * 4)
    found.append(_balance(empty, before, entries, {"clawed_back"}, ("owed",), -1))
    start, added, taken = total(before, "payable"), _NOTHING, -total(entries, "payable", PAYS)
    added = total(entries, "payable") + taken
    found.append(Balance("carried", "", start, added, taken, start + added - taken))
    for each in found:
        # What comes and goes within the period was neither held nor carried.
        if each.start or each.end or (each.kind in {"draw", "clawback"} and (each.added or each.taken)):
            yield each


def _balance(
    empty: Balance, before: Sequence[Row], entries: Sequence[Row], adds: set[str], accounts: tuple[str, ...], sign: int
) -> Balance:
    start = sum((sign * total(before, account) for account in accounts), _NOTHING)
    added = sum((sign * total(entries, account, adds) for account in accounts), _NOTHING)
    end = start + sum((sign * total(entries, account) for account in accounts), _NOTHING)
    return Balance(empty.kind, empty.label, start, added, start + added - end, end)


def _measures(of: Named, rows: Sequence[Row]) -> Iterable[Measured]:
    known = list(of.plan.measures) if of.plan else []
    for row in sorted(rows, key=lambda row: (_place(known, row["measure"]), row["interval"], row["group"] or "")):
        name = row["measure"]
        figures = (row["value"], row["target"], row["attainment"])
        yield Measured(name, of.measure(name), row["interval"], row["group"] or "", *figures)


def _place(known: Sequence[str], name: str) -> tuple[int, str]:
    return (known.index(name) if name in known else len(known)), name


def _credits(of: Named, rows: Sequence[Row]) -> Iterable[Credited]:
    known = list(of.plan.credits) if of.plan else []

    def place(row: Row) -> Key:
        its = (row["source"] or "", row["transaction_id"] or "", row["amount"])
        return _place(known, row["credit"]), row["day"] or date.min, *its

    for row in sorted(rows, key=place):
        its = (row["source"] or "", row["transaction_id"] or "", row["opportunity_id"] or "")
        name = of.opportunity(row["opportunity_id"])
        yield Credited(row["credit"], of.credit(row["credit"]), row["day"], *its, name, row["amount"])


def _changes(entries: Sequence[Row], last: Sequence[Row], balances: Sequence[Balance]) -> tuple[Change, ...]:
    """The figures of the period before beside those of this one, where either is not 0."""

    def flow(rows: Sequence[Row], cause: str) -> Decimal:
        return -total(rows, "earned", {cause})

    def stands(*kinds: str) -> tuple[Decimal, Decimal]:
        its = [each for each in balances if each.kind in kinds]
        return sum((each.start for each in its), _NOTHING), sum((each.end for each in its), _NOTHING)

    found = (
        Change("earned", flow(last, "earned"), flow(entries, "earned")),
        Change("adjusted", flow(last, "adjusted"), flow(entries, "adjusted")),
        Change("paid", -total(last, "payable", PAYS), -total(entries, "payable", PAYS)),
        Change("held", *stands("held")),
        Change("owed", *stands("draw", "clawback")),
        Change("carried", *stands("carried")),
    )
    return tuple(each for each in found if each.before or each.now)
