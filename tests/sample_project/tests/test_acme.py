"""Acme's own tests."""

from __future__ import annotations

import json
import urllib.request

from fixtures import GREETING


def test_a_question_is_answered(server_url: str) -> None:
    body = json.dumps({"model": "mock-1", "input": "Hello?"}).encode()
    with urllib.request.urlopen(urllib.request.Request(f"{server_url}/responses", body)) as answer:
        told = json.load(answer)

    assert told["output"][0]["content"][0]["text"] == GREETING
