"""The pages of a sign-in that a browser sees: authorization, a device's code, the way into the org and out of it."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING
from urllib.parse import SplitResult, quote, urlencode, urlsplit

from connectors.sandbox.salesforce.signin import grants, sessions
from connectors.sandbox.salesforce.signin.oauth import check_client, choose_scope, read_form
from connectors.sandbox.salesforce.signin.people import Refused, find_user
from connectors.sandbox.salesforce.web import Answer

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Mapping

    from connectors.sandbox.salesforce.web import Call

_HTML = "text/html;charset=UTF-8"
_LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
_ASKS = frozenset({"login", "consent", "select_account"})
_MOST_NAMES = 500


def authorize(call: Call) -> Answer:
    """Back to the app with a code (or a token, in the user-agent flow) for a user.

    The user is `login_hint`, or else the integration user; with a `prompt` a page asks who it shall be first.
    """
    form = read_form(call)
    try:
        client_id = check_client(call, form, secret=False)
        address = _checked_address(call, form.get("redirect_uri", ""))
    except Refused as refused:  # nowhere to send it to that could be trusted
        return _page("Error", f"<p>error={escape(refused.error)}</p><p>{escape(refused.description)}</p>", 400)
    in_fragment = form.get("response_type") == "token"
    back = {"state": form["state"]} if form.get("state") else {}
    try:
        if _ASKS & set(form.get("prompt", "").split()):
            return _ask(call, "/services/oauth2/authorize", form)
        back = _granted(call, form, client_id, address) | back
    except Refused as refused:
        back = {"error": refused.error, "error_description": refused.description} | back
    mark = "#" if in_fragment else "&" if "?" in address else "?"
    return _redirect(address + mark + urlencode(back, quote_via=quote))


def _granted(call: Call, form: Mapping[str, str], client_id: str, address: str) -> dict[str, str]:
    """What the app gets: a code or, in the user-agent flow, the session itself."""
    kind = form.get("response_type")
    if kind not in {"code", "token"}:
        raise Refused("unsupported_response_type", "response type must be code or token")
    if call.store.database.behaviour.refuse_sign_in:
        raise Refused("access_denied", "end-user denied authorization")
    if form.get("code_challenge") and form.get("code_challenge_method", "S256") != "S256":
        raise Refused("invalid_request", "code challenge method must be S256")
    scope = choose_scope(form.get("scope"))
    user = find_user(call, form.get("login_hint") or call.settings.username)
    if kind == "token":
        session = sessions.start_session(call.store, user["Id"], scope, client_id)
        identity = f"{call.base_url}/id/{sessions.organization_id(call.store)}/{user['Id']}"
        about = {"instance_url": call.base_url, "id": identity, "scope": scope, "token_type": "Bearer"}
        return {"access_token": session.token} | about
    detail = {
        "redirect_uri": address,
        "challenge": form.get("code_challenge", "").rstrip("="),
        "nonce": form.get("nonce", ""),
    }
    return {"code": grants.make_grant(call.store, "code", user["Id"], client_id, scope, detail).token}


def _checked_address(call: Call, address: str) -> str:
    """The address to go back to; Refused where it is not on this machine, as the sandbox's app is registered."""
    parts = _split(address)
    known = (f"{call.base_url}/services/oauth2/success", "https://login.salesforce.com/services/oauth2/success")
    if address in known or (parts.scheme in {"http", "https"} and parts.hostname in _LOOPBACK and not parts.fragment):
        return address
    raise Refused("redirect_uri_mismatch", "redirect_uri must match configuration")


def success(call: Call) -> Answer:
    """Where an app without an address of its own ends: the code stands in the address bar."""
    return _page("Signed in", f"<p>{escape(call.query.get('code') or call.query.get('error') or '')}</p>")


