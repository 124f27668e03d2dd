"""Workers elsewhere: a Dask cluster that is already running.

What belongs here: all that knows of Dask. The same chunks go out and the same bytes come back as from local workers.
"""

from __future__ import annotations

import logging
from asyncio import CancelledError as AsyncCancelledError
from collections.abc import Iterator
from concurrent.futures import CancelledError
from typing import Any

from spreadsim.drivers.extensions import Extensions, arrived, unreadable
from spreadsim.errors import InputError, MissingExtraError, SpreadsimError
from spreadsim.sweeps.job import Chunk, ChunkResult, Job, WrongVersionError
from spreadsim.sweeps.work import run_chunk

SECONDS_TO_CONNECT = 20
SECONDS_FOR_WORKERS = 120
RETRIES = 2


class DaskPool:
    """The workers of a running scheduler.

    Parameters
    ----------
    address : of the scheduler, as ``tcp://host:8786``.

    Raises
    ------
    MissingExtraError : Dask is not installed.
    InputError : no scheduler answers, or it has no workers.

    Examples
    --------
    >>> DaskPool("udp://scheduler:8786")
    Traceback (most recent call last):
    spreadsim.errors.InputError: --scheduler: udp://scheduler:8786: no Dask scheduler answers there; ...
    """

    def __init__(self, address: str) -> None:
        try:
            import distributed
        except ImportError:
            raise MissingExtraError(
                '--scheduler needs Dask; install it with: pip install "spreadsim[cluster]"'
            ) from None
        self._distributed: Any = distributed
        logging.getLogger("distributed.client").setLevel(logging.CRITICAL)  # what goes wrong is said in words below
        try:
            self._client: Any = self._distributed.Client(address, timeout=SECONDS_TO_CONNECT, set_as_default=False)
        except (OSError, TimeoutError, ValueError):
            raise InputError(
                "--scheduler",
                address,
                "no Dask scheduler answers there",
                "start one with: dask scheduler; then workers with: dask worker ADDRESS",
            ) from None
        try:
            self._client.wait_for_workers(1, timeout=SECONDS_FOR_WORKERS)
        except TimeoutError:
            self._client.close()
            raise InputError(
                "--scheduler", address, "the scheduler has no workers", f"start some with: dask worker {address}"
            ) from None
        self._back: Any = self._distributed.as_completed(loop=self._client.loop)
        self._chunks: dict[Any, Chunk] = {}

    @property
    def capacity(self) -> int:
        """Chunks that may be out at a time: two for each thread of the cluster, which may grow."""
        return 2 * max(1, sum(self._client.nthreads().values()))

    @property
    def in_flight(self) -> int:
        """Chunks handed in and not come back."""
        return len(self._chunks)

    def submit(self, job: Job, chunk: Chunk) -> None:
        """Hand in a chunk."""
        future = self._client.submit(run_chunk, job, chunk, pure=False, retries=RETRIES)
        self._chunks[future] = chunk
        self._back.add(future)

    def results(self) -> Iterator[tuple[Chunk, ChunkResult | str]]:
        """Wait for one chunk at least, and yield those that are back."""
        for future in self._back.next_batch() if self._chunks else ():
            chunk = self._chunks.pop(future)
            try:
                answer: ChunkResult | str = future.result()
            except WrongVersionError:
                raise
            except self._distributed.KilledWorker as error:
                answer = f"its workers died: {error}"
            except (self._distributed.client.FutureCancelledError, CancelledError, AsyncCancelledError):
                raise SpreadsimError(
                    "the scheduler is gone; every finished chunk is kept: start it again, then give the same command"
                ) from None
            except Exception as error:
                raise SpreadsimError(
                    f"a worker of the cluster could not take a chunk ({type(error).__name__}: {error}); install the "
                    "same version of spreadsim on every machine"
                ) from error
            future.release()
            yield chunk, answer

    def check(self, extensions: Extensions) -> None:
        """Refuse, before the first run, what a worker of the cluster cannot find again.

        Raises
        ------
        InputError : a worker cannot read what it is given.
        """
        try:
            self._client.run(arrived, extensions.as_bytes)
        except Exception as error:
            raise unreadable(extensions, error) from error

    def close(self) -> None:
        """Let go of the cluster, which goes on running."""
        self._client.close()
