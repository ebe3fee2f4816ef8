"""Why somebody earns what they do: the explanation of `salesops.explain.payout`, of the stored facts as of the stored
results, with what people call the transactions, and whether the stored results say the same."""

from __future__ import annotations

from dataclasses import dataclass, replace
from decimal import Decimal
from typing import TYPE_CHECKING

from sync.asked import NotKnown
from sync.crm_links import record_links, record_names
from sync.explain import facts_as_of, stored_as_of, why_differs
from sync.fiscal import calendar_of, crm_periods_of, pay_periods_in
from sync.payout import Asked, read_rows
from sync.rules import build_rules
from sync.store.results import read_computation
from sync.used_metrics import computed_metrics

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from config.loader import Project
    from salesops.calendar import Period
    from salesops.explain.payout_model import ComponentTold
    from sync.asked import Whose
    from sync.store.store import Store

ZERO = Decimal(0)


@dataclass(frozen=True, slots=True)
class Meant:
    """Which part of a payout is explained: all of it where nothing is said."""

    comp_plan: str | None = None
    component: str | None = None
    transaction: str | None = None


@dataclass(frozen=True, slots=True)
class Payout:
    """What a user earns in the pay periods of a period, and why.

    `stored` is what the stored results say of the same, `differs` why that is something else, empty where it is not.
    """

    user: str
    name: str
    period: str
    as_of: str
    components: tuple[ComponentTold, ...]
    names: Mapping[tuple[str, str], str]  # of transactions, by source and id
    links: Mapping[tuple[str, str], str]
    users: Mapping[str, str]  # names of who shares in transactions, by id
    stored: Decimal
    notes: tuple[str, ...] = ()  # what comes to nothing
    differs: str = ""
    is_of_transaction: bool = False

    @property
    def amount(self) -> Decimal:
        return sum((each.amount for each in self.components), ZERO)


def explain_payout(
    project: Project, store: Store, connection: str, user: Whose, period: Period | None, meant: Meant
) -> Payout:
    """Why a user earns what they do in a period.

    NotKnown where nothing is computed, or no period is given.
    """
    from salesops.explain.payout import Wanted
    from salesops.explain.payout import explain_payout as explained

    if period is None:
        raise NotKnown("a payout is of a period. Name one, as this_year or 2026-10.")
    moment = stored_as_of(store, connection)
    rules = replace(build_rules(project, crm_periods_of(project, store)), metrics=computed_metrics(project))
    wanted = Wanted(
        payee_id=user.key,
        email=_email(store, connection, user.key),
        periods=frozenset(each.name for each in pay_periods_in(calendar_of(project, store), period)),
        comp_plans=_comp_plans(project, store, connection, user.key, meant),
    )
    facts = facts_as_of(store, connection, rules, moment)
    components, notes = explained(facts, rules, moment, wanted)
    told = tuple(_meant(components, meant))
    stored = _stored(project, store, connection, Asked(period, user.key, meant.comp_plan), meant)
    names, links = _records(project, store, connection, told)
    payout = Payout(
        user=user.key,
        name=user.name,
        period=period.name,
        as_of=moment.isoformat(),
        components=told,
        notes=notes,
        names=names,
        links=links,
        users=record_names(store, connection, "user", {user for each in told for user in _sharing(each)}),
        stored=sum(stored.values(), ZERO),
        is_of_transaction=meant.transaction is not None,
    )
    found = {(each.comp_plan, each.component): each.amount for each in told if each.amount}
    computation = read_computation(store, connection)
    if computation is not None and found != {key: amount for key, amount in stored.items() if amount}:
        payout = replace(payout, differs=why_differs(project, store, connection, computation))
    return payout


def _email(store: Store, connection: str, user: str) -> str:
    rows = store.rows("SELECT email FROM user WHERE connection = ? AND id = ?", (connection, user))
    return (rows[0]["email"] or "") if rows else ""


def _comp_plans(project: Project, store: Store, connection: str, user: str, meant: Meant) -> frozenset[str]:
    """The comp plans that the user is on by the stored results, or the one that is meant."""
    if meant.comp_plan is not None:
        return frozenset({meant.comp_plan})
    rows = store.rows(
        "SELECT comp_plan FROM measure_value WHERE connection = ?1 AND payee_id = ?2"
        " UNION SELECT comp_plan FROM credit WHERE connection = ?1 AND payee_id = ?2"
        " UNION SELECT comp_plan FROM earning WHERE connection = ?1 AND payee_id = ?2",
        (connection, user),
    )
    without_measures = {name for name, plan in project.comp_plans.items() if not plan.measures}
    return frozenset({row["comp_plan"] for row in rows} | without_measures) & project.comp_plans.keys()


def _meant(components: Iterable[ComponentTold], meant: Meant) -> Iterable[ComponentTold]:
    for each in components:
        if meant.component not in {None, each.component}:
            continue
        if meant.transaction is None:
            yield each
        elif entries := tuple(entry for entry in each.entries if entry.id == meant.transaction):
            yield replace(each, entries=entries)


def _stored(
    project: Project, store: Store, connection: str, asked: Asked, meant: Meant
) -> dict[tuple[str, str], Decimal]:
    """What the stored results say that the components earn."""
    found: dict[tuple[str, str], Decimal] = {}
    for row in read_rows(project, store, connection, "earning", asked):
        is_meant = meant.component in {None, row["component"]} and meant.transaction in {None, row["transaction_id"]}
        if row["status"] == "earned" and is_meant:
            key = (row["comp_plan"], row["component"])
            found[key] = found.get(key, ZERO) + Decimal(row["amount"])
    return found


def _sharing(component: ComponentTold) -> Iterator[str]:
    """The ids of all who share in what the component pays on."""
    for entry in component.entries:
        if entry.made is not None:
            yield from (user for user, _ in entry.made.shares)


def _records(
    project: Project, store: Store, connection: str, components: Iterable[ComponentTold]
) -> tuple[dict[tuple[str, str], str], dict[tuple[str, str], str]]:
    """What people call the transactions, and their pages in the CRM."""
    ids: dict[str, set[str]] = {}
    for each in components:
        for entry in each.entries:
            if entry.source:
                ids.setdefault(entry.source, set()).add(entry.id)
        for held in (held for interval in each.intervals for held in interval.held):
            ids.setdefault(held.source, set()).add(held.id)
    names = {
        (source, id_): name
        for source, some in ids.items()
        for id_, name in record_names(store, connection, source, some).items()
    }
    links = {
        (source, id_): link
        for source, some in ids.items()
        for id_, link in record_links(project, store, connection, source, some).items()
    }
    return names, links
