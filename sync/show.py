"""Show: values of metrics, quotas, territories and earnings, from the stored results of a connection.

A metric that the stored results do not hold is computed from the stored records, as of the time of those results.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from config.metrics.kinds import COMPANY
from salesops.calendar import EARLIEST, local_day
from salesops.fiscal import FISCAL_KINDS
from sync.asked import NAMED_GRAINS, NotKnown, check_key
from sync.crm_links import record_names
from sync.explain import holds_metric, narrowed, stored_as_of, stored_keys
from sync.fiscal import calendar_of
from sync.store.snapshots import (
    is_metric_known,
    read_keys_as_known,
    read_metric_as_known,
    read_periods_as_known,
    read_snapshot,
)
from sync.used_metrics import computed_metrics

if TYPE_CHECKING:
    from collections.abc import Mapping

    from config.loader import Project
    from salesops.calendar import Period
    from sync.asked import Whose
    from sync.store.snapshots import Known, Snapshot
    from sync.store.store import Store


@dataclass(frozen=True, slots=True)
class Value:
    """A metric's value for a key in a period, and what people call the key."""

    key: str
    name: str
    period: str
    value: Decimal | None
    numerator: Decimal | None = None
    denominator: Decimal | None = None
    sample: Decimal | None = None
    partial: bool | None = False  # None where that is not known: snapshots do not keep it


@dataclass(frozen=True, slots=True)
class Standing:
    """How a user stands against a quota in a period. `attainment` is None where the target is 0."""

    quota: str
    user_id: str
    name: str
    team: str
    period: str
    target: Decimal
    credited: Decimal
    attainment: Decimal | None


@dataclass(frozen=True, slots=True)
class Earned:
    """What a user earns by a component of a comp plan in a period, on one opportunity or on all of them."""

    user_id: str
    name: str
    comp_plan: str
    component: str
    period: str
    opportunity_id: str
    opportunity: str
    earned: Decimal
    estimated: Decimal


def read_values(
    project: Project, store: Store, connection: str, metric: str, grain: str, period: str, known_on: date | None = None
) -> list[Value]:
    """Every key's value in a period, the largest first, those without a value last; as they were known on a day, where
    one is given. NotKnown where nothing is computed, or nothing was known then."""
    if known_on is not None:
        check_kept(project, store, connection, metric, known_on)
        known = read_metric_as_known(store, connection, metric, grain, period, known_on)
        values = [_known_value(key, period, each) for key, each in known.items()]
    else:
        values = [each for each in _all(project, store, connection, metric, grain) if each.period == period]
    named = _with_names(store, connection, grain, values)
    return sorted(named, key=lambda each: (each.value is None, -(each.value or 0), each.name, each.key))


def read_over_time(
    project: Project,
    store: Store,
    connection: str,
    metric: str,
    whose: Whose,
    kind: str,
    inside: Period | None = None,
    known_on: date | None = None,
) -> list[Value]:
    """A key's value in each period of a kind, in order, from the first in which anything counted to the present one;
    only those inside a period, where one is given, and as they were known on a day.

    NotKnown where no such period is inside, no figure of the grain has the key, or nothing was known then.
    """
    if known_on is None:
        values = _all(project, store, connection, metric, whose.grain)
        found = {each.period: each for each in values if each.key == whose.key}
        day = local_day(stored_as_of(store, connection), ZoneInfo(project.settings.time_zone))
    else:
        day = date.fromisoformat(check_kept(project, store, connection, metric, known_on).day)
        known = read_periods_as_known(store, connection, metric, whose.grain, whose.key, known_on)
        found = {period: _known_value(whose.key, period, each) for period, each in known.items()}
    if not found and whose.grain not in NAMED_GRAINS:
        if known_on is None:
            keys = {each.key for each in values} | stored_keys(store, connection, whose.grain)
        else:
            keys = read_keys_as_known(store, connection, whose.grain, known_on)
        check_key(metric, whose.grain, whose.key, keys)
    periods = _periods(project, store, kind, day)
    if inside is not None:
        periods = [each for each in periods if inside.start <= each.start and each.end <= inside.end]
        if not periods:
            raise NotKnown(
                f"no {kind} up to {day} is in {inside.name}. With --over {kind}, --period names what holds some."
            )
    first = next((place for place, period in enumerate(periods) if period.name in found), len(periods))
    none = Value(whose.key, whose.name, "", None, partial=False if known_on is None else None)
    return [replace(found.get(each.name, none), name=whose.name, period=each.name) for each in periods[first:]]


