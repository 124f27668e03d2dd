"""The import as a whole: files in; one table of services, one of ties, the mapping and the ledger out.

What belongs here: which table is what, how tables are joined, and what is written. What does not: single repairs and
doubts (``repairs``, ``checks``), reading (``grids``).
"""

from __future__ import annotations

import csv
import io
import itertools
import json
import tempfile
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import tomli_w

from spreadsim import input_files
from spreadsim.errors import InputError, InputErrors, nearest
from spreadsim.intake.checks import checked
from spreadsim.intake.grids import read_grids
from spreadsim.intake.headings import CODE, table_of
from spreadsim.intake.layouts import in_known_layout
from spreadsim.intake.ledger import Ledger
from spreadsim.intake.measures import adoptions_of, without_unmeasured
from spreadsim.intake.recognisers import FIELDS, LEVELS, TableMapping, recognise
from spreadsim.intake.repairs import repaired
from spreadsim.intake.ties import Pairs, pairs_of_survey, places_of, ties_of
from spreadsim.network.reading.files import NetworkFile, load_network
from spreadsim.network.reading.sheet import Sheet

if TYPE_CHECKING:
    import pandas

MAPPING_FILE = "import.toml"
_MOST_BYTES_OF_MAPPING = 2_000_000


@dataclass(frozen=True)
class NetworkImport:
    r"""Files of any usual kind, read as a network.

    Attributes
    ----------
    services : the table of services under our names for its columns.
    ties : the ties; None where no file holds any.
    levels : columns of `services` that name its groups, from the top down.
    mappings : what each table of the files is, and which of its columns were read.
    ledger : what was assumed, repaired, left out and joined; questions that are open.
    period_months : months in a period of the times of adoption.
    observed_periods : number of the last period in which adoption was measured; 0 where it is not known.
    kept : columns of the files that are written as they stand, for covariates.

    Examples
    --------
    >>> lines = Path("gp.csv").write_text('Practice Code,PCN,List Size\nA81001,Moor,"4,200"\nA81002,Moor,"5,100"\n')
    >>> network = ss.import_network("gp.csv")
    >>> network.services.columns["population"], network.levels
    (['4200', '5100'], ('network',))
    >>> network.load().network.n
    2
    """

    services: Sheet
    ties: Pairs | None
    levels: tuple[str, ...]
    mappings: tuple[TableMapping, ...]
    ledger: Ledger
    period_months: int = 1
    observed_periods: int = 0
    kept: tuple[str, ...] = ()

    def raise_questions(self) -> None:
        """Raise what is still asked, which `files` and `save` do as well.

        Raises
        ------
        InputErrors : a question is open.
        """
        if self.ledger.questions:
            raise InputErrors(
                [
                    InputError(each.file, each.key, each.text, f"answer with {each.key}={' or '.join(each.choices)}")
                    for each in self.ledger.questions
                ]
            )

    def preview(self, rows: int = 10) -> pandas.DataFrame:
        r"""Return the first services under our names for their columns.

        Parameters
        ----------
        rows : at most so many.

        Returns
        -------
        One row a service.

        Examples
        --------
        >>> lines = Path("few.csv").write_text("Practice Code,PCN\nA81001,Moor\nA81002,Moor\n")
        >>> len(ss.import_network("few.csv").preview(1))
        1
        """
        import pandas

        return pandas.DataFrame({name: cells[:rows] for name, cells in self.services.columns.items()})

    def files(self) -> dict[str, bytes]:
        """Return what `save` writes.

        Returns
        -------
        Contents by the file's name.

        Raises
        ------
        InputErrors : a question is open.
        """
        self.raise_questions()
        files = {"services.csv": _csv(self.services.columns)}
        if self.ties is not None:
            files["ties.csv"] = _csv(self.ties.columns)
        files["scenario.toml"] = tomli_w.dumps(self._scenario()).encode()
        files[MAPPING_FILE] = self.mapping_file()
        files["ledger.json"] = (json.dumps(self._record(), indent=1, ensure_ascii=False) + "\n").encode()
        return files

    def mapping_file(self) -> bytes:
        r"""Return what ``import.toml`` holds: columns and answers as they stand, to read the next export with.

        Returns
        -------
        TOML as UTF-8.

        Examples
        --------
        >>> lines = Path("few.csv").write_text("Practice Code,PCN\nA81001,Moor\nA81002,Moor\n")
        >>> b'network = "PCN"' in ss.import_network("few.csv").mapping_file()
        True
        """
        return tomli_w.dumps(self._mapping()).encode()

    def save(self, folder: str | Path, force: bool = False) -> Path:
        """Write services.csv, ties.csv where there are ties, a scenario that runs on them, the mapping and the ledger.

        Parameters
        ----------
        folder : to write into.
        force : whether files of an earlier import are replaced.

        Returns
        -------
        The folder.

        Raises
        ------
        InputError : the folder holds something.
        InputErrors : a question is open.
        """
        files = self.files()
        path = Path(folder)
        if path.exists() and (not path.is_dir() or any(path.iterdir())) and not force:
            raise InputError(str(folder), "", "exists already", "name another folder, or use --force to replace it")
        path.mkdir(parents=True, exist_ok=True)
        if "ties.csv" not in files:
            (path / "ties.csv").unlink(missing_ok=True)
        for name, content in files.items():
            (path / name).write_bytes(content)
        return path

    def load(self, scenario: str | Path = "default") -> NetworkFile:
        r"""Return the network as `load_network` reads it, with what is missing drawn from a scenario.

        Parameters
        ----------
        scenario : a shipped scenario's name, or a path.

        Returns
        -------
        `NetworkFile`.

        Raises
        ------
        InputErrors : a question is open.

        Examples
        --------
        >>> lines = Path("few.csv").write_text("Practice Code,PCN\nA81001,Moor\nA81002,Moor\n")
        >>> ss.import_network("few.csv").load().network.hierarchy.levels
        ('network',)
        """
        with tempfile.TemporaryDirectory(prefix="spreadsim-") as folder:
            self.save(Path(folder) / "network")
            return load_network(Path(folder) / "network", scenario, **self.options())

    def options(self) -> dict[str, Any]:
        r"""Return the options of `load_network` that go with the tables.

        Returns
        -------
        Values by name, as `NetworkFileOptions` has them.

        Examples
        --------
        >>> lines = Path("few.csv").write_text("Practice Code,PCN\nA81001,Moor\nA81002,Moor\n")
        >>> ss.import_network("few.csv").options()
        {'hierarchy_columns': ['network']}
        """
        options: dict[str, Any] = {}
        if self.levels:
            options["hierarchy_columns"] = list(self.levels)
        if self.ties is not None and self.ties.directed:
            options["directed"] = True
        if self.period_months != 1:
            options["period_months"] = self.period_months
        if self.observed_periods:
            options["observed_periods"] = self.observed_periods
        return options

    def _scenario(self) -> dict[str, Any]:
        return {
            "format": 1,
            "name": "imported",
            "based_on": "default",
            "title": f"{len(self.services):,} services as imported",
            "network": {"source": "file", "path": ".", **self.options()},
        }

    def _mapping(self) -> dict[str, Any]:
        tables = [
            {
                "role": each.role,
                "columns": {
                    **{name: match.column for name, match in each.matches.items()},
                    **dict.fromkeys(each.declined, ""),
                },
            }
            for each in self.mappings
            if each.matches
        ]
        keep = {"keep": list(self.kept)} if self.kept else {}
        return {"format": 1, "tables": tables, "answers": dict(self.ledger.answered), **keep}

    def _record(self) -> dict[str, Any]:
        columns = {
            name: {"rows": len(cells), "filled": sum(map(bool, cells))} for name, cells in self.services.columns.items()
        }
        entries = [
            {
                "kind": e.kind,
                "file": e.file,
                "subject": e.subject,
                "text": e.text,
                "rows": list(e.rows),
                "count": e.count,
            }
            for e in self.ledger.entries
        ]
        return {
            "format": 1,
            "services": len(self.services),
            "ties": None if self.ties is None else len(self.ties),
            "columns": columns,
            "files": self.ledger.counts,
            "entries": entries,
            "answers": dict(self.ledger.answered),
            "repaired": {name: sorted(set(ids)) for name, ids in self.ledger.repaired_ids.items() if ids},
            "joined": self.ledger.joined,
        }


