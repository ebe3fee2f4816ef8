"""Three-way: what should stand in a field, what we wrote there last, and what stands there now."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field, replace
from decimal import Decimal
from functools import cached_property
from typing import TYPE_CHECKING, TypeGuard

from config.metrics import Unit
from salesops.rates import NoRate
from sync.plan.memory import Found
from sync.plan.model import Action, Change, Drift, Policy, Skip, SkipKind, unreadable
from sync.plan.values import Unfit, format_value, same_value

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import date
    from zoneinfo import ZoneInfo

    from salesops.rates import Rates
    from sync.plan.memory import Memory, Place, Refusal
    from sync.plan.wishes import Group, Whole, Wish

LEFT = "no longer active, so it is left as it stands"

THERE = "there"
"""Stands for a record that is made or removed as a whole, where a drift tells of its fields' values."""


@dataclass(frozen=True, slots=True)
class Setting:
    """What amounts and days are reckoned by: the project's currency, the CRM's rates on the as-of day, the zone."""

    currency: str
    rates: Rates
    day: date
    zone: ZoneInfo


@dataclass(slots=True)
class Compared:
    """What comes of comparing. `unread` are fields of ours that the last pull did not read; `found` are values that
    stand as they should, in fields of which not everything is written over, and of which we remember nothing."""

    changes: list[Change] = field(default_factory=list)
    skipped: list[Skip] = field(default_factory=list)
    drift: list[Drift] = field(default_factory=list)
    unread: set[tuple[str, str]] = field(default_factory=set)
    found: list[Found] = field(default_factory=list)


def compare(group: Group, memory: Memory, setting: Setting, found: Compared, *, retry_parked: bool) -> None:
    """Add what a group of wishes comes to."""
    if group.unread:
        found.skipped.append(Skip(group.target.object, "", "", group.unread, SkipKind.UNREAD))
        return
    comparison = _Comparison(group, memory, setting, found, retry_parked)
    for wish in group.wishes:
        if not wish.shown.follows:
            comparison.look_at(wish)
    for wish in group.wishes:
        if wish.shown.follows and wish.name in comparison.changes:
            comparison.look_at(wish)
    comparison.settle_fields()
    comparison.settle_records()
    found.skipped += group.skipped


