"""Each rule against values worked out by hand from science.md sections 5.1 to 5.7, and against its compiled self."""

from __future__ import annotations

import ast
import inspect
import random
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numba
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numba.core.registry import CPUDispatcher

from spreadsim import rules
from spreadsim.drivers import engine
from spreadsim.levers import LEVERS
from spreadsim.parameters import Behaviour, Cost
from spreadsim.scenario.files import load_scenario
from spreadsim.scenario.plan import plan

RULES = {
    name: value
    for name, value in vars(rules).items()
    if inspect.isfunction(value) and value.__module__ == rules.__name__
}


def behaviour(**tables):
    """Return behaviour parameters: those of the default scenario, written out here, and those given."""
    values = {
        "awareness": {"broadcast_rate": 0.06, "exposure_rate": 0.5},
        "adoption": {
            "external_influence": 0.007, "peer_influence_unaided": 0.03, "peer_influence_facilitated": 0.28,
            "exposure_response": rules.SATURATING, "cascade_probability": 0.1, "threshold_most_ready": 0.05,
            "threshold_least_ready": 0.35, "observability": 0.7, "discouragement": 0.3, "readoption_ratio": 0.25,
        },
        "engagement": {
            "gate": True, "support_odds": 1.76, "co_production_odds": 1.0, "peer_odds": 2.0, "reactance": 1.5,
            "misfit_penalty": 1.0,
        },
        "mandate": {
            "compliance_rate": 0.25, "months_per_level": 2, "conversion_rate": 0.03, "lapse_rate": 0.03,
            "delivery_in_name_only": 0.15,
        },
        "appraisal": {"applies": False, "readiness_threshold": 3.0, "error": 1.5, "preparation_rate": 0.05},
        "implementation": {"months_to_embed": 9.0, "abandonment_rate": 0.02, "unreadiness_multiplier": 0.0},
        "sustainment": {
            "discontinuation_rate": 0.008, "ineffectiveness_multiplier": 3.0, "lack_of_ownership_multiplier": 1.5,
            "support_multiplier": 1.0, "capability_weight": 1.0, "ownership_when_mandated": 0.2,
            "incentive_multiplier": 0.5, "incentive_withdrawal_rate": 0.03,
        },
        "turnover": {"rate": 0.01, "knowledge_loss": 0.4},
        "pressure": {"rate": 0.03, "months": 6, "effect": 1.0, "level": 2},
        "adaptation": {"fit_distance": 1.0, "adjustment_rate": 0.15, "core_erosion_rate": 0.04, "misjudgement": 0.5,
            "core_damage_rate": 0.0, "co_production_licence": 0.0, "learning_rate": 0.15, "second_form_fit": 0.0,
            "second_form_distance": 1.0,
        },
        "copying": {
            "error_from_peer": 0.15, "error_from_specification": 0.05, "error_from_hierarchy": 0.06,
            "omission_rate": 0.1, "core_omission_by_square": False, "component_loss": 0.5,
            "support_error_reduction": 1.0, "second_leader_error_ratio": 0.5,
        },
        "drift": {
            "rate": 0.01, "monitoring_reduction": 0.7, "repair_rate": 0.03, "repair_without_audit": 0.2,
            "repair_from_peers": 0.01,
        },
        "second_leaders": {"emergence_probability": 0.5, "persuasion_multiplier": 1.0},
    }  # fmt: skip
    for table, fields in tables.items():
        values[table] |= fields
    return SimpleNamespace(**{table: SimpleNamespace(**fields) for table, fields in values.items()})


def month(**levers):
    """Return the levers of a month with the programme on, what is a factor neutral, and the rest at nought."""
    start = dict.fromkeys(rules.Levers._fields, 0.0) | {"on": 1.0, "team": 0.5, "push": 1.0}
    with_patients = {"co_production_patients": levers.get("co_production", 0.0)}  # as far as with staff unless given
    return rules.Levers(**{**start, **with_patients, **levers})


def intervention(**fields):
    """Return an intervention of two core and two adaptable components, weights .1 .3 .2 .4, complexity one half."""
    start = {
        "core": [True, True, False, False], "weight": [0.1, 0.3, 0.2, 0.4], "core_weight": [0.25, 0.75, 0.0, 0.0],
        "adaptable_weight": [0.0, 0.0, 1 / 3, 2 / 3], "n_components": 4, "core_share": 0.4, "adaptable_share": 0.6,
        "true_adaptable_share": 0.6, "true_core_share": 0.4, "as_believed": True,
        "true_core_weight": [0.25, 0.0, 0.5, 0.0], "adapted_weight": [0.0, 0.0, 0.0, 0.8],
        "held_weight": [0.0, 0.2, 0.0, 0.0], "mean_complexity": 0.5, "listing": 2.0, "core_exponent": 2,
        "mechanism_clarity": 0.5,
    }  # fmt: skip
    return SimpleNamespace(**{**start, **fields})


