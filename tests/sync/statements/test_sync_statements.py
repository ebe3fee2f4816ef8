"""Statements: what they say, that it adds up, and that hostile names do no harm in any format."""

from __future__ import annotations

import csv
import io
import json
from dataclasses import replace
from datetime import date
from decimal import Decimal
from html.parser import HTMLParser
from pathlib import Path

import pyarrow as pa
import pytest
from rich.cells import cell_len
from stated import ACME, KIM, LATE, Ledger, calculation, ledger

from config.comp_plans.payment import Release
from salesops.payment.tables import ENTRIES
from salesops.statements.books import open_books
from salesops.statements.build import build_statement
from salesops.statements.check import DoesNotAddUp
from salesops.statements.due import dues
from salesops.statements.model import Due, Person, Statement
from sync.statements.as_data import COLUMNS, as_csv, as_json
from sync.statements.as_html import as_html
from sync.statements.as_pdf import as_pdf
from sync.statements.as_text import WIDTH, as_text
from sync.statements.many import render_many
from sync.statements.printable import printable
from sync.statements.tell import tell
from sync.statements.words import SENTENCES, Language
from sync.statements.writing import Writing

EXPECTED = Path(__file__).parent / "expected"
HOSTILE = '=HYPERLINK("http://x")<script>alert(1)</script>\x1b[2J\u202egnp.exe\r\n| 北京 עברית'


def statement(**other: object) -> Statement:
    return build_statement(open_books(calculation(**other)), KIM)


def text(language: Language = "en", locale: str | None = None, **other: object) -> str:
    return as_text(tell(statement(**other), Writing(language, locale)))


def page(language: Language = "en", **other: object) -> str:
    return as_html(tell(statement(**other), Writing(language)))


def pdf(language: Language = "en", **other: object) -> bytes:
    return as_pdf(tell(statement(**other), Writing(language)))


def rows(**other: object) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(as_csv(statement(**other)), newline="")))


@pytest.mark.parametrize(
    ("language", "before", "after"), [("en", "Taken back", "Given back"), ("fr", "Repris", "Restitué")]
)
def test_what_comes_back_after_a_clawback_is_given_back(language: Language, before: str, after: str) -> None:
    rows = calculation().entries.to_pylist()
    undone = [row | {"amount": -row["amount"]} if row["cause"] == "clawed_back" else row for row in rows]
    usual, other = text(language), text(language, entries=pa.Table.from_pylist(undone, schema=ENTRIES))
    assert (f"  {before}  " in usual, after in usual) == (True, False)
    assert (f"  {before}  " in other, f"  {after}  " in other) == (False, True)


@pytest.mark.parametrize(("language", "said"), [("en", "Booked (all time)"), ("fr", "Booked (toute la durée)")])
def test_a_measure_over_all_time_says_so(language: Language, said: str) -> None:
    measures = calculation().measures
    ever = pa.array(["all"] * measures.num_rows).cast(measures["interval"].type)
    whole = measures.set_column(measures.column_names.index("interval"), "interval", ever)
    assert said in text(language, measures=whole)


@pytest.mark.parametrize(
    ("name", "made"),
    [
        ("march.txt", text),
        ("march.fr.txt", lambda: text("fr")),
        ("march.csv", lambda: as_csv(statement())),
        ("march.json", lambda: as_json(statement())),
        ("march.html", page),
    ],
)
def test_a_statement_reads_as_expected(name: str, made: object) -> None:
    """What is expected is made anew by deleting the file; read what comes."""
    kept, now = EXPECTED / name, made().encode()  # type: ignore[operator]
    if not kept.exists():
        kept.write_bytes(now)
        pytest.fail(f"{kept} was missing and is written: read it")
    assert now == kept.read_bytes()


def test_the_summary_adds_up_to_what_is_paid() -> None:
    plan = statement().plans[0]
    assert [(figure.kind, figure.amount) for figure in plan.summary] == [
        ("earned", Decimal("9250.5")),
        ("adjusted", Decimal(600)),
        ("held", Decimal("-4925.25")),
        ("manual", Decimal(250)),
        ("recovered", Decimal("-2175.25")),
        ("recovered", Decimal(-500)),
    ]
    assert sum(figure.amount for figure in plan.summary) == plan.paid == 2500


def test_each_component_adds_up_to_its_transactions() -> None:
    for component in statement().plans[0].components:
        assert sum(line.amount for line in component.lines) == component.amount


