"""A local Stripe: `localstripe` in a process of its own, with a front before it that adds what it
lacks (Checkout, the portal, disputes, idempotency keys, signed events) and faults on demand."""
