"""How a module lists its resources: by path, each under its numbered version and under the dated ones beside it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.convertors import Convertor, register_url_convertor

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from starlette.responses import Response

    from connectors.sandbox.hubspot.call import Call

    Handlers = Mapping[str, Callable[[Call], Response]]  # by HTTP method
    Routes = dict[str, Handlers]  # by path, in the order they are tried

# The dated versions of the public APIs (developer changelog: date-based versioning).
DATES = ("2025-09", "2026-03", "2026-09")


class _Dated(Convertor[str]):
    """The segment of a path that names a dated version."""

    regex = "|".join(DATES)

    def convert(self, value: str) -> str:
        return value

    def to_string(self, value: str) -> str:
        return value


register_url_convertor("dated", _Dated())


def under(area: str, number: str, api: str, table: Routes) -> Routes:
    """The routes of `/{area}/{number}/{api}` and of `/{area}/{api}/{date}`, which replaces it."""
    tail = f"/{api}" if api else ""
    return {
        f"{base}{suffix}": handlers
        for base in (f"/{area}/{number}{tail}", f"/{area}{tail}/{{version:dated}}")
        for suffix, handlers in table.items()
    }
