"""Images of a new product: Magento takes their bytes, so they are fetched from where the till has them.

Catalog: media_gallery_entries. An image that cannot be fetched does not hold up the product.
"""

from __future__ import annotations

import base64
import logging
from collections.abc import Sequence
from dataclasses import replace
from typing import Any
from urllib.parse import urlsplit

from integrations.connector_kit.base import Account
from integrations.connector_kit.errors import ConnectorError
from integrations.connector_kit.http import Session

log = logging.getLogger(__name__)

MOST = 8
LARGEST = 8 * 1024 * 1024
_SECONDS = 20.0

# Their first bytes tell what they are, whatever the address says.
_KINDS = (
    (b"\xff\xd8\xff", "image/jpeg", "jpg"),
    (b"\x89PNG\r\n\x1a\n", "image/png", "png"),
    (b"GIF8", "image/gif", "gif"),
)
# What the shop shows the first image as.
_ROLES = ["image", "small_image", "thumbnail"]


def entries(account: Account, urls: Sequence[str], *, title: str) -> list[dict[str, Any]]:
    """Entries of a media gallery, the main image first."""
    made: list[dict[str, Any]] = []
    for url in urls[:MOST]:
        content = _fetched(account, url)
        kind = next((row for row in _KINDS if content.startswith(row[0])), None)
        if kind is None:
            continue
        _, mime, ending = kind
        made.append(
            {
                "media_type": "image",
                "label": title[:255],
                "position": len(made) + 1,
                "disabled": False,
                "types": _ROLES if not made else [],
                "content": {
                    "base64_encoded_data": base64.b64encode(content).decode(),
                    "type": mime,
                    "name": f"image-{len(made) + 1}.{ending}",
                },
            }
        )
    return made


def _fetched(account: Account, url: str) -> bytes:
    """The image, b"" when it cannot be had.

    From any host, but through the door that keeps to public ones, and without credentials.
    """
    parts = urlsplit(url)
    base = f"{parts.scheme}://{parts.netloc}"
    elsewhere = replace(account, base_url=base, credentials={}, budget=None, observe=None)
    try:
        session = Session(elsewhere, headers={"Accept": "image/*"}, read_timeout=_SECONDS)
        try:
            answer = session.request("GET", url)
        finally:
            session.close()
    except (ConnectorError, ValueError) as error:
        log.warning("an image from %s was left out: %s", parts.hostname, type(error).__name__)
        return b""
    is_fit = answer.status == 200 and len(answer.body) <= LARGEST
    return answer.body if is_fit else b""
