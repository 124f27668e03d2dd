"""Random numbers with an address.

A draw is a hash of where it is used, ``uniform(seed, replicate, month, purpose, id)``: never the next number of a
stream. Two strategies therefore share random numbers, and collecting data, adding a draw elsewhere, the number of
workers or the order of visits changes nothing.

What belongs here: the hash, the purposes, and the scheme that finds rare events among many components with one draw.
The functions take Python integers, NumPy ``uint64`` arrays and, compiled, machine words, with equal results.

Source of the mixing function: Stafford's variant 13 as used in SplitMix64 (Steele, Lea, Flood, OOPSLA 2014).
"""

from __future__ import annotations

from typing import Any

MASK = 0xFFFFFFFFFFFFFFFF
GOLDEN = 0x9E3779B97F4A7C15
UNIT = 2.0**-53

# Purposes: what a draw is for. The numbers are part of every result; they are never reused for anything else.
AWARE, DECIDE, MANDATE, ENGAGE, SOURCE, ORIGIN, ABANDON, STOP, CONVERT, LEADER, RELAPSE = range(1, 12)
TEMPLATE, COPY, TIER_TEMPLATE, TIER_COPY = 20, 40, 60, 80
EROSION_CANDIDATE, EROSION = 100, 101
DRIFT_CANDIDATE, DRIFT = 120, 121
ATTRIBUTE = 140  # plus the column
PICK_KEPT, PICK, GROUP_SIZE, REWIRE_KEPT, REWIRE = 160, 161, 162, 163, 164
AFFINITY_KEPT, AFFINITY = 165, 166
STARTING_SITE = 170
OMIT = 180
STRUCTURE_TEST = 190
TURNOVER, TURNOVER_LOSS, CORE_DAMAGE_CANDIDATE, PRESSURE, CORE_DAMAGE = 200, 201, 202, 203, 204
MEMBER, PICK_MEMBER = 210, 211

COMPONENT_STRIDE = 64  # the id of a service's component k is 64 * uid + k


def mix(z: Any) -> Any:
    """Return `z`, an unsigned 64-bit word, thoroughly mixed.

    Parameters
    ----------
    z : an unsigned 64-bit word: an integer below 2^64, or an array of ``uint64``.

    Returns
    -------
    A word, or an array of the same shape.

    Examples
    --------
    >>> mix(1) == mix(1), mix(1) == mix(2)
    (True, False)
    >>> mix(np.array([1], dtype=np.uint64)).tolist() == [mix(1)]
    True
    """
    z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & MASK
    z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & MASK
    return z ^ (z >> 31)


def absorb(state: Any, word: Any) -> Any:
    """Return the hash state after one more word of the address.

    Parameters
    ----------
    state : of the hash so far, a word.
    word : next part of the address, a word.

    Returns
    -------
    A state.

    Examples
    --------
    >>> absorb(mix(1), 2) == absorb(mix(1), 3)
    False
    """
    return mix(((state ^ word) + GOLDEN) & MASK)


def prefix(seed: Any, replicate: Any, month: Any, purpose: Any) -> Any:
    """Return the hash state of all of an address but its id.

    Parameters
    ----------
    seed, replicate, month, purpose : parts of the address, each a word.

    Returns
    -------
    A state, from which `uniform_at` goes on.

    Examples
    --------
    >>> uniform_at(prefix(1, 0, 5, DECIDE), 17) == uniform(1, 0, 5, DECIDE, 17)
    True
    """
    state = mix((seed + GOLDEN) & MASK)
    state = absorb(state, replicate)
    state = absorb(state, month)
    return absorb(state, purpose)


def uniform_at(state: Any, word: Any) -> Any:
    """Return the uniform number in [0, 1) at id `word` under the prefix `state`.

    Parameters
    ----------
    state : from `prefix`.
    word : id of what the number is for, a word; that of component k of a service is ``COMPONENT_STRIDE * uid + k``.

    Returns
    -------
    A number, or an array of the shape of `word`.

    Examples
    --------
    >>> at = prefix(1, 0, 5, DECIDE)
    >>> services = np.arange(3, dtype=np.uint64)
    >>> uniform_at(at, services).round(6).tolist()
    [0.838631, 0.826291, 0.371106]
    >>> round(uniform_at(at, 2), 6)
    0.371106
    """
    return (absorb(state, word) >> 11) * UNIT


