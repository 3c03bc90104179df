"""The shipped rules of every release that was ever used here, by digest."""

from __future__ import annotations

from django.db import models


class PresetText(models.Model):
    """The rows of one shipped preset.

    It comes with the program and is the same for everybody, so it is kept once for all tenants and
    holds nothing of any of them. Without it nobody could say, after an update, by which rule an old
    delivery was made.
    """

    digest = models.CharField(max_length=12)
    name = models.CharField(max_length=60)
    rows = models.JSONField()
    seen_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["name", "digest"], name="preset_text_once")]

    def __str__(self) -> str:
        return f"{self.name}@{self.digest}"
