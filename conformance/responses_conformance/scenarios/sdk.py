"""What applications do with the `openai` SDK, done with it against the target."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING, Any

from responses_mocks import Chunking, Fault, Script, ToolCall, Turn

from ..driving.sdk import connected, heard, plain
from ..exchange import Kind
from ..jsonpath import as_object, shortened
from ..scenario import Unwilling, scenario
from .functions import WEATHER
from .state import UNKNOWN_ID
from .text import GREETING

if TYPE_CHECKING:
    from openai import AsyncOpenAI

    from responses_fixtures import JsonObject

    from ..scenario import Conversation

OSLO = '{"city":"Oslo","people":717710}'
_MOST_PAGES = 20
"""Pages after which a list counts as one without end."""
_POLLS = 200
_UNDER_WAY = ("queued", "in_progress")
_CUT_OFF = "response.incomplete"
_ENDS = ("response.completed", _CUT_OFF)


def _answer(turn: int, response: Any) -> JsonObject:  # noqa: ANN401 - a Response of the SDK
    """What an application reads from a response: its text, that of turn number `turn`, and all of it."""
    return {"turn": turn, "text": response.output_text, "response": plain(response)}


def _parsed(talk: Conversation, arguments: str) -> Any:  # noqa: ANN401 - any JSON
    try:
        return json.loads(arguments)
    except ValueError:
        if not talk.scripted:
            raise Unwilling(f"the model called with arguments that are no JSON: {shortened(arguments)}") from None
        raise


async def _final(stream: Any) -> Any:  # noqa: ANN401 - the SDK's stream helper and its Response
    """The response at a stream's end; of one that was cut off the SDK's helper knows only the event."""
    async for event in stream:
        if event.type == _CUT_OFF:
            return event.response
    return await stream.get_final_response()


@scenario("sdk-create", script=Script((Turn(GREETING),)), brings={Kind.SDK}, about={"sdk-text"})
async def sdk_create(talk: Conversation) -> None:
    """The SDK creates a response, and the application reads its text."""

    async def create(client: AsyncOpenAI) -> JsonObject:
        question = talk.say("What is the capital of Ireland?")
        return _answer(0, await client.responses.create(model=talk.model, input=question))

    await talk.sdk("create", "responses.create(…)", create)


@scenario(
    "sdk-stream",
    script=Script((Turn(GREETING, chunking=Chunking(size=5)),) * 2),
    brings={Kind.SDK},
    about={"sdk-text"},
    features={"stream"},
)
async def sdk_stream(talk: Conversation) -> None:
    """The SDK reads a stream event by event, and through its helper, which builds the response up by itself."""
    question = "What is the capital of Ireland?"

    async def iterate(client: AsyncOpenAI) -> JsonObject:
        events = await client.responses.create(model=talk.model, input=talk.say(question), stream=True)
        return {**await heard(events), "turn": 0}

    async def helper(client: AsyncOpenAI) -> JsonObject:
        async with client.responses.stream(model=talk.model, input=talk.say(question, 1)) as stream:
            return _answer(1, await _final(stream))

    await talk.sdk("iterate", "responses.create(…, stream=True), read to its end", iterate)
    await talk.sdk("helper", "responses.stream(…).get_final_response()", helper)


@scenario(
    "sdk-functions",
    script=Script((Turn(tool_calls=(ToolCall("get_weather", '{"city": "Oslo", "unit": "C"}'),)), Turn("It is cold."))),
    brings={Kind.SDK},
    about={"sdk-text", "sdk-arguments"},
    features={"function_tools"},
)
async def sdk_functions(talk: Conversation) -> None:
    """The SDK's output items go back as input, with the output of the function behind them, as its guide has it."""
    question: JsonObject = {"type": "message", "role": "user", "content": talk.say("What is the weather in Oslo?")}
    history: list[Any] = [question]
    tools: Any = [WEATHER]

    async def call(client: AsyncOpenAI) -> JsonObject:
        response = await client.responses.create(
            model=talk.model,
            input=history,
            tools=tools,
            tool_choice={"type": "function", "name": "get_weather"},
        )
        calls = [item for item in response.output if item.type == "function_call"]
        history.extend(response.output)
        history.extend({"type": "function_call_output", "call_id": one.call_id, "output": "-3"} for one in calls)
        return {"arguments": [_parsed(talk, one.arguments) for one in calls], "response": plain(response)}

    async def answer(client: AsyncOpenAI) -> JsonObject:
        again: Any = {"type": "message", "role": "user", "content": talk.say("So?", 1)}
        return _answer(1, await client.responses.create(model=talk.model, input=[*history, again]))

    if await talk.sdk("call", "responses.create(…, tools=[…])", call):
        await talk.sdk("answer", "responses.create(input=[…, *response.output, …])", answer)


