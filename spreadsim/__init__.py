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
    "Scenario": "scenario.document",
    "load_scenario": "scenario.files",
    "Network": "network.data",
    "make_network": "network.data",
    "network_from_graph": "network.data",
    "load_network": "network.reading.files",
    "NetworkFile": "network.reading.files",
    "Service": "drivers.agents",
    "SpreadModel": "drivers.mesa_model",
    "compare": "comparison.comparison",
    "Comparison": "comparison.comparison",
    "frontier": "comparison.comparison",
    "study_components": "comparison.components",
    "explain": "comparison.explanation",
    "reproduce": "comparison.reproduction",
    "advise": "advice.advice",
    "fit": "fitting.fitting",
    "sweep": "sweeps.coordinator",
    "analyse": "sweeps.report",
    "load_experiment": "sweeps.experiment",
    "calibrate": "calibration.calibration",
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
