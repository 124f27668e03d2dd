"""Run the fenced blocks of the manual, page by page, as its reader would.

``python docs/blocks.py`` runs every page, ``python docs/blocks.py docs/tutorial/own-rule.md`` one of them;
``--write`` puts what was printed into the ``text`` blocks that show output. A test runs them all.

The words after a block's language say what it is. None: it is run. A file's name: it is saved under that name.
``notest: REASON``: it is not run, for the reason given. ``follow``: it is done in a copy of the repository, patches
too, by ``--follow`` and by the verification suite. A ``text`` block that follows directly is the output; a line ``...``
in it stands for anything. What belongs here: reading pages and running blocks. What does not: which blocks are excused,
which the test holds.
"""

from __future__ import annotations

import argparse
import contextlib
import doctest
import io
import os
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
import traceback
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from markdown_it import MarkdownIt

REPOSITORY = Path(__file__).resolve().parent.parent
RUN = ("sh", "python")
SAVED = ("toml", "python", "json", "text", "sh")
QUICK = ("compare", "frontier", "components")
_SHELL = re.compile(r"[|&;<>$`*?~{}]")  # outside quotes: a shell is needed
_QUOTED = re.compile(r"'[^']*'|\"[^\"]*\"")


class BlockError(Exception):
    """A block did not do what its page says."""


@dataclass(frozen=True)
class Block:
    """One fenced block: its place, language, and the words after the language."""

    page: Path
    line: int
    language: str
    words: str
    text: str
    output: Block | None = None

    @property
    def where(self) -> str:
        """Page and line, as an editor takes them."""
        return f"{self.page.relative_to(REPOSITORY)}:{self.line}"

    @property
    def reason(self) -> str | None:
        """Why the block is not run; None where it is."""
        return self.words.removeprefix("notest").lstrip(": ") if self.words.startswith("notest") else None

    @property
    def followed(self) -> bool:
        """Whether it is done in a copy of the repository."""
        return self.words == "follow"

    @property
    def file(self) -> str | None:
        """Name under which the block is saved; None where it is run."""
        has_name = self.words and self.reason is None and not self.followed
        return self.words if has_name and self.language in SAVED else None


def pages() -> list[Path]:
    """Return the README and every page of the manual."""
    docs = (path for path in sorted((REPOSITORY / "docs").rglob("*.md")) if "site" not in path.parts)
    return [REPOSITORY / "README.md", REPOSITORY / "CONTRIBUTING.md", *docs]


def blocks(page: Path) -> list[Block]:
    """Return the fenced blocks of a page in order, each with the output that follows it."""
    result: list[Block] = []
    tokens = MarkdownIt().parse(page.read_text(encoding="utf-8"))
    for before, token in zip([None, *tokens], tokens, strict=False):
        if token.type != "fence":
            continue
        assert token.map is not None
        language, _, words = token.info.strip().partition(" ")
        block = Block(page, token.map[0] + 1, language, words.strip(), token.content)
        is_output = language == "text" and not words and before is not None and before.type == "fence"
        if is_output and result and result[-1].language in RUN and result[-1].output is None:
            result[-1] = Block(**{**vars(result[-1]), "output": block})
        else:
            result.append(block)
    return result


def same(expected: str, printed: str) -> bool:
    """Return whether a page shows what was printed; ``...`` stands for anything, spaces at line ends do not count."""
    expected, printed = (
        "\n".join(line.rstrip() for line in t.strip("\n").splitlines()) + "\n" for t in (expected, printed)
    )
    return doctest.OutputChecker().check_output(expected, printed, doctest.ELLIPSIS)


@dataclass
class Session:
    """A reader at work on one page: a folder, and the names that its Python blocks have made.

    `copy`: the folder is a copy of the repository, which is then what runs.
    """

    folder: Path
    copy: bool = False
    names: dict[str, Any] = field(default_factory=lambda: {"__name__": "__main__"})

    def run(self, block: Block) -> str:
        """Run or save a block; return what it printed.

        Raises
        ------
        BlockError : it failed.
        """
        if block.file is not None:
            path = self.folder / block.file
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(block.text, encoding="utf-8")
            return ""
        if block.language == "python":
            return self._inside(block, lambda: exec(compile(block.text, block.where, "exec"), self.names))
        if block.language == "diff":
            return self._shell(block, ["git", "apply", "--recount", "-"])
        commands = None if self.copy else _commands(block.text)
        if commands is not None:
            if block.output is None:  # nothing is shown of it: two replicates are enough where a page gives no number
                commands = [_quick(words) for words in commands]
            return "".join(self._inside(block, lambda w=words: _spreadsim(w)) for words in commands)
        return self._shell(block, ["bash", "-euo", "pipefail"])

    def _inside(self, block: Block, action: Any) -> str:
        """Run something in this process and in the reader's folder."""
        out, messages, argv = io.StringIO(), io.StringIO(), sys.argv
        with contextlib.chdir(self.folder), contextlib.redirect_stdout(out), contextlib.redirect_stderr(messages):
            try:
                action()
            except SystemExit as end:
                if end.code not in (0, None):
                    raise BlockError(f"{block.where}: exit {end.code}\n{messages.getvalue()}{out.getvalue()}") from None
            except Exception:
                raise BlockError(f"{block.where}:\n{traceback.format_exc()}") from None
            finally:
                sys.argv = argv
        return messages.getvalue() + out.getvalue()

    def _shell(self, block: Block, program: list[str]) -> str:
        """Give the block to a program of its own."""
        path = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])
        own = {"PATH": path, **({"PYTHONPATH": str(self.folder), "GIT_DIR": os.devnull} if self.copy else {})}
        process = subprocess.run(
            program, input=block.text, cwd=self.folder, env={**os.environ, **own}, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, text=True, check=False, timeout=1800,
        )  # fmt: skip
        if process.returncode:
            raise BlockError(f"{block.where}: exit {process.returncode}\n{process.stdout}")
        return process.stdout


