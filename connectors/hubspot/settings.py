"""What the account's settings say: the stages of its pipelines, and its exchange rates."""

from __future__ import annotations

from typing import TYPE_CHECKING

from config.scalars import instant_text
from connectors.base import Page, RowProblem, Whole
from connectors.hubspot.listing import list_all
from connectors.hubspot.objects import OUR_NAMES
from connectors.hubspot.rows import NEWEST, plain_row
from connectors.hubspot.values import fact_decimal, parse_instant, setting_text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from config.model import Scalar
    from connectors.base import Row
    from connectors.hubspot.account import Account
    from connectors.hubspot.transport import Json

PAGE = 100  # currencies API guide


def read_stages(account: Account, name: str) -> Iterator[Page]:
    """All stages of deals and leads."""
    until = instant_text(account.now())
    rows = tuple(row for crm_type in ("deals", "leads") for row in _stages(account, crm_type))
    made = {"stage": rows} if rows else {}
    yield Page(name, "{}", True, made, whole=(Whole("stage", ""),), until=until)


def _stages(account: Account, crm_type: str) -> Iterator[Row]:
    if account.refusal(crm_type):
        return
    for pipeline in account.pipelines(crm_type):
        for stage in pipeline.stages:
            values: dict[str, Scalar] = {
                "object": OUR_NAMES[crm_type],
                "pipeline": pipeline.label,
                "name": stage.label,
                "position": stage.position,
                "is_closed": int(stage.closed),
                "is_won": int(stage.won),
                "probability": stage.probability,
                "active": int(stage.active),
            }
            yield plain_row("stage", f"{OUR_NAMES[crm_type]}:{pipeline.id}:{stage.id}", NEWEST, values)


def read_rates(account: Account, name: str) -> Iterator[Page]:
    """Every exchange rate that there has been, each dated; the newest of a currency is its present one."""
    until = instant_text(account.now())
    problems: list[RowProblem] = []
    rows = tuple(_rate(account, raw, problems) for raw in account.exchange_rates())
    made = {"exchange_rate": rows} if rows else {}
    yield Page(name, "{}", True, made, problems=tuple(problems), until=until)


def list_rates(account: Account) -> Iterator[Json]:
    """The account's exchange rates as HubSpot gives them."""
    return list_all(account, "exchange rates", account.paths.exchange_rates, [("limit", str(PAGE))])


def _rate(account: Account, raw: Json, problems: list[RowProblem]) -> Row:
    row_id, effective = str(raw["id"]), str(raw.get("effectiveAt") or raw["createdAt"])

    def fit(field: str, prop: str, make: Callable[[], str]) -> str | None:
        try:
            return make()
        except ValueError as error:
            text = f"exchange rate {row_id}: {prop} cannot fill exchange_rate.{field}: {error}. Correct the rate."
            problems.append(RowProblem("exchange_rate", row_id, field, text))
            return None

    values = {
        "currency": setting_text(raw["fromCurrencyCode"]),
        "to_currency": setting_text(raw["toCurrencyCode"]),
        # Of at most six decimals (currencies API guide).
        "rate": fit("rate", "conversionRate", lambda: fact_decimal(str(raw["conversionRate"]))),
        "from_date": fit(
            "from_date",
            "effectiveAt",
            lambda: parse_instant(effective).astimezone(account.zone).date().isoformat(),
        ),
    }
    return plain_row("exchange_rate", row_id, NEWEST, values)
