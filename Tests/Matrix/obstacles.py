"""What can stand in the way, and how each is raised: with mounts, chattr, capabilities, other users, and
what servers write into a store.

An obstacle stops every command that needs what it is `in_the_way` of. `prepare` comes before the command
starts, `raise_` before it or at its question; both get the cell, and run in its mount namespace.
"""

import dataclasses
import fcntl
import os
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable

from commands import needs
from samples import JOURNAL, documents

USER = 34567
AS_USER = ("setpriv", "--reuid", str(USER), "--regid", str(USER), "--clear-groups")
WITHOUT_CHOWN = ("setpriv", "--bounding-set", "-chown", "--inh-caps", "-chown")


def nothing(cell):
    pass


@dataclasses.dataclass(frozen=True)
class Obstacle:
    name: str
    in_the_way: str
    # A pattern that the refusal fits.
    words: str
    raise_: Callable
    prepare: Callable = nothing
    status: int = 1
    # sqlite or directory; None for both.
    kind: str | None = None
    # Goes before the program.
    prefix: tuple = ()
    # Options for commands by their first word; "in-place" stands for those that take --in-place.
    options: dict = dataclasses.field(default_factory=dict)
    # By name of command: None where the obstacle is not in its way, or its status and words.
    otherwise: dict = dataclasses.field(default_factory=dict)

    def expected(self, command):
        """(status, pattern) of the refusal by `command`; None where it must succeed."""
        if command.name in self.otherwise:
            return self.otherwise[command.name]
        return (self.status, self.words) if needs(self.in_the_way) & command.needs else None


# Files of the node.

def bind(path):
    return lambda cell: cell.sh(f"mount --bind {path} {path}")


def read_only(path):
    return lambda cell: cell.sh(f"mount -o remount,ro,bind {path}")


def flag(letter, path):
    return lambda cell: cell.flag(letter, path)


def link(path):
    return lambda cell: cell.sh(f"mkdir ../elsewhere && ln {path} ../elsewhere/second")


def own_all(cell):
    cell.sh(f"chown -R {USER}:{USER} ..")


# Room.

def small(path, options="size=24m"):
    """Puts what is at `path` on a small file system of its own."""
    return lambda cell: cell.sh(
        f"mkdir ../small && mount -t tmpfs -o {options},mode=700 small ../small && "
        f"cp -a {path}/. ../small && mount --bind ../small {path} && umount ../small")


def fill(path):
    def raise_(cell):
        # Whole blocks: what is left is less than one.
        filler = os.open(cell.node / path / ".filler", os.O_CREAT | os.O_WRONLY)
        size = 64 << 20
        while size >= 4096:
            offset = os.fstat(filler).st_size
            try:
                os.posix_fallocate(filler, offset, size)
            except OSError:
                size //= 2
        os.close(filler)
    return raise_


def take_inodes(path):
    def raise_(cell):
        try:
            for number in range(10000):
                os.close(os.open(cell.node / path / f".filler-{number}", os.O_CREAT | os.O_WRONLY))
        except OSError:
            pass
    return raise_


# The store.

def sql(*statements):
    def raise_(cell):
        with sqlite3.connect(cell.database, isolation_level=None) as database:
            for statement in statements:
                database.execute(statement)
    return raise_


def hold(mode, statement="SELECT count(*) FROM sqlite_schema"):
    """Another process at work on the database. Its locks would end if this one opened the file and closed it."""
    script = ("import sqlite3, sys; database = sqlite3.connect(sys.argv[1], isolation_level=None); "
              f"database.execute('BEGIN {mode}'); "
              f"[database.execute(part).fetchall() for part in '{statement}'.split(';')]; "
              "print(flush=True); sys.stdin.read()")

    def raise_(cell):
        process = subprocess.Popen(
            [sys.executable, "-c", script, cell.database], stdin=subprocess.PIPE,
            stdout=subprocess.PIPE)
        cell.held.append(process)
        if not process.stdout.readline():
            raise OSError("the database could not be locked")
    return raise_