def import_network(
    files: str | Path | Sequence[str | Path],
    *,
    answers: Mapping[str, str] | None = None,
    accept: bool = False,
    columns: Mapping[str, str] | None = None,
    keep: Sequence[str] = (),
    mapping: str | Path | None = None,
    encoding: str | None = None,
    directed: bool | None = None,
) -> NetworkImport:
    r"""Return spreadsheets and graph files, as they are, as one network.

    Tables that hold services are joined by their ids; the one with most levels of groups says which services there are.
    What is certain is done and written in the ledger; what is doubtful is a question in ``ledger.questions``, and
    nothing is written while one is open.

    Parameters
    ----------
    files : CSV of any separator and encoding, workbooks, Parquet, GraphML, GEXF, node-link JSON, GML, Pajek, UCINET DL.
    answers : to questions, by their keys.
    accept : whether proposals are taken where there is no answer.
    columns : our name of a column = the file's name of it, where it is not recognised.
    keep : columns that are written as they stand, for covariates of a calibration.
    mapping : ``import.toml`` of an earlier import, which reads the next month's export without asking again.
    encoding : of text files; guessed where None.
    directed : whether ties run one way; as the files say where None.

    Returns
    -------
    `NetworkImport`.

    Raises
    ------
    InputError, InputErrors : a file cannot be read, or none holds services or ties.
    MissingExtraError : a kind of file needs an extra that is not installed.

    Examples
    --------
    >>> lines = Path("links.csv").write_text("From,To\nA81001,A81002\nA81002,A81002\n")
    >>> network = ss.import_network("links.csv")
    >>> network.services.columns, len(network.ties)
    ({'id': ['A81001', 'A81002']}, 1)
    >>> print(network.ledger.entries[-1])
    links.csv (row 3): 'A81002' is tied to itself: left out
    """
    paths = [Path(files)] if isinstance(files, str | Path) else [Path(each) for each in files]
    saved_columns, saved_answers, saved_keep = _saved(mapping)
    ledger = Ledger(answers={**saved_answers, **(answers or {})}, accept=accept)
    sheets = [
        (in_known_layout(sheet, ledger), grid.role)
        for path in paths
        for grid in read_grids(path, ledger, encoding)
        if (sheet := table_of(grid, ledger)) is not None
    ]
    ids = frozenset(cell for sheet, _ in sheets for cell in next(iter(sheet.columns.values()), []))
    mappings = []
    for sheet, role in sheets:
        own = next((each for each in saved_columns if set(each.values()) - {""} <= set(sheet.columns)), {})
        mappings.append(recognise(sheet, ledger, {**own, **(columns or {})}, role, ids))
    kept = tuple(dict.fromkeys((*saved_keep, *keep)))
    _check_columns("--column", columns or {}, [sheet for sheet, _ in sheets])
    _check_columns("--keep", {name: name for name in keep}, [sheet for sheet, _ in sheets])
    for each in mappings:
        if each.role == "other":
            names = ", ".join(list(each.sheet.columns)[:8])
            ledger.add("left out", each.sheet.file, "", f"neither services nor ties were recognised ({names})")
        elif each.role in ("services", "ties", "measures"):
            unread = [name for name in each.unread if each.role == "ties" or name not in kept]
            if unread:
                ledger.add("left out", each.sheet.file, "", f"columns that are not read: {', '.join(unread)}")
    tiers = next((each.sheet for each in mappings if each.role == "tiers"), None)
    measures = [adoptions_of(each, ledger) for each in mappings if each.role == "measures"]
    adoptions = [each for each in measures if each is not None]
    tables = [_named(each, tiers) for each in mappings if each.role == "services"]
    tables += [each.services for each in adoptions]
    pairs = [_named(each, None) for each in mappings if each.role == "ties"]
    pairs += [
        pairs_of_survey(
            replace(each.sheet, columns={**each.sheet.columns, "id": _named(each, None).columns["id"]}), each.survey
        )
        for each in mappings
        if each.survey and each.role == "services"
    ]
    if not tables and not pairs and ledger.questions:
        return NetworkImport(
            Sheet(paths[0].name, {"id": []}, np.array([], np.int64)), None, (), tuple(mappings), ledger
        )
    if not tables and not pairs:
        how = "; ".join(dict.fromkeys(each.text for each in ledger.entries if each.kind == "assumed"))
        raise InputError(
            ", ".join(path.name for path in paths),
            "",
            "no table of services or ties was recognised" + (f" ({how[:200]})" if how else ""),
            "call the column of ids 'id' (or the ends of ties 'source' and 'target'), or say --column id=HEADING",
        )
    services = _joined([repaired(sheet, ledger) for sheet in tables], ledger) if tables else _ends_of(pairs, ledger)
    services = without_unmeasured(services, adoptions, ledger)
    levels = _levels(services, ledger)
    services = checked(services, levels, ledger)
    levels = tuple(name for name in levels if name in services.columns)
    services = _with_kept(_in_order(services, levels), mappings, kept, ledger)
    ties = ties_of(pairs, services.columns["id"], directed, ledger) if pairs else None
    has_years = any(entry.subject == "adopted_month" and "calendar years" in entry.text for entry in ledger.entries)
    period_months = max([12 if has_years else 1, *(each.period_months for each in adoptions)])
    observed = max((each.n_periods for each in adoptions if "adopted_month" in services.columns), default=0)
    return NetworkImport(services, ties, levels, tuple(mappings), ledger, period_months, observed, kept)


