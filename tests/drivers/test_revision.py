"""A specification that learns: closed forms of its revision, what takes it up, and what changes nothing."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from spreadsim import rules
from spreadsim.comparison.explanation import explain
from spreadsim.drivers import engine
from spreadsim.drivers.mesa_model import SpreadModel, run_with_mesa
from spreadsim.network.construction import make_network
from spreadsim.network.hierarchy import Hierarchy
from spreadsim.outcomes import measures
from spreadsim.scenario.plan import plan, plans
from spreadsim.scenario.validation import validate
from tests.conftest import rows_of, small_document
from tests.verification.limiting_cases import document, like_components, network_without_ties, only_plan

RUNS = {"compiled": engine.run, "mesa": run_with_mesa}
DRIVERS = pytest.mark.parametrize("driver", list(RUNS))
CONTEXTS = np.array([1.7, -0.4, 2.2, 0.9, 1.1])


def revised(interval: int, form: float = 0.0, codification: float = 0.0, **programme: Any) -> dict[str, Any]:
    """Return the programme fields of a revision every `interval` months, starting sites as they were."""
    return {
        "revision_interval": interval,
        "revision_of_form": form,
        "revision_of_codification": codification,
        **programme,
    }


def sites_alone(months: int, programme: dict[str, Any], **fields: Any) -> dict[str, Any]:
    """Return a document of five services in which the improvement is embedded from the start, and stays."""
    sites = {"starting_sites": {"share": 1.0, "rule": "adjacent"}}
    return document(services=5, months=months, programme={**programme, **sites}, **fields)


def run_of(driver: str, doc: dict[str, Any], **attributes: np.ndarray) -> Any:
    """Return one run of a document's only strategy on services without ties."""
    return RUNS[driver](network_without_ties(doc, **attributes), only_plan(doc), 1, 0)


# ------------------------------------------------------------------------------------------------- closed forms


