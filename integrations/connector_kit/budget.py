"""The rate budget of one account, as the engine sees it: kept when a client is closed."""

from __future__ import annotations

from integrations.connector_kit.pace import Learned, Pacer


class Budget:
    """Stands between the engine, which remembers, and the pacer of the client that is open."""

    def __init__(self, known: Learned | None = None, *, age: float = 0.0) -> None:
        """`known`: what was learnt `age` seconds ago, perhaps by another process."""
        self._known = known
        self._age = age
        self._pacer: Pacer | None = None

    def attach(self, pacer: Pacer) -> None:
        """From now on this pacer keeps the rate; it starts from what is known."""
        if self._known is not None:
            pacer.begin_with(self._known, age=self._age)
        self._pacer = pacer

    def take_over(self, other: Budget) -> None:
        """Goes on from what another budget of the same account knows."""
        self._known, self._age = other._known, other._age
        if self._pacer is not None and self._known is not None:
            self._pacer.begin_with(self._known, age=self._age)

    def delay(self) -> float:
        """Seconds until a call may leave; 0 while no client is open."""
        return self._pacer.delay() if self._pacer else 0.0

    def learned(self) -> Learned | None:
        """What is known now, None while nothing is."""
        return (self._pacer.learned() if self._pacer else None) or self._known
