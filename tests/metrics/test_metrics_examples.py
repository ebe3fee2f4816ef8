"""Every metric of the catalog by examples that a person can follow: by hand, by the reference, and by the engine."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING

import pyarrow as pa
import pytest
from metric_worlds import covered, differences, numbers, plain, spot, worlds
from reference_metrics import reference_metrics

from config.catalog_files import read_catalog
from salesops.compute import compute

if TYPE_CHECKING:
    from metric_worlds import Row, World

each_world = pytest.mark.parametrize("world", worlds(), ids=str)


def test_every_metric_of_the_catalog_has_an_example() -> None:
    assert sorted(read_catalog().model.metrics.keys() - covered(worlds())) == []


def test_every_example_is_of_a_metric_of_its_category() -> None:
    categories = read_catalog().categories
    wrong = {place[0] for world in worlds() for place in world.expected if place[0] not in categories[world.category]}
    assert wrong == set()


@each_world
def test_what_a_crm_does_not_hold_is_expected_of_the_other(world: World) -> None:
    spots = {(place[0], spot(place)) for place in world.expected}
    for each in world.not_held:
        assert each.crm in {"salesforce", "hubspot"}
        assert each.why.endswith(".")
        assert {metric for metric, at in spots if at in each.keys} >= each.metrics
        assert {at for metric, at in spots if metric in each.metrics} >= each.keys


@each_world
def test_the_engine_finds_what_was_reckoned_by_hand(world: World) -> None:
    assert differences(world.expected, numbers(compute(world.facts(), world.rules(), world.as_of))) == []


@each_world
def test_the_reference_finds_what_was_reckoned_by_hand(world: World) -> None:
    found = reference_metrics(exact(world), world.rules(), world.as_of)
    as_text = {place: plain(in_decimals(result.value)) for place, result in found.items()}
    assert differences(world.expected, as_text) == []


@each_world
def test_the_order_of_facts_changes_nothing(world: World) -> None:
    backwards = {name: table.take(pa.array(range(len(table) - 1, -1, -1))) for name, table in world.facts().items()}
    assert differences(world.expected, numbers(compute(backwards, world.rules(), world.as_of))) == []


@each_world
def test_without_facts_there_are_no_numbers(world: World) -> None:
    assert numbers(compute({}, world.rules(), world.as_of)) == {}


def exact(world: World) -> dict[str, list[Row]]:
    """The facts as the reference takes them: decimals as fractions."""
    return {
        name: [
            {field: Fraction(value) if isinstance(value, Decimal) else value for field, value in row.items()}
            for row in rows
        ]
        for name, rows in world.objects.items()
    }


def in_decimals(value: Fraction | None) -> Decimal | None:
    return None if value is None else Decimal(value.numerator) / Decimal(value.denominator)
