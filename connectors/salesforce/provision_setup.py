"""What the project needs that people alone set up in an org: forecasting types, an active territory model."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from connectors.errors import AuthFailed, Rejected
from connectors.salesforce.provision_look import is_right
from connectors.salesforce.rows import ID, Shape
from connectors.salesforce.standing import lists
from connectors.salesforce.wide import read_together
from connectors.writing import Step, StepKind

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

    from connectors.salesforce.session import Session
    from connectors.writing import Needs

_MODEL = "active territory model"


def missing_setup(session: Session, needs: Needs) -> Iterator[Step]:
    """A step with its problem for each of them that our login does not see."""
    if needs.forecasting_types:
        yield from _missing_types(session, needs.forecasting_types)
    if needs.territories is not None:
        yield from _missing_territories(session, needs.territories)


def _missing_types(session: Session, names: Sequence[str]) -> Iterator[Step]:
    found = _read(session, "ForecastingType", "DeveloperName", among=set(names))
    for name in sorted(set(names) - set(found)):
        problem = (
            "There is no forecasting type with this developer name that our login can see. Correct it in"
            " writeback.yaml (forecasting_quotas), or add it in Setup, Forecasts Settings."
        )
        yield _step(f"forecasting type {name}", "forecasting type", problem)


def _missing_territories(session: Session, names: Sequence[str]) -> Iterator[Step]:
    if not _read(session, "Territory2Model", ID, "State = 'Active'"):
        problem = (
            "Salesforce shows our login no territory model that is active. Activate one in Setup, Territory Models (it"
            " takes Enterprise Territory Management), or remove territory_associations from writeback.yaml."
        )
        yield _step(_MODEL, _MODEL, problem)
        return
    count = Counter(_read(session, "Territory2", "Name", "Territory2Model.State = 'Active'", among=set(names)))
    for name in sorted(set(names)):
        if count[name] != 1:
            has = f"{count[name]} territories" if count[name] else "no territory"
            problem = (
                f"The active territory model has {has} of this name, so that no account is put there. Name one so in"
                " Salesforce, or the rule as the territory is named there."
            )
            yield _step(f"territory {name}", "territory", problem)


def _read(
    session: Session, sobject: str, field: str, condition: str = "", among: Collection[str] = ()
) -> Sequence[str]:
    """The field of the records that meet the condition and have one of these values in it, of all where none are
    named; none where the org has no such records, or our login is not shown them."""
    named = [f"{field} IN ({some})" for some in lists(sorted(among))] or [""]
    where = (" AND ".join(filter(None, (condition, each))) for each in named)
    queries = [f"SELECT {field} FROM {sobject}" + (f" WHERE {each}" if each else "") for each in where]
    try:
        records = read_together(session, queries, Shape(sobject, (field,)))
    except Rejected:
        return ()
    except AuthFailed as error:
        if not is_right(error):
            raise
        return ()
    return [str(record[0]) for record in records]


def _step(name: str, what: str, problem: str) -> Step:
    return Step(StepKind.SETUP, name, what, problem)
