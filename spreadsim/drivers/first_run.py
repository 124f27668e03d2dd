"""The first run: while nothing is compiled yet, small work goes as plain Python and another process compiles.

What belongs here: whether a run waits for the compiler, and who compiles. What does not: how, and where the code is
kept (``compilation``).

``python -m spreadsim.drivers.first_run`` compiles and ends. With ``--ship`` it puts code for a common processor beside
the package, for a wheel to take along.
"""

from __future__ import annotations

import os
import platform
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

SMALL = 1_000_000  # service-months that may go as plain Python at a time: about ten seconds
LARGE = 4_000_000  # of a whole job: the compiler is done sooner than plain Python would be, and needs the processor
_compiling: subprocess.Popen[bytes] | None = None  # the process that compiles, where this one began it
_interpreted = 0  # service-months that went as plain Python while nobody compiled


def is_interpreted(service_months: int) -> bool:
    """Return whether work goes as plain Python now, because nothing is compiled yet and waiting would take longer.

    Another process begins to compile the first time; once it has, no work is interpreted any more.

    Parameters
    ----------
    service_months : services times months of all runs of the work.

    Returns
    -------
    Whether to run it by `compilation.interpreted_engine`.

    Examples
    --------
    >>> is_interpreted(10**9)
    False
    """
    global _interpreted
    from spreadsim.drivers.compilation import is_compiled

    if service_months > SMALL:
        return False
    if "spreadsim.drivers.engine" in sys.modules:
        from spreadsim.drivers import engine, loops  # another thread may still import it: wait for the whole module

        if loops.IS_INTERPRETED or engine.run_block.signatures:
            return False
    if is_compiled():
        return False
    if start_compiling():
        return True
    _interpreted += service_months
    return _interpreted <= SMALL


def start_compiling() -> bool:
    """Let another process compile, unless one does already.

    Returns
    -------
    Whether one does; not so where compiled code cannot be kept, or the process failed.

    Examples
    --------
    >>> start_compiling()  # doctest: +SKIP
    True
    """
    global _compiling
    from spreadsim.drivers.compilation import cache_folder, is_being_compiled

    if is_being_compiled():
        return True
    if _compiling is None:
        if cache_folder() is None or not sys.executable:
            return False
        package = Path(__file__).parent.parent.parent
        paths = [str(package), *filter(None, [os.environ.get("PYTHONPATH")])]
        try:
            _compiling = subprocess.Popen(
                [sys.executable, "-P", "-m", "spreadsim.drivers.first_run"],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                env={**os.environ, "PYTHONPATH": os.pathsep.join(paths)},
                start_new_session=True,  # it goes on when this one ends: the next run has its code
            )
        except OSError:
            return False
    return _compiling.poll() is None


def compile_first(service_months: int) -> None:
    """Compile before a large job, or wait for the process that does, unless there is code or none is wanted.

    Parameters
    ----------
    service_months : services times months of all runs of the job.

    Examples
    --------
    >>> compile_first(LARGE)  # not yet large
    """
    if service_months <= LARGE:
        return
    from spreadsim.drivers import engine, loops
    from spreadsim.drivers.compilation import is_compiled

    if not (loops.IS_INTERPRETED or engine.run_block.signatures or is_compiled()):
        compile_now()


def compile_now() -> str:
    """Compile, or load what was compiled, and wait for it; a process that compiles already is waited for.

    Returns
    -------
    The compiled driver's answer to a question whose answer is the same on every machine.

    Examples
    --------
    >>> compile_now()  # doctest: +SKIP
    '9f7d...'
    """
    from spreadsim.drivers import engine

    return engine.answer_of(engine.run_block)


def ship(within: Path | None = None) -> Path:
    """Compile for a common processor of this machine's kind, and put the code where a wheel takes it along.

    Parameters
    ----------
    within : folder of folders of such code; the package's by default.

    Returns
    -------
    The folder.

    Raises
    ------
    SystemExit : this machine cannot make such code.

    Examples
    --------
    >>> ship()  # doctest: +SKIP
    """
    from spreadsim.drivers.compilation import COMMON_PROCESSORS, SHIPPED, interpreted_engine, shipped_folder

    folder = shipped_folder(within or SHIPPED)
    if folder is None:
        raise SystemExit(f"no code is made for processors of this kind ({platform.machine()})")
    processor = next(name for name, _ in COMMON_PROCESSORS.values() if folder.name.endswith(name))
    engine = interpreted_engine()
    answer = engine.answer_of(engine.run_block)
    shutil.rmtree(within or SHIPPED, ignore_errors=True)  # or it would be loaded instead of compiled
    with tempfile.TemporaryDirectory() as cache:
        environment = {"NUMBA_CPU_NAME": processor, "NUMBA_CPU_FEATURES": "", "SPREADSIM_CACHE": cache}
        subprocess.run(
            [sys.executable, "-m", "spreadsim.drivers.first_run"], check=True, env={**os.environ, **environment}
        )
        folder.mkdir(parents=True)
        for file in Path(cache).rglob("*.code"):
            shutil.copy(file, folder)
    (folder / "answer.txt").write_text(answer + "\n")
    return folder


if __name__ == "__main__":
    print(ship() if "--ship" in sys.argv[1:] else compile_now())
