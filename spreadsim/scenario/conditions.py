"""Conditions: what a programme looks at in its record before it acts.

What belongs here: the grammar of the ``when`` of a strategy's rules, read by Python's parser into a small tree of its
own and never run as code, and what such a tree says of a record. In adaptive pathways (Haasnoot, Kwakkel, Walker, ter
Maat, Glob Environ Change 2013;23:485) the measures are signposts and the conditions triggers.
What does not: which levers a rule sets, and when (``document``, ``plan``).

A measure may be undefined: a ratio with nothing below it. A comparison with it neither holds nor fails, and a condition
that hangs on it does not hold.
"""

from __future__ import annotations

import ast
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import reduce
from typing import Any

import numpy as np

from spreadsim.errors import nearest
from spreadsim.measures import BY_NAME, CURVE_COLUMNS, SIGNPOSTS

MONTH = "month"
_FAILS, _UNDEFINED, _HOLDS = 0.0, 0.5, 1.0  # so that "and" is the smaller, "or" the larger
_COMPARED: dict[type[ast.cmpop], Callable[[Any, Any], Any]] = {
    ast.Lt: np.less,
    ast.LtE: np.less_equal,
    ast.Gt: np.greater,
    ast.GtE: np.greater_equal,
    ast.Eq: np.equal,
    ast.NotEq: np.not_equal,
}
_SIGNS = "<, <=, >, >=, == and !="


class ConditionError(ValueError):
    """A text that is no condition: what is wrong with it, and what to do.

    Parameters
    ----------
    problem : what is wrong.
    remedy : what to do.

    Examples
    --------
    >>> condition("reach < ")
    Traceback (most recent call last):
    spreadsim.scenario.conditions.ConditionError: 'reach < ' is not a condition: invalid syntax
    """

    def __init__(self, problem: str, remedy: str) -> None:
        self.problem, self.remedy = problem, remedy
        super().__init__(problem)


Record = Mapping[str, Any]


@dataclass(frozen=True)
class _Name:
    name: str

    def of(self, record: Record) -> Any:
        return record[self.name]


@dataclass(frozen=True)
class _Number:
    value: float

    def of(self, record: Record) -> Any:
        return self.value


@dataclass(frozen=True)
class _Comparison:
    left: _Name | _Number
    compare: Callable[[Any, Any], Any]
    right: _Name | _Number

    def truth(self, record: Record) -> Any:
        left, right = self.left.of(record), self.right.of(record)
        holds = np.where(self.compare(left, right), _HOLDS, _FAILS)
        return np.where(np.isnan(left) | np.isnan(right), _UNDEFINED, holds)


@dataclass(frozen=True)
class _Both:
    parts: tuple[_Truth, ...]

    def truth(self, record: Record) -> Any:
        return reduce(np.minimum, [part.truth(record) for part in self.parts])


@dataclass(frozen=True)
class _Either:
    parts: tuple[_Truth, ...]

    def truth(self, record: Record) -> Any:
        return reduce(np.maximum, [part.truth(record) for part in self.parts])


@dataclass(frozen=True)
class _Not:
    part: _Truth

    def truth(self, record: Record) -> Any:
        return _HOLDS - self.part.truth(record)


_Truth = _Comparison | _Both | _Either | _Not


@dataclass(frozen=True)
class Condition:
    """A condition on a record.

    Attributes
    ----------
    text : as it stands in the file.
    tree : the same, read.
    names : of the measures that it looks at, in order of their first mention; ``month`` is none.

    Examples
    --------
    >>> late = condition("month >= 12 and reported_uptake < 0.5")
    >>> late.names
    ('reported_uptake',)
    >>> late.holds({"month": 12, "reported_uptake": np.array([0.4, 0.6, np.nan])}).tolist()
    [True, False, False]
    """

    text: str
    tree: _Truth
    names: tuple[str, ...]

    def holds(self, record: Record) -> np.ndarray:
        """Return whether it holds, for each of the parts that a record is of.

        Parameters
        ----------
        record : the month, and an array of one shape for each measure that it looks at; nan where undefined.

        Returns
        -------
        Booleans of that shape.
        """
        return np.asarray(self.tree.truth(record) == _HOLDS)


