"""Who may ask for what: tokens, sessions, roles, scopes, other tenants."""

from __future__ import annotations

import json
import logging
import uuid
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from clarity.api.schema import document
from tenants import api_scopes, scope
from tenants.models import ApiToken, AuditEntry, Membership, Role, User
from tenants.services import api_tokens
from tests.api.world import Program, World, make_world, problem, token_of
from tests.web.shops import Shop, make_shop


@pytest.fixture
def shop(db: None) -> Shop:
    return make_shop("Harbour Goods")


def member(shop: Shop, role: Role) -> Membership:
    user = User.objects.create_user(f"{role.value}@example.com")
    with scope.tenant(shop.tenant.pk):
        made: Membership = Membership.objects.create(user=user, role=role)
    return made


def test_a_token_says_whose_it_is_and_only_its_hash_is_kept(shop: Shop) -> None:
    text = token_of(shop, "pairs:read", "records:read")
    found = json.loads(Program(text).get("tenant").content)
    assert found["slug"] == shop.tenant.slug
    assert (found["role"], found["scopes"]) == ("owner", ["pairs:read", "records:read"])
    secret = text.split("_", 3)[3]
    with scope.tenant(shop.tenant.pk):
        (row,) = ApiToken.objects.values()
        assert secret not in str(row)
        assert row["last_used_at"] is not None
        kept = str(list(AuditEntry.objects.values()))
    assert row["prefix"] in kept
    assert secret not in kept


@pytest.mark.parametrize(
    "spoil",
    [
        lambda text: "",
        lambda text: "Bearer",
        lambda text: f"Basic {text}",
        lambda text: f"Bearer {text[:-1]}{'A' if text[-1] != 'A' else 'B'}",
        lambda text: f"Bearer {text.replace(text[4:36], uuid.uuid4().hex)}",
        lambda text: "Bearer clr_x",
    ],
    ids=["none", "empty", "basic", "other secret", "other tenant", "no token"],
)
def test_what_is_no_token_opens_nothing(shop: Shop, spoil: Any) -> None:
    header = spoil(token_of(shop))
    found = Program("").ask("get", "pairs", **({"Authorization": header} if header else {}))
    problem(found, 401)
    assert found["WWW-Authenticate"].startswith("Bearer")
    assert b"Harbour" not in found.content


def test_a_revoked_or_expired_token_opens_nothing(shop: Shop) -> None:
    text = token_of(shop)
    with scope.tenant(shop.tenant.pk):
        token = ApiToken.objects.get()
        ApiToken.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    assert "expired" in problem(Program(text).get("pairs"), 401)["detail"]
    with scope.tenant(shop.tenant.pk):
        assert api_tokens.revoke(token=token, actor=shop.owner, now=timezone.now())
        assert not api_tokens.revoke(token=token, actor=shop.owner, now=timezone.now())
    assert "revoked" in problem(Program(text).get("pairs"), 401)["detail"]


def test_a_token_never_does_more_than_its_maker_may_now(shop: Shop) -> None:
    maker = member(shop, Role.ADMIN)
    program = Program(token_of(shop, by=maker))
    pause = f"pairs/{shop.pair.pk}/pause"
    assert program.ask("post", pause).status_code == 200
    with scope.tenant(shop.tenant.pk):
        Membership.objects.filter(pk=maker.pk).update(role=Role.VIEWER)
    assert "pairs:write" in problem(program.ask("post", pause), 403)["detail"]
    assert program.get("pairs").status_code == 200
    User.objects.filter(pk=maker.user_id).update(is_active=False)
    problem(program.get("pairs"), 401)
    User.objects.filter(pk=maker.user_id).update(is_active=True)
    with scope.tenant(shop.tenant.pk):
        Membership.objects.filter(pk=maker.pk).delete()
    assert "has left" in problem(program.get("pairs"), 401)["detail"]


