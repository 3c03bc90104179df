"""One of our staff and an owner who publish the same draft at the same moment, on two connections."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection as database
from django.utils import timezone

from integrations.services import mapping_versions
from integrations.services.mapping_versions import CannotChange
from mappings.models import MappingVersion
from tenants import scope
from tenants.models import AuditEntry, StaffRole, User
from tests.staff.conftest import colleague
from tests.staff.test_engine import drafted
from tests.web.shops import make_shop
from tests.web.test_mapping_rules import flow_of


@pytest.mark.django_db(transaction=True)
def test_one_publishes_and_the_other_is_told_who_was_quicker() -> None:
    shop = make_shop("Harbour Goods")
    person = colleague("ada", StaffRole.ACCOUNT_MANAGER)
    seen = drafted(shop, "note", "One").changed_at
    begin = threading.Barrier(2, timeout=60)

    def publish(by: User) -> str:
        try:
            with scope.tenant(shop.tenant.pk):
                flow = flow_of(shop)
                begin.wait()
                mapping_versions.publish(
                    flow=flow, actor=by, now=timezone.now(), accept_failures=True, seen=seen,
                    running=0,
                )  # fmt: skip
        except CannotChange as error:
            return str(error)
        finally:
            database.close()
        return ""

    with ThreadPoolExecutor(2) as pool:
        said = list(pool.map(publish, (person, shop.owner)))
    quicker, other = (person, 1) if not said[0] else (shop.owner, 0)
    assert said[other] == (
        f"{quicker.email} has published version 1 of these rules meanwhile, so nothing was changed by"
        " you. Look at what runs now first."
    )
    with scope.tenant(shop.tenant.pk):
        made = MappingVersion.objects.get()
        assert (made.number, made.published_by_id) == (1, quicker.pk)
        assert AuditEntry.objects.filter(action="mapping.published").count() == 1
