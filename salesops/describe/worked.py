"""Examples of what a component comes to at several results, computed by the engine that computes pay.

Importing this module loads no engine; asking for tables does.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from decimal import ROUND_CEILING, Decimal
from typing import TYPE_CHECKING, TypeAlias

from config.comp_plans import Case, Credit, Curve, Expected, Tiers
from config.comp_plans.cases import CasePayee, Transaction
from config.comp_plans.formula import names, parse_pay_formula
from config.comp_plans.intervals import measure_interval
from config.comp_plans.measures import Last
from config.comp_plans.plan import Proration
from salesops.cases.model import Around, Setup
from salesops.cases.periods import pay_period
from salesops.describe.model import Example, Grid
from salesops.describe.pays import group_field
from salesops.describe.steps import about
from salesops.describe.tiers import is_share, paid_on, readings

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import date
    from fractions import Fraction

    from config.comp_plans import Assignment, CompPlan, Measure
    from salesops.cases.judge import Came
    from salesops.describe.formulas import Told

    Placed: TypeAlias = Tiers | Curve

EXAMPLE_TARGET = Decimal(100_000)
"""The target of an example where nobody knows the payee's; of what is counted `EXAMPLE_COUNT`."""
EXAMPLE_COUNT = Decimal(10)
EXAMPLE_PAID = Decimal(10_000)
"""What is paid on in an example, where the measure that places the payee does not say how much that is."""
EXAMPLE_EACH = Decimal(1_000)
"""The same of each transaction, where the measure counts them."""

SHARES = (Decimal("0.5"), Decimal(1), Decimal("1.5"))
MOST_EVENTS = 60
_DAY = timedelta(days=1)
_PLACED, _PAID = "placed", "paid"
_FISCAL = frozenset({"week", "month", "quarter", "half_year", "year"})


@dataclass(frozen=True, slots=True)
class _Given:
    """What an example takes for granted: results of the measure, its target, and transactions of which size."""

    name: str
    component: Placed
    measure: Measure
    is_counted: bool  # the measure counts transactions
    target: Decimal | None
    results: tuple[Decimal, ...]
    size: Decimal | None  # None where one transaction comes to the whole result
    is_paid_apart: bool  # what is paid on is not what places the payee

    def paid(self, result: Decimal) -> Decimal:
        """What is paid on, where the measure comes to the result."""
        if not self.is_paid_apart:
            return result
        if self.measure.kind != "credits":
            return EXAMPLE_PAID
        return result * EXAMPLE_EACH if self.is_counted else result


def worked_tables(told: Told, around: Around, own: Assignment | None) -> dict[str, Example]:
    """For each component that a measure places: what it earns at some results, as if its gates were met.

    Those whose tiers depend on more than that measure, pay and numbers of the comp plan have none.
    """
    from salesops.cases.run import compute_together

    given = {
        name: _given(told, name, component)
        for name, component in told.plan.components.items()
        if isinstance(component, Tiers | Curve) and _stands_alone(told, component)
    }
    if not given:
        return {}
    setups = [_setup(told, each, around, own) for each in given.values()]
    found = zip(given.items(), compute_together(setups), strict=True)
    return {name: Example(_assumed(told, each), _grid(told, each, came)) for (name, each), (came, _) in found}


def _stands_alone(told: Told, component: Placed) -> bool:
    """Whether one measure, pay that is known and numbers of the comp plan are all that decides."""
    plan, by = told.plan, component.by
    if isinstance(measure_interval(plan, by), Last):
        return False
    if isinstance(component, Tiers):
        held = [text for tier in component.tiers for text in (tier.from_, tier.rate, tier.multiple, tier.amount)]
        held.append(component.rate)
        if "transaction" in readings(component) and plan.measures[by].kind != "credits":
            return False
    else:
        held = [component.pay]
    held += [bound.amount for bound in (component.cap, component.floor) if bound is not None]
    known = {*(told.values.keys() - told.agreed), by, f"{by}.attainment", f"{by}.target"}
    known |= {f"{key}_pay" for key in ("base", "target") if getattr(plan.pay, key)}
    return {each.name for text in held if text for each in names(parse_pay_formula(text))} <= known


