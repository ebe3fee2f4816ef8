"""An object as `describe` tells of it: what can be done with it, its relatives, its addresses."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from connectors.sandbox.salesforce.describe.fields import describe_field
from connectors.sandbox.salesforce.errors import not_found

if TYPE_CHECKING:
    from connectors.sandbox.salesforce.schema.catalog import Catalog
    from connectors.sandbox.salesforce.schema.spec import Field, SObject
    from connectors.sandbox.salesforce.web import Call

MASTER_RECORD_TYPE = "012000000000000AAA"
_FALSE = ("activateable", "customSetting", "deprecatedAndHidden", "hasSubtypes", "isInterface", "isSubtype")
_NULL = (
    "defaultImplementation", "extendedBy", "extendsInterfaces", "implementedBy", "implementsInterfaces",
    "listviewable", "lookupLayoutable", "networkScopeFieldName",
)  # fmt: skip
_NULL_IN_SHORT = ("associateEntityType", "associateParentEntity")
_ABILITIES = {
    "createable": "c", "updateable": "u", "deletable": "d", "undeletable": "n", "mergeable": "m",
    "replicateable": "r", "searchable": "s", "triggerable": "t", "layoutable": "l", "feedEnabled": "f",
    "mruEnabled": "e", "deepCloneable": "k",
}  # fmt: skip
_SCOPING_RULES_SINCE = 53  # Winter '22, when scoping rules became generally available
# Resources that one object alone has (recorded describes).
_OWN_URLS = {
    "Case": {
        "caseArticleSuggestions": "suggestedArticles",
        "caseRowArticleSuggestions": "{ID}/suggestedArticles",
    },
    "Event": {"eventSeriesUpdates": "{ID}/fromThisEventOnwards"},
}


def target(call: Call) -> SObject:
    """The object that the path names; ApiError 404 where there is none."""
    found = call.catalog.find(str(call.path["object"]))
    if found is None:
        raise not_found()
    return found


def summarize(call: Call, found: SObject) -> dict[str, Any]:
    """An object in short, as the global describe lists it."""
    body: dict[str, Any] = {
        "custom": found.custom,
        "keyPrefix": found.prefix,
        "label": found.label,
        "labelPlural": found.plural,
        "name": found.name,
        "queryable": True,
        "retrieveable": True,
        "urls": _urls(call, found),
    }
    body |= {name: letter in found.abilities for name, letter in _ABILITIES.items()}
    body |= dict.fromkeys(_FALSE, False) | dict.fromkeys(_NULL_IN_SHORT)
    return {name: body[name] for name in sorted(body)}


def describe_object(call: Call, found: SObject) -> dict[str, Any]:
    """An object with its fields, as the caller sees it."""
    body = summarize(call, found) | dict.fromkeys(_NULL)
    body |= {
        "actionOverrides": [],
        "childRelationships": _child_relationships(call.catalog, found),
        "compactLayoutable": "l" in found.abilities,
        "fields": [describe_field(found, field) for field in found.fields.values()],
        "namedLayoutInfos": [],
        "recordTypeInfos": record_types(call, found),
        "searchLayoutable": "e" in found.abilities or found.custom,
        "sobjectDescribeOption": "FULL",
        "supportedScopes": _scopes(call, found),
    }
    if "l" in found.abilities:
        body["urls"] |= {
            "uiDetailTemplate": f"{call.base_url}/{{ID}}",
            "uiEditTemplate": f"{call.base_url}/{{ID}}/e",
            "uiNewRecord": f"{call.base_url}/{found.prefix}/e",
        }
    return {name: body[name] for name in sorted(body)}


def has_list_views(found: SObject) -> bool:
    """Whether the object has list views and approvals, as what has a tab of its own has."""
    return found.custom or "v" in found.abilities


def _urls(call: Call, found: SObject) -> dict[str, str]:
    """The resources of an object that this org answers, and the few that an object of that name alone has."""
    url = f"{call.root}/sobjects/{found.name}"
    urls = {"sobject": url, "describe": f"{url}/describe", "rowTemplate": f"{url}/{{ID}}"}
    if "l" in found.abilities:
        urls |= {
            "compactLayouts": f"{url}/describe/compactLayouts",
            "layouts": f"{url}/describe/layouts",
            "quickActions": f"{url}/quickActions",
        }
    if has_list_views(found):
        urls |= {"approvalLayouts": f"{url}/describe/approvalLayouts", "listviews": f"{url}/listviews"}
    return urls | {name: f"{url}/{path}" for name, path in _OWN_URLS.get(found.name, {}).items()}


def record_types(call: Call, found: SObject) -> list[dict[str, Any]]:
    """The object's record types, the master one last; none where it cannot have any."""
    if not found.custom and "T" not in found.abilities:
        return []
    sql = "SELECT Id, Name, DeveloperName, IsActive FROM RecordType WHERE SobjectType = ? ORDER BY Name"
    rows = call.store.database.rows(sql, (found.name,))
    own = [
        _record_type(call, found, row["Id"], row["Name"], row["DeveloperName"], bool(row["IsActive"])) for row in rows
    ]
    return [*own, _record_type(call, found, MASTER_RECORD_TYPE, "Master", "Master", active=True)]


def _record_type(
    call: Call, found: SObject, record_type: str, name: str, developer_name: str, active: bool
) -> dict[str, Any]:
    master = record_type == MASTER_RECORD_TYPE
    return {
        "active": active,
        "available": active,
        "defaultRecordTypeMapping": master,  # a record that names no type gets none in this org
        "developerName": developer_name,
        "master": master,
        "name": name,
        "recordTypeId": record_type,
        "urls": {"layout": f"{call.root}/sobjects/{found.name}/describe/layouts/{record_type}"},
    }


def _scopes(call: Call, found: SObject) -> list[dict[str, str]]:
    """The values of SOQL's USING SCOPE for the object, by name."""
    plural, owner = found.plural.lower(), found.find("OwnerId")
    scopes = {"everything": f"All {plural}"}
    if owner:
        scopes |= {"mine": f"My {plural}", "team": f"My team's {plural}"}
        if int(call.version.partition(".")[0]) >= _SCOPING_RULES_SINCE:
            scopes["scopingRule"] = "Filter by scope"
        if "Group" in owner.refs:
            scopes |= {"queue_owned": f"Queue owned {plural}", "user_owned": f"User owned {plural}"}
    if found.name in {"Event", "Task"}:
        scopes["delegated"] = f"My delegated {plural}"
    if found.name == "Case":
        del scopes["team"]
        scopes |= {"genericteam": f"My case teams {plural}", "team_by_role": f"My role-based team's {plural}"}
    return [{"label": scopes[name], "name": name} for name in sorted(scopes)]


def _child_relationships(catalog: Catalog, found: SObject) -> list[dict[str, Any]]:
    pairs = sorted(catalog.children(found), key=lambda pair: (pair[0].name, pair[1].name))
    return [_child_relationship(child, field) for child, field in pairs if field.name != "MasterRecordId"]


def _child_relationship(child: SObject, field: Field) -> dict[str, Any]:
    master = field.master_order is not None
    return {
        "cascadeDelete": "x" in field.flags or master or field.delete_constraint == "Cascade",
        "childSObject": child.name,
        "deprecatedAndHidden": False,
        "field": field.name,
        "junctionIdListNames": [],
        "junctionReferenceTo": [],
        "relationshipName": field.children or None,
        "restrictedDelete": "R" in field.flags or field.delete_constraint == "Restrict",
    }