c = SimpleNamespace(
    programme_month=0.1, implementing_month=2.0, supported_month=3.0, co_production_month=1.0, embedded_month=0.1,
    second_leader_month=0.5, revision=0.2, preparing_month=0.5, team_month=0.1, incentive_month=0.5, hub_month=0.1,
    member_month=0.2, testing_month=0.5, testing_month_embedded=0.1,
)  # fmt: skip
b, v = behaviour(), intervention()
licensed = behaviour(adaptation={"co_production_licence": 0.5})
two_forms = behaviour(adaptation={"second_form_fit": 0.9})
harmful = behaviour(adaptation={"core_damage_rate": 0.4})
wrong = intervention(as_believed=False)
no_true_core = intervention(as_believed=False, true_core_share=0.0)
BY_HAND = [
    # 5.0
    ("external_influence", (b, month()), 0.007),
    ("external_influence", (b, month(on=0.0)), 0.0035),
    ("external_influence", (b, month(push=3.0)), 0.021),
    ("external_influence", (b, month(on=0.0, push=0.0)), 0.0),
    ("external_influence", (b, month(push=200.0)), 1.0),
    ("peer_influence", (b, month()), 0.03),
    ("peer_influence", (b, month(peer_programme=0.5)), 0.155),
    ("team_strength", (month(team=0.8),), 1.3),
    ("inspiration", (month(team=0.8),), 1.3),
    ("inspiration", (month(team=0.8, on=0.0),), 1.0),
    ("support_places", (month(support_capacity=0.2, team=1.0), 100.0), 30.0),
    ("places_wanted", (month(light_support_place=0.1), 40.0, 20.0, 100.0), 42.0),
    ("places_wanted", (month(light_support_place=0.1, support_for=1.0), 40.0, 20.0, 100.0), 52.0),
    ("support_received", (0.5, 72.0, 144.0), 0.25),
    ("support_received", (0.5, 72.0, 36.0), 0.5),
    ("support_received", (0.5, 0.0, 0.0), 0.5),
    ("is_directed", (b, month(mandate=0.1, months_directed=7.0), 4), False),
    ("is_directed", (b, month(mandate=0.1, months_directed=8.0), 4), True),
    ("is_directed", (b, month(mandate=0.0, months_directed=8.0), 0), False),
    ("is_directed", (b, month(mandate=0.1, months_directed=7.0), 2, 4), False),
    ("is_directed", (b, month(mandate=0.1, months_directed=8.0), 2, 4), True),
    ("form_as_published", (month(hub=0.5), 0.1, -0.8), -0.3),
    ("latitude_taken", (month(latitude=0.4), 0.75), 0.5),
    ("latitude_taken", (month(latitude=0.9), 0.8), 1.0),
    # 5.1
    ("weighted_presence", ([1.0, 0.5, 0.0], [0.2, 0.3, 0.5], 3), 0.35),
    ("core_presence", (v, [1.0, 0.5, 0.5, 1.0]), 0.625),
    ("core_presence", (intervention(core_share=0.0), [0.0, 0.0, 1.0, 1.0]), 1.0),
    ("adaptable_presence", (v, [0.0, 0.0, 0.5, 1.0]), 5 / 6),
    ("adaptable_presence", (intervention(adaptable_share=0.0), [1.0, 1.0, 1.0, 1.0]), 0.0),
    ("fit", (b, 1.2, 1.2), 1.0),
    ("fit", (behaviour(adaptation={"fit_distance": 1.5}), 2.0, 0.5), 0.5),
    ("fit", (b, -1.0, 1.0), 0.2),
    ("effect", (b, v, 1.0, 1.0, 0.7, 0.7), 1.0),
    ("effect", (b, v, 0.5, 0.5, 1.0, 0.0), 0.1375),  # .25 (.4 + .6 x .5 x .5)
    ("effect", (b, intervention(core_exponent=3), 0.5, 0.5, 1.0, 0.0), 0.06875),
    ("fidelity_as_intended", (v, 0.5, 0.5, -1.0), 0.35),  # .4 x .5 + (1 - 1/2) x .6 x .5
    ("fidelity_as_intended", (v, 1.0, 1.0, 0.0), 1.0),
    ("share_delivered", (b, rules.EMBEDDED, 0.3), 1.0),
    ("share_delivered", (b, rules.IMPLEMENTING, 0.3), 0.3),
    ("share_delivered", (b, rules.IN_NAME_ONLY, 0.3), 0.15),
    ("share_delivered", (b, rules.DISCONTINUED, 0.3), 0.0),
    # 5.2
    ("persuasiveness", (b, rules.EMBEDDED, 0.5, False), 0.65),
    ("persuasiveness", (b, rules.EMBEDDED, 0.5, True), 1.3),
    ("persuasiveness", (b, rules.DISCONTINUED, 0.5, False), -0.3),
    ("persuasiveness", (b, rules.IMPLEMENTING, 0.5, False), 0.0),
    ("persuasiveness", (b, rules.IN_NAME_ONLY, 0.5, False), 0.0),
    ("exposure", (1.5, 3.0), 0.5),
    ("exposure", (-0.3, 3.0), 0.0),
    ("exposure", (4.0, 3.0), 1.0),
    ("exposure", (0.0, 0.0), 0.0),
    ("threshold", (b, 0.25), 0.275),
    ("threshold", (b, 1.0), 0.05),
    ("exposure_response", (b, 0.275, 0.25, 1.0), 0.5),
    ("exposure_response", (b, 0.55, 0.25, 1.0), 0.8),
    ("exposure_response", (b, 0.0, 1.0, 1.0), 0.0),
    ("exposure_response", (behaviour(adoption={"exposure_response": rules.LINEAR}), 0.3, 0.25, 1.0), 0.3),
    ("exposure_response", (behaviour(adoption={"exposure_response": rules.THRESHOLD}), 0.276, 0.25, 1.0), 1.0),
    ("exposure_response", (behaviour(adoption={"exposure_response": rules.THRESHOLD}), 0.274, 0.25, 1.0), 0.0),
    ("exposure_response", (behaviour(adoption={"exposure_response": rules.INDEPENDENT_CASCADE}), 0.9, 0.5, 0.75), 0.25),
    ("not_persuaded_by", (b, 0.5), 0.95),
    ("not_persuaded_by", (b, 2.0), 0.9),
    ("not_persuaded_by", (b, -1.0), 1.0),
    # 5.3
    ("engagement_odds", (b, month(co_production=0.3), 0.5, 0.5, 0.5, 0.5, 1.0), 4.888),  # 1 x 1 x 1.88 x 1.3 x 2
    ("engagement_odds", (b, month(), 0.0, 0.8, 0.0, 0.0, 1.0), 16.0),  # 4 x 4
    ("engagement_odds", (b, month(team=1.0), 0.5, 0.5, 0.0, 0.0, 2.0), 0.75),  # 1 x 1 x 1.5 / 2
    ("engagement_odds", (b, month(team=1.0, on=0.0), 0.5, 0.5, 0.0, 0.0, 1.0), 1.0),
    ("engagement", (b, 3.0), 0.75),
    ("engagement", (behaviour(engagement={"gate": False}), 3.0), 1.0),
    # misfit 1 x .6 x .8 x .5 = .24; reactance 1 + 1.5 x 1 x .8 x .5 = 1.6; odds 4 x .76 / 1.6 = 1.9
    ("mandated_engagement", (b, month(mandate=0.8, latitude=0.2, co_production=0.5), v, 4.0, 0.5), 1.9 / 2.9),
    ("mandated_engagement", (behaviour(engagement={"misfit_penalty": 3.0}), month(mandate=1.0), v, 4.0, 0.4), 0.0),
    # 5.4
    ("awareness_probability", (b, month(mandate=0.3), 0.4, True), 0.56),
    ("awareness_probability", (b, month(mandate=0.3), 0.4, False), 0.26),
    ("awareness_probability", (b, month(on=0.0), 0.4, False), 0.2),
    ("awareness_probability", (b, month(mandate=1.0), 0.4, True), 1.0),
    ("awareness_probability", (b, month(team=1.0), 0.4, False), 0.29),  # .06 x 1.5 + .2
    ("awareness_probability", (b, month(push=2.0), 0.4, False), 0.32),
    ("adoption_probability", (b, month(peer_programme=1.0), 0.5, 0.8, False), 0.1176),
    ("adoption_probability", (b, month(peer_programme=1.0), 0.5, 0.8, True), 0.0294),
    ("compliance_probability", (b, month(mandate=0.6), True, False), 0.09),
    ("compliance_probability", (b, month(mandate=0.6), True, True), 0.0225),
    ("compliance_probability", (b, month(mandate=0.6), False, False), 0.0),
    ("compliance_probability", (b, month(incentive=0.6), False, False), 0.09),
    ("compliance_probability", (b, month(incentive=0.6, mandate=0.4), False, True), 0.0225),  # not yet instructed
    ("compliance_probability", (b, month(incentive=0.6, mandate=0.4), True, False), 0.13),
    ("compliance_probability", (b, month(incentive=0.8, mandate=0.9), True, True), 0.0625),  # at most m_max
    ("conversion_probability", (b, month(co_production=0.3), 0.4, 0.3, 0.5), 0.015),
    ("lapse_probability", (b, month(mandate=0.6)), 0.012),
    ("lapse_probability", (b, month(mandate=0.6, incentive=0.5)), 0.006),
    ("lapse_probability", (b, month(mandate=0.6, incentive_lost=0.5)), 0.027),
    ("lapse_probability", (behaviour(mandate={"lapse_rate": 1.0}), month(incentive_lost=1.0)), 1.0),
    ("progress_made", (b, 0.7, 0.5, 0.5, 1.0), 0.2),  # 1.2 x 1.5 / (9 x 1)
    ("progress_made", (b, 0.5, 0.0, 0.0, 1.0), 1 / 4.5),
    ("progress_made", (b, 0.7, 0.5, 0.5, 2.0), 0.1),
    ("abandonment_probability", (b, 0.75, 0.3), 0.01),
    # .02 x .5 x (1 + 2 (1 - .25 / .5))
    (
        "abandonment_probability",
        (
            behaviour(appraisal={"readiness_threshold": 0.5}, implementation={"unreadiness_multiplier": 2.0}),
            0.75,
            0.25,
        ),
        0.02,
    ),
    # .02 x .5 x (1 + 2 (1 - 1.5 / 3))
    ("abandonment_probability", (behaviour(implementation={"unreadiness_multiplier": 2.0}), 0.75, 1.5), 0.02),
    ("abandonment_probability", (behaviour(implementation={"unreadiness_multiplier": 2.0}), 0.75, 4.0), 0.01),
    (
        "abandonment_probability",
        (
            behaviour(appraisal={"readiness_threshold": 0.0}, implementation={"unreadiness_multiplier": 2.0}),
            0.75,
            0.0,
        ),
        0.01,
    ),
    # .008 x 2.5 x 2.2 / (1.5 x 1.2)
    ("discontinuation_probability", (b, month(), v, 0.5, 0.2, 0.5, 0.7, 1.0), 0.044 / 1.8),
    ("discontinuation_probability", (b, month(), v, 1.0, 1.0, 0.0, 0.5, 1.0), 0.008),
    ("discontinuation_probability", (b, month(), v, 1.0, 1.0, 0.0, 0.5, 2.0), 0.016),
    ("discontinuation_probability", (b, month(incentive=0.5), v, 1.0, 1.0, 0.0, 0.5, 2.0), 0.0128),
    ("discontinuation_probability", (b, month(incentive_lost=0.5), v, 1.0, 1.0, 0.0, 0.5, 2.0), 0.031),
    # readiness
    # .5 (1 + 1.5 x .6 / 2 x -.4); with a team of 1 the error is two thirds of that
    ("complexity_as_judged", (b, month(), v, 0.4, -0.4), 0.41),
    ("complexity_as_judged", (b, month(team=1.0), v, 0.4, -0.4), 0.44),
    ("complexity_as_judged", (b, month(), v, 0.4, -4.0), 0.0),
    ("engagement_in_decision", (b, 0.3), 0.3),
    ("engagement_in_decision", (behaviour(appraisal={"applies": True}), 0.3), 1.0),
    ("is_judged_ready", (b, 0.1), True),
    ("is_judged_ready", (behaviour(appraisal={"applies": True}), 2.9), False),
    ("is_judged_ready", (behaviour(appraisal={"applies": True}), 3.0), True),
    ("is_judged_ready", (behaviour(appraisal={"applies": True}, engagement={"gate": False}), 0.1), True),
    ("is_ready", (b, 2.9), False),
    ("is_ready", (b, 3.0), True),
    ("readiness_prepared", (b, 0.48, 0.7, 0.5), 0.525),  # .48 + .05 x 1.2 x 1.5 x .5
    ("readiness_prepared", (behaviour(appraisal={"preparation_rate": 1.0}), 0.4, 0.9, 0.5), 0.98),
    ("readiness_prepared", (b, 0.99, 0.7, 0.5), 0.99),
    # turnover, pressure
    ("forgotten_probability", (b, 0.25), 0.3),
    ("ownership_after_turnover", (b, month(co_production=0.3), 1.0), 0.44),
    ("ownership_after_turnover", (b, month(co_production=0.3), 0.4), 0.4),
    ("months_of_pressure", (b, 0.029, 0), 6),
    ("months_of_pressure", (b, 0.029, 3), 6),
    ("months_of_pressure", (b, 0.03, 3), 2),
    ("months_of_pressure", (b, 0.03, 0), 0),
    ("pressure_factor", (b, 1), 2.0),
    ("pressure_factor", (b, 0), 1.0),
    ("leadership_probability", (b, month(celebration=0.3), 0.8), 0.12),
    ("after_stopping", (month(mandate=1.0), rules.VOLUNTARY), rules.DISCONTINUED),
    ("after_stopping", (month(mandate=0.0), rules.MANDATED), rules.DISCONTINUED),
    ("after_stopping", (month(mandate=0.1), rules.MANDATED), rules.IN_NAME_ONLY),
    ("after_stopping", (month(incentive=0.1), rules.MANDATED), rules.IN_NAME_ONLY),
    ("after_stopping", (month(incentive=1.0), rules.VOLUNTARY), rules.DISCONTINUED),
    ("after_aware", (True, 0.0, 1.0, 0.0, 1.0, rules.AWARE), (rules.IMPLEMENTING, rules.VOLUNTARY)),
    ("after_aware", (False, 0.1, 0.3, 0.4, 0.5, rules.AWARE), (rules.IMPLEMENTING, rules.MANDATED)),
    ("after_aware", (False, 0.1, 0.3, 0.5, 0.5, rules.AWARE), (rules.IN_NAME_ONLY, rules.MANDATED)),
    ("after_aware", (False, 0.3, 0.3, 0.4, 0.5, rules.AWARE), (rules.AWARE, rules.NO_ROUTE)),
    ("after_in_name_only", (0.1, 0.2, 0.0, 1.0), rules.IMPLEMENTING),
    ("after_in_name_only", (0.2, 0.2, 0.0, 0.1), rules.DISCONTINUED),
    ("after_in_name_only", (0.2, 0.2, 0.1, 0.1), rules.IN_NAME_ONLY),
    # 5.5
    ("reads_specification", (b, month(peer_programme=1.0), 0.04, 0.5, 1.0), True),  # .04 x .147 = .00588 < .007
    ("reads_specification", (b, month(peer_programme=1.0), 0.05, 0.5, 1.0), False),  # .05 x .147 = .00735
    ("reads_specification", (b, month(), 0.99, 0.5, 0.0), True),
    ("reads_specification", (behaviour(adoption={"external_influence": 0.0}), month(), 0.0, 0.5, 1.0), False),
    ("copying_error", (b, month(), rules.PEER, False), 0.15),
    ("copying_error", (b, month(), rules.PEER, True), 0.075),
    ("copying_error", (b, month(), rules.SPECIFICATION, False), 0.05),
    ("copying_error", (b, month(), rules.HIERARCHY, False), 0.06),
    ("copying_error", (b, month(team=1.0), rules.SPECIFICATION, False), 0.05 / 1.5),
    ("copying_error", (b, month(team=0.0), rules.HIERARCHY, False), 0.12),
    ("copying_slip", (b, 0.15, 0.5, 0.5), 0.1),
    ("component_copied", (b, 0.6, 0.35, 0.5, 0.1, 0.34, 0.0), 1.0),
    ("component_copied", (b, 0.6, 0.35, 0.5, 0.1, 0.35, 0.099), 0.3),
    ("component_copied", (b, 0.6, 0.35, 0.5, 0.1, 0.35, 0.1), 0.6),
    ("omission_probability", (b, v, 0.8, 0.5, True, 0.25), 0.04),
    ("omission_probability", (b, v, 0.8, 0.5, False, 0.25), 0.06),
    ("omission_probability", (behaviour(copying={"core_omission_by_square": True}), v, 0.8, 0.5, True, 0.25), 0.032),
    ("omission_probability", (behaviour(copying={"core_omission_by_square": True}), v, 0.8, 0.5, False, 0.25), 0.06),
    ("ownership_at_start", (b, month(co_production=0.3), rules.VOLUNTARY), 1.0),
    ("ownership_at_start", (b, month(co_production=0.3), rules.MANDATED), 0.44),
    # 5.6
    ("care_taken", (b, month(co_production=0.3), v, 0.2), 0.425),
    ("care_taken", (licensed, month(co_production=0.3), v, 0.2), 0.4),
    ("misreading_at_start", (licensed, 0.4), 0.8),
    ("misreading_after_tests", (b, month(tests=0.5), 0.8, 0.7), 0.728),  # .8 (1 - .15 x .5 x 1.2)
    ("misreading_after_tests", (behaviour(adaptation={"learning_rate": 1.0}), month(tests=1.0), 0.8, 0.9), 0.0),
    ("latitude_licensed", (licensed, month(latitude=0.4), 0.75, 0.4), 0.65),  # (.4 + .6 x .5 x .4) x 1.25
    ("latitude_licensed", (licensed, month(latitude=0.9), 0.9, 1.0), 1.0),
    ("latitude_licensed", (b, month(latitude=0.4), 0.75, 1.0), 0.5),
    ("form_aimed_at", (two_forms, 2.0, 0.0, -1.0), 1.0),
    ("form_aimed_at", (two_forms, 2.0, 0.0, 1.0), 2.0),
    ("form_aimed_at", (two_forms, 1.0, 0.0, -4.0), 1.0),
    ("form_aimed_at", (behaviour(adaptation={"second_form_fit": 1.0}), 1.0, 0.0, -2.0), 1.0),  # a tie: the first
    ("form_aimed_at", (b, 2.0, 0.0, -1.0), 2.0),
    ("fit_at", (b, -2.0), 0.2),
    ("form_aimed_at", (behaviour(adaptation={"second_form_fit": 0.9, "second_form_distance": 2}), 2.0, 0.0, -0.5), 1.0),
    ("fit_of_second_form", (two_forms, 2.0, 0.5, -1.0), 0.72),  # .9 / 1.25
    ("fit_of_second_form", (two_forms, -2.0, 0.0, 1.0), 0.45),
    ("is_second_form", (two_forms, 2.0, 0.5, -1.0), True),
    ("is_second_form", (two_forms, 2.0, 1.8, -1.0), False),
    ("is_second_form", (behaviour(adaptation={"second_form_fit": 1.0}), 1.0, 0.0, -2.0), False),  # as good
    ("fit", (two_forms, 2.0, 0.0, -1.0), 0.45),
    ("fit", (two_forms, 2.0, 0.0, 1.0), 0.2),
    ("fit", (b, 2.0, 0.0, -2.0), 0.2),
    ("parts_that_work", (v, [1.0] * 4, 0.3, 0.2), (0.3, 0.2, 0.0)),
    ("parts_that_work", (wrong, [1.0, 0.5, 0.5, 1.0], 0.3, 0.2), (0.5, 0.8, 0.1)),
    ("parts_that_work", (no_true_core, [1.0, 0.5, 0.5, 1.0], 0.3, 0.2), (1.0, 0.8, 0.1)),
    ("effect", (b, v, 0.5, 0.5, 1.0, 1.0, 0.0, 0.25, 0.0), 0.1 + 0.15 * 0.625),  # .25 (.4 + .6 (.5 + .5 x .25))
    # away from nought and one, and with what is left out
    ("fit", (two_forms, -2.0, 0.0), 0.2),
    ("fit", (two_forms, 2.0, 0.5, -1.0), 0.72),  # .9 / 1.25
    (
        "fit",
        (behaviour(adaptation={"second_form_fit": 0.9, "second_form_distance": 2.0}), 2.0, 0.0, -0.5),
        0.45,
    ),
    ("form_aimed_at", (two_forms, 2.0, 0.9, -1.0), 1.0),
    ("form_aimed_at", (two_forms, 2.0, 1.8, -1.0), 2.0),
    ("effect", (two_forms, v, 1.0, 1.0, -2.0, 0.0), 0.52),  # .4 + .6 x .2
    ("effect", (b, v, 1.0, 0.5, 1.0, 1.0, 0.0, 0.5), 0.85),  # .4 + .6 (.5 + .5 x .5)
    ("erosion_probability", (behaviour(adaptation={"co_production_licence": 0.5}), month(), v, 0.5), 0.01),
    # .4 (.25 - .04)
    ("damage_unguarded", (behaviour(adaptation={"core_damage_rate": 0.4, "fit_distance": 2.0}), 0.4, 1.0, 0.0), 0.084),
    ("damage_unguarded", (behaviour(adaptation={"core_damage_rate": 2.0**-20 * (1 - 5e-7)}), 0.0, 1.0, 0.0), 0.0),
    ("damage_unguarded", (b, 0.0, 1.0, 0.0), 0.0),
    ("damage_unguarded", (harmful, 0.5, 1.0, 0.2), 0.22),  # .4 (.64 - .09)
    ("damage_unguarded", (harmful, 1.0, 0.5, 0.2), 0.0),
    ("damage_unguarded", (harmful, 0.0, 0.001, 0.0), 0.0),  # below one in 2^20
    ("damage_unguarded", (harmful, 0.0, 0.002, 0.0), 1.6e-6),
    ("damage_unguarded", (behaviour(adaptation={"core_damage_rate": 1.0}), 0.0, 2.0**-10, 0.0), 2.0**-20),
    ("damage_guarded", (licensed, month(tests=0.5), v, 0.4, 0.6), 0.105),  # .4 x .5 x .7 x .75
    ("context_perceived", (b, month(co_production=0.3), v, 1.0, 2.0), 1.425),
    ("context_perceived", (b, month(co_production=0.3), v, 1.0, 2.0, 0.6), 1.255),
    ("context_perceived", (licensed, month(co_production=0.3), v, 1.0, 2.0, 0.6), 1.3),
    ("form_adjusted", (b, month(co_production=0.3), 0.1, 1.0, 0.5, 0.5, 0.7, 0.0), 0.1936),  # .1 + .234 x .4
    ("form_adjusted", (b, month(co_production=0.3), 0.1, 1.0, 0.25, 0.5, 0.7, 0.4), 0.2053),  # .1 + .234 x .45
    ("form_adjusted", (behaviour(adaptation={"adjustment_rate": 1.0}), month(), 5.0, 2.0, 0.5, 0.9, 0.9, 0.0), 1.0),
    ("form_adjusted", (behaviour(adaptation={"adjustment_rate": 1.0}), month(), 5.0, 2.0, 0.0, 0.9, 0.9, 0.8), 0.8),
    # the specification, revised
    ("form_revised", (month(revision_of_form=0.25), 0.2, 1.5, 2.5), 0.3),  # .2 + .25 (.6 - .2)
    ("form_revised", (month(revision_of_form=1.0), 0.2, -1.0, 2.0), -0.5),
    ("form_revised", (month(revision_of_form=1.0), 0.2, 0.0, 0.0), 0.2),  # nobody to learn from
    ("form_revised", (month(revision_of_form=1.0), 0.2, 0.05, 0.1), 0.5),
    ("codification_revised", (month(revision_of_codification=0.25), 0.2, 1.5, 2.5), 0.3),
    ("codification_revised", (month(revision_of_codification=1.0), 0.2, 0.25, 2.5), 0.2),  # it is not unwritten
    ("codification_revised", (month(revision_of_codification=1.0), 0.2, 0.0, 0.0), 0.2),
    ("codification_revised", (month(revision_of_codification=1.0), 0.2, 0.05, 0.1), 0.5),
    ("erosion_probability", (b, month(co_production=0.3), v, 0.5), 0.0085),
    ("erosion_probability", (licensed, month(co_production=0.3), v, 0.5, 0.4), 0.008),
    ("drift_probability", (b, month(monitoring=0.5), 0.75, 0.7), 0.0065),  # .01 x 1.25 x .8 x .65
    ("repair_probability", (b, month(monitoring=0.1), 0.5, True, 0.05, 0.4), 0.007),  # .03 x .5 x .2 + .01 x .4
    ("repair_probability", (b, month(monitoring=0.1), 0.5, False, 0.05, 0.4), 0.0015),
    ("repair_probability", (b, month(monitoring=0.1), 0.5, False, 0.6, 0.4), 0.009),
    ("repair_probability", (b, month(monitoring=0.1, tests=0.8), 0.5, False, 0.6, 0.4), 0.012),
    ("eroded", (b, 0.8), 0.4),
    ("repaired", (b, 0.8), 0.9),
    ("drifted", (b, 0.8, 0.1, 0.5, 0.06, 0.04), 0.4),
    ("drifted", (b, 0.8, 0.5, 0.5, 0.06, 0.04), 0.8),
    ("drifted", (b, 0.8, 0.93, 0.5, 0.06, 0.04), 0.9),
    ("largest_erosion", (b,), 0.04),
    ("largest_drift", (b,), 0.0625),  # .01 x 1.5 x 1.5 + .03 + .01
    # 5.7
    (
        "monthly_cost",
        (
            c,
            month(mandate=0.3, peer_programme=1.0, monitoring=1.0, co_production=0.3, celebration=0.3, revises=0.5),
            100.0, 10.0, 4.0, 50.0, 6.0, 8.0, 0.0, 40.0,
        ),
        82.9,  # 23 + 23 + 12 + 5 + .9 + 10 + 4 + 5
    ),
    ("monthly_cost", (c, month(team=0.8, on=0.5), 100.0, *[0.0] * 7), 4.0),
    ("monthly_cost", (c, month(tests=0.5), 100.0, 10.0, 4.0, 50.0, 6.0, 0.0, 9.0, 40.0), 46.5),  # 42 + .5 (5 + 4)
    (
        "monthly_cost",
        (c, month(co_production=0.2, co_production_patients=0.6), 100.0, 10.0, 4.0, 50.0, 6.0, 0.0, 9.0, 40.0),
        46.0,  # 42 + 10 (.1 + .3)
    ),
    ("monthly_cost", (c, month(incentive=0.4), 100.0, 10.0, 4.0, 50.0, 6.0, 0.0, 9.0, 0.0), 54.0),  # 42 + 12
    ("monthly_cost", (c, month(hub=0.4), 100.0, 10.0, 4.0, 50.0, 6.0, 0.0, 9.0, 0.0), 46.0),  # 42 + 4
    ("monthly_cost", (c, month(hub=0.4, on=0.0), 100.0, 10.0, 4.0, 50.0, 6.0, 0.0, 9.0, 0.0), 37.0),  # 20 + 12 + 5
    ("monthly_cost", (c, month(collaborates=0.5), 100.0, 10.0, 4.0, 50.0, 6.0, 0.0, 9.0, 0.0), 42.9),  # 42 + .9
]  # fmt: skip


