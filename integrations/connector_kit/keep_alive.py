"""A request handler for werkzeug's server that keeps connections open, as real vendors do.

Werkzeug's own handler closes the connection after each answer, whatever the protocol version says,
because it cannot know how much of a request the application left unread. This one reads the whole
request first, and sends head and body of the answer in one piece.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from io import BytesIO
from typing import Any

from werkzeug.serving import WSGIRequestHandler

_Started = tuple[str, list[tuple[str, str]]]


class KeepAliveHandler(WSGIRequestHandler):
    """Serves any WSGI application that returns its body as an iterable.

    An exception of the application breaks the connection; a ConnectionError does so silently.
    """

    protocol_version = "HTTP/1.1"
    # Without these an answer waits up to 40 ms for the acknowledgement of its own head.
    disable_nagle_algorithm = True
    wbufsize = -1
    timeout = 300

    def run_wsgi(self) -> None:
        environ = self.make_environ()
        environ["wsgi.input"] = BytesIO(self._whole_body(environ))
        environ["wsgi.input_terminated"] = True
        started: list[_Started] = []
        body = _answer(self.server.app, environ, started)
        status, headers = started[-1]
        code, _, reason = status.partition(" ")
        if any(name.lower() == "date" for name, _ in headers):
            self.send_response_only(int(code), reason)
        else:
            self.send_response(int(code), reason)
        for name, value in headers:
            self.send_header(name, value)
        bodiless = code in ("204", "304")
        if not bodiless and not any(name.lower() == "content-length" for name, _ in headers):
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if not bodiless and environ["REQUEST_METHOD"] != "HEAD":
            self.wfile.write(body)
        self.wfile.flush()

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Whoever serves with this keeps the requests itself."""

    def _whole_body(self, environ: dict[str, Any]) -> bytes:
        if environ.get("wsgi.input_terminated"):
            chunked: bytes = environ["wsgi.input"].read()
            return chunked
        return self.rfile.read(int(environ.get("CONTENT_LENGTH") or 0))


def _answer(
    app: Callable[..., Iterable[bytes]], environ: dict[str, Any], started: list[_Started]
) -> bytes:
    def start_response(
        status: str, headers: list[tuple[str, str]], exc_info: object = None
    ) -> Callable[[bytes], None]:
        started.append((status, headers))
        return written.append

    written: list[bytes] = []
    result = app(environ, start_response)
    try:
        written += result
    finally:
        close = getattr(result, "close", None)
        if close:
            close()
    return b"".join(written)
