"""One sign-in for all threads of a session: renewed once when it ends, and never tried again once it is refused."""

from __future__ import annotations

from threading import Lock
from typing import TYPE_CHECKING, Generic, TypeVar

from connectors.errors import AuthFailed

if TYPE_CHECKING:
    from collections.abc import Callable

SignedIn = TypeVar("SignedIn")

MOST_REFUSALS = 2
"""Sign-ins whose sessions may be refused in a row: the second one settles that signing in does not help."""


class Login(Generic[SignedIn]):
    """Who we are signed in as. `sign_in` raises AuthFailed where the CRM refuses, which is remembered; `renewable` says
    whether it gives something new each time; `over` tells that one is about to end."""

    def __init__(
        self,
        sign_in: Callable[[], SignedIn],
        *,
        renewable: bool = True,
        over: Callable[[SignedIn], bool] = lambda _: False,
    ) -> None:
        self._sign_in = sign_in
        self._renewable = renewable
        self._over = over
        self._lock = Lock()
        self._current: SignedIn | None = None
        self._refusals = 0
        self._refused: AuthFailed | None = None

    def current(self) -> SignedIn:
        """What the next request is made with, signed in now where it must be. One thread signs in, the others wait."""
        with self._lock:
            if self._refused is not None:
                raise AuthFailed(str(self._refused), code=self._refused.code)
            if self._current is None or self._over(self._current):
                try:
                    self._current = self._sign_in()
                except AuthFailed as error:
                    self._refused = error
                    raise
            return self._current

    def refuse(self, used: SignedIn, error: AuthFailed) -> None:
        """A request was refused for what it was made with: return where a new sign-in may help, else raise `error`."""
        with self._lock:
            if used is not self._current:
                return  # another thread was refused before, and has signed in or found that it cannot
            self._current = None
            self._refusals += 1
            if self._refusals >= MOST_REFUSALS or not self._renewable:
                self._refused = error
                raise error

    def accept(self, used: SignedIn) -> None:
        """A request was answered: what it was made with is good."""
        if self._refusals and used is self._current:
            with self._lock:
                self._refusals = 0
