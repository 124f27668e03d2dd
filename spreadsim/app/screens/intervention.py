"""The screen Intervention: its components, who is ready for it, and what each component does.

What belongs here: what this screen computes and shows, and the words for how hard and how well written down.
"""

from __future__ import annotations

from typing import Any

from spreadsim.app import documents, runs, widgets
from spreadsim.app.library import component, request_of, solara, use_task
from spreadsim.app.server.shared_results import shared_results
from spreadsim.app.server.work_queue import BACKGROUND, Request, work_queue
from spreadsim.app.session import Session
from spreadsim.comparison.components import ComponentStudy, readiness_of, study_components
from spreadsim.errors import InputError
from spreadsim.network.data import Network
from spreadsim.scenario.document import MAX_COMPONENTS, Scenario
from spreadsim.scenario.plan import plan
from spreadsim.scenario.validation import as_document
from spreadsim.telling.spreadsheets import csv_text
from spreadsim.telling.wording import bounds, change

HARD = [["very easy", 0.1], ["easy", 0.3], ["moderate", 0.5], ["hard", 0.7], ["very hard", 0.9]]
WRITTEN = [["not written down", 0.0], ["a little", 0.2], ["in part", 0.35], ["well", 0.6], ["fully", 0.9]]
STUDIED = ("benefit", "cumulative_benefit", "core_fidelity")
MOST_STUDIED = 12


def _nearest_word(value: float, words: list[list[Any]]) -> str:
    """Return the word whose number is nearest."""
    return str(min(words, key=lambda item: abs(item[1] - value))[0])


def _component_items(scenario: Scenario) -> list[dict[str, Any]]:
    """Return what the list of components says of each."""
    return [
        {"name": name, "core": c.core, "weight": round(c.weight, 4), "complexity": c.complexity,
         "hard": _nearest_word(c.complexity, HARD), "codification": c.codification,
         "written": _nearest_word(c.codification, WRITTEN)}
        for name, c in scenario.intervention.components.items()
    ]  # fmt: skip


def _with_components(scenario: Scenario, components: dict[str, Any]) -> Scenario:
    """Return the scenario with other components; their weights are made to sum to 1."""
    if not 1 <= len(components) <= MAX_COMPONENTS:
        raise InputError(
            "components", "", f"an intervention must have 1 to {MAX_COMPONENTS} components", "keep at least one"
        )
    total = sum(float(c["weight"]) for c in components.values())
    if total <= 0:
        raise InputError("components", "weight", "the weights are all 0", "give one component a weight")
    scaled = {name: {**c, "weight": float(c["weight"]) / total} for name, c in components.items()}
    return documents.with_table(scenario, "intervention", "components", scaled)


def _edit_components(session: Session, item: Any) -> None:
    """Change, add or remove a component."""

    def act() -> None:
        components = as_document(session.scenario)["intervention"]["components"]
        name, what = str(item.get("name", "")), str(item.get("what", ""))
        if what == "add":
            new = str(item.get("new", "")).strip()
            if not 1 <= len(new) <= 60 or not new.isprintable() or new in components:
                raise InputError(
                    "components", "", "a component needs a name of its own of 1 to 60 characters", "choose another name"
                )
            mean = 1 / max(1, len(components))
            components[new] = {"core": False, "weight": mean, "complexity": 0.5, "codification": 0.35}
        elif what == "remove":
            components.pop(name)
        elif what in ("core", "complexity", "codification", "weight"):
            value = item.get("value")
            setting = {what: bool(value) if what == "core" else float(value)}
            together = [name] if what == "weight" else session.scenario.intervention.together_with(name)
            for one in together:
                components[one] = {**components[one], **setting}
        session.become(_with_components(session.scenario, components))

    session.attempt(act)


