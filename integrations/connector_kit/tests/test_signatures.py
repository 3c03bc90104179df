"""Signatures by public key, and where such keys are fetched from."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest

from integrations.connector_kit.errors import NotTheirs, TryLater
from integrations.connector_kit.published_keys import KEEP, KEEP_FAILURE, PublishedKeys
from integrations.connector_kit.scripted import Asked, Reply, Vendor
from integrations.connector_kit.signatures import NoPublicKey, SigningKey, rsa_sha256

KEY = SigningKey()
PATHS = re.compile(r"/keys/[a-z0-9-]+\.pem")


# A public key of another kind (elliptic curve), as sound as any.
_OF_ANOTHER_KIND = """-----BEGIN PUBLIC KEY-----
MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEwXjtOiWeYLXsqor4Behg+7RRnqdc
hs+G24qHdmBEifjF2X+w5jNAOQ0Iciw3t1xA0BRh2O+HkSrWPuWvOrPoEw==
-----END PUBLIC KEY-----"""


def test_signature_of_the_key_over_the_very_message_is_taken() -> None:
    signature = KEY.sign(b"body")
    assert rsa_sha256(KEY.public_pem, signature=signature, message=b"body")
    assert not rsa_sha256(KEY.public_pem, signature=signature, message=b"body ")
    assert not rsa_sha256(KEY.public_pem, signature=signature[:-1], message=b"body")
    assert not rsa_sha256(KEY.public_pem, signature=b"", message=b"body")
    assert not rsa_sha256(SigningKey().public_pem, signature=signature, message=b"body")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----",
        _OF_ANOTHER_KIND,
        SigningKey(bits=1024).public_pem,
    ],
)
def test_what_is_no_sound_public_key_is_refused(text: str) -> None:
    with pytest.raises(NoPublicKey):
        rsa_sha256(text, signature=b"x", message=b"body")


class Clock:
    now = 1000.0

    def __call__(self) -> float:
        return self.now

    def pass_by(self, time: timedelta) -> None:
        self.now += time.total_seconds()


def test_key_is_fetched_once_a_day() -> None:
    clock = Clock()
    with Vendor(answering=lambda asked: Reply(body=b"a key")) as vendor:
        keys = PublishedKeys("https://keys.example.com", PATHS, clock=clock)
        assert keys.get("/keys/one.pem", host=vendor.url) == "a key"
        assert keys.get("/keys/one.pem", host=vendor.url) == "a key"
        assert [asked.path for asked in vendor.asked] == ["/keys/one.pem"]
        clock.pass_by(KEEP)
        keys.get("/keys/one.pem", host=vendor.url)
        assert len(vendor.asked) == 2


def test_key_that_cannot_be_fetched_is_asked_for_again_soon() -> None:
    clock = Clock()
    with Vendor(Reply(503), answering=lambda asked: Reply(body=b"a key")) as vendor:
        keys = PublishedKeys("https://keys.example.com", PATHS, clock=clock)
        for _ in range(2):
            with pytest.raises(TryLater):
                keys.get("/keys/one.pem", host=vendor.url)
        assert len(vendor.asked) == 1
        clock.pass_by(KEEP_FAILURE)
        assert keys.get("/keys/one.pem", host=vendor.url) == "a key"


@pytest.mark.parametrize("path", ["/keys/../secret.pem", "https://evil.example.com/keys/a.pem", ""])
def test_path_of_another_form_is_not_asked_for(path: str) -> None:
    with Vendor() as vendor:
        keys = PublishedKeys("https://keys.example.com", PATHS)
        with pytest.raises(NotTheirs):
            keys.get(path, host=vendor.url)
        assert vendor.asked == []


def test_nobody_makes_us_ask_without_end() -> None:
    with Vendor(answering=lambda asked: Reply(404)) as vendor:
        keys = PublishedKeys("https://keys.example.com", PATHS, clock=Clock())
        for number in range(20):
            with pytest.raises(TryLater):
                keys.get(f"/keys/{number}.pem", host=vendor.url)
        assert len(vendor.asked) < 10


def test_names_that_are_made_up_push_no_key_out() -> None:
    clock = Clock()

    def answering(asked: Asked) -> Reply:
        return Reply(body=b"a key") if asked.path == "/keys/one.pem" else Reply(404)

    with Vendor(answering=answering) as vendor:
        keys = PublishedKeys("https://keys.example.com", PATHS, clock=clock)
        assert keys.get("/keys/one.pem", host=vendor.url) == "a key"
        for number in range(70):
            clock.pass_by(timedelta(seconds=5))
            with pytest.raises(TryLater):
                keys.get(f"/keys/{number}.pem", host=vendor.url)
        before = len(vendor.asked)
        assert keys.get("/keys/one.pem", host=vendor.url) == "a key"
        assert len(vendor.asked) == before
