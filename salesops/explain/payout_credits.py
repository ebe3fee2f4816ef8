"""How the credit of a transaction comes about: its amount, factors, what tables look at, and who else has a share."""

from __future__ import annotations

from typing import TYPE_CHECKING

from config.checks.comp_plans.cycles import formulas_of
from config.comp_plans.credits import ByManagers, BySplits
from config.comp_plans.formula import names, parse_pay_formula
from config.comp_plans.paid_on import credits_of
from salesops.explain.payout_model import CreditTold
from salesops.incentives.crediting.credits import credits_table
from salesops.incentives.crediting.own_numbers import LEVEL
from salesops.incentives.crediting.row_fields import Row
from salesops.incentives.crediting.shares import transactions_table, whole_amount
from salesops.incentives.numbers import rounded_to
from salesops.sql import cast, columns, quoted, text

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping
    from datetime import date
    from decimal import Decimal
    from typing import TypeAlias

    from config.comp_plans import CompPlan, Credit
    from config.comp_plans.credits import ManagersOf, Recipients
    from salesops.basis import Basis

    Event: TypeAlias = tuple[date, str, str]

_AMOUNT_PLACES, _FACTOR_PLACES = 6, 12


def told_credits(basis: Basis, name: str, component: str, plan: CompPlan, payee_id: str) -> dict[Event, CreditTold]:
    """Of each transaction (day, source, id) that a component pays the payee on, how its credit comes about.

    `plan` has the values of the payee. Where a transaction has several credits, it is the first that is told.
    """
    found: dict[Event, CreditTold] = {}
    for credit in credits_of(plan, plan.components[component]):
        for event, told in _of_credit(basis, name, component, plan, credit, payee_id):
            found.setdefault(event, told)
    return found


def _of_credit(
    basis: Basis, name: str, component: str, plan: CompPlan, credit_name: str, payee_id: str
) -> Iterator[tuple[Event, CreditTold]]:
    credit = plan.credits[credit_name]
    table = transactions_table(name, credit_name)
    there = set(basis.engine.fetch(f"SELECT * FROM {quoted(table)} LIMIT 0").column_names)
    row = Row(plan, frozenset(each.removeprefix("currency ") for each in there if each.startswith("currency ")))
    alone = credit.model_copy(update={"multipliers": ()})
    factors = [each for each in credit.multipliers if not _is_of_recipient(plan, each)]
    looked_at = list(_looked_at(plan, credit, component, there))
    read = {
        **{f"factor {each}": rounded_to(row.worth(each), _FACTOR_PLACES) for each in factors},
        **{f"at {each}": quoted(f"text {each}") for each in looked_at},
        **(
            {}
            if _is_of_recipient(plan, credit.amount or "0")
            else {"whole": rounded_to(whole_amount(row, alone), _AMOUNT_PLACES)}
        ),
        **({"share": rounded_to(row.worth(credit.share), _FACTOR_PLACES)} if _has_one_share(plan, credit) else {}),
    }
    shares = _shares(basis, credit)
    listed = f"day, source, id, opportunity_id{', ' if read else ''}{columns(read)}"
    own = (
        f"SELECT day, source, id, level FROM {quoted(credits_table(name))} "
        f"WHERE payee_id = {text(payee_id)} AND credit = {text(credit_name)}"
    )
    rows = f"SELECT t.*, own.level FROM {quoted(table)} t JOIN ({own}) own USING (day, source, id)"
    for each in basis.engine.fetch(f"SELECT {listed} FROM ({rows}) ORDER BY day, source, id").to_pylist():
        yield (
            (each["day"], each["source"], each["id"]),
            CreditTold(
                credit=credit_name,
                amount=each.get("whole"),
                factors=tuple((factor, each[f"factor {factor}"]) for factor in factors),
                looked_at=tuple((field, each[f"at {field}"]) for field in looked_at),
                share=each.get("share"),
                shares=shares.get(each["opportunity_id"], ()),
            ),
        )


def _has_one_share(plan: CompPlan, credit: Credit) -> bool:
    """Whether `share` is one number for the payee: they may be credited on several levels at once."""
    is_added_up = credit.source is None or isinstance(_sharing(credit), BySplits)
    return not (is_added_up and _is_of_recipient(plan, credit.share))


def _sharing(credit: Credit) -> Recipients | ManagersOf:
    """Who is credited, or whose managers are."""
    return credit.to.of if isinstance(credit.to, ByManagers) else credit.to


def _is_of_recipient(plan: CompPlan, formula: str) -> bool:
    return LEVEL in {each for one in _names(formula) for each in (one, *(_axes(plan, one)))}


def _looked_at(plan: CompPlan, credit: Credit, component: str, there: Collection[str]) -> Iterator[str]:
    """The fields that tables are looked up by, for the credit and for what the component pays on it, each once."""
    texts = [credit.amount or "0", *credit.multipliers, *(each for _, each in formulas_of(plan.components[component]))]
    fields = (axis for each in texts for name in _names(each) for axis in _axes(plan, name))
    yield from dict.fromkeys(each for each in fields if f"text {each}" in there)


def _names(formula: str) -> Iterator[str]:
    return (each.name for each in names(parse_pay_formula(formula)))


def _axes(plan: CompPlan, name: str) -> Iterator[str]:
    """The fields on the axes of a table; of steps the names in their formulas."""
    table = plan.tables.get(name)
    for axis in table.by if table is not None else ():
        yield from (axis,) if isinstance(axis, str) else _names(axis.of)


def _shares(basis: Basis, credit: Credit) -> Mapping[str, tuple[tuple[str, Decimal], ...]]:
    """Who has which share of an opportunity, where recipients share; those who are on no comp plan, too."""
    to = _sharing(credit)
    if not isinstance(to, BySplits):
        return {}
    table = quoted(f"pay shares {', '.join(sorted({each.lower() for each in to.splits}))}")
    share = cast("share_to - share_from", "DECIMAL(38, 6)")
    rows = basis.engine.fetch(f"SELECT opportunity_id, user_id, {share} AS share FROM {table} ORDER BY ALL")
    found: dict[str, tuple[tuple[str, Decimal], ...]] = {}
    for each in rows.to_pylist():
        own = found.get(each["opportunity_id"], ())
        found[each["opportunity_id"]] = (*own, (each["user_id"], each["share"]))
    return found
