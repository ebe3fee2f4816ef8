"""Credits: what counts for a payee on a day, from a transaction, and how much; and what would if a deal were won today.

`build_credits(basis, name)` makes two views of a comp plan, `pay credits NAME` and `pay possible NAME`, of the same
columns (over tables of `salesops.incentives.states.numbered`). A row for each payee, day, source, id and credit (at
most one); only of payees who are on the comp plan that day (`pay stretches NAME`), from its first day up to the as-of
day (instalments of `repeat`: up to the end of the pay period that holds it). Amounts may be 0 or below; a transaction
whose amount is none has no row.

    payee_id        VARCHAR
    day             DATE           the credit's day
    source          VARCHAR        the object or made source; `earnings` where a payee earned it without a transaction
    id              VARCHAR        of the record; (day, source, id) orders a payee's events
    opportunity_id  VARCHAR        the opportunity that the record is or belongs to; null where there is none
    credit          VARCHAR        its name in the comp plan
    amount          DECIMAL(38,6)  in the comp plan's currency, half up
    level           INTEGER        1 for the direct manager, 2 for the one above …; null where it is not for managers
    "number C"      DECIMAL(38,12) for each component C whose `rate` (kind rate) or `pays` (kind spif) depends on the
                                   record: its number for this row, half up; null where the row is not of its `on`
                                   credit, and where a table has no row that fits (it then earns nothing there);
                                   "number C tier 2" where the `rate` of its second tier does
    "group M"       VARCHAR        for each measure M with `grouped_by` or `of`: the value of the field as text; null
                                   where it is empty, or the row's source does not have it

`salesops.incentives.crediting.own_numbers` says which: `row_numbers(rules, name)`, and `grouped(plan)` the measures M.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from config.comp_plans.credits import ByManagers, BySplits
from salesops.exact import AMOUNT
from salesops.incentives.crediting.needs import reads_of
from salesops.incentives.crediting.own_numbers import grouped, is_of_payee, row_numbers, value_names
from salesops.incentives.crediting.recipients import with_recipients
from salesops.incentives.crediting.row_numbers import NUMBER, groups_of_rows, numbers_of_rows, share_of_amount
from salesops.incentives.crediting.shares import keep_transactions, open_table, transactions_table
from salesops.incentives.crediting.source_rows import GIVEN, counted_rows, is_decided_by_winning
from salesops.incentives.states.numbered import (
    keep_order,
    keep_payees,
    numbered_table,
    order_table,
    places_table,
    show_credits,
)
from salesops.incentives.too_large import too_large_credit
from salesops.sql import cast, columns, quoted, text

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from config.comp_plans.credits import OfEarnings
    from salesops.basis import Basis
    from salesops.incentives.crediting.shares import Transactions
    from salesops.rules import Rules


def credits_table(name: str) -> str:
    """The name of the table of a comp plan's credits."""
    return f"pay credits {name}"


def build_credits(basis: Basis, name: str) -> None:
    """Keep `pay credits NAME` and `pay possible NAME`; `pay stretches NAME` must be there, and `pay earned OTHER` of
    each of `pays_on`."""
    keep_payees(basis.engine, name)
    plan = basis.rules.comp_plans[name]
    numbers = [f"number {each.name}" for each in row_numbers(basis.rules, name)]
    groups = [f"group {each}" for each in grouped(plan)]
    earned = {each: _transactions(basis, name, each) for each in plan.credits}
    possible = {each: _open(basis, name, each, earned[each]) for each in plan.credits}
    decided = {each: rows for each, rows in possible.items() if rows is not None}
    for kind, there in (("credits", earned), ("possible", decided)):
        rows = [_no_rows(basis, name)]
        if there:
            keep_order(basis.engine, name, kind, [each.table for each in there.values()])
            rows = [_credit_rows(basis, name, each, there, kind) for each in there]
        else:
            basis.engine.keep_rows(order_table(name, kind), _NO_ORDER)
        with basis.engine.about(partial(too_large_credit, basis, name, dict(zip(there, rows, strict=False)))):
            basis.engine.keep_reckoned(numbered_table(name, kind), " UNION ALL ".join(rows))
        show_credits(basis.engine, name, kind, plan.credits, [*numbers, *groups])