@pytest.mark.parametrize(("name", "arguments", "expected"), BY_HAND, ids=[f"{i}-{c[0]}" for i, c in enumerate(BY_HAND)])
def test_a_rule_gives_what_its_equation_gives(name, arguments, expected):
    got = RULES[name](*arguments)
    if isinstance(expected, float):
        assert got == pytest.approx(expected, rel=1e-13, abs=1e-15)
    else:
        assert got == expected


def test_every_rule_has_a_value_worked_out_by_hand():
    assert {name for name, _, _ in BY_HAND} == set(RULES)


# ------------------------------------------------------------------------------------------------- properties

share = st.floats(0.0, 1.0)
inside = st.floats(0.02, 0.98)
levers = st.builds(
    month, on=st.sampled_from([0.0, 1.0]), **{one.name: share for one in LEVERS if one.declaration.kind == "number"}
)
kinds = st.sampled_from([rules.SATURATING, rules.LINEAR, rules.THRESHOLD])


@st.composite
def behaviours(draw):
    """Behaviour with any rates that a scenario file may hold."""
    rate = lambda: draw(share)  # noqa: E731
    ratio = lambda: draw(st.floats(0.0, 5.0))  # noqa: E731
    low = rate()
    return behaviour(
        awareness={"broadcast_rate": rate(), "exposure_rate": rate()},
        adoption={
            "external_influence": rate(), "peer_influence_unaided": rate(), "peer_influence_facilitated": rate(),
            "exposure_response": draw(kinds), "cascade_probability": rate(), "threshold_most_ready": low,
            "threshold_least_ready": low + (1 - low) * rate(), "observability": rate(), "discouragement": ratio(),
            "readoption_ratio": rate(),
        },
        engagement={
            "support_odds": ratio(), "co_production_odds": ratio(), "peer_odds": ratio(), "reactance": ratio(),
            "misfit_penalty": ratio(),
        },
        mandate={"compliance_rate": rate(), "conversion_rate": rate() / 3, "lapse_rate": rate()},
        implementation={
            "months_to_embed": 0.1 + 20 * rate(), "abandonment_rate": 0.5 * rate(), "unreadiness_multiplier": ratio(),
        },
        appraisal={"applies": rate() < 0.5, "error": ratio(), "readiness_threshold": ratio()},
        sustainment={
            "discontinuation_rate": rate(), "ineffectiveness_multiplier": ratio(), "support_multiplier": ratio(),
            "lack_of_ownership_multiplier": ratio(), "capability_weight": ratio(), "ownership_when_mandated": rate(),
            "incentive_multiplier": ratio(), "incentive_withdrawal_rate": 0.2 * rate(),
        },
        adaptation={"adjustment_rate": rate(), "core_erosion_rate": rate(), "misjudgement": ratio()},
        copying={"omission_rate": rate(), "component_loss": rate(), "support_error_reduction": ratio()},
        drift={
            "rate": 0.2 * rate(), "monitoring_reduction": rate(), "repair_rate": 0.5 * rate(),
            "repair_without_audit": rate(), "repair_from_peers": 0.5 * rate(),
        },
        second_leaders={"emergence_probability": rate(), "persuasion_multiplier": ratio()},
    )  # fmt: skip


