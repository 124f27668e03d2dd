"""Pictures of every screen of the app, to be looked at: ``python -m tests.app.screenshots [FOLDER] [--only WORD]``.

Each screen is brought to the state in which it says most, then taken in light and dark, 1280 and 768 wide, and at 200%
zoom (a page 640 wide at twice the density). The folder, ``out/screenshots`` unless another is named, is not kept.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from tests.app.browser import Visit, app_address, headless_browser, visit

SIZES = {
    "1280": {"viewport": {"width": 1280, "height": 900}},
    "768": {"viewport": {"width": 768, "height": 1024}},
    "zoom": {"viewport": {"width": 640, "height": 450}, "device_scale_factor": 2},
}
SERVICES = "id,name,region,population,deprivation,readiness\n" + "".join(
    f"s{i},Practice {i},{'North' if i < 20 else 'Middle' if i < 45 else 'South'},{4000 + 137 * i},{i % 10},"
    f"{0.25 + 0.005 * i:.3f}\n" for i in range(70)
)  # fmt: skip
TIES = "source,target\n" + "".join(f"s{i},s{(i + k) % 70}\n" for i in range(70) for k in (1, 7)) + "s1,nobody\ns4,s4\n"


def explore(visitor: Visit) -> None:
    """One run at month 24, and why a service did what it did."""
    p = visitor.page
    visitor.tab("Explore")
    p.get_by_label("Find a service").fill("service-0042")
    p.get_by_label("Find a service").press("Enter")
    visitor.ready("With the same luck, but one cause removed", 120_000)
    p.get_by_role("button", name="Whole map").click()
    p.locator(".scrub input").first.evaluate("e => { e.value = 24; e.dispatchEvent(new Event('input')); }")


def compare(visitor: Visit) -> None:
    """A comparison with its frontier."""
    visitor.tab("Compare")
    visitor.ready("Who is left behind: by deprivation", 180_000)
    visitor.page.get_by_role("button", name="Work out the frontier").click()
    visitor.ready("Mandate by latitude", 300_000)


def intervention(visitor: Visit) -> None:
    """The components, who is ready and what each change does."""
    visitor.tab("Intervention")
    visitor.page.get_by_role("button", name="Try every change").click()
    visitor.page.locator("table.what-if").wait_for(timeout=300_000)


def network(visitor: Visit) -> None:
    """A network of the user's own, with faults."""
    visitor.tab("Network")
    visitor.page.locator("#bring-files").set_input_files(
        [{"name": name, "mimeType": "text/csv", "buffer": text.encode()}
         for name, text in (("services.csv", SERVICES), ("ties.csv", TIES))])  # fmt: skip
    visitor.ready("Your own network", 60_000)


def report(visitor: Visit) -> None:
    """The two pages."""
    visitor.tab("Report")
    visitor.page.locator("iframe.page").wait_for(timeout=180_000)


def england(visitor: Visit) -> None:
    """English general practice by region, whole."""
    p = visitor.page
    visitor.tab("Explore")
    p.get_by_label("Open a shipped scenario").select_option("england-primary-care")
    visitor.ready("of 6,571 services", 180_000)
    p.locator(".scrub input").first.evaluate("e => { e.value = 30; e.dispatchEvent(new Event('input')); }")


def england_near(visitor: Visit) -> None:
    """One practice of England, found and brought near."""
    p = visitor.page
    name = p.locator("datalist option").nth(700).get_attribute("value")
    p.get_by_label("Find a service").fill(name)
    p.get_by_label("Find a service").press("Enter")
    visitor.ready("With the same luck, but one cause removed", 180_000)


SCREENS: dict[str, Callable[[Visit], None]] = {
    "explore": explore, "compare": compare, "intervention": intervention, "report": report, "network": network,
    "england": england, "england-near": england_near,
}  # fmt: skip


def looks(page: Any) -> Iterator[tuple[str, str]]:
    """Yield each theme and size with the page turned to it."""
    for size, options in SIZES.items():
        page.set_viewport_size(options["viewport"])
        for theme in ("light", "dark"):
            label = "Dark" if theme == "dark" else "Light"
            button = page.get_by_role("button", name=label, exact=True)
            if button.count():
                button.click()
            page.wait_for_timeout(500)
            figures = page.locator(".figures figure")
            for k in range(figures.count()):  # a figure is drawn when it comes into view
                figures.nth(k).scroll_into_view_if_needed()
                figures.nth(k).locator("svg").first.wait_for(timeout=120_000)
            page.evaluate("scrollTo(0, 0)")
            yield theme, size


def main() -> None:
    """Take every picture."""
    ask = argparse.ArgumentParser(description=__doc__)
    ask.add_argument("folder", nargs="?", type=Path, default=Path("out/screenshots"))
    ask.add_argument("--only", default="", help="screens whose names stand here, with commas")
    arguments = ask.parse_args()
    arguments.folder.mkdir(parents=True, exist_ok=True)
    with app_address() as address, headless_browser() as browser, visit(browser, address, **SIZES["1280"]) as visitor:
        for name, bring in SCREENS.items():
            if arguments.only and name not in arguments.only.split(","):
                continue
            visitor.page.set_viewport_size(SIZES["1280"]["viewport"])
            bring(visitor)
            for theme, size in looks(visitor.page):
                path = arguments.folder / f"{name}-{theme}-{size}.png"
                visitor.page.screenshot(path=path, full_page=True, timeout=180_000)
                print(path)
        for complaint in visitor.complaints:
            print("the page complains:", complaint)


if __name__ == "__main__":
    main()
