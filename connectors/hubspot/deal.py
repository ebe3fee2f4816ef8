"""What comes along with a deal: its history, the fields that changed, who works on it, and how it is split."""

from __future__ import annotations

import re
from dataclasses import replace
from itertools import groupby
from operator import attrgetter, itemgetter
from typing import TYPE_CHECKING

from config.model import OBJECTS
from connectors.base import Row, RowProblem, Whole
from connectors.batches import in_chunks
from connectors.hubspot.doubt import OTHER
from connectors.hubspot.listing import results_of
from connectors.hubspot.objects import COLLABORATORS, SPLIT_OWNERS
from connectors.hubspot.records import Record
from connectors.hubspot.rows import Converter, plain_row
from connectors.hubspot.values import fact_decimal, milliseconds, parse_instant

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from config.model import Scalar
    from connectors.hubspot.account import Account
    from connectors.hubspot.doubt import Doubt
    from connectors.hubspot.objects import ObjectSpec
    from connectors.hubspot.records import Version
    from connectors.hubspot.transport import Json

TRACKED = ("owner_id", "stage", "amount", "close_date", "forecast_category")
SPLITS_BATCH = 100
# Of so many versions older ones may be forgotten: a cautious guess, its API's reference tells no number.
KEPT_VERSIONS = 20
# What stands behind a deal's id in the ids of the rows that come along with it.
MARKS = {"opportunity_history": "@", "field_history": ":", "opportunity_member": ":", "opportunity_split": ":"}


