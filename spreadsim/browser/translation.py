"""Translation of the rulebook and of the loops into JavaScript.

What belongs here: which Python the translation takes, and what it becomes. The code that the compiler takes uses 64-bit
floats with ``+ - * /``, comparisons, ``min`` and ``max``, small integers, and arrays; JavaScript computes the same bits
from it. Anything else is refused by name, with its file and line, so that a rule that the browser could not follow is
noticed when it is written.

What JavaScript has no number for, the 64-bit words of `draws`, stands in ``arithmetic.js``.
"""

from __future__ import annotations

import ast
import importlib
import inspect
import math
import re
from collections.abc import Collection, Mapping
from functools import cached_property
from types import ModuleType
from typing import Any

from spreadsim.errors import SpreadsimError

OPERATORS: Mapping[type[ast.AST], str] = {
    ast.Add: "+",
    ast.Sub: "-",
    ast.Mult: "*",
    ast.Div: "/",
    ast.BitAnd: "&",  # of yes and no
    ast.BitOr: "|",
    ast.And: "&&",
    ast.Or: "||",
    ast.USub: "-",
    ast.Not: "!",
    ast.Eq: "==",  # as in Python, yes equals 1
    ast.NotEq: "!=",
    ast.Lt: "<",
    ast.LtE: "<=",
    ast.Gt: ">",
    ast.GtE: ">=",
}
LEFT_OUT = "prefetch"  # what begins so changes no result
# Words that JavaScript keeps for itself, and names of the functions that it calls.
RESERVED = frozenset(
    re.findall(
        r"\w+",
        """
        arguments await case catch class const debugger default delete do else enum eval export extends false finally
        for function if implements import in instanceof interface let max min new null package private protected public
        return static super switch this throw true try typeof var void while with yield
        """,
    )
)


class TranslationError(SpreadsimError):
    """Python that the browser driver cannot follow.

    Parameters
    ----------
    file, line : where it stands.
    construct : what it is.

    Examples
    --------
    >>> str(TranslationError("rules.py", 12, "the operator Pow"))
    'rules.py, line 12: the browser driver cannot follow the operator Pow'
    """

    def __init__(self, file: str, line: int, construct: str) -> None:
        super().__init__(f"{file}, line {line}: the browser driver cannot follow {construct}")


class _Source:
    """A module's source: its functions, what it imports and what its names stand for.

    Attributes
    ----------
    module : as imported.
    label : short name, which begins the names of its functions in JavaScript.
    functions : by name.
    imports : for each name, the module that it comes from and its name there; None where it is a module itself.
    """

    def __init__(self, name: str) -> None:
        self.module: ModuleType = importlib.import_module(name)
        self.label = name.rpartition(".")[2]
        tree = ast.parse(inspect.getsource(self.module))
        self.functions = {one.name: one for one in tree.body if isinstance(one, ast.FunctionDef)}
        self.assignments = {
            target.id: one.value
            for one in tree.body
            if isinstance(one, ast.Assign)
            for target in one.targets
            if isinstance(target, ast.Name)
        }
        self.imports = {
            alias.asname or alias.name: (one.module, alias.name)
            for one in tree.body
            if isinstance(one, ast.ImportFrom) and one.module
            for alias in one.names
        }


