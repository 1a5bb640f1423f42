"""Background responses: made behind the client's back, cancelled, and streamed again."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import parse_qs, urlsplit

from ..check import Subject, check
from ..exchange import Kind
from ..jsonpath import as_object, as_text, is_object, show, show_field
from ..played import played_at, step_of
from ..sameness import difference, value_at
from ..verdict import NotApplicable, Untestable, Violation
from .model import ITEM_KEYS, texts

if TYPE_CHECKING:
    from responses_fixtures import JsonObject

    from ..exchange import Exchange, Reply
    from ..stream.events import Event

_UNDER_WAY = ("queued", "in_progress")
_ENDED = ("completed", "incomplete", "failed", "cancelled")
_NOT_FOUND = 404


def _answered(exchange: Exchange, step: str) -> JsonObject:
    """The Response object that a step was answered with; a violation where it was none."""
    reply = step_of(exchange, step)
    body = as_object(reply.json)
    if not reply.ok or not body:
        raise Violation("the answer", "a Response object", reply.told(), step=step)
    return body


def _status(exchange: Exchange, step: str, *wanted: str, why: str = "") -> None:
    """A step was answered with a Response object of one of these statuses; `why` is told where it was not."""
    body = _answered(exchange, step)
    if body.get("status") not in wanted:
        expected = " or ".join(show(one) for one in wanted) + why
        raise Violation("$.status", expected, show_field(body, "status"), step=step)


@check("background/answer/echoed", Subject.REPLY, kinds={Kind.BACKGROUND, Kind.RETRIEVED}, about={"background"})
def echoed(reply: Reply) -> None:
    """A response that is made in the background says so."""
    body = as_object(reply.json)
    if not reply.ok or not body:
        raise Violation("the answer", "a Response object", reply.told())
    if body.get("background") is not True:
        raise Violation("$.background", "true", show_field(body, "background"))


@check("background/answer/at-once", Subject.EXCHANGE, about={"background-held"}, scripted=True)
def at_once(exchange: Exchange) -> None:
    """A background request is answered before the model has ended."""
    _status(exchange, "create", *_UNDER_WAY, why=", for the model has not ended")


@check("background/under-way/retrieved", Subject.EXCHANGE, about={"background-held"}, scripted=True)
def under_way(exchange: Exchange) -> None:
    """A background response can be retrieved while it is made."""
    _status(exchange, "under-way", *_UNDER_WAY, why=", for the model has not ended")
    wanted, body = _answered(exchange, "create").get("id"), _answered(exchange, "under-way")
    if body.get("id") != wanted:
        raise Violation("$.id", show(wanted), show_field(body, "id"), step="under-way")


@check("background/result/same", Subject.EXCHANGE, about={"background-result"}, scripted=True)
def result_same(exchange: Exchange) -> None:
    """A background response ends as the same request does in the foreground."""
    plain = step_of(exchange, "plain").response
    if plain is None:
        raise Untestable("step 'plain' gave no response")
    polled = _answered(exchange, "polled")
    for key in ("status", "usage", "incomplete_details", "metadata"):
        if polled.get(key) != plain.get(key):
            raise Violation(f"$.{key}", show(plain.get(key)), show_field(polled, key), step="polled")
    where = difference(plain.get("output"), polled.get("output"), ITEM_KEYS)
    if where is not None:
        expected = f"{show(value_at(plain.get('output'), where))}, as in the foreground"
        got = show(value_at(polled.get("output"), where))
        raise Violation(f"$.output{where}", expected, got, step="polled")


@check("background/failure/told", Subject.EXCHANGE, about={"background-failure"}, scripted=True)
def failure_told(exchange: Exchange) -> None:
    """A background response whose model failed ends as failed, with its error."""
    _status(exchange, "polled", "failed", why=", for the model broke off")
    polled = _answered(exchange, "polled")
    if not is_object(polled.get("error")):
        raise Violation("$.error", "an object with code and message", show_field(polled, "error"), step="polled")


@check("background/store-off/refused", Subject.REPLY, kinds={Kind.EITHER}, about={"background-unstored"})
def store_off_refused(reply: Reply) -> None:
    """A background request that is not to be stored is refused."""
    _client_error(reply, "for nobody could fetch the answer")


@check("background/deleted/gone", Subject.EXCHANGE, about={"background-deleted"})
def deleted_gone(exchange: Exchange) -> None:
    """A background response whose deletion was confirmed while it was made does not come back."""
    if not step_of(exchange, "delete").ok:
        raise NotApplicable("the server deletes no response that is still made")
    deleted = step_of(exchange, "deleted")
    if deleted.status != _NOT_FOUND:
        raise Violation("the status", "404, for the response was deleted", deleted.told(), step="deleted")


@check("cancel/running/cancelled", Subject.EXCHANGE, about={"cancel"}, scripted=True)
def running_cancelled(exchange: Exchange) -> None:
    """A background response that is cancelled while it is made ends as cancelled."""
    _answered(exchange, "cancel")
    _status(exchange, "polled", "cancelled", why=", for it was cancelled while the model was still at it")


@check("cancel/answer/cancelled", Subject.EXCHANGE, about={"cancel"}, scripted=True)
def answer_cancelled(exchange: Exchange) -> None:
    """The answer to a cancellation is the response, cancelled."""
    wanted, body = step_of(exchange, "create").id, _answered(exchange, "cancel")
    if body.get("id") != wanted:
        raise Violation(
            "$.id", f"{show(wanted)}, the response that was cancelled", show_field(body, "id"), step="cancel"
        )
    _status(exchange, "cancel", "cancelled")


@check("cancel/again/same", Subject.EXCHANGE, about={"cancel"}, scripted=True)
def again_same(exchange: Exchange) -> None:
    """To cancel a cancelled response again changes nothing, and is no error."""
    if _answered(exchange, "polled").get("status") != "cancelled":
        raise Untestable("the response was not cancelled, see cancel/running/cancelled")
    _status(exchange, "again", "cancelled", why=", as after the first cancellation")


@check("cancel/cancelled/stays", Subject.EXCHANGE, about={"cancel"}, scripted=True)
def cancelled_stays(exchange: Exchange) -> None:
    """A cancelled response stays cancelled, whatever its model says afterwards."""
    if _answered(exchange, "polled").get("status") != "cancelled":
        raise Untestable("the response was not cancelled, see cancel/running/cancelled")
    _status(exchange, "later", "cancelled", why=", as before the model went on")


@check("cancel/finished/unchanged", Subject.EXCHANGE, about={"cancel-finished"})
def finished_unchanged(exchange: Exchange) -> None:
    """A response that had ended before it was cancelled stays as it ended."""
    before, after = _answered(exchange, "polled"), _answered(exchange, "after")
    if before.get("status") != after.get("status"):
        expected = f"{show(before.get('status'))}, as before the cancellation"
        raise Violation("$.status", expected, show_field(after, "status"), step="after")
    where = difference(before.get("output"), after.get("output"))
    if where is not None:
        expected = f"{show(value_at(before.get('output'), where))}, as before the cancellation"
        got = show(value_at(after.get("output"), where))
        raise Violation(f"$.output{where}", expected, got, step="after")


@check("cancel/foreground/refused", Subject.REPLY, kinds={Kind.EITHER}, about={"cancel-foreground"})
def foreground_refused(reply: Reply) -> None:
    """A response that is not made in the background can't be cancelled."""
    _client_error(reply, "for the response was not made in the background")


