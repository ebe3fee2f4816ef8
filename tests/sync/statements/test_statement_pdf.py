"""The text of a PDF: every amount that the JSON has, as often as it has it, and no other."""

from __future__ import annotations

import io
import json
import re
from collections import Counter
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pytest
from pypdf import PdfReader
from stated import KIM, credit, line
from tiered import objection, stated

from salesops.results import CREDITS
from salesops.statements.model import Person
from sync.statements.as_data import as_json
from sync.statements.formats import render
from sync.statements.pages import Words, lay_out
from sync.statements.printable import load_fonts, printable
from sync.statements.tell import tell
from sync.statements.writing import Writing

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sync.statements.words import Language

LONG = "A renewal, an extension and a pilot with quite a long name " * 3
MANY = [credit(line("commission", "2026-03", "2026-03-05", f"006{number}"), f"{number}.5") for number in range(200)]

CASES: dict[str, dict[str, Any]] = {
    "tiers and disputes": {"objections": (objection(), objection("waiting", answer="", amount=None))},
    "long names": {"people": {KIM: Person(LONG)}, "opportunities": {f"006{letter}": LONG for letter in "ABCDF"}},
    "names in other scripts": {
        "people": {KIM: Person("北京 עברית")},
        "opportunities": {"006A": "مرحبا", "006B": "日本"},
    },
    "200 lines": {"credits": pa.Table.from_pylist(MANY, schema=CREDITS), "state": "calculated"},
}

AMOUNT = re.compile(r"-?\d{1,3}(?:[,\u202f]\d{3})*[.,]\d\d(?![\d%\u202f\xa0]|\s%)")


def pages(made: bytes) -> list[str]:
    return [page.extract_text() for page in PdfReader(io.BytesIO(made)).pages]


def amounts(said: dict[str, Any]) -> Iterator[Decimal | str]:
    """All that the JSON of a statement of one comp plan says is money, with the sums below tables."""
    (plan,) = said["plans"]
    earned, tables = plan["components"], ("adjustments", "held", "taken_back", "manual")
    yield from (paid["amount"] for each in (said, *said["history"]) for paid in each["paid"])
    yield plan["paid"]
    yield from (each["amount"] for each in plan["summary"] if each["kind"] != "earned")
    yield from (each["amount"] for each in earned)
    for each in (*earned, *(of for part in earned for of in part["lines"])):
        yield from (each[name] for name in ("credit", "amount") if Decimal(each.get(name) or 0) or name == "amount")
    for ladder in plan["ladders"]:
        yield from (tier[name] for tier in ladder["tiers"] for name in ("credit", "amount"))
        yield from (ladder["worth"], ladder["worth"], -Decimal(ladder["before"]))
        yield Decimal(ladder["to_date"]) - Decimal(ladder["before"])
    columns = {"adjustments": ("before", "now"), "held": ("earned", "released", "held"),
               "taken_back": ("held", "owed"), "manual": ("amount",)}  # fmt: skip
    for name in tables:
        yield from (each[column] for each in plan[name] for column in columns[name])
        if name != "adjustments" and plan[name]:
            summed = columns[name][-2:]
            yield from (sum(Decimal(each[column]) for each in plan[name]) for column in summed)
    differences = [Decimal(each["now"]) - Decimal(each["before"]) for each in plan["adjustments"]]
    yield from (*differences, sum(differences, Decimal(0)))
    yield from (each["amount"] for each in plan["disputes"] if each["amount"] is not None)
    yield from (each[name] for each in plan["balances"] for name in ("start", "added", "taken", "end"))
    for each in plan["changes"]:
        yield from (each["before"], each["now"], Decimal(each["now"]) - Decimal(each["before"]))
    yield from (each["amount"] for each in plan["credits"])


@pytest.mark.parametrize("language", ["en", "fr"])
@pytest.mark.parametrize("case", CASES)
def test_a_pdf_has_each_amount_of_the_json_and_no_other(case: str, language: Language) -> None:
    statement, writing = stated(**CASES[case]), Writing(language)
    made = pages(render(statement, "pdf", writing))
    found = Counter(AMOUNT.findall("\n".join(made)))
    assert found == Counter(writing.amount(Decimal(each), "EUR") for each in amounts(json.loads(as_json(statement))))


@pytest.mark.parametrize("case", CASES)
def test_a_pdf_has_each_name_and_numbers_its_pages(case: str) -> None:
    statement = stated(**CASES[case])
    made = pages(render(statement, "pdf", Writing("en")))
    for number, page in enumerate(made, 1):
        assert f"2026-03, calculation 7{'. Draft: the period is not closed' * statement.is_draft}" in page
        assert f"Page {number} of {len(made)}" in page
    whole = "".join("".join(made).split())
    for name in (statement.payee.name, *(each.name for each in statement.plans[0].credits)):
        assert "".join(printable(" ".join(name.split()))[0].split())[:150] in whole


def test_a_heading_stands_above_the_rows_of_each_page() -> None:
    made = pages(render(stated(**CASES["200 lines"]), "pdf", Writing("en")))
    with_rows = [page for page in made if page.count("Mar 5, 2026") > 20]
    assert len(with_rows) > 3
    assert all("Transaction Day Counts as Credit" in page for page in with_rows)


@pytest.mark.parametrize("language", ["en", "fr"])
def test_no_page_begins_with_a_sum(language: Language) -> None:
    load_fonts()
    for name in range(1, 170, 20):
        for email in range(1, 190, 60):
            person = Person("N " * (name // 2 + 1), "e" * email)
            laid = lay_out(tell(stated(people={KIM: person}), Writing(language)))
            first = [next(each.text for each in page if isinstance(each, Words)) for page in laid.pages[1:]]
            assert not {"Total", "Earned in this period", "Gagné sur la période"} & set(first)
