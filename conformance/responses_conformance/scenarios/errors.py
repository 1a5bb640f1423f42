"""Requests that no server can take, and what it says to them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from responses_mocks import Fault, Script, Turn

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


@scenario("input-wrong-type", script=_UNSAID, brings={Kind.ERROR}, about={"bad-request", "bad-param-input"})
async def input_wrong_type(talk: Conversation) -> None:
    """The input is a number."""
    await talk.create("create", kind=Kind.ERROR, input=4711)


@scenario("role-unknown", script=_UNSAID, brings={Kind.ERROR}, about={"bad-request"})
async def role_unknown(talk: Conversation) -> None:
    """A message has a role that does not exist."""
    message = {"type": "message", "role": "wizard", "content": talk.say("Abracadabra.")}
    await talk.create("create", kind=Kind.ERROR, input=[message])


@scenario("temperature-wrong-type", script=_UNSAID, brings={Kind.ERROR}, about={"bad-request", "bad-param-temperature"})
async def temperature_wrong_type(talk: Conversation) -> None:
    """The temperature is a word, in a request for a stream: the error comes as JSON all the same."""
    await talk.create("create", kind=Kind.ERROR, input=talk.say("Hello."), temperature="hot", stream=True)


@scenario(
    "tool-type-unknown",
    script=_UNSAID,
    brings={Kind.ERROR},
    about={"bad-request", "bad-param-tools"},
    features={"function_tools"},
)
async def tool_type_unknown(talk: Conversation) -> None:
    """A tool is of a type that does not exist."""
    await talk.create("create", kind=Kind.ERROR, input=talk.say("Hello."), tools=[{"type": "crystal_ball"}])


@scenario(
    "function-without-name",
    script=_UNSAID,
    brings={Kind.ERROR},
    about={"bad-request", "bad-param-tools"},
    features={"function_tools"},
)
async def function_without_name(talk: Conversation) -> None:
    """A function tool has no name."""
    tool: dict[str, Any] = {"type": "function", "parameters": {"type": "object", "properties": {}}}
    await talk.create("create", kind=Kind.ERROR, input=talk.say("Hello."), tools=[tool])


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
