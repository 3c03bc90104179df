from __future__ import annotations

import json

import pytest

from integrations.connector_kit.masking import MASK, redact_headers, redact_secrets

SHOPIFY = "shpat_" + "0a1b2c3d" * 4
JWT = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl-x"


@pytest.mark.parametrize(
    "text",
    [
        '{"access_token": "SECRET", "scope": "read"}',
        '{"accessToken":"SECRET"}',
        '{"refresh_token":"SECRET"',
        '{"client_secret":"SECRET',
        '{"Password":"SECRET"}',
        '{"api_key":"SECRET"}',
        '{"log":"{\\"access_token\\":\\"SECRET\\"}"}',
        '{"password":"SEC\\"RET"}',
        "grant_type=refresh_token&client_secret=SECRET&x=1",
        "https://shop.example.com/x?access_token=SECRET&page=2",
        "https://shop.example.com/x?hmac=SECRET",
        "access_token%3DSECRET",
        "X-Shopify-Access-Token: SECRET",
        "Authorization: Bearer SECRET",
        "authorization: OAuth realm=SECRET, oauth_token=SECRET",
        "sent with Bearer SECRET12",
        "Basic U0VDUkVUOlNFQ1JFVA==SECRET",
        "<Password>SECRET</Password>",
        '<ns:password type="text">SECRET</ns:password>',
        'oauth_token="SECRET", oauth_signature="SECRET"',
    ],
)
def test_secret_is_masked(text: str) -> None:
    clean = redact_secrets(text)
    assert "SECRET" not in clean
    assert "RET" not in clean.replace(MASK, "")
    assert MASK in clean
    assert redact_secrets(clean) == clean


def test_only_the_value_is_replaced() -> None:
    assert redact_secrets('{"a":1,"access_token":"x1","b":"İ","password":7}') == (
        f'{{"a":1,"access_token":"{MASK}","b":"İ","password":{MASK}}}'
    )
    assert json.loads(redact_secrets('{"api_key":"a\\\\","b":1}')) == {"api_key": MASK, "b": 1}
    assert redact_secrets("a?token=1&page=2") == f"a?token={MASK}&page=2"


@pytest.mark.parametrize("secret", [SHOPIFY, JWT, SHOPIFY.replace("shpat", "shpss")])
def test_known_token_forms_are_masked_anywhere(secret: str) -> None:
    assert redact_secrets(f"rejected: {secret}.") in (f"rejected: {MASK}.", f"rejected: {MASK}")


@pytest.mark.parametrize(
    "text",
    [
        '{"id":1,"email":"buyer@example.com"}',
        '{"title":"Secret garden","key":"color","tokens":3}',
        '{"password_set":true,"token":null,"secret":""}',
        "Bearer bonds and basic tees",
        "",
    ],
)
def test_other_text_survives(text: str) -> None:
    assert redact_secrets(text) == text


def test_headers() -> None:
    assert redact_headers([("X-Shopify-Access-Token", "a"), ("Cookie", "b"), ("Accept", "c")]) == [
        ("X-Shopify-Access-Token", MASK),
        ("Cookie", MASK),
        ("Accept", "c"),
    ]
