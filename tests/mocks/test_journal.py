"""The journal is bounded and keeps the order of arrival."""

from __future__ import annotations

from itertools import count

from responses_mocks import Journal


def test_the_key_first_written_to_is_forgotten_first() -> None:
    journal = Journal(keys=2)
    for key in ("a", "b", "a", "c"):
        journal.record_chat(key, 0, {})

    assert [0, 1, 1] == [len(journal.chats(key)) for key in "abc"]


def test_the_oldest_call_of_a_key_is_forgotten_first() -> None:
    ticks = count()
    journal = Journal(calls=2, clock=lambda: next(ticks))
    for step in range(3):
        journal.record_chat("a", step, {})

    assert [(1, 1), (2, 2)] == [(call.step, call.at) for call in journal.chats("a")]


def test_a_page_is_plain_json() -> None:
    journal = Journal(clock=lambda: 5.0)
    journal.record_search("a", "Dublin", "tavily", {"max_results": 3})

    assert journal.to_dict("a") == {
        "chat": [],
        "search": [{"query": "Dublin", "form": "tavily", "options": {"max_results": 3}, "at": 5.0}],
    }
    journal.clear()
    assert journal.to_dict("a") == {"chat": [], "search": []}


def test_a_request_is_kept_as_it_came() -> None:
    journal = Journal()
    request = {"messages": [{"role": "user", "content": "Hi"}]}
    journal.record_chat("a", 0, request)
    request["messages"].append({"role": "assistant", "content": "Yes?"})

    (call,) = journal.chats("a")
    assert len(call.request["messages"]) == 1
