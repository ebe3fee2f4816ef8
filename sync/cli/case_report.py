"""What came of cases: as text with an explanation of each that does not hold, as JSON, and as JUnit XML."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from sync.cli.output import add_row, new_table, plain, print_json, print_table
from sync.cli.words import say, several

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path
    from xml.etree.ElementTree import Element

    from config.problems import Problem
    from salesops.cases.model import Lines, Verdict
    from sync.cases import Found

    Outcome = Sequence[tuple[Found, Verdict | None]]


def show_cases(outcome: Outcome, problems: Sequence[Problem], *, as_json: bool) -> None:
    """Each case on a line, those that do not hold with why, and how many of each there are."""
    if as_json:
        print_json(_json(outcome, problems))
        return
    for problem in problems:
        say(f"warning: {problem}" if problem.severity == "warning" else str(problem), aside=True)
    file = ""
    for found, verdict in outcome:
        if found.file != file:
            file = found.file
            say(file)
        _show(found, verdict, problems)
    say(_summary(outcome, problems))


def _show(found: Found, verdict: Verdict | None, problems: Sequence[Problem]) -> None:
    name = plain(found.placed.case.name)
    if verdict is not None and verdict.holds:
        say(f"  {_mark('ok', 'green')}    {name}")
        return
    say(f"  {_mark('FAIL', 'red')}  {name}  ({found.file}:{found.line})")
    if verdict is None:
        own, of_file = _wrong(found, problems)
        first, *more = own or of_file
        said = str(first) if own else f"{first.where} is wrong, as said above"
        say(f"        was not run: {said}" + f" (and {several(len(more), 'problem')} more)" * bool(more))
        return
    for line in _reasons(verdict):
        say(f"        {line}")
    for lines in verdict.story:
        _show_lines(lines)
    for note in verdict.notes:
        say(f"        note: {note}")


def _not_run(found: Found, problems: Sequence[Problem]) -> list[str]:
    """What is wrong in a case that was not run; where that is nothing, in its file."""
    own, of_file = _wrong(found, problems)
    return list(map(str, own or of_file))


def _wrong(found: Found, problems: Sequence[Problem]) -> tuple[list[Problem], list[Problem]]:
    """What is wrong in a case, and in its file."""
    of_file = [each for each in problems if each.severity == "error" and each.where.file == found.file]
    case = f"{'.'.join(map(str, found.placed.path[1:]))}."
    return [each for each in of_file if f"{each.where.path}.".startswith(case)], of_file


def _mark(word: str, colour: str) -> str:
    from sys import stdout

    return click.style(word, fg=colour) if stdout.isatty() else word


def _reasons(verdict: Verdict) -> Iterator[str]:
    """What differs, a line each."""
    if verdict.fault is not None:
        yield f"cannot be computed: {verdict.fault}"
    people = {each.payee for each in verdict.differences}
    for each in verdict.differences:
        of = f"{each.payee}: " if len(people) > 1 else ""
        yield f"{of}{each.what}: expected {each.expected}, got {each.found}"


def _show_lines(lines: Lines) -> None:
    if not lines.rows:
        say(f"        {lines.title}")
        return
    table = new_table(*lines.columns, title=f"        {lines.title}")
    for row in lines.rows:
        add_row(table, *row)
    print_table(table)


def _summary(outcome: Outcome, problems: Sequence[Problem]) -> str:
    wrong = sum(problem.severity == "error" for problem in problems)
    if not outcome:
        none = "There are no tests. Write some under `tests:` in a file of comp plans."
        return f"No test was run: {several(wrong, 'problem')}." if wrong else none
    held = sum(verdict is not None and verdict.holds for _, verdict in outcome)
    seconds = sum(verdict.seconds for _, verdict in outcome if verdict is not None)
    failed = len(outcome) - held
    parts = [several(held, "test") + (" holds" if held == 1 else " hold")]
    parts += [f"{failed} {'does' if failed == 1 else 'do'} not"] * bool(failed)
    parts += [several(wrong, "problem")] * bool(wrong)
    return f"{', '.join(parts)}. {seconds:.1f} s."


def _json(outcome: Outcome, problems: Sequence[Problem]) -> dict[str, Any]:
    holds = bool(outcome) and all(verdict is not None and verdict.holds for _, verdict in outcome)
    return {
        "ok": holds and not any(problem.severity == "error" for problem in problems),
        "tests": [_json_case(found, verdict, problems) for found, verdict in outcome],
        "problems": [
            {
                "severity": problem.severity,
                "file": problem.where.file,
                "line": problem.where.line,
                "path": problem.where.path,
                "summary": problem.summary,
                "detail": problem.detail,
            }
            for problem in problems
        ],
    }


def _json_case(found: Found, verdict: Verdict | None, problems: Sequence[Problem]) -> dict[str, Any]:
    about: dict[str, Any] = {
        "file": found.file,
        "line": found.line,
        "name": found.placed.case.name,
        "comp_plan": found.placed.comp_plan,
        "ok": verdict is not None and verdict.holds,
    }
    if verdict is None:
        return about | {"run": False, "error": "\n".join(_not_run(found, problems))}
    return about | {
        "run": True,
        "seconds": round(verdict.seconds, 3),
        "error": verdict.fault,
        "differences": [
            {"payee": each.payee, "what": each.what, "expected": each.expected, "got": each.found}
            for each in verdict.differences
        ],
        "explanation": [
            {"title": lines.title, "columns": [name.removeprefix(">") for name in lines.columns], "rows": lines.rows}
            for lines in verdict.story
        ],
        "notes": verdict.notes,
    }


def write_junit(path: Path, outcome: Outcome, problems: Sequence[Problem]) -> None:
    """Write the outcome as JUnit XML: a suite for each file; what is wrong in a file is an error in its suite, too."""
    from xml.etree.ElementTree import Element, ElementTree, SubElement, indent

    root = Element("testsuites", name="salesops test")
    suites: dict[str, Element] = {}

    def suite_of(file: str) -> Element:
        if file not in suites:
            suites[file] = SubElement(root, "testsuite", name=file)
        return suites[file]

    for found, verdict in outcome:
        _add_case(suite_of(found.file), found, verdict, problems)
    said = {text for found, verdict in outcome if verdict is None for text in _not_run(found, problems)}
    for problem in problems:
        if problem.severity == "error" and str(problem) not in said:
            where = problem.where
            case = SubElement(
                suite_of(where.file), "testcase", name=where.path or where.file, file=where.file, line=str(where.line)
            )
            SubElement(case, "error", message=plain(problem.summary)).text = str(problem)
    for suite in suites.values():
        _count(suite, suite.findall("testcase"))
    _count(root, root.findall("testsuite/testcase"))
    indent(root)
    ElementTree(root).write(path, encoding="utf-8", xml_declaration=True)


def _add_case(suite: Element, found: Found, verdict: Verdict | None, problems: Sequence[Problem]) -> None:
    from xml.etree.ElementTree import SubElement

    case = SubElement(
        suite,
        "testcase",
        name=plain(found.placed.case.name),
        classname=found.placed.comp_plan or "",
        file=found.file,
        line=str(found.line),
        time=f"{verdict.seconds if verdict else 0:.3f}",
    )
    if verdict is None:
        wrong = _not_run(found, problems)
        SubElement(case, "error", message=plain(f"was not run: {wrong[0]}")).text = "\n".join(wrong)
    elif not verdict.holds:
        reasons = list(_reasons(verdict))
        kind = "error" if verdict.fault else "failure"
        SubElement(case, kind, message=plain(reasons[0])).text = "\n".join([*reasons, *_as_text(verdict)])


def _as_text(verdict: Verdict) -> Iterator[str]:
    for lines in verdict.story:
        yield lines.title
        yield from ("  " + " | ".join(plain(cell) for cell in row) for row in lines.rows)
    yield from (f"note: {note}" for note in verdict.notes)


def _count(element: Element, cases: Sequence[Element]) -> None:
    element.set("tests", str(len(cases)))
    for kind in ("failure", "error"):
        element.set(f"{kind}s", str(sum(case.find(kind) is not None for case in cases)))
    element.set("time", f"{sum(float(case.get('time', '0')) for case in cases):.3f}")
