"""Write the reference pages from the code: docs/reference.md and docs/reference/*.md, by one command.

``python docs/make_reference.py`` writes them all; ``--check`` says which are not what the code makes, and a test asks
the same. What belongs here: turning commands, docstrings and columns into Markdown. What does not: the tables of
parameters, state and measures, which ``spreadsim.reference`` makes from the declarations.
"""

from __future__ import annotations

import argparse
import inspect
import re
import sys
import tempfile
from functools import cached_property
from pathlib import Path
from typing import Any

import click

import spreadsim as ss
from spreadsim.comparison.folder import write_comparison
from spreadsim.levers import SET_BY_BALANCE
from spreadsim.network.reading.columns import SERVICE_COLUMNS, TIE_COLUMNS, TIER_COLUMNS
from spreadsim.outcomes.measures import BY_NAME, CURVES_ALONE
from spreadsim.state import ATTRIBUTES
from spreadsim.sweeps.document import Design, Experiment, Outcomes, Range, RunTable
from spreadsim.telling.folder import write_parquet
from spreadsim.telling.reference import markdown_table, reference_page

FOLDER = Path(__file__).resolve().parent
MADE = "Made by `python docs/make_reference.py`; a test checks that it matches the code."

# ------------------------------------------------------------------------------------------------- commands


def _value(option: click.Option) -> str:
    if option.is_flag:
        return ""
    if option.metavar:
        return option.metavar
    kind = option.type
    if isinstance(kind, click.Choice):
        return " or ".join(str(choice) for choice in kind.choices)
    if isinstance(kind, (click.IntRange, click.FloatRange)):
        ends = [f"{end:,}" if end is not None else "any" for end in (kind.min, kind.max)]
        whole = "whole number" if isinstance(kind, click.IntRange) else "number"
        return f"{whole}, {' to '.join(ends)}"
    return {"path": "path", "text": "text", "integer": "whole number"}.get(kind.name, kind.name)


def _default(option: click.Option) -> str:
    default = option.default
    is_plain = isinstance(default, (int, float, str)) and not isinstance(default, bool) and default != ""
    return f"`{default}`" if is_plain and option.show_default else ""


def _parts(text: str) -> tuple[str, list[str]]:
    r"""Return a help text's prose and the lines of its examples, which follow ``\b``."""
    prose, _, rest = inspect.cleandoc(text).partition("\b")
    lines = [line.strip() for line in rest.strip().splitlines()]
    examples: list[str] = []
    for line in lines:
        line = re.sub(r"^Examples?:\s*", "", line)
        if examples and examples[-1].endswith("\\"):
            examples[-1] = examples[-1][:-1] + line
        elif line:
            examples.append(line)
    return re.sub(r"(?<=\S)\n(?=\S)", " ", prose).strip(), examples


def commands_page() -> str:
    """Return what each command does, from its own help."""
    from spreadsim.cli import commands

    parts = [
        "# Commands",
        "",
        f"{MADE} `spreadsim COMMAND --help` says the same.",
        "",
        "Exit codes: 0 success, 1 a run that failed, 2 bad input or usage, 70 a fault of ours (with a file that can be",
        "sent), 130 stopped by the user, 141 the reader of the output went away (`| head`). Errors go to stderr as",
        "`error: FILE: FIELD: what is wrong; what to do`. `NAME` is a shipped name or a path to a file.",
        "",
    ]
    context = click.Context(commands, info_name="spreadsim")
    for name in commands.list_commands(context):
        command = commands.commands[name]
        prose, examples = _parts(command.help or "")
        arguments = [p for p in command.params if isinstance(p, click.Argument)]
        usage = " ".join([f"spreadsim {name}", *(p.metavar or (p.name or "").upper() for p in arguments), "[OPTIONS]"])
        rows = [
            [
                ", ".join(f"`{o}`" for o in [*p.opts, *p.secondary_opts]),
                _value(p),
                _default(p),
                (p.help or "") + (" Repeatable." if p.multiple and "epeatable" not in (p.help or "") else ""),
            ]
            for p in command.params
            if isinstance(p, click.Option)
        ]
        parts += [f"## {name}", "", f"`{usage}`", "", prose, ""]
        if examples:
            heading = ["Example:" if len(examples) == 1 else "Examples:", ""]
            parts += [*heading, *(f"- `{example}`" for example in examples), ""]
        if rows:
            parts += [markdown_table(["option", "value", "default", "meaning"], rows), ""]
    return "\n".join(parts)


