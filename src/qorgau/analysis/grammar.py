"""The language that patterns are written in, for people who know the field and not the code.

A test is one expression about one run. Names are outcomes by the year.

==============================  =========================================================================
``m(x, 2005:2013)``             mean over the years; also ``sum``, ``min``, ``max``, ``median``
``x[2013]``                     the value of one year
``a + b``, ``a / b``            arithmetic, on years or on means; a quotient by zero is not testable
``ratio(a, b, 0.01)``           a / b, not testable where b is under 0.01
``0.3 <= m(x, ...) <= 0.5``     comparisons, also chained; joined by ``and``, ``or``
``prefix*``                     every outcome whose name begins so
``{x, y, z*}``                  a set of outcomes
``argmax(prefix*, 2013)``       the largest of a set; compare with ``== member`` (its name or its ending)
``min(set)``, ``sum(set)``      across the set, year by year; with years: over both
``years(condition, a:b)``       in how many years the condition holds
``first(condition, a:b)``       first year in which it holds; the year after b when never
``d(x, a:b)``, ``d(x, a:b, C)``  change of the mean in paired run B (or C) as a share of the baseline's
``x@B``                         the outcome in paired run B
==============================  =========================================================================

Tests are parsed with Python's own parser, and only the forms above are accepted: nothing is executed.
"""

from __future__ import annotations

import ast
import difflib
import re
from collections.abc import Collection, Sequence

from qorgau.analysis import expressions as ex
from qorgau.analysis.verdicts import Test, Verdict, parse_tolerance
from qorgau.errors import InputError

__all__ = ["Test", "Verdict", "parse_test", "parse_tolerance"]

_SPAN = re.compile(r"\b(\d{4})\s*(?::|\.\.)\s*(\d{4})\b")
_STARRED = re.compile(r"\b([A-Za-z_]\w*)\*(?=\s*[,)}\]])")
_COMPARISONS = {ast.Lt: "<", ast.LtE: "<=", ast.Gt: ">", ast.GtE: ">=", ast.Eq: "=="}
_ARITHMETIC = {ast.Add: "+", ast.Sub: "-", ast.Mult: "*", ast.Div: "/"}
_OVER = ("m", "sum", "min", "max", "median")
_FUNCTIONS = (*_OVER, "abs", "ratio", "argmax", "years", "first", "d")
_UNIT = ex.Tolerance(1.0, False)


def parse_test(
    text: str,
    *,
    outcomes: Collection[str],
    years: Sequence[int],
    tolerance: Sequence[ex.Tolerance] = (_UNIT,),
    changes: Collection[str] = (),
    file: str = "patterns.yaml",
    key: str = "test",
) -> Test:
    """Parse one test.

    Parameters
    ----------
    text
        The test.
    outcomes
        Names of the outcomes that results hold.
    years
        Years that results hold, ascending.
    tolerance
        One tolerance for all comparisons, or one for each in reading order (those inside ``years`` and
        ``first`` have none; the links of a chain share one).
    changes
        Labels of the paired runs that the pattern defines, such as ``("B", "C")``.
    file, key
        Named in errors.

    Raises
    ------
    InputError
        For anything outside the grammar, unknown outcomes, years out of range, or a paired run that the
        pattern does not define.
    """
    parser = _Parser(text, tuple(outcomes), tuple(years), tuple(tolerance), tuple(changes), file, key)
    return parser.parse()