def open_with_log(cell):
    """A database with a write-ahead log, which another process has open and leaves alone."""
    sql("PRAGMA journal_mode = WAL")(cell)
    hold("DEFERRED", "SELECT count(*) FROM sqlite_schema; COMMIT")(cell)


def companion(script, suffix):
    """Something in the place of a file that SQLite keeps beside the database; what was there goes."""
    return lambda cell: cell.sh(f"rm -f data/octopus.db{suffix}; {script} data/octopus.db{suffix}")


def lock(path):
    def raise_(cell):
        file = os.open(cell.node / path / "octokey.lock", os.O_CREAT | os.O_RDWR, 0o600)
        fcntl.flock(file, fcntl.LOCK_EX)
        cell.held.append(file)
    return raise_


def empty(cell):
    database = sqlite3.connect(cell.database, isolation_level=None)
    for (table,) in database.execute(
            "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%'"
    ).fetchall():
        database.execute(f'DELETE FROM "{table}"')
    database.close()


def without_documents(cell):
    for path in (cell.node / "documents").glob("*/*.json"):
        path.unlink()


def seen(seconds):
    moment = time.strftime("%Y-%m-%dT%H:%M:%S+00:00", time.gmtime(time.time() - seconds))
    return sql("INSERT INTO OctopusServerNode VALUES "
               f"('OctopusServerNodes-other', 'other-node', '{moment}', 5, 0, '{{}}')")


def a_document(then):
    """`then` gets the last document that a rotation changes, relative to the node."""
    return lambda cell: then(documents(cell.folder)[-1].relative_to(cell.node))(cell)


def interrupt(cell):
    """What a rotation leaves that was interrupted; where there is one already, it stays."""
    if not (cell.node / JOURNAL).exists():
        (cell.node / JOURNAL).write_text("{}")


def on_another_file_system(cell):
    cell.sh(f"cp -a {store(cell)} ../outside")
    small(".")(cell)


def second_mount(cell):
    cell.sh(f"mount --bind ../outside {store(cell)}")


def store(cell):
    return {"sqlite": "data", "directory": "documents"}[cell.command.kind]


LIVE = r"live nodes \(\"other-node\"\)"
NOT_ROOM = r"no (space|room)"
CONFIG = "OctopusServer.config"
SEARCH = ("CREATE VIRTUAL TABLE Search USING fts5(JSON)",
          "INSERT INTO Search SELECT JSON FROM ExtensionConfiguration")
# The store is a mount then.
MOUNTED = {"backup restore, documents": (1, "documents\": it is a mount point")}
PLAIN = "octopus.db-.* not a regular file"
# Who reads may be this node's server, which is stopped first.
STOPPED = {"rotate while the service stops": None}
RECOVERIES = ("recover, rolling back", "recover with a hot journal", "recover, finishing")
RECOVERED_NOTHING = (3, "contains no sensitive value")

