"""Pages as HTML."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from starlette.responses import HTMLResponse

if TYPE_CHECKING:
    from datetime import datetime

    from jinja2 import Template

    from connectors.sandbox.page.model import Page

# Nothing but this page's own style: no script, no picture, no frame, no address of anybody else's.
_POLICY = "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"

_NAMES = {"salesforce": "Salesforce", "hubspot": "HubSpot"}


def render_page(page: Page, *, crm: str, now: datetime) -> HTMLResponse:
    """The page, with the sandbox's own time in its head line. Every value is escaped."""
    html = _template().render(page=page, crm=_NAMES[crm], now=f"{now:%Y-%m-%d %H:%M} UTC")
    headers = {
        "Content-Security-Policy": _POLICY,
        "X-Content-Type-Options": "nosniff",
        "Referrer-Policy": "no-referrer",
    }
    return HTMLResponse(html, page.status, headers)


@cache
def _template() -> Template:
    from jinja2 import Environment, PackageLoader, StrictUndefined

    environment = Environment(
        loader=PackageLoader(__package__),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template("page.html")
