"""The Transact-SQL that octokey speaks, and no more: expressions and SELECTs, as functions of a row.

`Parser` turns a text into `Expression`s, strictly: a condition is no value, an aggregate belongs into a list of
columns, and what is not known here is an error 102. Where rows come from is tds_tables.py's.
"""
import datetime
import re
from dataclasses import dataclass
from typing import Callable, Optional

from tds_values import SQLError, converted, digest, find, length, moment, sort_key, stuff, substring

TOKEN = re.compile(
    r"""\s+|(?P<string>N?'(?:[^']|'')*')|(?P<name>\[(?:[^\]]|\]\])*\]|[A-Za-z_]\w*)|(?P<number>\d+)"""
    r"""|(?P<variable>@@?\w+)|(?P<sign><>|<=|>=|[-+*/&=<>(),.;])""")
AGGREGATES = {"COUNT", "MAX", "SUM"}


@dataclass
class Expression:
    type: str  # `bool` is a condition
    run: Callable
    collation: Optional[str] = None
    is_aggregate: bool = False


def comparison(sign, one, other):
    collation = agreed(one, other)
    is_time = "datetimeoffset" in (one.type, other.type)
    is_number = not is_time and {one.type, other.type} & {"int", "bigint", "bit", "smallint", "tinyint"}

    def key(value):
        if value is None:
            return None
        return moment(value) if is_time else int(value) if is_number else sort_key(value, collation)

    def run(row):
        a, b = key(one.run(row)), key(other.run(row))
        if a is None or b is None:
            return None
        return {"=": a == b, "<>": a != b}[sign] if sign in ("=", "<>") else \
            {"<": a < b, ">": a > b, "<=": a <= b, ">=": a >= b}[sign]
    return run


def agreed(one, other):
    """The collation of a comparison."""
    stated = [e.collation for e in (one, other) if e.collation]
    explicit = {c[1:] for c in stated if c.startswith("!")}
    implicit = {c for c in stated if not c.startswith("!")}
    if len(explicit) > 1 or not explicit and len(implicit) > 1:
        raise SQLError(468, f"Cannot resolve the collation conflict between {stated}.")
    return next(iter(explicit or implicit), None)


