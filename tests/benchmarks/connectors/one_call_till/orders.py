"""One order, one call. The till has no idempotency key, so a repeated call looks first."""

from __future__ import annotations

from integrations.connector_kit.base import Account, Outcome, Outgoing, Probe, Receipt, Save
from integrations.connector_kit.errors import Rejected
from integrations.connector_kit.http import Session

AT_ONCE = 16


class TillClient:
    """A connected account."""

    def __init__(self, account: Account) -> None:
        token = account.credentials["token"]
        headers = {"Authorization": f"Bearer {token}"}
        self.http = Session(account, headers=headers, concurrency=AT_ONCE)


def probe(client: TillClient) -> Probe:
    """The till's name. Raises NeedsOwner when it refuses the token."""
    return Probe(account_name=str(client.http.request("GET", "/name").json()["name"]))


def write(client: TillClient, outgoing: Outgoing, save: Save) -> Receipt:
    """Raises Rejected when the till does not take the order."""
    if outgoing.attempt > 1:
        there = client.http.request("GET", f"/orders/{outgoing.reference}")
        if there.status == 200:
            return Receipt(str(there.json()["id"]), Outcome.UNCHANGED, label=outgoing.reference)
    answer = client.http.request(
        "POST", f"/orders/{outgoing.reference}", body=dict(outgoing.fields)
    )
    if answer.status != 201:
        raise Rejected(field="order", said=str(answer.status), advice="Look at the till.")
    return Receipt(str(answer.json()["id"]), Outcome.CREATED, label=outgoing.reference)
