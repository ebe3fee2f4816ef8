"""The formula language. Error texts: labels of Salesforce's published formula engine (salesforce/formula-engine)."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, time
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from connectors.sandbox.database import Database
from connectors.sandbox.salesforce import formula
from connectors.sandbox.salesforce.formula.program import Context
from connectors.sandbox.salesforce.ids import extend
from connectors.sandbox.salesforce.org.storage import Store
from connectors.sandbox.salesforce.schema.catalog import Catalog
from connectors.sandbox.salesforce.schema.spec import Field, standard_objects

CATALOG = Catalog({found.name.lower(): found for found in standard_objects().values()})
DEAL = CATALOG.named("Opportunity")
NOW = datetime(2026, 5, 1, 23, 30, tzinfo=UTC)
ROW = {
    **dict.fromkeys(field.name for field in DEAL.fields.values()),
    "Id": "006SB0000000001AAA", "Name": "Big one", "StageName": "Closed Won", "Amount": 123456, "Probability": 50,
    "CloseDate": "2026-01-31", "CreatedDate": "2026-05-01T07:25:37.000+0000", "IsWon": 1, "IsClosed": 1,
    "AccountId": "001SB0000000001AAA", "OwnerId": "005SB0000000001AAA", "Description": "",
}  # fmt: skip
ACCOUNT = {"Id": ROW["AccountId"], "Name": "Acme", "OwnerId": ROW["OwnerId"], "AnnualRevenue": None}
USER = {"Id": ROW["OwnerId"], "Username": "ann@x.example", "Name": "Ann"}


def lookup(_, record_id):
    return {"001": ACCOUNT, "005": USER}.get(record_id[:3])


def context(zone="UTC"):
    return Context(NOW, ZoneInfo(zone), USER["Id"], CATALOG, lookup)


def value(text, *, row=None, prior=ROW, zone="UTC", purpose=formula.Purpose.RULE, blank_as_zero=False):
    compiled = formula.compile_formula(
        text, DEAL, CATALOG, purpose, field=None if purpose is formula.Purpose.FIELD else anything(text),
        blank_as_zero=blank_as_zero,
    )  # fmt: skip
    return formula.evaluate(compiled, row or ROW, prior, context(zone))


def anything(text):
    """A field of the formula's own type, so that rules' functions may be tried in formulas of every type."""
    for kind in ("boolean", "double", "string", "date", "datetime", "time"):
        field = Field("X__c", kind, "X", 255, 18, 2)
        try:
            formula.compile_formula(text, DEAL, CATALOG, formula.Purpose.RULE, field=field)
        except formula.FormulaError as error:
            if "Formula result" not in str(error):
                raise
            continue
        return field
    raise AssertionError(text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1 + 2 * 3", Decimal(7)),
        ("(1 + 2) * 3", Decimal(9)),
        ("0.1 + 0.2", Decimal("0.3")),
        ("2 ^ 10", Decimal(1024)),
        ("Amount", Decimal("1234.56")),
        ("Amount * Probability", Decimal("617.28")),  # a percent is a fraction in formulas (Formula Tips)
        ("ROUND(Amount / 7, 2)", Decimal("176.37")),
        ("FLOOR(-2.5)", Decimal(-2)),
        ("CEILING(-2.5)", Decimal(-3)),
        ("MFLOOR(-2.5)", Decimal(-3)),
        ("MOD(7, 3)", Decimal(1)),
        ("MAX(1, 3, 2) - MIN(1, 3, 2)", Decimal(2)),
        ("SQRT(16) + EXP(0) + LN(1) + ABS(-1)", Decimal(6)),
        ("TRUNC(1.987, 2)", Decimal("1.98")),
        ('"a" & "b" + "c"', "abc"),
        ("LEN(Name)", Decimal(7)),
        ('LEFT(Name, 3) & RIGHT(Name, 3) & MID(Name, 5, 1)', "Bigoneo"),
        ('FIND("o", Name) + FIND("z", Name)', Decimal(5)),
        ('SUBSTITUTE(UPPER(TRIM("  ab ")), "B", "c")', "Ac"),
        ('LOWER("AB") & LPAD("7", 3, "0") & RPAD("7", 2, "x")', "ab0077x"),
        ('CONTAINS(Name, "ig") && BEGINS(Name, "Big") && !CONTAINS(Name, "IG")', True),
        ('VALUE("12.50") = 12.5', True),
        ("TEXT(Amount)", "1234.56"),
        ("TEXT(CloseDate)", "2026-01-31"),
        ("TEXT(CreatedDate)", "2026-05-01 07:25:37Z"),
        ("TEXT(StageName)", "Closed Won"),
        ('ISPICKVAL(StageName, "Closed Won")', True),
        ('CASE(StageName, "Prospecting", 1, "Closed Won", 2, 0)', Decimal(2)),
        ('IF(IsWon, "won", "open")', "won"),
        ("ISBLANK(Description) && ISBLANK(NextStep) && NOT(ISNULL(Amount))", True),
        ('BLANKVALUE(NextStep, "none") & NULLVALUE(Name, "x")', "noneBig one"),
        ("YEAR(CloseDate) * 10000 + MONTH(CloseDate) * 100 + DAY(CloseDate)", Decimal(20260131)),
        ("WEEKDAY(DATE(2026, 5, 3))", Decimal(1)),  # 1 is Sunday
        ("ADDMONTHS(CloseDate, 1) = DATE(2026, 2, 28)", True),
        ("ADDMONTHS(DATE(2026, 2, 28), 1) = DATE(2026, 3, 31)", True),  # a last day stays one
        ("CloseDate + 1 = DATE(2026, 2, 1)", True),
        ("DATE(2026, 5, 1) - CloseDate", Decimal(90)),
        ("NOW() - CreatedDate > 0.6 && NOW() - CreatedDate < 0.7", True),
        ('DATEVALUE("2026-05-01") = TODAY()', True),
        ('DATETIMEVALUE("2026-05-01 07:25:37") = CreatedDate', True),
        ('HOUR(TIMEVALUE("17:30:45.125")) + MILLISECOND(TIMEVALUE("17:30:45.125"))', Decimal(142)),
        ('REGEX(Name, "B.*e")', True),
        ('Account.Name & "/" & Account.Owner.Username', "Acme/ann@x.example"),
        ("$User.Username", "ann@x.example"),
        ("$User.Id = OwnerId && LEN(OwnerId) = 15", True),  # ids are of 15 characters in formulas
        ("CASESAFEID(OwnerId)", extend("005SB0000000001")),
        ('HYPERLINK("/" & Id, Name)', '<a href="/006SB0000000001" target="_blank">Big one</a>'),
        ('"say \\"hi\\"" & BR()', 'say "hi"<br>'),
        ("Amount > null", False),
        ("NextStep = null && NextStep = \"\"", True),
        ("/* a comment */ TRUE", True),
    ],
)  # fmt: skip
def test_a_formula_has_its_value(text, expected):
    assert value(text) == expected


def test_today_is_the_users_day():
    assert value("TODAY() = DATE(2026, 5, 2)", zone="Europe/Berlin") is True


def test_changes_are_seen_against_the_record_before():
    prior = {**ROW, "Amount": 100}
    assert value("ISCHANGED(Amount) && PRIORVALUE(Amount) = 1 && NOT(ISNEW())", prior=prior) is True
    assert value("ISCHANGED(Name) || ISCHANGED(StageName)", prior=prior) is False
    assert value("ISNEW() && NOT(ISCHANGED(Amount)) && PRIORVALUE(Amount) = Amount", prior=None) is True


def test_empty_numbers_are_zero_where_the_field_says_so():
    empty = {**ROW, "Amount": None}
    assert value("Amount + 1", row=empty) is None
    assert value("Amount + 1", row=empty, blank_as_zero=True) == 1


@pytest.mark.parametrize(
    "text",
    [
        "1 / (Amount - Amount) > 1",
        'VALUE("x") > 1',
        "MOD(10 ^ 50, 3) > 1",
        "TODAY() + 10 ^ 9 > TODAY()",
        "DATE(2026, 2, 30) = TODAY()",
    ],
)
def test_what_cannot_be_worked_out_is_an_error_of_the_record(text):
    with pytest.raises(formula.FormulaValueError):
        value(text)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("Nope__c > 1", "Field Nope__c does not exist. Check spelling."),
        ("Account.Nope", "Field Account.Nope does not exist. Check spelling."),
        ("NOPE(1)", "Unknown function NOPE. Check spelling."),
        ("LEFT(Name)", "Incorrect number of parameters for function 'LEFT()'. Expected 2, received 1"),
        ("CASE(StageName, 1)", "Incorrect number of parameters for function 'CASE()'. Expected 4, received 2"),
        ("LEN(Amount)", "Incorrect parameter type for function 'LEN()'. Expected Text, received Number"),
        ("Amount * Name", "Incorrect parameter type for operator '*'. Expected Number, received Text"),
        ("TRUE + TRUE", "Incorrect parameter type for operator '+'. Expected Number, Date, DateTime, received Boolean"),
        ("IsWon = CloseDate", "Incorrect parameter type for operator '='. Expected Boolean, received Date"),
        ("StageName = Name",
         "Field StageName is a picklist field. Picklist fields are only supported in certain functions."),
        ("ISNEW()", "Function ISNEW may not be used in this type of formula"),
        ("(1 + 2", "Syntax error. Missing ')'"),
        ("1 + )", "Syntax error. Found ')'"),
        ("1 # 2", "Syntax error. Found '#'"),
        ("", "Syntax error. Missing field name"),
        ("1 + " * 1000 + "1", "Formula is too long (4,001 characters). Maximum length is 3,900 characters"),
        ("NOT(" * 500 + "IsWon" + ")" * 500, "Compiled formula is too big to execute"),
        ("Description", 'You referenced an unsupported field type called "Long Text Area" using the following field:'),
    ],
)  # fmt: skip
def test_a_wrong_formula_is_refused_in_the_editors_words(text, message):
    with pytest.raises(formula.FormulaError) as caught:
        formula.compile_formula(text, DEAL, CATALOG, formula.Purpose.FIELD)
    assert message in str(caught.value)


def test_a_formula_must_be_of_its_fields_type():
    field = Field("X__c", "double", "X", precision=18, scale=2)
    with pytest.raises(formula.FormulaError) as caught:
        formula.compile_formula("Name", DEAL, CATALOG, formula.Purpose.FIELD, field=field)
    assert str(caught.value) == "Formula result is data type (Text), incompatible with expected data type (Number)."


def test_a_formula_cannot_refer_to_itself_through_another():
    first = Field("A__c", "double", "A", precision=18, scale=2, formula="B__c + 1", custom=True)
    second = Field("B__c", "double", "B", precision=18, scale=2, formula="A__c + 1", custom=True)
    deal = replace(DEAL, fields={**DEAL.fields, "a__c": first, "b__c": second})
    catalog = Catalog({**CATALOG.objects, "opportunity": deal})
    with pytest.raises(formula.FormulaError) as caught:
        formula.compile_formula(first.formula, deal, catalog, formula.Purpose.FIELD, field=first)
    assert "directly or indirectly refers to itself" in str(caught.value)


# SQL against the evaluator, on random formulas and rows

NUMBERS = st.sampled_from(["Amount", "Probability", "Account.AnnualRevenue", "1", "2.5", "0.015", "LEN(Name)"])
TEXTS = st.sampled_from(
    ["Name", "NextStep", "Account.Name", '"a"', "TEXT(StageName)", '""', "$User.Username", "OwnerId"]
)
DATES = st.sampled_from(["CloseDate", "DATE(2026, 1, 31)", "CloseDate + 30", "ADDMONTHS(CloseDate, 1)"])


def numbers(inner):
    two = st.tuples(inner, inner)
    return st.one_of(
        two.flatmap(lambda p: st.sampled_from([f"({p[0]} {op} {p[1]})" for op in "+-*/"])),
        two.map(lambda p: f"BLANKVALUE({p[0]}, {p[1]})"),
        two.map(lambda p: f'CASE(StageName, "Closed Won", {p[0]}, "", 1, {p[1]})'),
        inner.map(lambda n: f"ABS(-{n})"),
        inner.map(lambda n: f"ROUND({n}, 1)"),
        st.tuples(DATES, DATES).map(lambda p: f"({p[0]} - {p[1]})"),
        DATES.map(lambda d: f"YEAR({d})"),
    )


def booleans(inner):
    return st.one_of(
        st.tuples(inner, inner).flatmap(
            lambda p: st.sampled_from([f"({p[0]} {op} {p[1]})" for op in ("=", "<>", "<", ">=")])
        ),
        st.tuples(TEXTS, TEXTS).flatmap(lambda p: st.sampled_from(
            [f"({p[0]} = {p[1]})", f"CONTAINS({p[0]}, {p[1]})", f"BEGINS({p[0]}, {p[1]})", f"ISBLANK({p[0]})"]
        )),
        inner.map(lambda n: f"ISBLANK({n})"),
        st.sampled_from(["IsWon", 'ISPICKVAL(StageName, "Closed Won")', "CloseDate = TODAY()"]),
    )  # fmt: skip


AMOUNTS = st.recursive(NUMBERS, numbers, max_leaves=5)
TESTS = booleans(AMOUNTS)
FORMULAS = st.one_of(
    st.tuples(st.just("double"), st.tuples(TESTS, AMOUNTS, AMOUNTS).map(lambda p: f"IF({p[0]}, {p[1]}, {p[2]})")),
    st.tuples(st.just("percent"), AMOUNTS),
    st.tuples(st.just("boolean"), st.tuples(TESTS, TESTS).map(lambda p: f"AND({p[0]}, NOT({p[1]}) || {p[0]})")),
    st.tuples(st.just("string"), st.tuples(TESTS, TEXTS, TEXTS).map(lambda p: f"IF({p[0]}, {p[1]}, {p[1]} & {p[2]})")),
)
ROWS = st.fixed_dictionaries({
    "Amount": st.none() | st.integers(-(10**17), 10**17),
    "Probability": st.none() | st.integers(0, 100),
    "NextStep": st.none() | st.sampled_from(["a", "Acme", "A"]),
    "StageName": st.sampled_from(["Closed Won", "Prospecting", "closed won"]),
    "CloseDate": st.none() | st.dates(datetime(2020, 1, 1, tzinfo=UTC).date()).map(lambda d: d.isoformat()),
    "IsWon": st.integers(0, 1),
    "AccountId": st.sampled_from([None, ACCOUNT["Id"]]),
})  # fmt: skip


@pytest.fixture(scope="module")
def table():
    database = Database()
    store = Store(database)
    formula.register(database, "UTC")
    database.clock.set(NOW)
    with database.transaction() as connection:
        connection.execute('INSERT INTO "Account" ("Id", "Name", "OwnerId") VALUES (?, ?, ?)',
                           (ACCOUNT["Id"], ACCOUNT["Name"], ACCOUNT["OwnerId"]))  # fmt: skip
        connection.execute('INSERT INTO "User" ("Id", "Username", "Name") VALUES (?, ?, ?)', tuple(USER.values()))
        connection.execute('INSERT INTO "Opportunity" ("Id", "Name", "OwnerId") VALUES (?, ?, ?)',
                           (ROW["Id"], ROW["Name"], ROW["OwnerId"]))  # fmt: skip
    yield database, store
    database.close()


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(FORMULAS, ROWS, st.booleans())
def test_a_formula_field_is_the_same_in_sql_as_worked_out_by_itself(table, made, values, blank_as_zero):
    database, _ = table
    kind, text = made
    field = Field("X__c", kind, "X", 1300, 18, 2, formula=text, blank_as_zero=blank_as_zero, custom=True)
    sets = ", ".join(f'"{name}" = ?' for name in values)
    with database.transaction() as connection:
        connection.execute(f'UPDATE "Opportunity" SET {sets}', list(values.values()))
    sql = formula.column_sql(field, DEAL, CATALOG, "t0", USER["Id"])
    found = database.rows(f'SELECT {sql} FROM "Opportunity" t0')[0][0]
    assert found == formula.field_value(field, DEAL, {**ROW, **values}, context())


def test_a_plain_sum_is_left_to_the_database():
    field = Field("X__c", "currency", "X", 0, 18, 2, formula="Amount * 2 - 1", custom=True)
    assert formula.column_sql(replace(field, formula="SQRT(Amount)"), DEAL, CATALOG, "t0").startswith("sf_formula(")
    assert formula.column_sql(field, DEAL, CATALOG, "t0").startswith("(SELECT CASE")


WORDS = st.sampled_from([
    "Amount", "Name", "StageName", "CloseDate", "CreatedDate", "IsWon", "Account.Name", "$User.Id", "1", "2.5", "'t'",
    "+", "-", "*", "/", "^", "&", "=", "<>", "<", "&&", "||", "!", "(", ")", ",", "IF(", "CASE(", "TEXT(", "MOD(",
    "ROUND(", "ADDMONTHS(", "DATEVALUE(", "LEFT(", "FIND(", "EXP(", "99999999999999999999", "null", "#", '"',
])  # fmt: skip


@settings(max_examples=500, deadline=None)
@given(st.lists(WORDS, max_size=12).map(" ".join) | st.text(max_size=40))
def test_any_text_is_refused_or_has_a_value_or_has_none(text):
    try:
        program = formula.compile_formula(text, DEAL, CATALOG, formula.Purpose.FIELD)
        formula.evaluate(program, ROW, None, context())
    except (formula.FormulaError, formula.FormulaValueError):
        return


def test_times_are_read_and_written():
    assert value('TIMEVALUE("23:59:59.000")') == time(23, 59, 59)
