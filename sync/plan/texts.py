"""Results in words: the texts of `writeback.yaml` with their placeholders filled."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from config.writeback import PLACEHOLDERS
from sync.plan.values import shown

if TYPE_CHECKING:
    from config.metrics import Unit
    from sync.plan.results import Wanted


def in_words(text: str, wanted: Wanted, unit: Unit | None, payee: str) -> Wanted:
    """The result as a text: nothing where there is no result. What a result does not have is left empty."""
    if wanted.value is None:
        return wanted
    names = {
        "value": shown(wanted.value, unit),
        "label": wanted.label,
        "period": wanted.basis,
        "payee": payee,
        **dict.fromkeys(PLACEHOLDERS.keys() - {"value", "label", "period", "payee"}, ""),
        **wanted.parts,
    }
    return replace(wanted, value=text.format_map(names))
