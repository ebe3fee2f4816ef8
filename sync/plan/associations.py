"""Accounts in the CRM's own territories, as `territory_associations:` asks for."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from config.problems import ConfigError, Problem
from connectors.writing import TERRITORY_ACCOUNT, Standing, Target
from sync.plan.model import Policy, Skip
from sync.plan.wishes import Whole, ask_group

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from connectors.base import Connector
    from sync.plan.memory import Memory
    from sync.plan.results import Results
    from sync.plan.wishes import Group

ACTIVE = "active"
BY_HAND = "Territory2Manual"
"""The cause of an association that people or programs made; the CRM's rules make the others (Object Reference,
ObjectTerritory2Association)."""


@dataclass(frozen=True, slots=True)
class _Territories:
    """The territories of the active model that our rules name: their ids by name, and why others have none."""

    ids: Mapping[str, str]
    unmatched: Mapping[str, str]


def association_groups(results: Results, connector: Connector, memory: Memory) -> Iterator[Group]:
    """The one group there is, where accounts are to be put into territories.

    Associations are compared as they were pulled last; those that would be made or removed are looked up in the CRM
    once more, since a pull may not have seen what we made ourselves.
    """
    declared = results.project.writeback.territory_associations.get(results.connection)
    if declared is None:
        return
    policy = Policy(declared.on_edit)
    territories = _territories(results)
    named = results.rows("SELECT id, coalesce(name, id) FROM account WHERE connection = ? AND deleted = 0")
    accounts = {row[0]: row[1] for row in named}
    rows = results.rows("SELECT account_id, territory FROM assigned_territory WHERE connection = ?")
    assigned = {account: name for account, name in rows if account in accounts and name is not None}
    made = {
        f"{account}|{territories.ids[name]}": Whole(
            f"{accounts[account]} in {name}", f"territory rule {name}", f"territory/account/{account}", policy
        )
        for account, name in assigned.items()
        if name in territories.ids
    }
    pulled = _pulled(results)
    gone = _gone(pulled, made, territories, accounts, memory, policy)
    removed = {name for name, whole in gone.items() if not whole.stays}
    doubtful = (made.keys() - pulled.keys()) | removed
    skipped = [Skip(TERRITORY_ACCOUNT, name, "", why) for name, why in territories.unmatched.items()]
    group = ask_group(connector, Target(TERRITORY_ACCOUNT), [], doubtful, skipped=skipped, made=made, gone=gone)
    sure = {name: Standing(each.id, {}) for name, each in pulled.items() if name not in removed}
    yield replace(group, standing={**sure, **group.standing})


def _territories(results: Results) -> _Territories:
    """Ours and the CRM's, matched by name; ConfigError where the CRM has no active model at all."""
    rows = results.rows("SELECT id, name, lower(state) FROM territory WHERE connection = ? AND deleted = 0 ORDER BY id")
    by_name: dict[str, list[str]] = defaultdict(list)
    for territory, name, state in rows:
        if state == ACTIVE:
            by_name[name].append(territory)
    if not by_name:
        where = results.project.where("territory_associations", results.connection)
        summary = f"the CRM has no active territory model (connection {results.connection})."
        detail = "Activate one in Setup and pull, or remove territory_associations."
        raise ConfigError([Problem("error", summary, detail, where)])
    ours = sorted(_named(results))
    unmatched = dict.fromkeys(ours, "the active territory model has no territory of this name")
    unmatched |= {
        name: f"the active territory model has {len(ids)} territories of this name" for name, ids in by_name.items()
    }
    found = {name: by_name[name][0] for name in ours if len(by_name[name]) == 1}
    return _Territories(found, {name: unmatched[name] for name in ours if name not in found})


def _named(results: Results) -> set[str]:
    """The territories that our rules can assign."""
    declared = results.project.territories
    if declared is None:
        return set()
    return {territory.name for territory in declared.territories} | (
        {declared.otherwise} if declared.otherwise else set()
    )


@dataclass(frozen=True, slots=True)
class _Pulled:
    id: str
    account: str
    territory: str
    by_hand: bool


def _pulled(results: Results) -> dict[str, _Pulled]:
    """The associations that the last pull saw, by name."""
    rows = results.rows(
        "SELECT id, account_id, territory_id, cause FROM territory_account WHERE connection = ? AND deleted = 0"
        " AND account_id IS NOT NULL AND territory_id IS NOT NULL ORDER BY id"
    )
    return {f"{row[1]}|{row[2]}": _Pulled(row[0], row[1], row[2], row[3] == BY_HAND) for row in rows}


def _gone(
    pulled: Mapping[str, _Pulled],
    made: Mapping[str, Whole],
    territories: _Territories,
    accounts: Mapping[str, str],
    memory: Memory,
    policy: Policy,
) -> dict[str, Whole]:
    """Associations by hand with territories of our rules that the rules do not make: ours go, and others by policy."""
    names = {territory: name for name, territory in territories.ids.items()}
    ours = set(memory.names(TERRITORY_ACCOUNT))
    found = {}
    known = {name: (each.account, each.territory) for name, each in pulled.items() if each.by_hand}
    for name in ours - pulled.keys():  # made since the last pull
        account, _, territory = name.partition("|")
        known[name] = (account, territory)
    for name, (account, territory) in sorted(known.items()):
        is_ours = name in ours
        if name in made or territory not in names or account not in accounts:
            continue
        record = f"{accounts[account]} in {names[territory]}"
        why = "no territory rule puts it there any more" if is_ours else "no territory rule puts it there"
        found[name] = Whole(record, why, f"territory/account/{account}", policy, theirs=not is_ours)
    return found
