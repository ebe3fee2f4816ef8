"""What should stand in the CRM: a wish for each field of each record that `writeback.yaml` keeps current."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

from connectors.errors import Rejected
from sync.plan.model import Policy

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from config.metrics import Unit
    from connectors.base import Connector, CrmField
    from connectors.writing import Standing, Target
    from sync.plan.model import Skip
    from sync.plan.results import Wanted


@dataclass(frozen=True, slots=True)
class Shown:
    """A field that is kept current, and how.

    `unit` is that of its numbers, None where it shows a text, a day or a moment. `follows` where it moves with the day
    and is written only together with another field of its record.
    """

    field: CrmField
    unit: Unit | None
    policy: Policy
    leave_empty: bool
    follows: bool = False


class Wish(NamedTuple):
    """What should stand in a field of a record. `name` is the record's (`connectors.writing.RecordWrite.name`),
    `record` what people call it, `currency` that of its amounts (empty: the project's).

    There is one for every field of every record, and a tuple is made in a third of a dataclass's time.
    """

    name: str
    record: str
    shown: Shown
    wanted: Wanted
    currency: str = ""


@dataclass(frozen=True, slots=True)
class Whole:
    """A record that is to be made or removed as a whole: what people call it, why, and which result says so.

    `policy` is for what somebody else did: removed one that we made, or made one that should not be there (`theirs`).
    """

    record: str
    reason: str
    source: str = ""
    policy: Policy = Policy.OVERWRITE
    theirs: bool = False

    @property
    def stays(self) -> bool:
        """Whether one that should not be there is left there all the same."""
        return self.theirs and self.policy is not Policy.OVERWRITE


@dataclass(frozen=True, slots=True)
class Group:
    """The wishes for one target, and what stands there: by name, without those that are not there.

    `once` where a record is made and never changed afterwards (a task). `inactive` are the names of records that are
    left alone because their user may no longer sign in. `made` are records without fields that should be there, `gone`
    records that should not be there any more, by name. `unread` says why the CRM does not tell what stands there:
    nothing of the group is compared then.
    """

    target: Target
    wishes: Sequence[Wish]
    standing: Mapping[str, Standing]
    skipped: Sequence[Skip] = ()
    once: bool = False
    inactive: frozenset[str] = frozenset()
    made: Mapping[str, Whole] = field(default_factory=dict)
    gone: Mapping[str, Whole] = field(default_factory=dict)
    unread: str = ""


def ask_group(
    connector: Connector,
    target: Target,
    fields: Sequence[str],
    names: Collection[str],
    wishes: Sequence[Wish] = (),
    **more: Any,
) -> Group:
    """The group with what the CRM says of the records with these names. What it refuses to say keeps no other group
    waiting."""
    try:
        standing = connector.standing(target, fields, sorted(names)) if names else {}
    except Rejected as error:
        return Group(target, (), {}, unread=str(error))
    return Group(target, wishes, standing, **more)