@given(behaviours(), levers, share, share, inside, share, st.floats(1.0, 6.0))
def test_chances_rise_with_exposure_and_stay_between_nought_and_one(b, m, low, high, readiness, support, pressure):
    low, high = sorted((low, high))
    responses = [rules.exposure_response(b, x, readiness, 1.0) for x in (low, high)]
    assert 0.0 <= responses[0] <= responses[1] <= 1.0
    odds = [rules.engagement_odds(b, m, 0.5, readiness, support, g, pressure) for g in responses]
    engaged = [rules.engagement(b, o) for o in odds]
    assert 0.0 <= engaged[0] <= engaged[1] <= 1.0
    for again in (False, True):
        for directed in (False, True):
            rising = [
                [rules.awareness_probability(b, m, x, directed) for x in (low, high, 1.0)],
                [rules.adoption_probability(b, m, g, r, again) for g, r in zip(responses, engaged, strict=True)]
                + [rules.adoption_probability(b, m, 1.0, 1.0, again)],
                [rules.conversion_probability(b, m, g, support, r) for g, r in zip(responses, engaged, strict=True)]
                + [rules.conversion_probability(b, m, 1.0, support, 1.0)],
                [rules.repair_probability(b, m, 0.5, True, support, x) for x in (low, high, 1.0)],
            ]
            for chances in rising:
                assert chances == sorted(chances)
                assert chances[0] >= 0.0
                assert chances[-1] <= 1.0
            assert 0.0 <= rules.compliance_probability(b, m, directed, again) <= 1.0
    giving_up = [rules.abandonment_probability(b, r, o) for r, o in zip((0.0, *engaged), (0.0, *odds), strict=True)]
    assert giving_up == sorted(giving_up, reverse=True)
    assert all(chance <= rules.abandonment_probability(b, 0.0, 0.0) for chance in giving_up)
    assert giving_up[-1] >= 0.0


