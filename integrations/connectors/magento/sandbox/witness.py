"""What a Magento account holds, read over its REST API with an administrator's token."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any
from urllib.parse import quote

from integrations.connector_kit.answers import CredentialsRefused
from integrations.connector_kit.sandbox.witness import (
    Person,
    SandboxError,
    StoreArticle,
    StoreOrder,
    StoreRefund,
    plain_session,
)

_PAGE = 100
_SIGN_IN = "/rest/V1/integration/admin/token"


class Witness:
    """One shop."""

    stock_write = "POST /V1/inventory/source-items"
    refund_write = "/refund"

    def __init__(self, account: Mapping[str, Any]) -> None:
        self._api = plain_session(account["base_url"])
        keys = account["credentials"]
        self._who = {"username": keys["admin_username"], "password": keys["admin_password"]}
        self._token = ""

    def orders(self) -> Sequence[StoreOrder]:
        return [
            StoreOrder(
                key=str(row["entity_id"]),
                number=row["increment_id"],
                total=_money(row["base_grand_total"]),
                is_cancelled=row["state"] == "canceled",
                is_given_back=row["state"] == "closed",
                kept=_money(row.get("base_total_paid")) - _money(row.get("base_total_refunded")),
            )
            for row in self._rows("orders", sort="entity_id")
        ]

    def stock(self) -> Mapping[str, Decimal]:
        path = "inventory/export-stock-salable-qty/website/base"
        return {row["sku"]: Decimal(str(row["qty"])) for row in self._rows(path, sort="sku")}

    def refunds(self, order: str) -> Sequence[StoreRefund]:
        return [
            StoreRefund(
                note="\n".join(str(one["comment"]) for one in row.get("comments") or ()),
                given=_money(row["base_grand_total"]),
                is_online=bool(row.get("transaction_id")),
                units={
                    item["sku"]: int(item["qty"])
                    for item in row["items"]
                    if item.get("qty") and int(item["qty"])
                },
            )
            for row in self._rows("creditmemos", sort="entity_id", order_id=order)
        ]

    def told(self, order: str) -> str:
        comments = self._ask("GET", f"orders/{order}/comments")["items"] or ()
        return "\n".join(str(one["comment"] or "") for one in comments)

    def articles(self) -> Mapping[str, StoreArticle]:
        return {
            row["sku"]: StoreArticle(
                sku=row["sku"],
                title=row["name"],
                price=_money(row["price"]),
                is_offered=row["status"] == 1,
            )
            for row in self._rows("products", sort="entity_id", type_id="simple")
        }

    def customers(self) -> Sequence[Person]:
        return [
            Person(str(row["id"]), row["email"], row["firstname"], row["lastname"])
            for row in self._rows("customers/search", sort="entity_id")
        ]

    def save_customer(self, person: Person) -> str:
        given = {"firstname": person.first_name, "lastname": person.last_name}
        if person.email:
            given["email"] = person.email
        if not person.key:
            return str(
                self._ask("POST", "customers", {"customer": {**given, "website_id": 1}})["id"]
            )
        # What is left out of a customer is emptied.
        there = self._ask("GET", f"customers/{person.key}")
        self._ask("PUT", f"customers/{person.key}", {"customer": {**there, **given}})
        return person.key

    def writes(self, log: Mapping[str, Any]) -> int:
        return sum(
            count
            for route, count in log["by_route"].items()
            if route.startswith(("POST", "PUT", "DELETE")) and not route.endswith("/token")
        )

    def _rows(self, path: str, *, sort: str, **equal: str) -> Iterator[dict[str, Any]]:
        page = 1
        while True:
            found = self._ask("GET", f"{path}?{_criteria(page, sort, equal)}")
            yield from found["items"] or ()
            if page * _PAGE >= found["total_count"]:
                return
            page += 1

    def _ask(self, method: str, path: str, body: Any = None) -> Any:
        try:
            return self._signed_in(method, path, body)
        except CredentialsRefused:
            # A sign-in lasts for four hours.
            self._token = ""
            return self._signed_in(method, path, body)

    def _signed_in(self, method: str, path: str, body: Any) -> Any:
        if not self._token:
            self._token = str(_good(self._api.request("POST", _SIGN_IN, body=self._who)))
        headers = {"Authorization": f"Bearer {self._token}"}
        return _good(
            self._api.request(method, f"/rest/default/V1/{path}", body=body, headers=headers)
        )


def _criteria(page: int, sort: str, equal: Mapping[str, str]) -> str:
    """The query of a search: pages in a fixed order, of the rows with these values."""
    fields = [
        f"searchCriteria[filter_groups][{place}][filters][0][{part}]={quote(value, safe='')}"
        for place, pair in enumerate(equal.items())
        for part, value in zip(("field", "value"), pair, strict=True)
    ]
    return "&".join(
        (
            *fields,
            f"searchCriteria[sortOrders][0][field]={sort}",
            "searchCriteria[sortOrders][0][direction]=ASC",
            f"searchCriteria[pageSize]={_PAGE}",
            f"searchCriteria[currentPage]={page}",
        )
    )


def _good(answer: Any) -> Any:
    if answer.status != 200:
        raise SandboxError(f"the shop answered {answer.status}: {answer.text[:300]}")
    return answer.json()


def _money(value: Any) -> Decimal:
    return Decimal(str(value or 0)).quantize(Decimal("0.01"))
