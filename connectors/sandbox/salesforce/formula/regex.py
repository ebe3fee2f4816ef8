"""REGEX() within bounds: a pattern that would backtrack for ever is given up, and no request waits for it.

Salesforce gives up in the same way ("Regex too complicated", Apex Developer Guide, execution governors). What is surely
quick is matched here; the rest in a process of its own, which can be stopped: Python's matcher cannot.
"""

from __future__ import annotations

import re
import subprocess
import sys
from functools import lru_cache

from connectors.sandbox.salesforce.formula.errors import FormulaValueError

_SECONDS = 1.0
_QUICK = 1_000_000  # steps, at worst
_SHORT = 18  # characters: a loop within a loop takes no more than 2 ** 18 steps
_ESCAPED = re.compile(r"\\.|\[\^?\]?(?:\\.|[^\]\\])*\]", re.DOTALL)  # escapes and classes hold no operators
_LOOP = re.compile(r"[*+]|\{\d*,\d*\}")
_LOOPED_GROUP = re.compile(r"\)(?:[*+]|\{)")
_ELSEWHERE = (
    "import re,sys\nsize,rest=sys.stdin.buffer.readline(),sys.stdin.buffer.read()\n"
    "pattern,text=rest[:int(size)].decode(),rest[int(size):].decode()\n"
    "sys.exit(0 if re.fullmatch(pattern,text) else 3)"
)


def matches(text: str, pattern: str) -> bool:
    """Whether the whole text fits the pattern; FormulaValueError where it is no pattern, or takes too long."""
    try:
        compiled = re.compile(pattern)
    except (re.error, RecursionError, OverflowError):
        raise FormulaValueError(f"Incorrect parameter for function 'REGEX()': {pattern}") from None
    return compiled.fullmatch(text) is not None if is_quick(text, pattern) else _elsewhere(text, pattern)


def is_quick(text: str, pattern: str) -> bool:
    """Whether no backtracking can take long.

    >>> is_quick("a" * 200, "a+@b+"), is_quick("a" * 200, "(a+)+b"), is_quick("ab", "(a+)+b")
    (True, False, True)
    """
    bare = _ESCAPED.sub("x", pattern)
    if _LOOPED_GROUP.search(bare) and len(text) > _SHORT:
        return False
    return int(max(len(text), 2) ** min(len(_LOOP.findall(bare)), 20)) <= _QUICK


@lru_cache(maxsize=4096)
def _elsewhere(text: str, pattern: str) -> bool:
    sent = pattern.encode(errors="surrogatepass")
    if "\ud800" <= max(pattern + text) <= "\udfff":
        return False  # no stored text has such characters
    said = b"%d\n%s%s" % (len(sent), sent, text.encode())
    try:
        done = subprocess.run(  # noqa: S603  our own text
            [sys.executable, "-I", "-S", "-c", _ELSEWHERE],
            input=said,
            timeout=_SECONDS,
            check=False,
            capture_output=True,
        )
    except subprocess.TimeoutExpired:
        raise FormulaValueError("Regex too complicated") from None
    return done.returncode == 0
