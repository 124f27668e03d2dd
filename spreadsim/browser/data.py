"""The data of a page: networks, plans and start values, from the plans that the other drivers get.

What belongs here: how they are written as one text, and what is refused. Numbers travel whole: as 64-bit floats, or, if
they are of six decimals, as millionths, from which the same bits follow. What follows from other data is left out.
"""

from __future__ import annotations

import base64
import hashlib
import json
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from functools import cached_property
from typing import Any

import numpy as np

from spreadsim.errors import InputError
from spreadsim.levers import LEVERS
from spreadsim.network.data import Network
from spreadsim.outcomes.record import SUMS
from spreadsim.outcomes.run import first_late_month
from spreadsim.rules import Levers
from spreadsim.scenario.plan import Plan

_TYPES = {"float64": "float64", "int32": "int32", "int64": "int32", "int8": "int8", "bool": "bool"}
_FOLLOWED = {"name", "title", "levers", "behaviour", "cost", "intervention", "programme", "months", "calendar"}
_IN_FILES = {"triggers": "rules"}  # what scenario files call a plan's fields
_WRITTEN_FIRST = {  # arrays of a run that are written before they are read
    "message", "message_generation", "roster", "shortlist", "entrant", "entrant_route", "entrant_source",
    "second_list", "has_embedded_peer",
}  # fmt: skip
_UNREAD = {"deprivation": None} | {  # attributes that no rule reads, or none where a parameter is 0
    "second_form": ("adaptation", "second_form_fit"),
    "perception": ("adaptation", "misjudgement"),
    "appraisal_error": ("appraisal", "error"),
}
_DECIMALS = 1_000_000
_OF_LEVERS = ("name", "title", "levers", "cost")
_SMALL = 64  # numbers of an array that stands with a setting


class _Pool:
    """Arrays of a page, each once.

    Parameters
    ----------
    small : arrays of at most so many numbers stand in the header.
    """

    def __init__(self, small: int = 0) -> None:
        self.small = small
        self._arrays: dict[bytes, np.ndarray] = {}
        self._places: dict[bytes, int] = {}

    def put(self, values: np.ndarray) -> dict[str, Any]:
        """Return what stands for an array in the header."""
        values = np.ascontiguousarray(values)
        kind, shape = _TYPES[values.dtype.name], list(values.shape)
        if values.size <= self.small and np.all(np.isfinite(values)):
            return {"numbers": values.astype(kind).reshape(-1).tolist(), "of": kind, "shape": shape}
        key = hashlib.sha256(f"{values.dtype} {values.shape}".encode() + values.tobytes()).digest()
        if key not in self._places:
            self._places[key] = len(self._arrays)
            self._arrays[key] = values.astype(kind).reshape(-1)
        return {"array": self._places[key], "shape": shape}

    @property
    def key(self) -> str:
        """What the arrays and their order are known by."""
        return hashlib.sha256(b"".join(self._arrays)).hexdigest()[:32]

    def stored(self) -> tuple[list[dict[str, Any]], bytes]:
        """Return how the arrays are written, and all of them as bytes."""
        headers, data = [], []
        for values in self._arrays.values():
            stored, scale = _stored(values)
            headers.append(
                {"type": values.dtype.name, "stored": stored.dtype.name, "scale": scale, "length": int(stored.size)}
            )
            as_bytes = stored.astype(stored.dtype.newbyteorder("<")).view(np.uint8)
            data.append(as_bytes.reshape(-1, stored.itemsize).T.tobytes())
        return headers, b"".join(data)


def _text(header: Mapping[str, Any], pool: _Pool, level: int = 9) -> str:
    """Return a header and the arrays that it speaks of as text."""
    headers, data = pool.stored()
    text = json.dumps({**header, "arrays": headers}, allow_nan=False, separators=(",", ":")).encode()
    return base64.b64encode(zlib.compress(len(text).to_bytes(4, "little") + text + data, level)).decode()


def _stored(values: np.ndarray) -> tuple[np.ndarray, int]:
    """Return how an array is written, and what each number is divided by when it is read."""
    if values.dtype != np.float64:
        return values, 1
    for scale in (1, _DECIMALS):
        with np.errstate(invalid="ignore", over="ignore"):
            whole = np.rint(values * scale)
        if np.all(np.abs(whole) < 2**31) and (whole / scale).tobytes() == values.tobytes():
            return whole.astype(np.int32), scale
    return values, 1


