"""A person in two CRMs is one person: by e-mail, or as `salesops.yaml` says."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from config.loader import load_project
from sync.cli.main import cli
from sync.people import Login, Matched, build_people, find_problems, match_people, save_people
from sync.progress import Silent
from sync.run import pull_connection
from sync.store.runs import recorded
from sync.store.store import Store

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from synced import Org

    from config.loader import Project
    from config.people import SamePerson

SETTINGS = """\
name: Test
time_zone: UTC
currency: EUR
connections:
  europe:
    crm: hubspot
    sign_in: {kind: access_token, token: env:TOKEN}
  us:
    crm: hubspot
    sign_in: {kind: access_token, token: env:TOKEN}
"""


def ids(matched: Matched) -> list[list[str]]:
    return [[f"{login.connection}:{login.id}" for login in person.logins] for person in matched.people]


def user(connection: str, id_: str, email: str = "", name: str = "", *, active: bool = True) -> Login:
    return Login(connection, id_, name, email, active)


# By e-mail


def test_users_of_one_e_mail_are_one_person_whatever_its_case() -> None:
    assert ids(match_people([user("us", "1", "Ann@Example.com"), user("europe", "9", "ann@example.com")])) == [
        ["europe:9", "us:1"]
    ]


def test_a_plus_address_is_another_e_mail() -> None:
    assert len(match_people([user("us", "1", "ann@a.com"), user("europe", "9", "ann+crm@a.com")]).people) == 2


def test_users_without_an_e_mail_are_each_somebody_else() -> None:
    assert len(match_people([user("us", "1"), user("europe", "9"), user("europe", "8", "no address")]).people) == 3


def test_nobody_is_joined_by_e_mail_where_the_project_says_none() -> None:
    users = [user("us", "1", "a@a.com"), user("europe", "9", "a@a.com")]
    assert len(match_people(users, by_email=False).people) == 2


def test_two_users_of_one_connection_are_never_one_person() -> None:
    assert len(match_people([user("us", "1", "a@a.com"), user("us", "2", "a@a.com")]).people) == 2


def test_of_two_with_one_e_mail_in_a_connection_the_active_one_is_meant() -> None:
    users = [user("us", "1", "a@a.com", active=False), user("us", "2", "a@a.com"), user("europe", "9", "a@a.com")]
    matched = match_people(users)
    assert ids(matched) == [["europe:9", "us:2"], ["us:1"]]
    (why,) = matched.people[1].unmatched
    assert why == (
        "user 1 (a@a.com) of us: user 2 (a@a.com) of us has the same e-mail and is active; this user is not joined to"
        " anybody."
    )


@pytest.mark.parametrize("active", [True, False])
def test_of_two_that_are_alike_none_is_joined_and_both_are_told(active: bool) -> None:
    twins = [user("us", number, "a@a.com", active=active) for number in ("1", "2")]
    matched = match_people([*twins, user("europe", "9", "a@a.com")])
    assert ids(matched) == [["europe:9"], ["us:1"], ["us:2"]]
    assert [len(person.unmatched) for person in matched.people] == [0, 1, 1]
    assert "Name one under people: same:" in matched.people[1].unmatched[0]


def test_two_of_one_e_mail_are_not_told_where_no_other_connection_has_it() -> None:
    matched = match_people([user("us", "1", "a@a.com"), user("us", "2", "a@a.com"), user("europe", "9", "b@b.com")])
    assert all(not person.unmatched for person in matched.people)


# By the map


def test_the_map_joins_users_of_different_e_mails() -> None:
    users = [user("us", "1", "ann@a.com"), user("europe", "9", "anna@b.com")]
    assert ids(match_people(users, [{"us": "ANN@a.com", "europe": "9"}])) == [["europe:9", "us:1"]]


def test_the_map_wins_over_the_e_mail() -> None:
    users = [user("us", "1", "ann@a.com"), user("europe", "8", "ann@a.com"), user("europe", "9", "anna@b.com")]
    matched = match_people(users, [{"us": "1", "europe": "9"}])
    assert ids(matched) == [["europe:8"], ["europe:9", "us:1"]]
    (why,) = matched.people[0].unmatched
    assert why == (
        "user 8 (ann@a.com) of europe: salesops.yaml names another user of europe for user 1 (ann@a.com) of us, who has"
        " this e-mail."
    )


def test_a_further_connection_joins_the_person_of_the_map_by_e_mail() -> None:
    users = [user("us", "1", "ann@a.com"), user("europe", "9", "anna@b.com"), user("asia", "5", "Anna@b.com")]
    assert ids(match_people(users, [{"us": "1", "europe": "9"}])) == [["asia:5", "europe:9", "us:1"]]


def test_where_both_e_mails_of_a_person_are_somebodys_elsewhere_neither_is_joined() -> None:
    users = [user("us", "1", "ann@a.com"), user("europe", "9", "anna@b.com")]
    strangers = [user("asia", "5", "anna@b.com"), user("asia", "6", "ann@a.com")]
    matched = match_people([*users, *strangers], [{"us": "1", "europe": "9"}])
    assert ids(matched) == [["asia:5"], ["asia:6"], ["europe:9", "us:1"]]
    assert [len(person.unmatched) for person in matched.people] == [1, 1, 0]


def test_a_name_of_the_map_that_nobody_has_is_told_and_not_replaced_by_an_e_mail() -> None:
    users = [user("us", "1", "ann@a.com"), user("europe", "9", "ann@a.com")]
    matched = match_people(users, [{"us": "1", "europe": "gone"}])
    assert ids(matched) == [["europe:9"], ["us:1"]]
    assert list(matched.in_vain) == [(0, "europe")]


def test_one_user_by_e_mail_and_by_id_is_one_user_named_twice() -> None:
    users = [user("us", "1", "ann@a.com"), user("europe", "8", "x@a.com"), user("europe", "9", "y@a.com")]
    matched = match_people(users, [{"us": "1", "europe": "8"}, {"us": "ann@a.com", "europe": "9"}])
    assert ids(matched) == [["europe:8", "us:1"], ["europe:9"]]
    assert matched.in_vain == {(1, "us"): "ann@a.com is user 1 (ann@a.com) of us, whom another entry names already."}


def test_an_e_mail_of_the_map_that_two_active_users_have_is_told() -> None:
    users = [user("us", "1", "a@a.com"), user("us", "2", "a@a.com"), user("europe", "9", "b@a.com")]
    matched = match_people(users, [{"us": "a@a.com", "europe": "9"}])
    assert "is the e-mail of 2 users of us" in matched.in_vain[0, "us"]


# The person


def test_a_person_is_called_as_their_first_active_user_and_active_where_any_is() -> None:
    users = [user("europe", "9", "a@a.com", "Old Name", active=False), user("us", "1", "A@a.com", "New Name")]
    (person,) = match_people(users).people
    assert (person.id, person.name, person.email, person.active) == ("europe:9", "New Name", "A@a.com", True)


@st.composite
def _teams(draw: st.DrawFn) -> tuple[list[Login], list[dict[str, str]]]:
    emails = st.sampled_from(["", "a@a.com", "A@A.com", "b@a.com", "c@a.com"])
    keys = st.tuples(st.sampled_from(["asia", "europe", "us"]), st.sampled_from("12345"))
    users = [
        Login(connection, id_, "", draw(emails), draw(st.booleans()))
        for connection, id_ in draw(st.lists(keys, unique=True, max_size=10))
    ]
    names = st.dictionaries(st.sampled_from(["asia", "europe", "us"]), st.sampled_from("12345"), min_size=2)
    return users, draw(st.lists(names, max_size=3))


@given(_teams(), st.randoms(use_true_random=False))
def test_the_order_of_users_and_connections_does_not_matter(
    team: tuple[list[Login], list[dict[str, str]]], random: object
) -> None:
    users, same = team
    shuffled = list(users)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    turned: Sequence[SamePerson] = [dict(reversed(entry.items())) for entry in same]
    assert match_people(shuffled, turned) == match_people(users, same)


@given(_teams())
def test_everybody_is_one_person_and_has_at_most_one_user_of_a_connection(
    team: tuple[list[Login], list[dict[str, str]]],
) -> None:
    users, same = team
    matched = match_people(users, same)
    assert sorted(login for person in matched.people for login in person.logins) == sorted(users)
    for person in matched.people:
        connections = [login.connection for login in person.logins]
        assert len(set(connections)) == len(connections)


# Project, store and command


def project_with(root: Path, people: str = "") -> Project:
    (root / "salesops.yaml").write_text(SETTINGS + people, encoding="utf-8")
    return load_project(root)


def pulled(store: Store, *users: Login, deleted: int = 0) -> None:
    with store.transaction() as db:
        db.executemany(
            "INSERT INTO user (connection, id, name, email, active, custom, modified_at, deleted)"
            " VALUES (?, ?, ?, ?, ?, '{}', '2026-05-01T00:00:00.000Z', ?)",
            [(u.connection, u.id, u.name or None, u.email or None, int(u.active), deleted) for u in users],
        )


def test_people_are_made_of_the_live_users_of_the_projects_connections(tmp_path: Path, store: Store) -> None:
    pulled(store, user("us", "1", "a@a.com", "Ann"), user("europe", "9", "a@a.com"), user("gone", "7", "a@a.com"))
    pulled(store, user("us", "2", "b@a.com"), deleted=1)
    (person,) = build_people(project_with(tmp_path), store)
    assert [login.connection for login in person.logins] == ["europe", "us"]


def test_a_name_of_the_map_that_nobody_has_is_told_with_its_line(tmp_path: Path, store: Store) -> None:
    pulled(store, user("us", "1", "a@a.com"))
    project = project_with(tmp_path, "people:\n  same:\n    - us: a@a.com\n      europe: b@a.com\n")
    (problem,) = find_problems(project, store)
    assert str(problem) == (
        "salesops.yaml:14: people.same.0.europe: europe has no user b@a.com."
        " `salesops people` lists those that were pulled."
    )


def test_saving_the_same_people_again_changes_nothing(tmp_path: Path, store: Store) -> None:
    pulled(store, user("us", "1", "a@a.com"), user("europe", "9", "a@a.com"), user("us", "2"))
    people = build_people(project_with(tmp_path), store)
    assert save_people(store, people) == 3
    before = store.connection.total_changes
    assert save_people(store, people) == 0
    assert store.connection.total_changes == before
    rows = store.rows("SELECT * FROM person ORDER BY connection, user_id")
    assert [tuple(row) for row in rows] == [
        ("europe", "9", "europe:9"), ("us", "1", "europe:9"), ("us", "2", "us:2")
    ]  # fmt: skip


def test_who_is_no_user_any_more_is_no_person_any_more(tmp_path: Path, store: Store) -> None:
    pulled(store, user("us", "1", "a@a.com"), user("europe", "9", "a@a.com"))
    project = project_with(tmp_path)
    save_people(store, build_people(project, store))
    store.connection.execute("UPDATE user SET deleted = 1 WHERE id = '9'")
    assert save_people(store, build_people(project, store)) == 2
    assert [tuple(row) for row in store.rows("SELECT * FROM person")] == [("us", "1", "us:1")]


def test_the_command_shows_who_is_who(tmp_path: Path) -> None:
    project = project_with(tmp_path)
    with Store(tmp_path / project.settings.store) as store:
        pulled(store, user("us", "1", "a@a.com", "Ann Lee"), user("europe", "9", "a@a.com", active=False))
        pulled(store, user("us", "2", "b@a.com"), user("us", "3", "b@a.com"), user("europe", "8", "b@a.com"))
    result = CliRunner().invoke(cli, ["--project", str(tmp_path), "people"])
    assert result.exit_code == 0, result.output
    assert "(9)" in result.stdout
    assert "In brackets: not active." in result.stdout
    assert "not joined: user 2 (b@a.com) of us: us has other users with this e-mail (3)" in result.stdout
    assert "4 people, 1 of them in several connections." in result.stdout


def test_the_command_tells_programs(tmp_path: Path) -> None:
    project = project_with(tmp_path, "people:\n  same:\n    - {us: '1', europe: x@y.com}\n")
    with Store(tmp_path / project.settings.store) as store:
        pulled(store, user("us", "1", "a@a.com", "Ann Lee"))
    told = json.loads(CliRunner().invoke(cli, ["--project", str(tmp_path), "people", "--json"]).stdout)
    assert told["people"] == [
        {
            "id": "us:1",
            "name": "Ann Lee",
            "email": "a@a.com",
            "active": True,
            "users": [{"connection": "us", "id": "1", "name": "Ann Lee", "email": "a@a.com", "active": True}],
            "unmatched": [],
        }
    ]
    assert told["problems"][0].startswith("salesops.yaml:13: people.same.0.europe: europe has no user x@y.com.")


def test_the_command_says_where_to_start(tmp_path: Path) -> None:
    project_with(tmp_path)
    result = CliRunner().invoke(cli, ["--project", str(tmp_path), "people"])
    assert (result.exit_code, result.stdout) == (0, "No users yet. Start with `salesops pull`.\n")


def test_a_pull_keeps_who_is_who(org: Org, tmp_path: Path) -> None:
    with Store(tmp_path / "people.db") as store, recorded(store, "pull", "crm") as record:
        pull_connection(org.project, store, "crm", org.connector, record, Silent())
        users = [row["id"] for row in store.rows("SELECT id FROM user ORDER BY id")]
        kept = [row["user_id"] for row in store.rows("SELECT user_id FROM person ORDER BY user_id")]
    assert users
    assert kept == users
