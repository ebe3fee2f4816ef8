"""Deploying a package: every component it holds is made, changed or deleted, all or none where that is asked for."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from connectors.sandbox.salesforce.errors import RecordError
from connectors.sandbox.salesforce.metadata.archive import DESTRUCTIVE, parse_file
from connectors.sandbox.salesforce.metadata.calls import change
from connectors.sandbox.salesforce.metadata.custom_object import NOT_OF_OBJECT
from connectors.sandbox.salesforce.metadata.listing import file_name
from connectors.sandbox.salesforce.metadata.registry import COMPONENTS
from connectors.sandbox.salesforce.metadata.shapes import from_xml

if TYPE_CHECKING:
    from collections.abc import Iterable

    from connectors.sandbox.salesforce.metadata.archive import Package, PackageFile
    from connectors.sandbox.salesforce.metadata.editor import Component, Editor
    from connectors.sandbox.salesforce.org.storage import Store

TEST_LEVELS = ("NoTestRun", "RunSpecifiedTests", "RunLocalTests", "RunAllTestsInOrg", "RunRelevantTests")
_ORDER = list(COMPONENTS)
_LATE = ("Lookup", "MasterDetail", "Summary")


@dataclass(frozen=True, slots=True)
class Options:
    """How a package is deployed, as DeployOptions has it."""

    allow_missing_files: bool = False
    check_only: bool = False
    ignore_warnings: bool = False
    rollback_on_error: bool = False
    single_package: bool = False


@dataclass(frozen=True, slots=True)
class Step:
    """One component to save, or to delete where there is no definition. `problem` is why that cannot even be tried."""

    component: Component
    full_name: str
    path: str
    definition: dict[str, Any] | None = None
    problem: str = ""
    warning: bool = False


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a step."""

    step: Step
    created: bool = False
    changed: bool = False
    deleted: bool = False
    problem: str = ""
    warning: bool = False

    @property
    def success(self) -> bool:
        return not self.problem or self.warning


@dataclass(slots=True)
class _Rollback(Exception):
    outcomes: list[Outcome] = field(default_factory=list)


def deploy_package(store: Store, user_id: str, package: Package, options: Options) -> tuple[list[Outcome], bool]:
    """(what became of each component, whether anything was kept)."""
    steps = _plan(package, options)
    try:
        with change(store, user_id) as editor:
            outcomes = _run(editor, steps)
            failed = any(not outcome.success for outcome in outcomes)
            if options.check_only or (failed and options.rollback_on_error):
                raise _Rollback(outcomes)  # noqa: TRY301
    except _Rollback as undone:
        return undone.outcomes, False
    return outcomes, True


# The steps


def _plan(package: Package, options: Options) -> list[Step]:
    before, plain, after = (list(_deletions(package, name)) for name in DESTRUCTIVE)
    saved, named = [], set()
    for file in package.files:
        for step in _file_steps(package, file):
            saved.append(step)
            named.add((step.component.name, step.full_name.lower()))
    saved += [] if options.allow_missing_files else list(_missing(package, named))
    saved += [_stray(path, package) for path in package.unknown]
    saved.sort(key=_position)
    return [*before, *saved, *plain, *after]


def _position(step: Step) -> tuple[int, bool, bool]:
    """Objects before what they hold, fields that stand on others after them."""
    definition = step.definition or {}
    late = definition.get("type") in _LATE
    return _ORDER.index(step.component.name), late or "formula" in definition, definition.get("type") == "Summary"


def _deletions(package: Package, name: str) -> Iterable[Step]:
    members = package.destructive.get(name, {})
    for kind in sorted(members, key=lambda kind: -_ORDER.index(kind) if kind in COMPONENTS else 0):
        for member in members[kind]:
            if kind in COMPONENTS:
                yield Step(COMPONENTS[kind], member, name)
            else:
                yield _refused(member, name, f"Unknown type name '{kind}' specified in {name}")


