"""Amounts of several currencies in one query: their rates, and how SQL converts by them.

SOQL and SOSL Reference, Querying Currency Fields in Multi-Currency Orgs. A rate is how much of a currency one unit of
the corporate currency is (Object Reference, CurrencyType). What a conversion yields is rounded to the field's scale.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from connectors.sandbox.salesforce.org.storage import quote

if TYPE_CHECKING:
    from collections.abc import Mapping

    from connectors.sandbox.salesforce.org.storage import Store
    from connectors.sandbox.salesforce.schema.spec import SObject
    from connectors.sandbox.salesforce.soql.calls import Column

_ONE = 10**6  # ConversionRate has six places
_CODE = "CurrencyIsoCode"
# "Dated exchange rates are used when converting currency fields on opportunities, opportunity line items, and
# opportunity history", each by the day its opportunity closes.
_OF_DEAL = frozenset({"OpportunityHistory", "OpportunityLineItem"})


@dataclass(frozen=True, slots=True)
class Currencies:
    """The currencies of an org that has several: by ISO code, with their rates in millionths."""

    corporate: str
    reader: str  # the currency of who asks
    rates: Mapping[str, int]
    dated: bool  # advanced currency management is on

    def convert(self, column: Column, to: str) -> Column:
        """An amount in another currency; one without a currency of its own is in the corporate one."""
        code = column.code or _text(self.corporate)
        rate, target = self._rate(code, column.day), self._rate(_text(to), column.day)
        size = f"CAST((2 * abs({column.sql}) * {target} + {rate}) / (2 * {rate}) AS INTEGER)"
        signed = f"CASE WHEN {column.sql} < 0 THEN -{size} ELSE {size} END"
        sql = f"(CASE WHEN {code} = {_text(to)} THEN {column.sql} ELSE {signed} END)"
        return replace(column, sql=sql, code=_text(to), owner=None)

    def _rate(self, code: str, day: str) -> str:
        cases = " ".join(f"WHEN {_text(name)} THEN {rate}" for name, rate in self.rates.items())
        plain = f"CASE {code} {cases} ELSE {_ONE} END"
        if not (self.dated and day):
            return f"({plain})"
        sql = (
            f"SELECT r.ConversionRate FROM DatedConversionRate r WHERE r.IsoCode = {code}"
            f" AND r.StartDate <= {day} AND r.NextStartDate > {day}"
        )
        return f"COALESCE(({sql}), {plain})"


def read_currencies(store: Store, user_id: str) -> Currencies | None:
    """The org's currencies as a user sees amounts; None in an org with a single one."""
    rows = store.database.rows("SELECT IsoCode, ConversionRate, IsActive, IsCorporate FROM CurrencyType")
    if not rows:
        return None
    corporate = next((row["IsoCode"] for row in rows if row["IsCorporate"]), rows[0]["IsoCode"])
    own = store.database.rows("SELECT DefaultCurrencyIsoCode FROM User WHERE Id = ?", (user_id,))
    rates = {row["IsoCode"]: row["ConversionRate"] or _ONE for row in rows if row["IsActive"] or row["IsCorporate"]}
    dated = bool(store.database.rows("SELECT 1 FROM DatedConversionRate LIMIT 1"))
    return Currencies(corporate, (own[0][0] if own else None) or corporate, rates, dated)


def currency_of(owner: SObject, table: str) -> tuple[str, str]:
    """The SQL of a record's currency, and of the day whose rate it is converted by; "" where there is none."""
    if not owner.find(_CODE):
        return "", ""
    code = f"{table}.{quote(_CODE)}"
    if owner.name == "Opportunity":
        return code, f'{table}."CloseDate"'
    if owner.name not in _OF_DEAL:
        return code, ""
    deal = f'FROM "Opportunity" deal WHERE deal."Id" = {table}."OpportunityId"'
    return f"COALESCE({code}, (SELECT deal.{quote(_CODE)} {deal}))", f'(SELECT deal."CloseDate" {deal})'


def _text(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"
