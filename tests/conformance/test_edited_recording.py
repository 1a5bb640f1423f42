"""A recording that was edited by hand fails at the rule that the edit broke, and at no other."""

from __future__ import annotations

import re
import shutil
from typing import TYPE_CHECKING

import pytest

from responses_conformance.options import plan
from responses_conformance.plan import Plan
from responses_conformance.prove import Bench
from responses_conformance.session import Session
from responses_conformance.verdict import Result, Verdict
from responses_mocks.proxy.transform import Transform

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.slow

SCENARIOS = (
    *("text", "text-streamed", "function-call", "store", "chain", "web-search", "bad-input-number", "length-stop"),
    *("socket-text", "allowed-tools-required", "socket-warm-up", "web-search-sources"),
    *("developer-between", "forced-function", "chain-parent-deleted", "outputs-padded"),
    *("body-chunked", "chains-at-once", "settings-apart", "sdk-errors"),
)
BROKEN = {
    "sequence-repeats": (
        *("text-streamed", '"sequence_number":5,', '"sequence_number":4,'),
        *("stream/sequence-number/increases", "frame 5 "),
    ),
    "sequence-missing": ("text-streamed", '"sequence_number":5,', "", "stream/sequence-number/present", "frame 5 "),
    "delta-changed": (
        *("text-streamed", '"delta":"Dublin"', '"delta":"Dubrin"'),
        *("stream/text/deltas-match", "frame 14 "),
    ),
    "event-renamed": (
        *("text-streamed", r"event: response\.content_part\.added", "event: response.content_part.done"),
        *("sse/event/matches-type", "frame 3 "),
    ),
    "event-line-missing": (
        *("text-streamed", r"event: response\.output_text\.done\n +", ""),
        *("sse/event/matches-type", "frame 14 "),
    ),
    "delta-of-another-item": (
        *("text-streamed", '("sequence_number":6,"item_id":")msg_', r"\1msg_x"),
        *("stream/item/identity", "frame 6 "),
    ),
    "sum": ("text", r'"total_tokens":\d+', '"total_tokens":7', "usage/total/sums", "$.usage.total_tokens"),
    "object": ("text", '"object":"response"', '"object":"chat.completion"', "response/object/is-response", "$.object"),
    "no-id": ("text", r'"id":"resp_\w+"', '"id":""', "response/id/present", "$.id"),
    "other-text": ("text", '"text":"Dublin', '"text":"Cork', "model/text/unchanged", "$.output"),
    "media-type": (
        *("text", r"application/json\]\n( +)x-request", r"text/plain]\n\1x-request"),
        *("http/json/content-type", "the content-type header"),
    ),
    "number-for-truth": (
        *("function-call", '"parallel_tool_calls":true', '"parallel_tool_calls":1'),
        *("response/fields/complete", "$.parallel_tool_calls"),
    ),
    "not-deleted": ("store", '"deleted":true', '"deleted":false', "store/delete/confirmed", "$.deleted"),
    "stored-otherwise": (
        *("store", r'(GET(?s:.*?)"text":")Kept', r"\1Lost"),
        *("store/retrieve/same", "$.output[0].content[0].text"),
    ),
    "error-without-type": (
        *("store", '"type":"invalid_request_error"', '"kind":"invalid_request_error"'),
        *("error/envelope/shape", "$.error.type"),
    ),
    "instructions-inherited": (
        *(
            "chain",
            r"( +)(- step: 1(?s:.*?)messages:\n)",
            r"\1\2\1    - {role: system, content: Speak like a pirate.}\n",
        ),
        *("chain/instructions/not-inherited", "the messages that reached the model"),
    ),
    "other-parent": (
        *("chain", r'"previous_response_id":"resp_\w+","prompt"', '"previous_response_id":null,"prompt"'),
        *("echo/previous-response-id/same", "$.previous_response_id"),
    ),
    "other-query": (
        *("web-search", '"query":"capital of Ireland', '"query":"capital of Wales'),
        *("web-search/action/query", "$.output (item "),
    ),
    "citation-beyond-text": (
        *("web-search", r'"end_index":\d+', '"end_index":800'),
        *("web-search/citation/well-formed", "$.output[1].content[0].annotations[0]"),
    ),
    "server-to-blame": (
        *("bad-input-number", "code: 400", "code: 500"),
        *("error/bad-request/status", "the status"),
    ),
    "reason-of-the-chat-api": (
        *("length-stop", '"reason":"max_output_tokens"', '"reason":"length"'),
        *("incomplete/length-stop/status", "$.incomplete_details.reason"),
    ),
    "socket-sequence-repeats": (
        *("socket-text.websocket", '"sequence_number":3,', '"sequence_number":2,'),
        *("stream/sequence-number/increases", "frame 3 "),
    ),
}
"""By what was edited: the file, what stood there and what stands there now, the rule that it breaks and where."""
LEGAL = {
    "tool-that-is-not-allowed-held-back": (
        "allowed-tools-required",
        [(r"(?s)      - type: function\n        function:\n          name: get_weather.*?strict: true\n", "")],
        "function/definition/reaches-model",
    ),
    "instructions-told-as-a-user's": (
        "developer-between",
        [(r"- role: (?:system|developer)\n", "- role: user\n")],
        "context/input/user-text",
    ),
    "no-list-of-required-properties-where-none-are": (
        "forced-function",
        [(r" +required: \[\]\n", "")],
        "function/definition/reaches-model",
    ),
    "name-of-a-deleted-parent-forgotten": (
        "chain-parent-deleted",
        [(r'(method: DELETE(?s:.*?)"previous_response_id":)"resp_\w+"', r"\1null")],
        "store/retrieve/same",
    ),
    "each-call-told-with-its-output": (
        "outputs-padded",
        [
            (
                r"( +- id: call_a(?s:.*?)arguments: '\{ \}'\n)( +- role: tool\n.*\n.*\n)",
                r"\2      - role: assistant\n        content: null\n        tool_calls:\n\1",
            )
        ],
        "context/input/calls",
    ),
    "warm-up-never-in-progress": (
        "socket-warm-up.websocket",
        [
            (r'  - sender: server\n.*\n.*\n *\{"type":"response\.in_progress".*\n', ""),
            ('"response.completed","sequence_number":2', '"response.completed","sequence_number":1'),
        ],
        "stream/in-progress/emitted",
    ),
    "no-sources-of-a-failed-search": (
        "web-search-sources",
        [(r'"completed"(,"action":\{"type":"search","query":"[^"]*"),"sources":\[[^\]]*\]', r'"failed"\1')] * 3,
        "web-search/sources/on-request",
    ),
}
"""By what a server may do: the file, the edits, each of the first place that fits, and a rule that this keeps."""
_LEFT_LOOP = [
    (r"  - step: 1\n(?s:.*?)(?=interactions:)", ""),
    (
        r'"output":\[(?s:.*?)\],"parallel',
        '"output":[{"type":"function_call","id":"fc_1","call_id":"c","name":"web_search","arguments":"{}"}],"parallel',
    ),
]
OF_OTHERS = {
    "items-without-ids": ("chains-at-once", [(r'"id":"msg_\w+",', "")] * 2, "concurrency/answers/apart"),
    "response-without-status": ("body-chunked", [('"status":"completed",', "")], "http/body/chunked"),
    "limit-not-echoed": (
        "settings-apart",
        [(r'"max_output_tokens":\d+(,"max_tool_calls")', r'"max_output_tokens":null\1'), ("max_completion_", "max_")],
        "settings/unasked/not-invented",
    ),
    "refused-by-an-error-event": (
        "sdk-errors",
        [(r"(stream=True(?s:.*?)) +- BadRequestError\n +- APIStatusError\n", r"\1")],
        "sdk/error/raised",
    ),
    "refused-by-a-failed-response": (
        "sdk-errors",
        [
            (r"(stream=True\)\n +result:) \{\}", r"\1 {response: {status: failed}}"),
            (r"(stream=True(?s:.*?)) +- BadRequestError\n +- APIStatusError\n +- APIError\n", r"\1"),
        ],
        "sdk/error/raised",
    ),
    "search-handed-out-as-a-call": ("web-search", _LEFT_LOOP, "model/items/none-added"),
    "loop-left-after-its-search": ("web-search", _LEFT_LOOP, "model/text/unchanged"),
}
"""By what is wrong, or beyond the server's reach: the file, the edits, and a rule that this does not break."""


