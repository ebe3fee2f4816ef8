"""What HubSpot fills in by itself: defaults of a new record, and calculated properties of every record."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING

from connectors.sandbox.hubspot.formula import parse_formula
from connectors.sandbox.hubspot.values import decimal, decimal_text

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from connectors.sandbox.hubspot.pipelines import Pipeline
    from connectors.sandbox.hubspot.schema import Property
    from connectors.sandbox.hubspot.store import Store
    from connectors.sandbox.hubspot.types import ObjectType

    Values = Mapping[str, str | None]
    Pipelines = Mapping[str, Pipeline]

CURRENCY = "USD"


def default_values(kind: str, given: Values, pipelines: Pipelines) -> dict[str, str | None]:
    """What a new record gets where nothing was given."""
    if kind == "contacts":
        return {
            "lifecyclestage": "lead",
            "hs_pipeline": "contacts-lifecycle-pipeline",
            "hs_currently_enrolled_in_prospecting_agent": "false",
            "hs_membership_has_accessed_private_content": "0",
            "hs_registered_member": "0",
        }
    if kind == "companies":
        found = {"lifecyclestage": "lead", "hs_pipeline": "companies-lifecycle-pipeline"}
        return {**found, "website": given.get("domain")}
    if kind == "deals":
        return {"pipeline": next(iter(pipelines)), "deal_currency_code": CURRENCY}
    if kind in {"leads", "orders"}:
        first = next(iter(pipelines.values()))
        return {"hs_pipeline": first.id, "hs_pipeline_stage": first.stages[0].id}
    if kind == "tickets":
        return {"hs_pipeline": next(iter(pipelines))}
    if kind == "tasks":
        return {"hs_task_status": "NOT_STARTED", "hs_task_type": "TODO"}
    if kind == "line_items":
        return {"hs_line_item_currency_code": CURRENCY}
    return {}


def calculated_values(
    kind: str,
    record_id: int,
    values: Values,
    pipelines: Pipelines,
    definitions: Mapping[str, Property] | None = None,
    rates: Mapping[str, Decimal] | None = None,
) -> dict[str, str | None]:
    """The calculated properties of a record as its other values now stand.

    `definitions` bring those by formula, `rates` the worth of a unit of each currency in the account's own.
    """
    given = {**values, "hs_object_id": str(record_id)}
    found: dict[str, str | None] = {}
    if kind == "deals" and rates:
        rate = rates.get(values.get("deal_currency_code") or "")
        given["hs_exchange_rate"] = found["hs_exchange_rate"] = None if rate is None else decimal_text(rate)
    if calculate := _BY_KIND.get(kind):
        found |= calculate(given, pipelines)
    if definitions:
        complete = {**values, **found}
        for each in definitions.values():
            if each.formula and not each.hubspot_defined:
                found[each.name] = parse_formula(each.formula).compute(each, complete, definitions)
    return found


def fill_calculated(store: Store, kind: ObjectType, definition: Property) -> None:
    """Give every record its value of a property by formula. It is no write of theirs: no stamp moves."""
    definitions = store.catalog.of(kind.name)
    formula = parse_formula(definition.formula)
    names = sorted(formula.names & set(definitions))
    columns = ", ".join(['"$id"', *(f'"{name}"' for name in names if name != "hs_object_id")])
    held = [name for name in names if name != "hs_object_id"]
    changes = []
    for number, *texts in store.database.rows(f"SELECT {columns} FROM {kind.table}"):
        values = {**dict(zip(held, texts, strict=True)), "hs_object_id": str(number)}
        changes.append((formula.compute(definition, values, definitions), number))
    store.database.write(f'UPDATE {kind.table} SET "{definition.name}" = ? WHERE "$id" = ?', changes)


def _contact(values: Values, _: Pipelines) -> dict[str, str | None]:
    email = values.get("email")
    return {
        "hs_all_contact_vids": values["hs_object_id"],
        "hs_email_domain": email.rpartition("@")[2] if email else None,
        "hs_is_contact": "true",
        "hs_is_unworked": "true",
    }


def _deal(values: Values, pipelines: Pipelines) -> dict[str, str | None]:
    pipeline = pipelines.get(values.get("pipeline") or "")
    stage = pipeline.stage(values.get("dealstage")) if pipeline else None
    probability = decimal(stage.metadata.get("probability")) if stage else None
    closed = stage is not None and stage.closed
    won = closed and probability == 1
    amount = decimal(values.get("amount"))
    weighted = amount * probability if amount is not None and probability is not None else None
    closed_amount = values.get("amount") if won and amount is not None else "0"
    rate = decimal(values.get("hs_exchange_rate")) or Decimal(1)
    return {
        "hs_createdate": values.get("createdate"),
        "amount_in_home_currency": _at_rate(values.get("amount"), rate),
        "hs_is_closed": _flag(closed),
        "hs_is_closed_won": _flag(won),
        "hs_is_closed_lost": _flag(closed and not won),
        "hs_is_open_count": "0" if closed else "1",
        "hs_closed_amount": closed_amount,
        "hs_closed_amount_in_home_currency": _at_rate(closed_amount, rate),
        "hs_closed_won_date": values.get("closedate") if won else None,
        "hs_deal_stage_probability": None if probability is None else decimal_text(probability),
        "hs_projected_amount": None if weighted is None else decimal_text(weighted),
        "hs_projected_amount_in_home_currency": None if weighted is None else decimal_text(weighted * rate),
        "hs_forecast_amount": values.get("amount"),
        "days_to_close": _days(values.get("createdate"), values.get("closedate")),
    }


def _at_rate(text: str | None, rate: Decimal) -> str | None:
    """An amount in the account's currency: as it was written, where the rate is one."""
    amount = decimal(text)
    return text if amount is None or rate == 1 else decimal_text(amount * rate)


def _lead(values: Values, pipelines: Pipelines) -> dict[str, str | None]:
    pipeline = pipelines.get(values.get("hs_pipeline") or "")
    stage = pipeline.stage(values.get("hs_pipeline_stage")) if pipeline else None
    return {"hs_lead_is_open": _flag(not (stage and stage.closed))}


def _line_item(values: Values, _: Pipelines) -> dict[str, str | None]:
    price, quantity = decimal(values.get("price")), decimal(values.get("quantity"))
    if price is None or quantity is None:
        return {"amount": None}
    net = (price - (decimal(values.get("discount")) or 0)) * quantity
    percentage = decimal(values.get("hs_discount_percentage"))
    if percentage is not None:
        net = net * (100 - percentage) * Decimal("0.01")
    return {"amount": decimal_text(net)}


def _task(values: Values, _: Pipelines) -> dict[str, str | None]:
    return {"hs_task_is_completed": _flag(values.get("hs_task_status") == "COMPLETED")}


_BY_KIND: dict[str, Callable[[Values, Pipelines], dict[str, str | None]]] = {
    "contacts": _contact,
    "deals": _deal,
    "leads": _lead,
    "line_items": _line_item,
    "tasks": _task,
}


def _flag(value: bool) -> str:
    return "true" if value else "false"


def _days(start: str | None, end: str | None) -> str | None:
    """Whole days from one instant to another, never negative."""
    if not start or not end:
        return None
    return str(max(0, (datetime.fromisoformat(end) - datetime.fromisoformat(start)).days))
