"""What filters a query besides its WHERE: USING SCOPE, and the clauses that only some objects or Apex have."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from connectors.sandbox.salesforce.org.storage import quote
from connectors.sandbox.salesforce.soql import errors

if TYPE_CHECKING:
    from connectors.sandbox.salesforce.soql.scope import Scope
    from connectors.sandbox.salesforce.soql.tree import Path, Query

# The API answers what its user may see anyway; SYSTEM_MODE is for Apex ("WITH", SOQL and SOSL Reference).
_MODES = frozenset({"SECURITY_ENFORCED", "USER_MODE"})
_TEAMS = {"Account": ("AccountTeamMember", "AccountId"), "Opportunity": ("OpportunityTeamMember", "OpportunityId")}


def check_clauses(text: str, query: Query) -> None:
    """ApiError where a WITH or UPDATE clause is for objects that this org has not, or for Apex only."""
    if query.with_ and query.with_.mode == "DATA CATEGORY":
        message = "WITH DATA CATEGORY is not supported: the organization has no data category groups"
        raise errors.malformed_at(text, query.with_.at, message)
    if query.with_ and not query.with_.mode:
        message = "WITH only filters data categories and feeds"
        raise errors.malformed_at(text, query.source.at, message)
    if query.with_ and query.with_.mode not in _MODES:
        raise errors.unexpected(text, query.with_.at, query.with_.mode)
    if query.statistics:
        message = f"UPDATE {query.statistics.parts[0].upper()} is only supported for articles"
        raise errors.malformed_at(text, query.statistics.at, message)
    if query.purposes & {"VIEW", "REFERENCE"} and query.group:
        raise errors.malformed("FOR VIEW and FOR REFERENCE are not allowed in aggregate queries")


def scope_filter(scope: Scope, using: Path, values: list[Any]) -> list[str]:
    """The conditions of a USING SCOPE; ApiError where the object has no such scope."""
    name, root, user = using.parts[0].lower(), scope.root, scope.moment.user_id
    if name == "everything":
        return []
    if name == "mine" and root.find("OwnerId"):
        values.append(user)
        return [f"{scope.column('OwnerId')} = ?"]
    if name == "delegated" and root.name == "Task":
        # "Filter for records delegated to another user for action": made by the user, done by somebody else.
        values += [user, user]
        return [f"{scope.column('CreatedById')} = ?", f"{scope.column('OwnerId')} != ?"]
    if name == "team" and root.name in _TEAMS and scope.catalog.find(_TEAMS[root.name][0]):
        member, link = _TEAMS[root.name]
        values.append(user)
        mine = f'SELECT {quote(link)} FROM {quote(member)} WHERE "UserId" = ?'
        return [f"{scope.column('Id')} IN ({mine})"]
    if name == "my_territory" and (territory := _in_my_territory(scope)):
        values.append(user)
        return [territory]
    message = f"Scope '{using.parts[0]}' is not supported for entity '{root.name}'"
    raise errors.malformed_at(scope.text, using.at, message)


def _in_my_territory(scope: Scope) -> str:
    """The condition that a record is in a territory of the user, or "" where it cannot be."""
    if not scope.catalog.find("UserTerritory2Association"):
        return ""
    mine = 'SELECT "Territory2Id" FROM "UserTerritory2Association" WHERE "UserId" = ?'
    if scope.root.find("Territory2Id"):
        return f"{scope.column('Territory2Id')} IN ({mine})"
    if scope.root.name == "Account" and scope.catalog.find("ObjectTerritory2Association"):
        objects = f'SELECT "ObjectId" FROM "ObjectTerritory2Association" WHERE "Territory2Id" IN ({mine})'
        return f"{scope.column('Id')} IN ({objects})"
    return ""
