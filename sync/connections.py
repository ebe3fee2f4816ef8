"""Opening connections: the adapter by its CRM, secrets from where the project says they are."""

from __future__ import annotations

import os
from dataclasses import replace
from typing import TYPE_CHECKING

from config.model import IMPORTED
from config.problems import ConfigError, Problem
from connectors.writing import TASK
from salesops.facts import KEPT
from salesops.reads import looks
from salesops.rules import needed_columns
from sync.rules import build_rules
from sync.used_metrics import used_metrics

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping
    from pathlib import Path

    from config.loader import Project
    from config.problems import Where
    from connectors.base import Connector

FEATURES = frozenset(
    {
        "exchange_rate",
        "field_history",
        "opportunity_split",
        "quote",
        "territory",
        "territory_account",
    }
)
"""Objects that an edition or a feature of a CRM brings, which many an account has not."""


def connect(project: Project, name: str, *, daily_share: int | None = None) -> Connector:
    """The connector of a connection, not yet signed in. Only the adapter in use is imported.

    It may use up so many percent of the day's requests, the connection's own `pull.daily_share` where None.
    """
    settings = project.settings.connections[name]
    if daily_share is not None:
        pull = settings.pull.model_copy(update={"daily_share": daily_share})
        settings = settings.model_copy(update={"pull": pull})
    secrets = secret_reader(project.root, project.where("settings", "connections", name, "sign_in"))
    mapping = project.mapping.of(name)
    if settings.ca_file is not None:
        settings = settings.model_copy(update={"ca_file": str(project.root / settings.ca_file)})
    written, needed, zone = written_fields(project, name), needed_fields(project), project.settings.time_zone
    if settings.crm == "salesforce":
        from connectors.salesforce.client import connect as salesforce

        return salesforce(
            settings,
            secrets=secrets,
            mapping=mapping,
            written=written,
            time_zone=zone,
            needed=needed,
            currency=project.settings.currency,
        )
    from connectors.hubspot.client import connect as hubspot

    return hubspot(settings, secrets=secrets, mapping=mapping, written=written, time_zone=zone, needed=needed)


def default_fills(project: Project, name: str) -> Mapping[str, Mapping[str, tuple[str, ...]]]:
    """The CRM fields that fill each field of ours, by object: the adapter's defaults and what `mapping.yaml` replaces.

    Asks no CRM. Rejected where the adapter has nothing to map.
    """
    mapping = project.mapping.of(name)
    if project.settings.connections[name].crm == "salesforce":
        from connectors.salesforce.wishes import build_wishes, find_paths

        return {of_object: find_paths(wish) for of_object, wish in build_wishes(mapping, {}).items()}
    from connectors.hubspot.objects import build_specs

    return {of_object: spec.fills for of_object, spec in build_specs(mapping, {}, None).items()}


def record_id(project: Project, name: str, text: str) -> str:
    """A record's id as a connection's rows hold it, of an id as people write it."""
    if project.settings.connections[name].crm == "salesforce":
        from connectors.salesforce.ids import full_id

        return full_id(text)
    return text


def needed_fields(project: Project) -> Mapping[str, Collection[str]]:
    """Our fields that the project's rules read, by object: only these may not be hidden from our login.

    A built-in metric that nothing in the project names is none of its rules: an account without leads can do without
    the metrics of leads. Nor need an account have what metrics read beside the objects that they are of, or what is
    imported.
    """
    rules = build_rules(project)
    used = {name: rules.metrics[name] for name in used_metrics(project)}
    keeps_calendar = project.settings.fiscal_year.from_ is not None
    calendar = {"fiscal_period": {"id", "kind", "name", "starts_on", "ends_on"}} if keeps_calendar else {}
    looked_at = {look.source for look, _ in looks(used)}
    needed = needed_columns(replace(rules, metrics=used))
    spared = (FEATURES - looked_at) | KEPT.keys() | IMPORTED
    return calendar | {name: fields for name, fields in needed.items() if name not in spared}


def written_fields(project: Project, name: str) -> Mapping[str, tuple[str, ...]]:
    """The CRM fields that the project writes back, by our object, by a custom object's API name, or under "task".

    Those of our objects are read along with their records; of the others it is only asked whether they are there.
    """
    writeback = project.writeback
    fields: dict[str, list[str]] = {}
    for write in writeback.writeback.get(name, ()):
        fields.setdefault(write.object, []).append(write.field)
    for kept in writeback.records.get(name, ()):
        fields.setdefault(kept.object, []).extend((kept.key, *(field.field for field in kept.fields)))
    for rule in writeback.tasks.get(name, ()):
        fields.setdefault(TASK, []).append(rule.key)
    return {of_object: tuple(dict.fromkeys(names)) for of_object, names in fields.items()}


def secret_reader(root: Path, where: Where) -> Callable[[str], str]:
    """A function from `env:NAME` or `file:PATH` to the secret; ConfigError says what is missing, never a value."""

    def read(reference: str) -> str:
        kind, _, rest = reference.partition(":")
        if kind == "env":
            value = os.environ.get(rest)
            if not value:
                raise _missing(where, f"the environment variable {rest} is not set.", f"Set {rest} and run again.")
            return value
        try:
            secret = (root / rest).read_text(encoding="utf-8").strip()
        except (OSError, UnicodeDecodeError) as error:
            raise _missing(
                where, f"the secret file {rest} cannot be read: {error}.", "Check path and rights."
            ) from error
        if not secret:
            raise _missing(where, f"the secret file {rest} is empty.", "Put the secret into it.")
        return secret

    return read


def _missing(where: Where, summary: str, detail: str) -> ConfigError:
    return ConfigError([Problem("error", summary, detail, where)])
