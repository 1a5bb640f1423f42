"""The HTML report in a browser: searched, filtered, unfolded, in the dark and on paper."""

from __future__ import annotations

import base64
import itertools
import json
import os
import re
import shutil
import subprocess
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pytest
from websockets.sync.client import connect

from responses_conformance.jsonpath import as_object
from responses_conformance.plan import Plan
from responses_conformance.report.summary import first_to_mend
from responses_conformance.report.webpage import page
from responses_mocks import MockServer
from responses_mocks.proxy import MUTANTS
from responses_mocks.proxy.absurd import absurd_app
from responses_mocks.proxy.app import proxy_app

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterator
    from pathlib import Path

    from websockets.sync.client import ClientConnection

    from responses_conformance.report import Outcome

PROGRAM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
# Without the later ones Chromium calls its makers when it starts.
_OPTIONS = (
    *("--headless", "--remote-debugging-port=0", "--hide-scrollbars", "--no-first-run", "--disable-gpu"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync", "--disable-quic"),
)
_LISTENING = re.compile(r"DevTools listening on (ws://\S+)")


class Page:
    """One tab. `problems` are the errors and warnings that its console showed."""

    def __init__(self, socket: ClientConnection, session: str) -> None:
        self._socket = socket
        self._session = session
        self._ids = itertools.count(1)
        self.problems: list[str] = []
        for domain in ("Page", "Runtime", "Log"):
            self.ask(f"{domain}.enable")

    def ask(self, method: str, **parameters: Any) -> dict[str, Any]:
        """Send a command of the DevTools protocol and wait for its answer."""
        number = next(self._ids)
        self._socket.send(
            json.dumps({"id": number, "method": method, "params": parameters, "sessionId": self._session})
        )
        while True:
            told = self._hear()
            if told.get("id") == number:
                assert "error" not in told, told
                return as_object(told.get("result"))

    def open(self, path: Path) -> None:
        """Load a file and wait for it."""
        self.ask("Page.navigate", url=path.as_uri())
        while self._hear().get("method") != "Page.loadEventFired":
            pass

    def run(self, script: str) -> Any:
        """What an expression comes to in the page; promises are waited for."""
        answer = self.ask("Runtime.evaluate", expression=script, returnByValue=True, awaitPromise=True)
        assert "exceptionDetails" not in answer, answer
        return answer["result"].get("value")

    def picture(self, path: Path) -> None:
        """Save what is seen as PNG."""
        path.write_bytes(base64.b64decode(self.ask("Page.captureScreenshot")["data"]))

    def _hear(self) -> dict[str, Any]:
        told: dict[str, Any] = json.loads(self._socket.recv(timeout=60))
        if told.get("method") == "Log.entryAdded" and told["params"]["entry"]["level"] in ("error", "warning"):
            self.problems.append(told["params"]["entry"]["text"])
        if told.get("method") == "Runtime.exceptionThrown":
            self.problems.append(str(told["params"]["exceptionDetails"]))
        return told


@contextmanager
def browser(home: Path, width: int = 1200, height: int = 900) -> Generator[Page]:
    """A page of a browser of its own, which ends with the block; `home` is an empty directory for it."""
    assert PROGRAM is not None
    options = [*_OPTIONS, f"--user-data-dir={home}", f"--window-size={width},{height}"]
    if hasattr(os, "geteuid") and os.geteuid() == 0:
        options.append("--no-sandbox")  # it refuses to run as root with one
    process = subprocess.Popen([PROGRAM, *options], stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True)
    try:
        assert process.stderr is not None
        found = next(filter(None, map(_LISTENING.search, process.stderr)), None)
        assert found is not None, "Chromium did not start"
        with connect(found[1], max_size=None, compression=None) as socket:
            yield Page(socket, _tab(socket))
    finally:
        process.terminate()
        process.wait(timeout=30)
        if process.stderr:
            process.stderr.close()


def _tab(socket: ClientConnection) -> str:
    """Open a tab and attach to it; the id of its session."""
    socket.send(json.dumps({"id": -1, "method": "Target.createTarget", "params": {"url": "about:blank"}}))
    target = _answer(socket, -1)["targetId"]
    attach = {"targetId": target, "flatten": True}
    socket.send(json.dumps({"id": -2, "method": "Target.attachToTarget", "params": attach}))
    session: str = _answer(socket, -2)["sessionId"]
    return session


def _answer(socket: ClientConnection, number: int) -> dict[str, Any]:
    while True:
        told: dict[str, Any] = json.loads(socket.recv(timeout=60))
        if told.get("id") == number:
            return as_object(told["result"])


pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(PROGRAM is None, reason="no Chromium on this machine"),
]
STILL = {"name": "prefers-reduced-motion", "value": "reduce"}
COLOURS = """
(() => {
  const rgb = (text) => text.match(/[\\d.]+/g).map(Number);
  const light = (text) => rgb(text).slice(0, 3).map((part) => part / 255)
    .map((part) => part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4)
    .reduce((sum, part, at) => sum + part * [0.2126, 0.7152, 0.0722][at], 0);
  const ground = (element) => {
    const colour = getComputedStyle(element).backgroundColor;
    return rgb(colour)[3] === 0 && element.parentElement ? ground(element.parentElement) : colour;
  };
  const worst = {};
  for (const element of document.querySelectorAll("h1, h3, p, b, dt, dd, th, td, a, span, summary, button, code, li")) {
    if (!element.checkVisibility() || !element.textContent.trim()) continue;
    const [a, b] = [light(getComputedStyle(element).color), light(ground(element))];
    const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    const name = `${element.tagName} ${element.className}`;
    worst[name] = Math.min(worst[name] ?? 21, ratio);
  }
  return Object.entries(worst).filter(([, ratio]) => ratio < 4.5);
})()
"""
"""The kinds of elements whose text stands out less than WCAG 2.2, 1.4.3 (AA) asks for."""


