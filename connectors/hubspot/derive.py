"""Fields that are more than one property's text: stages, outcomes, durations, what counts as done."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, time, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import TYPE_CHECKING

from connectors.hubspot.values import EXACT, decimal_text, fact_decimal, instant, parse_instant, rounded
from connectors.storable import figure_text

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from zoneinfo import ZoneInfo

    from connectors.hubspot.records import Record

# Outcomes that every account has (calls API guide); an account's own ones are options of the property.
CALL_OUTCOMES: Mapping[str, str] = {
    "9d9162e7-6cf3-4944-bf63-4dff82258764": "Busy",
    "f240bbac-87c9-4f6e-bf70-924b57d47db7": "Connected",
    "a4c4c377-d246-4b32-a13b-75a56a4cd0ff": "Left live message",
    "b2cf5968-551e-4856-9783-52b3da59a7d0": "Left voicemail",
    "73a0d17f-1163-4015-bdd5-ec830791da20": "No answer",
    "17b47fee-58de-441e-a44c-c6300d46f273": "Wrong number",
}
# Calls that did not (yet) take place; one that nobody answered did.
CALLS_NOT_MADE = {"CANCELED", "QUEUED", "RINGING", "CONNECTING", "CALLING_CRM_USER", "IN_PROGRESS", "FAILED"}
EMAILS_NOT_SENT = {"SCHEDULED", "SENDING", "FAILED"}
EMAIL_DIRECTIONS = {"EMAIL": "outbound", "INCOMING_EMAIL": "inbound", "FORWARDED_EMAIL": "inbound"}
QUALIFIED_STAGE = "qualified-stage-id"  # the id that HubSpot gives this lead stage in every account


@dataclass(frozen=True, slots=True)
class Stage:
    """A stage of a pipeline, as its metadata says; a qualified lead is `won`. `probability` is decimal text."""

    id: str
    label: str
    closed: bool
    won: bool
    probability: str | None = None
    position: int | None = None
    active: bool = True


@dataclass(frozen=True, slots=True)
class Pipeline:
    """A pipeline with its stages."""

    id: str
    label: str
    stages: tuple[Stage, ...]


@dataclass(frozen=True, slots=True)
class Lookups:
    """What the account says about the ids that records hold, and the project's zone.

    `owner_of` gives the owner that a user is, by the user's id.
    """

    zone: ZoneInfo
    stages: Mapping[str, Stage]
    pipelines: Mapping[str, str]
    call_outcomes: Mapping[str, str]
    owner_of: Callable[[str], str | None]


def created_at(record: Record, _lookups: Lookups) -> str | None:
    """The create date, which an import may have set, else the record's own stamp."""
    text = record.get("createdate") or record.get("hs_createdate")
    return instant(text) if text else record.created_at or None


def creator(record: Record, lookups: Lookups) -> str | None:
    """The owner who is the user that created it; nobody where an import or an integration did."""
    text = record.get("hs_created_by_user_id")
    return lookups.owner_of(decimal_text(text)) if text else None


def pipeline(record: Record, lookups: Lookups) -> str | None:
    """The pipeline as people know it; its id where it is gone."""
    text = record.get("pipeline")
    return lookups.pipelines.get(text, text) if text else None


def probability(record: Record, _lookups: Lookups) -> str | None:
    """The probability in six decimals: HubSpot reckons it in binary and sends every digit of that (recorded)."""
    text = record.get("hs_deal_stage_probability")
    return rounded(Decimal(decimal_text(text))) if text else None


def deal_stage(record: Record, lookups: Lookups) -> str | None:
    """The stage as people know it; its id where the pipeline is gone."""
    return _label(record.get("dealstage"), lookups)


def is_closed(record: Record, lookups: Lookups) -> int:
    stage = lookups.stages.get(record.get("dealstage") or "")
    return int(stage.closed if stage else record.get("hs_is_closed") == "true")


def is_won(record: Record, lookups: Lookups) -> int:
    stage = lookups.stages.get(record.get("dealstage") or "")
    return int(stage.won if stage else record.get("hs_is_closed_won") == "true")


def lead_status(record: Record, lookups: Lookups) -> str | None:
    """The stage of the lead's pipeline; its label (hot, warm, cold) where it has none."""
    return _label(record.get("hs_pipeline_stage"), lookups) or record.get("hs_lead_label")


def converted(record: Record, lookups: Lookups) -> int:
    """Whether the lead became a deal, or was qualified, which is what HubSpot calls the end of a good lead."""
    return int("opportunity_id" in record.links or _qualified(record, lookups))


