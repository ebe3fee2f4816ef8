"""What an examination found, as plain data."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import date

    from connectors.health import Health
    from salesops.fill import Ask
    from sync.doctor.definitions import Definition
    from sync.doctor.fill import Filled
    from sync.doctor.sources import Source


class Level(StrEnum):
    REQUIRED = "required"  # something of the project does not work without it
    ADVICE = "advice"


class Area(StrEnum):
    """What a finding is about, in the order in which findings are told."""

    CONNECTION = "connection"
    RIGHTS = "rights"
    WRITEBACK = "writeback"
    PULL = "pull"
    FIELDS = "fields"
    PEOPLE = "people"
    FIGURES = "figures"


@dataclass(frozen=True, slots=True)
class Finding:
    """Something to set up: what is so, where, why it matters, and what to do now. `concerns` are the titles of the
    definitions that suffer from it."""

    level: Level
    area: Area
    what: str
    where: str
    why: str
    now: str
    concerns: tuple[str, ...] = ()

    def as_json(self) -> dict[str, object]:
        return {
            "level": self.level.value,
            "area": self.area.value,
            "what": self.what,
            "where": self.where,
            "why": self.why,
            "now": self.now,
            "concerns": list(self.concerns),
        }


class Computable(StrEnum):
    """When a definition can be computed."""

    TODAY = "today"
    SINCE = "since"  # only from a month on
    NOT = "not"
    NOTHING = "nothing"  # no record is there that it would count


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether a definition can be computed: from which month on where not always, and what stands in the way.

    `not_for` are teams that no longer fill what it takes, each with the month since when.
    """

    definition: Definition
    computable: Computable
    since: date | None = None
    because: tuple[str, ...] = ()
    not_for: tuple[tuple[str, date], ...] = ()


@dataclass(frozen=True, slots=True)
class Examination:
    """What is known of one connection: how its CRM account stands, what can be computed, how fields are filled, and
    what is to be set up. `months` are the first days of the months looked at; none where nothing was pulled, and then
    there are no verdicts and no fills either."""

    health: Health
    findings: tuple[Finding, ...]
    months: tuple[date, ...] = ()
    verdicts: tuple[Verdict, ...] = ()
    fills: Mapping[Ask, Filled] = field(default_factory=dict)
    sources: Mapping[tuple[str, str], Source] = field(default_factory=dict)
    age_seconds: int | None = None

    @property
    def required(self) -> Sequence[Finding]:
        """What must be set up."""
        return [finding for finding in self.findings if finding.level is Level.REQUIRED]
