"""What every program here needs that stands between a command and a server: a port of its own, a
connection to the server for each of the command's, two threads for each pair, and the command's end.

A kind of link says what happens to what is sent; see proxy.py and lost_transaction.py.
"""

import os
import socket
import subprocess
import sys
import threading


class Between:
    """Accepts connections and links each of them to the server."""

    def __init__(self, listen, target, link):
        self.target = target
        self.link = link
        self.listener = socket.create_server(("127.0.0.1", listen))
        self.child = None
        self.is_gone = False
        # Why the run shows nothing, whatever the command says.
        self.trouble = None

    def serve(self):
        while True:
            try:
                client, _ = self.listener.accept()
            except OSError:
                return
            if self.is_gone:
                client.close()
                continue
            client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            server = socket.create_connection(("127.0.0.1", self.target))
            server.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            link = self.link(self, client, server)
            for way in (link.requests, link.replies):
                threading.Thread(target=way, daemon=True).start()

    def shell(self, script):
        """Runs a shell script with the process of the command as $CHILD."""
        done = subprocess.run(
            ["sh", "-c", script], stdout=subprocess.DEVNULL,
            env=os.environ | {"CHILD": str(self.child.pid)})
        if done.returncode:
            self.trouble = f"{script} failed with {done.returncode}"

    def run(self, command):
        """Runs the command to its end; returns its exit status, 128 + N for signal N."""
        threading.Thread(target=self.serve, daemon=True).start()
        self.child = subprocess.Popen(command)
        status = self.child.wait()
        if self.trouble:
            sys.exit(self.trouble)
        return 128 - status if status < 0 else status


class Link:
    """One connection of the command's and the one to the server that belongs to it."""

    def __init__(self, between, client, server):
        self.between = between
        self.client = client
        self.server = server

    @staticmethod
    def read(end):
        try:
            return end.recv(1 << 16)
        except OSError:
            return b""

    @staticmethod
    def send(end, data):
        """Whether the other side is still there to take it."""
        try:
            end.sendall(data)
        except OSError:
            return False
        return True

    def close(self):
        for end in (self.client, self.server):
            try:
                end.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
