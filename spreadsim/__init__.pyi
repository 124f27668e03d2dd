from .advice.advice import advise
from .advice.mix import advise_mix
from .calibration.calibration import calibrate
from .comparison.comparison import Comparison, compare, frontier
from .comparison.components import study_components
from .comparison.explanation import explain
from .drivers.agents import Service
from .drivers.mesa_model import SpreadModel
from .errors import InputError, SpreadsimError
from .fitting.fitting import fit
from .intake.imports import NetworkImport, import_network
from .measures import Measure
from .network.construction import make_network
from .network.data import Network
from .network.graph import network_from_graph
from .network.reading.files import NetworkFile, load_network
from .outcomes.run import FinishedRun
from .publication.package import paper
from .receipts import reproduce, verify
from .scenario.document import Scenario
from .scenario.files import load_scenario
from .sweeps.coordinator import sweep
from .sweeps.experiment import load_experiment
from .sweeps.report import analyse
from .sweeps.results import Sweep, load_sweep
from .website.site import make_site

__version__: str

__all__ = [
    "Comparison",
    "FinishedRun",
    "InputError",
    "Measure",
    "Network",
    "NetworkFile",
    "NetworkImport",
    "Scenario",
    "Service",
    "SpreadModel",
    "SpreadsimError",
    "Sweep",
    "advise",
    "advise_mix",
    "analyse",
    "calibrate",
    "compare",
    "explain",
    "fit",
    "frontier",
    "import_network",
    "load_experiment",
    "load_network",
    "load_scenario",
    "load_sweep",
    "make_network",
    "make_site",
    "network_from_graph",
    "paper",
    "reproduce",
    "study_components",
    "sweep",
    "verify",
]
