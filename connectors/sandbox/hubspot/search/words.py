"""Words in text as HubSpot's search sees them."""

from __future__ import annotations

import re
from functools import lru_cache

_WORD = re.compile(r"\w+")


def has_token(text: str | float | None, wanted: str) -> int:
    """1 where a run of words of `text` is the words of `wanted`, in any case; `*` stands for any characters."""
    return int(text is not None and _pattern(wanted).search(str(text)) is not None)


def has_all_words(text: str | None, query: str) -> int:
    """1 where every word of `query` begins a word of `text`, in any case."""
    words = _WORD.findall(text.lower()) if text else []
    return int(all(any(word.startswith(each) for word in words) for each in _WORD.findall(query.lower())))


@lru_cache(maxsize=64)
def _pattern(wanted: str) -> re.Pattern[str]:
    body = ".*".join(re.escape(part) for part in wanted.split("*"))
    start = "" if wanted.startswith("*") else r"(?<!\w)"
    end = "" if wanted.endswith("*") else r"(?!\w)"
    return re.compile(start + body + end, re.IGNORECASE | re.DOTALL)
