"""What each step is called, and why it is there."""

from __future__ import annotations

from collections.abc import Mapping

from integrations.services.onboarding import Step

TITLES: Mapping[Step, str] = {
    Step.SYSTEMS: "Choose your systems",
    Step.CONNECT: "Connect your accounts",
    Step.PLACES: "Locations and tender types",
    Step.PREFLIGHT: "Preflight",
    Step.FLOWS: "What flows, and which way",
    Step.MAPPING: "Review the mapping",
    Step.DRY_RUN: "Dry run",
    Step.GO_LIVE: "Go live",
}

WHY: Mapping[Step, str] = {
    Step.SYSTEMS: "A pair keeps one point of sale and one web store in step.",
    Step.CONNECT: (
        "We need a key to each account. It is tried before it is kept, and kept encrypted. Nothing"
        " is written to either account before the last step."
    ),
    Step.PLACES: (
        "Each web order must be booked somewhere, and its payment under a tender type. The choices"
        " are read from your accounts."
    ),
    Step.PREFLIGHT: (
        "Both accounts are looked over for what would stop your records, such as articles without a"
        " SKU. It changes nothing in either of them."
    ),
    Step.FLOWS: "Each kind of record goes one way or both. Switch off what you do not want carried.",
    Step.MAPPING: (
        "This is what would be written for your newest orders, field by field, and where each value"
        " comes from."
    ),
    Step.DRY_RUN: (
        "Your 20 newest orders are read and mapped exactly as they will be, and added up to the"
        " cent. Nothing is written to either account."
    ),
    Step.GO_LIVE: "From here on, records flow between your real accounts.",
}
