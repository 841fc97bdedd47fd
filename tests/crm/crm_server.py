"""A CRM's API for tests: a real HTTP server on loopback that answers as the test says."""

import http.server
import json
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

ANN = {
    "id": "c7e0-ann",
    "number": "1001",
    "contact": {"first": "Ann", "last": "O'Hara", "language": "en"},
    "phones": [{"kind": "work", "value": "(202) 555-0101"}, {"kind": "fax", "value": None}],
    "segment": {"code": "A"},
    "totals": {"last_year": 1250.5},
    "since": "2024-02-29T10:00:00Z",
}
BEN = {"id": 8, "number": "1002", "contact": {"first": None, "last": "Ben"}, "phones": [], "segment": None}
CLEO = {"id": 9, "number": "1003", "contact": {"last": "Cleo"}, "phones": [{"value": "+1 202 555 0199"}]}


@dataclass
class Answer:
    """`body` is sent as it is; `wait` is waited for first; `cut` ends the connection in the middle of it."""

    status: int = 200
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)
    wait: threading.Event | None = None
    cut: bool = False


def found(*people: Any) -> Answer:
    return Answer(body=json.dumps({"items": people}).encode())


class CrmServer:
    """`answer` may be set anew at any time; `requests` has what was asked, with the headers."""

    def __init__(self, context: ssl.SSLContext | None = None) -> None:
        self.answer: Callable[[str], Answer] = lambda _: found()
        self.requests: list[tuple[str, dict[str, str]]] = []
        self.at_once = self.most_at_once = 0
        self._lock = threading.Lock()
        outer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                outer._serve(self)

            def log_message(self, format: str, *args: Any) -> None:
                """Nothing: pytest shows enough."""

        class Server(http.server.ThreadingHTTPServer):
            request_queue_size = 64

            def handle_error(self, request: Any, client_address: Any) -> None:
                """A client that goes away is no error here."""

        self._server = Server(("127.0.0.1", 0), Handler)
        scheme = "http"
        if context is not None:
            self._server.socket = context.wrap_socket(self._server.socket, server_side=True)
            scheme = "https"
        self.url = f"{scheme}://127.0.0.1:{self._server.server_address[1]}"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)
        self._thread.start()

    def _serve(self, handler: http.server.BaseHTTPRequestHandler) -> None:
        with self._lock:
            self.requests.append((handler.path, dict(handler.headers.items())))
            self.at_once += 1
            self.most_at_once = max(self.most_at_once, self.at_once)
        try:
            answer = self.answer(handler.path)
            if answer.wait is not None:
                answer.wait.wait(20)
            handler.send_response(answer.status)
            for name, value in answer.headers.items():
                handler.send_header(name, value)
            handler.send_header("Content-Length", str(len(answer.body) + 1_000 * answer.cut))
            handler.end_headers()
            handler.wfile.write(answer.body)
            handler.close_connection = answer.cut
        finally:
            with self._lock:
                self.at_once -= 1

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(10)


@contextmanager
def crm_server(context: ssl.SSLContext | None = None) -> Iterator[CrmServer]:
    server = CrmServer(context)
    try:
        yield server
    finally:
        server.close()
