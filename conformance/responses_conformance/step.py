"""One request of a scenario and what came of it, as reports show it: as text, without secrets, and bounded."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from responses_fixtures import JsonObject
    from responses_mocks.sse import Frame

    from .exchange import Reply

LARGEST_BODY = 64 * 1024
"""Characters of a body that are kept."""
MOST_FRAMES = 200
"""Frames of a stream that are kept, around the one that broke a rule."""
LARGEST_FRAMES = 256 * 1024
"""Characters of data of all kept frames together."""


@dataclass(frozen=True, slots=True)
class SeenFrame:
    """A frame of a stream: its position, the milliseconds since the request, its event line and its data."""

    index: int
    at_ms: float
    event: str | None
    data: str

    def to_dict(self) -> JsonObject:
        """The form of a `frames` entry of the JSON report."""
        return {"index": self.index, "at_ms": round(self.at_ms, 2), "event": self.event, "data": self.data}


@dataclass(frozen=True, slots=True)
class Step:
    """A request, its answer, and what the scripted model was asked meanwhile.

    Where frames came, they stand for the body. `frame_count` is the number of all frames, kept here or not; `cut` says
    which texts were cut. `status` is None where no answer came, and `failure` then says why.
    """

    method: str
    url: str
    request_headers: tuple[tuple[str, str], ...]
    request_body: str
    status: int | None
    headers: tuple[tuple[str, str], ...] = ()
    body: str = ""
    failure: str = ""
    elapsed_ms: float = 0.0
    frames: tuple[SeenFrame, ...] = ()
    frame_count: int = 0
    model_requests: tuple[str, ...] = ()
    cut: tuple[str, ...] = ()

    def merged(self, other: Step) -> Step:
        """The same step with the frames of both: each keeps those around a culprit of its own."""
        frames = {frame.index: frame for frame in (*self.frames, *other.frames)}
        cut = tuple(dict.fromkeys((*self.cut, *other.cut)))
        return replace(self, frames=tuple(frames[index] for index in sorted(frames)), cut=cut)

    def to_dict(self) -> JsonObject:
        """The form of a `steps` entry of the JSON report."""
        return {
            "request": {
                "method": self.method,
                "url": self.url,
                "headers": [list(pair) for pair in self.request_headers],
                "body": self.request_body,
            },
            "response": {
                "status": self.status,
                "headers": [list(pair) for pair in self.headers],
                "body": self.body,
                "failure": self.failure,
                "elapsed_ms": round(self.elapsed_ms, 1),
            },
            "frames": [frame.to_dict() for frame in self.frames],
            "frame_count": self.frame_count,
            "model_requests": list(self.model_requests),
            "cut": list(self.cut),
        }

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> Step:
        """The step that `to_dict` described."""
        request, response = data["request"], data["response"]
        return cls(
            method=request["method"],
            url=request["url"],
            request_headers=tuple((name, value) for name, value in request["headers"]),
            request_body=request["body"],
            status=response["status"],
            headers=tuple((name, value) for name, value in response["headers"]),
            body=response["body"],
            failure=response["failure"],
            elapsed_ms=response["elapsed_ms"],
            frames=tuple(SeenFrame(**frame) for frame in data["frames"]),
            frame_count=data["frame_count"],
            model_requests=tuple(data["model_requests"]),
            cut=tuple(data["cut"]),
        )


@dataclass(slots=True)
class _Writer:
    """Makes text fit to be shown, and remembers what it left out."""

    redact: Callable[[str], str]
    cut: list[str] = field(default_factory=list[str])

    def text(self, name: str, raw: str | bytes) -> str:
        text = self.redact(raw if isinstance(raw, str) else raw.decode("utf-8", "backslashreplace"))
        if len(text) > LARGEST_BODY:
            self.cut.append(f"{name}: the first {LARGEST_BODY} of {len(text)} characters are kept")
        return text[:LARGEST_BODY]

    def headers(self, pairs: Iterable[tuple[str, str]]) -> tuple[tuple[str, str], ...]:
        return tuple((self.redact(name), self.redact(value)) for name, value in pairs)

    def frames(self, frames: Sequence[Frame], culprit: int | None) -> tuple[SeenFrame, ...]:
        kept = _window(len(frames), culprit)
        shown: list[SeenFrame] = []
        left = LARGEST_FRAMES
        # What is nearest to the culprit has its data first.
        for index in sorted(kept, key=lambda index: abs(index - (culprit or 0))):
            data = self.redact(frames[index].data)
            if len(data) > left:
                self.cut.append(f"frame {index}: the first {left} of {len(data)} characters are kept")
            event = frames[index].event
            shown.append(
                SeenFrame(
                    frames[index].index,
                    round(frames[index].at_ms, 2),
                    None if event is None else self.redact(event),
                    data[:left],
                )
            )
            left = max(0, left - len(data))
        return tuple(sorted(shown, key=lambda frame: frame.index))


def seen(reply: Reply, model_requests: Iterable[str], culprit: int | None, redact: Callable[[str], str]) -> Step:
    """The reply as reports show it, with the frames around frame number `culprit`."""
    writer = _Writer(redact)
    frames = writer.frames(reply.frames, culprit)
    body = "" if reply.frames else writer.text("response body", reply.body)
    return Step(
        method=reply.method,
        url=redact(reply.url),
        request_headers=writer.headers(reply.sent_headers),
        request_body=writer.text("request body", reply.sent),
        status=reply.status,
        headers=writer.headers(reply.headers.items()),
        body=body,
        failure=redact(reply.failure),
        elapsed_ms=reply.elapsed_ms,
        frames=frames,
        frame_count=len(reply.frames),
        model_requests=tuple(writer.text("model request", request) for request in model_requests),
        cut=tuple(writer.cut),
    )


def _window(count: int, culprit: int | None) -> range | list[int]:
    """The frames to keep: those around the culprit, or, where it is no frame, the first and the last."""
    if count <= MOST_FRAMES:
        return range(count)
    half = MOST_FRAMES // 2
    if culprit is None:
        return [*range(half), *range(count - half, count)]
    first = max(0, min(culprit - half, count - MOST_FRAMES))
    return range(first, first + MOST_FRAMES)