def _readiness_items(scenario: Scenario, base: Network) -> list[dict[str, Any]]:
    """Return how many services are ready under each strategy, and which are least so."""
    items = []
    for name in list(scenario.strategies)[: documents.MAX_STRATEGIES]:
        ready = readiness_of(base, plan(scenario, name, file=scenario.name))
        order = ready.of_own_accord.argsort(kind="stable")
        rows = [[base.names[i], round(100 * float(ready.of_own_accord[i])), round(100 * float(ready.under_mandate[i]))]
                for i in order[:200].tolist()]  # fmt: skip
        items.append({
            "strategy": name, "ready": int(ready.ready.sum()), "all": base.n,
            "told": int((ready.under_mandate >= 0.5).sum()), "rows": rows,
        })  # fmt: skip
    return items


def _study_rows(study: ComponentStudy, strategy: str) -> list[dict[str, Any]]:
    """Return what each change of each component does, in words."""
    rows = []
    for what in study.what_ifs:
        row = what.differences[strategy]
        d = row["benefit"]
        is_distinguishable = bool(d.told_apart)
        cells = [
            [change(name, row[name].mean), bounds(name, row[name].low, row[name].high, sign=True)] for name in STUDIED
        ]
        verdict = "no clear difference" if not is_distinguishable else "better" if (d.mean or 0) > 0 else "worse"
        rows.append({"component": what.component, "change": what.change, "cells": cells, "verdict": verdict})
    return rows


@component
def Intervention(session: Session, base: Network, network: Network) -> None:
    """The intervention, itemised; readiness; what if a component were different?"""
    scenario, strategy = session.scenario, session.strategy_name
    readiness = solara.use_memo(lambda: _readiness_items(scenario, network), [scenario, id(network)])

    @use_task(dependencies=None)
    def study() -> tuple[Any, ...]:
        names = list(scenario.intervention.components)[:MOST_STUDIED]
        k = min(20, scenario.run.replicates)
        n_runs = k * (3 * len(names) + 1)
        if base.n * n_runs > 2 * runs.MAX_RUNS_BY_SERVICES:
            raise runs.TooLarge("This needs more runs than the app makes; use 'spreadsim components'.")

        def compute(shared: Request) -> ComponentStudy:
            with work_queue.slot(BACKGROUND, shared, base.n * n_runs * scenario.run.months) as slot:
                step = runs.Progress(k, slot).step
                return study_components(
                    scenario, only=names, strategies=[strategy], replicates=k, progress=lambda _: step()
                )

        key = ("components", runs.identity(scenario), strategy)
        result = shared_results.result(key, compute, request_of(study))
        return scenario, strategy, _study_rows(result, strategy), result.n_replicates

    latest = study.latest
    stale = latest is not None and (latest[0] != scenario or latest[1] != strategy)
    status = {
        "state": runs.task_state(study),
        **runs.task_progress(study), "rows": latest[2] if latest else [], "stale": stale,
        "strategy": latest[1] if latest else strategy,
        "runs": latest[3] if latest else min(20, scenario.run.replicates),
        "message": runs.task_message(study),
        "shown": strategy, "only": MOST_STUDIED if len(scenario.intervention.components) > MOST_STUDIED else 0,
        "hard": HARD, "written": WRITTEN,
    }  # fmt: skip

    def edit(item: Any) -> None:
        _edit_components(session, item)

    def export(kind: Any) -> None:
        if kind == "readiness":
            rows = [[r["strategy"], *row] for r in readiness for row in r["rows"]]
            head = ["strategy", "service", "chance of engaging of its own accord, %", "if told, %"]
            session.send_file("readiness.csv", csv_text(head, rows), "text/csv")
        elif latest:
            rows = [
                [r["component"], r["change"], *[f"{a} ({b})" for a, b in r["cells"]], r["verdict"]] for r in latest[2]
            ]
            head = ["component", "change", *STUDIED, "on sustained benefit"]
            session.send_file("what-if.csv", csv_text(head, rows), "text/csv")

    widgets.Components(
        title=scenario.intervention.title, items=_component_items(scenario), readiness=readiness, study=status,
        event_change=edit, event_add=edit, event_remove=edit, event_study=lambda _: study(),
        event_cancel=lambda _: study.cancel(), event_export=export,
    )  # fmt: skip
