"""What every YAML model shares: strict, frozen, nothing extra; and the small types they are made of."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, StringConstraints


class Model(BaseModel):
    """A piece of YAML, typed. Unknown keys are errors; a value once read never changes."""

    model_config = ConfigDict(extra="forbid", frozen=True)


Name = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,62}$")]
"""How rules call each other: lower case, digits and underscores."""

Label = Annotated[str, StringConstraints(min_length=1, max_length=80, strip_whitespace=True)]


def _finite(value: Decimal) -> Decimal:
    if not value.is_finite():
        raise ValueError("must be a plain number")
    return value


Number = Annotated[Decimal, AfterValidator(_finite)]


def _not_negative(value: Decimal) -> Decimal:
    if value < 0:
        raise ValueError(f"must not be negative, got {value}")
    return value


Money = Annotated[Number, AfterValidator(_not_negative)]


def _rate(value: Decimal) -> Decimal:
    if not 0 <= value <= 1:
        percent = value * 100
        raise ValueError(
            f"must be a fraction of 1, got {value}. A rate of {value} pays {percent:,f} %. "
            f"For {value} percent write {value / 100}."
        )
    return value


Rate = Annotated[Number, AfterValidator(_rate)]
"""A share of 1: 0.12 is twelve percent."""