@dataclass
class _Comparison:
    """`changes` are the lines by record; `parked` are records that would be made and were refused too often, but for
    those of which something is `new` since."""

    group: Group
    memory: Memory
    setting: Setting
    found: Compared
    retry_parked: bool
    changes: dict[str, list[Change]] = field(default_factory=lambda: defaultdict(list))
    parked: dict[str, str] = field(default_factory=dict)
    new: set[str] = field(default_factory=set)
    left_alone: set[str] = field(default_factory=set)
    records: dict[str, str] = field(default_factory=dict)
    texts: dict[tuple[int, int, str], str | None] = field(default_factory=dict)

    @cached_property
    def known(self) -> Collection[str]:
        """The records of which we remember something."""
        return self.memory.names(self.group.target.object)

    def look_at(self, wish: Wish) -> None:
        """What becomes of one wish."""
        name, shown = wish.name, wish.shown
        standing = self.group.standing.get(name)
        place = (self.group.target.object, name, shown.field.name)
        if self.group.once and (standing or self.memory.written.get(place)):
            return
        if standing and place[2] not in standing.values:
            self._unread(place, wish)
            return
        stands = standing.values[place[2]] if standing else None
        try:
            after = self._format(wish)
        except (Unfit, NoRate) as error:
            self._skip(wish, str(error))
            return
        if stands == after or same_value(stands, after, shown.field) or (after is None and shown.leave_empty):
            if standing and stands and shown.policy is not Policy.OVERWRITE and name not in self.known:
                self.found.found.append(Found(*place, standing.record_id, stands, wish.wanted.basis))
            return
        self.records[name] = wish.record
        if name in self.group.inactive:
            self.left_alone.add(name)
            return
        note = self._drift(place, wish, stands, after)
        if note is None:
            return
        action = Action.UPDATE if standing else Action.CREATE
        self._line(place, wish, action, stands, after, note)

    def _unread(self, place: Place, wish: Wish) -> None:
        """A field whose value is not known: of a record of ours the pull did not read it, else the CRM hides it."""
        if self.group.target.creates:
            self._skip(wish, unreadable(place[0], place[2]), SkipKind.UNREAD)
        else:
            self.found.unread.add((place[0], place[2]))

    def _format(self, wish: Wish) -> str | None:
        """The text of a wish. Where many records show one result, it is made once: `group.wishes` keeps both alive."""
        known = (id(wish.wanted), id(wish.shown), wish.currency)
        if known not in self.texts:
            self.texts[known] = self._make_text(wish)
        return self.texts[known]

    def _make_text(self, wish: Wish) -> str | None:
        value, setting = wish.wanted.value, self.setting
        if isinstance(value, Decimal) and wish.shown.unit is Unit.MONEY and wish.currency not in {"", setting.currency}:
            value = setting.rates.convert(value, setting.currency, wish.currency, setting.day)
        return format_value(value, wish.shown.unit, wish.shown.field, setting.zone)

    def _drift(self, place: Place, wish: Wish, stands: str | None, after: str | None) -> str | None:
        """What to say of a value that is not ours; None where it is left there.

        A field that was emptied is ours again, and so is one whose value was changed in a period that is over now.
        """
        last = self.memory.written.get(place)
        ours = last is not None and same_value(stands, last.value, wish.shown.field)
        if ours or (last is None and (not stands or wish.shown.policy is Policy.OVERWRITE)):
            return ""
        before = last.value if last else None
        self.found.drift.append(Drift(*place[:2], wish.record, place[2], before, stands, after, wish.shown.policy))
        over = last is not None and last.basis != wish.wanted.basis
        if wish.shown.policy is not Policy.OVERWRITE and stands and not over:
            return None
        if wish.name not in self.group.standing:
            return "; somebody deleted the record, so it is made again"
        return f"; somebody else changed it, we wrote {before or 'nothing'}"

    def _line(self, place: Place, wish: Wish, action: Action, before: str | None, after: str | None, note: str) -> None:
        refusal = self.memory.refusals.get(place)
        if refusal is not None and refusal.value != after:
            refusal = None
        if self._is_parked(refusal):
            if action is Action.UPDATE:
                self._skip(wish, _parked(refusal), SkipKind.PARKED)
                return
            self.parked[wish.name] = _parked(refusal)
        elif not wish.shown.follows:
            self.new.add(wish.name)
        target, wanted = self.group.target, wish.wanted
        self.changes[wish.name].append(
            Change(
                target.object,
                target.key,
                wish.name,
                wish.record,
                wish.shown.field.name,
                action,
                before or None,
                after,
                wanted.reason + note,
                wanted.source,
                wanted.basis,
                refusal.attempts + 1 if refusal else 1,
            )
        )

    def _is_parked(self, refusal: Refusal | None) -> TypeGuard[Refusal]:
        return refusal is not None and refusal.parked and not self.retry_parked

    def _skip(self, wish: Wish, reason: str, kind: SkipKind = SkipKind.ALONE) -> None:
        of_object, field = self.group.target.object, wish.shown.field.name
        self.found.skipped.append(Skip(of_object, wish.record, field, reason, kind, wish.name))

    def settle_fields(self) -> None:
        """The lines of all records; one that would be made is made with all of its fields, or not at all."""
        of_object = self.group.target.object
        for name, lines in self.changes.items():
            if name in self.new or name not in self.parked:
                self.found.changes += lines
        for name, reason in self.parked.items():
            if name in self.new:
                continue
            self.found.skipped.append(Skip(of_object, self.records[name], "", reason, SkipKind.PARKED, name))
        for name in sorted(self.left_alone):
            self.found.skipped.append(Skip(of_object, self.records[name], "", LEFT, name=name))

    def settle_records(self) -> None:
        """A line for each record that should be there and is not, and for each that should not be there any more."""
        for name, whole in self.group.made.items():
            if name not in self.group.standing and self._is_wanted_back(name, whole):
                self._settle(name, whole, Action.CREATE)
        for name, whole in self.group.gone.items():
            if name not in self.group.standing:
                continue
            if whole.theirs:
                self._say_drift(name, whole, None, THERE, None)
            if not whole.stays:
                self._settle(name, whole, Action.DELETE)

    def _is_wanted_back(self, name: str, whole: Whole) -> bool:
        """Whether a record that is not there is made: not where we made it before, somebody else removed it, and that
        is to be kept."""
        if self.memory.written.get((self.group.target.object, name, "")) is None:
            return True
        self._say_drift(name, whole, THERE, None, THERE)
        return whole.policy is Policy.OVERWRITE

    def _say_drift(self, name: str, whole: Whole, written: str | None, stands: str | None, wanted: str | None) -> None:
        of_object = self.group.target.object
        self.found.drift.append(Drift(of_object, name, whole.record, "", written, stands, wanted, whole.policy))

    def _settle(self, name: str, whole: Whole, action: Action) -> None:
        target = self.group.target
        refusal = self.memory.refusals.get((target.object, name, ""))
        if self._is_parked(refusal):
            skip = Skip(target.object, whole.record, "", _parked(refusal), SkipKind.PARKED, name)
            self.found.skipped.append(skip)
            return
        attempt = refusal.attempts + 1 if refusal else 1
        self.found.changes.append(
            Change(
                target.object,
                target.key,
                name,
                whole.record,
                "",
                action,
                None,
                None,
                whole.reason,
                whole.source,
                "",
                attempt,
            )
        )


def _parked(refusal: Refusal) -> str:
    said = f"{refusal.code}: {refusal.message}" if refusal.code else refusal.message
    return f"refused {refusal.attempts} times ({said}); --retry-parked tries again"


def ordered(found: Compared) -> Compared:
    """The same, in the order of a plan: the order of input never matters."""
    return replace(
        found,
        changes=sorted(found.changes, key=lambda each: each.place),
        skipped=sorted(found.skipped, key=lambda each: (each.object, each.record, each.name, each.field, each.reason)),
        drift=sorted(found.drift, key=lambda each: (each.object, each.name, each.field)),
    )
