"""Checks of `writeback.yaml`: fields written twice or on the wrong object, and results that are not there."""

from __future__ import annotations

from typing import TYPE_CHECKING

from config.checks.crm_names import Named, Role, check_name
from config.checks.kept import check_kept
from config.checks.shown import check_text, check_value
from config.checks.shown_pay import check_first_periods
from config.draft import CONNECTIONS
from config.project_folder import WRITEBACK
from config.values import BELONGS_TO, REACHES

if TYPE_CHECKING:
    from collections.abc import Iterator

    from config.draft import Draft
    from config.problems import Problem
    from config.writeback import FieldWrite
    from config.yaml_text import Path


def check_writeback(draft: Draft) -> Iterator[Problem]:
    """Everything that is wrong in the file, part by part."""
    if draft.writeback is None:
        return
    for connection, writes in draft.writeback.writeback.items():
        yield from draft.unknown(CONNECTIONS, connection, (WRITEBACK, connection))
        yield from _check_fields(draft, connection, writes)
    yield from check_kept(draft, draft.writeback)
    yield from check_first_periods(draft, draft.writeback)


def _check_fields(draft: Draft, connection: str, writes: tuple[FieldWrite, ...]) -> Iterator[Problem]:
    seen: dict[tuple[str, str], int] = {}
    for number, write in enumerate(writes):
        at = (WRITEBACK, connection, number)
        first = seen.setdefault((write.object, write.field.casefold()), number)
        if first != number:
            line = draft.places[(WRITEBACK, connection, first, "field")].line
            yield draft.error(
                (*at, "field"),
                f"{write.object}.{write.field} is written twice, first on line {line}.",
                "A field can hold one result; name another field.",
            )
        yield from check_name(draft, connection, Named(Role.FIELD, write.field, write.label), at)
        yield from _check_not_read(draft, connection, write, at)
        yield from _check_object(draft, write, at)
        yield from check_value(draft, write.value, (*at, "value"))
        yield from check_text(draft, write.text, write.value, (*at, "text"))
    yield from _check_updated(draft, connection, writes)


def _check_not_read(draft: Draft, connection: str, write: FieldWrite, at: Path) -> Iterator[Problem]:
    """A field that fills our model must not be written: the next run would compute from what this one wrote."""
    mapped = draft.mapping.of(connection).get(write.object) if draft.mapping else None
    if mapped is None:
        return
    custom = ((f"custom.{field}", field) for field in mapped.custom)
    for ours, field in (*mapped.fields.items(), *custom):
        if field.casefold() == write.field.casefold():
            yield draft.error(
                (*at, "field"),
                f"would overwrite {write.field}, which mapping.yaml reads as {write.object}.{ours}.",
                "Name a field of its own for the result.",
            )


def _check_object(draft: Draft, write: FieldWrite, at: Path) -> Iterator[Problem]:
    about = BELONGS_TO.get(write.value.kind)
    if about is None or about in REACHES[write.object]:
        return
    objects = [name for name, reached in REACHES.items() if about in reached]
    kinds = [kind for kind, each in BELONGS_TO.items() if each in REACHES[write.object]]
    yield draft.error(
        (*at, "object"),
        f"{write.value.kind} belongs to {_article(about)} {about}, and {_article(write.object)} {write.object} leads "
        "to none.",
        f"Write object: {' or '.join(objects)}, or a value of kind {' or '.join(kinds)}.",
    )


def _check_updated(draft: Draft, connection: str, writes: tuple[FieldWrite, ...]) -> Iterator[Problem]:
    """A last update that nothing else goes with would never be written."""
    others = {write.object for write in writes if write.value.kind != "updated"}
    for number, write in enumerate(writes):
        if write.value.kind == "updated" and write.object not in others:
            yield draft.error(
                (WRITEBACK, connection, number, "value"),
                f"no other field of {write.object} is written, so this would never be.",
                "It is written together with another field of the record. Add one, or remove it.",
            )


def _article(word: str) -> str:
    return "an" if word[0] in "ao" else "a"
