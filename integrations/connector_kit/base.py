"""The contract between the engine and a connector.

A connector is HTTP plus canonical records: it never sees a database row, a queue or a tenant.
The engine opens an `Account`, hands it to the connector's `open`, and passes the resulting client
back to every function of the contract. A client is used by one lane at a time, but by as many
threads as the manifest's `limits.concurrency` allows.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any, Protocol

from integrations.connector_kit.audit import Article, Finding, Ours, Shelf
from integrations.connector_kit.budget import Budget
from integrations.connector_kit.errors import ConnectorError
from integrations.connector_kit.exchange import Observer
from integrations.connector_kit.manifest import Manifest
from integrations.connector_kit.money import MoneyPort
from integrations.connector_kit.own_fields import FieldFound
from integrations.connector_kit.payload import Payload
from integrations.connector_kit.privacy import PrivacyPort
from mappings.canonical.inventory import Stock
from mappings.canonical.record import Entity, Record

Client = Any
"""Whatever a connector's `open` returns; only that connector looks inside."""


def _nobody_else() -> AbstractContextManager[Mapping[str, str]]:
    return nullcontext({})


@dataclass(frozen=True)
class Account:
    """One account at one system, opened: what a connector may know of a connection."""

    id: str
    base_url: str
    flavour: str
    settings: Mapping[str, str]
    credentials: Mapping[str, str] = field(repr=False)
    private_network: bool = False
    """Whether the base URL may resolve to a private, loopback or link-local address."""
    observe: Observer | None = field(default=None, repr=False)
    """Called after every HTTP exchange with secrets and card data already removed."""
    renewed: Callable[[Mapping[str, str]], None] | None = field(default=None, repr=False)
    """Stores renewed credentials (a refreshed token pair) before they are used."""
    renewing: Callable[[], AbstractContextManager[Mapping[str, str]]] = field(
        default=_nobody_else, repr=False
    )
    """Entered while credentials are renewed: no other process renews those of this account
    meanwhile. Gives what is stored now, which is newer when another one was quicker."""
    budget: Budget | None = field(default=None, repr=False)
    """What is known of the account's rate limit; the kit's HTTP session keeps it up to date."""

    def setting(self, name: str, default: str = "") -> str:
        return self.settings.get(name) or default


@dataclass(frozen=True)
class WebhookRequest:
    """A webhook as it came in. `headers` are keyed in lower case; `body` is the raw bytes."""

    headers: Mapping[str, str]
    query: Mapping[str, str]
    body: bytes


@dataclass(frozen=True)
class Notice:
    """Something changed there.

    `key`: id of the record at the source. `event`: names the event itself, so that two deliveries
    of one event are recognised ("" when the source names none). `delivery`: names this delivery.
    `version`: grows with each change of the record and sorts as text ("" when unknown).
    `payload`: the record as it came, None when the notice is thin and must be fetched.
    """

    entity: Entity
    key: str
    topic: str
    event: str = ""
    delivery: str = ""
    version: str = ""
    occurred_at: datetime | None = None
    payload: Mapping[str, Any] | None = None


@dataclass(frozen=True)
class Page:
    """One page of a poll. `cursor` is stored and passed to the next call; `more`: call at once."""

    notices: Sequence[Notice]
    cursor: str
    more: bool = False


def _nothing_promised(orders: Collection[str]) -> Mapping[str, int | None]:
    return {}


def _nothing_to_merge(there: Mapping[str, Any] | None) -> Mapping[str, Any] | None:
    return None


