"""HTTP, tokens, scopes, cost and the refusals that come before a query runs."""

from __future__ import annotations

import time
from collections.abc import Callable

from integrations.connector_kit.sandbox.testing import call
from integrations.connectors.shopify.sandbox.tests.conftest import Account


def test_answers_name_version_and_request(account: Account) -> None:
    for version in ("2026-07", "2026-10", "unstable"):
        reply = account.graphql("{ shop { name } }", version=version)
        assert reply.status == 200
        assert reply.headers["x-shopify-api-version"] == version
        assert len(reply.headers["x-request-id"]) == 36
        assert reply.json["data"] == {"shop": {"name": account.name}}
    assert account.graphql("{ shop { name } }", version="2019-01").status == 404


def test_bad_token_is_401_with_shopifys_body(account: Account) -> None:
    account.token = "shpat_wrong"
    reply = account.graphql("{ shop { name } }")
    assert reply.status == 401
    assert reply.json == {
        "errors": "[API] Invalid API key or access token (unrecognized login or wrong password)"
    }


def test_body_without_query_is_400(account: Account) -> None:
    reply = call(
        "POST",
        f"{account.base_url}/admin/api/2026-10/graphql.json",
        {"variables": {}},
        {"X-Shopify-Access-Token": account.token},
    )
    assert reply.status == 400


def test_undefined_field_has_the_recorded_shape(account: Account) -> None:
    reply = account.graphql("query Names {\n  shop {\n    nickname\n  }\n}")
    assert reply.json == {
        "errors": [
            {
                "message": "Field 'nickname' doesn't exist on type 'Shop'",
                "locations": [{"line": 3, "column": 5}],
                "path": ["query Names", "shop", "nickname"],
                "extensions": {
                    "code": "undefinedField",
                    "typeName": "Shop",
                    "fieldName": "nickname",
                },
            }
        ]
    }


def test_unknown_topic_as_literal_and_as_variable(account: Account) -> None:
    fields = "{ webhookSubscription { id } userErrors { field message } }"
    literal = account.graphql(
        "mutation Bogus {\n  webhookSubscriptionCreate(topic: NOT_A_REAL_TOPIC,"
        f' webhookSubscription: {{uri: "https://example.com"}}) {fields}\n}}'
    ).json
    assert literal["errors"][0] == {
        "message": "Argument 'topic' on Field 'webhookSubscriptionCreate' has an invalid value "
        "(NOT_A_REAL_TOPIC). Expected type 'WebhookSubscriptionTopic!'.",
        "locations": [{"line": 2, "column": 3}],
        "path": ["mutation Bogus", "webhookSubscriptionCreate", "topic"],
        "extensions": {
            "code": "argumentLiteralsIncompatible",
            "typeName": "Field",
            "argumentName": "topic",
        },
    }
    variable = account.graphql(
        "mutation M($t: WebhookSubscriptionTopic!) { webhookSubscriptionCreate(topic: $t,"
        f' webhookSubscription: {{uri: "https://example.com"}}) {fields} }}',
        {"t": "NOT_A_REAL_TOPIC"},
    ).json
    told = variable["errors"][0]
    assert told["message"] == (
        "Variable $t of type WebhookSubscriptionTopic! was provided invalid value"
    )
    assert told["extensions"]["code"] == "INVALID_VARIABLE"
    assert told["extensions"]["value"] == "NOT_A_REAL_TOPIC"
    assert told["extensions"]["problems"][0]["path"] == []


def test_codes_of_other_wrong_documents(account: Account) -> None:
    cases = {
        '{ order(nr: "x") { id } }': {"argumentNotAccepted", "missingRequiredArguments"},
        "{ shop }": {"selectionMismatch"},
        "{ shop { name { x } } }": {"selectionMismatch", "undefinedField"},
        "query Q($a: Int) { shop { name } }": {"variableNotUsed"},
        "query Q { order(id: $id) { id } }": {"variableNotDefined"},
        "query Q($id: String!) { order(id: $id) { id } }": {"variableMismatch"},
    }
    for query, codes in cases.items():
        errors = account.graphql(query).json["errors"]
        assert {error["extensions"]["code"] for error in errors} <= codes, query
        assert errors, query
    assert "errors" in account.graphql("{ shop {").json


def test_ids_must_be_global_ids(account: Account) -> None:
    query = "query Q($id: ID!) { order(id: $id) { id } }"
    wrong = account.graphql(query, {"id": "17"}).json["errors"][0]
    assert wrong["extensions"]["problems"] == [
        {"path": [], "explanation": "Invalid global id '17'"}
    ]
    other = account.graphql(query, {"id": "gid://shopify/Product/17"}).json
    assert other["errors"][0]["extensions"]["code"] == "RESOURCE_NOT_FOUND"
    assert account.data(query, {"id": "gid://shopify/Order/17"}) == {"order": None}