def _commands(text: str) -> list[list[str]] | None:
    """Return the commands of a block that calls spreadsim alone, by words; None where it needs a shell."""
    commands = []
    for line in text.replace("\\\n", " ").splitlines():
        words = shlex.split(line, comments=True)
        if not words:
            continue
        if words[0] != "spreadsim" or _SHELL.search(_QUOTED.sub("", line.partition(" #")[0])):
            return None
        commands.append(words)
    return commands


def _quick(words: list[str]) -> list[str]:
    return [*words, "--replicates", "2"] if words[1] in QUICK and "--replicates" not in words else words


def _spreadsim(words: list[str]) -> None:
    """Call the command line in this process."""
    from spreadsim.cli import main

    sys.argv = words
    main()


def is_followed(page: Path) -> bool:
    """Return whether a page is done in a copy of the repository."""
    return any(block.followed for block in blocks(page))


def run_page(page: Path, folder: Path) -> Iterator[tuple[Block, str]]:
    """Run the blocks of a page in order in `folder`; yield each that was run and what it printed.

    Raises
    ------
    BlockError : one failed.
    """
    session = Session(folder)
    for block in blocks(page):
        if block.reason is None and (block.language in RUN or block.file is not None):
            yield block, session.run(block)


def follow(page: Path, folder: Path) -> Iterator[tuple[Block, str]]:
    """Do what a page says in a copy of the repository, made in `folder`; yield each block and what it printed.

    Raises
    ------
    BlockError : one failed.
    """
    copy = folder / "copy"
    ignore = shutil.ignore_patterns(".git", ".venv", "node_modules", "site", "results", "__pycache__", ".*_cache")
    shutil.copytree(REPOSITORY, copy, ignore=ignore)
    session = Session(copy, copy=True)
    for block in blocks(page):
        if block.followed or block.file is not None:
            yield block, session.run(block)


def rewritten(page: Path, printed: list[tuple[Block, str]]) -> str:
    """Return a page with the output that its blocks printed, where what stands there is no longer true."""
    lines = page.read_text(encoding="utf-8").splitlines(keepends=True)
    for block, text in reversed(printed):
        if block.output is not None and not same(block.output.text, text):
            first = block.output.line
            length = len(block.output.text.splitlines())
            lines[first : first + length] = [line + "\n" for line in _lines_to_show(block.output.text, text)]
    return "".join(lines)


def _lines_to_show(before: str, printed: str) -> list[str]:
    """Return what was printed, with the same lines left out as before if lines that begin alike are all there."""
    new = [line.rstrip() for line in printed.strip("\n").splitlines()]
    old = [line.rstrip() for line in before.strip("\n").splitlines()]
    if "..." not in old:
        return new
    answer, at = [], 0
    for line in old:
        if line != "...":
            match = next((i for i in range(at, len(new)) if new[i][:14] == line[:14]), None)
            if match is None:
                return new
            line, at = new[match], match + 1
        answer.append(line)
    return answer


def main() -> int:
    """Run pages; say what failed."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("pages", nargs="*", type=Path, help="pages to run [default: all]")
    parser.add_argument("--follow", action="store_true", help="do the pages that change a copy of the repository")
    parser.add_argument("--write", action="store_true", help="write the output into the pages")
    options = parser.parse_args()
    failures = 0
    run = follow if options.follow else run_page
    for page in [path.resolve() for path in options.pages] or pages():
        if is_followed(page) != options.follow:
            continue
        with tempfile.TemporaryDirectory() as folder:
            try:
                printed = list(run(page, Path(folder)))
            except BlockError as failure:
                print(failure)
                failures += 1
                continue
        stale = [block for block, text in printed if block.output is not None and not same(block.output.text, text)]
        print(f"{page.relative_to(REPOSITORY)}: {len(printed)} blocks, {len(stale)} outputs differ")
        if options.write and stale:
            page.write_text(rewritten(page, printed), encoding="utf-8")
        elif stale:
            failures += 1
            for block, text in printed:
                if block in stale:
                    print(f"{block.where} printed:\n{text}")
    return 1 if failures else 0


__all__ = [
    "Block",
    "BlockError",
    "Session",
    "blocks",
    "follow",
    "is_followed",
    "pages",
    "rewritten",
    "run_page",
    "same",
]

if __name__ == "__main__":
    sys.exit(main())
