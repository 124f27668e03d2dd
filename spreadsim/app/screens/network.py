"""The screen Network: the user's own services and ties, or generated ones, and a preview.

What belongs here: what this screen computes and shows. Reading files is ``uploads``.
"""

from __future__ import annotations

from typing import Any

from spreadsim.app import documents, fields, widgets
from spreadsim.app.display import charts
from spreadsim.app.library import Html, component, solara
from spreadsim.app.server import uploads
from spreadsim.app.session import Session
from spreadsim.errors import SpreadsimError
from spreadsim.network.data import Network
from spreadsim.network.structure import structure

LOOK = {"compact": False, "states": charts.states(), "still": True, "chosen": ""}
EXAMPLE = (
    "services.csv has a column 'id', and may have 'name', 'population', 'deprivation', 'readiness', 'capability', "
    "'context' and columns that name groups. ties.csv has 'source' and 'target', and may have 'weight'."
)


def facts(network: Network) -> list[list[str]]:
    """Return the shape of a network in words."""
    found = structure(network.ties, network.hierarchy)

    def number(value: Any, digits: int = 2) -> str:
        return "not defined" if value is None else f"{value:,.{digits}f}" if isinstance(value, float) else f"{value:,}"

    groups = ", ".join(f"{count:,} {level}" for level, count in (found.get("groups") or {}).items())
    return [
        ["Services", number(found["services"])], ["Ties between peers", number(found["ties"])],
        ["Peers a service listens to, on average", number(found["mean_degree"], 1)],
        ["Most peers of any one service", number(found["largest_degree"])],
        ["Services without any tie", number(found["isolates"])],
        ["Clustering: share of a service's peers that are in touch with each other", number(found["clustering"])],
        ["Separate parts", number(found["components"])],
        ["Groups above the services", groups or "none"],
        ["Generated, not taken from your files", ", ".join(network.drawn).replace("_", " ") or "nothing"],
    ]  # fmt: skip


def bring(session: Session, given: Any) -> None:
    """Read the files that the user chose."""
    try:
        found = uploads.bring(session.scenario, uploads.decoded(given))
    except SpreadsimError as error:
        found = uploads.Brought("", None, None, (), (str(error),))
    session.brought.set(found)
    if found.scenario is not None and found.network is not None:
        session.service.set("")
        session.given.set(found.network.given)
        session.become(found.scenario)
        session.message.set("")


def generate(session: Session) -> None:
    """Go back to a generated network."""

    def act() -> None:
        session.become(documents.without_file(session.scenario))
        session.brought.set(None)
        session.given.set(())

    session.attempt(act)


@component
def Networks(session: Session, base: Network | None, drawing: dict[str, Any] | None) -> None:
    """Bring a network, or make one."""
    brought, scenario = session.brought.value, session.scenario
    is_file = scenario.network.source == "file"
    rows = [
        {"severity": f.severity, "file": f.file, "where": f.where, "problem": f.problem, "remedy": f.remedy}
        for f in (brought.faults if brought else ())
    ]
    known = solara.use_memo(lambda: facts(base) if base is not None else [], [id(base)])
    title = "Your own network" if is_file else "A generated network"
    controls = fields.network_controls(scenario, session.history.value.base, session.given.value)
    about = {"facts": known, "example": EXAMPLE, "title": title}
    with Html.element(tag="div"):
        widgets.Bring(
            about=about,
            faults=rows, errors=list(brought.errors) if brought else [], hide=session.hide_names.value, brought=is_file,
            most=uploads.MAX_BYTES, event_files=lambda given: bring(session, given),
            event_hide=lambda value: session.hide_names.set(bool(value)), event_generated=lambda _: generate(session),
            event_example=lambda _: None,
        )  # fmt: skip
        if controls:
            widgets.Controls(
                sections=[{"title": "How the network is made", "open": True,
                           "controls": controls}],
                strategies=[], strategy="", more=False, event_change=session.change, event_reset=session.reset,
                event_strategy=lambda _: None, event_more=lambda _: None,
            )  # fmt: skip
        if drawing is not None:
            widgets.Map(network=drawing, plays=[], look=LOOK, event_pick=lambda _: None, event_again=lambda _: None)