# ------------------------------------------------------------------------------------------------- Python names


def _signature(value: Any) -> str:
    signature = inspect.signature(value)
    plain = [
        p.replace(annotation=inspect.Parameter.empty) for name, p in signature.parameters.items() if name != "self"
    ]
    text = str(signature.replace(parameters=plain, return_annotation=inspect.Signature.empty))
    return re.sub(r"<class '[\w.]*?(\w+)'>", r"\1", text)


def _prose(text: str | None) -> list[str]:
    """Return a docstring as Markdown: its sections as bold words, its entries as a list, its examples as code."""
    lines: list[str] = []
    entry, section, in_example = "", "", False
    rest = [*inspect.cleandoc(text or "").replace("``", "`").splitlines(), ""]
    for at, line in enumerate(rest):
        if in_example or line.startswith(">>> "):
            lines += [*([] if in_example else ["```pycon"]), line or "```"]
            in_example = bool(line)
            if not line:
                lines.append("")
        elif at + 1 < len(rest) and re.fullmatch(r"-{3,}", rest[at + 1]):
            section = line
            lines += [f"**{line}**", ""]
        elif re.fullmatch(r"-{3,}", line):
            continue
        elif section and (match := re.match(r"(\w[\w, ]*) : (.*)", line)):
            entry = ", ".join(f"`{name.strip()}`" for name in match[1].split(","))
            lines.append(f"- {entry}: {match[2]}")
        elif entry and line.startswith("    "):
            lines.append("  " + line.strip())
        else:
            lines.append(line)
    return [*"\n".join(lines).rstrip().splitlines(), ""]


def _with_results(of: type) -> list[type]:
    """Return a class, after the results that it adds drawing and saving to, where it does."""
    return [base for base in reversed(of.__mro__) if base is of or base.__name__ == f"{of.__name__}Results"]


def _members(of: type) -> list[tuple[str, Any]]:
    return [
        (name, value)
        for part in _with_results(of)
        for name, value in vars(part).items()
        if not name.startswith("_")
        and (inspect.isfunction(value) or isinstance(value, (property, cached_property)))
        and name != "model_post_init"
    ]


def python_page() -> str:
    """Return the public Python names with their docstrings."""
    names = ss.__all__
    parts = [
        "# Python names",
        "",
        f"{MADE} Names are loaded on first use, after `import spreadsim as ss`.",
        "",
        ", ".join(f"[`{name}`](#{name.lower()})" for name in names) + ".",
        "",
    ]
    for name in names:
        value = getattr(ss, name)
        parts += [f"## {name}", ""]
        if inspect.isclass(value):
            callable_class = name in ("SpreadModel", "InputError")
            parts += [f"`class ss.{name}{_signature(value.__init__) if callable_class else ''}`", ""]
        else:
            parts += [f"`ss.{name}{_signature(value)}`", ""]
        parts += _prose(value.__doc__)
        for base in _with_results(value)[:-1] if inspect.isclass(value) else []:
            attributes = inspect.cleandoc(base.__doc__ or "").partition("\nAttributes\n")
            parts += _prose("".join(attributes[1:]).lstrip("\n"))
        if inspect.isclass(value) and issubclass(value, Exception):
            continue
        for member, of in _members(value) if inspect.isclass(value) else []:
            shown = member + (_signature(of) if inspect.isfunction(of) else "")
            text = _prose(getattr(of, "__doc__", None) or getattr(of, "func", of).__doc__)
            parts += [f"`.{shown}`", "", *(f"> {line}".rstrip() for line in text[:-1]), ""]
    return "\n".join(parts)


