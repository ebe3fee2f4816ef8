"""What Salesforce and HubSpot take as the name of a field or an object that is made, and the names that are theirs."""

from __future__ import annotations

import re

CUSTOM = "__c"
"""What the names of all custom objects and fields of Salesforce end in (Metadata API Developer Guide, Metadata)."""

# "The current character limit for creating field names and labels is 40 characters": Salesforce Help 000381913.
SALESFORCE_LONGEST = 40
_LONGEST_NAMESPACE = 15  # Metadata API Developer Guide, Metadata
_HUBSPOT_LONGEST = 100

_SALESFORCE_FIELDS = """
    AboutMe AccountNumber AccountSource Amount AnnualRevenue BillingCity BillingCountry BillingState CloseDate
    CompanyName CurrencyIsoCode Department Description Division DunsNumber EmployeeNumber Extension Fax
    ForecastCategoryName Industry LeadSource MailingCity MailingCountry MailingState MobilePhone NaicsCode NaicsDesc
    Name NextStep NumberOfEmployees OwnerId Ownership Phone Probability Rating ShippingCity ShippingCountry
    ShippingState Sic SicDesc Site StageName Status TickerSymbol Title TotalOpportunityQuantity Tradestyle Type Website
    YearStarted
"""
SALESFORCE_FIELDS = frozenset(_SALESFORCE_FIELDS.split())
"""Fields of Salesforce's own on users, accounts, opportunities, leads and contacts that a result might be written to
(Object Reference for the Salesforce Platform)."""

SALESFORCE_RECORD_FIELDS = frozenset({"Name", "OwnerId", "CurrencyIsoCode"})
"""Salesforce's own fields of a custom object that can be written (Object Reference, Custom Objects)."""

HUBSPOT_RESERVED = ("hs_", "hubspot_")
"""What the names of HubSpot's own properties begin with; no other can be made with such a name."""

_HUBSPOT_FIELDS = """
    hs_forecast_amount hs_forecast_probability hs_job_title hs_language hs_lead_label hs_lead_name hs_lead_source
    hs_lead_status hs_lead_type hs_manual_forecast_category hs_next_step hs_persona hs_pipeline hs_pipeline_stage
    hs_priority hs_standard_time_zone hubspot_owner_id
"""
HUBSPOT_FIELDS = frozenset(_HUBSPOT_FIELDS.split())
"""Properties of HubSpot's own with such names that a result might be written to (its "default properties")."""

_HUBSPOT_OBJECTS = """
    call calls communication communications companies company contact contacts deal deals email emails
    feedback_submission feedback_submissions goal goals goal_target goal_targets lead leads line_item line_items meeting
    meetings note notes owner owners postal_mail product products quote quotes task tasks ticket tickets user users
"""
HUBSPOT_OBJECTS = frozenset(_HUBSPOT_OBJECTS.split())
"""HubSpot's own objects, one and several ("Using object APIs"). Those that came late are left out (orders, services,
projects and their like): an account may have a custom object of that name from before."""


def salesforce_flaw(name: str) -> str:
    """Why Salesforce has no field or object of this name, which ends in __c; empty where it could have one.

    "The fullName can contain only underscores and alphanumeric characters. It must be unique, begin with a letter, not
    include spaces, not end with an underscore, and not contain two consecutive underscores" (Metadata API Developer
    Guide, MetadataWithContent). Before the name of what a package brought stands its namespace, and two.

    >>> salesforce_flaw("Won_Amount__c"), salesforce_flaw("acme__Won__c")
    ('', '')
    >>> salesforce_flaw("Won___c")
    'ends in an underscore before __c'
    >>> salesforce_flaw("My__Won__Amount__c")
    'has two underscores in a row'
    """
    own = name.removesuffix(CUSTOM)
    if own.endswith("_"):
        return f"ends in an underscore before {CUSTOM}"
    namespace, package, rest = own.partition("__")
    if "__" in rest or rest.startswith("_") or (package and len(namespace) > _LONGEST_NAMESPACE):
        return "has two underscores in a row"
    return ""


def salesforce_namespace(name: str) -> str:
    """The namespace of the package that brought a field or object that ends in __c; empty of one of the org's own."""
    namespace, package, _ = name.removesuffix(CUSTOM).partition("__")
    return namespace if package else ""


def nearest_salesforce(name: str) -> str:
    """A name that Salesforce takes, like this one."""
    plain = re.sub("_+", "_", re.sub("(?i)_+c$", "", name)).strip("_")
    return plain[:SALESFORCE_LONGEST].rstrip("_") + CUSTOM


def hubspot_flaw(name: str) -> str:
    """Why HubSpot has no property of this name; empty where it could have one.

    Names are lower case, whatever is sent (properties API guide); the rest HubSpot says when it refuses one.
    """
    if re.fullmatch(r"[a-z][a-z0-9_]*", name) and len(name) <= _HUBSPOT_LONGEST:
        return ""
    return f"is not lower-case letters, digits and underscores, a letter first, at most {_HUBSPOT_LONGEST} in all"


def nearest_hubspot(name: str) -> str:
    """A name that HubSpot takes, like this one."""
    plain = re.sub(r"[^a-z0-9_]+", "_", name.lower()).lstrip("_0123456789")
    for reserved in HUBSPOT_RESERVED:
        plain = plain.removeprefix(reserved)
    return plain.lstrip("_0123456789")[:_HUBSPOT_LONGEST] or "quota_attainment"
