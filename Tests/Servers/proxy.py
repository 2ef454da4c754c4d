#!/usr/bin/env python3
"""Runs between a command and a server, and causes failures.

    proxy.py --listen PORT --target PORT [--delay MS] [--at TEXT [--nth N] FAULT] -- COMMAND...

Runs COMMAND, ends with its exit status (128 + N for signal N) and, with --count, prints the number of
bytes that went through and, as the last line, of round trips. --at waits for the Nth piece from the command that contains TEXT:

    --cut           that piece is not passed on, and the connection is closed
    --lose-reply    it is passed on, and the connection is closed when the server has answered
    --run SHELL     it is passed on after SHELL has run, with the process of COMMAND as $CHILD
    --gone          after --cut or --lose-reply the server accepts no more connections
"""

import argparse
import sys
import time

import between


class Proxy(between.Between):
    def __init__(self, options):
        super().__init__(options.listen, options.target, Link)
        self.options = options
        self.seen = self.round_trips = self.bytes = 0
        self.happened = False

    def is_due(self, piece):
        if self.options.at is None or self.options.at.encode() not in piece:
            return False
        self.seen += 1
        return self.seen == self.options.nth


class Link(between.Link):
    def __init__(self, proxy, client, server):
        super().__init__(proxy, client, server)
        self.proxy = proxy
        self.is_asking = False
        self.loses_reply = False

    def requests(self):
        options = self.proxy.options
        while piece := self.read(self.client):
            self.proxy.bytes += len(piece)
            # Everything that the client sends before an answer is one round trip.
            if not self.is_asking:
                self.is_asking = True
                self.proxy.round_trips += 1
                time.sleep(options.delay / 1000)
            if self.proxy.is_due(piece):
                self.proxy.happened = True
                if options.cut:
                    break
                self.loses_reply = options.lose_reply
                if options.run:
                    self.proxy.shell(options.run)
            if not self.send(self.server, piece):
                break
        self.close()

    def replies(self):
        while piece := self.read(self.server):
            self.proxy.bytes += len(piece)
            self.is_asking = False
            if self.loses_reply or not self.send(self.client, piece):
                break
        self.close()

    def close(self):
        if self.proxy.happened and self.proxy.options.gone:
            self.proxy.is_gone = True
        super().close()


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--listen", type=int, required=True)
    parser.add_argument("--target", type=int, required=True)
    parser.add_argument("--delay", type=float, default=0, help="milliseconds for every round trip")
    parser.add_argument("--at")
    parser.add_argument("--nth", type=int, default=1)
    for flag in ("--cut", "--lose-reply", "--gone", "--count"):
        parser.add_argument(flag, action="store_true")
    parser.add_argument("--run")
    parser.add_argument("command", nargs="+")
    options = parser.parse_args()
    proxy = Proxy(options)
    status = proxy.run(options.command)
    if options.at is not None and not proxy.happened:
        sys.exit(f"nothing was sent that holds {options.at} {options.nth} times")
    if options.count:
        print(proxy.bytes)
        print(proxy.round_trips)
    sys.exit(status)


main()
