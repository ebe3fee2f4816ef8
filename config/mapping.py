"""`mapping.yaml`: which CRM field fills which field of our model, by connection and object.

Every adapter has sensible defaults; what stands here replaces one default, or carries a custom field along.
"""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, RootModel

from config.base import ConnectionName, CrmPath, Model, ObjectName, OwnField


class ObjectMapping(Model):
    """`fields`: our field -> the CRM's field. `custom`: CRM fields that ride along, read as `custom.NAME`."""

    fields: Annotated[
        dict[OwnField, CrmPath], Field(description="Our field: the CRM field that fills it instead of the default one.")
    ] = {}
    custom: Annotated[
        tuple[CrmPath, ...], Field(description="CRM fields that ride along; metrics read them as `custom.NAME`.")
    ] = ()


class Mapping(RootModel[dict[ConnectionName, dict[ObjectName, ObjectMapping]]]):
    """Connection -> object -> its mapping. What is not named here is as the adapter's defaults say."""

    root: dict[ConnectionName, dict[ObjectName, ObjectMapping]] = {}

    def of(self, connection: str) -> dict[str, ObjectMapping]:
        """The mappings of one connection by object, empty where nothing is declared."""
        return self.root.get(connection, {})