@given(behaviours(), levers, st.floats(0.0, 1e6), share)
def test_an_instruction_never_engages_more_than_a_choice_and_co_production_softens_it(b, m, odds, fits):
    told = rules.mandated_engagement(b, m, v, odds, fits)
    assert 0.0 <= told <= rules.engagement(b, odds) <= 1.0
    assert told <= rules.mandated_engagement(b, m._replace(co_production=1.0), v, odds, fits) + 1e-15
    assert told <= rules.mandated_engagement(b, m._replace(latitude=1.0), v, odds, fits) + 1e-15
    assert told >= rules.mandated_engagement(b, m._replace(mandate=1.0), v, odds, fits) - 1e-15


@given(behaviours(), levers, share, share, share, share, st.floats(-5.0, 5.0), st.floats(-5.0, 5.0))
def test_effect_presence_and_losses_stay_between_nought_and_one(b, m, f, capability, tendency, u, x, z):
    effect = rules.effect(b, v, f, f, x, z)
    assert 0.0 <= effect <= rules.effect(b, v, 1.0, 1.0, x, x) == 1.0
    assert effect <= rules.effect(b, v, 1.0, f, x, z) + 1e-15
    assert 0.0 <= rules.fidelity_as_intended(v, f, f, z) <= f + 1e-15
    latitude = rules.latitude_taken(m, tendency)
    for chance in (
        rules.omission_probability(b, v, latitude, u, True, f),
        rules.omission_probability(b, v, latitude, u, False, f),
        rules.leadership_probability(b, m, effect),
        rules.lapse_probability(b, m),
        rules.discontinuation_probability(b, m, v, effect, f, u, capability, 1.0 + abs(x)),
    ):
        assert 0.0 <= chance <= 1.0
    assert 0.0 <= rules.erosion_probability(b, m, v, latitude) <= rules.largest_erosion(b) <= 1.0
    loss = rules.drift_probability(b, m, u, capability)
    repair = max(rules.repair_probability(b, m, f, core, u, tendency) for core in (True, False))
    assert loss >= 0.0
    assert loss + repair <= rules.largest_drift(b) + 1e-12
    assert 0.0 <= rules.eroded(b, f) <= f <= rules.repaired(b, f) <= 1.0 + 1e-15
    assert 0.0 <= rules.component_copied(b, f, u, tendency, capability, x, abs(z) / 5) <= 1.0