class Parser:
    """Reads one statement. `server` has the functions and variables of the session, `parameters` by their places."""

    def __init__(self, sql, server, parameters=()):
        self.server, self.parameters = server, parameters
        self.tokens, at = [], 0
        while at < len(sql):
            match = TOKEN.match(sql, at)
            if not match:
                raise SQLError(102, f"Incorrect syntax near '{sql[at:at + 20]}'.")
            if match.lastgroup:
                self.tokens.append((match.lastgroup, match.group()))
            at = match.end()
        self.at = 0
        self.columns = {}  # of the tables in scope: (type, collation) by the name in lower case, and alias.name

    # Tokens

    def next(self):
        self.at += 1
        return self.tokens[self.at - 1] if self.at <= len(self.tokens) else ("end", "")

    def peek(self, ahead=0):
        return self.tokens[self.at + ahead][1] if self.at + ahead < len(self.tokens) else ""

    def takes(self, *words):
        """Takes these words if they come next."""
        if all(self.peek(i).upper() == word for i, word in enumerate(words)):
            self.at += len(words)
            return True
        return False

    def expect(self, *words):
        if not self.takes(*words):
            raise SQLError(102, f"Incorrect syntax near '{self.peek()}' instead of {' '.join(words)}.")

    def name(self):
        kind, text = self.next()
        if kind != "name":
            raise SQLError(102, f"Incorrect syntax near '{text}' in place of a name.")
        return text[1:-1].replace("]]", "]") if text.startswith("[") else text

    def names(self):
        """Names in parentheses."""
        self.expect("(")
        found = [self.name()]
        while self.takes(","):
            found.append(self.name())
        self.expect(")")
        return found

    def kind(self):
        """A type, as in CAST."""
        text = self.name().lower()
        if self.takes("("):
            text += f"({self.next()[1].lower()})"
            self.expect(")")
        return text

    # Expressions

    def condition(self):
        found = self.either()
        if found.type != "bool":
            raise SQLError(4145, "An expression of non-boolean type where a condition is expected.")
        return found

    def value(self):
        found = self.either()
        if found.type == "bool":
            raise SQLError(102, f"Incorrect syntax near '{self.peek()}': a condition is no value.")
        return found

    def either(self):
        found = self.both()
        while self.takes("OR"):
            found = self.logical(found, self.both(), True)
        return found

    def both(self):
        found = self.negation()
        while self.takes("AND"):
            found = self.logical(found, self.negation(), False)
        return found

    @staticmethod
    def logical(one, other, decisive):
        if one.type != "bool" or other.type != "bool":
            raise SQLError(4145, "An expression of non-boolean type where a condition is expected.")

        def run(row):
            a, b = one.run(row), other.run(row)
            return decisive if decisive in (a, b) else None if None in (a, b) else not decisive
        return Expression("bool", run, None, one.is_aggregate or other.is_aggregate)

    def negation(self):
        if not self.takes("NOT"):
            return self.compared()
        inner = self.negation()
        return Expression("bool", lambda row: None if (found := inner.run(row)) is None else not found)

    def compared(self):
        one = self.sum()
        if self.peek() in ("=", "<>", "<", ">", "<=", ">="):
            sign, other = self.next()[1], self.sum()
            return Expression("bool", comparison(sign, one, other))
        if self.takes("IS"):
            is_not = self.takes("NOT")
            self.expect("NULL")
            return Expression("bool", lambda row: (one.run(row) is None) != is_not)
        is_not = self.takes("NOT")
        if self.takes("IN"):
            tests = [comparison("=", one, choice) for choice in self.arguments()]

            def run(row):
                found = [test(row) for test in tests]
                result = True if True in found else None if None in found else False
                return result if result is None else result != is_not
            return Expression("bool", run)
        return one

    def sum(self):
        found = self.term()
        while self.peek() in ("+", "-", "&"):
            sign, one, other = self.next()[1], found, self.term()

            def run(row, sign=sign, one=one, other=other):
                a, b = one.run(row), other.run(row)
                if a is None or b is None:
                    return None
                return a + b if sign == "+" else a - b if sign == "-" else a & b
            kind = "bigint" if "bigint" in (one.type, other.type) else one.type
            found = Expression(kind, run, one.collation, one.is_aggregate or other.is_aggregate)
        return found

    def term(self):
        found = self.primary()
        while self.takes("COLLATE"):
            if not found.type.startswith(("nvarchar", "varchar", "nchar", "char")):
                raise SQLError(447, f"Expression type {found.type} is invalid for COLLATE clause.")
            found = Expression(found.type, found.run, "!" + self.name(), found.is_aggregate)
        return found

    def arguments(self):
        self.expect("(")
        found = []
        while not self.takes(")"):
            if found:
                self.expect(",")
            found.append(self.value())
        return found

    def primary(self):
        kind, text = self.next()
        upper = text.upper()
        if kind == "string":
            string = text[2:-1] if upper.startswith("N'") else text[1:-1]
            return constant("nvarchar(4000)", string.replace("''", "'"))
        if kind == "number":
            return constant("int" if int(text) < 1 << 31 else "bigint", int(text))
        if text == "-":
            inner = self.primary()
            return Expression(inner.type, lambda row: -inner.run(row))
        if kind == "variable":
            return self.variable(text)
        if text == "(":
            found = self.either()
            self.expect(")")
            return found
        if kind != "name":
            raise SQLError(102, f"Incorrect syntax near '{text}'.")
        if upper == "NULL":
            return constant("int", None)
        if upper == "CASE":
            return self.case()
        if upper in ("CAST", "CONVERT") and self.takes("("):
            return self.cast(upper)
        if self.peek() == "(" and not text.startswith("["):
            return self.call(upper)
        self.at -= 1
        return self.column()

    def variable(self, text):
        if match := re.fullmatch(r"@P(\d+)", text, re.I):
            place = int(match.group(1)) - 1
            if place >= len(self.parameters):
                raise SQLError(137, f'Must declare the scalar variable "{text}".')
            value = self.parameters[place]
            kind = "varbinary(max)" if isinstance(value, bytes) else "bigint" if isinstance(value, int) \
                else "nvarchar(max)"
            return constant(kind, value)
        return constant(*self.server.variable(text))

    def column(self):
        parts = [self.name()]
        while self.takes("."):
            parts.append(self.name())
        name = ".".join(parts).lower()
        if name not in self.columns:
            raise SQLError(207, f"Invalid column name '{name}'.")
        kind, collation = self.columns[name]
        return Expression(kind, lambda row: row[name], collation)

    def cast(self, how):
        if how == "CONVERT":
            kind = self.kind()
            self.expect(",")
            inner = self.value()
            if self.takes(","):
                self.value()
        else:
            inner = self.value()
            self.expect("AS")
            kind = self.kind()
        self.expect(")")
        return Expression(kind, lambda row: converted(inner.run(row), kind), inner.collation, inner.is_aggregate)

    def case(self):
        subject = None if self.peek().upper() == "WHEN" else self.value()
        branches, last = [], constant("int", None)
        while self.takes("WHEN"):
            test = Expression("bool", comparison("=", subject, self.value())) if subject else self.condition()
            self.expect("THEN")
            branches.append((test, self.value()))
        if self.takes("ELSE"):
            last = self.value()
        self.expect("END")

        def run(row):
            return next((found for test, found in branches if test.run(row)), last).run(row)
        kinds = [found.type for _, found in branches] + [last.type]
        return Expression("bigint" if "bigint" in kinds else kinds[0], run, branches[0][1].collation,
                          any(test.is_aggregate or found.is_aggregate for test, found in branches))

    def call(self, name):
        if name == "COUNT":
            self.expect("(", "*", ")")
            return Expression("int", lambda row: len(row["*"]), None, True)
        if name == "DATEDIFF_BIG" and self.peek(1).upper() == "SECOND":
            self.tokens[self.at + 1] = ("string", "N'second'")
        given = self.arguments()
        if name in AGGREGATES:
            (inner,) = given
            fold = max if name == "MAX" else sum

            def run(row):
                found = [value for each in row["*"] if (value := inner.run(each)) is not None]
                return fold(found) if found else None
            return Expression(inner.type, run, None, True)
        found = self.function(name, given)
        found.is_aggregate = any(each.is_aggregate for each in given)
        return found

    def function(self, name, given):
        def apply(kind, function, collation=None):
            return Expression(kind, lambda row: function(*[each.run(row) for each in given]), collation)

        if name == "COALESCE":
            kind = "bigint" if any(each.type == "bigint" for each in given) else given[0].type
            return apply(kind, lambda *values: next((v for v in values if v is not None), None))
        if name == "DATALENGTH":
            return apply("bigint" if given[0].type.endswith("(max)") else "int", length)
        if name == "CHARINDEX":
            collation = agreed(*given)
            return apply("bigint", lambda needle, text: find(needle, text, collation))
        if name == "STUFF":
            return apply(given[0].type, stuff, given[0].collation)
        if name == "SUBSTRING":
            return apply(given[0].type, substring, given[0].collation)
        if name == "HASHBYTES":
            return apply("varbinary(8000)", digest)
        if name == "DATEDIFF_BIG":
            return apply("bigint", lambda _, old, new: None if old is None else int(
                (moment(new) - moment(old)).total_seconds()))
        if name == "SYSDATETIMEOFFSET":
            return apply("datetimeoffset", lambda: datetime.datetime.now(datetime.timezone.utc))
        kind, function = self.server.function(name)
        return apply(kind, function)


def constant(kind, value):
    return Expression(kind, lambda row: value)
