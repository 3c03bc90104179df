"""Talks to the control API of a running sandbox: what a buyer or a cashier would do."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from integrations.connector_kit.sandbox.witness import SandboxError, plain_session

__all__ = ["Sandbox", "SandboxError", "plain_session"]


class Sandbox:
    """One sandbox process and one account in it."""

    def __init__(self, public_url: str, account: str) -> None:
        self.public_url = public_url
        self.account = account
        self._session = plain_session(public_url)

    def open_account(self, **options: Any) -> Mapping[str, Any]:
        """Makes the account, or finds it: {"base_url", "credentials", "settings"}."""
        return self._post("/_sandbox/accounts", {"name": self.account, **options})

    def act(self, what: str, **body: Any) -> Mapping[str, Any]:
        """POST .../accounts/<account>/<what>, for example act("orders", count=3)."""
        return self._post(f"/_sandbox/accounts/{self.account}/{what}", body)

    def clear_faults(self) -> None:
        """From now on the account does nothing wrong."""
        path = f"/_sandbox/accounts/{self.account}/faults"
        answer = self._session.request("DELETE", path)
        if answer.status not in (200, 204):
            raise SandboxError(f"{path} answered {answer.status}: {answer.text[:300]}")

    def requests(self) -> int:
        """How many requests the account has answered so far."""
        return int(self.log()["requests"])

    def log(self) -> Mapping[str, Any]:
        """What the account was asked and answered, in figures."""
        found: Mapping[str, Any] = self._session.request(
            "GET", f"/_sandbox/accounts/{self.account}/log"
        ).json()
        return found

    def _post(self, path: str, body: Mapping[str, Any]) -> Mapping[str, Any]:
        answer = self._session.request("POST", path, body=dict(body))
        if answer.status not in (200, 201):
            raise SandboxError(f"{path} answered {answer.status}: {answer.text[:300]}")
        found: Mapping[str, Any] = answer.json()
        return found
