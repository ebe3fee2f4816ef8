"""What the CRM account itself lacks: rights, room under its limits, the right time, fields that we read and write."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from connectors.writing import FORECASTING_QUOTA, TERRITORY_ACCOUNT, StepKind
from sync.connections import written_fields
from sync.doctor.model import Area, Finding, Level
from sync.words import several, span

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence

    from config.loader import Project
    from connectors.base import Description, MissingField
    from connectors.health import Access, Headroom, Health
    from connectors.writing import Step
    from sync.doctor.definitions import Definition

SKEW = timedelta(minutes=2)
"""How far two clocks may differ: sign-in by JWT allows three minutes (OAuth 2.0 JWT Bearer Flow, Salesforce)."""

_SCARCE, _SPENT = 75, 100  # percent of a limit


def written_objects(project: Project, connection: str) -> set[str]:
    """What the project writes to, as `connectors.writing.Target` has it."""
    written = set(written_fields(project, connection))
    if project.writeback.forecasting_quotas.get(connection):
        written.add(FORECASTING_QUOTA)
    if project.writeback.territory_associations.get(connection):
        written.add(TERRITORY_ACCOUNT)
    return written


def judge_account(health: Health, read: Mapping[str, Sequence[str]], written: Collection[str]) -> Iterator[Finding]:
    """What is wrong with the account; `read` are the objects that rules read, with the rules' titles."""
    yield from _clock(health)
    for headroom in health.headroom:
        yield from _headroom(headroom)
    objects: dict[str, list[Access]] = {}
    for access in health.access:
        objects.setdefault(access.object, []).append(access)
    for name, of_object in objects.items():
        yield from _reading(name, of_object, tuple(read.get(name, ())))
        if name in written:
            yield from _writing(of_object)
    for right in health.rights:
        name, _, use = right.partition(": ")
        what = f"The login lacks the right {name}."
        yield Finding(Level.ADVICE, Area.RIGHTS, what, health.login, "No run needs it.", use)


def judge_steps(steps: Sequence[Step]) -> Iterator[Finding]:
    """What `writeback.yaml` needs and the CRM does not have."""
    missing = [step.name for step in steps if not step.problem]
    if missing:
        yield Finding(
            Level.REQUIRED,
            Area.WRITEBACK,
            f"{several(len(missing), 'thing')} that writeback.yaml needs {'is' if len(missing) == 1 else 'are'} not in"
            " the CRM.",
            _listed(missing),
            "Results cannot be written there.",
            "Run `salesops provision`, then `salesops pull`.",
        )
    problems: dict[tuple[str, Level], list[str]] = {}
    for step in steps:
        if step.problem:
            # Results are written and kept all the same where they are on no page.
            level = Level.ADVICE if step.kind is StepKind.LAYOUT else Level.REQUIRED
            problems.setdefault((step.problem, level), []).append(step.name)
    for (problem, level), names in problems.items():
        what = f"`salesops provision` cannot make {_listed(names)}."
        yield Finding(level, Area.WRITEBACK, what, "writeback.yaml", "", problem)


def judge_hidden(
    project: Project, connection: str, shown: Description, definitions: Sequence[Definition]
) -> Iterator[Finding]:
    """The fields that we read and the login does not see, each with what is made of it."""
    goes_on = project.settings.connections[connection].pull.hidden_fields == "empty"
    for missing in shown.missing:
        if missing.purpose != "writeback":  # provisioning tells of these
            ours = _fills(missing, shown)
            concerns = _readers(missing, ours, definitions)
            level = Level.ADVICE if goes_on and not concerns else Level.REQUIRED
            yield _hidden(project, connection, missing, level, ours, concerns)
    for missing in shown.unseen:
        ours = _fills(missing, shown)
        if concerns := _readers(missing, ours, definitions):
            yield _hidden(project, connection, missing, Level.ADVICE, ours, concerns)


def _clock(health: Health) -> Iterator[Finding]:
    skew = health.now - health.here
    if abs(skew) > SKEW:
        way = "ahead of" if skew > timedelta(0) else "behind"
        yield Finding(
            Level.ADVICE,
            Area.CONNECTION,
            f"The CRM's clock is {span(abs(skew).total_seconds())} {way} this machine's.",
            health.org,
            "Signing in may fail, and “as of now” is another moment there than here.",
            "Let this machine keep its time by NTP.",
        )