def _client_error(reply: Reply, why: str) -> None:
    if reply.status is None or not 400 <= reply.status < 500:  # noqa: PLR2004 - the client-error class of RFC 9110
        raise Violation("the status", f"a client error (400), {why}", reply.told())


@check("cancel/race/consistent", Subject.EXCHANGE, about={"cancel-race"})
def race_consistent(exchange: Exchange) -> None:
    """Where a cancellation meets the response's own end, one final status stands, and the answer told it."""
    _status(exchange, "polled", *_ENDED)
    final = as_text(_answered(exchange, "polled").get("status"))
    _status(exchange, "later", final, why=", as when it was retrieved before")
    told = step_of(exchange, "cancel")
    status = as_object(told.json).get("status")
    if told.ok and status in _ENDED and status != final:
        raise Violation("$.status", f"{show(status)}, as the cancellation was answered", show(final), step="polled")


def _core(event: Event) -> JsonObject:
    """An event without its padding, which may be made anew."""
    return {name: value for name, value in event.data.items() if name != "obfuscation"}


def _events(reply: Reply) -> list[Event]:
    """The events of a stream that count: keep-alives and what else nobody defined may come anew."""
    return [event for event in reply.stream.events if event.known]


def _same_events(wanted: list[Event], got: list[Event], step: str, source: str) -> None:
    for place, event in enumerate(wanted):
        if place >= len(got):
            expected = f"event {event.data.get('sequence_number')}, {event.type}, as in {source}"
            raise Violation("the stream's end", expected, f"no more than {len(got)} events", step=step)
        left, right = _core(event), _core(got[place])
        for field in ("sequence_number", "type", *left, *right):
            if left.get(field) != right.get(field):
                path = got[place].where(f"$.{field}")
                raise Violation(path, f"{show_field(left, field)}, as in {source}", show_field(right, field), step=step)
    if len(got) > len(wanted):
        more = got[len(wanted)]
        raise Violation(more.where(), f"no more than the {len(wanted)} events of {source}", show(more.data), step=step)


