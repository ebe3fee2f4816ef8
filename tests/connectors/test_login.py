"""One sign-in for all threads, however they come to need it."""

from __future__ import annotations

from dataclasses import dataclass, field
from threading import Barrier, Lock, Thread

import pytest

from connectors.errors import AuthFailed, Retryable
from connectors.login import Login

REFUSED = AuthFailed("refused", code="INVALID")


@dataclass
class Door:
    """Gives numbers out for sessions, and can be told to refuse."""

    given: int = 0
    error: Exception | None = None
    lock: Lock = field(default_factory=Lock)

    def sign_in(self) -> str:
        with self.lock:
            self.given += 1
        if self.error is not None:
            raise self.error
        return f"session {self.given}"


def test_signing_in_happens_once() -> None:
    door = Door()
    login = Login(door.sign_in)
    assert {login.current() for _ in range(3)} == {"session 1"}


def test_a_refused_session_is_renewed() -> None:
    login = Login(Door().sign_in)
    login.refuse(login.current(), REFUSED)
    assert login.current() == "session 2"


def test_a_second_session_that_is_refused_ends_it_for_good() -> None:
    door = Door()
    login = Login(door.sign_in)
    login.refuse(login.current(), REFUSED)
    with pytest.raises(AuthFailed):
        login.refuse(login.current(), REFUSED)
    with pytest.raises(AuthFailed, match="refused") as caught:
        login.current()
    assert caught.value.code == "INVALID"
    assert door.given == 2


def test_a_session_that_was_good_may_end_as_often_as_it_likes() -> None:
    door = Door()
    login = Login(door.sign_in)
    for _ in range(5):
        login.accept(login.current())
        login.refuse(login.current(), REFUSED)
    assert login.current() == "session 6"


def test_a_late_answer_of_an_older_session_says_nothing_of_the_present_one() -> None:
    login = Login(Door().sign_in)
    old = login.current()
    login.refuse(old, REFUSED)
    new = login.current()
    login.refuse(old, REFUSED)
    login.accept(old)
    assert login.current() == new
    with pytest.raises(AuthFailed):
        login.refuse(new, REFUSED)


def test_what_cannot_be_renewed_is_refused_once() -> None:
    door = Door()
    login = Login(door.sign_in, renewable=False)
    with pytest.raises(AuthFailed):
        login.refuse(login.current(), REFUSED)
    with pytest.raises(AuthFailed):
        login.current()
    assert door.given == 1


def test_a_refused_sign_in_is_remembered() -> None:
    door = Door(error=REFUSED)
    login = Login(door.sign_in)
    for _ in range(3):
        with pytest.raises(AuthFailed, match="refused"):
            login.current()
    assert door.given == 1


def test_a_sign_in_that_found_nobody_is_tried_again() -> None:
    door = Door(error=Retryable("busy"))
    login = Login(door.sign_in)
    with pytest.raises(Retryable):
        login.current()
    door.error = None
    assert login.current() == "session 2"


def test_a_session_that_is_about_to_end_is_renewed_before_it_is_used() -> None:
    over: set[str] = set()
    login = Login(Door().sign_in, over=over.__contains__)
    over.add(login.current())
    assert login.current() == "session 2"


def test_ten_threads_that_are_refused_at_once_renew_once() -> None:
    door, ready = Door(), Barrier(10)
    login = Login(door.sign_in)
    first = login.current()

    def renew() -> None:
        ready.wait(5)
        login.refuse(first, REFUSED)
        login.current()

    threads = [Thread(target=renew) for _ in range(10)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert door.given == 2
