"""The smallest strings and numbers within a JSON schema's limits, and their neighbours."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, cast

from .patterns import UnreadablePatternError, short_match

if TYPE_CHECKING:
    from collections.abc import Iterator

    from responses_fixtures import JsonObject

_LONGEST = 100_000  # a schema may ask for a billion characters

_FORMATS = {
    "date-time": "1970-01-01T00:00:00Z",
    "date": "1970-01-01",
    "time": "00:00:00Z",
    "duration": "P0D",
    "email": "a@example.com",
    "idn-email": "a@example.com",
    "hostname": "example.com",
    "idn-hostname": "example.com",
    "ipv4": "0.0.0.0",  # noqa: S104 - a sample: nothing binds to it
    "ipv6": "::",
    "uri": "https://example.com",
    "iri": "https://example.com",
    "uri-reference": "a",
    "iri-reference": "a",
    "uuid": "00000000-0000-0000-0000-000000000000",
}


def smallest_string(schema: JsonObject) -> str:
    """A string of the asked length, pattern or format; without any of them the empty one."""
    least: int = min(schema.get("minLength", 0), _LONGEST)
    sample = _FORMATS.get(schema.get("format", ""), "")
    if "pattern" in schema:
        try:
            sample = short_match(schema["pattern"], least)
        except UnreadablePatternError:
            sample = ""
    return sample + "a" * (least - len(sample))


def smallest_number(schema: JsonObject, *, integer: bool) -> float:
    """The number nearest to zero within the limits, an int wherever one fits."""
    low: float = max(schema.get("minimum", -math.inf), schema.get("exclusiveMinimum", -math.inf))
    high: float = min(schema.get("maximum", math.inf), schema.get("exclusiveMaximum", math.inf))
    step: float = schema.get("multipleOf", 1)
    # Zero, then the multiples next to the limits: exclusive limits push one step further in.
    multiples: list[float] = [0]
    if math.isfinite(low):
        multiples += [math.ceil(low / step) * step, (math.floor(low / step) + 1) * step]
    if math.isfinite(high):
        multiples += [math.floor(high / step) * step, (math.ceil(high / step) - 1) * step]
    fitting = [number for number in multiples if _fits(number, schema)]
    if fitting:
        return min(fitting, key=abs)
    if not integer and "multipleOf" not in schema and low < high:
        return low if _fits(low, schema) else (low + high) / 2
    return 0


def neighbours(value: object, step: int) -> Iterator[object]:
    """Values of the same kind that differ from a value, others for each step."""
    letter = chr(ord("a") + step % 26)
    match value:
        case bool():
            yield not value
        case int() | float():
            yield value + step
            yield value - step
        case str():
            yield value + letter
            yield value[:-1] + letter
        case dict():
            fields = cast("dict[str, Any]", value)
            for name, member in fields.items():
                for other in neighbours(member, step):
                    yield {**fields, name: other}
        case _:
            pass


def _fits(number: float, schema: JsonObject) -> bool:
    low: float = schema.get("minimum", -math.inf)
    high: float = schema.get("maximum", math.inf)
    above: float = schema.get("exclusiveMinimum", -math.inf)
    below: float = schema.get("exclusiveMaximum", math.inf)
    return low <= number <= high and above < number < below
