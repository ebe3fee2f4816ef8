"""The account's currencies: its own, further ones, and the dated rates from each to it (currencies guide)."""

from __future__ import annotations

import re
from decimal import ROUND_HALF_UP, Decimal
from typing import TYPE_CHECKING, Any

from starlette.responses import Response

from connectors.sandbox.hubspot.call import object_list, record_id, required, scalar
from connectors.sandbox.hubspot.definitions.schema import Option
from connectors.sandbox.hubspot.errors import json_response, missing, validation
from connectors.sandbox.hubspot.values import ValueRefusedError, decimal_text, parse_datetime, parse_number

if TYPE_CHECKING:
    from collections.abc import Mapping
    from sqlite3 import Row

    from connectors.sandbox.hubspot.call import Call
    from connectors.sandbox.hubspot.routes import Routes
    from connectors.sandbox.hubspot.store import Store

DEFAULT = "USD"
BATCH = 100
_RATE = re.compile(r"\d{1,12}(\.\d+)?", re.ASCII)
# Where an option of the account's currencies is a value of a record.
PROPERTIES = (
    ("deals", "deal_currency_code"),
    ("line_items", "hs_line_item_currency_code"),
    ("quotes", "hs_currency"),
    ("orders", "hs_currency_code"),
    ("invoices", "hs_currency"),
    ("goal_targets", "hs_currency"),
)

_NAMES = """
AED United Arab Emirates Dirham|ARS Argentine Peso|AUD Australian Dollar|BDT Bangladeshi Taka|BGN Bulgarian Lev
BHD Bahraini Dinar|BRL Brazilian Real|BWP Botswana Pula|CAD Canadian Dollar|CHF Swiss Franc|CLP Chilean Peso
CNY Chinese Yuan|COP Colombian Peso|CRC Costa Rican Colon|CZK Czech Koruna|DKK Danish Krone|DOP Dominican Peso
EGP Egyptian Pound|EUR Euro|GBP British Pound|GEL Georgian Lari|GHS Ghanaian Cedi|GTQ Guatemalan Quetzal
HKD Hong Kong Dollar|HNL Honduran Lempira|HUF Hungarian Forint|IDR Indonesian Rupiah|ILS Israeli New Shekel
INR Indian Rupee|ISK Icelandic Krona|JMD Jamaican Dollar|JOD Jordanian Dinar|JPY Japanese Yen|KES Kenyan Shilling
KRW South Korean Won|KWD Kuwaiti Dinar|KZT Kazakhstani Tenge|LBP Lebanese Pound|LKR Sri Lankan Rupee
MAD Moroccan Dirham|MUR Mauritian Rupee|MXN Mexican Peso|MYR Malaysian Ringgit|NGN Nigerian Naira|NOK Norwegian Krone
NPR Nepalese Rupee|NZD New Zealand Dollar|OMR Omani Rial|PAB Panamanian Balboa|PEN Peruvian Sol|PHP Philippine Peso
PKR Pakistani Rupee|PLN Polish Zloty|PYG Paraguayan Guarani|QAR Qatari Riyal|RON Romanian Leu|RSD Serbian Dinar
RUB Russian Ruble|RWF Rwandan Franc|SAR Saudi Riyal|SEK Swedish Krona|SGD Singapore Dollar|THB Thai Baht
TND Tunisian Dinar|TRY Turkish Lira|TTD Trinidad and Tobago Dollar|TWD New Taiwan Dollar|TZS Tanzanian Shilling
UAH Ukrainian Hryvnia|UGX Ugandan Shilling|USD US Dollar|UYU Uruguayan Peso|VND Vietnamese Dong|XAF CFA Franc BEAC
XCD East Caribbean Dollar|XOF CFA Franc BCEAO|XPF CFP Franc|ZAR South African Rand|ZMW Zambian Kwacha
"""
CODES = {each[:3]: each[4:] for line in _NAMES.strip().splitlines() for each in line.split("|")}


def company_currency(store: Store) -> str:
    """The code of the account's own currency."""
    rows = store.database.rows("SELECT code FROM hs_company_currency")
    return rows[0][0] if rows else DEFAULT


def further_currencies(store: Store) -> list[str]:
    """The codes of the account's other currencies that are in use."""
    return [row[0] for row in store.database.rows("SELECT DISTINCT code FROM hs_rate WHERE visible ORDER BY code")]


def current_rates(store: Store) -> dict[str, Decimal]:
    """What a unit of each currency is worth in the account's own now; empty where there is only that one."""
    own = company_currency(store)
    rows = store.database.rows(
        "SELECT code, rate FROM hs_rate WHERE effective <= ? AND target = ? ORDER BY effective, id", (store.now(), own)
    )
    return {own: Decimal(1), **{row["code"]: Decimal(row["rate"]) for row in rows}} if rows else {}


