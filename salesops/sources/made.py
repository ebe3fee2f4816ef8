"""How each made source and each worked-out field is built.

- `MADE[name](basis, fields)`: the rows of a made source with `id` and, at least, the fields asked for.
- `OF_ROW[object, field](basis, rows)`: the field as an expression over the object's rows.
- `WORKED_OUT[object, field](basis, fields)`: a table with `id` and at least those of the fields asked for that it is
  named for, to left-join to the object; a record without a row in it has empty values. Fields that are worked out
  together are of one table.

All of them read `basis.objects[NAME]`: the plain facts of an object as they stood at the as-of time, with at least the
columns that `salesops.sources.needs.facts_needed` names, instants as the naive UTC clock, amounts as they are. An
object that is needed is there, without rows where it has no facts. The rows of a made source are computed anew wherever
they are read, with the columns that are read of them; what is dear in it, or common to several, is computed once, by
`basis.engine.once`.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING

from salesops.sources import (
    activities,
    alike,
    contracts,
    customers,
    entries,
    expected,
    moves,
    opportunities,
    quota_periods,
    snapshots,
    stages,
    tenure,
    user_periods,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    import ibis.expr.types as ir

    from salesops.basis import Basis

MADE: Mapping[str, Callable[[Basis, frozenset[str]], ir.Table]] = MappingProxyType(
    {
        "stage_visit": stages.build_visits,
        "opportunity_move": moves.build_moves,
        "pipeline_snapshot": snapshots.build_snapshots,
        "expected_period": expected.build_expected_periods,
        "customer_period": customers.build_customer_periods,
        "user_period": user_periods.build_user_periods,
        "data_entry": entries.build_entries,
        "quota_period": quota_periods.build_quota_periods,
    }
)

WORKED_OUT: Mapping[tuple[str, str], Callable[[Basis, frozenset[str]], ir.Table]] = MappingProxyType(
    {
        ("opportunity", "customer"): customers.new_or_existing,
        ("opportunity", "last_activity_at"): activities.on_opportunity,
        ("opportunity", "next_activity_at"): activities.on_opportunity,
        ("opportunity", "stage_entered_at"): stages.stage_ages,
        ("opportunity", "stage_age_days"): stages.stage_ages,
        ("opportunity", "stage_normal_days"): stages.stage_ages,
        ("opportunity", "stage_age_ratio"): stages.stage_ages,
        ("opportunity", "lead_created_at"): opportunities.lead_created_at,
        ("opportunity", "owner_tenure_days"): tenure.owner_tenure_days,
        ("opportunity", "contract_starts_on"): contracts.opportunity_contracts,
        ("opportunity", "contract_ends_on"): contracts.opportunity_contracts,
        ("opportunity", "contract_days_ahead"): contracts.opportunity_contracts,
        ("opportunity", "families"): opportunities.families,
        ("opportunity", "look_alikes"): alike.alike_opportunities,
        ("lead", "first_response_at"): activities.responses,
        ("lead", "response_seconds"): activities.responses,
        ("lead", "response_working_seconds"): activities.responses,
        ("lead", "look_alikes"): alike.alike_leads,
        ("account", "first_won_on"): customers.first_won_on,
        ("account", "look_alikes"): alike.alike_accounts,
        ("user", "tenure_days"): tenure.tenure_days,
    }
)

OF_ROW: Mapping[tuple[str, str], Callable[[Basis, ir.Table], ir.Value]] = MappingProxyType(
    {
        ("opportunity", "filled_fields"): opportunities.filled_fields,
        ("opportunity", "required_fields"): opportunities.required_fields,
        ("activity", "entry_seconds"): activities.entry_seconds,
        ("activity", "first_on_lead"): activities.first_on_lead,
        ("line_item", "list_amount"): opportunities.list_amount,
    }
)
