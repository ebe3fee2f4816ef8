"""What an account says about itself: its zone, the properties it shows us, its pipelines. Asked once, kept."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from threading import RLock
from typing import TYPE_CHECKING, ParamSpec, TypeVar, cast

from connectors.errors import AuthFailed, Retryable
from connectors.hubspot.auth import sign_in
from connectors.hubspot.derive import CALL_OUTCOMES, QUALIFIED_STAGE, Lookups, Pipeline, Stage
from connectors.hubspot.doubt import OTHER
from connectors.hubspot.errors import Forbidden, NotFound
from connectors.hubspot.listing import results_of
from connectors.hubspot.owners import Owner, list_owners
from connectors.hubspot.paths import Paths
from connectors.hubspot.settings import list_rates
from connectors.hubspot.values import decimal_text, rounded, setting_text
from connectors.storable import are_storable

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime
    from zoneinfo import ZoneInfo

    from connectors.hubspot.auth import SignedIn
    from connectors.hubspot.doubt import Doubt
    from connectors.hubspot.objects import CrmType
    from connectors.hubspot.session import Session
    from connectors.hubspot.transport import Json
    from connectors.retry import RetryPolicy

Asked = ParamSpec("Asked")
Answer = TypeVar("Answer")

PIPED = ("deals", "leads")  # the types whose pipelines we know stages by


@dataclass(frozen=True, slots=True)
class Property:
    """A property as HubSpot describes it."""

    name: str
    label: str
    type: str
    read_only: bool
    calculated: bool
    options: Mapping[str, str]  # value -> label
    external: bool = False  # its values are kept elsewhere: owners, stages
    unique: bool = False  # no two records share a value
    standard: bool = False  # HubSpot's own, which it may fill by itself


class Account:
    """One HubSpot account, for several threads. `zone` is the project's; the account's own is told to the session."""

    def __init__(self, session: Session, zone: ZoneInfo, retry: RetryPolicy, paths: Paths | None = None) -> None:
        self.session = session
        self.zone = zone
        self.paths = paths or Paths()
        self._retry = retry
        self._lock = RLock()
        self._properties: dict[str, Mapping[str, Property]] = {}
        self._refusals: dict[str, Forbidden | NotFound] = {}
        self._pipelines: dict[str, tuple[Pipeline, ...]] = {}
        self._owners: dict[bool, tuple[Owner, ...]] = {}
        self._owner_of: dict[bool, dict[str, str]] = {}
        self._rates: tuple[Json, ...] | None = None
        self._custom_types: Mapping[str, str] | None = None
        self._signed_in: SignedIn | None = None
        self._habits: set[str] = set()

    def checked(self, ask: Callable[Asked, Answer], *args: Asked.args, **named: Asked.kwargs) -> Answer:
        """The answer of `ask`, asked again while it is not one to what was asked: Retryable, or of another shape."""

        def once() -> Answer:
            try:
                return ask(*args, **named)
            except (KeyError, TypeError, ValueError, AttributeError) as error:
                raise Retryable(
                    f"HubSpot's answer has not the shape that its documentation gives it ({error!r}).",
                    code="WRONG_ANSWER",
                ) from error

        return self._retry.call(once)

    def believed(
        self,
        ask: Callable[Asked, tuple[Answer, Doubt | None]],
        *args: Asked.args,
        **named: Asked.kwargs,
    ) -> Answer:
        """The answer of `ask`, asked once more where it leaves a doubt, and then taken as HubSpot's own.

        No answer comes twice by mistake (`Answers`). That HubSpot leaves out properties of a type is asked about once.
        """
        answer, doubt = self.checked(ask, *args, **named)
        if doubt is None or doubt.lacking in self._habits:
            return answer
        answer, doubt = self.checked(ask, *args, **named)
        if doubt is not None and doubt.lacking:
            self._habits.add(doubt.lacking)
        return answer

    def sign_in(self) -> SignedIn:
        """Whose account the token opens; learns its time zone."""
        with self._lock:
            try:
                self._signed_in = sign_in(self.session, self.paths.account)
            except AuthFailed as refusal:
                if refusal.code != "NO_ACCOUNT":
                    raise
                # It may have been the answer to another request, come late over a connection that is kept.
                self._signed_in = sign_in(self.session, self.paths.account)
            self.session.zone = self._signed_in.zone
            return self._signed_in

    def ensure_signed_in(self) -> SignedIn:
        """Sign in on first use: wrong credentials fail early, and a used-up day says when it ends."""
        with self._lock:
            return self._signed_in or self.sign_in()

    def now(self) -> datetime:
        """HubSpot's clock at its last answer. A moment ago is as good as now: what is newer comes with the next run."""
        self.ensure_signed_in()
        if self.session.answered_at is None:
            raise AuthFailed("the server's answers carry no Date. Check the connection's url.", code="NO_DATE")
        return self.session.answered_at

    def properties(self, crm_type: str) -> Mapping[str, Property]:
        """The properties of an object type that our login sees, by name."""
        with self._lock:
            if crm_type not in self._properties:
                self._properties[crm_type] = self.believed(self._ask_properties, crm_type)
            return self._properties[crm_type]

    def _ask_properties(self, crm_type: str) -> tuple[Mapping[str, Property], Doubt | None]:
        answer = self.session.get(self.paths.properties(crm_type))
        what = f"the properties of {crm_type}"
        found = {str(raw["name"]): _parse_property(raw) for raw in results_of(answer, what)}
        if not found:
            raise Retryable(f"HubSpot's answer has none of {what}, and there always are some.", code="WRONG_ANSWER")
        return found, OTHER if found and found in self._properties.values() else None

    def refusal(self, crm_type: str) -> Forbidden | NotFound | None:
        """Why our login does not see this object type at all; None where it does."""
        with self._lock:
            if crm_type not in self._refusals:
                try:
                    self.properties(crm_type)
                except (Forbidden, NotFound) as refusal:
                    self._refusals[crm_type] = refusal
            return self._refusals.get(crm_type)

    def forget(self) -> None:
        """Ask everything again: properties were created, rights have changed, stages or owners were added."""
        with self._lock:
            self._properties.clear()
            self._refusals.clear()
            self._pipelines.clear()
            self.forget_owners()
            self._rates = None
            self._custom_types = None

    def forget_properties(self, crm_type: str) -> None:
        """Ask again which properties an object type has."""
        with self._lock:
            self._properties.pop(crm_type, None)
            self._refusals.pop(crm_type, None)

    def custom_type(self, name: str) -> str | None:
        """The type id of a custom object by any name that HubSpot has for it, in any case; None where there is none.

        That is its own name, the same behind "p_" or the account's prefix, and the type id (schemas guide).
        """
        with self._lock:
            if self._custom_types is None:
                self._custom_types = self.checked(self._ask_custom_types)
            return self._custom_types.get(name.lower())

    def _ask_custom_types(self) -> Mapping[str, str]:
        answer = self.session.get(self.paths.schemas)
        return {
            str(called).lower(): str(raw["objectTypeId"])
            for raw in answer["results"]
            if not raw.get("archived")
            for called in (raw["objectTypeId"], raw["name"], f"p_{raw['name']}", raw.get("fullyQualifiedName"))
            if called
        }

    def pipelines(self, crm_type: str) -> tuple[Pipeline, ...]:
        """The pipelines of an object type."""
        with self._lock:
            if crm_type not in self._pipelines:
                self._pipelines[crm_type] = self.believed(self._ask_pipelines, crm_type)
            return self._pipelines[crm_type]

    def _ask_pipelines(self, crm_type: str) -> tuple[tuple[Pipeline, ...], Doubt | None]:
        answer = self.session.get(self.paths.pipelines(crm_type))
        found = tuple(_parse_pipeline(raw) for raw in results_of(answer, f"the pipelines of {crm_type}"))
        # A deal is always in a stage; an account that never had leads may have no pipeline of theirs.
        odd = found in self._pipelines.values() if found else crm_type == "deals"
        return found, OTHER if odd else None

    def owners(self, *, archived: bool = False) -> tuple[Owner, ...]:
        """The owners, or those whose login was deactivated."""
        with self._lock:
            if archived not in self._owners:
                self._owners[archived] = tuple(list_owners(self, archived=archived))
            return self._owners[archived]

    def forget_owners(self) -> None:
        """Ask again who the owners are."""
        with self._lock:
            self._owners.clear()
            self._owner_of.clear()

    def exchange_rates(self) -> tuple[Json, ...]:
        """The exchange rates of the account's currencies, as HubSpot gives them."""
        with self._lock:
            if self._rates is None:
                self._rates = tuple(list_rates(self))
            return self._rates

    def owner_of(self, user_id: str) -> str | None:
        """The owner that a user is or was, by the user's id."""
        with self._lock:
            for archived in (False, True):
                if archived not in self._owner_of:
                    found = self.owners(archived=archived)
                    self._owner_of[archived] = {each.user_id: each.id for each in reversed(found)}
                if user_id in self._owner_of[archived]:
                    return self._owner_of[archived][user_id]
        return None

    def lookups(self, crm_type: CrmType) -> Lookups:
        """What is needed to understand records of this type."""
        pipelines = self.pipelines(crm_type.name) if crm_type.name in PIPED else ()
        return Lookups(
            zone=self.zone,
            stages={stage.id: stage for pipeline in pipelines for stage in pipeline.stages},
            pipelines={pipeline.id: pipeline.label for pipeline in pipelines},
            call_outcomes=self._call_outcomes() if crm_type.name == "calls" else {},
            owner_of=self.owner_of,
        )

    def _call_outcomes(self) -> Mapping[str, str]:
        disposition = self.properties("calls").get("hs_call_disposition")
        return {**CALL_OUTCOMES, **(disposition.options if disposition else {})}