def _number(value: Any, what: str) -> Any:
    """Return a parameter, a table of them, or an array, as JSON has them."""
    if hasattr(value, "_fields"):
        return {name: _number(getattr(value, name), name) for name in value._fields}
    if isinstance(value, (bool, np.bool_)):
        return bool(value)
    if isinstance(value, (int, np.integer)) and abs(int(value)) < 2**53:
        return int(value)
    if isinstance(value, (float, np.floating)) and np.isfinite(value):
        return float(value)
    raise InputError("the browser driver", what, f"cannot run {value!r}", "run it by another driver")


def page_data(
    plans: Sequence[Plan],
    networks: Sequence[Network] | Sequence[Sequence[Network]],
    seed: int,
    replicates: Sequence[int],
    further: Mapping[str, Any] = {},
) -> str:
    """Return the data of a page that runs some plans in some replicates, as text.

    Parameters
    ----------
    plans : the strategies.
    networks : of each replicate; where strategies run on networks of their own, those of each strategy.
    seed, replicates : addresses of the random numbers.
    further : what else the page has: texts, numbers, and tables and lists of these and of arrays.

    Returns
    -------
    Base64 of deflated bytes, which ``driver.js`` reads.

    Raises
    ------
    InputError : a plan uses what the browser driver cannot run.

    Examples
    --------
    >>> from spreadsim.scenario.plan import plans
    >>> scenario = ss.load_scenario("classroom")
    >>> text = page_data(plans(scenario), [ss.make_network(scenario)], 1, [0])
    >>> len(text) < 10_000
    True
    """
    pool = _Pool()
    return _text(_header(pool, plans, networks, seed, replicates, further), pool)


def _header(
    pool: _Pool,
    plans: Sequence[Plan],
    networks: Sequence[Network] | Sequence[Sequence[Network]],
    seed: int,
    replicates: Sequence[int],
    further: Mapping[str, Any],
) -> dict[str, Any]:
    """Return all that a page has but its arrays, which go into the pool."""
    by_plan = [networks if isinstance(networks[0], Network) else networks[place] for place in range(len(plans))]
    strategies = [
        _strategy(pool, plan, own, seed, replicates)  # type: ignore[arg-type]
        for plan, own in zip(plans, by_plan, strict=True)
    ]
    return {
        "seed": seed_halves(seed),
        "strategies": strategies,
        "sums": {name: place for place, name in enumerate(SUMS)},
        "collaborates": Levers._fields.index("collaborates"),
        "further": _with_arrays(pool, further),
    }


@dataclass(frozen=True)
class RunData:
    """One run for a page that has made others, in three parts that change ever more often.

    Its arrays are the network's; its setting holds every other number but those of levers and effort; `levers_data` has
    those. So a lever that is moved leaves the first two as they were, and a parameter leaves the arrays.

    Attributes
    ----------
    setting : JSON, which ``driver.js`` reads together with the arrays.
    key : what the arrays are known by.

    Examples
    --------
    >>> from spreadsim.scenario.plan import plan
    >>> levers = [f"programme.support={support}" for support in (0.2, 0.9)]
    >>> scenarios = [ss.load_scenario("classroom", [lever]) for lever in levers]
    >>> network = ss.make_network(scenarios[0])
    >>> name = "one-neighbour-is-enough"
    >>> low, high = (run_data(plan(scenario, name), network, 1, 0) for scenario in scenarios)
    >>> low.setting == high.setting, low.key == high.key
    (True, True)
    """

    setting: str
    key: str
    _pool: _Pool

    @cached_property
    def arrays(self) -> str:
        """The arrays as text, as `page_data` writes them; quickly, for it is made while somebody waits."""
        return _text({}, self._pool, level=1)


