"""Comp plans in plain language: both languages say the same, and the examples are those of the engine."""

from __future__ import annotations

import re
from decimal import Decimal
from string import Formatter

import pytest
from worked import parse

from config.calendars import FiscalYear
from config.comp_plans import Assignment, CompPlan
from salesops.cases.model import Around
from salesops.describe.english import ENGLISH
from salesops.describe.french import FRENCH
from salesops.describe.letter import agreed_with_each, build_letter, tell
from salesops.describe.model import Example, Grid, as_markdown
from salesops.describe.worked import worked_tables
from salesops.rules import Rules

PLAN = """
label: Account executives 2026
description: What account executives earn.
effective_from: 2026-01-01
effective_until: 2027-01-01
eligible: {roles: [Account Executive, Senior AE]}
pay: {base: 60000, target: 40000}
values: {kicker: 0.02}
ramp: [{until_month: 3, share: 0.5}]
tables:
  by_product:
    by: [product.family]
    rows: {License: 1, Services: 0.5}
credits:
  sales:
    source: line_item
    where: [{field: opportunity.is_won, is: true}, {field: opportunity.type, in: [New, Upsell]}]
    time: opportunity.close_date
    multipliers: [by_product]
    to: {splits: [Revenue]}
measures:
  sold: {credits: [sales], over: quarter, target: 250000}
components:
  commission:
    kind: tiers
    by: sold
    reading: marginal
    when: [{measure: sold, at_least: 0.5}]
    cap: {amount: 2 * target_pay}
    tiers: [{from: 0, rate: 0.06}, {from: 1, rate: 0.09}]
  kicker: {kind: rate, on: sales, rate: kicker}
"""


def plan(**changes: object) -> CompPlan:
    return CompPlan.model_validate(parse(PLAN) | changes)


def letter(language: str, own: Assignment | None = None, **changes: object) -> str:
    return as_markdown(build_letter(tell(plan(**changes), language, "EUR", own), {}))


def test_both_languages_have_the_same_sentences_with_the_same_parts() -> None:
    def parts(sentence: str) -> set[str | None]:
        return {name for _, name, _, _ in Formatter().parse(sentence) if name}

    assert [key for key in ENGLISH.sentences if parts(ENGLISH.sentences[key]) != parts(FRENCH.sentences[key])] == []
    for name in ("each", "a", "sources"):
        assert getattr(ENGLISH, name).keys() == getattr(FRENCH, name).keys()


@pytest.mark.parametrize(
    ("language", "said"),
    [
        ("en", "(the lesser of (“Sold”, rounded up) and 1)"),
        ("fr", "(le plus petit entre (« Sold », arrondi vers le haut) et 1)"),
    ],
)
def test_what_a_function_takes_is_told_from_what_stands_beside_it(language: str, said: str) -> None:
    growth = {"kind": "amount", "amount": "0.05 * max(sold - 100, 0) * min(ceil(sold), 1)"}
    assert said in letter(language, components={"growth": growth}).replace("\N{NO-BREAK SPACE}", " ").replace(
        "\N{NARROW NO-BREAK SPACE}", " "
    )


@pytest.mark.parametrize(
    "said",
    [
        "# How you are paid: Account executives 2026",
        "This comp plan is for everybody who has the role Account Executive or Senior AE.",
        "It holds from 1 January 2026 to 31 December 2026, both days included.",
        "Your base pay is EUR 60,000 a year, which is EUR 5,000 a month.",
        "A line item counts if the opportunity is won and the type of the opportunity is “New” or “Upsell”.",
        "Credit goes to those who share in it (“Revenue”), each with their share: its amount, times",
        "times the number in the table “By product”.",
        "The sum of “Sales” in each quarter. The target is 250,000.",
        "It is only paid if attainment of “Sold” is 50% or more.",
        "| 0% to 100%   |   6% |",
        "It is at most 2 \N{MULTIPLICATION SIGN} target pay = EUR 20,000 each quarter.",
        "You earn 2% of “Sales”.",
        "your targets are lower: 50% up to the end of month 3. After that they are full. Month 1 begins on",
    ],
)
def test_a_letter_says_it_in_english(said: str) -> None:
    assert said in letter("en")


