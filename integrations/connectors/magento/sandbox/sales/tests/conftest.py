"""The sandbox of the tests beside this folder, for the tests of its sales."""

from __future__ import annotations

from integrations.connectors.magento.sandbox.tests.conftest import (
    account,
    open_account,
    sandbox,
)

__all__ = ["account", "open_account", "sandbox"]
