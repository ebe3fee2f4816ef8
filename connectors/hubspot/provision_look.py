"""What stands in the account already, of that which provisioning makes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from connectors.errors import Rejected
from connectors.hubspot.listing import results_of
from connectors.hubspot.targets import crm_type_of

if TYPE_CHECKING:
    from connectors.hubspot.account import Account

GROUP = "salesops"
GROUP_LABEL = "Sales operations"

_ARCHIVED = (("archived", "true"),)


def find_type(account: Account, name: str) -> str:
    """What paths call an object; Rejected where HubSpot has none whose records could carry fields."""
    found = crm_type_of(account, name)
    if found is None:
        raise Rejected(f"the HubSpot account has no object {name} whose records could carry fields.", code="NO_OBJECT")
    return found


def has_group(account: Account, crm_type: str) -> bool:
    """Whether an object type has our group of properties."""
    path = account.paths.property_groups(crm_type)
    groups = account.checked(lambda: results_of(account.session.get(path), f"the property groups of {crm_type}"))
    return any(group["name"] == GROUP for group in groups)


def archived_properties(account: Account, crm_type: str) -> frozenset[str]:
    """The names of the archived properties of an object type."""
    answer = account.checked(account.session.get, account.paths.properties(crm_type), _ARCHIVED)
    return frozenset(str(each["name"]) for each in answer["results"])


def is_deleted_object(account: Account, name: str) -> bool:
    """Whether a custom object of this name was deleted and not yet for good: its name is still taken."""
    answer = account.checked(account.session.get, account.paths.schemas, _ARCHIVED)
    return any(str(each["name"]).lower() == name.lower() for each in answer["results"])
