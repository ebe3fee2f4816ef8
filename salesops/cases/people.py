"""The people of a case: what the CRM would say of them, and what `payees` would."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from config.comp_plans import Assignment
from config.comp_plans.cases import CasePayee
from salesops.calendar import day_start
from salesops.cases.transactions import payees_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import date
    from decimal import Decimal
    from zoneinfo import ZoneInfo

    from config.comp_plans import CompPlan
    from config.comp_plans.cases import CaseChange
    from salesops.cases.model import Setup
    from salesops.cases.records import Records


@dataclass(frozen=True, slots=True)
class _Stands:
    """What holds for a payee from a day on."""

    since: date | None
    comp_plan: str
    role: str | None
    team: str | None
    manager: str | None
    base_pay: Decimal | None
    target_pay: Decimal | None
    targets: Mapping[str, Decimal] = field(default_factory=dict)
    values: Mapping[str, Decimal] = field(default_factory=dict)

    def after(self, change: CaseChange) -> _Stands:
        """What holds from the change on."""
        said = {name: getattr(change, name) for name in ("comp_plan", "role", "team", "base_pay", "target_pay")}
        return replace(
            self,
            since=change.from_,
            manager=self.manager if change.manager is None else change.manager.lower(),
            targets={**self.targets, **change.targets},
            values={**self.values, **change.values},
            **{name: value for name, value in said.items() if value is not None},
        )


@dataclass(frozen=True, slots=True)
class _Person:
    """A payee with what holds for them, in order of days."""

    email: str
    said: CasePayee
    stands: tuple[_Stands, ...]


def is_named_only(case_payees: Mapping[str, CasePayee]) -> bool:
    """Whether the case says on which days somebody is on a comp plan."""
    return any(
        payee.from_ or payee.until or payee.comp_plan or any(change.comp_plan for change in payee.changes)
        for payee in case_payees.values()
    )


def add_people(records: Records, setup: Setup) -> dict[str, tuple[Assignment, ...]]:
    """What `payees` says of the case's payees, by e-mail as the records have it; their records are added."""
    people = [_person(setup, email) for email in payees_of(setup)]
    for person in people:
        _add_user(records, setup, person)
    if not any(stood.manager for person in people for stood in person.stands):
        _let_manage(records, setup, people)
    return {
        records.id_of(person.email): assigned for person in people if (assigned := _assigned(setup, person, people))
    }


def taken_by(setup: Setup, email: str) -> tuple[str, ...]:
    """The comp plans around the case that take one of its payees, as they ever stand in it, without naming them."""
    people = [_person(setup, each) for each in payees_of(setup)]
    person = next(each for each in people if each.email == email)
    return tuple(
        name
        for name, plan in setup.around.comp_plans.items()
        if plan.eligible is not None and any(_accepts(setup, plan, person, stood, people) for stood in person.stands)
    )


def _person(setup: Setup, email: str) -> _Person:
    said = {name.lower(): payee for name, payee in setup.case.payees.items()}.get(email, CasePayee())
    eligible = setup.main.eligible
    first = _Stands(
        since=None,
        comp_plan=said.comp_plan or setup.comp_plan,
        role=said.role or next(iter(eligible.roles if eligible else ()), None),
        team=said.team or next(iter(eligible.teams if eligible else ()), None),
        manager=None if said.manager is None else said.manager.lower(),
        base_pay=said.base_pay,
        target_pay=said.target_pay,
        targets=said.targets,
        values=said.values,
    )
    stands = [first]
    for change in sorted(said.changes, key=lambda change: change.from_):
        stands.append(stands[-1].after(change))
    return _Person(email, said, tuple(stands))


def _add_user(records: Records, setup: Setup, person: _Person) -> None:
    """The user's record as it is in the end, with the changes that led there."""
    user = records.user(person.email)
    row, last = records.row("user", user), person.stands[-1]
    row |= {"role": last.role, "team": last.team, "manager_id": _user(records, last.manager)}
    zone = _zone(setup)
    started = person.said.started_on or person.said.from_
    row["created_at"] = None if started is None else day_start(started, zone)
    for before, after in zip(person.stands, person.stands[1:], strict=False):
        fields = {
            "role": (before.role, after.role),
            "team": (before.team, after.team),
            "manager_id": (_user(records, before.manager), _user(records, after.manager)),
        }
        for name, (was, is_) in fields.items():
            if was != is_ and after.since is not None:
                at = day_start(after.since, zone)
                records.add("change", object="user", record_id=user, field=name, before=was, after=is_, at=at)
    for name in territories_of(setup, person.said):
        territory = records.id_of(name)
        records.row("territory", territory)["name"] = name
        records.add("territory_member", territory_id=territory, user_id=user)


