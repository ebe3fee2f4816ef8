"""What people ask for by name: a metric, whose figure, a period. What is not known is answered with what is near."""

from __future__ import annotations

from dataclasses import dataclass
from difflib import get_close_matches
from typing import TYPE_CHECKING, get_args

from config.metrics import AS_OF, ConversionMetric, SimpleMetric
from config.metrics.kinds import COMPANY
from config.metrics.narrowed import listed
from config.metrics.parts import with_parts
from config.values import RelativePeriod
from salesops.calendar import ALL_TIME, EARLIEST, LATEST
from salesops.fiscal import FISCAL_KINDS, NoPeriod
from sync.as_of import parse_day
from sync.kinds import why_not_by
from sync.store.sweeps import read_positions

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence
    from datetime import date

    from config.loader import Project
    from config.metrics import Metric
    from config.metrics.kinds import PeriodKind
    from salesops.calendar import Period
    from salesops.fiscal import FiscalCalendar
    from sync.store.store import Store

NAMED_GRAINS = (COMPANY, "user", "manager", "team")
"""Grains whose keys are found by what people call them; all others are as figures have them."""

SHOWN = 8
"""So many names are told of those that there are."""


class NotKnown(ValueError):
    """A name that stands for nothing here; says which do."""


@dataclass(frozen=True, slots=True)
class Whose:
    """A key of a grain, and what people call it."""

    grain: str
    key: str
    name: str


@dataclass(frozen=True, slots=True)
class Source:
    """A result as a line of a plan names it (`sync.plan.model.Change.source`)."""

    metric: str
    grain: str
    key: str
    period: str


def parse_source(project: Project, text: str) -> Source | None:
    """The metric's figure that a line of a plan names as its source; None for what is the name of a metric.

    Of a quota's figure it is what is credited: the quota's metric. NotKnown for the source of another result.
    """
    kind, *rest = text.split("/")
    if not rest:
        return None
    wanted = 4  # name, grain, key, period
    if kind in {"metric", "quota"} and len(rest) >= wanted:
        name, grain, *key, period = rest
        if kind == "quota":
            if name not in project.quotas:
                raise NotKnown(f"there is no quota {name!r}.{near(name, project.quotas)}")
            name = project.quotas[name].metric
        return Source(name, grain, "/".join(key), period)
    raise NotKnown(
        f"{text!r} is no source of a metric. Those are metric/NAME/user/ID/PERIOD and quota/NAME/user/ID/PERIOD;"
        " earnings are explained by `salesops explain payout`, territories are shown by `salesops show territory`."
    )


def check_alone(source: str, others: Iterable[str | None]) -> None:
    """NotKnown where something else is said besides the source of a line."""
    if any(others):
        raise NotKnown(f"{source} says already whose number it is, and of which period. Give nothing else.")


def check_metric(project: Project, name: str) -> str:
    """The name of a metric of the project; NotKnown where there is none."""
    if name in project.metrics:
        return name
    seen = listed(project.metrics)
    by_label = [each for each, metric in seen.items() if metric.label.lower() == name.lower()]
    if len(by_label) == 1:
        return by_label[0]
    if by_label:
        raise NotKnown(f"{len(by_label)} metrics are called {name!r}: {', '.join(by_label)}. Name one of them.")
    raise NotKnown(f"there is no metric {name!r}.{near(name, seen)} `salesops show metrics` lists them all.")


def check_pulled(store: Store, connection: str) -> None:
    """NotKnown where nothing of the connection is pulled yet."""
    if not any(position.completed_at for position in read_positions(store, connection)):
        raise NotKnown(f"nothing of {connection} is pulled yet. Run `salesops pull`, then `salesops compute`.")


