"""What a comp plan brought, as one page of HTML that needs nothing else: for a screen and for paper."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

from sync.cli.effect_report import number, rough, sentences, signed, title
from sync.cli.output import amount_text
from sync.cli.page import page_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from salesops.effect.effect import Week
    from sync.effect import Found

_WIDTH, _HEIGHT, _LEFT, _BOTTOM, _TOP = 760, 300, 80, 30, 12


def page(found: Found) -> str:
    """The whole page."""
    during, effect = found.effect.during, found.effect
    more = during.estimate
    between = "" if more.low is None or more.high is None else f"{signed(more.low)} to {signed(more.high)}"
    lead = (
        ("Counted while it ran", number(during.of_treated[1])),
        ("Expected without it", rough(more.expected)),
        ("More than expected", signed(more.more)),
        ("Between", between or "not known"),
        (f"Cost, {found.unit}", amount_text(effect.cost)),
    )
    rows = "".join(
        f"<tr><th scope=row>{name}</th><td>{window.first} to {window.last}</td><td class=n>{window.days}</td>"
        f"<td class=n>{number(during.of_treated[place])}</td>"
        f"<td class=n>{number(during.of_compared[place]) if during.compared else '-'}</td></tr>"
        for place, (name, window) in enumerate((("Baseline", during.baseline), ("While it ran", during.window)))
    )
    heads = "".join(f"<th scope=col class=n>{each}</th>" for each in ("Working days", "On it", "The others"))
    head = f"<tr><td></td><th scope=col>Days</th>{heads}</tr>"
    parts = [
        f"<h1>{escape(title(found))}</h1>",
        f"<div class=lead>{''.join(f'<div>{escape(name)}<b>{value}</b></div>' for name, value in lead)}</div>",
        f"<div class=scroll><table><thead>{head}</thead><tbody>{rows}</tbody></table></div>",
        *(f"<p>{escape(line)}</p>" for line in sentences(found)),
        _chart(effect.weeks),
    ]
    return page_of(title(found), parts)


def _chart(weeks: Sequence[Week]) -> str:
    """Week by week: what counted, what was to be expected, and when it ran."""
    if len(weeks) < 2:
        return ""
    high = max(1.0, *(float(each.actual) for each in weeks), *(each.expected for each in weeks)) * 1.05
    low = min(0.0, *(float(each.actual) for each in weeks), *(each.expected for each in weeks)) * 1.05
    bottom, step = _HEIGHT - _BOTTOM, (_WIDTH - 10 - _LEFT) / len(weeks)

    def line(values: Sequence[float]) -> str:
        points = (
            f"{_LEFT + step * (place + 0.5):.1f},{bottom - (bottom - _TOP) * (value - low) / (high - low):.1f}"
            for place, value in enumerate(values)
        )
        return " ".join(points)

    inside = [place for place, each in enumerate(weeks) if each.is_in_window]
    shade = (
        f'<rect x="{_LEFT + step * inside[0]:.1f}" y="{_TOP}" width="{step * len(inside):.1f}"'
        f' height="{bottom - _TOP}" fill="var(--line)" fill-opacity=".45"/>'
        if inside
        else ""
    )
    said = f"What counted by week from {weeks[0].first} to {weeks[-1].first}, and what was to be expected"
    return (
        f"<figure><figcaption>{said}. Full: what counted. Dashed: what was to be expected. Shaded: while it ran."
        f'</figcaption><svg viewBox="0 0 {_WIDTH} {_HEIGHT}" role="img" aria-label="{said}">{shade}'
        f'<path d="M{_LEFT} {_TOP}V{bottom}H{_WIDTH - 10}" fill="none" stroke="var(--soft)"/>'
        f'<polyline points="{line([each.expected for each in weeks])}" fill="none" stroke="var(--now)"'
        ' stroke-width="2" stroke-dasharray="5 4"/>'
        f'<polyline points="{line([float(each.actual) for each in weeks])}" fill="none" stroke="var(--then)"'
        ' stroke-width="2"/>'
        f'<text x="{_LEFT - 8}" y="{_TOP + 10}" text-anchor="end">{high:,.0f}</text>'
        f'<text x="{_LEFT - 8}" y="{bottom}" text-anchor="end">{low:,.0f}</text>'
        f'<text x="{_LEFT}" y="{bottom + 18}">{weeks[0].first}</text>'
        f'<text x="{_WIDTH - 10}" y="{bottom + 18}" text-anchor="end">{weeks[-1].first}</text></svg></figure>'
    )
