"""HubSpot's own properties of the emulated objects, as its property documentation and recorded answers name them.

A line is `name | label | type field_type | flags | options`. Flags: ro (value read-only), calc (calculated, so
read-only), ext (options are kept elsewhere), more (an admin may add options), owner (an owner id), money, unique, form,
hidden, open (its definition may be changed), undated (shown without stamps), in:GROUP (of another group than the
object's first), to:OBJECT (holds an id of that object). Options are `value=Label` separated by commas.
"""

from __future__ import annotations

from connectors.sandbox.hubspot.definitions import further, service
from connectors.sandbox.hubspot.definitions.schema import Option, Property
from connectors.sandbox.hubspot.definitions.types import OBJECTS
from connectors.sandbox.hubspot.pipelines.pipelines import LIFECYCLE_STAGES

# The oldest definitions carry the date of HubSpot's own migration (recorded); any fixed date serves.
DEFINED_AT = "2020-06-30T15:57:37.277Z"

GROUPS: dict[str, tuple[tuple[str, str], ...]] = {
    "contacts": (
        ("contactinformation", "Contact information"),
        ("sales_properties", "Sales properties"),
        ("contact_activity", "Contact activity"),
        ("deal_information", "Deal information"),
        ("analyticsinformation", "Analytics information"),
        ("contactscripted", "Contact scripted"),
    ),
    "companies": (("companyinformation", "Company information"), ("companyactivity", "Company activity")),
    "deals": (("dealinformation", "Deal information"), ("deal_revenue", "Deal revenue")),
    "leads": (("leadinformation", "Lead information"),),
    "products": (("productinformation", "Product information"),),
    "line_items": (("lineiteminformation", "Line item information"),),
    "calls": (("call", "Call information"),),
    "emails": (("email", "Email information"),),
    "meetings": (("meeting", "Meeting information"),),
    "tasks": (("task", "Task information"),),
    "notes": (("note", "Note information"),),
    "communications": (("communication", "Communication information"),),
    "postal_mail": (("postal_mail", "Postal mail information"),),
    "users": (("userinformation", "User information"),),
    **service.GROUPS,
}

_EVERY_OBJECT = """
hs_object_id | Record ID | number number | ro undated
hs_object_source | Record creation source | string text | ro hidden undated
hs_object_source_id | Record creation source ID | string text | ro hidden undated
hs_object_source_label | Record source | enumeration select | ro ext undated
hs_was_imported | Performed in an import | bool booleancheckbox | ro hidden undated
hs_unique_creation_key | Unique creation key | string text | ro hidden unique undated
hs_read_only | Read only object | bool booleancheckbox | ro hidden undated
hs_object_source_user_id | Record creation source user ID | number number | ro hidden undated
hs_created_by_user_id | Created by user ID | number number | ro
hs_updated_by_user_id | Updated by user ID | number number | ro
hs_merged_object_ids | Merged {noun} IDs | enumeration checkbox | ro
"""

_OWNED = """
hubspot_owner_id | {noun} owner | enumeration select | ext owner{where}
hubspot_owner_assigneddate | Owner assigned date | datetime date | ro{where}
hubspot_team_id | HubSpot Team | enumeration select | ext ro{where}
"""

_STAMPS = """
hs_createdate | Object create date/time | datetime date | ro
hs_lastmodifieddate | Last modified date | datetime date | ro
"""

_CUSTOM = """
hs_pipeline | Pipeline | enumeration select | ext
hs_pipeline_stage | Pipeline stage | enumeration select | ext
"""

_ACTIVITY = """
hs_timestamp | Activity date | datetime date
hs_body_preview | Body preview | string text | ro
hs_activity_type | Activity type | string text
"""