def test_balances_go_from_the_start_to_the_end() -> None:
    assert {each.kind: (each.start, each.end) for each in statement().plans[0].balances} == {
        "held": (2500, Decimal("6925.25")),
        "draw": (3500, Decimal("1324.75")),
        "clawback": (0, 0),
    }
    assert all(each.start + each.added - each.taken == each.end for each in statement().plans[0].balances)


def test_what_was_carried_into_the_period_and_out_of_it_is_part_of_the_sum() -> None:
    made = Ledger()
    made.post("2026-02", "adjusted", LATE, earned="700", held="-700")
    made.post("2026-02", "released", LATE, held="700", payable="-700")
    made.post("2026-03", "earned", ACME, earned="-400", held="400")
    made.post("2026-03", "released", ACME, held="-400", payable="400")
    plan = statement(entries=made.table("2026-03"), ledger=made.table()).plans[0]
    assert [(figure.kind, figure.amount) for figure in plan.summary] == [
        ("brought_forward", -700),
        ("earned", 400),
        ("carried", 300),
    ]
    said = text(entries=made.table("2026-03"), ledger=made.table())
    assert "Owed from before" in said
    assert "Owed, to be deducted from later pay" in said


def test_what_is_released_of_earlier_earnings_is_apart_from_what_is_earned() -> None:
    other = Ledger()
    other.post("2026-02", "earned", LATE, earned="-1000", held="1000")
    other.post("2026-03", "released", LATE, held="-250", payable="250")
    other.post("2026-03", "paid", "", payable="-250", paid="250")
    plan = statement(entries=other.table("2026-03"), ledger=other.table()).plans[0]
    assert [(each.kind, each.amount) for each in plan.summary] == [("earned", 0), ("released", 250)]
    assert [(each.of.name, each.earned, each.released, each.held) for each in plan.held] == [
        ("Cobalt Systems", 1000, 250, 750)
    ]


def test_pay_in_another_currency_is_said_in_both() -> None:
    made = Ledger()
    made.post("2026-03", "earned", ACME, earned="-100", held="100")
    made.post("2026-03", "released", ACME, held="-100", payable="100")
    made.post("2026-03", "paid", "", payable="-100", exchanged="100")
    rows = made.table("2026-03").to_pylist()
    common, yen = rows[-1] | {"unit": "JPY"}, (("exchanged", -16210), ("paid", 16210))
    rows += [common | {"account": account, "amount": Decimal(amount)} for account, amount in yen]
    table = pa.Table.from_pylist(rows, schema=ENTRIES)
    said = text(entries=table, ledger=ENTRIES.empty_table())
    assert "PAID  ¥16,210" in said
    assert "€100.00 are paid as ¥16,210." in said


def test_several_comp_plans_are_summed_up_before_each_is_told() -> None:
    one, other = ledger(), Ledger(plan="spiff", unit="JPY")
    other.post("2026-03", "earned", ACME, earned="-15000", held="15000")
    other.post("2026-03", "released", ACME, held="-15000", payable="15000")
    other.post("2026-03", "paid", "", payable="-15000", paid="15000")
    said = text(entries=pa.concat_tables([one.table("2026-03"), other.table("2026-03")]))
    lines = [line.split() for line in said.splitlines()]
    assert "PAID  €2,500.00 + ¥15,000" in said
    assert lines.index(["Spiff", "¥15,000"]) == lines.index(["Account", "executives", "€2,500.00"]) + 1


def test_an_entry_that_no_sum_shows_stops_the_statement() -> None:
    made = ledger()
    made.rows[-1]["amount"] += 1
    with pytest.raises(DoesNotAddUp, match="posting 14 is off by 1"):
        statement(entries=made.table("2026-03"))
    made = ledger()
    made.post("2026-03", "someday", ACME, earned="-5", held="5")
    with pytest.raises(DoesNotAddUp, match=r"all that is earned comes to 9850.5.*, in the ledger to 9855.5") as raised:
        statement(entries=made.table("2026-03"))
    assert "It was not made" in str(raised.value)


def test_what_is_paid_must_be_what_left_the_payable() -> None:
    made = ledger()
    made.rows[-1]["unit"] = "USD"  # the payout of an exchange that never was
    made.rows[-2]["amount"] = Decimal(-2400)
    with pytest.raises(DoesNotAddUp, match=r"ae: what is paid comes to 2400, in the ledger to 0"):
        statement(entries=made.table("2026-03"))


def test_the_order_of_rows_changes_nothing() -> None:
    whole = calculation()
    names = ("entries", "ledger", "earnings", "credits", "measures")
    turned = {name: getattr(whole, name).take(list(range(getattr(whole, name).num_rows))[::-1]) for name in names}
    assert as_json(statement(**turned)) == as_json(statement())


