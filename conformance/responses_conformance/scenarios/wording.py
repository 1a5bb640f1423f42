"""Words that a careless server spoils: every script, white space that means something, length, and a cold model."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from responses_mocks import Script, ToolCall, Turn

from ..exchange import Kind
from ..scenario import MARK, scenario
from .functions import WEATHER
from .searching import SEARCH
from .text import CITY_SCHEMA

if TYPE_CHECKING:
    from ..scenario import Conversation

# A letter and its accent apart, which normalisation would join; a ligature, and a character beyond the basic plane.
_SCRIPTS = 'Re\u0301sume\u0301 "首都" ﬁn ½ \U0001f9a2 👩‍👩‍👧 &amp; <b>1 < 2 && 3 > 2</b> 100 % \\n \\u00e9'
_CODE = "def heron(wet):\n    if wet:\n\t\treturn  'grey'\n\n    return None"
_LINES = 3000
_QUERY = (
    "¿cuál es la capital de Irlanda? 首都 \U0001f1ee\U0001f1ea — y también: " + "historia, población, río, clima, " * 4
)


@scenario(
    "odd-wording",
    script=Script((Turn("As you say."), Turn("As you said."))),
    brings={Kind.RESPONSE},
    about={"model-output", "wording", "chain"},
    features={"store", "chain"},
)
async def odd_wording(talk: Conversation) -> None:
    """Instructions and messages of every role hold odd characters and indented code, and are gone on from."""
    given = [
        {"type": "message", "role": "developer", "content": f"Mind this: {_SCRIPTS}"},
        {"type": "message", "role": "user", "content": _CODE},
        {"type": "message", "role": "assistant", "content": f"It says {_SCRIPTS}"},
        {"type": "message", "role": "user", "content": talk.say(f"{_SCRIPTS}\n\n{_CODE}\n")},
    ]
    first = await talk.create("first", instructions=f"{_CODE}\n{_SCRIPTS}", input=given)
    await talk.create("second", previous_response_id=talk.id_of(first), input=talk.say(_SCRIPTS, 1))


@scenario(
    "long-wording",
    script=Script((Turn("I have read all of it."),)),
    brings={Kind.RESPONSE},
    about={"model-output", "wording", "user-text"},
    needs_script=True,  # many models can't read so much
)
async def long_wording(talk: Conversation) -> None:
    """One message has as many words as a long document."""
    document = "\n".join(f"Line {number} of the document." for number in range(_LINES))
    texts = (document, talk.say("Have you read all of it?"))
    messages = [{"type": "message", "role": "user", "content": text} for text in texts]
    await talk.create("create", truncation="disabled", input=messages)


@scenario(
    "text-edges",
    script=Script((Turn("\n  Indented,\n\tand ended by a line feed.\n"),) * 2),
    brings={Kind.RESPONSE, Kind.STREAM},
    about={"model-output", "parity"},
)
async def text_edges(talk: Conversation) -> None:
    """The model's answer begins and ends with white space."""
    await talk.create("plain", input=talk.say("Show me the edges."))
    await talk.create("streamed", input=talk.say("Show me the edges.", 1), stream=True)


@scenario(
    "parameters-cold",
    script=Script((Turn("Noted."),) * 2),
    brings={Kind.RESPONSE, Kind.STREAM},
    about={"parameters", "model-output"},
    features={"sampling"},
)
async def parameters_cold(talk: Conversation) -> None:
    """The temperature is to be zero, which is a value like any other."""
    await talk.create("plain", input=talk.say("Note this."), temperature=0)
    await talk.create("streamed", input=talk.say("Note this.", 1), temperature=0, stream=True)


@scenario(
    "structured-output-beside-tools",
    script=Script((Turn('{"city":"Oslo","people":717710}'),)),
    brings={Kind.RESPONSE},
    about={"structured", "model-output"},
    features={"structured_output", "function_tools"},
)
async def structured_output_beside_tools(talk: Conversation) -> None:
    """The answer is to have a form, and there is a function that the model may call."""
    text = {"format": {"type": "json_schema", "name": "city", "schema": CITY_SCHEMA, "strict": True}}
    await talk.create("create", input=talk.say("Tell me about Oslo, of what you know."), text=text, tools=[WEATHER])


@scenario(
    "web-search-odd-query",
    # The marker stands first, where a query that is cut keeps it.
    script=Script(
        (Turn(tool_calls=(ToolCall("web_search", json.dumps({"query": f"{MARK} {_QUERY}"})),)), Turn("Dublín.")) * 2
    ),
    brings={Kind.RESPONSE, Kind.STREAM},
    about={"search", "search-asked", "model-output"},
    features={"web_search"},
)
async def web_search_odd_query(talk: Conversation) -> None:
    """The model searches for a long sentence in several scripts."""
    asked: dict[str, Any] = {"tools": [SEARCH]}
    await talk.create("plain", input=talk.say("¿Cuál es la capital de Irlanda?"), **asked)
    await talk.create("streamed", input=talk.say("¿Cuál es la capital de Irlanda?", 2), stream=True, **asked)
