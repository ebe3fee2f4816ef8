"""A doubt about an answer: it is asked for once more, and then believed."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Doubt:
    """Why an answer may be another question's: it lacks properties of this object type, or else is short or strange."""

    lacking: str = ""


OTHER = Doubt()