def test_a_statement_is_the_same_bytes_every_time_in_every_time_zone(monkeypatch: pytest.MonkeyPatch) -> None:
    before = (pdf(), page(), text(), pdf("fr"))
    monkeypatch.setenv("TZ", "Pacific/Kiritimati")
    monkeypatch.setenv("LC_ALL", "de_DE.UTF-8")
    monkeypatch.setenv("LANG", "ar_EG")
    assert (pdf(), page(), text(), pdf("fr")) == before


def test_a_draft_says_so_until_the_period_is_closed() -> None:
    for state in ("calculated", "reviewed", "approved"):
        for made in (text(state=state), page(state=state)):
            assert "Draft: the period is not closed" in made
            assert "To be paid" in made or "TO BE PAID" in made
        assert json.loads(as_json(statement(state=state)))["draft"]
    assert "Draft" not in text() + page()


def test_every_sentence_has_the_same_parts_in_both_languages() -> None:
    for name, (english, french) in SENTENCES.items():
        assert sorted(_parts(english)) == sorted(_parts(french)), name


def _parts(sentence: str) -> list[str]:
    from string import Formatter

    return [name for _, name, _, _ in Formatter().parse(sentence) if name]


def test_figures_are_written_as_the_locale_has_them() -> None:
    german, indian = Writing("en", "de_DE"), Writing("en", "en_IN")
    amount = Decimal("1234567.5")
    assert (german.amount(amount, "EUR"), german.money(amount, "EUR")) == ("1.234.567,50", "1.234.567,50\xa0€")
    assert (indian.amount(amount, "INR"), indian.amount(amount, "JPY")) == ("12,34,567.50", "12,34,567.5")
    assert Writing("fr").share(Decimal("0.0725")) == "7,25\xa0%"
    assert Writing("en").share(Decimal("0.333333")) == "33.3333%"
    assert Writing("fr").day(date(2026, 3, 5)) == "5 mars 2026"
    assert (Writing("en").on_letter, Writing("en", "en_GB").on_letter) == (True, False)


def test_text_fits_the_terminal() -> None:
    names = {"006A": "A very long name of an opportunity that goes on and on and on " * 3}
    for language in ("en", "fr"):
        for width in (80, WIDTH):
            said = as_text(tell(statement(opportunities=names), Writing(language)), width)
            assert max(map(cell_len, said.splitlines())) <= width


def test_an_amount_is_never_broken_into_lines() -> None:
    made = Ledger()
    made.post("2026-03", "earned", ACME, earned="-123456789012345.67", held="123456789012345.67")
    names = {"006A": "A name of an opportunity that is long, too"}
    tables = {"entries": made.table("2026-03"), "ledger": ENTRIES.empty_table(), "opportunities": names}
    assert text(**tables).count("123,456,789,012,345.67") >= 4


def test_a_hostile_name_is_harmless_on_a_terminal() -> None:
    said = text(people={KIM: Person(HOSTILE)}, opportunities={"006A": HOSTILE})
    assert not {"\x1b", "\u202e", "\r"} & set(said)


