"""Scenario files: finding, reading and writing them.

What belongs here: TOML in and out, ``based_on`` chains and ``--set``. Input files are untrusted: their size is limited
and they name no path outside their own folder. What does not: what a document may hold (``validation``).
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import Any

from spreadsim.errors import InputError, nearest
from spreadsim.input_files import is_file, read_text
from spreadsim.parameters import default_components
from spreadsim.scenario.beliefs import settled, stated_beliefs
from spreadsim.scenario.document import Scenario
from spreadsim.scenario.plan import plans
from spreadsim.scenario.validation import as_document, merge, validate, with_setting

MAX_BYTES = 2_000_000
_PACKAGE = Path(__file__).parent.parent


# ------------------------------------------------------------------------------------------------- shipped files


SHIPPED_SETS = ("published", "plausible", "none")  # what ``doubt.sets`` may say that is no file


def shipped_folder(kind: str) -> Path:
    """Return a folder of what is shipped: in the wheel, or at the top of the repository.

    Parameters
    ----------
    kind : ``scenarios``, ``experiments``, ``assumptions``, ``lessons`` or ``docs``, which in the wheel holds
        ``model.md`` alone.

    Returns
    -------
    A folder that exists.

    Examples
    --------
    >>> (shipped_folder("scenarios") / "default.toml").is_file()
    True
    """
    inside = _PACKAGE / "shipped" / kind
    return inside if inside.is_dir() else _PACKAGE.parent / kind


def shipped_names() -> list[str]:
    """Return the names of the shipped scenarios, ``default`` first, then alphabetically.

    Returns
    -------
    Names, each good for `load_scenario`.

    Examples
    --------
    >>> shipped_names()[:2]
    ['default', 'across-regions']
    """
    names = sorted(path.stem for path in shipped_folder("scenarios").glob("*.toml"))
    return sorted(names, key=lambda name: (name != "default", name))


def shipped_networks() -> list[str]:
    """Return the names of the networks that are shipped beside the scenarios, as ``network.path`` gives them.

    Returns
    -------
    Names of folders.

    Examples
    --------
    >>> shipped_networks()
    ['england-2021']
    """
    return sorted(path.name for path in shipped_folder("scenarios").iterdir() if path.is_dir())


def find_scenario(name: str, beside: Path | None = None) -> Path:
    """Return the file of a scenario.

    Parameters
    ----------
    name : shipped, or a path.
    beside : folder that a path is relative to and must stay inside; None: the present one.

    Returns
    -------
    The path of a file.

    Raises
    ------
    InputError : there is no such scenario or file.

    Examples
    --------
    >>> find_scenario("default").name
    'default.toml'
    """
    if name in shipped_names():
        return shipped_folder("scenarios") / f"{name}.toml"
    path = inside_folder(beside, name, "based_on") if beside is not None else Path(name)
    if is_file(path):
        return path
    if path.suffix == ".toml" or "/" in name or "\\" in name:
        raise InputError(name, "", "there is no such file", "check the path")
    raise InputError(name, "", "no shipped scenario and no file has this name", nearest(name, shipped_names()))


def inside_folder(folder: Path, name: str, field: str, file: str = "") -> Path:
    """Return `folder`/`name`, refusing absolute paths and paths that leave the folder.

    Parameters
    ----------
    folder : that the path must stay inside.
    name : the path, relative to it.
    field : of the file that names it, for the error.
    file : that names it, for the error.

    Returns
    -------
    The path.

    Raises
    ------
    InputError : the path is absolute or leaves the folder.

    Examples
    --------
    >>> inside_folder(Path("data"), "net/ties.csv", "network.path").name
    'ties.csv'
    """
    remedy = "give a path inside the folder of the file that names it"
    if PurePosixPath(name).is_absolute() or PureWindowsPath(name).drive or PureWindowsPath(name).is_absolute():
        raise InputError(file or name, field, f"'{name}' is an absolute path", remedy)
    try:
        path = (folder / name).resolve()
        path.is_file()
    except (OSError, ValueError, RuntimeError):  # too long, with a null byte, or a circle of links
        raise InputError(file or name, field, f"'{name}' is not a path that a file can have", remedy) from None
    if not path.is_relative_to(folder.resolve()):
        raise InputError(file or name, field, f"'{name}' is outside the file's folder", remedy)
    return path


# ------------------------------------------------------------------------------------------------- reading


def read_toml(path: Path, shown_as: str | None = None) -> dict[str, Any]:
    r"""Return the content of a TOML file.

    Parameters
    ----------
    path : of the file.
    shown_as : the file's name in errors; its path if None.

    Returns
    -------
    Tables and values, as they stand in the file.

    Raises
    ------
    InputError : the file cannot be read, is too large, is not UTF-8 or is not TOML.

    Examples
    --------
    >>> _ = Path("mine.toml").write_text('name = "mine"\n[run]\nmonths = 24\n')
    >>> read_toml(Path("mine.toml"))
    {'name': 'mine', 'run': {'months': 24}}
    """
    label = shown_as or str(path)
    text = read_text(path, label, MAX_BYTES)
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise InputError(label, "", f"is not valid TOML: {error}", "correct that line") from None
    except ValueError:  # Python reads no whole number of more than some thousand digits
        raise InputError(label, "", "holds a number of thousands of digits", "correct it") from None
    except RecursionError:
        raise InputError(label, "", "is nested too deeply", "flatten it") from None


def _read_chain(name: str, files_before: tuple[Path, ...], beside: Path | None) -> tuple[dict[str, Any], Path, Path]:
    """Return a merged document, the file it begins with, and the folder that its network's path is relative to."""
    path = find_scenario(name, beside)
    if path.resolve() in files_before:
        chain = " -> ".join(p.name for p in (*files_before, path.resolve()))
        raise InputError(
            files_before[0].name, "based_on", f"the chain is circular: {chain}", "base one of them on another file"
        )
    document = read_toml(path, name if beside is None else path.name)
    parent = document.pop("based_on", None)
    if parent is None:
        return document, path, path.parent
    if not isinstance(parent, str):
        raise InputError(path.name, "based_on", f"{parent!r} is not text", "give a shipped name or a path")
    base, _, folder = _read_chain(parent, (*files_before, path.resolve()), path.parent)
    network = document.get("network")
    own_path = isinstance(network, Mapping) and "path" in network
    return merge(base, document), path, path.parent if own_path else folder