@pytest.fixture(scope="module")
def bad(outcome_of: Callable[[Plan], Outcome]) -> Outcome:
    with MockServer(absurd_app()) as server:
        return outcome_of(Plan(f"{server.base_url}/v1", scenarios=("text*", "function-call*")))


@pytest.fixture(scope="module")
def good(outcome_of: Callable[[Plan], Outcome], reference_url: str) -> Outcome:
    return outcome_of(Plan(reference_url, scenarios=("text*", "chain*")))


@pytest.fixture(scope="module")
def late(outcome_of: Callable[[Plan], Outcome], reference_url: str) -> Outcome:
    """A right server but for one frame of its streams."""
    with MockServer(proxy_app(reference_url.removesuffix("/v1"), MUTANTS["delta-lost"].front())) as server:
        return outcome_of(Plan(f"{server.base_url}/v1", scenarios=("text-streamed",)))


@pytest.fixture(scope="module")
def tab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Page]:
    with browser(tmp_path_factory.mktemp("browser")) as tab:
        yield tab


@pytest.fixture
def show(tab: Page, tmp_path: Path) -> Iterator[Callable[[Outcome], Page]]:
    """Opens the page of an outcome; its console must have stayed empty."""

    def opened(outcome: Outcome) -> Page:
        path = tmp_path / "report.html"
        path.write_text(page(outcome), "utf-8")
        tab.ask("Emulation.setEmulatedMedia", media="", features=[STILL])
        tab.open(path)
        return tab

    yield opened

    assert tab.problems == []


def shown(tab: Page, selector: str) -> int:
    """How many of the elements can be seen."""
    return int(tab.run(f"[...document.querySelectorAll({selector!r})].filter((one) => one.checkVisibility()).length"))


def enter(tab: Page, selector: str, value: str) -> None:
    """Fill in a field, as a hand would."""
    tab.run(
        f"((field) => {{ field.value = {value!r}; field.dispatchEvent(new Event('input', {{bubbles: true}})); }})"
        f"(document.querySelector({selector!r}))"
    )


def test_a_good_run_says_so_and_has_nothing_to_mend(show: Callable[[Outcome], Page], good: Outcome) -> None:
    tab = show(good)

    assert tab.run("document.querySelector('h1').innerText").lower().startswith("conformant")
    assert shown(tab, "#first") == shown(tab, "#steps") == 0
    assert shown(tab, ".requirement") == len({one.requirement for one in good.results})


def test_the_search_leaves_what_holds_every_word(show: Callable[[Outcome], Page], bad: Outcome) -> None:
    tab = show(bad)
    enter(tab, "#search", "Numbers INCREASE from")

    assert tab.run("document.querySelector('.requirement:not([hidden]) h3').textContent") == (
        "stream/sequence-number/increases"
    )
    assert shown(tab, ".requirement") == 1
    assert tab.run("document.querySelector('#shown').textContent").startswith("1 of ")


@pytest.mark.parametrize(
    ("field", "value"),
    [
        pytest.param("verdict", "fail", id="verdict"),
        pytest.param("area", "stream", id="area"),
        pytest.param("level", "should", id="level"),
        pytest.param("scenario", "text-streamed", id="scenario"),
    ],
)
def test_a_filter_leaves_the_pairs_that_fit(
    field: str, value: str, show: Callable[[Outcome], Page], bad: Outcome
) -> None:
    tab = show(bad)
    enter(tab, f"#by-{field}", value)
    fitting = [one for one in bad.results if value in (one.verdict, one.level, one.scenario, one.id.partition("/")[0])]

    assert shown(tab, ".requirement") == len({one.requirement for one in fitting})
    assert tab.run("document.querySelector('#shown').textContent").endswith(f", {len(fitting)} pairs")


