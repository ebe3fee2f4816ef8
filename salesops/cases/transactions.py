"""The transactions of a case as records: what it gives, and what else lets them count."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from config.comp_plans.formula import names, parse_pay_formula
from config.messages import did_you_mean
from config.metrics.kinds import CREATOR
from config.model import OBJECTS, FieldType
from config.sources import SOURCES, NoField, default_owner, find_field
from salesops.calendar import day_start
from salesops.cases.conditions import fitting, meets
from salesops.cases.model import Fault
from salesops.cases.values import on_day, read_value
from salesops.payment.needs import DATED
from salesops.reads import currency_path, opportunity_path, owner_path

if TYPE_CHECKING:
    from collections.abc import Iterator

    from config.comp_plans import Credit
    from config.comp_plans.cases import Transaction
    from config.metrics import Condition
    from config.yaml_text import Path
    from salesops.cases.conditions import Meaning
    from salesops.cases.model import Setup
    from salesops.cases.records import Records

_AS_WON = frozenset({"is_closed", "is_won", "stage"})
"""What an open opportunity has otherwise, and is taken as met where it is asked what it would earn."""


@dataclass(frozen=True, slots=True)
class _Made:
    """A transaction that is being made."""

    given: Transaction
    source: str
    id: str
    path: Path


def source_of(setup: Setup, transaction: Transaction) -> str | None:
    """What the transaction is: what it says, else the source of the first credit that has one."""
    credited = (credit.source for plan in setup.plans.values() for credit in plan.credits.values())
    return transaction.source or next((source for source in credited if source is not None), None)


def credits_of(setup: Setup, source: str) -> Iterator[Credit]:
    """The credits of the case's comp plans that count rows of a source, those of its own comp plan first."""
    for plan in setup.plans.values():
        yield from (credit for credit in plan.credits.values() if credit.source == source)


def time_paths(credit: Credit) -> tuple[str, ...]:
    """The fields that say when a credit counts, those of its parts in their order."""
    if credit.parts:
        return tuple(part.time for part in credit.parts)
    if credit.time is None:
        return ()
    return tuple(dict.fromkeys(each.name for each in names(parse_pay_formula(credit.time)) if each.name != "day"))


def add_transactions(records: Records, setup: Setup, meaning: Meaning) -> list[Fault]:
    """What is wrong with the transactions of the case; their records are added."""
    faults: list[Fault] = []
    for number, given in enumerate(setup.case.transactions):
        path: Path = ("transactions", number)
        source = source_of(setup, given)
        if source is None or source not in OBJECTS:
            known = ", ".join(sorted({c.source for p in setup.plans.values() for c in p.credits.values() if c.source}))
            what = f"is no kind of record: {source}." if source else "does not say what it is."
            faults.append(Fault((*path, "source"), what, f"The comp plan credits {known or 'none'}."))
            continue
        made = _Made(given, source, records.id_of(given.id), path)
        records.row(source, made.id)
        faults += _give(records, setup, made, meaning)
        _fill(records, setup, made, meaning)
    return faults


def _give(records: Records, setup: Setup, made: _Made, meaning: Meaning) -> list[Fault]:
    """Put what the case says of a transaction; what cannot be put."""
    given, source, faults = made.given, made.source, list[Fault]()
    payee = _only_payee(setup)
    owner = given.owner or payee
    if owner is not None and (path := default_owner(source)) is not None and path not in given.fields:
        records.put(source, made.id, path, records.user(owner))
    for path, value in sorted(given.fields.items(), key=lambda item: (item[0].count("."), item[0])):
        try:
            records.put(source, made.id, path, _value(records, source, path, value, meaning))
        except NoField as error:
            faults.append(Fault((*made.path, "fields", path), f"{error}.", did_you_mean(error.step, error.known)))
        except ValueError as error:
            faults.append(Fault((*made.path, "fields", path), str(error)))
    if payee is not None and (path := _creator(source)) is not None and path not in given.fields:
        records.default(source, made.id, path, records.user(payee))
    if given.amount is not None:
        if "amount" in OBJECTS[source].fields:
            records.put(source, made.id, "amount", given.amount)
        else:
            detail = "Give the number that the credit takes under `fields`, or remove it."
            faults.append(Fault((*made.path, "amount"), f"{source} has no amount.", detail))
    if given.currency is not None and (path := currency_path(source, "amount") if given.amount is not None else None):
        records.put(source, made.id, path, given.currency)
    _share(records, made)
    return faults


def _creator(source: str) -> str | None:
    """The path to who created a row; None where nothing says so."""
    path = owner_path(source, CREATOR)
    try:
        return path if path is not None and find_field(source, path) else None
    except NoField:
        return None


def _value(records: Records, source: str, path: str, value: Any, meaning: Meaning) -> Any:
    """What a field of the case holds in its record; ids are the case's own, users are named by e-mail."""
    if not isinstance(value, str):
        raise ValueError("must be one value. Write text, a number, a day, true or false.")  # noqa: TRY004  a message
    found = find_field(source, path)
    object_ = SOURCES[found.source]
    if found.field in object_.worked_out:
        raise ValueError(f"is worked out by us: {object_.worked_out[found.field]}. Give what it is made of.")
    leads_to = object_.leads_to.get(found.field)
    if leads_to == "user":
        return records.user(value)
    if found.type is FieldType.ID:
        id_ = records.id_of(value)
        if leads_to is not None and leads_to in OBJECTS:
            records.row(leads_to, id_)  # who is named is there, though nothing else is said of them
        return id_
    return read_value(found.type, value, meaning.zone)


