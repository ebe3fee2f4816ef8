"""`mapping.yaml`: which CRM field fills which field of our model, by connection and object.

Every adapter has sensible defaults; what stands here replaces one default, or carries a custom field along.
"""

from __future__ import annotations

from pydantic import RootModel

from config.base import Model, Name


class ObjectMapping(Model):
    """`fields`: our field -> the CRM's field. `custom`: CRM fields that ride along, read as `custom.NAME`."""

    fields: dict[Name, str] = {}
    custom: tuple[str, ...] = ()


class Mapping(RootModel[dict[Name, dict[Name, ObjectMapping]]]):
    """Connection -> object -> its mapping. What is not named here is as the adapter's defaults say."""

    root: dict[Name, dict[Name, ObjectMapping]] = {}

    def of(self, connection: str) -> dict[str, ObjectMapping]:
        """The mappings of one connection by object, empty where nothing is declared."""
        return self.root.get(connection, {})
