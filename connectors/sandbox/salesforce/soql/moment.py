"""When and for whom a query runs: what date literals, date functions and FORMAT() depend on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime, tzinfo

    from connectors.sandbox.salesforce.soql.money import Currencies

SUNDAY, MONDAY, SATURDAY = 0, 1, 6
# Unicode CLDR, supplemental week data: the territories whose week begins on Sunday or Saturday; elsewhere on Monday.
_SUNDAYS = frozenset((
    "AG", "AS", "AU", "BD", "BR", "BS", "BT", "BW", "BZ", "CA", "CO", "DM", "DO", "ET", "GT", "GU", "HK", "HN", "ID",
    "IL", "IN", "JM", "JP", "KE", "KH", "KR", "LA", "MH", "MM", "MO", "MT", "MX", "MZ", "NI", "NP", "PA", "PE", "PH",
    "PK", "PR", "PT", "PY", "SA", "SG", "SV", "TH", "TT", "TW", "UM", "US", "VE", "VI", "WS", "YE", "ZA", "ZW",
))  # fmt: skip
_SATURDAYS = frozenset((
    "AE", "AF", "BH", "DJ", "DZ", "EG", "IQ", "IR", "JO", "KW", "LY", "OM", "QA", "SD", "SY",
))  # fmt: skip


@dataclass(frozen=True, slots=True)
class Moment:
    """The present, the zone whose days `TODAY` and its like are counted in, and the reader's and org's calendars."""

    now: datetime
    zone: tzinfo
    zone_name: str = "UTC"
    user_id: str = ""
    locale: str = "en_US"
    fiscal_month: int = 1  # Organization.FiscalYearStartMonth
    fiscal_by_start: bool = False  # Organization.UsesStartDateAsFiscalYearName
    most_levels: int = 5  # of parent-to-child relationships
    currencies: Currencies | None = None  # of an org that has several

    @property
    def first_weekday(self) -> int:
        """The day that the reader's weeks begin on: 0 Sunday, 1 Monday, 6 Saturday."""
        territory = self.locale.split("_")[1] if "_" in self.locale else "US"
        return SUNDAY if territory in _SUNDAYS else SATURDAY if territory in _SATURDAYS else MONDAY
