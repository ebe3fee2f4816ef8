"""An examination as JSON values."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

from config.scalars import instant_text
from sync.doctor.looked import is_unseen
from sync.doctor.words import describe_rows

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    from connectors.health import Health
    from sync.doctor.fill import Count, Filled, Part
    from sync.doctor.model import Examination, Verdict
    from sync.doctor.sources import Source


def as_json(examination: Examination) -> dict[str, Any]:
    """All that was found, as JSON values; rates are texts, months as "2026-03"."""
    found = examination
    return {
        "required": len(found.required),
        "advice": len(found.findings) - len(found.required),
        **_health(found.health),
        "age_seconds": found.age_seconds,
        "definitions": [_verdict(each) for each in found.verdicts],
        "fields": [
            _field(fill, found.sources[fill.ask.object, fill.ask.field], found.months) for fill in found.fills.values()
        ],
        "findings": [finding.as_json() for finding in found.findings],
    }


def _health(health: Health) -> dict[str, Any]:
    return {
        "login": health.login,
        "org": health.org,
        "crm_now": instant_text(health.now),
        "skew_seconds": round((health.now - health.here).total_seconds()),
        "access": [
            {
                "object": each.object,
                "crm_object": each.crm_object,
                "reads": each.reads,
                "writes": each.writes,
                "sees_all": each.sees_all,
                "edits_all": each.edits_all,
                "known": each.known,
            }
            for each in health.access
        ],
        "headroom": [
            {"name": each.name, "used": each.used, "limit": each.limit, "what": each.what} for each in health.headroom
        ],
    }


def _verdict(verdict: Verdict) -> dict[str, Any]:
    definition = verdict.definition
    return {
        "kind": definition.kind,
        "name": definition.name,
        "label": definition.label,
        "used": definition.used,
        "computable": verdict.computable.value,
        "since": verdict.since and f"{verdict.since:%Y-%m}",
        "because": list(verdict.because),
        "not_for": [{"team": team, "since": f"{month:%Y-%m}"} for team, month in verdict.not_for],
        "fields": sorted({f"{need.ask.object}.{need.ask.field}" for need in definition.needs}),
    }


def _field(fill: Filled, source: Source, months: Sequence[date]) -> dict[str, Any]:
    ask = fill.ask
    return {
        "object": ask.object,
        "field": ask.field,
        "records": describe_rows(ask),
        "by": ask.by or None,
        "crm_fields": [{"name": each.name, "label": each.label, "type": each.type} for each in source.fields],
        "hidden": is_unseen(source, fill),
        "origin": source.origin or None,
        "last": fill.last and fill.last.isoformat(),
        **_part(fill.overall, months),
        "teams": [{"team": team or None, **_part(part, months)} for team, part in fill.teams.items()],
    }


def _part(part: Part, months: Sequence[date]) -> dict[str, Any]:
    return {
        **_count(part.total),
        "state": part.state.value,
        "since": None if part.since is None else f"{months[part.since]:%Y-%m}",
        "stopped": None if part.until is None else f"{months[part.until]:%Y-%m}",
        "gaps": [f"{months[place]:%Y-%m}" for place in part.gaps],
        "months": _months(part.months, months),
    }


def _months(counts: Sequence[Count], months: Sequence[date]) -> dict[str, dict[str, Any]]:
    return {f"{month:%Y-%m}": _count(count) for month, count in zip(months, counts, strict=True) if count.rows}


def _count(count: Count) -> dict[str, Any]:
    rate = str(count.rate.quantize(Decimal("0.001"))) if count.rows else None
    return {"rows": count.rows, "filled": count.filled, "rate": rate}
