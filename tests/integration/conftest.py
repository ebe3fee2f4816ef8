"""CRMs in processes of their own, and projects against them, started once and shared."""

from __future__ import annotations

from contextlib import ExitStack, closing
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest
from integration_company import AS_OF, DEALS, MANY, many_deals, write_company
from integration_harness import CRMS, Bare, Office, new_office, serve_crm

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from integration_company import Deal
    from integration_harness import Crm, Result, Server


@dataclass(frozen=True, slots=True)
class Site:
    """A running CRM, a bare client of it, and a project against it whose fields are made and figures written."""

    server: Server
    bare: Bare
    office: Office
    steps: dict[str, Result]  # what each command of the set-up answered, by its words

    @property
    def crm(self) -> Crm:
        return self.server.crm


@pytest.fixture(scope="session")
def sites(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[Crm], Site]]:
    """The tiny company in either CRM."""
    with ExitStack() as opened:
        yield _once(lambda crm: _open_site(opened, tmp_path_factory, crm, DEALS))


@pytest.fixture(scope="session")
def large_sites(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[Crm], Site]]:
    """The same company with pages full of opportunities."""
    with ExitStack() as opened:
        yield _once(lambda crm: _open_site(opened, tmp_path_factory, crm, many_deals(MANY[crm]), run=False))


@pytest.fixture(params=CRMS)
def site(request: pytest.FixtureRequest, sites: Callable[[Crm], Site]) -> Site:
    """The tiny company, in each CRM."""
    return sites(request.param)


def _once(make: Callable[[Crm], Site]) -> Callable[[Crm], Site]:
    made: dict[Crm, Site] = {}

    def get(crm: Crm) -> Site:
        if crm not in made:
            made[crm] = make(crm)
        return made[crm]

    return get


def _open_site(
    opened: ExitStack, folders: pytest.TempPathFactory, crm: Crm, deals: Sequence[Deal], *, run: bool = True
) -> Site:
    """What a newcomer does, command by command, until the second run."""
    folder = folders.mktemp(crm)
    server = opened.enter_context(serve_crm(crm, write_company(crm, folder / "export", deals), folder / "crm"))
    bare = opened.enter_context(closing(Bare(crm, server.url, server.ca_file)))
    office = new_office(server, folder / "project", AS_OF)
    steps = {"check": office.salesops("check"), "provision": office.salesops("provision", "--yes", "--json")}
    if run:
        steps["run"] = office.salesops("run", "--as-of", AS_OF, "--json")
        steps["second run"] = office.salesops("run", "--as-of", AS_OF, "--json")
    return Site(server, bare, office, steps)