OBSTACLES = [
    Obstacle("config is a mount point", "config", "config\": it is a mount point", bind(CONFIG)),
    Obstacle("config is a mount point, --in-place", "", "", bind(CONFIG),
             options={"in-place": ("--in-place",)}),
    Obstacle("config is immutable", "config", "config\": it is immutable", flag("i", CONFIG)),
    Obstacle("config is immutable, --in-place", "config", "config\": it is immutable",
             flag("i", CONFIG), options={"in-place": ("--in-place",)}),
    Obstacle("config is append-only", "config", "config\": it is append-only", flag("a", CONFIG)),
    Obstacle("folder is immutable", "folder", "node\": it is immutable", flag("i", ".")),
    Obstacle("folder is append-only", "folder", "node\": it is append-only", flag("a", ".")),
    Obstacle("folder is read-only", "folder", "read-only file system", read_only('"$PWD"'),
             bind('"$PWD"')),
    Obstacle("folder is not writable", "folder", "cannot create files in .*permission denied",
             lambda cell: cell.sh("chown 0 . && chmod 755 ."), own_all, prefix=AS_USER),
    Obstacle("folder is the group's", "config", "members of group 4321 can create files",
             lambda cell: cell.sh("chgrp 4321 . && chmod 770 .")),
    Obstacle("owner cannot be kept", "config", "its owner cannot be preserved",
             lambda cell: cell.sh(f"chown {USER} {CONFIG}"), prefix=WITHOUT_CHOWN),
    Obstacle("group cannot be kept", "config", "its group cannot be preserved",
             lambda cell: cell.sh(f"chgrp 4321 {CONFIG}"), own_all, prefix=AS_USER),
    Obstacle("config has a hard link", "config", "it has 2 (names|hard links)", link(CONFIG)),
    Obstacle("no room", "room", NOT_ROOM, fill("."), small(".")),
    Obstacle("no inodes", "room", "no free inodes", take_inodes("."),
             small(".", "size=24m,nr_inodes=200")),
    Obstacle("folder forgets", "key", r"that folder \(tmpfs\) is lost with", second_mount,
             on_another_file_system, otherwise=MOUNTED),
    Obstacle("folder forgets, --ephemeral-state", "", "", second_mount,
             on_another_file_system, options={"rotate-master-key": ("--ephemeral-state",)},
             otherwise=MOUNTED),
    Obstacle("a rotation is unfinished", "idle", "a rotation was interrupted",
             interrupt, status=3,
             otherwise={"recover documents": None, **dict.fromkeys(RECOVERIES)}),
    Obstacle("another octokey has the lock", "lock", "another octokey is running", lock("."),
             status=4),

    Obstacle("no room for the store", "rows replace", NOT_ROOM, fill("data"), small("data"),
             kind="sqlite"),
    Obstacle("no inodes for the store", "rows replace", "no free inodes", take_inodes("data"),
             small("data", "size=24m,nr_inodes=100"), kind="sqlite"),
    Obstacle("store is immutable", "write", "octopus.db\": it is immutable",
             flag("i", "data/octopus.db"), kind="sqlite"),
    Obstacle("store is append-only", "write", "octopus.db\": it is append-only",
             flag("a", "data/octopus.db"), kind="sqlite"),
    Obstacle("store is a mount point", "replace", "octopus.db\": it is a mount point",
             bind("data/octopus.db"), kind="sqlite"),
    Obstacle("store has a hard link", "replace", "2 (names|hard links)", link("data/octopus.db"), kind="sqlite"),
    Obstacle("store's folder is read-only", "write", "read-only file system",
             read_only("data"), bind("data"), kind="sqlite"),
    Obstacle("store's folder is immutable", "file replace", "data\": it is immutable",
             flag("i", "data"), kind="sqlite"),
    Obstacle("store's folder is append-only", "file replace", "data\": it is append-only",
             flag("a", "data"), kind="sqlite"),
    Obstacle("store's folder is not writable", "file replace", "permission denied",
             lambda cell: cell.sh("chown 0 data && chmod 755 data"), own_all, kind="sqlite",
             prefix=AS_USER),
    Obstacle("store is not writable", "write", "octopus.db\".*permission denied",
             lambda cell: cell.sh("chown 0 data/octopus.db && chmod 644 data/octopus.db"), own_all,
             kind="sqlite", prefix=AS_USER, otherwise={"backup restore": (1, "its owner cannot be preserved")}),
    Obstacle("a trigger", "write", "would run \"TellOthers\"",
             sql("CREATE TRIGGER TellOthers AFTER UPDATE ON ExtensionConfiguration BEGIN SELECT 1; END"),
             kind="sqlite", otherwise={"backup restore": None}),
    Obstacle("a virtual table", "write", "\"Search\".*virtual table", sql(*SEARCH), kind="sqlite",
             otherwise={"backup restore": None, "backup create": (2, "")}),
    Obstacle("an empty store", "values", "no sensitive value", empty, kind="sqlite",
             otherwise=dict.fromkeys(RECOVERIES, RECOVERED_NOTHING)),
    Obstacle("a live node", "quiet", LIVE, seen(30), status=4, kind="sqlite"),
    Obstacle("a live node by --live-node-age", "quiet", LIVE, seen(400), status=4, kind="sqlite",
             options={"rotate-master-key": ("--live-node-age", "600")},
             otherwise={"backup restore": None}),
    Obstacle("a node that was live", "", "", seen(400), kind="sqlite"),
    Obstacle("a running task", "quiet", "1 running task",
             sql("INSERT INTO ServerTask (Id, Name, State, DurationSeconds, JSON) VALUES "
                 "('ServerTasks-other', 'Deploy', 'Executing', 0, '{}')"), status=4, kind="sqlite"),
    Obstacle("another process has locked the store", "read write", "in use by", hold("EXCLUSIVE"),
             status=4, kind="sqlite"),
    Obstacle("another process writes to the store", "write", "in use by", hold("IMMEDIATE"),
             status=4, kind="sqlite"),
    Obstacle("another process reads the store", "write", "in use by", hold("DEFERRED"), status=4,
             kind="sqlite", otherwise=STOPPED),
    Obstacle("another process has the store open, with a write-ahead log", "write", "in use by",
             open_with_log, status=4, kind="sqlite", otherwise=STOPPED),
    Obstacle("a link in the place of SQLite's journal", "read write", PLAIN,
             companion("ln -s ../elsewhere", "-journal"), kind="sqlite"),
    Obstacle("a pipe in the place of SQLite's journal", "read write", PLAIN,
             companion("mkfifo", "-journal"), kind="sqlite"),
    Obstacle("a pipe in the place of SQLite's log", "read write", PLAIN,
             companion("mkfifo", "-wal"), kind="sqlite"),
    Obstacle("a folder in the place of SQLite's index", "read write", PLAIN,
             companion("mkdir", "-shm"), kind="sqlite"),

    Obstacle("no room for documents", "rows", NOT_ROOM, fill("documents"), small("documents"),
             kind="directory", otherwise=MOUNTED),
    Obstacle("no inodes for documents", "rows", "no free inodes", take_inodes("documents"),
             small("documents", "size=24m,nr_inodes=150"), kind="directory", otherwise=MOUNTED),
    Obstacle("a document is immutable", "rows", r"\.json\": it is immutable",
             a_document(lambda path: flag("i", path)), kind="directory"),
    Obstacle("a document is append-only", "rows", r"\.json\": it is append-only",
             a_document(lambda path: flag("a", path)), kind="directory"),
    Obstacle("a document has a hard link", "rows", r"2 (names|hard links).*\.json|"
             r"\.json.*2 (names|hard links)", a_document(link), kind="directory"),
    Obstacle("a document is a mount point", "rows", r"\.json\": it is a mount point",
             a_document(bind), kind="directory"),
    Obstacle("a document's owner cannot be kept", "rows", "its owner cannot be preserved",
             a_document(lambda path: lambda cell: cell.sh(f"chown {USER} {path}")),
             kind="directory", prefix=WITHOUT_CHOWN),
    Obstacle("a table's folder is immutable", "rows", "it is immutable",
             a_document(lambda path: flag("i", path.parent)), kind="directory"),
    Obstacle("a table's folder is not writable", "rows", "permission denied",
             a_document(lambda path: lambda cell: cell.sh(
                 f"chown 0 {path.parent} && chmod 755 {path.parent}")), own_all, kind="directory",
             prefix=AS_USER),
    Obstacle("documents are read-only", "write", "read-only file system|it is a mount point", read_only("documents"),
             bind("documents"), kind="directory"),
    Obstacle("documents are a mount point", "replace", "documents\": it is a mount point",
             bind("documents"), kind="directory"),
    Obstacle("no documents", "values", "no (sensitive value|table with)", without_documents,
             kind="directory", otherwise={
                 "recover documents": RECOVERED_NOTHING,
                 "set-master-key, documents": (1, "cannot tell whether .* no table with"),
                 "backup create, documents": (1, "no table with")}),
    Obstacle("another octokey rewrites the documents", "write", "in use by", lock("documents"),
             status=4, kind="directory"),
]
