"""pydantic's errors as problems that an admin can act on. What they say is a public API: tests hold each one."""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING, Any

from config.base import quote
from config.problems import Problem, Where
from config.shape import Block, Choice, Either, Leaf, Listed, Named, Shape, field_shape, shape_of
from config.shape_words import allowed_words, form_of, said_what
from config.yaml_text import MAX_PROBLEMS

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from pydantic import BaseModel, ValidationError
    from pydantic_core import ErrorDetails

    from config.project_folder import Source
    from config.yaml_text import Path


def read_problems(error: ValidationError, model: type[BaseModel], source: Source) -> list[Problem]:
    """A problem for each error of pydantic on a file that should hold `model`, in the order of the file."""
    found = error.errors(include_url=False)
    details = _without_further_cuts([each for each in found if not _is_short_of_wrong_ones(each, found)])
    problems = [_problem(detail, model, source) for detail in details[:MAX_PROBLEMS]]
    if len(details) > MAX_PROBLEMS:
        more = f"has {len(details) - MAX_PROBLEMS} more problems."
        last = problems[-1].where.line
        problems.append(Problem("error", more, "Correct the others first.", Where(source.file, last)))
    return problems


def _is_short_of_wrong_ones(detail: ErrorDetails, all_of_them: list[ErrorDetails]) -> bool:
    """Whether it calls a list too short whose items are wrong: pydantic does not count these."""
    at = detail["loc"]
    return detail["type"] == "too_short" and any(
        len(other["loc"]) > len(at) and other["loc"][: len(at)] == at for other in all_of_them
    )


def _without_further_cuts(details: list[ErrorDetails]) -> list[ErrorDetails]:
    """The errors with one of each formula that YAML cut into keys, whatever the number of its commas, and without what
    is wrong with the part before the first."""
    cut: dict[tuple[int | str, ...], ErrorDetails] = {}
    for detail in details:
        if _is_cut_off(detail):
            cut.setdefault(detail["loc"][:-1], detail)
    return [
        detail
        for detail in details
        if not (
            detail["type"] == "extra_forbidden"
            and detail["input"] is None
            and cut.get(detail["loc"][:-1], detail) is not detail
        )
        and not (detail["loc"][:-1] in cut and "ends inside parentheses" in detail["msg"])
    ]


def _is_cut_off(detail: ErrorDetails) -> bool:
    """Whether a key is the end of an unquoted formula in a line of keys: YAML takes what is after its comma for one."""
    return detail["type"] == "extra_forbidden" and detail["input"] is None and ")" in str(detail["loc"][-1])


_OTHER_WORDS = {
    "deal": "opportunity",
    "deals": "opportunity",
    "company": "account",
    "companies": "account",
    "owner": "user",
    "engagement": "activity",
    "equals": "is",
    "equal": "is",
    "greater_than": "more_than",
}
"""What other products call it."""


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """A sentence that names what was probably meant, else all there is to choose from; "" where there is nothing."""
    words = sorted(known)
    if not words:
        return ""
    by_folded = {known_word.lower(): known_word for known_word in words}
    folded = word.lower()
    close = [_OTHER_WORDS.get(folded, ""), *difflib.get_close_matches(folded, by_folded, n=1)]
    if len(folded) > 2:
        close += [longer for longer in by_folded if longer.startswith(folded)]
    for meant in close:
        if meant in by_folded:
            return f"Did you mean {by_folded[meant]}?"
    more = f" and {len(words) - 20} more" if len(words) > 20 else ""
    return f"Choose from: {', '.join(words[:20])}{more}."


def _problem(detail: ErrorDetails, model: type[BaseModel], source: Source) -> Problem:
    location = detail["loc"]
    if location[-1:] == ("[key]",) and detail["type"] != "extra_forbidden":
        location = location[:-1]  # pydantic's word for: the key itself is wrong
    path, shape, around = _locate(location, shape_of(model))
    if detail["type"] in {"union_tag_not_found", "union_tag_invalid"} and isinstance(shape, Choice):
        path = (*path, shape.by)
    summary, advice = _explain(detail, shape, around, str(path[-1]) if path else "")
    return Problem("error", summary, advice, source.nearest(path))


