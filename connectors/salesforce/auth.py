"""Signing in: an OAuth token from the org's token endpoint, by client credentials or a signed JWT.

simple-salesforce asks salesforce.com for tokens whatever the org's address, so the request is ours; it goes through the
same session as everything else.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import jwt

from config.project import JwtBearer
from connectors.errors import AuthFailed, Retryable
from connectors.salesforce.errors import translate

if TYPE_CHECKING:
    from collections.abc import Callable

    import requests

    from config.project import SalesforceConnection

TOKEN_PATH = "/services/oauth2/token"  # noqa: S105  an address, no secret
JWT_GRANT = "urn:ietf:params:oauth:grant-type:jwt-bearer"
# "exp" may lie at most three minutes ahead of Salesforce's clock (OAuth 2.0 JWT Bearer Flow, Salesforce Help).
JWT_LIFE = timedelta(minutes=2)


@dataclass(frozen=True, slots=True)
class SignedIn:
    """A session of the org: its token, the address to call, the org's id and that of the user it runs as."""

    token: str
    instance_url: str
    org_id: str
    user_id: str


def sign_in(http: requests.Session, connection: SalesforceConnection, secrets: Callable[[str], str]) -> SignedIn:
    """A fresh session. Raises AuthFailed where the org refuses, Retryable for an answer that is not one."""
    answer = http.post(
        connection.url + TOKEN_PATH,
        data=_grant(connection, secrets),
        headers={"Accept": "application/json"},
        allow_redirects=False,
    )
    body = _read_json(answer)
    if answer.status_code != 200:
        raise translate(body, answer.status_code, connection.url)
    if not isinstance(body, dict) or not body.get("access_token"):
        raise Retryable(f"{connection.url}: the token endpoint's answer holds no token.")
    return SignedIn(
        token=str(body["access_token"]),
        # The org's own address: url may be a login host, which takes no API requests.
        instance_url=str(body.get("instance_url") or connection.url),
        # "id" is https://HOST/id/ORG_ID/USER_ID (Identity URLs, Salesforce Help).
        org_id=str(body.get("id", "")).rpartition("/")[0].rpartition("/")[2],
        user_id=str(body.get("id", "")).rpartition("/")[2],
    )


def _grant(connection: SalesforceConnection, secrets: Callable[[str], str]) -> dict[str, str]:
    how = connection.sign_in
    client_id = secrets(how.client_id)
    if not isinstance(how, JwtBearer):
        secret = secrets(how.client_secret)
        return {"grant_type": "client_credentials", "client_id": client_id, "client_secret": secret}
    claims = {
        "iss": client_id,
        "sub": how.username,
        "aud": how.audience,
        "exp": datetime.now(UTC) + JWT_LIFE,
    }
    try:
        assertion = jwt.encode(claims, secrets(how.private_key), algorithm="RS256")
    except (ValueError, TypeError, jwt.PyJWTError) as error:
        raise AuthFailed(
            f"{connection.url}: private_key cannot sign: it is no RSA private key in PEM text. Name the key whose "
            "certificate the External Client App trusts."
        ) from error
    return {"grant_type": JWT_GRANT, "assertion": assertion}


def _read_json(answer: requests.Response) -> Any:
    try:
        return answer.json()
    except ValueError:
        return None
