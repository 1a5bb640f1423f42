"""A cassette gives back what was put in, byte for byte, and plain vcrpy plays it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import httpx
import httpx2
import pytest
import vcr  # type: ignore[import-untyped]  # vcrpy ships no types
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from responses_mocks.cassette import (
    Cassette,
    CassetteError,
    Chunk,
    Connection,
    Interaction,
    Message,
    Provenance,
    RecordedRequest,
    RecordedResponse,
    Redactor,
    WebSocketCassette,
    cassette_files,
    read_cassette,
    read_websocket,
    write_cassette,
    write_websocket,
)

if TYPE_CHECKING:
    from pathlib import Path

STREAM = 'event: response.created\ndata: {"a":"Zürich 🌊"}\n\n: ping\n\ndata: [DONE]\n\n'.encode()
URL = "http://server.test/v1/responses"
CASSETTE = Cassette(
    (
        Interaction(
            RecordedRequest("POST", URL, (("content-type", "application/json"),), b'{"model":"m", "stream":true}'),
            RecordedResponse(
                200,
                "OK",
                (("content-type", "text/event-stream"), ("x-twice", "1"), ("x-twice", "2")),
                STREAM,
                (Chunk(0, 1.5), Chunk(30, 2.0), Chunk(37, 12.5)),
                13.0,
            ),
            {"step": "create", "retries": 0},
        ),
        Interaction(
            RecordedRequest("GET", URL + "/resp_1"),
            RecordedResponse(200, "OK", (), b'{"half', ended_ms=8.0, failure="closed"),
        ),
    ),
    Provenance(server="a server", version="1.2", date="2026-11-23T16:00:00Z", command="run --record DIR"),
    {"scenario": "basic"},
)
AWKWARD = " \n\t\r\x85\u2028\u2029\ufeff\"':#-|>é😀\x00{}[]%\x7f\uffff\U0010ffff"


def recorded(body: bytes) -> Cassette:
    return Cassette((Interaction(RecordedRequest("POST", URL, (), body), RecordedResponse(200, "OK", (), body)),))


def test_a_cassette_comes_back_as_it_was(tmp_path: Path) -> None:
    write_cassette(tmp_path / "deep" / "one.yaml", CASSETTE, Redactor())

    assert CASSETTE == read_cassette(tmp_path / "deep" / "one.yaml")
    assert [tmp_path / "deep" / "one.yaml"] == list((tmp_path / "deep").iterdir())


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=150)
@given(body=st.binary() | st.text(alphabet=st.sampled_from(AWKWARD) | st.characters(codec="utf-8")).map(str.encode))
@pytest.mark.slow
def test_a_body_keeps_every_byte(body: bytes, tmp_path: Path) -> None:
    path = tmp_path / "one.yaml"
    write_cassette(path, recorded(body), Redactor())
    (interaction,) = read_cassette(path).interactions

    assert (body, body) == (interaction.request.body, interaction.response.body)


def test_a_stream_is_readable_and_its_borders_stand_on_one_line(tmp_path: Path) -> None:
    write_cassette(tmp_path / "one.yaml", CASSETTE, Redactor())
    text = (tmp_path / "one.yaml").read_text("utf-8")

    assert 'event: response.created\n        data: {"a":"Zürich 🌊"}\n' in text
    assert "chunks: [[0, 1.5], [30, 2.0], [37, 12.5]]" in text


def test_pieces_and_frames_come_when_they_came(tmp_path: Path) -> None:
    write_cassette(tmp_path / "one.yaml", CASSETTE, Redactor())
    response = read_cassette(tmp_path / "one.yaml").interactions[0].response

    assert [(STREAM[:30], 1.5), (STREAM[30:37], 2.0), (STREAM[37:], 12.5)] == list(response.pieces())
    assert [('{"a":"Zürich 🌊"}', 12.5), ("[DONE]", 12.5)] == [(frame.data, frame.at_ms) for frame in response.frames()]


@pytest.mark.parametrize("library", [httpx, httpx2], ids=["httpx", "httpx2"])
def test_plain_vcrpy_plays_it(library: object, tmp_path: Path) -> None:
    path = tmp_path / "one.yaml"
    write_cassette(path, CASSETTE, Redactor())
    post = getattr(library, "post")  # noqa: B009 - both libraries have it, in different types
    with vcr.use_cassette(str(path), record_mode="none"):  # pyright: ignore[reportUnknownMemberType]
        answer: httpx.Response = post(URL, content=b"{}")

    assert (200, STREAM) == (answer.status_code, answer.content)
    assert ["1", "2"] == answer.headers.get_list("x-twice")


def test_plain_vcrpy_keeps_our_facts_when_it_writes(tmp_path: Path) -> None:
    path = tmp_path / "one.yaml"
    write_cassette(path, CASSETTE, Redactor())
    played: Any
    with vcr.use_cassette(str(path), record_mode="new_episodes") as played:  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType]
        played._save(force=True)  # noqa: SLF001 # pyright: ignore[reportUnknownMemberType] - as after a new episode

    assert CASSETTE.interactions == read_cassette(path).interactions


def test_borders_beyond_a_body_that_was_shortened_are_gone(tmp_path: Path) -> None:
    path = tmp_path / "one.yaml"
    write_cassette(path, CASSETTE, Redactor())
    text = path.read_text("utf-8")
    start, end = text.index("event: response.created"), text.index("    recorded:")
    path.write_text(f"{text[:start]}short\n{text[end:]}", "utf-8")

    assert [(b"short\n", 1.5)] == list(read_cassette(path).interactions[0].response.pieces())


@pytest.mark.parametrize(
    ("text", "message"),
    [
        pytest.param("- a", "no YAML mapping", id="no-mapping"),
        pytest.param("a: [", "while parsing a flow node", id="no-yaml"),
        pytest.param("version: 1", "no list of 'interactions'", id="no-cassette"),
        pytest.param("interactions: [{}]", "interactions[0]: KeyError: 'request'", id="no-request"),
        pytest.param(
            "interactions: [{request: {method: GET, uri: u}, response: {status: {code: 200}, body: {string: abc}, "
            "recorded: {chunks: [[2, 1], [1, 2]]}}}]",
            "the offsets do not rise",
            id="borders",
        ),
    ],
)
def test_what_is_no_cassette_is_told(text: str, message: str, tmp_path: Path) -> None:
    (tmp_path / "one.yaml").write_text(text)
    with pytest.raises(CassetteError) as caught:
        read_cassette(tmp_path / "one.yaml")

    assert str(tmp_path / "one.yaml") in str(caught.value)
    assert message in str(caught.value)


def test_websocket_messages_come_back_as_they_were(tmp_path: Path) -> None:
    messages = (
        Message("client", 0.5, '{"type":"response.create"}'),
        Message("server", 3.0, '{"type": "response.created",\n "a": 1}'),
        Message("server", 9.0, "done", 1000),
    )
    cassette = WebSocketCassette(
        (Connection("ws://server.test/v1/responses", (("x-a", "1"),), messages, {"step": "talk"}),),
        Provenance(server="a server"),
        {"scenario": "basic"},
    )
    write_websocket(tmp_path / "one.websocket.yaml", cassette, Redactor())
    write_cassette(tmp_path / "one.yaml", CASSETTE, Redactor())

    assert cassette == read_websocket(tmp_path / "one.websocket.yaml")
    assert [tmp_path / "one.yaml"] == cassette_files(tmp_path)


def test_a_cassette_holds_no_websocket_messages(tmp_path: Path) -> None:
    write_cassette(tmp_path / "one.yaml", CASSETTE, Redactor())
    with pytest.raises(CassetteError, match="not of the format"):
        read_websocket(tmp_path / "one.yaml")