@pytest.fixture(scope="module")
def recording(tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("recording")
    asked = Plan(profile="openai", scenarios=SCENARIOS, record=directory)
    with Bench() as bench, bench.session(asked, Transform(), Transform()) as session:
        for name in SCENARIOS:
            session.exchange(name)
    return directory


def judged(recording: Path, directory: Path, file: str, edits: list[tuple[str, str]]) -> list[Result]:
    """The results of the scenario in the file once that was edited."""
    scenario = file.partition(".")[0]
    for name in ("recording.json", "text.yaml", f"{scenario}.yaml", f"{scenario}.websocket.yaml"):
        if (recording / name).exists():
            shutil.copy(recording / name, directory / name)
    text = (directory / f"{file}.yaml").read_text("utf-8")
    for old, new in edits:
        text, found = re.subn(old, new, text, count=1)
        assert found, old
    (directory / f"{file}.yaml").write_text(text, "utf-8")
    asked = plan({"replay": str(directory), "scenario": [scenario]})
    with Session(asked) as session:
        return [session.judge(pair) for pair in asked.selected()]


@pytest.mark.parametrize("edit", BROKEN.values(), ids=BROKEN)
def test_an_edit_fails_exactly_where_it_was_made(
    edit: tuple[str, str, str, str, str], recording: Path, tmp_path: Path
) -> None:
    file, old, new, requirement, place = edit
    results = judged(recording, tmp_path, file, [(old, new)])
    failed = [result for result in results if result.verdict is Verdict.FAIL]

    assert [requirement] == [result.requirement for result in failed]
    assert place == failed[0].evidence.path[: len(place)]


@pytest.mark.parametrize(("file", "edits", "requirement"), (LEGAL | OF_OTHERS).values(), ids=LEGAL | OF_OTHERS)
def test_what_a_server_may_do_or_another_rule_tells_fails_nowhere(
    file: str, edits: list[tuple[str, str]], requirement: str, recording: Path, tmp_path: Path
) -> None:
    results = judged(recording, tmp_path, file, edits)
    verdicts = {result.verdict for result in results if result.requirement == requirement}

    assert verdicts
    assert verdicts.isdisjoint({Verdict.FAIL, Verdict.WARN})


def test_a_server_that_answers_streams_alone_is_judged_by_them(recording: Path, tmp_path: Path) -> None:
    for name in ("recording.json", "text.yaml", "text-streamed.yaml"):
        shutil.copy(recording / name, tmp_path / name)
    plain = (tmp_path / "text.yaml").read_text("utf-8")
    (tmp_path / "text.yaml").write_text(re.sub(r'\{"id":"resp_.*', "null", plain), "utf-8")
    asked = plan({"replay": str(tmp_path), "scenario": ["text", "text-streamed"]})
    with Session(asked) as session:
        results = {pair.id: session.judge(pair) for pair in asked.selected()}

    assert results["http/create/answered@text"].verdict is Verdict.FAIL
    assert results["http/stream/framed@text-streamed"].verdict is Verdict.PASS
    assert results["stream/terminal/once@text-streamed"].verdict is Verdict.PASS
