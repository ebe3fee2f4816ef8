"""Which records a search term finds: words and phrases with wildcards, joined by AND, OR and AND NOT.

A word is found as a word of a field, not inside one; words beside each other must all be found, in any of the fields
that the scope names (SOQL and SOSL Reference, FIND {SearchQuery}). What relevance, synonyms and word stems do to a
search engine's answer is not emulated: records come in the order of their ids.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from connectors.sandbox.salesforce.org.storage import quote
from connectors.sandbox.salesforce.sosl.parse import malformed

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from connectors.sandbox.salesforce.org.storage import Store
    from connectors.sandbox.salesforce.schema.spec import Field, SObject

_TEXTS = frozenset({"string", "textarea", "phone", "email", "url", "combobox"})
_NAMES = frozenset({"Name", "FirstName", "LastName", "Subject"})
_TOKEN = re.compile(r'\s*("(?:[^"\\]|\\.)*"?|[()]|(?:[^\s()"\\]|\\.)+)', re.DOTALL)
_MOST_CANDIDATES = 20_000
_MOST_TERMS = 100


@dataclass(frozen=True, slots=True)
class Term:
    """A word or a phrase: what finds it in a text, and the LIKE pattern that every such text has."""

    pattern: re.Pattern[str]
    like: str


@dataclass(frozen=True, slots=True)
class All:
    parts: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class AnyOf:
    parts: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Not:
    part: Node


Node = Term | All | AnyOf | Not


def parse_words(text: str) -> Node:
    """The tree of a search term; ApiError MALFORMED_SEARCH where there is nothing to find in it."""
    tokens = _TOKEN.findall(text)
    if len(tokens) > _MOST_TERMS:
        raise malformed(f"The search term has more than {_MOST_TERMS} words")
    reader = _Tokens(tokens)
    node = reader.either()
    if reader.left():
        raise malformed(f"unexpected token: '{reader.left()}'")
    return node


class _Tokens:
    def __init__(self, tokens: list[str]) -> None:
        self._tokens = tokens[::-1]

    def left(self) -> str:
        return self._tokens[-1] if self._tokens else ""

    def take(self, *words: str) -> bool:
        found = self.left().upper() in words
        if found:
            self._tokens.pop()
        return found

    def either(self) -> Node:
        parts = [self.both()]
        while self.take("OR", "||"):
            parts.append(self.both())
        return parts[0] if len(parts) == 1 else AnyOf(tuple(parts))

    def both(self) -> Node:
        parts = [self.one()]
        while self.left() and self.left() != ")" and self.left().upper() not in {"OR", "||"}:
            self.take("AND", "&&")
            parts.append(Not(self.one()) if self.take("NOT", "!") else self.one())
        return parts[0] if len(parts) == 1 else All(tuple(parts))

    def one(self) -> Node:
        if self.take("("):
            inner = self.either()
            if not self.take(")"):
                raise malformed("unexpected token: '<EOF>'")
            return inner
        word = self.left()
        if not word or word == ")" or word.upper() in {"AND", "OR", "NOT"}:
            raise malformed(f"unexpected token: '{word or '<EOF>'}'")
        self._tokens.pop()
        return _term(word)


def _term(token: str) -> Term:
    """The word or phrase of a token. `*` stands for any letters and `?` for one; a backslash takes their meaning."""
    bare = token.strip('"') if token.startswith('"') else token
    if len(re.sub(r"\\(.)", r"\1", bare).replace("*", "").replace("?", "")) < 2:
        raise malformed(f"search term must be longer than one character: {bare}")
    pattern, like, at = "", "", 0
    while at < len(bare):
        char = bare[at]
        if char == "\\" and at + 1 < len(bare):
            at += 1
            pattern, like = pattern + re.escape(bare[at]), like + _escape(bare[at])
        elif char in "*?":
            pattern, like = pattern + (r"\w*" if char == "*" else r"\w"), like + "%"
        elif char.isspace():
            pattern, like = pattern + r"\W+", like + "%"
        else:
            pattern, like = pattern + re.escape(char), like + _escape(char)
        at += 1
    return Term(re.compile(rf"(?<!\w){pattern}(?!\w)", re.IGNORECASE), f"%{like}%")


def _escape(char: str) -> str:
    """A character for LIKE. Beyond ASCII any letter will do: LIKE knows no other capitals."""
    if not char.isascii():
        return "%"
    return f"\\{char}" if char in "%_\\" else char


def fields_in(found: SObject, scope: str) -> list[Field]:
    """The fields of an object that a scope looks at."""
    kinds: dict[str, Callable[[Field], bool]] = {
        "ALL": lambda field: field.type in _TEXTS,
        "NAME": _is_name,
        "EMAIL": lambda field: field.type == "email",
        "PHONE": lambda field: field.type == "phone",
        "SIDEBAR": lambda field: _is_name(field) or field.type in {"email", "phone"},
    }
    return [field for field in found.fields.values() if kinds[scope](field)]


def _is_name(field: Field) -> bool:
    return field.type in _TEXTS and ("N" in field.flags or field.name in _NAMES)


def find_ids(store: Store, found: SObject, node: Node, scope: str, most: int) -> list[str]:
    """Ids of the living records of an object that the tree finds, `most` at most."""
    names = [quote(field.name) for field in fields_in(found, scope)]
    if not names:
        return []
    values: list[str] = []
    condition = _sql(node, names, values)
    alive = ' AND "IsDeleted" = 0' if found.find("IsDeleted") else ""
    sql = f'SELECT "Id", {", ".join(names)} FROM {quote(found.name)} WHERE {condition}{alive} ORDER BY "Id" LIMIT ?'
    ids = []
    for row in store.database.rows(sql, [*values, _MOST_CANDIDATES]):
        if _matches(node, [text for text in row[1:] if text]):
            ids.append(str(row[0]))
            if len(ids) == most:
                break
    return ids


def _sql(node: Node, names: Sequence[str], values: list[str]) -> str:
    """A condition that every record has which the tree finds, and few others."""
    if isinstance(node, Term):
        values += [node.like] * len(names)
        return "(" + " OR ".join(f"{name} LIKE ? ESCAPE '\\'" for name in names) + ")"
    if isinstance(node, Not):
        return "1"
    joint = " AND " if isinstance(node, All) else " OR "
    return "(" + joint.join(_sql(part, names, values) for part in node.parts) + ")"


def _matches(node: Node, texts: Sequence[str]) -> bool:
    if isinstance(node, Term):
        return any(node.pattern.search(text) for text in texts)
    if isinstance(node, Not):
        return not _matches(node.part, texts)
    each = (_matches(part, texts) for part in node.parts)
    return all(each) if isinstance(node, All) else any(each)
