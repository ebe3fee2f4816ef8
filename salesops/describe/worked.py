"""Examples of what a component comes to at several results, computed by the engine that computes pay.

Importing this module loads no engine; asking for tables does.
"""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING, TypeAlias

from config.comp_plans import Case, Credit, Curve, Expected, Tiers
from config.comp_plans.cases import CasePayee, Transaction
from config.comp_plans.constants import constant
from config.comp_plans.formula import names, parse_pay_formula
from config.comp_plans.intervals import measure_interval
from config.comp_plans.measures import Last
from config.comp_plans.plan import Proration
from salesops.cases.model import Around, Setup
from salesops.cases.periods import pay_period
from salesops.describe.model import Grid

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import date

    from config.comp_plans import Assignment, CompPlan, Measure
    from salesops.cases.judge import Came
    from salesops.describe.formulas import Told

    Placed: TypeAlias = Tiers | Curve

EXAMPLE_TARGET = Decimal(100_000)
"""The target of an example where nobody knows the payee's."""

SHARES = (Decimal("0.5"), Decimal(1), Decimal("1.5"))
MOST_EVENTS = 60
_DAY = timedelta(days=1)


def worked_tables(told: Told, around: Around, own: Assignment | None) -> dict[str, Grid]:
    """For each component that a measure places: what it earns at some results, as if its gates were met.

    Those whose tiers depend on more than one measure have none.
    """
    from salesops.cases.run import compute_together

    setups = {
        component: _setup(told, component, held, around, own)
        for component, held in told.plan.components.items()
        if isinstance(held, Tiers | Curve) and _stands_alone(told.plan, held)
    }
    if not setups:
        return {}
    found = zip(setups.items(), compute_together(list(setups.values())), strict=True)
    return {component: _grid(told, component, setup, came) for (component, setup), (came, _) in found}


def _stands_alone(plan: CompPlan, component: Placed) -> bool:
    """Whether credits of the measure, and numbers of the comp plan, are all that decides."""
    measure = plan.measures[component.by]
    if not measure.credits or isinstance(measure.over, Last):
        return False
    if isinstance(component, Tiers):
        held = [
            text for tier in component.tiers for text in (tier.from_, tier.rate, tier.multiple, tier.amount) if text
        ]
        held += [component.rate] if component.rate else []
        pays_more = any(tier.amount is None for tier in component.tiers)
    else:
        held, pays_more = [component.pay], False
    bounds = [bound.amount for bound in (component.cap, component.floor) if bound is not None]
    known = {*plan.values, component.by, f"{component.by}.attainment", f"{component.by}.target", *_OF_PAY}
    said = {each.name for text in (*held, *bounds) for each in names(parse_pay_formula(text))}
    return said <= known and not (measure.take == "count" and pays_more)


_OF_PAY = frozenset({"base_pay", "target_pay"})


def _setup(told: Told, name: str, component: Placed, around: Around, own: Assignment | None) -> Setup:
    """A case with a payee for each result, of a comp plan that has nothing but the component."""
    plan, by = told.plan, component.by
    measure = plan.measures[by]
    interval = measure_interval(plan, by)
    kind = str(interval) if interval in _FISCAL else plan.period
    first = pay_period(around.rules.calendar, kind, plan.effective_from)
    period = first if first.start == plan.effective_from else pay_period(around.rules.calendar, kind, first.end)
    target = _target(told, by, measure) if _has_target(told, component) else None
    results = [target * share for share in SHARES] if target is not None else list(_results(component))
    said = CasePayee.model_construct(
        base_pay=own.base_pay if own else None,
        target_pay=own.target_pay if own else None,
        values=own.values if own else {},
        targets={} if target is None else {by: target},
        started_on=plan.effective_from,
    )
    payees = {f"{number}@example.com": said for number, _ in enumerate(results)}
    transactions = [
        each
        for email, result in zip(payees, results, strict=True)
        for each in _transactions(email, result, measure, period.end - _DAY)
    ]
    case = Case.model_construct(
        name=name, comp_plan=name, payees=payees, transactions=tuple(transactions), expect=Expected.model_construct()
    )
    alone = _alone(plan, name, component, target)
    return Setup(case, name, {name: alone}, around, period.end - _DAY, named_only=False)


