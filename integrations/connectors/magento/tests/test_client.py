"""Addresses, refusals in plain words, paging and its limits."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from email.utils import format_datetime
from typing import Any

import pytest

from integrations.connector_kit.errors import NeedsOwner, Rejected, TryLater
from integrations.connector_kit.testing import Asked, Reply, assert_status_contract
from integrations.connectors.magento.answers import NoRoute, NotFound, PageTooLarge, TooManyItems
from integrations.connectors.magento.connector import CONNECTOR
from integrations.connectors.magento.criteria import Criteria, where
from integrations.connectors.magento.tests.small_store import (
    BEARER,
    SIGNED,
    client,
    found,
    small_store,
)

ORDER = "GET /V1/orders/1"


def test_each_way_to_fail_is_the_right_error() -> None:
    assert_status_contract(
        CONNECTOR.open, lambda opened: opened.get("orders/1"), account={"credentials": SIGNED}
    )


@pytest.mark.parametrize("folder", ["", "/sub", "/sub/index.php"])
def test_address_keeps_folder_and_names_the_store_view(folder: str) -> None:
    with small_store({ORDER: {"grand_total": Decimal("12.50")}}) as store:
        opened = client(store, base_url=store.url + folder + "/rest", settings={"store_view": "de"})
        assert opened.get("orders/1") == {"grand_total": Decimal("12.50")}
    assert store.asked[0].path == f"{folder}/rest/de/V1/orders/1"


def test_global_write_names_all_and_the_queue_has_its_prefix() -> None:
    with small_store({"POST /V1/products": {}, "POST /V1/inventory/source-items": {}}) as store:
        opened = client(store)
        opened.post("products", {"product": {}}, store="all")
        opened.post_async("bulk/inventory/source-items", [{"sourceItems": []}])
    assert [asked.path for asked in store.asked] == [
        "/rest/all/V1/products",
        "/rest/default/async/bulk/V1/inventory/source-items",
    ]


def test_sku_goes_into_the_address_escaped() -> None:
    with small_store({"GET /V1/products/A B+C": {"sku": "A B+C"}}) as store:
        opened = client(store)
        assert opened.get(f"products/{opened.sku_path('A B+C')}")["sku"] == "A B+C"
        assert opened.sku_path("A B/C+D") == "A%20B%2FC%2BD"
        assert opened.fits_path("A B+C")
        assert not [sku for sku in ("A/B", "A\\B", "..") if opened.fits_path(sku)]


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (
            {"message": 'Unable to find "%1" in %10.', "parameters": ["50%2", *"23456789", "here"]},
            'Unable to find "50%2" in here.',
        ),
        (
            {
                "message": "No such entity with %fieldName = %fieldValue",
                "parameters": {"fieldName": "id", "fieldValue": 9},
            },
            "No such entity with id = 9",
        ),
        (
            {
                "message": "Invalid",
                "errors": [{"message": '"%1" is required', "parameters": ["sku"]}],
            },
            'Invalid "sku" is required',
        ),
        ({"messages": {"error": [{"code": 500, "message": "Fatal"}]}}, "Fatal"),
    ],
)
def test_message_is_filled_in(body: Any, words: str) -> None:
    with small_store({ORDER: (400, body)}) as store, pytest.raises(Rejected) as caught:
        client(store).get("orders/1", about="number")
    assert (caught.value.said, caught.value.field) == (words, "number")
    assert words in caught.value.message


def test_record_that_is_gone_differs_from_a_missing_route() -> None:
    gone = (404, {"message": "The entity that was requested doesn't exist. Verify and try again."})
    with small_store({ORDER: gone}) as store:
        opened = client(store)
        with pytest.raises(NotFound) as caught:
            opened.get("orders/1")
        assert not isinstance(caught.value, NoRoute)
        with pytest.raises(NoRoute):
            opened.get("giftcardaccounts/1")


def test_page_in_place_of_a_refusal_is_tried_again() -> None:
    page = Reply(404, body=b"<html>Not found</html>", headers={"Content-Type": "text/html"})
    with small_store({ORDER: page}) as store, pytest.raises(TryLater, match="index.php"):
        client(store).get("orders/1")


FORBIDDEN = (
    401,
    {
        "message": "The consumer isn't authorized to access %resources.",
        "parameters": {"resources": "Magento_Sales::actions_view"},
    },
)


def test_missing_permission_is_named_verbatim() -> None:
    with small_store({ORDER: FORBIDDEN}) as store, pytest.raises(NeedsOwner) as caught:
        client(store).get("orders/1")
    assert "Magento_Sales::actions_view" in caught.value.message
    assert "Bearer" not in caught.value.message


def test_bearer_is_told_of_both_causes() -> None:
    with small_store({ORDER: FORBIDDEN}) as store, pytest.raises(NeedsOwner) as caught:
        client(store, credentials=BEARER).get("orders/1")
    assert "Magento_Sales::actions_view" in caught.value.message
    assert "standalone Bearer tokens" in caught.value.message


@pytest.mark.parametrize(
    ("status", "words", "error", "said"),
    [
        (401, "The signature is invalid. Verify and try again.", NeedsOwner, "proxy"),
        (400, "oauth_problem=signature_method_rejected", NeedsOwner, "signature"),
        (401, "The nonce is already being used by the consumer with ID 1.", TryLater, "twice"),
        (401, "A consumer having the specified key does not exist.", NeedsOwner, "four values"),
    ],
)
def test_refused_signature_says_what_to_do(
    status: int, words: str, error: type[Exception], said: str
) -> None:
    answers = {ORDER: (status, {"message": words})}
    with small_store(answers) as store, pytest.raises(error, match=said):
        client(store).get("orders/1")


TOO_EARLY = (
    400,
    {"message": "The timestamp value in the oauth_timestamp parameter is invalid."},
)


def test_refused_time_names_the_clock() -> None:
    there = format_datetime(datetime.now(UTC) - timedelta(seconds=1200), usegmt=True)
    with small_store({ORDER: TOO_EARLY}) as store:
        store.headers["Date"] = there
        with pytest.raises(NeedsOwner, match=r"1[12]\d\d seconds behind ours"):
            client(store).get("orders/1")
    assert len(store.asked) == 2


def test_clock_that_is_far_off_is_signed_by() -> None:
    """Refused once, then dated as the shop has it; where the clocks agree nothing is repeated."""
    behind = timedelta(seconds=1800)

    def answering(asked: Asked) -> Any:
        signed = int(asked.headers["authorization"].partition('timestamp="')[2].partition('"')[0])
        there = (datetime.now(UTC) - behind).timestamp()
        return {"entity_id": 1} if signed < there + 600 else TOO_EARLY

    with small_store({ORDER: answering}) as store:
        store.headers["Date"] = format_datetime(datetime.now(UTC) - behind, usegmt=True)
        opened = client(store)
        assert [opened.get("orders/1")["entity_id"] for _ in range(2)] == [1, 1]
        assert len(store.asked) == 3
    with small_store({ORDER: TOO_EARLY}) as store, pytest.raises(NeedsOwner, match="agree"):
        client(store).get("orders/1")
    assert len(store.asked) == 1


def test_firewall_that_dislikes_one_record_stops_that_record_only() -> None:
    page = Reply(403, body=b"<html>Blocked</html>", headers={"Content-Type": "text/html"})
    with small_store({ORDER: page, "POST /V1/products": page}) as store:
        opened = client(store)
        with pytest.raises(Rejected, match="took offence") as caught:
            opened.post("products", {"product": {}}, about="description")
        assert caught.value.field == "description"
        with pytest.raises(NeedsOwner, match="firewall"):
            opened.get("orders/1")


def test_product_called_signature_is_only_a_refused_record() -> None:
    body = {"message": 'The product "Signature Tee" is not valid.'}
    with small_store({ORDER: (400, body)}) as store, pytest.raises(Rejected, match="Signature Tee"):
        client(store).get("orders/1")


def test_limit_of_items_tells_the_limit() -> None:
    body = {"message": 'Maximum items of type "SourceItem" is 20'}
    with small_store({ORDER: (400, body)}) as store, pytest.raises(TooManyItems) as caught:
        client(store).get("orders/1")
    assert caught.value.most == 20


# --- lists -------------------------------------------------------------------------------------


def _listing(total: int, limit: int = 300) -> Any:
    """A list of that many rows, whose page may hold `limit` of them, and which shows its last page
    again to those who ask past its end."""

    def answering(asked: Asked) -> Any:
        params = dict(asked.query)
        size = int(params["searchCriteria[pageSize]"])
        page = int(params["searchCriteria[currentPage]"])
        if size > limit:
            return 400, {"message": f"Maximum SearchCriteria pageSize is {limit}"}
        page = min(page, max(1, -(-total // size)))
        ids = range((page - 1) * size, min(page * size, total))
        return found(*({"entity_id": number} for number in ids), total=total)

    return answering


@pytest.mark.parametrize(("total", "limit"), [(0, 300), (7, 300), (200, 300), (205, 300), (50, 15)])
def test_every_row_comes_once(total: int, limit: int) -> None:
    with small_store({"GET /V1/orders": _listing(total, limit)}) as store:
        rows = list(client(store).everything("orders", Criteria(sort=(("entity_id", "ASC"),))))
    assert [row["entity_id"] for row in rows] == list(range(total))


def test_limit_of_pages_is_found_out_once_and_in_the_middle() -> None:
    with small_store({"GET /V1/orders": _listing(90, 40)}) as store:
        opened = client(store)
        first = opened.rows("orders", Criteria(), 55)
        assert [row["entity_id"] for row in first.items] == list(range(55, 80))
        assert (first.more, first.following) == (True, 80)
        opened.search("orders", Criteria(filters=(where("status", "x"),)))
    assert len(store.asked) == 3


def test_limit_that_cannot_be_kept_is_said() -> None:
    body = (400, {"message": "Maximum SearchCriteria pageSize is 100"})
    with small_store({"GET /V1/orders": body}) as store, pytest.raises(PageTooLarge):
        client(store, settings={"page_size": "50"}).search("orders", Criteria())


def test_list_without_rows_may_say_null() -> None:
    with small_store({"GET /V1/orders": {"items": None, "total_count": 0}}) as store:
        results = client(store).search("orders", Criteria())
    assert (results.items, results.total, results.more) == ((), 0, False)


def test_more_than_ten_groups_are_refused_here() -> None:
    with pytest.raises(ValueError, match="ten"):
        Criteria(filters=[where("a", str(number)) for number in range(11)]).params()


def test_shape_is_read_once() -> None:
    with small_store({"GET /V1/modules": ["Magento_InventoryApi", "Magento_Rma"]}) as store:
        opened = client(store)
        assert (opened.shape.edition, opened.shape.uses_msi) == ("commerce", True)
        assert opened.shape.base_currency == "USD"
        assert opened.shape.website_of("default") == {
            "id": 1,
            "code": "base",
            "name": "Main Website",
            "default_group_id": 1,
        }
    assert len(store.asked) == 4


def test_modules_that_are_not_told_leave_the_edition_open() -> None:
    answers = {"GET /V1/modules": FORBIDDEN, "GET /V1/inventory/sources": found()}
    with small_store(answers) as store:
        shape = client(store).shape
        assert (shape.edition, shape.uses_msi, shape.tells_modules) == ("unknown", True, False)
        del store.answers["GET /V1/inventory/sources"]
        assert client(store).shape.uses_msi is False