@scenario(
    "sdk-parse",
    script=Script((Turn(OSLO),)),
    brings={Kind.SDK},
    about={"sdk-parsed"},
    features={"structured_output"},
)
async def sdk_parse(talk: Conversation) -> None:
    """The SDK parses the answer into an object of the application's own class."""

    async def parse(client: AsyncOpenAI) -> JsonObject:
        from pydantic import BaseModel, ValidationError  # noqa: PLC0415 - loaded by the SDK

        class City(BaseModel):
            city: str
            people: int

        question = talk.say("Tell me about Oslo.")
        try:
            response = await client.responses.parse(model=talk.model, input=question, text_format=City)
        except ValidationError as error:
            if not talk.scripted:
                raise Unwilling(f"the model's text is no City: {shortened(str(error))}") from None
            raise
        return {"parsed": plain(response.output_parsed.model_dump() if response.output_parsed else None)}

    await talk.sdk("parse", "responses.parse(…, text_format=City).output_parsed", parse)


@scenario(
    "sdk-store",
    script=Script((Turn("Kept."), Turn("Gone on."))),
    brings={Kind.SDK, Kind.SDK_ERROR},
    about={"sdk-text", "sdk-not-found"},
    features={"store", "chain"},
)
async def sdk_store(talk: Conversation) -> None:
    """The SDK retrieves a response, goes on from it, deletes it, and is told that it is gone."""
    identity: list[str] = []

    async def create(client: AsyncOpenAI) -> JsonObject:
        response = await client.responses.create(model=talk.model, input=talk.say("Keep this."))
        if not talk.scripted and any(item.type == "function_call" for item in response.output):
            raise Unwilling("the model called a function though it was offered none")
        identity.append(response.id)
        return _answer(0, response)

    async def retrieve(client: AsyncOpenAI) -> JsonObject:
        return _answer(0, await client.responses.retrieve(identity[0]))

    async def go_on(client: AsyncOpenAI) -> JsonObject:
        question = talk.say("Go on.", 1)
        return _answer(
            1, await client.responses.create(model=talk.model, input=question, previous_response_id=identity[0])
        )

    async def delete(client: AsyncOpenAI) -> JsonObject:
        await client.responses.delete(identity[0])
        return {}

    await talk.sdk("create", "responses.create(…)", create)
    if not identity:
        return
    await talk.sdk("retrieve", "responses.retrieve(id)", retrieve)
    await talk.sdk("go-on", "responses.create(previous_response_id=id)", go_on)
    await talk.sdk("delete", "responses.delete(id)", delete)
    await talk.sdk("retrieve-deleted", "responses.retrieve(id)", retrieve, kind=Kind.SDK_ERROR)