def _parse_property(raw: Json) -> Property:
    modification = cast("Json", raw.get("modificationMetadata") or {})
    return Property(
        name=str(raw["name"]),
        label=setting_text(raw.get("label") or raw["name"]),
        type=str(raw.get("type") or ""),
        read_only=bool(modification.get("readOnlyValue") or raw.get("calculated")),
        calculated=bool(raw.get("calculated")),
        options={str(option["value"]): setting_text(option["label"]) for option in raw.get("options") or ()},
        external=bool(raw.get("externalOptions")),
        unique=bool(raw.get("hasUniqueValue")),
        standard=bool(raw.get("hubspotDefined")),
    )


def _parse_pipeline(raw: Json) -> Pipeline:
    shelved = bool(raw.get("archived"))
    stages = tuple(_parse_stage(stage, shelved=shelved) for stage in raw["stages"] or ())
    return Pipeline(setting_text(raw["id"]), setting_text(raw.get("label") or raw["id"]), stages)


def _parse_stage(raw: Json, *, shelved: bool) -> Stage:
    """A stage from its metadata, whose values are text: isClosed "true", probability "1.0" for won."""
    metadata = cast("Json", raw.get("metadata") or {})
    probability = str(metadata.get("probability") or "")
    certain = _certain(probability) if probability else ""
    # Older pipelines say only the probability; 0 and 1 are reserved for lost and won there.
    closed = str(metadata.get("isClosed", certain in ("0", "1"))).lower() == "true"
    qualified = metadata.get("leadState") == "QUALIFIED" or raw["id"] == QUALIFIED_STAGE
    position = raw.get("displayOrder")
    return Stage(
        id=setting_text(raw["id"]),
        label=setting_text(raw.get("label") or raw["id"]),
        closed=closed,
        won=qualified or (closed and certain == "1"),
        probability=certain or None,
        position=position if isinstance(position, int) and are_storable((position,)) else None,
        active=not (shelved or raw.get("archived")),
    )


def _certain(probability: str) -> str:
    try:
        return rounded(Decimal(decimal_text(probability)))
    except ValueError:
        return ""
