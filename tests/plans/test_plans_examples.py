"""The worked examples of comp plans, each as `salesops test` runs it; every word of the language is in one of them."""

from __future__ import annotations

import inspect
import re
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, get_args, get_origin

import pytest
import yaml
from pydantic import BaseModel

from config.comp_plans import CompPlanFile
from config.comp_plans.alone import load_comp_plan_files
from config.metrics import Condition
from salesops.cases.run import run_cases
from sync.cases import find_cases

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from pydantic.fields import FieldInfo

    from salesops.cases.model import Verdict

FOLDER = Path(__file__).parent
FILES = sorted(FOLDER.glob("*.yaml"))


@cache
def verdicts(file: Path) -> Mapping[str, Verdict]:
    """What came of each case of a file, by name."""
    cases = find_cases([file], None)
    assert [str(problem) for problem in cases.problems if problem.severity == "error"] == []
    setups = {each.placed.case.name: each.setup for each in cases.found if each.setup is not None}
    return dict(zip(setups, run_cases(list(setups.values())), strict=True))


def names() -> Iterator[Any]:
    """Each case, as its file and its name."""
    for file in FILES:
        for placed in load_comp_plan_files([file]).tests:
            yield pytest.param(file, placed.case.name, id=f"{file.stem}: {placed.case.name}")


@pytest.mark.parametrize(("file", "name"), list(names()))
def test_the_engine_comes_to_what_was_reckoned_by_hand(file: Path, name: str) -> None:
    verdict = verdicts(file)[name]
    assert verdict.fault is None
    assert [f"{each.what}: {each.expected} by hand, {each.found} found" for each in verdict.differences] == []


@pytest.mark.parametrize("name", ["comp-plans.md", "payment.md"])
def test_a_page_comes_to_what_it_says(name: str, tmp_path: Path) -> None:
    page = (FOLDER.parents[1] / "docs" / name).read_text(encoding="utf-8")
    whole: dict[str, Any] = {"comp_plans": {}, "payees": {}, "tests": []}
    for text in re.findall(r"```yaml\n(.*?)```", page, re.DOTALL):
        block = yaml.load(text, Loader=yaml.BaseLoader)  # noqa: S506  it makes texts only
        cases = [{"comp_plan": next(iter(block["comp_plans"])), **case} for case in block.pop("tests", [])]
        for section, held in block.items():
            whole[section] |= held
        whole["tests"] += cases
    file = tmp_path / "page.yaml"
    file.write_text(yaml.safe_dump(whole), encoding="utf-8")
    found = verdicts(file)
    assert found
    assert {
        name: (each.fault, each.differences) for name, each in found.items() if each.fault or each.differences
    } == {}


def test_every_file_has_cases_of_every_comp_plan_in_it() -> None:
    without = set()
    for file in FILES:
        held = load_comp_plan_files([file])
        tested = {placed.comp_plan for placed in held.tests}
        payees = [payee for placed in held.tests for payee in placed.case.payees.values()]
        tested |= {each.comp_plan for payee in payees for each in (payee, *payee.changes)}
        named = {other for name in tested & held.comp_plans.keys() for other in _credited(held.comp_plans[name])}
        extended = {name for name, plan in held.comp_plans.items() if tested & set(plan.named)}
        without |= {f"{file.stem}.{name}" for name in held.comp_plans if name not in tested | named | extended}
    assert without == set()


def test_every_word_of_the_language_is_in_an_example() -> None:
    used = {word for file in FILES for word in words_in(tree_of(file), CompPlanFile)}
    assert sorted(words_of(CompPlanFile) - used) == []


def tree_of(file: Path) -> Any:
    return yaml.load(file.read_text(encoding="utf-8"), Loader=yaml.BaseLoader)  # noqa: S506  it makes texts only


def _credited(plan: Any) -> set[str]:
    """The comp plans that credits of the comp plan are of the earnings of."""
    return {name for credit in plan.credits.values() if credit.earnings for name in credit.earnings.comp_plans}


def words_of(annotation: Any, seen: frozenset[Any] = frozenset()) -> set[str]:
    """Every key that a block may have, as "Model.key", and every word of a closed set, as "Model.key: word".

    Keys that several models have from one are that one's. What holds where nothing is said needs no example that says
    it; conditions are those of metrics.
    """
    found: set[str] = set()
    for model in models_in(annotation):
        if model in seen or model is Condition:
            continue
        for name, info in model.model_fields.items():
            if info.exclude:
                continue
            key = f"{owner_of(model, name)}.{info.alias or name}"
            found.add(key)
            found |= {f"{key}: {word}" for word in literals_in(info.annotation) if not is_default(info, word)}
            found |= words_of(info.annotation, seen | {model})
    return found


def is_default(info: FieldInfo, word: str) -> bool:
    """Whether the word holds where the key is not written."""
    default = info.default
    return word in default if isinstance(default, tuple) else word == default


def models_in(annotation: Any) -> list[type[BaseModel]]:
    """The models right below an annotation, through lists, blocks by name, and choices."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    return [model for part in get_args(annotation) for model in models_in(part)]


def literals_in(annotation: Any) -> list[str]:
    """The words of an annotation's closed sets, not those inside of models."""
    if get_origin(annotation) is Literal:
        return [str(word) for word in get_args(annotation)]
    return [word for part in get_args(annotation) for word in literals_in(part)]


def words_in(tree: Any, annotation: Any) -> set[str]:
    """The words of `words_of` that a file uses."""
    if isinstance(tree, list):
        return {word for each in tree for word in words_in(each, annotation)}
    if not isinstance(tree, dict):
        return set()
    models = models_in(annotation)
    fitting = [model for model in models if {*tree} <= keys_of(model) and says_kind(model, tree)]
    if not fitting:  # a block by names
        return {word for each in tree.values() for word in words_in(each, annotation)}
    model, found = fitting[0], set[str]()
    for name, info in model.model_fields.items():
        key = info.alias or name
        if key in tree:
            value = tree[key]
            word = f"{owner_of(model, name)}.{key}"
            values = value if isinstance(value, list) else [value]
            found |= {word, *(f"{word}: {each}" for each in values if isinstance(each, str))}
            found |= words_in(value, info.annotation)
    return found


def owner_of(model: type[BaseModel], field: str) -> str:
    """The model that declares the field, which others may have from it."""
    return next(each.__name__ for each in model.__mro__ if field in inspect.get_annotations(each))


def keys_of(model: type[BaseModel]) -> set[str]:
    keys = {info.alias or name for name, info in model.model_fields.items()}
    return keys | {"extends"} if model.__name__ == "CompPlan" else keys


def says_kind(model: type[BaseModel], tree: dict[str, Any]) -> bool:
    """Whether the block's `kind` is that of the model, where this has one."""
    info = model.model_fields.get("kind")
    return info is None or tree.get("kind") in literals_in(info.annotation)
