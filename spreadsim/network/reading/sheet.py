"""A table of text cells, as it stands in a file.

What belongs here: `Sheet`, with the row numbers that a spreadsheet shows. What does not: reading one (``tables``,
``graphs``), what its columns mean (``columns``).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np


@dataclass(frozen=True)
class Sheet:
    """A table of text cells: columns by name, each cell without the spaces around it.

    Attributes
    ----------
    file : the file's name.
    columns : cells by column, in the order of the file.
    row_numbers : for each record its number as the user sees it, int64, shape (records,).
    unit : what is numbered: ``row``, ``node`` or ``edge``.

    Examples
    --------
    >>> sheet = Sheet("services.csv", {"code": ["a", "b"]}, np.array([2, 3]))
    >>> len(sheet), sheet.rename({"id": "code"}).columns
    (2, {'id': ['a', 'b']})
    """

    file: str
    columns: Mapping[str, list[str]]
    row_numbers: np.ndarray
    unit: str = "row"

    def __len__(self) -> int:
        return len(self.row_numbers)

    def rename(self, columns: Mapping[str, str]) -> Sheet:
        """Return the sheet with our names for its columns, where `columns` gives theirs."""
        names = {header: name for name, header in columns.items() if header in self.columns}
        new_names = set(names.values())
        remaining = {name: cells for name, cells in self.columns.items() if name in names or name not in new_names}
        return replace(self, columns={names.get(name, name): cells for name, cells in remaining.items()})

    def select(self, keep: np.ndarray) -> Sheet:
        """Return the records at which `keep` is true."""
        places = np.flatnonzero(keep).tolist()
        columns = {name: [cells[i] for i in places] for name, cells in self.columns.items()}
        return replace(self, columns=columns, row_numbers=self.row_numbers[keep])
