"""The frame of a page of HTML that needs nothing else: for a screen and for paper."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

_STYLE = """
:root { color-scheme: light; --ink: #1c2430; --soft: #5b6675; --line: #d9dee5; --now: #7a8594; --then: #0b5cad; }
* { box-sizing: border-box; }
body { margin: 0 auto; padding: 2.5rem 1.5rem; max-width: 60rem; color: var(--ink); background: #fff;
  font: 1rem/1.5 system-ui, -apple-system, "Segoe UI", Roboto, sans-serif; }
h1 { font-size: 1.75rem; line-height: 1.2; margin: 0 0 .25rem; }
h2 { font-size: 1.15rem; margin: 2.25rem 0 .5rem; }
p { margin: .25rem 0 .75rem; }
.soft, caption { color: var(--soft); }
.lead { display: grid; grid-template-columns: repeat(auto-fit, minmax(10rem, 1fr)); gap: 1rem; margin: 1.5rem 0; }
.lead div { border-top: 3px solid var(--line); padding-top: .5rem; }
.lead b { display: block; font-size: 1.5rem; font-variant-numeric: tabular-nums; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; min-width: 34rem; table-layout: fixed; margin-bottom: 1.5rem;
  font-variant-numeric: tabular-nums; }
th, td { padding: .35rem .75rem .35rem 0; border-bottom: 1px solid var(--line); text-align: left; }
th { font-weight: 600; }
th:first-child { width: 40%; overflow-wrap: anywhere; }
tbody th { font-weight: 400; }
.n { text-align: right; white-space: nowrap; padding-right: 0; padding-left: .75rem; }
figure { margin: 1rem 0; }
svg { width: 100%; height: auto; display: block; }
svg text { font: 12px system-ui, sans-serif; fill: var(--soft); }
li { margin: .25rem 0; }
@media print { body { max-width: none; padding: 0; font-size: 10pt; } h2 { break-after: avoid; }
  tr, svg, .lead { break-inside: avoid; } thead { display: table-header-group; } @page { margin: 18mm; } }
"""


def page_of(title: str, parts: Sequence[str]) -> str:
    """The page of these parts, which are HTML; the title is plain text."""
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escape(title)}</title><style>{_STYLE}</style></head>\n"
        f"<body><main>{chr(10).join(parts)}</main></body></html>\n"
    )
