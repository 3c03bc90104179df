"""Taking the data of an account along, and erasing it."""

from __future__ import annotations

import io
import json
import zipfile
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from django.db import connection as database
from django.test import Client
from django.utils import timezone

from integrations.connector_kit.registry import get
from integrations.models import (
    Connection,
    DataKey,
    Delivery,
    Environment,
    Erasure,
    Export,
    ExportPart,
    ExportState,
    InboxItem,
    Lane,
    Payload,
)
from integrations.services import connections, erasing, export_files, exporting, removing, retention
from integrations.sync import lanes, slices
from integrations.sync.sessions import load_many, seal
from integrations.webhooks import privacy
from tenants import scope
from tenants.models import AuditEntry, Membership, Role, Tenant, User
from tests.web.shops import Shop, delivered_order, held_order
from tests.web.test_settings_pages import base, member, text

PASSWORD = "a long enough password"


def test_a_privacy_request_finds_the_shop_whoever_else_uses_its_name(
    shop: Shop, other_shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(privacy, "_MOST", 1)
    name = "harbour.myshopify.com"
    made = []
    for number, (tenant, address, settings) in enumerate(
        (
            (other_shop.tenant, "https://elsewhere.example.com", {"shop_domain": name}),
            (shop.tenant, f"https://{name}", {}),
        ),
        start=1,
    ):
        with scope.tenant(tenant.pk):
            made.append(
                Connection.objects.create(
                    id=UUID(int=number),
                    connector="shopify",
                    flavour="admin",
                    name="A shop",
                    environment=Environment.PRODUCTION,
                    base_url=address,
                    settings=settings,
                    state_since=timezone.now(),
                )
            )
    kit = get("shopify")
    assert kit.privacy is not None
    assert privacy._named(kit, kit.privacy, name) == [(shop.tenant.pk, made[1].pk)]


def archive(answer: Any) -> zipfile.ZipFile:
    return zipfile.ZipFile(io.BytesIO(b"".join(answer.streaming_content)))


def rows(found: zipfile.ZipFile, name: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in found.read(name).decode().splitlines()]


@pytest.fixture(autouse=True)
def _small_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    """So that a few rows take several steps."""
    monkeypatch.setattr(export_files, "ROWS", 2)


def test_an_export_holds_everything_but_secrets_and_is_kept_for_a_week(
    page: Client, shop: Shop, other_shop: Shop
) -> None:
    for number in range(5):
        delivered_order(shop, f"#100{number}", there=f"10032{number}")
    delivered_order(other_shop, "#9999", there="7")
    with scope.tenant(shop.tenant.pk):
        connections.store.put(shop.pair.store_id, {"access_token": "shpat_very_secret"})
    page.post(f"{base(shop)}data/export/")
    page.post(f"{base(shop)}data/export/")
    with scope.tenant(shop.tenant.pk):
        export = Export.objects.get()
    assert "Being made" in text(page.get(f"{base(shop)}data/now/"))
    exporting.run_due(timezone.now())
    assert "Ready" in text(page.get(f"{base(shop)}data/"))
    address = f"{base(shop)}data/export/{export.pk}/"
    answer = page.get(address)
    assert answer["Content-Disposition"].startswith('attachment; filename="harbour-goods-')
    found = archive(answer)
    assert found.testzip() is None
    records = rows(found, "records.jsonl")
    assert [one["number"] for one in records] == [f"#100{number}" for number in range(5)]
    assert records[0]["payload"]["total_price"] == "48.60"
    tried = records[0]["deliveries"][0]["tries"][0]
    assert tried["exchanges"][0]["status"] == 201
    assert len(rows(found, "links.jsonl")) == 5
    (token,) = [
        one["credentials_set"]["access_token"]
        for one in rows(found, "connections.jsonl")
        if one["connector"] == "shopify"
    ]
    assert token
    whole = b"".join(found.read(name) for name in found.namelist())
    assert b"shpat_very_secret" not in whole
    assert b"#9999" not in whole
    assert "export.started" in {one["action"] for one in rows(found, "audit.jsonl")}
    with scope.tenant(shop.tenant.pk):
        assert AuditEntry.objects.filter(action="export.downloaded").count() == 1
    assert member(shop, Role.OPERATOR).get(address).status_code == 403
    assert Client().get(address).status_code == 302

    exporting.run_due(timezone.now() + timedelta(days=8))
    with scope.tenant(shop.tenant.pk):
        assert ExportPart.objects.count() == 0
        assert Export.objects.get().state == ExportState.EXPIRED
    assert "This export is not kept any more." in text(page.get(address, follow=True))


def test_an_export_that_is_cut_off_goes_on_where_it_was(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(5):
        delivered_order(shop, f"#100{number}", there=f"10032{number}")
    with scope.tenant(shop.tenant.pk):
        export = exporting.start(actor=shop.owner, now=timezone.now())
    whole, times = exporting.keep, []

    def cut_off(*args: Any, **options: Any) -> None:
        whole(*args, **options)
        times.append(1)
        if len(times) % 3 == 0:
            raise OSError("pulled the plug")

    monkeypatch.setattr(exporting, "keep", cut_off)
    for _ in range(20):
        exporting.run_due(timezone.now())
    with scope.tenant(shop.tenant.pk):
        assert Export.objects.get().state == ExportState.DONE
    pieces = exporting.download(
        tenant_id=shop.tenant.pk, export_id=export.pk, actor=None, now=timezone.now()
    )
    found = zipfile.ZipFile(io.BytesIO(b"".join(pieces)))
    numbers = [one["number"] for one in rows(found, "records.jsonl")]
    assert numbers == [f"#100{number}" for number in range(5)]


# --- erasing -------------------------------------------------------------------------------------


def _owner_with_password(shop: Shop) -> Client:
    shop.owner.set_password(PASSWORD)
    shop.owner.save()
    client = Client()
    client.force_login(shop.owner)
    return client


def test_erasing_asks_for_the_owner_the_name_and_the_password(shop: Shop) -> None:
    address = f"{base(shop)}data/erase/"
    assert member(shop, Role.ADMIN).post(address, {"name": shop.tenant.name}).status_code == 403
    owner = _owner_with_password(shop)
    wrong = owner.post(address, {"name": shop.tenant.name, "password": "guess"})
    assert (wrong.status_code, "This is not your password." in text(wrong)) == (400, True)
    wrong = owner.post(address, {"name": "Harbour", "password": PASSWORD})
    assert "That is not the name of your business." in text(wrong)
    for _ in range(5):
        owner.post(address, {"name": shop.tenant.name, "password": "guess"})
    locked = owner.post(address, {"name": shop.tenant.name, "password": PASSWORD})
    assert "Too many wrong passwords." in text(locked)
    assert Erasure.objects.count() == 0


def test_someone_without_a_password_has_to_have_signed_in_just_now(shop: Shop) -> None:
    client = Client()
    client.force_login(shop.owner)
    shop.owner.set_unusable_password()
    shop.owner.last_login = timezone.now() - timedelta(hours=1)
    shop.owner.save()
    client.force_login(shop.owner)
    User.objects.update(last_login=timezone.now() - timedelta(hours=1))
    form = {"name": shop.tenant.name}
    assert "Sign out and in again" in text(client.post(f"{base(shop)}data/erase/", form))
    User.objects.update(last_login=timezone.now())
    assert client.post(f"{base(shop)}data/erase/", form).status_code == 302


def test_an_erased_account_is_unreadable_at_once_and_then_gone(
    shop: Shop, other_shop: Shop
) -> None:
    delivered_order(shop, "#1001", there="100321")
    held_order(shop, "#1002")
    delivered_order(other_shop, "#9999", there="7")
    tenant_id = shop.tenant.pk
    with scope.tenant(tenant_id):
        connections.store.put(shop.pair.store_id, {"access_token": "shpat_very_secret"})
        ids = list(Payload.objects.values_list("pk", flat=True))
        assert len(load_many(ids)) == len(ids) > 0
        lease = lanes.acquire(
            tenant_id=tenant_id,
            connection_id=shop.pair.store_id,
            holder="worker",
            now=timezone.now(),
        )
    assert lease is not None
    owner = _owner_with_password(shop)
    form = {"name": " harbour  goods ", "password": PASSWORD}
    answer = owner.post(f"{base(shop)}data/erase/", form)
    receipt = answer["Location"]
    connections.keyring.cache.clear()

    # From here on: nothing can be read, sealed, worked or looked at.
    with scope.tenant(tenant_id):
        assert load_many(ids) == {}
        # The credentials are kept for a moment, to take the webhooks away.
        assert connections.store.get_all(shop.pair.store_id) == {
            "access_token": "shpat_very_secret"
        }
        with pytest.raises(lanes.LeaseLost):
            lanes.check(lease)
    assert not slices.run(tenant_id=tenant_id, connection_id=shop.pair.store_id)
    assert owner.get(shop.live)["Location"] == receipt
    assert owner.post(f"{base(shop)}data/erase/", form)["Location"] == receipt
    assert "is being erased" in text(Client().get(receipt))

    now = timezone.now()
    erasing.run_due(now)
    assert "is being erased" in text(Client().get(receipt))
    with scope.tenant(tenant_id):
        assert (InboxItem.objects.count(), DataKey.objects.count()) == (0, 0)
        with pytest.raises(connections.VaultError, match="is being erased"):
            seal(tenant_id, "late", {"name": "somebody"})
    erasing.run_due(now + timedelta(minutes=2))
    done = text(Client().get(receipt))
    assert "Harbour Goods is erased" in done
    assert "At Store till they could not be taken away" in done
    with scope.door("look"):
        assert not Tenant.objects.filter(pk=tenant_id).exists()
        assert not Membership.objects.filter(tenant_id=tenant_id).exists()
        assert Delivery.objects.filter(tenant_id=other_shop.tenant.pk).count() == 1
        said = AuditEntry.objects.filter(tenant_id=tenant_id).values_list("action", flat=True)
        assert {"account.erasure_started", "account.erased"} <= set(said)
    assert owner.get(shop.live).status_code == 404
    erasure = Erasure.objects.get()
    assert erasure.counts["integrations_inboxitem"] == 2
    erasing.run_due(now + timedelta(minutes=3))
    assert Erasure.objects.get().finished_at == erasure.finished_at
    with scope.tenant(other_shop.tenant.pk):
        theirs = list(Payload.objects.values_list("pk", flat=True))
        assert len(load_many(theirs)) == len(theirs) > 0


def test_an_erasure_goes_on_after_a_kill_between_any_two_steps(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(4):
        delivered_order(shop, f"#100{number}", there=f"10032{number}")
    begun = timezone.now()
    erasing.begin(tenant_id=shop.tenant.pk, typed_name="Harbour Goods", actor=shop.owner, now=begun)
    monkeypatch.setattr(erasing, "take_webhooks_away", lambda *_, **__: "")
    monkeypatch.setattr(removing, "BATCH", 3)
    turns = 0
    while (erasure := Erasure.objects.filter(finished_at=None).first()) and turns < 200:
        # A turn whose time is up before it begins takes one step, as if it were killed after it.
        erasing._advance(erasure, until=0.0, now=begun + timedelta(minutes=2))
        turns += 1
    with scope.door("look"), database.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM integrations_payload WHERE tenant_id = %s", [shop.tenant.pk])  # fmt: skip
        assert cursor.fetchone() == (0,)
    assert 8 < turns < 200
    assert Erasure.objects.get().counts["integrations_inboxitem"] == 4


def test_a_new_connection_of_an_erased_account_is_not_made(shop: Shop) -> None:
    erasing.begin(
        tenant_id=shop.tenant.pk,
        typed_name="Harbour Goods",
        actor=shop.owner,
        now=timezone.now(),
    )
    with scope.tenant(shop.tenant.pk):
        assert not Lane.objects.filter(due_at__isnull=False).exists()
        assert set(Connection.objects.values_list("state", flat=True)) == {"paused"}
    retention.run(timezone.now())
