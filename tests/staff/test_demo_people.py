"""The demo's account manager gets in as everybody of our staff does, and has work to do."""

from __future__ import annotations

from django.test import Client
from django.utils import timezone

from clarity.demo import our_people, tenant
from clarity.web.entry import entry_link
from tenants.services.members import create_tenant


def test_the_manager_gets_in_by_link_and_code_and_has_work(db: None) -> None:
    now = timezone.now()
    demo = create_tenant(name="Demo", owner_email=tenant.OWNER)
    # As after a demo before this one.
    our_people.make(demo, now=now)
    tenant.remove()
    manager = our_people.make(create_tenant(name="Demo", owner_email=tenant.OWNER), now=now)
    client = Client()
    assert client.get(entry_link(manager.user, ""))["Location"] == "/"
    assert client.get("/")["Location"] == "/admin/"
    asked = client.get("/admin/")["Location"]
    assert "/2fa/reauthenticate/" in asked
    assert client.post(asked, {"code": "000000"}).status_code == 200
    assert client.post(asked, {"code": manager.code()})["Location"] == "/admin/"
    page = client.get("/admin/").content.decode()
    assert "Setting up has stood at step 2 of 8 for 3 days" in page
    assert "The trial ends in 5 days." in page
    assert "The API token Reports ends in 5 days." in page
