"""What the org says of itself: versions, resources, limits, objects and their fields."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from connectors.sandbox.salesforce.errors import not_found
from connectors.sandbox.salesforce.limits import used_calls
from connectors.sandbox.salesforce.schema.spec import DECIMALS, NAME_PARTS, STRINGS
from connectors.sandbox.salesforce.web import FIRST_VERSION, LAST_VERSION, Answer

if TYPE_CHECKING:
    from connectors.sandbox.salesforce.schema.catalog import Catalog
    from connectors.sandbox.salesforce.schema.spec import Field, SObject
    from connectors.sandbox.salesforce.web import Call, Routes

_SOAP_TYPES = {
    "id": "tns:ID",
    "reference": "tns:ID",
    "boolean": "xsd:boolean",
    "int": "xsd:int",
    "date": "xsd:date",
    "datetime": "xsd:dateTime",
}
_ADDRESS_PART = re.compile(r"(Billing|Shipping|Mailing|)(?:Street|City|State|PostalCode|Country|Latitude|Longitude)\Z")
# Version 50 was Winter '21 and three releases come a year.
_SEASONS = ("Winter", "Spring", "Summer")
_ALWAYS_FALSE = (
    "aiPredictionField", "autoNumber", "calculated", "dependentPicklist", "deprecatedAndHidden",
    "displayLocationInDecimal", "encrypted", "formulaTreatNullNumberAsZero", "highScaleNumber", "queryByDistance",
    "restrictedDelete", "searchPrefilterable", "writeRequiresMasterRead",
)  # fmt: skip
_ALWAYS_NULL = (
    "calculatedFormula", "controllerName", "defaultValueFormula", "filteredLookupInfo", "inlineHelpText", "mask",
    "maskType", "referenceTargetField", "relationshipOrder",
)  # fmt: skip
_FALSE_OF_OBJECT = ("activateable", "customSetting", "deprecatedAndHidden", "hasSubtypes", "isInterface", "isSubtype")
_NULL_OF_OBJECT = (
    "associateEntityType", "associateParentEntity", "defaultImplementation", "extendedBy", "extendsInterfaces",
    "implementedBy", "implementsInterfaces", "listviewable", "lookupLayoutable", "networkScopeFieldName",
)  # fmt: skip
_ABILITIES = {
    "createable": "c", "updateable": "u", "deletable": "d", "undeletable": "n", "mergeable": "m",
    "replicateable": "r", "searchable": "s", "triggerable": "t", "layoutable": "l", "feedEnabled": "f",
    "mruEnabled": "e", "compactLayoutable": "e", "searchLayoutable": "e",
}  # fmt: skip
_IN_GLOBAL_ONLY_NULLS = ("associateEntityType", "associateParentEntity")


def get_versions(_: Call) -> Answer:
    versions = [
        {"label": _release(number), "url": f"/services/data/v{number}.0", "version": f"{number}.0"}
        for number in range(FIRST_VERSION, LAST_VERSION + 1)
    ]
    return Answer(versions)


def _release(number: int) -> str:
    year, season = divmod(number - FIRST_VERSION, len(_SEASONS))
    return f"{_SEASONS[season]} '{21 + year}"


def get_resources(call: Call) -> Answer:
    names = ("tooling", "composite", "query", "queryAll", "jobs", "sobjects", "limits")
    identity = {"identity": f"{call.base_url}/services/oauth2/userinfo"}
    return Answer({name: f"{call.root}/{name}" for name in names} | identity)


def get_limits(call: Call) -> Answer:
    """The limits that this org keeps."""
    allowed = call.store.database.behaviour.daily_limit
    return Answer({"DailyApiRequests": {"Max": allowed, "Remaining": max(allowed - used_calls(call.store), 0)}})


def get_global(call: Call) -> Answer:
    """Every object, in short."""
    objects = [_summary(call, found) for found in call.catalog.objects.values()]
    return Answer({"encoding": "UTF-8", "maxBatchSize": 200, "sobjects": objects})


def get_basic(call: Call) -> Answer:
    """An object in short, with the records that the user looked at last: an API user looked at none."""
    return Answer({"objectDescribe": _summary(call, target(call)), "recentItems": []})


def get_describe(call: Call) -> Answer:
    """An object with its fields, as this user sees it."""
    found = target(call)
    body = _summary(call, found) | dict.fromkeys(_NULL_OF_OBJECT)
    body |= {
        "actionOverrides": [],
        "namedLayoutInfos": [],
        "sobjectDescribeOption": "FULL",
        "childRelationships": _child_relationships(call.catalog, found),
        "fields": [describe_field(field) for field in found.fields.values()],
        "recordTypeInfos": [_master_record_type(call, found)],
        "supportedScopes": _scopes(found),
    }
    body["urls"] = body["urls"] | _ui_urls(call, found)
    return Answer({name: body[name] for name in sorted(body)})


def target(call: Call) -> SObject:
    """The object that the path names; ApiError 404 where there is none."""
    found = call.catalog.find(str(call.path["object"]))
    if found is None:
        raise not_found()
    return found


def _summary(call: Call, found: SObject) -> dict[str, Any]:
    url = f"{call.root}/sobjects/{found.name}"
    body: dict[str, Any] = {
        "custom": found.custom,
        "keyPrefix": found.prefix,
        "label": found.label,
        "labelPlural": found.plural,
        "name": found.name,
        "queryable": True,
        "retrieveable": True,
        "deepCloneable": False,
        "urls": {"sobject": url, "describe": f"{url}/describe", "rowTemplate": f"{url}/{{ID}}"},
    }
    body |= {name: letter in found.abilities for name, letter in _ABILITIES.items()}
    body |= dict.fromkeys(_FALSE_OF_OBJECT, False) | dict.fromkeys(_IN_GLOBAL_ONLY_NULLS)
    return {name: body[name] for name in sorted(body)}


def _ui_urls(call: Call, found: SObject) -> dict[str, str]:
    return {
        "uiDetailTemplate": f"{call.base_url}/{{ID}}",
        "uiEditTemplate": f"{call.base_url}/{{ID}}/e",
        "uiNewRecord": f"{call.base_url}/{found.prefix}/e",
    }


def _master_record_type(call: Call, found: SObject) -> dict[str, Any]:
    record_type = "012000000000000AAA"
    return {
        "active": True,
        "available": True,
        "defaultRecordTypeMapping": True,
        "developerName": "Master",
        "master": True,
        "name": "Master",
        "recordTypeId": record_type,
        "urls": {"layout": f"{call.root}/sobjects/{found.name}/describe/layouts/{record_type}"},
    }


def _scopes(found: SObject) -> list[dict[str, str]]:
    plural = found.plural.lower()
    scopes = [{"label": f"All {plural}", "name": "everything"}]
    if found.find("OwnerId"):
        scopes.append({"label": f"My {plural}", "name": "mine"})
    return scopes


def _child_relationships(catalog: Catalog, found: SObject) -> list[dict[str, Any]]:
    return [
        {
            "cascadeDelete": "x" in field.flags,
            "childSObject": child.name,
            "deprecatedAndHidden": False,
            "field": field.name,
            "junctionIdListNames": [],
            "junctionReferenceTo": [],
            "relationshipName": field.children or None,
            "restrictedDelete": False,
        }
        for child, field in catalog.children(found)
    ]


def describe_field(field: Field) -> dict[str, Any]:
    """A field with every property that Salesforce describes."""
    kind = field.type
    numeric = kind in DECIMALS or kind == "int"
    body: dict[str, Any] = {
        "name": field.name,
        "label": field.label,
        "type": kind,
        "soapType": "xsd:double" if kind in DECIMALS else _SOAP_TYPES.get(kind, "xsd:string"),
        "length": field.length,
        "byteLength": field.length * (3 if kind in STRINGS else 1),
        "precision": field.precision,
        "scale": field.scale,
        "digits": field.digits,
        "nillable": field.nillable,
        "createable": field.createable,
        "updateable": field.updateable,
        "custom": field.custom,
        "defaultValue": False if kind == "boolean" else field.default,
        "defaultedOnCreate": "d" in field.flags,
        "filterable": not field.long_text,
        "sortable": not field.long_text,
        "groupable": not field.long_text and kind not in {"double", "currency", "percent", "datetime", "combobox"},
        "aggregatable": not field.long_text and kind != "boolean",
        "idLookup": field.id_lookup,
        "nameField": "N" in field.flags,
        "namePointing": len(field.refs) > 1,
        "polymorphicForeignKey": len(field.refs) > 1,
        "permissionable": field.permissionable,
        "referenceTo": list(field.refs),
        "relationshipName": field.relationship or None,
        "restrictedPicklist": "r" in field.flags,
        "picklistValues": [_picklist_value(field, value) for value in field.picklist],
        "unique": "q" in field.flags and field.custom,
        "externalId": field.external_id,
        "caseSensitive": False,
        "cascadeDelete": False,
        "htmlFormatted": False,
        "compoundFieldName": _compound(field),
        "extraTypeInfo": _extra(field, numeric=numeric),
    }
    body |= dict.fromkeys(_ALWAYS_FALSE, False) | dict.fromkeys(_ALWAYS_NULL)
    return {name: body[name] for name in sorted(body)}


def _picklist_value(field: Field, value: str) -> dict[str, Any]:
    return {"active": True, "defaultValue": value == field.default, "label": value, "validFor": None, "value": value}


def _compound(field: Field) -> str | None:
    if field.name in NAME_PARTS:
        return "Name"
    if match := _ADDRESS_PART.match(field.name):
        return f"{match[1]}Address"
    return "Fiscal" if field.name in {"FiscalYear", "FiscalQuarter"} else None


def _extra(field: Field, *, numeric: bool) -> str | None:
    if field.type == "textarea":
        return "plaintextarea"
    if field.name in NAME_PARTS or (field.label == "Full Name" and not numeric):
        return "personname"
    return "imageurl" if field.name == "PhotoUrl" else None


ROUTES: Routes = {
    "": {"GET": get_resources},
    "/limits": {"GET": get_limits},
    "/sobjects": {"GET": get_global},
    "/sobjects/{object}/describe": {"GET": get_describe},
}