def _sets_folder(name: str, table: str, field: str) -> Path | None:
    """Return the folder of the file of a chain that names a file of sets in a field, None where none does."""
    path = find_scenario(name)
    while True:
        document = read_toml(path, path.name)
        fields = document.get(table)
        if isinstance(fields, Mapping) and field in fields:
            return path.parent
        if "based_on" not in document:
            return None
        path = find_scenario(document["based_on"], path.parent)


def parse_setting(text: str) -> tuple[list[str], Any]:
    """Split ``FIELD=VALUE``; the value is read as TOML, else as text.

    Parameters
    ----------
    text : as after ``--set``.

    Returns
    -------
    The path of the field, and the value.

    Raises
    ------
    InputError : there is no ``=``, or no field before it.

    Examples
    --------
    >>> parse_setting("run.months=84")
    (['run', 'months'], 84)
    >>> parse_setting("network.source=small-world")
    (['network', 'source'], 'small-world')
    """
    field, sign, value = text.partition("=")
    if not sign or not field.strip():
        raise InputError("--set", text, "is not of the form FIELD=VALUE", "for example --set run.months=84")
    try:
        parsed = tomllib.loads(f"value = {value}")["value"]
    except (ValueError, RecursionError):  # not TOML, or a number of thousands of digits
        parsed = value.strip()
    return [part.strip() for part in field.split(".")], parsed


# ------------------------------------------------------------------------------------------------- scenarios


def _check_component(keys: list[str], document: Mapping[str, Any]) -> None:
    """Refuse to set one field of a component that there is not: a new component is given whole."""
    if keys[:2] == ["intervention", "components"] and len(keys) == 4:
        components = document.get("intervention", {}).get("components") or default_components()
        if keys[2] not in components:
            raise InputError(
                "--set", ".".join(keys), f"there is no component '{keys[2]}'", nearest(keys[2], components)
            )


def load_scenario(name: str | Path, settings: Iterable[str] = ()) -> Scenario:
    """Return a scenario, resolved and validated.

    Parameters
    ----------
    name : a shipped scenario's name, or a path to a file.
    settings : ``FIELD=VALUE`` strings laid upon the file, in order.

    Returns
    -------
    The scenario, with every default filled in and its strategies tried.

    Raises
    ------
    InputError, InputErrors : the file or a setting cannot be used.

    Examples
    --------
    >>> scenario = ss.load_scenario("default", ["run.months=24", "strategies.blend.balance=0.6"])
    >>> scenario.run.months, list(scenario.strategies)
    (24, ['top-down', 'organic', 'blend'])
    >>> ss.load_scenario("default", ["run.month=24"])
    Traceback (most recent call last):
    spreadsim.errors.InputErrors: default (with --set): run.month: unknown name; did you mean 'months'?
    """
    label, settings = str(name), tuple(settings)
    document, path, folder = _read_chain(label, (), None)
    document.setdefault("name", path.stem)
    source = label
    for text in settings:
        keys, value = parse_setting(text)
        _check_component(keys, document)
        document = with_setting(document, keys, value, "--set")
        source = f"{label} (with --set)"
    scenario = validate(document, source, folder).with_settings(
        tuple(".".join(parse_setting(text)[0]) for text in settings)
    )
    if scenario.run.parameter_sets is not None:
        scenario = scenario.with_folders(folder, _sets_folder(label, "run", "parameter_sets") or Path())
    elif scenario.doubt.sets not in SHIPPED_SETS:
        scenario = scenario.with_folders(folder, _sets_folder(label, "doubt", "sets") or Path())
    beliefs, known = stated_beliefs(scenario, source), settled(scenario)
    if known:  # what is set beside the file is certain, whatever the file believes
        stated = {path: one for path, one in (scenario.doubt.beliefs or {}).items() if path in beliefs.keys() - known}
        changes = {"known": sorted({*scenario.doubt.known, *known}), "beliefs": stated or None}
        doubt = scenario.doubt.model_copy(update=changes)
        scenario = scenario.model_copy(update={"doubt": doubt})
    plans(scenario, source)  # strategies that do not resolve are refused here, not in the middle of a run
    return scenario


# ------------------------------------------------------------------------------------------------- writing


def to_toml(scenario: Scenario) -> str:
    """Return the resolved scenario as TOML text.

    Parameters
    ----------
    scenario : any.

    Returns
    -------
    Text of a file that `load_scenario` reads.

    Examples
    --------
    >>> print(to_toml(ss.load_scenario("classroom"))[:30])
    format = 1
    name = "classroom"
    """
    import tomli_w

    return tomli_w.dumps(as_document(scenario))
