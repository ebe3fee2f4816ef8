"""`metrics/*.yaml`: one definition for every number."""

from __future__ import annotations

from itertools import pairwise
from typing import Annotated

from pydantic import Field, model_validator

from config.base import Label, Model, Name, Number
from config.metrics.conditions import FieldName
from config.metrics.kinds import Metric
from config.metrics.parameters import ParameterValue


class Band(Model):
    """A range of numbers: up to and with `up_to`, above the band before it. The last band has none."""

    name: Annotated[Label, Field(description="What people call it.")]
    up_to: Annotated[Number | None, Field(description="The largest number in it.")] = None


class Dimension(Model):
    """A grain by a field of an object: its values as they are, or bands of a number.

    A source that leads to the object can be split by it.
    """

    label: Annotated[Label, Field(description="What people call it.")]
    object: Annotated[Name, Field(description="The object that has the field.")]
    field: Annotated[FieldName, Field(description="The field.")]
    bands: Annotated[tuple[Band, ...], Field(description="Ranges of the number, in rising order.")] = ()

    @model_validator(mode="after")
    def _rising(self) -> Dimension:
        bounds = [band.up_to for band in self.bands]
        if self.bands and (bounds[-1] is not None or None in bounds[:-1]):
            raise ValueError("every band but the last has `up_to`, and the last has none.")
        for below, band in pairwise(self.bands[:-1]):
            if below.up_to is not None and band.up_to is not None and band.up_to <= below.up_to:
                raise ValueError(
                    f"the bands must rise: {band.name} ends at {band.up_to}, but {below.name} before it at "
                    f"{below.up_to}. Order them by `up_to`."
                )
        return self


class MetricFile(Model):
    """The whole of a file in `metrics/`.

    A metric may have `extends: NAME`, the name of another metric of yours or of the catalog: it has all keys of that
    one, with its own in their place, and the conditions under its key `and` (a list, as `where`) after those of
    `where`. Its kind is that of the other one. A metric that extends its own name extends the built-in metric that it
    replaces. `dimensions`, `meanings` and `parameters` of yours replace the built-in ones of the same name.
    [metrics.md](metrics.md) explains the language, [catalog.md](catalog.md) lists what is built in.
    """

    metrics: Annotated[dict[Name, Metric], Field(description="Each under its name.")] = {}
    dimensions: Annotated[dict[Name, Dimension], Field(description="Further grains, each under its name.")] = {}
    meanings: Annotated[
        dict[Name, tuple[str, ...]],
        Field(description="Words of the CRM by what they mean, for the operators `means` and `means_not`."),
    ] = {}
    parameters: Annotated[
        dict[Name, ParameterValue],
        Field(description="Numbers that formulas and conditions name: each a number, or a block."),
    ] = {}
