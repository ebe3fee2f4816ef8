"""What a language gives: its sentences, its words for fields and periods, and how it writes numbers and days."""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING

from config.scalars import decimal_text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from datetime import date


@dataclass(frozen=True, slots=True)
class Words:
    """A language. `sentences` have names of what stands in them in braces; both languages have the same ones.

    `fields` are words for fields of records, `sources` for a record of a kind, `objects` for "of the opportunity",
    `each` for "each month" by interval, `a` for "a month". `own` and `others` are how a field of the transaction
    itself, and one of another record, stand in a sentence; `articles` are what headings leave out, `contracted` pairs
    of words that become one.
    `thousands` and `point` stand in numbers, `percent` behind.
    """

    language: str
    sentences: Mapping[str, str]
    fields: Mapping[str, str]
    sources: Mapping[str, str]
    objects: Mapping[str, str]
    each: Mapping[str, str]
    a: Mapping[str, str]
    own: str
    others: str
    articles: tuple[str, ...]
    thousands: str
    point: str
    percent: str
    quotes: tuple[str, str]
    contracted: tuple[tuple[str, str], ...]
    money_form: str
    day_form: Callable[[date], str]

    def say(self, sentence: str, **parts: str) -> str:
        """The sentence of this name with these parts in it."""
        said = self.sentences[sentence].format(**parts)
        for apart, together in self.contracted:
            said = said.replace(apart, together)
        return said

    def number(self, number: Decimal | Fraction, places: int | None = None) -> str:
        """A number with all its digits, or with so many places.

        Fractions that end nowhere are shown to 6 places.
        """
        if isinstance(number, Fraction):
            number = _decimal(number)
        text = decimal_text(number) if places is None else f"{number:.{places}f}"
        sign, text = ("\N{MINUS SIGN}", text[1:]) if text.startswith("-") else ("", text)
        before, _, after = text.partition(".")
        grouped = f"{int(before):,}".replace(",", self.thousands)
        return sign + grouped + (f"{self.point}{after}" if after else "")

    def share(self, share: Decimal | Fraction) -> str:
        """A share of 1 in percent."""
        return self.number(Fraction(share) * 100) + self.percent

    def money(self, amount: Decimal | Fraction, currency: str) -> str:
        """An amount of money, with two places where it has any; or of another unit, whose name is in lower case."""
        amount = Fraction(amount)
        if not currency.isupper():
            return f"{self.number(_decimal(amount))} {currency.replace('_', ' ')}"
        places = 0 if amount.denominator == 1 else 2 if (amount * 100).denominator == 1 else None
        return self.money_form.format(amount=self.number(_decimal(amount), places), currency=currency)

    def day(self, day: date) -> str:
        """A day as it is written in a letter."""
        return self.day_form(day)

    def all_of(self, items: Iterable[str]) -> str:
        """A list whose last item comes after "and"."""
        return self._listed(list(items), "and")

    def one_of(self, items: Iterable[str]) -> str:
        """A list whose last item comes after "or"."""
        return self._listed(list(items), "or")

    def _listed(self, items: list[str], word: str) -> str:
        if len(items) < 2:
            return "".join(items)
        return f"{', '.join(items[:-1])} {self.sentences[word]} {items[-1]}"

    def quoted(self, text: str) -> str:
        """The text between quotation marks."""
        return f"{self.quotes[0]}{text}{self.quotes[1]}"

    def field(self, path: str) -> str:
        """A field of a record in words; one of another record says whose.

        >>> from salesops.describe.english import ENGLISH
        >>> ENGLISH.field("opportunity.close_date"), ENGLISH.field("custom.Go_Live__c")
        ('close date of the opportunity', '“Go Live”')
        """
        before, dot, custom = path.partition("custom.")
        if dot and (not before or before.endswith(".")):
            name = self.quoted(re.sub(r"__[a-z]$", "", custom).replace("_", " "))
            steps = before.rstrip(".")
        else:
            steps, _, last = path.rpartition(".")
            name = self.fields.get(last, last.removesuffix("_id").replace("_", " "))
        of = [self.objects.get(step, f"({step.replace('_', ' ')})") for step in steps.split(".") if step]
        return " ".join((name, *reversed(of)))

    def its(self, path: str) -> str:
        """A field as it stands in a sentence about the transaction: "its type", "the family of the product"."""
        steps = path.removeprefix("custom.").rpartition(".")[0].removesuffix("custom").rstrip(".")
        return (self.others if steps else self.own).format(field=self.field(path))

    def bare(self, path: str) -> str:
        """A field without its article: "for each account"."""
        return self._without_article(self.field(path))

    def heading(self, text: str) -> str:
        """A name as it stands above a column."""
        text = self._without_article(text)
        return text[:1].upper() + text[1:]

    def _without_article(self, text: str) -> str:
        return next((text.removeprefix(each) for each in self.articles if text.startswith(each)), text)


def _decimal(number: Fraction) -> Decimal:
    """The number to 6 places at most."""
    millionths = round(number * 10**6)
    return Decimal(millionths) / 10**6
