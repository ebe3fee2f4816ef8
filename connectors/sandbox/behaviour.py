"""How a sandbox behaves beside answering: what is late, limited or locked, each settable and drawn from a seed."""

from __future__ import annotations

import hashlib
from dataclasses import asdict, dataclass, field, fields, replace
from typing import Any


class BadBehaviour(ValueError):
    """A behaviour that does not exist, or a value that it cannot have; the message lists every problem, a line each."""


def _said(default: Any, text: str, *, least: float = 0, most: float = 2**31) -> Any:
    """A setting: its default, what it does, and the bounds of its value."""
    return field(default=default, metadata={"text": text, "least": least, "most": most})


@dataclass(frozen=True, slots=True, kw_only=True)
class Behaviour:
    """One sandbox's behaviour, as a client meets it. Times are seconds of the sandbox's clock, shares are of 1."""

    seed: int = _said(1, "what every chance below is drawn from")
    rate_limit: bool = _said(True, "the limits per second, per ten seconds and of concurrent requests")
    daily_limit: int = _said(250_000, "API requests a day: the account's day in HubSpot, rolling in Salesforce")
    burst_limit: int = _said(190, "HubSpot: requests of a private app in ten seconds; an OAuth app has 110")
    search_limit: int = _said(5, "HubSpot: searches of the account in a second")
    retry_after_share: float = _said(0.5, "HubSpot: share of refusals over a limit that say Retry-After", most=1)
    longest_address: int = _said(
        16_000, "HubSpot: bytes of path and query; a longer one, as of many properties, is a 414"
    )
    concurrent_limit: int = _said(25, "Salesforce: requests under way at once that have lasted 20 seconds")
    session_seconds: int = _said(7200, "Salesforce: how long a session lives after its sign-in", least=1)
    session_requests: int = _said(0, "Salesforce: a session is over after so many requests; 0: never for that")
    soap_login: bool = _said(True, "Salesforce: SOAP's login() is switched on, as it is not in new orgs")
    refuse_sign_in: bool = _said(False, "Salesforce: every sign-in is refused, as of a credential that was withdrawn")
    refuse_sessions: bool = _said(False, "Salesforce: every session is refused, however new it is")
    search_lag_seconds: float = _said(2.0, "HubSpot: a write is found by search after up to so long", most=86_400)
    shuffle_batches: bool = _said(True, "HubSpot: a batch's results come in an order of their own, not its inputs'")
    late_share: float = _said(0.02, "Salesforce: share of writes whose stamp lies before they can be seen", most=1)
    late_seconds: float = _said(60.0, "Salesforce: how far before, at most", most=86_400)
    bulk_seconds: float = _said(1.0, "Salesforce: how long a bulk job's batch waits and is worked on", most=86_400)
    bulk_batches_limit: int = _said(15_000, "Salesforce: batches of bulk jobs in 24 hours, of 10,000 rows each")
    bulk_query_jobs_limit: int = _said(10_000, "Salesforce: Bulk API 2.0 query jobs in 24 hours")
    hard_delete: bool = _said(False, "Salesforce: users have the permission Bulk API Hard Delete")
    duplicate_rules: bool = _said(True, "Salesforce: the org's active duplicate rules look at every write")
    collate_subrequests: bool = _said(True, "Salesforce: unrelated subrequests of a composite request lose their order")
    lock_share: float = _said(0.0, "Salesforce: share of writes that find their parent row locked", most=1)


# For what is not about any of these.
CALM = Behaviour(
    rate_limit=False,
    search_lag_seconds=0,
    shuffle_batches=False,
    late_share=0,
    bulk_seconds=0,
    duplicate_rules=False,
    collate_subrequests=False,
)


def changed(behaviour: Behaviour, changes: dict[str, Any]) -> Behaviour:
    """`behaviour` with these values, read from text or JSON; BadBehaviour names every one that does not fit."""
    known = {each.name: each for each in fields(Behaviour)}
    values: dict[str, Any] = {}
    problems: list[str] = []
    for name, given in changes.items():
        if name not in known:
            problems.append(f"{name}: there is no such behaviour; there are {', '.join(known)}")
            continue
        try:
            values[name] = _read(known[name], given)
        except ValueError as error:
            problems.append(f"{name}: {error}")
    if problems:
        raise BadBehaviour("\n".join(problems))
    return replace(behaviour, **values)


def _read(setting: Any, given: Any) -> Any:
    kind, text = setting.type, str(given).strip().lower()
    if kind == "bool":
        if text not in {"true", "false", "on", "off"}:
            raise ValueError(f"must be true or false, got {given!r}")
        return text in {"true", "on"}
    try:
        value = int(text) if kind == "int" else float(text)
    except ValueError:
        raise ValueError(f"must be a {'whole ' if kind == 'int' else ''}number, got {given!r}") from None
    least, most = setting.metadata["least"], setting.metadata["most"]
    if not least <= value <= most:  # also what is not a number at all
        raise ValueError(f"must lie between {least:g} and {most:g}, got {given!r}")
    return value


def describe_settings() -> dict[str, str]:
    """What each setting does, by name, in their order."""
    return {each.name: each.metadata["text"] for each in fields(Behaviour)}


def as_dict(behaviour: Behaviour) -> dict[str, Any]:
    """The settings by name, in their order."""
    return asdict(behaviour)


def chance(seed: int, *key: object) -> float:
    """A number in [0, 1) that depends on the seed and the key alone: the same on every run, thread and machine."""
    digest = hashlib.blake2b(repr((seed, *key)).encode(), digest_size=8).digest()
    return (int.from_bytes(digest, "big") >> 11) / 2**53
