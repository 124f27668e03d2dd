"""What changed where a comparison took the name of an earlier one.

What belongs here: one sentence of two summaries. What does not: the standing of strategies (``standings``).
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from spreadsim.telling.earlier import FolderState, differing_options, same_results
from spreadsim.telling.wording import value


def change_sentence(folder: Path, earlier: Path, before: FolderState, after: FolderState) -> str:
    """Return what became of results of the same name, and how the new ones differ.

    Parameters
    ----------
    folder : of the new results.
    earlier : where the earlier ones were, or are: the same folder where they were replaced.
    before, after : what the two say of themselves.

    Returns
    -------
    One line.

    Examples
    --------
    >>> state = FolderState({}, {"results": {"runs.parquet": "ab12"}})
    >>> change_sentence(Path("results/default"), Path("results/default"), state, state)
    'results/default was replaced: the same results, byte for byte'
    """
    fate = "was replaced" if folder == earlier else f"was kept, and these results are in {folder.as_posix()}"
    text = "the same results, byte for byte" if same_results(before, after) else _numbers(before.summary, after.summary)
    asked = differing_options(before, after)
    return f"{earlier.as_posix()} {fate}: {text}" + (f" ({asked})" if asked else "")


def _numbers(before: Mapping[str, Any], after: Mapping[str, Any]) -> str:
    old, new = _benefits(before), _benefits(after)
    if not old or not new:
        return "the results differ"
    first, then = max(old, key=old.__getitem__), max(new, key=new.__getitem__)
    if first == then:
        both = f"{first} {_points(old[first])} -> {_points(new[first])}"
        return f"sustained benefit of {both}, the highest mean in both"
    return (
        f"the highest mean of sustained benefit was that of {first} ({_points(old[first])}), and is that of {then} "
        f"({_points(new[then])})"
    )


def _benefits(summary: Mapping[str, Any]) -> dict[str, float]:
    strategies = summary.get("strategies", {})
    means = {name: row.get("benefit", {}).get("mean") for name, row in strategies.items()} if strategies else {}
    return {name: mean for name, mean in means.items() if mean is not None}


def _points(mean: float) -> str:
    return value("benefit", mean)
