"""Checks of `writeback.yaml`."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from config.base import quote
from config.checks.metrics import AS_OF
from config.checks.pay import MONTHS
from config.draft import CONNECTIONS
from config.metrics import SimpleMetric
from config.project_folder import COMP_PLANS, METRICS, QUOTAS, TERRITORIES, WRITEBACK
from config.writeback import CommissionValue, MetricValue, QuotaValue, TerritoryValue

if TYPE_CHECKING:
    from collections.abc import Iterator

    from config.draft import Draft
    from config.problems import Problem
    from config.writeback import FieldWrite
    from config.yaml_text import Path

_OBJECT_OF = {
    "metric": "user",
    "quota": "user",
    "commission": "user",
    "territory": "account",
    "earned_commission": "opportunity",
    "estimated_commission": "opportunity",
}

_CUSTOM = "__c"
# "The current character limit for creating field names and labels is 40 characters": Salesforce Help 000381913.
_LONGEST = 40


def check_writeback(draft: Draft) -> Iterator[Problem]:
    """Fields written twice or on the wrong object, and results that are not there to be written."""
    for connection, writes in (draft.writeback.writeback if draft.writeback else {}).items():
        yield from draft.unknown(CONNECTIONS, connection, (WRITEBACK, connection))
        seen: dict[tuple[str, str], int] = {}
        for number, write in enumerate(writes):
            at = (WRITEBACK, connection, number)
            first = seen.setdefault((write.object, write.field.casefold()), number)
            if first != number:
                line = draft.places[(WRITEBACK, connection, first, "field")].line
                yield draft.error(
                    (*at, "field"),
                    f"{write.object}.{write.field} is written twice, first on line {line}.",
                    "A field can hold one result; name another field.",
                )
            yield from _check_field_name(draft, connection, write, at)
            yield from _check_not_read(draft, connection, write, at)
            yield from _check_object(draft, write, at)
            yield from _check_value(draft, write, at)


def _check_field_name(draft: Draft, connection: str, write: FieldWrite, at: Path) -> Iterator[Problem]:
    settings = draft.settings.connections.get(connection) if draft.settings else None
    if settings is not None and settings.crm == "salesforce":
        yield from _check_salesforce_field(draft, write, at)
    # HubSpot's internal names are lower case, whatever is sent:
    # https://developers.hubspot.com/docs/api-reference/crm-properties-v3/guide
    if settings is not None and settings.crm == "hubspot" and not re.fullmatch(r"[a-z][a-z0-9_]*", write.field):
        yield draft.error(
            (*at, "field"),
            f"is not a HubSpot property name: {quote(write.field)}.",
            f"They are lower case: {write.field.lower()}.",
        )


def _check_salesforce_field(draft: Draft, write: FieldWrite, at: Path) -> Iterator[Problem]:
    """What Salesforce would refuse when the field is created. Its own fields and a package's are there already."""
    if not write.field.endswith(_CUSTOM):
        if "_" in write.field and "__" not in write.field:  # unlike any of Salesforce's own names
            yield draft.warning(
                (*at, "field"),
                f"{write.field} does not end in {_CUSTOM}, so it cannot be created.",
                f"For a field of your own write {write.field}{_CUSTOM}.",
            )
        return
    name = write.field.removesuffix(_CUSTOM)
    if "__" not in name and len(name) > _LONGEST:
        yield draft.error(
            (*at, "field"),
            f"is too long for Salesforce: {len(name)} characters before {_CUSTOM}.",
            f"Shorten it to {_LONGEST}.",
        )
    if "__" not in name and len(write.label) > _LONGEST:
        yield draft.error(
            (*at, "label"), f"is too long for Salesforce: {len(write.label)} characters.", f"Shorten it to {_LONGEST}."
        )


def _check_not_read(draft: Draft, connection: str, write: FieldWrite, at: Path) -> Iterator[Problem]:
    """A field that fills our model must not be written: the next run would compute from what this one wrote."""
    mapped = draft.mapping.of(connection).get(write.object) if draft.mapping else None
    for ours, field in mapped.fields.items() if mapped else ():
        if field.casefold() == write.field.casefold():
            yield draft.error(
                (*at, "field"),
                f"would overwrite {write.field}, which mapping.yaml reads as {write.object}.{ours}.",
                "Name a field of its own for the result.",
            )


def _check_object(draft: Draft, write: FieldWrite, at: Path) -> Iterator[Problem]:
    fitting = _OBJECT_OF[write.value.kind]
    if write.object != fitting:
        kinds = [kind for kind, of_object in _OBJECT_OF.items() if of_object == write.object]
        yield draft.error(
            (*at, "object"),
            f"{write.value.kind} belongs to {_article(fitting)} {fitting}, not to {_article(write.object)} "
            f"{write.object}.",
            f"Write object: {fitting}, or a value of kind {' or '.join(kinds)}.",
        )


def _article(word: str) -> str:
    return "an" if word[0] in "ao" else "a"


def _check_value(draft: Draft, write: FieldWrite, at: Path) -> Iterator[Problem]:
    value, at = write.value, (*at, "value")
    match value:
        case MetricValue():
            yield from draft.unknown(METRICS, value.metric, (*at, "metric"))
            metric = draft.metrics.get(value.metric)
            if isinstance(metric, SimpleMetric) and metric.time == AS_OF and value.period.startswith("last"):
                yield draft.error(
                    (*at, "period"),
                    f"{value.metric} stands as of now; there is none of {value.period}.",
                    f"Write {value.period.replace('last', 'this')}.",
                )
        case QuotaValue():
            yield from draft.unknown(QUOTAS, value.quota, (*at, "quota"))
            quota = draft.quotas.get(value.quota)
            if quota is not None and not value.period.endswith(quota.period):
                yield draft.error(
                    (*at, "period"),
                    f"quota {value.quota} is by {quota.period}, not {value.period}.",
                    f"Write this_{quota.period} or last_{quota.period}.",
                )
        case CommissionValue():
            yield from _check_paid(draft, write, at)
            yield from _check_commission_period(draft, value, at)
        case TerritoryValue():
            if not draft.territories and TERRITORIES not in draft.unreadable | draft.names.keys():
                yield draft.error(
                    at, "there are no territories to write.", "Define some in territories/, or remove it."
                )
        case _:
            yield from _check_paid(draft, write, at)


def _check_paid(draft: Draft, write: FieldWrite, at: Path) -> Iterator[Problem]:
    if not draft.names.get(COMP_PLANS) and COMP_PLANS not in draft.unreadable:
        yield draft.error(
            at, f"there is no comp plan, so no {write.value.kind} to write.", "Define one in comp_plans/, or remove it."
        )


def _check_commission_period(draft: Draft, value: CommissionValue, at: Path) -> Iterator[Problem]:
    """A period can show the earnings of periods inside it; where all are longer, it would always show nothing."""
    quotas = [draft.quotas.get(comp_plan.quota) for comp_plan in draft.comp_plans.values()]
    paid = {quota.period for quota in quotas if quota is not None}
    shown = value.period.rpartition("_")[2]
    if paid and None not in quotas and all(MONTHS[period] > MONTHS[shown] for period in paid):
        yield draft.error(
            (*at, "period"),
            f"no comp plan pays by {shown}, so {value.period} would always be 0.",
            f"They pay by {' and '.join(sorted(paid))}: write {value.period.replace(shown, min(paid))}.",
        )