def list_codes(_: Call) -> Response:
    """GET /settings/v3/currencies/codes."""
    return json_response({"results": [{"currencyCode": code, "currencyName": name} for code, name in CODES.items()]})


def read_company(call: Call) -> Response:
    """GET /settings/v3/currencies/company-currency."""
    return json_response(_company_body(call.store))


def set_company(call: Call) -> Response:
    """PUT /settings/v3/currencies/company-currency: refused while there are rates to the old one."""
    body = call.json()
    code = _code(body, "currencyCode")
    with call.store.database.transaction() as connection:
        if code != company_currency(call.store) and further_currencies(call.store):
            raise validation("The company currency cannot be changed while the account has additional currencies.")
        connection.execute("DELETE FROM hs_company_currency")
        connection.execute(
            "INSERT INTO hs_company_currency VALUES (?, ?, ?)", (code, call.store.now(), call.store.now())
        )
        _offer(call.store, code)
    return json_response(_company_body(call.store))


def list_rates(call: Call) -> Response:
    """GET /settings/v3/currencies/exchange-rates: every rate there has been, oldest first."""
    limit = call.number("limit", 100, 100)
    where = "id >= ?"
    values: list[Any] = [call.after()]
    for name, column in (("fromCurrencyCode", "code"), ("toCurrencyCode", "target")):
        if name in call.query:
            where, values = f"{where} AND {column} = ?", [*values, _code({name: call.query[name]}, name)]
    rows = call.store.database.rows(f"SELECT * FROM hs_rate WHERE {where} ORDER BY id LIMIT ?", [*values, limit + 1])
    body: dict[str, Any] = {"results": [_body(row) for row in rows[:limit]]}
    if len(rows) > limit:
        after = str(rows[limit]["id"])
        body["paging"] = {"next": {"after": after, "link": f"{call.origin}{call.path}?limit={limit}&after={after}"}}
    return json_response(body)


def list_current(call: Call) -> Response:
    """GET /settings/v3/currencies/exchange-rates/current: of each currency the rate that is in force."""
    rows = call.store.database.rows(
        "SELECT * FROM (SELECT *, row_number() OVER (PARTITION BY code ORDER BY effective DESC, id DESC) AS place"
        " FROM hs_rate WHERE effective <= ? AND target = ?) WHERE place = 1 ORDER BY code",
        (call.store.now(), company_currency(call.store)),
    )
    return json_response({"results": [_body(row) for row in rows]})


def create_rate(call: Call) -> Response:
    """POST /settings/v3/currencies/exchange-rates."""
    with call.store.database.transaction():
        return json_response(_create(call, call.json()))


def read_rate(call: Call) -> Response:
    """GET /settings/v3/currencies/exchange-rates/{rate}."""
    return json_response(_body(_rate(call.store, call.params["rate"])))


def update_rate(call: Call) -> Response:
    """PATCH /settings/v3/currencies/exchange-rates/{rate}."""
    with call.store.database.transaction():
        return json_response(_update(call, call.params["rate"], call.json()))


def set_visibility(call: Call) -> Response:
    """POST /settings/v3/currencies/exchange-rates/update-visibility: a currency that is hidden is in use no more."""
    body = call.json()
    required(body, "fromCurrencyCode", "toCurrencyCode", "visibleInUI")
    if not isinstance(body["visibleInUI"], bool):
        raise validation("visibleInUI must be true or false")
    pair = _code(body, "fromCurrencyCode"), _code(body, "toCurrencyCode")
    with call.store.database.transaction() as connection:
        change = "UPDATE hs_rate SET visible = ?, updated = ? WHERE code = ? AND target = ?"
        if not connection.execute(change, (body["visibleInUI"], call.store.now(), *pair)).rowcount:
            raise missing(f"There is no exchange rate from {pair[0]} to {pair[1]}")
    return Response(status_code=204)


def batch_create(call: Call) -> Response:
    """POST /settings/v3/currencies/exchange-rates/batch/create: all or none."""
    return _batch(call, lambda each: _create(call, each), 201)


def batch_read(call: Call) -> Response:
    """POST /settings/v3/currencies/exchange-rates/batch/read."""
    return _batch(call, lambda each: _body(_rate(call.store, _id(each))), 200)


def batch_update(call: Call) -> Response:
    """POST /settings/v3/currencies/exchange-rates/batch/update: all or none."""
    return _batch(call, lambda each: _update(call, _id(each), each), 200)


def read_central(_: Call) -> Response:
    """GET /settings/v3/currencies/central-fx-rates/information: HubSpot's own rates are off here."""
    return json_response({"centralExchangeRatesEnabled": False})


