"""How many records go together, and that a plan's cost is that of its portions."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

import pytest
from applied import change, plan_of

from connectors.errors import Rejected
from connectors.writing import Cost, Target
from sync.plan import cost_of, portions
from sync.plan.portions import BATCH_RECORDS, MOST_RECORDS, cost_in_portions

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from connectors.base import Connector

ACCOUNT = Target("account")


def priced(price: Callable[[int], Cost]) -> Connector:
    """A CRM whose requests for so many records are these."""

    class Priced:
        def cost(self, _target: Target, _fields: Sequence[str], count: int) -> Cost:
            return price(count)

    return cast("Connector", Priced())


def by_hundreds(count: int) -> Cost:
    return Cost(-(-count // 100), -(-count // 100))


def by_job(count: int) -> Cost:
    return Cost(-(-count // 5_000), min(10, -(-count // 1_000)))


@pytest.mark.parametrize(
    ("price", "count", "sizes"),
    [
        (by_hundreds, 0, []),
        (by_hundreds, 1, [1]),
        (by_hundreds, 12_000, [5_000, 5_000, 2_000]),
        (by_job, 10_000, [5_000, 5_000]),  # a job would cost as much
        (by_job, 10_001, [10_001]),
        (by_job, 230_000, [100_000, 100_000, 30_000]),
    ],
)
def test_so_many_records_go_together_as_are_fresh_and_more_only_where_that_takes_fewer_requests(
    price: Callable[[int], Cost], count: int, sizes: list[int]
) -> None:
    assert portions.portions(priced(price), ACCOUNT, ["territory"], count) == sizes


def test_the_cost_is_that_of_the_portions() -> None:
    assert cost_in_portions(priced(by_hundreds), ACCOUNT, [], BATCH_RECORDS + 1) == Cost(51, 51)
    assert cost_in_portions(priced(by_job), ACCOUNT, [], 2 * MOST_RECORDS) == Cost(40, 20)


def test_records_of_a_place_that_is_not_there_any_more_go_in_portions_too() -> None:
    def refuse(_count: int) -> Cost:
        raise Rejected("there is no such object")

    assert portions.portions(priced(refuse), ACCOUNT, [], BATCH_RECORDS + 1) == [BATCH_RECORDS, 1]


def test_a_plan_from_a_file_that_is_larger_than_a_portion_is_read_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(portions, "BATCH_RECORDS", 2)
    crm = priced(lambda count: Cost(count, count))
    two, three = (plan_of(*map(change, names)).changes for names in ("01", "012"))
    assert cost_of(crm, two, checked_first=True) == Cost(2, 2)
    assert cost_of(crm, three, checked_first=True) == Cost(6, 3)
    assert cost_of(crm, three, checked_first=False) == Cost(3, 3)