@scenario("sdk-errors", script=Script(()), brings={Kind.SDK_ERROR}, about={"sdk-refused"})
async def sdk_errors(talk: Conversation) -> None:
    """The SDK is refused a request, plain and streamed."""

    async def create(client: AsyncOpenAI) -> JsonObject:
        more = {"temperature": "hot"}
        return as_object(plain(await client.responses.create(model=talk.model, input="Hello", extra_body=more)))

    async def stream(client: AsyncOpenAI) -> JsonObject:
        more = {"temperature": "hot"}
        return await heard(await client.responses.create(model=talk.model, input="Hello", stream=True, extra_body=more))

    await talk.sdk("create", 'responses.create(temperature="hot")', create, kind=Kind.SDK_ERROR)
    await talk.sdk("stream", 'responses.create(temperature="hot", stream=True)', stream, kind=Kind.SDK_ERROR)


@scenario(
    "sdk-not-found", script=Script(()), brings={Kind.SDK_ERROR}, about={"sdk-not-found"}, features={"store", "chain"}
)
async def sdk_not_found(talk: Conversation) -> None:
    """The SDK asks for a response that never was."""

    async def retrieve(client: AsyncOpenAI) -> JsonObject:
        return as_object(plain(await client.responses.retrieve(UNKNOWN_ID)))

    await talk.sdk("retrieve", "responses.retrieve(id)", retrieve, kind=Kind.SDK_ERROR)


@scenario(
    "sdk-model-breaks-off",
    script=Script((Turn("This is never said to its end.", fault=Fault(message="The engine died.", after_chunks=3)),)),
    brings={Kind.SDK},
    about={"sdk-failure"},
    features={"stream"},
    needs_script=True,
)
async def sdk_model_breaks_off(talk: Conversation) -> None:
    """The model dies in the middle of a stream that the SDK reads."""

    async def iterate(client: AsyncOpenAI) -> JsonObject:
        question = talk.say("Begin, and fail.")
        return await heard(await client.responses.create(model=talk.model, input=question, stream=True))

    await talk.sdk("iterate", "responses.create(…, stream=True), read to its end", iterate)


@scenario(
    "sdk-search",
    script=Script(
        (
            Turn(tool_calls=(ToolCall("web_search", '{"query":"capital of Ireland"}'),)),
            Turn("Dublin ([Dublin](https://en.wikipedia.org/wiki/Dublin))."),
        )
    ),
    brings={Kind.SDK},
    features={"web_search"},
)
async def sdk_search(talk: Conversation) -> None:
    """The SDK reads a response with a web search in it, and its citations."""

    async def search(client: AsyncOpenAI) -> JsonObject:
        question = talk.say("Search the web: what is the capital of Ireland?")
        response = await client.responses.create(model=talk.model, input=question, tools=[{"type": "web_search"}])
        return {"text": response.output_text, "response": plain(response)}

    await talk.sdk("search", 'responses.create(…, tools=[{"type": "web_search"}])', search)


@scenario(
    "sdk-input-items",
    script=Script((Turn("Three."),)),
    brings={Kind.SDK},
    about={"sdk-pages"},
    features={"store", "input_items"},
)
async def sdk_input_items(talk: Conversation) -> None:
    """The SDK turns the pages of a list by itself, one item a page."""
    words = ["one", "two", talk.say("three")]

    async def pages(client: AsyncOpenAI) -> JsonObject:
        given: Any = [{"type": "message", "role": "user", "content": word} for word in words]
        response = await client.responses.create(model=talk.model, input=given)
        found: list[JsonObject] = []
        async for item in client.responses.input_items.list(response.id, limit=1, order="asc"):
            found.append(plain(item))
            if len(found) == _MOST_PAGES:
                break
        return {"given": words, "items": found}

    await talk.sdk("pages", "responses.input_items.list(id, limit=1)", pages)


@scenario(
    "sdk-background",
    script=Script((Turn("Done behind your back."),)),
    brings={Kind.SDK},
    about={"sdk-text"},
    features={"store", "background"},
)
async def sdk_background(talk: Conversation) -> None:
    """The SDK starts a response in the background and polls until it is there, as its guide has it."""

    async def poll(client: AsyncOpenAI) -> JsonObject:
        response = await client.responses.create(model=talk.model, input=talk.say("Take your time."), background=True)
        for _ in range(_POLLS):
            if response.status not in _UNDER_WAY:
                break
            await asyncio.sleep(0.05)
            response = await client.responses.retrieve(response.id)
        return _answer(0, response)

    await talk.sdk("poll", "responses.create(background=True), responses.retrieve(id) until it is final", poll)


