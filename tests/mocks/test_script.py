"""Scripts as plain forms: what is written is read, and what can't be read is named."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from responses_mocks import (
    Chunking,
    Fault,
    Script,
    ScriptBook,
    ScriptError,
    SearchAnswer,
    SearchResult,
    ToolCall,
    Turn,
    Usage,
)

texts = st.text(max_size=20)
counts = st.integers(min_value=0, max_value=10**6)
calls = st.builds(ToolCall, name=texts, arguments=texts, id=st.none() | texts)
usages = st.builds(Usage, prompt_tokens=counts, completion_tokens=counts, cached_tokens=counts, reasoning_tokens=counts)
faults = st.builds(
    Fault,
    status=st.integers(min_value=400, max_value=599),
    message=texts,
    type=texts,
    code=st.none() | texts,
    param=st.none() | texts,
    retry_after=st.none() | st.floats(min_value=0, max_value=100),
    after_chunks=st.none() | counts,
    cut=st.booleans(),
)
chunkings = st.builds(
    Chunking,
    size=st.integers(min_value=1, max_value=50),
    role_chunk=st.booleans(),
    finish_chunk=st.booleans(),
    usage=st.sampled_from(["late", "with_finish", "absent"]),
    calls=st.sampled_from(["sequential", "interleaved", "together"]),
    reasoning=st.sampled_from(["reasoning_content", "reasoning"]),
    whole=st.booleans(),
)
turns = st.builds(
    Turn,
    text=texts,
    tool_calls=st.lists(calls, max_size=3).map(tuple),
    refusal=st.none() | texts,
    reasoning=st.none() | texts,
    finish_reason=st.none() | texts,
    usage=st.none() | usages,
    fault=st.none() | faults,
    chunking=chunkings,
)
results = st.builds(SearchResult, title=texts, url=texts, snippet=texts)
answers = st.builds(SearchAnswer, query=texts, results=st.lists(results, max_size=2).map(tuple), message=texts)
scripts = st.builds(
    Script,
    turns=st.lists(turns, max_size=3).map(tuple),
    name=texts,
    searches=st.lists(answers, max_size=2).map(tuple),
)


@pytest.mark.slow
@settings(deadline=None)
@given(script=scripts)
def test_a_script_survives_its_plain_form(script: Script) -> None:
    plain = script.to_dict()

    assert script == Script.from_dict(plain)
    assert script == Script.from_dict(json.loads(json.dumps(plain)))


def test_a_form_leaves_out_what_stands_at_its_default() -> None:
    assert {"turns": [{"text": "Hi"}, {}]} == Script((Turn("Hi"), Turn())).to_dict()


def test_arguments_may_be_an_object() -> None:
    call = ToolCall.from_dict({"name": "f", "arguments": {"city": "Zürich", "n": [1, 2]}})

    assert call == ToolCall("f", '{"city":"Zürich","n":[1,2]}')


@pytest.mark.parametrize(
    ("form", "path", "reason"),
    [
        pytest.param({}, "turns", "Field required", id="no-turns"),
        pytest.param([], "", "should be an object", id="no-object"),
        pytest.param({"turns": {}}, "turns", "valid array", id="turns-no-list"),
        pytest.param({"turns": [{"txt": "Hi"}]}, "turns[0].txt", "Unexpected", id="unknown-field"),
        pytest.param({"turns": [{}, {"text": 1}]}, "turns[1].text", "valid string", id="ill-typed"),
        pytest.param(
            {"turns": [{"tool_calls": [{"name": "f", "arguments": 1}]}]},
            "turns[0].tool_calls[0].arguments",
            "valid string",
            id="ill-typed-arguments",
        ),
        pytest.param(
            {"turns": [{"usage": {"prompt_tokens": True, "completion_tokens": 1}}]},
            "turns[0].usage.prompt_tokens",
            "valid integer",
            id="bool-is-no-integer",
        ),
        pytest.param({"turns": [{"chunking": {"calls": "x"}}]}, "turns[0].chunking.calls", "'together'", id="enum"),
        pytest.param({"turns": [{"chunking": {"size": 0}}]}, "turns[0].chunking", "size is at least 1", id="size"),
        pytest.param({"turns": [object()]}, "", "not a JSON value", id="no-json"),
    ],
)
def test_what_cannot_be_read_is_named(form: Any, path: str, reason: str) -> None:
    with pytest.raises(ScriptError, match=reason) as caught:
        Script.from_dict(form)

    assert path == caught.value.path


def test_a_book_takes_all_scripts_or_none() -> None:
    book = ScriptBook()
    with pytest.raises(ScriptError, match="a key has only"):
        book.update({"good": Script(()), "not good": Script(())})

    assert book.get("good") is None
