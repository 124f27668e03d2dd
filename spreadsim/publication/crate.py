"""The research object of a study: an RO-Crate that says what each file is, and which run made it.

What belongs here: the crate's metadata. What does not: the files (``package``).

References: Soiland-Reyes et al., Data Science 2022;5:97 (RO-Crate). The file ``ro-crate-metadata.json`` is written by
the package ``rocrate``.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from spreadsim.errors import MissingExtraError, SpreadsimError
from spreadsim.publication.study import Study

METADATA = "ro-crate-metadata.json"
NO_LICENCE = "Not chosen yet: the authors have to say under which terms this package may be used."
TYPES = {
    ".md": "text/markdown", ".csv": "text/csv", ".svg": "image/svg+xml", ".json": "application/json",
    ".html": "text/html", ".toml": "application/toml", ".parquet": "application/vnd.apache.parquet",
}  # fmt: skip


def require_rocrate() -> None:
    """Raise an error that says how to install rocrate where it is missing.

    Raises
    ------
    MissingExtraError : rocrate is not installed.

    Examples
    --------
    >>> require_rocrate()
    """
    if importlib.util.find_spec("rocrate") is None:
        raise MissingExtraError(
            'a research object is written with rocrate; install it with: python -m pip install "spreadsim[paper]"'
        )


def write_crate(study: Study, folder: Path, about: Mapping[str, str], licence: str = "") -> None:
    """Write the metadata of a folder whose files are all there.

    Parameters
    ----------
    study : that the folder is of.
    folder : of the package; every file below it is described.
    about : what files are, by name relative to the folder; of those that are not named, their name has to do.
    licence : terms of use: an address or words.

    Raises
    ------
    MissingExtraError : rocrate is not installed.
    SpreadsimError : what was written does not read back as it was meant.

    Examples
    --------
    >>> from spreadsim.publication.study import read_study
    >>> comparison = ss.compare("classroom", replicates=2, driver="mesa", workers=1, frontier=False)
    >>> study = read_study(comparison.save("saved", force=True), workers=1)
    >>> write_crate(study, Path("saved"), {"summary.json": "all means"})
    >>> (Path("saved") / METADATA).is_file()
    True
    """
    require_rocrate()
    from rocrate.model.contextentity import ContextEntity
    from rocrate.rocrate import ROCrate

    s, receipt = study.comparison.scenario, study.receipt
    crate = ROCrate(version="1.1")
    crate.name = f"{s.title or s.name}: results, and what a reviewer needs"
    crate.description = s.question or f"A comparison of {', '.join(s.strategies)} by simulation."
    crate.datePublished = str(receipt.get("ended", ""))
    crate.license = licence or NO_LICENCE
    if licence.startswith("https://"):
        terms = {"@type": "CreativeWork", "name": licence, "description": "Terms of use of this package."}
        crate.root_dataset["license"] = {"@id": crate.add(ContextEntity(crate, licence, properties=terms)).id}
    crate.keywords = "agent-based model, diffusion of innovations, implementation science, health services"
    versions = receipt.get("versions", {})
    libraries = [f"{name} {number}" for name, number in versions.items() if name not in ("spreadsim", "rulebook")]
    software = crate.add(
        ContextEntity(crate, "#spreadsim", properties={
            "@type": "SoftwareApplication", "name": "spreadsim", "softwareVersion": str(versions.get("spreadsim", "")),
            "description": f"Rulebook {versions.get('rulebook', '')}; with {', '.join(libraries)}",
        })
    )  # fmt: skip
    files = {}
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder).as_posix()
        if path.is_file() and name != METADATA:
            properties: dict[str, Any] = {"name": about.get(name, name), "contentSize": str(path.stat().st_size)}
            if path.suffix in TYPES:
                properties["encodingFormat"] = TYPES[path.suffix]
            files[name] = crate.add_file(path, dest_path=name, properties=properties)
    inputs, outputs = dict(receipt.get("inputs", {})), dict(receipt.get("results", {}))
    crate.add(
        ContextEntity(crate, "#run", properties={
            "@type": "CreateAction", "name": str(receipt.get("command", "")),
            "startTime": str(receipt.get("started", "")), "endTime": str(receipt.get("ended", "")),
            "description": f"Seed {receipt.get('seed')}.",
            "instrument": {"@id": software.id},
            "object": _one_or_more(files, inputs),
            "result": _one_or_more(files, outputs),
        })
    )  # fmt: skip
    crate.root_dataset["mentions"] = {"@id": "#run"}
    crate.metadata.write(folder)
    described = {one.id for one in ROCrate(folder).data_entities}
    lacking = sorted({entity.id for entity in files.values()} - described)
    if lacking:
        raise SpreadsimError(f"{METADATA} does not read back: {lacking[0]} is not described; report this")


def _one_or_more(files: Mapping[str, Any], names: Mapping[str, str]) -> Any:
    """Return references to files of the results folder, one alone without a list around it."""
    found = [{"@id": files[f"results/{name}"].id} for name in names if f"results/{name}" in files]
    return found[0] if len(found) == 1 else found