def _locate(location: tuple[str | int, ...], shape: Shape) -> tuple[Path, Shape, Block | None]:
    """(path in the file, the shape there, the block of declared keys it is in) of a location as pydantic names it.

    pydantic's locations also hold the word that chose a block among several; the path in the file does not.
    """
    path: list[str | int] = []
    around: Block | None = None
    for part in location:
        if isinstance(shape, Choice):
            shape = shape.blocks[str(part)]
            continue
        if isinstance(shape, Either):
            shape = shape.forms[str(part)]
            continue
        path.append(part)
        around = shape if isinstance(shape, Block) else None
        shape = _inside(shape, str(part))
    return tuple(path), shape, around


def _inside(shape: Shape, key: str) -> Shape:
    match shape:
        case Block():
            info = shape.keys().get(key)
            return Leaf("text") if info is None else field_shape(info)
        case Named(value=value):
            return value
        case Listed(item=item):
            return item
    return Leaf("text")


_PARTS = frozenset({"numerator", "denominator", "formula", "metric"})
"""The keys under which a metric names those that it is made of, and whose conditions are its own."""


_UPPER_BOUNDS = frozenset({"to", "up_to", "until", "max", "at_most"})
"""What others call the end of a tier."""


def _explain(detail: ErrorDetails, shape: Shape, around: Block | None, key: str) -> tuple[str, str]:
    """(what is wrong, what to write instead). A value is repeated only where it cannot be a secret."""
    given: Any = detail["input"]
    info = around.keys().get(key) if around else None
    match detail["type"]:
        case "extra_forbidden" if around and given is None and (")" in key or key.isdecimal()):
            return _explain_cut_off(key, around)
        case "extra_forbidden":
            return "is not a key that can stand here.", _instead_of_key(key, around)
        case "missing":
            meaning = f" {info.description}" if info is not None and info.description else ""
            return "is missing.", f"Write {form_of(shape)}.{meaning}"
        case "union_tag_not_found":
            return "is missing.", f"Write {form_of(allowed_words(shape))}."
        case _ if given is None:
            needed = info is not None and info.is_required()
            return "is empty.", f"Write {form_of(shape)}{'' if needed else ', or remove the key'}."
        case "union_tag_invalid":
            return _explain_word(given.get(shape.by) if isinstance(shape, Choice) else given, shape)
        case "literal_error" if detail["loc"][-1:] == ("[key]",):
            words = detail.get("ctx", {})["expected"].replace("'", "").replace(" or ", ", ")
            return f"must be one of {words}, got {quote(given)}.", ""
        case "literal_error" | "enum":
            return _explain_word(given, shape)
        case "value_error" | "no_such_form":
            return split_message(detail["msg"].removeprefix("Value error, "))
    return _explain_type(detail, shape)


def _explain_cut_off(key: str, around: Block) -> tuple[str, str]:
    if ")" not in key:
        hint = "Decimals have a point, and thousands no sign: 0.08, 1200.50."
        return "is the rest of a number that ends at its comma here.", hint
    written = "formula: " if around.keys().get("formula") else ""
    return "is the rest of a formula that ends at its comma here.", f'Quote it: {written}"max(a, b)".'


def _instead_of_key(key: str, around: Block | None) -> str:
    if around is None:
        return ""
    known = around.keys().keys()
    if key in {"where", "where_any"} and _PARTS & known:
        return f"Conditions belong to the metrics under {' and '.join(sorted(_PARTS & known, reverse=True))}."
    if key in _UPPER_BOUNDS and {"from", "multiple"} <= known:
        return "A tier ends where the next one begins: write only `from`."
    return _elsewhere(key, around) or did_you_mean(key, known)


