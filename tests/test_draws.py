"""Addressed random numbers: the published vectors, equality of all ways to compute them, and independence.

Statistical limits are Bonferroni limits: a test that computes n p-values asks that each exceeds FALSE_ALARM / n, so
that each such test rejects a perfect generator with chance FALSE_ALARM = 1e-6 (about 2e-5 for the whole file). Seeds
are fixed: the verdicts never change unless the numbers do. Sizes are those of the largest runs meant: about 10 million
numbers an axis, which shows a bias of one part in a thousand in the chance of a rare event.
"""

from __future__ import annotations

import contextlib
import math
import os
import shutil
import subprocess
from pathlib import Path

import numba
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from spreadsim import draws, rules
from spreadsim.drivers import engine
from tests.verification.limiting_cases import chi_square, document, network_without_ties, only_plan

FALSE_ALARM = 1e-6
TOP = 2**64 - 1
WORDS = st.integers(0, TOP)

VECTORS = [  # seed, replicate, month, purpose, id, u: science.md section 7
    (1, 0, 0, 1, 0, 0.8903483491414294),
    (1, 0, 0, 1, 1, 0.6018585782075068),
    (1, 0, 0, 1, 2, 0.1772505557779075),
    (42, 3, 17, 100, 64, 0.514871744924861),
    (1, 0, 0, 140, 0, 0.42248342580722553),
    (7, 2, 5, 180, 194, 0.43764843612996507),
    (TOP, TOP, 60, 120, 30663, 0.2788145665266868),
]


def by_specification(*address: int) -> float:
    """Return the uniform number at an address, from the specification's formula in whole numbers without limit."""

    def mixed(z: int) -> int:
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9 % 2**64
        z = (z ^ (z >> 27)) * 0x94D049BB133111EB % 2**64
        return z ^ (z >> 31)

    golden = 0x9E3779B97F4A7C15
    h = mixed((address[0] + golden) % 2**64)
    for w in address[1:]:
        h = mixed(((h ^ w) + golden) % 2**64)
    return (h >> 11) / 2**53


_absorb, _prefix, _uniform_at = engine.D.absorb, engine.D.prefix, engine.D.uniform_at


@numba.njit
def compiled_uniform(seed, replicate, month, purpose, word):
    return _uniform_at(_prefix(seed, replicate, month, purpose), word)


@numba.njit
def fill(axis, start, out):
    """Fill `out` with the top 32 bits of the numbers at addresses that differ in one word: consecutive along `axis`.

    Axis 0-4 is seed, replicate, month, purpose, id. Axis 5 is the order of a run: 60 months of 11 purposes of 480
    services, then the next replicate.
    """
    address = np.array([1, 0, 3, 2, 0], dtype=np.uint64)
    for j in range(len(out)):
        n = np.uint64(start + j)
        if axis < 5:
            address[axis] = n
        else:
            address[4] = n % np.uint64(480)
            n = n // np.uint64(480)
            address[3] = np.uint64(1) + n % np.uint64(11)
            n = n // np.uint64(11)
            address[2] = n % np.uint64(60)
            address[1] = n // np.uint64(60)
        h = _absorb(_prefix(address[0], address[1], address[2], address[3]), address[4])
        out[j] = h >> np.uint64(32)


AXES = ("seed", "replicate", "month", "purpose", "id", "run")


def consecutive(axis: str, n: int, start: int = 0) -> np.ndarray:
    """Return `n` numbers in [0, 1), to 32 bits, at consecutive addresses along an axis."""
    out = np.empty(n, dtype=np.uint32)
    fill(AXES.index(axis), start, out)
    return out / 2.0**32


def assert_none_below(p_values: list[float], what: str) -> None:
    """Fail if the smallest p-value is below the Bonferroni limit."""
    limit = FALSE_ALARM / len(p_values)
    assert min(p_values) > limit, f"{what}: smallest p-value {min(p_values):.3g} of {len(p_values)}, limit {limit:.3g}"


