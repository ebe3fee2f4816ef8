"""SOSL text as data: FIND, IN, RETURNING with its SOQL-like parts, LIMIT (SOQL and SOSL Reference, SOSL Syntax)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import pairwise

from connectors.sandbox.salesforce.errors import ApiError

SCOPES = ("ALL", "NAME", "EMAIL", "PHONE", "SIDEBAR")
MOST_RESULTS = 2000
_MOST_CHARACTERS = 100_000
_TOKEN = re.compile(r"\s*('(?:[^'\\]|\\.)*'|[A-Za-z_][\w.]*|\d+|[^\s])", re.DOTALL)
_PARTS = re.compile(r"(WHERE|ORDER\s+BY|LIMIT|OFFSET)\b", re.IGNORECASE)
_NUMBER = re.compile(r"\s*[0-9]{1,9}\s*\Z")


@dataclass(frozen=True, slots=True)
class Returning:
    """One object of the answer. The texts are SOQL's; without `fields` its records tell their ids."""

    name: str
    fields: str = ""
    where: str = ""
    order: str = ""
    limit: int | None = None
    offset: int = 0


@dataclass(frozen=True, slots=True)
class Search:
    """A SOSL query. Without `returning` every object that can be searched is."""

    words: str
    scope: str = "ALL"
    returning: tuple[Returning, ...] = ()
    limit: int = MOST_RESULTS


def malformed(message: str) -> ApiError:
    return ApiError("MALFORMED_SEARCH", message)


def parse_search(text: str) -> Search:
    """The query of a text; ApiError MALFORMED_SEARCH where it is none."""
    if len(text) > _MOST_CHARACTERS:
        raise malformed(f"SOSL statements cannot be longer than {_MOST_CHARACTERS} characters")
    head = re.match(r"\s*FIND\s*", text, re.IGNORECASE)
    if not head:
        first = _TOKEN.match(text)
        raise malformed(f"unexpected token: '{first[1] if first else '<EOF>'}'")
    words, rest = _words(text, head.end())
    reader = _Reader(rest)
    scope = _scope(reader)
    returning = _returning(reader)
    limit = reader.number() if reader.take("LIMIT") else MOST_RESULTS
    if (extra := reader.peek()) is not None:
        raise malformed(f"unexpected token: '{extra}'")
    return Search(words, scope, returning, min(limit, MOST_RESULTS))


def _words(text: str, at: int) -> tuple[str, str]:
    """(search term, rest) of what stands in braces; a brace of the term itself has a backslash before it."""
    if text[at : at + 1] != "{":
        raise malformed("No search term found. The search term must be enclosed in braces.")
    end = at + 1
    while end < len(text) and text[end] != "}":
        end += 2 if text[end] == "\\" else 1
    if end >= len(text):
        raise malformed("No search term found. The search term must be enclosed in braces.")
    return text[at + 1 : end], text[end + 1 :]


class _Reader:
    """The tokens after the search term."""

    def __init__(self, text: str) -> None:
        self.text, self.at = text, 0

    def peek(self) -> str | None:
        match = _TOKEN.match(self.text, self.at)
        return match[1] if match else None

    def next(self) -> str:
        match = _TOKEN.match(self.text, self.at)
        if not match:
            raise malformed("unexpected token: '<EOF>'")
        self.at = match.end()
        return match[1]

    def take(self, word: str) -> bool:
        """Whether that word comes next; it is read over then."""
        found = (self.peek() or "").upper() == word
        if found:
            self.next()
        return found

    def number(self) -> int:
        piece = self.next()
        if not (piece.isascii() and piece.isdigit()):
            raise malformed(f"unexpected token: '{piece}'")
        return int(piece[:9])

    def inside(self) -> str:
        """The text up to the parenthesis that closes the open one, which is read over."""
        start, depth = self.at, 1
        while depth:
            before = self.at
            piece = self.next()
            depth += (piece == "(") - (piece == ")")
            end = before
        return self.text[start:end]


def _scope(reader: _Reader) -> str:
    if not reader.take("IN"):
        return "ALL"
    scope = reader.next().upper()
    if scope not in SCOPES:
        raise malformed(f"unexpected token: '{scope}'")
    if not reader.take("FIELDS"):
        raise malformed(f"unexpected token: '{reader.peek() or '<EOF>'}'")
    return scope


def _returning(reader: _Reader) -> tuple[Returning, ...]:
    if not reader.take("RETURNING"):
        return ()
    found = []
    while True:
        name = reader.next()
        if not name.replace("_", "a").isalnum():
            raise malformed(f"unexpected token: '{name}'")
        found.append(_spec(name, reader.inside()) if reader.take("(") else Returning(name))
        if not reader.take(","):
            return tuple(found)


def _spec(name: str, text: str) -> Returning:
    """The parts of what stands in an object's parentheses, cut at their words outside strings and parentheses."""
    cuts = [(0, "FIELDS", 0)]
    depth = at = 0
    while match := _TOKEN.match(text, at):
        piece = match[1]
        depth += (piece == "(") - (piece == ")")
        word = _PARTS.match(text, match.start(1)) if not depth else None
        if word:
            cuts.append((match.start(1), " ".join(word[1].upper().split()), word.end()))
        at = word.end() if word else match.end()
    cuts.append((len(text), "", len(text)))
    parts = {}
    for (_, part, start), (end, _, _) in pairwise(cuts):
        if part in parts:
            raise malformed(f"unexpected token: '{part}'")
        parts[part] = text[start:end].strip()
    for part in ("LIMIT", "OFFSET"):
        if part in parts and not _NUMBER.match(parts[part]):
            raise malformed(f"unexpected token: '{parts[part] or ')'}'")
    if not parts["FIELDS"]:
        raise malformed("unexpected token: ')'")
    limit = int(parts["LIMIT"]) if "LIMIT" in parts else None
    texts = parts["FIELDS"], parts.get("WHERE", ""), parts.get("ORDER BY", "")
    return Returning(name, *texts, limit, int(parts.get("OFFSET", 0)))
