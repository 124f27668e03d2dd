"""What came of making results again.

What belongs here: the verdicts, which are the same for every kind of folder. What does not: making a comparison again
(``comparison.reproduction``), or a sweep (``sweeps.reproduction``).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from spreadsim.drivers.extensions import Extensions, NetworkSource
from spreadsim.errors import InputError
from spreadsim.measures import Measure
from spreadsim.telling.atomic import RECEIPT
from spreadsim.telling.verification import needs_of

if TYPE_CHECKING:
    from spreadsim.drivers.agents import Service

DIGITS = 12


@dataclass(frozen=True)
class Reproduction:
    """Whether a results folder comes out the same again.

    Attributes
    ----------
    files : for each result, whether it is the same byte for byte.
    difference : the first difference in words, None if there is none.
    to_digits : names of results that differ in bytes and not in the first `DIGITS` digits of any number, under other
        versions of the libraries.
    notes : what else the reader should know.

    Examples
    --------
    >>> Reproduction({"runs.parquet": True}, None).difference
    """

    files: Mapping[str, bool]
    difference: str | None
    notes: list[str] = field(default_factory=list)
    to_digits: tuple[str, ...] = ()


def extensions_as_run(
    folder: Path,
    own: Mapping[str, Mapping[str, Any]],
    service_class: type[Service] | None,
    network: NetworkSource | None,
    measures: Sequence[Measure],
) -> Extensions:
    """Return what a Python program gives again, held against what the receipt says was run.

    Parameters
    ----------
    folder : that is made again.
    own : what its receipt says that a program added (``verification.own_record``).
    service_class, network, measures : given again.

    Returns
    -------
    `Extensions`.

    Raises
    ------
    InputError : something is missing, is not what was run, or was not there.

    Examples
    --------
    >>> extensions_as_run(Path("out"), {}, None, None, [])
    Extensions(service_class=None, network=None, measures=())
    """
    order = {name: place for place, name in enumerate(own)}
    extensions = Extensions.of(
        service_class,
        network,
        sorted(measures, key=lambda m: order.get(f"measures.{getattr(m, 'name', '')}", len(order))),
    )
    missing = [
        needs for name, needs in zip(own, needs_of({"own": own}), strict=True) if name not in extensions.identities
    ]
    if missing:
        words = ", ".join(dict.fromkeys(f"{name.partition('.')[0]}=..." for name in own))
        raise InputError(
            str(folder),
            RECEIPT,
            f"was run with what only a Python program had: {', '.join(missing)}",
            f"run that program again, or give it there: ss.reproduce(folder, {words})",
        )
    for name, identity in extensions.identities.items():
        if name not in own:
            raise InputError(str(folder), name, "was not there when it was run", "leave it out")
        if identity != own[name].get("identity"):
            raise InputError(
                str(folder),
                name,
                f"is not what was run (identity {str(own[name].get('identity'))[:8]} then, {identity[:8]} now)",
                "give it as it was",
            )
    return extensions
