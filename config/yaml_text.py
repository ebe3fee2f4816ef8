"""Strict YAML: text, lists and blocks of keys, each with its line, and nothing else.

Every scalar stays the text that was written, so `no` is not false, `010` not 8 and `1.10` not 1.1. What makes YAML
surprising (anchors, tags, merge keys, duplicate keys, several documents) is refused with its line. Read from parser
events, so an alias is never expanded and no depth of nesting ends in recursion.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from config.base import quote
from config.problems import Problem, Where
from config.yaml_syntax import explain_syntax

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

Tree = dict[str, Any] | list[Any] | str | None
"""What a file holds: dicts by key, lists, text, and None for what was left empty (also `null` and `~`)."""

Path = tuple[str | int, ...]

MAX_BYTES = 1_000_000
MAX_DEPTH = 40  # ours need nine
MAX_PROBLEMS = 50  # a file; past that the cause is one, and a longer list hides it

_EMPTY = frozenset({"", "~", "null", "Null", "NULL"})
# What YAML may be written in, https://yaml.org/spec/1.1/#c-printable
_NOT_TEXT = re.compile("[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")


@dataclass(frozen=True, slots=True)
class YamlText:
    """A file as it was read. `tree` is not the whole where `broken`: the text could not be followed to its end."""

    tree: Tree
    lines: Mapping[Path, int]
    problems: tuple[Problem, ...]
    broken: bool


def read_yaml(content: bytes, file: str) -> YamlText:
    """What `content` holds, and what is wrong with it as YAML; never raises. `file` is its name for people."""
    import yaml

    reader = _Reader(file)
    try:
        text = _decode(content)
        try:
            for event in _events(text):
                reader.take(event)
        except yaml.YAMLError as error:
            raise _StopReading(*explain_syntax(error, text)) from error
    except _StopReading as stop:
        reader.broken = True
        reader.report(stop.line, stop.summary, stop.detail)
    return YamlText(reader.root, reader.lines, tuple(reader.problems), reader.broken)


def path_text(path: Path) -> str:
    """The path as a message shows it: `components.0.tiers.2.rate`."""
    return ".".join(part if part.isprintable() and len(part) <= 80 else quote(part) for part in map(str, path))


class _StopReading(Exception):
    """The rest of the file cannot be read."""

    def __init__(self, line: int, summary: str, detail: str) -> None:
        super().__init__(summary)
        self.line, self.summary, self.detail = line, summary, detail


def _decode(content: bytes) -> str:
    if len(content) > MAX_BYTES:
        raise _StopReading(
            0,
            f"is larger than {MAX_BYTES // 1000:,} kB, the most that is read.",
            "Split it into several files, or keep figures in the CRM.",
        )
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise _StopReading(line, "is not UTF-8 text.", "Save the file with the encoding UTF-8.") from error
    if found := _NOT_TEXT.search(text):
        line = text.count("\n", 0, found.start()) + 1
        raise _StopReading(line, f"holds the character U+{ord(found[0]):04X}, which is no text.", "Remove it.")
    return text


def _events(text: str) -> Iterator[Any]:
    """The parser's events; from libyaml where PyYAML was built with it, which is many times as fast."""
    import yaml

    loader = getattr(yaml, "CBaseLoader", yaml.BaseLoader)(text)
    try:
        while loader.check_event():
            yield loader.get_event()
    finally:
        loader.dispose()


@dataclass(slots=True)
class _Open:
    """A block or list whose end has not come yet. `path` is None below a key that was refused."""

    node: dict[str, Any] | list[Any]
    path: Path | None
    key: str | None = None  # of a block: the key whose value comes next
    refused: bool = False  # that key was refused, its value goes nowhere

    def next_path(self) -> Path | None:
        if self.path is None or self.refused:
            return None
        return (*self.path, len(self.node) if isinstance(self.node, list) else str(self.key))