@dataclass(frozen=True)
class Outgoing:
    """One write asked of a connector.

    `delivery_id` is the same for every attempt: derive idempotency keys from it. `reference` is
    the name the record bears there (our external reference, for look-ups). `fields` came out of
    the mapping rules. `linked_id`: id there when the record is already linked. `related`: ids there
    of records this one speaks of, keyed "entity:source key" (`order:100321`). `attempt` counts from
    1; above 1 the outcome of an earlier call may be unknown, so look before writing. `progress`
    holds what earlier attempts saved.

    `over`: a record of an entity that goes both ways is merged into the one that stands there. A
    connector that has just read that one asks here what to write.

    `promised`: of stock. Of these orders of the target (ids there) those that the number to be
    written has been lowered by already, with the units of this article: they wait to be told to the
    source of the stock, or are reserved there. None: all the order has of the article, also where it
    was decided that the order holds nothing back. A target that keeps units back for its open orders
    by itself writes so many more, or they count twice.
    """

    delivery_id: str
    entity: Entity
    key: str
    reference: str
    fields: Mapping[str, Any]
    linked_id: str = ""
    related: Mapping[str, str] = field(default_factory=dict)
    attempt: int = 1
    progress: Mapping[str, Any] = field(default_factory=dict)
    merge: Callable[[Mapping[str, Any] | None], Mapping[str, Any] | None] = field(
        default=_nothing_to_merge, repr=False
    )
    promised: Callable[[Collection[str]], Mapping[str, int | None]] = field(
        default=_nothing_promised, repr=False
    )

    def over(self, there: Mapping[str, Any] | None) -> Mapping[str, Any]:
        """The fields to write over `there`, the record as `read` shows it; None: it will be made.

        All fields where the entity goes one way. Nothing when all is said there already. Raises
        Rejected where a person must decide.
        """
        merged = self.merge(there)
        return self.fields if merged is None else merged


class Outcome(StrEnum):
    """What a delivery did there."""

    CREATED = "created"
    UPDATED = "updated"
    UNCHANGED = "unchanged"


@dataclass(frozen=True)
class Learned:
    """A link found on the way: the record `source_key` here is `target_key` there."""

    entity: Entity
    source_key: str
    target_key: str


@dataclass(frozen=True)
class Receipt:
    """Their answer to a delivery.

    `id`: id of the record there. `label`: the number a person would look for there. `touched`:
    records there that changed as a side effect and must be read again, as (entity, key).
    `awakened`: records of the source that can go on only now and must be read again, as (entity,
    source key): the stock of an article that has just been made. `shown`: the record as it stands
    there now, as `read` would show it, where the entity can go both ways: by it the notice of our
    own write is recognised, whatever the system made of the values.
    """

    id: str
    outcome: Outcome
    label: str = ""
    learned: Sequence[Learned] = ()
    touched: Sequence[tuple[Entity, str]] = ()
    shown: Mapping[str, Any] | None = field(default=None, repr=False)
    awakened: Sequence[tuple[Entity, str]] = ()


class Save(Protocol):
    """Stores one checkpoint of a saga durably before it returns: save("order_id", "100321")."""

    def __call__(self, step: str, value: str) -> None: ...


Result = Receipt | ConnectorError


@dataclass(frozen=True)
class Counted:
    """What one side says of one article: units that can be sold, over the locations that count.

    `key`: its id there. `stock`: of a source, the record itself, from which the numbers are worked
    out. `at`: of a target, units by location id. `problem`: why no stock can be written to it.
    """

    sku: str
    title: str
    available: Decimal
    key: str = ""
    stock: Stock | None = None
    at: Mapping[str, Decimal] = field(default_factory=dict)
    problem: str = ""


@dataclass(frozen=True)
class Survey:
    """One page of a survey; `cursor` leads to the next page, "" when this was the last."""

    rows: Sequence[Counted]
    cursor: str = ""


@dataclass(frozen=True)
class Extent:
    """How much an account holds of an entity. `records`: None when the account does not say.

    `calls`: requests that reading all of it takes, reading the single records included.
    """

    records: int | None
    calls: int


@dataclass(frozen=True)
class Listed:
    """An article of a target. `key`: what a stock level is written to, as a receipt would name it.

    `problem`: why no stock can be written to it, "" when it can.
    """

    key: str
    sku: str
    title: str
    problem: str = ""


@dataclass(frozen=True)
class Listing:
    """One page of a listing; `cursor` leads to the next page, "" when this was the last."""

    rows: Sequence[Listed]
    cursor: str = ""


@dataclass(frozen=True)
class Places:
    """What the cursors of a poll say of time. Neither function makes a request.

    `reached(cursor)`: until when changes have been read; None when the cursor does not tell, as for
    one of another release. `at(moment, flavour)`: the cursor from which all is read that changed since,
    "" where an account of this flavour cannot be read from a time on.
    """

    reached: Callable[[str], datetime | None]
    at: Callable[[datetime, str], str]