_INDUSTRY_VALUES = """
ACCOUNTING AIRLINES_AVIATION ALTERNATIVE_MEDICINE ANIMATION APPAREL_FASHION ARCHITECTURE_PLANNING ARTS_AND_CRAFTS
AUTOMOTIVE AVIATION_AEROSPACE BANKING BIOTECHNOLOGY BROADCAST_MEDIA BUILDING_MATERIALS BUSINESS_SUPPLIES_AND_EQUIPMENT
CAPITAL_MARKETS CHEMICALS CIVIL_ENGINEERING COMMERCIAL_REAL_ESTATE COMPUTER_GAMES COMPUTER_HARDWARE
COMPUTER_NETWORKING COMPUTER_NETWORK_SECURITY COMPUTER_SOFTWARE CONSTRUCTION CONSUMER_ELECTRONICS CONSUMER_GOODS
CONSUMER_SERVICES COSMETICS DAIRY DEFENSE_SPACE DESIGN EDUCATION_MANAGEMENT ELECTRICAL_ELECTRONIC_MANUFACTURING
ENTERTAINMENT ENVIRONMENTAL_SERVICES EVENTS_SERVICES E_LEARNING FACILITIES_SERVICES FARMING FINANCIAL_SERVICES
FOOD_BEVERAGES FOOD_PRODUCTION FURNITURE GOVERNMENT_ADMINISTRATION GRAPHIC_DESIGN HEALTH_WELLNESS_AND_FITNESS
HIGHER_EDUCATION HOSPITALITY HOSPITAL_HEALTH_CARE HUMAN_RESOURCES IMPORT_AND_EXPORT INDUSTRIAL_AUTOMATION
INFORMATION_SERVICES INFORMATION_TECHNOLOGY_AND_SERVICES INSURANCE INTERNATIONAL_TRADE_AND_DEVELOPMENT INTERNET
INVESTMENT_BANKING INVESTMENT_MANAGEMENT LAW_PRACTICE LEGAL_SERVICES LEISURE_TRAVEL_TOURISM LOGISTICS_AND_SUPPLY_CHAIN
LUXURY_GOODS_JEWELRY MACHINERY MANAGEMENT_CONSULTING MARITIME MARKETING_AND_ADVERTISING MARKET_RESEARCH
MECHANICAL_OR_INDUSTRIAL_ENGINEERING MEDIA_PRODUCTION MEDICAL_DEVICES MEDICAL_PRACTICE MINING_METALS
NON_PROFIT_ORGANIZATION_MANAGEMENT OIL_ENERGY ONLINE_MEDIA OUTSOURCING_OFFSHORING PACKAGE_FREIGHT_DELIVERY
PACKAGING_AND_CONTAINERS PAPER_FOREST_PRODUCTS PHARMACEUTICALS PLASTICS PRINTING PROFESSIONAL_TRAINING_COACHING
PUBLISHING RAILROAD_MANUFACTURE REAL_ESTATE RENEWABLES_ENVIRONMENT RESEARCH RESTAURANTS RETAIL
SECURITY_AND_INVESTIGATIONS SEMICONDUCTORS SHIPBUILDING SPORTING_GOODS STAFFING_AND_RECRUITING TELECOMMUNICATIONS
TEXTILES TRANSPORTATION_TRUCKING_RAILROAD UTILITIES VENTURE_CAPITAL_PRIVATE_EQUITY WAREHOUSING WHOLESALE
WINE_AND_SPIRITS WIRELESS WRITING_AND_EDITING
"""
_INDUSTRIES = ", ".join(f"{each}={each.replace('_', ' ').title()}" for each in _INDUSTRY_VALUES.split())

_LIFECYCLE = ", ".join(f"{value}={label}" for value, label in LIFECYCLE_STAGES)

