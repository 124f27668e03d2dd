"""The tables of the scenario `version-2`: every mechanism of version 3 off, for cases that ask for none of them."""

from __future__ import annotations

import tomllib
from typing import Any

from spreadsim.scenario.files import shipped_folder

_TEXT = (shipped_folder("scenarios") / "version-2.toml").read_text(encoding="utf-8")
TABLES: dict[str, Any] = {name: table for name, table in tomllib.loads(_TEXT).items() if isinstance(table, dict)}