def find_user(store: Store, connection: str, text: str) -> Whose:
    """The user of the connection whom an e-mail, an id or a whole name means."""
    users = store.rows("SELECT id, name, email, active FROM user WHERE connection = ? AND deleted = 0", (connection,))
    wanted = text.strip().lower()
    for field in ("id", "email", "name"):
        found = [row for row in users if (row[field] or "").lower() == wanted]
        found = [row for row in found if row["active"]] or found
        if len(found) == 1:
            return Whose("user", found[0]["id"], found[0]["name"] or found[0]["email"] or found[0]["id"])
        if found:
            said = ", ".join(f"{row['id']} ({row['email'] or 'no e-mail'})" for row in found[:SHOWN])
            raise NotKnown(f"{text!r} may be one of {len(found)} users: {said}. Name one by id.")
    known = [row["email"] for row in users if row["email"]] + [row["name"] for row in users if row["name"]]
    raise NotKnown(
        f"no user of {connection} has the e-mail, name or id {text!r}.{near(text, known)}"
        " `salesops people` lists them all."
    )


def find_team(store: Store, connection: str, text: str) -> Whose:
    """The team of this name, whatever its case."""
    rows = store.rows(
        "SELECT DISTINCT team FROM user WHERE connection = ? AND deleted = 0 AND coalesce(team, '') <> ''",
        (connection,),
    )
    teams = [row["team"] for row in rows]
    for team in teams:
        if team.lower() == text.strip().lower():
            return Whose("team", team, team)
    raise NotKnown(f"no user of {connection} is in a team {text!r}.{near(text, teams)}{_all_of(teams)}")


def find_key(store: Store, connection: str, grain: str, text: str) -> Whose:
    """The key of any grain: users by e-mail, name or id, all others as they are written."""
    if grain in {"user", "manager"}:
        found = find_user(store, connection, text)
        return Whose(grain, found.key, found.name)
    if grain == "team":
        return find_team(store, connection, text)
    if grain == COMPANY and text:
        raise NotKnown(f"the company has no {text!r}: its number is the one without a key.")
    return THE_COMPANY if grain == COMPANY else Whose(grain, text, text)


THE_COMPANY = Whose(COMPANY, "", "the company")


def find_period(calendar: FiscalCalendar, text: str, day: date) -> Period | None:
    """The period of a name, or that this_month, last_quarter… mean on a day; None for all time. NotKnown where it is
    none, or still to come on that day."""
    wanted = text.strip()
    if wanted.lower() == ALL_TIME:
        return None
    try:
        relative: RelativePeriod | None = next((w for w in get_args(RelativePeriod) if w == wanted.lower()), None)
        if relative is not None:
            return calendar.resolve(relative, day)
        if wanted.lower() == "today":
            return calendar.period_of("day", day)
        if wanted.lower() in {"this_week", "last_week"}:
            week = calendar.period_of("week", day)
            return week if wanted.lower() == "this_week" else calendar.period_before(week)
        found = _by_name(calendar, wanted, day)
    except NoPeriod as error:
        raise NotKnown(str(error)) from error
    if found.start > day:
        begins = "" if found.kind == "day" else f": it begins on {found.start}"
        raise NotKnown(f"{found.name} is to come{begins}. Numbers are of what is known up to {day}.")
    return found


def usual_period(metric: Metric) -> str:
    """The period that is meant where none is named."""
    kinds: tuple[PeriodKind, ...] = ("quarter", "month", "year", "week")
    return next((f"this_{kind}" for kind in kinds if kind in metric.periods), "today")


def check_stands(project: Project, name: str, period: Period | None, day: date) -> None:
    """NotKnown where all that the metric counts stands as of now, and the day of that now is not in the period."""
    if period is None or period.start <= day < period.end:
        return
    made_of = [project.metrics[each] for each in with_parts([name], project.metrics, project.parameters)]
    leaves = [each for each in made_of if isinstance(each, SimpleMetric | ConversionMetric)]
    if leaves and all(isinstance(each, SimpleMetric) and each.time == AS_OF for each in leaves):
        raise NotKnown(
            f"{name} stands as of now: there is none of {period.name}. Of the periods that {day} is in there is, and"
            f" of other days what was known: `salesops show metric {name} --as-of DAY`."
        )


_RELATIVE = (*get_args(RelativePeriod), "this_week", "last_week", "today", ALL_TIME)


