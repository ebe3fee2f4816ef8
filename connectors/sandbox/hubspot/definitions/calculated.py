"""What HubSpot fills in by itself: defaults of a new record, and calculated properties of every record."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal, localcontext
from typing import TYPE_CHECKING

from connectors.sandbox.hubspot.definitions.formula import parse_formula
from connectors.sandbox.hubspot.values import decimal, decimal_text

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from connectors.sandbox.hubspot.definitions.schema import Property
    from connectors.sandbox.hubspot.definitions.types import ObjectType
    from connectors.sandbox.hubspot.pipelines.pipelines import Pipeline, Stage
    from connectors.sandbox.hubspot.store import Store

    Values = Mapping[str, str | None]
    Pipelines = Mapping[str, Pipeline]

CURRENCY = "USD"
PRECISION = 2000  # digits of a product: those of an amount and of a double are fewer
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
# What the answer to a creation shows, or leaves out, of values that HubSpot reckons a moment later (recorded).
NOT_YET: dict[str, dict[str, str | None]] = {
    "deals": {
        "hs_deal_stage_probability": None,
        "hs_projected_amount": "0",
        "hs_projected_amount_in_home_currency": "0",
    }
}
# The sandbox splits no deals, registers none and knows no target accounts.
_NEVER = {
    "hs_is_deal_split": "false",
    "hs_num_associated_deal_splits": "0",
    "hs_num_associated_deal_registrations": "0",
    "hs_num_associated_active_deal_registrations": "0",
    "hs_num_target_accounts": "0",
}


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
        return {"pipeline": next(iter(pipelines)), "deal_currency_code": CURRENCY, **_NEVER}
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
    """A deal's figures in the form that recorded answers have them."""
    pipeline = pipelines.get(values.get("pipeline") or "")
    stage = pipeline.stage(values.get("dealstage")) if pipeline else None
    probability = stage_probability(stage)
    closed = stage is not None and stage.closed
    won = closed and probability == 1
    amount, created = decimal(values.get("amount")), values.get("createdate")
    rate = decimal(values.get("hs_exchange_rate")) or Decimal(1)
    closed_amount = values.get("amount") if won and amount is not None else "0"
    in_home_currency = _at_rate(values.get("amount"), rate)
    days = _days(created, values.get("closedate"))
    return {
        "hs_createdate": created,
        "amount_in_home_currency": in_home_currency,
        "hs_is_closed": _flag(closed),
        "hs_is_closed_won": _flag(won),
        "hs_is_closed_lost": _flag(closed and not won),
        "hs_is_open_count": str(int(not closed)),
        "hs_is_closed_count": str(int(closed)),
        "hs_closed_won_count": str(int(won)),
        "hs_closed_amount": closed_amount,
        "hs_closed_amount_in_home_currency": _at_rate(closed_amount, rate),
        "hs_closed_won_date": values.get("closedate") if won else None,
        "hs_open_amount_in_home_currency": None if closed else in_home_currency,
        "hs_open_deal_create_date": "0" if closed else _milliseconds(created),
        "hs_closed_deal_create_date": _milliseconds(created) if closed else "0",
        "hs_closed_deal_close_date": _milliseconds(values.get("closedate")) if closed else "0",
        "hs_deal_stage_probability": None if probability is None else f"{probability:f}",
        "hs_deal_stage_probability_shadow": f"{probability or Decimal(0):f}",
        "hs_projected_amount": _product(amount, probability),
        "hs_projected_amount_in_home_currency": _product(amount, probability, rate),
        "hs_forecast_amount": values.get("amount"),
        "days_to_close": str(int(days)),
        "hs_days_to_close_raw": repr(days) if days else "0",
    }


def stage_probability(stage: Stage | None) -> Decimal | None:
    """A stage's probability as HubSpot reckons with it: the binary double nearest to it, with all its digits."""
    given = decimal(stage.metadata.get("probability")) if stage else None
    return None if given is None else Decimal(float(given))


def _product(*factors: Decimal | None) -> str | None:
    """The product with every digit of its factors, zeros at the end too; None where a factor is missing."""
    product = Decimal(1)
    with localcontext(prec=PRECISION):
        for each in factors:
            if each is None:
                return None
            product *= each
    return f"{product:f}"


def _at_rate(text: str | None, rate: Decimal) -> str | None:
    """An amount in the account's currency: as it was written, where the rate is one."""
    amount = decimal(text)
    if amount is None or rate == 1:
        return text
    with localcontext(prec=PRECISION):
        return decimal_text(amount * rate)


def _lead(values: Values, pipelines: Pipelines) -> dict[str, str | None]:
    pipeline = pipelines.get(values.get("hs_pipeline") or "")
    stage = pipeline.stage(values.get("hs_pipeline_stage")) if pipeline else None
    return {"hs_lead_is_open": _flag(not (stage and stage.closed))}


def _line_item(values: Values, _: Pipelines) -> dict[str, str | None]:
    price, quantity = decimal(values.get("price")), decimal(values.get("quantity"))
    if price is None or quantity is None:
        return {"amount": None}
    percentage = decimal(values.get("hs_discount_percentage"))
    with localcontext(prec=PRECISION):
        net = (price - (decimal(values.get("discount")) or 0)) * quantity
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


def _days(start: str | None, end: str | None) -> float:
    """Days from one instant to another with their fraction, never negative; 0 where one of them is missing."""
    if not start or not end:
        return 0.0
    return max(0.0, (datetime.fromisoformat(end) - datetime.fromisoformat(start)) / timedelta(days=1))


def _milliseconds(text: str | None) -> str:
    """An instant in milliseconds since 1970; 0 where there is none."""
    return str((datetime.fromisoformat(text) - _EPOCH) // timedelta(milliseconds=1)) if text else "0"
