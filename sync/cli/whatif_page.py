"""What a change of comp plans comes to, as one page of HTML that needs nothing else: for a screen and for paper."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from html import escape
from typing import TYPE_CHECKING

from sync.cli.page import page_of
from sync.cli.whatif_report import (
    CORRELATED,
    SCALED,
    cliff_text,
    extremes,
    figures,
    performance_text,
    share_text,
    signed,
)
from sync.cli.words import several

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from salesops.whatif.compare import Line
    from salesops.whatif.standing import Standing
    from sync.whatif import WhatIf

_WIDTH, _HEIGHT, _LEFT, _BOTTOM = 760, 320, 80, 40


def page(found: WhatIf) -> str:
    """The whole page."""
    comparison = found.comparison
    gained, lost = extremes(comparison.payees)
    names = found.names
    parts = [
        "<h1>What the changed comp plans would pay</h1>",
        f"<p class=soft>{escape(found.period)}, records as of {found.as_of:%Y-%m-%d}.",
        "Now: the rules as they stand. Then: the changed ones.</p>",
        *(_lead(line) for line in comparison.totals),
        "<h2>What it costs</h2>",
        _table("Comp plan", comparison.comp_plans),
        _table("Component", comparison.components),
        _table("Pay period", comparison.periods),
        "<h2>Who gains and who loses</h2>",
    ]
    for spread in comparison.spreads:
        low, first, middle, third, high = map(signed, spread.quartiles)
        parts.append(
            f"<p><b>{spread.gain}</b> gain, <b>{spread.lose}</b> lose, <b>{spread.stay}</b> stay as they are. Lowest "
            f"{low}, a quarter of all {first} or less, median {middle}, three quarters {third} or less, highest {high} "
            f"({escape(spread.currency)}).</p>"
        )
    parts += [_table(head, lines, names) for head, lines in (("Gain most", gained), ("Lose most", lost)) if lines]
    parts += ["<h2>What it costs at an attainment</h2>", _rows("Attainment", _at(found)), f"<p class=soft>{SCALED}</p>"]
    if found.unscaled:
        parts.append(f"<p>Without a main target, as they stand: {escape(', '.join(found.unscaled))}.</p>")
    parts.append("<h2>Cliffs</h2>")
    for when, cliffs in zip(("Now", "Then"), found.cliffs, strict=True):
        items = "".join(f"<li>{escape(cliff_text(each))}</li>" for each in cliffs)
        parts.append(f"<p>{when}: {f'</p><ul>{items}</ul>' if items else 'pay jumps nowhere.</p>'}")
    parts.append("<h2>Pay against performance</h2>")
    for plan in sorted({each.comp_plan for side in found.standings for each in side}):
        parts.append(_scatter(plan, *([each for each in side if each.comp_plan == plan] for side in found.standings)))
    for when, standings in zip(("Now", "Then"), found.standings, strict=True):
        parts.append(f"<p>{when}: {escape(performance_text(standings))}.</p>")
    parts.append(f"<p class=soft>{CORRELATED}</p>")
    return page_of(f"What if: {found.period}", parts)


def _lead(line: Line) -> str:
    told = zip(("Now", "Then", "Difference"), figures(line), strict=True)
    return f"<div class=lead>{''.join(f'<div>{n}, {escape(line.currency)}<b>{v}</b></div>' for n, v in told)}</div>"


def _at(found: WhatIf) -> Iterable[tuple[str, Line]]:
    return [(f"{share_text(at.share)} ({line.currency})", line) for at in found.at for line in at.totals]


def _table(head: str, lines: Sequence[Line], names: object = None) -> str:
    known = names if isinstance(names, dict) else {}
    several_currencies = len({line.currency for line in lines}) > 1
    rows = []
    for line in lines:
        name = known.get(line.key[0]) or ", ".join(line.key)
        rows.append((f"{name} ({line.currency})" if several_currencies else name, line))
    return _rows(head, rows)


def _rows(head: str, rows: Iterable[tuple[str, Line]]) -> str:
    body = ""
    for name, line in rows:
        now, then, difference = figures(line)
        body += (
            f"<tr><th scope=row>{escape(name)}</th><td class=n>{now}</td><td class=n>{then}</td>"
            f"<td class=n>{difference}</td></tr>"
        )
    heads = "".join(f"<th scope=col class=n>{each}</th>" for each in ("Now", "Then", "Difference"))
    return (
        f"<div class=scroll><table><thead><tr><th scope=col>{escape(head)}</th>{heads}</tr></thead>"
        f"<tbody>{body}</tbody></table></div>"
    )


def _scatter(plan: str, now: Sequence[Standing], then: Sequence[Standing]) -> str:
    """A point for each payee: attainment to the right, earnings upwards; hollow as it stands, full as changed."""
    both = [*now, *then]
    most = max([Fraction(1), *(each.attainment for each in both)]) * 21 / 20
    high = max([Decimal(1), *(each.earned for each in both)]) * 21 / 20
    right, top = _WIDTH - 10, 10
    bottom = _HEIGHT - _BOTTOM

    def at(each: Standing) -> tuple[int, int]:
        across = round((right - _LEFT) * max(each.attainment, Fraction(0)) / most)
        up = round((bottom - top) * max(each.earned, Decimal(0)) / high)
        return _LEFT + across, bottom - up

    dots = "".join(
        f'<circle cx="{x}" cy="{y}" r="5" fill="none" stroke="var(--now)" stroke-width="1.5"/>' for x, y in map(at, now)
    ) + "".join(f'<circle cx="{x}" cy="{y}" r="3.5" fill="var(--then)" fill-opacity=".75"/>' for x, y in map(at, then))
    target = _LEFT + round((right - _LEFT) / most)
    said = f"{plan}: attainment against earnings of {several(len(then), 'payee')}"
    return (
        f"<figure><figcaption>{escape(said)}. Hollow: now. Full: then.</figcaption>"
        f'<svg viewBox="0 0 {_WIDTH} {_HEIGHT}" role="img" aria-label="{escape(said)}">'
        f'<path d="M{_LEFT} {top}V{bottom}H{right}" fill="none" stroke="var(--soft)"/>'
        f'<path d="M{target} {top}V{bottom}" stroke="var(--line)" stroke-dasharray="4 4"/>'
        f'<text x="{target}" y="{bottom + 18}" text-anchor="middle">100 %</text>'
        f'<text x="{_LEFT}" y="{bottom + 18}" text-anchor="middle">0 %</text>'
        f'<text x="{right}" y="{bottom + 34}" text-anchor="end">attainment</text>'
        f'<text x="{_LEFT - 8}" y="{bottom}" text-anchor="end">0</text>'
        f'<text x="{_LEFT - 8}" y="{top + 10}" text-anchor="end">{high:,.0f}</text>{dots}</svg></figure>'
    )
