"""Measure the structure of Python packages, all alike: python experiments/structure.py PATH ... [--write].

Each PATH is a package's folder, or a folder that holds one; ``NAME=PATH`` gives it a name. What belongs here: counting
modules, lines, imports among them and functions, by reading the source alone. Imports count wherever they stand: those
inside a function, and those that only a type checker sees. The table is printed as Markdown; ``--write`` puts it into
docs/verification/structure.md.
"""

from __future__ import annotations

import argparse
import ast
import re
import statistics
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import networkx as nx

FILE = Path(__file__).parent.parent / "docs" / "verification" / "structure.md"
LONG = 50  # lines of a function
SKIPPED = {"tests", "test", "testing", "docs", "examples", "vendor", "_vendor"}


@dataclass(frozen=True)
class Module:
    """A source file: its dotted name, its text, whether it is a package's `__init__`."""

    name: str
    text: str
    is_package: bool

    @cached_property
    def tree(self) -> ast.Module:
        return ast.parse(self.text)

    @cached_property
    def functions(self) -> list[ast.FunctionDef | ast.AsyncFunctionDef]:
        return [node for node in ast.walk(self.tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]


def package_of(path: Path) -> Path:
    """Return the package that a path is or holds."""
    if (path / "__init__.py").is_file():
        return path
    inside = [p.parent for p in [*path.glob("*/__init__.py"), *path.glob("src/*/__init__.py")]]
    inside = [p for p in inside if p.name not in SKIPPED]
    if not inside:
        raise SystemExit(f"{path} is no package and holds none")
    return max(inside, key=lambda p: len(list(p.rglob("*.py"))))


def modules_of(package: Path) -> list[Module]:
    """Return the modules of a package, without its tests; empty files are left out."""
    modules = []
    for path in sorted(package.rglob("*.py")):
        parts = path.relative_to(package).with_suffix("").parts
        text = path.read_text(encoding="utf-8")
        if SKIPPED & set(parts[:-1]) or not text.strip():
            continue
        is_package = parts[-1] == "__init__"
        name = ".".join([package.name, *(parts[:-1] if is_package else parts)])
        modules.append(Module(name, text, is_package))
    return modules


def is_for_type_checkers(node: ast.AST) -> bool:
    return isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test)


def imports(node: ast.AST, typed: bool) -> Iterator[ast.Import | ast.ImportFrom]:
    """Yield the import statements below a node, with those for type checkers alone only where `typed`."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.Import | ast.ImportFrom):
            yield child
        elif typed or not is_for_type_checkers(child):
            yield from imports(child, typed)
        else:
            for part in child.orelse if isinstance(child, ast.If) else []:
                yield from imports(ast.Module([part], []), typed)


def targets(module: Module, statement: ast.Import | ast.ImportFrom, names: set[str]) -> Iterator[str]:
    """Yield the modules of the same package that a statement imports: the module that a name comes from."""
    if isinstance(statement, ast.Import):
        yield from (alias.name for alias in statement.names if alias.name in names)
        return
    base = statement.module or ""
    if statement.level:
        parts = module.name.split(".")
        kept = parts[: len(parts) - statement.level + module.is_package]
        base = ".".join([*kept, base] if base else kept)
    for alias in statement.names:
        inside = f"{base}.{alias.name}"
        if inside in names or base in names:
            yield inside if inside in names else base


def graph_of(modules: list[Module], typed: bool = True) -> nx.DiGraph:
    """Return who imports whom within a package."""
    names = {module.name for module in modules}
    graph = nx.DiGraph()
    graph.add_nodes_from(names)
    for module in modules:
        for statement in imports(module.tree, typed):
            for target in targets(module, statement, names):
                if target != module.name:
                    graph.add_edge(module.name, target)
    return graph


def in_circles(graph: nx.DiGraph) -> int:
    """Return how many modules import one another in a circle."""
    return sum(len(part) for part in nx.strongly_connected_components(graph) if len(part) > 1)


def depth(graph: nx.DiGraph) -> int:
    """Return the number of imports in the longest chain, a circle counted as one."""
    return int(nx.dag_longest_path_length(nx.condensation(graph), weight=None)) if graph else 0


def lines_of(node: ast.FunctionDef | ast.AsyncFunctionDef | ast.stmt) -> int:
    """Return the number of lines on which a node stands."""
    return (node.end_lineno or node.lineno) - node.lineno + 1


def docstring_lines(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """Return the number of lines of a function's docstring, 0 where it has none."""
    return lines_of(function.body[0]) if ast.get_docstring(function) is not None else 0


def row(text: str) -> list[str]:
    """Return the measurements of one package, given as PATH or NAME=PATH."""
    name, _, path = text.rpartition("=")
    package = package_of(Path(path))
    modules = modules_of(package)
    graph, at_run_time = graph_of(modules), graph_of(modules, typed=False)
    functions = [function for module in modules for function in module.functions]
    documented = sum(ast.get_docstring(function) is not None for function in functions)
    long = sum(lines_of(function) > LONG for function in functions)
    long_in_code = sum(lines_of(function) - docstring_lines(function) > LONG for function in functions)
    circles, circles_at_run_time = in_circles(graph), in_circles(at_run_time)
    return [
        name or package.name,
        f"{len(modules)}",
        f"{statistics.median(len(module.text.splitlines()) for module in modules):g}",
        f"{graph.number_of_edges() / len(modules):.1f}",
        f"{depth(graph)}",
        f"{circles}" if circles == circles_at_run_time else f"{circles_at_run_time} ({circles} with types)",
        f"{documented / max(1, len(functions)):.0%}",
        f"{long} of {len(functions):,}",
        f"{long_in_code}",
    ]


HEAD = ["", "modules", "median lines", "arrows a module", "depth", "files in circles", "functions with docstring",
        f"functions over {LONG} lines", "without their docstrings"]  # fmt: skip


def main() -> None:
    """Print the table, or write it into its page."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("paths", nargs="+", metavar="[NAME=]PATH")
    parser.add_argument("--write", action="store_true", help="put the table into docs/verification/structure.md")
    given = parser.parse_args()
    table = "".join(f"| {' | '.join(cells)} |\n" for cells in [HEAD, ["-"] * len(HEAD), *map(row, given.paths)])
    if not given.write:
        print(table, end="")
        return
    page = FILE.read_text(encoding="utf-8")
    FILE.write_text(re.sub(r"(?:^\|.*\n)+", table, page, count=1, flags=re.M), encoding="utf-8")


if __name__ == "__main__":
    main()