_FISCAL = frozenset({"week", "month", "quarter", "half_year", "year"})


def _alone(plan: CompPlan, name: str, component: Placed, target: Decimal | None) -> CompPlan:
    """The comp plan with this component only, and credits that count whatever they are given."""
    by = component.by
    measure = plan.measures[by]
    on = component.on if isinstance(component, Tiers) else None
    credit = Credit.model_validate({"source": "opportunity", "time": "close_date"})
    bare = {"when": (), "multipliers": None, "from_": None, "until": None, "opens": "all", "paid": None}
    plain = {"target": None if target is None else "individual", "carry": (), "so_far": False, "starts_with": "0"}
    return plan.model_copy(
        update={
            "eligible": None,
            "effective_until": None,
            "credits": dict.fromkeys((*measure.credits, *([on] if on else [])), credit),
            "measures": {by: measure.model_copy(update={**plain, "grouped_by": None})},
            "components": {name: component.model_copy(update=bare)},
            "tables": {},
            "cap": None,
            "floor": None,
            "ramp": (),
            "proration": Proration(of=()),
        }
    )


def _has_target(told: Told, component: Placed) -> bool:
    measure = told.plan.measures[component.by]
    has = measure.target is not None or component.by in told.targets
    return (component.of or ("attainment" if has else "value")) == "attainment"


def _target(told: Told, by: str, measure: Measure) -> Decimal:
    """The payee's target, that of the comp plan where it is the same for all, else an example."""
    if by in told.targets:
        return told.targets[by]
    values = {name: Fraction(value) for name, value in told.values.items()}
    known = None if measure.target in {None, "individual"} else constant(str(measure.target), values)
    return EXAMPLE_TARGET if known is None or known <= 0 else Decimal(known.numerator) / Decimal(known.denominator)


def _results(component: Placed) -> Iterator[Decimal]:
    """Results to show where there is no target: half of the first bound above 0, every bound, half as much again."""
    if isinstance(component, Curve):
        bounds = [point.at for point in component.points]
    else:
        known = [constant(tier.from_) for tier in component.tiers]
        bounds = [Decimal(each.numerator) / Decimal(each.denominator) for each in known if each is not None]
    above = [bound for bound in bounds if bound > 0] or [EXAMPLE_TARGET]
    yield above[0] / 2
    yield from above
    yield above[-1] * 3 / 2


def _transactions(email: str, result: Decimal, measure: Measure, day: date) -> Iterator[Transaction]:
    """Transactions of a payee that make the measure come to the result."""
    counts = measure.take == "count"
    for number in range(min(int(result), MOST_EVENTS) if counts else 1):
        yield Transaction.model_construct(
            id=f"{email} {number}", on=day, owner=email, amount=Decimal(1) if counts else result
        )


def _grid(told: Told, name: str, setup: Setup, came: Came) -> Grid:
    words, rows = told.words, []
    component = setup.main.components[name]
    assert isinstance(component, Tiers | Curve)  # noqa: S101  only of these are there examples
    by = component.by
    for email, said in setup.case.payees.items():
        earned = sum((row["amount"] for row in came.earnings.get(email, ()) if row["component"] == name), Decimal(0))
        given = [each.amount or Decimal(0) for each in setup.case.transactions if each.owner == email]
        result, target = sum(given, Decimal(0)), said.targets.get(by)
        row = (words.number(result), told.amount(earned))
        rows.append((words.share(result / target), *row) if target else row)
    columns = (">" + words.say("column_result"), ">" + words.say("column_earns"))
    has_target = len(rows[0]) == 3
    return Grid((">" + words.say("column_reached"), *columns) if has_target else columns, tuple(rows))
