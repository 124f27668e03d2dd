"""Results that take the name of earlier ones say so, and ``results/latest`` is the newest folder."""

from __future__ import annotations

import os
import threading
from pathlib import Path

import pytest

import spreadsim as ss
from spreadsim.comparison.changes import change_sentence
from spreadsim.telling.earlier import folder_state, latest_folder, name_latest


def state(folder: Path, seed: int = 1, force: bool = False):  # type: ignore[no-untyped-def]
    small = ["network.services=80", "run.months=12"]
    scenario = ss.load_scenario("default", small)
    ss.compare(scenario, replicates=2, seed=seed, frontier=False, doubt="none").save(folder, force=force)
    return folder_state(folder)


def test_the_sentence_names_what_changed(tmp_path: Path) -> None:
    one, two = Path("results/default"), Path("results/default-2")
    first, other = state(tmp_path / "one"), state(tmp_path / "other", seed=9)
    assert change_sentence(one, one, first, first) == "results/default was replaced: the same results, byte for byte"
    text = change_sentence(one, one, first, other)
    assert text.endswith("(seed 1 -> 9)")
    best = [
        max(s.summary["strategies"], key=lambda n: s.summary["strategies"][n]["benefit"]["mean"])
        for s in (first, other)
    ]
    assert all(name in text for name in best)
    assert ("the highest mean in both" in text) == (best[0] == best[1])
    assert change_sentence(two, one, first, other).startswith(
        "results/default was kept, and these results are in results/default-2: "
    )
    strategies = {name: {"benefit": {"mean": 0.1 if name == best[0] else 0.5}} for name in first.summary["strategies"]}
    turned = type(first)({**first.summary, "strategies": strategies}, {**first.receipt, "results": {}})
    assert "the highest mean of sustained benefit was that of" in change_sentence(one, one, first, turned)


@pytest.mark.parametrize("damage", ["", "[]", "{", '{"strategies": 3'])
def test_a_folder_that_cannot_be_read_has_no_state(tmp_path: Path, damage: str) -> None:
    (tmp_path / "provenance.json").write_text(damage)
    assert folder_state(tmp_path) is None


def test_latest_names_the_newest_folder(tmp_path: Path) -> None:
    for name in ("one", "two"):
        folder = tmp_path / "results" / name
        folder.mkdir(parents=True)
        name_latest(folder)
        assert (tmp_path / "results" / "latest").resolve() == folder.resolve()
        assert os.readlink(tmp_path / "results" / "latest") == name
    assert sorted(path.name for path in (tmp_path / "results").iterdir()) == ["latest", "one", "two"]


def test_latest_is_a_text_file_where_links_cannot_be_made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*arguments: object, **options: object) -> None:
        raise OSError("a required privilege is not held")

    monkeypatch.setattr(Path, "symlink_to", refuse)
    for name in ("one", "two"):
        folder = tmp_path / "results" / name
        folder.mkdir(parents=True)
        name_latest(folder)
        assert latest_folder(tmp_path / "results" / "latest") == folder


def test_somebody_elses_latest_stays(tmp_path: Path) -> None:
    folder, latest = tmp_path / "results" / "one", tmp_path / "results" / "latest"
    folder.mkdir(parents=True)
    latest.write_text("my notes")
    name_latest(folder)
    assert latest.read_text() == "my notes"
    latest.unlink()
    latest.mkdir()
    name_latest(folder)
    assert latest.is_dir()
    assert not latest.is_symlink()


def test_nothing_is_named_elsewhere(tmp_path: Path) -> None:
    folder = tmp_path / "mine" / "one"
    folder.mkdir(parents=True)
    name_latest(folder)
    assert [path.name for path in folder.parent.iterdir()] == ["one"]


def test_runs_at_the_same_time_leave_one_whole_link(tmp_path: Path) -> None:
    folders = [tmp_path / "results" / f"run-{i}" for i in range(8)]
    for folder in folders:
        folder.mkdir(parents=True)
    threads = [threading.Thread(target=name_latest, args=(folder,)) for folder in folders * 4]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    names = {path.name for path in (tmp_path / "results").iterdir()}
    assert names == {"latest", *(folder.name for folder in folders)}
    assert (tmp_path / "results" / "latest").resolve() in {folder.resolve() for folder in folders}