def forget_credits(basis: Basis, name: str) -> None:
    """Let go what `build_credits` kept of a row for each transaction or credit."""
    for credit in basis.rules.comp_plans[name].credits:
        for table in (transactions_table(name, credit), open_table(name, credit)):
            basis.engine.drop_later(table)
    for kind in ("credits", "possible"):
        basis.engine.drop_later(numbered_table(name, kind))
        basis.engine.drop_later(order_table(name, kind))
        basis.engine.drop_later(places_table(name, kind))


def counts_alike(rules: Rules, name: str, other: str) -> bool:
    """Whether a credit of one comp plan may count the same transactions as one of the other."""
    one, another = (rules.comp_plans[each].credits.values() for each in (name, other))
    return any(a.source is not None and (a.source, a.where) == (b.source, b.where) for a in one for b in another)


def pays_on(rules: Rules, name: str) -> frozenset[str]:
    """The comp plans whose earnings a comp plan credits: they are computed before it."""
    return frozenset(
        other
        for credit in rules.comp_plans[name].credits.values()
        if credit.earnings is not None
        for other in _meant(rules, name, credit.earnings)
    )


def with_paid_on(rules: Rules, names: Iterable[str]) -> frozenset[str]:
    """These comp plans, as far as there are such, and all whose earnings they are paid on."""
    found, waiting = set[str](), [name for name in names if name in rules.comp_plans]
    while waiting:
        if (name := waiting.pop()) not in found:
            found.add(name)
            waiting += pays_on(rules, name)
    return frozenset(found)


def _meant(rules: Rules, name: str, earnings: OfEarnings) -> list[str]:
    """The comp plans that are named, and those that extend one that is; without the one that credits them."""
    wanted = set(earnings.comp_plans)
    return sorted(other for other, plan in rules.comp_plans.items() if other != name and wanted & {other, *plan.named})


def _open(basis: Basis, name: str, credit_name: str, earned: Transactions) -> Transactions | None:
    """The transactions of a credit that open opportunities would be; None where nothing can be possible."""
    credit, reads = basis.rules.comp_plans[name].credits[credit_name], reads_of(basis.rules, name, credit_name)
    return _transactions(basis, name, credit_name, earned) if is_decided_by_winning(credit, reads) else None


def _transactions(basis: Basis, name: str, credit_name: str, earned: Transactions | None = None) -> Transactions:
    """The transactions of a credit; of open opportunities, where those earned already are given."""
    credit, reads = basis.rules.comp_plans[name].credits[credit_name], reads_of(basis.rules, name, credit_name)
    if credit.earnings is not None:
        rows, money = _earned(basis.rules, name, credit.earnings), frozenset({GIVEN})
    else:
        counted = counted_rows(basis, credit, reads, won=earned is not None)
        rows = f"SELECT * FROM {quoted(basis.engine.view_alike('pay rows', counted))}"
        money = frozenset(each.removeprefix(_CURRENCY) for each in counted.columns if each.startswith(_CURRENCY))
    return keep_transactions(basis, name, credit_name, rows, money, earned)


