"""Lessons are data: each is read, run, and shows what it says, and no longer does once its rule is switched off."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner

from spreadsim.cli import commands
from spreadsim.errors import InputError, InputErrors
from spreadsim.lessons.data import dates_of
from spreadsim.lessons.document import SECTIONS
from spreadsim.lessons.files import find_lesson, lesson_folders, load_lesson, shipped_lessons
from spreadsim.lessons.runs import (
    LessonRun,
    check_claims,
    curve_through,
    judge,
    n_points,
    parse_prediction,
    run_lesson,
)
from spreadsim.lessons.text import glossary
from spreadsim.scenario.files import shipped_folder

TOP = Path(__file__).parents[2]
NAMES = [path.name for path in shipped_lessons()]


@pytest.mark.parametrize("name", NAMES)
def test_a_lesson_shows_what_it_says_and_fails_without_its_rule(name: str) -> None:
    lesson = load_lesson(shipped_folder("lessons") / name)
    found = check_claims(lesson)
    assert found
    for on, off in found:
        assert on.holds, f"{on.claim.says} ({on.value:.3f} against {on.other:.3f})"
        assert not off.holds, f"still holds without its rule: {on.claim.says} ({off.value:.3f} against {off.other:.3f})"


def test_eight_lessons_in_order_each_whole() -> None:
    lessons = [load_lesson(path) for path in shipped_lessons()]
    assert [lesson.number for lesson in lessons] == list(range(1, 9))
    for lesson in lessons:
        assert set(lesson.text) == set(SECTIONS) - {"Exercises"}
        assert len(lesson.text["Why"].split("\n\n")) == 2, f"{lesson.name}: the mechanism has two paragraphs"
        assert len(lesson.exercises) >= 2
    assert lessons[-1].table.data is not None
    assert len(glossary()) > 20


def test_the_wheel_carries_them() -> None:
    assert '"lessons" = "spreadsim/shipped/lessons"' in (TOP / "pyproject.toml").read_text(encoding="utf-8")


# ------------------------------------------------------------------------------------------------- predictions


@pytest.fixture(scope="module")
def drawn() -> LessonRun:
    """The lesson Bridges and clusters, run: a curve over months is predicted."""
    return run_lesson(load_lesson(find_lesson("2", shipped_lessons())))


@pytest.fixture(scope="module")
def picked() -> LessonRun:
    """The lesson One contact is not enough, run: a card is picked."""
    return run_lesson(load_lesson(find_lesson("1", shipped_lessons())))


def test_a_curve_as_the_runs_have_it_is_not_off_and_a_flat_one_is_off_by_what_it_misses(drawn: LessonRun) -> None:
    middle = drawn.bands("bridges", "reach")[2]
    k = n_points(drawn.length)
    places = np.linspace(0, len(middle) - 1, k).round().astype(int)
    near = judge(drawn, tuple(float(middle[p]) for p in places))
    assert near.distance < 0.05
    flat = judge(drawn, (0.0,) * k)
    assert flat.distance == pytest.approx(float(middle.mean()))
    assert flat.outcome is not None
    assert flat.outcome > 0.99
    assert flat.prediction == 0.0
    assert curve_through((0.0, 1.0), 5).tolist() == [0, 0.25, 0.5, 0.75, 1]


def test_cards_are_judged_by_the_runs(picked: LessonRun) -> None:
    verdicts = [judge(picked, card) for card in range(3)]
    assert [v.right for v in verdicts] == [False, True, False]
    assert {v.answer for v in verdicts} == {1}
    gap = float(np.mean(picked.values("side-by-side", "reach")) - np.mean(picked.values("scattered", "reach")))
    assert verdicts[0].distance == pytest.approx(gap)
    assert verdicts[1].distance == 0


def test_the_last_lesson_says_that_the_best_cannot_be_told_from_the_next() -> None:
    run = run_lesson(load_lesson(find_lesson("8", shipped_lessons())))
    verdict = judge(run, 5)
    assert verdict.right
    assert run.lesson.table.predict.cards[5].same


def test_the_luck_is_the_same_in_every_arm_and_every_time(drawn: LessonRun) -> None:
    again = run_lesson(drawn.lesson)
    assert np.array_equal(again.curves("bridges", "reach"), drawn.curves("bridges", "reach"))
    changed = run_lesson(drawn.lesson, {"network.generator.rewiring": 0.0})
    assert np.array_equal(changed.curves("bridges", "reach"), changed.curves("neighbours", "reach"))


@pytest.mark.parametrize("given", [None, "0", True, 3, -1, [0.1] * 6, {"card": 1}, 1.0])
def test_what_is_no_card_is_refused(picked: LessonRun, given: Any) -> None:
    with pytest.raises(InputError):
        parse_prediction(picked, given)


@pytest.mark.parametrize("given", [
    None, 1, [0.1] * 5, [0.1] * 7, [0.1] * 5 + [1.5], [0.1] * 5 + [float("nan")], [0.1] * 5 + [True], "0.1,0.2", [[]],
])  # fmt: skip
def test_what_is_no_curve_is_refused(drawn: LessonRun, given: Any) -> None:
    with pytest.raises(InputError):
        parse_prediction(drawn, given)


# ------------------------------------------------------------------------------------------------- dates


def test_where_there_are_no_real_data_a_twin_stands_in_and_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SPREADSIM_DATA", raising=False)
    dates = dates_of(load_lesson(find_lesson("8", shipped_lessons())))
    assert dates is not None
    assert dates.kind == "twin"
    assert "generated twin" in dates.label
    assert "not real data" in dates.label


def test_real_dates_are_shown_where_they_are(real_data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SPREADSIM_DATA", str(real_data))
    lesson = load_lesson(find_lesson("8", shipped_lessons()))
    dates = dates_of(lesson)
    assert dates is not None
    assert dates.kind == "real"
    assert dates.label.startswith("Real data: Physicians")
    assert dates.curve[-1] == (17, 109 / 125)  # 16 of 125 had not adopted by month 17
    run = run_lesson(lesson, dates.settings, dates.network)
    first = dates.settings["programme.starting_sites.ids"]
    assert len(first) == 4
    made = run.comparisons["half"]
    at_start = made.outcomes["balance-50"][0].first_month == 0
    assert sorted(np.array(made.network.ids)[at_start].tolist()) == sorted(first)
    assert judge(run, 5).right


def test_dates_that_the_user_brought_come_first(tmp_path: Path) -> None:
    from spreadsim.network.reading.files import load_network

    rows = [f"s{i},{i % 7 + 1 if i < 30 else ''}" for i in range(40)]
    (tmp_path / "services.csv").write_text("id,adopted_month\n" + "\n".join(rows) + "\n")
    (tmp_path / "ties.csv").write_text("source,target\n" + "\n".join(f"s{i},s{(i + 1) % 40}" for i in range(40)) + "\n")
    lesson = load_lesson(find_lesson("8", shipped_lessons()))
    dates = dates_of(lesson, load_network(tmp_path))
    assert dates is not None
    assert dates.kind == "own"
    assert dates.curve[-1][1] == 0.75
    assert dates.settings == {"programme.starting_sites.ids": ["s0"]}


# ------------------------------------------------------------------------------------------------- a teacher's own


@pytest.fixture
def own(tmp_path: Path) -> Path:
    """A lesson of a teacher's own, a copy of one that is shipped."""
    folder = tmp_path / "mine" / "09-telephone"
    shutil.copytree(shipped_folder("lessons") / "05-whispers", folder)
    return folder


