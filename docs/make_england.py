"""Make the shipped file of English general practice again from the files as they are published.

``python docs/make_england.py RAW`` reads the three files in the folder RAW that ``scenarios/england-2021/README.md``
names, as ``spreadsim import`` reads them, and writes ``services.csv.gz`` and ``ledger.json`` beside that page. Names
of practices are left out: their codes name them.
"""

from __future__ import annotations

import argparse
import csv
import gzip
import io
from pathlib import Path

import spreadsim as ss

FOLDER = Path(__file__).parent.parent / "scenarios" / "england-2021"
RAW_FILES = ("MAPPING_NHS_GEOGRAPHIES_2021.csv", "gp-reg-pat-prac-all.csv", "practice_imd.csv")
HEADINGS = {"network": "primary care network"}  # where our name for a column is not the field's
DECIMALS = 4  # of a deprivation score


def shipped_files(raw: Path) -> dict[str, bytes]:
    """Return what is shipped, made from the published files.

    Parameters
    ----------
    raw : folder that holds `RAW_FILES`.

    Returns
    -------
    Contents by the file's name; the same bytes each time.
    """
    network = ss.import_network([raw / name for name in RAW_FILES])
    columns = {HEADINGS.get(name, name): cells for name, cells in network.services.columns.items() if name != "name"}
    columns["deprivation"] = [f"{float(cell):.{DECIMALS}f}" if cell else "" for cell in columns["deprivation"]]
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows(zip(*columns.values(), strict=True))
    table = gzip.compress(text.getvalue().encode(), mtime=0)
    return {"services.csv.gz": table, "ledger.json": network.files()["ledger.json"]}


def main() -> None:
    """Write the files of `shipped_files`."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("raw", type=Path, help="folder of the published files")
    for name, content in shipped_files(parser.parse_args().raw).items():
        (FOLDER / name).write_bytes(content)


if __name__ == "__main__":
    main()