# ------------------------------------------------------------------------------------------------- files

RESULTS = {
    "summary.json": "measures of every strategy, paired differences, the frontier; mean, low and high are the 95% "
    "Student interval of the mean, null unless the measure is defined in every replicate",
    "runs.parquet": "one row per strategy and replicate: every measure",
    "curves.parquet": "one row per strategy, replicate and month from 0: the share in each state, monthly measures",
    "events.parquet": "one row per change of state, in replicate 0, or in all with `--events`",
    "services.parquet": "one row per service and strategy; columns of the hierarchy's levels are between `name` and "
    "`degree`",
    "generations.parquet": "one row per strategy, replicate and number of copies from the originators",
    "groups.parquet": "one row per strategy, replicate and group of the hierarchy",
    "firings.parquet": "one row per strategy, replicate, rule (from 1), month and group of services: where a rule "
    "of the strategy began to apply; only where a strategy has rules",
    "frontier.parquet": "one row per balance, arm and replicate: every measure; not with `--no-frontier`",
    "lever_map.parquet": "the same over mandate and latitude",
    "doubt.parquet": "every measure of each strategy and replicate in each plausible world",
    "assumption_sets.parquet": "those worlds: the value of every parameter in doubt",
    "worth.csv": "effect, cost and net benefit of every run, where the scenario has `[worth]`",
    "acceptability.csv": "probability of being best and expected loss along what would be paid; likewise",
    "report.html": "one self-contained page, which opens without a network connection; not with `--no-report`",
    "scenario.toml": "the scenario resolved: running it again gives the same `runs.parquet`",
    "inputs/": "the files that a network was read from, where it was",
    "provenance.json": "versions, seed, command, a hash of every input and result, start and end",
}
COLUMNS = {
    "strategy": "name of the strategy",
    "replicate": "number of the replicate; equal numbers share network and random numbers between strategies",
    "month": "0 is the start; of an event, the first month in which the new state holds",
    "service": "id of the service",
    "name": "name of the service",
    "from_state": "state before, in words",
    "to_state": "state after, in words",
    "route": "how the present spell began: voluntary, mandated or none",
    "source_kind": "whose version it took: originator, peer, specification, hierarchy or none",
    "source_service": "id of the service it took its version from; null where there is none",
    "generation": "copies between this version and the originators'; -1: none",
    "presence": "weighted share of components present, as the state was entered",
    "second_leader": "whether it is a second leader as the state is entered",
    "source_is_second_leader": "whether the service it took its version from is one",
    "degree": "number of peers it listens to",
    "origin": "which of its attributes files give, which were repaired or joined from another file, which were drawn",
    "end_state": "state at the horizon, replicate 0",
    "services.parquet: share_embedded": "share of replicates in which it is embedded at the horizon",
    "median_month_embedded": "median over replicates of the first month embedded; null if that is never",
    "n_began": "services that began with a version of this generation",
    "n_embedded": "services embedded at the horizon with a version of this generation",
    "level": "level of the hierarchy",
    "group": "name of the group",
    "number": "number of the group within its level",
    "n_services": "services in the group",
    "balance": "from 0 (fully top-down) to 1 (fully organic)",
    **dict.fromkeys(SET_BY_BALANCE, "the lever's value"),
    "latitude_after": "arm: latitude after the programme as the scenario sets it, or as during it",
    **CURVES_ALONE,
}
NETWORK_COLUMNS = {
    "id": "the service's or group's permanent name; required",
    "name": "shown in reports; the id where it is left out",
    "parent": "id of a row of tiers.csv: the group it belongs to",
    "region": "the only level above, where neither `parent` nor `hierarchy_columns` is given",
    "deprivation_decile": "instead of `deprivation`: 1 most deprived, as published",
    "deprivation": "a score: higher is more deprived",
    "map_x": "position on the map, in any unit",
    "map_y": "position on the map, in any unit",
    "adopted_month": "period in which it adopted; empty where it did not",
    "source": 'one end of the tie: the service that listens, with `influence = "target-to-source"`',
    "target": "the other end",
    "weight": "strength of the tie; 1 where it is left out",
    "kind": "kind of tie, for `kinds`",
    "level": "name of the group's level",
}


