"""Which rows of a file are in a currency that nothing converts."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from connectors.base import Row
    from sync.store.store import Store


def count_without_rate(store: Store, rows: Iterable[Row], ours: str) -> Mapping[str, int]:
    """How many rows are in each currency that is not `ours` and that no exchange rate in the store names; by its
    code."""
    sql = "SELECT currency, to_currency FROM exchange_rate WHERE deleted = 0 AND rate IS NOT NULL"
    known = {ours, *(code for row in store.rows(sql) for code in row)}
    said = (str(row.values["currency"] or ours) for row in rows)
    return dict(sorted(Counter(code for code in said if code not in known).items()))
