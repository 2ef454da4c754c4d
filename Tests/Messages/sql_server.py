#!/usr/bin/env python3
"""The server of Tests/Servers/tds_server.py with two more faults in faults.json:

    traits      rows of the catalog's query for what is special about a table: schema, table, column, word, detail
    errors      [regular expression, number, text] for statements that are refused
    forget      true for a server that answers an UPDATE with other contents
    denied      rows of the query for columns without a right: schema, table, column, right
    file        the path of the database's file
"""

import re
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "Servers"))

import tds_server  # noqa: E402
from tds_values import SQLError  # noqa: E402

OF_TRAITS, OF_RIGHTS = "N'temporal-history'", "r.name, c.name, N'COLUMN'"


class Session(tds_server.Session):
    def answer(self, sql, parameters):
        for pattern, number, text in self.faults.get("errors", []):
            if re.search(pattern, sql, re.S):
                raise SQLError(number, text)
        if OF_RIGHTS in sql and (rows := self.faults.get("denied")):
            return [self.table([""] * 4, ["nvarchar(128)"] * 4, rows)]
        if OF_TRAITS in sql and (rows := self.faults.get("traits")):
            return [self.table([""] * 5, ["nvarchar(128)"] * 5, rows)]
        if "FROM sys.database_files" in sql and (path := self.faults.get("file")):
            return [self.table(["name", "physical_name"], ["nvarchar(128)", "nvarchar(260)"], [["data", path]])]
        return super().answer(sql, parameters)

    def update(self, parts, parameters):
        found = super().update(parts, parameters)
        if self.faults.get("forget"):
            for row in found["rows"]:
                row[1] = bytes(len(row[1]))
        return found


tds_server.Session = Session
if __name__ == "__main__":
    tds_server.main()
