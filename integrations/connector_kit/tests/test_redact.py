from __future__ import annotations

import json
import unicodedata
from decimal import Decimal
from typing import Any
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from integrations.connector_kit import numbers
from integrations.connector_kit.cards import is_card
from integrations.connector_kit.redact import contains_card, redact, redact_each, redact_text

VISA = "4111111111111111"
CARDS = {
    "visa 16": VISA,
    "visa 13": "4222222222222",
    "visa 19": "4000000000000000006",
    "mastercard": "5555555555554444",
    "mastercard 2-series": "2223003122003222",
    "amex": "378282246310005",
    "discover": "6011111111111117",
    "diners": "30569309025904",
    "diners 36": "36227206271667",
    "jcb": "3566002020360505",
    "unionpay": "6200000000000005",
    "maestro": "6759649826438453",
}
MARK = "[card number removed, ending 1111]"


@pytest.mark.parametrize("card", CARDS.values(), ids=CARDS.keys())
def test_card_of_each_brand_is_removed(card: str) -> None:
    assert is_card(card)
    assert redact_text(f"paid with {card}, thanks") == (
        f"paid with [card number removed, ending {card[-4:]}], thanks"
    )


@pytest.mark.parametrize(
    "text",
    [
        "4111 1111 1111 1111",
        "4111-1111-1111-1111",
        "4111\u00a01111\u202f1111\u20091111",
        "4111\u20131111\u20131111\u20131111",
        "4111 - 1111 - 1111 - 1111",
        "4 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1",
        "41111111 11111111",
        "４１１１１１１１１１１１１１１１",
        "٤١١١١١١١١١١١١١١١",
        "4111\u200b1111\u200b1111\u200b1111",
        "4111+1111+1111+1111",
        "4111%201111%201111%201111",
        "4111%2D1111%2D1111%2D1111",
        "4111%C2%A01111%C2%A01111%C2%A01111",
        "4111%25201111%25201111%25201111",
        "%34%31%31%31111111111111",
        "card=%204111111111111111",
        "%284111111111111111%29",
        "\\u00e94111111111111111",
        "é4111111111111111",
        "4111\\u00a01111\\u00a01111\\u00a01111",
        "\\u0034111111111111111",
        "1234 4111 1111 1111 1111 12 25",
        "4111-1111-1111-1111-123",
        "No 12 4111111111111111 987",
        "name,4111111111111111,123,12/25",
        "(4111111111111111)",
        "4111111111111111.",
        "#4111111111111111:",
        "a\\n4111111111111111\\nb",
        "+4111111111111111",
        '{"card_number":"4111111111111111"}',
        "https://shop.example.com/pay?card=4111111111111111&x=1",
        "https://shop.example.com/pay/4111111111111111",
        "id 4111111111111111",
        "4111\t1111\t1111\t1111",
    ],
)
def test_card_in_any_guise_is_removed(text: str) -> None:
    clean = redact_text(f"note {text} end")
    assert MARK in clean
    assert "1111" not in _digits(clean.replace(MARK, ""))
    for ascii_only in (True, False):
        body = json.dumps({"note": f"x {text}"}, ensure_ascii=ascii_only).encode()
        assert contains_card(body)
        assert MARK in redact(json.loads(body))["note"]


