"""The steps of payment, one after the other: draws, clawbacks, the least and the most."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING, Any

from reference_payment_book import Book, Line, clip, later, months_between
from reference_world import months_later

from config.comp_plans.payment import Clawback, Draw, Maximum, Minimum

if TYPE_CHECKING:
    from datetime import date

NOTHING = Fraction(0)


def take_steps(book: Book) -> None:
    """Takes all steps; what is paid is what they leave. Without a comp plan there are none."""
    pays = book.pays
    for name, step in book.plan.payment.steps.items() if book.plan is not None else ():
        if isinstance(step, Draw):
            pays = _draw(book, name, step, pays)
        elif isinstance(step, Clawback):
            pays = _claw_back(book, name, step, pays)
        elif isinstance(step, Maximum):
            pays = _maximum(book, name, step, pays)
        else:
            pays = _minimum(book, name, step, pays)
    book.pays = pays


def give_back(book: Book) -> None:
    """What was clawed back by steps that there are no more goes back where it came from, and is paid."""
    if book.plan is not None and any(isinstance(step, Clawback) for step in book.plan.payment.steps.values()):
        return
    for line in book.lines:
        _take(book, line, NOTHING)
    book.pays += book.gets_back("")


def _amount(book: Book, said: str) -> Fraction:
    """The amount of a step in the period; never below nothing."""
    try:
        return max(Fraction(said), NOTHING)
    except ValueError:
        mine = {"component": said, "payee_id": book.payee, "period": book.world.period.name}
        rows = [row for row in book.rows("steps") if mine.items() <= row.items()]
        return max(sum((row["amount"] for row in rows), NOTHING), NOTHING)


def _counts(book: Book, step: Draw) -> bool:
    """Whether the draw is for the period."""
    presence = book.presence()
    if presence is None or step.months is None:
        return presence is not None
    known = [row["first_day"] for row in book.world.tables["presence"] if row["payee_id"] == book.payee]
    started: date = presence["started_on"] or min(known)
    return bool(presence["first_day"] < months_later(started, step.months))


def _draw(book: Book, name: str, step: Draw, pays: Fraction) -> Fraction:
    full, counts = _amount(book, step.amount), _counts(book, step)
    lacks = (full if step.on_top else max(full - pays, NOTHING)) if counts else NOTHING
    if not step.recoverable:
        book.post("topped_up", name, {"granted": -lacks, "payable": lacks})
        return pays + lacks
    _forgive(book, name, step)
    if lacks and not step.on_top:
        book.post("advanced", name, {"advance": -lacks, "payable": lacks})
        return pays + lacks
    kept = full if counts and not step.on_top else NOTHING
    recovered = max(NOTHING, min(_drawn(book, name), pays - kept, book.at_most(step.recover.at_most, pays)))
    if not may_recover(book, name, step):
        recovered = NOTHING
    book.post("recovered", name, {"payable": -recovered, "recovery": recovered})
    if step.on_top:
        book.post("advanced", name, {"advance": -lacks, "payable": lacks})
        return pays - recovered + lacks
    return pays - recovered


def _drawn(book: Book, name: str) -> Fraction:
    """What is owed of a draw."""
    return -book.sum("advance", "recovery", part=name)


def _advances(book: Book, name: str) -> list[dict[str, Any]]:
    mine = {"account": "advance", "part": name, "unit": book.unit}
    return [row for row in book.before if mine.items() <= row.items()]


def may_recover(book: Book, name: str, step: Draw) -> bool:
    """Whether the time has come for what a draw advanced to be recovered."""
    ends = [book.world.last_day(row["period"]) for row in _advances(book, name)]
    after = step.recover.after
    return not ends or after is None or later(min(ends), after) <= book.world.last


def _forgive(book: Book, name: str, step: Draw) -> None:
    if step.forgiven is None:
        return
    forgiven, owed, after = NOTHING, _drawn(book, name), step.forgiven.after
    if after is not None:
        old = list(_advances(book, name))
        old = [row for row in old if later(book.world.last_day(row["period"]), after) <= book.world.last]
        advanced = -sum((row["amount"] for row in old), NOTHING)
        forgiven = max(NOTHING, advanced - book.sum("recovery", part=name))
    if step.forgiven.on_leaving and book.has_left():
        forgiven = owed
    book.post("forgiven", name, {"granted": -forgiven, "recovery": forgiven})


def _claw_back(book: Book, name: str, step: Clawback, pays: Fraction) -> Fraction:
    assert book.plan is not None
    steps = {key: each for key, each in book.plan.payment.steps.items() if isinstance(each, Clawback)}
    for line, now in book.lines.items():
        shares = {key: _share(book, key, each, line) for key, each in steps.items()}
        takes = next((key for key, share in shares.items() if share is not None), None)
        if takes == name:
            there = now - book.sum("lost", line=line)
            _take(book, line, clip(book.part_of(now, shares[name] or NOTHING), there))
        elif takes is None and name == next(iter(steps)):
            _take(book, line, NOTHING)
    pays += book.gets_back(name)
    taken = max(NOTHING, min(-book.sum("owed"), pays, book.at_most(step.at_most, pays)))
    book.post("recovered", name, {"owed": taken, "payable": -taken})
    return pays - taken


def _share(book: Book, name: str, step: Clawback, line: Line) -> Fraction | None:
    """What share of a line is taken back; None where nothing says so."""
    if step.components and line[0] not in step.components:
        return None
    start = book.line_day(line)
    events = [row["day"] for row in book.rows("events") if (row["kind"], row["opportunity_id"]) == (name, line[5])]
    end = later(start, step.within) if step.within else None
    if step.takes == "stepped":
        end = months_later(start, step.steps[-1].until_month)
    fits = [day for day in events if start <= day <= book.world.last and (end is None or day < end)]
    if not fits or not line[5]:
        return None
    months = months_between(start, min(fits))
    if step.takes == "full":
        return Fraction(1)
    if step.takes == "stepped":
        return next(Fraction(each.share) for each in step.steps if months < each.until_month)
    assert step.within is not None
    if step.within.months:
        return 1 - Fraction(months, step.within.months)
    assert step.within.days is not None
    return 1 - Fraction((min(fits) - start).days, step.within.days)


def _take(book: Book, line: Line, target: Fraction) -> None:
    """Takes back of a line until so much of it is taken back in all."""
    clawed = book.sum("clawback", line=line)
    keeps = clip(clawed, target)
    back = clawed - keeps
    to_owed = clip(back, -book.sum("owed", cause="clawed_back", line=line))
    book.post_line("clawed_back", line, {"owed": to_owed, "held": back - to_owed, "clawback": -back})
    more = target - keeps
    from_held = clip(more, book.sum("held", line=line))
    book.post_line("clawed_back", line, {"held": -from_held, "owed": from_held - more, "clawback": more})


def _maximum(book: Book, name: str, step: Maximum, pays: Fraction) -> Fraction:
    world, most = book.world, _amount(book, step.amount)
    if step.over != "pay_period":
        end = world.interval_end(step.over, world.last)
        names = {row["period"] for row in book.before}
        for period in names:
            if world.interval_end(step.over, world.last_day(period)) == end:
                most -= book.sum("paid", "exchanged", period=period, cause="paid")
    excess = max(NOTHING, pays - max(most, NOTHING))
    if step.excess == "lost":
        book.post("lost", name, {"payable": -excess, "lost": excess})
    return pays - excess


def _minimum(book: Book, name: str, step: Minimum, pays: Fraction) -> Fraction:
    least = _amount(book, step.amount)
    if pays >= least:
        return pays
    if step.below == "topped_up":
        lacks = least - pays if book.presence() is not None else NOTHING
        book.post("topped_up", name, {"granted": -lacks, "payable": lacks})
        return pays + lacks
    if step.below == "lost":
        book.post("lost", name, {"payable": -pays, "lost": pays})
        return NOTHING
    return pays if book.has_left() else NOTHING
