"""How a CRM account stands for us: whom we are signed in as, what our login may do, what is left of its limits."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime


@dataclass(frozen=True, slots=True)
class Access:
    """What our login may do with one object of the CRM. `object` is ours, or a custom object's API name.

    `known` is False where the CRM does not say it (the others are then guesses by what it shows). `sees_all` and
    `edits_all` are False where the login reads or edits only records that are shared with it, None where the CRM does
    not tell. `to_read` and `to_write` say in words what to set up for what it may not do, empty where nothing lacks.
    """

    object: str
    crm_object: str
    reads: bool
    writes: bool
    sees_all: bool | None = None
    known: bool = True
    edits_all: bool | None = None
    to_read: str = ""
    to_write: str = ""


@dataclass(frozen=True, slots=True)
class Headroom:
    """One limit of the CRM's by the CRM's name for it: how much of it is used, None where it does not tell, and in
    words what of ours counts against it."""

    name: str
    used: int | None
    limit: int
    what: str = ""


@dataclass(frozen=True, slots=True)
class Health:
    """The answers to `salesops doctor`'s questions about a connection. `login` names whom we are signed in as, `now`
    is the CRM's clock when `here` was ours (both aware); `rights` are what the login lacks as a whole, in words that
    say what to set up: no run needs them, `salesops provision` does, or this check."""

    login: str
    org: str
    now: datetime
    here: datetime
    access: tuple[Access, ...]
    headroom: tuple[Headroom, ...]
    rights: tuple[str, ...] = ()
