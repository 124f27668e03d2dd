"""Make the pictures of the README and the manual: python docs/make_pictures.py [NAME ...].

What belongs here: one function a picture. `comparison` runs the default scenario, `architecture` draws the floors of
the package from import-linter's contract, `explore` and `compare` photograph the app in a headless Chromium.
"""

from __future__ import annotations

import argparse
import ast
import html
import sys
import textwrap
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

FOLDER = Path(__file__).resolve().parent / "pictures"
PACKAGE = FOLDER.parent.parent / "spreadsim"
LARGEST = 300_000  # bytes of one picture


class Part(NamedTuple):
    """A folder or a single module of the package: its name, what it is, its modules by folder within it."""

    name: str
    words: str
    modules: tuple[tuple[str, tuple[str, ...]], ...]


def part(name: str) -> Part:
    """Return a part of the package, with what its docstring says it is."""
    folder = PACKAGE / name
    source = folder / "__init__.py" if folder.is_dir() else folder.with_suffix(".py")
    first = (ast.get_docstring(ast.parse(source.read_text(encoding="utf-8"))) or "").splitlines()[0]
    words = (first.partition(": ")[2] or first).replace("`", "")
    within = [folder, *sorted(p.parent for p in folder.glob("*/__init__.py"))] if folder.is_dir() else []
    modules = []
    for place in within:
        names = sorted(path.stem for path in place.glob("*.py") if not path.stem.startswith("__"))
        modules.append(("" if place == folder else place.name, tuple(names)))
    return Part(name, words[0].upper() + words[1:].rstrip("."), tuple(modules))


def floors() -> list[list[Part]]:
    """Return the floors of the package from the top, as import-linter's contract in pyproject.toml has them."""
    settings = tomllib.loads((PACKAGE.parent / "pyproject.toml").read_text(encoding="utf-8"))
    contracts = settings["tool"]["importlinter"]["contracts"]
    layers = next(contract["layers"] for contract in contracts if contract["type"] == "layers")
    return [[part(name.strip()) for name in layer.split("|")] for layer in layers]


def comparison() -> None:
    """Draw the share of services in each state, by month, under the three strategies of the default scenario."""
    import spreadsim as ss
    from spreadsim.comparison.figures.over_time import state_figure

    figure = state_figure(ss.compare("default", replicates=100, frontier=False))
    figure.savefig(FOLDER / "comparison.png", dpi=200, facecolor="white", metadata={"Software": None})


def _lines(one: Part, inches: float) -> tuple[list[str], list[str]]:
    """Return what stands in a box of a width: the words and the modules, in lines."""
    words = textwrap.wrap(one.words, int(inches * 72 / (9 * 0.5)))
    modules = []
    for folder, names in one.modules:
        prefix = f"{folder}/ " if folder else ""
        modules += textwrap.wrap(prefix + "  ".join(names), int(inches * 72 / (8 * 0.61)), subsequent_indent="  ")
    return words, modules


def architecture() -> None:
    """Draw the floors of the package, each resting on those below it, with every module."""
    import matplotlib

    matplotlib.use("svg")
    matplotlib.rcParams |= {"svg.fonttype": "none", "svg.hashsalt": "spreadsim", "font.family": "sans-serif"}
    from matplotlib.figure import Figure
    from matplotlib.patches import FancyBboxPatch

    width, edge, gap, line = 11.5, 0.1, 0.1, 0.155  # inches
    rows = []
    for floor in floors():
        sizes = [max(20, sum(len(name) + 2 for _, names in one.modules for name in names)) ** 0.7 for one in floor]
        free = width - 2 * edge - gap * (len(floor) - 1)
        widths = [free * size / sum(sizes) for size in sizes]
        texts = [_lines(one, each - 0.2) for one, each in zip(floor, widths, strict=True)]
        tall = max(len(words) + len(modules) + 0.3 * bool(modules) for words, modules in texts)
        rows.append((floor, widths, texts, 0.42 + line * tall))
    height = 2 * edge + sum(row[3] for row in rows) + 0.17 * (len(rows) - 1)
    figure = Figure(figsize=(width, height), facecolor="white")
    axes: Any = figure.add_axes((0, 0, 1, 1))
    axes.set(xlim=(0, width), ylim=(height, 0))
    axes.axis("off")
    top = edge
    for floor, widths, texts, tall in rows:
        left = edge
        for one, each, (words, modules) in zip(floor, widths, texts, strict=True):
            is_module = not one.modules  # a single module at the package's door
            axes.add_patch(FancyBboxPatch(
                (left, top), each, tall, boxstyle="round,pad=0,rounding_size=0.06", linewidth=1,
                facecolor="#fdebd0" if is_module else "#eaf2f8", edgecolor="#4a6a85",
            ))  # fmt: skip
            axes.text(left + 0.1, top + 0.2, one.name, fontsize=11, weight="bold", va="center", color="#222222")
            place = top + 0.42
            for text in words:
                axes.text(left + 0.1, place, text, fontsize=9, va="center", color="#333333")
                place += line
            place += 0.3 * line
            for text in modules:
                axes.text(left + 0.1, place, text, fontsize=8, va="center", family="monospace", color="#2c4a63")
                place += line
            left += each + gap
        top += tall + 0.17
    figure.savefig(FOLDER / "architecture.svg", metadata={"Date": None, "Creator": None})
    text = (FOLDER / "architecture.svg").read_text(encoding="utf-8")
    description = "; ".join(", ".join(f"{one.name}: {one.words}" for one in floor) for floor in floors())
    at = text.index(">", text.index("<svg")) + 1
    (FOLDER / "architecture.svg").write_text(
        f"{text[:at]}\n <title>Floors of spreadsim, the top one first</title>\n <desc>{html.escape(description)}</desc>"
        f"{text[at:]}", encoding="utf-8",
    )  # fmt: skip


def _photograph(name: str) -> None:
    """Keep one of the app's screens, brought to the state in which the tests' own screenshots show it."""
    sys.path.insert(0, str(FOLDER.parent.parent))
    from tests.app import screenshots as app_screenshots
    from tests.app.browser import app_address, headless_browser, visit

    path = FOLDER / f"{name}.png"
    with headless_browser() as browser, app_address() as address:
        options = {"viewport": {"width": 1280, "height": 900}, "reduced_motion": "reduce", "color_scheme": "light"}
        with visit(browser, address, **options) as visitor:
            getattr(app_screenshots, name)(visitor)
            visitor.page.wait_for_timeout(1500)
            visitor.page.evaluate("window.scrollTo(0, 0)")
            visitor.page.screenshot(path=path)
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