class Translator:
    """Functions of some modules, and all that they call, as JavaScript.

    Parameters
    ----------
    own : functions that are not translated, for JavaScript has its own: ``module.name``.
    lambdas : the text of functions that Python makes from text, by ``module.name``.

    Examples
    --------
    >>> translator = Translator()
    >>> translator.name_of("spreadsim.rules", "team_strength")
    'rules_team_strength'
    >>> print(translator.text())
    function rules_team_strength(m) {
      return (0.5 + m.team);
    }
    """

    def __init__(self, own: Collection[str] = (), lambdas: Mapping[str, str] = {}) -> None:
        self.own = own
        self.lambdas = lambdas
        self._sources: dict[str, _Source] = {}
        self._functions: dict[str, str] = {}  # by name in JavaScript

    def _source(self, name: str) -> _Source:
        """Return the source of a module, read once."""
        if name not in self._sources:
            self._sources[name] = _Source(name)
        return self._sources[name]

    def text(self) -> str:
        """Return the functions translated so far, those that are called before those that call.

        Returns
        -------
        JavaScript.

        Examples
        --------
        >>> Translator().text()
        ''
        """
        return "\n".join(self._functions.values())

    def name_of(self, module: str, name: str) -> str:
        """Return the name in JavaScript of a function, which is translated with all that it calls.

        Parameters
        ----------
        module, name : of the function.

        Returns
        -------
        A name.

        Raises
        ------
        TranslationError : it uses something that the browser driver cannot follow.

        Examples
        --------
        >>> Translator().name_of("spreadsim.draws", "is_any")
        'draws_is_any'
        >>> Translator().name_of("spreadsim.draws", "candidate_bound")  # doctest: +IGNORE_EXCEPTION_DETAIL
        Traceback (most recent call last):
        TranslationError: draws.py, line 178: the browser driver cannot follow the operator FloorDiv
        """
        source = self._source(module)
        if name in source.imports:
            return self.name_of(*source.imports[name])
        own = f"{source.label}_{name.removeprefix('_')}"
        if f"{source.label}.{name}" in self.own or own in self._functions:
            return own
        if name in source.functions:
            text = _Function(self, source, source.functions[name]).text(own)
        elif f"{source.label}.{name}" in self.lambdas:
            text = _Function(self, source, _lambda(self.lambdas[f"{source.label}.{name}"])).text(own)
        else:
            text = self._in_order(source, name, own)
        self._functions[own] = text
        return own

    def _in_order(self, source: _Source, name: str, own: str) -> str:
        """Return a function that walks phases in the rulebook's order: what ``name = in_order(names)`` is."""
        call = source.assignments.get(name)
        if not (isinstance(call, ast.Call) and isinstance(call.func, ast.Name) and call.func.id == "in_order"):
            raise TranslationError(f"{source.label}.py", getattr(call, "lineno", 0), f"what '{name}' is")
        loops = source.assignments["LOOPS"]
        assert isinstance(loops, ast.Dict)
        function_of = {ast.literal_eval(k): v for k, v in zip(loops.keys, loops.values, strict=True) if k is not None}
        phases = _Function(self, source, source.functions["in_order"]).constant(call.args[0])
        of_programme = _Function(self, source, source.functions["in_order"]).constant(
            ast.Name("PROGRAMME_PHASES", ast.Load())
        )
        module, body = source.module.__name__, ""
        levers, world = (self.name_of(module, one) for one in ("levers_of", "world_of_unit"))
        for phase in phases:
            begun = self.name_of(module, ast.unparse(function_of[phase]))
            rest = f"{levers}(w.levers, u, t), {levers}(w.levers, u, t + 1), b, v);\n"
            if phase in of_programme:
                body += f"  u = 0;\n  {begun}(w, {rest}"
            else:
                body += f"  for (u = 0; u < w.all_sizes.length; u++) {begun}({world}(w, u), {rest}"
        return f"function {own}(w, t, b, v) {{\n  let u;\n{body}}}"


def _lambda(text: str) -> ast.FunctionDef:
    """Return a function of one expression from its text."""
    expression = ast.parse(text, mode="eval").body
    assert isinstance(expression, ast.Lambda)
    function = ast.parse("def function(): pass").body[0]
    assert isinstance(function, ast.FunctionDef)
    function.args, function.body = expression.args, [ast.copy_location(ast.Return(expression.body), expression)]
    return function