def condition(text: str) -> Condition:
    """Return the condition that a text states.

    Parameters
    ----------
    text : comparisons of measures, ``month`` and numbers, joined by ``and``, ``or`` and ``not``.

    Returns
    -------
    The condition.

    Raises
    ------
    ConditionError : the text states none, or names something that is not recorded by month.

    Examples
    --------
    >>> condition("not 0.2 <= fidelity < 0.8 or in_name_only > reach").names
    ('fidelity', 'in_name_only', 'reach')
    >>> condition("reach + 1 > 0.5")
    Traceback (most recent call last):
    spreadsim.scenario.conditions.ConditionError: 'reach + 1' cannot be compared
    """
    try:
        body = ast.parse(text.strip(), mode="eval").body
        names: list[str] = []
        return Condition(text, _truth(body, names), tuple(dict.fromkeys(names)))
    except (SyntaxError, RecursionError, MemoryError) as failure:
        reason = failure.msg if isinstance(failure, SyntaxError) else "it is nested too deeply"
        raise ConditionError(
            f"'{text}' is not a condition: {reason}", "write for instance 'month >= 12 and reported_uptake < 0.5'"
        ) from None


def _truth(node: ast.expr, names: list[str]) -> _Truth:
    """Return what a part of the text says, which holds or not; `names` takes the measures that it looks at."""
    if isinstance(node, ast.BoolOp):
        parts = tuple(_truth(part, names) for part in node.values)
        return _Both(parts) if isinstance(node.op, ast.And) else _Either(parts)
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
        return _Not(_truth(node.operand, names))
    if isinstance(node, ast.Compare):
        values = [_value(part, names) for part in (node.left, *node.comparators)]
        for sign in node.ops:
            if type(sign) not in _COMPARED:
                raise ConditionError(f"'{ast.unparse(node)}' is not a comparison", f"compare by {_SIGNS}")
        parts = tuple(
            _Comparison(left, _COMPARED[type(sign)], right)
            for left, sign, right in zip(values, node.ops, values[1:], strict=False)
        )
        return parts[0] if len(parts) == 1 else _Both(parts)
    raise ConditionError(
        f"'{ast.unparse(node)}' neither holds nor fails",
        f"compare measures, month and numbers by {_SIGNS}; join comparisons by and, or, not",
    )


def _value(node: ast.expr, names: list[str]) -> _Name | _Number:
    """Return what a comparison has on one side."""
    sign = 1.0
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        sign, node = -1.0, node.operand
    if isinstance(node, ast.Constant) and isinstance(node.value, int | float) and not isinstance(node.value, bool):
        try:
            number = float(node.value)
        except OverflowError:
            number = math.inf
        if not math.isfinite(number):
            raise ConditionError(f"'{ast.unparse(node)}' is not a finite number", "give a finite number")
        return _Number(sign * number)
    if isinstance(node, ast.Name) and sign > 0.0:
        _check_name(node.id)
        if node.id != MONTH:
            names.append(node.id)
        return _Name(node.id)
    raise ConditionError(
        f"'{ast.unparse(node)}' cannot be compared",
        "give a measure that is recorded by month, month, or a number, without arithmetic",
    )


def _check_name(name: str) -> None:
    """Refuse a name that no rule can look at."""
    if name == MONTH or name in SIGNPOSTS:
        return
    if name in BY_NAME or name in CURVE_COLUMNS:
        of = "by month" if name in BY_NAME else "for parts of the services"
        raise ConditionError(f"'{name}' is not recorded {of}", f"look at one of: {', '.join(SIGNPOSTS)}")
    raise ConditionError(f"'{name}' is not a measure", nearest(name, (MONTH, *SIGNPOSTS)))