@pytest.mark.parametrize(
    "said",
    [
        "# Votre rémunération : Account executives 2026",
        "Il est en vigueur du 1er janvier 2026 au 31 décembre 2026 inclus.",
        "Votre salaire de base est de 60\u202f000\xa0EUR par an, soit 5\u202f000\xa0EUR par mois.",
        "Vous gagnez 2\u202f% de «\u202fSales\u202f».",
        "L'objectif est de 250\u202f000.",
    ],
)
def test_a_letter_says_it_in_french(said: str) -> None:
    assert said in letter("fr")


PAYMENT = """
currency: USD
release: [{share: 0.9, on: collection}, {share: 0.1, after: {days: 90}, if_left: lost}]
recover_at_most: 0.5
steps:
  draw: {kind: draw, amount: 1000, months: 1, recover: {at_most: 0.25}}
  cancelled: {kind: clawback, when: custom.Ended__c, takes: stepped, steps: [{until_month: 2, share: 0.5}]}
  most: {kind: maximum, amount: 20000, over: year, excess: carried}
  least: {kind: minimum, amount: 25, below: topped_up}
"""


@pytest.mark.parametrize(
    "said",
    [
        "90% as the customer pays; 10% 90 days after the day of the earning (what is still held is lost if you leave).",
        "settled in the next one, and takes no more than 50% of what it pays.",
        "You are paid in USD, at the rate of the last day of the pay period.",
        "**Draw.** If a pay period pays less than EUR 1,000, you are paid up to that. This is so for one month",
        "recovered from later pay, with 25% of a pay period at most.",
        "**Cancelled.** If a deal is cancelled, of what you earned on it is taken back: 50% within 2 months.",
        "**Most.** No more than EUR 20,000 is paid in each year. The rest is paid later.",
        "**Least.** If less than EUR 25 is left, you are paid EUR 25.",
    ],
)
def test_a_letter_says_how_it_is_paid(said: str) -> None:
    assert said in letter("en", payment=parse(PAYMENT))


def test_a_letter_says_how_it_is_paid_in_french() -> None:
    written = letter("fr", payment=parse(PAYMENT))
    assert "## Comment c'est versé" in written
    assert "**Most.** Pas plus de 20\u202f000\xa0EUR est versé" in written


def test_a_payee_reads_their_own_numbers() -> None:
    own = Assignment.model_validate({"comp_plan": "ae", "values": {"kicker": "0.05"}, "base_pay": "70000"})
    said = letter("en", own)
    assert "You earn 5% of “Sales”." in said
    assert "Your base pay is EUR 70,000 a year" in said


def test_what_a_comp_plan_does_not_have_is_not_said() -> None:
    said = letter("en", ramp=(), cap=None)
    assert re.search("## Limits|you are new", said) is None


def test_examples_are_what_the_engine_comes_to() -> None:
    rules = Rules(time_zone="UTC", fiscal_year=FiscalYear(), currency="EUR", metrics={})
    found = worked_tables(tell(plan(), "en", "EUR"), Around(rules, {}), None)
    assert found == {
        "commission": Example(
            (", with a target of 250,000 for a full period", ", when all conditions are met"),
            Grid(
                (">Reached", ">Sold", ">You earn"),
                # 6 % of 125,000; of 250,000; and 9 % of 125,000 more, but no more than twice the quarter's 10,000
                (
                    ("50%", "125,000", "EUR 7,500"),
                    ("100%", "250,000", "EUR 15,000"),
                    ("150%", "375,000", "EUR 20,000"),
                ),
            ),
        )
    }


def test_numbers_are_written_as_in_the_language() -> None:
    assert ENGLISH.number(Decimal("-1234567.50")) == "\N{MINUS SIGN}1,234,567.5"
    assert FRENCH.share(Decimal("0.125")) == "12,5\u202f%"
    assert ENGLISH.money(Decimal("0.5"), "EUR") == "EUR 0.50"


def spaced(text: str) -> str:
    return text.replace("\N{NO-BREAK SPACE}", " ").replace("\N{NARROW NO-BREAK SPACE}", " ")


BOUGHT = {
    "sold": {"credits": ["sales"], "over": "quarter", "target": "250000"},
    "bought": {"credits": ["sales"], "over": "quarter", "grouped_by": "opportunity.account_id"},
}
LARGE = {"kind": "bonus", "pays": "500", "when": [{"measure": "bought", "at_least": "50000"}]}


