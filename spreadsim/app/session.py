"""What one user has before them: the documents, what is shown, and what was computed last.

What belongs here: state of one page, made anew for each, and the actions that change it. Nothing here is shared.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from solara.toestand import Reactive

from spreadsim.app import documents, fields
from spreadsim.app.display import exports
from spreadsim.app.documents import History
from spreadsim.app.library import solara
from spreadsim.app.server import uploads
from spreadsim.comparison.comparison import Comparison
from spreadsim.errors import InputError, SpreadsimError
from spreadsim.scenario.document import Scenario


class Session:
    """The state of one page.

    Parameters
    ----------
    screens : names of the app's screens; the first is shown at the start.

    Examples
    --------
    >>> session = Session(["Explore", "Compare"])
    >>> session.scenario.name, session.strategy_name, session.tab.value
    ('default', 'top-down', 'Explore')
    """

    def __init__(self, screens: Iterable[str]) -> None:
        self.screens = tuple(screens)
        self.history: Reactive[History] = solara.reactive(documents.history_from(documents.shipped_scenario("default")))
        self.tab = solara.reactive(self.screens[0])
        self.strategy = solara.reactive("")
        self.replicate = solara.reactive(0)
        self.service = solara.reactive("")
        self.message = solara.reactive("")
        self.more = solara.reactive(False)
        self.hide_names = solara.reactive(False)
        self.upload: Reactive[uploads.Upload | None] = solara.reactive(None)
        self.file_columns: Reactive[tuple[str, ...]] = solara.reactive(())
        self.result: Reactive[Comparison | None] = solara.reactive(None)
        self.file: Reactive[dict[str, Any] | None] = solara.reactive(None)
        self.sweep: Reactive[Any] = solara.reactive(None)
        self.server_runs = solara.reactive("")  # why the page cannot make runs; empty where it can
        self._files = 0

    def show(self, screen: str) -> None:
        """Go to a screen."""
        if screen not in self.screens:
            raise LookupError(f"there is no screen '{screen[:60]}'")
        self.tab.set(screen)

    # ------------------------------------------------------------------------------------------ the document

    @property
    def scenario(self) -> Scenario:
        """The scenario as it stands."""
        return self.history.value.current

    @property
    def strategy_name(self) -> str:
        """The strategy whose levers and map are shown."""
        names = list(self.scenario.strategies)
        return self.strategy.value if self.strategy.value in names else names[0]

    @property
    def comparison_scenario(self) -> Scenario:
        """The scenario with the strategies that are compared: the first four."""
        names = list(self.scenario.strategies)[: documents.MAX_STRATEGIES]
        return documents.with_only(self.scenario, names)

    def attempt(self, action: Callable[[], None]) -> None:
        """Do something; say what is wrong where it cannot be done."""
        try:
            action()
        except (SpreadsimError, ValueError, TypeError, LookupError, AttributeError, OverflowError) as error:
            self.message.set(documents.error_text(error))
        else:
            self.message.set("")

    def become(self, scenario: Scenario) -> None:
        """Take a changed scenario as the present one."""
        if scenario is not self.scenario:
            self.history.set(self.history.value.push(scenario))

    def change(self, item: dict[str, Any]) -> None:
        """Change one parameter."""

        def act() -> None:
            path = str(item["path"])
            self.become(documents.with_value(self.scenario, path, fields.typed_value(path, item["value"])))

        self.attempt(act)

    def reset(self, item: dict[str, Any]) -> None:
        """Set one parameter back to what it was when the scenario was opened."""
        base = self.history.value.base
        self.attempt(lambda: self.become(documents.with_base_value(self.scenario, base, str(item["path"]))))

    def move(self, steps: int) -> None:
        """Undo (negative) or redo."""
        self.history.set(self.history.value.step(steps))
        self.message.set("")

    def open(self, scenario: Scenario, base: Scenario | None = None) -> None:
        """Begin with another scenario."""
        self.history.set(documents.history_from(scenario, base))
        self.replicate.set(0)
        self.service.set("")
        self.upload.set(None)
        self.file_columns.set(())
        self.result.set(None)

    def open_shipped(self, name: Any) -> None:
        """Open a shipped scenario."""
        self.attempt(lambda: self.open(documents.shipped_scenario(str(name))))

    def open_text(self, item: dict[str, Any]) -> None:
        """Open a scenario file that the user chose."""

        def act() -> None:
            scenario = documents.scenario_from_text(str(item.get("text", "")), "the file")
            if not uploads.may_read(scenario):
                self.message.set("")
                self.open(scenario)
                raise InputError(
                    "the file",
                    "network.path",
                    "refers to the files of a network",
                    "bring them in on the Network screen",
                )
            self.open(scenario)

        self.attempt(act)

    def restore(self, item: dict[str, Any]) -> None:
        """Go on with the draft that the browser kept over a reload."""

        def act() -> None:
            scenario = documents.scenario_from_text(str(item.get("text", "")), "the draft")
            base = documents.scenario_from_text(str(item.get("base", "")), "the draft")
            if not uploads.may_read(scenario):
                upload = uploads.attach(scenario, str(item.get("upload", "")))
                if upload.scenario is None:
                    raise InputError("the draft", "network", "has lost its files", "bring them in again")
                self.open(upload.scenario, base)
                self.upload.set(upload)
                self.file_columns.set(upload.network.given if upload.network else ())
            else:
                self.open(scenario, base)
            if item.get("tab") in self.screens:
                self.show(item["tab"])

        try:
            act()
        except (SpreadsimError, ValueError, TypeError, AttributeError):
            self.message.set("Your last draft could not be reopened; this is the default scenario.")

    # ------------------------------------------------------------------------------------------ files

    def send_file(self, name: str, content: bytes | str, kind: str) -> None:
        """Give the user a file."""
        self._files += 1
        self.file.set(exports.file_message(name, content, kind, self._files))

    def save(self, _: Any = None) -> None:
        """Give the user the scenario as a file, with the files of its network where it has any."""
        files = uploads.scenario_files(self.scenario)
        if len(files) == 1:
            ((name, content),) = files.items()
            self.send_file(exports.file_name(name.removesuffix(".toml"), "toml"), content, "application/toml")
        else:
            self.send_file(exports.file_name(self.scenario.name, "zip"), exports.zip_archive(files), "application/zip")

    # ------------------------------------------------------------------------------------------ strategies

    def strategies(self, item: dict[str, Any]) -> None:
        """Add, copy, rename, or remove a strategy."""

        def act() -> None:
            own = documents.strategy_fields(self.scenario)
            what, name = str(item.get("what", "")), str(item.get("name", ""))
            if name not in own:
                raise ValueError
            if what == "copy":
                if len(own) >= documents.MAX_STRATEGIES:
                    raise InputError("strategies", "", "at most four can be compared", "remove one first")
                fresh = next(f"{name[:50]} {n}" for n in range(2, 100) if f"{name[:50]} {n}" not in own)
                own[fresh] = own[name]
                self.become(documents.with_strategies(self.scenario, own))
                self.strategy.set(fresh)
            elif what == "remove":
                if len(own) == 1:
                    raise InputError("strategies", "", "one must remain", "add another first")
                own.pop(name)
                self.become(documents.with_strategies(self.scenario, own))
            elif what == "rename":
                new = str(item.get("new", "")).strip()
                if new != name and new in own:
                    raise InputError("strategies", new, "is a strategy already", "choose another name")
                renamed = {new if key == name else key: table for key, table in own.items()}
                self.become(documents.with_strategies(self.scenario, renamed))
                self.strategy.set(new)

        self.attempt(act)