@dataclass(frozen=True)
class EntityPort:
    """What a connector can do with one entity. A missing function is a missing ability.

    `normalise(payload, account)`: their record as ours; raises Rejected naming the field.
    `changes(client, cursor, now)`: poll; cursor "" means start from now (or from the first record
    when `changes_from_start`). `read(client, keys)`: current state of each key, None when gone.
    `write(client, outgoing, save)`: deliver one; may be called again after any crash.
    `write_many(client, batch)`: deliver up to `batch_size` at once, results in the same order.
    `reference(record, account)`: the external reference a record gets in this system.
    `survey(client, cursor)`: for inventory, every article with its units, to compare two sides.
    `pages(client, cursor)`: for a backfill, every record there is, in an order that changes do not
    disturb; cursor "" starts. A notice holds the whole record where the page shows it anyway.
    `listing(client, cursor)`: for inventory as a target, every article, to link both sides by SKU.
    `shelf(client, cursor)`: for products, every article that can be sold, those without SKU as well.
    `search(client, text)`: for products, a few articles whose number or title holds these words.
    `count(client)`: how much `pages` (or `listing`, where there are no pages) will read; cheap.
    `newest(client, count)`: keys of the newest records, newest first, which `read` then reads.
    `rehearse(client, outgoing)`: looks up what `write` would look up before it writes, and raises what
    that would raise; it writes nothing.
    `calls_per_write`: requests a write usually takes, for the plan of a backfill.
    `places`: what the cursors of `changes` say of time, for a person who looks at one or moves it.
    """

    normalise: Callable[[Payload, Account], Record] | None = None
    changes: Callable[[Client, str, datetime], Page] | None = None
    read: Callable[[Client, Sequence[str]], Mapping[str, Mapping[str, Any] | None]] | None = None
    write: Callable[[Client, Outgoing, Save], Receipt] | None = None
    write_many: Callable[[Client, Sequence[Outgoing]], Sequence[Result]] | None = None
    reference: Callable[[Record, Account], str] | None = None
    survey: Callable[[Client, str], Survey] | None = None
    pages: Callable[[Client, str], Page] | None = None
    listing: Callable[[Client, str], Listing] | None = None
    shelf: Callable[[Client, str], Shelf] | None = None
    search: Callable[[Client, str], Sequence[Article]] | None = None
    count: Callable[[Client], Extent] | None = None
    newest: Callable[[Client, int], Sequence[str]] | None = None
    rehearse: Callable[[Client, Outgoing], None] | None = None
    batch_size: int = 1
    calls_per_write: int = 1
    places: Places | None = None


@dataclass(frozen=True)
class Probe:
    """What a connection test found: the account's name there, and what stands in the way."""

    account_name: str
    currency: str = ""
    details: Mapping[str, str] = field(default_factory=dict)
    problems: Sequence[str] = ()


@dataclass(frozen=True)
class Subscription:
    """A webhook that is registered at the account. `is_ours`: it leads to the address asked for."""

    topic: str
    address: str
    is_ours: bool


@dataclass(frozen=True)
class Choice:
    """One possible value of a setting, read from the account (a location, a station)."""

    value: str
    label: str


@dataclass(frozen=True)
class Place:
    """Where an account lies, as a person named it, and the settings that follow from that."""

    base_url: str
    settings: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Asked:
    """A person is at the vendor's page to let us in. `state` comes back with the answer."""

    place: Place
    client_id: str
    redirect_uri: str
    state: str


@dataclass(frozen=True)
class Consent:
    """Connecting through the vendor's own page (OAuth's authorization code).

    `place(typed)`: the account a person named; raises Rejected with what is wrong with the name.
    `url(asked)`: the vendor's page. `grant(account, asked, query, now)`: checks the answer (whose it
    is, its signature and age) and trades it for credentials; raises NotTheirs for a forged answer
    and NeedsOwner when the vendor refuses. `account` holds the credentials of our app only, as
    `client_id` and `client_secret`.
    """

    place: Callable[[str], Place]
    url: Callable[[Asked], str]
    grant: Callable[[Account, Asked, Mapping[str, str], datetime], Mapping[str, str]]


