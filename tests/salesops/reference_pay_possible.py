"""What may come: what each open opportunity would count for whom if it were won today."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING

from reference_pay_credits import FROM_WINNING, Counts, add, counting, days_again, is_first, is_meant, of_metric
from reference_pay_events import Event
from reference_rows import counted

if TYPE_CHECKING:
    from datetime import date

    from reference_rows import Counted
    from reference_world import Row as Record
    from reference_world import World

    from config.comp_plans import Credit
    from config.metrics import SimpleMetric


def possible(world: World, name: str, last: date) -> dict[tuple[str, str], list[Event]]:
    """(opportunity, payee) -> the transactions that count if it were won today, in their order."""
    alone: dict[tuple[str, date, str, str], Event] = {}
    for credit, rule in world.rules.comp_plans[name].credits.items():
        if rule.metric is not None:
            metric = world.rules.simple(rule.metric)
            of_metric(world, name, credit, metric, _if_won(world, metric), alone)
        for row in world.rows(rule.source) if rule.source and _is_decided(rule) else []:
            deal = opportunity_of(world, str(rule.source), row)
            if deal is None or not _may_be_won(world, rule, row, deal, last):
                continue
            won = row | {"close_date": world.today} if rule.source == "opportunity" else row
            for day in days_again(world, rule, row, world.today, last):
                add(world, name, credit, Counts(won, str(rule.source), day, Fraction(0), _all_parts(rule)), alone)
    found: dict[tuple[str, str], list[Event]] = {}
    for event in sorted(alone.values(), key=Event.place):
        assert event.opportunity is not None
        found.setdefault((event.opportunity, event.payee), []).append(event)
    return found


def _if_won(world: World, metric: SimpleMetric) -> list[Counted]:
    """What each open opportunity would count in a metric if it were won today."""
    if metric.source != "opportunity":
        return []
    where = tuple(condition for condition in metric.where if condition.field not in FROM_WINNING)
    won = [
        deal | {metric.time: world.today}
        for deal in world.rows("opportunity")
        if deal["is_closed"] is False and world.is_past(deal.get("created_at") or world.as_of)
    ]
    return counted(world, metric.model_copy(update={"where": where}), won)


def _is_decided(rule: Credit) -> bool:
    """Whether winning an opportunity decides if something counts, or when."""
    paths = {condition.field for condition in (*rule.where, *rule.where_any)}
    times = {time for time in (rule.time, *(part.time for part in rule.parts)) if time is not None}
    decided = FROM_WINNING | {"close_date"}
    of_deal = {path if rule.source == "opportunity" else path.removeprefix("opportunity.") for path in paths}
    of_time = {path if rule.source == "opportunity" else path.removeprefix("opportunity.") for path in times}
    return bool(of_deal & FROM_WINNING or of_time & decided)


def _may_be_won(world: World, rule: Credit, row: Record, deal: Record, last: date) -> bool:
    """Whether a row of an open opportunity would count if that were won, and does not yet."""
    if deal["is_closed"] is not False or not world.is_past(deal.get("created_at") or world.as_of):
        return False
    if is_meant(world, rule, row) and counting(world, rule, [row], last):
        return False
    return is_meant(world, rule, row, won=True) and is_first(world, rule, row, None)


def opportunity_of(world: World, source: str, row: Record) -> Record | None:
    return row if source == "opportunity" else world.record("opportunity", world.field(source, row, "opportunity_id"))


def _all_parts(rule: Credit) -> Fraction:
    return sum((Fraction(part.share) for part in rule.parts), Fraction(0)) if rule.parts else Fraction(1)
