"""What is made of metrics, as those who write them by hand would keep it: by name, for all three of them."""

from __future__ import annotations

RATIOS = {
    "connect_rate": ("connected_calls", "calls_made"),
    "reply_rate": ("replies", "emails_sent"),
    "emails_per_meeting": ("emails_sent", "meetings"),
    "activities_per_opportunity": ("opportunity_activities", "worked_opportunities"),
    "activities_per_won_opportunity": ("won_opportunity_activities", "won_count"),
    "activities_per_won": ("activities", "won_count"),
    "logo_churn": ("customers_lost", "customers_at_start"),
    "gross_revenue_churn": ("revenue_churned", "revenue_at_start"),
    "lead_conversion": ("leads_converted", "leads_created"),
    "lead_conversion_cohort": ("_leads_converted_later", "leads_created"),
    "lead_qualification_rate": ("leads_qualified", "leads_created"),
    "lead_to_won": ("_leads_won", "leads_created"),
    "proposal_rate": ("_proposed", "opportunities_created"),
    "close_rate": ("_proposals_won", "_first_proposals"),
    "win_rate": ("won_count", "closed_count"),
    "win_rate_12_months": ("_won_12_months", "_closed_12_months"),
    "win_rate_cohort": ("won_of_created", "opportunities_created"),
    "win_rate_broad": ("won_count", "due_count"),
    "stage_conversion": ("stage_advances", "stage_exits"),
    "time_in_stage": ("_days_in_stage", "stage_exits"),
    "sales_cycle": ("_cycle_days", "won_count"),
    "sales_cycle_from_lead": ("_lead_cycle_days", "_lead_cycles"),
    "response_within_target": ("leads_answered_in_time", "leads_created"),
    "unanswered_share": ("unanswered_leads", "leads_created"),
    "time_since_last_activity": ("_untouched_days", "_touched"),
    "average_deal": ("won_amount", "won_count"),
    "new_customer_share": ("new_customer_revenue", "won_amount"),
    "attach_rate": ("cross_sold_count", "won_with_products"),
    "average_push": ("_days_pushed", "pushes"),
    "stalled_share": ("stalled_amount", "open_pipeline"),
    "pipeline_age": ("_pipeline_days", "open_count"),
    "fill_rate": ("filled_fields", "required_fields"),
    "on_time_entry": ("entered_on_time", "entered_activities"),
    "no_next_step_share": ("no_next_step", "open_count"),
    "pipeline_coverage": ("pipeline_expected", "quota_remaining"),
    "pipeline_coverage_total": ("open_pipeline", "quota_remaining"),
    "attainment": ("quota_credited", "quota_target"),
    "attainment_with_allowance": ("quota_credited", "quota_with_allowance"),
    "pace": ("quota_credited", "quota_expected"),
    "revenue_per_rep": ("won_amount", "reps"),
    "revenue_per_ramped_rep": ("ramped_revenue", "ramped_reps"),
}
"""Above and below the line; nothing above is 0, nothing below is no value. What begins with `_` is no metric."""

CONNECTED = (
    "connected",
    "meaningful connect",
    "contact",
    "contact made",
    "answered",
    "spoke",
    "interested",
    "not interested",
)
NO_SHOW = ("no_show", "no show", "no-show", "noshow", "did not attend")
PROPOSAL = ("proposal/price quote", "presentation scheduled", "proposal", "proposal sent", "quote", "quote sent")
QUALIFIED = ("qualified", "open deal", "closed - converted", "converted", "sales qualified", "sql")

OF_TEAMS = ("revenue_per_rep", "revenue_per_ramped_rep")
"""Not by user."""

AS_IT_STANDS = ("pipeline_coverage_total",)
"""No value in a month that is over, which nobody knows it of."""

OF_USERS = ("attainment_rank", "attainment_rank_in_team", "attainment_percentile_in_team", "gap_to_next_tier")
"""Not by team."""

IN_CENTS = (
    "won_amount",
    "won_amount_to_date",
    "lost_amount",
    "new_customer_revenue",
    "existing_customer_revenue",
    "ramped_revenue",
    "median_deal",
    "pipeline_created",
    "pipeline_expected",
    "open_pipeline",
    "ageing_pipeline",
    "weighted_pipeline",
    "stalled_amount",
    "product_revenue",
    "units_sold",
    "list_revenue",
    "priced_revenue",
    "pipeline_moved",
    "pipeline_changed",
    "slipped_amount",
    "revenue_at_start",
    "revenue_churned",
    "revenue_expanded",
    "quota_credited",
    "quota_target",
    "quota_remaining",
    "quota_with_allowance",
    "quota_expected",
    "gap_to_next_tier",
)
"""What is summed in hundredths where there are no decimals."""
