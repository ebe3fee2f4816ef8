"""`salesops import`: what a CSV file of invoices or payments does to the store, and what is wrong in one."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from figured import call, figured
from synced import save_rows

from config.problems import ConfigError
from sync.store.erasure import erase
from sync.store.store import Store

if TYPE_CHECKING:
    from pathlib import Path

    from config.loader import Project

INVOICES = """id,number,opportunity_name,amount,issued_on,owner_email,note
i1,2026-1,deal 6001,1200.50,2026-04-03,,first
i2,2026-2,Deal 6002,-80,2026-05-05,BO@x.example,"a, b"
"""


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return figured(tmp_path, computed=False)


def bring(project: Project, what: str, text: str | bytes, *words: str) -> dict[str, Any]:
    """What importing a file says; what is wrong with it is raised."""
    file = project.root / f"{what}.csv"
    file.write_bytes(text.encode() if isinstance(text, str) else text)
    ended = call(project, "import", what, str(file), "--json", *words)
    if ended.exception is not None and not isinstance(ended.exception, SystemExit):
        raise ended.exception
    told: dict[str, Any] = json.loads(ended.stdout)
    return told


def wrong(project: Project, what: str, text: str | bytes, *words: str) -> list[str]:
    """What is wrong with a file, without its name."""
    with pytest.raises(ConfigError) as caught:
        bring(project, what, text, *words)
    return [str(each).partition(f"{what}.csv")[2] for each in caught.value.problems]


def rows(project: Project, name: str, columns: str, where: str = "deleted = 0") -> list[tuple[Any, ...]]:
    with Store(project.root / project.settings.store) as store:
        return [tuple(row) for row in store.rows(f"SELECT {columns} FROM {name} WHERE {where} ORDER BY id")]


def test_rows_name_opportunities_by_name_and_owners_by_e_mail_and_take_the_rest_from_them(project: Project) -> None:
    told = bring(project, "invoices", INVOICES)
    assert told == {
        "rows": 2,
        "new": 2,
        "changed": 0,
        "deleted": 0,
        "erased": 0,
        "unread": ["note"],
        "without_rate": {},
    }
    assert rows(project, "invoice", "id, number, amount, issued_on, opportunity_id, account_id, owner_id") == [
        ("i1", "2026-1", "1200.5", "2026-04-03", "6001", "a1", "u1"),
        ("i2", "2026-2", "-80", "2026-05-05", "6002", "a1", "u2"),
    ]


def test_the_same_file_twice_changes_nothing_and_another_row_only_itself(project: Project) -> None:
    bring(project, "invoices", INVOICES)
    before = _changed_at(project)
    again = bring(project, "invoices", INVOICES)
    assert (again["new"], again["changed"], _changed_at(project)) == (0, 0, before)
    more = bring(project, "invoices", INVOICES.replace("-80", "-90") + "i3,3,Deal 6001,1,2026-05-06,,\n")
    assert (more["new"], more["changed"], more["deleted"]) == (1, 1, 0)


def test_replace_makes_the_file_the_whole_truth(project: Project) -> None:
    bring(project, "invoices", INVOICES)
    only = "\n".join(INVOICES.splitlines()[:2])
    assert bring(project, "invoices", only, "--replace")["deleted"] == 1
    assert rows(project, "invoice", "id") == [("i1",)]
    assert bring(project, "invoices", INVOICES)["new"] == 1


def test_payments_take_what_they_do_not_say_from_their_invoice(project: Project) -> None:
    bring(project, "invoices", INVOICES)
    paid = "\ufeffReference;Paid;Value date;Invoice;Channel\np1;1200.50;2026-06-01;2026-1;bank\n"
    maps = ("id=Reference", "amount=Paid", "paid_on=Value date", "invoice_number=Invoice")
    words = [word for each in maps for word in ("--map", each)]
    assert bring(project, "payments", paid, *words, "--custom", "Channel")["unread"] == []
    assert rows(project, "payment", "id, invoice_id, opportunity_id, account_id, owner_id, amount, custom") == [
        ("p1", "i1", "6001", "a1", "u1", "1200.5", '{"Channel":"bank"}')
    ]


def test_everything_wrong_in_a_file_is_told_at_once_and_nothing_of_it_is_kept(project: Project) -> None:
    file = """id,amount,issued_on,currency,account_name,owner_email,opportunity_id
