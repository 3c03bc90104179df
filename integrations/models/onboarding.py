"""How a retailer comes to a pair: the sandboxes, the way through the wizard, and dry runs."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from integrations.models.connection import Connection
from integrations.models.pair import Pair
from tenants.models.scoped import TenantModel


class SandboxPair(TenantModel):
    """A pair of accounts in our own sandboxes.

    `account` is the name both accounts begin with; nobody can guess it. A sandbox keeps its state in
    memory: when it was started anew, the accounts are made again under the next `generation`, and
    `reset_at` says when. `pair` is missing while the sandbox is being made.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    pair = models.OneToOneField(
        Pair, null=True, on_delete=models.CASCADE, related_name="sandbox_pair"
    )
    account = models.CharField(max_length=40)
    generation = models.PositiveIntegerField(default=1, db_default=1)
    began_at = models.DateTimeField()
    made_at = models.DateTimeField(null=True)
    reset_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"sandbox {self.id}"

    @property
    def account_name(self) -> str:
        """What both accounts are called now."""
        return f"{self.account}-{self.generation}"


class Onboarding(TenantModel):
    """One way through the wizard, to one pair of real accounts. It holds no secret.

    `reviewed` keeps by step what a person has looked at, in a form that tells when it is another by
    now: {"mapping": "heartland/retail/order@3f2a"}. `claimed_at`: an account is being connected.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    pos_connector = models.CharField(max_length=40)
    store_connector = models.CharField(max_length=40)
    pos = models.ForeignKey(Connection, null=True, on_delete=models.SET_NULL, related_name="+")
    store = models.ForeignKey(Connection, null=True, on_delete=models.SET_NULL, related_name="+")
    pair = models.OneToOneField(
        Pair, null=True, on_delete=models.CASCADE, related_name="onboarding"
    )
    reviewed = models.JSONField(default=dict, db_default={})
    claimed_at = models.DateTimeField(null=True)
    begun_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+"
    )
    begun_at = models.DateTimeField(db_default=Now())
    finished_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [
            models.Index(
                fields=["tenant", "-begun_at"],
                condition=Q(finished_at__isnull=True),
                name="onboarding_open",
            ),
        ]

    def __str__(self) -> str:
        return f"onboarding {self.id}"


class Introduction(TenantModel):
    """A system that is asked to call us first, for one side of a way through the wizard.

    `base_url`: where the person said it is. `sealed`: what it said of itself, with secrets, sealed
    under the tenant's key; it is dropped once it was traded for credentials (`used_at`). `problem`:
    why its last call was not taken.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    onboarding = models.ForeignKey(
        Onboarding, on_delete=models.CASCADE, related_name="introductions"
    )
    side = models.CharField(max_length=5)
    connector = models.CharField(max_length=40)
    base_url = models.CharField(max_length=500)
    sealed = models.BinaryField(null=True)
    problem = models.CharField(max_length=400, blank=True)
    begun_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+"
    )
    begun_at = models.DateTimeField()
    told_at = models.DateTimeField(null=True)
    used_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["tenant", "onboarding", "side"], name="introduction_of_side_once"
            ),
        ]

    def __str__(self) -> str:
        return f"introduction {self.id}"


class DryRunState(models.TextChoices):
    RUNNING = "running", "Running"
    DONE = "done", "Done"
    FAILED = "failed", "Stopped"


class DryRun(TenantModel):
    """The store's newest orders, read and mapped as the engine would, and written nowhere.

    What was found holds personal data and lies sealed in `payload_id`; the counts stay. `rules` is
    the label of the rules that were tried.
    """

    id = models.BigAutoField(primary_key=True)
    pair = models.ForeignKey(Pair, on_delete=models.CASCADE, related_name="dry_runs")
    state = models.CharField(max_length=7, choices=DryRunState.choices, default=DryRunState.RUNNING)
    rules = models.CharField(max_length=200, blank=True)
    orders = models.PositiveIntegerField(default=0)
    would_arrive = models.PositiveIntegerField(default=0)
    would_stop = models.PositiveIntegerField(default=0)
    left_out = models.PositiveIntegerField(default=0)
    payload_id = models.BigIntegerField(null=True)
    problem = models.CharField(max_length=600, blank=True)
    started_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+"
    )
    started_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [models.Index(fields=["tenant", "pair", "-id"], name="dry_run_of_pair")]

    def __str__(self) -> str:
        return f"dry run of pair {self.pair_id}"
