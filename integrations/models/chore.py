"""Chores of the platform: what is due when, and how it went. No tenant's data."""

from __future__ import annotations

from django.db import models


class Chore(models.Model):
    """When one chore is due, who does it now, and how it went last.

    `token` fences: it grows with each new holder, so that one that was given up for dead cannot
    report over the one that took its place.
    """

    name = models.CharField(max_length=40, primary_key=True)
    due_at = models.DateTimeField()
    hinted_at = models.DateTimeField(null=True)
    held_until = models.DateTimeField(null=True)
    token = models.BigIntegerField(default=0)
    started_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)
    failures = models.PositiveIntegerField(default=0)
    problem = models.CharField(max_length=400, blank=True)

    def __str__(self) -> str:
        return self.name