def _by_name(calendar: FiscalCalendar, text: str, day: date) -> Period:
    for kind in (*FISCAL_KINDS, "week"):
        periods = calendar.periods(kind, EARLIEST, LATEST)
        if found := next((each for each in periods if each.name.lower() == text.lower()), None):
            return found
    try:
        on = parse_day(text)
    except ValueError as error:
        here = [calendar.period_of(kind, day).name for kind in (*FISCAL_KINDS, "week", "day")]
        raise NotKnown(
            f"there is no period {text!r}.{near(text, _RELATIVE)} The present ones are {', '.join(here)}; this_quarter,"
            " last_month and the like are understood, and all for everything up to now."
        ) from error
    if not EARLIEST <= on <= LATEST:
        raise NotKnown(f"there are no numbers of {text}: they are of days from {EARLIEST} to {LATEST}.")
    return calendar.period_of("day", on)


def near(text: str, known: Collection[str]) -> str:
    """Those of the known names that are near, as a question."""
    lower = {name.lower(): name for name in known}
    found = [lower[each] for each in get_close_matches(text.lower(), lower, n=3, cutoff=0.6)]
    found = found or [name for each, name in sorted(lower.items()) if text.lower() in each][:3]
    return f" Did you mean {' or '.join(dict.fromkeys(found))}?" if found else ""


def _all_of(names: Iterable[str]) -> str:
    """The names, where they are few."""
    ordered = sorted(names)
    more = f" and {len(ordered) - SHOWN} more" if len(ordered) > SHOWN else ""
    return f" There are {', '.join(ordered[:SHOWN])}{more}." if ordered else " No user has a team."


def check_grain(metric: str, grain: str, grains: Sequence[str]) -> None:
    """NotKnown where the metric is not computed by the grain."""
    if grain not in grains:
        raise NotKnown(f"{metric} is not computed by {grain!r}, but by {', '.join(grains)}.{near(grain, grains)}")


def check_kind(project: Project, name: str, kind: str) -> None:
    """NotKnown where there can be no number of the metric in periods of the kind."""
    if why := why_not_by(name, kind, project.metrics, project.parameters):
        periods = ", ".join(project.metrics[name].periods)
        raise NotKnown(f"{name} is not computed by {kind}, but by {periods}: {why}.")


def check_quota(project: Project, name: str | None) -> str:
    """The name of a quota of the project; the first where none is named."""
    if not project.quotas:
        raise NotKnown("the project has no quotas. They are written in quotas/*.yaml.")
    if name is None:
        return next(iter(project.quotas))
    if name not in project.quotas:
        instead = near(name, project.quotas) or f" There are {', '.join(project.quotas)}."
        raise NotKnown(f"there is no quota {name!r}.{instead}")
    return name


def check_comp_plan(project: Project, name: str) -> None:
    """NotKnown where the project has no such comp plan."""
    if name not in project.comp_plans:
        have = near(name, project.comp_plans) or (_all_of(project.comp_plans) if project.comp_plans else "")
        raise NotKnown(f"there is no comp plan {name!r}.{have}")


def check_territory(text: str, known: Sequence[str]) -> str:
    """The name of a territory, whatever its case."""
    for name in known:
        if name.lower() == text.strip().lower():
            return name
    raise NotKnown(f"no account is in a territory {text!r}.{near(text, known)} `salesops show territory` lists them.")


def check_key(metric: str, grain: str, key: str, known: Collection[str]) -> None:
    """NotKnown where no figure of the grain has the key."""
    if key not in known:
        have = _all_of(known) if known else ""
        raise NotKnown(
            f"no figure by {grain} is of {key!r}.{near(key, known) or have}"
            f" `salesops show metric {metric} --by {grain} --top 0` lists those of a period."
        )


def parse_known_day(text: str, today: date) -> date:
    """The day that a text such as 2026-03-31 names, which is not one to come."""
    try:
        day = parse_day(text)
    except ValueError as error:
        raise NotKnown(f"--as-of {text!r} is no day: write one such as 2026-03-31.") from error
    check_past(text, day, today)
    return day


def check_past(text: str, day: date, today: date) -> None:
    """NotKnown where the day of `--as-of` is to come."""
    if day > today:
        raise NotKnown(f"--as-of {text}: that day is to come, and nothing is known of it. Name {today} or one before.")
