"""An account manager of ours for the demo, with accounts that need somebody.

They sign in by an entry link and a second step, as everywhere: the terminal that runs the demo shows
the code an authenticator app would. The secret is made anew by each demo and told nowhere else.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import uuid4

from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal import auth
from django.utils import timezone

from clarity.demo import pairing
from clarity.demo.pairing import Paired, Side
from integrations.services import connection_state, onboarding, troubles
from tenants import scope
from tenants.billing.services import pairs as billed_pairs
from tenants.billing.services import trial_granting
from tenants.models import Membership, Role, StaffRole, Tenant, User
from tenants.services import api_tokens, people, staff
from tenants.services.members import create_tenant

MANAGER = "manager@demo.example"
STUCK = "Lakeside Books"
# Orders that wait at the paused till of the stuck account.
WAITING = 3


@dataclass(frozen=True)
class Manager:
    """Who signs in, and the secret of their second step."""

    user: User
    secret: str

    def code(self) -> str:
        """What their authenticator app shows at this moment."""
        period = auth.app_settings.TOTP_PERIOD
        counter = int(timezone.now().timestamp()) // period
        return str(auth.format_hotp_value(auth.hotp_value(self.secret, counter)))


def make(demo: Tenant, *, now: datetime) -> Manager:
    """The account manager, who looks after the demo's account and after some in trouble."""
    user = people.known(MANAGER) or people.create_person(email=MANAGER, name="Demo manager")
    staff.appoint(user=user, role=StaffRole.ACCOUNT_MANAGER, actor=None)
    secret = auth.generate_totp_secret()
    Authenticator.objects.filter(user=user).delete()
    auth.TOTP.activate(user, secret)
    for tenant in (demo, _setting_up(now), _in_trial(now)):
        _look_after(tenant, user, now=now)
    return Manager(user, secret)


def make_stuck(manager: Manager, demo: Paired, *, urls: dict[str, str], public_url: str) -> None:
    """One more pair of the same systems, whose till was paused and then forgotten."""
    tenant = _account(STUCK)
    now = timezone.now()
    till, shop = demo.pos.connector, demo.store.connector
    pair = pairing.open_pair(
        tenant,
        "lakeside",
        till=Side(till, urls[till], "Lakeside till"),
        shop=Side(shop, urls[shop], "Lakeside shop", options=pairing.patient(shop)),
        public_url=public_url,
    )
    with scope.tenant(tenant.pk):
        owner = Membership.objects.select_related("user").get(role=Role.OWNER)
        connection_state.pause(connection_id=pair.pos.pk, actor=owner.user, now=now)
    pair.shop.act("orders", count=WAITING, seed=1)
    _look_after(tenant, manager.user, now=now)


def _setting_up(now: datetime) -> Tenant:
    """Stands at its second step for three days; an API token ends on Thursday, so to speak."""
    tenant = _account("Harbour Goods")
    with scope.tenant(tenant.pk):
        owner = Membership.objects.select_related("user").get(role=Role.OWNER)
        onboarding.begin(
            pos=pairing.POS, store=pairing.STORE, actor=owner.user, now=now - timedelta(days=3)
        )
        api_tokens.create(
            token_id=uuid4(),
            name="Reports",
            scopes=["records:read"],
            days=30,
            by=owner,
            now=now - timedelta(days=25),
        )
    return tenant


def _in_trial(now: datetime) -> Tenant:
    """Went live nine days ago, in a trial of fourteen."""
    tenant, began = _account("Northgate Toys"), now - timedelta(days=9)
    with scope.tenant(tenant.pk):
        owner = Membership.objects.select_related("user").get(role=Role.OWNER)
        trial_granting.grant_trial(days=14, reason="Asked at the fair", actor=None, now=began)
        billed_pairs.went_live(
            pair_id=uuid4(),
            pair_name="Till and web shop",
            agreed=billed_pairs.quote(now=began).agreed,
            actor=owner.user,
            now=began,
        )
    return tenant


def _account(name: str) -> Tenant:
    """Removed with the demo's own when another demo begins."""
    local = name.lower().replace(" ", "-")
    tenant = create_tenant(name=name, owner_email=f"{local}@demo.example")
    with scope.tenant(tenant.pk):
        tenant.settings["is_demo"] = True
        tenant.save(update_fields=["settings"])
    return tenant


def _look_after(tenant: Tenant, user: User, *, now: datetime) -> None:
    staff.assign(tenant_id=tenant.pk, staff=user, actor=None)
    with scope.tenant(tenant.pk):
        troubles.look(now=now)
