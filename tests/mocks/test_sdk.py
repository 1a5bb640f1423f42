"""What the scripted model says is what OpenAI's own SDK expects of a Chat Completions server."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import openai
import pytest
from openai.types.chat import ChatCompletion, ChatCompletionChunk

from responses_mocks import Chunking, Fault, Script, ScriptBook, Stamp, ToolCall, Turn, chunks, completion, marker

if TYPE_CHECKING:
    from collections.abc import Iterator

    import httpx

TURNS = {
    "text": Turn("Dublin is the capital."),
    "calls": Turn("Wait.", (ToolCall("f", '{"a":1}'), ToolCall("g", "{}"))),
    "refusal": Turn(refusal="No."),
    "length": Turn("Dublin is", finish_reason="length"),
}
DIALECTS = {
    "openai": Chunking(),
    "together": Chunking(calls="together", usage="with_finish", role_chunk=False, finish_chunk=False),
    "whole": Chunking(whole=True, usage="absent"),
}


@pytest.fixture(scope="module")
def sdk(client: httpx.Client) -> Iterator[openai.OpenAI]:
    with openai.OpenAI(base_url=f"{client.base_url}/v1", api_key="none", max_retries=0) as sdk:
        yield sdk


def ask(key: str) -> Any:
    return [{"role": "user", "content": marker(key)}]


@pytest.mark.parametrize("chunking", DIALECTS.values(), ids=DIALECTS.keys())
@pytest.mark.parametrize("turn", TURNS.values(), ids=TURNS.keys())
def test_answers_satisfy_the_types_of_the_sdk(turn: Turn, chunking: Chunking) -> None:
    played = replace(turn, chunking=chunking)
    request = {"messages": ask("k"), "stream_options": {"include_usage": True}, "logprobs": True, "top_logprobs": 1}

    ChatCompletion.model_validate(completion(played, request, Stamp("k")), strict=True)
    for chunk in chunks(played, request, Stamp("k")):
        ChatCompletionChunk.model_validate(chunk, strict=True)


@pytest.mark.slow
@pytest.mark.parametrize("turn", TURNS.values(), ids=TURNS.keys())
def test_the_sdk_puts_a_stream_together_as_the_plain_answer(
    sdk: openai.OpenAI, scripts: ScriptBook, turn: Turn
) -> None:
    scripts.put("sdk", Script((turn,)))
    plain = sdk.chat.completions.create(model="m", messages=ask("sdk"))
    with sdk.chat.completions.stream(model="m", messages=ask("sdk"), stream_options={"include_usage": True}) as stream:
        for _ in stream:
            pass
        streamed = stream.current_completion_snapshot

    expected, got = plain.choices[0].message, streamed.choices[0].message
    assert plain.id != streamed.id
    assert plain.usage == streamed.usage
    assert (expected.content or "", expected.refusal) == (got.content or "", got.refusal)
    assert [(call.id, call.type) for call in expected.tool_calls or ()] == [
        (call.id, call.type) for call in got.tool_calls or ()
    ]


def test_the_sdk_raises_a_scripted_error(sdk: openai.OpenAI, scripts: ScriptBook) -> None:
    scripts.put("sdk-limited", Script((Turn(fault=Fault(429, "Slow down.", code="rate_limit_exceeded")),)))

    with pytest.raises(openai.RateLimitError, match="Slow down") as caught:
        sdk.chat.completions.create(model="m", messages=ask("sdk-limited"))
    assert caught.value.code == "rate_limit_exceeded"


def test_the_sdk_raises_an_error_within_a_stream(sdk: openai.OpenAI, scripts: ScriptBook) -> None:
    scripts.put("sdk-broken", Script((Turn("A longer text.", fault=Fault(message="Lost.", after_chunks=2)),)))
    stream = sdk.chat.completions.create(model="m", messages=ask("sdk-broken"), stream=True)

    with pytest.raises(openai.APIError, match="Lost"):
        list(stream)
