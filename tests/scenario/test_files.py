"""Scenario files: what a user may write, and what the user sees when it is wrong."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import spreadsim as ss
from spreadsim.errors import InputError, InputErrors, SpreadsimError
from spreadsim.scenario.files import load_scenario, shipped_names, to_toml
from spreadsim.scenario.plan import plans
from spreadsim.scenario.validation import as_document, merge, validate
from tests.random_scenarios import scenarios

# what is in the file (laid upon the default), and the words that the user sees
BAD_FILES = [
    ("[run]\nmonth = 60", "run.month: unknown name; did you mean 'months'?"),
    ("[run]\nmonths = 0", "run.months: 0 is out of bounds; it must be at least 1"),
    ("[run]\nmonths = 12.5", "run.months: 12.5 is not a whole number; give a whole number"),
    ("[run]\nmonths = '60'", "run.months: '60' is not a whole number; give a whole number"),
    ("[run]\nreplicates = true", "run.replicates: True is not a whole number; give a whole number"),
    ("[programme]\nsupport = 1.5", "programme.support: 1.5 is out of bounds; it must be at most 1"),
    ("[programme]\nsupport = 'high'", "programme.support: 'high' is not a number; give a number"),
    ("[programme]\nsuport = 0.5", "programme.suport: unknown name; did you mean 'support'?"),
    ("[programme]\nstart_month = 40", "programme.stop_month is before programme.start_month"),
    ("[programme]\nlatitude_after = 'always'", "programme.latitude_after: 'always'"),
    (
        "[programme.starting_sites]\nrule = 'most-redy'",
        "programme.starting_sites.rule: 'most-redy' is not one of the choices; did you mean 'most-ready'?",
    ),
    (
        "[behaviour.adoption]\nexternal_influence = nan",
        "behaviour.adoption.external_influence: nan is not a finite number",
    ),
    (
        "[behaviour.adaptation]\nfit_distance = 0.0",
        "behaviour.adaptation.fit_distance: 0.0 is out of bounds; it must be more than 0",
    ),
    ("[behaviour.adoption]\nthreshold_most_ready = 0.5", "behaviour.adoption.threshold_most_ready is above"),
    ("[behaviour]\nadoptoin = {}", "behaviour.adoptoin: unknown name; did you mean 'adoption'?"),
    ("[intervention.components.a]\nweight = 0.4", "the weights of components sum to 0.4; they must sum to 1"),
    (
        "[intervention.components.a]\nweight = 1.0\ncodificaton = 0.2",
        "intervention.components.a.codificaton: unknown name; did you mean 'codification'?",
    ),
    ("[network]\nservices = 10", "10 services cannot fill 80 lowest-level groups"),
    (
        "[network]\nsource = 'small-wrld'",
        "network.source: 'small-wrld' is not one of the choices; did you mean 'small-world'?",
    ),
    (
        "[network]\nhierarchy = [{level = 'a', count = 4}, {level = 'b', count = 2}]",
        "level 'b' has 2 groups, fewer than the 4",
    ),
    ("[network]\nhierarchy = [{level = 'a'}]", "give exactly one of 'count', 'names' and 'children'"),
    ("[network]\nhierarchy = [{level = 'a', children = [2, 2]}]", "'children' has 2 entries for 1 groups above"),
    ("[network.group_sizes]\ndistribution = 'observed'", "distribution = \"observed\" needs 'counts'"),
    (
        "[strategies.a]\nmandate = 0.5",
        "give 'balance', or every lever that it sets (missing: latitude, peer_programme, monitoring)",
    ),
    ("[strategies.a]\nbalance = 1.2", "strategies.a.balance: 1.2 is out of bounds; it must be at most 1"),
    ("[strategies.a]\nbalance = 0.5\nsuport = 1.0", "strategies.a.suport: unknown name; did you mean 'support'?"),
    ("[strategies.'a - b']\nbalance = 0.5", "cannot name a strategy"),
    ("[strategies.a]\nbalance = 0.5\noverrides = { 'network.services' = 9 }", "[network] is shared by all strategies"),
    (
        "[strategies.a]\nbalance = 0.5\noverrides = { 'behavior.drift.rate' = 0.1 }",
        "unknown name; did you mean 'behaviour'?",
    ),
    (
        "[strategies.a]\nbalance = 0.5\noverrides = { 'behaviour.drift.rat' = 0.1 }",
        "strategies.a: behaviour.drift.rat: unknown name; did you mean 'rate'?",
    ),
    (
        "[strategies.a]\nbalance = 0.5\noverrides = { 'behaviour.drift.rate' = 9 }",
        "strategies.a: behaviour.drift.rate: 9 is out of bounds; it must be at most 0.2",
    ),
    ("[strategies.a]\nbalance = 0.5\n[[strategies.a.schedule]]\nmandate = 0.1", "schedule.0.month: is missing; add it"),
    (
        "[strategies.a]\nbalance = 0.5\n[[strategies.a.schedule]]\nmonth = 3\nmandat = 0.1",
        "schedule.0.mandat: unknown name; did you mean 'mandate'?",
    ),
    ("[strategies]\n", "strategies"),
    ("[frontier]\nbalances = [1.0, 0.5]", "balances must be in ascending order"),
    ("format = 2", "format: 2"),
    ("question = 3", "question: 3 is not text in quotes"),
    ("[cost]\nimplementing_month = -1.0", "cost.implementing_month: -1.0 is out of bounds; it must be at least 0"),
    ("run = 5", "run: 5 is not a table; give a table"),
    ("[run\nmonths = 3", "is not valid TOML"),
    ("based_on = 'no-such'", "no shipped scenario and no file has this name"),
    ("based_on = '../../etc/passwd'", "is outside the file's folder; give a path inside"),
    ("based_on = '/etc/passwd'", "is an absolute path; give a path inside"),
    ("based_on = 7", "based_on: 7 is not text"),
]


@pytest.mark.parametrize(("text", "seen"), BAD_FILES)
def test_a_bad_file_is_refused_in_words(tmp_path: Path, text: str, seen: str) -> None:
    head = "" if "based_on" in text else "based_on = 'default'\n"
    path = tmp_path / "mine.toml"
    path.write_text(head + text, encoding="utf-8")
    if text.startswith("[strategies]"):
        path.write_text("name = 'x'\n[strategies]\n", encoding="utf-8")
    with pytest.raises(SpreadsimError) as raised:
        load_scenario(str(path))
    message = str(raised.value)
    assert seen in message
    assert "; " in message, "says what to do"
    assert message.startswith(str(path)) or "mine.toml" in message or "no-such" in message or "passwd" in message


@pytest.mark.parametrize(
    ("content", "seen"),
    [
        (b"\xff\xfe[\x00r\x00", "is not UTF-8 text"),
        (b"a = [" + b"[" * 100_000, "nested too deeply"),
        (b"# " + b"x" * 2_100_000, "at most 2,000,000"),
    ],
)
def test_a_file_that_is_no_scenario(tmp_path: Path, content: bytes, seen: str) -> None:
    path = tmp_path / "mine.toml"
    path.write_bytes(content)
    with pytest.raises(InputError, match=seen):
        load_scenario(str(path))


def test_missing_files_and_folders(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="there is no such file; check the path"):
        load_scenario(str(tmp_path / "no.toml"))
    with pytest.raises(InputError, match="did you mean 'default'"):
        load_scenario("defualt")


def test_a_circle_of_files_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.toml").write_text("based_on = 'b.toml'")
    (tmp_path / "b.toml").write_text("based_on = 'a.toml'")
    with pytest.raises(InputError, match=r"the chain is circular: a.toml -> b.toml -> a.toml"):
        load_scenario(str(tmp_path / "a.toml"))


def test_several_faults_are_all_named(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text("based_on = 'default'\n[run]\nmonths = 0\n[programme]\nsupport = 2.0\nsuport = 1")
    with pytest.raises(InputErrors) as raised:
        load_scenario(str(path))
    assert len(raised.value.errors) == 3


def test_a_byte_order_mark_and_windows_line_ends_do_no_harm(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_bytes(b"\xef\xbb\xbfbased_on = 'default'\r\n[run]\r\nmonths = 24\r\n")
    assert load_scenario(str(path)).run.months == 24


def test_based_on_merges_tables_and_replaces_components_strategies_and_lists(tmp_path: Path) -> None:
    (tmp_path / "base.toml").write_text(
        "based_on = 'default'\n[run]\nmonths = 24\n[programme]\nsupport = 0.9\n[strategies.mine]\nbalance = 0.5\n"
    )
    (tmp_path / "mine.toml").write_text(
        "based_on = 'base.toml'\n[run]\nseed = 7\n[network]\nhierarchy = [{level = 'county', count = 5}]\n"
        "[intervention.components.only]\nweight = 1.0\n"
    )
    scenario = load_scenario(str(tmp_path / "mine.toml"))
    assert (scenario.run.months, scenario.run.seed, scenario.programme.support) == (24, 7, 0.9)
    assert scenario.programme.co_production == 0.3
    assert list(scenario.strategies) == ["mine"]
    assert list(scenario.intervention.components) == ["only"]
    assert [level.level for level in scenario.network.hierarchy] == ["county"]


def test_settings_are_read_as_toml_else_as_text() -> None:
    scenario = load_scenario(
        "default",
        [
            "run.months=24",
            "intervention.components.team-roles.core=true",
            "programme.support_for=implementing-and-embedded",
            "title=A title with = in it",
        ],
    )
    assert scenario.run.months == 24
    assert scenario.intervention.components["team-roles"].core is True
    assert scenario.programme.support_for == "implementing-and-embedded"
    assert scenario.title == "A title with = in it"
    assert next(iter(scenario.intervention.components)) == "risk-assessment"  # order is kept


@pytest.mark.parametrize("setting", ["run.months", "=3", "run.months.deep=3"])
def test_a_bad_setting_is_refused(setting: str) -> None:
    with pytest.raises(SpreadsimError, match="--set"):
        load_scenario("default", [setting])


@pytest.mark.parametrize("name", shipped_names())
def test_every_shipped_scenario_resolves_to_itself(name: str, tmp_path: Path) -> None:
    """The resolved file is the same scenario: title, question, strategies, and every number."""
    scenario = load_scenario(name)
    assert scenario.title
    assert scenario.question
    assert scenario.shows
    assert scenario.sources
    path = tmp_path / f"{name}.toml"
    path.write_text(to_toml(scenario), encoding="utf-8")
    again = load_scenario(str(path))
    assert as_document(again) == as_document(scenario)
    assert str(plans(again)) == str(plans(scenario))


def test_the_default_file_states_the_declared_defaults() -> None:
    """default.toml writes every field out; each equals what the code declares."""
    shipped = as_document(load_scenario("default"))
    declared = as_document(validate({"name": "default", "strategies": shipped["strategies"]}, "declared"))
    for table in ("run", "intervention", "network", "services", "programme", "behaviour", "cost", "frontier"):
        assert shipped[table] == declared[table], table


@given(scenarios())
def test_any_scenario_survives_being_written_and_read(scenario: ss.Scenario) -> None:
    import tomllib

    again = validate(tomllib.loads(to_toml(scenario)), "again")
    assert as_document(again) == as_document(scenario)
    assert str(plans(again)) == str(plans(scenario))


@given(st.recursive(st.integers(), lambda inner: st.dictionaries(st.sampled_from("abc"), inner, max_size=3)))
def test_merging_with_nothing_changes_nothing(document: object) -> None:
    if isinstance(document, dict):
        assert merge(document, {}) == document
        assert merge({}, document) == document
        assert merge(document, document) == document


# --------------------------------------------------------------------------------------------------- levers


def levers_of(text: str, tmp_path: Path) -> list:
    path = tmp_path / "mine.toml"
    path.write_text("based_on = 'default'\n" + text)
    return list(plans(load_scenario(str(path)))[0].levers)


def test_the_dial_sets_four_levers(tmp_path: Path) -> None:
    m = levers_of("[strategies.a]\nbalance = 0.25", tmp_path)[0]
    assert (m.mandate, m.peer_programme, m.monitoring) == (0.75, 0.25, 0.75)
    assert m.latitude == 0.05 + 0.95 * 0.25
    m = levers_of("[strategies.a]\nbalance = 0.25\nmandate = 0.1", tmp_path)[0]
    assert (m.mandate, m.monitoring) == (0.1, 0.75)


def test_a_programme_begins_and_ends(tmp_path: Path) -> None:
    programme = "[programme]\nstart_month = 3\nstop_month = 6\nlatitude_after = 1.0\n"
    months = levers_of(f"{programme}[strategies.a]\nbalance = 0.0", tmp_path)
    assert [m.on for m in months[:8]] == [0, 0, 0, 1, 1, 1, 0, 0]
    assert [m.mandate for m in months[:8]] == [0, 0, 0, 1, 1, 1, 0, 0]
    assert [m.latitude for m in months[:8]] == [1, 1, 1, 0.05, 0.05, 0.05, 1, 1]
    assert [m.months_directed for m in months[3:6]] == [0, 1, 2]
    assert {m.support for m in months[6:]} == {0.0}


def test_latitude_may_stay_as_before(tmp_path: Path) -> None:
    months = levers_of("[strategies.a]\nbalance = 0.0\nlatitude_after = 'as-before'", tmp_path)
    assert {m.latitude for m in months} == {0.05}


def test_an_entry_after_the_end_brings_back_only_what_it_names(tmp_path: Path) -> None:
    months = levers_of(
        "[strategies.a]\nbalance = 0.0\n[[strategies.a.schedule]]\nmonth = 36\nmonitoring = 0.3\n"
        "[[strategies.a.schedule]]\nmonth = 48\nmonitoring = 0.0\n",
        tmp_path,
    )
    assert (months[36].monitoring, months[36].mandate, months[36].support, months[36].on) == (0.3, 0.0, 0.0, 0.0)
    assert months[47].monitoring == 0.3
    assert months[48].monitoring == 0.0


def test_an_entry_in_the_middle_holds_until_another_names_it(tmp_path: Path) -> None:
    months = levers_of(
        "[strategies.a]\nbalance = 1.0\n[[strategies.a.schedule]]\nmonth = 12\nmandate = 0.5\nsupport = 0.9\n"
        "[[strategies.a.schedule]]\nmonth = 20\nsupport = 0.1\n",
        tmp_path,
    )
    assert (months[11].mandate, months[12].mandate, months[35].mandate, months[36].mandate) == (0, 0.5, 0.5, 0)
    assert (months[11].support, months[12].support, months[20].support) == (0.5, 0.9, 0.1)
    assert months[12].months_directed == 0  # the instruction sets out when it is issued
    assert months[12].peer_programme == 1.0


def test_strategy_may_change_components_clarity_and_anything_else(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(
        "based_on = 'default'\n[strategies.a]\nbalance = 0.5\ncodification = 0.9\nmechanism_clarity = 0.8\n"
        "starting_sites = { rule = 'most-deprived' }\n"
        "overrides = { 'behaviour.drift.rate' = 0.02, 'intervention.components.team-roles.core' = true }\n"
        "[strategies.b]\nbalance = 0.5\n"
    )
    a, b = plans(load_scenario(str(path)))
    assert set(a.intervention.codification) == {0.9}
    assert (a.intervention.mechanism_clarity, a.intervention.n_core) == (0.8, 5)
    assert a.behaviour.drift.rate == 0.02
    assert (a.programme.starting_sites.rule, a.programme.starting_sites.share) == ("most-deprived", 0.03)
    assert (b.behaviour.drift.rate, b.intervention.n_core, b.programme.starting_sites.rule) == (0.01, 4, "random")


def test_what_cannot_be_printed_is_refused() -> None:
    with pytest.raises(ss.SpreadsimError, match="cannot be printed"):
        ss.load_scenario("default", ['title="a\\u001b[31mb"'])


def test_a_misspelt_component_is_named() -> None:
    with pytest.raises(ss.InputError, match="there is no component 'team-rols'; did you mean 'team-roles'"):
        ss.load_scenario("default", ["intervention.components.team-rols.core=true"])