@check("resume/start/same", Subject.EXCHANGE, about={"resume"})
def start_same(exchange: Exchange) -> None:
    """A streamed background response is replayed from its start with the same events under the same numbers."""
    whole = step_of(exchange, "whole")
    if not whole.frames:
        raise Violation("the answer", "an event stream", whole.told(), step="whole")
    _same_events(_events(step_of(exchange, "create")), _events(whole), "whole", "the first stream")


def _number(event: Event) -> int:
    number = event.data.get("sequence_number")
    if not isinstance(number, int):
        raise Untestable(f"{event.where('$.sequence_number')} is no whole number, see stream/sequence-number/present")
    return number


@check("resume/after/rest", Subject.EXCHANGE, about={"resume", "resume-live", "state-machine"})
def after_rest(exchange: Exchange) -> None:
    """With starting_after a replay holds exactly the events that are numbered above it, those to come among them."""
    # A stream that its client left tells no more than its beginning: the whole of it is the one that was read again.
    made = {one.id: one for one in exchange.of_kind(Kind.STREAM) if one.method == "POST" or one.step == "live"}
    resumed = exchange.of_kind(Kind.RESUMED)
    if not resumed:
        raise NotApplicable("no stream was read again")
    for reply in resumed:
        name = urlsplit(reply.url).path.rpartition("/")[2]
        if name not in made:
            raise Untestable(f"no stream told of a response {name}")
        whole = made[name]
        after = int(parse_qs(urlsplit(reply.url).query)["starting_after"][0])
        wanted = [event for event in _events(whole) if _number(event) > after]
        if wanted and not reply.frames:
            raise Violation("the answer", "an event stream", reply.told(), step=reply.step)
        _same_events(wanted, _events(reply), reply.step, f"the stream of step {whole.step!r} after number {after}")


def _live_to_its_end(exchange: Exchange) -> Reply:
    left, live = step_of(exchange, "left"), step_of(exchange, "live")
    if not live.frames:
        raise Violation("the answer", "an event stream", live.told(), step="live")
    seen = _events(left)
    _same_events(seen, _events(live)[: len(seen)], "live", "the stream that was left")
    if live.response is None:
        raise Violation("the stream's end", "a terminal event", live.failure or "none", step="live")
    return live


def _live_as_left(exchange: Exchange) -> None:
    _live_to_its_end(exchange)


@check("resume/live/whole", Subject.EXCHANGE, about={"resume-live"}, scripted=True, unscripted=_live_as_left)
def live_whole(exchange: Exchange) -> None:
    """A background stream that its client left can be read again while it is made, from its start to its end."""
    live = _live_to_its_end(exchange)
    wanted = "".join(turn.text for turn in played_at(exchange, "left").said)
    said = "".join(texts(live.output, "output_text", "text"))
    if said != wanted:
        raise Violation(f"{live.response_path}.output", show(wanted), show(said), step="live")
