"""Log probabilities: what a chat chunk tells of its tokens, in the form of this API."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

if TYPE_CHECKING:
    from responses_fixtures import JsonObject


def logprobs_of(choice: JsonObject) -> list[JsonObject]:
    """The tokens of a chunk's text with their log probabilities; empty where the upstream tells none."""
    return (
        [
            {**_token(entry), "top_logprobs": [_token(each) for each in _entries(entry.get("top_logprobs"))]}
            for entry in _entries(cast("dict[str, Any]", told).get("content"))
        ]
        if isinstance(told := choice.get("logprobs"), dict)
        else []
    )


def _token(entry: dict[str, Any]) -> JsonObject:
    # Some engines leave the bytes out; this API's schema has them always.
    spelt = entry.get("bytes")
    return {
        "token": entry["token"],
        "logprob": entry["logprob"],
        "bytes": spelt if isinstance(spelt, list) else list(entry["token"].encode(errors="replace")),
    }


def _entries(value: object) -> list[dict[str, Any]]:
    listed = cast("list[object]", value) if isinstance(value, list) else []
    entries = (cast("dict[str, Any]", each) for each in listed if isinstance(each, dict))
    return [each for each in entries if isinstance(each.get("token"), str) and _is_number(each.get("logprob"))]


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
