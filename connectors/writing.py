"""What is written to a CRM and what became of it: the half of the port (`connectors.base`) that changes the world."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

OWNER = "@owner"
"""Stands for the field that says whose a record is: its value is one of our user ids. Not every object has one."""

FORECASTING_QUOTA, TERRITORY_ACCOUNT, TASK = "forecasting_quota", "territory_account", "task"
"""Targets that are neither an object of ours with fields of the admin's nor a custom object."""


@dataclass(frozen=True, slots=True)
class Target:
    """Where records are written.

    `object` is one of ours whose records carry fields ("user", "account", "opportunity", "lead", "contact"), the API
    name of a custom object, or one of those above. With a `key`, the CRM's field that holds it, records are known by
    their key and created where there is none; without, by their id.

    "task" takes the fields "subject", "due_on" (a day) and OWNER. "forecasting_quota" (Salesforce) takes "amount" or
    "quantity"; its names are "{user id}|{first day}|{DeveloperName of the type}". "territory_account" (Salesforce)
    takes no fields; its names are "{account id}|{territory id}". Both are created where there is none, too.
    """

    object: str
    key: str = ""

    @property
    def creates(self) -> bool:
        """Whether a record that is not there yet is created."""
        return bool(self.key) or self.object in {FORECASTING_QUOTA, TERRITORY_ACCOUNT}


@dataclass(frozen=True, slots=True)
class Standing:
    """A record as it stands in the CRM: its id, and its values by CRM field name as custom fields are written.

    A field that our login does not see, or that is not there any more, is not among the values; an empty one is None.
    Of a task or a record of a custom object, `theirs` says whether somebody else worked on it: completed the task,
    filled a field that was not asked for, or, where the CRM tells, was the last to change it.
    """

    record_id: str
    values: Mapping[str, str | None]
    theirs: bool = False


@dataclass(frozen=True, slots=True)
class RecordWrite:
    """New values for fields of one record, by CRM field name; None clears. `name` is its id, or its name where the
    target creates. Only a territory_account has no values.

    `follows` are fields that are written with others and never alone: where all others are refused, so are they.
    """

    name: str
    values: Mapping[str, str | None]
    follows: frozenset[str] = frozenset()


class Status(StrEnum):
    WRITTEN = "written"
    FAILED = "failed"


class Cause(StrEnum):
    """Why a record was refused, by what helps."""

    BUSY = "busy"  # locks, timeouts, limits: the same may work next time
    RULE = "rule"  # a rule of the CRM's admin or of the field: validation, picklist, length, inactive owner, duplicate
    PERMISSION = "permission"  # our login may not see or edit the record or the field
    GONE = "gone"  # there is no such record any more
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one `RecordWrite` (or of one id to delete), known by its name.

    `record_id` is the CRM's, where the answer tells it. `code` and `message` are the vendor's. `fields` are those of
    the write that it is about, by their names there; none stands for all of them. Where our login may not write some
    fields of a record, the others are written without them: a write then has several outcomes, and each of its fields
    is in one of them.
    """

    name: str
    status: Status
    record_id: str = ""
    code: str = ""
    message: str = ""
    cause: Cause | None = None  # of a failed one
    fields: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Cost:
    """API requests: to read the records again first, and to write them."""

    read: int = 0
    write: int = 0

    def __add__(self, other: Cost) -> Cost:
        return Cost(self.read + other.read, self.write + other.write)


class Jobs(Protocol):
    """Where an adapter writes down the bulk jobs that carry writes, so that a crash loses none of their outcomes."""

    def begun(self, job: str, target: Target, names: Sequence[str]) -> None:
        """A job was made and nothing of it is carried out yet; the call returns once that is stored."""

    def ended(self, job: str) -> None:
        """All its outcomes are handed over."""


class FieldKind(StrEnum):
    """What a field that we create can hold."""

    MONEY = "money"
    NUMBER = "number"
    DAYS = "days"
    COUNT = "count"
    PERCENT = "percent"
    TEXT = "text"
    LONG_TEXT = "long_text"
    DAY = "day"
    MOMENT = "moment"
    FLAG = "flag"  # yes or no
    USER = "user"  # a reference to a user
    KEY = "key"  # a text that no two records share, by which they are found


@dataclass(frozen=True, slots=True)
class FieldNeed:
    """A field that the project writes: `object` is ours, a custom object's API name, or "task"; `name` the CRM's.

    `length` is that of the longest text that is known to come there.
    """

    object: str
    name: str
    label: str
    description: str
    kind: FieldKind
    length: int = 0


@dataclass(frozen=True, slots=True)
class ObjectNeed:
    """A custom object that the project keeps records of."""

    name: str
    label: str
    plural: str
    description: str


@dataclass(frozen=True, slots=True)
class Needs:
    """What the project's `writeback.yaml` needs to be there.

    `forecasting_types` are developer names. `territories` are the names of those that accounts are put into, in the
    active model; None where accounts are put into none.
    """

    objects: tuple[ObjectNeed, ...] = ()
    fields: tuple[FieldNeed, ...] = ()
    forecasting_types: tuple[str, ...] = ()
    territories: tuple[str, ...] | None = None


class StepKind(StrEnum):
    """What a step of provisioning makes, in the order in which they are made."""

    SETUP = "setup"  # what people alone can make: such a step always has a problem
    OBJECT = "object"
    GROUP = "group"  # of properties
    FIELD = "field"
    PERMISSION_SET = "permission_set"
    PERMISSION = "permission"
    LAYOUT = "layout"


@dataclass(frozen=True, slots=True)
class Step:
    """One thing that is missing. `name` identifies it ("Account.Territory__c"); `what` says to people what is made.

    With a `problem` it cannot be made (a field of another type stands there): it says why, and what to do.
    """

    kind: StepKind
    name: str
    what: str
    problem: str = ""
    detail: Mapping[str, str] = field(default_factory=dict)  # the adapter's own, so that a step stands alone
