"""OpenAI's words for what is wrong with a request: one function a kind of refusal.

Texts, params and codes are those observed on api.openai.com in August 2026, so that a client which branches on them, or
shows them, behaves here as it does there.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from .errors import InvalidRequestError, NotFoundError

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence

_CLOSE = 2  # the edit distance up to which a key is taken for a misspelt one
_CREATE_DOCS = "https://platform.openai.com/docs/api-reference/responses/create"


def missing(path: str) -> InvalidRequestError:
    """A required parameter is absent."""
    return InvalidRequestError(f"Missing required parameter: '{path}'.", param=path, code="missing_required_parameter")


def wrong_type(path: str, expected: str, value: object) -> InvalidRequestError:
    """A value has another JSON type than `expected`, such as "a boolean"."""
    message = f"Invalid type for '{path}': expected {expected}, but got {_kind(value)} instead."
    return InvalidRequestError(message, param=path, code="invalid_type")


def wrong_value(path: str, value: object, supported: Sequence[str]) -> InvalidRequestError:
    """A value is none of the supported ones."""
    message = f"Invalid value: '{value}'. Supported values are: {_listed(supported)}."
    return InvalidRequestError(message, param=path, code="invalid_value")


def wrong_pattern(path: str, pattern: str) -> InvalidRequestError:
    """A string has a character that it may not have."""
    message = (
        f"Invalid '{path}': string does not match pattern. Expected a string that matches the pattern '{pattern}'."
    )
    return InvalidRequestError(message, param=path, code="invalid_value")


def below_minimum(path: str, kind: str, minimum: float, value: float) -> InvalidRequestError:
    """A number is too small; `kind` is "integer" or "decimal"."""
    message = f"Invalid '{path}': {kind} below minimum value. Expected a value >= {minimum:g}, but got {value} instead."
    return InvalidRequestError(message, param=path, code=f"{kind}_below_min_value")


def above_maximum(path: str, kind: str, maximum: float, value: float) -> InvalidRequestError:
    """A number is too large; `kind` is "integer" or "decimal"."""
    message = f"Invalid '{path}': {kind} above maximum value. Expected a value <= {maximum:g}, but got {value} instead."
    return InvalidRequestError(message, param=path, code=f"{kind}_above_max_value")


def wrong_url(path: str) -> InvalidRequestError:
    """A string is no URL that an image may have."""
    message = f"Invalid '{path}'. Expected a valid URL, but got a value with an invalid format."
    return InvalidRequestError(message, param=path, code="invalid_value")


def neither(path: str, one: str, other: str) -> InvalidRequestError:
    """Exactly one of two parameters is needed, and none is there."""
    message = (
        f"Missing mutually exclusive parameters: '{path}'. "
        f"Ensure you are providing exactly one of: '{one}' or '{other}'."
    )
    return InvalidRequestError(message, param=path, code="missing_mutually_exclusive_parameters")


def both(path: str, one: str, other: str) -> InvalidRequestError:
    """Exactly one of two parameters is needed, and both are there."""
    message = f"Mutually exclusive parameters: '{path}'. Ensure you are only providing one of: '{one}' or '{other}'."
    return InvalidRequestError(message, param=path, code="mutually_exclusive_parameters")


def unreadable_seal(path: str) -> InvalidRequestError:
    """Encrypted content that another server made, or that was changed on its way."""
    message = (
        f"The encrypted content of '{path}' could not be verified. "
        "Reason: Encrypted content could not be decrypted or parsed."
    )
    return InvalidRequestError(message, param=path, code="invalid_encrypted_content")


def empty_string(path: str) -> InvalidRequestError:
    """A string that must say something is empty."""
    message = (
        f"Invalid '{path}': empty string. Expected a string with minimum length 1, but got an empty string instead."
    )
    return InvalidRequestError(message, param=path, code="empty_string")


def long_string(path: str, maximum: int, length: int) -> InvalidRequestError:
    """A string is longer than it may be."""
    message = (
        f"Invalid '{path}': string too long. Expected a string with maximum length {maximum}, "
        f"but got a string with length {length} instead."
    )
    return InvalidRequestError(message, param=path, code="string_above_max_length")


def empty_array(path: str) -> InvalidRequestError:
    """An array that must have an element has none."""
    message = f"Invalid '{path}': empty array. Expected an array with minimum length 1, but got an empty array instead."
    return InvalidRequestError(message, param=path, code="empty_array")


def long_array(path: str, maximum: int, length: int) -> InvalidRequestError:
    """An array has more elements than it may have."""
    message = (
        f"Invalid '{path}': array too long. Expected an array with maximum length {maximum}, "
        f"but got an array with length {length} instead."
    )
    return InvalidRequestError(message, param=path, code="array_above_max_length")


def many_properties(path: str, maximum: int, count: int) -> InvalidRequestError:
    """An object has more keys than it may have."""
    message = (
        f"Invalid '{path}': too many properties. Expected an object with at most {maximum} properties, "
        f"but got an object with {count} properties instead."
    )
    return InvalidRequestError(message, param=path, code="object_above_max_properties")


def long_property_name(path: str, maximum: int, length: int) -> InvalidRequestError:
    """A key of an object is longer than it may be."""
    message = (
        f"Invalid '{path}': property name too long. Expected a property name with maximum length {maximum}, "
        f"but got a property name with length {length} instead."
    )
    return InvalidRequestError(message, param=path, code="property_name_above_max_length")


def unknown(path: str, *, known: Iterable[str] = (), sent: Collection[str] = ()) -> InvalidRequestError:
    """A key that nobody knows, with the `known` keys it may have been meant for: near ones that were not `sent`."""
    near = sorted(
        (distance, name) for name in known if name not in sent and (distance := _distance(path, name)) <= _CLOSE
    )
    hint = f" Did you mean {_listed([name for _, name in near], 'or')}?" if near else ""
    return InvalidRequestError(f"Unknown parameter: '{path}'.{hint}", param=path, code="unknown_parameter")


def moved(name: str, successor: str) -> InvalidRequestError:
    """A key of Chat Completions that has another name here."""
    message = (
        f"Unsupported parameter: '{name}'. In the Responses API, this parameter has moved to '{successor}'. "
        f"Try again with the new parameter. See the API documentation for more information: {_CREATE_DOCS}."
    )
    return InvalidRequestError(message, code="unsupported_parameter")


def unsupported(path: str, instead: str = "") -> InvalidRequestError:
    """A parameter of the API that this server does not serve; `instead` is a sentence that says what to do."""
    message = f"Unsupported parameter: '{path}' is not supported by this server.{instead and ' '}{instead}"
    return InvalidRequestError(message, param=path, code="unsupported_parameter")


def unsupported_value(path: str, value: object) -> InvalidRequestError:
    """A value of the API that this server does not serve."""
    message = f"Unsupported value: '{value}' is not supported by this server."
    return InvalidRequestError(message, param=path, code="unsupported_value")


def no_such_model(name: str) -> NotFoundError:
    """A model that is not served."""
    message = f"The requested model '{name}' does not exist."
    return NotFoundError(message, param="model", code="model_not_found")


def no_such_previous_response(response_id: str) -> InvalidRequestError:
    """A previous_response_id that can't be chained from."""
    message = f"Previous response with id '{response_id}' not found."
    return InvalidRequestError(message, param="previous_response_id", code="previous_response_not_found")


