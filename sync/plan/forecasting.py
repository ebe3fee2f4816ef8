"""The quotas of `forecasting_quotas:`: targets of the fiscal year as the CRM's own, for its forecasts."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

from config.metrics import Unit
from connectors.base import CrmField
from connectors.writing import FORECASTING_QUOTA, Target
from sync.plan.model import Policy
from sync.plan.results import Wanted, unit_of_quota
from sync.plan.users import read_users
from sync.plan.values import same_value
from sync.plan.wishes import Shown, Whole, Wish, ask_group

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence

    from config.quotas import Quota
    from config.writeback import ForecastingQuotaWrite
    from connectors.base import Connector
    from salesops.calendar import Period
    from sync.plan.memory import Memory
    from sync.plan.results import Results
    from sync.plan.users import User
    from sync.plan.wishes import Group

AMOUNT = CrmField("amount", "Quota amount", "currency", updateable=True, decimals=2)
QUANTITY = CrmField("quantity", "Quota quantity", "double", updateable=True, decimals=2)


def forecasting_groups(results: Results, connector: Connector, memory: Memory) -> Iterator[Group]:
    """A group for each quota that is shown in forecasts; what stands there is asked of the CRM."""
    for write in results.project.writeback.forecasting_quotas.get(results.connection, ()):
        yield _group(results, write, connector, memory)


def forecasting_field(results_unit: Unit) -> CrmField:
    """Where a target stands, by the unit of the quota's metric."""
    return AMOUNT if results_unit is Unit.MONEY else QUANTITY


def _group(results: Results, write: ForecastingQuotaWrite, connector: Connector, memory: Memory) -> Group:
    project = results.project
    quota, unit = project.quotas[write.quota], unit_of_quota(project, write.quota, "target")
    year = results.calendar.period_of("year", results.day)
    periods = results.calendar.periods(quota.period, year.start, year.end - timedelta(days=1))
    shown = Shown(forecasting_field(unit), unit, Policy(write.on_edit), leave_empty=False)
    users = read_users(results)
    wishes = []
    for user, period, amount in _targets(results, users, write.quota, quota, periods):
        reason = f"target of {quota.label} {period.name}"
        source = f"quota/{write.quota}/user/{user.id}/{period.name}"
        wanted = Wanted(amount, reason, source, period.name, quota.label)
        name = f"{user.id}|{period.start}|{write.forecasting_type}"
        wishes.append(Wish(name, f"{user.name} {period.name}", shown, wanted))
    gone = _gone(results, write, periods, users, memory, {wish.name for wish in wishes})
    names = {wish.name for wish in wishes} | gone.keys()
    group = ask_group(connector, Target(FORECASTING_QUOTA), [shown.field.name], names, wishes, gone=gone)
    return replace(group, gone={name: _as_it_stands(whole, name, group, shown, memory) for name, whole in gone.items()})


def _targets(
    results: Results, users: Mapping[str, User], name: str, quota: Quota, periods: Sequence[Period]
) -> Iterator[tuple[User, Period, Decimal]]:
    """The target of each active user in each period: as computed up to now, as declared for what is still to come."""
    computed = {
        (user, period): Decimal(target)
        for user, period, target in results.rows(
            "SELECT user_id, period, target FROM attainment WHERE connection = ? AND quota = ?", name
        )
    }
    for user in users.values():
        for period in periods if user.active else ():
            to_come = period.start > results.day
            target = declared_target(quota, user, period) if to_come else computed.get((user.id, period.name))
            if target is not None:
                yield user, period, target


def declared_target(quota: Quota, user: User, period: Period) -> Decimal | None:
    """The target of an active user in a period that is still to come, so that nobody has credit in it yet; the most
    particular one holds, as in `salesops.quotas.attainment`."""
    for entry in quota.targets:  # which never overlap
        if entry.from_ <= period.start and (entry.until is None or period.start < entry.until):
            own = _of_email(entry.users, user.email)
            if own is not None or user.manages:
                return own
            return entry.teams.get(user.team, entry.default)
    return None


def _of_email(users: dict[str, Decimal], email: str) -> Decimal | None:
    return next((target for each, target in users.items() if each.lower() == email), None)


def _gone(
    results: Results,
    write: ForecastingQuotaWrite,
    periods: Sequence[Period],
    users: Mapping[str, User],
    memory: Memory,
    wanted: Collection[str],
) -> dict[str, Whole]:
    """Quotas of these periods that we made and that nobody has any more, by name. Who left had theirs until then, so
    that those of periods that have begun stay."""
    days = {str(period.start): period for period in periods}
    gone = {}
    for name in sorted(memory.names(FORECASTING_QUOTA)):
        if name in wanted or not _is_ours(name, memory):
            continue
        user, day, forecasting_type = name.split("|")
        if forecasting_type != write.forecasting_type or day not in days:
            continue
        has_left = user in users and not users[user].active
        if not (has_left and days[day].start <= results.day):
            gone[name] = Whole(user, "nobody has this target any more", policy=Policy(write.on_edit))
    return gone


def _is_ours(name: str, memory: Memory) -> bool:
    """Whether the quota is one that we made."""
    wrote = (memory.written.get((FORECASTING_QUOTA, name, field.name)) for field in (AMOUNT, QUANTITY))
    return any(last is not None and last.created for last in wrote)


def _as_it_stands(whole: Whole, name: str, group: Group, shown: Shown, memory: Memory) -> Whole:
    """The quota that is to go, as somebody else's where it holds what they entered."""
    standing, last = group.standing.get(name), memory.written.get((FORECASTING_QUOTA, name, shown.field.name))
    if standing is None or last is None:
        return whole
    return replace(whole, theirs=not same_value(standing.values.get(shown.field.name), last.value, shown.field))