class Beside:
    """Makes the rows that come along with deals."""

    def __init__(self, account: Account, specs: Mapping[str, ObjectSpec], converter: Converter) -> None:
        seen = account.properties("deals").keys()
        history = specs["opportunity_history"]
        deal = specs["opportunity"].types[0]
        self._account = account
        self._converter = converter
        self._moments = Converter(account, history, history.types[0])
        self._moment_fields = {name: self._moments.of_text(name) for name in self._moments.fields}
        self._no_moment = dict.fromkeys(OBJECTS[history.name].fields)
        self._moment_properties = tuple(name for name in history.types[0].asked() if name in seen)
        fields = {
            name: source.properties[0]
            for name, source in deal.fields.items()
            if (name in TRACKED or source.mapped) and source.properties and source.properties[0] in seen
        }
        self._tracked = {
            name: (prop, converter.of_text(name)) for name, prop in fields.items() if name in converter.fields
        }
        self._lists = tuple(name for name in (COLLABORATORS, SPLIT_OWNERS) if name in seen)

    @property
    def properties(self) -> tuple[str, ...]:
        """What is to be asked of deals besides their own fields."""
        return self._lists

    @property
    def history(self) -> tuple[str, ...]:
        """The properties whose versions are to be asked for."""
        return tuple(
            dict.fromkeys((*self._moment_properties, *(prop for prop, _ in self._tracked.values()), *self._lists))
        )

    def rows(self, records: Sequence[Record], problems: list[RowProblem]) -> dict[str, tuple[Row, ...]]:
        """The rows by our object."""
        return {
            "opportunity_history": tuple(row for each in records for row in self._history(each, problems)),
            "field_history": tuple(row for each in records for row in self._changes(each, problems)),
            "opportunity_member": tuple(row for each in records for row in self._members(each)),
            "opportunity_split": tuple(self._splits(records, problems)),
        }

    def whole(self, record: Record) -> Iterator[Whole]:
        """From which moment on the history that comes with a deal is all there is: what another mapping made of other
        properties has ended. Where an answer lacks the history of a property, it says nothing of that."""
        tracked = [prop for prop, _ in self._tracked.values()]
        for name, properties in (("opportunity_history", self._moment_properties), ("field_history", tracked)):
            versions = [record.history.get(prop, ()) for prop in properties]
            if all(each or not record.get(prop) for prop, each in zip(properties, versions, strict=True)):
                since = max(
                    (min(version.at for version in each) for each in versions if len(each) >= KEPT_VERSIONS), default=""
                )
                yield Whole(name, f"{record.id}{MARKS[name]}", since)

    def _history(self, record: Record, problems: list[RowProblem]) -> Iterator[Row]:
        """A row for each moment at which one of the properties changed, oldest first, with all values from then on.

        The id is the record's and the moment, so that a row keeps it when HubSpot forgets older values (it keeps a
        limited number a property) or more are added.
        """
        events = [
            (version.at, name, version.value)
            for name in self._moment_properties
            for version in reversed(record.history.get(name, ()))
        ]
        present: dict[str, str | None] = {}
        for at, changes in groupby(sorted(events, key=itemgetter(0)), key=itemgetter(0)):
            present |= {name: value for _, name, value in changes}
            row_id = f"{record.id}@{milliseconds(parse_instant(at))}"
            moment = Record(row_id, present, record.created_at, at)
            values = {name: of(moment, problems) for name, of in self._moment_fields.items()}
            custom = self._moments.custom(moment, None, problems)
            yield Row({**self._no_moment, **values, "id": row_id, "opportunity_id": record.id, "at": at}, custom, at)

    def _changes(self, record: Record, problems: list[RowProblem]) -> Iterator[Row]:
        """A row for each change of a tracked field: what it was set to at first is none."""
        for field, (prop, of) in self._tracked.items():
            versions = record.history.get(prop, ())
            if len(versions) < 2:
                continue
            before: Scalar = None
            unfit_before: list[RowProblem] = []
            for place, version in enumerate(_oldest_first(versions)):
                unfit: list[RowProblem] = []
                after = of(Record(record.id, {prop: version.value}, record.created_at, record.updated_at), unfit)
                if place and after != before:
                    row = self._change(record.id, field, before, after, version)
                    problems += _of_change(row, before=unfit_before, after=unfit)
                    yield row
                before, unfit_before = after, unfit

    def _change(self, record_id: str, field: str, before: Scalar, after: Scalar, version: Version) -> Row:
        values: dict[str, Scalar] = {
            "object": "opportunity",
            "record_id": record_id,
            "field": field,
            "before": _text(before),
            "after": _text(after),
            "at": version.at,
            "user_id": self._account.owner_of(version.user_id) if version.user_id else None,
        }
        row_id = f"{record_id}:{field}@{milliseconds(parse_instant(version.at))}"
        return plain_row("field_history", row_id, version.at, values)

    def _members(self, record: Record) -> Iterator[Row]:
        """The deal's collaborators, and as deleted those who were."""
        for owner, present in _named(record, COLLABORATORS).items():
            row_id, values = f"{record.id}:{owner}", {"opportunity_id": record.id, "user_id": owner}
            yield plain_row("opportunity_member", row_id, record.updated_at, values, deleted=not present)

    def _splits(self, records: Sequence[Record], problems: list[RowProblem]) -> Iterator[Row]:
        """The splits of the deals that have any, and as deleted those of users who had one."""
        owners = {record.id: _named(record, SPLIT_OWNERS) for record in records}
        shares = self._shares([deal for deal, named in owners.items() if any(named.values())])
        for record in records:
            present = shares.get(record.id, {})
            for owner in dict.fromkeys((*owners[record.id], *present)):
                yield self._split(record, owner, present.get(owner), problems)

    def _split(self, record: Record, owner: str, share: str | None, problems: list[RowProblem]) -> Row:
        row_id, percent = f"{record.id}:{owner}", None
        try:
            percent = fact_decimal(share) if share else None
        except ValueError as error:
            text = f"split {row_id}: its percentage cannot fill opportunity_split.percent: {error}. Correct the split."
            problems.append(RowProblem("opportunity_split", row_id, "percent", text))
        values = {"opportunity_id": record.id, "user_id": owner, "type": "revenue", "percent": percent}
        return plain_row("opportunity_split", row_id, record.updated_at, values, deleted=share is None)

    def _shares(self, deals: list[str]) -> dict[str, dict[str, str]]:
        """The share of 1 that each owner has of each deal, as text (deal splits API guide)."""
        shares: dict[str, dict[str, str]] = {}
        for batch in in_chunks(deals, SPLITS_BATCH):
            answer = self._account.believed(self._ask, batch)
            for result in answer["results"]:
                for split in result.get("splits") or ():
                    properties = split.get("properties") or {}
                    owner, share = properties.get("hubspot_owner_id"), properties.get("hs_deal_split_percentage")
                    if owner and share and split.get("archived") is not True:
                        shares.setdefault(str(result["id"]), {})[str(owner)] = str(share)
        return shares

    def _ask(self, deals: list[str]) -> tuple[Json, Doubt | None]:
        answer = self._account.session.post(
            self._account.paths.deal_splits, {"inputs": [{"id": each} for each in deals]}
        )
        told = {str(result["id"]) for result in results_of(answer, "deal splits")}
        return answer, None if told == set(deals) else OTHER


def ended_beside(record_id: str) -> Iterator[Whole]:
    """That no row which came along with a deal lives on where the deal does not. Restored, it brings them again."""
    for name, mark in MARKS.items():
        yield Whole(name, f"{record_id}{mark}")


def _named(record: Record, prop: str) -> dict[str, bool]:
    """The owners whom a property names, and as False those whom it named before."""
    present = _ids(record.get(prop))
    before = [owner for version in record.history.get(prop, ()) for owner in _ids(version.value)]
    return dict.fromkeys(sorted(before), False) | dict.fromkeys(present, True)


def _ids(text: str | None) -> list[str]:
    return re.findall(r"\d+", text or "", re.ASCII)


def _oldest_first(versions: Sequence[Version]) -> list[Version]:
    """The versions in order; they come newest first, which tells apart those of one millisecond."""
    ordered = list(reversed(versions))
    ordered.sort(key=attrgetter("at"))
    return ordered


def _of_change(row: Row, **unfit: Sequence[RowProblem]) -> Iterator[RowProblem]:
    """The problems of the record as problems of the row that tells of its change, by that row's fields."""
    for field, problems in unfit.items():
        for each in problems:
            yield replace(each, object="field_history", id=str(row.values["id"]), field=field)


def _text(value: Scalar) -> str | None:
    return None if value is None else str(value)
