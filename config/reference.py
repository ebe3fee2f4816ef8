"""The reference of every key, as Markdown: `python -m config.reference > docs/configuration.md`.

Made from the models that read the files, so it cannot say anything else than they do.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from pydantic_core import PydanticUndefined

from config.documents import MODELS
from config.model import OBJECTS
from config.project_folder import FILES
from config.shape import Block, Choice, Either, Leaf, Listed, Named, Shape, field_shape, shape_of
from config.sources import SOURCES
from config.writeback import PARTS, PLACEHOLDERS, SAID

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pydantic import BaseModel
    from pydantic.fields import FieldInfo

_INTRODUCTION = """\
# Configuration

A project is a folder of YAML files; `salesops init DIR` writes one, commented. `salesops check` reads all of it without
asking a CRM and shows all the problems it finds at once, each with file, line, what is wrong and what to write instead.
A part that is wrong in itself is not compared with the others: mend it and check again.

- Every value is read as the text that is written: `no` is not false and `010` is not 8. Its key decides what it means.
- A key that is not listed here is an error, and so is a key that is written twice.
- Anchors, aliases, tags, merge keys and several documents in a file are errors.
- Files in `metrics/`, `quotas/` and `comp_plans/` are read together; a name may be used once. Only one file may stand
  in `territories/`, because the order of the list decides. Files must end in `.yaml`.
- Secrets never stand in a file: `env:NAME` names an environment variable, `file:PATH` a file.

This page is generated from the code that reads the files: `python -m config.reference > docs/configuration.md`.
"""


_PLACEHOLDERS = """\
## Placeholders of texts

What a `text` of a field and the `subject` of a task may name, by the kind of their `value`. Write it in quotes, since
YAML reads braces as a block: `text: "{value} of {target} in {period}"`. A brace itself is written twice.