def _headroom(headroom: Headroom) -> Iterator[Finding]:
    if headroom.used is None or headroom.used * 100 < headroom.limit * _SCARCE:
        return
    spent = headroom.used * 100 >= headroom.limit * _SPENT
    yield Finding(
        Level.REQUIRED if spent else Level.ADVICE,
        Area.CONNECTION,
        f"{headroom.used:,} of {headroom.limit:,} {headroom.name} are used.",
        headroom.name,
        f"It counts {headroom.what or 'our requests'}; a run stops when nothing is left, and goes on later.",
        "Look which other integration uses it, run less often (schedule in salesops.yaml), or buy more.",
    )


def _reading(name: str, of_object: Sequence[Access], concerns: tuple[str, ...]) -> Iterator[Finding]:
    readable = any(access.reads for access in of_object)
    for access in of_object:
        what = access.crm_object
        if not access.reads:
            # Where an object of ours is made of several of theirs, not every account has them all.
            sure = not readable and access.known
            yield Finding(
                Level.REQUIRED if sure else Level.ADVICE,
                Area.RIGHTS,
                f"The login cannot read {what}.",
                what,
                f"{name} records are made of it.",
                access.to_read or f"Give the login the right to read {what}.",
                concerns,
            )
        elif access.sees_all is False:
            why = "Figures lack the records that others own and do not share."
            now = access.to_read or f"Give the login the right to view all records of {what}."
            what = f"The login does not see all records of {what}."
            yield Finding(Level.ADVICE, Area.RIGHTS, what, access.crm_object, why, now, concerns)


def _writing(of_object: Sequence[Access]) -> Iterator[Finding]:
    for access in of_object:
        name = access.crm_object
        if not access.writes and access.reads:
            level = Level.REQUIRED if access.known else Level.ADVICE
            now = access.to_write or f"Give the login the right to edit {name}."
            why = "writeback.yaml writes to it."
            yield Finding(level, Area.RIGHTS, f"The login cannot edit {name}.", name, why, now)
        elif access.edits_all is False:
            now = access.to_write or f"Give the login the right to edit all records of {name}."
            why = "Those that it may not edit end as failed, with the cause `permission`."
            yield Finding(Level.ADVICE, Area.RIGHTS, f"The login cannot edit all records of {name}.", name, why, now)


def _fills(missing: MissingField, shown: Description) -> list[str]:
    """Our fields that the missing one fills."""
    return [field for field, paths in shown.fills.get(missing.object, {}).items() if missing.field in paths]


def _readers(missing: MissingField, ours: Collection[str], definitions: Sequence[Definition]) -> list[Definition]:
    """The definitions that read what the missing field fills."""
    named = {*ours, f"custom.{missing.field}"}
    return [
        definition
        for definition in definitions
        if any(need.ask.object == missing.object and need.ask.field in named for need in definition.needs)
    ]


def _hidden(
    project: Project,
    connection: str,
    missing: MissingField,
    level: Level,
    ours: Sequence[str],
    readers: Sequence[Definition],
) -> Finding:
    mapped = project.mapping.of(connection).get(missing.object)
    named = mapped is not None and missing.field in {*mapped.custom, *mapped.fields.values()}
    where = str(project.where_field(connection, missing.object, missing.field, missing.purpose))
    now = "Give the login the right to read it, or correct the name in mapping.yaml."
    why = "A pull stops at it." if level is Level.REQUIRED else "Records are read without it."
    if ours and not named:
        fields = ", ".join(f"{missing.object}.{field}" for field in ours)
        where = f"{fields} by default" + (f", read in {readers[0].where}" if readers else "")
        now = f"Give the login the right to read it, or name another field in mapping.yaml ({_listed(ours)})."
    what = f"{missing.crm_object}.{missing.field} is not there, or hidden from the login."
    concerns = tuple(dict.fromkeys(definition.title for definition in readers))
    return Finding(level, Area.FIELDS, what, where, why, now, concerns)


def _listed(names: Sequence[str], most: int = 5) -> str:
    more = f" and {len(names) - most:,} more" if len(names) > most else ""
    return ", ".join(names[:most]) + more