def _meaning(file: str, name: str) -> str:
    if file == "curves.parquet" and name in BY_NAME:
        return BY_NAME[name].meaning
    if (meaning := COLUMNS.get(f"{file}: {name}", COLUMNS.get(name))) is not None:
        return meaning
    if name in BY_NAME:
        return BY_NAME[name].meaning
    if name.startswith("share_"):
        return f"share of services {name.removeprefix('share_').replace('_', ' ')}"
    attributes = {v.name: f"{v.meaning} ({v.unit})" for v in ATTRIBUTES}
    if name not in attributes:
        raise KeyError(f"say what the column '{name}' of {file} holds, in COLUMNS of docs/make_reference.py")
    return attributes[name]


def results_tables() -> list[str]:
    """Return every table of a results folder with its columns, read from a small comparison."""
    import pyarrow.parquet as pq

    measures = "every measure"
    parts: list[str] = []
    # By the Mesa driver, which needs no compiling; what is not made here is named.
    scenario = ss.load_scenario(
        "default", ["network.services=80", "run.months=36", "run.replicates=1", "frontier.balances=[0.0, 1.0]"]
    )
    result = ss.compare(scenario, driver="mesa", workers=1, frontier=False, doubt="none")
    dial = ss.frontier(scenario, replicates=1, driver="mesa", workers=1, doubt="none")
    with tempfile.TemporaryDirectory() as place:
        folder = write_comparison(result, Path(place) / "r", report=False)
        write_parquet(dial.table(), folder / "frontier.parquet")
        files = {path.name for path in folder.iterdir()}
        not_here = {
            "inputs/",
            "report.html",
            "firings.parquet",
            "lever_map.parquet",
            "doubt.parquet",
            "assumption_sets.parquet",
        }
        not_here |= {"worth.csv", "acceptability.csv"}
        if files != set(RESULTS) - not_here:
            raise KeyError(f"RESULTS of docs/make_reference.py and the folder differ in {files ^ set(RESULTS)}")
        levels = set(result.network.hierarchy.levels)
        for name in sorted(n for n in files if n.endswith(".parquet")):
            schema = pq.read_schema(folder / name)
            of_measures = [f for f in schema.names if f in BY_NAME and name in ("runs.parquet", "frontier.parquet")]
            rows = [
                [f"`{f.name}`", str(getattr(f.type, "value_type", f.type)), _meaning(name, f.name)]
                for f in schema
                if f.name not in of_measures and f.name not in levels
            ]
            if of_measures:
                rows.append([measures, "double", "see [measures](../reference.md#measures)"])
            if name != "lever_map.parquet":
                parts += [
                    f"### {name}",
                    "",
                    RESULTS[name][0].upper() + RESULTS[name][1:] + ".",
                    "",
                    markdown_table(["column", "type", "meaning"], rows),
                    "",
                ]
    return parts


