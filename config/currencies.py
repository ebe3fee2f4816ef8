"""Currencies, by their codes of ISO 4217."""

from __future__ import annotations

import re
from typing import Annotated

from pydantic import AfterValidator

from config.base import Form, quote

_IN_USE = """
AED AFN ALL AMD ANG AOA ARS AUD AWG AZN BAM BBD BDT BGN BHD BIF BMD BND BOB BRL BSD BTN BWP BYN BZD CAD CDF CHF CLF
CLP CNY COP CRC CUP CVE CZK DJF DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GNF GTQ GYD HKD HNL HTG HUF
IDR ILS INR IQD IRR ISK JMD JOD JPY KES KGS KHR KMF KPW KRW KWD KYD KZT LAK LBP LKR LRD LSL LYD MAD MDL MGA MKD MMK
MNT MOP MRU MUR MVR MWK MXN MYR MZN NAD NGN NIO NOK NPR NZD OMR PAB PEN PGK PHP PKR PLN PYG QAR RON RSD RUB RWF SAR
SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TND TOP TRY TTD TWD TZS UAH UGX USD UYU UZS VED
VES VND VUV WST XAF XCD XCG XOF XPF YER ZAR ZMW ZWG
"""
_WITHDRAWN = """
AFA AZM BYR CUC CYP EEK GHC HRK LTL LVL MGF MRO MTL MZM ROL SDD SIT SKK SLL SRG STD TMM TRL VEB VEF YUM ZMK ZWD ZWL
"""

CODES = frozenset(f"{_IN_USE} {_WITHDRAWN}".split())
"""Those in use; and those withdrawn in this century, which old records and rates still name."""


def parse_currency(text: str) -> str:
    """The code itself; ValueError says how to write it.

    >>> parse_currency("EUR")
    'EUR'
    """
    if not re.fullmatch(r"[A-Z]{3}", text):
        raise ValueError(f"is not a currency code: {quote(text)}. Write three capital letters, as USD or EUR.")
    if text not in CODES:
        raise ValueError(f"is no currency of ISO 4217: {text}. Write its code, as USD or EUR.")
    return text


Currency = Annotated[str, AfterValidator(parse_currency), Form("three capital letters, as USD")]
