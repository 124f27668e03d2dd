"""The browser driver as one piece of JavaScript, made from the rulebook and from the compiled driver's loops.

What belongs here: what is put together, and in which order: the driver, and the script of a page, which holds it too.
The driver is kept in no file, so that it cannot fall behind the rules.
"""

from __future__ import annotations

import hashlib
from functools import cache
from importlib.resources import files

from spreadsim.browser.translation import Translator

_OWN = ("draws.prefix", "draws.uniform_at")  # in ``arithmetic.js``
_WARM_UP = ("network.services=40", "network.hierarchy=[{level='n',count=4}]", "run.months=24")
_TRANSLATED = (("spreadsim.drivers.engine", "run_block"), ("spreadsim.rules", "monthly_cost"))


@cache
def driver_source() -> str:
    """Return the browser driver: arithmetic, rules, loops and what gives them their arrays.

    Returns
    -------
    JavaScript, which defines ``unpacked`` and ``runOf`` and needs nothing else.

    Raises
    ------
    TranslationError : a rule or a loop uses what the browser driver cannot follow.

    Examples
    --------
    >>> "function rules_exposure(persuasion, weight)" in driver_source()
    True
    """
    from spreadsim.drivers import engine, loops  # Numba is not loaded before a run

    lambdas = {f"engine.{name}": text for name, text in engine.WRITTEN_OUT.items()}
    translator = Translator(_OWN, lambdas | {f"loops.{name}": text for name, text in loops.WRITTEN_OUT.items()})
    for module, name in _TRANSLATED:
        translator.name_of(module, name)
    own = files("spreadsim.browser")
    before, after = ((own / name).read_text(encoding="utf-8") for name in ("arithmetic.js", "driver.js"))
    return "\n".join((before, translator.text(), after))


@cache
def worker_source() -> str:
    """Return the script of a worker that makes runs for a page: the driver, and a small scenario to warm up with.

    Returns
    -------
    JavaScript, which answers the messages that ``worker.js`` describes.

    Raises
    ------
    TranslationError : as of `driver_source`.

    Examples
    --------
    >>> "onmessage" in worker_source()
    True
    """
    from spreadsim.browser.data import page_data
    from spreadsim.network.construction import make_network
    from spreadsim.scenario.files import load_scenario
    from spreadsim.scenario.plan import plans

    scenario = load_scenario("default", _WARM_UP)
    data = page_data(plans(scenario), [make_network(scenario)], scenario.run.seed, [0])
    own = (files("spreadsim.browser") / "worker.js").read_text(encoding="utf-8")
    return f'{driver_source()}\nconst WARM_UP = "{data}";\n{own}'


@cache
def worker_version() -> str:
    """Return what the worker's script is known by: a page that was sent numbers for one never gives them to another.

    Returns
    -------
    Letters and digits.

    Examples
    --------
    >>> len(worker_version())
    16
    """
    return hashlib.sha256(worker_source().encode()).hexdigest()[:16]


_PARTS = ("serving.js", "drawing.js", "levers.js")  # of every page


def page_script(page: str) -> str:
    """Return the script of a page: the driver, what pages share, and the page's own part.

    Parameters
    ----------
    page : JavaScript that defines ``openPage``, which gets the whole script, for a worker.

    Returns
    -------
    JavaScript, which runs in a page with an element ``try-data`` and in a worker, and needs nothing else.

    Examples
    --------
    >>> page_script(box_source()).endswith("}\\n")
    True
    """
    own = files("spreadsim.browser")
    shared = [(own / name).read_text(encoding="utf-8") for name in _PARTS]
    return "\n".join((driver_source(), *shared, page, (own / "start.js").read_text(encoding="utf-8")))


def box_source() -> str:
    """Return the own part of a page with the box *Try it*.

    Returns
    -------
    JavaScript that defines ``openPage``.

    Examples
    --------
    >>> "function openPage(source)" in box_source()
    True
    """
    return (files("spreadsim.browser") / "box.js").read_text(encoding="utf-8")