def test_a_lesson_of_ones_own_stands_beside_the_others(own: Path) -> None:
    folders = lesson_folders(own.parent)
    assert [path.name for path in folders][-1] == "09-telephone"
    assert find_lesson("9", folders) == own
    assert find_lesson("telephone", folders) == own
    own.rename(own.parent / "03-telephone")
    with pytest.raises(InputError, match="taken by 03-leaders"):
        lesson_folders(own.parent)


FAULTS = [
    ("lesson.toml", "minutes = 6", "minuets = 6", "did you mean 'minutes'"),
    ("lesson.toml", "[arms.spoken]\ntitle", "[arms.spoken]\ntitel", "did you mean 'title'"),
    ("lesson.toml", 'label = "nothing', 'lable = "nothing', "did you mean 'label'"),
    ("lesson.toml", 'strategy = "word-of-mouth"', 'strategy = "word-of-moth"', "did you mean 'word-of-mouth'"),
    ("lesson.toml", 'arm = "spoken"\nmeasure = "fidelity_at_start"\naxis', 'arm = "spokn"\nmeasure = '
     '"fidelity_at_start"\naxis', "did you mean 'spoken'"),
    ("lesson.toml", 'measure = "fidelity_at_start"\naxis', 'measure = "fidelity"\naxis', "cannot be drawn here"),
    ("lesson.toml", "replicates = 100", "replicates = 1000", "at most 200"),
    ("lesson.toml", "error_from_peer\" = 0.05", "error_from_pear\" = 0.05", "did you mean 'error_from_peer'"),
    ("lesson.toml", 'comparison = "less"\nvalue = 0.25', 'comparison = "less"', "exactly one of 'than'"),
    ("lesson.toml", 'than = "spoken"', 'than = "silent"', "'silent' is not an arm"),
    ("lesson.toml", 'kind = "curve"', 'kind = "card"', "two to six"),
    ("lesson.md", "## Take home", "## Take hone", "did you mean 'Take home'"),
    ("lesson.md", "## Why\n", "", "'## Why' is missing"),
    ("lesson.md", "#### Answer", "#### The answer", "no worked answer"),
    ("scenario.toml", "months = 12", "months = many", "not valid TOML"),
    ("scenario.toml", "based_on", "basedon", "unknown name"),
]  # fmt: skip


