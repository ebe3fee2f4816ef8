"""What Salesforce answers when it refuses: a list of `{message, errorCode, fields}` and a status."""

from __future__ import annotations

from dataclasses import dataclass
from dataclasses import field as default
from typing import Any

# Their entries in a REST answer have no `fields`, as recorded answers show.
_BARE = frozenset({"INVALID_FIELD", "NOT_FOUND", "JSON_PARSER_ERROR", "DUPLICATES_DETECTED"})


class ApiError(Exception):
    """A request that is refused as a whole. `also` are further entries of the answer's list."""

    def __init__(
        self, code: str, message: str, status: int = 400, fields: list[str] | None = None,
        also: tuple[dict[str, Any], ...] = (), detail: dict[str, Any] | None = None,
    ) -> None:  # fmt: skip
        super().__init__(f"{code}: {message}")
        self.code, self.message, self.status, self.fields = code, message, status, fields
        self.also, self.detail = also, detail or {}

    def body(self) -> list[dict[str, Any]]:
        error: dict[str, Any] = {**self.detail, "message": self.message, "errorCode": self.code}
        if self.fields is not None:
            error["fields"] = self.fields
        return [error, *self.also]


@dataclass(slots=True)
class RecordError(Exception):
    """A record that is refused, alone among its batch. `status` is that of a request for this record only.

    `more` are further reasons: a record that breaks three validation rules is told all three. `detail` is what a
    single-record answer says besides, such as the duplicates found.
    """

    code: str
    message: str
    fields: list[str]
    status: int = 400
    more: tuple[RecordError, ...] = ()
    detail: dict[str, Any] = default(default_factory=dict)

    def result(self) -> dict[str, Any]:
        """The error as a collection's result holds it."""
        return {"statusCode": self.code, "message": self.message, "fields": self.fields}

    def results(self) -> list[dict[str, Any]]:
        """All the reasons, as a collection's result holds them."""
        return [self.result(), *(other.result() for other in self.more)]

    def as_api_error(self) -> ApiError:
        bare = self.code in _BARE or self.status == 404
        also = tuple(entry for other in self.more for entry in other.as_api_error().body())
        return ApiError(self.code, self.message, self.status, None if bare else self.fields, also, self.detail)


def not_found(message: str = "The requested resource does not exist") -> ApiError:
    return ApiError("NOT_FOUND", message, 404)


def malformed_json(message: str) -> ApiError:
    return ApiError("JSON_PARSER_ERROR", message)