def run_data(plan: Plan, network: Network, seed: int, replicate: int) -> RunData:
    """Return the data of one run but its levers, for a page that makes many on one network.

    Parameters
    ----------
    plan : the strategy.
    network : of the replicate.
    seed, replicate : address of the random numbers.

    Returns
    -------
    The setting and the arrays.

    Raises
    ------
    InputError : the plan uses what the browser driver cannot run.

    Examples
    --------
    >>> from spreadsim.scenario.plan import plans
    >>> scenario = ss.load_scenario("classroom")
    >>> data = run_data(plans(scenario)[0], ss.make_network(scenario), 1, 0)
    >>> json.loads(data.setting)["strategies"][0]["months"]
    12
    """
    pool = _Pool(_SMALL)
    header = _header(pool, [plan], [network], seed, [replicate], {})
    for name in _OF_LEVERS:
        del header["strategies"][0][name]
    return RunData(json.dumps(header, allow_nan=False, separators=(",", ":")), pool.key, pool)


def levers_data(plan: Plan) -> str:
    """Return what `run_data` leaves out of a plan: its levers by month, and the effort that they cost.

    Parameters
    ----------
    plan : the strategy.

    Returns
    -------
    JSON.

    Raises
    ------
    InputError : the plan uses what the browser driver cannot run.

    Examples
    --------
    >>> from spreadsim.scenario.plan import plans
    >>> sorted(json.loads(levers_data(plans(ss.load_scenario("classroom"))[0])))
    ['cost', 'levers', 'name', 'title']
    """
    refuse_unfollowed(plan)
    return json.dumps(_of_levers(plan), allow_nan=False, separators=(",", ":"))


def key_without_levers(plan: Plan) -> str:
    """Return what `run_data` depends on in a plan: all but levers, effort and names.

    Parameters
    ----------
    plan : the strategy.

    Returns
    -------
    Letters and digits, the same for plans that differ in their levers alone.

    Examples
    --------
    >>> from spreadsim.scenario.plan import plan
    >>> scenario = ss.load_scenario("default")
    >>> more = ss.load_scenario("default", ["programme.support=0.9"])
    >>> later = ss.load_scenario("default", ["run.months=12"])
    >>> keys = [key_without_levers(plan(one, "blend")) for one in (scenario, more, later)]
    >>> keys[0] == keys[1], keys[0] == keys[2]
    (True, False)
    """
    of_levers = {one.name for one in LEVERS}
    v = plan.intervention
    arrays = [value.tobytes() for value in v if isinstance(value, np.ndarray)]
    rest = [value for value in v if not isinstance(value, np.ndarray)]
    programme = plan.programme.model_dump_json(exclude=of_levers)
    parts = (plan.months, plan.has_collaborative, programme, plan.behaviour, rest, arrays)
    return hashlib.sha256(repr(parts).encode()).hexdigest()


def _by_column(table: np.ndarray) -> dict[str, Any]:
    """Return a table of levers, a column at a time: each value with the number of months that it holds for."""
    by_column = []
    for column in np.ascontiguousarray(table.T):
        bits = column.view(np.int64)
        first = np.flatnonzero(np.append(True, bits[1:] != bits[:-1]))
        lengths = np.diff(np.append(first, len(column)))
        by_column.append([column[first].tolist(), lengths.tolist()])
    return {"by_column": by_column, "months": len(table)}


def _with_arrays(pool: _Pool, value: Any) -> Any:
    """Return tables and lists with what stands for each array in them."""
    if isinstance(value, np.ndarray):
        return pool.put(value)
    if isinstance(value, Mapping):
        return {name: _with_arrays(pool, one) for name, one in value.items()}
    return [_with_arrays(pool, one) for one in value] if isinstance(value, (list, tuple)) else value


def seed_halves(seed: int) -> dict[str, int]:
    """Return a seed as a page has it.

    Parameters
    ----------
    seed : address of the random numbers.

    Returns
    -------
    Its halves of 32 bits, as signed numbers.

    Examples
    --------
    >>> seed_halves(2**32 + 7)
    {'high': 1, 'low': 7}
    """
    return {"high": _signed(seed >> 32), "low": _signed(seed)}


def _signed(word: int) -> int:
    """Return the lower 32 bits of a word as a signed number."""
    low = word & 0xFFFFFFFF
    return low - (1 << 32) if low >= 1 << 31 else low


def _of_levers(plan: Plan) -> dict[str, Any]:
    """Return a plan's levers, and what goes with them."""
    levers = [_by_column(plan.table)]
    return {"name": plan.name, "title": plan.title, "levers": levers, "cost": _number(plan.cost, "cost")}


