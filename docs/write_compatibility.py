"""Writes what real servers did when they were recorded: `python docs/write_compatibility.py`.

`docs/compatibility.md` is made of the verdicts beside the recordings. With `--judge` the recordings are judged anew
first, without a server, and their verdicts written. With `--check` nothing is written: it fails where a verdict or
the page is not what it was, and says where. Names of servers leave out the others.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections import Counter, defaultdict
from pathlib import Path
from typing import TYPE_CHECKING

from responses_conformance.jsonpath import as_object, as_text, objects
from responses_conformance.requirement import requirements

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from responses_fixtures import JsonObject

ROOT = Path(__file__).parent.parent
CASSETTES = ROOT / "fixtures" / "responses_fixtures" / "cassettes"
PAGE = ROOT / "docs" / "compatibility.md"
COMMAND = "python docs/write_compatibility.py"
VERDICTS = "verdicts.json"
OUTDATED = ("is not in the recording", "has changed since it was recorded")
MOST_OUTDATED = 0.1
"""The share of the scenarios that may have come or changed since, before a recording has to be made anew."""
NOTHING = "n/a"
ORDER = ("fail", "warn", "pass")

HEAD = f"""\
# Compatibility

Written from recordings by `{COMMAND}`.

What some servers of the Responses API do, as recorded by us; [real-servers.md](real-servers.md) has the commands that
repeat it, how each server was set up, and what each failure looks like by hand. It is a picture of one version on one
day in one set-up, held against this project's reading of two contracts that are not those of every server: read it as a
map of differences for somebody who has to support several, not as a ranking. A later version may do otherwise.
"""


def servers(chosen: Iterable[str] = ()) -> list[Path]:
    """The recordings, one folder a server, of those that are chosen, or all."""
    names = set(chosen)
    return [
        path.parent for path in sorted(CASSETTES.glob("*/recording.json")) if not names or path.parent.name in names
    ]


def judged(recording: Path) -> tuple[JsonObject, list[str]]:
    """The verdicts on the scenarios in a recording, judged now; and those that came or changed since it was made."""
    with tempfile.TemporaryDirectory() as directory:
        report = Path(directory) / "report.json"
        command = ["responses-conformance", "run", "--replay", str(recording), "--report", f"json:{report}"]
        command[0] = str(Path(sys.executable).with_name(command[0]))
        run = subprocess.run(command, check=False, capture_output=True, text=True, cwd=directory)  # noqa: S603 - ours
        if not report.exists():
            raise SystemExit(f"{recording.name}: {run.stdout}{run.stderr}")
        results = objects(as_object(json.loads(report.read_text("utf-8"))).get("results"))
    outdated = {
        as_text(result["scenario"]) for result in results if any(told in result["message"] for told in OUTDATED)
    }
    held = recorded(recording) - outdated
    kept = [result for result in results if result["scenario"] in held]
    found: defaultdict[str, defaultdict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
    for result in kept:
        found[as_text(result["requirement"])][as_text(result["verdict"])].append(as_text(result["scenario"]))
    pairs: JsonObject = {
        requirement: {
            verdict: len(scenarios) if verdict == "pass" else " ".join(sorted(scenarios))
            for verdict, scenarios in sorted(by_verdict.items())
        }
        for requirement, by_verdict in sorted(found.items())
    }
    counts = Counter(as_text(result["verdict"]) for result in kept)
    return {"counts": dict(sorted(counts.items())), "pairs": pairs}, sorted(outdated)


def recorded(recording: Path) -> set[str]:
    """The scenarios in a recording; those that the server does not offer were not run."""
    return {path.name.partition(".")[0] for path in recording.glob("*.yaml")}


def differences(recording: Path) -> Iterator[str]:
    """What of a recording's verdicts is not as it was, a line each."""
    now, outdated = judged(recording)
    then = as_object(json.loads((recording / VERDICTS).read_text("utf-8")))
    if len(outdated) > MOST_OUTDATED * len(recorded(recording)):
        yield f"{len(outdated)} scenarios came or changed since: record it again (docs/real-servers.md): {outdated}"
    was, is_ = as_object(then.get("pairs")), as_object(now.get("pairs"))
    for requirement in sorted(was.keys() | is_.keys()):
        before, after = (_known(as_object(pairs.get(requirement)), outdated) for pairs in (was, is_))
        if before != after:
            yield f"{requirement}: {before} then, {after} now; if that is right: {COMMAND} --judge"


