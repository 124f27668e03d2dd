"""The tables of a lesson file, and the headings of its text.

What belongs here: names, types and bounds of what a teacher writes. What a lesson's scenario is and whether the two fit
together is ``files``'; what its runs show is ``runs``'.
"""

from __future__ import annotations

from typing import Any, Literal, Self

from pydantic import Field, model_validator

from spreadsim.parameters import Table

Relation = Literal["more", "less", "same"]
SECTIONS = ("The question", "Predict", "Why", "Change one thing", "Take home", "Exercises", "For the facilitator")
MAX_REPLICATES = 200


class Arm(Table):
    """One way of doing it that the lesson runs: a strategy of the scenario, with fields set if need be."""

    title: str = Field(min_length=1, max_length=80)
    strategy: str = Field(description="Name of a strategy of the lesson's scenario.")
    set: dict[str, Any] = Field(default_factory=dict, description="Fields of the scenario, by path, for this arm.")


class Card(Table):
    """One card to pick: it stands for an arm, for no difference, or for a range of the measure."""

    text: str = Field(min_length=1, max_length=200)
    arm: str | None = Field(None, description="Right where this arm has the most (or the least) of the measure.")
    same: bool = Field(False, description="Right where the best arm cannot be distinguished from the next.")
    low: float | None = Field(None, description="Right where the measure's mean lies from here ...")
    high: float | None = Field(None, description="... to below here.")

    @model_validator(mode="after")
    def _one_meaning(self) -> Self:
        is_range = self.low is not None or self.high is not None
        if [self.arm is not None, self.same, is_range].count(True) != 1:
            raise ValueError("a card has exactly one of 'arm', 'same = true', and 'low' with 'high'")
        if is_range and (self.low is None or self.high is None or not self.low < self.high):
            raise ValueError("a card of a range has 'low' and 'high', 'low' the smaller")
        return self


class Predict(Table):
    """What the learner commits to before anything is run."""

    kind: Literal["curve", "card"]
    arm: str | None = Field(None, description="Whose curve is drawn, or whose measure the cards' ranges refer to.")
    measure: str = Field(description="What is drawn: a monthly measure; or what the cards refer to: any measure.")
    axis: Literal["month", "copies"] = Field("month", description="Along the bottom: months, or copies made.")
    shown: str | None = Field(None, description="A monthly measure that the learner sees before predicting.")
    shown_arm: str | None = Field(None, description="Whose; by default the arm that is predicted.")
    best: Literal["most", "least"] = Field("most", description="Which arm's card is right.")
    cards: list[Card] = Field(default_factory=list, max_length=6)

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if (self.kind == "card") != (len(self.cards) >= 2):
            raise ValueError("kind = \"card\" needs two to six 'cards', and no other kind has any")
        ranges = [card for card in self.cards if card.low is not None]
        if ranges and len(ranges) != len(self.cards):
            raise ValueError("either every card is a range, or none is")
        if (self.kind == "curve" or ranges) and self.arm is None:
            raise ValueError("'arm' is missing: say which arm is predicted")
        if self.kind == "card" and (self.axis != "month" or self.shown is not None):
            raise ValueError("'axis' and 'shown' can only be used with kind = \"curve\"")
        if self.shown is not None and self.axis != "month":
            raise ValueError("'shown' can only be used with axis = \"month\"")
        if self.shown_arm is not None and self.shown is None:
            raise ValueError("'shown_arm' can only be used with 'shown'")
        return self


class Reveal(Table):
    """What is shown once the prediction is made."""

    measure: str | None = Field(None, description="What the curves show; by default what was predicted.")
    arms: list[str] = Field(default_factory=list, description="Whose curves are shown; by default every arm's.")


class Option(Table):
    """One value of the thing that the learner may change."""

    label: str = Field(min_length=1, max_length=80)
    set: dict[str, Any] = Field(min_length=1, description="Fields of the scenario, by path, for every arm.")


class Change(Table):
    """The one thing to change."""

    options: list[Option] = Field(min_length=1, max_length=5)


class Claim(Table):
    """What the lesson says the model shows, and the switch under which it must fail.

    The claim is that `arm` has `comparison` of `measure` than the arm `than`, or than the number `value`.
    """

    says: str = Field(min_length=1, max_length=300)
    arm: str
    measure: str
    comparison: Relation = "more"
    than: str | None = None
    value: float | None = None
    by: float = Field(0.0, ge=0, description="By at least this much; for 'same', within this much.")
    month: int | None = Field(None, ge=0, description="At this month instead of the horizon.")
    copies: int | None = Field(None, ge=0, description="After this many copies instead of a month.")
    under: dict[str, Any] = Field(default_factory=dict, description="Fields set for this claim, by path.")
    rule: str = Field(min_length=1, max_length=200, description="The rule behind it, in words.")
    switch: dict[str, Any] = Field(min_length=1, description="Fields that switch that rule off.")

    @model_validator(mode="after")
    def _against_something(self) -> Self:
        if (self.than is None) == (self.value is None):
            raise ValueError("a claim has exactly one of 'than' (an arm) and 'value' (a number)")
        if self.comparison == "same" and self.by <= 0:
            raise ValueError("a claim that two things are the same needs 'by': within how much")
        if self.month is not None and self.copies is not None:
            raise ValueError("a claim is about a month or about a number of copies, not both")
        return self


class Data(Table):
    """Adoption dates that the lesson shows: real ones where they are there, else those of a twin."""

    real: str = Field(description="Scenario file beside this one whose network has dates of adoption.")
    twin: str = Field(description="Scenario file beside this one, one run of which stands in for the dates.")
    title: str = Field(min_length=1, max_length=160, description="What the real data are.")


class LessonTable(Table):
    """A lesson file, ``lesson.toml``."""

    format: Literal[1] = 1
    title: str = Field(min_length=1, max_length=100)
    idea: str = Field(min_length=1, max_length=200, description="The one idea, in a line; it gives nothing away.")
    minutes: int = Field(6, ge=1, le=60)
    replicates: int = Field(30, ge=2, le=MAX_REPLICATES)
    sources: list[str] = Field(min_length=1, max_length=8)
    arms: dict[str, Arm] = Field(min_length=1, max_length=5)
    predict: Predict
    reveal: Reveal = Reveal()
    change: Change
    claims: list[Claim] = Field(min_length=1, max_length=6)
    data: Data | None = None
