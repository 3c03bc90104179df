"""Articles that a person links by hand."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.utils import timezone

from integrations.models import Link
from integrations.services.product_links import BadLink, link_product
from mappings.canonical.record import Entity
from tenants import scope
from tests.flow.conftest import Rig


def test_a_link_says_what_is_wrong_with_it(make_rig: Callable[..., Rig]) -> None:
    rig = make_rig(size=1)
    now = timezone.now()
    with scope.tenant(rig.tenant.pk):
        for keys, field in (
            ({"store_key": " ", "pos_key": "1"}, "store_key"),
            ({"store_key": "1", "pos_key": ""}, "pos_key"),
            ({"store_key": "1", "pos_key": "9" * 192}, "pos_key"),
        ):
            with pytest.raises(BadLink) as wrong:
                link_product(rig.pair, **keys, now=now)
            assert wrong.value.field == field
        products = Link.objects.filter(pair=rig.pair, entity=Entity.PRODUCT)
        assert not products.exists()

        link_product(rig.pair, store_key=" 501 ", pos_key="77", now=now)
        link_product(rig.pair, store_key="501", pos_key="77", now=now)
        assert list(products.values_list("store_key", "pos_key")) == [("501", "77")]
        with pytest.raises(BadLink, match="Item 77 is linked to article 501"):
            link_product(rig.pair, store_key="502", pos_key="77", now=now)
        for item in ("77", "78", "79"):
            Link.objects.create(
                pair=rig.pair,
                entity=Entity.INVENTORY,
                pos_key=item,
                store_key=f"gid://shopify/InventoryItem/{item}",
                updated_at=now,
            )
        link_product(rig.pair, store_key="501", pos_key="78", now=now)
        stock = Link.objects.filter(pair=rig.pair, entity=Entity.INVENTORY)
        assert list(stock.values_list("pos_key", flat=True)) == ["79"]
        assert list(products.values_list("store_key", "pos_key")) == [("501", "78")]
