"""Where the answers of two servers part, and what two answers may differ in without parting."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from responses_conformance.cli import main
from responses_conformance.comparing.difference import Difference
from responses_conformance.comparing.levelled import Answer, levelled
from responses_conformance.exchange import Exchange, Kind, Reply
from responses_conformance.scenario import scenarios
from responses_mocks import MockServer
from responses_mocks.proxy import MUTANTS, VARIETIES
from responses_mocks.proxy.app import proxy_app
from responses_mocks.sse import Frame

if TYPE_CHECKING:
    from responses_mocks.proxy.transform import Transform


def reply(step: str, *frames: dict[str, Any], body: Any = None) -> Reply:
    stream = tuple(Frame(index, json.dumps(frame), frame.get("type")) for index, frame in enumerate(frames))
    content = b"" if frames else json.dumps(body).encode()
    return Reply(step, Kind.RESPONSE, "POST", "http://t/v1", b"{}", (), 200, {}, content, stream)


def answers(*replies: Reply) -> dict[str, Answer]:
    exchange = Exchange(scenarios()["text"], replies, None, requested_model="gpt-x")
    return levelled(exchange, "http://t/v1")


def body(value: Any) -> Any:
    return answers(reply("one", body=value))["one"].body


@pytest.mark.parametrize(
    ("value", "level"),
    [
        pytest.param({"id": "r_1", "object": "response"}, {"id": "response#1", "object": "response"}, id="id"),
        pytest.param([{"id": "a"}, {"id": "b"}, {"id": "a"}], [{"id": f"id#{n}"} for n in (1, 2, 1)], id="order"),
        pytest.param({"item_id": "m", "call_id": "m"}, {"item_id": "item#1", "call_id": "item#1"}, id="same-id-twice"),
        pytest.param({"created_at": 17, "completed_at": None}, {"created_at": "T", "completed_at": None}, id="times"),
        pytest.param({"model": "gpt-x"}, {"model": "MODEL"}, id="model"),
        pytest.param({"text": "Hi [rc:0a1b-text.0]"}, {"text": "Hi [rc:text.0]"}, id="marker"),
        pytest.param({"url": "http://t/v1/x"}, {"url": "BASE/x"}, id="address"),
        pytest.param({"obfuscation": "xyz"}, {"obfuscation": "(opaque)"}, id="padding"),
        pytest.param(
            [{"id": "resp_0123", "object": "response"}, {"message": "no 'resp_0123' here"}],
            [{"id": "response#1", "object": "response"}, {"message": "no 'response#1' here"}],
            id="id-in-a-text",
        ),
        pytest.param({"object": "model", "id": "m"}, {"object": "model", "id": "m"}, id="models-have-names"),
        pytest.param({"total": 17, "ok": True}, {"total": 17, "ok": True}, id="other-values-stay"),
    ],
)
def test_a_value_is_levelled(value: Any, level: Any) -> None:
    assert level == body(value)


def test_an_id_has_one_name_in_all_answers_of_an_exchange() -> None:
    first = reply("first", body={"id": "resp_a", "object": "response"})
    found = answers(first, reply("second", body={"previous_response_id": "resp_a"}))

    assert {"previous_response_id": "response#1"} == found["second"].body


def delta(number: int, text: str) -> dict[str, Any]:
    return {"type": "response.output_text.delta", "sequence_number": number, "item_id": "m", "delta": text}


def test_pieces_of_one_text_are_joined_wherever_they_were_cut() -> None:
    end = {"type": "response.completed"}
    few = answers(reply("one", delta(0, "Dublin"), end | {"sequence_number": 1}))
    many = answers(reply("one", delta(0, "Du"), delta(1, "bl"), delta(2, "in"), end | {"sequence_number": 3}))

    assert few == many
    assert "place +0" == few["one"].frames[1][1]["sequence_number"]


def test_a_number_that_is_out_of_its_row_is_seen() -> None:
    found = answers(reply("one", {"type": "a", "sequence_number": 0}, {"type": "b", "sequence_number": 5}))

    assert "place +4" == found["one"].frames[1][1]["sequence_number"]


def told(one: Answer, other: Answer) -> list[str]:
    found = Difference("", str)
    found.add("text/create", one, other)
    return list(found.lines())[2:]


@pytest.mark.parametrize(
    ("one", "other", "lines"),
    [
        pytest.param(Answer(200, "x"), Answer(404, "x"), ["status", "  A 200", "  B 404"], id="status"),
        pytest.param(Answer(200, "x"), Answer(200, "y"), ["content-type", '  A "x"', '  B "y"'], id="content-type"),
        pytest.param(
            Answer(200, "", {"a": [{"b": 1}]}),
            Answer(200, "", {"a": [{}]}),
            ["$.a[*].b", "  A 1", "  B no such field"],
            id="field",
        ),
        pytest.param(Answer(200, "", [True]), Answer(200, "", [1]), ["$[*]", "  A true", "  B 1"], id="type"),
        pytest.param(
            Answer(200, "", frames=(("a", {}), ("b", {}), ("c", {}))),
            Answer(200, "", frames=(("a", {}), ("c", {}))),
            ["frames after a", '  A ["b"]', "  B []"],
            id="frame",
        ),
        pytest.param(
            Answer(200, "", frames=(("a", {"x": 1}),)),
            Answer(200, "", frames=(("a", {"x": 2}),)),
            ["a $.x", "  A 1", "  B 2"],
            id="in-a-frame",
        ),
    ],
)
def test_a_difference_is_told_with_its_place(one: Answer, other: Answer, lines: list[str]) -> None:
    assert ["", *lines, "    in text/create"] == told(one, other)


def test_one_place_is_told_once_with_the_number_of_answers() -> None:
    found = Difference("", str)
    for step in ("a/create", "b/create", "c/create"):
        found.add(step, Answer(200, "", {"x": None}), Answer(200, "", {}))

    assert ["", "$.x", "  A null", "  B no such field", "    in a/create and 2 more"] == list(found.lines())[2:]


def diff(reference_url: str, transform: Transform) -> int:
    """The command's exit code for the reference and the same one behind a proxy."""
    with MockServer(proxy_app(reference_url.removesuffix("/v1"), transform)) as other:
        arguments = ["diff", "--base-url", reference_url, "--base-url", f"{other.base_url}/v1", "--model", "mock-1"]
        return main([*arguments, "--scenario", "text*", "--scenario", "chain", "--features", "create,stream,chain"])


@pytest.mark.slow
def test_two_servers_that_differ_in_what_they_may_say_the_same(
    reference_url: str, capsys: pytest.CaptureFixture[str]
) -> None:
    code = diff(reference_url, VARIETIES["crlf"].transform())

    assert (0, "they say the same") == (code, capsys.readouterr().out.strip().rpartition("; ")[2])


@pytest.mark.slow
def test_the_place_where_two_servers_part_is_told(reference_url: str, capsys: pytest.CaptureFixture[str]) -> None:
    code = diff(reference_url, MUTANTS["nulls-left-out"].front())
    lines = capsys.readouterr().out.splitlines()
    place = lines.index("$.error")

    assert code == 1
    assert ["  A null", "  B no such field"] == lines[place + 1 : place + 3]
    assert lines[place + 3].startswith("    in text/create and ")


@pytest.mark.parametrize("urls", [["--base-url", "http://a/v1"], ["--base-url=http://a/v1"] * 3], ids=["one", "three"])
def test_it_takes_two_servers(urls: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    code = main(["diff", *urls])

    assert code == 2
    assert "give --base-url twice" in capsys.readouterr().err
