#!/usr/bin/env python3
"""A recording endpoint for clients of SQL Server: it notes what they say, and answers from a script.

    tds_endpoint.py RECORD [--listen HOST:PORT]... [--script FILE] [--ready FILE]

RECORD gets one JSON object per line: {"login": …}, {"sql": …, "parameters": […]}, {"attention": …} and
{"transaction": …}, each with the number of its connection. The ports are printed, and written to --ready; port 0
takes a free one. A client whose user is called `error 4060 18456` is refused with these errors in this order,
`closed` is cut off instead of an answer, and `silent` gets none; all others are let in.

The script is a list of {"match": regular expression, "results": […]}; the first that matches a statement answers it,
and nothing else is DONE without columns. A result is {"columns": [[name, type]…], "rows": [[…]…], "times": N},
{"count": N}, {"error": number, "text": …} or {"info": …}; a value {"characters": N} is a text of that length.
"""
import argparse
import json
import os
import re
import socket
import struct
import tempfile
import threading
import time

import tds_messages as tds
import tds_wire as wire

TEXTS = {
    18456: "Login failed for user '{user}'.",
    4060: 'Cannot open database "{database}" requested by the login. The login failed.',
    18452: "Login failed. The login is from an untrusted domain and cannot be used with Integrated authentication.",
    18470: "Login failed for user '{user}'. Reason: The account is disabled.",
    18486: "Login failed for user '{user}' because the account is currently locked out.",
    18487: "Login failed for user '{user}'.  Reason: The password of the account has expired.",
    18488: "Login failed for user '{user}'.  Reason: The password of the account must be changed.",
    40615: "Cannot open server 'endpoint' requested by the login. Client with IP address '192.0.2.7' is not allowed to "
           "access the server.  To enable access, use the Azure Management Portal.",
    40613: "Database '{database}' on server 'endpoint' is not currently available.  Please retry the connection "
           "later.",
}


class Record:
    """The file of what was heard, for all connections."""

    def __init__(self, path):
        self.lock = threading.Lock()
        self.file = open(path, "a", encoding="utf-8", buffering=1)

    def note(self, connection, **what):
        with self.lock:
            self.file.write(json.dumps({"connection": connection} | what) + "\n")


