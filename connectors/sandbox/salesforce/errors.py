"""What Salesforce answers when it refuses: a list of `{message, errorCode, fields}` and a status."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


class ApiError(Exception):
    """A request that is refused as a whole."""

    def __init__(self, code: str, message: str, status: int = 400, fields: list[str] | None = None) -> None:
        super().__init__(f"{code}: {message}")
        self.code, self.message, self.status, self.fields = code, message, status, fields

    def body(self) -> list[dict[str, Any]]:
        error: dict[str, Any] = {"message": self.message, "errorCode": self.code}
        if self.fields is not None:
            error["fields"] = self.fields
        return [error]


@dataclass(slots=True)
class RecordError(Exception):
    """A record that is refused, alone among its batch. `status` is that of a request for this record only."""

    code: str
    message: str
    fields: list[str]
    status: int = 400

    def result(self) -> dict[str, Any]:
        """The error as a collection's result holds it."""
        return {"statusCode": self.code, "message": self.message, "fields": self.fields}

    def as_api_error(self) -> ApiError:
        bare = self.code in {"INVALID_FIELD", "NOT_FOUND", "JSON_PARSER_ERROR"} or self.status == 404
        return ApiError(self.code, self.message, self.status, None if bare else self.fields)


def not_found(message: str = "The requested resource does not exist") -> ApiError:
    return ApiError("NOT_FOUND", message, 404)


def malformed_json(message: str) -> ApiError:
    return ApiError("JSON_PARSER_ERROR", message)
