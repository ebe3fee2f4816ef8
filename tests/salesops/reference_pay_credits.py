"""Credits: which transactions count for which payee, on which day, and as how much."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING, Any, NamedTuple

from reference_conditions import as_text, meets
from reference_pay_events import Earned, Event
from reference_pay_formulas import evaluate
from reference_pay_people import on_day
from reference_pay_plan import credit_of, row_formulas
from reference_pay_recipients import Recipient, recipients
from reference_pay_rows import day_of, names_of, rate_of, row_number
from reference_rows import MONEY, counted
from reference_world import months_later, nearest

from config.sources import SOURCES, NoField, find_field

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import date

    from reference_pay_people import OnDay
    from reference_rows import Counted
    from reference_world import Row as Record
    from reference_world import World

    from config.comp_plans import Credit
    from config.metrics import SimpleMetric

FROM_WINNING = {"stage", "is_closed", "is_won"}
"""What winning an opportunity changes."""

EVERY = {"month": 1, "quarter": 3, "year": 12}


class Counts(NamedTuple):
    """A transaction on one of its days: the share of it that counts there, from where to where of the whole."""

    row: Record
    source: str
    day: date
    before: Fraction
    after: Fraction


def events(world: World, name: str, last: date, earned: Iterable[Earned]) -> list[Event]:
    """The events of a comp plan's payees up to the day before `last`, in order."""
    found: dict[tuple[str, date, str, str], Event] = {}
    for credit, rule in world.rules.comp_plans[name].credits.items():
        if rule.metric is not None:
            metric = world.rules.simple(rule.metric)
            of_metric(world, name, credit, metric, counted(world, metric), found)
        elif rule.earnings is not None:
            _of_earnings(world, name, credit, rule, found, earned)
        else:
            rows = [row for row in world.rows(str(rule.source)) if is_meant(world, rule, row)]
            for each in counting(world, rule, rows, last):
                add(world, name, credit, each, found)
    return sorted(found.values(), key=Event.place)


def is_meant(world: World, rule: Credit, row: Record, *, won: bool = False) -> bool:
    """Whether a row meets the conditions; `won` where those that winning the opportunity changes are met."""
    source = str(rule.source)

    def is_met(condition: Any) -> bool:
        path = condition.field if source == "opportunity" else condition.field.removeprefix("opportunity.")
        of_deal = source == "opportunity" or condition.field.startswith("opportunity.")
        return (won and of_deal and path in FROM_WINNING) or meets(world, source, row, condition)

    return all(map(is_met, rule.where)) and (not rule.where_any or any(map(is_met, rule.where_any)))


def is_first(world: World, rule: Credit, row: Record, first: dict[str, Record] | None) -> bool:
    """Whether a row is the first of its value, or would be; a row without one never is."""
    if rule.once_per is None:
        return True
    value = world.get(str(rule.source), row, rule.once_per)
    if value is None:
        return False
    if first is None:
        rows = [each for each in world.rows(str(rule.source)) if is_meant(world, rule, each)]
        return str(value) not in _firsts(world, rule, rows)
    return first.get(str(value)) is row


def _firsts(world: World, rule: Credit, rows: list[Record]) -> dict[str, Record]:
    """The first transaction ever of each value of the field that each counts once for."""
    found: dict[str, Record] = {}
    dated = [
        (day, str(row["id"]), row)
        for row in rows
        if (day := day_of(world, str(rule.source), row, rule.time)) and day <= world.today
    ]
    for _, _, row in sorted(dated, key=lambda each: each[:2]):
        value = world.get(str(rule.source), row, str(rule.once_per))
        if value is not None:
            found.setdefault(str(value), row)
    return found


def counting(world: World, rule: Credit, rows: list[Record], last: date) -> list[Counts]:
    """Every transaction on each of its days."""
    source = str(rule.source)
    first = _firsts(world, rule, rows) if rule.once_per else {}
    found = []
    for row in rows:
        if not is_first(world, rule, row, first):
            continue
        before = Fraction(0)
        for part in rule.parts:
            after = before + Fraction(part.share)
            day = day_of(world, source, row, part.time)
            found += [Counts(row, source, each, before, after) for each in days_again(world, rule, row, day, last)]
            before = after
        if not rule.parts:
            day = day_of(world, source, row, rule.time)
            whole = (Fraction(0), Fraction(1))
            found += [Counts(row, source, each, *whole) for each in days_again(world, rule, row, day, last)]
    return found


def days_again(world: World, rule: Credit, row: Record, day: date | None, last: date) -> list[date]:
    """The days on which an amount counts: its own, up to today, and those on which it is repeated before `last`."""
    if day is None or day > world.today:
        return []
    if rule.repeat is None:
        return [day]
    until = day_of(world, str(rule.source), row, rule.repeat.until) if rule.repeat.until else None
    found: list[date] = []
    while rule.repeat.times is None or len(found) < rule.repeat.times:
        again = months_later(day, EVERY[rule.repeat.every] * len(found))
        if again >= last or (until is not None and again >= until):
            break
        found.append(again)
    return found


