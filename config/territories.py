"""`territories/*.yaml`: which account belongs where, by rules on account fields."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from config.base import Label, Model
from config.metrics import Condition


class Territory(Model):
    """An account that meets every condition of `where` belongs here."""

    name: Annotated[Label, Field(description="What is written on the account.")]
    where: Annotated[tuple[Condition, ...], Field(min_length=1, description="Every condition must hold.")]


class TerritoryFile(Model):
    """The whole of a file in `territories/`: the first territory of the list that fits holds; else `otherwise`.

    Only one file may stand in the folder, because the order of the list decides.
    """

    territories: Annotated[
        tuple[Territory, ...], Field(min_length=1, description="In order: the first one that fits an account holds.")
    ]
    otherwise: Annotated[Label | None, Field(description="The territory of all other accounts; none if missing.")] = (
        None
    )