@DRIVERS
@pytest.mark.parametrize("strength", [0.2, 0.5, 1.0])
def test_the_form_approaches_the_mean_of_adopters_geometrically(
    driver: str, strength: float, known_answer: Any
) -> None:
    """Adopters who fit their contexts and stay so: after n revisions the form is xbar (1 - (1 - s)^n)."""
    doc = sites_alone(25, revised(3, form=strength))
    got = run_of(driver, doc, context=CONTEXTS).specification[:, 0]
    n_revisions = np.array([max(0, (month - 1) // 3) for month in range(26)])  # that of month 3 holds from month 4 on
    expected = CONTEXTS.mean() * (1 - (1 - strength) ** n_revisions)
    gap = float(np.abs(got - expected).max())
    met = known_answer(
        f"revised form xbar (1-(1-s)^n), s={strength}, {driver}", "5 contexts, months 0-25", "", gap, gap < 1e-12, 1e-12
    )
    assert met
    if strength == 1.0:
        assert got[4] == pytest.approx(CONTEXTS.mean(), abs=1e-15)


@DRIVERS
def test_codification_approaches_what_adopters_keep(driver: str, known_answer: Any) -> None:
    """Whole components: after n revisions 1 - (1 - kappa)(1 - s)^n."""
    strength, kappa = 0.3, np.array([0.0, 0.35, 0.8])
    components = like_components(3)
    for component, written in zip(components.values(), kappa, strict=True):
        component["codification"] = float(written)
    got = run_of(driver, sites_alone(25, revised(4, codification=strength), components=components)).specification
    n_revisions = np.array([max(0, (month - 1) // 4) for month in range(26)])
    expected = 1 - (1 - kappa) * ((1 - strength) ** n_revisions)[:, None]
    gap = float(np.abs(got[:, 1:] - expected).max())
    assert known_answer(
        f"revised codification 1-(1-kappa)(1-s)^n, {driver}", "3 components, months 0-25", "", gap, gap < 1e-12, 1e-12
    )
    assert np.array_equal(got[:, 0], np.zeros(26))


@DRIVERS
@pytest.mark.parametrize("latitude", [0.05, 0.4])
def test_adopters_and_specification_draw_each_other_to_a_common_context(
    driver: str, latitude: float, known_answer: Any
) -> None:
    """Month by month as iterated directly; in the end at the context, whatever the latitude above 0.

    Without revision adopters stay where latitude leaves them, at P x.
    """
    x, rate, strength, every, months = 1.5, 0.15, 0.5, 2, 1200
    doc = sites_alone(
        months,
        revised(every, form=strength),
        levers={"latitude": latitude},
        behaviour={"adaptation": {"adjustment_rate": rate}},
    )
    run = run_of(driver, doc, context=np.full(5, x))
    published, form, expected = 0.0, x, [0.0]
    for month in range(months):
        if month > 0 and month % every == 0:
            published += strength * (form - published)
        form += rate * (published + latitude * (x - published) - form)
        expected.append(published)
    gap = float(np.abs(run.specification[:, 0] - expected).max())
    end = float(run.specification[-1, 0])
    met = known_answer(
        f"revised form and adopters by direct iteration, P={latitude}, {driver}", f"{months} months", "", gap,
        gap < 1e-12, 1e-12,
    )  # fmt: skip
    assert met
    assert known_answer(f"revised form comes to the common context, P={latitude}, {driver}", x, end, abs(end - x),
                        abs(end - x) < 0.01, 0.01)  # fmt: skip
    doc["programme"]["revision_interval"] = 0
    unrevised = run_of(driver, doc, context=np.full(5, x))
    assert unrevised.final["form"] == pytest.approx(np.full(5, latitude * x), abs=1e-9)


@DRIVERS
def test_without_effective_adopters_nothing_is_learnt(driver: str, known_answer: Any) -> None:
    """Nobody has it embedded, or whoever has it has lost the whole core: the specification stays, to the bit."""
    components = like_components(2, 1, codification=0.35)
    nobody = document(services=5, months=12, components=components, programme=revised(2, 1.0, 1.0))
    lost = sites_alone(
        30,
        revised(20, 1.0, 1.0),
        components=components,
        behaviour={"drift": {"rate": 0.2, "repair_rate": 0.0}, "copying": {"component_loss": 1.0}},
    )
    runs = [run_of(driver, doc, context=CONTEXTS) for doc in (nobody, lost)]
    assert runs[1].final["effect"].tolist() == [0.0] * 5
    still = all(run.specification.tolist() == [[0.0, 0.35, 0.35]] * len(run.specification) for run in runs)
    assert known_answer(f"nothing to learn from, nothing moves, {driver}", "exact", str(still), "", still)


def test_each_revision_is_the_weighted_mean_of_the_services_before_it() -> None:
    """On a whole scenario: worked out with NumPy from the agents' state in each month in which one is due."""
    scenario = validate(small_document(programme=revised(5, 0.5, 0.25)), "revised")
    resolved = plan(scenario, "blend")
    model = SpreadModel(network=make_network(scenario), resolved=resolved, seed=1)
    n_due = 0
    for month in range(resolved.months):
        before, services = [model.published_form, *model.v.codification], model.services
        here = [s for s in services if s.state == rules.EMBEDDED]
        effect = np.array([s.effect for s in here])
        form = np.average([s.form for s in here], weights=effect)
        presence = np.average([s.fidelity for s in here], weights=effect, axis=0)
        model.step()
        due = 0 < month < resolved.stop_month and month % 5 == 0
        n_due += due
        asked = np.array([form, *np.maximum(before[1:], presence)])
        share = np.array([0.5] + [0.25] * len(presence)) * due
        expected = before + share * (asked - before)
        assert [model.published_form, *model.v.codification] == pytest.approx(expected, abs=1e-12), f"month {month}"
    assert n_due == 4  # months 5, 10, 15 and 20; the programme stops in month 24


def test_drivers_agree_where_everything_is_revised() -> None:
    scenario = validate(
        small_document(programme=revised(4, 0.7, 0.4), services={"context": {"mean": 1.0}}, run={"months": 30}),
        "revised",
    )
    network = make_network(scenario)
    for resolved in plans(scenario):
        one, other = engine.run(network, resolved, 1, 0), run_with_mesa(network, resolved, 1, 0)
        assert one.specification.tobytes() == other.specification.tobytes()
        assert one.specification[-1, 0] > 0.1
        assert one.sums.tobytes() == other.sums.tobytes()
        for name in one.final:
            assert one.final[name].tobytes() == other.final[name].tobytes(), name


# ------------------------------------------------------------------------------------------------- who takes it up


def newcomers(interval: int, **fields: Any) -> dict[str, Any]:
    """Return a document of ten services, five of them starting sites whose form never moves; month 1 revises wholly."""
    sites = {"starting_sites": {"share": 0.5, "rule": "adjacent"}}
    behaviour = fields.pop("behaviour", {})
    return document(
        services=10,
        months=2,
        programme={**revised(interval, form=1.0), **sites},
        behaviour={"adaptation": {"adjustment_rate": 0.0}, **behaviour},
        **fields,
    )


@DRIVERS
@pytest.mark.parametrize("who", ["reads the specification", "is directed", "is directed in name only"])
def test_newcomers_take_the_form_as_last_revised(driver: str, who: str) -> None:
    context = np.where(np.arange(10) < 5, 2.0, 40.0)
    fields: dict[str, Any] = {
        "reads the specification": {"behaviour": {"adoption": {"external_influence": 1.0}}},
        "is directed": {"levers": {"mandate": 1.0}},
        "is directed in name only": {
            "levers": {"mandate": 1.0, "latitude": 0.0},
            "behaviour": {"engagement": {"gate": True, "misfit_penalty": 100.0}},
            "components": like_components(2, 0),
        },
    }[who]
    state = rules.IN_NAME_ONLY if "name" in who else rules.EMBEDDED
    for interval, expected in ((0, 0.0), (1, 2.0)):
        run = run_of(driver, newcomers(interval, **fields), context=context)
        assert run.final["state"][5:].tolist() == [state] * 5
        assert run.final["form"][5:].tolist() == [expected] * 5
        assert run.final["form"][:5].tolist() == [2.0] * 5


@DRIVERS
def test_a_misfit_that_is_revised_away_lets_services_engage(driver: str) -> None:
    fields = {
        "levers": {"mandate": 1.0, "latitude": 0.0},
        "behaviour": {"engagement": {"gate": True, "misfit_penalty": 100.0, "reactance": 0.0}},
        "components": like_components(2, 0),
    }
    readiness = np.full(10, 0.999999999)
    runs = [run_of(driver, newcomers(k, **fields), context=np.full(10, 2.0), readiness=readiness) for k in (0, 1)]
    assert runs[0].final["state"][5:].tolist() == [rules.IN_NAME_ONLY] * 5
    assert runs[1].final["state"][5:].tolist() == [rules.EMBEDDED] * 5


@DRIVERS
def test_the_line_passes_the_revised_text_on_with_the_same_luck(driver: str, known_answer: Any) -> None:
    """What services in name only hold is the line's text: wholly codified in month 1, it comes whole to every level."""
    depth = 3
    chain = np.arange(-1, depth)  # the programme, and one group below the other
    tree = Hierarchy(
        tuple(f"level {d}" for d in range(depth)), tuple(f"g{d}" for d in range(depth + 1)), chain, chain,
        np.full(10, depth, dtype=np.int64),
    )  # fmt: skip
    components = like_components(30, codification=0.2)

    def held(interval: int, codification: float) -> np.ndarray:
        doc = newcomers(
            interval,
            levers={"mandate": 1.0, "latitude": 0.0},
            components=components,
            behaviour={"copying": {"error_from_hierarchy": 0.5}, "engagement": {"gate": True}},
        )
        doc["programme"]["revision_of_codification"] = codification
        bare = network_without_ties(doc, readiness=np.full(10, 1e-9))
        network = replace(bare, hierarchy=tree)
        run = RUNS[driver](network, only_plan(doc), 1, 0)
        assert run.final["state"][5:].tolist() == [rules.IN_NAME_ONLY] * 5
        return np.asarray(run.final["fidelity"][5:])

    before, half, whole = held(0, 0.0), held(1, 0.5), held(1, 1.0)
    assert before.min() < 0.5
    assert np.all(half >= before), "the same luck: what is written down can only help"
    assert half.sum() > before.sum()
    assert known_answer(f"wholly codified, the line brings it whole, {driver}", 1.0, float(whole.min()), "",
                        bool(np.all(whole == 1.0)))  # fmt: skip


# ------------------------------------------------------------------------------------------------- what changes nothing


@DRIVERS
@pytest.mark.parametrize(
    "programme",
    [revised(0, 1.0, 1.0), revised(1000, 1.0, 1.0), revised(3, 0.0, 0.0), revised(12, 1.0, 1.0, stop_month=12)],
    ids=["never", "too late", "closes no gap", "programme over"],
)
def test_a_revision_that_is_off_changes_no_bit(driver: str, programme: dict[str, Any]) -> None:
    doc = small_document(programme={"stop_month": programme.get("stop_month", 24)})
    with_lever = small_document(programme=programme)
    for one, other in zip(plans(validate(doc, "as it was")), plans(validate(with_lever, "off")), strict=True):
        network = make_network(validate(doc, "as it was"))
        was, now = RUNS[driver](network, one, 1, 0), RUNS[driver](network, other, 1, 0)
        assert was.sums.tobytes() == now.sums.tobytes()
        assert was.late_effect.tobytes() == now.late_effect.tobytes()
        for part in ("events", "final"):
            for name, values in getattr(was, part).items():
                assert values.tobytes() == getattr(now, part)[name].tobytes(), name


def test_a_run_leaves_the_plan_as_it_was() -> None:
    """Codification is revised in the run alone: the next run of the same plan starts anew."""
    scenario = validate(small_document(programme=revised(5, 0.5, 0.5)), "revised")
    network, resolved = make_network(scenario), plan(scenario, "blend")
    first, again = (engine.run(network, resolved, 1, 0) for _ in range(2))
    assert resolved.intervention.codification.tolist() == [0.35] * 8
    assert first.specification[-1, 1:].min() > 0.5
    assert first.specification.tobytes() == again.specification.tobytes()
    assert first.sums.tobytes() == again.sums.tobytes()


@pytest.mark.parametrize(("interval", "said"), [(0, ""), (1, ", as revised in month 1")])
def test_an_explanation_says_which_text_was_learnt(interval: int, said: str) -> None:
    doc = newcomers(interval, behaviour={"adoption": {"external_influence": 1.0}})
    doc["network"] |= {"redraw": True}
    doc["services"]["context"] |= {"mean": 2.0}
    told = explain(validate(doc, "newcomers"), "service-0006")
    (moment,) = [m.text for m in told.timeline if m.month == 2]
    assert f"learns it from the published specification{said} (1 copy from the originators)" in moment


# ------------------------------------------------------------------------------------------------- cost and measures


def test_a_revision_costs_what_it_says_in_the_months_in_which_it_is_due() -> None:
    scenario = validate(small_document(programme=revised(7, 0.0, 0.0, start_month=2)), "revised")
    network, resolved = make_network(scenario), plan(scenario, "blend")
    run = engine.run(network, resolved, 1, 0)
    free = replace(resolved, cost=resolved.cost._replace(revision=0.0))
    paid, unpaid = (measures.curves(run, network, p)["cost"] for p in (resolved, free))
    due = np.zeros(37)
    due[[9, 16, 23]] = 0.2  # months 2 + 7 n, up to month 24, when the programme stops
    assert paid - unpaid == pytest.approx(due, abs=1e-12)


def test_fidelity_is_to_the_specification_as_it_stands_and_adaptation_from_the_first() -> None:
    doc = sites_alone(5, revised(3, form=1.0), components=like_components(2, 1))
    network, resolved = network_without_ties(doc, context=np.full(5, 3.0)), only_plan(doc)
    run = engine.run(network, resolved, 1, 0)
    c = measures.curves(run, network, resolved)
    assert c["fidelity"].tolist() == pytest.approx([0.625] * 4 + [1.0] * 2)  # 1/2 + 1/2 (1 - 3/4), then whole
    assert c["adaptation"].tolist() == pytest.approx([3.0] * 6)
    assert c["published_form"].tolist() == pytest.approx([0.0] * 4 + [3.0] * 2)
    assert c["published_codification"].tolist() == [0.0] * 6
    (row,) = rows_of(measures.generations(run, resolved))
    assert row["fidelity"] == pytest.approx(1.0)
