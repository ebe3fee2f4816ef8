"""The four kinds of customer the company sells to, and what is usual for each."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

SegmentName = Literal["smb", "mid_market", "enterprise", "strategic"]


@dataclass(frozen=True, slots=True)
class Segment:
    name: SegmentName
    employees: tuple[int, ...]  # quantiles
    account_share: float
    deals_a_month: float  # that a ramped, average rep starts
    win_rate: float  # of closed deals, for a ramped, average rep on new business
    cycle_days: int  # mean, from creation to won
    deal_size: int  # mean, in cents
    ramp_days: int  # until a new hire is fully productive
    touches_won: int  # activities on an average deal
    touches_lost: int


SEGMENTS = {
    segment.name: segment
    for segment in (
        Segment("smb", (6, 12, 22, 40, 75, 130, 199), 0.62, 16.4, 0.245, 31, 8_000_00, 100, 10, 6),
        Segment("mid_market", (200, 260, 350, 520, 800, 1_250, 1_999), 0.25, 8.2, 0.245, 62, 30_000_00, 150, 17, 10),
        Segment("enterprise", (2_000, 2_800, 4_500, 8_000, 19_999), 0.11, 5.8, 0.25, 107, 110_000_00, 210, 32, 18),
        Segment("strategic", (20_000, 27_000, 45_000, 140_000), 0.02, 3.9, 0.255, 128, 230_000_00, 240, 42, 24),
    )
}

SOURCES = {  # where deals and leads come from: (share of new deals, share of leads, effect on the chance to win)
    "Website": (0.20, 0.30, 1.05),
    "Paid Search": (0.08, 0.13, 0.90),
    "Webinar": (0.08, 0.13, 0.95),
    "Event": (0.09, 0.11, 1.00),
    "Content": (0.05, 0.09, 0.90),
    "Referral": (0.09, 0.05, 1.40),
    "Partner": (0.11, 0.06, 1.15),
    "Outbound": (0.30, 0.13, 0.85),
}
