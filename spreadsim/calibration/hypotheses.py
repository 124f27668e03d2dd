"""Which hypotheses of observed adoption are compared, and by which tests.

What belongs here: the list of hypotheses, the nested pairs among them, and the verdict on each pair. What does not:
fitting (``estimation``), what is made of the verdicts (``calibration``).

An S-shaped curve does not prove contagion: Van den Bulte and Lilien (Am J Sociol 2001;106:1409) found that what looked
like contagion among the physicians of *Medical innovation* vanished once marketing was controlled for. A push from
outside that changes over time is therefore among the hypotheses, both as a smooth curve and free in each period; with
the latter, only who adopts within a period can speak for peers, and no longer when.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from spreadsim.calibration.estimation import LikelihoodFit, likelihood_ratio
from spreadsim.calibration.likelihood import Form, Hypothesis

SUFFIX = "-and-peers"
BY_PERIOD = "push-by-period"


@dataclass(frozen=True)
class NestedTest:
    """Whether a larger hypothesis fits better than a smaller one within it.

    Attributes
    ----------
    question : that the test answers.
    smaller, larger : names of the two hypotheses.
    gain : twice the gain in log-likelihood; infinite where the smaller one is impossible.
    extra : number of parameters more.
    at_bound : whether one of them is at its bound under the smaller one.
    p_value : of the gain.

    Examples
    --------
    >>> NestedTest("Do peers add?", "push", "push-and-peers", 6.2, 1, True, 0.006).extra
    1
    """

    question: str
    smaller: str
    larger: str
    gain: float
    extra: int
    at_bound: bool
    p_value: float


def candidate_hypotheses(
    covariates: bool, groups: bool, readiness_is_data: bool, has_ties: bool = True
) -> list[Hypothesis]:
    """Return the hypotheses to compare, from the simplest.

    Where nobody gave ties, none has peers; covariates and groups then stand beside a push that is free in each period.

    Parameters
    ----------
    covariates, groups : whether there are any.
    readiness_is_data : whether readiness is observed, and cannot stand for what nobody observed.
    has_ties : whether somebody said who is tied to whom.

    Returns
    -------
    Hypotheses with names that differ.

    Examples
    --------
    >>> [hypothesis.name for hypothesis in candidate_hypotheses(False, False, True)][:3]
    ['push', 'peers', 'push-and-peers']
    >>> [hypothesis.name for hypothesis in candidate_hypotheses(False, True, True, has_ties=False)][3:]
    ['groups', 'changing-push-groups', 'push-by-period-groups']
    """
    hypotheses = [
        Hypothesis("push", "constant push from outside alone", peers=False),
        Hypothesis("peers", "peers alone", push="none"),
        Hypothesis("push-and-peers", "push from outside and peers"),
        Hypothesis("changing-push", "push that changes over time alone", "curved", peers=False),
        Hypothesis("changing-push-and-peers", "push that changes over time, and peers", "curved"),
        Hypothesis("push-by-period", "push free in each period, alone", "by-period", peers=False),
        Hypothesis("push-by-period-and-peers", "push free in each period, and peers", "by-period"),
    ]
    forms: tuple[Form, ...] = ("saturating", "threshold")
    for form in forms:
        words = "a saturating response to peers" if form == "saturating" else "a threshold: no response below it"
        hypotheses.append(Hypothesis(form, f"push and peers, with {words}", form=form))
    if not readiness_is_data:
        hypotheses += [
            Hypothesis(
                "saturating-varied",
                "push and peers, saturating, with thresholds that differ",
                form="saturating",
                thresholds_vary=True,
            ),
            *_pair("varied-readiness", "services that differ in ways not observed", readiness_varies=True),
        ]
    if groups:
        hypotheses += _pair("groups", "groups that differ", groups=True)
    if covariates:
        hypotheses += _pair("covariates", "covariates", covariates=True)
    if covariates and groups:
        hypotheses += _pair("covariates-and-groups", "covariates and groups that differ", covariates=True, groups=True)
    if covariates or groups:
        what = " and ".join([*(["covariates"] if covariates else []), *(["groups"] if groups else [])])
        name = f"changing-push-{'covariates-' if covariates else ''}{'groups' if groups else ''}".rstrip("-")
        title = f"push that changes over time, {what}"
        hypotheses += [
            Hypothesis(name, f"{title}, no peers", "curved", peers=False, covariates=covariates, groups=groups),
            Hypothesis(name + SUFFIX, f"{title}, and peers", "curved", covariates=covariates, groups=groups),
        ]
    if has_ties:
        return hypotheses
    for with_covariates, with_groups in ((covariates, False), (False, groups), (covariates, groups)):
        controls = [*(["covariates"] if with_covariates else []), *(["groups"] if with_groups else [])]
        name = "-".join((BY_PERIOD, *controls))
        if controls and name not in {each.name for each in hypotheses}:
            title = f"push free in each period, and {' and '.join(controls)}"
            hypotheses.append(
                Hypothesis(name, title, "by-period", peers=False, covariates=with_covariates, groups=with_groups)
            )
    return [each for each in hypotheses if not each.peers]


def _pair(name: str, words: str, **what: bool) -> list[Hypothesis]:
    """Return a hypothesis with a constant push, without peers and with."""
    plain = replace(Hypothesis(name, f"constant push, and {words}", peers=False), **what)  # type: ignore[arg-type]
    return [plain, replace(plain, name=name + SUFFIX, title=f"constant push, peers, and {words}", peers=True)]


def nested_tests(fits: Mapping[str, LikelihoodFit]) -> list[NestedTest]:
    """Return the tests between the hypotheses fitted.

    First, whether peers add to each hypothesis without them; then, whether each control adds to push and peers. Forms
    of the response are not nested, and a threshold has no meaning without peers: these are compared by AIC alone.

    Parameters
    ----------
    fits : by name of hypothesis.

    Returns
    -------
    Tests, those of peers first.

    Examples
    --------
    >>> nested_tests({})
    []
    """
    tests = [
        _test(f"Do peers add to '{_title(fits[name])}'?", name, name + SUFFIX, fits, at_bound=True)
        for name in fits
        if name + SUFFIX in fits and fits[name].likelihood.hypothesis.push != "none"
    ]
    base = "push" + SUFFIX
    if "peers" in fits:
        tests.append(_test("Does a push from outside add to peers alone?", "peers", base, fits, at_bound=True))
    for name, question, at_bound in (
        ("changing-push", "Does the push change over time, in addition to peers?", False),
        ("push-by-period", "Does each period differ, in addition to peers?", False),
        ("varied-readiness", "Do services differ in ways not observed, in addition to peers?", True),
        ("groups", "Do groups differ, in addition to peers?", False),
        ("covariates", "Do covariates matter, in addition to peers?", False),
    ):
        if name + SUFFIX in fits:
            tests.append(_test(question, base, name + SUFFIX, fits, at_bound=at_bound))
    return tests if base in fits else tests + _tests_without_peers(fits)


def _tests_without_peers(fits: Mapping[str, LikelihoodFit]) -> list[NestedTest]:
    """Return whether each control adds, where no hypothesis has peers."""
    by_covariates, by_groups = f"{BY_PERIOD}-covariates", f"{BY_PERIOD}-groups"
    full = f"{BY_PERIOD}-covariates-groups"
    pairs = (
        ("push", "changing-push", "Does the push change over time, along a curve?", False),
        ("push", BY_PERIOD, "Does the push differ from period to period?", False),
        ("push", "varied-readiness", "Do services differ in ways not observed?", True),
        (BY_PERIOD, by_covariates, "Do covariates matter, with the push free in each period?", False),
        (BY_PERIOD, by_groups, "Do groups differ, with the push free in each period?", False),
        (by_groups, full, "Do covariates matter, between services of one group and in one period?", False),
        (by_covariates, full, "Do groups differ, at equal covariates and in one period?", False),
    )
    return [
        _test(question, smaller, larger, fits, at_bound=at_bound)
        for smaller, larger, question, at_bound in pairs
        if smaller in fits and larger in fits
    ]


def _title(fit: LikelihoodFit) -> str:
    return fit.likelihood.hypothesis.title


def _test(question: str, smaller: str, larger: str, fits: Mapping[str, LikelihoodFit], *, at_bound: bool) -> NestedTest:
    gain, extra, p_value = likelihood_ratio(fits[smaller], fits[larger], at_bound=at_bound)
    return NestedTest(question, smaller, larger, gain, extra, at_bound, p_value)


def peer_tests(tests: list[NestedTest]) -> list[NestedTest]:
    """Return those tests that ask whether peers add.

    Parameters
    ----------
    tests : of any question.

    Returns
    -------
    Tests of a hypothesis with peers against the same without.

    Examples
    --------
    >>> tests = [NestedTest("", "push", "push-and-peers", 6.2, 1, True, 0.006),
    ...          NestedTest("", "push-and-peers", "groups-and-peers", 1.0, 2, False, 0.6)]
    >>> [test.larger for test in peer_tests(tests)]
    ['push-and-peers']
    """
    return [test for test in tests if test.larger == test.smaller + SUFFIX]
