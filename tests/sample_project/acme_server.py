"""Acme's server: the smallest gateway from the Responses API to a chat model, on the standard library alone.

python acme_server.py PORT UPSTREAM_URL
"""

from __future__ import annotations

import json
import sys
import time
import urllib.error
import urllib.request
import uuid
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


def messages(asked: Any) -> list[dict[str, Any]]:
    """The chat messages that an input makes."""
    if isinstance(asked, str):
        return [{"role": "user", "content": asked}]
    return [{"role": item["role"], "content": text(item["content"])} for item in asked if "role" in item]


def text(content: Any) -> str:
    """The text of a message's content."""
    return content if isinstance(content, str) else "".join(part.get("text", "") for part in content)


def response(request: dict[str, Any], chat: dict[str, Any]) -> dict[str, Any]:
    """The Response that a chat completion makes. Its usage lacks the details, which is known."""
    choice, usage = chat["choices"][0], chat.get("usage") or {}
    part = {"type": "output_text", "text": choice["message"].get("content") or "", "annotations": [], "logprobs": []}
    made, taken = usage.get("completion_tokens", 0), usage.get("prompt_tokens", 0)
    return {
        "id": f"resp_{uuid.uuid4().hex}",
        "object": "response",
        "created_at": int(time.time()),
        "status": "completed",
        "model": request["model"],
        "metadata": {},
        "output": [
            {
                "id": f"msg_{uuid.uuid4().hex}",
                "type": "message",
                "role": "assistant",
                "status": "completed",
                "content": [part],
            }
        ],
        "usage": {"input_tokens": taken, "output_tokens": made, "total_tokens": taken + made},
        "served_by": "acme",
    }


class Handler(BaseHTTPRequestHandler):
    """Answers GET /v1/models and POST /v1/responses."""

    upstream = ""

    def do_GET(self) -> None:
        """List the only model."""
        self.answer(200, {"object": "list", "data": [{"id": "mock-1", "object": "model"}]})

    def do_POST(self) -> None:
        """Ask the model, and answer with what it said."""
        try:
            request = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            asked = {"model": request["model"], "messages": messages(request["input"])}
        except (ValueError, KeyError, TypeError, AttributeError):
            self.answer(400, {"error": {"message": "no such request", "type": "invalid_request_error"}})
            return
        call = urllib.request.Request(
            f"{self.upstream}/chat/completions",
            json.dumps(asked).encode(),
            {"Content-Type": "application/json", "Authorization": "Bearer any"},
        )
        try:
            with urllib.request.urlopen(call) as said:
                self.answer(200, response(request, json.load(said)))
        except urllib.error.HTTPError as error:
            self.answer(error.code, {"error": {"message": "the model failed", "type": "server_error"}})

    def answer(self, status: int, body: dict[str, Any]) -> None:
        """Send the body as JSON."""
        content = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)


def serve(port: int, upstream: str) -> ThreadingHTTPServer:
    """The server, which does not serve yet."""
    return ThreadingHTTPServer(("127.0.0.1", port), type("Bound", (Handler,), {"upstream": upstream}))


if __name__ == "__main__":
    serve(int(sys.argv[1]), sys.argv[2]).serve_forever()