def uniform(seed: int, replicate: Any, month: int, purpose: int, word: Any) -> Any:
    """Return the uniform number in [0, 1) at an address; `replicate` and `word` may be NumPy arrays of ``uint64``.

    Parameters
    ----------
    seed : of the scenario.
    replicate : number of the replicate, or an array of them.
    month : from 0.
    purpose : what the number is for, one of the purposes above.
    word : id of the service or component, or an array of ids.

    Returns
    -------
    A number, or an array of the shape of `replicate` and `word`.

    Examples
    --------
    >>> round(uniform(1, 0, 5, DECIDE, 17), 6)
    0.943416
    >>> uniform(1, 0, 5, DECIDE, 17) == uniform(1, 0, 5, STOP, 17)
    False
    """
    return uniform_at(prefix(seed & MASK, replicate & MASK, month, purpose), word)


# ------------------------------------------------------------------------------------------- candidates (thinning)
#
# Eight components need not mean eight draws. Each component is a *candidate* with a probability `bound` that no
# strategy changes; a candidate then becomes an event with probability p / bound, from a draw of its own. One draw
# finds the next candidate by inverting the geometric distribution over the components that are left, so that most
# months of most services take one draw. The result has exactly the distribution of one Bernoulli(p) a component.


def candidate_bound(largest_probability: float) -> float:
    """Return the probability of a candidate: `largest_probability` rounded up to a multiple of 1/64, at most 1.

    Rounding keeps the candidates the same when a rate is varied a little, so that random numbers stay common.

    Parameters
    ----------
    largest_probability : of an event in any component under any strategy.

    Returns
    -------
    A probability.

    Examples
    --------
    >>> candidate_bound(0.0), candidate_bound(0.04), candidate_bound(2.0)
    (0.0, 0.046875, 1.0)
    """
    steps = -int(-(largest_probability * 64.0 - 1e-9) // 1.0)
    return min(1.0, max(steps, 0) / 64.0)


def candidate_table(bound: float, n: int) -> list[float]:
    """Return, for j = 0..n-1, the probability that the first candidate is among the first j + 1 components.

    Parameters
    ----------
    bound : probability that a component is a candidate.
    n : number of components.

    Returns
    -------
    n probabilities, ascending.

    Examples
    --------
    >>> candidate_table(0.5, 3)
    [0.5, 0.75, 0.875]
    """
    none_yet, table = 1.0, []
    for _ in range(n):
        none_yet = none_yet * (1.0 - bound)
        table.append(1.0 - none_yet)
    return table


def is_any(u: float, table: Any, n: int) -> bool:
    """Return whether there is a candidate at all among `n` components.

    Parameters
    ----------
    u : uniform number in [0, 1).
    table : from `candidate_table`, for at least `n` components.
    n : number of components.

    Returns
    -------
    Whether there is one.

    Examples
    --------
    >>> is_any(0.9, candidate_table(0.5, 3), 3), is_any(0.7, candidate_table(0.5, 3), 3)
    (False, True)
    """
    return n > 0 and u < table[n - 1]


def candidates_before(u: float, table: Any, n: int) -> int:
    """Return how many components are passed over before the first candidate among `n`; `n` if there is none.

    Parameters
    ----------
    u : uniform number in [0, 1).
    table : from `candidate_table`, for at least `n` components.
    n : number of components.

    Returns
    -------
    A number of components, 0 to n.

    Examples
    --------
    >>> [candidates_before(u, candidate_table(0.5, 3), 3) for u in (0.2, 0.6, 0.99)]
    [0, 1, 3]
    """
    if not is_any(u, table, n):
        return n
    passed = 0
    while u >= table[passed]:
        passed += 1
    return passed


def equals_before(u: float, chance: float, n: int) -> int:
    """Return the same where candidates have a chance that changes from month to month, so that no table can be made.

    The sum of the chances rules out most draws before anything is worked out.

    Parameters
    ----------
    u : uniform number in [0, 1).
    chance : that a component is a candidate, the same for all.
    n : number of components.

    Returns
    -------
    A number of components, 0 to n.

    Examples
    --------
    >>> [equals_before(u, 0.5, 3) for u in (0.2, 0.6, 0.99)]
    [0, 1, 3]
    """
    if u >= chance * n:
        return n
    none_yet = 1.0
    for passed in range(n):
        none_yet = none_yet * (1.0 - chance)
        if u < 1.0 - none_yet:
            return passed
    return n
