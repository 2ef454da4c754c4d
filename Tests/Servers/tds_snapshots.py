"""Database snapshots for tds_server.py: a copy of what was committed, in a folder of its own beside the database's.

FOLDER/NAME/snapshot_of has the name of the database. What faults.json may say of them:

    snapshot_obstacles  rows of the query for what is in their way
    refuse_create       CREATE DATABASE is not permitted (262)
    cut_create          the connection is closed after CREATE DATABASE, without an answer
    alter_snapshot      SQL for the file of the snapshot, once it is made
    lose_snapshot       N: the Nth statement in the snapshot finds that its disk was full; 1 is USE
    refuse_drop         DROP DATABASE is not permitted (3701)
"""
import os
import re
import shutil
import sqlite3

import tds_tables
import tds_wire as wire
from tds_values import SQLError

NAME = r"(\[(?:[^\]]|\]\])*\])"
CREATE = re.compile(rf"CREATE DATABASE {NAME} ON (.*) AS SNAPSHOT OF {NAME}", re.S)
FILE = re.compile(rf"\(NAME = {NAME}, FILENAME = N'((?:[^']|'')*)'\)")
USE = re.compile(rf"USE {NAME}")
DROP = re.compile(rf"DROP DATABASE {NAME}")
LOGICAL_NAME = "Octopus's [data]"


def plain(name):
    return name[1:-1].replace("]]", "]")


def answer(session, sql):
    """The results of a statement about snapshots; nil if it is about something else."""
    if session.is_snapshot:
        session.statements_in_snapshot += 1
        require_room(session)
    if "FROM sys.filegroups AS f WHERE f.type IN" in sql:
        rows = session.faults.get("snapshot_obstacles", [])
        return [session.table(["word", "name"], ["nvarchar(128)"] * 2, rows)]
    if "FROM sys.database_files" in sql:
        rows = [[LOGICAL_NAME, session.database.path]]
        return [session.table(["name", "physical_name"], ["nvarchar(128)", "nvarchar(260)"], rows)]
    for pattern, function in [(CREATE, create), (USE, use), (DROP, drop)]:
        if match := pattern.fullmatch(sql):
            return function(session, *match.groups())
    return None


def require_autocommit(session, what):
    if session.transaction or session.options & 2:
        raise SQLError(226, f"{what} statement not allowed within multi-statement transaction.")


def require_room(session):
    if session.faults.get("lose_snapshot") == session.statements_in_snapshot:
        raise SQLError(945, f"Database '{session.name_of_database}' cannot be opened due to inaccessible files or "
                            "insufficient memory or disk space. See the SQL Server errorlog for details.")


def create(session, name, files, source):
    require_autocommit(session, "CREATE DATABASE")
    if session.faults.get("refuse_create"):
        raise SQLError(262, "CREATE DATABASE permission denied in database 'master'.")
    name, source = plain(name), plain(source)
    if source != session.name_of_database or not re.fullmatch(r"[\w-]+", name):
        raise SQLError(911, f"Database '{source}' does not exist.")
    listed = [(plain(logical), path.replace("''", "'")) for logical, path in FILE.findall(files)]
    if FILE.sub("", files) or [logical for logical, _ in listed] != [LOGICAL_NAME]:
        raise SQLError(5127, "All files must be specified for database snapshot creation.")
    if listed[0][1] == session.database.path:
        raise SQLError(5170, "Cannot create the file because it already exists.")
    folder = f"{session.root}/{name}"
    if os.path.exists(folder):
        raise SQLError(1801, f"Database '{name}' already exists. Choose a different database name.")
    os.mkdir(folder)
    with open(f"{folder}/snapshot_of", "w", encoding="ascii") as file:
        file.write(source)
    reader, copy = session.database.connect(), sqlite3.connect(f"{folder}/octopus.db")
    reader.backup(copy)
    copy.executescript(session.faults.get("alter_snapshot", ""))
    reader.close()
    copy.close()
    session.databases[name] = tds_tables.Database(f"{folder}/octopus.db")
    if session.faults.get("cut_create"):
        raise wire.Closed
    return []


def use(session, name):
    name = plain(name)
    database = session.databases.get(name)
    if database is None or session.transaction:
        raise SQLError(911, f"Database '{name}' does not exist. Make sure that the name is entered correctly.")
    before, session.name_of_database = session.name_of_database, name
    session.database.release(session)
    session.connection.close()
    session.database, session.connection = database, database.connect()
    session.statements_in_snapshot = 1
    require_room(session)
    return [{"database": name, "before": before}]


def drop(session, name):
    require_autocommit(session, "DROP DATABASE")
    name = plain(name)
    folder = f"{session.root}/{name}"
    if session.faults.get("refuse_drop") or not os.path.exists(f"{folder}/snapshot_of"):
        raise SQLError(3701, f"Cannot drop the database '{name}', because it does not exist or you do not have "
                             "permission.")
    session.databases.pop(name, None)
    shutil.rmtree(folder)
    return []
