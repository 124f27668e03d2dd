"""Small faults, each of which a named test must notice: the list that `test_planted_faults` plants in a copy.

What belongs here: for each fault its name, the module or modules in which its text stands, the text as it is and as
the fault has it, and the test that must fail. The text must stand exactly once in those modules, so that the list
cannot rot.
"""

from __future__ import annotations

from dataclasses import dataclass

DECISIONS = "tests/drivers/test_decisions.py::"
RUN_BY_HAND = "tests/outcomes/test_run_by_hand.py::"
RULE_TESTS = "tests/test_rules.py::"
DRAW_TESTS = "tests/test_draws.py::"
RULES = f"{RULE_TESTS}test_a_rule_gives_what_its_equation_gives"
OFF_CENTRE = f"{RULE_TESTS}test_rules_away_from_the_middle"
BY_HAND = f"{RUN_BY_HAND}test_every_measure_of_a_run_written_by_hand"
MONTHS = f"{RUN_BY_HAND}test_months_to_half_is_the_first_month_with_half_reached_and_counts_re_entry_once"
RECORDED = "tests/outcomes/test_record.py::test_what_is_recorded_of_a_month_by_hand"
COPIED = f"{DECISIONS}test_a_copy_is_of_last_months_version_and_changes_from_the_month_after"
NUMBERS = f"{DRAW_TESTS}test_published_numbers_without_a_compiler"
COMPONENTS = f"{DECISIONS}test_each_component_is_read_copied_or_left_out_by_its_own_numbers"
TOLD = f"{DECISIONS}test_complying_engaging_converting_and_lapsing_are_decided_at_their_addresses"
LOSSES = f"{DECISIONS}test_losses_over_time_are_decided_at_their_addresses"
SOURCES = f"{DECISIONS}test_whose_version_is_copied_is_decided_at_its_address"
GIVES_UP = f"{DECISIONS}test_giving_up_and_stopping_are_decided_at_their_addresses"
ATTRIBUTES = "tests/network/test_attributes.py::test_attributes_are_the_normal_values_at_their_addresses"
PICKS = "tests/network/test_ties.py::test_peers_are_picked_at_their_addresses"
ONCE = f"{DECISIONS}test_a_newly_embedded_peer_persuades_once"
INSTRUCTION = f"{DECISIONS}test_an_instruction_passes_a_level_in_the_months_it_takes"
STOPPED = f"{DECISIONS}test_what_is_stopped_stays_as_it_was"
SILENT = f"{DECISIONS}test_who_has_stopped_persuades_nobody"
PURPOSES = f"{DRAW_TESTS}test_every_purpose_has_a_number_of_its_own_and_keeps_the_published_one"
CANDIDATES = f"{DRAW_TESTS}test_candidates_are_bounded_above_and_passed_over_geometrically"
STATISTICS = "tests/outcomes/test_statistics.py::"
FILES = "tests/scenario/test_files.py::"
NETWORKS = "tests/network/test_data.py::"
COUNTED = "tests/outcomes/test_measures.py::test_what_is_counted_follows_from_the_events"
TOGETHER = "tests/drivers/test_engine.py::test_runs_made_together_are_those_made_alone"
LOOPS = "drivers/loops, drivers/engine"  # the compiled driver
REVISION = "tests/drivers/test_revision.py::"


@dataclass(frozen=True)
class Fault:
    """One fault: in `modules` (names within the package, separated by commas) `old` becomes `new`; `test` must fail."""

    name: str
    modules: str
    old: str
    new: str
    test: str


