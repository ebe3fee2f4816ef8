"""The parts that every list of HubSpot's has: its results, and the token of the page behind them.

An answer that has no results is no empty list: something between here and HubSpot cut it or made it up.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from connectors.errors import Retryable
from connectors.hubspot.doubt import OTHER

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from connectors.hubspot.account import Account
    from connectors.hubspot.doubt import Doubt
    from connectors.hubspot.transport import Json, Query


def results_of(answer: Json, what: str, *, or_errors: bool = False) -> list[Any]:
    """The results of an answer, which may be none; Retryable where it does not say. With `or_errors` an answer of
    nothing but errors says it, too: a batch of which each part failed."""
    results = answer.get("results")
    if results is None and or_errors and answer.get("errors"):
        return []
    if not isinstance(results, list):
        raise Retryable(
            f"HubSpot's answer about {what} has no results, which even an empty list has. Something between here and "
            "HubSpot may have replaced it.",
            code="WRONG_ANSWER",
        )
    return results


def token_behind(answer: Json, what: str, after: str = "") -> str:
    """The token of the next page, "" at the end; Retryable where it is `after`, that of the page itself."""
    token = str(((answer.get("paging") or {}).get("next") or {}).get("after") or "")
    if token and token == after:
        raise Retryable(f"HubSpot's list of {what} does not go on behind {after}.", code="WRONG_ANSWER")
    return token


def list_all(
    account: Account, what: str, path: str, query: Query, *, fits: Callable[[Json], bool] = lambda _: True
) -> Iterator[Json]:
    """Every entry of a list of settings, page by page; each should be one that `fits`.

    HubSpot names a next page only where there is one (hubspot-api-python, issue 187). So where that is empty the page
    before is asked for again: it was the last one if it names none any more.
    """

    def ask(before: str, after: str, shown: set[str]) -> tuple[tuple[list[Json], str], Doubt | None]:
        raws, token = page(after)
        if after and not raws and not token:
            raws, token = page(before)
            if token == after:
                raise Retryable(f"HubSpot's list of {what} goes on behind {after}, but not a row.", code="WRONG_ANSWER")
            return (raws, token), None
        wrong = any(str(raw["id"]) in shown or not fits(raw) for raw in raws)
        return (raws, token), OTHER if wrong else None

    def page(after: str) -> tuple[list[Json], str]:
        answer = account.session.get(path, [*query, ("after", after)] if after else query)
        return results_of(answer, what), token_behind(answer, what, after)

    before, after, shown = "", "", set[str]()
    while True:
        raws, token = account.believed(ask, before, after, shown)
        yield from raws
        if not token:
            return
        before, after, shown = after, token, {str(raw["id"]) for raw in raws}