forms = st.floats(-5.0, 5.0)


@given(behaviours(), levers, share, st.floats(1.0, 6.0), share, share, forms)
def test_more_items_and_more_written_down_make_appraisals_truer(b, m, codification, listing, readiness, support, error):
    def judged(codification: float, listing: float) -> float:
        return rules.complexity_as_judged(b, m, intervention(listing=listing), codification, error)

    assert judged(1.0, listing) == v.mean_complexity
    off = [abs(judged(c, n) - v.mean_complexity) for c, n in ((codification, 1.0), (codification, listing), (1.0, 1.0))]
    assert off[0] + 1e-12 >= off[1] >= off[2]
    prepared = rules.readiness_prepared(b, readiness, codification, support)
    assert readiness <= prepared <= max(readiness, rules.READINESS_ATTAINABLE) + 1e-12
    assert 0.0 <= rules.ownership_after_turnover(b, m, readiness) <= readiness


@given(behaviours(), levers, forms, forms, share, share, share, forms)
def test_the_form_moves_towards_what_is_asked_and_not_beyond(b, m, form, seen, latitude, tendency, capability, origin):
    after = rules.form_adjusted(b, m, form, seen, latitude, tendency, capability, origin)
    target = (1.0 - latitude) * origin + latitude * seen
    assert min(form, target) - 1e-12 <= after <= max(form, target) + 1e-12