def _elsewhere(key: str, block: Block) -> str:
    """A sentence that names where below the block a key of this name may stand; "" where it may not."""
    levels: list[tuple[str, Shape]] = [(name, field_shape(info)) for name, info in block.keys().items()]
    while levels:
        deeper: list[tuple[str, Shape]] = []
        for path, shape in levels:
            for at, found in _blocks_in(path, shape):
                inside = found.keys()
                if key in inside:
                    return f"Did you mean {at}.{key}?"
                deeper += [(f"{at}.{name}", field_shape(info)) for name, info in inside.items()]
        levels = deeper
    return ""


def _blocks_in(path: str, shape: Shape) -> Iterator[tuple[str, Block]]:
    """The blocks of declared keys right below a key, each with its path for people."""
    match shape:
        case Block():
            yield path, shape
        case Choice(blocks=blocks):
            yield from ((path, block) for block in blocks.values())
        case Either(forms=forms):
            for form in forms.values():
                yield from _blocks_in(path, form)
        case Named(key=name, value=value):
            yield from _blocks_in(f"{path}.{name.upper()}", value)
        case Listed(item=item):
            yield from _blocks_in(f"{path}.N", item)


_RECIPIENTS = frozenset({"owner", "creator", "everyone"})
_OTHER_RECIPIENTS = {
    "manager": "{managers: [1]}, where 1 is the owner's manager and 2 the one above",
    "split": "{splits: [TYPE]}",
    "member": "{members: [ROLE]}",
    "field": "{field: FIELD}",
}
"""Whom a credit may go to in a form of its own."""


def _explain_word(word: object, shape: Shape) -> tuple[str, str]:
    allowed = allowed_words(shape)
    if not isinstance(word, str):
        return f"must be a word, is {said_what(word)}.", f"Write {form_of(allowed)}."
    if {*allowed.words} >= _RECIPIENTS and (form := _OTHER_RECIPIENTS.get(word.lower().removesuffix("s"))):
        return f"must be {form_of(allowed)}, or a block, got {quote(word)}.", f"Write {form}."
    hint = did_you_mean(word, allowed.words)
    return f"must be {form_of(allowed)}, got {quote(word)}.", hint if hint.startswith("Did") else ""


_CONTAINERS = {
    "model_type": "a block of keys",
    "model_attributes_type": "a block of keys",
    "dict_type": "a block of keys",
    "string_type": "text",
}


_FOR_SEVERAL: dict[str | int, str] = {"is": "in", "is_not": "not_in"}
"""The operator of a condition that takes a list in place of one value."""


def _explain_type(detail: ErrorDetails, shape: Shape) -> tuple[str, str]:
    given, limits = detail["input"], detail.get("ctx", {})
    match detail["type"]:
        case "string_type" if isinstance(given, list) and detail["loc"][-1] in _FOR_SEVERAL:
            several = _FOR_SEVERAL[detail["loc"][-1]]
            return "compares with one value, is a list.", f"For several write {several}: [A, B]."
        case kind if kind in _CONTAINERS:
            return f"must be {_CONTAINERS[kind]}, is {said_what(given)}.", f"Write {form_of(shape)}."
        case "tuple_type":
            return f"must be a list, is {said_what(given)}.", "Write each item on a line of its own, after a dash."
        case "too_short" if given:
            return f"has {len(given)} of at least {limits['min_length']} entries.", "Add what is missing."
        case "too_short":
            return "must not be empty.", "Write at least one."
        case "too_long":
            return f"has {len(given)} entries, and {limits['max_length']} is the most.", "Join some."
        case "greater_than_equal":
            return f"must be at least {limits['ge']}, got {quote(given)}.", ""
        case "greater_than":
            return f"must be more than {limits['gt']}, got {quote(given)}.", ""
        case "less_than_equal":
            return f"must be at most {limits['le']}, got {quote(given)}.", ""
    return f"is wrong: {detail['msg']}.", f"Write {form_of(shape)}."


def split_message(message: str) -> tuple[str, str]:
    """(summary, detail) of a message: its first sentence, and the rest."""
    first, dot, rest = message.partition(". ")
    return first + dot.rstrip(), rest
