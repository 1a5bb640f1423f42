"""The marker in the messages says which turn of which script speaks."""

from __future__ import annotations

from typing import Any

import pytest

from responses_mocks import Marker, find_marker, marker, strip_markers

USER = {"role": "user", "content": "Hi [rc:a.0]"}
ASSISTANT = {"role": "assistant", "content": "Yes?"}
TOOL = {"role": "tool", "tool_call_id": "c", "content": "42"}


def parts(*texts: str) -> dict[str, Any]:
    return {"role": "user", "content": [{"type": "text", "text": text} for text in texts]}


@pytest.mark.parametrize(
    ("messages", "expected"),
    [
        pytest.param([USER], Marker("a", 0), id="first-turn"),
        pytest.param([USER, ASSISTANT, TOOL], Marker("a", 1), id="after-a-tool-call"),
        pytest.param([USER, ASSISTANT, ASSISTANT, TOOL], Marker("a", 1), id="adjacent-assistants-are-one-turn"),
        pytest.param([USER, ASSISTANT, TOOL, ASSISTANT, TOOL], Marker("a", 2), id="after-two-calls"),
        pytest.param([USER, ASSISTANT, {"role": "user", "content": "next [rc:a.1]"}], Marker("a", 1), id="newest-wins"),
        pytest.param([{"role": "user", "content": "next [rc:a.1]"}], Marker("a", 1), id="context-lost"),
        pytest.param([USER, ASSISTANT, {"role": "user", "content": "and?"}], Marker("a", 1), id="unmarked-follow-up"),
        pytest.param([parts("one [rc:a.0]", "two [rc:b-2_c.3] end")], Marker("b-2_c", 3), id="last-in-message"),
        pytest.param([{**TOOL, "content": "42 [rc:a.5]"}], Marker("a", 5), id="in-a-tool-output"),
        pytest.param(
            [{"role": "tool", "content": [{"type": "x", "content": [{"text": "[rc:a.0]"}]}]}],
            Marker("a", 0),
            id="in-nested-content",
        ),
        pytest.param([{"role": "system", "content": "[rc:s.0]"}, ASSISTANT], Marker("s", 1), id="in-system"),
        pytest.param([{"role": "assistant", "content": "[rc:a.0]"}], None, id="never-in-an-assistant-message"),
        pytest.param([{"role": "user", "content": "[rc:a b.0] [rc:.0] [rc:a.x]"}], None, id="no-well-formed-one"),
        pytest.param([{"role": "user", "content": None}, "text", None, {}], None, id="nothing-to-search"),
        pytest.param("text", None, id="no-list"),
    ],
)
def test_find_marker(messages: object, expected: Marker | None) -> None:
    assert expected == find_marker(messages)


def test_a_marker_is_found_as_written() -> None:
    assert Marker("Key_1-x", 7) == find_marker([{"role": "user", "content": marker("Key_1-x", 7)}])


@pytest.mark.parametrize("key", ["", "a b", "a.b", "ä", "a\n"])
def test_a_key_that_cannot_stand_in_a_marker_is_refused(key: str) -> None:
    with pytest.raises(ValueError, match="a key has only"):
        marker(key)


def test_markers_are_stripped_with_the_blanks_before_them() -> None:
    assert strip_markers("capital of Ireland [rc:a.0]?  [rc:b.1]\n") == "capital of Ireland?"


def test_deep_nesting_is_searched_without_recursion() -> None:
    content: object = "[rc:deep.0]"
    for _ in range(20_000):
        content = [content]

    assert Marker("deep", 0) == find_marker([{"role": "user", "content": content}])
