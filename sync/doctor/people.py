"""People whom a rule should reach and does not: sellers without a quota, owners without a team."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sync.doctor.definitions import targets_of
from sync.doctor.model import Area, Finding, Level
from sync.doctor.words import shortened

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping
    from datetime import date

    import pyarrow as pa

    from config.loader import Project


@dataclass(frozen=True, slots=True)
class User:
    id: str
    name: str
    email: str
    team: str
    active: bool


def read_users(table: pa.Table) -> dict[str, User]:
    """The users by id, of their facts."""
    rows = table.select(["id", "name", "email", "team", "active"]).to_pylist()
    return {
        row["id"]: User(
            row["id"], row["name"] or row["id"], (row["email"] or "").lower(), row["team"] or "", bool(row["active"])
        )
        for row in rows
    }


def judge_people(
    project: Project,
    connection: str,
    users: Mapping[str, User],
    sellers: Mapping[str, Collection[str]],
    starts: Mapping[str, date],
) -> Iterator[Finding]:
    """Active people who sell and whom a quota or a team figure leaves out; `sellers` are the owners of the records that
    count for a metric, by its name, `starts` the first days of the present fiscal periods, by kind."""
    for name, quota in sorted(project.quotas.items()):
        targets = targets_of(quota, starts)
        owners = [users[each] for each in sellers.get(quota.metric, ()) if each in users and users[each].active]
        if targets is None:
            yield _quota(
                name, str(project.where("quotas", name, "targets")), "nobody has a target in this period", owners
            )
        elif targets.default is None:
            emails = {email.lower() for email in targets.users}
            without = [user for user in owners if user.email not in emails and user.team not in targets.teams]
            what = f"{len(without):,} of {len(owners):,} people with records that count have no target"
            if without:
                yield _quota(name, str(project.where("quotas", name, "targets")), what, without)
    if _needs_teams(project, connection):
        everyone = {each for owners in sellers.values() for each in owners}
        active = [users[each] for each in sorted(everyone) if each in users and users[each].active]
        teamless = [user for user in active if not user.team]
        if teamless:
            yield Finding(
                Level.ADVICE,
                Area.PEOPLE,
                f"{len(teamless):,} of {len(active):,} people who own records are in no team.",
                _names(teamless),
                "Rules and records by team leave them out.",
                "Put them into a team in the CRM, then run `salesops pull`.",
            )


def _needs_teams(project: Project, connection: str) -> bool:
    """Whether something of the project is by team."""
    return (
        any(targets.teams for quota in project.quotas.values() for targets in quota.targets)
        or any(plan.eligible and plan.eligible.teams for plan in project.comp_plans.values())
        or any(kept.per == "team" for kept in project.writeback.records.get(connection, ()))
    )


def _quota(name: str, where: str, what: str, people: Iterable[User]) -> Finding:
    return Finding(
        Level.ADVICE,
        Area.PEOPLE,
        f"Quota {name}: {what}.",
        where,
        f"They have no attainment, and nothing is earned by it: {_names(people)}.",
        "Add them, their team or a default to the quota's targets; in a new year, targets from its first day on.",
        (f"quota {name}",),
    )


def _names(people: Iterable[User]) -> str:
    return shortened(sorted(user.name for user in people), 8) or "nobody yet"