def add(world: World, name: str, credit: str, counts: Counts, found: dict[tuple[str, date, str, str], Event]) -> None:
    """Add what a transaction counts on a day to the events of everybody on the comp plan whom it counts for."""
    rule = world.rules.comp_plans[name].credits[credit]
    whom = recipients(world, name, rule, counts.source, counts.row, counts.day)
    totals = {each.level: each.after for each in whom}
    for each in whom:
        total = totals[each.level]
        on = _on(world, name, each.user, counts.day)
        if on is None:
            continue
        assert each.user is not None
        amount = _amount(world, name, rule, counts, on, each)
        if amount is None:
            continue
        size = counts.after - counts.before
        lower, upper = (counts.before * total + size * share for share in (each.before, each.after))
        credited = nearest(amount * upper) - nearest(amount * lower)
        key = (each.user, counts.day, counts.source, str(counts.row["id"]))
        deal = (
            counts.row["id"]
            if counts.source == "opportunity"
            else world.field(counts.source, counts.row, "opportunity_id")
        )
        event = found.setdefault(key, Event(*key, deal))
        _count(world, name, credit, event, credited, counts, on, each.level)


def _on(world: World, name: str, id_: str | None, day: date) -> OnDay | None:
    user = world.user(id_)
    return None if user is None else on_day(world, name, user, day)


def _amount(world: World, name: str, rule: Credit, counts: Counts, on: OnDay, recipient: Recipient) -> Fraction | None:
    """The whole amount for a recipient, exact."""
    default = "amount" if "amount" in SOURCES[counts.source].fields else "1"
    of_all = names_of(world, name, counts.source, counts.row, counts.day, None, recipient.level)
    own = names_of(world, name, counts.source, counts.row, counts.day, on, recipient.level)
    numbers = [evaluate(formula, of_all) for formula in (rule.amount or default, *rule.multipliers)]
    numbers.append(evaluate(rule.share, own))
    found: Fraction | None = Fraction(1)
    for number in numbers:
        found = None if number is None or found is None else found * number
    return found


def _count(
    world: World,
    name: str,
    credit: str,
    event: Event,
    amount: Fraction,
    counts: Counts,
    on: OnDay,
    level: int | None,
) -> None:
    """Add a credit to an event, with the rates and groups of its transaction."""
    plan = world.rules.comp_plans[name]
    event.credits[credit] = event.credits.get(credit, Fraction(0)) + amount
    for component, rule in plan.components.items():
        for key, formula in row_formulas(plan, component).items() if credit_of(plan, rule) == credit else ():
            event.numbers[key] = row_number(world, name, formula, counts.source, counts.row, counts.day, on, level)
    for measure, its in plan.measures.items():
        path = its.of or its.grouped_by
        if path is not None and (group := _group(world, plan.credits[credit], counts, path)):
            event.groups[measure] = group


def _group(world: World, rule: Credit, counts: Counts, path: str) -> str | None:
    """What a field says that groups a transaction, or is counted; None where it is empty, or the source has none."""
    try:
        value = world.get(counts.source, counts.row, path) if rule.source is not None else None
    except NoField:
        return None
    return None if value is None else as_text(value)


def of_metric(
    world: World,
    name: str,
    credit: str,
    metric: SimpleMetric,
    rows: list[Counted],
    found: dict[tuple[str, date, str, str], Event],
) -> None:
    """The rows of a metric, each for its owner on its day; money is in the project's currency."""
    rule = world.rules.comp_plans[name].credits[credit]
    is_money = metric.of is not None and find_field(metric.source, metric.of).field in MONEY
    for each in rows:
        on = _on(world, name, each.owner, each.day)
        rate = rate_of(world, name, world.rules.currency, each.day) if is_money else Fraction(1)
        if on is None or each.number is None or rate is None:
            continue
        assert each.owner is not None
        key = (each.owner, each.day, metric.source, str(each.row["id"]))
        deal = each.row["id"] if metric.source == "opportunity" else each.row.get("opportunity_id")
        counts = Counts(each.row, metric.source, each.day, Fraction(0), Fraction(1))
        recipient = Recipient(each.owner, Fraction(0), Fraction(1))
        plain = rule.model_copy(update={"amount": "1"})
        factor = _amount(world, name, plain, counts, on, recipient)
        if factor is not None:
            event = found.setdefault(key, Event(*key, deal))
            _count(world, name, credit, event, nearest(each.number * rate * factor), counts, on, None)


def _of_earnings(
    world: World,
    name: str,
    credit: str,
    rule: Credit,
    found: dict[tuple[str, date, str, str], Event],
    earned: Iterable[Earned],
) -> None:
    """What is earned under other comp plans, for whoever it counts for."""
    assert rule.earnings is not None
    for each in earned:
        of = rule.earnings
        if each.plan not in of.comp_plans or (each.component not in of.components if of.components else each.is_step):
            continue
        source, id_ = each.source or "earnings", each.id or " ".join((*each[:4],))
        their = world.rules.comp_plans[each.plan]  # what is in no currency is taken as it is
        rate = Fraction(1) if their.unit else rate_of(world, name, their.currency or world.rules.currency, each.day)
        if rate is None:
            continue
        row: Record = {"id": id_, "owner_id": each.payee}
        for recipient in recipients(world, name, rule, "earning", row, each.day):
            on = _on(world, name, recipient.user, each.day)
            if on is None:
                continue
            assert recipient.user is not None
            key = (recipient.user, each.day, source, id_)
            event = found.setdefault(key, Event(*key, each.opportunity))
            plan = world.rules.comp_plans[name]
            factor = Fraction(1)
            for factor_ in (*rule.multipliers, rule.share):
                number = evaluate(factor_, names_of(world, name, "earning", row, each.day, on, recipient.level))
                assert number is not None
                factor *= number
            event.credits[credit] = event.credits.get(credit, Fraction(0)) + nearest(each.amount * rate * factor)
            for component, its in plan.components.items():
                for rate_key, formula in (
                    row_formulas(plan, component).items() if credit_of(plan, its) == credit else ()
                ):
                    event.numbers[rate_key] = row_number(
                        world, name, formula, "earning", row, each.day, on, recipient.level
                    )
