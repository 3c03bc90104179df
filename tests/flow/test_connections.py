"""What a person may connect, and key rotation while records flow."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.utils import timezone

from integrations.connector_kit.network import TargetRefused
from integrations.models import Connection, Credential, Environment
from integrations.services import connection_state, connections
from integrations.services.connections import BadConnection, NewConnection
from tenants import scope
from tests.flow.conftest import Rig


def wanted(rig: Rig, **changes: object) -> NewConnection:
    values: dict[str, object] = {
        "connector": "heartland",
        "flavour": "retail",
        "name": "Second till",
        "environment": Environment.SANDBOX,
        "base_url": rig.till_account["base_url"],
        "settings": {},
        "credentials": {"token": rig.till_account["credentials"]["token"]},
    }
    return NewConnection(**(values | changes))  # type: ignore[arg-type]


def connect(rig: Rig, new: NewConnection) -> Connection:
    return connections.connect(new, tenant_id=rig.tenant.pk, now=timezone.now())


def nothing_was_stored(rig: Rig) -> bool:
    with scope.tenant(rig.tenant.pk):
        return not Connection.objects.filter(name="Second till").exists()


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"flavour": "classic"}, "flavour"),
        ({"credentials": {}}, "token"),
        ({"credentials": {"token": "x", "pin": "1"}}, "pin"),
        ({"settings": {"who_fulfils": "nobody"}}, "who_fulfils"),
        ({"settings": {"colour": "red"}}, "colour"),
    ],
)
def test_a_wrong_field_is_named_and_nothing_is_stored(
    make_rig: Callable[..., Rig], changes: dict[str, object], field: str
) -> None:
    rig = make_rig()
    with pytest.raises(BadConnection) as caught:
        connect(rig, wanted(rig, **changes))
    assert caught.value.field == field
    assert nothing_was_stored(rig)


def test_a_real_account_may_not_lie_in_a_private_network(make_rig: Callable[..., Rig]) -> None:
    rig = make_rig()
    before = rig.till.requests()
    with pytest.raises(TargetRefused):
        connect(rig, wanted(rig, environment=Environment.PRODUCTION))
    with pytest.raises(TargetRefused):
        connect(
            rig,
            wanted(
                rig, environment=Environment.PRODUCTION, base_url="https://localhost:9/tenants/x"
            ),
        )
    assert rig.till.requests() == before, "nothing was sent there"
    assert nothing_was_stored(rig)


def test_wrong_credentials_are_found_out_before_they_are_stored(
    make_rig: Callable[..., Rig],
) -> None:
    rig = make_rig()
    with pytest.raises(Exception, match="(?i)token|credential|refused"):
        connect(rig, wanted(rig, credentials={"token": "hl_wrong"}))
    assert nothing_was_stored(rig)


def test_keys_rotate_while_orders_flow(make_rig: Callable[..., Rig]) -> None:
    rig = make_rig()
    rig.shop.act("orders", count=2, seed=1)
    rig.until(lambda: bool(rig.items(entity="order")), "orders came in under the first key")
    list(connections.rotate_tenant_keys(str(rig.tenant.pk)))
    rig.shop.act("orders", count=2, seed=2)
    rig.until(lambda: rig.compare().agrees and not rig.waiting(), "both sides agree")
    with scope.tenant(rig.tenant.pk):
        versions = set(Credential.objects.values_list("key_version", flat=True))
    assert versions == {2}
    assert rig.compare().orders_in_heartland == 4


def test_an_account_that_was_disconnected_comes_back_with_its_webhooks(
    make_rig: Callable[..., Rig],
) -> None:
    rig = make_rig(size=1)

    def ours(connection: Connection) -> int:
        found = connection_state.webhooks(connection, public_url=rig.public_url)
        return sum(row.is_ours for row in found or ())

    for connection, account, typed in (
        (rig.pos, rig.till_account, ("token",)),
        (rig.store, rig.shop_account, ("access_token", "client_secret")),
    ):
        registered = ours(connection)
        assert registered > 0
        common = {"public_url": rig.public_url, "actor": None, "now": timezone.now()}
        connection_state.disconnect(tenant_id=rig.tenant.pk, connection_id=connection.pk, **common)
        # What a person can type: nobody knows a secret that we made up.
        keys = {name: account["credentials"][name] for name in typed}
        with scope.tenant(rig.tenant.pk):
            connection.refresh_from_db()
        assert connection_state.reconnect(connection, credentials=keys, **common) == ""
        assert ours(connection) == registered
    with scope.tenant(rig.tenant.pk):
        assert "webhook_secret" in connections.credentials_set(rig.pos)