# --------------------------------------------------------------------------------------------------- mapping


def _saved(path: str | Path | None) -> tuple[list[dict[str, str]], dict[str, str], list[str]]:
    """Return the columns by table, the answers and the columns kept of an earlier import."""
    if path is None:
        return [], {}, []
    file = Path(path)
    try:
        document = tomllib.loads(input_files.read_text(file, file.name, _MOST_BYTES_OF_MAPPING, "a mapping"))
        tables = [{str(k): str(v) for k, v in table["columns"].items()} for table in document.get("tables", [])]
        answers = {str(key): str(value) for key, value in document.get("answers", {}).items()}
        return tables, answers, [str(name) for name in document.get("keep", [])]
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        problem = f"is not a mapping that can be read ({str(error)[:80]})"
        raise InputError(file.name, "", problem, "use the import.toml that an import wrote") from None


def _check_columns(option: str, columns: Mapping[str, str], sheets: Sequence[Sheet]) -> None:
    headings = list(dict.fromkeys(name for sheet in sheets for name in sheet.columns))
    for name, heading in columns.items():
        if heading not in headings:
            raise InputError(option, name, f"no table has a column '{heading}'", nearest(heading, headings))


def _named(each: TableMapping, tiers: Sheet | None) -> Sheet:
    """Return a table with our names for the columns that are read, and a column for each level of a graph's groups."""
    columns = {name: each.sheet.columns[match.column] for name, match in each.matches.items()}
    if tiers is not None and "parent" in columns:
        above = dict(zip(tiers.columns["id"], tiers.columns["parent"], strict=True))
        level = dict(zip(tiers.columns["id"], tiers.columns["level"], strict=True))
        title = dict(zip(tiers.columns["id"], tiers.columns.get("name", tiers.columns["id"]), strict=True))
        for i, parent in enumerate(columns["parent"]):
            steps = 0
            while parent in above and steps < 64:
                if level[parent] not in ("root", ""):
                    columns.setdefault(level[parent], [""] * len(each.sheet))[i] = title[parent] or parent
                parent, steps = above[parent], steps + 1
    columns.pop("parent", None)
    return replace(each.sheet, columns=columns)