def _periods(project: Project, store: Store, kind: str, day: date) -> list[Period]:
    fiscal = next(each for each in FISCAL_KINDS if each == kind)
    return list(calendar_of(project, store).periods(fiscal, EARLIEST, day))


def _all(project: Project, store: Store, connection: str, metric: str, grain: str) -> list[Value]:
    """Every value of a metric by a grain: the stored ones, or, where they are not kept, as computed now."""
    moment = stored_as_of(store, connection)
    if holds_metric(project, store, connection, metric):
        rows = store.rows(
            "SELECT key, period, value, numerator, denominator, sample, partial FROM metric_value"
            " WHERE connection = ? AND metric = ? AND grain = ?",
            (connection, metric, grain),
        )
        return [_value(dict(row)) for row in rows]
    from salesops.explain import explaining

    rules, facts = narrowed(project, store, connection, metric, moment)
    with explaining(facts, rules, moment) as explainer:
        return [_value(row) for row in explainer.results.rows(metric, grain).to_pylist()]


def _value(row: Mapping[str, Any]) -> Value:
    """The value that a row of the results holds, whose numbers are decimals or their text."""
    value, numerator, denominator, sample = (
        None if row[name] is None else Decimal(row[name]) for name in ("value", "numerator", "denominator", "sample")
    )
    return Value(row["key"], row["key"], row["period"], value, numerator, denominator, sample, bool(row["partial"]))


def check_kept(project: Project, store: Store, connection: str, metric: str, day: date) -> Snapshot:
    """The snapshot that tells what was known of a metric on a day; NotKnown where none does."""
    snapshot = read_snapshot(store, connection, day)
    instead = f"What records say of that day now: `salesops explain metric {metric} --as-of {day}`."
    if snapshot is None:
        first = store.rows("SELECT min(day) AS day FROM snapshot WHERE connection = ?", (connection,))[0]["day"]
        since = f"the first snapshot is of {first}" if first else "there is no snapshot yet"
        raise NotKnown(f"nothing is kept of what was known on {day}: {since}. {instead}")
    if is_metric_known(store, connection, metric, day):
        return snapshot
    if metric not in computed_metrics(project):
        raise NotKnown(f"{metric} is not computed with every run, so what was known of it is not kept. {instead}")
    if snapshot.rules != project.digest:
        raise NotKnown(
            f"the snapshot of {snapshot.day} has nothing of {metric}: nothing counted, or the project's files of then"
            f" did not compute it with every run. {instead}"
        )
    return snapshot


def _known_value(key: str, period: str, known: Known) -> Value:
    value, numerator, denominator = (
        None if text is None else Decimal(text) for text in (known.value, known.numerator, known.denominator)
    )
    return Value(key, key, period, value, numerator, denominator, None, partial=None)


def _with_names(store: Store, connection: str, grain: str, values: list[Value]) -> list[Value]:
    if grain == COMPANY:
        return [replace(each, name="the company") for each in values]
    if grain not in {"user", "manager"}:
        return values
    names = record_names(store, connection, "user", [each.key for each in values])
    return [replace(each, name=names.get(each.key, each.key)) for each in values]


