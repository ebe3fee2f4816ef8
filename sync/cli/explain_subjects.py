"""The records that an explanation's rows are about: what people call them, and their pages in the CRM."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from config.metrics import ConversionMetric
from config.model import OBJECTS
from config.sources import SOURCES
from salesops.explain.about import ABOUT, ABOUT_OBJECT
from sync.crm_links import record_links, record_names

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from config.loader import Project
    from salesops.explain import Explanation, LeftOut
    from sync.store.store import Store

Pair = tuple[str, str]
"""An object, and the id of one of its records."""


@dataclass(frozen=True, slots=True)
class Subject:
    """A record that a row is about; `name` and `link` are None where none is known."""

    object: str
    id: str
    name: str | None
    link: str | None


@dataclass(frozen=True, slots=True)
class Records:
    """What the store knows of a connection's records."""

    project: Project
    store: Store
    connection: str
    _names: dict[str, dict[str, str]] = field(default_factory=dict)

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.project.settings.time_zone)

    def names(self, of_object: str, ids: Collection[str]) -> Mapping[str, str]:
        """The names of records, by id; those without one are missing."""
        known = self._names.setdefault(of_object, {})
        missing = set(ids) - known.keys()
        if missing:
            found = record_names(self.store, self.connection, of_object, missing)
            known.update({id_: found.get(id_, "") for id_ in missing})
        return {id_: known[id_] for id_ in ids if known[id_]}

    def subjects(self, pairs: Sequence[Pair]) -> list[Subject]:
        """The records, in the same order."""
        by_object: dict[str, set[str]] = {}
        for of_object, id_ in pairs:
            by_object.setdefault(of_object, set()).add(id_)
        names = {of_object: self.names(of_object, ids - {""}) for of_object, ids in by_object.items()}
        links = {
            of_object: record_links(self.project, self.store, self.connection, of_object, ids)
            for of_object, ids in by_object.items()
            if of_object in OBJECTS
        }
        return [
            Subject(of_object, id_, names[of_object].get(id_), links.get(of_object, {}).get(id_))
            for of_object, id_ in pairs
        ]

    def pair(self, explanation: Explanation, row: Mapping[str, Any]) -> Pair:
        """The record that a row of an explanation's records is about."""
        metric = self.project.metrics[explanation.figure.metric]
        if isinstance(metric, ConversionMetric):
            source, match = metric.from_.source, metric.from_.match
            return (source if match == "id" else SOURCES[source].leads_to.get(match, "")), row["match"] or ""
        if ABOUT in row:
            return row[ABOUT_OBJECT] or "", row[ABOUT] or ""
        return explanation.definition.source, row["id"]


def left_pairs(left: LeftOut, explanation: Explanation) -> list[Pair]:
    """The records that the examples of those left out are about, each once."""
    return list(dict.fromkeys(left.about or [(explanation.definition.source, id_) for id_ in left.examples]))
