"""Several requests as one: what one part's trouble means for the others."""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING, Any

import pytest
from salesforce_stub import COMPOSITE, EXPIRED, TOKEN, page

from connectors.errors import LimitReached, Unreachable

if TYPE_CHECKING:
    from salesforce_stub import Org, Request


@pytest.fixture
def products(org: Org) -> Org:
    org.describe("Product2", Name="string", SystemModstamp="datetime*")
    return org


def with_part(org: Org, request: Request, number: int, status: int, body: Any) -> tuple[int, Any]:
    """The answer to a composite request, one of whose parts is this."""
    code, answer = org.answer_parts(request)
    answer["compositeResponse"][number] |= {"httpStatusCode": status, "body": body}
    return code, answer


def test_descriptions_that_take_too_long_together_are_asked_for_in_halves(products: Org) -> None:
    def answer(request: Request) -> tuple[int, Any]:
        many = len(request.json["compositeRequest"]) > 6
        return (504, b"<html>Gateway Time-out</html>") if many else products.answer_parts(request)

    products.on("POST", COMPOSITE, answer)
    with closing(products.connect()) as connector:
        assert "product" in {stream.object for stream in connector.streams()}
    assert products.pauses == []


def test_a_limit_within_a_part_is_no_sign_that_a_feature_is_off(products: Org) -> None:
    limit = [{"message": "TotalRequests Limit exceeded.", "errorCode": "REQUEST_LIMIT_EXCEEDED"}]
    products.on("POST", COMPOSITE, lambda request: with_part(products, request, -1, 403, limit))
    with closing(products.connect()) as connector, pytest.raises(LimitReached):
        connector.describe()


def test_a_session_that_ends_within_the_parts_is_renewed(products: Org) -> None:
    products.on("POST", COMPOSITE, lambda request: with_part(products, request, 0, *EXPIRED), products.answer_parts)
    with closing(products.connect()) as connector:
        connector.describe()
    assert len(products.to(TOKEN)) == 2


def test_an_object_that_our_login_has_no_right_to_is_not_there_and_stops_nothing(products: Org) -> None:
    refused = (403, [{"message": "insufficient access", "errorCode": "INSUFFICIENT_ACCESS"}])
    products.on("GET", "/services/data/v62.0/sobjects/Quote/describe", refused)
    products.first_of("CurrencyType", *page()[1]["records"])
    with closing(products.connect()) as connector:
        assert {stream.object for stream in connector.streams()} == {"product"}


@pytest.mark.parametrize("code", ["UNKNOWN_EXCEPTION", "SERVER_UNAVAILABLE", ""])
@pytest.mark.parametrize("status", [500, 503])
@pytest.mark.parametrize("sobject", ["Product2", "Quote"])
def test_a_description_that_fails_each_time_ends_describe_and_names_itself(
    products: Org, status: int, code: str, sobject: str
) -> None:
    def answer(request: Request) -> tuple[int, Any]:
        urls = [each["url"] for each in request.json["compositeRequest"]]
        number = next((at for at, url in enumerate(urls) if f"sobjects/{sobject}/" in url), None)
        body = [{"message": "An unexpected error occurred", "errorCode": code}] if code else "<html>Oops</html>"
        return products.answer_parts(request) if number is None else with_part(products, request, number, status, body)

    products.on("POST", COMPOSITE, answer)
    with closing(products.connect()) as connector:
        for _ in range(2):  # nothing is left behind that looks like an answer
            with pytest.raises(Unreachable, match=f"sobjects/{sobject}/describe"):
                connector.describe()


@pytest.mark.parametrize("body", [None, [], {}, {"name": "Product2"}, "<html>"])
def test_a_description_without_fields_is_asked_for_again(products: Org, body: Any) -> None:
    def answer(request: Request) -> tuple[int, Any]:
        urls = [each["url"] for each in request.json["compositeRequest"]]
        return with_part(products, request, urls.index("/services/data/v62.0/sobjects/Product2/describe"), 200, body)

    products.on("POST", COMPOSITE, products.answer_parts, answer, products.answer_parts)
    with closing(products.connect()) as connector:
        assert connector.describe().fields["product"]
        products.on("POST", COMPOSITE, lambda request: with_part(products, request, 0, 200, body))
        with pytest.raises(Unreachable, match="description"):
            connector.describe()


@pytest.mark.parametrize(
    ("status", "code"),
    [
        (404, "NOT_FOUND"),
        (400, "INVALID_TYPE"),
        (403, "INSUFFICIENT_ACCESS"),
        (403, "INSUFFICIENT_ACCESS_OR_READONLY"),
        (403, "FUNCTIONALITY_NOT_ENABLED"),
    ],
)
def test_an_object_that_this_edition_or_login_has_not_stops_no_other(products: Org, status: int, code: str) -> None:
    refused = (status, [{"message": "not for you", "errorCode": code}])
    for sobject in ("Quote", "Territory2", "ForecastingQuota", "DatedConversionRate", "Task"):
        products.on("GET", f"/services/data/v62.0/sobjects/{sobject}/describe", refused)
    with closing(products.connect()) as connector:
        connector.describe()
        assert {stream.object for stream in connector.streams()} == {"product"}
