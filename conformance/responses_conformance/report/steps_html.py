"""A request and its answer as HTML: headers, bodies, and the frames of a stream on a timeline."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

from ..jsonpath import as_object, as_text, is_object, shortened, show
from .elements import NOTHING, Markup, join, tag

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from ..step import SeenFrame, Step

_GIST = 90
"""Characters of a frame's data that its line shows."""
_SAID = {"type", "sequence_number", "item_id", "output_index", "content_index"}
"""What a line tells already, or needs not tell: which part of the answer the frame belongs to."""


def anchor(name: str) -> str:
    """The id of the step's element."""
    return "step-" + re.sub(r"[^\w-]", lambda found: f".{ord(found[0]):x}", name)


def step_html(name: str, step: Step, culprits: Mapping[int, list[str]]) -> Markup:
    """A folded step; `culprits` are the requirements that each frame broke."""
    answer = f"HTTP {step.status}" if step.status is not None else "no answer"
    counted = f", {step.frame_count} frames" if step.frame_count else ""
    head = tag(
        "summary",
        tag("h3", name),
        tag("span", f"{step.method} → {answer}{counted}, {step.elapsed_ms:.0f} ms", class_="quiet"),
    )
    return tag("details", head, tag("div", *_parts(step, culprits), class_="step-body"), class_="step", id=anchor(name))


def _parts(step: Step, culprits: Mapping[int, list[str]]) -> Iterable[Markup]:
    yield tag("h4", "Request")
    yield tag("p", tag("code", f"{step.method} {step.url}"), class_="line")
    yield _headers(step.request_headers)
    yield _body(step.request_body)
    yield tag("h4", "Response")
    status = f"HTTP {step.status}" if step.status is not None else "No answer"
    yield tag("p", tag("code", status), f" after {step.elapsed_ms:.0f} ms", class_="line")
    if step.failure:
        yield tag("p", step.failure, class_="bad")
    yield _headers(step.headers)
    yield _body(step.body)
    if step.frames:
        yield from _timeline(step, culprits)
    for number, request in enumerate(step.model_requests, 1):
        which = f" {number} of {len(step.model_requests)}" if len(step.model_requests) > 1 else ""
        yield tag("h4", f"What the model was sent{which}")
        yield _body(request)
    if step.cut:
        yield tag("ul", *(tag("li", line) for line in step.cut), class_="quiet")


def _headers(pairs: Iterable[tuple[str, str]]) -> Markup:
    rows = [tag("tr", tag("th", name, scope="row"), tag("td", value)) for name, value in pairs]
    if not rows:
        return NOTHING
    return tag(
        "details", tag("summary", f"{len(rows)} headers"), tag("table", *rows, class_="headers"), class_="headers"
    )


def _body(text: str) -> Markup:
    return tag("pre", pretty(text), tabindex=0) if text else NOTHING


def pretty(text: str) -> str:
    """The JSON over several lines; what is none, as it is."""
    value = _parsed(text)
    return text if value is None else json.dumps(value, ensure_ascii=False, indent=1)


def _parsed(text: str) -> object:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def _timeline(step: Step, culprits: Mapping[int, list[str]]) -> Iterable[Markup]:
    first, last = step.frames[0].at_ms, step.frames[-1].at_ms
    span = max(last - first, 0.001)
    kept = f"{len(step.frames)} of {step.frame_count} frames" if len(step.frames) < step.frame_count else "Frames"
    yield tag("h4", f"{kept}, from {first:.1f} to {last:.1f} ms after the request")
    lines: list[Markup] = []
    before = step.frames[0].index - 1
    for frame in step.frames:
        if frame.index != before + 1:
            lines.append(tag("li", f"{frame.index - before - 1} frames are left out here", class_="quiet"))
        lines.append(_frame(frame, (frame.at_ms - first) / span, culprits.get(frame.index, [])))
        before = frame.index
    yield tag("ol", *lines, class_="frames")


def _gist(text: str, data: object) -> str:
    """What is new in the data, on a part of a line."""
    if is_object(data):
        rest = {name: value for name, value in data.items() if name not in _SAID}
        return show(rest, _GIST)[1:-1]
    return shortened(text, _GIST)


def _frame(frame: SeenFrame, place: float, broken: list[str]) -> Markup:
    data = _parsed(frame.data)
    gist = _gist(frame.data, data)
    head = tag(
        "summary",
        tag("span", str(frame.index), class_="number"),
        tag("span", f"{frame.at_ms:.1f} ms", class_="at"),
        tag("span", tag("i", style=f"left:{place:.1%}"), class_="track", aria_hidden="true"),
        tag("code", as_text(as_object(data).get("type")) or frame.event or "no type"),
        tag("span", f"breaks {', '.join(broken)}", class_="bad") if broken else tag("span", gist, class_="gist"),
    )
    event = "no event line" if frame.event is None else f"event: {frame.event}"
    shown = frame.data if data is None else json.dumps(data, ensure_ascii=False, indent=1)
    inside = join(tag("p", tag("code", event), class_="line"), tag("pre", shown, tabindex=0))
    folded = tag("details", head, inside, open=bool(broken))
    return tag("li", folded, class_="culprit" if broken else None, data_frame=frame.index)
