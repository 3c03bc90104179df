"""Signatures that are checked with the vendor's public key.

The only importer of cryptography in the kit, so that a connector names a key and a rule only.
"""

from __future__ import annotations

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey, generate_private_key
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    PublicFormat,
    load_pem_public_key,
)

_LEAST_BITS = 2048


class NoPublicKey(ValueError):
    """The text is not a public RSA key of at least 2048 bits in PEM form."""


def rsa_sha256(public_key: str, *, signature: bytes, message: bytes) -> bool:
    """Whether `message` was signed with the private half of this key (RSA, PKCS#1 v1.5, SHA-256).

    `public_key` is PEM text ("-----BEGIN PUBLIC KEY-----"). Raises NoPublicKey.
    """
    try:
        key = load_pem_public_key(public_key.strip().encode())
    except (ValueError, UnsupportedAlgorithm):
        raise NoPublicKey(NoPublicKey.__doc__) from None
    if not isinstance(key, RSAPublicKey) or key.key_size < _LEAST_BITS:
        raise NoPublicKey(NoPublicKey.__doc__)
    try:
        key.verify(signature, message, PKCS1v15(), SHA256())
    except InvalidSignature:
        return False
    return True


class SigningKey:
    """A private key of one's own, for sandboxes and tests, which sign as a vendor does."""

    def __init__(self, bits: int = _LEAST_BITS) -> None:
        """Makes a new key."""
        self._key = generate_private_key(public_exponent=65537, key_size=bits)

    @property
    def public_pem(self) -> str:
        public = self._key.public_key()
        return public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()

    def sign(self, message: bytes) -> bytes:
        """RSA, PKCS#1 v1.5, SHA-256."""
        return self._key.sign(message, PKCS1v15(), SHA256())