def converted_at(record: Record, lookups: Lookups) -> str | None:
    """When the deal was created (not before the lead was), else when a qualified lead entered its stage."""
    deal_created = record.links.get("converted_at")
    if deal_created:
        return max(deal_created, record.created_at)
    entered = record.get("hs_v2_date_entered_current_stage")
    if entered and _qualified(record, lookups):
        return instant(entered)
    return None


def call_seconds(record: Record, _lookups: Lookups) -> int | None:
    """The call's milliseconds as seconds, halves up."""
    text = record.get("hs_call_duration")
    return (
        int(Decimal(decimal_text(text)).scaleb(-3, EXACT).quantize(Decimal(1), ROUND_HALF_UP, EXACT)) if text else None
    )


def call_outcome(record: Record, lookups: Lookups) -> str | None:
    outcome = record.get("hs_call_disposition")
    return lookups.call_outcomes.get(outcome, outcome) if outcome else None


def call_direction(record: Record, _lookups: Lookups) -> str | None:
    return (record.get("hs_call_direction") or "").lower() or None


def call_done(record: Record, _lookups: Lookups) -> int:
    return int(record.get("hs_call_status") not in CALLS_NOT_MADE)


def email_direction(record: Record, _lookups: Lookups) -> str | None:
    return EMAIL_DIRECTIONS.get(record.get("hs_email_direction") or "")


def email_done(record: Record, _lookups: Lookups) -> int:
    return int(record.get("hs_email_status") not in EMAILS_NOT_SENT)


def meeting_at(record: Record, _lookups: Lookups) -> str | None:
    text = record.get("hs_meeting_start_time") or record.get("hs_timestamp")
    return instant(text) if text else None


def meeting_seconds(record: Record, _lookups: Lookups) -> int | None:
    start, end = record.get("hs_meeting_start_time"), record.get("hs_meeting_end_time")
    if not start or not end:
        return None
    return max(0, round((parse_instant(end) - parse_instant(start)).total_seconds()))


def meeting_done(record: Record, _lookups: Lookups) -> int:
    """A meeting logged after the fact may carry no outcome; one that is planned says SCHEDULED."""
    return int(record.get("hs_meeting_outcome") in (None, "COMPLETED"))


def task_done(record: Record, _lookups: Lookups) -> int:
    return int(record.get("hs_task_status") == "COMPLETED")


def line_discount(record: Record, _lookups: Lookups) -> str | None:
    """The share of the price that is let off, whether it is given in percent or per unit."""
    percent, unit, price = (record.get(name) for name in ("hs_discount_percentage", "discount", "price"))
    if percent:
        return figure_text(Decimal(decimal_text(percent)).scaleb(-2, EXACT))
    if not unit or not price or not (whole := Decimal(decimal_text(price))):
        return None
    return rounded(Decimal(decimal_text(unit)) / whole)


def goal_user(record: Record, lookups: Lookups) -> str | None:
    """The owner who is the user that a goal is set for."""
    text = record.get("hs_assignee_user_id")
    return lookups.owner_of(decimal_text(text)) if text else None


def goal_start(record: Record, _lookups: Lookups) -> str | None:
    """A goal's first day: its moments are days of UTC (goals API guide)."""
    text = record.get("hs_start_datetime")
    return parse_instant(text).astimezone(UTC).date().isoformat() if text else None


def goal_end(record: Record, _lookups: Lookups) -> str | None:
    """A goal's last day: where it ends at midnight, that is the day before."""
    text = record.get("hs_end_datetime")
    if not text:
        return None
    end = parse_instant(text).astimezone(UTC)
    return (end.date() - timedelta(days=end.time() == time())).isoformat()


def goal_amount(record: Record, _lookups: Lookups) -> str | None:
    return _target(record) if record.get("hs_kpi_display_unit") == "currency" else None


def goal_quantity(record: Record, _lookups: Lookups) -> str | None:
    return _target(record) if record.get("hs_kpi_display_unit") != "currency" else None


def _target(record: Record) -> str | None:
    text = record.get("hs_target_amount")
    return fact_decimal(text) if text else None


def _qualified(record: Record, lookups: Lookups) -> bool:
    stage = lookups.stages.get(record.get("hs_pipeline_stage") or "")
    return stage is not None and stage.won


def _label(stage: str | None, lookups: Lookups) -> str | None:
    if stage is None:
        return None
    known = lookups.stages.get(stage)
    return known.label if known else stage