def test_nobody_gives_a_token_more_than_they_may_themselves(shop: Shop) -> None:
    viewer = member(shop, Role.VIEWER)
    with pytest.raises(api_tokens.BadToken, match="pairs:write"):
        token_of(shop, "pairs:read", "pairs:write", by=viewer)
    with pytest.raises(api_tokens.BadToken, match="no scope"):
        token_of(shop, "pairs:eat")
    for days in (0, 366):
        with pytest.raises(api_tokens.BadToken, match="365"):
            token_of(shop, days=days)
    with scope.tenant(shop.tenant.pk):
        assert not ApiToken.objects.exists()


def test_every_operation_wants_its_own_scope(world: World) -> None:
    operations = [
        (path, method, one["x-scope"])
        for path, methods in document()["paths"].items()
        for method, one in methods.items()
        if "x-scope" in one
    ]
    assert {scope_name for _, _, scope_name in operations} == api_scopes.NAMES
    for scope_name in sorted(api_scopes.NAMES):
        other = "audit:read" if scope_name != "audit:read" else "pairs:read"
        program = Program(token_of(world.shop, other))
        for path, method, wanted in operations:
            if wanted == scope_name:
                found = problem(program.ask(method, world.address(path)), 403)
                assert wanted in found["detail"]


def test_what_belongs_to_another_tenant_is_not_there(world: World) -> None:
    other = make_world("Other Retailer")
    program = Program(other.token)
    bodies = {"patch": {}, "post": {}}
    checked = 0
    for path, methods in document()["paths"].items():
        if "{" not in path:
            continue
        for method, one in methods.items():
            content = one.get("requestBody", {}).get("content", {}).get("application/json", {})
            example = next(
                iter(content.get("examples", {}).values()), {"value": bodies.get(method)}
            )
            body = example["value"] if content else None
            problem(program.ask(method, world.address(path), body), 404)
            checked += 1
    assert checked > 30
    for name in ("pairs", "connections", "flows", "records", "incidents", "audit", "members"):
        ours, theirs = (
            {row.get("id") or row["user"] for row in json.loads(one.get(name).content)["items"]}
            for one in (Program(world.token), program)
        )
        assert ours
        assert theirs
        assert not ours & theirs


def test_a_token_in_an_address_is_refused_and_never_logged(
    shop: Shop, caplog: pytest.LogCaptureFixture
) -> None:
    text = token_of(shop)
    with caplog.at_level(logging.DEBUG):
        for name in ("token", "access_token", "anything"):
            found = Program("").get("pairs", **{name: text})
            assert "must not stand in an address" in problem(found, 400)["detail"]
            problem(Program(text).get("pairs", **{name: text}), 400)
        assert Program(text).ask("post", f"pairs/{shop.pair.pk}/pause").status_code == 200
    assert text.split("_", 3)[3] not in caplog.text
    assert "by token" in caplog.text


def test_a_session_says_its_tenant_and_needs_the_csrf_token(shop: Shop) -> None:
    make_shop("Other Retailer")
    client = Client(enforce_csrf_checks=True)
    client.force_login(shop.owner)
    assert "Clarity-Tenant" in problem(client.get("/api/v1/pairs"), 400)["detail"]
    mine = {"Clarity-Tenant": shop.tenant.slug}
    assert client.get("/api/v1/pairs", headers=mine).status_code == 200
    theirs = {"Clarity-Tenant": "other-retailer"}
    problem(client.get("/api/v1/pairs", headers=theirs), 404)
    pause = f"/api/v1/pairs/{shop.pair.pk}/pause"
    post: dict[str, Any] = {"path": pause, "data": {}, "content_type": "application/json"}
    problem(client.post(**post, headers=mine), 403)
    client.cookies["csrftoken"] = "a" * 32
    answer = client.post(**post, headers={**mine, "X-CSRFToken": "a" * 32})
    assert answer.status_code == 200, answer.content


def test_a_viewer_in_a_session_only_looks(shop: Shop) -> None:
    client = Client()
    client.force_login(member(shop, Role.VIEWER).user)
    mine = {"Clarity-Tenant": shop.tenant.slug}
    assert client.get("/api/v1/incidents", headers=mine).status_code == 200
    problem(client.post(f"/api/v1/pairs/{shop.pair.pk}/pause", headers=mine), 403)
