"""JavaScript for tests: Node where it is installed, else headless Chromium; ``.ci/run`` sees that one is there."""

from __future__ import annotations

import base64
import json
import shutil
import subprocess
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from spreadsim.browser.data import page_data
from spreadsim.browser.module import driver_source
from spreadsim.outcomes.run import Run
from spreadsim.state import EVENT_FIELDS, STATE

# Every array that a run fills, as base64 of its bytes; and how JavaScript answers requests, one a line, in Node.
ANSWER = """
function bytesOf(values) {
  if (!ArrayBuffer.isView(values)) return values.map(bytesOf).reduce((a, b) => { a.push(...b); return a; }, []);
  return [...new Uint8Array(values.buffer, values.byteOffset, values.byteLength)];
}
function textOf(bytes) {
  let text = "";
  for (const one of bytes) text += String.fromCharCode(one);
  return btoa(text);
}
async function answer(request) {
  const {data, names, run} = JSON.parse(request);
  const page = await unpacked(data), strategy = page.strategies[0];
  const block = runOf(page, strategy, run);
  return JSON.stringify(Object.fromEntries(names.map((name) => [name, textOf(bytesOf(block[name][0]))])));
}
"""
LINES = """
require("readline").createInterface({input: process.stdin}).on("line", async (line) => {
  let text;
  try { text = await answer(line); } catch (error) { text = JSON.stringify({error: String(error.stack)}); }
  process.stdout.write(text + "\\n");
});
"""
Answer = Callable[[str], str]


@contextmanager
def javascript(source: str, with_browser: bool | None = None) -> Iterator[Answer]:
    """Give a function that sends a request to ``answer`` of a piece of JavaScript and returns what it says."""
    node = shutil.which("node") or shutil.which("nodejs")
    if node is not None and not with_browser:
        process = subprocess.Popen(
            [node, "-e", source + LINES], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, encoding="utf-8"
        )
        assert process.stdin is not None
        assert process.stdout is not None

        def ask(request: str) -> str:
            assert process.stdin is not None
            assert process.stdout is not None
            process.stdin.write(request + "\n")
            process.stdin.flush()
            return process.stdout.readline()

        try:
            yield ask
        finally:
            process.stdin.close()
            process.wait(timeout=10)
            process.stdout.close()
        return
    if shutil.which("chromium") is None:
        pytest.skip("neither Node nor Chromium is installed")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        page = browser.new_page()
        page.add_script_tag(content=source)
        try:
            yield lambda request: page.evaluate("(request) => answer(request)", request)
        finally:
            browser.close()


class BrowserDriver:
    """The browser driver, asked for runs as the other two are."""

    def __init__(self, ask: Answer) -> None:
        self.ask = ask

    def run(self, network: Any, plan: Any, seed: int, replicate: int) -> Run:
        return self.run_in([network], plan, seed, [replicate], 0)

    def run_in(self, networks: Sequence[Any], plan: Any, seed: int, replicates: Sequence[int], place: int) -> Run:
        """Return one of the runs of a page of several."""
        data, network = page_data([plan], networks, seed, replicates), networks[place]
        shapes: dict[str, tuple[str, tuple[int, ...]]] = {
            f"event_{name}": (dtype, (-1,)) for name, dtype in EVENT_FIELDS
        }
        n, k, months = network.n, plan.intervention.n_components, plan.months
        shapes |= {one.name: (one.dtype, (n, k) if one.per_component else (n,)) for one in STATE}
        shapes |= {"sums": ("float64", (months + 1, -1)), "specification": ("float64", (months + 1, -1))}
        shapes |= {"late_effect": ("float64", (n,)), "counts": ("int32", (4,))}
        answer = json.loads(self.ask(json.dumps({"data": data, "names": list(shapes), "run": place})))
        assert "error" not in answer, answer["error"]
        arrays = {
            name: np.frombuffer(base64.b64decode(answer[name]), dtype=dtype).reshape(shape)
            for name, (dtype, shape) in shapes.items()
        }
        n_events = int(arrays["counts"][0])
        events = {name: arrays[f"event_{name}"][:n_events] for name, _ in EVENT_FIELDS}
        order = np.lexsort((events["service"], events["month"]))
        return Run(
            events={name: values[order] for name, values in events.items()},
            sums=arrays["sums"],
            late_effect=arrays["late_effect"],
            final={one.name: arrays[one.name] for one in STATE},
            specification=arrays["specification"],
        )


def until(plan: Any, month: int) -> Any:
    """Return a plan that ends after some of its months."""
    return replace(plan, months=month, levers=plan.levers[: month + 1])  # what is observed last is under the next ones


SOURCE = driver_source() + ANSWER
