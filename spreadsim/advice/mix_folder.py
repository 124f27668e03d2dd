"""The results folder of advice on a mix: the runs that were kept, and beside them the answer to the last question.

What belongs here: which files there are and what each holds. What is said is ``mix_findings``'; the runs are kept by
``kept_runs``.
"""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from spreadsim.advice.mix import MixAdvice
from spreadsim.advice.mix_findings import (
    about,
    answer_sentences,
    front_caption,
    front_picture,
    front_table,
    mix_advice_json,
    question_words,
    strategy_sentences,
    strategy_table,
)
from spreadsim.comparison.mixes import Mix
from spreadsim.drivers.compilation import code_identity
from spreadsim.scenario.document import Scenario
from spreadsim.scenario.files import to_toml
from spreadsim.sweeps import store
from spreadsim.telling.atomic import RECEIPT
from spreadsim.telling.folder import as_json, copy_inputs, sha256, versions
from spreadsim.telling.page import render_findings


def advised_scenario(advice: MixAdvice) -> Scenario:
    """Return the scenario with the advice as a further strategy, which `compare` runs.

    Parameters
    ----------
    advice : what to do.

    Returns
    -------
    The scenario.

    Examples
    --------
    >>> from spreadsim.advice.mix import advise_mix
    >>> advice = advise_mix("classroom", budget=2.0, months=12, candidates=8, search_replicates=2, replicates=3)
    >>> list(advised_scenario(advice).strategies)[-1]
    'as-advised'
    """
    strategy = Mix(tuple(advice.advice.levers.values())).strategy("As advised")
    strategies: dict[str, Any] = {**advice.scenario.strategies, "as-advised": strategy}
    return advice.scenario.model_copy(update={"strategies": strategies, "name": f"{advice.scenario.name}-advised"})


def write_mix_advice(advice: MixAdvice, folder: Path, started: str, command: str = "spreadsim advise") -> None:
    """Write the answer beside the runs that the folder keeps; an earlier answer is replaced.

    Parameters
    ----------
    advice : what to do.
    folder : in which the runs were kept.
    started : time of the start, in ISO format.
    command : for the receipt.

    Raises
    ------
    SpreadsimError : the disk is full or cannot be written.

    Examples
    --------
    >>> from spreadsim.advice.mix import advise_mix
    >>> few = {"months": 12, "candidates": 8, "search_replicates": 2, "replicates": 3}
    >>> write_mix_advice(advise_mix("classroom", budget=2.0, out="mix", **few), Path("mix"), "2026-11-28T12:00:00")
    >>> ss.verify("mix").is_whole
    True
    """
    files = {
        "scenario.toml": to_toml(copy_inputs(advice.scenario, folder)),
        "advised.toml": to_toml(copy_inputs(advised_scenario(advice), folder)),
        "advice.json": as_json(mix_advice_json(advice)),
    }
    for name, text in files.items():
        store.write_atomic(folder / name, text.encode())
    receipt: dict[str, Any] = {
        "command": command,
        "seed": advice.scenario.run.seed,
        "versions": {**versions(), "rules": code_identity()},
        "runs": advice.n_new + advice.n_kept,
        "failed": 0,
        "started": started,
        "ended": datetime.now(UTC).isoformat(timespec="seconds"),
    }
    page = mix_page(advice, receipt)
    store.write_atomic(folder / "report.html", page.encode())
    names = [*files, "report.html", store.MANIFEST]
    receipt["files"] = {name: sha256(folder / name) for name in names}
    store.write_atomic(folder / RECEIPT, as_json(receipt).encode())


def mix_page(advice: MixAdvice, receipt: dict[str, Any]) -> str:
    """Return the advice as a page.

    Parameters
    ----------
    advice : what to do.
    receipt : of the folder.

    Returns
    -------
    One HTML document that needs no other file.

    Examples
    --------
    >>> from spreadsim.advice.mix import advise_mix
    >>> advice = advise_mix("classroom", budget=2.0, months=12, candidates=8, search_replicates=2, replicates=3)
    >>> "Which mix gives the best sustained benefit" in mix_page(advice, {})
    True
    """
    return render_findings(
        title=f"Which mix: {advice.scenario.title or advice.scenario.name}",
        question=question_words(advice),
        about=about(advice),
        sections={
            "The answer": answer_sentences(advice),
            "Beside your strategies": strategy_sentences(advice),
            "To bear in mind": list(advice.notes),
        },
        tables=[
            ("The advice and your strategies, on the runs of the evaluation", *strategy_table(advice)),
            (front_caption(advice), *front_table(advice)),
        ],
        receipt=receipt,
        pictures=[front_picture(advice)],
    )
