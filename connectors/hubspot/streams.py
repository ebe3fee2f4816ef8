"""Which streams a HubSpot account has, and how often each is read."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from connectors.base import Stream, Sweep
from connectors.errors import AuthFailed, Rejected

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from config.connections import Pull
    from connectors.hubspot.account import Account
    from connectors.hubspot.objects import CrmType, ObjectSpec

# Records that are read type by type; those that there are most of come first.
SWEPT = ("activity", "opportunity", "contact", "lead", "line_item", "account", "quote", "quota", "product")


def build_streams(account: Account, specs: Mapping[str, ObjectSpec], pull: Pull) -> tuple[Stream, ...]:
    """The streams of what our login sees: changes first, then what is read now and then."""
    every = {
        Sweep.DELETED: timedelta(hours=pull.deleted_hours),
        Sweep.ASSOCIATIONS: timedelta(hours=pull.associations_hours),
        Sweep.CALCULATED: timedelta(hours=pull.calculated_hours),
        Sweep.IDS: timedelta(hours=pull.ids_hours),
    }
    types = [
        (name, specs[name], each)
        for name in SWEPT
        for each in specs[name].types
        if _given(account, specs[name], each, pull)
    ]
    changes = [Stream(stream_name(name, each), name, Sweep.CHANGES, prefix=each.prefix) for name, _, each in types]
    now_and_then = [
        Stream(f"{stream_name(name, each)}:{sweep.value}", name, sweep, every[sweep], each.prefix)
        for sweep in every
        for name, spec, each in types
        if sweep in _sweeps(account, spec, each)
    ]
    return (*changes, *_whole(account, specs), *now_and_then)


def stream_name(name: str, crm_type: CrmType) -> str:
    """Our object, with the kind where it is filled by several types.

    >>> from connectors.hubspot.objects import CALL, DEAL
    >>> stream_name("activity", CALL), stream_name("opportunity", DEAL)
    ('activity.call', 'opportunity')
    """
    return f"{name}.{crm_type.prefix.removesuffix('-')}" if crm_type.prefix else name


def _given(account: Account, spec: ObjectSpec, crm_type: CrmType, pull: Pull) -> bool:
    """Whether a type is read: where our login does not see it, only if the project cannot do without: an error then.

    Of several types that make one object, those that are not there are left out: an account may have no chats.
    """
    refusal = account.refusal(crm_type.name)
    return refusal is None or (spec.wanted and isinstance(refusal, AuthFailed) and pull.hidden_fields == "stop")


def _whole(account: Account, specs: Mapping[str, ObjectSpec]) -> Iterator[Stream]:
    """What is read whole each time, in a call or two."""
    yield Stream("user", "user", Sweep.CHANGES)
    yield Stream("stage", "stage", Sweep.CHANGES)
    if specs["exchange_rate"].wanted or _sees_rates(account):
        yield Stream("exchange_rate", "exchange_rate", Sweep.CHANGES)


def _sees_rates(account: Account) -> bool:
    try:
        account.exchange_rates()
    except (AuthFailed, Rejected):
        return False
    return True


def _sweeps(account: Account, spec: ObjectSpec, crm_type: CrmType) -> Iterator[Sweep]:
    yield Sweep.DELETED
    yield Sweep.IDS
    if any(not account.refusal(to_type) for to_type in crm_type.linked()):
        yield Sweep.ASSOCIATIONS
    if calculated_properties(account, spec, crm_type):
        yield Sweep.CALCULATED


def calculated_properties(account: Account, spec: ObjectSpec, crm_type: CrmType) -> frozenset[str]:
    """The properties that the project names and that HubSpot calculates."""
    if account.refusal(crm_type.name):
        return frozenset()
    seen = account.properties(crm_type.name)
    mapped = (source.properties[0] for source in crm_type.fields.values() if source.mapped)
    return frozenset(name for name in (*spec.along, *mapped) if name in seen and seen[name].calculated)
