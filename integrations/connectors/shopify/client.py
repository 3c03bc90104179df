"""One shop's GraphQL Admin API: the call, its cost, and paging."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from integrations.connector_kit.base import Account
from integrations.connector_kit.errors import TryLater
from integrations.connector_kit.http import Answer, CredentialsRefused, Session
from integrations.connector_kit.pace import Pacer
from integrations.connectors.shopify.answers import Reply, check_status, cost_of, reply
from integrations.connectors.shopify.auth import Tokens
from integrations.connectors.shopify.documents import document, is_mutation

DEFAULT_VERSION = "2026-10"
CONCURRENCY = 4

# Shopify: a standard shop gets 100 points a second in a bucket of 2000; a larger plan is learnt
# from the first answer.
_RATE, _BUCKET = 100.0, 2000.0

# Points an operation is taken to cost until the first answer says so.
_MUTATION_COST, _QUERY_COST = 20.0, 60.0


class ShopClient:
    """A connected shop. Safe for the threads of one lane."""

    def __init__(self, account: Account) -> None:
        self.account = account
        self.page_sizes: dict[str, int] = {}
        """First page size that Shopify accepted, by operation; smaller than asked when costly."""
        self.making = threading.Lock()
        """Held while products are made: an account is served by one process, but by several
        threads."""
        self.has_defined = False
        """Whether the definition our marks need is known to be there."""
        self._pacer = Pacer(_RATE, _BUCKET)
        self._costs: dict[str, float] = {}
        self._session = Session(account, concurrency=CONCURRENCY, pacer=self._pacer)
        self._tokens = Tokens(account)
        version = account.setting("api_version", DEFAULT_VERSION)
        self._path = f"/admin/api/{version}/graphql.json"

    def run(self, operation: str, variables: Mapping[str, Any] | None = None) -> Reply:
        """Sends an operation of queries/. Raises by the three error layers (answers.py)."""
        token = self._tokens.current()
        try:
            answer = self._post(operation, variables or {}, token)
        except CredentialsRefused as refused:
            # 403 is a missing permission; another token would have the same.
            renewed = self._tokens.renew(token) if refused.answer.status == 401 else None
            if renewed is None:
                raise
            answer = self._post(operation, variables or {}, renewed)
        check_status(answer.status, answer.text)
        body = answer.json()
        if not isinstance(body, Mapping):
            raise TryLater("Shopify answered with something other than an object.")
        self._learn(operation, body)
        return reply(operation, body, answer.headers.get("x-shopify-api-version", ""))

    def refresh(self, now: datetime) -> datetime | None:
        """Renews a token that ends soon; answers when to ask again, None for one that does not end.

        The refresh token is replaced with it, so an idle shop never loses its access.
        """
        return self._tokens.refresh(now)

    def close(self) -> None:
        self._session.close()

    def rows(
        self, operation: str, root: str, variables: Mapping[str, Any] | None = None
    ) -> Iterator[Mapping[str, Any]]:
        """Every row of a top-level connection, page after page."""
        after: str | None = None
        while True:
            connection = self.run(operation, {**(variables or {}), "after": after}).data[root]
            yield from connection["nodes"]
            if not connection["pageInfo"]["hasNextPage"]:
                return
            after = connection["pageInfo"]["endCursor"]

    def _post(self, operation: str, variables: Mapping[str, Any], token: str) -> Answer:
        return self._session.request(
            "POST",
            self._path,
            body={"query": document(operation), "variables": variables},
            headers={"X-Shopify-Access-Token": token, "Accept": "application/json"},
            cost=self._cost(operation),
            # The code of a gift card is money.
            secret=operation == "GiftCardCreate",
        )

    def _cost(self, operation: str) -> float:
        guess = _MUTATION_COST if is_mutation(operation) else _QUERY_COST
        return self._costs.get(operation, guess)

    def _learn(self, operation: str, body: Mapping[str, Any]) -> None:
        cost = cost_of(body)
        if cost is None:
            return
        # The largest so far: the cost grows with the number of records asked for.
        self._costs[operation] = max(cost.requested, self._costs.get(operation, 0.0))
        # Shopify reserves the requested cost and gives back what was not needed, which is in this.
        self._pacer.learn(cost.available, cost.rate, cost.maximum)
