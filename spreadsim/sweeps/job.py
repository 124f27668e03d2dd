"""What a sweep hands to its workers, and what comes back; the identity of a run.

What belongs here: the job that all chunks share, chunks, results, and the hashes that name runs and rules.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from spreadsim.drivers.compilation import code_identity
from spreadsim.drivers.extensions import NO_EXTENSIONS, Extensions
from spreadsim.errors import SpreadsimError
from spreadsim.scenario.validation import as_document
from spreadsim.sweeps.designs import content_key
from spreadsim.sweeps.experiment import Study, Values, document_at

_NOT_INPUTS = ("format", "name", "title", "question", "shows", "sources", "frontier")


class WrongVersionError(SpreadsimError):
    """A worker has other rules than the coordinator.

    Examples
    --------
    >>> raise WrongVersionError("this worker's rulebook is an older one")
    Traceback (most recent call last):
    spreadsim.sweeps.job.WrongVersionError: this worker's rulebook is an older one
    """


def sweep_identity() -> str:
    """Return the identity of the code of a sweep: of all that decides a run's numbers, and of sweeps themselves.

    How a point becomes a scenario, and a run a row of a table, decides what is kept as much as the drivers do.

    Returns
    -------
    Sixteen hexadecimal digits.

    Examples
    --------
    >>> sweep_identity() == code_identity()
    False
    """
    return code_identity("sweeps")


@dataclass(frozen=True)
class Job:
    """What every chunk of a sweep shares.

    Attributes
    ----------
    study : the experiment, resolved.
    rulebook : identity of the code, as from `sweep_identity`; a worker with another refuses.
    files : hash of the network's files, empty where it is generated.
    extensions : what a Python program adds; their identities are part of that of every run.

    Examples
    --------
    >>> from spreadsim.sweeps.experiment import load_experiment
    >>> job = Job(load_experiment("clustering"), "0123abcd", "")
    >>> len(job.key)
    16
    """

    study: Study
    rulebook: str
    files: str
    extensions: Extensions = NO_EXTENSIONS

    @property
    def key(self) -> str:
        """Name of the job, for what a worker keeps between chunks."""
        outcomes = self.study.experiment.outcomes.model_dump()
        return content_key([base_content(self), self.rulebook, outcomes, self.extensions.identities])


@dataclass(frozen=True)
class Chunk:
    """Some points, the settings and the replicates that are run at each of them.

    Attributes
    ----------
    key : hash of its content.
    points : key and values of each.
    settings : strategy and levers of each.
    replicates : the first, and the one after the last.

    Examples
    --------
    >>> chunk = Chunk("c0", (("p0", {}), ("p1", {})), (("organic", {}),), (0, 50))
    >>> chunk.n_runs
    100
    """

    key: str
    points: tuple[tuple[str, Values], ...]
    settings: tuple[tuple[str, Values], ...]
    replicates: tuple[int, int]

    @property
    def n_runs(self) -> int:
        """Number of runs in the chunk."""
        return len(self.points) * len(self.settings) * (self.replicates[1] - self.replicates[0])


@dataclass(frozen=True)
class ChunkResult:
    """The tables of a chunk, and how it went.

    Attributes
    ----------
    parts : one Parquet file a table, as bytes.
    runs, failed : number of runs, and of those with an error.
    seconds : that they took.

    Examples
    --------
    >>> ChunkResult({"runs": b"PAR1"}, runs=100, failed=0, seconds=2.4).runs
    100
    """

    parts: Mapping[str, bytes]
    runs: int
    failed: int
    seconds: float


def base_content(job: Job) -> Values:
    """Return what decides the runs before any factor is set: the resolved scenario without its words.

    Parameters
    ----------
    job : that all chunks share.

    Returns
    -------
    The part of the scenario's document that decides numbers.

    Examples
    --------
    >>> from spreadsim.sweeps.experiment import load_experiment
    >>> content = base_content(Job(load_experiment("clustering"), "0123abcd", ""))
    >>> "title" in content, content["network"]["services"]
    (False, 480)
    """
    document = as_document(job.study.scenario)
    return _content_of(document, job.files)


def _content_of(document: Values, files: str) -> Values:
    """Return the part of a resolved document that decides numbers; files count by content, not by path."""
    content = {key: value for key, value in document.items() if key not in _NOT_INPUTS}
    content["run"] = {key: value for key, value in content["run"].items() if key != "replicates"}
    content["strategies"] = {
        name: {key: value for key, value in table.items() if key != "title"}
        for name, table in content["strategies"].items()
    }
    if files:
        content["network"] = {**content["network"], "path": files}
    return content


def setting_identity(job: Job, base: Values, point: Values, strategy: str, levers: Values) -> str:
    """Return the identity of a setting at a point: scenario, strategy, network, seed and rulebook.

    Parameters
    ----------
    job : that all chunks share.
    base : the experiment's scenario as a resolved document.
    point : values of the uncertainties, by path.
    strategy, levers : of the setting.

    Returns
    -------
    A hash in hexadecimal; every replicate has this one and its number.

    Examples
    --------
    >>> from spreadsim.sweeps.experiment import load_experiment
    >>> job = Job(load_experiment("clustering"), "0123abcd", "")
    >>> base = as_document(job.study.scenario)
    >>> tied, random = ({"network.generator.rewiring": share} for share in (0.0, 1.0))
    >>> setting_identity(job, base, tied, "organic", {}) == setting_identity(job, base, random, "organic", {})
    False
    """
    document = _content_of(document_at(base, point, strategy, levers), job.files)
    own = job.extensions.identities_of_the_model
    return content_key([document, job.rulebook, own] if own else [document, job.rulebook], 32)


def same_settings(base: Values, settings: Sequence[tuple[str, Values]]) -> list[int]:
    """Return for each setting the first that resolves to the same but for the name and title of its strategy.

    A lever may override what distinguishes strategies: under a balance all strategies that differ in the four levers
    alone are one. Such settings give the same runs at every point, to the last bit.

    Parameters
    ----------
    base : the experiment's scenario as a resolved document.
    settings : strategy and levers of each.

    Returns
    -------
    Places of settings.

    Examples
    --------
    >>> base = as_document(ss.load_scenario("default"))
    >>> same_settings(base, [("organic", {"balance": 0.5}), ("blend", {"balance": 0.5}), ("blend", {"balance": 1.0})])
    [0, 0, 2]
    """
    first: dict[str, int] = {}
    places = []
    for i, (strategy, levers) in enumerate(settings):
        content = _content_of(document_at(base, {}, strategy, levers), "")
        key = content_key([{**content, "strategies": list(content["strategies"].values())}])
        places.append(first.setdefault(key, i))
    return places


def run_identity(setting: str, replicate: int) -> str:
    """Return the identity of a run: its inputs and its replicate.

    Parameters
    ----------
    setting : identity of its setting.
    replicate : its number, from 0.

    Returns
    -------
    A hash in hexadecimal: the column ``run`` of every table.

    Examples
    --------
    >>> run_identity("0123abcd", 0) != run_identity("0123abcd", 1)
    True
    """
    return content_key([setting, replicate], 32)
