"""Acme's own fixtures of pytest."""

from __future__ import annotations

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING

import pytest
from acme_server import serve
from fixtures import GREETING
from mocks import chat_answer

if TYPE_CHECKING:
    from collections.abc import Iterator


class Model(BaseHTTPRequestHandler):
    """A model that greets."""

    def do_POST(self) -> None:
        """Greet."""
        content = json.dumps(chat_answer(GREETING)).encode()
        self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(200)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)


@pytest.fixture
def server_url() -> Iterator[str]:
    """Acme's server before the model that greets."""
    with ThreadingHTTPServer(("127.0.0.1", 0), Model) as model:
        threading.Thread(target=model.serve_forever).start()
        with serve(0, f"http://127.0.0.1:{model.server_port}") as server:
            threading.Thread(target=server.serve_forever).start()
            yield f"http://127.0.0.1:{server.server_port}/v1"
            server.shutdown()
        model.shutdown()