class _Tags(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []

    def handle_starttag(self, tag: str, attrs: object) -> None:  # noqa: ARG002
        self.tags.append(tag)


def test_a_hostile_name_is_text_on_the_page() -> None:
    made = page(people={KIM: Person(HOSTILE)}, opportunities={"006A": HOSTILE})
    parser = _Tags()
    parser.feed(made)
    assert "script" not in parser.tags
    assert not {"\u202e", "\x1b"} & set(made)
    assert "src=" not in made
    assert "default-src 'none'" in made


def test_no_cell_is_a_formula_to_a_spreadsheet() -> None:
    for name in (HOSTILE, "+1", "-1+cmd", "@x", "\tx", " =x"):
        for row in rows(people={KIM: Person(name)}, opportunities={"006A": name}):
            assert not row["payee"].lstrip().startswith(("=", "+", "-", "@"))
            assert not row["opportunity"].lstrip().startswith(("=", "+", "-", "@"))


def test_the_rows_of_a_csv_add_up() -> None:
    by_section: dict[str, Decimal] = {}
    for row in rows():
        by_section[row["section"]] = by_section.get(row["section"], Decimal(0)) + Decimal(row["amount"] or 0)
    assert by_section["summary"] == by_section["paid"] == 2500
    assert by_section["earned"] == Decimal("9250.5")
    assert set(COLUMNS) == set(rows()[0])


def test_a_pdf_names_the_scripts_that_it_cannot_print() -> None:
    assert printable("北京 Ltd, עברית, Łódź") == ("[CJK] Ltd, [Hebrew], Łódź", frozenset({"CJK", "Hebrew"}))
    assert printable("日本語 \U0001f389")[1] == {"CJK", "symbol"}
    assert pdf(opportunities={"006A": HOSTILE}).startswith(b"%PDF")


def test_a_pdf_has_a_page_for_all_that_is_on_it() -> None:
    from sync.statements.pages import MARGIN, lay_out

    names = {f"006{letter}": "Opportunity with quite a long name " * 4 for letter in "ABCDF"}
    for language in ("en", "fr"):
        laid = lay_out(tell(statement(opportunities=names), Writing(language)))
        assert len(laid.pages) > 2
        for page_ in laid.pages:
            assert max(each.y for each in page_) <= laid.size[1] - 30
            assert all(0 <= each.x - MARGIN + 0.01 <= laid.width + 0.02 for each in page_)


def release(**part: object) -> tuple[Release, ...]:
    return (
        Release.model_validate({"share": "0.5", "on": "earned"}),
        Release.model_validate({"share": "0.5", **part}),
    )


HALF, MARCH_31 = Decimal("0.5"), date(2026, 3, 31)


@pytest.mark.parametrize(
    ("part", "day", "due"),
    [
        ({"after": {"months": "1"}}, "2026-03-31", Due("day", date(2026, 4, 30))),
        ({"after": {"days": "90"}}, "2026-03-01", Due("day", date(2026, 5, 30))),
        ({"at": "year_end"}, "2026-03-01", Due("day", date(2026, 12, 31))),
        ({"at": "half_year_end"}, "2026-03-01", Due("day", date(2026, 6, 30))),
        ({"over": {"months": "12"}}, "2026-01-31", Due("monthly", date(2026, 4, 30), date(2026, 12, 31))),
        ({"over": {"months": "2"}}, "2026-03-15", Due("day", date(2026, 4, 15))),
        (
            {"after": {"months": "2"}, "over": {"months": "3"}},
            "2026-02-15",
            Due("monthly", date(2026, 4, 15), date(2026, 6, 15)),
        ),
        (
            {"after": {"months": "1"}, "over": {"months": "3"}},
            "2026-02-15",
            Due("monthly", date(2026, 4, 15), date(2026, 5, 15)),
        ),
        ({"on": "collection"}, "2026-03-15", Due("collection")),
    ],
)
def test_what_is_held_says_when_it_is_released(part: dict[str, object], day: str, due: Due) -> None:
    from stated import CALENDAR

    assert dues(release(**part), date.fromisoformat(day), MARCH_31, HALF, CALENDAR) == (due,)


def test_what_is_due_by_a_day_does_not_wait_for_an_invoice_that_was_made() -> None:
    from stated import CALENDAR

    parts = (
        Release.model_validate({"share": "0.5", "on": "invoice"}),
        Release.model_validate({"share": "0.5", "after": {"months": "6"}}),
    )
    by_day = Due("day", date(2026, 9, 1))
    assert dues(parts, date(2026, 3, 1), MARCH_31, HALF, CALENDAR) == (by_day,)
    assert dues(parts, date(2026, 3, 1), MARCH_31, Decimal(1), CALENDAR) == (by_day, Due("invoice"))


def test_somebody_of_whom_nothing_is_known_but_an_id_has_a_statement() -> None:
    assert "005KIM" in text(people={}, comp_plans={}, opportunities={}, reasons={})


def test_many_processes_make_the_same_as_one(monkeypatch: pytest.MonkeyPatch) -> None:
    statements = [replace(statement(), payee_id=f"u{number}") for number in range(8)]
    alone = list(render_many(statements, "pdf", Writing("fr"), len(statements)))
    monkeypatch.setattr("sync.statements.many.FEW", 1)
    monkeypatch.setattr("os.cpu_count", lambda: 2)
    assert list(render_many(statements, "pdf", Writing("fr"), len(statements))) == alone


def test_ten_people_each_have_their_own_figures() -> None:
    whole = calculation()
    tables = []
    for number in range(10):
        rows = [row | {"payee_id": f"u{number}"} for row in whole.entries.to_pylist()]
        tables.append(pa.Table.from_pylist(rows, schema=ENTRIES))
    books = open_books(replace(whole, entries=pa.concat_tables(tables), ledger=ENTRIES.empty_table()))
    assert set(books.payees) == {KIM, *(f"u{number}" for number in range(10))}
    assert {build_statement(books, f"u{number}").paid[0].amount for number in range(10)} == {Decimal(2500)}
