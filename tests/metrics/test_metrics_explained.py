"""The worked examples of the catalog, explained: the records add up to what was reckoned by hand."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from metric_worlds import NO_ROW, plain, worlds

from salesops.explain import explaining
from salesops.fiscal import FISCAL_KINDS

if TYPE_CHECKING:
    from metric_worlds import World

    from salesops.calendar import Period
    from salesops.explain.explainer import Explainer


@pytest.mark.parametrize("world", worlds(), ids=str)
def test_the_records_of_an_example_make_the_number_reckoned_by_hand(world: World) -> None:
    wrong = []
    with explaining(world.facts(), world.rules(), world.as_of) as explainer:
        for (metric, grain, key, period), expected in world.expected.items():
            explanation = explainer.explain(metric, grain, key, period_of(explainer, period))
            found = plain(explanation.total) if explanation.is_there else NO_ROW
            if found != expected or not explanation.adds_up():
                wrong.append(f"{explanation.figure}: {expected} by hand, {found} of the records")
    assert wrong == []


def period_of(explainer: Explainer, name: str) -> Period | None:
    """The period of a name, which may be still to come."""
    calendar, today = explainer.rules.calendar, max(period.start for period in explainer.periods)
    periods = (
        *explainer.periods,
        *(each for kind in FISCAL_KINDS for each in calendar.periods(kind, today, today + timedelta(days=366))),
    )
    return None if name == "all" else next(period for period in periods if period.name == name)
