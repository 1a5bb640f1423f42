"""Each variety looks different on the wire, and means the same."""

from __future__ import annotations

import json
import re
from http.client import HTTPConnection
from typing import TYPE_CHECKING, Any

import pytest

from responses_mocks import MockServer
from responses_mocks.proxy import VARIETIES, Reply, Request, Transform
from responses_mocks.proxy.app import proxy_app

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.mocks.proxy.conftest import Traffic

    from responses_fixtures import JsonObject

UNKNOWN = ("acme:heartbeat", "keepalive")
ASK: JsonObject = {"model": "canned-1", "input": "search", "stream": True}


def known(value: Any) -> Any:
    """The value without the field that nobody has heard of."""
    return json.loads(json.dumps(value), object_hook=without_note)


def without_note(level: JsonObject) -> JsonObject:
    return {name: inner for name, inner in level.items() if name != "acme_note"}


def known_events(events: list[JsonObject]) -> list[JsonObject]:
    kept = [
        event
        for event, after in zip(events, [*events[1:], None], strict=True)
        if event["type"] not in UNKNOWN
        and not (event["type"] == "error" and after is not None and after["type"] == "response.failed")
    ]
    return [{**known(event), "sequence_number": number} for number, event in enumerate(kept)]


TOLD_OTHERWISE: dict[str, Callable[[list[JsonObject]], bool]] = {
    "empty-deltas": lambda events: "" in deltas(events),
    "character-deltas": lambda events: {1} == {len(delta) for delta in deltas(events)},
    "obfuscation": lambda events: all("obfuscation" in event for event in events if "delta" in event),
    "queued-first": lambda events: "response.queued" == events[1]["type"],
    "interleaved-calls": lambda events: (
        [0, 1, 3] == [event["output_index"] for event in events[-7:-1] if event["type"] == "response.output_item.done"]
    ),
    "extension-item": lambda events: "acme:trace" == events[-1]["response"]["output"][0]["type"],
    "several-parts": lambda events: 2 == len(events[-1]["response"]["output"][2]["content"]),
    "dated-model": lambda events: "canned-1-2026-08-21" == events[-1]["response"]["model"],
    "everything-else": lambda events: (
        "" in deltas(events) and any("obfuscation" in event for event in events) and "type" != next(iter(events[0]))
    ),
}
"""What shows each variety that tells the same in other events or objects, in the stream of three calls and a text."""

KEPT_OTHERWISE = ("state-told-otherwise", "odd-parents-refused", "ways-of-its-own")
"""The varieties that change what is asked or answered, and have tests of their own."""

WRITTEN_OTHERWISE = [name for name in VARIETIES if name not in (*TOLD_OTHERWISE, *KEPT_OTHERWISE)]


def deltas(events: list[JsonObject]) -> list[str]:
    return [event["delta"] for event in events if event["type"] == "response.output_text.delta"]


@pytest.mark.parametrize("name", TOLD_OTHERWISE)
def test_a_variety_tells_the_same_otherwise(name: str, target: MockServer) -> None:
    ask = {**ASK, "input": "calls"}
    raw, got = (
        [json.loads(data) for data in re.findall(rb"data: (\{.*\})", content)]
        for content in (streamed(target, ask)[1], proxied(target, name, ask)[1])
    )

    assert not TOLD_OTHERWISE[name](raw)
    assert TOLD_OTHERWISE[name](got)
    assert "".join(deltas(raw)) == "".join(deltas(got))
    assert list(range(len(got))) == [event["sequence_number"] for event in got]


@pytest.mark.slow
@pytest.mark.parametrize("name", WRITTEN_OTHERWISE)
def test_a_variety_means_the_same(name: str, direct: Traffic, through: Callable[[Transform], Traffic]) -> None:
    got = through(VARIETIES[name].transform())
    resumed = {step for step in got.streams if step.endswith(" resumed")}
    whole = got.streams.keys() - resumed

    assert direct.asked == got.asked
    assert direct.replies == known(got.replies)
    assert {step: direct.streams[step] for step in whole} == {step: known_events(got.streams[step]) for step in whole}
    for step in whole:
        assert list(range(len(got.streams[step]))) == [event["sequence_number"] for event in got.streams[step]]
    for step in resumed:
        replayed = got.streams[step.replace("resumed", "replayed")]
        assert [event for event in replayed if event["sequence_number"] > 3] == got.streams[step]
    for step, events in got.streams.items():
        assert [*(event["type"] for event in events), "[DONE]"] == got.names[step]


def reordered(raw: bytes) -> bytes:
    return re.sub(rb"(event: [^\n]*\n)(data: [^\n]*\n)", rb"\2\1", raw)


def commented(raw: bytes) -> bytes:
    frames = raw.split(b"\n\n")[:-1]
    return b"".join(b": ping\n\n" + frame.replace(b"\n", b"\n: ping\n", 1) + b"\n\n" for frame in frames[:-1]) + (
        b": ping\n\n" + frames[-1] + b"\n: ping\n\n"
    )


def printed(raw: bytes, **options: Any) -> bytes:
    return re.sub(rb"\{.*\}", lambda match: json.dumps(json.loads(match[0]), **options).encode(), raw)


