"""What an object of the CRM is: its names and type id, and what HubSpot shows of its records."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class ObjectType:
    """One object. `shown` comes back when no property is asked for, `echoed` also answers an update.

    `searched` are the properties that a search `query` looks at; `identity` those that find a record besides its id.
    """

    name: str
    singular: str
    type_id: str
    first_id: int
    shown: tuple[str, ...]
    searched: tuple[str, ...]
    created: str = "hs_createdate"
    modified: str = "hs_lastmodifieddate"
    echoed: tuple[str, ...] = ()
    required: tuple[str, ...] = ()
    identity: tuple[str, ...] = ()
    pipeline: tuple[str, str] | None = None
    beside: tuple[str, str] | None = None  # an identifying property, and the one that lists further values of it
    creatable: bool = True
    schema: str = ""  # what is told of a custom object alone, as JSON; empty for HubSpot's own
    gone: bool = False  # True: a custom object whose schema was deleted, and whose name is still taken

    @property
    def table(self) -> str:
        return f'"hs_{self.name}"'

    @property
    def aliases(self) -> tuple[str, ...]:
        """What a path may call it, in lower case; a custom object also `p_name` and the bare name."""
        bare = self.name.partition("_")[2] if self.schema else self.name
        return tuple(
            dict.fromkeys((self.name, self.singular, self.type_id, bare, f"p_{bare}" if self.schema else bare))
        )

    @property
    def label(self) -> str:
        """The object's name in messages: CONTACT, LINE_ITEM."""
        return self.singular.upper()

    @property
    def labels(self) -> dict[str, str]:
        """What people call it, as `singular` and `plural`."""
        if self.schema:
            told: dict[str, str] = json.loads(self.schema)["labels"]
            return told
        names = {"singular": self.singular, "plural": self.name}
        return {number: name.replace("_", " ").capitalize() for number, name in names.items()}

    @property
    def stamps(self) -> tuple[str, str, str]:
        """The properties that every answer carries."""
        return (self.created, self.modified, "hs_object_id")


def object_from_json(text: str) -> ObjectType:
    """An object as it was kept with its fields as JSON: lists are tuples."""
    kept = json.loads(text).items()
    fields: dict[str, Any] = {name: tuple(value) if isinstance(value, list) else value for name, value in kept}
    return ObjectType(**fields)
