"""Strict YAML: what is read, what is refused, and that no text gets any further than a problem."""

from __future__ import annotations

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from config.yaml_text import MAX_BYTES, YamlText, read_yaml


@pytest.fixture(params=["libyaml", "pure Python"], autouse=True)
def _parser(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Both of PyYAML's parsers: which of them a user has depends on how PyYAML was built there."""
    if request.param == "pure Python":
        monkeypatch.delattr(yaml, "CBaseLoader", raising=False)


def read(text: str | bytes) -> YamlText:
    return read_yaml(text if isinstance(text, bytes) else text.encode(), "f.yaml")


def problems(text: str | bytes) -> list[str]:
    return [str(problem) for problem in read(text).problems]


def test_every_scalar_stays_the_text_that_is_written() -> None:
    text = "a: no\nb: 010\nc: 1.10\nd: 2026-01-01\ne: 1e3\nf: 12:30:45\ng: .inf\nh: 0x10\n"
    tree = read(text).tree
    assert isinstance(tree, dict)
    assert list(tree.values()) == ["no", "010", "1.10", "2026-01-01", "1e3", "12:30:45", ".inf", "0x10"]


def test_what_is_left_empty_is_none_and_a_quoted_nothing_is_text() -> None:
    assert read("a:\nb: ~\nc: null\nd: ''\ne: 'null'\nf: [~, x]\n").tree == {
        "a": None, "b": None, "c": None, "d": "", "e": "null", "f": [None, "x"],
    }  # fmt: skip


def test_an_empty_file_is_none_without_a_problem() -> None:
    for text in ("", "# only a comment\n", "---\n"):
        assert (read(text).tree, read(text).problems) == (None, ())


def test_every_path_has_its_line() -> None:
    text = "a: 1\nb:\n  - x\n  - c: 2\n    d: [3,\n      4]\n"
    assert dict(read(text).lines) == {
        (): 1, ("a",): 1, ("b",): 2, ("b", 0): 3, ("b", 1): 4, ("b", 1, "c"): 4,
        ("b", 1, "d"): 5, ("b", 1, "d", 0): 5, ("b", 1, "d", 1): 6,
    }  # fmt: skip


def test_a_byte_order_mark_is_no_part_of_the_text() -> None:
    assert read(b"\xef\xbb\xbfa: 1\n").tree == {"a": "1"}


def test_a_file_from_windows_is_read_like_any_other() -> None:
    assert read("a: 1\r\nb:\r\n  - x\r\n").tree == {"a": "1", "b": ["x"]}


REFUSED = {
    "a: 1\nb: 2\na: 3\n": "f.yaml:3: a: is written twice. First on line 1. Keep one of them.",
    "x:\n  - {a: 1, a: 2}\n": "f.yaml:2: x.0.a: is written twice. First on line 2. Keep one of them.",
    "a: &x 1\n": "f.yaml:1: sets an anchor: &x. Anchors are not read. Remove it; "
    "text that begins with & goes in quotes.",
    "a: *x\n": "f.yaml:1: uses an alias: *x. Aliases are not read. Write the value out; "
    "text that begins with * goes in quotes.",
    "*x : 1\n": "f.yaml:1: uses an alias: *x. Aliases are not read. Write the value out; "
    "text that begins with * goes in quotes.",
    "a: !!int 1\n": "f.yaml:1: sets a tag: 'tag:yaml.org,2002:int'. Tags are not read. Remove it; "
    "text that begins with ! goes in quotes.",
    "a: !!python/object:os.system x\n": "f.yaml:1: sets a tag: 'tag:yaml.org,2002:python/object:os.system'. "
    "Tags are not read. Remove it; text that begins with ! goes in quotes.",
    "a:\n  <<: {b: 1}\n": "f.yaml:2: a: uses a merge key: <<. Merge keys are not read. Write the keys out.",
    "~: 1\n": "f.yaml:1: a key is empty. Write a name before the colon.",
    "a: 1\n---\nb: 2\n": "f.yaml:2: a second document starts here. Remove the line ---; a file holds one document.",
    "? [a]\n: 1\n": "f.yaml:1: a block or list stands where a key belongs. Write `key: value`; "
    "text that begins with { or [ or ? goes in quotes.",
    "a:\n\tb: 1\n": "f.yaml:2: is indented with a tab. Indent with spaces; YAML allows no tabs there.",
    "a: 1\n  b: 2\n": "f.yaml:2: a colon stands where no key can be. Put text that holds a colon in quotes, "
    "or indent this line like the keys beside it.",
    "a: 'x\nb: 1\n": "f.yaml:1: a quote or bracket is opened and not closed. "
    "Close it, or put the text that holds it in quotes.",
    "a: [1, 2\nb: 1\n": "f.yaml:2: a list or block in brackets is not well-formed. "
    "Separate items by commas and close the bracket, or put the text in quotes.",
    "a: @x\n": "f.yaml:1: text begins with @, which YAML keeps for itself. Put the text in quotes.",
    "a: !b!c d\n": "f.yaml:1: text begins with !, which YAML keeps for itself. Put the text in quotes.",
    "a: */5 * * * *\n": "f.yaml:1: text begins with *, which YAML keeps for itself. Put the text in quotes.",
    'a: "\\q"\n': "f.yaml:1: a backslash in double quotes starts an escape that YAML does not know. "
    "Use single quotes, in which a backslash is a backslash.",
    'a: "\\e[31m"\n': "f.yaml:1: holds the control character U+001B. Remove it.",
    "a: 1\nb:2\n": "f.yaml:2: a key has no colon. Write `key: value`, with a space after the colon.",
    "a:\n  - 1\n - 2\n": "f.yaml:3: this line does not fit the lines above it. Indent keys of one block, and dashes of "
    "one list, by the same number of spaces; close quotes before going on.",
    "a: - 1\n": "f.yaml:1: a list starts on a line that already holds a key. "
    "Put the dash on a line of its own below the key, or put the text in quotes.",
    "a: 1\nb: \0\n": "f.yaml:2: holds the character U+0000, which is no text. Remove it.",
    "[" * 50: "f.yaml:1: is nested deeper than 40 levels. Close what was opened above.",
}  # fmt: skip


@pytest.mark.parametrize("text", REFUSED)
def test_what_makes_yaml_surprising_is_refused_with_its_line(text: str) -> None:
    assert problems(text) == [REFUSED[text]]


def test_all_mistakes_of_a_file_are_found_and_the_rest_is_still_read() -> None:
    read_text = read("a: 1\na: 2\nb: &x 3\nc: !t 4\nd: 5\n")
    assert [problem.where.line for problem in read_text.problems] == [2, 3, 4]
    assert not read_text.broken
    assert read_text.tree == {"a": "1", "b": "3", "c": "4", "d": "5"}


def test_a_refused_key_takes_its_value_with_it() -> None:
    assert read("a: 1\na:\n  b: [1, {c: 2}]\nd: 3\n").tree == {"a": "1", "d": "3"}


def test_text_that_is_not_utf_8_names_its_line() -> None:
    assert problems(b"a: 1\nb: \xe4\n") == ["f.yaml:2: is not UTF-8 text. Save the file with the encoding UTF-8."]
    assert problems("a: 1\n".encode("utf-16")) == [
        "f.yaml:1: is not UTF-8 text. Save the file with the encoding UTF-8."
    ]


def test_a_file_that_is_too_large_is_not_read() -> None:
    assert problems(b"#" * (MAX_BYTES + 1)) == [
        (
            "f.yaml: is larger than 1,000 kB, the most that is read. "
            "Split it into several files, or keep figures in the CRM."
        )
    ]


def test_aliases_that_would_grow_without_end_are_not_followed() -> None:
    bomb = "a: &a [x,x,x,x,x,x,x,x,x]\n" + "".join(
        f"{name}: &{name} [{','.join([f'*{before}'] * 9)}]\n"
        for before, name in zip("abcdefghi", "bcdefghij", strict=True)
    )
    assert read(bomb).broken
    assert len(read(bomb).lines) == 1 + 10 + 10 * 9  # the root, the keys, and each item once


def test_the_number_of_problems_is_bounded() -> None:
    assert len(problems("a: 1\n" * 5000)) == 50


_PIECES = st.sampled_from(
    ["a", ":", " ", "\n", "- ", "? ", "[", "]", "{", "}", ",", "&a ", "*a", "!t ", "<<", "'", '"', "|", ">", "#", "%",
     "---\n", "...\n", "\t", "\\", "~", "null", "  ", "@", "`", "\x85", "\u2028", "ä", "🦙", "\ufeff", "%YAML 1.1\n"]
)  # fmt: skip


@given(text=st.lists(_PIECES, max_size=40).map("".join) | st.text())
def test_any_text_is_read_or_refused_and_nothing_is_raised(text: str) -> None:
    found = read(text.encode("utf-8", "surrogatepass"))
    assert not found.broken or found.problems


@given(content=st.binary(max_size=200))
def test_any_bytes_are_read_or_refused_and_nothing_is_raised(content: bytes) -> None:
    found = read(content)
    assert not found.broken or found.problems


_TREES = st.recursive(
    st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"]), min_size=1),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text("abcde", min_size=1, max_size=5), inner, max_size=4)
    ),
    max_leaves=12,
)


@given(tree=_TREES)
def test_what_another_program_wrote_as_yaml_is_read_as_it_was(tree: object) -> None:
    written = yaml.safe_dump(tree, allow_unicode=True, default_style='"')
    assert read(_without_tags(written)).tree == tree


def _without_tags(text: str) -> str:
    return text.replace("!!str ", "")
