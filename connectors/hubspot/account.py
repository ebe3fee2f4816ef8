"""What an account says about itself: its zone, the properties it shows us, its pipelines. Asked once, kept."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

from connectors.errors import AuthFailed
from connectors.hubspot import paths
from connectors.hubspot.auth import sign_in
from connectors.hubspot.derive import CALL_OUTCOMES, QUALIFIED_STAGE, Lookups, Stage
from connectors.hubspot.errors import Forbidden, NotFound
from connectors.hubspot.values import decimal_text

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime
    from zoneinfo import ZoneInfo

    from connectors.hubspot.auth import SignedIn
    from connectors.hubspot.objects import CrmType, ObjectSpec
    from connectors.hubspot.session import Session
    from connectors.hubspot.transport import Json


@dataclass(frozen=True, slots=True)
class Property:
    """A property as HubSpot describes it."""

    name: str
    label: str
    type: str
    read_only: bool
    options: Mapping[str, str]  # value -> label


class Account:
    """One HubSpot account. `zone` is the project's; the account's own is told to the session."""

    def __init__(self, session: Session, zone: ZoneInfo) -> None:
        self.session = session
        self.zone = zone
        self._properties: dict[str, Mapping[str, Property]] = {}
        self._refusals: dict[str, Forbidden | NotFound] = {}
        self._stages: dict[str, Mapping[str, Stage]] = {}
        self._signed_in: SignedIn | None = None

    def sign_in(self) -> SignedIn:
        """Whose account the token opens; learns its time zone."""
        self._signed_in = sign_in(self.session)
        self.session.zone = self._signed_in.zone
        return self._signed_in

    def ensure_signed_in(self) -> SignedIn:
        """Sign in on first use: wrong credentials fail early, and a used-up day says when it ends."""
        return self._signed_in or self.sign_in()

    def now(self) -> datetime:
        """HubSpot's clock at its last answer. A moment ago is as good as now: what is newer comes with the next run."""
        self.ensure_signed_in()
        if self.session.answered_at is None:
            raise AuthFailed("the server's answers carry no Date. Check the connection's url.", code="NO_DATE")
        return self.session.answered_at

    def properties(self, crm_type: str) -> Mapping[str, Property]:
        """The properties of an object type that our login sees, by name."""
        if crm_type not in self._properties:
            answer = self.session.get(paths.properties(crm_type))
            self._properties[crm_type] = {str(raw["name"]): _parse_property(raw) for raw in answer.get("results") or ()}
        return self._properties[crm_type]

    def refusal(self, crm_type: str) -> Forbidden | NotFound | None:
        """Why our login does not see this object type at all; None where it does."""
        if crm_type not in self._refusals:
            try:
                self.properties(crm_type)
            except (Forbidden, NotFound) as refusal:
                self._refusals[crm_type] = refusal
        return self._refusals.get(crm_type)

    def forget(self) -> None:
        """Ask again which properties there are: some were created, or rights may have changed."""
        self._properties.clear()
        self._refusals.clear()

    def has(self, spec: ObjectSpec) -> bool:
        """Whether this object is to be read: it is needed, or at least given."""
        return spec.wanted or not any(self.refusal(crm_type.name) for crm_type in spec.types)

    def lookups(self, crm_type: CrmType) -> Lookups:
        """What is needed to understand records of this type."""
        return Lookups(
            zone=self.zone,
            stages=self._stages_of(crm_type.name) if crm_type.name in ("deals", "leads") else {},
            call_outcomes=self._call_outcomes() if crm_type.name == "calls" else {},
        )

    def _stages_of(self, crm_type: str) -> Mapping[str, Stage]:
        if crm_type not in self._stages:
            answer = self.session.get(paths.pipelines(crm_type))
            self._stages[crm_type] = {
                str(raw["id"]): _parse_stage(raw)
                for pipeline in answer.get("results") or ()
                for raw in pipeline.get("stages") or ()
            }
        return self._stages[crm_type]

    def _call_outcomes(self) -> Mapping[str, str]:
        disposition = self.properties("calls").get("hs_call_disposition")
        return {**CALL_OUTCOMES, **(disposition.options if disposition else {})}


def _parse_property(raw: Json) -> Property:
    modification = cast("Json", raw.get("modificationMetadata") or {})
    return Property(
        name=str(raw["name"]),
        label=str(raw.get("label") or raw["name"]),
        type=str(raw.get("type") or ""),
        read_only=bool(modification.get("readOnlyValue") or raw.get("calculated")),
        options={str(option["value"]): str(option["label"]) for option in raw.get("options") or ()},
    )


def _parse_stage(raw: Json) -> Stage:
    """A stage from its metadata, whose values are text: isClosed "true", probability "1.0" for won."""
    metadata = cast("Json", raw.get("metadata") or {})
    probability = str(metadata.get("probability") or "")
    certain = decimal_text(probability) if probability else ""
    # Older pipelines say only the probability; 0 and 1 are reserved for lost and won there.
    closed = str(metadata.get("isClosed", certain in ("0", "1"))).lower() == "true"
    qualified = metadata.get("leadState") == "QUALIFIED" or raw["id"] == QUALIFIED_STAGE
    return Stage(label=str(raw.get("label") or raw["id"]), closed=closed, won=qualified or (closed and certain == "1"))
