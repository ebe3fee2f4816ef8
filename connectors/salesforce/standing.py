"""What stands in some records now, straight from the records, as a plan compares and checks it."""

from __future__ import annotations

from operator import itemgetter
from typing import TYPE_CHECKING, Any

from simple_salesforce.format import quote_soql_value

from connectors.salesforce.rows import DELETED, ID, Shape
from connectors.salesforce.values import custom_text
from connectors.salesforce.wide import IDS, SHORT, read_together
from connectors.storable import storable_text
from connectors.writing import Standing

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from connectors.salesforce.rows import Values
    from connectors.salesforce.session import Session
    from connectors.salesforce.targets import Place

LONGEST_LIST = 40_000  # characters of one condition; a statement may have 100,000 (Salesforce Developer Limits)

_MADE_BY, _CHANGED_BY, _CLOSED = "CreatedById", "LastModifiedById", "IsClosed"


def read_standing(session: Session, place: Place, fields: Sequence[str], names: Sequence[str]) -> dict[str, Standing]:
    """The present values by name, as `Row.custom` writes them; what is not there is left out.

    A field that our login does not see is left out. One that holds what no row of ours could is empty.
    """
    by, asked = place.target.key or ID, dict.fromkeys(names)
    known = {each[:SHORT]: each for each in asked} if by == ID else _keys(asked)
    signs = _signs(place, fields) if place.target.creates else []
    found: dict[str, Standing] = {}
    for record in _read(session, place, (*place.seen(fields), *signs), by, asked):
        given = str(record[by])
        name = known.get(given[:SHORT] if by == ID else given) or known.get(given.casefold())
        if name is not None and name not in found:
            theirs = bool(signs) and _is_theirs(record, signs, session.user_id)
            found[name] = Standing(record[ID], read_values(place, fields, record), theirs)
    return found


def _signs(place: Place, fields: Sequence[str]) -> list[str]:
    """What tells that others worked on a record that we made: who changed it last, whether it is closed, and the
    admin's own fields, besides these of ours, that only people or their automation fill."""
    marks = [mark for mark in (_MADE_BY, _CHANGED_BY, _CLOSED) if mark in place.sobject.fields]
    ours = {place.target.key, *map(place.field, fields)}
    return marks + [
        name
        for name, found in place.sobject.fields.items()
        if name.endswith("__c") and found.crm.updateable and not found.defaulted and name not in ours
    ]


def _is_theirs(record: Mapping[str, Any], signs: Iterable[str], login: str) -> bool:
    """Whether others worked on the record. What a flow or a trigger does runs as whoever caused it, so that what our
    own writes set off is ours; a record is ours, too, if the login that made it was another one of ours."""
    changed_by, made_by = (str(record.get(mark) or "")[:SHORT] for mark in (_CHANGED_BY, _MADE_BY))
    if changed_by not in {"", login[:SHORT], made_by}:
        return True
    told = (record[sign] for sign in signs if sign not in {_CHANGED_BY, _MADE_BY})
    return any(value is not None and value is not False for value in told)  # a 0 is somebody's; Salesforce has no ""


def read_values(place: Place, fields: Sequence[str], record: Mapping[str, Any]) -> dict[str, str | None]:
    """The values of a record by the names they were asked by, as `Row.custom` writes them."""
    paths = {ours: place.field(ours) for ours in fields}
    return {ours: _text(record[path], place.type_of(path)) for ours, path in paths.items() if path in record}


def lists(names: Iterable[str]) -> Iterator[str]:
    """The names as the lists of SOQL conditions, each of so many as a query takes."""
    part: list[str] = []
    size = 0
    for name in names:
        quoted = quote_soql_value(name)
        if part and (len(part) == IDS or size + len(quoted) > LONGEST_LIST):
            yield ", ".join(part)
            part, size = [], 0
        part.append(quoted)
        size += len(quoted) + 2
    if part:
        yield ", ".join(part)


def _read(
    session: Session, place: Place, fields: Iterable[str], by: str, names: Iterable[str]
) -> Iterator[dict[str, Any]]:
    """The live records that have these names, by Salesforce's field, in order of their ids."""
    sobject = place.sobject
    marks = [mark for mark in (ID, by, DELETED) if mark in sobject.fields]
    asked = tuple(dict.fromkeys((*marks, *fields)))
    select = f"SELECT {', '.join(asked)} FROM {sobject.name}"
    queries = [f"{select} WHERE {by} IN ({listed})" for listed in lists(names)]
    records: list[Values] = read_together(session, queries, Shape(sobject.name, asked))
    for record in sorted(records, key=itemgetter(0)):
        held = dict(zip(asked, record, strict=True))
        if held.get(DELETED) is not True:
            yield held


def _keys(names: Iterable[str]) -> dict[str, str]:
    """The names, and the same as Salesforce compares them: without regard to capitals, unless the field is told to."""
    asked = list(names)
    return {name.casefold(): name for name in asked} | {name: name for name in asked}


def _text(value: Any, crm_type: str) -> str | None:
    try:
        text = custom_text(value, crm_type)
        return text if text is None else storable_text(text)
    except ValueError:
        return None