SURVIVORS = [
    "6200360403244",
    "50398373085484",
    "820982911946154508",
    "gid://shopify/Order/820982911946154508",
    "gid://shopify/ProductVariant/4222222222222",
    "gid://shopify/InventoryLevel/4222222222222?inventory_item_id=4222222222222",
    "https://shop.example.com/admin/orders/4222222222222.json",
    "/orders.json?since_id=4222222222222&limit=5",
    "?ids=4222222222222,4222222222222",
    "?ids=4222222222222%2C4222222222222",
    "EAN 4222222222222",
    "+41 44 668 18 00",
    "+41-44-668-18-00",
    "+4915123456789",
    "+4222222222222",
    "0041 44 668 18 00",
    "(555) 010-1234 or (555) 010-9999",
    "2026-03-02T15:04:05.123456+00:00",
    "2026-03-02 15:04:05",
    "1772463845123",
    "20260302150405123",
    "4006381333931",
    "036000291452",
    "1Z999AA10123456784",
    "9400111899223197428490",
    "41111111-1111-1111-1111-111111111111",
    "550e8400-e29b-41d4-a716-446655440000",
    "a4111111111111111",
    "4111111111111111b",
    "deadbeef4111111111111111cafe",
    "0.4111111111111111",
    "12.4111111111111111",
    "4222222222222.00",
    "4111111111111112",
    "4111111111111111111111",
    "9111111111111111",
    "36 38 40 42 44 46 48",
    "38 39 40 41 42 43 44 45",
    "•••• •••• •••• 1111",
    "XXXX-XXXX-XXXX-1111",
    "4111  1111",
    "100% cotton, 50% off",
    "CVC 180 g/m2",
    "cvv_result_code",
    "192.168.100.100",
    "",
]


@pytest.mark.parametrize("text", SURVIVORS)
def test_what_is_no_card_survives(text: str) -> None:
    assert redact_text(text) is text
    value = {"note": text, "rows": [[text]]}
    assert redact(value) is value
    assert redact_each(value) is value
    assert not contains_card(json.dumps(value).encode())
    assert not contains_card(json.dumps(value, ensure_ascii=False).encode())


# Luhn-valid with the prefix of an issuer, so only their names tell that they are ids.
IDS = [4222222222222, 30569309025904, 378282246310005, 4111111111111111, 4000000000000000006]


def test_integers_under_id_names_survive() -> None:
    value = {
        "id": IDS[3],
        "order_id": IDS[0],
        "variant_ids": IDS,
        "legacyResourceId": IDS[1],
        "inventoryItemIds": [[IDS[2]]],
        "ORDER_ID": IDS[4],
        "items": [{"id": number} for number in IDS],
    }
    assert redact(value) is value
    assert redact_each(value) is value
    for separators in ((",", ":"), (", ", ": ")):
        assert not contains_card(json.dumps(value, separators=separators).encode())


def test_texts_of_shop_ids_and_barcodes_survive() -> None:
    value = {
        "legacyResourceId": "4222222222222",
        "id": "30569309025904",
        "barcode": "4222222222222",
        "ean13": "4222222222222",
        "skus": ["4222222222222", "30569309025904"],
        "gtin": 4222222222222,
    }
    assert redact(value) is value
    assert redact_each(value) is value
    assert not contains_card(json.dumps(value).encode())


def test_other_numbers_are_removed() -> None:
    value = {
        "note": 4111111111111111,
        "negative": -4111111111111111,
        "exact": Decimal("4111111111111111.0"),
        "power": Decimal("4.111111111111111E+15"),
        "float": 4111111111111111.0,
        "paid": 4111111111111111,
        "grid": [[[4111111111111111, "a 4111-1111-1111-1111"]]],
        "id": "4111111111111111",
        "4111111111111111": "as a name",
    }
    clean = redact(value)
    assert clean == {
        "note": MARK,
        "negative": MARK,
        "exact": MARK,
        "power": MARK,
        "float": MARK,
        "paid": MARK,
        "grid": [[[MARK, f"a {MARK}"]]],
        "id": MARK,
        MARK: "as a name",
    }
    assert value["note"] == 4111111111111111
    for raw in (
        b'{"a": 4111111111111111}',
        b'{"a": 4.111111111111111E15}',
        b'{"a":[4111111111111111.0]}',
    ):
        assert contains_card(raw)
        assert redact(numbers.decode(raw)) != numbers.decode(raw)


def test_money_and_odd_numbers_survive() -> None:
    value = {
        "total": Decimal("19.90"),
        "large": Decimal("4222222222222.00"),
        "huge": Decimal("1E+999"),
        "nan": Decimal("NaN"),
        "big": 10**50,
        "flag": True,
        "none": None,
        "float": 0.1,
    }
    assert redact(value) is value
    assert redact_each(value) is value


