"""Warnings of meanings and parameters that nothing reads: a name that is misspelt says nothing, silently."""

from __future__ import annotations

from typing import TYPE_CHECKING

from config.catalog_files import read_catalog
from config.messages import did_you_mean
from config.metrics.formula import FUNCTIONS
from config.metrics.words import conditions_of, meanings_in, parameters_in, parameters_of
from config.project_folder import COMP_PLANS, MEANINGS, METRICS, PARAMETERS, TERRITORIES

if TYPE_CHECKING:
    from collections.abc import Iterator, Set

    from config.draft import Draft
    from config.problems import Problem


def check_unread(draft: Draft) -> Iterator[Problem]:
    """Meanings and parameters that no definition names. Those that replace built-in ones are read as these are."""
    if not _is_all_readable(draft):
        return
    rules = draft.territories.territories if draft.territories else ()
    conditions = [condition for rule in rules for condition in rule.where]
    credits_ = [credit for plan in draft.comp_plans.values() for credit in plan.credits.values()]
    conditions += [condition for credit in credits_ for condition in (*credit.where, *credit.where_any)]
    meanings, parameters = meanings_in(conditions), parameters_in(conditions)
    for metric in draft.metrics.values():
        meanings |= meanings_in(conditions_of(metric))
        parameters |= parameters_of(metric)
    built_in = read_catalog().model
    meanings |= built_in.meanings.keys()
    parameters |= built_in.parameters.keys()
    for name in sorted(draft.meanings.keys() - meanings):
        yield _unread(draft, (MEANINGS, name), meanings, "no condition names it with `means`")
    for name in sorted(draft.parameters.keys() - parameters - FUNCTIONS.keys()):
        yield _unread(draft, (PARAMETERS, name), parameters, "no formula or condition names it")


def _is_all_readable(draft: Draft) -> bool:
    """Whether everything was read that could name something."""
    is_here = draft.territories is not None or TERRITORIES not in draft.names
    return (
        is_here
        and not draft.unreadable & {METRICS, TERRITORIES, COMP_PLANS}
        and len(draft.metrics) == len(draft.names.get(METRICS, ()))
        and len(draft.comp_plans) == len(draft.names.get(COMP_PLANS, ()))
    )


def _unread(draft: Draft, at: tuple[str, str], read: Set[str], why: str) -> Problem:
    hint = did_you_mean(at[1], read)
    detail = hint if hint.startswith("Did") else "Remove it, or name it where it should count."
    return draft.warning(at, f"says nothing: {why}.", detail)
