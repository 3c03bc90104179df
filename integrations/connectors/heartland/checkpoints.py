"""What one attempt has done so far, kept so that the next one goes on from there."""

from __future__ import annotations

from dataclasses import dataclass, field

from integrations.connector_kit.base import Outgoing, Save


@dataclass(kw_only=True)
class Checkpoints:
    """`steps` is what earlier attempts saved and this one adds."""

    save: Save
    steps: dict[str, str] = field(default_factory=dict)

    def keep(self, step: str, value: str) -> str:
        """Saves a checkpoint once."""
        if self.steps.get(step) != value:
            self.save(step, value)
            self.steps[step] = value
        return value


def steps_of(outgoing: Outgoing) -> dict[str, str]:
    """What earlier attempts saved."""
    return {step: str(value) for step, value in outgoing.progress.items()}
