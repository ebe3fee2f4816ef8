"""What a custom object's definition says: the object that it describes, and what Salesforce refuses in it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from connectors.sandbox.salesforce.errors import RecordError
from connectors.sandbox.salesforce.metadata.custom_field import check_display_format
from connectors.sandbox.salesforce.schema.spec import Field, SObject, build_object

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_SHARING = ("Private", "Read", "ReadWrite", "ControlledByParent")
_ABILITIES = "cudnrstl"
NOT_OF_OBJECT = ("fields", "validationRules", "recordTypes")  # components of their own


def check_definition(definition: Mapping[str, Any], *, mastered: bool) -> None:
    """RecordError where Salesforce would not make the object; `mastered` where a master-detail field is on it."""
    for name in ("label", "pluralLabel"):
        if not str(definition.get(name) or "").strip():
            raise _refused(f"Must specify a non-empty {name} for the CustomObject")
        if len(definition[name]) > 40:
            raise RecordError("STRING_TOO_LONG", f"{name}: data value too large (max length=40)", [name])
    sharing = definition.get("sharingModel")
    if sharing is None:
        raise _refused("Must specify a sharingModel for the CustomObject")
    if sharing not in _SHARING:
        raise _refused(f"'{sharing}' is not a valid value for the enum 'SharingModel'")
    if mastered and sharing != "ControlledByParent":
        message = f"Cannot set sharingModel to {sharing} on a CustomObject with a MasterDetail relationship field"
        raise _refused(message)
    if not mastered and sharing == "ControlledByParent":
        raise _refused(
            "Cannot set sharingModel to ControlledByParent on a CustomObject without a MasterDetail relationship field"
        )
    status = definition.get("deploymentStatus", "Deployed")
    if status not in {"Deployed", "InDevelopment"}:
        raise _refused(f"'{status}' is not a valid value for the enum 'DeploymentStatus'")
    _check_name_field(definition.get("nameField"))


def _check_name_field(name_field: Any) -> None:
    if not isinstance(name_field, dict) or name_field.get("type") not in {"Text", "AutoNumber"}:
        raise _refused("Must specify a nameField of type Text or AutoNumber")
    if not str(name_field.get("label") or "").strip():
        raise _refused("Must specify a non-empty label for the nameField")
    if name_field["type"] == "AutoNumber":
        check_display_format(str(name_field.get("displayFormat") or "{0}"))
    elif name_field.get("displayFormat") is not None:
        raise _refused("Can not specify 'displayFormat' for a CustomField of type Text")


def build_custom_object(
    name: str, prefix: str, definition: Mapping[str, Any] | None = None, fields: Sequence[Field] = ()
) -> SObject:
    """The object of a definition, or of its name alone, with its system fields and its custom ones."""
    definition = definition or default_definition(name)
    label, name_field = str(definition["label"]), definition["nameField"]
    numbered = name_field["type"] == "AutoNumber"
    own = [
        Field(
            "Name",
            "string",
            str(name_field["label"]),
            80,
            flags="dNl-" if numbered else "cunNld-",  # field-level security never hides it
            auto_number=str(name_field.get("displayFormat") or "{0}") if numbered else "",
        )
    ]
    if all(field.master_order is None for field in fields):
        owner = Field("OwnerId", "reference", "Owner ID", 18, flags="cud", refs=("User",), relationship="Owner")
        own.insert(0, owner)
    # "multicurrency organizations: custom objects have a CurrencyIsoCode field" (Object Reference, Custom Objects)
    own.append(Field("CurrencyIsoCode", "picklist", "Currency", 3, flags="cudrM-n"))
    abilities = _ABILITIES + ("f" if definition.get("enableFeeds") else "")
    plural = str(definition["pluralLabel"])
    return build_object(name, label, plural, prefix, abilities, "DCMSV", [*own, *fields], custom=True)


def default_definition(name: str) -> dict[str, Any]:
    """The definition of an object that data brought along."""
    label = name.removesuffix("__c").replace("_", " ")
    return {
        "label": label,
        "pluralLabel": f"{label}s",
        "nameField": {"label": f"{label} Name", "type": "Text"},
        "sharingModel": "ReadWrite",
        "deploymentStatus": "Deployed",
    }


def _refused(message: str) -> RecordError:
    return RecordError("FIELD_INTEGRITY_EXCEPTION", message, [])
