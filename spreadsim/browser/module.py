"""The browser driver as one piece of JavaScript, made from the rulebook and from the compiled driver's loops.

What belongs here: what is put together, and in which order. Nothing of it is kept in a file, so that it cannot fall
behind the rules.
"""

from __future__ import annotations

from functools import cache
from importlib.resources import files

from spreadsim.browser.translation import Translator

_OWN = ("draws.prefix", "draws.uniform_at")  # in ``arithmetic.js``
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