def test_a_tile_filters_by_its_verdict(show: Callable[[Outcome], Page], bad: Outcome) -> None:
    tab = show(bad)
    tab.run("document.querySelector('.tile.warn a').click()")
    warned = {one.requirement for one in bad.results if one.verdict == "warn"}

    assert shown(tab, ".requirement") == len(warned) > 0
    assert tab.run("document.querySelector('#by-verdict').value") == "warn"


def test_a_failure_unfolds_to_the_frame_that_broke_the_rule(show: Callable[[Outcome], Page], late: Outcome) -> None:
    tab = show(late)
    enter(tab, "#search", "stream/text/deltas-match")
    for selector in (".requirement:not([hidden]) > summary", ".case > summary", ".case a.to-step"):
        tab.run(
            f"document.querySelector('.requirement:not([hidden])').parentElement.querySelector({selector!r}).click()"
        )
    first = first_to_mend(late)

    assert first is not None
    assert shown(tab, ".here .frames > li.culprit") == 1
    assert "response.output_text.done" in tab.run("document.querySelector('.here .culprit summary').innerText")
    assert shown(tab, ".here .culprit pre") == 1
    assert tab.run("document.querySelector('.case a.to-step').getAttribute('aria-expanded')") == "true"


def test_everything_opens_and_closes_at_once(show: Callable[[Outcome], Page], bad: Outcome) -> None:
    tab = show(bad)
    tab.run("document.querySelector('#open').click()")
    opened = shown(tab, ".case .curl")
    tab.run("document.querySelector('#close').click()")

    assert opened == sum(bool(one.evidence.curl) for one in bad.results)
    assert shown(tab, ".case") == 0


def test_paper_shows_what_is_folded_on_the_screen(show: Callable[[Outcome], Page], bad: Outcome) -> None:
    tab = show(bad)
    tab.run("dispatchEvent(new Event('beforeprint'))")
    tab.ask("Emulation.setEmulatedMedia", media="print")
    on_paper = shown(tab, ".case"), shown(tab, ".filters")
    tab.run("dispatchEvent(new Event('afterprint'))")
    tab.ask("Emulation.setEmulatedMedia", media="")

    assert on_paper == (tab.run("document.querySelectorAll('.case').length"), 0)
    assert shown(tab, ".case") == 0


def test_paper_spends_one_line_on_a_rule_that_was_kept(show: Callable[[Outcome], Page], late: Outcome) -> None:
    tab = show(late)
    tab.run("dispatchEvent(new Event('beforeprint'))")
    opened = tab.run("document.querySelectorAll('.requirement[open]').length")
    tab.run("dispatchEvent(new Event('afterprint'))")

    assert opened == len({one.requirement for one in late.results if one.verdict not in ("pass", "not_applicable")})


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_all_text_stands_out_from_its_ground(scheme: str, show: Callable[[Outcome], Page], bad: Outcome) -> None:
    tab = show(bad)
    tab.ask("Emulation.setEmulatedMedia", features=[STILL, {"name": "prefers-color-scheme", "value": scheme}])
    tab.run("document.querySelector('#open').click()")
    tab.run("document.querySelectorAll('.step').forEach((step) => { step.open = true; })")

    assert tab.run("matchMedia('(prefers-color-scheme: dark)').matches") is (scheme == "dark")
    assert tab.run(COLOURS) == []


def test_a_screen_reader_finds_its_way(show: Callable[[Outcome], Page], bad: Outcome) -> None:
    tab = show(bad)
    levels = tab.run("[...document.querySelectorAll('h1, h2, h3, h4')].map((one) => Number(one.tagName[1]))")
    unnamed = tab.run(
        "[...document.querySelectorAll('input, select, button, a')]"
        ".filter((one) => !(one.labels?.length || one.textContent.trim())).length"
    )

    assert [1, 0] == [levels.count(1), unnamed]
    assert all(after - before <= 1 for before, after in itertools.pairwise(levels))
    assert [1, 1, 1] == [tab.run(f"document.querySelectorAll('{one}').length") for one in ("main", "header", "nav")]
    assert tab.run("new Set([...document.querySelectorAll('[id]')].map((one) => one.id)).size") == tab.run(
        "document.querySelectorAll('[id]').length"
    )


def test_a_narrow_screen_scrolls_one_way_only(show: Callable[[Outcome], Page], bad: Outcome) -> None:
    tab = show(bad)
    tab.ask("Emulation.setDeviceMetricsOverride", width=360, height=700, deviceScaleFactor=1, mobile=False)
    tab.run("document.querySelector('#open').click()")
    wide = tab.run("document.documentElement.scrollWidth")
    tab.ask("Emulation.clearDeviceMetricsOverride")

    assert wide <= 360