def test_cost_is_taken_and_given_back(open_account: Callable[..., Account]) -> None:
    account = open_account(bucket=1000, restore_rate=1)
    account.order(count=1)
    query = "{ orders(first: 50) { nodes { id lineItems(first: 10) { nodes { id } } } } }"
    cost = account.graphql(query).json["extensions"]["cost"]
    assert cost["requestedQueryCost"] > cost["actualQueryCost"] > 0
    assert cost["throttleStatus"]["maximumAvailable"] == 1000
    left = 1000 - cost["actualQueryCost"]
    assert left <= cost["throttleStatus"]["currentlyAvailable"] <= left + 2
    assert (
        account.graphql("{ shop { name } }").json["extensions"]["cost"]["requestedQueryCost"] == 1
    )


def test_a_query_that_does_not_fit_is_throttled(open_account: Callable[..., Account]) -> None:
    account = open_account(bucket=100, restore_rate=20)
    mutation = 'mutation M($id: ID!) { tagsAdd(id: $id, tags: ["a"]) { userErrors { message } } }'
    identifier = f"gid://shopify/Order/{account.order()[0]['id']}"
    bodies = [account.graphql(mutation, {"id": identifier}).json for _ in range(40)]
    throttled = [body for body in bodies if "errors" in body]
    assert throttled
    assert throttled[0]["errors"][0]["message"] == "Throttled"
    assert throttled[0]["errors"][0]["extensions"]["code"] == "THROTTLED"
    cost = throttled[0]["extensions"]["cost"]
    assert cost["requestedQueryCost"] == 10
    assert cost["actualQueryCost"] is None
    status = cost["throttleStatus"]
    time.sleep((10 - status["currentlyAvailable"]) / status["restoreRate"] + 0.05)
    assert "errors" not in account.graphql(mutation, {"id": identifier}).json
    assert account.control("GET", "/log").json["throttled"] == len(throttled)


def test_a_query_over_the_limit_is_refused_before_it_runs(account: Account) -> None:
    query = (
        "{ orders(first: 250) { nodes { id lineItems(first: 250) { nodes { id variant { id"
        " product { id } } } } } } }"
    )
    error = account.graphql(query).json["errors"][0]
    assert error["extensions"]["code"] == "MAX_COST_EXCEEDED"
    assert error["extensions"]["maxCost"] == 1000
    assert error["message"].startswith(f"Query cost is {error['extensions']['cost']}, which")


def test_missing_scope_denies_one_field_and_keeps_the_rest(
    open_account: Callable[..., Account],
) -> None:
    account = open_account(scopes=["write_orders"])
    number = account.order(count=1)[0]["id"]
    body = account.graphql(
        "query Q($id: ID!) { order(id: $id) { name customer { id }"
        " fulfillmentOrders(first: 5) { nodes { id } } } }",
        {"id": f"gid://shopify/Order/{number}"},
    ).json
    assert body["data"]["order"] == {
        "name": "#1001",
        "customer": None,
        "fulfillmentOrders": {"nodes": []},
    }
    assert body["errors"][0]["path"] == ["order", "customer"]
    assert body["errors"][0]["extensions"]["code"] == "ACCESS_DENIED"
    assert body["errors"][0]["extensions"]["requiredAccess"] == "`read_customers` access scope."


def test_unknown_filter_is_ignored_with_a_warning(account: Account) -> None:
    account.order(count=2)
    body = account.graphql('{ orders(first: 5, query: "colour:red") { nodes { id } } }').json
    assert len(body["data"]["orders"]["nodes"]) == 2
    assert body["extensions"]["search"][0]["warnings"][0]["code"] == "invalid_field"


def test_an_input_array_holds_at_most_250(account: Account) -> None:
    body = account.graphql(
        "query Q($ids: [ID!]!) { nodes(ids: $ids) { id } }",
        {"ids": ["gid://shopify/Order/1"] * 251},
    ).json
    assert body["errors"][0]["extensions"]["code"] == "MAX_INPUT_SIZE_EXCEEDED"


def test_pages_need_a_size(account: Account) -> None:
    body = account.graphql("{ products { nodes { id } } }").json
    assert body["errors"][0]["message"] == "you must provide one of first or last"


def test_orders_are_answered_fast(account: Account, operations: dict[str, str]) -> None:
    number = account.order(count=1, lines=3)[0]["id"]
    variables = {"id": f"gid://shopify/Order/{number}"}
    account.graphql(operations["OrderOne"], variables)
    times = []
    for _ in range(15):
        began = time.perf_counter()
        account.graphql(operations["OrderOne"], variables)
        times.append(time.perf_counter() - began)
    # Generous: the machine that runs this may be busy. Alone it takes a few milliseconds.
    assert sorted(times)[7] < 0.1
