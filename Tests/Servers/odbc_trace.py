#!/usr/bin/env python3
"""Finds results that are closed before their end in a trace of unixODBC.

    odbc_trace.py TRACE

Behind SQL Server such a close is an attention, which rolls back the transaction. The result of a statement
with columns is open until SQLFetch or SQLMoreResults has said SQL_NO_DATA. Prints a line for every call
that may cancel it before, and for every query timeout, which would do the same later; then the number of
results that were followed to their end. Ends with 1 if there was such a call, or no result at all.
"""

import re
import sys

HEAD = re.compile(r"\[ODBC\]\[\d+\]\[[\d.]+\]\[(\w+)\.c\]\[\d+\]$")
# Calls that cancel what a connection has not delivered yet, and those that wait for it or lose it.
CANCELLING = {
    "SQLFreeStmt", "SQLCloseCursor", "SQLCancel", "SQLFreeHandle", "SQLEndTran", "SQLDisconnect",
    "SQLExecute", "SQLExecDirect", "SQLPrepare", "SQLSetConnectAttr",
}
# Statements that have no columns. Whatever is not known to be one of them has.
WITHOUT_COLUMNS = re.compile(
    r"\s*(SET|LOCK|BEGIN|COMMIT|ROLLBACK|SAVEPOINT|RELEASE|CREATE|DROP|ALTER|"
    r"((UPDATE|INSERT|DELETE)\b(?!.*\b(RETURNING|OUTPUT)\b)))\b", re.I | re.S)
# SQLFreeStmt's options that leave a result alone: unbind columns, reset parameters.
HARMLESS_OPTIONS = ("2", "3")
STATEMENT = "3"


class Call:
    """One entry or exit of the trace."""

    def __init__(self, name, text):
        # The W functions are the same functions.
        self.name = name[:-1] if name.endswith("W") else name
        self.is_exit = "\t\tExit:" in text
        self.text = text

    def field(self, name):
        found = re.search(rf"^\t*{name} = (\S+)", self.text, re.M)
        return found.group(1) if found else None

    @property
    def result(self):
        return re.search(r"Exit:\[(\w+)\]", self.text).group(1)

    @property
    def sql(self):
        found = re.search(r"^\t*SQL = \[(.*)\]\[length = ", self.text, re.M | re.S)
        return found.group(1) if found else None


def calls(lines):
    name, text = None, []
    for line in lines:
        if head := HEAD.match(line):
            if name:
                yield Call(name, "\n".join(text))
            name, text = head.group(1), []
        else:
            text.append(line)
    if name:
        yield Call(name, "\n".join(text))


class Trace:
    def __init__(self):
        self.entries = {}  # by name: the entries that wait for their exit
        self.connection = {}  # of a statement
        self.sql = {}  # of a statement
        self.open = {}  # SQL by statement
        self.results = 0
        self.reports = []

    def follow(self, call):
        if not call.is_exit:
            self.entries.setdefault(call.name, []).append(call)
            self.enter(call)
        elif self.entries.get(call.name):
            self.leave(call, self.entries[call.name].pop())

    def enter(self, call):
        statement = call.field("Statement") or call.field("Input Handle")
        if call.field("Attribute") == "SQL_ATTR_QUERY_TIMEOUT" and call.name.startswith("SQLSet"):
            if call.field("Value") not in ("(nil)", "0", "0x0"):
                self.reports.append(f"{call.name}: a query timeout of {call.field('Value')}")
        if call.name not in CANCELLING or (
                call.name == "SQLFreeStmt" and call.field("Option") in HARMLESS_OPTIONS):
            return
        if call.name == "SQLFreeHandle" and call.field("Handle Type") != STATEMENT:
            return
        connection = self.connection.get(
            statement, call.field("Connection") or call.field("Input Handle"))
        for other, sql in self.open.items():
            if self.connection.get(other) == connection:
                self.reports.append(f"{call.name}: a result is open of {' '.join(sql.split())}")

    def leave(self, call, entry):
        statement = entry.field("Statement")
        worked = call.result in ("SQL_SUCCESS", "SQL_SUCCESS_WITH_INFO")
        match call.name:
            case "SQLAllocHandle" if entry.field("Handle Type") == STATEMENT and worked:
                self.connection[call.field("Output Handle")] = entry.field("Input Handle")
            case "SQLPrepare":
                self.sql[statement] = entry.sql
            case "SQLExecDirect" | "SQLExecute" | "SQLParamData":
                sql = entry.sql or self.sql.get(statement, "a statement that was not prepared")
                if worked and not WITHOUT_COLUMNS.match(sql):
                    self.open[statement] = sql
                    self.results += 1
            case "SQLFetch" | "SQLFetchScroll" | "SQLMoreResults":
                if call.result == "SQL_NO_DATA":
                    self.open.pop(statement, None)
            case "SQLFreeStmt" | "SQLCloseCursor" | "SQLCancel":
                # Whatever it did, it has been reported.
                if entry.field("Option") not in HARMLESS_OPTIONS:
                    self.open.pop(statement, None)
            case "SQLFreeHandle" if entry.field("Handle Type") == STATEMENT:
                self.open.pop(entry.field("Input Handle"), None)
            case "SQLDisconnect":
                gone = [s for s, c in self.connection.items() if c == entry.field("Connection")]
                for statement in gone:
                    self.open.pop(statement, None)


def main():
    trace = Trace()
    with open(sys.argv[1], encoding="utf-8", errors="replace") as file:
        for call in calls(line.rstrip("\n") for line in file):
            trace.follow(call)
    for report in trace.reports:
        print(report)
    print(trace.results, "results")
    sys.exit(1 if trace.reports or not trace.results else 0)


main()