def territories_of(setup: Setup, said: CasePayee) -> tuple[str, ...]:
    """The territories of a payee: what is said, else one that is eligible."""
    eligible = setup.main.eligible
    return said.territories or (eligible.territories[:1] if eligible else ())


def _user(records: Records, email: str | None) -> str | None:
    return None if email is None else records.user(email)


def _zone(setup: Setup) -> ZoneInfo:
    from zoneinfo import ZoneInfo

    return ZoneInfo(setup.around.rules.time_zone)


def _let_manage(records: Records, setup: Setup, people: list[_Person]) -> None:
    """Somebody below each payee, where managers alone are eligible and the case says nothing of who manages whom."""
    if setup.main.eligible is not None and setup.main.eligible.managers:
        for person in people:
            below = records.user(f"below {person.email}")
            records.row("user", below)["manager_id"] = records.user(person.email)


def _assigned(setup: Setup, person: _Person, people: list[_Person]) -> tuple[Assignment, ...]:
    """The payee's assignments: what the case says; where it says nothing those of the files, else what is needed."""
    own = setup.around.payees.get(person.email, ())
    if own and not _says_more(person.said):
        return own
    return tuple(_assignments(setup, person, people))


def _says_more(said: CasePayee) -> bool:
    """Whether the case says of a payee what `payees` would."""
    about = (said.base_pay, said.target_pay, said.targets, said.values, said.leave, said.changes, said.started_on)
    return any(each not in (None, {}, ()) for each in about) or is_named_only({"": said})


def _assignments(setup: Setup, person: _Person, people: list[_Person]) -> Iterator[Assignment]:
    said = person.said
    ends = [stood.since for stood in person.stands[1:]]
    for stood, end in zip(person.stands, [*ends, None], strict=True):
        start = max(filter(None, (stood.since, said.from_)), default=None)
        until = min(filter(None, (end, said.until)), default=None)
        if (start and until and until <= start) or not _is_named(setup, person, stood, people):
            continue
        yield Assignment.model_construct(
            comp_plan=stood.comp_plan,
            from_=start,
            until=until,
            base_pay=stood.base_pay,
            target_pay=stood.target_pay,
            targets=dict(stood.targets),
            values=dict(stood.values),
            started_on=said.started_on,
            leave=said.leave,
        )


def _is_named(setup: Setup, person: _Person, stood: _Stands, people: list[_Person]) -> bool:
    """Whether the payee must be named while this holds: only who is eligible has numbers of their own."""
    plans = [plan for name, plan in setup.plans.items() if stood.comp_plan in {name, *plan.named}]
    accepting = [plan for plan in plans if _accepts(setup, plan, person, stood, people)]
    emails = {each.email for each in people}
    needed = setup.named_only or _says_more(person.said) or any(_by_name(plan, emails) for plan in accepting)
    return needed and bool(accepting)


def _by_name(plan: CompPlan, emails: set[str]) -> bool:
    """Whether none of these people is on a comp plan without being named."""
    users = {email.lower() for email in plan.eligible.users} if plan.eligible else set()
    return plan.eligible is None or (bool(users) and not users & emails)


def _accepts(setup: Setup, plan: CompPlan, person: _Person, stood: _Stands, people: list[_Person]) -> bool:
    """Whether a payee who stands so may be on the comp plan; where nobody else is named, e-mails say nothing."""
    eligible = plan.eligible
    if eligible is None:
        return True
    users = {email.lower() for email in eligible.users}
    named = users & {each.email for each in people}
    below = {each.manager for other in people for each in other.stands if each.manager}
    return (
        (not eligible.roles or stood.role in eligible.roles)
        and (not eligible.teams or stood.team in eligible.teams)
        and (not named or person.email in named)
        and (not eligible.territories or bool(set(eligible.territories) & set(territories_of(setup, person.said))))
        and (eligible.managers is None or not below or (person.email in below) is eligible.managers)
    )
