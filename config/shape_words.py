"""Shapes in words: what may be written at a place, and what was."""

from __future__ import annotations

from config.shape import Block, Choice, Either, Leaf, Listed, Named, Shape


def allowed_words(shape: Shape) -> Leaf:
    """The words that may stand there; of a block that one of several words chooses, those."""
    if isinstance(shape, Choice):
        return Leaf("word", tuple(shape.blocks))
    return shape if isinstance(shape, Leaf) else Leaf("word")


def form_of(shape: Shape) -> str:
    """What may be written, as the end of a sentence."""
    match shape:
        case Leaf(words=(word,)):
            return word
        case Leaf(words=words) if words:
            return f"one of {', '.join(words)}"
        case Leaf(form=form):
            return form if form.startswith(("as ", "at ")) else f"{_article(form)}{form}"
        case Block():
            needed = [key for key, info in shape.keys().items() if info.is_required()]
            return f"a block with {', '.join(needed)}" if needed else f"a block of {', '.join(shape.keys())}"
        case Choice(by=by):
            return f"a block that says `{by}`, {form_of(allowed_words(shape))}"
        case Either(forms=forms):
            return " or ".join(form_of(form) for form in forms.values())
        case Named(key=key):
            return f"a block of entries, each under {_article(key)}{key}"
        case Listed():
            return "a list"


def _article(form: str) -> str:
    if form.startswith(("text", "env:", "true", "https:", "five", "three")):
        return ""
    return "an " if form[0].lower() in "aei" else "a "


def said_what(value: object) -> str:
    """What kind of thing was written."""
    if value is None:
        return "empty"
    if isinstance(value, dict):
        return "a block of keys"
    return "a list" if isinstance(value, list) else "text"
