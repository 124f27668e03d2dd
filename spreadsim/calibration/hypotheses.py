"""Which explanations of observed adoption are compared, and by which tests.

What belongs here: the list of explanations, the nested pairs among them, and the verdict on each pair. What does not:
fitting (``estimation``), what is made of the verdicts (``calibration``).

An S-shaped curve is no proof of contagion: Van den Bulte and Lilien (Am J Sociol 2001;106:1409) found that what looked
like contagion among the physicians of *Medical innovation* vanished once marketing was controlled for. A push from
outside that changes over time is therefore among the explanations, both as a smooth curve and free in each period; with
the latter, only who adopts within a period can speak for peers, and no longer when.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from spreadsim.calibration.estimation import Fit, likelihood_ratio
from spreadsim.calibration.likelihood import Explanation, Form

SUFFIX = "-and-peers"


@dataclass(frozen=True)
class NestedTest:
    """Whether a larger explanation fits better than a smaller one within it.

    `gain` is twice the gain in log-likelihood (infinite where the smaller one is impossible), `extra` the number of
    parameters more, `at_bound` whether one of them is at its bound under the smaller one.
    """

    question: str
    smaller: str
    larger: str
    gain: float
    extra: int
    at_bound: bool
    p_value: float


def explanations(covariates: bool, groups: bool, readiness_given: bool) -> list[Explanation]:
    """Return the explanations to compare, from the simplest.

    Parameters
    ----------
    covariates, groups : whether there are any.
    readiness_given : readiness is data, and cannot stand for what nobody observed.
    """
    found = [
        Explanation("push", "push from outside alone, the same at all times", peers=False),
        Explanation("peers", "peers alone", push="none"),
        Explanation("push-and-peers", "push from outside and peers"),
        Explanation("changing-push", "push that changes over time alone", "curved", peers=False),
        Explanation("changing-push-and-peers", "push that changes over time, and peers", "curved"),
        Explanation("push-by-period", "push of each period its own, alone", "by-period", peers=False),
        Explanation("push-by-period-and-peers", "push of each period its own, and peers", "by-period"),
    ]
    forms: tuple[Form, ...] = ("saturating", "threshold")
    for form in forms:
        words = "a saturating response to peers" if form == "saturating" else "a threshold: no response below it"
        found.append(Explanation(form, f"push and peers, with {words}", form=form))
    if not readiness_given:
        found += [
            Explanation(
                "saturating-varied",
                "push and peers, saturating, with thresholds that differ",
                form="saturating",
                varied_thresholds=True,
            ),
            *_pair("varied-readiness", "services that differ in what was not observed", varied_readiness=True),
        ]
    if groups:
        found += _pair("groups", "groups that differ", groups=True)
    if covariates:
        found += _pair("covariates", "covariates", covariates=True)
    if covariates and groups:
        found += _pair("covariates-and-groups", "covariates and groups that differ", covariates=True, groups=True)
    if covariates or groups:
        what = " and ".join([*(["covariates"] if covariates else []), *(["groups"] if groups else [])])
        name = f"changing-push-{'covariates-' if covariates else ''}{'groups' if groups else ''}".rstrip("-")
        title = f"push that changes over time, {what}"
        found += [
            Explanation(name, f"{title}, no peers", "curved", peers=False, covariates=covariates, groups=groups),
            Explanation(name + SUFFIX, f"{title}, and peers", "curved", covariates=covariates, groups=groups),
        ]
    return found


def _pair(name: str, words: str, **what: bool) -> list[Explanation]:
    """Return an explanation with a constant push, without peers and with."""
    plain = replace(Explanation(name, f"constant push, and {words}", peers=False), **what)  # type: ignore[arg-type]
    return [plain, replace(plain, name=name + SUFFIX, title=f"constant push, peers, and {words}", peers=True)]


def nested_tests(fits: Mapping[str, Fit]) -> list[NestedTest]:
    """Return the tests between the explanations fitted.

    First, whether peers add to each explanation without them; then, whether each control adds to push and peers. Forms
    of the response are not nested, and a threshold has no meaning without peers: these are compared by AIC alone.
    """
    found = [
        _test(f"Do peers add to: {_title(fits[name])}?", name, name + SUFFIX, fits, at_bound=True)
        for name in fits
        if name + SUFFIX in fits and fits[name].likelihood.explanation.push != "none"
    ]
    base = "push" + SUFFIX
    if "peers" in fits:
        found.append(_test("Does a push from outside add to peers alone?", "peers", base, fits, at_bound=True))
    for name, question, at_bound in (
        ("changing-push", "Does the push change over time, beside peers?", False),
        ("push-by-period", "Does each period differ, beside peers?", False),
        ("varied-readiness", "Do services differ in what was not observed, beside peers?", True),
        ("groups", "Do groups differ, beside peers?", False),
        ("covariates", "Do covariates matter, beside peers?", False),
    ):
        if name + SUFFIX in fits:
            found.append(_test(question, base, name + SUFFIX, fits, at_bound=at_bound))
    return found


def _title(fitted: Fit) -> str:
    return fitted.likelihood.explanation.title


def _test(question: str, smaller: str, larger: str, fits: Mapping[str, Fit], *, at_bound: bool) -> NestedTest:
    gain, extra, p_value = likelihood_ratio(fits[smaller], fits[larger], at_bound=at_bound)
    return NestedTest(question, smaller, larger, gain, extra, at_bound, p_value)


def peer_tests(tests: list[NestedTest]) -> list[NestedTest]:
    """Return those tests that ask whether peers add."""
    return [test for test in tests if test.larger == test.smaller + SUFFIX]