def connect(call: Call) -> Answer:
    """The page where a device's user code is typed in, and what it says when it was."""
    form = read_form(call)
    if call.method != "POST":
        return _ask(call, "/setup/connect", {"user_code": form.get("user_code", "")}, method="post", code=True)
    try:
        user = find_user(call, form.get("login_hint") or call.settings.username)
    except Refused as refused:
        return _page("Error", f"<p>{escape(refused.description)}</p>", 400)
    if grants.approve_device(call.store, form.get("user_code", ""), user["Id"]):
        return _page("Connected", f"<p>The device is signed in as {escape(user['Username'])}.</p>")
    return _page("Error", "<p>There is no device waiting under that code.</p>", 400)


def frontdoor(call: Call) -> Answer:
    """Into the org with a session or a one-time password: a cookie, and on to `retURL`."""
    form = read_form(call)
    token = form.get("sid", "")
    if form.get("otp"):
        grant = grants.take_grant(call.store, "otp", form["otp"])
        token = grant.detail["token"] if grant and not grant.expired else ""
    if sessions.use_session(call.store, token) is None:
        return _redirect("/?ec=302")
    answer = _redirect(_local(form.get("retURL") or form.get("startURL") or "/"))
    answer.headers["Set-Cookie"] = f"sid={token}; Path=/; HttpOnly; SameSite=Lax"
    return answer


def logout(call: Call) -> Answer:
    """The session of the cookie is over."""
    cookies = dict(part.strip().partition("=")[::2] for part in call.headers.get("cookie", "").split(";"))
    sessions.end_session(call.store, cookies.get("sid", ""))
    answer = _redirect("/")
    answer.headers["Set-Cookie"] = "sid=; Path=/; Max-Age=0; HttpOnly; SameSite=Lax"
    return answer


def home(call: Call) -> Answer:
    """What a browser sees at the org's own address."""
    organization = call.store.database.rows("SELECT Name FROM Organization")[0][0]
    return _page(organization, "<p>This is a sandbox. Its API is under /services/data.</p>")


def _local(address: str) -> str:
    """The address, where it stays in this org."""
    inside = address.startswith("/") and not address.startswith(("//", "/\\")) and not _split(address).netloc
    return address if inside else "/"


def _split(address: str) -> SplitResult:
    """The parts of an address; none of an address that is no address."""
    try:
        return urlsplit(address)
    except ValueError:
        return urlsplit("")


def _ask(call: Call, action: str, form: Mapping[str, str], *, method: str = "get", code: bool = False) -> Answer:
    """A page that asks who signs in (and for a device's code), and sends the request again without its prompt."""
    sql = "SELECT Username, Name FROM User WHERE IsActive = 1 ORDER BY Username LIMIT ?"
    chosen = form.get("login_hint") or call.settings.username
    names = "".join(_option(row, chosen) for row in call.store.database.rows(sql, (_MOST_NAMES,)))
    skipped = {"prompt", "login_hint"} | ({"user_code"} if code else set())
    kept = {name: value for name, value in form.items() if name not in skipped}
    hidden = "".join(f'<input type="hidden" name="{escape(n)}" value="{escape(v)}">' for n, v in kept.items())
    typed = f'<label>Code <input name="user_code" value="{escape(form.get("user_code", ""))}"></label>' if code else ""
    return _page(
        "Log in to the sandbox",
        f'<form action="{action}" method="{method}">{hidden}{typed}'
        f'<label>User <select name="login_hint">{names}</select></label><button>Allow</button></form>',
    )


def _option(row: sqlite3.Row, chosen: str) -> str:
    selected = " selected" if row["Username"] == chosen else ""
    return f'<option value="{escape(row["Username"])}"{selected}>{escape(row["Name"] or row["Username"])}</option>'


def _page(title: str, body: str, status: int = 200) -> Answer:
    text = (
        f'<!DOCTYPE html><html lang="en"><head><meta charset="utf-8"><title>{escape(title)}</title></head>'
        f"<body><h1>{escape(title)}</h1>{body}</body></html>"
    )
    return Answer(text, status, media_type=_HTML)


def _redirect(address: str) -> Answer:
    written = quote(address, safe="/?&=%#:+,;@[]!$'()*~")  # a header holds neither line ends nor letters beyond Latin
    return Answer("", 302, {"Location": written, "Cache-Control": "no-cache, no-store"}, _HTML)
