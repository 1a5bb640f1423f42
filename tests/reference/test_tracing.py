"""The spans of a response, as an SDK records them."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import StatusCode

from responses_mocks import Fault, MockServer, Script, ScriptBook, ScriptedModel, Turn, marker
from responses_reference import EmbeddedModel, Engine, FixtureSearch, MemoryStore, create_app
from responses_reference.tracing import traced

if TYPE_CHECKING:
    from collections.abc import Iterator

    from opentelemetry.sdk.trace import ReadableSpan
    from opentelemetry.trace import SpanContext

    from responses_fixtures import JsonObject

SEARCH = [{"type": "web_search"}]


@pytest.fixture(scope="module")
def exporter() -> InMemorySpanExporter:
    return InMemorySpanExporter()


@pytest.fixture(scope="module")
def client(exporter: InMemorySpanExporter) -> Iterator[httpx.Client]:
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    scripts = ScriptBook({"broken": Script((Turn("Half an answer", fault=Fault(after_chunks=2)),))})
    model = EmbeddedModel(ScriptedModel(scripts))
    engine = traced(Engine(backend=model, search=FixtureSearch(), store=MemoryStore()), provider.get_tracer("test"))
    with MockServer(create_app(engine)) as server, httpx.Client(base_url=f"{server.base_url}/v1") as client:
        yield client


def spans(client: httpx.Client, exporter: InMemorySpanExporter, **body: Any) -> list[ReadableSpan]:
    """The spans of one create request, in the order in which they began."""
    exporter.clear()
    client.post("/responses", json={"model": "mock-1", "input": "Hello", **body})
    return sorted(exporter.get_finished_spans(), key=lambda span: span.start_time or 0)


def told(span: ReadableSpan) -> JsonObject:
    return dict(span.attributes or {})


def id_of(context: SpanContext | None) -> int | None:
    return None if context is None else context.span_id


@pytest.mark.parametrize("stream", [False, True], ids=["plain", "streamed"])
def test_a_response_holds_its_chat_calls_and_searches(
    client: httpx.Client, exporter: InMemorySpanExporter, *, stream: bool
) -> None:
    found = spans(client, exporter, input="Capital of Ireland?", tools=SEARCH, stream=stream, max_output_tokens=50)
    response, *within = found

    assert [span.name for span in found] == ["chat mock-1", "chat mock-1", "execute_tool web_search", "chat mock-1"]
    assert response.parent is None
    assert {id_of(response.context)} == {id_of(span.parent) for span in within}
    assert [told(span).get("openai.api.type") for span in found] == [
        *("responses", "chat_completions"),
        *(None, "chat_completions"),
    ]
    assert told(response)["gen_ai.usage.input_tokens"] == sum(
        told(span).get("gen_ai.usage.input_tokens", 0) for span in within
    )
    assert told(within[0])["gen_ai.response.finish_reasons"] == ("tool_calls",)
    assert {"gen_ai.operation.name": "execute_tool", "gen_ai.tool.name": "web_search"}.items() <= told(
        within[1]
    ).items()
    assert told(response)["gen_ai.request.max_tokens"] == 50
    assert not any("Ireland" in str(span.attributes) for span in found)


def test_trouble_of_the_model_is_on_both_spans(client: httpx.Client, exporter: InMemorySpanExporter) -> None:
    response, chat = spans(client, exporter, input=marker("broken"))

    assert [span.status.status_code for span in (response, chat)] == [StatusCode.ERROR] * 2
    assert [told(span)["error.type"] for span in (response, chat)] == ["server_error"] * 2
    assert told(response)["gen_ai.response.finish_reasons"] == ("failed",)


def test_a_refused_request_is_on_its_span(client: httpx.Client, exporter: InMemorySpanExporter) -> None:
    (response,) = spans(client, exporter, previous_response_id="resp_unknown")

    assert told(response)["error.type"] == "previous_response_not_found"
    assert response.status.description is None


def test_a_response_in_the_background_has_its_span(client: httpx.Client, exporter: InMemorySpanExporter) -> None:
    exporter.clear()
    body = {"model": "mock-1", "input": "Hello", "background": True, "stream": True}
    client.post("/responses", json=body)
    chat, response = exporter.get_finished_spans()

    assert told(response)["openai.api.type"] == "responses"
    assert id_of(chat.parent) == id_of(response.context) is not None


@pytest.mark.slow
def test_without_opentelemetry_the_server_starts_all_the_same() -> None:
    code = (
        "import importlib.util, sys\n"
        "find = importlib.util.find_spec\n"
        "importlib.util.find_spec = lambda name, *more: None if name == 'opentelemetry' else find(name, *more)\n"
        "import responses_reference.server as server\n"
        "server.serve = lambda *_: print('opentelemetry' in sys.modules)\n"
        "from responses_reference.cli import main\n"
        "main(['serve', '--port', '0'])"
    )
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=20)

    assert ended.stdout == "False\n"