def read_standings(store: Store, connection: str, quota: str, period: str, user: str | None = None) -> list[Standing]:
    """How users stand against a quota in one of its periods, the best attainment first; one user's in all periods."""
    stored_as_of(store, connection)
    which, of = ("period", period) if user is None else ("user_id", user)
    rows = store.rows(
        "SELECT a.*, u.name, u.email, u.team FROM attainment AS a LEFT JOIN user AS u"
        " ON u.connection = a.connection AND u.id = a.user_id"
        f" WHERE a.connection = ? AND a.quota = ? AND a.{which} = ?",
        (connection, quota, of),
    )
    found = [
        Standing(
            quota,
            row["user_id"],
            row["name"] or row["email"] or row["user_id"],
            row["team"] or "",
            row["period"],
            Decimal(row["target"]),
            Decimal(row["credited"]),
            None if row["attainment"] is None else Decimal(row["attainment"]),
        )
        for row in rows
    ]
    if user is not None:
        return sorted(found, key=lambda each: each.period)
    return sorted(found, key=lambda each: (each.attainment is None, -(each.attainment or 0), each.name, each.user_id))


def read_territories(store: Store, connection: str) -> list[tuple[str | None, int]]:
    """Each territory, None for accounts that are in none, and how many accounts it has, the largest first."""
    stored_as_of(store, connection)
    rows = store.rows(
        "SELECT territory, count(*) AS accounts FROM assigned_territory WHERE connection = ? GROUP BY territory"
        " ORDER BY accounts DESC, territory",
        (connection,),
    )
    return [(row["territory"], row["accounts"]) for row in rows]


def read_accounts(store: Store, connection: str, territory: str) -> list[tuple[str, str, str]]:
    """(id, name, owner's name) of the accounts of a territory, by name."""
    rows = store.rows(
        "SELECT t.account_id, a.name, u.name AS owner FROM assigned_territory AS t"
        " LEFT JOIN account AS a ON a.connection = t.connection AND a.id = t.account_id"
        " LEFT JOIN user AS u ON u.connection = t.connection AND u.id = a.owner_id"
        " WHERE t.connection = ? AND t.territory = ? ORDER BY a.name, t.account_id",
        (connection, territory),
    )
    return [(row["account_id"], row["name"] or row["account_id"], row["owner"] or "") for row in rows]


def read_earnings(
    project: Project, store: Store, connection: str, period: Period | None, user: str | None = None
) -> list[Earned]:
    """What users earn in a period (None: in all), the most first: each user's by component, one user's by opportunity.

    The periods of comp plans that lie in the period count.
    """
    stored_as_of(store, connection)
    rows = store.rows(
        "SELECT e.*, u.name, o.name AS opportunity FROM earning AS e"
        " LEFT JOIN user AS u ON u.connection = e.connection AND u.id = e.payee_id"
        " LEFT JOIN opportunity AS o ON o.connection = e.connection AND o.id = e.opportunity_id"
        " WHERE e.connection = ?",
        (connection,),
    )
    inside = None if period is None else _names_in(project, store, period)
    found: dict[tuple[str, ...], Earned] = {}
    for row in rows:
        if (inside is not None and row["period"] not in inside) or (user is not None and row["payee_id"] != user):
            continue
        deal = row["opportunity_id"] if user is not None else ""
        place = (row["payee_id"], row["comp_plan"], row["component"], row["period"], deal)
        name = (row["opportunity"] or deal) if deal else ""
        start = Earned(place[0], row["name"] or place[0], *place[1:], name, Decimal(0), Decimal(0))
        each = found.get(place, start)
        amount = Decimal(row["amount"])
        if row["status"] == "earned":
            found[place] = replace(each, earned=each.earned + amount)
        else:
            found[place] = replace(each, estimated=each.estimated + amount)
    totals: dict[str, Decimal] = {}
    for one in found.values():
        totals[one.user_id] = totals.get(one.user_id, Decimal(0)) + one.earned
    return sorted(
        found.values(),
        key=lambda one: (
            -totals[one.user_id],
            one.name,
            one.user_id,
            one.period,
            -one.earned,
            -one.estimated,
            *_of(one),
        ),
    )


def _of(one: Earned) -> tuple[str, ...]:
    return one.comp_plan, one.component, one.opportunity_id


def _names_in(project: Project, store: Store, period: Period) -> set[str]:
    """The names of the fiscal periods that lie in a period."""
    calendar, last = calendar_of(project, store), period.end - timedelta(days=1)
    inside = (each for kind in FISCAL_KINDS for each in calendar.periods(kind, period.start, last))
    return {each.name for each in inside if period.start <= each.start and each.end <= period.end}