@dataclass(frozen=True)
class Introduced:
    """What a system said of itself when it called us first. `given` holds secrets.

    `base_url`: where it says it is; nobody has checked that yet.
    """

    base_url: str
    given: Mapping[str, str] = field(repr=False)


@dataclass(frozen=True)
class Introduction:
    """Connecting by a system that calls us first (OAuth 1.0a as shop systems use it).

    A person enters two addresses of ours there: `callback`, which the system calls, and `arrival`, to
    which it then sends that person's browser; the two labels are its own words for them. `steps`
    tell the person what to do there. `has`: how long what it said can be traded, in seconds.

    `read(request)`: what the system says of itself; makes no request; raises NotTheirs.
    `arrived(introduced, query)`: checks that the browser comes from the same system and answers the
    address it wants the person back at, "" for none; raises NotTheirs.
    `exchange(account, introduced)`: trades what was said for credentials, all of which the manifest
    lists; raises NeedsOwner when the system refuses. `account` has no credentials.
    """

    callback: str
    arrival: str
    steps: Sequence[str]
    has: float
    read: Callable[[WebhookRequest], Introduced]
    arrived: Callable[[Introduced, Mapping[str, str]], str]
    exchange: Callable[[Account, Introduced], Mapping[str, str]]


@dataclass(frozen=True)
class Connector:
    """One system. `connector.py` of its folder builds this and nothing else.

    `subscribe(client, callback_url, entities)` registers the webhooks that tell of these entities and
    may be called again; `callback_url` already names the connection. `sandbox` is "module:function", a factory
    `(options: Mapping[str, str]) -> WSGI application`, imported only when a sandbox starts. `witness`
    is one too, a factory of the witness (sandbox/witness.py of the kit) of the account a sandbox has
    answered, imported only when somebody asks it.
    `refresh(client, now)` renews credentials that end soon and answers when to be called again, None
    when they do not end; it is called in time even while nothing else is. `close(client)` gives back
    the connections that a client keeps. `audit(client, entities, ours)` looks the account over before
    records of these entities flow, or while they do, and changes nothing; `ours` tells what we made.
    `fields(client)` lists the fields that people added to the account themselves and that mapping
    rules can name. `consent`: connecting through the vendor's own page. `introduction`: connecting by a
    system that calls us first. `record_url(account, entity,
    key)` is the address at which a person sees that record in the system's own pages, None where
    none is known; it makes no request. `money` tells the money of a day, to reconcile both sides.
    `subscriptions(client, callback_url)` lists the webhooks that are registered,
    `unsubscribe(client, callback_url)` takes ours away and answers how many; may be called again.
    `privacy` reads the vendor's privacy webhooks. `challenge(request, account)` is the text a GET of
    the webhook address is answered with, by which a vendor makes sure that the address is ours;
    raises NotTheirs when the request asks nothing. `acknowledge(request)` is what a webhook that
    verify let in is answered with, carried or not, for a vendor that reads our answer; None is the
    usual one.
    """

    manifest: Manifest
    open: Callable[[Account], Client]
    probe: Callable[[Client], Probe]
    entities: Mapping[Entity, EntityPort]
    verify: Callable[[WebhookRequest, Account], None] | None = None
    notices: Callable[[WebhookRequest], Sequence[Notice]] | None = None
    subscribe: Callable[[Client, str, Collection[Entity]], None] | None = None
    choices: Callable[[Client, str], Sequence[Choice]] | None = None
    refresh: Callable[[Client, datetime], datetime | None] | None = None
    close: Callable[[Client], None] | None = None
    audit: Callable[[Client, Collection[Entity], Ours], Sequence[Finding]] | None = None
    fields: Callable[[Client], Sequence[FieldFound]] | None = None
    consent: Consent | None = None
    introduction: Introduction | None = None
    record_url: Callable[[Account, Entity, str], str | None] | None = None
    sandbox: str = ""
    witness: str = ""
    money: MoneyPort | None = None
    subscriptions: Callable[[Client, str], Sequence[Subscription]] | None = None
    unsubscribe: Callable[[Client, str], int] | None = None
    privacy: PrivacyPort | None = None
    challenge: Callable[[WebhookRequest, Account], str] | None = None
    acknowledge: Callable[[WebhookRequest], Mapping[str, Any] | None] | None = None
