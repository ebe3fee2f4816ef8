"""What an error says, taken apart: some hold several problems."""

from __future__ import annotations


def problems_in(error: BaseException) -> list[str]:
    """A line for each problem that an error tells of: `problems` of it where it has them, else itself.

    >>> problems_in(ValueError("two\\nlines")), problems_in(TimeoutError())
    (['two lines'], ['TimeoutError'])
    """
    problems = getattr(error, "problems", None) or [error]
    return [" ".join(str(each).split()) or type(each).__name__ for each in problems]