def _given(told: Told, name: str, component: Placed) -> _Given:
    measure = told.plan.measures[component.by]
    counts = measure.take != "amount" or measure.kind in {"rank", "streak"}
    counts = counts or (measure.kind == "credits" and all(map(told.counts_one, measure.credits)))
    target = _target(told, component.by, counts=counts) if is_share(told, component.by, component.of) else None
    results = tuple(dict.fromkeys(_results(told, component, target, counts=counts)))
    bounds = [each for each in (component.cap, component.floor) if each is not None]
    is_each = any(bound.over == "transaction" for bound in bounds)
    is_apart = False
    if isinstance(component, Tiers):
        is_each = is_each or "transaction" in readings(component)
        pays_on = any(tier.amount is None for tier in component.tiers)
        is_apart = pays_on and (paid_on(told, component) != measure.credits or measure.take != "amount")
    size = _size(target or results[0] * 5, results[-1], counts=counts) if is_each else None
    return _Given(name, component, measure, counts, target, results, size, is_apart)


def _size(whole: Decimal, most: Decimal, *, counts: bool) -> Decimal:
    """The size of each transaction: 1 where they are counted, else a tenth of the whole; at most 60 make the most."""
    return max(Decimal(1) if counts else whole / 10, (most / MOST_EVENTS).to_integral_value(ROUND_CEILING))


def _target(told: Told, by: str, *, counts: bool) -> Decimal:
    """The payee's target, that of the comp plan where it is the same for all, else an example; 1 of a score."""
    measure, over = told.plan.measures[by], measure_interval(told.plan, by)
    if measure.weighted:
        return Decimal(1)
    if by in told.targets:
        return told.targets[by]
    example = EXAMPLE_COUNT if counts else EXAMPLE_TARGET
    if measure.target in {None, "individual"}:
        return example
    known = told.sure(str(measure.target), over if isinstance(over, str) else "")
    return example if known is None or known <= 0 else _decimal(known)


def _results(told: Told, component: Placed, target: Decimal | None, *, counts: bool) -> Iterator[Decimal]:
    """Results to show: half, all and one and a half of a target, and every bound; else half of the first bound above 0,
    every bound, half as much again. Whole ones where they are counted."""
    if isinstance(component, Curve):
        bounds = [point.at for point in component.points if point.at > 0]
    else:
        known = [told.sure(tier.from_, "") for tier in component.tiers]
        bounds = [_decimal(each) for each in known if each is not None and each > 0]
    if target is not None:
        found = sorted({*SHARES, *bounds, *(bounds[-1:] and [bounds[-1] + SHARES[0]])})
        found = [share * target for share in found]
    else:
        bounds = bounds or [EXAMPLE_COUNT if counts else EXAMPLE_TARGET]
        step = bounds[-1] - bounds[-2] if len(bounds) > 1 else bounds[0] / 2
        found = [bounds[0] / 2, *bounds, bounds[-1] + step]
    yield from (each.to_integral_value(ROUND_CEILING) if counts else each for each in found)


def _decimal(number: Fraction) -> Decimal:
    return Decimal(round(number * 10**6)) / 10**6


def _setup(told: Told, given: _Given, around: Around, own: Assignment | None) -> Setup:
    """A case with a payee for each result, of a comp plan that has nothing but the component."""
    plan, by = told.plan, given.component.by
    interval = measure_interval(plan, by)
    kind = str(interval) if interval in _FISCAL else plan.period
    first = pay_period(around.rules.calendar, kind, plan.effective_from)
    period = first if first.start == plan.effective_from else pay_period(around.rules.calendar, kind, first.end)
    said = CasePayee.model_construct(
        base_pay=own.base_pay if own else None,
        target_pay=own.target_pay if own else None,
        values=own.values if own else {},
        targets={} if given.target is None else {by: given.target},
        started_on=plan.effective_from,
    )
    payees = {f"{number}@example.com": said for number, _ in enumerate(given.results)}
    transactions = [
        each
        for email, result in zip(payees, given.results, strict=True)
        for each in _transactions(given, email, result, period.end - _DAY)
    ]
    name = given.name
    case = Case.model_construct(
        name=name, comp_plan=name, payees=payees, transactions=tuple(transactions), expect=Expected.model_construct()
    )
    return Setup(case, name, {name: _alone(plan, given)}, around, period.end - _DAY, named_only=False)