class Session(threading.Thread):
    """One client, from its first byte on. Override `results` for an endpoint that computes its answers."""

    def __init__(self, number, connection, context, record, script):
        super().__init__(daemon=True)
        self.number, self.record, self.script = number, record, script
        self.wire = wire.Wire(connection, context)
        self.transaction = 0
        self.handles = {}  # prepared statements

    def run(self):
        try:
            self.wire.start()
            if self.log_in():
                while True:
                    self.serve(*self.wire.message())
        except (wire.Closed, OSError):
            pass
        finally:
            self.wire.connection.close()

    def note(self, **what):
        self.record.note(self.number, **what)

    # The beginning

    def log_in(self):
        kind, contents = self.wire.message()
        if kind != wire.PRELOGIN:
            raise ValueError(f"a message of type {kind} where PRELOGIN belongs")
        options = tds.prelogin_options(contents)
        wanted = options.get(wire.ENCRYPTION, b"\2")[0]
        encryption = {wire.ON: wire.ON, wire.REQUIRED: wire.ON, wire.OFF: wire.OFF}.get(wanted, wire.NOT_SUPPORTED)
        answers = {wire.VERSION: bytes([16, 0, 0x10, 0, 0, 0]), wire.ENCRYPTION: bytes([encryption]), wire.MARS: b"\0"}
        if wire.FED_AUTH in options:
            answers[wire.FED_AUTH] = b"\1"
        self.wire.answer([tds.prelogin(answers)])
        if encryption != wire.NOT_SUPPORTED and not self.wire.is_strict:
            self.wire.shake_hands(wrapped=True)
        kind, contents = self.wire.message()
        login = tds.Login.read(contents)
        scope = {wire.ON: "all", wire.OFF: "login"}.get(encryption, "nothing")
        self.note(login=vars(login) | {"encrypted": "strict" if self.wire.is_strict else scope})
        if encryption == wire.OFF:
            self.wire.go_plain()
        return self.judge(login)

    def judge(self, login):
        if login.user == "closed":
            return False
        if login.user == "silent":
            time.sleep(600)
            return False
        if login.user.startswith("error "):
            numbers = [int(number) for number in login.user.split()[1:]]
            texts = [TEXTS.get(number, "The server has refused.").format(**vars(login)) for number in numbers]
            self.wire.answer([tds.message(*pair) for pair in zip(numbers, texts)] + [tds.done(flags=tds.HAS_ERROR)])
            return False
        size = min(max(login.packet_size, 512), 32767) or 4096
        database = login.database or "master"
        answer = [
            tds.environment_text(1, database, "master"),
            tds.message(5701, f"Changed database context to '{database}'.", level=10),
            tds.environment_bytes(7, tds.COLLATION), tds.environment_text(2, "us_english"),
            tds.message(5703, "Changed language setting to us_english.", level=10), tds.login_acknowledged("74000004"),
            tds.environment_text(4, str(size), "4096"), tds.no_features() if login.features else b"", tds.done()]
        self.wire.answer(answer)
        self.wire.packet_size = size
        return True

    # What follows

    def serve(self, kind, contents):
        if kind == wire.ATTENTION:
            self.note(attention="between requests")
            self.wire.answer([self.attention_ending()])
            return
        if kind == wire.BATCH:
            sql = tds.batch_text(contents)
            self.note(sql=sql)
            parts = self.tokens(sql, [], tds.done)
        elif kind == wire.RPC:
            parts = self.calls(tds.remote_calls(contents))
        elif kind == wire.TRANSACTION:
            parts = self.transact(*tds.transaction_request(contents))
        else:
            raise ValueError(f"a message of type {kind}")
        if self.wire.answer(parts, ending=self.attention_ending):
            self.note(attention="in an answer")

    def attention_ending(self):
        """What acknowledges an attention."""
        return tds.done(flags=tds.IS_ATTENTION)

    def transact(self, name, begins):
        self.note(transaction=name)
        parts = []
        if name in ("commit", "rollback"):
            parts.append(tds.environment_bytes(9 if name == "commit" else 10, b"", struct.pack("<Q", self.transaction)))
        if name == "begin" or begins:
            self.transaction += 1
            parts.append(tds.environment_bytes(8, struct.pack("<Q", self.transaction)))
        return parts + [tds.done()]

    def calls(self, calls):
        for index, (name, parameters) in enumerate(calls):
            more = tds.MORE if index + 1 < len(calls) else 0
            values, prepared, sql = [p.value for p in parameters], None, None
            if name in ("sp_prepexec", "sp_prepare"):
                prepared, sql, values = len(self.handles) + 1, values[2], values[3:]
                self.handles[prepared] = sql
            elif name == "sp_execute":
                sql, values = self.handles.get(values[0], ""), values[1:]
            elif name == "sp_executesql":
                sql, values = values[0], values[2:]
            shown = [value.hex() if isinstance(value, bytes) else value for value in values]
            self.note(call=name, sql=sql, parameters=shown)
            if sql is not None and name != "sp_prepare":
                yield from self.tokens(sql, values, lambda *a, **k: tds.done(*a, **k, kind=0xFF), ends=False)
            yield tds.return_status()
            if prepared:
                yield tds.return_handle(prepared)
            yield tds.done(flags=more, kind=0xFE, command=0xE0)

    def tokens(self, sql, parameters, done, ends=True):
        results = list(self.results(sql, parameters)) or ([{"count": None}] if ends else [])
        for index, result in enumerate(results):
            flags = tds.MORE if index + 1 < len(results) or not ends else 0
            yield from self.result(result, flags, done)

    @staticmethod
    def result(result, flags, done):
        if "columns" in result:
            described, count = result["columns"], 0
            yield tds.columns(described)
            for _ in range(result.get("times", 1)):
                for values in result["rows"]:
                    count += 1
                    yield tds.row(described, ["x" * v["characters"] if isinstance(v, dict) else v for v in values])
            yield done(count, flags=flags)
        elif "error" in result:
            yield tds.message(result["error"], result.get("text", "The server has refused."), level=16)
            yield done(flags=flags | tds.HAS_ERROR)
        elif "database" in result:
            yield tds.environment_text(1, result["database"], result["before"])
            yield tds.message(5701, f"Changed database context to '{result['database']}'.", level=10)
            yield done(flags=flags)
        elif "info" in result:
            yield tds.message(0, result["info"], level=0)
            if not flags:
                yield done()
        else:
            yield done(result.get("count"), flags=flags)

    def results(self, sql, parameters):
        """The results of a statement, as the script has them."""
        for entry in self.script:
            if re.search(entry["match"], sql, re.IGNORECASE | re.DOTALL):
                return entry["results"]
        return []


def listen(addresses, folder, record, script, session=Session):
    """Opens the sockets and answers in the background; gives the ports."""
    context, ports, count = wire.certificate(folder), [], iter(range(1, 1 << 30))

    def serve(listener):
        while True:
            connection, _ = listener.accept()
            session(next(count), connection, context, record, script).start()

    for address in addresses:
        host, port = address.rsplit(":", 1)
        listener = socket.create_server(
            (host.strip("[]"), int(port)), family=socket.AF_INET6 if ":" in host else socket.AF_INET)
        ports.append(listener.getsockname()[1])
        threading.Thread(target=serve, args=(listener,), daemon=True).start()
    return ports


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("record")
    parser.add_argument("--listen", action="append")
    parser.add_argument("--script")
    parser.add_argument("--ready", help="a file that is made when the ports are open")
    parser.add_argument("--parent", type=int, help="end when this process has gone, or RECORD")
    arguments = parser.parse_args()
    script = []
    if arguments.script:
        with open(arguments.script, encoding="utf-8") as file:
            script = json.load(file)
    with tempfile.TemporaryDirectory() as folder:
        ports = listen(arguments.listen or ["127.0.0.1:0"], folder, Record(arguments.record), script)
    text = " ".join(map(str, ports))
    print(text, flush=True)
    if arguments.ready:
        with open(arguments.ready + ".new", "w", encoding="ascii") as file:
            file.write(text)
        os.rename(arguments.ready + ".new", arguments.ready)
    while not arguments.parent or os.path.exists(f"/proc/{arguments.parent}") and os.path.exists(arguments.record):
        time.sleep(0.5)


if __name__ == "__main__":
    main()
