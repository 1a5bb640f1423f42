"""Requests that no server can take, and what it says to them."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING, Any

from responses_mocks import Fault, Script, Turn

from ..data import read_yaml
from ..exchange import Kind
from ..scenario import scenario

if TYPE_CHECKING:
    from ..scenario import Conversation

_UNSAID = Script((Turn("This must not be said."),))


@scenario("body-not-json", script=_UNSAID, brings={Kind.ERROR}, about={"bad-request", "bad-body"})
async def body_not_json(talk: Conversation) -> None:
    """The body is cut off, so that it is no JSON; then it is JSON, but no object."""
    await talk.send("cut-off", Kind.ERROR, "POST", "/responses", b'{"model": "x", "input": "Hel')
    await talk.send("array", Kind.ERROR, "POST", "/responses", b'["Hello"]')


@scenario("body-not-utf8", script=_UNSAID, brings={Kind.ERROR}, about={"bad-request", "bad-body"})
async def body_not_utf8(talk: Conversation) -> None:
    """The body is JSON but for a byte that is no UTF-8."""
    await talk.send("create", Kind.ERROR, "POST", "/responses", b'{"model": "x", "input": "caf\xe9"}')


@scenario("body-form", script=_UNSAID, brings={Kind.ADVISED_ERROR}, about={"bad-content-type"})
async def body_form(talk: Conversation) -> None:
    """The body is a form, and says so."""
    form = f"model={talk.model}&input=Hello".encode()
    media_type = "application/x-www-form-urlencoded"
    await talk.send("create", Kind.ADVISED_ERROR, "POST", "/responses", form, content_type=media_type)


@dataclass(frozen=True, slots=True)
class BadRequest:
    """A request with one thing wrong, a row of `bad_requests.yaml`, where the fields are explained."""

    name: str
    title: str
    kind: str
    param: str | None
    code: str | None
    body: dict[str, Any] = field(default_factory=dict[str, Any])
    without: tuple[str, ...] = ()

    @property
    def culprit(self) -> str:
        """The top-level field that is wrong or missing."""
        return [*self.body, *self.without][-1]


@cache
def bad_requests() -> dict[str, BadRequest]:
    """The rows, by the name of their scenario."""
    text = resources.files("responses_conformance").joinpath("scenarios/bad_requests.yaml").read_text("utf-8")
    rows = [BadRequest(**row) for row in read_yaml(text)]
    return {f"bad-{row.name}": row for row in rows}


_TIER = {"shape": "bad-request", "openai": "bad-request"}
"""What rules a request out for good, and the aspect of its scenario; any other is one that should be refused."""
_OF_OPENAI = ("openai", "observed")


def _bad(name: str, row: BadRequest) -> None:
    kind = Kind.ERROR if row.kind in _TIER else Kind.ADVISED_ERROR

    @scenario(
        name,
        title=row.title,
        script=_UNSAID,
        brings={kind},
        about={_TIER.get(row.kind, "bad-value"), "bad-row"},
        features={"function_tools"} if "tools" in row.body else set(),
        profiles={"openai"} if row.kind in _OF_OPENAI else None,
    )
    async def send(talk: Conversation) -> None:
        body = {"model": talk.model, "input": talk.say("Hello."), **row.body}
        whole = {key: value for key, value in body.items() if key not in row.without}
        await talk.send("create", kind, "POST", "/responses", whole)


for _name, _row in bad_requests().items():
    _bad(_name, _row)


@scenario("error-for-stream", script=_UNSAID, brings={Kind.ERROR}, about={"bad-request"})
async def error_for_stream(talk: Conversation) -> None:
    """A bad request asks for a stream: the error comes as JSON all the same."""
    await talk.create("create", kind=Kind.ERROR, input=talk.say("Hello."), temperature="hot", stream=True)


@scenario(
    "model-unknown",
    script=Script(
        (
            Turn(
                fault=Fault(
                    404,
                    "The model 'no-such-model-4711' does not exist.",
                    type="invalid_request_error",
                    code="model_not_found",
                    param="model",
                )
            ),
        )
    ),
    brings={Kind.ERROR},
    about={"model-unknown"},
    needs_script=True,
)
async def model_unknown(talk: Conversation) -> None:
    """A model is asked for that neither the server nor the engine behind it has."""
    await talk.create("create", kind=Kind.ERROR, model="no-such-model-4711", input=talk.say("Hello."))
