"""The sandbox's made-up company in a size of a test's choice: all its people, and every kind of record."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from connectors.sandbox.company import generate

if TYPE_CHECKING:
    from datetime import date

    from connectors.sandbox.company.model import Company


def made_up_company(
    seed: int, as_of: date, *, accounts: int, opportunities: int, leads: int, activities: int
) -> Company:
    """What `generate_company` makes where the usual numbers are these."""
    sizes = {"ACCOUNTS": accounts, "OPPORTUNITIES": opportunities, "LEADS": leads, "ACTIVITIES": activities}
    with pytest.MonkeyPatch.context() as patch:
        for name, count in sizes.items():
            patch.setattr(generate, name, count)
        return generate.generate_company(seed, as_of)
