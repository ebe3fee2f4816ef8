"""Payment in plain loops and exact fractions: what a pay period posts, given all that was posted before."""

from __future__ import annotations

from datetime import date
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from reference_pay_formulas import rounded
from reference_payment_book import LINE, Book, Line, Row, World, clip, later, line_of
from reference_payment_debts import is_left_behind, settle_debts
from reference_payment_steps import give_back, take_steps
from reference_world import months_later

if TYPE_CHECKING:
    from collections.abc import Mapping

    from config.comp_plans.payment import Release
    from salesops.calendar import Period
    from salesops.rules import Rules

NOTHING = Fraction(0)


def reference_entries(
    rules: Rules,
    tables: Mapping[str, list[Row]],
    rates: Mapping[str, Any],
    ledger: list[Row],
    period: Period,
    first: bool,
) -> list[Row]:
    """The entries of a period, without numbers of postings. `tables` has the lists that Payable has as tables."""
    exact = {
        name: [{key: Fraction(each) if key in {"amount", "whole"} and each is not None else each
                for key, each in row.items()} for row in rows]
        for name, rows in tables.items()
    }  # fmt: skip
    periods = {each.name: each for each in rules.calendar.periods(period.kind, date(2015, 1, 1), date(2035, 1, 1))}
    world = World(rules.calendar, periods, period, first, exact, {name: Fraction(rate) for name, rate in rates.items()})
    books: list[Book] = []
    for name, payee, unit in sorted(_owners(rules, world, ledger)):
        plan = rules.comp_plans.get(name)
        if plan is not None and (plan.period != period.kind or unit != _unit(rules, ledger, name)):
            plan = None
        before = [row for row in ledger if (row["comp_plan"], row["payee_id"]) == (name, payee)]
        books.append(Book(world, name, payee, unit, plan, before))
    for book in books:
        _reckon(book, book.unit == _unit(rules, ledger, book.name))
        give_back(book)
    for book in filter(is_left_behind, books):
        take_steps(book)
    settle_debts(books)
    for book in books:
        if not is_left_behind(book):
            take_steps(book)
        _pay(book)
    return [row for book in books for row in book.made]


def _owners(rules: Rules, world: World, ledger: list[Row]) -> set[tuple[str, str, str]]:
    """Who may have anything posted: comp plan, payee and currency."""
    found = {(row["comp_plan"], row["payee_id"], row["unit"]) for row in ledger}
    for table in ("earnings", "presence", "manual"):
        for row in world.tables[table]:
            plan = rules.comp_plans.get(row["comp_plan"])
            if table == "manual" or (plan is not None and plan.period == world.period.kind):
                found.add((row["comp_plan"], row["payee_id"], _unit(rules, ledger, row["comp_plan"])))
    return found


def _unit(rules: Rules, ledger: list[Row], name: str) -> str:
    """What a comp plan pays; where it is no more, what it earned or paid last: where its currency changed then, the new
    one."""
    plan = rules.comp_plans.get(name)
    if plan is not None:
        return plan.unit or plan.currency or rules.currency
    its: dict[str, list[str]] = {}
    for row in ledger:
        if row["comp_plan"] == name and row["account"] in {"earned", "payable"}:
            its.setdefault(row["unit"], []).append(row["period"])
    return max(its, key=lambda unit: (max(its[unit]), min(its[unit]), unit), default=rules.currency)


def _reckon(book: Book, is_adjusted: bool) -> None:
    """Posts what is earned, released and adjusted; then what is paid before steps, and what is owed, is known."""
    carried, nets = book.sum("payable"), dict[str, Fraction]()
    book.lines = _earn(book)
    for line, now in book.lines.items():
        released = _release(book, line, now)
        nets[line[4] or line[0]] = nets.get(line[4] or line[0], NOTHING) + released
    if is_adjusted:
        for row in book.rows("manual"):
            if row["payee_id"] == book.payee:
                key = row["transaction_id"] or row["part"]
                nets[key] = nets.get(key, NOTHING) + row["amount"]
                line = tuple(row[name] for name in LINE)
                book.post("manual", row["part"], {"adjusted": -row["amount"], "payable": row["amount"]}, line)
    _first_pays(book, carried, nets)


