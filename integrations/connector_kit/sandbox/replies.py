"""Plain JSON answers."""

from __future__ import annotations

import json
from typing import Any

from werkzeug.wrappers import Response


def json_reply(body: Any, status: int = 200) -> Response:
    return Response(json.dumps(body, ensure_ascii=False), status, mimetype="application/json")