# --------------------------------------------------------------------------------------------------- joining


def _joined(tables: list[Sheet], ledger: Ledger) -> Sheet:
    """Return one table: tables with the same columns and other services are stacked, others are joined by id."""
    stacks: list[Sheet] = []
    for table in tables:
        like = next((k for k, each in enumerate(stacks) if set(each.columns) == set(table.columns)), None)
        if like is not None and not set(stacks[like].columns["id"]) & set(table.columns["id"]):
            base = stacks[like]
            columns = {name: [*base.columns[name], *table.columns[name]] for name in base.columns}
            rows = np.concatenate([base.row_numbers, table.row_numbers])
            stacks[like] = Sheet(f"{base.file} and {table.file}", columns, rows, base.unit)
            ledger.add("joined", table.file, "", f"the same columns as {base.file}: its {len(table):,} rows are added")
        else:
            stacks.append(table)
    spine = max(stacks, key=lambda each: (_n_levels(each), -stacks.index(each)))
    ids = spine.columns["id"]
    columns = {name: list(cells) for name, cells in spine.columns.items()}
    for table in stacks:
        if table is spine:
            continue
        places, _ = places_of(table.columns["id"], ids)
        hit = np.flatnonzero(places >= 0).tolist()
        fresh = [name for name in table.columns if name not in columns and name != "id"]
        fresh = [
            name for name in fresh if not (name.startswith("deprivation") and any("deprivation" in n for n in columns))
        ]
        for name in fresh:
            columns[name] = [""] * len(ids)
            for i in hit:
                columns[name][places[i]] = table.columns[name][i]
            ledger.joined[name] = {table.file: None}
        _fill_gaps(columns, table, places, hit, fresh, ledger)
        missing = len(ids) - len({int(places[i]) for i in hit})
        what = ", ".join(name.replace("_", " ") for name in fresh) or "nothing new"
        text = f"{what}: {len(hit):,} of its {len(table):,} rows name one of the {len(ids):,} services of {spine.file}"
        ledger.add("joined", table.file, "", text + (f"; {missing:,} services are not in it" if missing else ""))
        ledger.counts.setdefault(table.file, {})["rows joined"] = len(hit)
    return replace(spine, columns=columns)


