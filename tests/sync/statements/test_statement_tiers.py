"""Tiers, what the next one takes, disputes and points in statements: all of it adds up, in every format."""

from __future__ import annotations

import csv
import io
import json
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest
from stated import PLAN
from tiered import ROWS, TIERED, objection, stated, with_points

from salesops.statements.check import DoesNotAddUp
from sync.statements.as_data import as_csv, as_json
from sync.statements.as_html import as_html
from sync.statements.as_text import as_text
from sync.statements.tell import tell
from sync.statements.writing import Writing

if TYPE_CHECKING:
    from config.comp_plans import CompPlan

TIERS = """\
Commission (FY2026-Q1)
Tier                     Rate  Credit to date   Comes to
───────────────────────  ────  ──────────────  ─────────
from 0%                    4%      160,000.00   6,400.00
from 80% (you are here)    5%       85,510.00   4,275.50
from 130%                 10%            0.00       0.00
───────────────────────  ────  ──────────────  ─────────
Total                                          10,675.50

All tiers                   10,675.50
Earned before in FY2026-Q1  -2,425.00
                            ─────────
Earned in this period        8,250.50

Commission (FY2026-Q1): 14,490 more of Bookings reach the tier from 130%, which pays 10%.
"""


def text(language: str = "en") -> str:
    return as_text(tell(stated(), Writing("fr" if language == "fr" else "en")))


def test_tiers_add_up_to_what_this_period_earned_and_say_what_the_next_one_takes() -> None:
    assert TIERS in text()
    assert "encore 14 490 de Bookings pour atteindre la tranche à partir de 130 %" in " ".join(
        text("fr").replace("\u202f", " ").replace("\xa0", " ").split()
    )


UPPER = TIERED.model_copy(
    update={"components": {"commission": TIERED.components["commission"].model_copy(update={"bound": "upper"})}}
)


@pytest.mark.parametrize(
    ("of_next", "plan", "english", "french"),
    [
        ({}, TIERED, "14,490 more of Bookings reach the tier from 130%, which pays 10%.",
         "encore 14 490 de Bookings pour atteindre la tranche à partir de 130 %, qui paie 10 %."),
        ({"number": Decimal(500), "unit": "money"}, TIERED, "reach the tier from 130%, which pays €500.00.",
         "la tranche à partir de 130 %, qui paie 500,00 €."),
        ({"bound": Decimal(260_000)}, TIERED, "the tier from 260,000, which", "la tranche à partir de 260 000, qui"),
        ({"number": None}, TIERED, "more of Bookings reach the tier from 130%.", "la tranche à partir de 130 %."),
        ({}, UPPER, "more than 14,490 more of Bookings reach the tier above 130%, which pays 10%.",
         "encore plus de 14 490 de Bookings pour atteindre la tranche au-dessus de 130 %, qui paie 10 %."),
    ],
)  # fmt: skip
def test_what_the_next_tier_takes_is_said_of_each_kind(
    of_next: dict[str, Any], plan: CompPlan, english: str, french: str
) -> None:
    told = stated(rows=[*ROWS[:2], ROWS[2] | of_next], comp_plans={PLAN: plan})
    for language, said in (("en", english), ("fr", french)):
        whole = as_text(tell(told, Writing(language)), 200).replace("\u202f", " ").replace("\xa0", " ")
        assert said in whole


def test_what_the_next_tier_takes_is_never_less_than_it_does() -> None:
    told = stated(rows=[ROWS[0], ROWS[1] | {"next": Decimal("0.004")}, ROWS[2]])
    assert "0.01 more of Bookings" in as_text(tell(told, Writing("en")), 200)


def test_the_bar_shows_where_tiers_begin() -> None:
    assert "████████████│███┃██·│···········" in text()
    assert as_html(tell(stated(), Writing("en"))).count('width="0.5"') == 2


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"amount": Decimal(4275)}, "the sum of the tiers of commission in FY2026-Q1 comes to 10675, all together to"),
        ({"to_date": Decimal(10700)}, "what is earned by tiers of commission comes to 8275, in the ledger to 8250.5"),
    ],
)
def test_tiers_that_do_not_add_up_are_not_stated(change: dict[str, Decimal], told: str) -> None:
    of_all = change if "to_date" in change else {}
    with pytest.raises(DoesNotAddUp, match=told):
        stated(rows=[ROWS[0] | of_all, ROWS[1] | change, ROWS[2] | of_all])


def test_who_has_no_tier_to_come_is_not_told_of_one() -> None:
    assert "more of Bookings" not in as_text(
        tell(stated(rows=[*ROWS[:1], ROWS[1] | {"next": None}, ROWS[2]]), Writing("en"))
    )


def test_a_dispute_says_of_which_line_and_what_became_of_it() -> None:
    (line,) = [line for line in as_text(tell(stated(), Writing("en")), 200).splitlines() if "Signed in" in line]
    assert [part.strip() for part in line.split("  ") if part.strip()] == [
        "Signed in <January>", "Cobalt Systems (Commission), 2026-02", "2026-02", "accepted",
        "Right, the contract says so", "250.00",
    ]  # fmt: skip
    waiting = stated(objections=(objection("waiting", answer="", amount=None),))
    assert "en attente de réponse" in as_text(tell(waiting, Writing("fr")), 200)


def test_programs_read_tiers_and_disputes() -> None:
    rows = list(csv.DictReader(io.StringIO(as_csv(stated()), newline="")))
    tiers = [(row["name"], row["rate"], row["amount"]) for row in rows if row["section"] == "tiers"]
    assert tiers == [("0", "0.04", "6400"), ("0.8", "0.05", "4275.5"), ("1.3", "0.1", "0")]
    assert [(row["name"], row["credit"]) for row in rows if row["section"] == "next_tier"] == [("1.3", "14490")]
    assert [row["kind"] for row in rows if row["section"] == "disputes"] == ["accepted"]
    (ladder,) = json.loads(as_json(stated()))["plans"][0]["ladders"]
    assert (ladder["worth"], ladder["before"], ladder["following"][0]) == ("10675.5", "2425", "14490")


def test_points_stand_apart_and_are_not_money() -> None:
    statement = with_points()
    assert [(each.amount, each.currency) for each in statement.paid] == [(2500, "EUR"), (120, "points")]
    said = as_text(tell(statement, Writing("fr")))
    assert "120 points" in said
    assert "Tous les montants sont en points." in said


def test_points_are_so_many_for_each_unit_of_credit_and_no_percentage() -> None:
    (line,) = [line for line in as_text(tell(with_points(), Writing("en"))).splitlines() if "points each" in line]
    assert "12,000  0.01 points each" in line
    said = as_text(tell(with_points(), Writing("fr")))
    assert "0,01 points par unité" in said