LOOKS: dict[str, Callable[[bytes], bytes]] = {
    "crlf": lambda raw: raw.replace(b"\n", b"\r\n"),
    "cr": lambda raw: raw.replace(b"\n", b"\r"),
    "comments": commented,
    "no-space": lambda raw: raw.replace(b"event: ", b"event:").replace(b"data: ", b"data:"),
    "data-before-event": reordered,
    "byte-order-mark": lambda raw: b"\xef\xbb\xbf" + raw,
    "other-fields": lambda raw: re.sub(rb"(^|\n\n)(?=.)", rb"\1retry: 3000\nacme: note\n", raw),
    "frames-together": lambda raw: re.sub(rb"(^|\n\n)(?=.)", rb"\1\n\n: keep-alive\n\n:\n", raw),
    "spaced-json": lambda raw: printed(raw, ensure_ascii=False, separators=(" ,\t", " :  ")),
    "escaped-json": lambda raw: (
        printed(raw).replace(b'"https://', b'"https:\\/\\/').replace(b'example/"', b'example\\/"')
    ),
    "split-data": lambda raw: raw.replace(b"data: {", b"data: {\ndata: "),
}


def streamed(server: MockServer, ask: JsonObject = ASK) -> tuple[dict[str, str], bytes]:
    connection = HTTPConnection(server.host, server.port, timeout=10)
    connection.request("POST", "/v1/responses", json.dumps(ask))
    answer = connection.getresponse()
    headers, content = dict(answer.getheaders()), answer.read()
    connection.close()
    return headers, content


def proxied(target: MockServer, name: str, ask: JsonObject = ASK) -> tuple[dict[str, str], bytes]:
    with MockServer(proxy_app(target.base_url, VARIETIES[name].transform())) as proxy:
        return streamed(proxy, ask)


@pytest.mark.parametrize("name", LOOKS)
def test_a_stream_is_written_as_the_variety_says(name: str, target: MockServer) -> None:
    _, raw = streamed(target)
    _, got = proxied(target, name)

    assert LOOKS[name](raw) == got


def test_each_byte_is_a_chunk_of_its_own(target: MockServer) -> None:
    _, raw = streamed(target)
    with MockServer(proxy_app(target.base_url, VARIETIES["one-byte-chunks"].transform())) as proxy:
        connection = HTTPConnection(proxy.host, proxy.port, timeout=10)
        connection.request("POST", "/v1/responses", json.dumps(ASK), {"connection": "close"})
        answer = connection.getresponse()
        assert answer.fp is not None
        chunks = answer.fp.read()  # beneath the decoding of http.client
        connection.close()

    assert b"".join(b"1\r\n%c\r\n" % byte for byte in raw) + b"0\r\n\r\n" == chunks


def test_the_fields_of_an_object_come_in_the_reverse_order(target: MockServer) -> None:
    _, raw = streamed(target)
    _, got = proxied(target, "reordered-keys")
    first, reordered_first = (json.loads(re.findall(rb"data: (\{.*\})", content)[0]) for content in (raw, got))

    assert [*first][::-1] == [*reordered_first]
    assert [*first["response"]][::-1] == [*reordered_first["response"]]
    assert first == reordered_first


@pytest.mark.parametrize("name", ["spaced-json", "escaped-json", "reordered-keys", "json-in-pieces", "other-headers"])
def test_a_plain_answer_is_written_otherwise_and_means_the_same(name: str, target: MockServer) -> None:
    def plain(server: MockServer) -> tuple[Any, dict[str, str], bytes]:
        connection = HTTPConnection(server.host, server.port, timeout=10)
        connection.request("POST", "/v1/responses", json.dumps({**ASK, "stream": False, "input": "text"}))
        answer = connection.getresponse()
        content = answer.read()
        connection.close()
        return json.loads(content), dict(answer.getheaders()), content

    direct, headers, raw = plain(target)
    with MockServer(proxy_app(target.base_url, VARIETIES[name].transform())) as proxy:
        got, got_headers, got_raw = plain(proxy)

    assert direct == got
    assert (raw, headers.keys()) != (got_raw, got_headers.keys())


def test_everything_takes_turns_with_line_ends(target: MockServer) -> None:
    _, got = proxied(target, "everything")

    assert b"acme_note" in got
    assert b"event:acme:heartbeat" in got
    assert b"data:{\r\n: ping\r\ndata:" in got
    assert b"\r\r: ping\n\n" in got
    assert b" {" not in got


def test_charset_is_named_on_streams_and_on_json(target: MockServer) -> None:
    headers, _ = proxied(target, "charset")
    transform = VARIETIES["charset"].transform()
    plain = Reply(200, (("content-type", "application/json"), ("x-request-id", "req_1")), {})

    assert headers["content-type"] == "text/event-stream; charset=utf-8"
    assert transform.reply is not None
    assert transform.reply(Request("GET", "/", "", (), None), plain).headers == (
        ("content-type", "application/json; charset=utf-8"),
        ("x-request-id", "req_1"),
    )


def test_each_level_has_the_extra_field(target: MockServer) -> None:
    _, raw = proxied(target, "extra-fields")
    terminal = json.loads(re.findall(rb"data: (\{.*\})", raw)[-1])
    response = terminal["response"]
    message = response["output"][-1]

    for level in (terminal, response, response["usage"], message, message["content"][0]):
        assert "acme_note" in level
    assert "acme_note" not in message["content"][0]["annotations"][0]


def test_each_variety_has_a_sentence() -> None:
    for name, entry in VARIETIES.items():
        assert name == entry.name
        assert entry.sentence.endswith("."), name