def _with_kept(services: Sheet, mappings: Sequence[TableMapping], keep: Sequence[str], ledger: Ledger) -> Sheet:
    """Return the services with columns of the files as they stand, the last cell that is filled of each service."""
    columns = dict(services.columns)
    for name in keep:
        if name in FIELDS or name in columns:
            problem = "is a column that is read, or has the name of one"
            raise InputError("--keep", name, problem, "leave it out, or give it another heading")
        cells = [""] * len(services)
        for each in mappings:
            if name not in each.sheet.columns or each.role not in ("services", "measures"):
                continue
            places, _ = places_of(each.sheet.columns[each.matches["id"].column], services.columns["id"])
            for i in np.flatnonzero(places >= 0).tolist():
                cells[places[i]] = each.sheet.columns[name][i] or cells[places[i]]
        ledger.add("assumed", services.file, name, f"kept as it stands: {sum(map(bool, cells)):,} cells are filled")
        columns[name] = cells
    return replace(services, columns=columns)


def _n_levels(sheet: Sheet) -> int:
    return sum(name in sheet.columns for name in LEVELS)


def _fill_gaps(
    columns: dict[str, list[str]], table: Sheet, places: np.ndarray, hit: list[int], fresh: list[str], ledger: Ledger
) -> None:
    """Fill cells that are blank in the first table, and say where two tables differ."""
    for name, cells in table.columns.items():
        if name in fresh or name in ("id", "name", *LEVELS) or name not in columns:
            continue
        gaps = [i for i in hit if cells[i] and not columns[name][places[i]]]
        differ = [i for i in hit if cells[i] and columns[name][places[i]] not in ("", cells[i])]
        for i in gaps:
            columns[name][places[i]] = cells[i]
        if gaps:
            ledger.add("joined", table, name, f"fills {len(gaps):,} blank cells", gaps)
            ledger.joined.setdefault(name, {})[table.file] = [columns["id"][places[i]] for i in gaps]
        if differ:
            ledger.add("left out", table, name, f"differs from the first table in {len(differ):,} rows", differ)