@pytest.mark.parametrize(
    "name",
    [
        "cvv",
        "CVV",
        "cvc",
        "cvv2",
        "CVC2",
        "verification_value",
        "verificationValue",
        "VerificationValue",
        "security_code",
        "securityCode",
        "security-code",
        "card_code",
        "cardCode",
        "card-code",
        "credit_card_cvv",
        "cardCvc",
        "csc",
    ],
)
def test_verification_values_are_removed(name: str) -> None:
    removed = "[card verification value removed]"
    for value in ("123", 123, "1234", "x9"):
        body = {"payment": {name: value, "brand": "visa"}}
        assert redact(body) == {"payment": {name: removed, "brand": "visa"}}
        assert contains_card(json.dumps(body).encode())
    inner = json.dumps({name: "123"})
    assert redact({"log": inner})["log"] == json.dumps({name: removed})
    assert contains_card(json.dumps({"log": inner}).encode())


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("cvv_result_code", "M"),
        ("gift_card_code", "123"),
        ("giftCardCode", "123"),
        ("loyalty_card_code", 123),
        ("cvv", ""),
        ("cvv", None),
        ("cvc_check", "pass"),
        ("security_codes_sent", 3),
    ],
)
def test_other_codes_survive(name: str, value: object) -> None:
    body = {name: value}
    assert redact(body) is body
    assert redact_each(body) is body
    assert not contains_card(json.dumps(body).encode())


@pytest.mark.parametrize(
    "text", ["CVV: 123", "cvv=1234", "cvv 123", "cvc is 123", "card[cvv]=123", "cvv%3D123"]
)
def test_written_verification_values_are_removed(text: str) -> None:
    clean = redact_text(f"note {text} end")
    assert "123" not in clean
    assert clean.endswith("[card verification value removed] end")
    assert contains_card(json.dumps([text]).encode())


@pytest.mark.parametrize(
    "track",
    [
        "%B4111111111111111^BUYER/TEST^25121011000000000000?",
        "%b4111111111111111^BUYER/TEST^2512101?",
        ";4111111111111111=25121011000000000?",
        ";501234567890=2512?",
        "%25B4111111111111111%5EBUYER/TEST%5E2512101%3F",
    ],
)
def test_tracks_are_removed(track: str) -> None:
    clean = redact_text(f"swiped {track} ok")
    assert clean == "swiped [card track removed] ok"
    assert contains_card(json.dumps({"swipe": track}).encode())


def test_other_encodings_of_json_are_read() -> None:
    body = json.dumps({"note": VISA})
    for encoding in ("utf-16", "utf-16-le", "utf-32-be", "utf-8-sig"):
        assert contains_card(body.encode(encoding)), encoding
    assert contains_card(b"\xff\xfe\xff " + VISA.encode())


def test_deep_nesting_ends() -> None:
    value: Any = VISA
    for _ in range(900):
        value = [value]
    assert VISA not in repr(redact(value))


def test_clean_structure_is_the_same_object() -> None:
    value = {"a": [{"b": ("x", 1)}], "c": {"d": None}}
    assert redact(value) is value
    assert redact_each(value) is value


# --- properties --------------------------------------------------------------------------------

PREFIXES = [
    "4",
    "51",
    "55",
    "2221",
    "2720",
    "34",
    "37",
    "6011",
    "644",
    "65",
    "3528",
    "3589",
    "300",
    "36",
    "38",
    "62",
    "50",
    "58",
    "6304",
    "6761",
]
_GAPS = ["", "", "", " ", "-", "\u00a0", "\u2013", "\u2009", "+"]
_AROUND = ["", " ", "card ", "Kreditkarte: ", "(", "\n", "a\tb ", "é", ", ", "“", "100% sure "]


@st.composite
def card_numbers(draw: st.DrawFn) -> str:
    prefix = draw(st.sampled_from(PREFIXES))
    length = draw(st.sampled_from([n for n in range(13, 20) if _issued(prefix, n)]))
    size = length - len(prefix) - 1
    body = prefix + draw(st.text("0123456789", min_size=size, max_size=size))
    return next(body + last for last in "0123456789" if is_card(body + last))


def _issued(prefix: str, length: int) -> bool:
    stem = prefix + "0" * (length - len(prefix) - 1)
    return any(is_card(stem + last) for last in "0123456789")