def _share(records: Records, made: _Made) -> None:
    """The splits and members of the opportunity that the transaction is, or is of, and the territory of its account."""
    given, path = made.given, opportunity_path(made.source)
    if path is not None and (given.splits or given.members):
        is_own = made.source == "opportunity"
        opportunity = made.id if is_own else records.reference(made.source, made.id, path)
        for split in given.splits:
            user = records.user(split.user)
            records.add(
                "opportunity_split", opportunity_id=opportunity, user_id=user, type=split.type, percent=split.percent
            )
        for email, role in given.members.items():
            records.add("opportunity_member", opportunity_id=opportunity, user_id=records.user(email), role=role)
    if given.territory is not None:
        account = records.reference(*_with_account(records, made), "account_id")
        territory = records.id_of(given.territory)
        records.row("territory", territory)["name"] = given.territory
        records.add("territory_account", territory_id=territory, account_id=account)


def _with_account(records: Records, made: _Made) -> tuple[str, str]:
    """The record of the transaction, or of its opportunity, that leads to an account."""
    if "account_id" in SOURCES[made.source].leads_to:
        return made.source, made.id
    return "opportunity", records.reference(made.source, made.id, "opportunity_id")


def _fill(records: Records, setup: Setup, made: _Made, meaning: Meaning) -> None:
    """Give the transaction what it does not say: its day, that it is won, and what conditions of credits ask for."""
    day, first = made.given.on, next(credits_of(setup, made.source), None)
    if day is not None:
        # What else counts has days of its own, which may not have come.
        times = time_paths(first) if first is not None else _billed_on(made.source)
        for path in times[:1] if first is not None and first.parts else times:
            type_ = find_field(made.source, path).type
            records.default(made.source, made.id, path, on_day(type_, day, meaning.zone))
    if made.source == "opportunity":
        _as_opportunity(records, setup, made, meaning)
    for credit in credits_of(setup, made.source):
        _let_count(records, made, credit, meaning)


def _billed_on(source: str) -> tuple[str, ...]:
    """The day of an invoice or payment that no credit counts."""
    return (DATED[source],) if source in DATED else ()


def _as_opportunity(records: Records, setup: Setup, made: _Made, meaning: Meaning) -> None:
    day = made.given.on or setup.day
    records.default("opportunity", made.id, "close_date", day)
    records.default("opportunity", made.id, "created_at", day_start(min(day, setup.day), meaning.zone))
    for field in ("is_closed", "is_won"):
        records.default("opportunity", made.id, field, not made.given.open)


def _let_count(records: Records, made: _Made, credit: Credit, meaning: Meaning) -> None:
    """Fill the fields that the conditions of a credit ask for, unless one that is filled already fails them."""
    wanted = _wanted(records, made, credit.where, meaning)
    if wanted is None:
        return
    if credit.where_any:
        options = [_wanted(records, made, (each,), meaning) for each in credit.where_any]
        found = [each for each in options if each is not None]
        if not found:
            return
        found.sort(key=len)
        wanted |= found[0]
    for path, value in wanted.items():
        records.put(made.source, made.id, path, value)


def _wanted(records: Records, made: _Made, where: tuple[Condition, ...], meaning: Meaning) -> dict[str, Any] | None:
    """What must be filled for the conditions to hold; None where they cannot."""
    wanted: dict[str, Any] = {}
    for condition in where:
        path = condition.field
        found = find_field(made.source, path)
        if found.field in SOURCES[found.source].worked_out:
            continue
        is_open = made.given.open and found.source == "opportunity" and found.field in _AS_WON
        value = records.get(made.source, made.id, path)
        value = wanted.get(path) if value is None else value
        if is_open or meets(value, found.type, condition, meaning):
            continue
        value = fitting(found.type, condition, meaning, made.given.on or meaning.today) if value is None else None
        if value is None:
            return None
        wanted[path] = _reference(records, found.source, found.field, value)
    return wanted


def _reference(records: Records, object_: str, field: str, value: Any) -> Any:
    leads_to = SOURCES[object_].leads_to.get(field)
    return records.user(value) if leads_to == "user" else records.id_of(value) if leads_to else value


def _only_payee(setup: Setup) -> str | None:
    """The case's payee where there is one."""
    emails = payees_of(setup)
    return emails[0] if len(emails) == 1 else None


ANYBODY = "payee@example.com"
"""The payee of a case that names none."""


def payees_of(setup: Setup) -> tuple[str, ...]:
    """The e-mails of the case's payees, in lower case and in order."""
    case = setup.case
    found = tuple(email.lower() for email in case.payees) or (() if case.payee is None else (case.payee.lower(),))
    return found or (next((e.lower() for e in (setup.main.eligible.users if setup.main.eligible else ())), ANYBODY),)
