"""What vcrpy needs to keep its cassettes as our files: a persister, and when two requests are the same."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from vcr.persisters.filesystem import CassetteNotFoundError  # type: ignore[import-untyped]  # vcrpy ships no types
from vcr.request import Request  # type: ignore[import-untyped]  # as above
from vcr.serializers.compat import convert_to_bytes  # type: ignore[import-untyped]  # as above

from ..cassette import Cassette, Provenance, Redactor, read_cassette, write_cassette
from ..cassette.file import interaction_form, interaction_of
from ..replay.likeness import Asked, alike, asked

if TYPE_CHECKING:
    from responses_fixtures import JsonObject


class Persister:
    """Keeps the cassettes of one test; `provenance` is what a new one says of itself, `redactor` what it loses."""

    def __init__(self) -> None:
        self.redactor = Redactor()
        self.provenance = Provenance()
        self._before: Cassette | None = None

    def load_cassette(self, cassette_path: str, serializer: object) -> tuple[list[Any], list[JsonObject]]:
        """The requests and the responses in a file; CassetteError where it holds none."""
        del serializer  # the files are YAML
        path = Path(cassette_path)
        if not path.is_file():
            raise CassetteNotFoundError
        self._before = read_cassette(path)
        forms = [interaction_form(interaction) for interaction in self._before.interactions]
        return (
            [Request(**form["request"]) for form in forms],
            [convert_to_bytes(form["response"]) for form in forms],
        )

    def save_cassette(self, cassette_path: str, cassette_dict: JsonObject, serializer: object) -> None:
        """Write a file. One that was there before keeps what it says of itself."""
        del serializer
        pairs = zip(cassette_dict["requests"], cassette_dict["responses"], strict=True)
        interactions = tuple(
            interaction_of({"request": _form(request), "response": response}) for request, response in pairs
        )
        before = self._before or Cassette(provenance=self.provenance)
        cassette = Cassette(interactions, before.provenance, before.notes)
        write_cassette(Path(cassette_path), cassette, self.redactor)


def same_request(sent: Any, recorded: Any) -> None:  # noqa: ANN401 - vcrpy ships no types
    """Vcrpy's matcher: AssertionError where a request is not the recorded one, up to the order of keys and secrets."""
    one, two = parts_of(sent), parts_of(recorded)
    if one.exact == two.exact:
        return
    same = (one.method, one.path, one.query) == (two.method, two.path, two.query)
    if not (same and two.has_gaps and alike(two.body, one.body)):
        raise AssertionError("; ".join(str(difference) for difference in two.differences(one)) or "other ids")


def parts_of(request: Any) -> Asked:  # noqa: ANN401 - vcrpy ships no types
    """The parts of vcrpy's request."""
    return _asked(request.method, request.uri, request.body or b"")


_asked = lru_cache(maxsize=256)(asked)  # each request is held against each recording


def _form(request: Any) -> JsonObject:  # noqa: ANN401 - vcrpy ships no types
    headers = {name: [value] for name, value in request.headers.items()}
    return {"method": request.method, "uri": request.uri, "body": request.body, "headers": headers}