def _credit_rows(basis: Basis, name: str, credit_name: str, there: Mapping[str, Transactions], kind: str) -> str:
    """The rows of a credit by number, as a query."""
    plan = basis.rules.comp_plans[name]
    credit, found = plan.credits[credit_name], there[credit_name]
    part = list(there).index(credit_name)
    places = f"SELECT place, event FROM {quoted(places_table(name, kind))} WHERE part = {part}"
    rows = f"SELECT t.*, o.event FROM {quoted(found.table)} t JOIN ({places}) o USING (place)"

    def amount_of(shared: bool, before: bool) -> str | None:
        is_known = found.amount is not None and not is_of_payee(basis.rules, name, credit.share)
        if before and not is_known:
            return None
        return share_of_amount(basis.rules, name, credit_name, found, shared=shared)

    recipients = with_recipients(basis, name, credit, rows, sorted(value_names(basis.rules, name)), amount_of)
    numbers = dict(numbers_of_rows(basis.rules, name, credit_name, found))
    groups = dict(groups_of_rows(plan, credit_name))
    values = {
        **{each: each for each in ("payee", "event", "day")},
        "credit": str(list(plan.credits).index(credit_name)),
        "amount": "amount",
        "level": "CAST(level AS INTEGER)",
        **numbers,
        **groups,
    }
    query = f"SELECT {columns(values)} FROM ({recipients.query}) WHERE amount IS NOT NULL"
    if credit.source is None or credit.parts:
        return _as_one(query, [*numbers, *groups])
    if isinstance(credit.to, ByManagers) and isinstance(credit.to.of, BySplits):
        # Those who share it may have one manager; few transactions are shared.
        return f"{query} AND is_alone UNION ALL {_as_one(f'{query} AND NOT is_alone', [*numbers, *groups])}"
    return query


_CURRENCY = "currency "


def _as_one(query: str, others: list[str]) -> str:
    """The rows with what counts for one payee, day and record as one."""
    taken = {
        "day": "any_value(day)",
        "credit": "any_value(credit)",
        "amount": cast("sum(amount)", AMOUNT),
        "level": "min(level)",
        **{each: f"min({quoted(each)})" for each in others},
    }
    return f"SELECT payee, event, {columns(taken)} FROM ({query}) GROUP BY payee, event"


def _earned(rules: Rules, name: str, earnings: OfEarnings) -> str:
    """What is earned under other comp plans, as rows of transactions."""
    found, none, plans = [], cast("NULL", "VARCHAR"), rules.comp_plans
    ours = plans[name].currency or rules.currency  # of what is no money nothing is converted
    for other in _meant(rules, name, earnings):
        currency = ours if plans[other].unit else plans[other].currency or rules.currency
        rows = quoted(f"pay earned {other}")
        if earnings.components:  # these may be steps that are not paid
            both = f"FROM {rows} UNION ALL BY NAME FROM {quoted(f'pay steps {other}')}"
            rows = f"({both}) WHERE component IN ({', '.join(map(text, earnings.components))})"
        found.append(
            f"SELECT coalesce(id, {text(other)} || ' ' || component || ' ' || payee_id || ' ' || period) AS id,"
            f" coalesce(source, 'earnings') AS source, opportunity_id, payee_id AS user, {none} AS account,"
            f' {none} AS once, day AS "the day", amount AS {quoted(f"number {GIVEN}")},'
            f" {text(currency)} AS {quoted(_CURRENCY + GIVEN)} FROM {rows}"
        )
    return " UNION ALL ".join(found)


def _no_rows(basis: Basis, name: str) -> str:
    """A query of no rows, of the columns of credits."""
    rules = basis.rules
    types = {"payee": "INTEGER", "event": "INTEGER", "day": "DATE", "credit": "INTEGER"}
    types |= {"amount": AMOUNT, "level": "INTEGER"}
    types |= {f"number {each.name}": NUMBER for each in row_numbers(rules, name)}
    types |= {f"group {each}": "VARCHAR" for each in grouped(rules.comp_plans[name])}
    return f"SELECT {columns({each: cast('NULL', type_) for each, type_ in types.items()})} WHERE false"


_NO_ORDER = (
    "SELECT CAST(NULL AS DATE) AS day, CAST(NULL AS VARCHAR) AS source, CAST(NULL AS VARCHAR) AS id, "
    "CAST(NULL AS VARCHAR) AS opportunity_id, CAST(NULL AS INTEGER) AS event WHERE false"
)