_OWN: dict[str, str] = {
    "contacts": f"""
email | Email | string text | form
firstname | First Name | string text | form
lastname | Last Name | string text | form
phone | Phone Number | string phonenumber | form
mobilephone | Mobile Phone Number | string phonenumber | form
fax | Fax Number | string phonenumber | form
company | Company Name | string text | form
jobtitle | Job Title | string text | form
website | Website URL | string text | form
address | Street Address | string text | form
city | City | string text | form
state | State/Region | string text | form open
zip | Postal Code | string text | form
country | Country/Region | string text | form open
industry | Industry | string text | form open
annualrevenue | Annual Revenue | string text | form open
createdate | Create Date | datetime date | ro
lastmodifieddate | Last Modified Date | datetime date | ro
lifecyclestage | Lifecycle Stage | enumeration radio | form ext | {_LIFECYCLE}
hs_pipeline | Pipeline | enumeration select | ro ext hidden
hs_lead_status | Lead Status | enumeration radio | form more in:sales_properties | NEW=New, OPEN=Open, IN_PROGRESS=In Progress, OPEN_DEAL=Open Deal, UNQUALIFIED=Unqualified, ATTEMPTED_TO_CONTACT=Attempted to Contact, CONNECTED=Connected, BAD_TIMING=Bad Timing
hs_analytics_source | Original Source | enumeration select | in:analyticsinformation | ORGANIC_SEARCH=Organic Search, PAID_SEARCH=Paid Search, EMAIL_MARKETING=Email Marketing, SOCIAL_MEDIA=Organic Social, REFERRALS=Referrals, OTHER_CAMPAIGNS=Other Campaigns, DIRECT_TRAFFIC=Direct Traffic, OFFLINE=Offline Sources, PAID_SOCIAL=Paid Social
hs_all_contact_vids | All vids for a contact | enumeration select | calc hidden
hs_additional_emails | Additional email addresses | enumeration select | calc hidden
hs_calculated_merged_vids | Merged vids with timestamps of a contact | enumeration select | calc hidden
hs_email_domain | Email Domain | string text | calc
hs_is_contact | Is a contact | bool calculation_read_time | calc hidden
hs_is_unworked | Contact unworked | bool calculation_equation | ro in:sales_properties
hs_lifecyclestage_lead_date | Became a Lead Date | datetime date | ro hidden
hs_currently_enrolled_in_prospecting_agent | Currently Enrolled in Prospecting Agent | bool calculation_equation | calc
hs_membership_has_accessed_private_content | Member has accessed private content | number calculation_equation | calc in:contactscripted
hs_registered_member | Registered member | number calculation_equation | calc in:contactscripted
""",  # noqa: E501  one property a line
    "companies": f"""
name | Company name | string text | form
domain | Company Domain Name | string text | form
hs_additional_domains | Additional Domains | enumeration checkbox | ext
website | Website URL | string text | form
phone | Phone Number | string phonenumber | form
address | Street Address | string text | form
city | City | string text | form
state | State/Region | string text | form
zip | Postal Code | string text | form
country | Country/Region | string text | form
description | Description | string textarea | form
industry | Industry | enumeration select | form more | {_INDUSTRIES}
numberofemployees | Number of Employees | number number | form
annualrevenue | Annual Revenue | number number | form money
founded_year | Year Founded | string text | form
timezone | Time Zone | string text | form
type | Type | enumeration select | form more | PROSPECT=Prospect, PARTNER=Partner, RESELLER=Reseller, VENDOR=Vendor, OTHER=Other
lifecyclestage | Lifecycle Stage | enumeration radio | form ext | {_LIFECYCLE}
hs_pipeline | Pipeline | enumeration select | ro ext
createdate | Create Date | datetime date | ro
hs_lastmodifieddate | Last Modified Date | datetime date | ro
""",  # noqa: E501
    "deals": """
dealname | Deal Name | string text | form
pipeline | Pipeline | enumeration select | ext
dealstage | Deal Stage | enumeration radio | ext
amount | Amount | number number | money form
amount_in_home_currency | Amount in company currency | number number | calc money
deal_currency_code | Currency | enumeration select | more | USD=US Dollar
closedate | Close Date | datetime date | form
createdate | Create Date | datetime date
hs_lastmodifieddate | Last Modified Date | datetime date | ro
dealtype | Deal Type | enumeration radio | form more | newbusiness=New Business, existingbusiness=Existing Business
description | Deal Description | string textarea | form
closed_lost_reason | Closed Lost Reason | string textarea
closed_won_reason | Closed Won Reason | string textarea
hs_next_step | Next step | string text
hs_priority | Priority | enumeration select | more | low=Low, medium=Medium, high=High
hs_manual_forecast_category | Forecast category | enumeration select | | OMIT=Not forecasted, PIPELINE=Pipeline, BEST_CASE=Best case, COMMIT=Commit, CLOSED=Closed won
hs_is_closed | Is Deal Closed? | bool booleancheckbox | calc
hs_is_closed_won | Is Closed Won | bool booleancheckbox | calc
hs_is_closed_lost | Is closed lost | bool booleancheckbox | calc
hs_is_open_count | Is Open (numeric) | number number | calc
hs_closed_amount | Closed Deal Amount | number number | calc money
hs_closed_amount_in_home_currency | Closed Deal Amount In Home Currency | number number | calc money
hs_deal_stage_probability | Deal probability | number number | calc
hs_projected_amount | Weighted amount | number number | calc money
hs_projected_amount_in_home_currency | Weighted amount in company currency | number number | calc money
hs_forecast_amount | Forecast amount | number number | calc money
hs_forecast_probability | Forecast probability | number number
hs_closed_won_date | Closed Won Date | datetime date | calc
days_to_close | Days to Close | number number | calc
""",  # noqa: E501
    "leads": """
hs_lead_name | Lead Name | string text
hs_pipeline | Pipeline | enumeration select | ext
hs_pipeline_stage | Lead Stage | enumeration select | ext
hs_lead_type | Lead Type | enumeration select | more | NEW_BUSINESS=New business, RE_ATTEMPTING=Re-attempting, UPSELL=Upsell
hs_lead_label | Lead Label | enumeration select | more | HOT=Hot, WARM=Warm, COLD=Cold
hs_lead_is_open | Lead is open | bool booleancheckbox | calc
hs_lead_disqualification_reason | Disqualification reason | enumeration select | more | NOT_A_GOOD_FIT=Not a good fit, NO_BUDGET=No budget, UNRESPONSIVE=Unresponsive, NOT_INTERESTED=Not interested
""",  # noqa: E501
    "products": """
name | Name | string text
description | Product description | string textarea
price | Unit price | number number | money
hs_sku | SKU | string text
hs_cost_of_goods_sold | Unit cost | number number | money
hs_product_type | Product Type | enumeration select | | inventory=Inventory, non_inventory=Non-Inventory, service=Service
hs_folder | Folder | string text
recurringbillingfrequency | Billing frequency | enumeration select | | weekly=Weekly, biweekly=Every two weeks, monthly=Monthly, quarterly=Quarterly, per_six_months=Semi-annually, annually=Annually
createdate | Create Date | datetime date | ro
hs_lastmodifieddate | Last Modified Date | datetime date | ro
""",  # noqa: E501
    "line_items": """
name | Name | string text
description | Description | string textarea
hs_product_id | Product ID | number number | ext
hs_sku | SKU | string text
price | Unit price | number number | money
quantity | Quantity | number number
discount | Unit discount | number number | money
hs_discount_percentage | Discount Percentage | number number
amount | Net price | number number | calc money
hs_line_item_currency_code | Currency | enumeration select | more | USD=US Dollar
recurringbillingfrequency | Billing frequency | enumeration select | | weekly=Weekly, biweekly=Every two weeks, monthly=Monthly, quarterly=Quarterly, per_six_months=Semi-annually, annually=Annually
createdate | Create Date | datetime date | ro
hs_lastmodifieddate | Last Modified Date | datetime date | ro
""",  # noqa: E501
    "calls": """
hs_call_title | Call Title | string text
hs_call_body | Call notes | string html
hs_call_direction | Call direction | enumeration select | | INBOUND=Inbound, OUTBOUND=Outbound
hs_call_disposition | Call outcome | enumeration select | more | 9d9162e7-6cf3-4944-bf63-4dff82258764=Busy, f240bbac-87c9-4f6e-bf70-924b57d47db7=Connected, a4c4c377-d246-4b32-a13b-75a56a4cd0ff=Left live message, b2cf5968-551e-4856-9783-52b3da59a7d0=Left voicemail, 73a0d17f-1163-4015-bdd5-ec830791da20=No answer, 17b47fee-58de-441e-a44c-c6300d46f273=Wrong number
hs_call_duration | Call duration | number number
hs_call_status | Call status | enumeration select | | BUSY=Busy, CALLING_CRM_USER=Calling CRM user, CANCELED=Canceled, COMPLETED=Completed, CONNECTING=Connecting, FAILED=Failed, IN_PROGRESS=In progress, NO_ANSWER=No answer, QUEUED=Queued, RINGING=Ringing
hs_call_from_number | From number | string text
hs_call_to_number | To number | string text
""",  # noqa: E501
    "emails": """
hs_email_subject | Email subject | string text
hs_email_direction | Email direction | enumeration select | | EMAIL=Email sent from CRM, INCOMING_EMAIL=Incoming email, FORWARDED_EMAIL=Forwarded email
hs_email_status | Email send status | enumeration select | | BOUNCED=Bounced, FAILED=Failed, SCHEDULED=Scheduled, SENDING=Sending, SENT=Sent
hs_email_text | Email body | string textarea
hs_email_html | Email HTML body | string html
""",  # noqa: E501
    "meetings": """
hs_meeting_title | Meeting name | string text
hs_meeting_body | Meeting description | string html
hs_meeting_start_time | Meeting start time | datetime date
hs_meeting_end_time | Meeting end time | datetime date
hs_meeting_outcome | Meeting outcome | enumeration select | more | SCHEDULED=Scheduled, COMPLETED=Completed, RESCHEDULED=Rescheduled, NO_SHOW=No show, CANCELED=Canceled
hs_meeting_location | Meeting location | string text
hs_internal_meeting_notes | Internal meeting notes | string html
""",  # noqa: E501
    "tasks": """
hs_task_subject | Task Title | string text
hs_task_body | Task Notes | string html
hs_task_status | Task Status | enumeration select | | NOT_STARTED=Not started, IN_PROGRESS=In progress, WAITING=Waiting, COMPLETED=Completed, DEFERRED=Deferred
hs_task_type | Task Type | enumeration select | | TODO=To Do, CALL=Call, EMAIL=Email, LINKED_IN=LinkedIn
hs_task_priority | Priority | enumeration select | | NONE=None, LOW=Low, MEDIUM=Medium, HIGH=High
hs_task_completion_date | Completed at | datetime date | ro
hs_task_is_completed | Is completed | bool booleancheckbox | calc
""",  # noqa: E501
    "notes": """
hs_note_body | Note body | string html
""",
    "communications": """
hs_communication_body | Communication body | string html
hs_communication_channel_type | Channel type | enumeration select | | WHATS_APP=WhatsApp, LINKEDIN_MESSAGE=LinkedIn, SMS=SMS, CUSTOM_CHANNEL_CONVERSATION=Custom channel
hs_communication_logged_from | Logged from | enumeration select | | CRM=CRM, CONVERSATIONS=Conversations
""",  # noqa: E501
    "postal_mail": """
hs_postal_mail_body | Postal mail body | string html
""",
    **service.OWN,
    "users": """
hs_email | Email | string text | ro
hs_given_name | First name | string text | ro
hs_family_name | Last name | string text | ro
hs_internal_user_id | User ID | number number | ro
hs_job_title | Job title | string text
hs_main_phone | Phone | string phonenumber
hs_standard_time_zone | Time zone | string text
hs_availability_status | Availability | enumeration select | | available=Available, away=Away
hs_deactivated | Deactivated | bool booleancheckbox | ro
""",
}


