"""Make the pictures of the README and the manual: python docs/make_pictures.py [NAME ...].

What belongs here: one function a picture. `comparison` runs the default scenario, `architecture` draws the layers of
the package, `explore` and `compare` photograph the app in a headless Chromium. A test holds the layers to the imports.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

FOLDER = Path(__file__).resolve().parent / "pictures"
LARGEST = 300_000  # bytes of one picture


class Layer(NamedTuple):
    """One layer of the package: it may import from itself and from the layers before it."""

    title: str
    words: str
    boxes: tuple[tuple[str, tuple[str, ...]], ...]


LAYERS = (
    Layer("The rulebook", "imports nothing of ours", (
        ("rules: each once, a function of one service", ("rules",)), ("random numbers by address", ("draws",)),
    )),
    Layer("Declared once", "units, bounds, ranges, sources", (
        ("parameters and scenario files", ("parameters", "scenario", "scenario_files")),
        ("state of a service", ("state",)),
    )),
    Layer("What is run", "arrays, whoever runs them", (
        ("network", ("network", "network_files")), ("levers by month", ("plan",)),
        ("a run's record", ("record", "results")),
    )),
    Layer("Two drivers", "the same numbers, bit for bit", (
        ("Mesa agents, to read and subclass", ("agents", "model")),
        ("compiled engine, for speed", ("loops", "engine")),
    )),
    Layer("What came of it", "from events and sums", (
        ("measures", ("measures",)), ("statistics", ("statistics",)),
    )),
    Layer("Questions asked", "many runs with the same luck", (
        ("compare", ("execution", "comparison")), ("one service, one component", ("explanation", "components")),
        ("sweeps", ("experiment", "designs", "sweeps")),
    )),
    Layer("Told to people", "no science here", (
        ("figures and report", ("figures", "report")), ("command line", ("cli",)), ("browser", ("app",)),
    )),
)  # fmt: skip


def comparison() -> None:
    """Draw the share of services in each state, by month, under the three strategies of the default scenario."""
    import spreadsim as ss
    from spreadsim.comparison.figures.over_time import state_figure

    figure = state_figure(ss.compare("default", replicates=100, frontier=False))
    figure.savefig(FOLDER / "comparison.png", dpi=200, facecolor="white", metadata={"Software": None})


def architecture() -> None:
    """Draw the layers of the package, each resting on those above it."""
    import matplotlib

    matplotlib.use("svg")
    matplotlib.rcParams |= {"svg.fonttype": "none", "svg.hashsalt": "spreadsim", "font.family": "sans-serif"}
    from matplotlib.figure import Figure
    from matplotlib.patches import FancyBboxPatch

    row, left, width = 1.0, 2.9, 8.7
    height = row * len(LAYERS)
    figure = Figure(figsize=(11.5, 0.92 * height), facecolor="white")
    axes: Any = figure.add_axes((0, 0, 1, 1))
    axes.set(xlim=(0, 11.7), ylim=(height, 0))
    axes.axis("off")
    for i, layer in enumerate(LAYERS):
        middle = (i + 0.5) * row
        axes.text(0.1, middle - 0.12, layer.title, fontsize=12, weight="bold", va="center", color="#222222")
        axes.text(0.1, middle + 0.17, layer.words, fontsize=9, va="center", color="#444444")
        each = width / len(layer.boxes)
        for k, (label, modules) in enumerate(layer.boxes):
            box = FancyBboxPatch(
                (left + k * each + 0.08, middle - 0.33), each - 0.16, 0.66, boxstyle="round,pad=0,rounding_size=0.08",
                facecolor="#eaf2f8" if layer.title != LAYERS[0].title else "#fdebd0", edgecolor="#4a6a85", linewidth=1,
            )  # fmt: skip
            axes.add_patch(box)
            centre = left + (k + 0.5) * each
            axes.text(centre, middle - 0.09, label, fontsize=10, ha="center", va="center", color="#222222")
            axes.text(centre, middle + 0.17, "  ".join(modules), fontsize=7.5, ha="center", va="center",
                      family="monospace", color="#2c4a63")  # fmt: skip
        if i:
            axes.annotate("", (left + width / 2, i * row + 0.19), (left + width / 2, i * row - 0.19),
                          arrowprops={"arrowstyle": "-|>", "color": "#4a6a85"})  # fmt: skip
    figure.savefig(FOLDER / "architecture.svg", metadata={"Date": None, "Creator": None})
    text = (FOLDER / "architecture.svg").read_text(encoding="utf-8")
    words = "; ".join(f"{layer.title}: {', '.join(label for label, _ in layer.boxes)}" for layer in LAYERS)
    at = text.index(">", text.index("<svg")) + 1
    (FOLDER / "architecture.svg").write_text(
        f"{text[:at]}\n <title>Layers of spreadsim</title>\n <desc>{words}</desc>{text[at:]}", encoding="utf-8"
    )


def _photograph(name: str) -> None:
    """Keep one of the app's screens, brought to the state in which the tests' own screenshots show it."""
    sys.path.insert(0, str(FOLDER.parent.parent))
    from tests.app import screenshots as app_screenshots
    from tests.app.browser import launched, served, visit

    path = FOLDER / f"{name}.png"
    with launched() as browser, served() as address:
        options = {"viewport": {"width": 1280, "height": 900}, "reduced_motion": "reduce", "color_scheme": "light"}
        with visit(browser, address, **options) as seen:
            getattr(app_screenshots, name)(seen)
            seen.page.wait_for_timeout(1500)
            seen.page.evaluate("window.scrollTo(0, 0)")
            seen.page.screenshot(path=path)
    _smaller(path)


def _smaller(path: Path) -> None:
    """Keep a screenshot in 256 colours, which its flat areas do not miss."""
    from PIL import Image

    Image.open(path).convert("RGB").quantize(256, dither=Image.Dither.NONE).save(path, optimize=True)


def explore() -> None:
    """Photograph Explore, some months into a run."""
    _photograph("explore")


def compare() -> None:
    """Photograph Compare, once it has run."""
    _photograph("compare")


PICTURES: dict[str, Callable[[], None]] = {
    "comparison": comparison, "architecture": architecture, "explore": explore, "compare": compare,
}  # fmt: skip


def main() -> int:
    """Make the pictures named, or all."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("names", nargs="*", choices=[[], *PICTURES], help="pictures to make [default: all]")
    names = parser.parse_args().names or list(PICTURES)
    FOLDER.mkdir(exist_ok=True)
    for name in names:
        PICTURES[name]()
        print(f"docs/pictures/{name}: made")
    return 0


if __name__ == "__main__":
    sys.exit(main())