# ------------------------------------------------------------------------------------------------- known answers


@pytest.mark.parametrize("vector", VECTORS)
def test_published_vectors_hold_however_the_number_is_computed(vector):
    *address, u = vector
    assert by_specification(*address) == u
    assert draws.uniform(*address) == u
    words = np.array([address[4]], dtype=np.uint64)
    assert draws.uniform(*address[:4], words)[0] == u
    assert compiled_uniform(*(np.uint64(word) for word in address)) == u


@given(WORDS, WORDS, WORDS, WORDS, st.lists(WORDS, min_size=1, max_size=20))
@settings(max_examples=300, deadline=None)
def test_python_numpy_compiled_and_specification_agree_at_any_address(seed, replicate, month, purpose, words):
    expected = [by_specification(seed, replicate, month, purpose, word) for word in words]
    assert [draws.uniform(seed, replicate, month, purpose, word) for word in words] == expected
    assert draws.uniform(seed, replicate, month, purpose, np.array(words, dtype=np.uint64)).tolist() == expected
    first = [np.uint64(word) for word in (seed, replicate, month, purpose)]
    assert [compiled_uniform(*first, np.uint64(word)) for word in words] == expected
    assert all(0.0 <= u < 1.0 and u * 2**53 == int(u * 2**53) for u in expected)


def test_every_purpose_has_a_number_of_its_own_and_keeps_the_published_one():
    published = {
        "AWARE": 1,
        "DECIDE": 2,
        "MANDATE": 3,
        "ENGAGE": 4,
        "SOURCE": 5,
        "ORIGIN": 6,
        "ABANDON": 7,
        "STOP": 8,
        "CONVERT": 9,
        "LEADER": 10,
        "RELAPSE": 11,
        "TEMPLATE": 20,
        "COPY": 40,
        "TIER_TEMPLATE": 60,
        "TIER_COPY": 80,
        "ATTRIBUTE": 140,
        "PICK_KEPT": 160,
        "PICK": 161,
        "STARTING_SITE": 170,
        "OMIT": 180,
        "TURNOVER": 200,
        "TURNOVER_LOSS": 201,
        "CORE_DAMAGE_CANDIDATE": 202,
        "PRESSURE": 203,
        "MEMBER": 210,
        "PICK_MEMBER": 211,
    }
    assert {name: getattr(draws, name) for name in published} == published
    others = (
        "EROSION_CANDIDATE",
        "EROSION",
        "DRIFT_CANDIDATE",
        "DRIFT",
        "CORE_DAMAGE",
        "GROUP_SIZE",
        "REWIRE_KEPT",
        "REWIRE",
        "AFFINITY_KEPT",
        "AFFINITY",
    )
    numbers = [*published.values(), *(getattr(draws, name) for name in others), *range(141, 156)]
    assert len(set(numbers)) == len(numbers)
    assert set(engine.PURPOSES) <= set(numbers)


# ------------------------------------------------------------------------------------------------- uniform, independent


@pytest.mark.parametrize("axis", AXES)
def test_numbers_along_an_axis_are_uniform(axis):
    u = consecutive(axis, 8_000_000)
    coarse = np.bincount((u * 4096).astype(np.int64), minlength=4096)
    fine = np.bincount((np.ldexp(u, 20) % 4096).astype(np.int64), minlength=4096)  # bits 9 to 20
    ks = stats.kstest(u[:1_000_000], "uniform").pvalue
    moments = [
        abs(np.mean(u**k) - 1 / (k + 1)) / math.sqrt((1 / (2 * k + 1) - 1 / (k + 1) ** 2) / len(u)) for k in (1, 2, 3)
    ]
    p = [stats.chisquare(coarse).pvalue, stats.chisquare(fine).pvalue, ks, *(2 * stats.norm.sf(moments))]
    assert_none_below([float(value) for value in p], axis)


