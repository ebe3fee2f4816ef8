"""What the user gave wrong, as values: collected, and shown all at once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True, order=True)
class Where:
    """A place in a file, relative to the project; lines count from 1, 0 where there is no line to name."""

    file: str
    line: int = 0
    path: str = ""  # "components.0.tiers.2.rate"

    def __str__(self) -> str:
        place = f"{self.file}:{self.line}" if self.line else self.file
        return f"{place}: {self.path}" if self.path else place


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing wrong: `summary` says what, `detail` why and what to write instead."""

    severity: Literal["error", "warning"]
    summary: str
    detail: str
    where: Where

    def __str__(self) -> str:
        return f"{self.where}: {self.summary}" + (f" {self.detail}" if self.detail else "")


class ConfigError(Exception):
    """The project or the call is wrong (exit code 2). Holds every problem that was found."""

    def __init__(self, problems: list[Problem]) -> None:
        super().__init__("\n".join(map(str, problems)))
        self.problems = problems
