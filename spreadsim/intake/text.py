"""Text files of any usual encoding and separator.

What belongs here: bytes to text, and text to rows of cells. What does not: which row holds the headings (``headings``).
"""

from __future__ import annotations

import csv
import io
import re
from collections import Counter

from spreadsim.errors import InputError, MissingExtraError
from spreadsim.intake.ledger import Ledger

SEPARATORS = {",": "commas", ";": "semicolons", "\t": "tabs", "|": "upright bars", " ": "spaces"}
_ENCODINGS = {"cp1252": "Windows-1252", "utf-16": "UTF-16", "utf-8": "UTF-8", "mac_roman": "Mac Roman"}
_SAMPLE_ROWS = 400


def decode(content: bytes, file: str, ledger: Ledger, encoding: str | None = None) -> str:
    r"""Return the text of a file, and say in which encoding it was read where that is a guess.

    Parameters
    ----------
    content : of the file.
    file : its name.
    ledger : takes what was assumed.
    encoding : as the user says; guessed where None.

    Returns
    -------
    Text without a byte-order mark.

    Raises
    ------
    InputError : the text is not of the encoding that the user says.
    MissingExtraError : a guess needs the detector, which is not installed.

    Examples
    --------
    >>> ledger = Ledger()
    >>> decode("id\ncaf\u00e9".encode("utf-16"), "a.csv", ledger)
    'id\ncafé'
    >>> print(ledger.entries[0])
    a.csv: read as UTF-16 text
    """
    if encoding is not None:
        try:
            return content.decode(encoding).lstrip("\ufeff")
        except (UnicodeError, LookupError) as error:
            raise InputError(file, "", f"is not {encoding} text ({str(error)[:80]})", "name another encoding") from None
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        ledger.add("assumed", file, "", "read as UTF-16 text")
        return _strictly(content, "utf-16", file)
    if b"\x00" in content[:2000]:  # UTF-16 without a mark: every other byte of plain text is zero
        half = content[:2000]
        guess = "utf-16-le" if half[1::2].count(0) > half[::2].count(0) else "utf-16-be"
        ledger.add("assumed", file, "", "read as UTF-16 text without a mark")
        return _strictly(content, guess, file)
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return _guess(content, file, ledger)


def _strictly(content: bytes, encoding: str, file: str) -> str:
    try:
        return content.decode(encoding).lstrip("\ufeff")
    except UnicodeDecodeError as error:
        remedy = "save it again as 'CSV UTF-8'"
        raise InputError(file, "", f"is not {encoding} text (byte {error.start})", remedy) from None


def _guess(content: bytes, file: str, ledger: Ledger) -> str:
    """Return text in the encoding that the detector finds most likely, Windows-1252 where it does as well."""
    try:
        import charset_normalizer
    except ImportError:
        raise MissingExtraError(
            f"{file} is not UTF-8 text, and guessing its encoding needs charset-normalizer; save it as 'CSV UTF-8', "
            "name it with --encoding, or install: python -m pip install 'spreadsim[spreadsheets]'"
        ) from None
    matches = charset_normalizer.from_bytes(content)
    best = matches.best()
    encoding = best.encoding if best is not None else "cp1252"
    usual = next((match for match in matches if match.encoding == "cp1252"), None)
    try:
        western = content.decode("cp1252")
    except UnicodeDecodeError:
        western = None
    alike = best is not None and western is not None and (western == str(best) or usual is not None)
    if western is not None and (best is None or alike or (best.chaos < 0.1 and _is_western(western))):
        encoding = "cp1252"
    if best is None and western is None:
        raise InputError(file, "", "is text in no encoding that was recognised", "save it again as 'CSV UTF-8'")
    text = content.decode(encoding)
    sample = re.search(r"[^\n,;\t|\"]*[^\x00-\x7f][^\n,;\t|\"]*", text)
    shown = f"; it holds '{sample.group().strip()[:40]}'" if sample else ""
    ledger.add("assumed", file, "", f"read as {_ENCODINGS.get(encoding, encoding)} text{shown}")
    return text


def _is_western(text: str) -> bool:
    """Return whether what is not plain ASCII are letters of Western languages and the usual marks."""
    letters = set("ÀÁÂÃÄÅÆÇÈÉÊËÌÍÎÏÐÑÒÓÔÕÖØÙÚÛÜÝÞßàáâãäåæçèéêëìíîïðñòóôõöøùúûüýþÿŒœŠšŽžŸ–—‘’“”•…€£°\xa0")
    return all(character in letters for character in text if ord(character) > 127)


def rows_of(text: str, file: str, ledger: Ledger) -> list[list[str]]:
    r"""Return the cells of a text, by row, split at the separator that fits the rows best.

    Parameters
    ----------
    text : of the file.
    file : its name.
    ledger : takes what was assumed.

    Returns
    -------
    Rows of cells, blank ones too, so that a row's number is its place.

    Raises
    ------
    InputError : a quote mark is left open.

    Examples
    --------
    >>> rows_of("id;list\na;1,5\nb;2,5\n", "a.csv", Ledger())
    [['id', 'list'], ['a', '1,5'], ['b', '2,5']]
    """
    first, _, rest = text.partition("\n")
    named = re.fullmatch(r'"?sep=(.)"?', first.strip("\r"))
    if named:  # spreadsheets read this line as the separator's name
        ledger.add("assumed", file, "", f"the first line names the separator: {named.group(1)!r}")
        return [[], *_split(rest, named.group(1), file)]
    counts = {separator: _regularity(text, separator) for separator in SEPARATORS}
    separator = max(SEPARATORS, key=lambda mark: counts[mark])
    if counts[separator] <= (0.0, 1):
        separator = ","
    if separator != ",":
        ledger.add("assumed", file, "", f"columns are separated by {SEPARATORS[separator]}")
    if separator == " ":
        return [line.split() for line in text.splitlines()]
    return _split(text, separator, file)


def _split(text: str, separator: str, file: str) -> list[list[str]]:
    rows: list[list[str]] = []
    try:
        for cells in csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True):
            rows.append(cells)
    except csv.Error as error:
        remedy = "look for a quote mark left open"
        raise InputError(file, f"row {len(rows) + 1}", f"cannot be read ({error})", remedy) from None
    return rows


def _regularity(text: str, separator: str) -> tuple[float, int]:
    """Return the share of the rows with the commonest number of cells, and that number; (0, 1) where it splits none."""
    widths: Counter[int] = Counter()
    if separator == " ":
        widths.update(len(line.split()) for line in text.splitlines()[:_SAMPLE_ROWS] if line.strip())
    else:
        try:
            for number, cells in enumerate(csv.reader(io.StringIO(text, newline=""), delimiter=separator)):
                if number >= _SAMPLE_ROWS:
                    break
                if any(cell.strip() for cell in cells):
                    widths[len(cells)] += 1
        except csv.Error:
            return 0.0, 1
    split = {width: count for width, count in widths.items() if width > 1}
    if not split:
        return 0.0, 1
    width = max(split, key=lambda each: (split[each], each))
    share = split[width] / sum(widths.values())
    return (share if separator != " " else share / 2 if share == 1.0 else 0.0), width
