"""spreadsim: how an improvement spreads through a network of health services.

Names are loaded on first use, so that ``import spreadsim`` stays light.
"""

from __future__ import annotations

import importlib
from typing import Any

__version__ = "0.1.0"

_WHERE = {
    "SpreadsimError": "errors",
    "InputError": "errors",
    "Scenario": "scenario",
    "load_scenario": "scenario_files",
    "Network": "network",
    "make_network": "network",
    "network_from_graph": "network",
    "load_network": "network_files",
    "NetworkFile": "network_files",
    "Service": "agents",
    "SpreadModel": "model",
    "compare": "comparison",
    "Comparison": "comparison",
    "frontier": "comparison",
    "study_components": "components",
    "explain": "explanation",
    "reproduce": "reproduction",
    "advise": "advice",
    "fit": "fitting",
    "sweep": "sweeps",
    "analyse": "sweep_report",
    "load_experiment": "experiment",
    "calibrate": "calibration",
}

__all__ = ["__version__", *_WHERE]


def __getattr__(name: str) -> Any:
    if name not in _WHERE:
        raise AttributeError(f"module 'spreadsim' has no attribute {name!r}")
    value = getattr(importlib.import_module(f"spreadsim.{_WHERE[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