i1,1.000,01.02.2026,euro,Acme,ann@x.example,6001
i1,"1,5",2026-02-30,EUR,Nobody,who@x.example,6999
,5,2026-01-01
"""
    assert wrong(project, "invoices", file) == [
        ":2: currency: is not a currency code: 'EURO'. Write three capital letters, as USD or EUR.",
        ":2: issued_on: is not a day: '01.02.2026'. Write year-month-day: 2026-03-31.",
        (
            ":3: account_name: no account in the store has the name 'Nobody'. "
            "Correct it, or run `salesops pull` if it is new in the CRM."
        ),
        ":3: amount: is not a number: '1,5'. Write 1.5.",
        ":3: id: i1 stands in line 2, too. An id is one record's.",
        ":3: issued_on: is no day of the calendar: 2026-02-30.",
        (
            ":3: opportunity_id: there is no opportunity '6999' in the store. "
            "Correct it, or run `salesops pull` if it is new in the CRM."
        ),
        (
            ":3: owner_email: no user in the store has the email 'who@x.example'. "
            "Correct it, or run `salesops pull` if it is new in the CRM."
        ),
        ":4: has 3 cells, the header 7. Put cells with the delimiter in them into quotes.",
        ":4: id: is empty. Every row needs one.",
    ]
    assert rows(project, "invoice", "id") == []


def test_characters_that_nobody_sees_are_told_by_line_and_column(project: Project) -> None:
    file = (
        "id,amount,issued_on,opportunity_id,number,memo\ni\0,1,2026-01-01,6001,n,m\n"
        'i2,1,2026-01-01,60\u200b01,n\x7f,"two\nlines"\ni\u00e9,1\0,2026-01-01,6001,n\u200b,\x1bm\n'
    )
    assert wrong(project, "invoices", file, "--custom", "memo") == [
        ":2: id: holds the character U+0000, which nobody sees. Remove it.",
        ":4: number: holds the character U+007F, which nobody sees. Remove it.",
        ":4: opportunity_id: holds the character U+200B, which nobody sees. Remove it.",
        (
            ":4: opportunity_id: there is no opportunity '60\\u200b01' in the store. "
            "Correct it, or run `salesops pull` if it is new in the CRM."
        ),
        ":5: amount: holds the character U+0000, which nobody sees. Remove it.",
        ":5: memo: holds the character U+001B, which nobody sees. Remove it.",
    ]


def test_a_currency_that_no_exchange_rate_names_is_told_and_its_rows_are_kept(project: Project) -> None:
    with Store(project.root / project.settings.store) as store:
        save_rows(
            store, "exchange_rate", {"id": "r", "currency": "GBP", "to_currency": "USD", "rate": "1.3"}, custom={}
        )
    days = "1,2026-01-01"
    file = f"id,amount,issued_on,currency\ni1,{days},chf\ni2,{days},CHF\ni3,{days},GBP\ni4,{days},\n"
    assert bring(project, "invoices", file)["without_rate"] == {"CHF": 2}
    said = call(project, "import", "invoices", str(project.root / "invoices.csv")).stderr
    assert "In CHF: 2 rows. The project has no exchange rate for it" in said
    assert "GBP" not in said
    assert wrong(project, "invoices", file.replace("chf", "XXQ")) == [
        ":2: currency: is no currency of ISO 4217: XXQ. Write its code, as USD or EUR."
    ]


@pytest.mark.parametrize(
    ("file", "expected"),
    [
        (b"id,amount,issued_on\ni\xe9,1,2\n", ": is not UTF-8: invalid continuation byte. Save it as CSV UTF-8."),
        ("", ":1: has no header. Begin with the names of the columns: id, amount, issued_on."),
        ("id,amount,issued_on\n", ": has no rows below its header. Name a file with records in it."),
        ("id,amount\n1,2\n", ":1: has no column for issued_on. Add one, or say which it is: --map issued_on=COLUMN."),
        (
            "id,id,amount,issued_on\n1,1,2,2026-01-01\n",
            ":1: id: stands in the header 2 times. Give each column a name of its own.",
        ),
        ('id,amount,issued_on\n"1,2,2026-01-01\n', (":2: is no CSV: unexpected end of data. Put a cell with quotes, "
         "delimiters or line breaks into quotes, quotes inside doubled.")),
    ],
)  # fmt: skip
def test_a_file_that_cannot_be_read_says_what_to_do(project: Project, file: str | bytes, expected: str) -> None:
    assert wrong(project, "invoices", file) == [expected]


def test_a_name_that_several_records_have_is_refused_with_their_ids(project: Project) -> None:
    bring(project, "invoices", "id,number,amount,issued_on\ni1,7,1,2026-01-01\ni2,7,1,2026-01-01\n")
    assert wrong(project, "payments", "id,invoice_number,amount,paid_on\np,7,1,2026-02-01\n") == [
        (
            ":2: invoice_number: 2 records of invoice have the number '7': i1, i2. "
            "Say which by its id, in a column invoice_id."
        )
    ]


def test_an_erased_invoice_stays_away_and_its_payments_name_it_no_more(project: Project) -> None:
    bring(project, "invoices", INVOICES)
    bring(project, "payments", "id,invoice_id,amount,paid_on\np,i1,1,2026-05-01\n")
    with Store(project.root / project.settings.store) as store:
        erase(store, "crm", "invoice", "i1")
    assert bring(project, "invoices", INVOICES)["erased"] == 1
    assert rows(project, "payment", "id, invoice_id") == [("p", None)]


def _changed_at(project: Project) -> Any:
    with Store(project.root / project.settings.store) as store:
        return store.rows("SELECT changed_at FROM connection WHERE name = 'crm'")[0][0]
