"""What of a component is reckoned for each transaction, or each group, by itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reference_pay_plan import (
    bare_names,
    closes,
    gates_in,
    grouped_of,
    interval_of,
    is_closing,
    names_measure,
    said_over,
)

from config.comp_plans import Tiers

if TYPE_CHECKING:
    from reference_pay_book import Book

    from config.comp_plans import AnyOf, Gate


def is_bounded(book: Book, name: str) -> bool:
    """Whether a cap or floor holds each transaction."""
    component = book.plan.components[name]
    return any(bound is not None and bound.over == "transaction" for bound in (component.cap, component.floor))


def is_each_alone(book: Book, name: str) -> bool:
    """Whether each transaction is worth something by itself, for good: over transaction, or bounded in each."""
    return said_over(book.plan, name) == "transaction" or (is_bounded(book, name) and not is_rerated(book, name))


def is_rerated(book: Book, name: str) -> bool:
    """Whether each transaction is bounded, at the rate of the tier that all of them have reached by now."""
    component = book.plan.components[name]
    return (
        isinstance(component, Tiers)
        and {tier.reading or component.reading for tier in component.tiers} == {"whole"}
        and is_bounded(book, name)
        and "transaction" not in {said_over(book.plan, name), interval_of(book.plan, component.by)}
    )


def is_each_whole(book: Book, name: str) -> bool:
    """Whether gates, too, are of each transaction; those that look at other payees stand at closes only."""
    return is_each_alone(book, name) and not is_closing(book.plan, book.plan.components[name])


def multiplies_each(book: Book, name: str) -> bool:
    """Whether multipliers are of each transaction: as it is bounded after them, or wholly by itself."""
    multipliers = book.plan.components[name].multipliers
    of_others = multipliers is not None and any(closes(book.plan, each) for each in multipliers.factors)
    return is_each_whole(book, name) or (is_bounded(book, name) and not of_others)


def multiplies_groups(book: Book, name: str) -> bool:
    """Whether multipliers are of each group: one of them names the grouped measure."""
    measure, multipliers = grouped_of(book.plan, name), book.plan.components[name].multipliers
    named = multipliers is not None and any(measure in bare_names(book.plan, each) for each in multipliers.factors)
    return named and not multiplies_each(book, name)


def is_of_event(book: Book, name: str, gate: Gate | AnyOf) -> bool:
    """Whether a gate, or one of several, looks at single groups, or transactions, that are worth something each."""
    measure = grouped_of(book.plan, name)
    if measure is not None and names_measure(book.plan, gate, measure):
        return True
    intervals = {interval_of(book.plan, each.measure) for each in gates_in(gate)}
    return is_each_alone(book, name) and "transaction" in intervals
