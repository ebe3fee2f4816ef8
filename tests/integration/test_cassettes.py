"""What real accounts answered, replayed through vcrpy to HubSpot's adapter: it becomes the right rows, value by value.

The recordings lie beside the repository, in ../shared/recorded; any further one that is put there is replayed too. What
is expected is worked out here from the recorded text, by other means than the adapter's.
"""

from __future__ import annotations

from copy import deepcopy
from datetime import UTC, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest
from cassettes import STREAMS, Account, Played, around, record_backdrop
from recordings import read_exchanges

from config.model import OBJECTS, FieldType
from connectors.errors import ConnectorError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from cassettes import Backdrop
    from recordings import Exchange

    from connectors.base import Page, Row

    Json = dict[str, Any]
    Answers = list[tuple[str, str, Json]]  # which exchanges, of which type, as a list would give them

# Which property fills a field of ours as it stands; what is worked out of several is shown elsewhere.
FILLED = {
    "companies": {
        "name": "name",
        "owner_id": "hubspot_owner_id",
        "industry": "industry",
        "country": "country",
        "region": "state",
        "employees": "numberofemployees",
        "annual_revenue": "annualrevenue",
    },
    "contacts": {"owner_id": "hubspot_owner_id", "status": "lifecyclestage", "source": "hs_analytics_source"},
    "deals": {
        "name": "dealname",
        "owner_id": "hubspot_owner_id",
        "amount": "amount",
        "type": "dealtype",
        "next_step": "hs_next_step",
    },
    "products": {"name": "name", "code": "hs_sku"},
    "line_items": {
        "product_id": "hs_product_id",
        "quantity": "quantity",
        "amount": "amount",
        "unit_price": "price",
    },
}
ACTIVITIES = {"calls": "call-", "emails": "email-", "meetings": "meeting-", "tasks": "task-", "communications": "chat-"}
# Other names that the same types go by in paths.
NAMES = {"0-1": "contacts", "0-2": "companies", "0-3": "deals", "0-7": "products", "0-8": "line_items"}


@pytest.fixture(scope="module")
def exchanges(recorded_hubspot: Path) -> list[Exchange]:
    return list(read_exchanges(recorded_hubspot))


@pytest.fixture(scope="module")
def backdrop(exchanges: list[Exchange], tmp_path_factory: pytest.TempPathFactory) -> Backdrop:
    stamps = [record["updatedAt"] for each in exchanges for record in each.records if "updatedAt" in record]
    return record_backdrop(tmp_path_factory.mktemp("backdrop"), *around(stamps))


@pytest.fixture
def account(exchanges: list[Exchange], backdrop: Backdrop, tmp_path: Path) -> Callable[[str], Account]:
    """An account of records of one type, with the recorded definitions of its properties where there are any."""
    return lambda kind: Account(backdrop, tmp_path, kind, definitions(exchanges, kind))


@pytest.fixture(scope="module")
def answers(exchanges: list[Exchange]) -> Answers:
    """Every recorded answer that holds live records, as a list; single records of a type together, each id once."""
    found: Answers = []
    singles: dict[str, list[dict[str, tuple[int, Json]]]] = {}
    for number, each in enumerate(exchanges):
        kind = kind_of(each)
        live = [record for record in each.records if not record.get("archived")]
        if kind not in STREAMS or kind == "users" or not live or each.status >= 300:
            continue
        if isinstance(each.response, dict) and "results" in each.response:
            found.append((str(number), kind, {**each.response, "results": live}))
            continue
        groups = singles.setdefault(kind, [])
        group = next((group for group in groups if str(live[0]["id"]) not in group), None)
        if group is None:
            groups.append(group := {})
        group[str(live[0]["id"])] = (number, live[0])
    for kind, groups in singles.items():
        for group in groups:
            numbers = ", ".join(str(number) for number, _ in group.values())
            found.append((numbers, kind, {"results": [record for _, record in group.values()]}))
    assert found
    return found


def kind_of(exchange: Exchange) -> str:
    """The type of records that the exchange is about, by the name that our adapter calls it; else empty."""
    match exchange.words:
        case ["crm", "objects", kind, *_]:
            return next((each for each in STREAMS if kind.lower() in (each, each[:-1])), NAMES.get(kind, ""))
    return ""


def definitions(exchanges: list[Exchange], kind: str) -> list[Played]:
    path = f"/crm/v3/properties/{kind}"
    recorded = [each.response for each in exchanges if each.path.split("?")[0] == path and each.status == 200]
    return [Played("GET", path, 200, answer) for answer in recorded[-1:] if "results" in answer]


def ids(answer: Json) -> list[str]:
    return [str(record["id"]) for record in answer["results"]]


def wrong(kind: str, pages: Sequence[Page], answer: Json) -> list[str]:
    """How the rows differ from what the records say."""
    [name] = {STREAMS[kind].split(".")[0]}
    rows: dict[str, Row] = {str(row.values["id"]): row for page in pages for row in page.rows.get(name, ())}
    prefix = ACTIVITIES.get(kind, "")
    expected = {prefix + str(record["id"]): record for record in answer["results"]}
    found = [f"no row {each}" for each in expected.keys() - rows.keys()]
    found += [f"a row {each} of nothing" for each in rows.keys() - expected.keys()]
    for each in expected.keys() & rows.keys():
        found += [f"{each}.{line}" for line in differences(kind, name, rows[each], expected[each])]
    if not pages or not pages[-1].complete:
        found.append("the sweep is not complete")
    return found