FAULTS = (
    # ---------------------------------------------------------------------------------------- rules: levers, quality
    Fault("external influence not halved after the programme", "rules", "+ 0.5 * b.adoption", "+ b.adoption", RULES),
    Fault(
        "facilitation added to unaided influence, not instead of it",
        "rules",
        "(b.adoption.peer_influence_facilitated - unaided) * m",
        "b.adoption.peer_influence_facilitated * m",
        RULES,
    ),
    Fault(
        "instruction a month late", "rules", "m.months_directed >= b.mandate", "m.months_directed > b.mandate", RULES
    ),
    Fault("support not shared by those waiting", "rules", "support * min(1.0, places / n_waiting)", "support", RULES),
    Fault(
        "latitude without the half",
        "rules",
        "min(1.0, m.latitude * (0.5 + adaptation_tendency))",
        "min(1.0, m.latitude * adaptation_tendency)",
        RULES,
    ),
    Fault("square dropped from fit", "rules", "(1.0 + distance * distance)", "(1.0 + distance)", RULES),
    Fault("fit: distance added, not taken", "rules", "(context - form) / b", "(context + form) / b", RULES),
    Fault("core fidelity to the first power", "rules", "range(v.core_exponent)", "range(1)", RULES),
    Fault("effect: share of the adaptable left out", "rules", "v.adaptable_share * fitted)", "fitted)", RULES),
    Fault(
        "core fidelity with the weights of the adaptable",
        "rules",
        "weighted_presence(fidelity, v.core_weight,",
        "weighted_presence(fidelity, v.adaptable_weight,",
        RULES,
    ),
    Fault(
        "no core counts as no fidelity",
        "rules",
        "return 1.0\n    return weighted",
        "return 0.0\n    return weighted",
        RULES,
    ),
    Fault("form moved the other way not counted", "rules", "form if form >= 0.0 else -form", "form", RULES),
    Fault("implementing services deliver all", "rules", "return progress", "return 1.0", RULES),
    # ---------------------------------------------------------------------------------------- rules: exposure
    Fault(
        "observability swapped",
        "rules",
        "(1.0 - chi) + chi * effect_now",
        "chi + (1.0 - chi) * effect_now",
        RULES,
    ),
    Fault(
        "who stopped speaks for it",
        "rules",
        "return -b.adoption.discouragement",
        "return b.adoption.discouragement",
        RULES,
    ),
    Fault(
        "exposure may be negative",
        "rules",
        "min(1.0, max(0.0, persuasion / weight))",
        "min(1.0, persuasion / weight)",
        RULES,
    ),
    Fault("ready services have high thresholds", "rules", "- low) * (1.0 - readiness)", "- low) * readiness", RULES),
    Fault(
        "a threshold met exactly is not met",
        "rules",
        "exposed >= theta else",
        "exposed > theta else",
        f"{RULE_TESTS}test_a_threshold_met_exactly_is_met",
    ),
    Fault(
        "square dropped from the response",
        "rules",
        "exposed * exposed / (exposed * exposed + theta * theta)",
        "exposed / (exposed + theta)",
        RULES,
    ),
    Fault("cascade turned round", "rules", "return 1.0 - not_persuaded\n", "return not_persuaded\n", RULES),
    # ---------------------------------------------------------------------------------------- rules: engagement
    Fault(
        "square dropped from ease",
        "rules",
        "1.0 / ((0.5 + v.mean_complexity) * (0.5 + v.mean_complexity))",
        "1.0 / (0.5 + v.mean_complexity)",
        RULES,
    ),
    Fault(
        "support lowers odds below one",
        "rules",
        "(1.0 + b.engagement.support_odds * s",
        "(b.engagement.support_odds * s",
        RULES,
    ),
    Fault(
        "latitude not applied to the misfit",
        "rules",
        "v.adaptable_share * (1.0 - m.latitude) *",
        "v.adaptable_share *",
        RULES,
    ),
    Fault("co-production does not soften", "rules", "* m.mandate * (1.0 - m.co_production)", "* m.mandate", RULES),
    # ---------------------------------------------------------------------------------------- rules: transitions
    Fault("any mandate tells everybody", "rules", "+ m.mandate * directed)", "+ directed)", RULES),
    Fault("re-adoption as likely as adoption", "rules", "* engaged * ratio", "* engaged", RULES),
    Fault(
        "square dropped from the mandate",
        "rules",
        "compliance_rate * m.mandate * m.mandate",
        "compliance_rate * m.mandate",
        RULES,
    ),
    Fault(
        "conversion without co-production",
        "rules",
        "(response + support + m.co_production)",
        "(response + support)",
        RULES,
    ),
    Fault(
        "lapsing under a mandate", "rules", "b.mandate.lapse_rate * (1.0 - m.mandate)", "b.mandate.lapse_rate", RULES
    ),
    Fault("support does not speed", "rules", "(0.5 + capability) * (1.0 + support) /", "(0.5 + capability) /", RULES),
    Fault(
        "complexity does not slow",
        "rules",
        "months_to_embed * (0.5 + complexity_included)",
        "months_to_embed",
        OFF_CENTRE,
    ),
    Fault("giving up halved", "rules", "(2.0 - 2.0 * engaged)", "(1.0 - engaged)", RULES),
    Fault("services stop because it works", "rules", "* (1.0 - effect_now))", "* effect_now)", OFF_CENTRE),
    Fault("ownership makes services stop", "rules", "burden * (1.0 - ownership))", "burden * ownership)", RULES),
    Fault("volunteers keep up appearances", "rules", "if route == VOLUNTARY or", "if route == MANDATED or", RULES),
    Fault("engaging turned round", "rules", "u_engage < engaged_if_told", "u_engage >= engaged_if_told", RULES),
    Fault(
        "the directive asked before the service", "rules", "if u_decide < adoption:", "if u_mandate < adoption:", RULES
    ),
    Fault(
        "conversion by the number of lapsing", "rules", "if u_convert < conversion:", "if u_lapse < conversion:", RULES
    ),
    # ---------------------------------------------------------------------------------------- rules: copying
    Fault("specification and peers swapped", "rules", "* response) < outside", "* response) >= outside", RULES),
    Fault("second leaders copied as any peer", "rules", "error_from_peer * ratio", "error_from_peer", RULES),
    Fault(
        "template copied instead of read", "rules", "return 1.0\n    if u_copy", "return original\n    if u_copy", RULES
    ),
    Fault(
        "what is lost is kept",
        "rules",
        "original * (1.0 - b.copying.component_loss)",
        "original * b.copying.component_loss",
        OFF_CENTRE,
    ),
    Fault(
        "capable services copy worse", "rules", "error * (1.5 - capability)", "error * (0.5 + capability)", OFF_CENTRE
    ),
    Fault(
        "support does not help copying", "rules", "(1.0 + b.copying.support_error_reduction * support)", "1.0", RULES
    ),
    Fault(
        "clarity makes teams drop the core",
        "rules",
        "1.0 - v.mechanism_clarity if",
        "v.mechanism_clarity if",
        OFF_CENTRE,
    ),
    Fault("what fits is left out", "rules", "else 1.0 - fit_as_perceived", "else fit_as_perceived", RULES),
    Fault("ownership above one", "rules", "own + (1.0 - own) * m", "own + m", RULES),
    # ---------------------------------------------------------------------------------------- rules: change, cost
    Fault(
        "clarity makes contexts misread",
        "rules",
        "(1.0 - v.mechanism_clarity) * (1",
        "v.mechanism_clarity * (1",
        OFF_CENTRE,
    ),
    Fault("minus for plus in perception", "rules", "context + b.adaptation", "context - b.adaptation", RULES),
    Fault(
        "latitude not applied to the form",
        "rules",
        "published + latitude * (perceived",
        "published + (perceived",
        RULES,
    ),
    Fault("latitude does not erode", "rules", "core_erosion_rate * latitude *", "core_erosion_rate *", RULES),
    Fault("audit does not slow drift", "rules", "(1.0 - b.drift.monitoring_reduction * m.monitoring)", "1.0", RULES),
    Fault("nobody reads the template again", "rules", "max(watched, b.drift.repair_without_audit)", "watched", RULES),
    Fault("repair of what is whole", "rules", "presence + (1.0 - presence) * b", "presence + presence * b", RULES),
    Fault(
        "loss keeps what it should take", "rules", "presence * (1.0 - b.copying", "presence * (b.copying", OFF_CENTRE
    ),
    Fault("repair and loss share numbers", "rules", "mark >= bound - repair", "mark >= repair", RULES),
    Fault(
        "co-production free of cost",
        "rules",
        "(c.implementing_month + c.co_production_month * m.co_production)",
        "c.implementing_month",
        RULES,
    ),
    # ---------------------------------------------------------------------------------------- order of a month
    Fault(
        "commit before change",
        "rules",
        '    "change",  # adapt, erode, drift, repair\n    "commit",',
        '    "commit",\n    "change",',
        f"{COPIED}[mesa]",
    ),
    Fault(
        "change before copying: this month's version is copied",
        "rules",
        '    "transition",  # hear',
        '    "change",\n    "transition",  # hear',
        f"{COPIED}[mesa]",
    ),
    Fault(
        "recorded before it is judged",
        "rules",
        '    "quality",  # what each service delivers and how far that persuades its peers\n    "record",',
        '    "record",\n    "quality",',
        f"{COPIED}[mesa]",
    ),
    Fault(
        "levers of the month before",
        "drivers/mesa_model",
        "levers[min(self.month, self",
        "levers[min(max(self.month - 1, 0), self",
        f"{TOLD}[mesa]",
    ),
    # ---------------------------------------------------------------------------------------- addresses
    Fault("hash: another shift", "draws", "z ^ (z >> 30)", "z ^ (z >> 31)", NUMBERS),
    Fault("hash: month left out of the address", "draws", "    state = absorb(state, month)\n", "", NUMBERS),
    Fault("hash: one bit fewer", "draws", ">> 11) * UNIT", ">> 12) * UNIT", NUMBERS),
    Fault(
        "a purpose's number used twice",
        "draws",
        "DRIFT_CANDIDATE, DRIFT = 120, 121",
        "DRIFT_CANDIDATE, DRIFT = 120, 120",
        PURPOSES,
    ),
    Fault("omission on the numbers of the template", "draws", "OMIT = 180", "OMIT = 20", PURPOSES),
    Fault(
        "no stride between components", "draws", "COMPONENT_STRIDE = 64", "COMPONENT_STRIDE = 1", f"{COMPONENTS}[mesa]"
    ),
    Fault(
        "candidate at the edge passed over", "draws", "while u >= table[passed]", "while u > table[passed]", CANDIDATES
    ),
    Fault(
        "candidates too few",
        "draws",
        "-int(-(largest_probability * 64.0 - 1e-9) // 1.0)",
        "int(largest_probability * 64.0)",
        CANDIDATES,
    ),
    Fault(
        "candidate table turned round", "draws", "table.append(1.0 - none_yet)", "table.append(none_yet)", CANDIDATES
    ),
    Fault(
        "giving up by the number of stopping",
        "drivers/agents",
        "self.draw(draws.ABANDON)",
        "self.draw(draws.STOP)",
        f"{GIVES_UP}[mesa]",
    ),
    Fault(
        "converting and lapsing share a number",
        "drivers/agents",
        "self.draw(draws.RELAPSE)",
        "self.draw(draws.CONVERT)",
        f"{TOLD}[mesa]",
    ),
    Fault(
        "copying by the number of the template",
        "drivers/agents",
        "self.draw(draws.COPY, k)",
        "self.draw(draws.TEMPLATE, k)",
        f"{COMPONENTS}[mesa]",
    ),
    Fault(
        "erosion decided by its candidate's number",
        "drivers/agents",
        "draw(draws.EROSION, at)",
        "draw(draws.EROSION_CANDIDATE, at)",
        f"{LOSSES}[erosion-mesa]",
    ),
    Fault(
        "drift: the same component again",
        "drivers/agents",
        "self.draw(draws.DRIFT_CANDIDATE, at)",
        "self.draw(draws.DRIFT_CANDIDATE, 0)",
        f"{LOSSES}[drift-mesa]",
    ),
    Fault(
        "groups on the numbers of services",
        "drivers/mesa_model",
        "draws.COMPONENT_STRIDE * (n + g) + k",
        "draws.COMPONENT_STRIDE * g + k",
        f"{DECISIONS}test_the_message_of_each_level_is_made_of_its_own_numbers[mesa]",
    ),
    # ---------------------------------------------------------------------------------------- the agents
    Fault(
        "a copy is as good as its original's generation",
        "drivers/agents",
        "source.generation + 1",
        "source.generation",
        f"{COPIED}[mesa]",
    ),
    Fault(
        "a source by chance, whatever the weights",
        "drivers/agents",
        "self.draw(draws.SOURCE) * total, 0.0",
        "self.draw(draws.SOURCE), 0.0",
        f"{SOURCES}[mesa]",
    ),
    Fault(
        "who converts learns from the line",
        "drivers/agents",
        "self._enter(self.route, learns_from_peers=True)",
        "self._enter(self.route, learns_from_peers=False)",
        f"{TOLD}[mesa]",
    ),
    Fault(
        "embedded a month early",
        "drivers/agents",
        "self.since = self.model.month + 1",
        "self.since = self.model.month",
        f"{ONCE}[mesa]",
    ),
    Fault(
        "leaders never retire",
        "drivers/agents",
        "if self.state != rules.EMBEDDED:\n            self.leader = False",
        "pass",
        f"{DECISIONS}test_a_service_that_gives_up_under_a_mandate_keeps_up_appearances[mesa]",
    ),
    Fault(
        "starting sites have the published form",
        "drivers/agents",
        "self.generation, self.ownership = self.context, 1.0, 0, 1.0",
        "self.generation, self.ownership = 0.0, 1.0, 0, 1.0",
        f"{COPIED}[mesa]",
    ),
    Fault(
        "embedded services counted as waiting for support",
        "drivers/mesa_model",
        "self.m.support_for == rules.EMBEDDED_TOO and service.state",
        "self.m.support_for != rules.EMBEDDED_TOO and service.state",
        f"{DECISIONS}test_support_is_shared_by_those_waiting_and_recorded[False-mesa]",
    ),
    # ---------------------------------------------------------------------------------------- the compiled driver
    Fault(
        "compiled: no stride on entry",
        LOOPS,
        "address = draws.COMPONENT_STRIDE * i + k",
        "address = i + k",
        f"{COMPONENTS}[compiled]",
    ),
    Fault(
        "compiled: embedded a month early",
        LOOPS,
        "w.since[i] = m.month + 1",
        "w.since[i] = m.month",
        f"{ONCE}[compiled]",
    ),
    Fault(
        "compiled: source by weight alone, not by luck",
        LOOPS,
        "if running > mark:",
        "if running > 0.0:",
        f"{SOURCES}[compiled]",
    ),
    Fault(
        "compiled: a copy keeps the published form",
        LOOPS,
        "form, generation = w.form[source], ",
        "form, generation = 0.0, ",
        f"{COPIED}[compiled]",
    ),
    Fault(
        "compiled: message of services' numbers",
        LOOPS,
        "word(draws.COMPONENT_STRIDE * (n + g) + k)",
        "word(draws.COMPONENT_STRIDE * g + k)",
        f"{DECISIONS}test_the_message_of_each_level_is_made_of_its_own_numbers[compiled]",
    ),
    Fault(
        "compiled: erosion on the first candidate's number",
        LOOPS,
        "draw(w, EROSION, draws.COMPONENT_STRIDE * i + at)",
        "draw(w, EROSION, draws.COMPONENT_STRIDE * i)",
        f"{LOSSES}[erosion-compiled]",
    ),
    Fault(
        "compiled: repair at full exposure, whatever the peers",
        LOOPS,
        "v.core[k], supported, exposed)",
        "v.core[k], supported, 1.0)",
        f"{LOSSES}[drift-compiled]",
    ),
    Fault(
        "compiled: repair without peers, as if all had embedded it",
        LOOPS,
        "v.core[k], supported, 0.0)",
        "v.core[k], supported, 1.0)",
        f"{LOSSES}[drift-compiled]",
    ),
    Fault(
        "of services that are alike, the last are starting sites",
        "network/starting_sites",
        "np.cumsum(level, axis=1)",
        "np.cumsum(level[:, ::-1], axis=1)[:, ::-1]",
        f"{NETWORKS}test_starting_sites_are_those_that_sorting_finds_first",
    ),
    Fault(
        "compiled: stopped services change on",
        LOOPS,
        "if w.next_state[i] == rules.EMBEDDED:\n            adapt",
        "if True:\n            adapt",
        f"{STOPPED}[compiled]",
    ),
    Fault(
        "compiled: stopped services persuade on",
        LOOPS,
        "            w.persuasion[i] = R.persuasiveness(b, state, w.effect[i], False)\n",
        "",
        f"{SILENT}[compiled]",
    ),
    Fault(
        "block: a run starts from the codification of the one before",
        "drivers/engine",
        "            v.codification[c] = block.codification[c]\n",
        "            pass\n",
        TOGETHER,
    ),
    Fault("block: every run on the first network", "drivers/engine", "k = block.network_of[r]", "k = 0", TOGETHER),
    Fault(
        "block: every run with the sites of the first",
        "drivers/engine",
        "block.sites[block.first_site[r] : block.first_site[r + 1]]",
        "block.sites[block.first_site[0] : block.first_site[1]]",
        TOGETHER,
    ),
    Fault(
        "block: every run with the luck of the first",
        "drivers/engine",
        "replicate = block.replicates[r]",
        "replicate = block.replicates[0]",
        TOGETHER,
    ),
    Fault(
        "stopped services change on",
        "drivers/agents",
        "if self.state not in active or self.next_state not in active:",
        "if self.state not in active:",
        f"{STOPPED}[mesa]",
    ),
    # ---------------------------------------------------------------------------------------- record and measures
    Fault(
        "fit of the published form recorded",
        "outcomes/record",
        "rules.fit(b, w.context[i], form)",
        "rules.fit(b, w.context[i], 0.0)",
        RECORDED,
    ),
    Fault(
        "benefit not weighted by population",
        "outcomes/record",
        "people = w.population[i] * achieved",
        "people = achieved",
        RECORDED,
    ),
    Fault(
        "wrong fifth counted as the most deprived", "outcomes/record", "w.fifth[i] == 4", "w.fifth[i] == 3", RECORDED
    ),
    Fault("presence of core alone", "outcomes/record", " + v.adaptable_share * own_adaptable", "", RECORDED),
    Fault("sustained over 11 months", "outcomes/run", "SUSTAINED_MONTHS = 12", "SUSTAINED_MONTHS = 11", BY_HAND),
    Fault(
        "reach counts those still embedded",
        "outcomes/measures",
        '"reach": n_ever / n',
        '"reach": embedded / n',
        BY_HAND,
    ),
    Fault(
        "effectiveness of all: survivors alone",
        "outcomes/measures",
        '_over(sums["effect"], n_ever)',
        '_over(sums["effect"], embedded)',
        BY_HAND,
    ),
    Fault(
        "effectiveness not relative to the start",
        "outcomes/measures",
        '_over(sums["effect"], embedded) / starting_effect',
        '_over(sums["effect"], embedded)',
        BY_HAND,
    ),
    Fault(
        "null as nought",
        "outcomes/measures",
        "np.shape(below)), NEVER)",
        "np.shape(below)), 0.0)",
        MONTHS,
    ),
    Fault(
        "re-entry counted as the first time",
        "drivers/loops",
        "if w.first_embedded[i] < 0:",
        "if w.first_embedded[i] < 99:",
        COUNTED,
    ),
    Fault(
        "word reaches one peer only",
        "drivers/loops",
        "for entry in range(w.start[i], w.start[i + 1]):\n            w.reached",
        "for entry in range(w.start[i], w.start[i] + 1):\n            w.reached",
        "tests/drivers/test_drivers.py::test_shipped_default_agrees_for_all_strategies",
    ),
    Fault(
        "one-way ties are taken for mutual ones",
        "drivers/engine",
        "w.reached[i] = w.has_directed_ties[0]",
        "w.reached[i] = False",
        "tests/drivers/test_drivers.py::test_drivers_agree_where_ties_run_one_way",
    ),
    Fault(
        "components that wait for peers never change",
        "drivers/loops",
        "n_aside += drift(",
        "n_aside += 0 * drift(",
        "tests/drivers/test_drivers.py::test_shipped_default_agrees_for_all_strategies",
    ),
    Fault(
        "components change once more when peers are asked",
        "drivers/loops",
        "elif exposed != NOT_SUMMED:  # it has changed already\n            continue",
        "elif exposed != NOT_SUMMED:  # it has changed already\n            pass",
        "tests/drivers/test_drivers.py::test_shipped_default_agrees_for_all_strategies",
    ),
    Fault(
        "a threshold of nought needs a peer",
        "drivers/loops",
        "R.exposure_response(b, 0.0, 0.0, 1.0), R.exposure_response(b, 0.0, 1.0, 1.0)",
        "0.0, 0.0",
        "tests/drivers/test_drivers.py::test_a_threshold_of_nought_is_met_where_nobody_has_adopted",
    ),
    Fault(
        "evaporation from the month before the end",
        "outcomes/measures",
        "uptake[:, stop] -",
        "uptake[:, stop - 1] -",
        BY_HAND,
    ),
    Fault(
        "equity gap turned into a sum",
        "outcomes/measures",
        '"equity_gap": least - most',
        '"equity_gap": least + most',
        BY_HAND,
    ),
    Fault("one half not reached by one half", "outcomes/measures", 'c["reach"] >= 0.5', 'c["reach"] > 0.5', MONTHS),
    Fault("all that stopped never started", "outcomes/measures", ' & ~run.final["began"]', "", BY_HAND),
    Fault(
        "cumulative benefit in months",
        "outcomes/measures",
        'np.sum(c["delivered"], axis=1) / 12.0',
        'np.sum(c["delivered"], axis=1)',
        BY_HAND,
    ),
    Fault(
        "name-only adopters cost nothing",
        "outcomes/measures",
        "embedded + nominal, sums",
        "embedded, sums",
        BY_HAND,
    ),
    Fault("name-only share of all", "outcomes/measures", "_over(nominal, reporting)", "nominal / n", BY_HAND),
    Fault(
        "sustainment of all services",
        "outcomes/measures",
        '"sustainment": _over(embedded, n_ever)',
        '"sustainment": embedded / n',
        BY_HAND,
    ),
    Fault(
        "starters from any peer count as led",
        "outcomes/record",
        "if from_leader and source_kind",
        "if source_kind",
        COUNTED,
    ),
    Fault(
        "entries in name count as beginnings",
        "outcomes/measures",
        ' & (events["to_state"] != rules.IN_NAME_ONLY)',
        "",
        f"{RUN_BY_HAND}test_fidelity_by_generation_of_a_run_written_by_hand",
    ),
    # ---------------------------------------------------------------------------------------- statistics
    Fault(
        "variance of the sample, not of its source",
        "outcomes/statistics",
        "np.std(values, ddof=1)",
        "np.std(values)",
        f"{STATISTICS}test_intervals_are_scipys",
    ),
    Fault(
        "one-sided intervals",
        "outcomes/statistics",
        "half = float(stdtrit(n - 1, 0.5 + level / 2))",
        "half = float(stdtrit(n - 1, level))",
        f"{STATISTICS}test_intervals_are_scipys",
    ),
    Fault(
        "ties count as higher",
        "outcomes/statistics",
        "0.5 * (a == b)",
        "1.0 * (a == b)",
        f"{STATISTICS}test_differences_are_paired",
    ),
    Fault(
        "differences not paired",
        "outcomes/statistics",
        "gaps = later - earlier",
        "gaps = later - np.mean(earlier)",
        f"{STATISTICS}test_differences_are_paired",
    ),
    Fault(
        "never counts as month nought",
        "outcomes/statistics",
        "np.where(defined, values, np.inf)",
        "np.where(defined, values, 0.0)",
        f"{STATISTICS}test_never_is_later_than_any_month",
    ),
    Fault(
        "nulls averaged away",
        "outcomes/statistics",
        "if n and n == len(values):",
        "if n:",
        f"{STATISTICS}test_nulls_are_counted_and_not_averaged",
    ),
    Fault(
        "lower is never told apart",
        "outcomes/statistics",
        "bool(low > 0 or high < 0)",
        "bool(low > 0)",
        "tests/outcomes/test_statistics.py::test_a_fall_is_told_apart_as_a_rise_is",
    ),
    Fault(
        "the best compared once",
        "outcomes/statistics",
        "n * (n - 1) // 2)",
        "1)",
        f"{STATISTICS}test_joint_level_holds_for_equal_columns",
    ),
    Fault(
        "the best is the highest even where lower is better",
        "outcomes/statistics",
        "sign = -1.0 if lower_is_better else 1.0",
        "sign = 1.0",
        f"{STATISTICS}test_the_best_and_what_cannot_be_told_from_it",
    ),
    # ---------------------------------------------------------------------------------------- plans
    Fault(
        "the dial turned round",
        "levers",
        "return 1.0 - balance",
        "return balance",
        f"{FILES}test_the_dial_sets_four_levers",
    ),
    Fault(
        "no latitude left under a fixed package",
        "levers",
        "minimum_latitude + (1.0 - minimum_latitude) * balance",
        "balance",
        f"{FILES}test_the_dial_sets_four_levers",
    ),
    Fault(
        "the programme a month longer",
        "scenario/plan",
        "<= month < programme.stop_month",
        "<= month <= programme.stop_month",
        f"{FILES}test_a_programme_begins_and_ends",
    ),
    Fault(
        "schedule a month late",
        "scenario/plan",
        "changes[position][0] <= month",
        "changes[position][0] < month",
        f"{FILES}test_an_entry_in_the_middle_holds_until_another_names_it",
    ),
    Fault(
        "the instruction sets out a month early",
        "scenario/plan",
        "float(month - directed_since)",
        "float(month - directed_since + 1)",
        f"{FILES}test_a_programme_begins_and_ends",
    ),
    Fault(
        "an instruction taken back runs on",
        "scenario/plan",
        'if values["mandate"] > 0 else None',
        'if values["mandate"] > 0 else directed_since',
        "tests/scenario/test_plan.py::test_an_instruction_taken_back_sets_out_again",
    ),
    Fault(
        "latitude after: as during",
        "scenario/plan",
        "stop, 1, {} if outside is None else {one.name: outside}",
        "stop, 1, {one.name: 0.0} if outside == 0.0 else {}",
        f"{FILES}test_a_programme_begins_and_ends",
    ),
    Fault(
        "latitude before the start: as during",
        "scenario/plan",
        "value if outside is None else outside",
        "outside if outside == 0.0 else value",
        "tests/scenario/test_plan.py::test_before_the_programme_latitude_is_that_of_after",
    ),
    Fault(
        "core weights do not sum to one",
        "scenario/plan",
        "w / core_share if",
        "w if",
        "tests/scenario/test_plan.py::test_the_intervention_as_numbers",
    ),
    Fault(
        "core and adaptable swapped",
        "scenario/plan",
        "        if component.core:\n            core_share",
        "        if not component.core:\n            core_share",
        "tests/scenario/test_plan.py::test_the_intervention_as_numbers",
    ),
    Fault(
        "complexity not weighted",
        "scenario/plan",
        "mean_complexity += share * component.complexity",
        "mean_complexity += component.complexity / len(components)",
        "tests/scenario/test_plan.py::test_the_intervention_as_numbers",
    ),
    # ---------------------------------------------------------------------------------------- networks
    Fault(
        "square dropped from homophily",
        "network/data",
        "(1.0 + gap * gap)",
        "(1.0 + gap)",
        f"{NETWORKS}test_homophily_weighs_ties_by_context",
    ),
    Fault(
        "a service is its own peer",
        "network/data",
        "keep = a != b",
        "keep = a == a",
        f"{NETWORKS}test_repeated_ties_are_one_and_self_ties_none",
    ),
    Fault(
        "readiness on the numbers of capability",
        "network/attributes",
        "by_deprivation(s.readiness, normal(4))",
        "by_deprivation(s.readiness, normal(5))",
        ATTRIBUTES,
    ),
    Fault(
        "slope without its root",
        "network/attributes",
        "np.sqrt(1.0 - slope * slope) * own",
        "(1.0 - slope * slope) * own",
        ATTRIBUTES,
    ),
    Fault(
        "shared part without its root",
        "network/attributes",
        "np.sqrt(between) * normal",
        "between * normal",
        "tests/network/test_attributes.py::test_attributes_of_a_group_are_shared_by_its_services",
    ),
    Fault(
        "the least deprived counted as the most",
        "network/data",
        'np.argsort(self["deprivation"], kind',
        'np.argsort(-self["deprivation"], kind',
        BY_HAND,
    ),
    Fault(
        "starting sites rounded down",
        "network/starting_sites",
        "int(sites.share * n + 0.5)",
        "int(sites.share * n)",
        "tests/network/test_starting_sites.py::test_random_starting_sites_are_those_with_the_smallest_numbers",
    ),
    Fault(
        "most ready turned round",
        "network/starting_sites",
        '-network["readiness"]',
        'network["readiness"]',
        f"{NETWORKS}test_starting_sites_follow_their_rule",
    ),
    Fault(
        "a service may pick itself",
        "network/ties",
        "other += other >= position[i]",
        "other += other > position[i]",
        PICKS,
    ),
    Fault("every round picks the same", "network/ties", "number += 1", "number += 0", PICKS),
    Fault(
        "chance of a pick turned round",
        "network/ties",
        "draws.PICK_KEPT, word) < chance",
        "draws.PICK_KEPT, word) > chance",
        PICKS,
    ),
    Fault(
        "a level fewer for the instruction to pass",
        "network/hierarchy",
        "self.depth[self.service_parent] + 1",
        "self.depth[self.service_parent]",
        f"{INSTRUCTION}[mesa]",
    ),
    # ---------------------------------------------------------------------------------------- the specification
    Fault(
        "a revision goes beyond its adopters",
        "rules",
        "(forms / effects - published)",
        "forms / effects",
        RULES,
    ),
    Fault(
        "a revision unwrites", "rules", "max(0.0, presences / effects - codification)", "(presences / effects)", RULES
    ),
    Fault(
        "latitude from the first text",
        "rules",
        "(published + latitude * (perceived - published) - form)",
        "(latitude * perceived - form)",
        RULES,
    ),
    Fault("a revision is free", "rules", "        + c.revision * m.revises * n_services\n", "", RULES),
    Fault(
        "fidelity to the first text",
        "outcomes/record",
        "own_adaptable, form - published)",
        "own_adaptable, form)",
        f"{REVISION}test_fidelity_is_to_the_specification_as_it_stands_and_adaptation_from_the_first",
    ),
    Fault(
        "revised as the programme starts",
        "scenario/plan",
        "since > 0 and since % interval",
        "since % interval",
        f"{REVISION}test_a_revision_costs_what_it_says_in_the_months_in_which_it_is_due",
    ),
    Fault(
        "revised after the programme",
        "scenario/plan",
        "float(on > 0 and interval > 0",
        "float(interval > 0",
        f"{REVISION}test_a_revision_that_is_off_changes_no_bit[programme over-compiled]",
    ),
    Fault(
        "newcomers read the first text",
        "drivers/agents",
        "[1.0] * v.n_components, model.published_form, 1",
        "[1.0] * v.n_components, 0.0, 1",
        f"{REVISION}test_newcomers_take_the_form_as_last_revised[is directed-mesa]",
    ),
    Fault(
        "whoever stopped teaches",
        "drivers/mesa_model",
        "if service.state == rules.EMBEDDED:\n                forms",
        "if service.effect > 0.0:\n                forms",
        f"{REVISION}test_each_revision_is_the_weighted_mean_of_the_services_before_it",
    ),
    Fault(
        "all adopters teach alike",
        "drivers/mesa_model",
        "forms += service.effect * service.form",
        "forms += service.form",
        f"{REVISION}test_each_revision_is_the_weighted_mean_of_the_services_before_it",
    ),
    Fault(
        "the line passes the first text on",
        "drivers/mesa_model",
        "self.message, self.message_generation = self._messages()\n        for service in",
        "for service in",
        f"{REVISION}test_the_line_passes_the_revised_text_on_with_the_same_luck[mesa]",
    ),
    Fault(
        "misfit from the first text",
        "drivers/mesa_model",
        "rules.fit(self.b, service.context, self.published_form)",
        "rules.fit(self.b, service.context, 0.0)",
        f"{REVISION}test_a_misfit_that_is_revised_away_lets_services_engage[mesa]",
    ),
    Fault(
        "compiled: newcomers read the first text",
        LOOPS,
        "form, generation = w.published_form[0], 1",
        "form, generation = 0.0, 1",
        f"{REVISION}test_newcomers_take_the_form_as_last_revised[is directed-compiled]",
    ),
    Fault(
        "compiled: in name only, the first text is held",
        LOOPS,
        "    w.form[i] = w.published_form[0]\n",
        "    w.form[i] = 0.0\n",
        f"{REVISION}test_newcomers_take_the_form_as_last_revised[is directed in name only-compiled]",
    ),
    Fault(
        "compiled: all adopters teach alike",
        LOOPS,
        "forms += w.effect[i] * w.form[i]",
        "forms += w.form[i]",
        f"{REVISION}test_drivers_agree_where_everything_is_revised",
    ),
    Fault(
        "compiled: the line passes the first text on",
        LOOPS,
        "    pass_down(w, b, v)\n    for i in",
        "    for i in",
        f"{REVISION}test_the_line_passes_the_revised_text_on_with_the_same_luck[compiled]",
    ),
    Fault(
        "compiled: misfit from the first text",
        LOOPS,
        "w.fit_as_published[i] = R.fit(b, w.context[i], w.published_form[0])\n\n\n@helper\ndef pass_down",
        "w.fit_as_published[i] = R.fit(b, w.context[i], 0.0)\n\n\n@helper\ndef pass_down",
        f"{REVISION}test_a_misfit_that_is_revised_away_lets_services_engage[compiled]",
    ),
    Fault(
        "compiled: one run revises the text of the next",
        LOOPS,
        "plan.intervention._replace(codification=plan.intervention.codification.copy())",
        "plan.intervention",
        f"{REVISION}test_a_run_leaves_the_plan_as_it_was",
    ),
)
