"""How much more a case asks for: for the next tier, and until an amount more is earned."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from config.base import parse_number
from salesops.cases.judge import Asked
from salesops.cases.setup import expected_of
from salesops.cases.transactions import payees_of

if TYPE_CHECKING:
    from collections.abc import Sequence
    from decimal import Decimal

    from salesops.basis import Basis
    from salesops.cases.model import Setup
    from salesops.incentives.states.states import Program


def ask(basis: Basis, programs: Sequence[Program], setup: Setup, prefix: str) -> Asked:
    """What the engine answers to all that the case expects of it."""
    tiers: dict[str, list[str]] = defaultdict(list)
    earn: dict[tuple[str, str], list[str]] = defaultdict(list)
    for email, (_, expected) in expected_of(setup, payees_of(setup)).items():
        for component in expected.to_next_tier:
            tiers[component].append(email)
        for credit, amounts in expected.to_earn.items():
            for amount in amounts:
                earn[credit, amount].append(email)
    ours = [program for name in setup.plans for program in programs if program.name == name]
    return Asked(
        to_next_tier={
            (email, component): number
            for component, emails in tiers.items()
            for email, number in _next_tier(basis, ours, component, emails, prefix).items()
        },
        to_earn={
            (email, credit, amount): number
            for (credit, amount), emails in earn.items()
            for email, number in _earn(basis, ours, credit, amount, emails, prefix).items()
        },
    )


def _next_tier(
    basis: Basis, programs: list[Program], component: str, emails: list[str], prefix: str
) -> dict[str, Decimal | None]:
    from salesops.incentives.supposed.inverse import to_next_tier

    program = next(each for each in programs if component in each.plan.components)
    found = to_next_tier(basis, program, component, [f"{prefix}{email}" for email in emails])
    return {email: found.get(f"{prefix}{email}") for email in emails}


def _earn(
    basis: Basis, programs: list[Program], credit: str, amount: str, emails: list[str], prefix: str
) -> dict[str, Decimal | None]:
    from salesops.incentives.supposed.inverse import to_earn

    program = next(each for each in programs if credit in each.plan.credits)
    wanted = dict.fromkeys((f"{prefix}{email}" for email in emails), parse_number(amount))
    found = to_earn(basis, program, credit, wanted)
    return {email: found.get(f"{prefix}{email}") for email in emails}