def differences(kind: str, name: str, row: Row, record: Json) -> Iterator[str]:
    """The fields whose value is not what the record's text says; every other field of the model is there, too."""
    properties = record.get("properties") or {}
    stamps = ("hs_lastmodifieddate", "lastmodifieddate")
    modified = record.get("updatedAt") or next((properties[each] for each in stamps if properties.get(each)), None)
    created = record.get("createdAt") or properties.get("createdate") or properties.get("hs_createdate")
    wanted = {field: as_ours(name, field, properties.get(prop)) for field, prop in FILLED.get(kind, {}).items()}
    if "created_at" in OBJECTS[name].fields:
        wanted["created_at"] = instant(created)
    if kind in ACTIVITIES:
        wanted |= {"owner_id": properties.get("hubspot_owner_id") or None, "kind": ACTIVITIES[kind][:-1]}
    for field, value in wanted.items():
        if row.values[field] != value or type(row.values[field]) is not type(value):
            yield f"{field}: {row.values[field]!r} for {value!r}"
    if row.values.keys() != OBJECTS[name].fields.keys():
        yield f"fields: {sorted(row.values)}"
    if row.modified_at != instant(modified):
        yield f"modified_at: {row.modified_at} for {modified}"
    if row.deleted:
        yield "deleted"


def as_ours(name: str, field: str, value: object) -> str | int | None:
    """A property's value as our field has it."""
    text = "" if value is None else str(value)
    if not text:
        return None
    if OBJECTS[name].fields[field] is FieldType.DECIMAL:
        return f"{Decimal(text).normalize():f}"
    return int(Decimal(text)) if OBJECTS[name].fields[field] is FieldType.INTEGER else text


