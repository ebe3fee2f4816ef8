"""People: which users of the project's connections are one person, by the map in `salesops.yaml` or by e-mail."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from config.people import same_login
from config.problems import Problem

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from config.loader import Project
    from config.people import SamePerson
    from sync.store.store import Store


@dataclass(frozen=True, slots=True, order=True)
class Login:
    """A user of one connection."""

    connection: str
    id: str
    name: str = ""
    email: str = ""
    active: bool = True

    @property
    def address(self) -> str:
        """The e-mail as it is compared: case does not matter, all else does."""
        return same_login(self.email) if "@" in self.email else ""

    def __str__(self) -> str:
        return f"user {self.id}{f' ({self.email})' if self.email else ''} of {self.connection}"


@dataclass(frozen=True, slots=True)
class Person:
    """The users that are one person, in order of connection and id.

    `id` is `CONNECTION:USER` of the first of them: it stays while that user stays the first. `name` and `email` are the
    first active user's that has one, else anybody's. `unmatched` says, for people, what was not joined and why.
    """

    id: str
    name: str
    email: str
    active: bool
    logins: tuple[Login, ...]
    unmatched: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Matched:
    """Everybody, in order of their ids; and by (entry of the map, connection) what the map names in vain."""

    people: tuple[Person, ...]
    in_vain: Mapping[tuple[int, str], str]


@dataclass(slots=True)
class _Group:
    """A person as it grows. `named` are the connections for which the map has said who it is, also in vain."""

    logins: list[Login]
    named: frozenset[str] = frozenset()


def build_people(project: Project, store: Store) -> list[Person]:
    """Every person who is a user of some connection, in order of their ids."""
    return list(_match(project, store).people)


def find_problems(project: Project, store: Store) -> list[Problem]:
    """What the map in `salesops.yaml` names and no user is, or two entries name in different words."""
    return [
        Problem("warning", text, "", project.where("settings", "people", "same", entry, connection))
        for (entry, connection), text in sorted(_match(project, store).in_vain.items())
    ]


def save_people(store: Store, people: Iterable[Person]) -> int:
    """How many users are another person now than was kept; the kept ones are replaced by these."""
    wanted = {(login.connection, login.id): person.id for person in people for login in person.logins}
    kept = {(row["connection"], row["user_id"]): row["person"] for row in store.rows("SELECT * FROM person")}
    gone = kept.keys() - wanted.keys()
    new = [(*key, person) for key, person in wanted.items() if kept.get(key) != person]
    if gone or new:
        with store.transaction() as db:
            db.executemany("DELETE FROM person WHERE connection = ? AND user_id = ?", sorted(gone))
            db.executemany("INSERT OR REPLACE INTO person VALUES (?, ?, ?)", sorted(new))
    return len(gone) + len(new)


def match_people(users: Iterable[Login], same: Sequence[SamePerson] = (), *, by_email: bool = True) -> Matched:
    """Who is one person. The order of users does not matter; no person has two users of one connection.

    The map holds first. Then users of one e-mail join each other, and the person of the map who has that e-mail. Of
    several with one e-mail in one connection the only active one is meant; where that does not decide, none is joined.
    """
    by_key = {(user.connection, user.id): user for user in sorted(users)}
    groups, in_vain = _by_map(list(by_key.values()), same)
    mapped = {login for group in groups for login in group.logins}
    free = [user for user in by_key.values() if user not in mapped]
    notes: dict[Login, list[str]] = defaultdict(list)
    if by_email:
        groups += _join_persons(groups, _only_ones(free, by_key.values(), notes), notes)
    joined = {login for group in groups for login in group.logins}
    groups += [_Group([user]) for user in free if user not in joined]
    people = sorted((_person(group.logins, notes) for group in groups), key=lambda person: person.logins[0])
    return Matched(tuple(people), in_vain)


def _match(project: Project, store: Store) -> Matched:
    settings = project.settings.people
    rows = store.rows("SELECT connection, id, name, email, active FROM user WHERE deleted = 0")
    users = [
        Login(row["connection"], row["id"], row["name"] or "", row["email"] or "", bool(row["active"]))
        for row in rows
        if row["connection"] in project.settings.connections
    ]
    return match_people(users, settings.same, by_email=settings.match == "email")


def _by_map(users: list[Login], same: Sequence[SamePerson]) -> tuple[list[_Group], dict[tuple[int, str], str]]:
    """The users of each entry of the map, where it finds any; and what it names in vain."""
    groups: list[_Group] = []
    in_vain: dict[tuple[int, str], str] = {}
    taken: dict[Login, int] = {}
    for entry, person in enumerate(same):
        group = []
        for connection, name in sorted(person.items()):
            found = _named(users, connection, name)
            if len(found) != 1:
                in_vain[entry, connection] = _why_not(connection, name, found)
            elif found[0] in taken:
                in_vain[entry, connection] = f"{name} is {found[0]}, whom another entry names already."
            else:
                taken[found[0]] = entry
                group.append(found[0])
        if group:
            groups.append(_Group(group, frozenset(person)))
    return groups, in_vain


def _named(users: list[Login], connection: str, name: str) -> list[Login]:
    """The users of a connection that a name of the map may mean: that id, else the active ones of that e-mail."""
    here = [user for user in users if user.connection == connection]
    if found := [user for user in here if user.id == name]:
        return found
    found = [user for user in here if user.address and user.address == same_login(name)]
    return [user for user in found if user.active] or found


def _why_not(connection: str, name: str, found: list[Login]) -> str:
    if found:
        return f"{name} is the e-mail of {len(found)} users of {connection}. Name one by its user id instead."
    return f"{connection} has no user {name}. `salesops people` lists those that were pulled."


def _only_ones(free: list[Login], everybody: Iterable[Login], notes: dict[Login, list[str]]) -> dict[str, list[Login]]:
    """By e-mail, at most one user of each connection who may be joined to others; why not, for the rest."""
    shared: dict[str, set[str]] = defaultdict(set)
    for user in everybody:
        shared[user.address].add(user.connection)
    same: dict[tuple[str, str], list[Login]] = defaultdict(list)
    for user in free:
        if user.address and len(shared[user.address]) > 1:
            same[user.address, user.connection].append(user)
    chosen: dict[str, list[Login]] = defaultdict(list)
    for (address, _), users in same.items():
        active = [user for user in users if user.active]
        one = users if len(users) == 1 else active if len(active) == 1 else []
        chosen[address] += one
        for user in users:
            if not one:
                others = ", ".join(other.id for other in users if other is not user)
                notes[user].append(
                    f"{user.connection} has other users with this e-mail ({others}), and which of them is meant is not"
                    " plain. Name one under people: same: in salesops.yaml."
                )
            elif user not in one:
                notes[user].append(f"{one[0]} has the same e-mail and is active; this user is not joined to anybody.")
    return chosen


def _join_persons(
    groups: list[_Group], chosen: Mapping[str, list[Login]], notes: dict[Login, list[str]]
) -> list[_Group]:
    """The users of each e-mail who belong to no person of the map; those who do are put into its group."""
    persons: dict[str, list[int]] = defaultdict(list)
    for number, group in enumerate(groups):
        for address in {login.address for login in group.logins} - {""}:
            persons[address].append(number)
    wishes: dict[tuple[int, str], list[Login]] = defaultdict(list)
    left: dict[str, list[Login]] = defaultdict(list)
    for address, users in chosen.items():
        for user in users:
            of = persons.get(address, [])
            if len(of) == 1 and user.connection not in groups[of[0]].named:
                wishes[of[0], user.connection].append(user)
                continue
            left[address].append(user)
            if of:
                notes[user].append(_not_joined(groups, of, user))
    for (number, _), users in wishes.items():
        if len(users) == 1:
            groups[number].logins.append(users[0])
            continue
        for user in users:  # the person of the map has several e-mails, and each is somebody's here
            left[user.address].append(user)
            first = groups[number].logins[0]
            notes[user].append(f"{first} is one person with another user of {user.connection} just as well. Name one.")
    return [_Group(users) for users in left.values() if users]


def _not_joined(groups: list[_Group], of: list[int], user: Login) -> str:
    if len(of) > 1:
        return "several entries under people: same: have users with this e-mail. Name this user in one of them."
    holder = next(login for login in groups[of[0]].logins if login.address == user.address)
    return f"salesops.yaml names another user of {user.connection} for {holder}, who has this e-mail."


def _person(group: list[Login], notes: Mapping[Login, list[str]]) -> Person:
    logins = tuple(sorted(group))
    by_use = sorted(logins, key=lambda login: (not login.active, login))
    return Person(
        id=f"{logins[0].connection}:{logins[0].id}",
        name=next(_filled(login.name for login in by_use), ""),
        email=next(_filled(login.email for login in by_use), ""),
        active=any(login.active for login in logins),
        logins=logins,
        unmatched=tuple(f"{login}: {note}" for login in logins for note in notes.get(login, ())),
    )


def _filled(texts: Iterable[str]) -> Iterator[str]:
    return (text for text in texts if text)
