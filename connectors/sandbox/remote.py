"""Talking to a sandbox that runs in another process on this machine, through its own resources under /sandbox."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from connectors.sandbox.run import SandboxError

if TYPE_CHECKING:
    from pathlib import Path

_SECONDS = 120  # a reset loads everything anew


class Remote:
    """A running sandbox on `port`; `ca_file` is trusted where it speaks https."""

    def __init__(self, port: int, ca_file: Path) -> None:
        self._port = port
        self._ca_file = ca_file

    def send(self, method: str, path: str, body: object = None) -> dict[str, Any]:
        """What the sandbox's resource answers; SandboxError where it refuses, or where nobody is there."""
        import requests

        with requests.Session() as http:
            http.trust_env = False  # a proxy has no business between this machine and itself
            answer = self._try(http, requests, method, path, body)
        if answer is None:
            raise SandboxError(
                f"no sandbox answers on port {self._port} of this machine. Start one with `salesops sandbox serve`, "
                "or name its port with --port."
            )
        held = _json(answer)
        if "error" in held:
            raise SandboxError(str(held["error"]))
        return held

    def _try(self, http: Any, requests: Any, method: str, path: str, body: object) -> Any:
        """The answer, over http or else https; None where neither is spoken there."""
        schemes = {"http": True, "https": str(self._ca_file) if self._ca_file.exists() else True}
        for scheme, trusted in schemes.items():
            url = f"{scheme}://127.0.0.1:{self._port}/sandbox{path}"
            try:
                return http.request(method, url, json=body, timeout=_SECONDS, verify=trusted)
            except requests.exceptions.InvalidJSONError as error:
                raise SandboxError(f"{body}: holds what is no number. Write plain digits.") from error
            except requests.exceptions.SSLError as error:
                raise SandboxError(
                    f"the sandbox on port {self._port} cannot be trusted with {self._ca_file}: name the project that "
                    "it was started for with --project."
                ) from error
            except requests.RequestException:
                continue
        return None


def _json(answer: Any) -> dict[str, Any]:
    try:
        held = answer.json()
    except ValueError:
        held = None
    if not isinstance(held, dict):
        raise SandboxError(f"what answers at {answer.url} is not a sandbox of ours: HTTP {answer.status_code}")
    return held
