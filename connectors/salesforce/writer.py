"""The writing half of the connector: by what a target is, the way to read, write and delete its records."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from connectors.errors import Rejected
from connectors.salesforce.bulk_write import CALLS, BulkWrite
from connectors.salesforce.causes import HIDDEN
from connectors.salesforce.collection_write import MOST
from connectors.salesforce.composite import HEAVY
from connectors.salesforce.forecasts import Quotas
from connectors.salesforce.named import Named
from connectors.salesforce.standing import read_standing
from connectors.salesforce.targets import find_place
from connectors.salesforce.territories import TerritoryAccounts
from connectors.salesforce.wide import IDS
from connectors.salesforce.write import assign, delete_records, goes_by_job, write_records
from connectors.writing import FORECASTING_QUOTA, TERRITORY_ACCOUNT, Cost

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from connectors.salesforce.describe import Catalog
    from connectors.salesforce.named import Kind
    from connectors.salesforce.session import Session
    from connectors.salesforce.targets import Place
    from connectors.writing import Jobs, Outcome, RecordWrite, Standing, Target


@dataclass(frozen=True, slots=True)
class Writer:
    """Writes to one org. `currency` is that of the amounts on records of our own."""

    session: Session
    catalog: Catalog
    currency: str
    auto_assign: bool

    def standing(self, target: Target, fields: Sequence[str], names: Sequence[str]) -> dict[str, Standing]:
        """What stands in the records now, by name.

        A query that names a field which is gone is refused as a whole (INVALID_FIELD): what our login sees is then
        looked up again.
        """
        try:
            return self._standing(target, fields, names)
        except Rejected as error:
            if error.code != HIDDEN:
                raise
        self.catalog.forget()
        return self._standing(target, fields, names)

    def _standing(self, target: Target, fields: Sequence[str], names: Sequence[str]) -> dict[str, Standing]:
        place = self._place(target)
        kind = self._kind(place)
        return kind.find(fields, names) if kind else read_standing(self.session, place, fields, names)

    def write(self, target: Target, writes: Sequence[RecordWrite], jobs: Jobs) -> Iterator[Outcome]:
        """One outcome for each write."""
        place = self._place(target)
        kind = self._kind(place)
        if kind:
            return Named(self.session, kind, assign(auto_assign=self.auto_assign)).write(writes)
        return write_records(self.session, place, writes, jobs, auto_assign=self.auto_assign)

    def delete(self, ids: Sequence[str]) -> Iterator[Outcome]:
        """One outcome for each id."""
        return delete_records(self.session, ids)

    def finish(self, job: str, target: Target, names: Sequence[str]) -> Iterator[Outcome]:
        """The outcomes of a job of an earlier process."""
        place = self._place(target)
        for outcome in BulkWrite(self.session, place).finish(job, names):
            yield replace(outcome, fields=place.ours(outcome.fields))

    def cost(self, target: Target, count: int) -> Cost:
        """The requests for so many records, if all goes well."""
        place = self._place(target)
        read, write = -(-count // (HEAVY * IDS)), -(-count // MOST)
        if self._kind(place):
            types = 1 if target.object == FORECASTING_QUOTA and count else 0
            return Cost(read + types, read + types + write)  # looked up again before any is made
        return Cost(read, CALLS if goes_by_job(place, count) else write)

    def _place(self, target: Target) -> Place:
        return find_place(target, self.catalog, self.currency)

    def _kind(self, place: Place) -> Kind | None:
        """What the records are that are known by what they are about; None for all others."""
        if place.target.object == FORECASTING_QUOTA:
            return Quotas(self.session, place)
        return TerritoryAccounts(self.session, place) if place.target.object == TERRITORY_ACCOUNT else None