def _file_steps(package: Package, file: PackageFile) -> Iterable[Step]:
    component = file.component
    try:
        definition = from_xml(parse_file(file.content, component.name, file.path), component.shape, component.name)
    except RecordError as error:
        yield Step(component, file.full_name, file.path, {}, error.message)
        return
    definition.pop("fullName", None)
    if component.name != "CustomObject":
        if _is_named(package, component.name, file.full_name):
            yield Step(component, file.full_name, file.path, definition)
        else:
            yield _unlisted(component, file.full_name, file.path)
        return
    own = {name: value for name, value in definition.items() if name not in NOT_OF_OBJECT}
    whole = _is_named(package, component.name, file.full_name)
    if whole:
        masters = [f for f in definition.get("fields") or [] if f.get("type") == "MasterDetail"]
        yield Step(component, file.full_name, file.path, own | ({"fields": masters} if masters else {}))
    elif own:
        yield _unlisted(component, file.full_name, file.path)
    for child in component.children:
        part = COMPONENTS[child]
        for item in definition.get(part.element) or []:
            name = f"{file.full_name}.{item.get('fullName', '')}"
            if whole or _is_named(package, child, name):
                yield Step(part, name, file.path, {key: value for key, value in item.items() if key != "fullName"})
            else:
                yield _unlisted(part, name, file.path)


def _is_named(package: Package, kind: str, full_name: str) -> bool:
    members = package.members.get(kind, [])
    return "*" in members or full_name.lower() in {member.lower() for member in members}


def _unlisted(component: Component, full_name: str, path: str) -> Step:
    problem = f"An object '{full_name}' of type {component.name} was found in the zip file, but not in package.xml"
    return Step(component, full_name, path, {}, problem, warning=True)


def _missing(package: Package, named: set[tuple[str, str]]) -> Iterable[Step]:
    for kind, members in package.members.items():
        if kind not in COMPONENTS:
            yield _refused(kind, "package.xml", f"Unknown type name '{kind}' specified in package.xml")
            continue
        for member in members:
            if member != "*" and (kind, member.lower()) not in named:
                problem = (
                    f"An object '{member}' of type {kind} was named in package.xml,"
                    " but was not found in zipped directory"
                )
                yield Step(COMPONENTS[kind], member, file_name(COMPONENTS[kind], member), {}, problem)


def _stray(path: str, package: Package) -> Step:
    return _refused(path, path, f"Unknown file or folder in the zip: {package.folder}{path}")


def _refused(name: str, path: str, problem: str) -> Step:
    nothing = replace(COMPONENTS["CustomObject"], name="")
    return Step(replace(nothing, name="CustomObject"), name, path, {}, problem)


# Running them


def _run(editor: Editor, steps: list[Step]) -> list[Outcome]:
    """What became of each. A component that needs another of the package is tried again after it."""
    done: dict[int, Outcome] = {}
    waiting = dict(enumerate(steps))
    while waiting:
        tried = {index: _run_one(editor, step) for index, step in waiting.items()}
        done |= tried
        failed = {index: steps[index] for index, outcome in tried.items() if not outcome.success}
        if len(failed) == len(waiting):
            break
        waiting = {index: step for index, step in failed.items() if not step.problem}
    return _with_masters([done[index] for index in range(len(steps))])


def _with_masters(outcomes: list[Outcome]) -> list[Outcome]:
    """A new object is made with its master-details, so these are new where it is."""
    new = {o.step.full_name for o in outcomes if o.created and o.step.component.name == "CustomObject"}
    return [
        replace(outcome, created=True, changed=True)
        if (outcome.step.definition or {}).get("type") == "MasterDetail"
        and outcome.success
        and outcome.step.full_name.partition(".")[0] in new
        else outcome
        for outcome in outcomes
    ]


def _run_one(editor: Editor, step: Step) -> Outcome:
    if step.problem:
        return Outcome(step, problem=step.problem, warning=step.warning)
    try:
        with editor.store.database.transaction():
            return _delete(editor, step) if step.definition is None else _save(editor, step)
    except RecordError as error:
        problem = " ".join([error.message, *(other.message for other in error.more)])
        return Outcome(step, problem=problem)


def _save(editor: Editor, step: Step) -> Outcome:
    keeper, definition = step.component.keeper, dict(step.definition or {})
    old = keeper.read(editor, step.full_name)
    if old is None:
        keeper.create(editor, step.full_name, definition)
    else:
        keeper.update(editor, step.full_name, definition)
    changed = old is None or keeper.read(editor, step.full_name) != old
    return Outcome(step, created=old is None, changed=changed)


def _delete(editor: Editor, step: Step) -> Outcome:
    """A deletion of what is not there is a warning (Metadata API Developer Guide, "Deleting Components")."""
    if step.component.keeper.read(editor, step.full_name) is None:
        problem = f"No {step.component.name} named: {step.full_name} found"
        return Outcome(step, problem=problem, warning=True)
    step.component.keeper.delete(editor, step.full_name)
    return Outcome(step, changed=True, deleted=True)
