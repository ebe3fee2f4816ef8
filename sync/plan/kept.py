"""The records of `records:`: one of a custom object for each user or team and fiscal period with a result in it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from connectors.base import CrmField, ValueKind
from connectors.writing import OWNER, Target
from salesops.calendar import EARLIEST
from sync.plan.earned_results import commission_results, unit_of_commission
from sync.plan.measure_results import measure_results, unit_of_measure
from sync.plan.metric_results import metric_of_user, metric_results, unit_of_metric
from sync.plan.model import Policy, Skip
from sync.plan.pay_results import pay_results, unit_of_pay
from sync.plan.results import Wanted, quota_results, unit_of_quota
from sync.plan.texts import in_words
from sync.plan.users import read_users
from sync.plan.wishes import Shown, Wish, ask_group

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from config.loader import Project
    from config.metrics import Unit
    from config.values import RecordValue
    from config.writeback import RecordField, RecordSet
    from connectors.base import Connector
    from salesops.calendar import Period
    from sync.plan.memory import Memory
    from sync.plan.results import Lookup, Results
    from sync.plan.wishes import Group

Fields = dict[tuple[str, str], CrmField]


NO_OWNER = (
    "its records have no owner that can be written, so users are not made theirs (a detail of a master-detail"
    " relationship belongs to the owner of its parent)"
)


@dataclass(frozen=True, slots=True)
class _Holder:
    """Whose records they are: a user or a team. `user` is the user's id, None of a team; only those who are `active`
    can own a record."""

    id: str
    name: str
    user: str | None = None
    active: bool = False


def record_groups(
    results: Results, fields: Fields, connector: Connector, memory: Memory, as_of: datetime
) -> Iterator[Group]:
    """A group for each set of records; what stands there is asked of the CRM."""
    for each in results.project.writeback.records.get(results.connection, ()):
        yield _Set(results, each, fields, memory, as_of).group(connector)


def record_unit(project: Project, value: RecordValue) -> Unit | None:
    """The unit of the numbers that a value is; None where it is a text or a time."""
    match value.kind:
        case "metric":
            return unit_of_metric(project, value)
        case "quota":
            return unit_of_quota(project, value.quota, value.show)
        case "measure":
            return unit_of_measure(project, value)
        case "commission":
            return unit_of_commission(value)
        case "pay":
            return unit_of_pay(value)
        case _:
            return None


def kept_periods(results: Results, each: RecordSet) -> list[Period]:
    """The periods whose records are kept current: the present one, then those before it."""
    present = results.calendar.period_of(each.period, results.day)
    before = results.calendar.periods(each.period, EARLIEST, present.start - timedelta(days=1))
    return [present, *before[::-1][: each.keep - 1]]


@dataclass(frozen=True, slots=True)
class _Set:
    results: Results
    kept: RecordSet
    fields: Fields
    memory: Memory
    as_of: datetime

    def group(self, connector: Connector) -> Group:
        target = Target(self.kept.object, self.kept.key)
        ours = self.memory.names(target.object)
        holders = self._holders()
        wishes: list[Wish] = []
        for period in kept_periods(self.results, self.kept):
            lookups = [self._look_up(field, period) for field in self.kept.fields]
            for holder in holders:
                name = f"{holder.id}|{period.name}"
                found = [look_up(holder.id) for look_up in lookups]
                if name in ours or any(wanted.value is not None and wanted.counted for wanted in found):
                    wishes += self._record(name, holder, period, found)
        asked = sorted({wish.shown.field.name for wish in wishes})
        return ask_group(connector, target, asked, {wish.name for wish in wishes}, wishes, skipped=self._skipped())

    def _owner(self) -> CrmField | None:
        """The field that says whose a record is, where there is one that we can write."""
        field = self.fields.get((self.kept.object, OWNER))
        return field if field is not None and field.updateable else None

    def _skipped(self) -> list[Skip]:
        if self.kept.per == "team" or self._owner() is not None:
            return []
        return [Skip(self.kept.object, "", "", NO_OWNER)]

    def _holders(self) -> list[_Holder]:
        """Every user, or every team that has a row of any metric."""
        if self.kept.per == "team":
            return [_Holder(team, team) for team in sorted(self.results.teams)]
        return [_Holder(user.id, user.name, user.id, user.active) for user in read_users(self.results).values()]

    def _look_up(self, field: RecordField, period: Period) -> Lookup:
        value = field.value
        match value.kind:
            case "metric" if self.kept.per == "team":
                return metric_results(self.results, value.metric, period, "team", value.show)
            case "metric":
                return metric_of_user(self.results, value.metric, period, value.grain or "user", value.show)
            case "quota":
                return quota_results(self.results, value.quota, value.show, period)
            case "measure":
                return measure_results(self.results, value, period)
            case "commission":
                return commission_results(self.results, period, value.component, value.unit, value.comp_plan)
            case "pay":
                return pay_results(self.results, value, period)
            case "updated":
                updated = Wanted(self.as_of, "when we last changed the record", "updated", counted=False)
                return lambda _: updated
            case _:  # what the record is about is filled in once it is known that there is one
                return lambda _: Wanted(None, "", counted=False)

    def _record(self, name: str, holder: _Holder, period: Period, found: list[Wanted]) -> Iterator[Wish]:
        """The wishes for one record."""
        record = f"{holder.name} {period.name}"
        for write, wanted in zip(self.kept.fields, found, strict=True):
            field = self.fields[self.kept.object, write.field]
            if write.value.kind == "payee" and not holder.active and _only_active(field):
                continue
            about = _about(write, holder, period, field) or wanted
            unit = record_unit(self.results.project, write.value)
            if write.text is not None:
                about, unit = in_words(write.text, about, unit, holder.name), None
            policy, leave = Policy(write.on_edit), write.empty == "leave"
            shown = Shown(field, unit, policy, leave, follows=write.value.kind == "updated")
            yield Wish(name, record, shown, about)
        owner = self._owner()
        if owner is not None and holder.user is not None and holder.active:
            wanted = Wanted(holder.user, "the record belongs to whom it is about", basis=period.name)
            yield Wish(name, record, Shown(owner, None, Policy.OVERWRITE, leave_empty=True), wanted)


def _about(write: RecordField, holder: _Holder, period: Period, field: CrmField) -> Wanted | None:
    """What the record is about, where the field shows that."""
    match write.value.kind:
        case "period":
            days = {"first_day": period.start, "last_day": period.end - timedelta(days=1)}
            value = days.get(write.value.show, period.name)
            return Wanted(value, "the period of the record", basis=period.name, label="period")
        case "payee":
            payee = holder.user if _names_users(field) else holder.name
            return Wanted(payee, "whose record it is", basis=period.name, label="payee")
    return None


def _names_users(field: CrmField) -> bool:
    """Whether the field holds a user rather than a text."""
    return field.kind is ValueKind.REFERENCE or _only_active(field)


def _only_active(field: CrmField) -> bool:
    """Whether it takes nobody who left: HubSpot's properties of users, which are choices without a list. What stands
    there stays."""
    return field.type == "enumeration" and not field.options
