"""The quotas that comp plans of a case name, as the case has them."""

from __future__ import annotations

from collections import defaultdict
from decimal import Decimal
from typing import TYPE_CHECKING

from config.comp_plans.formula import names, parse_pay_formula
from config.comp_plans.intervals import measure_interval
from config.quotas import Quota, Targets
from salesops.calendar import EARLIEST
from salesops.cases.transactions import payees_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from config.calendars import FiscalKind
    from salesops.cases.model import Setup

OF_QUOTAS = "won_amount"
"""The metric of quotas that a case makes up; nothing of pay asks what it comes to."""

_NOT_QUOTAS = frozenset({"base_pay", "target_pay", "individual", "tenure", "share"})


def named_quotas(setup: Setup) -> Iterator[tuple[str, str]]:
    """The quotas that measures name, each with the interval of the first one that does."""
    seen: set[str] = set()
    for plan in setup.plans.values():
        ours = {*plan.values, *plan.measures, *plan.tables, *_NOT_QUOTAS}
        for measure, held in plan.measures.items():
            for each in names(parse_pay_formula(held.target)) if held.target else ():
                if each.name not in ours | seen and "." not in each.name:
                    seen.add(each.name)
                    yield each.name, str(measure_interval(plan, measure))


def quota_kind(setup: Setup, name: str, interval: str) -> tuple[FiscalKind, tuple[Decimal, ...], bool]:
    """The period of a quota, its seasonality, and whether a target as the case gives it is of two such periods.

    What the case says of it goes before what the project does, that before the interval of the measure that names it.
    """
    if said := setup.case.quota_periods.get(name):
        return said.period, said.seasonality, False
    if theirs := setup.around.rules.quotas.get(name):
        return theirs.period, theirs.seasonality, False
    if interval == "half_year":
        return "quarter", (), True
    kinds: dict[str, FiscalKind] = {"month": "month", "quarter": "quarter"}
    return kinds.get(interval, "year"), (), False


def quotas_of(setups: Sequence[Setup], prefixes: Sequence[str]) -> dict[str, Quota]:
    """The quotas of cases of one pass, with the targets that they give; the project's where they give none.

    Each case has its own prefix of e-mails.
    """
    targets: dict[str, dict[str, Decimal]] = defaultdict(dict)
    for prefix, setup in zip(prefixes, setups, strict=True):
        people = {email.lower(): payee for email, payee in setup.case.payees.items()}
        for email in payees_of(setup):
            own = people[email].quotas if email in people else {}
            for name, target in {**setup.case.quotas, **own}.items():
                targets[name][f"{prefix}{email}"] = target
    found: dict[str, Quota] = {}
    for setup in setups:
        for name, interval in named_quotas(setup):
            theirs = setup.around.rules.quotas.get(name)
            found.setdefault(
                name, theirs if theirs and name not in targets else _quota(setup, name, interval, targets[name])
            )
    return found


def _quota(setup: Setup, name: str, interval: str, targets: Mapping[str, Decimal]) -> Quota:
    theirs = setup.around.rules.quotas.get(name)
    period, seasonality, halves = quota_kind(setup, name, interval)
    users = {email: target / 2 if halves else target for email, target in targets.items()}
    held = Targets.model_construct(from_=EARLIEST, until=None, default=None, teams={}, users=users)
    return Quota.model_construct(
        label=name,
        metric=OF_QUOTAS if theirs is None else theirs.metric,
        period=period,
        targets=(held,),
        seasonality=seasonality,
        allowance=Decimal(0),
    )
