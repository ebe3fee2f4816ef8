"""`territories/*.yaml`: which account belongs where, by rules on account fields."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from config.base import Label, Model
from config.metrics import Condition


class Territory(Model):
    """An account that meets every condition of `where` belongs here."""

    name: Label
    where: Annotated[tuple[Condition, ...], Field(min_length=1)]


class TerritoryFile(Model):
    """The whole of a file in `territories/`: the first territory of the list that fits holds; else `otherwise`.

    Only one file may stand in the folder, because the order of the list decides.
    """

    territories: Annotated[tuple[Territory, ...], Field(min_length=1)]
    otherwise: Label | None = None