def _experiment_tables() -> list[str]:
    parts = []
    meanings = {
        "format": "1", "name": "names the results folder", "title": "one line", "question": "what is asked",
        "shows": "what the runs show", "sources": "list of texts", "scenario": "a shipped name, or a path",
        "run": "overrides of the scenario's [run]", "design": "below", "outcomes": "below",
        "levers": "things we choose: a field of the strategy or scenario = a list or range; all are crossed",
        "uncertainties": "things we do not know: a field = a list, a range, `\"plausible\"` or `\"fixed\"`",
        "months": "horizon", "replicates": "runs of each point, each with its own random numbers", "seed": "of the "
            "runs",
        "method": "grid, table, latin-hypercube, sobol or morris", "second_order": "sobol: pairs of factors too",
        "measures": "see [measures](../reference.md#measures)", "keep": "tables kept: runs, curves, events",
    }  # fmt: skip
    for title, of in (
        ("The file", Experiment), ("[run]", RunTable), ("[design]", Design), ("[outcomes]", Outcomes),
        ("A range", Range),
    ):  # fmt: skip
        rows = []
        for name, field in of.model_fields.items():
            default = "required" if field.is_required() else "" if field.default_factory else field.default
            plain = isinstance(default, (bool, int, float, str)) and default != ""
            text = str(default).lower() if isinstance(default, bool) else str(default) if plain else ""
            if not field.description and name not in meanings:
                raise KeyError(f"give '{name}' of the experiment file a description")
            rows.append([f"`{name}`", text, field.description or meanings[name]])
        parts += [f"### {title}", "", markdown_table(["field", "default", "meaning"], rows), ""]
    return parts


def files_page() -> str:
    """Return what each file holds, read or written."""

    def columns(names: tuple[str, ...]) -> str:
        attributes = {v.name: f"{v.meaning} ({v.unit})" for v in ATTRIBUTES}
        return markdown_table(
            ["column", "meaning"], [[f"`{n}`", NETWORK_COLUMNS.get(n) or attributes[n]] for n in names]
        )

    parts = [
        "# Files",
        "",
        MADE,
        "",
        "## Scenario files",
        "",
        "One TOML file; `based_on` names another, whose tables it changes key by key. Every field is in the",
        "[reference of fields](../reference.md#parameters). `spreadsim scenarios --copy NAME` writes one to edit,",
        "`spreadsim check NAME --json` prints it with every default written out.",
        "",
        "## Experiment files",
        "",
        "For `spreadsim sweep`; see [sweeps](../sweeps.md).",
        "",
        *_experiment_tables(),
        "## Network folders",
        "",
        "UTF-8 text with a header. Columns by other names are named in `columns`. What is missing is drawn from the",
        "scenario's distributions, and the report says what came from the files and what was drawn at random.",
        "",
        "### services.csv",
        "",
        columns(SERVICE_COLUMNS),
        "",
        "### ties.csv",
        "",
        columns(TIE_COLUMNS),
        "",
        "### tiers.csv",
        "",
        "Where services name a `parent`.",
        "",
        columns(TIER_COLUMNS),
        "",
        "## Results folders",
        "",
        "Written whole or not at all by `spreadsim compare`; `spreadsim frontier` writes a part of them.",
        "",
        markdown_table(["file", "holds"], [[f"`{name}`", text] for name, text in RESULTS.items()]),
        "",
        *results_tables(),
        "A sweep's folder explains its own columns in `dictionary.csv`; see [sweeps](../sweeps.md#the-folder).",
        "",
    ]
    return "\n".join(parts)


PAGES = {
    "reference.md": reference_page,
    "reference/commands.md": commands_page,
    "reference/files.md": files_page,
    "reference/python.md": python_page,
}


def stale() -> list[str]:
    """Return the pages that are not what the code makes."""
    return [
        name
        for name, make in PAGES.items()
        if not (FOLDER / name).is_file() or (FOLDER / name).read_text(encoding="utf-8") != make()
    ]


def main() -> int:
    """Write the pages, or check them."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--check", action="store_true", help="write nothing; exit 1 if a page is not up to date")
    if parser.parse_args().check:
        pages = stale()
        print("\n".join(f"docs/{name} is not up to date" for name in pages) or "up to date")
        return 1 if pages else 0
    for name, make in PAGES.items():
        (FOLDER / name).write_text(make(), encoding="utf-8")
    return 0


__all__ = ["PAGES", "stale"]

if __name__ == "__main__":
    sys.exit(main())
