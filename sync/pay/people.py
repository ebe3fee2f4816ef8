"""Who moves pay periods: the people whom the project names, each one person under whatever address."""

from __future__ import annotations

from typing import TYPE_CHECKING

from config.people import same_login
from sync.pay.errors import PayError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from config.loader import Project


def check_person(project: Project, by: str) -> str:
    """The e-mail address of who acts, as everything is signed with it; PayError where they may not."""
    address = same_login(by)
    allowed = {same_login(each) for each in project.settings.pay.people}
    if address in allowed:
        return address
    raise PayError(
        f"{by} may not move pay. Those who may are pay: people: in salesops.yaml"
        f"{': ' + ', '.join(sorted(allowed)) if allowed else ', which names nobody'}."
    )


def is_one_of(project: Project, person: str, others: Iterable[str]) -> bool:
    """Whether somebody is one of the others, under the same address or one that `people: same:` says is theirs."""
    return bool(_addresses(project, person) & {address for other in others for address in _addresses(project, other)})


def _addresses(project: Project, person: str) -> frozenset[str]:
    groups = [{same_login(name) for name in same.values()} for same in project.settings.people.same]
    found = {same_login(person)}
    while more := set().union(*(group for group in groups if group & found)) - found:
        found |= more  # entries that share a login are one person, however many
    return frozenset(found)
