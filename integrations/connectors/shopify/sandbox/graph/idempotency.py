"""The @idempotent directive (Shopify: idempotent requests): required on stock mutations."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta
from functools import wraps
from typing import Any

from graphql import GraphQLError, get_directive_values

from integrations.connectors.shopify.sandbox import clock
from integrations.connectors.shopify.sandbox.graph.call import Call, Info, user_error
from integrations.connectors.shopify.sandbox.graph.paging import View
from integrations.connectors.shopify.sandbox.shop import Remembered

_KEPT = timedelta(hours=24)

# The mutations that require a key, and the result field of each.
REQUIRED = {
    "inventorySetQuantities": "inventoryAdjustmentGroup",
    "inventoryAdjustQuantities": "inventoryAdjustmentGroup",
    "inventoryActivate": "inventoryLevel",
    "refundCreate": "refund",
}

Resolver = Callable[..., Any]


def guarded(name: str, resolve: Resolver) -> Resolver:
    """`resolve` with the rules of idempotency keys around it."""
    result_field = REQUIRED[name]

    @wraps(resolve)
    def resolver(call: Call, info: Info, **args: Any) -> View:
        key = _key(info)
        fingerprint = json.dumps([name, args], sort_keys=True, default=str)
        known = _recall(call, key)
        if known is not None:
            return _answer_again(known, fingerprint, result_field)
        # A call that breaks down leaves its key spent.
        call.shop.remembered[key] = Remembered(fingerprint, None, clock.now())
        try:
            result: View = resolve(call, info, **args)
        except GraphQLError:
            # The request was refused before it was tried.
            del call.shop.remembered[key]
            raise
        call.shop.remembered[key].result = result
        return result

    return resolver


def _key(info: Info) -> str:
    directive = info.schema.get_directive("idempotent")
    node = info.field_nodes[0]
    values = get_directive_values(directive, node, info.variable_values) if directive else None
    key = str((values or {}).get("key", ""))
    if values is None or not key.strip():
        raise GraphQLError(
            "The @idempotent directive is required for this mutation but was not provided.",
            node,
            extensions={"code": "BAD_REQUEST"},
        )
    return key


def _recall(call: Call, key: str) -> Remembered | None:
    known = call.shop.remembered.get(key)
    if known is not None and clock.now() - known.at > _KEPT:
        del call.shop.remembered[key]
        return None
    return known


def _answer_again(known: Remembered, fingerprint: str, result_field: str) -> View:
    if known.fingerprint != fingerprint:
        text = "The same idempotency key cannot be used with different operation parameters."
        error = user_error(None, text, "IDEMPOTENCY_KEY_PARAMETER_MISMATCH")
        return {result_field: None, "userErrors": [error]}
    if known.result is None:
        text = "A previous attempt with this idempotency key failed. Use a new idempotency key."
        error = user_error(None, text, "IDEMPOTENCY_PREVIOUS_ATTEMPT_FAILED")
        return {result_field: None, "userErrors": [error]}
    return known.result