class _Parser:
    """Turns the syntax tree of one test into parts."""

    def __init__(
        self,
        text: str,
        outcomes: tuple[str, ...],
        years: tuple[int, ...],
        tolerance: tuple[ex.Tolerance, ...],
        changes: tuple[str, ...],
        file: str,
        key: str,
    ) -> None:
        self.text, self.names, self.years = text, set(outcomes), years
        self.tolerance, self.changes, self.file, self.key = tolerance, changes, file, key
        self.used: dict[str, None] = {}
        self.paired: dict[str, None] = {}
        self.last_year = years[0]
        self.compared = 0
        self.inside = 0

    def error(self, problem: str, fix: str) -> InputError:
        """Return the error to raise about this test."""
        return InputError(self.file, self.key, problem, fix)

    def parse(self) -> Test:
        """Return the whole test."""
        source = _STARRED.sub(r'_every("\1")', _SPAN.sub(r"_span(\1, \2)", " ".join(self.text.split())))
        try:
            tree = ast.parse(source, mode="eval").body
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            raise self.error(
                f"test {self.text!r} cannot be read",
                "check brackets and operators; years are written 2005:2013, sets prefix* or {x, y}",
            ) from None
        condition = self.condition(tree)
        if condition.yearly:
            raise self.error(
                "the test has a verdict for each year, not one for the run",
                "wrap it in years(..., 2005:2013) >= 5, or take m(x, 2005:2013) or x[2013]",
            )
        if len(self.tolerance) not in (1, self.compared):
            raise self.error(
                f"{len(self.tolerance)} tolerances for {self.compared} comparisons",
                "give one for all, or one for each comparison in reading order",
            )
        return Test(self.text, condition, tuple(self.used), tuple(self.paired), self.last_year)

    # -------------------------------------------------------------------------------------- conditions

    def condition(self, node: ast.expr) -> ex.Condition:
        """Return a condition."""
        if isinstance(node, ast.BoolOp):
            parts = tuple(self.condition(value) for value in node.values)
            if len({part.yearly for part in parts}) > 1:
                raise self.error("a yearly condition is joined with one of the whole run",
                                 "use years(...) on the yearly one")
            return ex.Join(parts[0].yearly, isinstance(node.op, ast.And), parts)
        if isinstance(node, ast.Compare):
            return self.comparison(node)
        raise self.error(f"{self.show(node)} is not a comparison", "compare it with a number: ... >= 0.5")

    def next_tolerance(self) -> ex.Tolerance:
        """Return the tolerance of the comparison being read."""
        if self.inside:
            return _UNIT
        index = self.compared
        self.compared += 1
        return self.tolerance[min(index, len(self.tolerance) - 1)]

    def comparison(self, node: ast.Compare) -> ex.Condition:
        """Return one comparison, or a chain as a conjunction of its links."""
        for operator in node.ops:
            if type(operator) not in _COMPARISONS:
                raise self.error(f"{self.show(node)} uses a comparison that tests do not have",
                                 "use <, <=, >, >= or ==")
        tolerance = self.next_tolerance()
        if _calls(node.left, "argmax"):
            return self.leads(node, tolerance)
        sides = [self.part(side) for side in (node.left, *node.comparators)]
        links: list[ex.Condition] = []
        for operator, left, right in zip(node.ops, sides, sides[1:]):
            yearly = left.yearly or right.yearly
            links.append(ex.Compare(yearly, _COMPARISONS[type(operator)], left, right, tolerance))
        if len(links) == 1:
            return links[0]
        if len({link.yearly for link in links}) > 1:
            raise self.error("one chain compares years with whole runs", "take m(x, 2005:2013) of the yearly one")
        return ex.Join(links[0].yearly, True, tuple(links))

    def leads(self, node: ast.Compare, tolerance: ex.Tolerance) -> ex.Condition:
        """Return ``argmax(set, when) == member``."""
        call = node.left
        assert isinstance(call, ast.Call)
        if len(node.ops) != 1 or not isinstance(node.ops[0], ast.Eq):
            raise self.error("argmax(...) is compared by something else than ==", "write argmax(...) == member")
        if not 1 <= len(call.args) <= 2 or call.keywords:
            raise self.error("argmax takes a set and, if wanted, a year or years",
                             "write argmax(prefix*, 2013) or argmax(prefix*, 2005:2013)")
        names = self.set_of(call.args[0])
        member = self.member(names, node.comparators[0])
        parts: list[ex.Part] = [self.outcome(name) for name in names]
        if len(call.args) == 2:
            parts = [self.when(part, call.args[1]) for part in parts]
        return ex.Leads(parts[0].yearly, tuple(parts), member, tolerance)

    def when(self, part: ex.Part, node: ast.expr) -> ex.Part:
        """Return a yearly part at one year or as its mean over a span."""
        if _calls(node, "_span"):
            first, last = self.span(node)
            return ex.Over(False, "m", part, first, last)
        return ex.YearOf(False, part, self.year(node))

    def member(self, names: tuple[str, ...], node: ast.expr) -> int:
        """Return the place in `names` of the member named in full or by its ending."""
        word = node.id if isinstance(node, ast.Name) else str(getattr(node, "value", ""))
        if word in names:
            return names.index(word)
        found = [i for i, name in enumerate(names) if name.endswith("_" + word)]
        if len(found) != 1:
            raise self.error(f"{word!r} names {'no' if not found else 'more than one'} member of the set",
                             f"use one of {', '.join(names[:8])}")
        return found[0]

    # ------------------------------------------------------------------------------------------- parts

    def part(self, node: ast.expr) -> ex.Part:
        """Return a part with a value."""
        if isinstance(node, ast.Constant) and isinstance(node.value, (int, float)) and not isinstance(node.value, bool):
            return ex.Number(False, float(node.value))
        if isinstance(node, ast.Name):
            return self.outcome(node.id)
        if isinstance(node, ast.UnaryOp) and isinstance(node.op, (ast.USub, ast.UAdd)):
            inner = self.part(node.operand)
            sign = -1.0 if isinstance(node.op, ast.USub) else 1.0
            return ex.Arithmetic(inner.yearly, "*", ex.Number(False, sign), inner)
        if isinstance(node, ast.BinOp):
            return self.binary(node)
        if isinstance(node, ast.Subscript):
            return self.subscript(node)
        if isinstance(node, ast.Call):
            return self.call(node)
        raise self.error(f"{self.show(node)} is not part of the language of tests",
                         f"use outcomes, numbers, arithmetic and {', '.join(_FUNCTIONS)}")

    def binary(self, node: ast.BinOp) -> ex.Part:
        """Return arithmetic, or an outcome of a paired run."""
        if isinstance(node.op, ast.MatMult):
            if not isinstance(node.left, ast.Name) or not isinstance(node.right, ast.Name):
                raise self.error(f"{self.show(node)}: @ stands between an outcome and a run's letter",
                                 "write outcome@B")
            return self.outcome(node.left.id, self.run(node.right.id))
        if type(node.op) not in _ARITHMETIC:
            raise self.error(f"{self.show(node)} uses an operator that tests do not have", "use +, -, *, /")
        left, right = self.part(node.left), self.part(node.right)
        return ex.Arithmetic(left.yearly or right.yearly, _ARITHMETIC[type(node.op)], left, right)

    def subscript(self, node: ast.Subscript) -> ex.Part:
        """Return ``x[2013]``."""
        part = self.yearly(node.value)
        if _calls(node.slice, "_span"):
            raise self.error(f"{self.show(node)} takes several years", "write m(x, 2005:2013) for their mean")
        return ex.YearOf(False, part, self.year(node.slice))

    def call(self, node: ast.Call) -> ex.Part:
        """Return a function's value."""
        name = node.func.id if isinstance(node.func, ast.Name) else ""
        if name not in _FUNCTIONS or node.keywords:
            near = difflib.get_close_matches(name, _FUNCTIONS, 1)
            raise self.error(f"{repr(name) if name else self.show(node)} is not a function of tests",
                             f"use {near[0]}" if near else f"use one of {', '.join(_FUNCTIONS)}")
        args = node.args
        if name == "argmax":
            raise self.error("argmax(...) has no value by itself", "write argmax(...) == member")
        if name in ("years", "first"):
            self.arity(name, args, 2, "condition, 2005:2013")
            self.inside += 1
            condition = self.condition(args[0])
            self.inside -= 1
            if not condition.yearly:
                raise self.error(f"the condition in {name}(...) says nothing about single years",
                                 "name outcomes in it without m(...) or [year]")
            kind = ex.YearsOf if name == "years" else ex.First
            return kind(False, condition, *self.span(args[1]))
        if name == "d":
            if len(args) not in (2, 3):
                raise self.error("d takes an outcome, years and, if wanted, a run", "write d(x, 2005:2013, B)")
            label = args[2].id if len(args) == 3 and isinstance(args[2], ast.Name) else "B"
            return ex.Change(False, self.yearly(args[0]), *self.span(args[1]), self.run(label))
        if name == "ratio":
            self.arity(name, args, 3, "a, b, 0.01")
            above, below, floor = (self.part(arg) for arg in args)
            if not isinstance(floor, ex.Number):
                raise self.error("the floor of ratio(...) is not a number", "write ratio(a, b, 0.01)")
            return ex.Ratio(above.yearly or below.yearly, above, below, floor.constant)
        if name == "abs":
            self.arity(name, args, 1, "x")
            inner = self.part(args[0])
            return ex.Pick(inner.yearly, "abs", (inner,))
        return self.reduction(name, args)

    def reduction(self, name: str, args: list[ast.expr]) -> ex.Part:
        """Return m, sum, min, max or median, over years or across parts."""
        over_years = bool(args) and _calls(args[-1], "_span")
        items = args[:-1] if over_years else args
        if name in ("m", "median") and not over_years:
            raise self.error(f"{name}(...) names no years", f"write {name}(x, 2005:2013)")
        if not items:
            raise self.error(f"{name}(...) is empty", f"write {name}(x, 2005:2013)")
        parts: list[ex.Part] = []
        for item in items:
            if _calls(item, "_every") or isinstance(item, ast.Set):
                parts.extend(self.outcome(member) for member in self.set_of(item))
            else:
                parts.append(self.part(item))
        if len(parts) > 1 and name in ("m", "median"):
            raise self.error(f"{name}(...) takes one outcome, not a set", f"write {name}(sum(set), 2005:2013)")
        if not over_years:
            return ex.Pick(any(part.yearly for part in parts), name, tuple(parts))
        if not all(part.yearly for part in parts):
            raise self.error(f"{name}(..., years) is taken of something that has no years",
                             "name an outcome without [year]")
        whole = parts[0] if len(parts) == 1 else ex.Pick(True, name, tuple(parts))
        return ex.Over(False, name, whole, *self.span(args[-1]))

    # -------------------------------------------------------------------------------- names, sets, years

    def outcome(self, name: str, run: str | None = None) -> ex.Outcome:
        """Return an outcome by name."""
        if name not in self.names:
            near = difflib.get_close_matches(name, sorted(self.names), 1, 0.5)
            raise self.error(f"unknown outcome {name!r}",
                             f"did you mean {near[0]}?" if near else "use an outcome that results hold")
        self.used[name] = None
        return ex.Outcome(True, name, run)

    def yearly(self, node: ast.expr) -> ex.Part:
        """Return a part that has years."""
        part = self.part(node)
        if not part.yearly:
            raise self.error(f"{self.show(node)} has no years to choose from", "name an outcome")
        return part

    def set_of(self, node: ast.expr) -> tuple[str, ...]:
        """Return the outcome names of ``prefix*`` or ``{...}``."""
        if isinstance(node, ast.Set):
            return tuple(dict.fromkeys(name for item in node.elts for name in self.set_of(item)))
        if _calls(node, "_every"):
            assert isinstance(node, ast.Call) and isinstance(node.args[0], ast.Constant)
            prefix = str(node.args[0].value)
            names = tuple(sorted(name for name in self.names if name.startswith(prefix)))
            if not names:
                near = difflib.get_close_matches(prefix, sorted(self.names), 1, 0.4)
                raise self.error(f"no outcome begins with {prefix!r}",
                                 f"did you mean {near[0]}?" if near else "check the beginning of the name")
            return names
        if isinstance(node, ast.Name):
            return (self.outcome(node.id).name,)
        raise self.error(f"{self.show(node)} is not a set of outcomes", "write prefix* or {x, y}")

    def run(self, label: str) -> str:
        """Return the label of a paired run that the pattern defines."""
        if label != "A" and label not in self.changes:
            raise self.error(f"the test compares with run {label}, and the pattern does not say what is changed in it",
                             f"add `change: {{{label}: ...}}` to the pattern")
        if label != "A":
            self.paired[label] = None
        return label

    def year(self, node: ast.expr) -> int:
        """Return a year within the results."""
        value = node.value if isinstance(node, ast.Constant) else None
        if type(value) is not int:
            raise self.error(f"{self.show(node)} is not a year", "write a year such as 2013")
        if not self.years[0] <= value <= self.years[-1]:
            raise self.error(f"year {value} is outside the results ({self.years[0]} to {self.years[-1]})",
                             f"use a year from {self.years[0]} to {self.years[-1]}")
        self.last_year = max(self.last_year, value)
        return value

    def span(self, node: ast.expr) -> tuple[int, int]:
        """Return the first and last year of ``2005:2013``."""
        if not _calls(node, "_span"):
            raise self.error(f"{self.show(node)} is not a span of years", "write years as 2005:2013")
        assert isinstance(node, ast.Call)
        first, last = (self.year(arg) for arg in node.args)
        if last < first:
            raise self.error(f"the years {first}:{last} run backwards", f"write {last}:{first}")
        return first, last

    def arity(self, name: str, args: list[ast.expr], count: int, form: str) -> None:
        """Check the number of arguments."""
        if len(args) != count:
            raise self.error(f"{name}(...) takes {count} arguments, not {len(args)}", f"write {name}({form})")

    def show(self, node: ast.expr) -> str:
        """Return a part of the test as its writer wrote it, nearly."""
        text = ast.unparse(node)
        text = re.sub(r"_span\((\d+), (\d+)\)", r"\1:\2", text)
        return repr(re.sub(r"_every\('(\w+)'\)", r"\1*", text))


def _calls(node: ast.expr, name: str) -> bool:
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == name