@dataclass(slots=True)
class _Reader:
    """The tree so far, and the open blocks from the outermost in."""

    file: str
    root: Tree = None
    lines: dict[Path, int] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    broken: bool = False
    documents: int = 0
    stack: list[_Open] = field(default_factory=list)

    def report(self, line: int, summary: str, detail: str, path: Path | None = ()) -> None:
        if len(self.problems) < MAX_PROBLEMS:
            self.problems.append(Problem("error", summary, detail, Where(self.file, line, path_text(path or ()))))

    def take(self, event: Any) -> None:
        """Add what one parser event says."""
        import yaml

        line = event.start_mark.line + 1
        match event:
            case yaml.DocumentStartEvent():
                self.documents += 1
                if self.documents > 1:
                    raise _StopReading(
                        line, "a second document starts here.", "Remove the line ---; a file holds one document."
                    )
            case yaml.AliasEvent():
                self.broken = True  # what it stands for is not known here
                self.report(
                    line,
                    f"uses an alias: *{event.anchor}.",
                    "Aliases are not read. Write the value out; text that begins with * goes in quotes.",
                )
                self._place(None, line)
            case yaml.ScalarEvent():
                self._refuse_marks(event, line)
                self._scalar(event, line)
            case yaml.MappingStartEvent():
                self._refuse_marks(event, line)
                self._open({}, line)
            case yaml.SequenceStartEvent():
                self._refuse_marks(event, line)
                self._open([], line)
            case yaml.MappingEndEvent() | yaml.SequenceEndEvent():
                self.stack.pop()

    def _refuse_marks(self, event: Any, line: int) -> None:
        if event.anchor is not None:
            self.report(
                line,
                f"sets an anchor: &{event.anchor}.",
                "Anchors are not read. Remove it; text that begins with & goes in quotes.",
            )
        if event.tag is not None:
            self.report(
                line,
                f"sets a tag: {quote(event.tag)}.",
                "Tags are not read. Remove it; text that begins with ! goes in quotes.",
            )

    def _scalar(self, event: Any, line: int) -> None:
        text: str = event.value
        plain = not event.style
        if found := _CONTROL.search(text):
            self.broken = True  # what holds it is not shown in any message
            self.report(line, f"holds the control character U+{ord(found[0]):04X}.", "Remove it.")
        if self._wants_key():
            self._key(text, line, plain=plain)
        else:
            self._place(None if plain and text in _EMPTY else text, line)

    def _wants_key(self) -> bool:
        return bool(self.stack) and isinstance(self.stack[-1].node, dict) and self.stack[-1].key is None

    def _key(self, key: str, line: int, *, plain: bool) -> None:
        block = self.stack[-1]
        block.key, block.refused = key, True
        path = None if block.path is None else (*block.path, key)
        if plain and key == "<<":
            self.report(line, "uses a merge key: <<.", "Merge keys are not read. Write the keys out.", block.path)
        elif not key or (plain and key in _EMPTY):
            self.report(line, "a key is empty.", "Write a name before the colon.", block.path)
        elif key in block.node:
            first = self.lines.get(path) if path is not None else None
            above = f" First on line {first}." if first else ""
            self.report(line, "is written twice." + above, "Keep one of them.", path)
        else:
            block.refused = False
            if path is not None:
                self.lines[path] = line

    def _open(self, node: dict[str, Any] | list[Any], line: int) -> None:
        if len(self.stack) >= MAX_DEPTH:
            raise _StopReading(line, f"is nested deeper than {MAX_DEPTH} levels.", "Close what was opened above.")
        if self._wants_key():
            raise _StopReading(
                line,
                "a block or list stands where a key belongs.",
                "Write `key: value`; text that begins with { or [ or ? goes in quotes.",
            )
        path = self.stack[-1].next_path() if self.stack else ()
        self._place(node, line)
        self.stack.append(_Open(node, path))

    def _place(self, value: Tree, line: int) -> None:
        """Put a value where the innermost open block or list expects it."""
        if not self.stack:
            self.root = value
            self.lines[()] = line
            return
        parent = self.stack[-1]
        path = parent.next_path()
        if isinstance(parent.node, list):
            parent.node.append(value)
            if path is not None:
                self.lines[path] = line
            return
        if parent.key is None:  # an alias where a key belongs
            parent.key, parent.refused = "", True
            return
        if not parent.refused:
            parent.node[parent.key] = value
        parent.key, parent.refused = None, False
