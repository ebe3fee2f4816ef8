"""HubSpot's own association types between the emulated objects: ids, labels, and which may stand only once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class LinkType:
    """One direction of an association type. `name` is the internal name of a custom label."""

    key: int
    from_kind: str
    to_kind: str
    label: str | None
    inverse: int
    name: str = ""

    @property
    def category(self) -> str:
        return "USER_DEFINED" if self.key < 0 else "HUBSPOT_DEFINED"

    def body(self) -> dict[str, Any]:
        return {"category": self.category, "typeId": abs(self.key), "label": self.label}

    @property
    def is_primary(self) -> bool:
        return self.key > 0 and self.label == "Primary"


# From the table of association type ids in the guide of the associations API: ids from a to b, from b to a, label.
_PAIRS = """
contacts contacts 449 449
contacts companies 279 280
contacts companies 1 2 Primary
contacts deals 4 3
contacts leads 609 608
contacts leads 579 578 Primary
contacts calls 193 194
contacts emails 197 198
contacts meetings 199 200
contacts notes 201 202
contacts tasks 203 204
companies companies 450 450
companies companies 13 14 Parent Company|Child Company
companies deals 342 341
companies deals 6 5 Primary
companies leads 611 610
companies leads 581 580 Primary
companies calls 181 182
companies emails 185 186
companies meetings 187 188
companies notes 189 190
companies tasks 191 192
deals deals 451 451
deals leads 1038 1037
deals leads 583 582 Primary
deals line_items 19 20
deals calls 205 206
deals emails 209 210
deals meetings 211 212
deals notes 213 214
deals tasks 215 216
leads calls 596 597
leads emails 598 599
leads meetings 600 601
leads notes 854 855
leads tasks 646 647
contacts tickets 15 16
contacts quotes 70 69
contacts communications 82 81
contacts postal_mail 454 453
contacts orders 508 507
contacts invoices 178 177
companies tickets 340 339
companies tickets 25 26 Primary
companies quotes 72 71
companies communications 88 87
companies postal_mail 460 459
companies orders 510 509
companies invoices 180 179
deals tickets 27 28
deals quotes 63 64
deals communications 86 85
deals postal_mail 458 457
deals orders 511 512
deals invoices 176 175
leads communications 602 603
tickets tickets 452 452
tickets calls 219 220
tickets emails 223 224
tickets meetings 225 226
tickets notes 227 228
tickets tasks 229 230
tickets communications 84 83
tickets postal_mail 456 455
tickets orders 526 525
quotes line_items 67 68
quotes tasks 217 218
quotes discounts 362 361
quotes fees 364 363
quotes taxes 366 365
quotes orders 731 730
quotes invoices 408 407
orders line_items 513 514
orders discounts 519 520
orders invoices 518 517
invoices line_items 409 410
invoices discounts 411 412
invoices fees 413 414
invoices taxes 415 416
line_items discounts 368 367
calls meetings 399 400
"""


def _standard() -> dict[int, LinkType]:
    found = {}
    for line in _PAIRS.split("\n")[1:-1]:
        one, two, there, back, *words = line.split(" ")
        forth_label, _, back_label = " ".join(words).partition("|")
        there_id, back_id = int(there), int(back)
        found[there_id] = LinkType(there_id, one, two, forth_label or None, back_id)
        found[back_id] = LinkType(back_id, two, one, back_label or forth_label or None, there_id)
    return found


STANDARD = _standard()
# The sides that hold at most one primary record: the child of the relation.
ONE_PRIMARY = frozenset(
    key for key, each in STANDARD.items() if each.label == "Primary" and key in (1, 5, 26, 578, 580, 582)
)
PRIMARY_COMPANY = {"contacts": 1, "deals": 5, "tickets": 26}