def standard_properties(kind: str) -> list[Property]:
    """HubSpot's definitions of an object, in the order of their names."""
    lines = _EVERY_OBJECT + _OWN[kind] + further.OWN.get(kind, "")
    if kind == "users":
        lines += "hubspot_owner_id | Owner ID | number number | ro owner\n"
    else:
        lines += _OWNED
    if OBJECTS[kind].created == "hs_createdate":
        lines += _STAMPS
    if "hs_timestamp" in OBJECTS[kind].required:
        lines += _ACTIVITY
    where = " in:sales_properties" if kind == "contacts" else ""
    return _read_all(lines, OBJECTS[kind].singular.replace("_", " ").capitalize(), GROUPS[kind][0][0], where)


def custom_object_properties(noun: str, group: str) -> list[Property]:
    """HubSpot's definitions of a custom object, in the order of their names."""
    return _read_all(_EVERY_OBJECT + _OWNED + _STAMPS + _CUSTOM, noun, group, "")


def _read_all(lines: str, noun: str, group: str, where: str) -> list[Property]:
    filled = lines.replace("{noun}", noun).replace("{where}", where)
    return sorted((_read(line, group) for line in filled.splitlines() if line), key=lambda each: each.name)


def _read(line: str, group: str) -> Property:
    name, label, kinds, flags, choices = (*(part.strip() for part in line.split("|")), "", "")[:5]
    value_type, field_type = kinds.split()
    words = flags.split()
    group = _after(words, "in:") or group
    return Property(
        name=name,
        label=label,
        type=value_type,
        field_type=field_type,
        group=group,
        options=_options(choices, value_type),
        calculated="calc" in words,
        external="ext" in words,
        unique="unique" in words,
        hidden="hidden" in words,
        form_field="form" in words,
        hubspot_defined=True,
        read_only="ro" in words or "calc" in words,
        extensible="more" in words,
        currency="money" in words,
        refers_to="OWNER" if "owner" in words else _after(words, "to:"),
        open_definition="open" in words,
        created_at="" if "undated" in words else DEFINED_AT,
        updated_at="" if "undated" in words else DEFINED_AT,
    )


def _after(words: list[str], start: str) -> str | None:
    """What follows `start` in the flag that begins with it; None where there is no such flag."""
    return next((word.removeprefix(start) for word in words if word.startswith(start)), None)


def _options(choices: str, value_type: str) -> tuple[Option, ...]:
    if value_type == "bool":
        return (Option("true", "True", 0), Option("false", "False", 1))
    pairs = (choice.split("=", 1) for choice in choices.split(", ") if choice)
    return tuple(Option(value, label, order) for order, (value, label) in enumerate(pairs))