@pytest.mark.parametrize(("file", "right", "wrong", "said"), FAULTS, ids=[f[3][:30] for f in FAULTS])
def test_a_faulty_lesson_is_refused_in_words(own: Path, file: str, right: str, wrong: str, said: str) -> None:
    text = (own / file).read_text(encoding="utf-8")
    assert right in text
    (own / file).write_text(text.replace(right, wrong, 1), encoding="utf-8")
    with pytest.raises((InputError, InputErrors), match=said) as failure:
        load_lesson(own)
    assert file in str(failure.value) or "lesson.toml" in str(failure.value)


def test_a_claim_that_does_not_hold_is_reported(own: Path) -> None:
    runner = CliRunner()
    good = runner.invoke(commands, ["lessons", "--check", str(own)])
    assert good.exit_code == 0
    assert good.output.count("fails, as it must") == 2
    text = (own / "lesson.toml").read_text(encoding="utf-8")
    (own / "lesson.toml").write_text(text.replace("value = 0.25", "value = 0.05"), encoding="utf-8")
    bad = runner.invoke(commands, ["lessons", "--check", str(own)])
    assert "DOES NOT HOLD" in bad.output
    assert "1 of 2 claims" in str(bad.exception)


def test_lessons_are_listed_and_copied(tmp_path: Path) -> None:
    runner = CliRunner()
    listed = runner.invoke(commands, ["lessons"]).output
    assert "8  Getting the balance right" in listed
    target = tmp_path / "deep" / "09-mine"
    assert runner.invoke(commands, ["lessons", "--copy", "5", "--to", str(target)]).exit_code == 0
    assert load_lesson(target).number == 9
    again = runner.invoke(commands, ["lessons", "--copy", "5", "--to", str(target)])
    assert isinstance(again.exception, InputError)
    nowhere = runner.invoke(commands, ["lessons", "--check", "77"])
    assert isinstance(nowhere.exception, InputError)
