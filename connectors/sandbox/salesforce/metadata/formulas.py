"""Whether a formula field's formula is one, of the field's type."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from connectors.sandbox.salesforce.formula import FormulaError, Purpose, compile_formula
from connectors.sandbox.salesforce.metadata.custom_field import build_field, refused

if TYPE_CHECKING:
    from collections.abc import Mapping

    from connectors.sandbox.salesforce.schema.catalog import Catalog
    from connectors.sandbox.salesforce.schema.spec import SObject


def check_formula(catalog: Catalog, owner: SObject, name: str, definition: Mapping[str, Any]) -> None:
    """RecordError, in the words of Salesforce's formula editor, where the formula is none or gives another type."""
    field = build_field(name, definition)
    try:
        compile_formula(field.formula, owner, catalog, Purpose.FIELD, field=field, blank_as_zero=field.blank_as_zero)
    except FormulaError as error:
        raise refused(str(error), "Formula") from None