@pytest.mark.parametrize(
    ("language", "said"),
    [
        (
            "en",
            "**Large.** You earn EUR 500 for each account of the opportunity, once in each quarter. It is only paid",
        ),
        ("fr", "**Large.** Vous gagnez 500 EUR pour chaque compte de l'affaire, une fois par trimestre. Ce n'est payé"),
    ],
)
def test_a_bonus_of_groups_is_earned_for_each_group(language: str, said: str) -> None:
    assert said in spaced(letter(language, measures=BOUGHT, components={"large": LARGE}))


def test_a_spif_whose_most_looks_at_groups_is_of_each_group() -> None:
    deals = {"kind": "spif", "on": "sales", "pays": "10", "at_most": "if(bought >= 5000, 2, 1)"}
    said = letter("en", measures=BOUGHT, components={"deals": deals})
    assert "It is worked out for each account of the opportunity by itself, and then added up." in said


@pytest.mark.parametrize(
    ("language", "said"),
    [
        ("en", "This step is worth 5% of “Sales”. It only counts if attainment of “Sold” is 100% or more."),
        ("fr", "Cette étape vaut 5 % de « Sales ». Cela ne compte que si le taux d'atteinte de « Sold » est de 100 %"),
    ],
)
def test_of_a_step_nobody_is_said_to_earn_it(language: str, said: str) -> None:
    when = [{"measure": "sold", "at_least": "1"}]
    step = {"kind": "rate", "on": "sales", "rate": "0.05", "when": when, "paid": False}
    placed = {"kind": "tiers", "by": "sold", "reading": "step", "tiers": [{"from": "0", "amount": "5"}], "paid": False}
    text = spaced(letter(language, components={"part": step, "placed": placed}))
    assert said in text
    assert re.search("You earn|Vous gagnez|What you earn on|Ce que vous gagnez", text) is None


@pytest.mark.parametrize(
    ("language", "said"), [("en", "“Goal” (your own number)"), ("fr", "« Goal » (votre propre chiffre)")]
)
def test_values_that_are_each_payees_own_are_named_not_reckoned_with(language: str, said: str) -> None:
    named = plan(values={"goal": "0"}, components={"pot": {"kind": "amount", "amount": "1000 * goal"}})
    told = tell(named, language, "EUR", agreed=agreed_with_each(named, "ae", {}))
    assert f"{spaced(said)}." in spaced(as_markdown(build_letter(told, {})))


def test_values_given_to_some_payee_are_each_ones_own() -> None:
    given = Assignment.model_validate({"comp_plan": "ae", "values": {"kicker": "0.05"}})
    assert agreed_with_each(plan(), "ae", {"kim@example.com": (given,)}) == {"kicker"}
    assert agreed_with_each(plan(), "ae", {"kim@example.com": (given.model_copy(update={"comp_plan": "b"}),)}) == set()


@pytest.mark.parametrize(
    ("language", "months", "said"),
    [
        ("en", 1, "That holds for your first month from the day you started; a pay period that goes on after that"),
        ("en", 3, "That holds for your first 3 months from the day you started; a pay period that goes on after that"),
        ("fr", 1, "Cela vaut pendant votre premier mois à compter de votre arrivée ; une période de paie qui va"),
        ("fr", 3, "Cela vaut pendant vos 3 premiers mois à compter de votre arrivée ; une période de paie qui va"),
    ],
)
def test_a_guarantee_says_its_months(language: str, months: int, said: str) -> None:
    least = {"kind": "guarantee", "amount": "3000", "months": str(months)}
    assert said in spaced(letter(language, components={"least": least}))


@pytest.mark.parametrize(
    ("language", "of", "said"),
    [
        ("en", {"splits": ["Revenue"]}, "Each manager gets the shares of the people below them, added up."),
        ("en", {"members": ["SE"]}, "A manager of several of them gets the whole once."),
        ("fr", {"splits": ["Revenue"]}, "le responsable direct de celles et ceux qui se la partagent"),
        ("fr", "owner", "Bénéficiaire : le responsable direct du propriétaire ;"),
    ],
)
def test_managers_are_said_with_what_rolls_up_to_them(language: str, of: object, said: str) -> None:
    sales = parse(PLAN)["credits"]["sales"] | {"to": {"managers": ["1"], "of": of}}
    assert said in spaced(letter(language, credits={"sales": sales}))


