"""Every path of HubSpot's API that we call, with the version it is called in: a move to another version is made here.

HubSpot retires the numbered APIs (v4 on 30 March 2027, v1 to v3 in September 2027) for dated ones with the same bodies,
whose paths have the version behind the family: `/crm/v3/objects/deals` becomes `/crm/objects/2026-03/deals`.
"""

from __future__ import annotations

ACCOUNT = "/account-info/v3/details"
OWNERS = "/crm/v3/owners"
OBJECTS = "/crm/v3/objects"
PROPERTIES = "/crm/v3/properties"
PIPELINES = "/crm/v3/pipelines"
ASSOCIATIONS = "/crm/v4/associations"


def objects(crm_type: str) -> str:
    """The records of an object type."""
    return f"{OBJECTS}/{crm_type}"


def search(crm_type: str) -> str:
    """The search of an object type."""
    return f"{OBJECTS}/{crm_type}/search"


def is_search(path: str) -> bool:
    """Whether the path is the search of an object type, which has a limit of its own."""
    return path.endswith("/search")


def batch_read(crm_type: str) -> str:
    """Records by id."""
    return f"{OBJECTS}/{crm_type}/batch/read"


def batch_update(crm_type: str) -> str:
    """New values for records by id."""
    return f"{OBJECTS}/{crm_type}/batch/update"


def properties(crm_type: str) -> str:
    """The property definitions of an object type."""
    return f"{PROPERTIES}/{crm_type}"


def property_named(crm_type: str, name: str) -> str:
    """One property definition."""
    return f"{PROPERTIES}/{crm_type}/{name}"


def property_groups(crm_type: str) -> str:
    """The groups that properties are shown in."""
    return f"{PROPERTIES}/{crm_type}/groups"


def pipelines(crm_type: str) -> str:
    """The pipelines of an object type, with their stages."""
    return f"{PIPELINES}/{crm_type}"


def associations(from_type: str, to_type: str) -> str:
    """What records of one type are associated with, by id."""
    return f"{ASSOCIATIONS}/{from_type}/{to_type}/batch/read"
