"""The metrics of the catalog that are measured: those that the three sides written by hand know, by category.

A metric that comes into the catalog is measured when somebody has written it by hand three times as well.
"""

from __future__ import annotations

BY_HAND = frozenset(
    """
    activities calls calls_made connected_calls connect_rate talk_seconds talk_time emails emails_sent
    targeted_emails replies reply_rate meetings no_shows no_show_rate emails_per_meeting tasks data_entries
    selling_seconds selling_time working_time non_selling_time selling_share opportunity_activities
    worked_opportunities activities_per_opportunity won_opportunity_activities activities_per_won_opportunity
    activities_per_won
    customers_at_start customers_gained customers_lost logo_churn revenue_at_start revenue_churned
    revenue_expanded gross_revenue_churn net_revenue_churn churn_above_acceptable_month
    churn_above_acceptable_quarter churn_above_acceptable_year growth_to_offset_churn
    leads_converted lead_conversion lead_conversion_cohort leads_qualified lead_qualification_rate lead_to_won
    proposals proposal_rate close_rate win_rate win_rate_12_months won_of_created win_rate_cohort due_count
    win_rate_broad stage_exits stage_advances stage_conversion time_in_stage time_in_stage_median
    sales_cycle sales_cycle_median sales_cycle_from_lead lead_response_time lead_response_time_working
    leads_answered_in_time response_within_target unanswered_leads unanswered_share time_since_last_activity
    untouched_opportunities
    leads_created opportunities_created won_amount won_amount_to_date won_count lost_count lost_by_reason
    lost_amount closed_count average_deal median_deal new_customer_revenue existing_customer_revenue
    new_customer_share product_revenue units_sold list_revenue priced_revenue discount won_with_products
    cross_sold_count attach_rate reps revenue_per_rep ramped_reps ramped_revenue revenue_per_ramped_rep
    open_pipeline open_count weighted_pipeline pipeline_created pipeline_expected pipeline_coverage
    pipeline_coverage_total pipeline_moved pipeline_changed slipped_count slipped_amount pushes average_push
    stalled_count stalled_amount stalled_share sales_velocity pipeline_age ageing_pipeline
    filled_fields required_fields fill_rate entered_activities entered_on_time on_time_entry no_next_step
    no_next_step_share duplicate_opportunities duplicate_accounts duplicate_leads
    quota_credited quota_target quota_remaining attainment quota_with_allowance attainment_with_allowance
    quota_expected pace attainment_rank attainment_rank_in_team attainment_percentile_in_team gap_to_next_tier
    """.split()  # noqa: SIM905  a list of as many lines as names says no more
)
