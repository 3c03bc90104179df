"""The accounts of one sandbox process, by name."""

from __future__ import annotations

import threading
from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Any, Generic, Protocol, TypeVar

from werkzeug.exceptions import NotFound

from integrations.connector_kit.sandbox.faults import Faults
from integrations.connector_kit.sandbox.journal import Journal


class Chosen(Protocol):
    """The settings of an account."""

    @property
    def name(self) -> str: ...


class Account(Protocol):
    """What the control API asks of every account. A closed one sends no more webhooks."""

    is_closed: bool

    @property
    def name(self) -> str: ...

    @property
    def faults(self) -> Faults: ...

    @property
    def journal(self) -> Journal: ...

    def connection_details(self) -> dict[str, Any]: ...


AccountT = TypeVar("AccountT", bound=Account)
ChosenT = TypeVar("ChosenT", bound=Chosen)


class Accounts(ABC, Generic[AccountT, ChosenT]):
    """Safe for threads. `seed`: of accounts that name none."""

    def __init__(self, public_url: str, seed: str) -> None:
        self.public_url = public_url.rstrip("/")
        self.seed = seed
        self._lock = threading.Lock()
        self._accounts: dict[str, AccountT] = {}

    @abstractmethod
    def chosen(self, body: Mapping[str, Any]) -> ChosenT:
        """The settings in a request for an account. Raises BadRequest."""

    @abstractmethod
    def opened(self, chosen: ChosenT) -> AccountT:
        """A new account, filled."""

    def all(self) -> list[AccountT]:
        with self._lock:
            return list(self._accounts.values())

    def find(self, name: str) -> AccountT | None:
        with self._lock:
            return self._accounts.get(name)

    def get(self, name: str) -> AccountT:
        """Raises NotFound."""
        found = self.find(name)
        if found is None:
            raise NotFound(f"no sandbox account is called {name}")
        return found

    def create(self, body: Mapping[str, Any]) -> AccountT:
        """The account of that name, made when it does not exist yet. Raises BadRequest."""
        chosen = self.chosen(body)
        with self._lock:
            known = self._accounts.get(chosen.name)
            if known is not None:
                return known
            made = self._accounts[chosen.name] = self.opened(chosen)
            return made

    def delete(self, name: str) -> None:
        """Raises NotFound."""
        self.get(name).is_closed = True
        with self._lock:
            self._accounts.pop(name, None)
