"""What the `probe` command tells before a run: what a server offers, and whether the model behind it is ours."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..driving.evidence import SMOKE
from ..jsonpath import as_object, show
from ..session import Session
from .absence import TELLING, offered, refused

if TYPE_CHECKING:
    from ..plan import Plan


def survey(plan: Plan) -> list[str]:
    """The lines that tell of the target, which is started, asked and ended meanwhile."""
    with Session(plan) as session:
        target = session.target
        lines = [f"{target.redact(target.base_url)}  model {session.model}  profile {target.profile.name}"]
        failure = target.redact(session.smoke_failure)
        lines.append(f"  answers   no: {failure}" if failure else f"  answers   yes, {_answer(session)}")
        lines += _upstream(session)
        lines += _features(session)
    return lines


def _answer(session: Session) -> str:
    """How a plain request is answered, or a streamed one where that alone is."""
    if session.streams_alone:
        return "a streamed request with a response; a plain one with none"
    reply = session.exchange(SMOKE).reply("create")
    response = as_object(reply.response if reply else None)
    if response.get("status") != "failed":
        return "a plain request with a response"
    return session.target.redact(f"but with a response that failed: {show(response.get('error'))}")


def _upstream(session: Session) -> list[str]:
    if session.reached_upstream:
        return ["  upstream  the model behind it is ours: yes. What it tells its model is judged too."]
    selected = session.plan.selected()
    needing = sum(pair.needs_script for pair in selected)
    why = f"{needing} of {len(selected)} pairs need it: what the model is told, and what becomes of what it says."
    if not session.scripted:
        hint = "Give --upstream-port N, and point the server's model at http://127.0.0.1:N/v1."
    else:
        hint = f"Nobody asked it: point the server's model at {session.upstream_url}/v1, with any key."
    return ["  upstream  the model behind it is ours: no.", f"            {why}", f"            {hint}"]


def _features(session: Session) -> list[str]:
    """The features by what is known of each: what the profile or the caller demands, then what was asked for."""
    demanded = [name for name, told in session.features.items() if told == "declared"]
    asked = {name: told for name, told in session.features.items() if told != "declared"}
    width = max(map(len, asked), default=0)
    lines = [f"  demanded  {', '.join(demanded)}"]
    if session.smoke_failure:
        return [*lines, "  probed    nothing, since no request is answered"]
    lacking = _refused(session)
    if lacking:
        wide = max(map(len, lacking))
        words = (f"{name:<{wide}}  {why}" for name, why in lacking.items())
        hint = f"If it is not meant to have them: --features {','.join(offered(session.features, lacking))}"
        lines += [f"  {'' if number else 'refused':<8}  {line}" for number, line in enumerate((*words, hint))]
    for number, (name, told) in enumerate(asked.items()):
        lines.append(f"  {'' if number else 'probed':<8}  {name:<{width}}  {session.target.redact(told)}")
    return lines


def _refused(session: Session) -> dict[str, str]:
    """What the target refuses of what is demanded of it."""
    telling = [pair for pair in session.plan.selected() if pair.id in TELLING.values()]
    session.prefetch(telling)
    return refused(session.judge(pair) for pair in telling)
