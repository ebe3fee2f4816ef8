"""How opportunities went through their stages: visits, and what they say of the present stage's age."""

from __future__ import annotations

from typing import TYPE_CHECKING

import ibis

from config.model import FieldType
from salesops.conditions import filled
from salesops.exact import ratio
from salesops.history import STATE, known_stages
from salesops.sources.days import days_between

if TYPE_CHECKING:
    import ibis.expr.types as ir

    from salesops.basis import Basis


def states(basis: Basis) -> ir.Table:
    """What each opportunity was and when: `id`, `opportunity_id`, `stage`, `amount`, `close_date`, `at`, `until_at`.

    Of several entries of its history at one moment the last holds. `until_at` is null for the last state. `at` is part
    of the state, so none of an opportunity overlap. `since` is when the state before it began (null for the first), and
    `stage_before`, `amount_before` and `close_date_before` what that was. `currency` is the opportunity's.
    """
    return basis.engine.once("opportunity states", lambda: _states(basis))


def _states(basis: Basis) -> ir.Table:
    history, opportunities = basis.objects["opportunity_history"], basis.objects["opportunity"]
    of_known = opportunities.select(known="id", currency="currency")
    dated = history.filter(history["at"].notnull())
    entries = dated.join(of_known, dated["opportunity_id"] == of_known["known"])
    told = entries.select(
        "id",
        "opportunity_id",
        "amount",
        "close_date",
        "at",
        "currency",
        stage=filled(entries["stage"], FieldType.TEXT),
    )
    of_moment = dated.group_by("opportunity_id", "at").agg(entries=ibis._.count(), last=ibis._.id.max())
    several = of_moment.filter(of_moment["entries"] > 1).select(moment_of="opportunity_id", moment="at", last="last")
    told = told.left_join(several, [told["opportunity_id"] == several["moment_of"], told["at"] == several["moment"]])
    told = told.filter((told["id"] == told["last"]) | told["last"].isnull()).drop("moment_of", "moment", "last")
    in_order = ibis.window(group_by="opportunity_id", order_by="at")
    return told.mutate(
        until_at=told["at"].lead().over(in_order),
        since=told["at"].lag().over(in_order),
        **{f"{field}_before": told[field].lag().over(in_order) for field in STATE},
    )


def stages(basis: Basis) -> ir.Table:
    """What the CRM says of each stage, by `pipeline` ("" for none) and `stage`."""
    return basis.engine.once("opportunity stages", lambda: known_stages(basis.objects["stage"]))


def visits(basis: Basis) -> ir.Table:
    """Every stay in a stage: `id`, `opportunity_id`, `pipeline`, `currency`, `stage`, `amount`, `entered_at`,
    `left_at`, `next_stage`; and `present_stage`, that of the opportunity."""
    return basis.engine.once("stage visits", lambda: _visits(basis))


def _visits(basis: Basis) -> ir.Table:
    found, opportunities = states(basis), basis.objects["opportunity"]
    in_order = ibis.window(group_by="opportunity_id", order_by="at")
    entered = found.filter(found["since"].isnull() | ~found["stage_before"].identical_to(found["stage"]))
    stays = entered.select(
        "opportunity_id",
        "stage",
        "amount",
        visit_id=entered["id"],
        entered_at=entered["at"],
        left_at=entered["at"].lead().over(in_order),
        next_stage=entered["stage"].lead().over(in_order),
    )
    told = stays.rename(told_stage="stage", told_amount="amount")
    both = opportunities.left_join(told, opportunities["id"] == told["opportunity_id"])
    is_told = both["visit_id"].notnull()
    return both.select(
        id=both["visit_id"].coalesce(both["id"]),
        opportunity_id=both["id"],
        pipeline=both["pipeline"].fill_null(""),
        currency=both["currency"],
        stage=ibis.ifelse(is_told, both["told_stage"], filled(both["stage"], FieldType.TEXT)),
        amount=ibis.ifelse(is_told, both["told_amount"], both["amount"]),
        entered_at=ibis.ifelse(is_told, both["entered_at"], both["created_at"]),
        left_at=both["left_at"],
        next_stage=both["next_stage"],
        present_stage=both["stage"],
    )


def build_visits(basis: Basis, fields: frozenset[str]) -> ir.Table:
    """The source `stage_visit`. A lost stage is never forward, wherever it stands in its pipeline."""
    found = visits(basis)
    if not fields & {"position", "is_won", "is_closed", "forward"}:
        return found
    here, following = stages(basis), stages(basis).rename(lambda name: f"next {name}")
    here = here.select(
        known_pipeline="pipeline", known_stage="stage", position="position", is_closed="is_closed", is_won="is_won"
    )
    found = found.left_join(here, [found["pipeline"] == here["known_pipeline"], found["stage"] == here["known_stage"]])
    if "forward" not in fields:
        return found
    found = found.left_join(
        following, [found["pipeline"] == following["next pipeline"], found["next_stage"] == following["next stage"]]
    )
    is_higher = (found["next position"] > found["position"]).fill_null(False)
    forward = found["next is_won"].fill_null(False) | (is_higher & ~found["next is_closed"].fill_null(False))
    return found.mutate(forward=ibis.ifelse(found["left_at"].notnull(), forward, ibis.null("boolean")))


def stage_ages(basis: Basis, fields: frozenset[str]) -> ir.Table:
    """Since when each opportunity has been in its stage, how many whole days that is, and how many are normal there."""
    found = visits(basis)
    here = found.filter(found["left_at"].isnull())
    age = days_between(basis.local_day(here["entered_at"]), ibis.literal(basis.today))
    here = here.select(
        "pipeline", "present_stage", id="opportunity_id", stage_entered_at="entered_at", stage_age_days=age
    )
    if not fields & {"stage_normal_days", "stage_age_ratio"}:
        return here
    normal = basis.engine.once("stage normals", lambda: _normals(basis))
    same = [here["pipeline"] == normal["normal_pipeline"], here["present_stage"] == normal["normal_stage"]]
    known = here.left_join(normal, same)
    return known.mutate(
        stage_normal_days=known["normal"], stage_age_ratio=ratio(known["stage_age_days"], known["normal"])
    )


def _normals(basis: Basis) -> ir.Table:
    """The median by pipeline and stage. Whole days repeat much, so it is taken of how often each length occurs."""
    found = visits(basis)
    ended = found.filter(found["left_at"].notnull() & found["entered_at"].notnull() & found["stage"].notnull())
    days = days_between(basis.local_day(ended["entered_at"]), basis.local_day(ended["left_at"]))
    lengths = ended.group_by("pipeline", "stage", days=days).agg(times=ibis._.count())
    of_stage = ibis.window(group_by=["pipeline", "stage"])
    up_to = ibis.cumulative_window(group_by=["pipeline", "stage"], order_by="days")
    placed = lengths.mutate(up_to=lengths["times"].sum().over(up_to), of=lengths["times"].sum().over(of_stage))
    middle = placed.group_by(normal_pipeline="pipeline", normal_stage="stage").agg(
        lower=placed["days"].min(where=placed["up_to"] * 2 > placed["of"] - 1),
        upper=placed["days"].min(where=placed["up_to"] * 2 > placed["of"]),
    )
    return middle.select(
        "normal_pipeline", "normal_stage", normal=ratio(middle["lower"] + middle["upper"], ibis.literal(2))
    )
