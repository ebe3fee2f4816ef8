"""What a YAML parser stumbled over, said to a person who does not know YAML's grammar."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import yaml

# By what libyaml and PyYAML's own parser say; where they differ, both stand.
_EXPLAINED = (
    (
        r"mapping values are not allowed",
        "a colon stands where no key can be.",
        "Put text that holds a colon in quotes, or indent this line like the keys beside it.",
    ),
    (
        r"could not find expected ':'|did not find expected ':'|expected ':'",
        "a key has no colon.",
        "Write `key: value`, with a space after the colon.",
    ),
    (
        r"unexpected end of stream",
        "a quote or bracket is opened and not closed.",
        "Close it, or put the text that holds it in quotes.",
    ),
    (
        r"unknown escape character|did not find expected hexdecimal number|expected escape sequence",
        "a backslash in double quotes starts an escape that YAML does not know.",
        "Use single quotes, in which a backslash is a backslash.",
    ),
    (
        r"block end|did not find expected key|did not find expected '-' indicator|inconsistent indentation",
        "this line does not fit the lines above it.",
        "Indent keys of one block, and dashes of one list, by the same number of spaces; close quotes before going on.",
    ),
    (
        r"did not find expected ',' or|expected ',' or|did not find expected node content|expected the node content",
        "a list or block in brackets is not well-formed.",
        "Separate items by commas and close the bracket, or put the text in quotes.",
    ),
    (
        r"tag handle|scanning a tag|parsing a tag",
        "text begins with !, which YAML keeps for itself.",
        "Put the text in quotes.",
    ),
    (
        r"sequence entries are not allowed",
        "a list starts on a line that already holds a key.",
        "Put the dash on a line of its own below the key, or put the text in quotes.",
    ),
    (
        r"document start|found unknown directive|incompatible YAML document|could not find expected directive name",
        "this line is no part of the document.",
        "Remove it, or indent it below the key that it belongs to.",
    ),
)


def explain_syntax(error: yaml.YAMLError, text: str) -> tuple[int, str, str]:
    """(line, what is wrong, what to do) for an error of the parser on `text`."""
    marks = [getattr(error, name, None) for name in ("problem_mark", "context_mark")]
    if "unexpected end of stream" in str(error):
        marks.reverse()  # where the quote was opened, not the end of the file
    mark = marks[0] or marks[1]
    lines = text.splitlines() or [""]
    row = min(mark.line, len(lines) - 1) if mark is not None else 0
    said = f"{getattr(error, 'problem', None) or ''} {getattr(error, 'context', None) or ''}".strip()
    if re.match(r" *\t", lines[row]):
        return row + 1, "is indented with a tab.", "Indent with spaces; YAML allows no tabs there."
    start = lines[row][mark.column : mark.column + 1] if mark is not None else ""
    if "cannot start any token" in said and start:
        return row + 1, f"text begins with {start}, which YAML keeps for itself.", "Put the text in quotes."
    if found := re.search(r"scanning an? (alias|anchor)", said):
        sign = "*" if found[1] == "alias" else "&"
        return row + 1, f"text begins with {sign}, which YAML keeps for itself.", "Put the text in quotes."
    for pattern, summary, detail in _EXPLAINED:
        if re.search(pattern, said):
            return row + 1, summary, detail
    return row + 1, f"is not YAML: {said or 'the parser gave no reason'}.", "Put text with special signs in quotes."
