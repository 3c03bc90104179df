"""The secrets behind second steps of signing in, as they lie in the database."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from allauth.mfa.models import Authenticator
from django.db import transaction
from django.views.decorators.debug import sensitive_variables

from integrations.vault import personal

_FIELDS = ("secret", "seed")
_LISTED = "migrated_codes"


@dataclass(frozen=True)
class Rotation:
    """`rewrapped` were sealed anew, `remaining` still need a master key other than the first."""

    rewrapped: int
    remaining: int


@sensitive_variables("text")
def seal(text: str) -> str:
    return personal.seal(text)


def opened(sealed: str) -> str:
    """The text. Raises a VaultError when the master keys of this installation do not open it."""
    return personal.opened(sealed)


def rotate(*, check: bool = False) -> Rotation:
    """Seals all of them under the first master key; `check` only counts. May be repeated."""
    rewrapped = 0
    for pk in _old() if not check else ():
        with transaction.atomic():
            row = Authenticator.objects.select_for_update().filter(pk=pk).first()
            if row is not None and not _is_current(row.data):
                row.data = _anew(row.data)
                row.save(update_fields=["data"])
                rewrapped += 1
    return Rotation(rewrapped, len(_old()))


def _old() -> list[int]:
    rows = Authenticator.objects.exclude(type=Authenticator.Type.WEBAUTHN).order_by("pk")
    return [pk for pk, data in rows.values_list("pk", "data") if not _is_current(data)]


def _sealed(data: Mapping[str, Any]) -> list[str]:
    return [data[name] for name in _FIELDS if data.get(name)] + list(data.get(_LISTED) or [])


def _is_current(data: Mapping[str, Any]) -> bool:
    return all(personal.is_current(one) for one in _sealed(data))


def _anew(data: Mapping[str, Any]) -> dict[str, Any]:
    changed: dict[str, Any] = {
        name: personal.seal(personal.opened(data[name])) for name in _FIELDS if data.get(name)
    }
    if data.get(_LISTED):
        changed[_LISTED] = [personal.seal(personal.opened(one)) for one in data[_LISTED]]
    return {**data, **changed}