@scenario(
    "sdk-resume",
    script=Script((Turn("Read twice.", chunking=Chunking(size=2)),)),
    brings={Kind.SDK},
    about={"sdk-text"},
    features={"store", "stream", "background", "resume"},
)
async def sdk_resume(talk: Conversation) -> None:
    """The SDK reads a background stream, and then again from its helper."""
    identity: list[str] = []

    async def first(client: AsyncOpenAI) -> JsonObject:
        question = talk.say("Say something.")
        events = await client.responses.create(model=talk.model, input=question, background=True, stream=True)
        whole = await heard(events)
        identity.append(str(whole["response"].get("id")))
        return {**whole, "turn": 0}

    async def again(client: AsyncOpenAI) -> JsonObject:
        async with client.responses.stream(response_id=identity[0]) as stream:
            return _answer(0, await _final(stream))

    await talk.sdk("first", "responses.create(background=True, stream=True)", first)
    if identity:
        await talk.sdk("again", "responses.stream(response_id=id).get_final_response()", again)


@scenario(
    "sdk-websocket",
    script=Script((Turn("Over a socket."),)),
    brings={Kind.SDK},
    about={"sdk-text"},
    features={"websocket"},
)
async def sdk_websocket(talk: Conversation) -> None:
    """The SDK opens a WebSocket and asks for a response there."""

    async def connect(client: AsyncOpenAI) -> JsonObject:
        async with connected(client) as connection:
            await connection.response.create(model=talk.model, input=talk.say("Hello"), store=False)
            event: Any
            async for event in connection:
                if event.type in _ENDS:
                    return _answer(0, event.response)
        return {"turn": 0, "text": "", "response": {}}

    await talk.sdk("connect", "responses.connect(), response.create(…)", connect)


@scenario(
    "sdk-conversations",
    script=Script((Turn("You are Ada."),)),
    brings={Kind.SDK},
    about={"sdk-text"},
    features={"store", "conversations"},
)
async def sdk_conversations(talk: Conversation) -> None:
    """The SDK makes a conversation, talks in it, lists it, and deletes it."""

    async def converse(client: AsyncOpenAI) -> JsonObject:
        hello: Any = {"type": "message", "role": "user", "content": "My name is Ada."}
        made = await client.conversations.create(items=[hello], metadata={"shelf": "1"})
        question = talk.say("Who am I?")
        response = await client.responses.create(model=talk.model, input=question, conversation=made.id)
        items = [plain(item) async for item in client.conversations.items.list(made.id, order="asc")]
        one = await client.conversations.items.retrieve(items[0]["id"], conversation_id=made.id)
        await client.conversations.items.delete(str(one.id), conversation_id=made.id)
        await client.conversations.update(made.id, metadata={"shelf": "2"})
        await client.conversations.retrieve(made.id)
        await client.conversations.delete(made.id)
        return {**_answer(0, response), "items": items}

    await talk.sdk("converse", "conversations.create, .items.list, .update, .delete; responses.create", converse)


@scenario("sdk-models", script=Script(()), brings={Kind.SDK})
async def sdk_models(talk: Conversation) -> None:
    """The SDK lists the models."""

    async def models(client: AsyncOpenAI) -> JsonObject:
        from openai import NotFoundError  # noqa: PLC0415 - the SDK is loaded by now, and not before

        try:
            return {"models": [model.id async for model in client.models.list()]}
        except NotFoundError:
            # Neither contract of the Responses API has the list, and the SDK tells that it is not there.
            return {}

    await talk.sdk("models", "models.list()", models)
