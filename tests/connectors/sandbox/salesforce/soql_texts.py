"""Random SOQL texts: by the language's rules, and such texts with a word lost, doubled or moved.

`texts` are hypothesis strategies that any engine may be asked about: names are those of an org as it comes, so that
what is well formed can also be run.
"""

from __future__ import annotations

from hypothesis import strategies as st

OBJECTS = {
    "Account": {
        "text": ["Name", "Industry", "Site", "Owner.Name", "Parent.Name"],
        "number": ["NumberOfEmployees", "AnnualRevenue"],
        "date": [],
        "datetime": ["CreatedDate", "SystemModstamp"],
        "flag": ["IsDeleted"],
        "id": ["Id", "OwnerId", "ParentId"],
        "children": ["Contacts", "Opportunities"],
    },
    "Opportunity": {
        "text": ["Name", "StageName", "Account.Name", "Owner.Name", "Account.Owner.Name"],
        "number": ["Amount", "Probability"],
        "date": ["CloseDate"],
        "datetime": ["CreatedDate", "LastModifiedDate"],
        "flag": ["IsWon", "IsClosed"],
        "id": ["Id", "AccountId", "OwnerId"],
        "children": ["Tasks", "OpportunityLineItems"],
    },
    "Contact": {
        "text": ["LastName", "Email", "Account.Name", "Title"],
        "number": [],
        "date": ["Birthdate"],
        "datetime": ["CreatedDate"],
        "flag": ["IsDeleted"],
        "id": ["Id", "AccountId", "OwnerId"],
        "children": ["Tasks"],
    },
}
_OPERATORS = ["=", "!=", "<", "<=", ">", ">="]
_NAMED = [f"{when}_{unit}" for when in ("LAST", "THIS", "NEXT") for unit in ("WEEK", "MONTH", "QUARTER", "YEAR")]
_DAYS = ["TODAY", "YESTERDAY", "TOMORROW", "LAST_90_DAYS", "NEXT_90_DAYS", *_NAMED]
_DAYS += [f"{when}_FISCAL_{unit}" for when in ("LAST", "THIS", "NEXT") for unit in ("QUARTER", "YEAR")]
_COUNTED = ["LAST_N_DAYS", "NEXT_N_DAYS", "LAST_N_WEEKS", "NEXT_N_MONTHS", "LAST_N_QUARTERS", "NEXT_N_FISCAL_YEARS"]
_DATE_FUNCTIONS = ["CALENDAR_YEAR", "CALENDAR_MONTH", "FISCAL_QUARTER", "DAY_IN_WEEK", "WEEK_IN_YEAR"]

_strings = st.sampled_from(["'a'", "'it\\'s'", "''", "'x y'", "'100%'", "'ü'", "'a\\\\b'", "'null'"])
_numbers = st.sampled_from(["0", "5", "-3", "1.5", "+2", "100000"])
_days = st.sampled_from(["2026-01-31", "2024-02-29"]) | st.sampled_from(_DAYS)
_days |= st.builds("{}:{}".format, st.sampled_from(_COUNTED), st.integers(1, 90))
_moments = st.sampled_from(["2026-01-31T12:00:00Z", "2026-01-31T12:00:00.000+01:00"]) | st.sampled_from(_DAYS)
_ids = st.sampled_from(["'001SB0000000001YAA'", "'001SB0000000001'", "''"])
_LITERALS = {
    "text": _strings, "number": _numbers, "date": _days, "datetime": _moments, "id": _ids,
    "flag": st.sampled_from(["true", "FALSE"]),
}  # fmt: skip


def _fields(name: str, *kinds: str) -> list[str]:
    return [field for kind in kinds for field in OBJECTS[name][kind]]


@st.composite
def comparisons(draw: st.DrawFn, name: str) -> str:
    """One condition of an object."""
    kind = draw(st.sampled_from([kind for kind in _LITERALS if OBJECTS[name][kind]]))
    field = draw(st.sampled_from(OBJECTS[name][kind]))
    literal = _LITERALS[kind] | st.just("null")
    if kind in {"flag", "id"}:
        return f"{field} {draw(st.sampled_from(['=', '!=', '<>']))} {draw(literal)}"
    shape = draw(st.sampled_from(["compare", "in", "not in", "like", "function"]))
    if shape in {"in", "not in"}:
        listed = ", ".join(draw(st.lists(literal, min_size=1, max_size=4)))
        return f"{field} {draw(st.sampled_from([shape, shape.upper()]))} ({listed})"
    if shape == "like" and kind == "text":
        return f"{field} LIKE {draw(_strings)}"
    operator = draw(st.sampled_from(_OPERATORS))
    if shape == "function" and kind in {"date", "datetime"}:
        return f"{draw(st.sampled_from(_DATE_FUNCTIONS))}({field}) {operator} {draw(st.integers(1, 2030))}"
    return f"{field} {operator} {draw(literal)}"