@pytest.mark.parametrize("axis", AXES)
@pytest.mark.parametrize("lag", [1, 2, draws.COMPONENT_STRIDE, 480])
def test_pairs_of_neighbours_fill_the_square_evenly_and_do_not_correlate(axis, lag):
    u = consecutive(axis, 4_000_000 + lag)
    a, b = u[:-lag], u[lag:]
    # Pairs at one lag overlap; blocks of `lag` that alternate do not.
    first = (np.arange(len(a)) // lag) % 2 == 0
    grid = np.bincount(((a[first] * 64).astype(np.int64) * 64 + (b[first] * 64).astype(np.int64)), minlength=4096)
    correlation = float(np.mean((a - 0.5) * (b - 0.5))) * 12 * math.sqrt(len(a))
    both_rare = int(np.sum((a < 0.01) & (b < 0.01)))  # two rare events, next to each other
    p = [
        float(stats.chisquare(grid).pvalue),
        2 * float(stats.norm.sf(abs(correlation))),
        float(stats.binomtest(both_rare, len(a), 1e-4).pvalue),
    ]
    assert_none_below(p, f"{axis}, lag {lag}")


def test_neighbouring_addresses_on_two_axes_at_once_are_independent():
    """Diagonal neighbours: one word goes up and another down, as in (seed 2, replicate 1), (seed 1, replicate 2)."""
    n, p_values = 1000, []
    base = np.arange(n * n, dtype=np.uint64)
    up, across = base // np.uint64(n) + np.uint64(1), base % np.uint64(n) + np.uint64(1)
    for i in range(5):
        for j in range(i + 1, 5):
            address = [np.full(n * n, word, dtype=np.uint64) for word in (1, 0, 3, 2, 0)]
            address[i], address[j] = up, across
            u = draws.uniform_at(draws.prefix(*address[:4]), address[4]).reshape(n, n)
            pairs = [(u[1:, :-1], u[:-1, 1:]), (u[1:, 1:], u[:-1, :-1]), (u, u.T)]
            for a, b in pairs[:2]:
                z = float(np.sum((a - 0.5) * (b - 0.5))) * 12 / math.sqrt(a.size)
                p_values.append(2 * float(stats.norm.sf(abs(z))))
            lower = np.tril_indices(n, -1)
            z = float(np.sum((u[lower] - 0.5) * (u.T[lower] - 0.5))) * 12 / math.sqrt(len(lower[0]))
            p_values.append(2 * float(stats.norm.sf(abs(z))))
    assert_none_below(p_values, "two axes")


def test_no_two_addresses_of_a_run_share_a_number():
    months, purposes, services = 12, np.array(engine.PURPOSES, dtype=np.uint64), np.arange(8000, dtype=np.uint64)
    found = [
        draws.uniform(seed, replicate, month, int(purpose), services)
        for seed, replicate in ((1, 0), (0, 1), (1, 1))
        for month in range(months)
        for purpose in purposes
    ]
    u = np.concatenate(found)  # 5.2 million numbers of 53 bits: two are equal with chance .0015
    assert len(np.unique(u)) == len(u)


def test_one_changed_bit_anywhere_in_an_address_changes_every_bit_of_the_number_half_the_time():
    rng = np.random.default_rng(20_260_101)
    n, p_values = 20_000, []
    words = [rng.integers(0, 2**64, n, dtype=np.uint64) for _ in range(5)]

    def bits(address: list[np.ndarray]) -> np.ndarray:
        return (draws.uniform_at(draws.prefix(*address[:4]), address[4]) * 2**53).astype(np.uint64)

    before = bits(words)
    for place in range(5):
        for bit in range(64):
            changed = list(words)
            changed[place] = words[place] ^ np.uint64(1 << bit)
            difference = before ^ bits(changed)
            for out in range(0, 53, 4):  # every fourth bit of the number, the first among them
                flips = int(np.sum((difference >> np.uint64(52 - out)) & np.uint64(1)))
                p_values.append(2 * float(stats.norm.sf(abs(flips - n / 2) / math.sqrt(n / 4))))
    assert len(p_values) == 5 * 64 * 14
    assert_none_below(p_values, "avalanche")


@pytest.mark.parametrize("probability", [0.002, 0.007, 0.03, 0.28])
def test_rare_events_wait_geometrically_over_months_and_count_binomially_over_services(probability):
    """What a run makes of the numbers: months until a first event of a service, events among services in a month."""
    services, months = 60_000, 60
    who = np.arange(services, dtype=np.uint64)
    hit = np.stack([draws.uniform(5, 0, t, draws.DECIDE, who) < probability for t in range(months)])
    wait = np.where(hit.any(axis=0), hit.argmax(axis=0), months)
    chances = np.append(probability * (1 - probability) ** np.arange(months), (1 - probability) ** months)
    p = [chi_square(np.bincount(wait, minlength=months + 1), chances)]
    counts = hit.reshape(months, -1, 100).sum(axis=2).ravel()  # 36,000 groups of 100 services and one month
    one = probability * (1 - probability)
    z = (counts - 100 * probability) / math.sqrt(100 * one)
    spread = math.sqrt((2 + (1 - 6 * one) / (100 * one)) / len(z))  # of the mean of z^2
    p.append(2 * float(stats.norm.sf(abs(float(np.mean(z**2)) - 1) / spread)))
    p.append(2 * float(stats.norm.sf(abs(float(np.mean(z))) * math.sqrt(len(z)))))
    assert_none_below(p, f"probability {probability}")


# ------------------------------------------------------------------------------------------------- candidates


@given(st.floats(0.0, 1.5), st.integers(1, 64))
def test_candidates_are_bounded_above_and_passed_over_geometrically(largest, n):
    bound = draws.candidate_bound(largest)
    assert bound == 1.0 or largest - 1e-9 <= bound < largest + 1 / 64 + 1e-9
    assert bound * 64 == int(bound * 64)
    table = draws.candidate_table(bound, n)
    chance = np.diff([0.0, *table])
    np.testing.assert_allclose(chance, bound * (1 - bound) ** np.arange(n), atol=1e-14)
    # The measure of the numbers that pass over exactly j is the jth step of the table, at both of its edges.
    for j in range(n):
        if chance[j] > 0.0:
            low = table[j - 1] if j else 0.0
            assert draws.candidates_before(low, table, n) == j
            assert draws.candidates_before(float(np.nextafter(table[j], 0.0)), table, n) == j
    assert table[n - 1] == 1.0 or draws.candidates_before(table[n - 1], table, n) == n


def test_a_candidate_table_serves_any_number_of_components_left():
    table = draws.candidate_table(0.25, 8)
    for left in range(9):
        passed = [draws.candidates_before(u, table, left) for u in np.linspace(0, 1, 1001)[:-1]]
        assert max(passed) == left
        assert min(passed) == 0
        assert passed == sorted(passed)


def drifting(rate: float, months: int, n: int, complexities: list[float]) -> np.ndarray:
    """Return which components of `n` services, embedded at the start, are lost after `months` of drift alone."""
    components = {
        f"c{k}": {"core": k % 2 == 0, "weight": 1 / len(complexities), "complexity": c, "codification": 0.0}
        for k, c in enumerate(complexities)
    }
    doc = document(
        services=n,
        months=months,
        starting_share=1.0,
        components=components,
        behaviour={"drift": {"rate": rate}, "copying": {"component_loss": 1.0}},
    )
    plan = only_plan(doc)
    return engine.run(network_without_ties(doc), plan, 11, 0).final["fidelity"] == 0.0


@pytest.mark.parametrize("months", [1, 12])
def test_thinning_gives_one_independent_chance_a_component(months):
    """Joint outcomes over five components with chances of their own: all 32, against the product of the five."""
    complexities, rate = [0.0, 0.25, 0.5, 0.75, 1.0], 0.19 if months == 1 else 0.02
    lost = drifting(rate, months, 400_000, complexities)
    p = 1 - (1 - rate * (0.5 + np.array(complexities))) ** months
    outcome = lost @ (1 << np.arange(5))
    expected = np.array([np.prod(np.where((o >> np.arange(5)) & 1, p, 1 - p)) for o in range(32)]) * len(lost)
    assert expected.min() > 5
    p_values = [float(stats.chisquare(np.bincount(outcome, minlength=32), expected).pvalue)]
    for k in range(5):
        p_values.append(float(stats.binomtest(int(lost[:, k].sum()), len(lost), p[k]).pvalue))
    assert_none_below(p_values, "joint outcomes")
    # The same counts refuse chances that are 2% higher.
    wrong = 1 - (1 - 1.02 * rate * (0.5 + np.array(complexities))) ** months
    refused = np.array([np.prod(np.where((o >> np.arange(5)) & 1, wrong, 1 - wrong)) for o in range(32)]) * len(lost)
    assert stats.chisquare(np.bincount(outcome, minlength=32), refused).pvalue < FALSE_ALARM / 6


def test_drift_is_independent_from_month_to_month():
    """The number of components left follows the product over months, whatever was lost before."""
    left = 8 - drifting(0.05, 6, 400_000, [0.5] * 8).sum(axis=1)
    assert chi_square(np.bincount(left, minlength=9), stats.binom.pmf(np.arange(9), 8, 0.95**6)) > FALSE_ALARM


def eroding(rate: float, months: int, n: int, core: list[bool]) -> np.ndarray:
    """Return which components of `n` services are lost after `months` of implementing, at full latitude."""
    components = {
        f"c{k}": {"core": is_core, "weight": 1 / len(core), "complexity": 0.5, "codification": 0.0}
        for k, is_core in enumerate(core)
    }
    doc = document(
        services=n,
        months=months + 2,
        components=components,
        behaviour={
            "adoption": {"external_influence": 1.0},
            "implementation": {"months_to_embed": 600.0},
            "adaptation": {"core_erosion_rate": rate},
            "copying": {"component_loss": 1.0},
        },
        intervention={"mechanism_clarity": 0.2},
    )
    final = engine.run(network_without_ties(doc), only_plan(doc), 12, 0).final
    assert np.all(final["state"] == rules.IMPLEMENTING)
    return final["fidelity"] == 0.0


@pytest.mark.parametrize(("months", "rate"), [(1, 0.9), (12, 0.08)])
def test_erosion_gives_one_independent_chance_a_core_component_and_none_to_others(months, rate):
    core = [False, True, True, False, True, False, True]
    lost = eroding(rate, months, 400_000, core)
    assert not lost[:, ~np.array(core)].any()
    p, outcome = 1 - (1 - rate * 0.8) ** months, lost[:, core] @ (1 << np.arange(4))

    def joint(chance: float) -> np.ndarray:
        n_lost = np.array([bin(o).count("1") for o in range(16)])
        return chance**n_lost * (1 - chance) ** (4 - n_lost)

    counts = np.bincount(outcome, minlength=16)
    assert chi_square(counts, joint(p)) > FALSE_ALARM
    assert chi_square(counts, joint(1 - (1 - 1.02 * rate * 0.8) ** months)) < FALSE_ALARM


@pytest.mark.parametrize("months", [2, 5, 40])
def test_loss_and_repair_balance_as_a_chain_of_two_states(months):
    """Lost with chance .04 (1 - .5) a month and found again with .15 x .6: l/(l+r) (1 - (1-l-r)^t) are lost."""

    def lost_after(rate: float) -> np.ndarray:
        components = {
            f"c{k}": {"core": k % 2 == 0, "weight": 1 / 8, "complexity": 0.5, "codification": 0.6} for k in range(8)
        }
        doc = document(
            services=300_000,
            months=months,
            starting_share=1.0,
            components=components,
            levers={"monitoring": 1.0},
            behaviour={
                "drift": {"rate": rate, "monitoring_reduction": 0.5, "repair_rate": 0.15},
                "copying": {"component_loss": 1.0},
            },
        )
        return engine.run(network_without_ties(doc), only_plan(doc), 13, 0).final["fidelity"] == 0.0

    loss, repair = 0.04 * 0.5, 0.15 * 0.6
    p = loss / (loss + repair) * (1 - (1 - loss - repair) ** months)
    binomial = stats.binom.pmf(np.arange(9), 8, p)
    assert chi_square(np.bincount(lost_after(0.04).sum(axis=1), minlength=9), binomial) > FALSE_ALARM
    assert chi_square(np.bincount(lost_after(0.04 * 1.02).sum(axis=1), minlength=9), binomial) < FALSE_ALARM


def starting(n: int, codification: float, behaviour: dict, clarity: float = 0.5) -> np.ndarray:
    """Return the presence of eight components where `n` services have just read the specification."""
    components = {
        f"c{k}": {"core": True, "weight": 1 / 8, "complexity": 0.5, "codification": codification} for k in range(8)
    }
    doc = document(
        services=n,
        months=2,
        components=components,
        behaviour={"adoption": {"external_influence": 1.0}, **behaviour},
        intervention={"mechanism_clarity": clarity},
    )
    return engine.run(network_without_ties(doc), only_plan(doc), 14, 0).final["fidelity"]


@pytest.mark.parametrize("process", ["template", "copying", "omission", "erosion", "drift"])
def test_components_of_a_service_and_of_its_neighbours_fare_independently(process):
    """Every pair of components in a service, and in services 1, 2, 8, 63, 64 and 65 apart: no correlation."""
    n = 200_000
    always = {"copying": {"error_from_specification": 1.0}}
    presence = {
        "template": lambda: starting(n, 0.4, always),
        "copying": lambda: starting(n, 0.0, {"copying": {"error_from_specification": 0.3}}),
        "omission": lambda: starting(n, 0.0, {"copying": {"omission_rate": 0.5}}, clarity=0.2),
        "erosion": lambda: eroding(0.3, 1, n, [True] * 8),
        "drift": lambda: drifting(0.1, 1, n, [0.5] * 8),
    }[process]()
    x = (presence - presence.mean(axis=0)) / presence.std(axis=0)
    p_values = []
    for lag in (0, 1, 2, 8, 63, 64, 65):
        z = x[: n - lag].T @ x[lag:] / math.sqrt(n - lag)
        pairs = z[np.triu_indices(8, 1)] if lag == 0 else z.ravel()
        p_values += (2 * stats.norm.sf(np.abs(pairs))).tolist()
    assert len(p_values) == 28 + 6 * 64
    assert_none_below(p_values, process)


def test_a_rate_that_varies_a_little_keeps_the_same_candidates():
    """Luck stays shared: what is lost at a rate is lost at a slightly higher one too, and little else."""
    lower = drifting(0.0500, 1, 100_000, [0.5] * 8)
    higher = drifting(0.0505, 1, 100_000, [0.5] * 8)
    assert draws.candidate_bound(0.0500 * 2.25) == draws.candidate_bound(0.0505 * 2.25)
    assert np.all(higher[lower])
    gained = higher.sum() - lower.sum()
    assert 0 < gained < 0.02 * lower.sum()


# ------------------------------------------------------------------------------------------------- a published battery

# Tests of dieharder 3.31 marked "good" by their author, by number and, where there is one, n-tuple.
BATTERY = (
    *((d, 0) for d in (0, 1, 2, 3, 4, 8, 9, 10, 11, 12, 13, 15, 16, 17, 100, 101)),
    *((102, 0), (200, 2), (200, 8), (201, 2), (201, 5), (202, 3), (202, 5), (203, 0), (203, 7)),
    *((d, 0) for d in (204, 205, 206, 207, 208, 209)),
)


def dieharder(axis: str, number: int, ntuple: int, start: int) -> list[tuple[str, float, str]]:
    """Return name, p-value and verdict of one test of dieharder, fed with the stream along an axis from `start` on."""
    command = ["dieharder", "-g", "200", "-d", str(number), "-c", ","]
    command += [word for column in ("test_name", "ntuple", "pvalues", "assessment") for word in ("-D", column)]
    if ntuple:
        command += ["-n", str(ntuple)]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    chunk = np.empty(1 << 20, dtype=np.uint32)
    try:
        while process.poll() is None:
            fill(AXES.index(axis), start, chunk)
            process.stdin.write(chunk.data)
            start += len(chunk)
    except BrokenPipeError:
        pass  # it has read enough
    with contextlib.suppress(BrokenPipeError):
        process.stdin.close()
    with process.stdout:
        with_results = process.stdout.read().decode()
    process.wait()
    rows = [[cell.strip() for cell in line.split(",")] for line in with_results.splitlines() if "," in line]
    return [(f"{row[0]} {row[1]}", float(row[2]), row[3]) for row in rows]


@pytest.mark.verification
@pytest.mark.parametrize("axis", ["id", "month", "seed", "run"])
def test_dieharder_finds_no_fault_in_the_addressed_stream(axis):
    """A weak result (p below .005 or above .995, expected in one of a hundred) is run again on other addresses."""
    if shutil.which("dieharder") is None:
        pytest.skip("dieharder is not installed (Debian package 'dieharder')")
    rows = []
    for place, (number, ntuple) in enumerate(BATTERY):
        for name, p, verdict in dieharder(axis, number, ntuple, (place + 1) << 36):
            again = ""
            if verdict != "PASSED":
                repeats = dieharder(axis, number, ntuple, (place + 1001) << 36)
                again = ", ".join(f"{q:.3f} {v}" for other, q, v in repeats if other == name)
            rows.append((axis, name, p, verdict, again))
    write_verdicts(axis, rows)
    assert len(rows) >= len(BATTERY)
    assert [row for row in rows if row[3] == "FAILED" or "WEAK" in row[4] or "FAILED" in row[4]] == []
    p_values = [p for _, _, p, _, _ in rows]
    assert_none_below([min(2 * min(p, 1 - p) + 1e-8, 1.0) for p in p_values], f"dieharder along {axis}")


def write_verdicts(axis: str, rows: list[tuple[str, str, float, str, str]]) -> None:
    """Keep the verdicts of one stream in docs/verification, where asked to."""
    if os.environ.get("SPREADSIM_WRITE_TABLES") != "1":
        return
    file = Path(__file__).parent.parent / "docs" / "verification" / f"random-numbers-{axis}.md"
    file.parent.mkdir(parents=True, exist_ok=True)
    verdicts = [row[3] for row in rows]
    lines = [
        f"# Random numbers along {axis}: verdicts of dieharder 3.31",
        "",
        f"Top 32 bits of the numbers at consecutive addresses. {len(rows)} results: "
        f"{verdicts.count('PASSED')} passed, {verdicts.count('WEAK')} weak, {verdicts.count('FAILED')} failed. "
        "Weak is p < .005 or p > .995: one in a hundred is expected of a perfect generator; it is run again on other "
        "addresses.",
        "",
        "| Test | p | verdict | again |",
        "|-|-|-|-|",
        *(f"| {name} | {p:.6f} | {verdict.lower()} | {again.lower()} |" for _, name, p, verdict, again in rows),
        "",
    ]
    file.write_text("\n".join(lines), encoding="utf-8")


def test_published_numbers_without_a_compiler() -> None:
    """Known answers of the specification, in Python and in NumPy alone."""
    for *address, expected in (
        (1, 0, 0, 1, 0, 0.8903483491414294),
        (1, 0, 0, 1, 2, 0.1772505557779075),
        (42, 3, 17, 100, 64, 0.514871744924861),
        (7, 2, 5, 180, 194, 0.43764843612996507),
        (2**64 - 1, 2**64 - 1, 60, 120, 30663, 0.2788145665266868),
    ):
        assert draws.uniform(*address) == expected
        words = np.array([address[4]], dtype=np.uint64)
        assert draws.uniform(*address[:4], words).tolist() == [expected]
