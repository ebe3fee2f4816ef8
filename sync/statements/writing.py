"""How a statement writes sentences, amounts and days: a language for the words, a locale for the figures."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from babel import Locale
from babel.dates import format_date
from babel.numbers import NumberPattern, format_currency, get_currency_precision, parse_pattern

from salesops.money import places_of
from sync.statements.words import SENTENCES

if TYPE_CHECKING:
    from datetime import date
    from decimal import Decimal

    from sync.statements.words import Language

LOCALES: dict[Language, str] = {"en": "en_US", "fr": "fr_FR"}
"""How figures are written where nobody says it."""

NONE = "\N{EN DASH}"
"""What stands where there is no figure."""

_LETTER = frozenset({"US", "CA", "MX", "PH", "CL", "CO", "VE", "CR", "GT", "PA", "SV", "DO", "PR"})
"""Countries that print on Letter."""

_JOINERS = "\N{ZERO WIDTH NON-JOINER}\N{ZERO WIDTH JOINER}"


class Writing:
    """A language and a locale. Every figure has all its digits: what is shown adds up as it is shown."""

    def __init__(self, language: Language, locale: str | None = None) -> None:
        """Babel's UnknownLocaleError, or ValueError, where there is no such locale."""
        self.language = language
        self.locale = Locale.parse(locale or LOCALES[language])
        self._place = 1 if language == "fr" else 0
        self._percent = parse_pattern(self.locale.percent_formats[None].pattern.replace("#,##0", "#,##0.####"))

    @property
    def on_letter(self) -> bool:
        """Whether paper is Letter where figures are written so, else A4."""
        return self.locale.territory in _LETTER

    def say(self, sentence: str, **parts: str) -> str:
        """The sentence of this name with these parts in it."""
        return SENTENCES[sentence][self._place].format(**parts)

    def amount(self, amount: Decimal, currency: str) -> str:
        """An amount without its currency, with the decimals of the currency, and more only where it has more."""
        return self._number(amount, max(_places(currency), places_of(amount)))

    def money(self, amount: Decimal, currency: str) -> str:
        """An amount with its currency, or the unit that it is of, as it stands in a sentence."""
        if not is_currency(currency):
            return f"{self.amount(amount, currency)} {currency.replace('_', ' ')}"
        places = max(_places(currency), places_of(amount))
        pattern = self.locale.currency_formats["standard"].pattern.replace("0.00", f"0.{'0' * places}".rstrip("."))
        return str(format_currency(amount, currency, format=pattern, locale=self.locale, currency_digits=False))

    def number(self, number: Decimal | None) -> str:
        """A number with its decimals, at most 2; a dash for none."""
        return NONE if number is None else self._number(round(number, 2), places_of(round(number, 2)))

    def share(self, share: Decimal | None) -> str:
        """A share of 1 in percent, with 4 decimals at most; a dash for none."""
        if share is None:
            return NONE
        return str(self._percent.apply(share, self.locale))

    def day(self, day: date | None) -> str:
        """A day; nothing for none."""
        return _day(self.locale, day) if day is not None else ""

    def _number(self, number: Decimal, places: int) -> str:
        return str(_pattern(self.locale, places).apply(number, self.locale))


@lru_cache(maxsize=4096)
def _day(locale: Locale, day: date) -> str:
    return str(format_date(day, "medium", locale=locale))


@lru_cache
def _pattern(locale: Locale, places: int) -> NumberPattern:
    """The locale's way to group digits, with so many places."""
    before = locale.decimal_formats[None].pattern.split(";")[0].partition(".")[0]
    return parse_pattern(f"{before}.{'0' * places}".rstrip("."))


def clean(text: str, longest: int = 200) -> str:
    """A text of the CRM's on one line, with nothing in it that steers a terminal or turns the text around it.

    >>> clean("Acme\\r\\nInc. \\x1b[2J"), clean("abcdef", 4)
    ('Acme Inc. \ufffd[2J', 'abc…')
    """
    line = " ".join(text.split())
    line = line if len(line) <= longest else f"{line[: longest - 1]}…"
    if line.isprintable():
        return line
    return "".join(c if c.isprintable() or c in _JOINERS else "\N{REPLACEMENT CHARACTER}" for c in line)


def is_currency(unit: str) -> bool:
    """Whether it is money; the name of any other unit is in lower case."""
    return unit.isupper()


def _places(currency: str) -> int:
    """The decimals of a currency; none of another unit."""
    return get_currency_precision(currency) if is_currency(currency) else 0
