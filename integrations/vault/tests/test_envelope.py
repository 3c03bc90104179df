"""What the envelope promises: it opens as what it was sealed, and as nothing else."""

from __future__ import annotations

import os
import pickle
import uuid

import pytest
from hypothesis import given
from hypothesis import strategies as st

from integrations.vault.envelope import OVERHEAD, TenantKey, key_version
from integrations.vault.errors import SealBroken

TENANT = uuid.UUID(int=1)
OTHER_TENANT = uuid.UUID(int=2)
SECRET = bytes(range(32))
KEY = TenantKey(TENANT, 7, SECRET)

contexts = st.lists(st.text(st.characters(exclude_categories=["Cs"])), min_size=1, max_size=4)


@given(context=contexts, plaintext=st.binary(max_size=2000), compress=st.booleans())
def test_what_is_sealed_opens(context: list[str], plaintext: bytes, compress: bool) -> None:
    sealed = KEY.seal(context, plaintext, compress=compress)
    assert KEY.open(context, sealed) == plaintext
    assert key_version(TENANT, context, sealed) == 7


@given(sealed_for=contexts, asked_for=contexts)
def test_another_context_does_not_open(sealed_for: list[str], asked_for: list[str]) -> None:
    sealed = KEY.seal(sealed_for, b"plain")
    if sealed_for == asked_for:
        assert KEY.open(asked_for, sealed) == b"plain"
    else:
        with pytest.raises(SealBroken):
            KEY.open(asked_for, sealed)


@pytest.mark.parametrize(
    "context", [["ab", "c"], ["a", "bc"], ["abc"], ["a", "b", "c"], ["", "abc"], ["abc", ""]]
)
def test_words_of_a_context_do_not_run_together(context: list[str]) -> None:
    sealed = KEY.seal(["abc", "", ""], b"plain")
    with pytest.raises(SealBroken):
        KEY.open(context, sealed)


def test_another_tenant_with_the_same_key_does_not_open() -> None:
    sealed = KEY.seal(["inbox"], b"plain")
    with pytest.raises(SealBroken):
        TenantKey(OTHER_TENANT, 7, SECRET).open(["inbox"], sealed)


def test_every_altered_byte_is_noticed() -> None:
    sealed = KEY.seal(["inbox"], b"order 1042 " * 40)
    for position in range(len(sealed)):
        for flip in (1, 128):
            altered = bytearray(sealed)
            altered[position] ^= flip
            with pytest.raises(SealBroken):
                KEY.open(["inbox"], bytes(altered))


def test_every_cut_and_any_addition_is_noticed() -> None:
    sealed = KEY.seal(["inbox"], b"order 1042")
    for length in range(len(sealed)):
        with pytest.raises(SealBroken):
            KEY.open(["inbox"], sealed[:length])
    with pytest.raises(SealBroken):
        KEY.open(["inbox"], sealed + b"\0")


@given(junk=st.binary(max_size=200))
def test_junk_does_not_open(junk: bytes) -> None:
    with pytest.raises(SealBroken):
        KEY.open(["inbox"], junk)


def test_the_compressed_flag_is_part_of_the_seal() -> None:
    sealed = KEY.seal(["inbox"], b"a" * 1000)
    assert sealed[1] == 1
    with pytest.raises(SealBroken):
        KEY.open(["inbox"], sealed[:1] + b"\0" + sealed[2:])


def test_compression_only_when_it_helps() -> None:
    random = os.urandom(4000)
    assert len(KEY.seal(["inbox"], random)) == len(random) + OVERHEAD
    assert len(KEY.seal(["inbox"], b"a" * 4000)) < 100
    assert len(KEY.seal(["inbox"], b"a" * 4000, compress=False)) == 4000 + OVERHEAD
    assert len(KEY.seal(["inbox"], b"a" * 20)) == 20 + OVERHEAD


def test_equal_values_do_not_look_equal() -> None:
    assert len({KEY.seal(["inbox"], b"same") for _ in range(200)}) == 200


def test_a_context_is_a_list_of_words() -> None:
    for wrong in ("inbox", []):
        with pytest.raises(TypeError, match="a context is a list"):
            KEY.seal(wrong, b"plain")


def test_the_error_names_the_context_and_no_content() -> None:
    sealed = KEY.seal(["connection-9", "inbox"], b"jane-secret")
    with pytest.raises(SealBroken) as caught:
        KEY.open(["connection-8", "inbox"], sealed)
    message = str(caught.value)
    assert message.startswith(f"connection-8/inbox of tenant {TENANT} does not open:")
    assert "jane-secret" not in message + repr(caught.value)
    assert caught.value.context == ("connection-8", "inbox")
    assert caught.value.__cause__ is None


def test_a_key_shows_ids_only_and_is_not_pickled() -> None:
    shown = f"{KEY!r} {KEY} {[KEY]}"
    assert shown.count(f"<TenantKey 7 of {TENANT}>") == 3
    assert not hasattr(KEY, "__dict__")
    with pytest.raises(TypeError, match="does not leave its process"):
        pickle.dumps(KEY)
