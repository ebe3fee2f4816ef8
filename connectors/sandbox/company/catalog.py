"""What the company sells, and how a deal is put together from it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from connectors.sandbox.company.model import LineItem, Product

if TYPE_CHECKING:
    from connectors.sandbox.company.dice import Dice
    from connectors.sandbox.company.segments import SegmentName

PRODUCTS = [
    Product(number, name, family, code, price)
    for number, (name, family, code, price) in enumerate(
        [
            ("Platform Starter", "Platform", "PLT-100", 240_00),
            ("Platform Team", "Platform", "PLT-200", 480_00),
            ("Platform Business", "Platform", "PLT-300", 840_00),
            ("Platform Enterprise", "Platform", "PLT-400", 1_320_00),
            ("Dashboards", "Analytics", "ANA-100", 1_200_00),
            ("Forecasting", "Analytics", "ANA-200", 6_000_00),
            ("Warehouse Connector", "Analytics", "ANA-300", 12_000_00),
            ("Workflows", "Automation", "AUT-100", 1_800_00),
            ("Document Capture", "Automation", "AUT-200", 7_500_00),
            ("Integration Hub", "Automation", "AUT-300", 18_000_00),
            ("Onboarding", "Services", "SRV-100", 1_500_00),
            ("Training Day", "Services", "SRV-200", 2_400_00),
            ("Migration Project", "Services", "SRV-300", 15_000_00),
            ("Premium Support", "Support", "SUP-100", 3_600_00),
            ("Named Engineer", "Support", "SUP-200", 24_000_00),
        ]
    )
]

_SEATS: dict[SegmentName, tuple[int, ...]] = {  # the platform editions a segment buys, by position in PRODUCTS
    "smb": (0, 1, 1),
    "mid_market": (1, 2, 2),
    "enterprise": (2, 3, 3),
    "strategic": (3,),
}
_EXTRAS = tuple(range(4, len(PRODUCTS)))
_DISCOUNTS = (0, 0, 0, 5, 5, 10, 10, 15, 20)  # percent


def build_lines(dice: Dice, segment: SegmentName, size: int) -> tuple[LineItem, ...]:
    """Line items worth about `size` cents: licences for so many seats, and extras for at most half of it."""
    discount = dice.pick(_DISCOUNTS)
    extras: list[LineItem] = []
    for number in sorted({dice.pick(_EXTRAS) for _ in range(dice.integer(0, 3))}):
        line = _line(number, dice.integer(1, 2), discount)
        if sum(extra.total for extra in extras) + line.total <= size // 2:
            extras.append(line)
    edition = dice.pick(_SEATS[segment])
    left = size - sum(extra.total for extra in extras)
    seats = max(1, left * 100 // (PRODUCTS[edition].price * (100 - discount)))
    return (_line(edition, seats, discount), *extras)


def _line(product: int, quantity: int, discount: int) -> LineItem:
    unit = PRODUCTS[product].price * (100 - discount) // 100
    return LineItem(product, quantity, unit, quantity * unit)