def _ends_of(pairs: list[Sheet], ledger: Ledger) -> Sheet:
    """Return the services that ties name, where there is no table of services."""
    ends = [
        cell
        for sheet in pairs
        for row in zip(sheet.columns["source"], sheet.columns["target"], strict=True)
        for cell in row
    ]
    present = set(ends)
    # A code in lower case is the code: two services would otherwise be made of one.
    plain = [cell.upper() if CODE.fullmatch(cell.upper()) and cell.upper() in present else cell for cell in ends]
    ids = [identity for identity in dict.fromkeys(plain) if identity]
    text = f"there is no table of services: the {len(ids):,} that ties name are taken"
    ledger.add("assumed", pairs[0].file, "", text)
    return Sheet(pairs[0].file, {"id": ids}, np.arange(1, len(ids) + 1), pairs[0].unit)


# --------------------------------------------------------------------------------------------------- levels


def _levels(services: Sheet, ledger: Ledger) -> tuple[str, ...]:
    """Return the columns that name groups, from the top down, without those that are no levels of one hierarchy."""
    fields = {"id", "name", "population", "adopted_month", "readiness", "capability", "adaptation_tendency", "context",
              "perception", "appraisal_error", "map_x", "map_y"}  # fmt: skip
    others = [n for n in services.columns if n not in fields and n not in LEVELS and not n.startswith("deprivation")]
    levels = [*others, *(name for name in LEVELS if name in services.columns)]
    levels = [name for name in levels if any(services.columns[name])]
    for name in list(levels):
        if len(levels) > 1 and len(set(filter(None, services.columns[name]))) == 1:
            ledger.add("left out", services.file, name, "one group holds all services: no level of the hierarchy")
            levels.remove(name)
    if "place" in levels and levels[0] != "place" and levels[-1] != "place":
        below = levels[levels.index("place") + 1]
        astride = _astride(services, "place", below)
        if astride:
            text = f"no level, but kept as a column: '{astride[0]}'{_and_more(astride)} in more than one"
            ledger.add("assumed", services.file, "place", text)
            levels.remove("place")
    for above, below in itertools.pairwise(levels):
        astride = _astride(services, above, below)
        if astride:
            text = f"'{astride[0]}'{_and_more(astride)} in more than one {above}: each part is a group of its own"
            ledger.add("assumed", services.file, below, text)
    return tuple(levels)


def _and_more(names: list[str]) -> str:
    return f" and {len(names) - 1:,} more lie" if len(names) > 1 else " lies"


def _astride(services: Sheet, above: str, below: str) -> list[str]:
    """Return the groups of one level that lie in more than one group of the level above."""
    seen: dict[str, set[str]] = {}
    for high, low in zip(services.columns[above], services.columns[below], strict=True):
        if low:
            seen.setdefault(low, set()).add(high)
    return [name for name, groups in seen.items() if len(groups) > 1]


def _in_order(services: Sheet, levels: tuple[str, ...]) -> Sheet:
    """Return the table with id and name first, then its groups from the top down."""
    first = [name for name in ("id", "name", *levels) if name in services.columns]
    order = [*first, *(name for name in services.columns if name not in first)]
    return replace(services, columns={name: services.columns[name] for name in order})


def _csv(columns: Mapping[str, list[str]]) -> bytes:
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows(zip(*columns.values(), strict=True))
    return text.getvalue().encode()
