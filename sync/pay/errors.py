"""Why a command of pay is refused."""

from __future__ import annotations


class PayError(Exception):
    """The call is wrong, or the pay period is not where it would have to be; says what to do."""


class StalePay(Exception):
    """What was calculated is not what would be calculated now; says what to do."""
