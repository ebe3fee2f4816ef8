from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from sandboxes import Served, served

if TYPE_CHECKING:
    from collections.abc import Iterator

OWNERS = """id,userId,email,firstName,lastName,archived
70,900,ann@x.example,Ann,Bell,false
71,901,bo@x.example,Bo,Cole,false
"""


@pytest.fixture(scope="session")
def hubspot_served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    folder = tmp_path_factory.mktemp("hubspot")
    (folder / "owners.csv").write_text(OWNERS)
    deals = "".join(f"{number},Deal {number},{number}\n" for number in range(1001, 1101))
    (folder / "deals.csv").write_text(f"hs_object_id,dealname,amount\n{deals}")
    with served("hubspot", folder) as running:
        yield running


@pytest.fixture(scope="session")
def salesforce_served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    folder = tmp_path_factory.mktemp("salesforce")
    accounts = "".join(f"001XX00000000{number},Account {number}\n" for number in range(10, 60))
    (folder / "Account.csv").write_text(f"Id,Name\n{accounts}")
    with served("salesforce", folder) as running:
        yield running


@pytest.fixture
def portal(hubspot_served: Served) -> Served:
    """HubSpot as it was filled, calm, at the machine's time."""
    hubspot_served.calm()
    return hubspot_served


@pytest.fixture
def org(salesforce_served: Served) -> Served:
    """Salesforce as it was filled, calm, at the machine's time."""
    salesforce_served.calm()
    return salesforce_served