@given(share, share, forms, st.lists(st.tuples(forms, share, st.floats(0.01, 1.0)), max_size=6))
def test_a_revision_goes_no_further_than_its_adopters(strength, codification, published, adopters):
    m = month(revision_of_form=strength, revision_of_codification=strength)
    effects = sum(effect for _, _, effect in adopters)
    form = rules.form_revised(m, published, sum(effect * z for z, _, effect in adopters), effects)
    written = rules.codification_revised(m, codification, sum(effect * f for _, f, effect in adopters), effects)
    held = [published, *(z for z, _, _ in adopters)]
    assert min(held) - 1e-12 <= form <= max(held) + 1e-12
    assert codification <= written <= 1.0 + 1e-12


@given(st.floats(0.0, 1.0, exclude_max=True), share, share, share)
def test_loss_and_repair_take_their_own_part_of_the_numbers(u, bound, part, split):
    total = bound * part
    loss, repair = total * split, total * (1 - split)
    b = behaviour()
    after = rules.drifted(b, 0.5, u, bound, loss, repair)
    mark = u * bound
    if mark < loss:
        assert after == rules.eroded(b, 0.5)
    elif mark >= bound - repair:
        assert after == rules.repaired(b, 0.5)
    else:
        assert after == 0.5


# ------------------------------------------------------------------------------------------------- arithmetic


def test_rules_use_plain_arithmetic_and_each_other_alone():
    """Plus, minus, times, divided by, comparisons, min and max: what gives the same bits on any machine."""
    tree = ast.parse(Path(rules.__file__).read_text(encoding="utf-8"))
    imports = [node for node in ast.walk(tree) if isinstance(node, (ast.Import, ast.ImportFrom))]
    assert {getattr(node, "module", None) for node in imports} == {"__future__", "typing"}
    functions = [node for node in tree.body if isinstance(node, ast.FunctionDef)]
    assert {node.name for node in functions} == set(RULES)
    callable_names = {*RULES, "min", "max", "range"}
    for function in functions:
        for node in ast.walk(function):
            if isinstance(node, (ast.BinOp, ast.AugAssign)):
                assert isinstance(node.op, (ast.Add, ast.Sub, ast.Mult, ast.Div)), ast.unparse(node)
            if isinstance(node, ast.Call):
                assert isinstance(node.func, ast.Name), ast.unparse(node)
                assert node.func.id in callable_names, ast.unparse(node)
            assert not isinstance(node, (ast.ListComp, ast.GeneratorExp, ast.Lambda, ast.Try, ast.Global)), ast.unparse(
                node
            )


BEHAVIOUR = plan(load_scenario("default"), "blend").behaviour
COST = plan(load_scenario("default"), "blend").cost
INTERVENTION = plan(load_scenario("default"), "blend").intervention
WHOLE_NUMBERS = {"state": (0, 5), "route": (0, 1), "source": (1, 4), "depth": (0, 6), "left": (0, 9)}
SWITCHES = ("is_leader", "from_leader", "is_core", "stopped_before", "directed", "starts")


@pytest.mark.parametrize("table", [Behaviour, Cost, *(field.annotation for field in Behaviour.model_fields.values())])
def test_the_rulebook_names_the_parameters_as_they_are_declared(table):
    """In order too, so that one list can be read beside the other."""
    assert getattr(rules, table.__name__)._fields == tuple(table.model_fields)


def varied(values, rng: random.Random):
    """Return a nested named tuple with every number drawn anew, of the same type."""
    drawn = []
    for name, value in zip(values._fields, values, strict=True):
        if isinstance(value, tuple):
            drawn.append(varied(value, rng))
        elif isinstance(value, bool):
            drawn.append(rng.random() < 0.5)
        elif name == "exposure_response" or isinstance(value, int):
            drawn.append(rng.randrange(4))
        else:
            drawn.append(rng.choice([0.0, 1.0, 10 ** rng.uniform(-4, 0.5), rng.random()]))
    return type(values)(*drawn)


def argument(function: str, name: str, rng: random.Random):
    """Return a random argument for a parameter of a rule."""
    if name == "b":
        return varied(BEHAVIOUR, rng)
    if name == "c":
        return varied(COST, rng)
    if name == "m":
        return rules.Levers(
            rng.randrange(60), *(rng.choice([0.0, 1.0, rng.random()]) for _ in rules.Levers._fields[1:])
        )
    if name == "v":
        clarity, complexity, omega = rng.random(), rng.random(), rng.choice([0.0, 0.5, 1.0])
        shares = {"core_share": 1.0 - omega, "adaptable_share": omega, "core_exponent": rng.randint(1, 3)}
        return INTERVENTION._replace(mechanism_clarity=clarity, mean_complexity=complexity, **shares)
    if name == "fidelity" or (name == "weight" and function == "weighted_presence"):
        return np.array([rng.random() for _ in range(8)])
    if name == "n":
        return rng.randint(0, 8)
    if name in WHOLE_NUMBERS:
        return rng.randint(*WHOLE_NUMBERS[name])
    if name in SWITCHES:
        return rng.random() < 0.5
    return rng.choice([0.0, 1.0, rng.random(), rng.uniform(-3, 3), 10 ** rng.uniform(-6, 3)])