@st.composite
def written_cards(draw: st.DrawFn) -> tuple[str, str]:
    """A card number, and a text that holds it."""
    card = draw(card_numbers())
    zero = draw(st.sampled_from(["0", "0", "0", "\uff10", "\u0660"]))
    pieces = [draw(st.sampled_from(_AROUND))]
    for index, digit in enumerate(card):
        gap = draw(st.sampled_from(_GAPS)) if index else ""
        pieces.append(gap + chr(ord(zero) + int(digit)))
    pieces.append(draw(st.sampled_from(["", " ", ".", ", thanks", ")", "\n", "”"])))
    text = "".join(pieces)
    coding = draw(st.sampled_from([str, str, quote, quote_plus]))
    return card, coding(text)


def _digits(text: str) -> str:
    return "".join(str(unicodedata.digit(letter)) for letter in text if letter.isdigit())


@settings(max_examples=300, deadline=None, derandomize=True)
@given(written_cards(), st.sampled_from(["note", "id", "x", "card_number"]), st.booleans())
def test_no_card_number_survives(written: tuple[str, str], name: str, ascii_only: bool) -> None:
    card, text = written
    # A plus in front of 13 digits makes them a phone number.
    assume(len(card) > 13 or "+" not in text)
    if len(card) <= 14 and name == "id":
        name = "note"
    value = {name: [{"deep": [text]}, text]}
    body = json.dumps(value, ensure_ascii=ascii_only).encode()
    assert contains_card(body)
    clean = redact(json.loads(body))
    ending = f"[card number removed, ending {card[-4:]}]"
    assert ending in clean[name][1]
    assert ending in clean[name][0]["deep"][0]
    assert card not in _digits(repr(clean))
    assert redact(clean) is clean


@settings(max_examples=200, deadline=None, derandomize=True)
@given(card_numbers())
def test_no_card_integer_survives(card: str) -> None:
    value = {"amount": int(card), "rows": [int(card)]}
    assert contains_card(json.dumps(value).encode())
    mark = f"[card number removed, ending {card[-4:]}]"
    assert redact(value) == {"amount": mark, "rows": [mark]}


@settings(max_examples=300, deadline=None, derandomize=True)
@given(
    st.one_of(st.integers(10**12, 10**19 - 1), card_numbers().map(int)),
    st.sampled_from(["id", "order_id", "variant_ids", "productId", "line_item_id", "IDs"]),
)
def test_ids_always_survive(number: int, name: str) -> None:
    value = {name: number, "rows": [{name: [number]}], "g": f"gid://shopify/Order/{number}"}
    assert redact(value) is value
    assert redact_each(value) is value
    assert not contains_card(json.dumps(value).encode())


_FRAGMENTS = st.lists(
    st.one_of(
        card_numbers(),
        st.text("0123456789 -+%.,:/\\\"'u=;^?Bcvid_", max_size=24),
        st.sampled_from(
            [
                "\\u003",
                "%20",
                "%2",
                "%34",
                "cvv",
                '"cvv":"1"',
                "gid://shopify/Order/",
                "id",
                '"ids":[',
                "\u00a0",
                "\t",
                "sku",
                "card_code",
            ]
        ),
    ),
    max_size=6,
).map("".join)
_JSON = st.recursive(
    st.one_of(
        _FRAGMENTS,
        st.integers(),
        card_numbers().map(int),
        st.none(),
        st.floats(allow_nan=False, allow_infinity=False),
    ),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.dictionaries(
            st.one_of(_FRAGMENTS, st.sampled_from(["id", "x_ids", "cvv", "sku", "note"])),
            inner,
            max_size=3,
        ),
    ),
    max_leaves=8,
)


@settings(max_examples=300, deadline=None, derandomize=True)
@given(_JSON, st.booleans())
def test_gate_that_says_no_is_right(value: Any, ascii_only: bool) -> None:
    body = json.dumps(value, ensure_ascii=ascii_only).encode()
    decoded = numbers.decode(body)
    if not contains_card(body):
        assert redact_each(decoded) is decoded
    assert redact(decoded) == redact_each(decoded)