def conditions(name: str) -> st.SearchStrategy[str]:
    """Conditions joined by one operator a level, with parentheses between levels."""

    def join(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
        part = inner.map("({})".format) | comparisons(name)
        several = st.lists(part, min_size=2, max_size=3)
        return several.map(" AND ".join) | several.map(" OR ".join) | part.map("NOT {}".format)

    return st.recursive(comparisons(name), join, max_leaves=5)


@st.composite
def _tails(draw: st.DrawFn, name: str) -> str:
    text = ""
    if draw(st.booleans()):
        text += f" WHERE {draw(conditions(name))}"
    if draw(st.booleans()):
        field = draw(st.sampled_from(_fields(name, "text", "number", "date", "datetime", "id")))
        text += f" ORDER BY {field}{draw(st.sampled_from(['', ' ASC', ' desc', ' NULLS LAST', ' DESC NULLS FIRST']))}"
    if draw(st.booleans()):
        text += f" LIMIT {draw(st.integers(0, 100))}"
    return text


@st.composite
def record_queries(draw: st.DrawFn) -> str:
    """Queries of records, some with child records inside."""
    name = draw(st.sampled_from(list(OBJECTS)))
    fields = _fields(name, "text", "number", "date", "datetime", "flag", "id")
    items = draw(st.lists(st.sampled_from(fields), min_size=1, max_size=4, unique=True))
    child = draw(st.sampled_from(["", *OBJECTS[name]["children"]]))
    if child:
        items.append(f"(SELECT Id{draw(st.sampled_from(['', ', CreatedDate', ', Owner.Name']))} FROM {child})")
    offset = draw(st.sampled_from(["", " OFFSET 2"]))
    purpose = draw(st.sampled_from(["", "", " FOR VIEW", " FOR REFERENCE", " FOR UPDATE"]))
    return f"SELECT {', '.join(items)} FROM {name}{draw(_tails(name))}{offset}{purpose}"


@st.composite
def group_queries(draw: st.DrawFn) -> str:
    """Aggregate queries."""
    name = draw(st.sampled_from(["Account", "Opportunity"]))
    keys = draw(st.lists(st.sampled_from(_fields(name, "text", "date", "id")), min_size=1, max_size=3, unique=True))
    numbers = _fields(name, "number")
    items = [
        f"{draw(st.sampled_from(['SUM', 'AVG', 'MIN', 'MAX', 'COUNT']))}({draw(st.sampled_from(numbers))}) x",
        "COUNT(Id)",
    ]
    listed = ", ".join(keys)
    by = draw(st.sampled_from(["{}", "ROLLUP({})", "CUBE({})"])).format(listed)
    having = draw(st.sampled_from(["", " HAVING COUNT(Id) > 1", f" HAVING SUM({numbers[0]}) > 5 AND COUNT(Id) < 9"]))
    where = f" WHERE {draw(conditions(name))}" if draw(st.booleans()) else ""
    plain = [f"{key} k{n}" for n, key in enumerate(keys)]
    return f"SELECT {', '.join([*plain, *items])} FROM {name}{where} GROUP BY {by}{having}"


well_formed = record_queries() | group_queries()


@st.composite
def damaged(draw: st.DrawFn) -> str:
    """A well-formed text with one of its words lost, doubled, moved or put in from elsewhere."""
    words = draw(well_formed).split(" ")
    at = draw(st.integers(0, len(words) - 1))
    how = draw(st.sampled_from(["lose", "double", "swap", "put"]))
    if how == "lose":
        del words[at]
    elif how == "double":
        words.insert(at, words[at])
    elif how == "swap":
        words[at - 1], words[at] = words[at], words[at - 1]
    else:
        words.insert(
            at, draw(st.sampled_from(["AND", "(", ")", ",", "FROM", "WHERE", "'", "=", "NULL", "BY", "%", "NOT"]))
        )
    return " ".join(words)
