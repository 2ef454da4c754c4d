#!/usr/bin/env python3
"""Leaves a result of ODBC before its end, or sets a query timeout: a control for odbc_trace.py.

    close_early.py CONNECTION WAY

WAY is the call that comes too early, such as SQLCloseCursor; with SQLFetch everything is read to its end.
"""

import ctypes
import sys

ODBC = ctypes.CDLL("libodbc.so.2")
ENVIRONMENT, CONNECTION, STATEMENT = 1, 2, 3
SUCCESSES = (0, 1)
NO_DATA = 100
QUERY = b"SELECT 1 UNION SELECT 2"
# Constants of sql.h and sqlext.h.
ODBC_VERSION, ODBC_3 = 200, 3
AUTOCOMMIT, QUERY_TIMEOUT = 102, 0
NOT_LONG = -3  # SQL_NTS
CLOSE, COMMIT, NO_PROMPT = 0, 0, 0


def call(name, *arguments):
    result = getattr(ODBC, name)(*arguments)
    if result not in (*SUCCESSES, NO_DATA):
        sys.exit(f"{name}: {result}")
    return result


def handle(kind, parent):
    made = ctypes.c_void_p()
    call("SQLAllocHandle", kind, parent, ctypes.byref(made))
    return made


def main():
    text, way = sys.argv[1].encode(), sys.argv[2]
    environment = handle(ENVIRONMENT, None)
    call("SQLSetEnvAttr", environment, ODBC_VERSION, ctypes.c_void_p(ODBC_3), 0)
    connection = handle(CONNECTION, environment)
    call("SQLDriverConnect", connection, None, text, NOT_LONG, None, 0, None, NO_PROMPT)
    call("SQLSetConnectAttr", connection, AUTOCOMMIT, ctypes.c_void_p(0), 0)
    other = handle(STATEMENT, connection)
    statement = handle(STATEMENT, connection)
    if way == "SQLSetStmtAttr":
        call(way, statement, QUERY_TIMEOUT, ctypes.c_void_p(5), 0)
    call("SQLExecDirect", statement, QUERY, NOT_LONG)
    call("SQLFetch", statement)
    match way:
        case "SQLFreeStmt":
            call(way, statement, CLOSE)
        case "SQLCloseCursor" | "SQLCancel":
            call(way, statement)
        case "SQLFreeHandle":
            call(way, STATEMENT, statement)
        case "SQLEndTran":
            call(way, CONNECTION, connection, COMMIT)
        case "SQLExecDirect":
            call(way, other, QUERY, NOT_LONG)
        case "SQLDisconnect":
            # What its driver says to that does not matter.
            ODBC.SQLDisconnect(connection)
        case _:
            while call("SQLFetch", statement) != NO_DATA:
                pass
            call("SQLCloseCursor", statement)


main()
