"""What a system asks of us in the name of a buyer, or when a shop has left: its privacy webhooks.

Such webhooks come to one address for all accounts of a system (`/hooks/<connector>/privacy/`), so
the connector says whose they are before they can be verified with that account's secret.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from integrations.connector_kit.base import WebhookRequest


class PrivacyAsk(StrEnum):
    """Hand a person's data over; erase a person; erase everything of an account."""

    PERSON_DATA = "person_data"
    ERASE_PERSON = "erase_person"
    ERASE_ACCOUNT = "erase_account"


@dataclass(frozen=True)
class Person:
    """Whom a request speaks of. `customers` and `orders` are ids at the source, "" is unknown."""

    customers: Sequence[str] = ()
    orders: Sequence[str] = ()
    email: str = ""
    phone: str = ""


@dataclass(frozen=True)
class PrivacyNotice:
    """One request. `name` is the same when it is sent again."""

    ask: PrivacyAsk
    name: str
    person: Person = Person()


@dataclass(frozen=True)
class PrivacyPort:
    """`account(request)`: what the account is called, as its setting `setting` has it or as the host
    of its address; raises NotTheirs when the request names none. `read(request)`: what is asked, of
    a verified request; raises NotTheirs when it cannot be read, Unsupported for another topic.
    `app(id, secret)`: the credentials under which requests are signed for our own app at the vendor,
    for accounts that are not connected any more."""

    setting: str
    account: Callable[[WebhookRequest], str]
    read: Callable[[WebhookRequest], PrivacyNotice]
    app: Callable[[str, str], Mapping[str, str]]
