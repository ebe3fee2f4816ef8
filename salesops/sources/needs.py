"""Which facts each made source and each worked-out field reads. Loads no engine."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING

from config.model import OBJECTS
from config.sources import CUSTOM

if TYPE_CHECKING:
    from collections.abc import Mapping

    from salesops.rules import Rules

REQUIRED_FIELDS = "required_fields"
"""The meaning that lists the fields of an opportunity that should be filled."""

RENEWAL_TYPES = "renewal_types"
"""The meaning that lists the types of opportunities that renew a contract."""

ENTERED = ("account", "contact", "lead", "opportunity", "quote", "activity")
"""The objects whose records say who created them."""


def _facts(**objects: str) -> Mapping[str, frozenset[str]]:
    return MappingProxyType({name: frozenset({"id", *fields.split()}) for name, fields in objects.items()})


def _with(facts: Mapping[str, frozenset[str]], **objects: str) -> Mapping[str, frozenset[str]]:
    """The same facts and these."""
    both = (*facts.items(), *_facts(**objects).items())
    return MappingProxyType({name: frozenset().union(*(its for of, its in both if of == name)) for name, _ in both})


_CHANGES = "object record_id field before after at"
_HISTORY = "opportunity_id stage amount close_date at"
_VISITS = _facts(
    opportunity="pipeline stage amount currency created_at",
    opportunity_history=_HISTORY,
    stage="object pipeline name position is_closed is_won",
)
_SNAPSHOTS = _facts(
    pipeline_snapshot="opportunity_id owner_id stage amount currency close_date from_day until_day",
    snapshot_day="day",
    opportunity="pipeline stage amount currency close_date owner_id is_closed created_at",
    opportunity_history=_HISTORY,
    stage="object pipeline name position is_closed is_won",
    change=_CHANGES,
)
_CONTRACTS = _facts(
    opportunity="account_id amount currency close_date is_won type",
    exchange_rate="currency to_currency rate from_date",
)
LEAVING = _facts(
    user="active created_at",
    change=_CHANGES,
    opportunity="owner_id is_closed close_date",
    activity="owner_id done at",
)
"""What says up to when users were active."""

_CUSTOMER = _facts(opportunity="account_id close_date is_closed is_won")
_ON_OPPORTUNITY = _facts(opportunity="", activity="opportunity_id at done")
_ON_LEAD = _facts(lead="created_at", activity="lead_id kind direction at done")
_FILLED = _facts(opportunity="")

NEEDS: Mapping[str | tuple[str, str], Mapping[str, frozenset[str]]] = MappingProxyType(
    {
        "stage_visit": _VISITS,
        "opportunity_move": _facts(opportunity="currency", opportunity_history=_HISTORY),
        "pipeline_snapshot": _SNAPSHOTS,
        "expected_period": _with(
            _SNAPSHOTS,
            opportunity="is_won forecast_category",
            stage="probability forecast_category",
        ),
        "customer_period": _with(_CONTRACTS, account="owner_id"),
        "user_period": _with(LEAVING, user="manager_id team"),
        "data_entry": _facts(
            field_history="object record_id field at user_id", **dict.fromkeys(ENTERED, "created_by_id created_at")
        ),
        "quota_period": _facts(user="active created_at email team role manager_id"),
        ("opportunity", "customer"): _CUSTOMER,
        ("opportunity", "last_activity_at"): _ON_OPPORTUNITY,
        ("opportunity", "next_activity_at"): _ON_OPPORTUNITY,
        ("opportunity", "stage_entered_at"): _VISITS,
        ("opportunity", "stage_age_days"): _VISITS,
        ("opportunity", "stage_normal_days"): _VISITS,
        ("opportunity", "stage_age_ratio"): _VISITS,
        ("opportunity", "lead_created_at"): _facts(opportunity="", lead="opportunity_id created_at"),
        ("opportunity", "owner_tenure_days"): _facts(opportunity="owner_id close_date", user="created_at"),
        ("opportunity", "contract_starts_on"): _CONTRACTS,
        ("opportunity", "contract_ends_on"): _CONTRACTS,
        ("opportunity", "contract_days_ahead"): _CONTRACTS,
        ("opportunity", "families"): _facts(opportunity="", line_item="opportunity_id product_id", product="family"),
        ("opportunity", "filled_fields"): _FILLED,
        ("opportunity", "required_fields"): _FILLED,
        ("opportunity", "look_alikes"): _facts(opportunity="account_id amount close_date"),
        ("activity", "entry_seconds"): _facts(activity="at created_at"),
        ("activity", "first_on_lead"): _ON_LEAD,
        ("lead", "first_response_at"): _ON_LEAD,
        ("lead", "response_seconds"): _ON_LEAD,
        ("lead", "response_working_seconds"): _with(_ON_LEAD, lead="owner_id", user="team"),
        ("lead", "look_alikes"): _facts(lead="contact_id"),
        ("account", "first_won_on"): _facts(account="", opportunity="account_id close_date is_won"),
        ("account", "look_alikes"): _facts(account="name"),
        ("line_item", "list_amount"): _facts(line_item="unit_price quantity"),
        ("user", "tenure_days"): _facts(user="created_at"),
    }
)
"""What each reads whatever the rules say: object -> fields, always with `id`."""


OF_CONTRACTS: frozenset[str | tuple[str, str]] = frozenset(
    {
        "customer_period",
        ("opportunity", "contract_starts_on"),
        ("opportunity", "contract_ends_on"),
        ("opportunity", "contract_days_ahead"),
    }
)
"""What is made of contracts, which fields of the project's choice may date."""


def facts_needed(rules: Rules, name: str | tuple[str, str]) -> Mapping[str, frozenset[str]]:
    """Object -> fields that a made source, or an (object, worked-out field), reads under these rules."""
    needed = NEEDS[name]
    if name == ("opportunity", "filled_fields"):
        return {"opportunity": needed["opportunity"] | known_required_fields(rules)}
    if name in OF_CONTRACTS:
        return {**needed, "opportunity": needed["opportunity"] | rules.customers.fields}
    return needed


def known_required_fields(rules: Rules) -> frozenset[str]:
    """The fields, of those that should be filled, that an opportunity has."""
    wanted = rules.meanings.get(REQUIRED_FIELDS, ())
    return frozenset(name for name in wanted if name in OBJECTS["opportunity"].fields or name.startswith(CUSTOM))
