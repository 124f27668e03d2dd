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
MECHANISMS = "tests/verification/test_mechanisms.py::"
INCENTIVE = "tests/drivers/test_incentive.py::"
REGIONS = "tests/drivers/test_regions.py::"
ADAPTATION = "tests/drivers/test_adaptation.py::"
COLLABORATIVE = "tests/drivers/test_collaborative.py::"
PATHWAYS = "tests/drivers/test_pathways.py::"


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
    Fault("external influence not halved after the programme", "rules", "+ 0.5 * p *", "+ p *", RULES),
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
    Fault(
        "fit: distance added, not taken",
        "rules",
        "first = fit_at(b, context - form)",
        "first = fit_at(b, context + form)",
        RULES,
    ),
    Fault("core fidelity to the first power", "rules", "range(v.core_exponent)", "range(1)", RULES),
    Fault("effect: share of the adaptable left out", "rules", "v.true_adaptable_share * fitted)", "fitted)", RULES),
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
    # --------------------------------------------------------------------------------------- rules: readiness, people
    Fault("a team of one half counts as half a team", "rules", "return 0.5 + m.team", "return m.team", RULES),
    Fault(
        "a team inspires after it has gone home",
        "rules",
        "team_strength(m) if m.on > 0.0 else 1.0",
        "team_strength(m)",
        RULES,
    ),
    Fault("a team has no places of its own", "rules", "n_services * team_strength(m)", "n_services", RULES),
    Fault("a team does not announce", "rules", "m.on * team_strength(m) * m.push", "m.on * m.push", RULES),
    Fault(
        "a team does not explain what is passed on",
        "rules",
        "b.copying.error_from_hierarchy / team_strength(m)",
        "b.copying.error_from_hierarchy",
        RULES,
    ),
    Fault(
        "who prepares takes a whole place",
        "rules",
        "n_implementing + m.light_support_place * n_preparing",
        "n_implementing + n_preparing",
        RULES,
    ),
    Fault("light support wanted where there is none", "rules", "if m.support_for == EMBEDDED_TOO:", "if True:", RULES),
    Fault("pressure does not lower odds", "rules", "        / pressure\n    )", "    )", RULES),
    Fault("pressure does not slow progress", "rules", "return done / pressure", "return done", RULES),
    Fault("pressure does not end", "rules", "else max(0, left - 1)", "else left", RULES),
    Fault(
        "listing items tells nobody more", "rules", "(1.0 - codification) / v.listing", "(1.0 - codification)", RULES
    ),
    Fault(
        "writing down tells nobody more",
        "rules",
        "b.appraisal.error * (1.0 - codification)",
        "b.appraisal.error",
        RULES,
    ),
    Fault(
        "engagement counts twice", "rules", "return 1.0 if b.appraisal.applies else engaged", "return engaged", RULES
    ),
    Fault(
        "who is just ready waits",
        "rules",
        "return odds_as_judged >= b.appraisal",
        "return odds_as_judged > b.appraisal",
        RULES,
    ),
    Fault(
        "the unready give up like others", "rules", "(2.0 - 2.0 * engaged) * multiplier", "(2.0 - 2.0 * engaged)", RULES
    ),
    Fault(
        "preparing alone, supported or not",
        "rules",
        "b.appraisal.preparation_rate * (0.5 + capability) * (1.0 + support)",
        "b.appraisal.preparation_rate * (0.5 + capability)",
        RULES,
    ),
    Fault(
        "what is written down goes with the people",
        "rules",
        "b.turnover.knowledge_loss * (1.0 - codification)",
        "b.turnover.knowledge_loss",
        RULES,
    ),
    Fault(
        "newcomers own what they did not choose",
        "rules",
        "return min(ownership, ownership_at_start(b, m, MANDATED))",
        "return ownership",
        RULES,
    ),
    Fault(
        "a plan dropped leaves readiness built",
        "drivers/agents",
        "self.preparing, self.declined, self.current_readiness = False, True, self.readiness",
        "self.preparing, self.declined = False, True",
        f"{MECHANISMS}test_dropping_the_plan_is_decided_at_its_address_and_takes_readiness_back[mesa]",
    ),
    Fault(
        "compiled: a plan dropped leaves readiness built",
        LOOPS,
        "            w.declined[i] = True\n            w.current_readiness[i] = w.readiness[i]\n",
        "            w.declined[i] = True\n",
        f"{MECHANISMS}test_dropping_the_plan_is_decided_at_its_address_and_takes_readiness_back[compiled]",
    ),
    Fault(
        "turnover leaves readiness built",
        "drivers/agents",
        "        self.current_readiness = self.readiness\n        self.leader = self.leader",
        "        self.leader = self.leader",
        f"{MECHANISMS}test_people_who_leave_take_the_second_leader_with_them_and_what_was_prepared[mesa]",
    ),
    Fault(
        "compiled: functions forgotten by the number of the service",
        LOOPS,
        "draw(w, TURNOVER_LOSS, draws.COMPONENT_STRIDE * i + k)",
        "draw(w, TURNOVER_LOSS, draws.COMPONENT_STRIDE * i)",
        f"{MECHANISMS}test_who_leaves_and_what_goes_with_them_is_decided_at_its_address[compiled]",
    ),
    Fault(
        "compiled: the number of a group without the services before it",
        LOOPS,
        "draw(w, PRESSURE, n_services + g)",
        "draw(w, PRESSURE, g)",
        f"{MECHANISMS}test_groups_come_under_pressure_at_their_addresses[compiled]",
    ),
    Fault(
        "pressure counted a month early",
        "drivers/mesa_model",
        "self._sums[service.unit, self.month + 1, record.UNDER_PRESSURE]",
        "self._sums[service.unit, self.month, record.UNDER_PRESSURE]",
        f"{MECHANISMS}test_groups_come_under_pressure_at_their_addresses[mesa]",
    ),
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
        "1.0 / ((0.5 + complexity) * (0.5 + complexity))",
        "1.0 / (0.5 + complexity)",
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
        "the directive asked before the service", "rules", "if starts:", "if starts and u_mandate >= compliance:", RULES
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
        "(1.0 - v.mechanism_clarity) * (1.0 - 0.5",
        "v.mechanism_clarity * (1.0 - 0.5",
        OFF_CENTRE,
    ),
    Fault(
        "minus for plus in perception",
        "rules",
        "context + b.adaptation.misjudgement",
        "context - b.adaptation.misjudgement",
        RULES,
    ),
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
        "c.co_production_month * (0.5",
        "0.0 * (0.5",
        RULES,
    ),
    # ---------------------------------------------------------------------------------------- order of a month
    Fault(
        "commit before change",
        "rules",
        '    "change",  # adapt, erode, drift, repair\n    "turnover",  # people leave:'
        ' what was not written down goes with them\n    "commit",',
        '    "commit",\n    "change",\n    "turnover",',
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
        "return rules.places_wanted(m, n_implementing, ",
        "return rules.places_wanted(m, n_implementing + n_embedded, ",
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
        "if cumulative > threshold:",
        "if cumulative > 0.0:",
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
        "machine_word(draws.COMPONENT_STRIDE * (n + g) + k)",
        "machine_word(draws.COMPONENT_STRIDE * g + k)",
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
        "rules.fit(b, w.context[i], form,",
        "rules.fit(b, w.context[i], 0.0,",
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
        "wrong fifth counted as the most deprived",
        "outcomes/record",
        "people * w.most_deprived[i]",
        "people * w.least_deprived[i]",
        RECORDED,
    ),
    Fault("presence of core alone", "outcomes/record", " + v.adaptable_share * own_adaptable", "", RECORDED),
    Fault("sustained over 11 months", "outcomes/run", "SUSTAINED_MONTHS = 12", "SUSTAINED_MONTHS = 11", BY_HAND),
    Fault(
        "reach counts those still embedded",
        "outcomes/measures",
        '"reach": lambda: n_ever / n',
        '"reach": lambda: embedded / n',
        BY_HAND,
    ),
    Fault(
        "effectiveness of all: survivors alone",
        "outcomes/measures",
        '_over(s["effect"], n_ever)',
        '_over(s["effect"], embedded)',
        BY_HAND,
    ),
    Fault(
        "effectiveness not relative to the start",
        "outcomes/measures",
        '_over(s["effect"], embedded) / starting_effect',
        '_over(s["effect"], embedded)',
        BY_HAND,
    ),
    Fault(
        "null as nought",
        "outcomes/measures",
        "np.argmax(half, axis=1), NEVER)",
        "np.argmax(half, axis=1), 0.0)",
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
        "for entry in range(w.start[i], w.start[i + 1]):\n            w.has_embedded_peer",
        "for entry in range(w.start[i], w.start[i] + 1):\n            w.has_embedded_peer",
        "tests/drivers/test_drivers.py::test_shipped_default_agrees_for_all_strategies",
    ),
    Fault(
        "one-way ties are taken for mutual ones",
        "drivers/engine",
        "w.has_embedded_peer[i] = w.has_directed_ties[0]",
        "w.has_embedded_peer[i] = False",
        "tests/drivers/test_drivers.py::test_drivers_agree_where_ties_run_one_way",
    ),
    Fault(
        "components that wait for peers never change",
        "drivers/loops",
        "n_second += drift(",
        "n_second += 0 * drift(",
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
    Fault("all that stopped never started", "outcomes/measures", ' & ~_final(runs, "began")', "", BY_HAND),
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
        "        embedded + nominal,\n        s[",
        "        embedded,\n        s[",
        BY_HAND,
    ),
    Fault("name-only share of all", "outcomes/measures", "_over(nominal, reporting)", "nominal / n", BY_HAND),
    Fault(
        "sustainment of all services",
        "outcomes/measures",
        '"sustainment": lambda: _over(embedded, n_ever)',
        '"sustainment": lambda: embedded / n',
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
        "by_deprivation(s.readiness, normal(4),",
        "by_deprivation(s.readiness, normal(5),",
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
        "place = other + (other >= position[i])",
        "place = other + (other > position[i])",
        PICKS,
    ),
    Fault("every round picks the same", "network/ties", "number += 1", "number += 0", PICKS),
    Fault(
        "chance of a pick turned round",
        "network/ties",
        "self._numbers(self.kept, n) < chance",
        "self._numbers(self.kept, n) > chance",
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
        "form_as_published(m, published,",
        "form_as_published(m, 0.0,",
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
        "[1.0] * v.n_components, self.published_form, 1",
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
        "forms += service.effect * (service.form",
        "forms += (service.form",
        f"{REVISION}test_each_revision_is_the_weighted_mean_of_the_services_before_it",
    ),
    Fault(
        "the line passes the first text on",
        "drivers/mesa_model",
        "self.message, self.message_generation = self._messages()\n\n",
        "\n\n",
        f"{REVISION}test_the_line_passes_the_revised_text_on_with_the_same_luck[mesa]",
    ),
    Fault(
        "misfit from the first text",
        "drivers/agents",
        "rules.fit(self.model.b, self.context, self.published_form,",
        "rules.fit(self.model.b, self.context, 0.0,",
        f"{REVISION}test_a_misfit_that_is_revised_away_lets_services_engage[mesa]",
    ),
    Fault(
        "compiled: newcomers read the first text",
        LOOPS,
        "return R.form_as_published(m, w.published_form[0], w.regional_context[i])",
        "return R.form_as_published(m, 0.0, w.regional_context[i])",
        f"{REVISION}test_newcomers_take_the_form_as_last_revised[is directed-compiled]",
    ),
    Fault(
        "compiled: in name only, the first text is held",
        LOOPS,
        "    w.form[i] = published_for(w, m, i)\n",
        "    w.form[i] = 0.0\n",
        f"{REVISION}test_newcomers_take_the_form_as_last_revised[is directed in name only-compiled]",
    ),
    Fault(
        "compiled: all adopters teach alike",
        LOOPS,
        "forms += w.effect[i] * (w.form[i]",
        "forms += (w.form[i]",
        f"{REVISION}test_drivers_agree_where_everything_is_revised",
    ),
    Fault(
        "compiled: the line passes the first text on",
        LOOPS,
        "    pass_down(w, m, b, v)\n\n\n",
        "\n\n",
        f"{REVISION}test_the_line_passes_the_revised_text_on_with_the_same_luck[compiled]",
    ),
    Fault(
        "compiled: misfit from the first text",
        LOOPS,
        "R.fit(b, w.context[i], published_for(w, m, i),",
        "R.fit(b, w.context[i], 0.0,",
        f"{REVISION}test_a_misfit_that_is_revised_away_lets_services_engage[compiled]",
    ),
    Fault(
        "compiled: one run revises the text of the next",
        LOOPS,
        "plan.intervention._replace(codification=plan.intervention.codification.copy())",
        "plan.intervention",
        f"{REVISION}test_a_run_leaves_the_plan_as_it_was",
    ),
    # ---------------------------------------------------------------------------------------- incentive and push
    Fault("the push reaches nobody", "rules", "(1.0 - m.on)) * m.push", "(1.0 - m.on))", RULES),
    Fault("announcements unmoved by the push", "rules", "team_strength(m) * m.push", "team_strength(m)", RULES),
    Fault("pay waits for the instruction", "rules", "instructed + paid)", "instructed + paid * directed)", RULES),
    Fault(
        "pay keeps no nominal adoption", "rules", "(1.0 - m.mandate) * (1.0 - m.incentive)", "(1.0 - m.mandate)", RULES
    ),
    Fault("pay protects nobody", "rules", "* pressure / protected +", "* pressure +", RULES),
    Fault("paid services stop outright", "rules", "m.mandate == 0.0 and m.incentive == 0.0", "m.mandate == 0.0", RULES),
    Fault(
        "pay costs nothing to report",
        "rules",
        "        + c.incentive_month * m.incentive * (n_implementing + n_holding)\n",
        "",
        RULES,
    ),
    Fault(
        "nobody gets used to pay",
        "scenario/plan",
        "usual + (incentive - usual) / MONTHS_TO_GET_USED",
        "usual",
        f"{INCENTIVE}test_services_get_used_to_pay_and_lose_it_by_a_twelfth_a_month",
    ),
    Fault(
        "a push holds for its month alone",
        "scenario/plan",
        "if c.month <= month), 1.0)",
        "if c.month == month), 1.0)",
        f"{INCENTIVE}test_the_push_holds_from_its_month_until_the_next[mesa]",
    ),
    # ---------------------------------------------------------------------------------------- regions, a collaborative
    Fault("hubs rewrite nothing", "rules", "return published + m.hub * regional_context", "return published", RULES),
    Fault("hubs cost on after the programme", "rules", "m.hub * m.on * n_services", "m.hub * n_services", RULES),
    Fault("members cost the same when they do not meet", "rules", "m.collaborates * n_members", "n_members", RULES),
    Fault(
        "regions add to the variance instead of sharing it",
        "network/attributes",
        "np.sqrt(1.0 - between_regions) * own",
        "own",
        f"{REGIONS}test_a_region_shares_its_part_of_context_readiness_and_capability",
    ),
    Fault(
        "compiled: newcomers miss what the hub has made",
        LOOPS,
        "form, generation = published_for(w, m, i), 1",
        "form, generation = w.published_form[0], 1",
        f"{REGIONS}test_newcomers_take_the_form_that_the_hub_has_made[compiled]",
    ),
    Fault(
        "compiled: a revision takes in what hubs made",
        LOOPS,
        "(w.form[i] - hub * w.regional_context[i])",
        "w.form[i]",
        f"{REGIONS}test_a_revision_learns_what_adopters_do_beside_what_hubs_made",
    ),
    Fault(
        "fidelity against the text of all regions",
        "outcomes/record",
        "own_adaptable, form - intended)",
        "own_adaptable, form - published)",
        "tests/outcomes/test_measures.py::test_events_and_sums_agree_with_the_agents",
    ),
    Fault(
        "starting sites stay outside the collaborative",
        "network/collaborative",
        "    members[sites] = True\n",
        "",
        f"{COLLABORATIVE}test_members_are_the_sites_and_who_draws_below_the_share",
    ),
    Fault(
        "a member may pick itself",
        "network/collaborative",
        "other += other >= np.arange(len(uid))",
        "other += 0",
        f"{COLLABORATIVE}test_each_member_picks_others_of_its_region_at_its_addresses",
    ),
    Fault(
        "ties made stay as they were when it ends",
        "scenario/plan",
        "min(before.tie_weight, programme.collaborative.weight_after)",
        "before.tie_weight",
        f"{COLLABORATIVE}test_ties_weigh_in_while_it_meets_and_in_part_afterwards",
    ),
    Fault(
        "compiled: ties made weigh in before it meets",
        LOOPS,
        "w.weight_while_met[entry] * share",
        "w.weight_while_met[entry]",
        f"{COLLABORATIVE}test_drivers_agree_on_ties_that_are_kept_in_part",
    ),
    # ---------------------------------------------------------------------------------------- programmes that respond
    Fault(
        "what a rule sets holds a month too long",
        "scenario/plan",
        "month < began + self.months",
        "month <= began + self.months",
        f"{PATHWAYS}test_a_rule_holds_for_its_months_and_looks_again[mesa]",
    ),
    Fault(
        "a rule in force begins again",
        "drivers/pathways",
        "rule not in {one for one, _ in self._still(month)}",
        "rule >= 0",
        f"{PATHWAYS}test_the_first_rule_that_holds_applies_and_one_in_force_does_not_begin_again",
    ),
    Fault(
        "the last rule that holds applies",
        "drivers/pathways",
        "np.where((applies == NONE) & holds, rule, applies)",
        "np.where(holds, rule, applies)",
        f"{PATHWAYS}test_the_first_rule_that_holds_applies_and_one_in_force_does_not_begin_again",
    ),
    Fault(
        "an undefined measure fails",
        "scenario/conditions",
        "_UNDEFINED, holds)",
        "_FAILS, holds)",
        f"{PATHWAYS}test_an_undefined_measure_neither_holds_nor_fails",
    ),
    Fault(
        "compiled: services of all units are listed as one's",
        LOOPS,
        "u, s = w.unit_of[i], w.state[i]",
        "u, s = 0, w.state[i]",
        f"{PATHWAYS}test_the_sums_of_units_add_up_and_levers_cost_what_they_cost_where_they_hold",
    ),
    # ---------------------------------------------------------------------------------------- adaptation at a price
    Fault("damage grows with the distance, not its square", "rules", "far * far - near * near", "far - near", RULES),
    Fault("tests guard nothing", "rules", "open_to_it * (1.0 - 0.5 * m.tests)", "open_to_it", RULES),
    Fault("tests repair nothing", "rules", "max(m.monitoring, support, m.tests)", "max(m.monitoring, support)", RULES),
    Fault(
        "core left out by the latitude itself", "rules", "latitude = latitude * latitude", "latitude = latitude", RULES
    ),
    Fault(
        "a second form fits like the first",
        "rules",
        "    return b.adaptation.second_form_fit * fit_at(b, there - form)\n",
        "    return fit_at(b, there - form)\n",
        RULES,
    ),
    Fault(
        "what is held as core does not work", "rules", "fit(b, context, published, second_form) * held", "0.0", RULES
    ),
    Fault(
        "what was co-produced is not licensed",
        "drivers/agents",
        "rules.latitude_licensed(b, m, self.adaptation_tendency, self.co_produced),",
        "rules.latitude_taken(m, self.adaptation_tendency),",
        f"{ADAPTATION}test_what_was_co_produced_is_licensed[mesa]",
    ),
    Fault(
        "compiled: what was co-produced is not licensed",
        LOOPS,
        "R.latitude_licensed(b, m, w.adaptation_tendency[i], w.co_produced[i])",
        "R.latitude_taken(m, w.adaptation_tendency[i])",
        f"{ADAPTATION}test_what_was_co_produced_is_licensed[compiled]",
    ),
    Fault(
        "compiled: a core that nobody knows of is guarded",
        LOOPS,
        "guarded if v.core[at] else damage if",
        "guarded if v.core[at] else guarded if",
        f"{ADAPTATION}test_damage_is_decided_for_each_function_at_its_address[compiled]",
    ),
    Fault(
        "compiled: newcomers know what others learnt",
        LOOPS,
        "    w.misreading[i] = 1.0\n",
        "",
        f"{ADAPTATION}test_newcomers_misread_afresh[compiled]",
    ),
    Fault(
        "patients shape nothing of their own accord",
        "scenario/plan",
        "values[lever.follows] if own is None and lever.follows else own",
        "own or 0.0",
        f"{ADAPTATION}test_co_production_is_with_patients_too_unless_told_otherwise",
    ),
    Fault(
        "a later candidate for damage is as likely as the first",
        "draws",
        "none_yet = none_yet * (1.0 - chance)",
        "none_yet = 1.0 - chance",
        f"{ADAPTATION}test_damage_is_decided_for_each_function_at_its_address[mesa]",
    ),
    Fault(
        "compiled: damage is decided with the draw of the candidate",
        LOOPS,
        "draw(w, CORE_DAMAGE, draws.COMPONENT_STRIDE * i + at) * damage < chance",
        "u * damage < chance",
        f"{ADAPTATION}test_damage_is_decided_for_each_function_at_its_address[compiled]",
    ),
    Fault(
        "who is a starting site adapts consistently",
        "outcomes/measures",
        'has_moved & (_final(runs, "generation") > 0)',
        "has_moved",
        "tests/outcomes/test_measures.py::test_readiness_and_adaptation_follow_from_what_services_hold",
    ),
    Fault(
        "a service without its peers hears a collaborative's members",
        "network/data",
        "np.where(np.isin(self.ties.listener, self.deaf), 0.0, weight) if self.deaf else weight",
        "weight",
        "tests/comparison/test_explanation.py::test_without_its_peers_a_service_learns_from_nobody",
    ),
    Fault(
        "the reduced model keeps the collaborative",
        "calibration/reduced_model",
        '    "programme.collaborative.share": 0.0,\n',
        "",
        "tests/calibration/test_calibration.py::test_a_known_truth_is_recovered",
    ),
)