def instant(text: str | None) -> str | None:
    """A stamp in the one form that the store has: UTC, with milliseconds."""
    if not text:
        return None
    moment = datetime.fromisoformat(text).astimezone(UTC)
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{moment.microsecond // 1000:03d}Z"


def all_wrong(answers: Answers, read: Callable[[str, Json], Sequence[Page]]) -> dict[str, list[str]]:
    """What is wrong with the rows of each recorded answer, by the numbers of its exchanges."""
    found = {f"{kind} of {numbers}": wrong(kind, read(kind, answer), answer) for numbers, kind, answer in answers}
    return {place: lines for place, lines in found.items() if lines}


def test_every_recorded_record_becomes_its_row_in_a_first_sweep(
    answers: Answers, account: Callable[[str], Account]
) -> None:
    assert all_wrong(answers, lambda kind, answer: account(kind).listed(answer)) == {}


def test_every_recorded_record_becomes_its_row_in_a_later_sweep(
    answers: Answers, account: Callable[[str], Account]
) -> None:
    assert all_wrong(answers, lambda kind, answer: account(kind).found(answer)) == {}


def test_every_recorded_record_becomes_its_row_when_it_is_asked_for_by_id(
    answers: Answers, account: Callable[[str], Account]
) -> None:
    def fetch(kind: str, answer: Json) -> list[Page]:
        shuffled = {"results": answer["results"][::-1]}  # HubSpot answers in an order of its own
        return account(kind).fetched(shuffled, ids(answer))

    assert all_wrong(answers, fetch) == {}


@pytest.fixture
def one(answers: Answers) -> tuple[str, Json]:
    """A recorded record that the tests below change, and its type."""
    return next((kind, record) for _, kind, answer in answers for record in answer["results"] if record["properties"])


def changed(record: Json, **changes: Any) -> Json:
    """A copy with other members; those named like properties go into its properties."""
    other = deepcopy(record)
    for name, value in changes.items():
        (other["properties"] if name.startswith("hs_") or name in other["properties"] else other)[name] = value
    return other


def test_members_that_nobody_knows_are_passed_over(one: tuple[str, Json], account: Callable[[str], Account]) -> None:
    kind, record = one
    answer = {"results": [changed(record, objectWriteTraceId="x", url="https://app", futures=[{"a": None}])], "more": 1}
    assert wrong(kind, account(kind).listed(answer), answer) == []


def test_ids_and_values_that_come_as_numbers_are_text_to_us(
    one: tuple[str, Json], account: Callable[[str], Account]
) -> None:
    kind, record = one
    answer = {"results": [changed(record, id=int(record["id"]), hs_object_id=int(record["id"]))]}
    assert wrong(kind, account(kind).listed(answer), answer) == []
    assert wrong(kind, account(kind).fetched(answer, [record["id"]]), answer) == []


def test_a_record_without_any_value_is_a_row_of_empty_fields(
    one: tuple[str, Json], account: Callable[[str], Account]
) -> None:
    kind, record = one
    kept = {"hs_object_id", "createdate", "lastmodifieddate", "hs_lastmodifieddate"}
    properties = {name: value if name in kept else None for name, value in record["properties"].items()}
    answer = {"results": [{**record, "properties": properties}]}
    assert wrong(kind, account(kind).listed(answer), answer) == []


def test_an_archived_record_among_live_ones_never_becomes_a_live_row(
    answers: Answers, account: Callable[[str], Account]
) -> None:
    _, kind, answer = next(each for each in answers if len(each[2]["results"]) > 1)
    gone, *live = answer["results"]
    mixed = {"results": [changed(gone, archived=True, archivedAt=gone["updatedAt"]), *live]}
    pages = account(kind).listed(mixed)
    rows = {row.values["id"]: row for page in pages for row in page.rows.get(STREAMS[kind].split(".")[0], ())}
    assert str(gone["id"]) not in rows or rows[str(gone["id"])].deleted


def test_ids_that_are_gone_are_left_out_of_a_partial_answer(
    one: tuple[str, Json], account: Callable[[str], Account]
) -> None:
    kind, record = one
    missing = {
        "status": "error",
        "category": "OBJECT_NOT_FOUND",
        "message": f"Could not get some {kind.upper()} objects, they may be deleted or not exist.",
        "context": {"ids": ["404"]},
    }
    answer = {"results": [record], "numErrors": 1, "errors": [missing]}
    assert wrong(kind, account(kind).fetched(answer, [record["id"], "404"], 207), {"results": [record]}) == []
    del missing["context"]
    assert wrong(kind, account(kind).fetched(answer, [record["id"], "404"], 207), {"results": [record]}) == []


def test_a_record_that_was_merged_into_another_is_answered_by_that_one(
    one: tuple[str, Json], account: Callable[[str], Account]
) -> None:
    kind, record = one
    winner = changed(record, hs_merged_object_ids="404;405")
    pages = account(kind).fetched({"results": [winner]}, ["404"])
    [name] = {STREAMS[kind].split(".")[0]}
    assert [row.values["id"] for page in pages for row in page.rows[name]] == [record["id"]]
    assert {(gone.id, gone.into) for page in pages for gone in page.gone} >= {("404", record["id"])}


def test_recorded_properties_are_told_as_they_are_defined(
    exchanges: list[Exchange], account: Callable[[str], Account]
) -> None:
    defined = {kind: definitions(exchanges, kind) for kind in STREAMS}
    found = {kind: played[0].body["results"] for kind, played in defined.items() if played}
    assert found
    for kind, raws in found.items():
        told = account(kind).described().fields[STREAMS[kind].split(".")[0]]
        for raw in raws:
            ours, frozen = told[raw["name"]], (raw.get("modificationMetadata") or {}).get("readOnlyValue")
            assert (ours.label, ours.type) == (raw["label"], raw["type"])
            assert not (ours.updateable and (frozen or raw.get("calculated")))
            assert (ours.decimals is None) == (raw["type"] != "number")


def test_a_recorded_user_is_the_row_of_the_owner_that_it_is(
    exchanges: list[Exchange], backdrop: Backdrop, tmp_path: Path
) -> None:
    users = [record for each in exchanges if kind_of(each) == "users" for record in each.records]
    assert users
    for number, user in enumerate(users):
        named = user["properties"]
        names = {"email": "hs_email", "firstName": "hs_given_name", "lastName": "hs_family_name"}
        owner = {"id": str(900 + number), "userId": 77, "archived": False}
        owner |= {name: named.get(prop) for name, prop in names.items()}
        owners = Played("GET", "/crm/v3/owners", 200, {"results": [owner]})
        pages = Account(backdrop, tmp_path, "users", [owners]).listed(
            {"results": [changed(user, hs_internal_user_id="77")]}
        )
        [row] = [row for page in pages for row in page.rows.get("user", ())]
        whole = " ".join(filter(None, (named.get("hs_given_name"), named.get("hs_family_name"))))
        assert (row.values["id"], row.values["record_id"]) == (owner["id"], user["id"])
        assert (row.values["name"], row.values["email"], row.values["active"]) == (whole, named.get("hs_email"), 1)


def test_a_recorded_refusal_is_an_error_in_our_words(
    exchanges: list[Exchange], account: Callable[[str], Account]
) -> None:
    refusals = [each for each in exchanges if each.status >= 400 and kind_of(each) in STREAMS]
    assert refusals
    for each in refusals:
        with pytest.raises(ConnectorError) as refused:
            account(kind_of(each)).refused(each.status, each.response)
        assert "<" not in str(refused.value)
        assert len(str(refused.value)) < 1000


def test_an_object_type_that_a_recorded_account_did_not_show_is_not_described(
    exchanges: list[Exchange], backdrop: Backdrop, tmp_path: Path
) -> None:
    refused = [each for each in exchanges if each.words[1:2] == ["properties"] and each.status == 403]
    assert refused
    for each in refused:
        kind = each.words[2]
        played = Played("GET", f"/crm/v3/properties/{kind}", 403, each.response)
        description = Account(backdrop, tmp_path, kind, [played]).described()
        assert STREAMS[kind].split(".")[0] not in description.fields
