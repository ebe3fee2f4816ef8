"""HubSpot's own properties of tickets, quotes, goals and the objects of commerce, in the lines of `definitions`."""

from __future__ import annotations

_FREQUENCY = (
    "weekly=Weekly, biweekly=Every two weeks, monthly=Monthly, quarterly=Quarterly, "
    "per_six_months=Semi-annually, annually=Annually"
)
_CHARGE = """
hs_label | Label | string text
hs_type | Type | enumeration select | | PERCENT=Percent, FIXED=Fixed
hs_value | Value | number number
hs_sort_order | Sort order | number number
"""

GROUPS: dict[str, tuple[tuple[str, str], ...]] = {
    "tickets": (("ticketinformation", "Ticket information"), ("ticketactivity", "Ticket activity")),
    "quotes": (("quoteinformation", "Quote information"), ("quote_payment", "Quote payment")),
    "goal_targets": (("goal_target_information", "Goal target information"),),
    "orders": (("orderinformation", "Order information"),),
    "invoices": (("invoiceinformation", "Invoice information"),),
    "discounts": (("discountinformation", "Discount information"),),
    "fees": (("feeinformation", "Fee information"),),
    "taxes": (("taxinformation", "Tax information"),),
}

OWN: dict[str, str] = {
    "tickets": """
subject | Ticket name | string text | form
content | Ticket description | string textarea | form
hs_pipeline | Pipeline | enumeration select | ext
hs_pipeline_stage | Ticket status | enumeration radio | ext
hs_ticket_category | Category | enumeration select | more form | PRODUCT_ISSUE=Product Issue, BILLING_ISSUE=Billing Issue, FEATURE_REQUEST=Feature Request, GENERAL_INQUIRY=General inquiry
hs_ticket_priority | Priority | enumeration select | more form | LOW=Low, MEDIUM=Medium, HIGH=High, URGENT=Urgent
hs_ticket_id | Ticket ID | number number | ro
hs_resolution | Resolution | enumeration select | more | ISSUE_FIXED=Issue fixed, DID_NOT_FIX=Did not fix, RESOLVED_BY_CUSTOMER=Resolved by customer
source_type | Source | enumeration select | more | CHAT=Chat, EMAIL=Email, FORM=Form, PHONE=Phone
createdate | Create date | datetime date
closed_date | Close date | datetime date
time_to_close | Time to close | number number | calc
first_agent_reply_date | First agent email response date | datetime date | ro
last_reply_date | Last customer reply date | datetime date | ro
hs_is_visible_in_help_desk | Is visible in help desk | bool booleancheckbox | calc hidden
hs_last_message_received_at | Last message received date | datetime date | ro
hs_last_message_sent_at | Last response date | datetime date | ro
hs_lastmodifieddate | Last modified date | datetime date | ro
hs_lastactivitydate | Last activity date | datetime date | ro in:ticketactivity
num_contacted_notes | Number of times contacted | number number | ro in:ticketactivity
num_notes | Number of Sales Activities | number number | ro in:ticketactivity
notes_last_contacted | Last contacted | datetime date | ro in:ticketactivity
notes_last_updated | Last activity date | datetime date | ro in:ticketactivity
""",  # noqa: E501  one property a line
    "quotes": """
hs_title | Quote Title | string text
hs_expiration_date | Expiration Date | datetime date
hs_status | Quote Status | enumeration select | | DRAFT=Draft, APPROVAL_NOT_NEEDED=Approval not needed, PENDING_APPROVAL=Pending approval, APPROVED=Approved, REJECTED=Rejected, PENDING_BUYER_ACTION=Pending buyer action, ACCEPTED=Accepted
hs_quote_number | Quote number | string text
hs_public_url_key | Public URL key | string text | ro
hs_slug | Slug | string text
hs_language | Quote Language | enumeration select | more | en=English, de=German, fr=French, es=Spanish
hs_locale | Locale | enumeration select | more | en-us=English - United States, de-de=German - Germany, fr-fr=French - France, es-es=Spanish - Spain
hs_currency | Currency | enumeration select | more | USD=US Dollar
hs_quote_amount | Quote Amount | number number | calc money
hs_comments | Comments | string textarea
hs_terms | Terms | string textarea
hs_sender_company_name | Sender company name | string text
hs_sender_email | Sender email | string text
hs_sender_firstname | Sender first name | string text
hs_sender_lastname | Sender last name | string text
hs_esign_enabled | E-signature enabled | bool booleancheckbox
hs_esign_date | E-signature date | datetime date | ro
hs_payment_enabled | Payment enabled | bool booleancheckbox | in:quote_payment
hs_payment_status | Payment status | enumeration select | in:quote_payment | PENDING=Pending, PROCESSING=Processing, PAID=Paid
hs_template_type | Template type | enumeration select | | CUSTOMIZABLE_QUOTE_TEMPLATE=Customizable, QUOTE_TEMPLATE=Legacy, CPQ_QUOTE=CPQ
hs_pdf_download_link | PDF download link | string text | ro
hs_quote_link | Quote link | string text | ro
hs_locked | Locked | bool booleancheckbox | ro
""",  # noqa: E501
    "goal_targets": """
hs_goal_name | Goal name | string text
hs_target_amount | Target amount | number number
hs_start_datetime | Start date | datetime date
hs_end_datetime | End date | datetime date
hs_assignee_user_id | Assignee user ID | number number
hs_assignee_team_id | Assignee team ID | number number
hs_kpi_value | In progress value | number number | ro
hs_kpi_progress_percent | Progress percent | number number | ro
hs_kpi_display_unit | KPI display unit | enumeration select | | currency=Currency, number=Number, percent=Percent
hs_kpi_unit_type | KPI unit type | enumeration select | | count=Count, sum=Sum, average=Average
hs_kpi_object_type_id | KPI object type ID | string text
hs_milestone | Milestone | enumeration select | | monthly=Monthly, quarterly=Quarterly, yearly=Yearly, weekly=Weekly, custom=Custom
hs_currency | Currency | enumeration select | more | USD=US Dollar
hs_goal_target_group_id | Goal target group ID | number number | ro
hs_template_id | Template ID | number number | ro
hs_status | Status | enumeration select | ro | in_progress=In progress, achieved=Achieved, exceeded=Exceeded, missed=Missed, pending=Pending
hs_is_forecastable | Is forecastable | bool booleancheckbox | ro
hs_outcome | Outcome | enumeration select | ro | completed=Completed, in_progress=In progress
""",  # noqa: E501
    "orders": """
hs_order_name | Name | string text
hs_external_order_id | External order ID | string text
hs_external_order_status | External order status | string text
hs_fulfillment_status | Fulfillment status | string text
hs_payment_status | Payment status | string text
hs_pipeline | Pipeline | enumeration select | ext
hs_pipeline_stage | Pipeline stage | enumeration select | ext
hs_currency_code | Currency code | enumeration select | more | USD=US Dollar
hs_subtotal_price | Subtotal price | number number | money
hs_total_price | Total price | number number | money
hs_tax | Tax | number number | money
hs_shipping_cost | Shipping cost | number number | money
hs_source_store | Source store | string text
hs_external_created_date | External created date | datetime date
hs_processed_date | Processed date | datetime date
hs_tags | Tags | string text
""",
    "invoices": """
hs_title | Title | string text | ro
hs_number | Number | string text | ro
hs_currency | Currency | enumeration select | more | USD=US Dollar
hs_invoice_date | Invoice date | datetime date
hs_due_date | Due date | datetime date
hs_invoice_status | Invoice status | enumeration select | | draft=Draft, open=Open, paid=Paid, voided=Voided
hs_amount_billed | Amount billed | number number | ro money
hs_amount_paid | Amount paid | number number | ro money
hs_balance_due | Balance due | number number | ro money
hs_payment_date | Payment date | datetime date | ro
hs_purchase_order_number | PO number | string text
hs_comments | Comments | string textarea
hs_external_invoice_id | External invoice ID | string text
""",
    "discounts": _CHARGE + f"hs_duration | Duration | enumeration select | | once=Once, {_FREQUENCY}\n",
    "fees": _CHARGE,
    "taxes": _CHARGE,
}
