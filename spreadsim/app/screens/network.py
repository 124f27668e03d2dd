"""The screen Network: the user's own services and ties, or generated ones, and a preview.

What belongs here: what this screen computes and shows. Reading files is ``app.server.uploads``.
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
from spreadsim.network.provenance import extent_of_draws
from spreadsim.network.structure import structure

LOOK = {"compact": False, "states": charts.state_names(), "still": True, "chosen": ""}
EXAMPLE = (
    "services.csv has a column 'id', and may have 'name', 'population', 'deprivation', 'readiness', 'capability', "
    "'context' and columns that name groups. ties.csv has 'source' and 'target', and may have 'weight'."
)


def _network_facts(network: Network) -> list[list[str]]:
    """Return the shape of a network in words."""
    shape = structure(network.ties, network.hierarchy)

    def number(value: Any, digits: int = 2) -> str:
        return "not defined" if value is None else f"{value:,.{digits}f}" if isinstance(value, float) else f"{value:,}"

    def extent(name: str) -> str:
        number_of = extent_of_draws(network, name)
        return name.replace("_", " ") + ("" if number_of == "all" else f" ({number_of})")

    groups = ", ".join(f"{count:,} {level}" for level, count in (shape.get("groups") or {}).items())
    return [
        ["Services", number(shape["services"])], ["Ties between peers", number(shape["ties"])],
        ["Peers a service listens to, on average", number(shape["mean_degree"], 1)],
        ["Most peers of any one service", number(shape["largest_degree"])],
        ["Services without any tie", number(shape["isolates"])],
        ["Clustering: share of a service's peers that are in touch with each other", number(shape["clustering"])],
        ["Separate parts", number(shape["components"])],
        ["Groups above the services", groups or "none"],
        ["Generated, not taken from files", ", ".join(map(extent, network.drawn)) or "nothing"],
    ]  # fmt: skip


def _upload_network(session: Session, message: Any) -> None:
    """Read the files that the user chose."""
    try:
        upload = uploads.receive(session.scenario, uploads.files_of_message(message))
    except SpreadsimError as error:
        upload = uploads.Upload("", None, None, (), (str(error),))
    _use(session, upload)


def _read_again(session: Session, message: Any) -> None:
    """Read the files again with the columns and answers that the user chose."""
    if session.upload.value is not None:
        _use(session, uploads.revise(session.scenario, session.upload.value, message))


def _use(session: Session, upload: uploads.Upload) -> None:
    """Show how files were read, and run on them where they can be used."""
    session.upload.set(upload)
    if upload.scenario is not None and upload.network is not None:
        session.service.set("")
        session.file_columns.set(upload.network.given)
        session.become(upload.scenario)
        session.message.set("")


def _generate(session: Session) -> None:
    """Go back to a generated network."""

    def act() -> None:
        session.become(documents.without_file(session.scenario))
        session.upload.set(None)
        session.file_columns.set(())

    session.attempt(act)


@component
def Networks(session: Session, base: Network | None, drawing: dict[str, Any] | None) -> None:
    """Bring a network, or make one."""
    upload, scenario = session.upload.value, session.scenario
    is_file = scenario.network.source == "file"
    faults = [
        {"severity": f.severity, "file": f.file, "where": f.where, "problem": f.problem, "remedy": f.remedy}
        for f in (upload.faults if upload else ())
    ]
    mapping = upload.mapping if upload else None
    rows_of_facts = solara.use_memo(lambda: _network_facts(base) if base is not None else [], [id(base)])
    title = "A generated network" if not is_file else "Your own network" if upload else "A published network"
    controls = fields.network_controls(scenario, session.history.value.base, session.file_columns.value)
    about = {"facts": rows_of_facts, "example": EXAMPLE, "title": title}
    with Html.element(tag="div"):
        widgets.NetworkUpload(
            about=about,
            faults=faults, errors=list(upload.errors) if upload else [], hide=session.hide_names.value, is_file=is_file,
            most=uploads.MAX_BYTES, event_files=lambda message: _upload_network(session, message),
            event_hide=lambda value: session.hide_names.set(bool(value)), event_generated=lambda _: _generate(session),
            event_example=lambda _: None,
        )  # fmt: skip
        if mapping is not None:
            widgets.NetworkMapping(
                mapping=mapping, hide=session.hide_names.value,
                event_again=lambda message: _read_again(session, message),
                event_download=lambda _: session.send_file("import.toml", mapping["file"], "application/toml"),
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