def _create(call: Call, body: Mapping[str, Any]) -> dict[str, Any]:
    required(body, "fromCurrencyCode", "conversionRate")
    code, own, now = _code(body, "fromCurrencyCode"), company_currency(call.store), call.store.now()
    if code == own:
        raise validation(f"{code} is the company currency: it needs no exchange rate.")
    row = (code, own, _conversion(body), _effective(body) or now, now, now, True)
    with call.store.database.transaction() as connection:
        columns = "code, target, rate, effective, created, updated, visible"
        statement = f"INSERT INTO hs_rate ({columns}) VALUES (?, ?, ?, ?, ?, ?, ?)"
        number = connection.execute(statement, row).lastrowid
    _offer(call.store, code)
    return _body(_rate(call.store, str(number)))


def _update(call: Call, number: str, body: Mapping[str, Any]) -> dict[str, Any]:
    required(body, "conversionRate")
    kept = _rate(call.store, number)
    row = (_conversion(body), _effective(body) or kept["effective"], call.store.now(), kept["id"])
    call.store.database.write("UPDATE hs_rate SET rate = ?, effective = ?, updated = ? WHERE id = ?", [row])
    return _body(_rate(call.store, number))


def _batch(call: Call, one: Any, done: int) -> Response:
    begun, inputs = call.store.now(), object_list(call.json(), "inputs")
    if len(inputs) > BATCH:
        raise validation(f"The maximum number of inputs supported in a batch request is {BATCH}.")
    with call.store.database.transaction():
        results = [one(each) for each in inputs]
    body = {"status": "COMPLETE", "results": results, "startedAt": begun, "completedAt": call.store.now()}
    return json_response(body, done)


def _offer(store: Store, code: str) -> None:
    """Make a currency one that records may have."""
    for kind, name in PROPERTIES:
        definition = store.catalog.of(kind)[name]
        if code not in {option.value for option in definition.options}:
            added = Option(code, CODES[code], len(definition.options))
            store.catalog.save(kind, [definition.with_options((*definition.options, added))])


def _rate(store: Store, number: str) -> Row:
    rows = store.database.rows("SELECT * FROM hs_rate WHERE id = ?", (record_id(number),))
    if not rows:
        raise missing(f"Exchange rate {number} does not exist")
    return rows[0]


def _body(row: Row) -> dict[str, Any]:
    return {
        "id": str(row["id"]),
        "fromCurrencyCode": row["code"],
        "toCurrencyCode": row["target"],
        "conversionRate": float(row["rate"]),  # a JSON number of at most six decimals: exact as text on both sides
        "effectiveAt": row["effective"],
        "createdAt": row["created"],
        "updatedAt": row["updated"],
        "visibleInUI": bool(row["visible"]),
    }


def _company_body(store: Store) -> dict[str, Any]:
    rows = store.database.rows("SELECT * FROM hs_company_currency")
    created, updated = (rows[0]["created"], rows[0]["updated"]) if rows else (store.born, store.born)
    return {"id": "1", "currencyCode": company_currency(store), "createdAt": created, "updatedAt": updated}


def _conversion(body: Mapping[str, Any]) -> str:
    """The rate as text: what goes beyond six decimals is rounded (guide)."""
    text = scalar(body["conversionRate"], "conversionRate")
    try:
        plain = f"{Decimal(parse_number(text)):f}"
    except ValueRefusedError:
        plain = ""
    if not _RATE.fullmatch(plain) or not (rate := Decimal(plain).quantize(Decimal("0.000001"), ROUND_HALF_UP)):
        raise validation(f"Invalid conversionRate '{text}': it must be a number greater than 0.")
    return decimal_text(rate)


def _effective(body: Mapping[str, Any]) -> str | None:
    if body.get("effectiveAt") is None:
        return None
    try:
        return parse_datetime(scalar(body["effectiveAt"], "effectiveAt"))
    except ValueRefusedError as error:
        raise validation(f"Invalid effectiveAt: {error}") from None


def _code(body: Mapping[str, Any], name: str) -> str:
    required(body, name)
    code = scalar(body[name], name)
    if code not in CODES:
        raise validation(f"Invalid {name} '{code}': it is not a currency that HubSpot supports.")
    return code


def _id(body: Mapping[str, Any]) -> str:
    required(body, "id")
    return scalar(body["id"], "id")


_TABLE: Routes = {
    "/codes": {"GET": list_codes},
    "/company-currency": {"GET": read_company, "PUT": set_company},
    "/central-fx-rates/information": {"GET": read_central},
    "/exchange-rates": {"GET": list_rates, "POST": create_rate},
    "/exchange-rates/current": {"GET": list_current},
    "/exchange-rates/update-visibility": {"POST": set_visibility},
    "/exchange-rates/batch/create": {"POST": batch_create},
    "/exchange-rates/batch/read": {"POST": batch_read},
    "/exchange-rates/batch/update": {"POST": batch_update},
    "/exchange-rates/{rate}": {"GET": read_rate, "PATCH": update_rate},
}
ROUTES: Routes = {
    f"{base}{path}": handlers
    for base in ("/settings/v3/currencies", "/settings/currencies/{version:dated}")
    for path, handlers in _TABLE.items()
}