def _transactions(given: _Given, email: str, result: Decimal, day: date) -> Iterator[Transaction]:
    """Transactions of a payee that make the measure come to the result."""
    number, left = 0, result
    while left > 0:
        placed = left if given.size is None else min(given.size, left)
        left, number = left - placed, number + 1
        yield Transaction.model_construct(
            id=f"{email} {number:03}",
            on=day,
            owner=email,
            amount=given.paid(result) * placed / result,
            fields={f"custom.{_PLACED}": str(placed)},
        )


def _alone(plan: CompPlan, given: _Given) -> CompPlan:
    """The comp plan with this component only, of a measure that takes its number from the transactions."""
    component, by = given.component, given.component.by
    credit = {"source": "opportunity", "time": "close_date"}
    counted = {
        _PLACED: Credit.model_validate({**credit, "amount": f"custom.{_PLACED}"}),
        _PAID: Credit.model_validate(credit),
    }
    bare = {"when": (), "multipliers": None, "from_": None, "until": None, "opens": "all", "paid": None}
    on = {"on": _PAID if given.is_paid_apart else _PLACED} if isinstance(component, Tiers) else {}
    stood_for = given.measure.model_copy(
        update={
            "credits": (_PLACED,),
            "take": "amount",
            "of": None,
            "each_at_most": None,
            "metric": None,
            "formula": None,
            "weighted": (),
            "rank": None,
            "streak": (),
            "at_least": None,
            "counts": None,
            "for_": None,
            "over": measure_interval(plan, by),
            "target": None if given.target is None else "individual",
            "carry": (),
            "so_far": False,
            "starts_with": "0",
            "grouped_by": None,
        }
    )
    return plan.model_copy(
        update={
            "eligible": None,
            "effective_until": None,
            "currency": None,
            "credits": counted,
            "measures": {by: stood_for},
            "components": {given.name: component.model_copy(update={**bare, **on})},
            "tables": {},
            "cap": None,
            "floor": None,
            "ramp": (),
            "proration": Proration(of=()),
        }
    )


def _assumed(told: Told, given: _Given) -> tuple[str, ...]:
    words, component = told.words, given.component
    found = []
    if given.target is not None and not given.measure.weighted:
        found.append(words.say("assumed_target", target=words.number(given.target)))
    if (field := group_field(told.plan, component)) is not None:
        found.append(words.say("assumed_group", field=words.bare(field)))
    if given.size is not None and not given.is_counted:
        found.append(words.say("assumed_events", size=words.number(given.size)))
    if component.when:
        found.append(words.say("assumed_met"))
    if component.multipliers is not None:
        found.append(words.say("assumed_bare"))
    return tuple(found)


def _grid(told: Told, given: _Given, came: Came) -> Grid:
    words, measure = told.words, given.measure
    columns, rows = [], []
    if given.target is not None:
        columns.append(words.say("column_reached"))
    if not measure.weighted:
        columns.append(told.label(given.component.by))
    if given.is_paid_apart and isinstance(given.component, Tiers):
        columns.append(words.all_of(told.label(each) for each in paid_on(told, given.component)))
    for number, result in enumerate(given.results):
        earned = came.earnings.get(f"{number}@example.com", ())
        row = [words.share(result / given.target)] if given.target is not None else []
        row += [] if measure.weighted else [words.number(result)]
        row += [words.number(given.paid(result))] if given.is_paid_apart else []
        rows.append((*row, told.amount(sum((each["amount"] for each in earned), Decimal(0)))))
    return Grid(tuple(f">{name}" for name in (*columns, about(told, "column_earns", given.component))), tuple(rows))
