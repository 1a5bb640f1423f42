"""The questions of the `init` command, and the target file that their answers make."""

from __future__ import annotations

import sys
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from ..errors import HarnessError, UsageError
from .form import fill_form, quoted

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

_HEAD = """\
# A server to judge: responses-conformance run --target THIS_FILE
"""


@dataclass(frozen=True, slots=True)
class Question:
    """One question: the flag that answers it beforehand, and the key that the answer becomes; `default` is no answer.

    `wants` names the question that must have an answer for this one to be asked.
    """

    flag: str
    text: str
    default: str = ""
    wants: str = ""
    number: bool = False

    @property
    def key(self) -> str:
        """The key of a target file."""
        return self.flag.replace("-", "_")


QUESTIONS = (
    Question("base-url", "where the server answers, up to and including /v1", "http://127.0.0.1:8000/v1"),
    Question(
        "command",
        "the command that starts it; empty where it runs already. {port} is a free port, {upstream_url} "
        "the scripted model's address",
    ),
    Question(
        "ready", "a path that it answers once it is ready, such as /health; empty: when it listens", wants="command"
    ),
    Question("model", "the model to ask for; empty: the first that it lists"),
    Question("api-key-env", "the environment variable with its key; empty: it wants none"),
    Question(
        "upstream-port",
        "the port at which it looks for its model, where the suite then serves a scripted one; "
        "empty: the model is a real one, or the command is told {upstream_url}",
        number=True,
    ),
    Question(
        "profile", "the kind of server to hold it against: core, open-responses, openai, codex, or a file", "core"
    ),
)


def answers(given: Mapping[str, str | None], ask: Callable[[str], str] = input) -> dict[str, str]:
    """An answer to each question, by key: what was given, else what is asked for on a terminal.

    Without a terminal the address must be given, and the rest has its default. A wrong answer is asked for again.
    """
    found = {question.key: given[question.key] or "" for question in QUESTIONS if given.get(question.key) is not None}
    if not sys.stdin.isatty():
        if "base_url" not in found:
            raise UsageError("init asks its questions on a terminal", hint="here give --base-url URL, or --from NAME")
        found = {question.key: question.default for question in QUESTIONS} | found
        check(found)
        return found
    for question in QUESTIONS:
        while question.key not in found:
            if question.wants and not found[question.wants]:
                found[question.key] = ""
                continue
            shown = f" [{question.default}]" if question.default else ""
            answer = ask(f"{question.flag}: {question.text}{shown}\n> ").strip() or question.default
            try:
                check({"base_url": "http://127.0.0.1/v1", **found, question.key: answer})
            except HarnessError as error:
                sys.stderr.write(f"{error}\n")
                continue
            found[question.key] = answer
    return found


def check(found: dict[str, str]) -> None:
    """The answers make a target file; else a `UsageError` that names the key."""
    from .profile import profile  # noqa: PLC0415 - `--help` needs none of it
    from .target_file import TargetForm  # noqa: PLC0415 - as above

    text = target_text(found)
    form = fill_form(tomllib.loads(text), TargetForm, "init")
    if form.profile:
        profile(form.profile)


def target_text(found: dict[str, str]) -> str:
    """The target file that the answers make, by key; an empty answer leaves its key out."""
    server = {"command", "ready"}
    lines = [_line(one, found[one.key]) for one in QUESTIONS if one.key not in server and found.get(one.key)]
    if found.get("command"):
        lines += ["", "[server]"]
        lines += [_line(one, found[one.key]) for one in QUESTIONS if one.key in server and found.get(one.key)]
    return "\n".join([_HEAD, *lines]) + "\n"


def write_target(path: str, text: str, *, force: bool) -> None:
    """Write the file; one that is there stays, unless `force` says otherwise."""
    if Path(path).exists() and not force:
        raise UsageError(f"{path} is there already", hint="give --force to replace it, or name another file")
    try:
        Path(path).write_text(text, "utf-8")
    except OSError as error:
        raise UsageError(f"{path} can't be written: {error.strerror}") from None


def _line(question: Question, answer: str) -> str:
    number = question.number and answer.isascii() and answer.isdecimal()
    return f"{question.key} = {int(answer) if number else quoted(answer)}"
