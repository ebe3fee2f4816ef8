"""Signed tokens: assertions that an app signs, and the ID tokens that the org signs with a key of its own."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Any

import jwt
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509 import load_pem_x509_certificate

from connectors.sandbox.salesforce.signin.people import Refused
from connectors.sandbox.salesforce.web import Answer

if TYPE_CHECKING:
    import sqlite3

    from connectors.sandbox.salesforce.org.storage import Store
    from connectors.sandbox.salesforce.web import Call

_ID_TOKEN_SECONDS = 120  # Salesforce Help, OAuth Tokens and Scopes: an ID token is valid for two minutes
_KEY_ID = "1"


def create_tables(connection: sqlite3.Connection) -> None:
    connection.execute("CREATE TABLE IF NOT EXISTS sf_key (id TEXT PRIMARY KEY, pem BLOB NOT NULL) STRICT")


def read_assertion(assertion: str, certificate: bytes) -> dict[str, Any]:
    """The claims of a JWT that the certificate's key signed; Refused where it did not. Times are not checked here."""
    try:
        key: Any = load_pem_x509_certificate(certificate).public_key()
        unchecked: Any = {"verify_aud": False, "verify_exp": False, "verify_iat": False, "verify_nbf": False}
        return jwt.decode(assertion, key, algorithms=["RS256"], options=unchecked)
    except (jwt.PyJWTError, ValueError, TypeError, UnsupportedAlgorithm):
        raise Refused("invalid_grant", "invalid assertion") from None


def sign_id_token(call: Call, client_id: str, user_id: str, identity: str, nonce: str) -> str:
    """An ID token (OpenID Connect Core, section 2) of the user for the app."""
    now = int(call.store.database.clock.now().timestamp())
    claims = {"iss": call.base_url, "sub": identity, "aud": client_id, "iat": now, "exp": now + _ID_TOKEN_SECONDS}
    claims |= {"user_id": user_id} | ({"nonce": nonce} if nonce else {})
    return jwt.encode(claims, _private_key(call.store), algorithm="RS256", headers={"kid": _KEY_ID})


def get_keys(call: Call) -> Answer:
    """The public half of the org's key, as a JWK set."""
    numbers = _private_key(call.store).public_key().public_numbers()
    key = {"kty": "RSA", "use": "sig", "alg": "RS256", "kid": _KEY_ID}
    return Answer({"keys": [key | {"n": _base64(numbers.n), "e": _base64(numbers.e)}]})


def _base64(number: int) -> str:
    raw = number.to_bytes((number.bit_length() + 7) // 8, "big")
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def _private_key(store: Store) -> rsa.RSAPrivateKey:
    """The org's key, made when it is first needed and kept with the org."""
    with store.database.transaction() as connection:
        rows = connection.execute("SELECT pem FROM sf_key WHERE id = ?", (_KEY_ID,)).fetchall()
        if rows:
            key = serialization.load_pem_private_key(rows[0]["pem"], None)
            assert isinstance(key, rsa.RSAPrivateKey)  # noqa: S101  only such are stored
            return key
        made = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        kinds = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        connection.execute("INSERT INTO sf_key VALUES (?, ?)", (_KEY_ID, made.private_bytes(*kinds)))
        return made
