"""Forecasting quotas by user, first day and forecasting type (Object Reference, ForecastingQuota)."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from simple_salesforce.format import quote_soql_value

from connectors.batches import in_chunks
from connectors.salesforce.ids import full_id
from connectors.salesforce.rows import ID, Shape
from connectors.salesforce.standing import lists, read_values
from connectors.salesforce.wide import read_together
from connectors.writing import Cause, Outcome, Standing, Status

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from connectors.salesforce.session import Session
    from connectors.salesforce.targets import Place

_OF_A_USER_ALONE = ("ProductFamily", "Territory2Id", "ForecastingGroupItemId")
"""What narrows a quota down further, where the org has it: a quota of ours has none of these."""

_WHAT = ("QuotaOwnerId", "StartDate", "ForecastingTypeId")


@dataclass(frozen=True, slots=True)
class Quotas:
    """The forecasting quotas of an org."""

    session: Session
    place: Place
    _types: dict[str, str] = field(default_factory=dict)  # the id of each forecasting type that was looked up

    def find(self, fields: Sequence[str], names: Sequence[str]) -> dict[str, Standing]:
        """What stands in those that are there, by name."""
        self._load_types(names)
        known = {self._parts(name): name for name in names}
        asked = tuple(dict.fromkeys((ID, *_WHAT, *self.place.seen(fields))))
        shape, found = Shape(self.place.sobject.name, asked), {}
        records = read_together(self.session, list(self._queries(asked, names)), shape)
        for record in sorted(records, key=lambda each: str(each[0])):
            held = dict(zip(asked, record, strict=True))
            name = known.get((full_id(held["QuotaOwnerId"]), held["StartDate"], held["ForecastingTypeId"]))
            if name is not None and name not in found:
                found[name] = Standing(held[ID], read_values(self.place, fields, held))
        return found

    def values(self, name: str) -> Mapping[str, str | None] | Outcome:
        """What makes a new quota the one of that name; the type must be known to the org."""
        owner, day, kind = self._parts(name)
        if kind:
            return dict(zip(_WHAT, (owner, day, kind), strict=True))
        message = f"There is no ForecastingType {name.split('|')[2]} that our login can see. Correct writeback.yaml."
        return Outcome(name, Status.FAILED, code="NO_FORECASTING_TYPE", message=message, cause=Cause.RULE)

    def _queries(self, asked: Sequence[str], names: Sequence[str]) -> Iterator[str]:
        """Queries for the quotas of some users, of all days and types that are named: few, and a little too much."""
        parts = [each for each in map(self._parts, names) if each[2]]
        days, types = sorted({day for _, day, _ in parts}), sorted({kind for *_, kind in parts})
        extra = [f"{each} = null" for each in _OF_A_USER_ALONE if each in self.place.sobject.fields]
        for some in in_chunks(days, 100):
            for users in lists(sorted({user for user, day, _ in parts if day in some})):
                conditions = [
                    f"QuotaOwnerId IN ({users})",
                    f"StartDate IN ({', '.join(some)})",
                    f"ForecastingTypeId IN ({', '.join(map(quote_soql_value, types))})",
                    *extra,
                ]
                yield f"SELECT {', '.join(asked)} FROM {self.place.sobject.name} WHERE {' AND '.join(conditions)}"

    def _parts(self, name: str) -> tuple[str, str, str]:
        user, day, kind = name.split("|")
        return full_id(user), day, self._types.get(kind, "")

    def _load_types(self, names: Sequence[str]) -> None:
        wanted = {name.split("|")[2] for name in names} - self._types.keys()
        queries = [
            f"SELECT Id, DeveloperName FROM ForecastingType WHERE DeveloperName IN ({listed})"
            for listed in lists(sorted(wanted))
        ]
        shape = Shape("ForecastingType", ("Id", "DeveloperName"))
        self._types.update((name, type_id) for type_id, name in read_together(self.session, queries, shape))
