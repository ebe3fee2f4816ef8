"""The explanation of a payout for programs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sync.cli.show_output import number_text

if TYPE_CHECKING:
    from collections.abc import Callable

    from config.yaml_text import Path
    from salesops.explain.payout_model import ComponentTold, CreditTold, EntryTold, GateTold, Reckoned, StreakTold
    from sync.explain_payout import Payout

    Lines = Callable[[str, Path], dict[str, Any]]
    """File and line of a path in a comp plan."""


def payout_json(told: Payout, lines: Lines, limit: int | None) -> dict[str, Any]:
    """All of an explanation; of the transactions of each component so many, all where no limit is given."""
    return {
        "user_id": told.user,
        "name": told.name,
        "period": told.period,
        "as_of": told.as_of,
        "earned": number_text(told.amount),
        "stored": number_text(told.stored),
        "differs": told.differs,
        "notes": told.notes,
        "components": [_component(told, each, lines, limit) for each in told.components],
    }


def _component(told: Payout, each: ComponentTold, lines: Lines, limit: int | None) -> dict[str, Any]:
    return {
        "comp_plan": each.comp_plan,
        "component": each.component,
        "label": each.label,
        "kind": each.kind,
        "currency": each.currency,
        "is_paid": each.is_paid,
        "earned": number_text(each.amount),
        "says": each.says,
        **lines(each.comp_plan, each.path),
        "rules": [{"says": what, **lines(each.comp_plan, path)} for what, path in each.lines],
        "intervals": [_interval(each, interval, lines) for interval in each.intervals],
        "transactions": [_entry(told, entry) for entry in (each.entries[:limit] if limit else each.entries)],
    }


def _interval(each: ComponentTold, interval: Reckoned, lines: Lines) -> dict[str, Any]:
    def at(path: Path) -> dict[str, Any]:
        return lines(each.comp_plan, path)

    return {
        "interval": interval.interval,
        "last_day": interval.last_day.isoformat(),
        "worth": number_text(interval.worth),
        "rounded": number_text(interval.rounded),
        "earned_to_date": number_text(interval.to_date),
        "earned_before": number_text(interval.before),
        "earned": number_text(interval.earned),
        "not_shown": list(interval.missing),
        "measures": [
            {
                "measure": one.measure,
                "interval": one.interval,
                "starts_with": number_text(one.start),
                "value": number_text(one.value),
                "target": number_text(one.target),
                "attainment": number_text(one.attainment),
                "target_is": one.target_is,
                "share": number_text(one.share),
                "full_target": number_text(one.full),
                "ramp": number_text(one.ramp),
                "streak": None if one.streak is None else _streak(one.streak),
                **at(one.path),
            }
            for one in interval.measures
        ],
        "held": [
            {
                "measure": one.measure,
                "day": one.day.isoformat(),
                "source": one.source,
                "transaction_id": one.id,
                "whole": number_text(one.whole),
                "counts": number_text(one.counts),
                "each_at_most": one.written,
                **at(one.path),
            }
            for one in interval.held
        ],
        "tiers": [
            {
                "from": one.written,
                "bound": number_text(one.bound),
                "starts_at": number_text(one.starts_at),
                "pays": number_text(one.number),
                "unit": one.unit,
                "reading": one.reading,
                "reached": one.is_reached,
                "in_it": number_text(one.laid),
                "comes_to": number_text(one.earns),
                **at(one.path),
            }
            for one in interval.rungs
        ],
        "paid_again": list(interval.again),
        "gates": [_condition([_gate(one, at(one.path)) for one in gates]) for gates in interval.gates],
        "steps": [
            {"says": one.what, "value": number_text(one.value), "unit": one.unit, **at(one.path)}
            for one in interval.steps
        ],
    }


def _streak(streak: StreakTold) -> dict[str, Any]:
    return {
        "at_least": number_text(streak.at_least),
        "rows": [
            {
                "days": [{"day": day.isoformat(), "amount": number_text(amount)} for day, amount in row.days],
                "completed": row.times,
                "broken_on": None if row.broken_on is None else row.broken_on.isoformat(),
                "had": number_text(row.had),
                "makes_it": row.makes_it,
            }
            for row in streak.rows
        ],
        "next": streak.next,
    }


def _gate(gate: GateTold, line: dict[str, Any]) -> dict[str, Any]:
    return {
        "measure": gate.measure,
        "looked_at": number_text(gate.looked_at),
        "bounds": [{"is": key, "written": text, "number": number_text(n)} for key, text, n in gate.bounds],
        "met": gate.is_met,
        **line,
    }


def _condition(gates: list[dict[str, Any]]) -> dict[str, Any]:
    """A gate, or several of which one is enough."""
    return gates[0] if len(gates) == 1 else {"any_of": gates, "met": any(gate["met"] for gate in gates)}


def _entry(told: Payout, entry: EntryTold) -> dict[str, Any]:
    key = (entry.source, entry.id)
    return {
        "day": entry.day.isoformat(),
        "period": entry.period,
        "source": entry.source,
        "transaction_id": entry.id,
        "opportunity_id": entry.opportunity_id,
        "transaction": told.names.get(key, ""),
        "link": told.links.get(key),
        "credit": number_text(entry.credit),
        "tier": entry.tier,
        "rate": number_text(entry.rate),
        "measure": number_text(entry.measure),
        "earned": number_text(entry.amount),
        "made_of": None if entry.made is None else _made(told, entry.made),
    }


def _made(told: Payout, made: CreditTold) -> dict[str, Any]:
    return {
        "credit": made.credit,
        "amount": number_text(made.amount),
        "looked_at": [{"field": field, "value": value} for field, value in made.looked_at],
        "factors": [{"written": text, "number": number_text(number)} for text, number in made.factors],
        "share": number_text(made.share),
        "shares": [
            {"user_id": user, "name": told.users.get(user, ""), "share": number_text(share)}
            for user, share in made.shares
        ],
    }