def unfinished_previous_response(response_id: str, status: str) -> InvalidRequestError:
    """A previous_response_id whose response has not ended."""
    message = f"Previous response with id '{response_id}' can't be continued yet: its status is '{status}'."
    return InvalidRequestError(message, param="previous_response_id")


def two_pasts() -> InvalidRequestError:
    """A request that goes on from a response and from a conversation."""
    message = (
        "Mutually exclusive parameters: ''. Ensure you are only providing one of: 'previous_response_id' or "
        "'conversation'."
    )
    return InvalidRequestError(message, code="mutually_exclusive_parameters")


def no_such_conversation(conversation_id: str) -> NotFoundError:
    """An id that names no conversation."""
    return NotFoundError(f"Conversation with id '{conversation_id}' not found.")


def conversation_locked() -> InvalidRequestError:
    """A conversation that another response is being made in."""
    message = "Another process is currently operating on this conversation. Please retry in a few seconds."
    return InvalidRequestError(message, param="conversation", code="conversation_locked")


def unkept_background() -> InvalidRequestError:
    """A background response that nobody could ever read."""
    return InvalidRequestError("Background mode requires 'store' to be true.", param="background")


def synchronous() -> InvalidRequestError:
    """A response that ended with the request that made it can't be cancelled."""
    return InvalidRequestError("Cannot cancel a synchronous response.")


