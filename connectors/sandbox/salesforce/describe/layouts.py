"""Layouts of an object: the one that every org has before anybody makes another, with all its fields.

Answered as REST API Developer Guide, sObject Layouts, Compact Layouts, Approval Layouts, List Views and Quick Actions
describe them. The org has neither list views, nor quick actions, nor approvals: those lists are empty.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from connectors.sandbox.salesforce.describe.fields import describe_field
from connectors.sandbox.salesforce.describe.objects import MASTER_RECORD_TYPE, has_list_views, record_types, target
from connectors.sandbox.salesforce.errors import not_found
from connectors.sandbox.salesforce.ids import make_id, parse_id
from connectors.sandbox.salesforce.web import Answer

if TYPE_CHECKING:
    from collections.abc import Sequence

    from connectors.sandbox.salesforce.schema.spec import Field, SObject
    from connectors.sandbox.salesforce.web import Call, Routes

_COLUMNS = 2


def get_layouts(call: Call) -> Answer:
    """The layout of the object and which record type shows it."""
    found = _layoutable(call)
    mappings = [_mapping(info) for info in record_types(call, found) or [_master_only(call, found)]]
    body = {
        "layouts": [_layout(found)],
        "recordTypeMappings": mappings,
        "recordTypeSelectorRequired": [len(mappings) > 1],
    }
    return Answer(body)


def get_layout(call: Call) -> Answer:
    """The layout that a record type shows."""
    found = _layoutable(call)
    wanted = parse_id(str(call.path["record_type"]))
    known = {info["recordTypeId"] for info in record_types(call, found)} | {MASTER_RECORD_TYPE}
    if wanted not in known:
        raise not_found()
    return Answer(_layout(found))


def get_compact_layouts(call: Call) -> Answer:
    """The system's own compact layout, which every record type has."""
    found = _layoutable(call)
    url = f"{call.root}/sobjects/{found.name}/describe/compactLayouts"
    mappings = [
        {
            "available": info["available"],
            "compactLayoutId": None,
            "compactLayoutName": "SYSTEM",
            "recordTypeId": info["recordTypeId"],
            "recordTypeName": info["name"],
            "urls": {"compactLayout": f"{url}/{info['recordTypeId']}"},
        }
        for info in record_types(call, found) or [_master_only(call, found)]
    ]
    body = {
        "compactLayouts": [_compact(found)],
        "defaultCompactLayoutId": None,
        "recordTypeCompactLayoutMappings": mappings,
        "urls": {"primary": f"{url}/primary"},
    }
    return Answer(body)


def get_compact_layout(call: Call) -> Answer:
    """The compact layout of a record type, or the primary one: the same."""
    found = _layoutable(call)
    name = str(call.path["record_type"])
    if name != "primary" and parse_id(name) not in {info["recordTypeId"] for info in record_types(call, found)}:
        raise not_found()
    return Answer(_compact(found))


def get_approval_layouts(call: Call) -> Answer:
    if not has_list_views(target(call)):
        raise not_found()
    return Answer({"approvalLayouts": []})


def get_list_views(call: Call) -> Answer:
    found = target(call)
    if not has_list_views(found):
        raise not_found()
    body = {"done": True, "listviews": [], "nextRecordsUrl": None, "size": 0, "sobjectType": found.name}
    return Answer(body)


def get_quick_actions(call: Call) -> Answer:
    _layoutable(call)
    return Answer([])


def _layoutable(call: Call) -> SObject:
    found = target(call)
    if "l" not in found.abilities:
        raise not_found()
    return found


def _master_only(call: Call, found: SObject) -> dict[str, Any]:
    url = f"{call.root}/sobjects/{found.name}/describe/layouts/{MASTER_RECORD_TYPE}"
    return {
        "active": True, "available": True, "defaultRecordTypeMapping": True, "developerName": "Master",
        "master": True, "name": "Master", "recordTypeId": MASTER_RECORD_TYPE, "urls": {"layout": url},
    }  # fmt: skip


def _mapping(info: dict[str, Any]) -> dict[str, Any]:
    """A record type of the object, with the layout that it shows and no picklist narrowed by it."""
    return info | {"layoutId": _layout_id(), "picklistsForRecordType": []}


def _layout_id() -> str:
    return make_id("00h", 1)


def _layout(found: SObject) -> dict[str, Any]:
    shown = [field for field in found.fields.values() if field.type != "id" and not field.compound]
    edited = [field for field in shown if field.createable or field.updateable]
    return {
        "buttonLayoutSection": None,
        "detailLayoutSections": [_section(found, shown)],
        "editLayoutSections": [_section(found, edited)],
        "feedView": None,
        "highlightsPanelLayoutSection": None,
        "id": _layout_id(),
        "multirowEditLayoutSections": [],
        "offlineLinks": [],
        "quickActionList": {"quickActionListItems": []},
        "relatedContent": None,
        "relatedLists": [],
        "saveOptions": [],
    }


def _section(found: SObject, fields: Sequence[Field]) -> dict[str, Any]:
    rows = [fields[start : start + _COLUMNS] for start in range(0, len(fields), _COLUMNS)]
    items = [[_item(found, field) for field in row] for row in rows]
    return {
        "collapsed": False,
        "columns": _COLUMNS,
        "heading": f"{found.label} Information",
        "layoutRows": [{"layoutItems": row, "numItems": len(row)} for row in items],
        "layoutSectionId": None,
        "parentLayoutId": _layout_id(),
        "rows": len(rows),
        "tabOrder": "LeftToRight",
        "useCollapsibleSection": False,
        "useHeading": True,
    }


def _compact(found: SObject) -> dict[str, Any]:
    names = [field for field in found.fields.values() if "N" in field.flags]
    return {
        "actions": [],
        "fieldItems": [_item(found, field) for field in names],
        "id": None,
        "imageItems": [],
        "label": "System Default",
        "name": "SYSTEM",
        "objectType": found.name,
    }


def _item(found: SObject, field: Field) -> dict[str, Any]:
    component = {
        "details": describe_field(found, field),
        "displayLines": 1,
        "tabOrder": 1,
        "type": "Field",
        "value": field.name,
    }
    return {
        "editableForNew": field.createable,
        "editableForUpdate": field.updateable,
        "label": field.label,
        "layoutComponents": [component],
        "placeholder": False,
        "required": not field.nillable and field.createable and "d" not in field.flags,
    }


ROUTES: Routes = {
    "/sobjects/{object}/describe/layouts": {"GET": get_layouts},
    "/sobjects/{object}/describe/layouts/{record_type}": {"GET": get_layout},
    "/sobjects/{object}/describe/compactLayouts": {"GET": get_compact_layouts},
    "/sobjects/{object}/describe/compactLayouts/{record_type}": {"GET": get_compact_layout},
    "/sobjects/{object}/describe/approvalLayouts": {"GET": get_approval_layouts},
    "/sobjects/{object}/listviews": {"GET": get_list_views},
    "/sobjects/{object}/quickActions": {"GET": get_quick_actions},
}
