#!/usr/bin/env python3
"""Runs between a command and PostgreSQL, and takes a transaction away without a word to the client.

    lost_transaction.py --listen PORT --target PORT [FAULT] [--count] -- COMMAND...

Runs COMMAND and ends with its exit status (128 + N for signal N). It counts, over all connections, how
often the server says that it is ready for the next query and in a transaction; --count prints how often
that was as the last line. The faults:

    --steal N           the Nth time, the server gets ROLLBACK; BEGIN before the client hears of it: as
                        Microsoft's driver goes on when SQL Server has rolled back a transaction
    --autocommit        with --steal, ROLLBACK alone, and the client believes itself in the transaction
                        until it ends it: as FreeTDS goes on
    --drop-commit       the server gets ROLLBACK for every COMMIT, and the client hears COMMIT
    --lose-after-commit SHELL
                        runs SHELL, with the process of COMMAND as $CHILD, when the server has answered
                        the first COMMIT and before the client hears of it

If the fault does not come about, it ends with a message and 1: then the run shows nothing.
"""

import argparse
import re
import struct
import sys
import threading

import between

# Codes that a client sends in place of a protocol version.
CANCEL, TLS, GSS = 80877102, 80877103, 80877104
# A statement that ends a transaction well, alone or among others of one query.
COMMIT = re.compile(rb"(^|;)\s*(?:COMMIT|END)(?:\s+(?:WORK|TRANSACTION))?\s*(?=;|\x00|$)", re.I)


def message(kind, body):
    return kind + struct.pack("!I", len(body) + 4) + body


class Thief(between.Between):
    def __init__(self, options):
        super().__init__(options.listen, options.target, Link)
        self.options = options
        self.in_transaction = 0
        self.happened = False
        self.lock = threading.Lock()

    def is_due(self):
        """Counts; whether this is the time."""
        with self.lock:
            self.in_transaction += 1
            return self.in_transaction == self.options.steal

    def is_first(self):
        with self.lock:
            first = not self.happened
            self.happened = True
            return first


class Link(between.Link):
    """The client's messages one way, the server's the other, each whole."""

    def __init__(self, thief, client, server):
        super().__init__(thief, client, server)
        self.thief = thief
        # COMMITs that the server got as ROLLBACK and has not answered yet.
        self.dropped = 0
        # The client believes in a transaction that is not there.
        self.pretends = False
        self.is_committed = False

    def exactly(self, end, count):
        """That many bytes; fewer at the end of the stream."""
        data = bytearray()
        while len(data) < count:
            try:
                piece = end.recv(count - len(data))
            except OSError:
                break
            if not piece:
                break
            data += piece
        return bytes(data)

    def next(self, end):
        """The kind and body of the next message; None at the end of the stream."""
        head = self.exactly(end, 5)
        if len(head) < 5:
            return None
        length = struct.unpack("!I", head[1:])[0] - 4
        body = self.exactly(end, length)
        return (head[:1], body) if len(body) == length else None

    def requests(self):
        if self.start():
            while got := self.next(self.client):
                kind, body = got
                if not self.send(self.server, message(kind, self.request(kind, body))):
                    break
        self.close()

    def start(self):
        """Passes the beginning on, without encryption; whether messages follow."""
        while True:
            head = self.exactly(self.client, 8)
            if len(head) < 8:
                return False
            length, code = struct.unpack("!II", head)
            if code in (TLS, GSS):
                if not self.send(self.client, b"N"):
                    return False
                continue
            return self.send(self.server, head + self.exactly(self.client, length - 8)) \
                and code != CANCEL

    def request(self, kind, body):
        """What the server gets to see of a query."""
        if not self.thief.options.drop_commit or kind not in (b"Q", b"P"):
            return body
        # The name of a prepared statement comes before its text.
        start = body.index(b"\0") + 1 if kind == b"P" else 0
        text, count = COMMIT.subn(rb"\1ROLLBACK", body[start:])
        self.dropped += count
        self.thief.happened |= count > 0
        return body[:start] + text

    def replies(self):
        while got := self.next(self.server):
            kind, body = got
            if kind == b"C":
                body = self.completed(body)
            elif kind == b"Z":
                body = self.ready(body)
            if not self.send(self.client, message(kind, body)):
                break
        self.close()

    def completed(self, tag):
        if tag == b"ROLLBACK\0" and self.dropped:
            self.dropped -= 1
            return b"COMMIT\0"
        if tag in (b"COMMIT\0", b"ROLLBACK\0"):
            self.pretends = False
        self.is_committed |= tag == b"COMMIT\0"
        return tag

    def ready(self, status):
        """The server is ready for a query; `status` says whether it is in a transaction."""
        options = self.thief.options
        if self.is_committed:
            self.is_committed = False
            if options.lose_after_commit and self.thief.is_first():
                self.thief.shell(options.lose_after_commit)
        if self.pretends and status == b"I":
            status = b"T"
        if status == b"T" and self.thief.is_due():
            self.steal()
        return status

    def steal(self):
        self.thief.happened = True
        self.pretends = self.thief.options.autocommit
        sql = b"ROLLBACK" if self.pretends else b"ROLLBACK; BEGIN"
        self.send(self.server, message(b"Q", sql + b"\0"))
        while got := self.next(self.server):
            kind, body = got
            if kind == b"E":
                self.thief.trouble = f"the server refused {sql}: {body}"
            if kind == b"Z":
                return
        self.thief.trouble = "the server is gone"


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--listen", type=int, required=True)
    parser.add_argument("--target", type=int, required=True)
    parser.add_argument("--steal", type=int, default=0, metavar="N")
    for flag in ("--autocommit", "--drop-commit", "--count"):
        parser.add_argument(flag, action="store_true")
    parser.add_argument("--lose-after-commit", metavar="SHELL")
    parser.add_argument("command", nargs="+")
    options = parser.parse_args()
    thief = Thief(options)
    status = thief.run(options.command)
    if options.count:
        print(thief.in_transaction)
    wanted = options.steal or options.drop_commit or options.lose_after_commit
    if wanted and not thief.happened:
        sys.exit(f"the fault did not come about; the command ended with {status}")
    sys.exit(status)


main()