def test_leave_lowers_what_a_part_of_a_period_lowers() -> None:
    said = (
        "Days of leave lower your targets, your base pay and your target pay in the same way, and what counts for you"
    )
    assert said in letter("en")
    assert "you still have your targets, your base pay and your target pay in full.\n\nLeave changes nothing" in letter(
        "en", proration={"of": ()}
    )


def test_what_changes_a_target_is_not_said_where_there_is_none() -> None:
    measures, components = {"sold": {"credits": ["sales"]}}, {"all": parse(PLAN)["components"]["kicker"]}
    assert (
        re.search("If a target changes|When you are new", letter("en", measures=measures, components=components))
        is None
    )
    assert "If your target, team or pay changes" in letter(
        "en", measures=measures, components=components, change="apart"
    )


def test_what_a_greater_of_compares_stands_apart_from_the_zero_beside_it() -> None:
    above = {"kind": "amount", "amount": "max(sold - 100, 0)"}
    assert "the greater of (“Sold” \N{MINUS SIGN} EUR 100) and EUR 0" in letter("en", components={"above": above})


STREAK = {"streak": ["sales"], "at_least": "1000", "over": "quarter"}
DAYS, MONTH, MONTHS = ({"counts": "completed", "for": each} for each in ({"days": 20}, {"months": 1}, {"months": 3}))


@pytest.mark.parametrize(
    ("language", "more", "said"),
    [
        (
            "en",
            {"counts": "current"},
            "working days in a row up to the last one, each with 1,000 or more in “Sales”, in",
        ),
        (
            "en",
            {"counts": "current"},
            "Days off, public holidays and leave neither lengthen the row nor",
        ),
        ("en", {"counts": "current"}, "break it. A day on which you are not on this comp plan breaks it."),
        (
            "fr",
            {"counts": "current"},
            "Les jours ouvrés d'affilée jusqu'au dernier, chacun avec 1 000 ou plus en « Sales »,",
        ),
        ("en", {"counts": "longest"}, "The most working days in a row, each with 1,000 or more in “Sales”, in each"),
        ("fr", {"counts": "longest"}, "Le plus grand nombre de jours ouvrés d'affilée, chacun avec 1 000 ou plus"),
        ("en", DAYS, "with 1,000 or more in “Sales”, has been 20 working days long, in each quarter."),
        ("fr", DAYS, "avec 1 000 ou plus en « Sales », a duré 20 jours ouvrés, par trimestre."),
        ("en", MONTH, "has been a month long, in each quarter. Days off"),
        ("en", MONTHS, "Each day of leave makes the time that is asked for a day longer."),
        ("fr", MONTHS, "Chaque jour d'absence allonge d'un jour la durée demandée."),
    ],
)
def test_a_letter_says_what_a_streak_counts(language: str, more: dict[str, object], said: str) -> None:
    tiers = [{"from": "0", "amount": "0"}, {"from": "5", "amount": "100"}]
    reward = {"kind": "tiers", "by": "row", "reading": "step", "bound": "lower", "tiers": tiers}
    text = letter(language, measures={"row": STREAK | more}, components={"reward": reward})
    assert said in spaced(text)


def test_examples_of_tiers_by_a_streak_are_those_of_days() -> None:
    tiers = [{"from": "0", "amount": "0"}, {"from": "5", "amount": "100"}, {"from": "20", "amount": "400"}]
    reward = {"kind": "tiers", "by": "row", "reading": "step", "bound": "lower", "tiers": tiers}
    by_streak = plan(measures={"row": STREAK | {"counts": "longest"}}, components={"reward": reward})
    rules = Rules(time_zone="UTC", fiscal_year=FiscalYear(), currency="EUR", metrics={})
    found = worked_tables(tell(by_streak, "en", "EUR"), Around(rules, {}), None)["reward"]
    assert found.grid.rows == (("3", "EUR 0"), ("5", "EUR 100"), ("20", "EUR 400"), ("35", "EUR 400"))
