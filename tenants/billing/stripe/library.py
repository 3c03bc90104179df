"""The door to the `stripe` library: the one module that imports it, when it is first needed."""

from __future__ import annotations

import functools
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from django.conf import settings

from tenants.billing.stripe.problems import (
    Away,
    CardRefused,
    KeyTaken,
    NotSetUp,
    NotSigned,
    Refused,
)

if TYPE_CHECKING:
    import stripe

log = logging.getLogger(__name__)

_SECONDS = 20
# Stripe answers the second of two equal calls at once with 409; the library then asks again.
_RETRIES = 2
AWAY = (
    "Stripe does not answer at the moment. Nothing is lost and nothing is charged twice: try again"
    " in a few minutes."
)


def is_set_up() -> bool:
    """Whether there are keys."""
    return bool(settings.CLARITY_STRIPE_SECRET_KEY)


def is_live() -> bool:
    """Whether the key moves real money. Restricted keys begin with rk_."""
    return settings.CLARITY_STRIPE_SECRET_KEY.startswith(("sk_live_", "rk_live_"))


def client() -> stripe.StripeClient:
    """Raises NotSetUp without a key."""
    if not is_set_up():
        raise NotSetUp("Payment by card is not set up here. Pay by transfer.")
    return _client(settings.CLARITY_STRIPE_SECRET_KEY, settings.CLARITY_STRIPE_API_BASE)


@functools.lru_cache(maxsize=2)
def _client(key: str, base: str) -> stripe.StripeClient:
    import stripe

    # What the library would log are addresses and errors that name objects.
    logging.getLogger("stripe").setLevel(logging.CRITICAL)
    return stripe.StripeClient(
        key,
        base_addresses={"api": base},
        http_client=stripe.RequestsClient(timeout=_SECONDS),
        max_network_retries=_RETRIES,
    )


@contextmanager
def talking(about: str) -> Iterator[None]:
    """Around calls: an error of the library becomes one of ours.

    Raises CardRefused, KeyTaken, Refused, Away. What Stripe said goes no further: it may hold
    personal data, and a piece of the key.
    """
    import stripe

    try:
        yield
    except stripe.CardError as error:
        found = error.error
        raise CardRefused(
            code=error.code or "",
            decline=getattr(found, "decline_code", None) or "",
            advice=getattr(found, "advice_code", None) or "",
        ) from None
    except stripe.IdempotencyError:
        raise KeyTaken("It was asked for before, with other values.") from None
    except (stripe.AuthenticationError, stripe.PermissionError) as error:
        log.error("stripe refuses our key (%s) for: %s", error.http_status, about)
        raise Away(
            "Stripe does not take our key, which is for us to mend. Nothing was charged. Pay by"
            " transfer, or try again later."
        ) from None
    except stripe.InvalidRequestError as error:
        log.warning("stripe refused %s: %s %s", about, error.code, error.param)
        raise Refused("Stripe does not take this.", code=error.code or "") from None
    except stripe.StripeError as error:
        log.warning("stripe did not answer to %s: %s", about, type(error).__name__)
        raise Away(AWAY) from None


def signed(raw: bytes, header: str) -> dict[str, Any]:
    """The event of a body that Stripe signed within the last minutes. Raises NotSigned."""
    import stripe

    for secret in settings.CLARITY_STRIPE_WEBHOOK_SECRETS:
        try:
            event = stripe.Webhook.construct_event(raw, header, secret, api_key="unused")
        except stripe.SignatureVerificationError:
            continue
        except ValueError:
            break
        return dict(event.to_dict())
    raise NotSigned("Stripe did not sign this, or not lately.")
