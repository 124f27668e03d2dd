"""What a sweep hands to its workers, and what comes back; the identity of a run.

What belongs here: the job that all chunks share, chunks, results, and the hashes that name runs and rules.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from spreadsim.errors import SpreadsimError
from spreadsim.scenario.files import resolved
from spreadsim.sweeps.designs import content_key
from spreadsim.sweeps.experiment import Study, Values, document_at

_NOT_INPUTS = ("format", "name", "title", "question", "shows", "sources", "frontier")


class WrongVersionError(SpreadsimError):
    """A worker has other rules than the coordinator."""


@dataclass(frozen=True)
class Job:
    """What every chunk of a sweep shares.

    Attributes
    ----------
    study : the experiment, resolved.
    rulebook : version of the rules; a worker with another refuses.
    files : hash of the network's files, empty where it is generated.
    """

    study: Study
    rulebook: str
    files: str

    @property
    def key(self) -> str:
        """Name of the job, for what a worker keeps between chunks."""
        return content_key([base_content(self), self.rulebook, self.study.experiment.outcomes.model_dump()])


@dataclass(frozen=True)
class Chunk:
    """Some points (key and values), the settings (strategy and levers) and the replicates run at each of them."""

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
    """What comes back: one Parquet file a table, as bytes, and how it went."""

    parts: Mapping[str, bytes]
    runs: int
    failed: int
    seconds: float


def base_content(job: Job) -> Values:
    """Return what decides the runs before any factor is set: the resolved scenario without its words."""
    document = resolved(job.study.scenario)
    return content_of(document, job.files)


def content_of(document: Values, files: str) -> Values:
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
    """Return the hash of a run's resolved inputs: scenario after settings, its strategy and network, seed, rulebook."""
    document = content_of(document_at(base, point, strategy, levers), job.files)
    return content_key([document, job.rulebook], 32)


def run_identity(setting: str, replicate: int) -> str:
    """Return the identity of a run: its inputs and its replicate."""
    return content_key([setting, replicate], 32)