| placeholder | of the kinds | stands for |
| --- | --- | --- |"""


def render_reference() -> str:
    """The whole page."""
    kinds = [_render_kind(kind, model) for kind, model in MODELS.items()]
    return "\n".join(
        [_INTRODUCTION, *kinds, _render_placeholders(), _render_objects(), _render_worked_out(), _render_made()]
    )


def _render_kind(kind: str, model: type[BaseModel]) -> str:
    name = FILES.get(kind, f"{kind}/*.yaml")
    parts = [f"## `{name}`\n"]
    seen: set[type[BaseModel]] = set()
    blocks = list(_blocks(shape_of(model), "", ""))
    while blocks:
        path, when, block = blocks.pop(0)
        if path:
            parts.append(f"### `{path}`{f', {when}' if when else ''}\n")
        if block.model in seen:
            parts.append("As above.\n")
            continue
        seen.add(block.model)
        parts.append(_paragraphs(block.model, whole=not path))
        parts.append(_table(block))
        inner = [found for key, info in block.keys().items() for found in _blocks(field_shape(info), path, key)]
        blocks = inner + blocks
    return "\n".join(part for part in parts if part)


def _blocks(shape: Shape, path: str, key: str) -> Iterator[tuple[str, str, Block]]:
    """(path, when it is this one of several, block) of every block of declared keys right below the key."""
    path = f"{path}.{key}" if path and key else path or key
    match shape:
        case Block():
            yield path, "", shape
        case Choice(by=by, blocks=blocks):
            yield from ((path, f"`{by}: {word}`", block) for word, block in blocks.items())
        case Either(forms=forms):
            inside = [block for form in forms.values() for _, _, block in _blocks(form, path, "")]
            when = "with `{}`" if len(inside) > 1 else ""
            yield from ((path, when.format(next(iter(block.keys()))), block) for block in inside)
        case Named(key=name, value=value):
            yield from _blocks(value, path, name.upper() if name.isalpha() else "NAME")
        case Listed(item=item):
            yield from _blocks(item, path, "N")


def _paragraphs(model: type[BaseModel], *, whole: bool) -> str:
    lines = (model.__doc__ or "").strip().splitlines()
    text = "\n".join(line.strip() for line in lines[1 if whole else 0 :]).strip()
    return f"{text}\n" if text else ""


def _table(block: Block) -> str:
    rows = [
        f"| `{key}` | {_form(field_shape(info))} | {_default(info)} | {_text(info)} |" for key, info in _keys(block)
    ]
    return "\n".join(["| key | value | if missing | meaning |", "| --- | --- | --- | --- |", *rows, ""])


def _keys(block: Block) -> list[tuple[str, FieldInfo]]:
    return list(block.keys().items())


def _text(info: FieldInfo) -> str:
    return (info.description or "Which of the kinds this is.").replace("|", "\\|")


def _form(shape: Shape) -> str:
    match shape:
        case Leaf(words=words) if words:
            return ", ".join(f"`{word}`" for word in words)
        case Leaf(form=form):
            return form.replace("{placeholders}", "[{placeholders}](#placeholders-of-texts)")
        case Block():
            return "block"
        case Choice(by=by):
            return f"block, by its `{by}`"
        case Either(forms=forms):
            return " or ".join(dict.fromkeys(_form(form) for form in forms.values()))
        case Named(key=key, value=value):
            return f"{key}: {_form(value)}"
        case Listed(item=item):
            form = _form(item)
            return f"list of blocks{form.removeprefix('block')}" if form.startswith("block") else f"list: {form}"


def _default(info: FieldInfo) -> str:
    if info.is_required():
        return "required"
    value = info.default
    if value is None or value is PydanticUndefined or value in ((), {}, ""):
        return "—"
    if isinstance(value, tuple):
        return ", ".join(f"`{each}`" for each in value)
    if isinstance(value, bool):
        value = str(value).lower()
    return "as below" if hasattr(value, "model_fields_set") else f"`{value}`"


def _render_placeholders() -> str:
    """What texts may name, with the kinds of values that have it."""
    rows = []
    for name, meaning in PLACEHOLDERS.items():
        kinds = ", ".join(f"`{kind}`" for kind, said in SAID.items() if name in said)
        kinds += " that is a ratio, an average or a conversion" if name in PARTS else ""
        rows.append(f"| `{{{name}}}` | {kinds or 'every kind'} | {meaning} |")
    return "\n".join([_PLACEHOLDERS, *rows, ""])


def _render_objects() -> str:
    parts = [
        "## Objects and fields\n",
        "What metrics and territories may name, whichever CRM it came from; besides these, `custom.NAME` for a CRM",
        "field that `mapping.yaml` lists under `custom`. A field that ends in `_id` leads to another record, whose",
        "fields a metric names over its name without `_id`: `opportunity.stage`, `owner.team`,",
        "`opportunity.account.industry`.\n",
    ]
    for name, spec in OBJECTS.items():
        fields = ", ".join(f"`{field}` ({type_})" for field, type_ in spec.fields.items())
        parts.append(f"- **{name}**: {spec.description}. {fields}.")
    return "\n".join([*parts, ""])


def _render_worked_out() -> str:
    parts = [
        "## Worked-out fields\n",
        "Fields of these objects that no CRM has and that we work out from other records, for metrics to name.\n",
    ]
    for source in SOURCES.values():
        if source.worked_out:
            parts.append(f"### Of {source.name}\n")
            parts += ["| field | type | what it is |", "| --- | --- | --- |"]
            parts += [f"| `{name}` | {source.fields[name]} | {said} |" for name, said in source.worked_out.items()]
            parts.append("")
    return "\n".join(parts)


def _render_made() -> str:
    parts = [
        "## Made sources\n",
        "Sources of metrics that are made of several objects. Those by period have a row for each period, and their",
        "metrics write `time: period`.\n",
    ]
    for name, source in SOURCES.items():
        if name not in OBJECTS:
            fields = ", ".join(f"`{field}` ({type_})" for field, type_ in source.fields.items())
            by_period = " By period." if source.by_period else ""
            parts.append(f"- **{name}**: {source.description}.{by_period} {fields}.")
    return "\n".join([*parts, ""])


if __name__ == "__main__":
    sys.stdout.write(render_reference())
