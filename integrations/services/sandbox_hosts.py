"""The sandbox processes of this installation, spoken to over their control API.

Where they answer is a setting; a person never names such an address.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from django.conf import settings

from integrations.connector_kit.base import Account
from integrations.connector_kit.errors import ConnectorError
from integrations.connector_kit.http import Answer, Session
from integrations.connector_kit.registry import connectors

_ACCOUNTS = "/_sandbox/accounts"


class SandboxAway(RuntimeError):
    """The sandbox cannot be used just now; the message says why."""


@dataclass(frozen=True)
class Host:
    """The sandbox process of one connector."""

    connector: str
    url: str

    def open_account(self, name: str, **options: Any) -> Mapping[str, Any]:
        """Makes the account, or finds it: {"base_url", "credentials", "settings"}."""
        return self._good(self._ask("POST", _ACCOUNTS, {"name": name, **options}))

    def names(self) -> frozenset[str]:
        """Every account it knows of."""
        rows = self._good(self._ask("GET", _ACCOUNTS))["accounts"]
        return frozenset(str(row if isinstance(row, str) else row["name"]) for row in rows)

    def act(self, name: str, what: str, **body: Any) -> Mapping[str, Any] | None:
        """POST .../<name>/<what>, what a buyer or a cashier does; None: it does not know the
        account any more. Raises SandboxAway with its words when it refuses."""
        answer = self._ask("POST", f"{_ACCOUNTS}/{quote(name)}/{what}", body)
        return None if answer.status == 404 else self._good(answer)

    def drop(self, name: str) -> None:
        """Lets go of the account; one that is not there is as good as gone."""
        self._ask("DELETE", f"{_ACCOUNTS}/{quote(name)}")

    def _ask(self, method: str, path: str, body: Mapping[str, Any] | None = None) -> Answer:
        account = Account(
            id="sandbox",
            base_url=self.url,
            flavour="",
            settings={},
            credentials={},
            private_network=True,
        )
        label = connectors()[self.connector].manifest.label
        try:
            with closing(Session(account, read_timeout=10)) as session:
                return session.request(method, path, body=None if body is None else dict(body))
        except ConnectorError:
            raise SandboxAway(
                f"The {label} sandbox does not answer just now. Try again in a minute; if it stays"
                " so, tell whoever runs this installation."
            ) from None

    def _good(self, answer: Answer) -> Mapping[str, Any]:
        found = answer.json() if answer.text else {}
        if answer.status in (200, 201) and isinstance(found, Mapping):
            return found
        said = str(found.get("error") or found.get("refused") or "") if found else ""
        raise SandboxAway(
            f"The sandbox did not do it: {said or f'it answered {answer.status}'}."
        ) from None


def hosts() -> Mapping[str, Host]:
    """Every connector that has a sandbox here."""
    return {
        name: Host(name, settings.CLARITY_SANDBOXES[name])
        for name, connector in connectors().items()
        if connector.sandbox and name in settings.CLARITY_SANDBOXES
    }


def host_of(connector: str) -> Host:
    """Raises SandboxAway when this installation has no sandbox of it."""
    found = hosts().get(connector)
    if found is None:
        raise SandboxAway(
            "This installation hosts no such sandbox. Whoever runs it can switch sandboxes on with"
            " the setting CLARITY_SANDBOXES."
        )
    return found