def _strategy(
    pool: _Pool, plan: Plan, networks: Sequence[Network], seed: int, replicates: Sequence[int]
) -> dict[str, Any]:
    """Return a plan, and the arrays of its runs at their start values."""
    from spreadsim.drivers import engine, loops  # Numba is not loaded before a run

    refuse_unfollowed(plan)
    block = engine.block_of(networks, plan, seed, replicates, 1, True)
    homophily = _homophily(block, networks)
    unread = {name for name, path in _UNREAD.items() if path is None or _parameter(plan, path) == 0.0}
    left_out = {"weight", "weight_sum", "weight_while_met"} if homophily else set()
    return {
        **_of_levers(plan),
        "months": plan.months,
        "first_late_month": first_late_month(plan.months),
        "n": networks[0].n,
        "people": [network.people for network in networks],
        "behaviour": _number(plan.behaviour, "behaviour"),
        "intervention": {
            name: pool.put(value) if isinstance(value, np.ndarray) else _number(value, name)
            for name, value in plan.intervention._asdict().items()
        },
        "homophily": homophily,
        "has_collaborative": plan.has_collaborative,
        "by": {"network": list(loops.BY_NETWORK), "entries": list(loops.ENTRIES)},
        "fields": {
            name: _field(pool, name, value, name in unread, name in (*loops.BY_RUN, "sums"))
            for name, value in block._asdict().items()
            if name not in left_out
        },
    }


def _parameter(plan: Plan, path: tuple[str, str]) -> float:
    return float(getattr(getattr(plan.behaviour, path[0]), path[1]))


def _homophily(block: Any, networks: Sequence[Network]) -> dict[str, float] | None:
    """Return what the weights of ties follow from; None where they do not, and travel with the page."""
    distance = networks[0].homophily_distance
    strength = float(networks[0].ties.strength[0]) if len(networks[0].ties.strength) else 1.0
    if not np.isfinite(distance):
        return None
    for k, context in enumerate(block.context):
        entries = slice(block.first_entry[k], block.first_entry[k + 1])
        listener = np.repeat(np.arange(len(context)), np.diff(block.start[k]))
        gap = (context[listener] - context[block.peer[entries]]) / distance
        weight = strength / (1.0 + gap * gap)
        sums = np.bincount(listener, weights=weight, minlength=len(context))
        if not (np.array_equal(weight, block.weight[entries]) and np.array_equal(sums, block.weight_sum[k])):
            return None
    return {"distance": distance, "strength": strength}


def _field(pool: _Pool, name: str, value: Any, is_unread: bool, is_by_run: bool) -> Any:
    """Return an array of a block, or a number."""
    if name in ("keys", "tier_keys"):
        return len(value)
    if name == "n_members":
        return value.tolist()
    if name in ("replicates", "first_entry", "first_site", "network_of"):
        return [_number(one, name) for one in value]
    if not isinstance(value, np.ndarray):
        return _number(value, name)
    if is_by_run or is_unread or name in _WRITTEN_FIRST or value.size == 0 or (value == value.flat[0]).all():
        is_empty = name.startswith("event_") or is_unread or name in _WRITTEN_FIRST or value.size == 0
        shape = [1, *value.shape[1:]] if is_by_run else list(value.shape)
        fill = 0 if is_empty else value.flat[0].item()
        return {"fill": int(fill) if isinstance(fill, bool) else fill, "type": _TYPES[value.dtype.name], "shape": shape}
    return pool.put(value)


def refuse_unfollowed(plan: Plan) -> None:
    """Refuse by name what a plan has that the browser driver does not follow.

    Parameters
    ----------
    plan : any.

    Raises
    ------
    InputError : it has something that is not run in a browser.

    Examples
    --------
    >>> from spreadsim.scenario.plan import plans
    >>> refuse_unfollowed(plans(ss.load_scenario("classroom"))[0])
    """
    for field in fields(plan):
        if field.name not in _FOLLOWED and getattr(plan, field.name):
            name = _IN_FILES.get(field.name, field.name)
            raise InputError(f"strategy '{plan.name}'", name, "not run in a browser", "use another driver")
