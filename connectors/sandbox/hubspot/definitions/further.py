"""What HubSpot counts and notes by itself on contacts, companies and deals, in the lines of `definitions`.

The sandbox has no website, no sequences and no conversations, so most of these stay empty here as in a new account.
"""

from __future__ import annotations

_NOTED = """
notes_last_contacted | Last Contacted | datetime date | ro{activity}
notes_last_updated | Last Activity Date | datetime date | ro{activity}
notes_next_activity_date | Next Activity Date | datetime date | ro{activity}
num_contacted_notes | Number of times contacted | number number | ro{activity}
num_notes | Number of Sales Activities | number number | ro{activity}
hs_last_sales_activity_timestamp | Last Engagement Date | datetime date | ro{activity}
hs_object_source_detail_1 | Record source detail 1 | string text | ro undated
hs_object_source_detail_2 | Record source detail 2 | string text | ro undated
hs_object_source_detail_3 | Record source detail 3 | string text | ro undated
hs_user_ids_of_all_owners | User IDs of all owners | enumeration checkbox | ro ext hidden undated
hs_all_owner_ids | All owner IDs | enumeration select | ro ext hidden
hs_all_team_ids | All team IDs | enumeration select | ro ext hidden
"""

OWN: dict[str, str] = {
    "contacts": _NOTED.replace("{activity}", " in:contact_activity")
    + """
salutation | Salutation | string text | form open
associatedcompanyid | Primary Associated Company ID | number number | ext hidden to:COMPANY
numemployees | Number of Employees | enumeration select | form open | 1-5=1-5, 5-25=5-25, 25-50=25-50, 50-100=50-100, 100-500=100-500, 500-1000=500-1000, 1000+=1000+
num_associated_deals | Number of Associated Deals | number number | ro in:deal_information
recent_deal_amount | Recent Deal Amount | number number | ro money in:deal_information
recent_deal_close_date | Recent Deal Close Date | datetime date | ro in:deal_information
first_deal_created_date | First Deal Created Date | datetime date | ro in:deal_information
total_revenue | Total Revenue | number number | ro money in:deal_information
hs_lifecyclestage_customer_date | Became a Customer Date | datetime date | ro hidden
hs_lifecyclestage_opportunity_date | Became an Opportunity Date | datetime date | ro hidden
hs_lifecyclestage_salesqualifiedlead_date | Became a Sales Qualified Lead Date | datetime date | ro hidden
hs_lifecyclestage_marketingqualifiedlead_date | Became a Marketing Qualified Lead Date | datetime date | ro hidden
hs_lifecyclestage_subscriber_date | Became a Subscriber Date | datetime date | ro hidden
""",  # noqa: E501  one property a line
    "companies": _NOTED.replace("{activity}", " in:companyactivity")
    + """
num_associated_contacts | Number of Associated Contacts | number number | ro
num_associated_deals | Number of Associated Deals | number number | ro
hs_num_open_deals | Number of open deals | number number | ro
hs_parent_company_id | Parent Company | number number | ext
hs_num_child_companies | Number of child companies | number number | ro
hs_lead_status | Lead Status | enumeration radio | more | NEW=New, OPEN=Open, IN_PROGRESS=In Progress, OPEN_DEAL=Open Deal, UNQUALIFIED=Unqualified, ATTEMPTED_TO_CONTACT=Attempted to Contact, CONNECTED=Connected, BAD_TIMING=Bad Timing
hs_total_deal_value | Total open deal value | number number | ro money
recent_deal_amount | Recent Deal Amount | number number | ro money
recent_deal_close_date | Recent Deal Close Date | datetime date | ro
first_deal_created_date | First Deal Created Date | datetime date | ro
total_revenue | Total Revenue | number number | ro money
total_money_raised | Total Money Raised | string text
linkedin_company_page | LinkedIn Company Page | string text
is_public | Is Public | bool booleancheckbox
web_technologies | Web Technologies | enumeration checkbox | ext
address2 | Street Address 2 | string text | form
""",  # noqa: E501
    "deals": _NOTED.replace("{activity}", "")
    + """
num_associated_contacts | Number of Associated Contacts | number number | ro
hs_num_of_associated_line_items | Number of Associated Line Items | number number | ro hidden
hs_exchange_rate | Exchange rate | number number | ro
hs_acv | Annual contract value | number number | money in:deal_revenue
hs_arr | Annual recurring revenue | number number | money in:deal_revenue
hs_mrr | Monthly recurring revenue | number number | money in:deal_revenue
hs_tcv | Total contract value | number number | money in:deal_revenue
hs_createdate | Object create date/time | datetime date | ro hidden
hs_deal_score | Deal Score | number number | ro
hs_likelihood_to_close | Likelihood to close by the close date | number number | ro
hs_is_deal_split | Deal Split | bool booleancheckbox | ro
hs_num_associated_deal_splits | Number of Associated Deal Splits | number number | ro
hs_num_associated_deal_registrations | Number of Associated Deal Registrations | number number | ro hidden
hs_num_associated_active_deal_registrations | Number of Associated Active Deal Registrations | number number | ro hidden
hs_num_target_accounts | Number of Target Accounts | number number | ro hidden
hs_deal_stage_probability_shadow | Deal stage probability shadow | number number | calc hidden
hs_closed_won_count | Closed won count | number number | calc
hs_is_closed_count | Is Closed (numeric) | number number | calc
hs_closed_deal_close_date | Closed deal close date | number number | calc hidden
hs_closed_deal_create_date | Closed deal create date | number number | calc hidden
hs_open_deal_create_date | Open deal create date | number number | calc hidden
hs_days_to_close_raw | Days to close (without rounding) | number number | calc
hs_open_amount_in_home_currency | Open deal amount in company currency | number number | calc money
hs_v2_date_entered_current_stage | Date entered current stage | datetime date | ro
hs_v2_time_in_current_stage | Time in current stage | datetime date | ro
hs_tag_ids | Deal Tags | enumeration checkbox | ext
hs_analytics_source | Original Source Type | enumeration select | ro | ORGANIC_SEARCH=Organic Search, PAID_SEARCH=Paid Search, EMAIL_MARKETING=Email Marketing, SOCIAL_MEDIA=Organic Social, REFERRALS=Referrals, OTHER_CAMPAIGNS=Other Campaigns, DIRECT_TRAFFIC=Direct Traffic, OFFLINE=Offline Sources, PAID_SOCIAL=Paid Social
""",  # noqa: E501
}