def _earn(book: Book) -> dict[Line, Fraction]:
    """What each line has earned as it is known now; posts what is new of it."""
    world, now = book.world, dict[Line, Fraction]()
    for row in book.before:
        if row["account"] == "earned" and row["unit"] == book.unit:
            now[line_of(row)] = NOTHING
    for row in book.rows("earnings") if book.plan is not None else []:
        if row["payee_id"] == book.payee and world.periods[row["period"]].start <= world.period.start:
            line = line_of(row, "component", "period")
            now[line] = now.get(line, NOTHING) + row["amount"]
    for line, amount in now.items():
        new = amount + book.sum("earned", line=line)
        if line[1] == world.period.name:
            book.post_line("earned", line, {"earned": -new, "held": new})
        elif world.first:
            book.post_line("opening", line, {"earned": -new, "paid": new})
        else:
            book.post_line("adjusted", line, {"earned": -new, "held": new})
    return now


def _release(book: Book, line: Line, now: Fraction) -> Fraction:
    """Posts what is newly released, and lost; gives what is released."""
    parts = [each for each in book.plan.payment.release if line[0] in each.components] if book.plan is not None else []
    if book.plan is not None and not parts:
        parts = [each for each in book.plan.payment.release if not each.components]
    due, forfeit = NOTHING if parts else Fraction(1), NOTHING
    for part in parts:
        loses = part.if_left == "lost" and book.has_left()
        seen = loses and book.seen_until() > date.min  # of whom nobody knows when they left, all is held until today
        fraction = _fraction(book, line, part, book.seen_until() if seen else book.world.last)
        due += Fraction(part.share) * fraction
        forfeit += Fraction(part.share) * (1 - fraction) if loses else NOTHING
    opening = book.sum("paid", cause="opening", line=line)
    amount = now - opening
    if amount * opening < 0:  # all of it was paid, so all that was too much is taken off
        due, forfeit = Fraction(1), NOTHING
    room = amount + book.sum("held", cause="clawed_back", line=line)
    lost_before, released_before = (-book.sum("held", cause=cause, line=line) for cause in ("lost", "released"))
    lost = clip(lost_before, room)
    released = clip(book.part_of(amount, due), room - lost)
    newly_lost = clip(book.part_of(amount, forfeit), room - released) if forfeit else NOTHING
    lost = newly_lost if abs(newly_lost) > abs(lost) else lost
    new = released - released_before
    book.post_line("released", line, {"held": -new, "payable": new})
    book.post_line("lost", line, {"held": lost_before - lost, "lost": lost - lost_before})
    return new


def _fraction(book: Book, line: Line, part: Release, last: date) -> Fraction:
    """How much of a part of release is due on a day."""
    world, day = book.world, book.line_day(line)
    if part.on == "earned" or (part.on is not None and not line[5]):
        return Fraction(1)
    if part.on is not None:
        events = [row for row in book.rows("events") if (row["kind"], row["opportunity_id"]) == (part.on, line[5])]
        events = [row for row in events if row["day"] <= last]
        whole = next((row["whole"] for row in events), None)
        if whole is None or whole <= 0:
            return Fraction(1 if events else 0)
        return min(Fraction(1), max(NOTHING, sum((row["amount"] for row in events), NOTHING) / whole))
    if part.over is not None and part.over.months is not None:
        months, ends = part.over.months, last if part.after else max(day, last)
        first = later(day, part.after) if part.after else day
        return Fraction(sum(months_later(first, number) <= ends for number in range(months)), months)
    if part.after is not None:
        return Fraction(1 if later(day, part.after) <= last else 0)
    assert part.at is not None
    return Fraction(1 if world.interval_end(part.at.removesuffix("_end"), day) <= last else 0)


def _first_pays(book: Book, carried: Fraction, nets: dict[str, Fraction]) -> None:
    """What the period would pay before any step, what it leaves owed, and what other debts may still take."""
    share = book.plan.payment.recover_at_most if book.plan is not None else None
    if share is None:
        book.pays = max(carried + sum(nets.values(), NOTHING), NOTHING)
    else:
        plus = max(carried, NOTHING) + sum((net for net in nets.values() if net > 0), NOTHING)
        minus = max(-carried, NOTHING) - sum((net for net in nets.values() if net < 0), NOTHING)
        most = min(book.at_most(share, plus), plus)
        book.pays, book.lets_go = plus - min(minus, most), most - min(minus, most)
    book.carried_debt = book.pays - carried - sum(nets.values(), NOTHING)


def _pay(book: Book) -> None:
    pays = book.pays
    currency = book.plan.payment.currency if book.plan is not None else None
    if currency is None or currency == book.unit:
        book.post("paid", "", {"payable": -pays, "paid": pays})
        return
    assert book.plan is not None
    there = rounded(pays * book.world.rates[book.name], book.plan.rounding.places, "half_up") if pays else NOTHING
    book.post("paid", "", {"payable": -pays, "exchanged": pays})
    book.post("paid", "", {"exchanged": -there, "paid": there}, unit=currency)