class _Function:
    """One function, translated."""

    def __init__(self, translator: Translator, source: _Source, node: ast.FunctionDef) -> None:
        self.translator, self.source, self.node = translator, source, node
        self.parameters = [one.arg for one in node.args.args]
        self.n_temporaries = 0

    def refuse(self, node: ast.AST, construct: str) -> TranslationError:
        """Return the error that names what cannot be followed, and where it stands."""
        return TranslationError(f"{self.source.label}.py", getattr(node, "lineno", 0), construct)

    @cached_property
    def variables(self) -> list[str]:
        """Names that the function gives values to, in order."""
        names = [
            one.id
            for one in ast.walk(self.node)
            if isinstance(one, ast.Name) and isinstance(one.ctx, ast.Store) and one.id not in self.parameters
        ]
        return list(dict.fromkeys(names))

    def text(self, name: str) -> str:
        """Return the function under a name."""
        if any(not isinstance(one, ast.Name) for one in self.node.decorator_list):
            raise self.refuse(self.node, "a decorator with arguments")
        extra = self.node.args.kwonlyargs, self.node.args.posonlyargs, self.node.args.vararg, self.node.args.kwarg
        if any(extra):
            raise self.refuse(self.node, "parameters of another kind than by place")
        defaults = [None] * (len(self.parameters) - len(self.node.args.defaults)) + [
            self.expression(one) for one in self.node.args.defaults
        ]
        parameters = ", ".join(
            self.local(one) + (f" = {value}" if value is not None else "")
            for one, value in zip(self.parameters, defaults, strict=True)
        )
        body = self.block(self.node.body)
        variables = [self.local(one) for one in self.variables]
        declared = f"  let {', '.join(variables)};\n" if variables else ""
        return f"function {name}({parameters}) {{\n{declared}{body}}}"

    def local(self, name: str) -> str:
        """Return the name of a local variable."""
        return f"{name}$" if name in RESERVED else name

    # ------------------------------------------------------------------------------------------- statements

    def block(self, body: list[ast.stmt], depth: int = 1) -> str:
        """Return statements, indented."""
        return "".join("  " * depth + line + "\n" for one in body for line in self.statement(one))

    def inner(self, body: list[ast.stmt]) -> list[str]:
        """Return the lines of a body."""
        return ["  " + line for one in body for line in self.statement(one)]

    def statement(self, node: ast.stmt) -> list[str]:
        """Return the lines of a statement."""
        match node:
            case ast.Expr(value=ast.Constant(value=str())) | ast.Pass():
                return []
            case ast.Expr(value=ast.Call() as call):
                if isinstance(call.func, ast.Name) and call.func.id.startswith(LEFT_OUT):
                    return []
                return [f"{self.expression(call)};"]
            case ast.Return(value=None):
                return ["return;"]
            case ast.Return(value=ast.Tuple(elts=parts)):
                return [f"return [{', '.join(self.expression(one) for one in parts)}];"]
            case ast.Return(value=ast.expr() as value):
                return [f"return {self.expression(value)};"]
            case ast.Assign():
                return self.assignment(node)
            case ast.AugAssign(op=ast.Add() | ast.Sub() | ast.Mult()):
                operator = OPERATORS[type(node.op)]
                return [f"{self.expression(node.target)} {operator}= {self.expression(node.value)};"]
            case ast.If():
                lines = [f"if ({self.expression(node.test)}) {{", *self.inner(node.body)]
                if node.orelse:
                    lines += ["} else {", *self.inner(node.orelse)]
                return [*lines, "}"]
            case ast.While(orelse=[]):
                return [f"while ({self.expression(node.test)}) {{", *self.inner(node.body), "}"]
            case ast.For(target=ast.Name(id=name), orelse=[]):
                return self.loop(node, name)
            case ast.Break():
                return ["break;"]
            case ast.Continue():
                return ["continue;"]
        raise self.refuse(node, f"the statement {type(node).__name__}")

    def loop(self, node: ast.For, name: str) -> list[str]:
        """Return a loop over numbers in turn, or over what a list or an array holds."""
        match node.iter:
            case ast.Call(func=ast.Name(id="range"), args=[*bounds], keywords=[]) if 1 <= len(bounds) <= 2:
                first = self.expression(bounds[0]) if len(bounds) == 2 else "0"
                at, end = f"{name}$at", f"end{node.lineno}$"  # the name keeps its last value, as in Python
                head = f"for (let {end} = {self.expression(bounds[-1])}, {at} = {first}; {at} < {end}; {at}++) {{"
                return [head, f"  {self.local(name)} = {at};", *self.inner(node.body), "}"]
            case ast.Tuple(elts=parts):
                each = f"[{', '.join(self.expression(one) for one in parts)}]"
            case ast.Name() | ast.Attribute():
                each = self.expression(node.iter)
            case _:
                raise self.refuse(node.iter, f"a loop over {ast.unparse(node.iter)}")
        return [f"for ({self.local(name)} of {each}) {{", *self.inner(node.body), "}"]

    def assignment(self, node: ast.Assign) -> list[str]:
        """Return what gives one value to one or more places, or several values to as many."""
        match node.targets, node.value:
            case [ast.Subscript(slice=ast.Slice(lower=None, upper=None, step=None)) as whole], value:
                return [f"{self.expression(whole.value)}.fill({self.expression(value)});"]
            case [ast.Tuple(elts=targets)], ast.Tuple(elts=values) if len(targets) == len(values):
                names = [self.temporary() for _ in values]
                return [
                    *(f"const {one} = {self.expression(v)};" for one, v in zip(names, values, strict=True)),
                    *(f"{self.expression(t)} = {one};" for t, one in zip(targets, names, strict=True)),
                ]
            case [ast.Tuple(elts=targets)], ast.Call():
                places = ", ".join(self.expression(one) for one in targets)
                return [f"[{places}] = {self.expression(node.value)};"]
            case [ast.Name() | ast.Attribute() | ast.Subscript() as target], value if not isinstance(value, ast.Tuple):
                return [f"{self.expression(target)} = {self.expression(value)};"]
            case targets, value if not any(isinstance(one, ast.Tuple) for one in (*targets, value)):
                one = self.temporary()
                return [
                    f"const {one} = {self.expression(value)};",
                    *(f"{self.expression(target)} = {one};" for target in targets),
                ]
        raise self.refuse(node, f"'{ast.unparse(node)}'")

    def temporary(self) -> str:
        """Return a new name."""
        self.n_temporaries += 1
        return f"t{self.n_temporaries}$"

    # ------------------------------------------------------------------------------------------- expressions

    def expression(self, node: ast.expr) -> str:
        """Return an expression."""
        match node:
            case ast.Constant(value=value):
                return self.literal(value, node)
            case ast.Name(id=name) if name in self.parameters or name in self.variables:
                return self.local(name)
            case ast.Name() | ast.Attribute() if self.is_global(node):
                return self.literal(self.constant(node), node)
            case ast.Attribute(value=value, attr=name):
                return f"{self.expression(value)}.{name}"
            case ast.Subscript(value=value, slice=place):
                return self.subscript(value, place)
            case ast.BinOp(left=left, op=op, right=right) if type(op) in OPERATORS:
                return f"({self.expression(left)} {OPERATORS[type(op)]} {self.expression(right)})"
            case ast.BinOp(op=op):
                raise self.refuse(node, f"the operator {type(op).__name__}")
            case ast.UnaryOp(op=op, operand=operand) if type(op) in OPERATORS:
                return f"({OPERATORS[type(op)]}{self.expression(operand)})"
            case ast.BoolOp(op=op, values=values):
                return "(" + f" {OPERATORS[type(op)]} ".join(self.expression(one) for one in values) + ")"
            case ast.Compare(left=left, ops=[op], comparators=[right]) if type(op) in OPERATORS:
                return f"({self.expression(left)} {OPERATORS[type(op)]} {self.expression(right)})"
            case ast.IfExp(test=test, body=body, orelse=orelse):
                return f"({self.expression(test)} ? {self.expression(body)} : {self.expression(orelse)})"
            case ast.Call(func=function, args=arguments, keywords=[]):
                return self.call(function, arguments)
        raise self.refuse(node, f"'{ast.unparse(node)}'")

    def literal(self, value: Any, node: ast.AST) -> str:
        """Return a number, yes or no, or a list or record of them."""
        if isinstance(value, bool):
            return str(value).lower()
        if isinstance(value, (int, float)) and math.isfinite(value) and abs(value) < 2**53:
            return repr(value)
        if isinstance(value, tuple):
            parts = [self.literal(one, node) for one in value]
            names = getattr(value, "_fields", None)
            if names is None:
                return f"[{', '.join(parts)}]"
            return "{" + ", ".join(f"{one}: {part}" for one, part in zip(names, parts, strict=True)) + "}"
        raise self.refuse(node, f"the value {value!r}")

    def subscript(self, value: ast.expr, place: ast.expr) -> str:
        """Return an element, a row, or part of an array."""
        inner = self.expression(value)
        match place:
            case ast.Tuple(elts=places):
                return inner + "".join(f"[{self.expression(one)}]" for one in places)
            case ast.Slice(lower=ast.expr() as lower, upper=ast.expr() as upper, step=None):
                return f"{inner}.subarray({self.expression(lower)}, {self.expression(upper)})"
            case ast.Slice() | ast.UnaryOp():
                raise self.refuse(value, f"the place [{ast.unparse(place)}]")
        return f"{inner}[{self.expression(place)}]"

    def call(self, function: ast.expr, arguments: list[ast.expr]) -> str:
        """Return a call: of what Python has built in, of a record, or of a function that is translated too."""
        parts = [self.expression(one) for one in arguments]
        name = function.id if isinstance(function, ast.Name) else ""
        if name in ("min", "max") and len(parts) >= 2:
            answer = parts[0]
            for one in parts[1:]:
                answer = f"{name}({answer}, {one})"
            return answer
        if name == "len" and len(parts) == 1:
            return f"{parts[0]}.length"
        if name in ("float", "machine_word") and len(parts) == 1:
            return parts[0]
        if ast.unparse(function) == "math.sqrt":
            return f"Math.sqrt({parts[0]})"
        if not self.is_global(function):
            raise self.refuse(function, f"a call of '{ast.unparse(function)}'")
        module, attribute = self.place(function)
        record = getattr(importlib.import_module(module), attribute, None)
        fields = getattr(record, "_fields", None)
        if isinstance(record, type) and fields is not None:
            return "{" + ", ".join(f"{one}: {part}" for one, part in zip(fields, parts, strict=True)) + "}"
        if not module.startswith(self.source.module.__name__.partition(".")[0]):
            raise self.refuse(function, f"a call of '{ast.unparse(function)}'")
        return f"{self.translator.name_of(module, attribute)}({', '.join(parts)})"

    # ------------------------------------------------------------------------------------------- names

    def is_global(self, node: ast.expr) -> bool:
        """Return whether a name, or a module's attribute, is of the module and not of the function."""
        if isinstance(node, ast.Attribute):
            return isinstance(node.value, ast.Name) and self.is_module(node.value)
        return isinstance(node, ast.Name) and node.id not in self.parameters and node.id not in self.variables

    def is_module(self, node: ast.Name) -> bool:
        """Return whether a name stands for a module."""
        return self.is_global(node) and isinstance(getattr(self.source.module, node.id, None), ModuleType)

    def place(self, node: ast.expr) -> tuple[str, str]:
        """Return the module of a global name, and its name there."""
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            return getattr(self.source.module, node.value.id).__name__, node.attr
        assert isinstance(node, ast.Name)
        if not hasattr(self.source.module, node.id):
            raise self.refuse(node, f"the name '{node.id}'")
        return self.source.module.__name__, node.id

    def constant(self, node: ast.expr) -> Any:
        """Return the value of a global name."""
        module, name = self.place(node)
        return getattr(importlib.import_module(module), name)