def outcome(function, arguments):
    try:
        return function(*arguments)
    except ZeroDivisionError:
        return "division by zero"


@pytest.mark.skipif(bool(numba.config.DISABLE_JIT), reason="nothing is compiled with NUMBA_DISABLE_JIT=1")
@pytest.mark.parametrize("name", sorted(RULES))
def test_every_rule_is_compiled_and_equals_its_original_on_any_arguments(name):
    rule, compiled = RULES[name], getattr(engine.R, name)
    assert isinstance(compiled, CPUDispatcher)
    assert compiled.py_func.__code__ is rule.__code__
    parameters = list(inspect.signature(rule).parameters)
    scope = {"compiled": compiled}
    exec(f"def call({', '.join(parameters)}): return compiled({', '.join(parameters)})", scope)
    call = numba.njit(_nrt=False)(scope["call"])
    rng = random.Random(name)
    told_apart = set()
    for _ in range(400):
        arguments = [argument(name, parameter, rng) for parameter in parameters]
        expected = outcome(rule, arguments)
        got = outcome(call, arguments)
        assert got == expected or (got != got and expected != expected), (name, arguments)
        told_apart.add(str(expected))
    assert len(told_apart) > 1


# ------------------------------------------------------------------------------------------------- off the middle


b, clear = behaviour(copying={"component_loss": 0.2}), intervention(mechanism_clarity=0.9)
met = behaviour(adoption={"exposure_response": rules.THRESHOLD, "threshold_most_ready": 0.0})
keen = behaviour(adoption={"external_influence": 0.9, "peer_influence_unaided": 0.9})
often = behaviour(mandate={"conversion_rate": 1.0}, sustainment={"discontinuation_rate": 1.0})
burdened = intervention(mean_complexity=0.2)
MORE_BY_HAND = [
    # values at which one minus a share is not the share itself
    ("component_copied", (b, 0.5, 0.0, 0.5, 1.0, 0.5, 0.5), 0.4),
    ("eroded", (b, 0.5), 0.4),
    ("repaired", (b, 0.5), 0.6),
    ("copying_slip", (b, 0.1, 0.9, 0.0), 0.06),
    ("omission_probability", (b, clear, 1.0, 0.5, True, 0.25), 0.01),
    ("care_taken", (b, month(co_production=0.4), clear, 0.0), 0.08),
    ("progress_made", (b, 0.9, 0.0, 0.1, 1.0), 1.4 / (9 * 0.6)),
    ("engagement", (b, 0.25), 0.2),
    ("threshold", (b, 0.9), 0.08),
    ("leadership_probability", (b, month(celebration=0.5), 0.1), 0.025),
    ("discontinuation_probability", (b, month(), intervention(), 0.9, 1.0, 0.0, 0.5, 1.0), 0.0104),
    # factors that are 1 at complexity, capability or tendency one half
    ("mandated_engagement", (b, month(mandate=1.0, latitude=1.0), burdened, 4.0, 1.0), 2.5 / 3.5),  # 4 / 1.6
    ("discontinuation_probability", (b, month(), burdened, 1.0, 0.0, 0.0, 0.5, 1.0), 0.0128),  # .008 (1 + 1.5 x .4)
    ("conversion_probability", (b, month(co_production=0.25), 0.5, 0.5, 0.5), 0.01875),
    ("component_copied", (b, 0.5, 0.0, 0.0, 0.4, 0.5, 0.25), 0.5),  # .4 x .5 = .2
    ("component_copied", (b, 0.5, 0.0, 0.0, 0.6, 0.5, 0.25), 0.4),  # .6 x .5 = .3
    ("omission_probability", (b, clear, 1.0, 0.0, False, 0.25), 0.0375),
    ("form_adjusted", (b, month(), 0.0, 1.0, 1.0, 0.9, 0.5, 0.0), 0.21),  # .15 x 1.4
    # limits and edges
    ("support_received", (0.5, 0.2, 0.8), 0.125),
    ("fidelity_as_intended", (intervention(), 0.0, 1.0, 0.5), 0.4),  # (1 - 1/3) x .6
    ("exposure", (0.2, 0.5), 0.4),
    ("exposure_response", (met, 0.0, 1.0, 1.0), 1.0),
    ("exposure_response", (met, 0.35, 0.0, 1.0), 1.0),
    ("exposure_response", (behaviour(adoption={"threshold_most_ready": 0.0}), 0.0, 1.0, 1.0), 0.0),
    ("adoption_probability", (keen, month(), 1.0, 0.5, False), 0.5),
    ("conversion_probability", (often, month(co_production=1.0), 1.0, 1.0, 1.0), 1.0),
    ("discontinuation_probability", (often, month(), intervention(), 0.0, 0.0, 0.0, 0.0, 1.0), 1.0),
    ("component_copied", (b, 0.5, 0.0, 0.5, 1.5, 0.5, 1.0), 0.5),  # an error is never surer than 1, nor u as high
    ("omission_probability", (behaviour(copying={"omission_rate": 1.0}), intervention(), 1.0, 1.0, False, 0.0), 1.0),
    ("reads_specification", (behaviour(adoption={"external_influence": 0.5}), month(), 1.0, 0.0, 1.0), False),
    ("drifted", (b, 0.5, 0.25, 1.0, 0.25, 0.25), 0.5),  # loss takes less than .25
    ("drifted", (b, 0.5, 0.75, 1.0, 0.25, 0.25), 0.6),  # repair takes .75 and more
]


@pytest.mark.parametrize(
    ("name", "arguments", "expected"), MORE_BY_HAND, ids=[f"{i}-{case[0]}" for i, case in enumerate(MORE_BY_HAND)]
)
def test_rules_away_from_the_middle(name: str, arguments: tuple[Any, ...], expected: Any) -> None:
    """Values that tell a share from one minus it, a product from a quotient, and a limit from what lies beyond it."""
    got = getattr(rules, name)(*arguments)
    assert got == (pytest.approx(expected, rel=1e-13) if isinstance(expected, float) else expected)


def test_a_threshold_met_exactly_is_met() -> None:
    b = behaviour(adoption={"exposure_response": rules.THRESHOLD, "threshold_most_ready": 0.0})
    assert rules.exposure_response(b, 0.0, 1.0, 1.0) == 1.0
    assert rules.exposure_response(b, 0.35, 0.0, 1.0) == 1.0
    assert rules.reads_specification(b, month(), 1.0, 0.0, 1.0) is False  # all influence is outside, and is met exactly