def not_streamed() -> InvalidRequestError:
    """A response whose events are not kept."""
    message = "This response can't be streamed: it was not created with both 'background' and 'stream' set to true."
    return InvalidRequestError(message, param="stream")


def streamed_long_ago() -> InvalidRequestError:
    """A response whose events are not kept any more."""
    return InvalidRequestError("This response can no longer be streamed because it is more than 5 minutes old")


def no_such_response(response_id: str) -> NotFoundError:
    """An id in the URL that names no stored response."""
    return NotFoundError(f"Response with id '{response_id}' not found.")


def too_much_context() -> InvalidRequestError:
    """A context that is longer than the model can read."""
    message = "Your input exceeds the context window of this model. Please adjust your input and try again."
    return InvalidRequestError(message, param="input", code="context_length_exceeded")


def nothing_said() -> InvalidRequestError:
    """A context of items none of which says anything to the model."""
    message = "Your input has nothing to answer. Expected at least one message or tool output."
    return InvalidRequestError(message, param="input")


def no_such_prompt(prompt_id: str) -> NotFoundError:
    """A prompt template; this server keeps none."""
    return NotFoundError(f"Prompt with id '{prompt_id}' not found.")


def no_such_item(item_id: str, *, stored: bool) -> NotFoundError:
    """A reference to an item that is not stored; without storage the text says what to do about it."""
    message = f"Item with id '{item_id}' not found."
    if not stored:
        message += (
            " Items are not persisted when `store` is set to false. Try again with `store` set to true, "
            "or remove this item from your input."
        )
    return NotFoundError(message, param="input")


def no_such_item_in(conversation_id: str, item_id: str) -> NotFoundError:
    """An item that is not in a conversation."""
    return NotFoundError(f"Item with id '{item_id}' not found in conversation '{conversation_id}'.")


def no_such_cursor(item_id: str) -> NotFoundError:
    """A page behind an item that is not in the list."""
    return NotFoundError(f"Item with id '{item_id}' not found.", param="after")


def _kind(value: object) -> str:
    match value:
        case bool():
            return "a boolean"
        case int():
            return "an integer"
        case float():
            return "a decimal"
        case str():
            return "a string"
        case list():
            return "an array"
        case _:
            return "an object"  # null too: the live API prints it so


def _listed(names: Sequence[str], conjunction: str = "and") -> str:
    quoted = [f"'{name}'" for name in names]
    if len(quoted) <= 2:  # noqa: PLR2004 - two are joined without a comma, more with the Oxford one
        return f" {conjunction} ".join(quoted)
    return f"{', '.join(quoted[:-1])}, {conjunction} {quoted[-1]}"


def _distance(one: str, other: str) -> int:
    """The Levenshtein distance, or more than _CLOSE as soon as the lengths alone say so."""
    if abs(len(one) - len(other)) > _CLOSE:
        return _CLOSE + 1
    row = list(range(len(other) + 1))
    for count, letter in enumerate(one, 1):
        above, row[0] = row[0], count
        for place, counterpart in enumerate(other, 1):
            above, row[place] = row[place], min(row[place] + 1, row[place - 1] + 1, above + (letter != counterpart))
    return row[-1]
