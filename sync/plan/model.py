"""A plan, as plain data: what would change in a CRM, line by line, and what is left alone."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from connectors.writing import OWNER, Target


class Action(StrEnum):
    """What a line does to its record."""

    UPDATE = "update"
    CREATE = "create"  # the record is not there yet; all its lines say so
    DELETE = "delete"  # of a record that we keep; it has one line, without a field


@dataclass(frozen=True, slots=True)
class Change:
    """One line of a plan: a field of a record, what stands there, what should, and why. None is an empty field.

    `object` and `key` are the target's, `name` is the record's (`connectors.writing.RecordWrite.name`), `record` is
    what people call it. `field` is empty where the record is all there is to write. `basis` is the period of the
    result, empty where it has none: values of two periods are not to be compared. `attempt` counts from 1; a higher one
    comes back after it was refused.

    `source` says which result it is, for its explanation, in one of these forms (a team's name may hold a "/"):
    "metric/NAME/user|team/WHOSE/PERIOD", "quota/NAME/user/WHOSE/PERIOD", "commission/user/WHOSE/PERIOD",
    "component/NAME/user/WHOSE/PERIOD", "pay/SHOW/user/WHOSE/PERIOD", "measure/COMP_PLAN/NAME/user/WHOSE/PERIOD",
    "earned_commission|estimated_commission/opportunity/ID", "territory/account/ID"; "updated" for the time of our last
    change, and nothing for what a record is about. Commissions, components and pay of one comp plan, or in a unit
    instead of money, say so before whose they are: "commission/COMP_PLAN/UNIT/user/WHOSE/PERIOD".
    """

    object: str
    key: str
    name: str
    record: str
    field: str
    action: Action
    before: str | None
    after: str | None
    reason: str
    source: str
    basis: str
    attempt: int = 1

    @property
    def target(self) -> Target:
        return Target(self.object, self.key)

    @property
    def place(self) -> tuple[str, str, str]:
        """What identifies the line in its connection: object, record, field."""
        return self.object, self.name, self.field


class SkipKind(StrEnum):
    """What is asked of people about something that a plan leaves alone."""

    ALONE = "alone"  # nothing: it is as it should be
    PARKED = "parked"  # the CRM refused it too often: to see why
    UNREAD = "unread"  # the CRM does not show what stands there: to give our login the right


@dataclass(frozen=True, slots=True)
class Skip:
    """A record, or a field of one, that a plan leaves alone, and why. `field` is empty where all of it is, `record` and
    `name` are where it is about all records of the object."""

    object: str
    record: str
    field: str
    reason: str
    kind: SkipKind = SkipKind.ALONE
    name: str = ""


class Policy(StrEnum):
    """What becomes of a value that somebody else wrote (`on_edit` of writeback.yaml)."""

    OVERWRITE = "overwrite"
    KEEP = "keep"
    FLAG = "flag"


@dataclass(frozen=True, slots=True)
class Drift:
    """A field that does not hold what we wrote there last: somebody else changed it. `written` is None where we never
    wrote it or cleared it; by `policy` it is a change of the plan too, or is left alone."""

    object: str
    name: str
    record: str
    field: str
    written: str | None
    stands: str | None
    wanted: str | None
    policy: Policy

    @property
    def place(self) -> tuple[str, str, str]:
        """As `Change.place`."""
        return self.object, self.name, self.field


@dataclass(frozen=True, slots=True)
class Plan:
    """A list of changes to one CRM, not yet made. Changes are sorted by object, name and field, and so are the rest.

    `org` is the CRM account they are for, `rules` the digest of the project's files, `as_of` the time of the results,
    `undoes` the run that the plan takes back (None: it brings results). `read_calls` and `write_calls` are the
    requests that applying it takes if all goes well. `computed_at` is when the results were computed, empty where it
    brings none.
    """

    connection: str
    org: str
    as_of: str
    rules: str
    undoes: int | None
    changes: tuple[Change, ...]
    skipped: tuple[Skip, ...]
    drift: tuple[Drift, ...]
    read_calls: int
    write_calls: int
    computed_at: str = ""

    @property
    def flagged(self) -> tuple[Drift, ...]:
        """The drift that somebody must settle: it is flagged, and the plan leaves it as it stands."""
        written = {change.place for change in self.changes}
        return tuple(each for each in self.drift if each.policy is Policy.FLAG and each.place not in written)

    @property
    def unread(self) -> tuple[Skip, ...]:
        """What the CRM does not let us compare, so that it is left as it stands until somebody sees to it."""
        return tuple(each for each in self.skipped if each.kind is SkipKind.UNREAD)


def unreadable(of_object: str, field: str) -> str:
    """What to say of a field whose value the CRM does not show."""
    shown = "the owner" if field == OWNER else field
    return f"the CRM does not show {shown} of {of_object}: give our login the right to read it, or see that it is there"