def _known(by_verdict: JsonObject, outdated: list[str]) -> dict[str, set[str]]:
    """The scenarios of each verdict but pass, without those that are outdated."""
    told = {verdict: set(as_text(names).split()) - set(outdated) for verdict, names in by_verdict.items() if names}
    return {verdict: names for verdict, names in told.items() if names}


def page(recordings: list[Path]) -> str:
    """The page of all recordings."""
    summaries = [as_object(json.loads((path / "recording.json").read_text("utf-8"))) for path in recordings]
    pairs = [as_object(as_object(json.loads((path / VERDICTS).read_text("utf-8"))).get("pairs")) for path in recordings]
    made = [as_object(summary.get("provenance")) for summary in summaries]
    names = [as_text(each["server"]) for each in made]
    lines = [
        HEAD,
        "| server | version | recorded | profile | the model behind it | optional features it was found to have |",
    ]
    lines.append("|---|---|---|---|---|---|")
    for summary, each in zip(summaries, made, strict=True):
        told = as_object(summary.get("features"))
        found = sorted(name for name, state in told.items() if as_text(state) == "found")
        cells = [each["server"], each["version"], as_text(each["date"])[:10], each["profile"]]
        cells += ["the suite's own" if summary.get("scripted") else "its own fixtures", ", ".join(found) or NOTHING]
        lines.append(_row(cells))
    lines += ["", "## By area", "", *_wrapped_areas(), "", _row(["area", *names]), _row(["---"] * (len(names) + 1))]
    lines += [_row([area, *(_share(each, area) for each in pairs)]) for area in _areas(pairs)]
    for level, title in (("must", "Musts that part them"), ("should", "Shoulds that part them")):
        lines += ["", f"## {title}", "", _PARTED[level], "", _row(["requirement", *names])]
        lines.append(_row(["---"] * (len(names) + 1)))
        for name, requirement in sorted(requirements().items()):
            verdicts = [_verdict(as_object(each.get(name))) for each in pairs]
            if requirement.level.value == level and {"fail", "warn"} & set(verdicts):
                lines.append(_row([f"[{name}](requirements.md)", *(_SHOWN[verdict] for verdict in verdicts)]))
    return "\n".join(lines) + "\n"


_SHOWN = {"pass": "✓", "warn": "departs", "fail": "departs", "": NOTHING}
_PARTED = {
    "must": "✓ where every scenario that could be judged conforms. *Departs* may be one scenario of fifty.",
    "should": "As above; none of these fails a run.",
}


def _wrapped_areas() -> list[str]:
    return [
        "Requirements with which a server conforms in every scenario, of those that could be judged. Where it says",
        "n/a, it was not held to any, for it does not offer that, or the scenarios did not get that far.",
    ]


def _row(cells: Iterable[object]) -> str:
    return f"| {' | '.join(map(str, cells))} |"


def _areas(pairs: list[JsonObject]) -> list[str]:
    return sorted({name.partition("/")[0] for each in pairs for name in each})


def _verdict(by_verdict: JsonObject) -> str:
    return next((verdict for verdict in ORDER if verdict in by_verdict), "")


def _share(pairs: JsonObject, area: str) -> str:
    told = [_verdict(as_object(by)) for name, by in pairs.items() if name.partition("/")[0] == area]
    judged_ones = [verdict for verdict in told if verdict]
    return f"{judged_ones.count('pass')} of {len(judged_ones)}" if judged_ones else NOTHING


def main(arguments: list[str]) -> int:
    """Write the verdicts and the page, or tell what is not as written."""
    recordings = servers(word for word in arguments if not word.startswith("--"))
    if "--check" in arguments:
        found = [f"{path.name}: {told}" for path in recordings for told in differences(path)]
        if PAGE.read_text("utf-8") != page(servers()):
            found.append(f"{PAGE.name} is not what the verdicts say: {COMMAND}")
        print("\n".join(found))
        return 1 if found else 0
    for path in recordings if "--judge" in arguments else []:
        verdicts, outdated = judged(path)
        (path / VERDICTS).write_text(json.dumps(verdicts, indent=1) + "\n", "utf-8")
        print(f"{path.name}: {verdicts['counts']}", *outdated)
    PAGE.write_text(page(servers()), "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
