#!/usr/bin/env python3
"""Runs a command on a machine with a system log, and writes what the log gets to a file.

    syslog.py OUTPUT COMMAND...

The command sees its own /dev, in its own mount namespace, with a socket at /dev/log; the machine's /dev
is unchanged. Needs permission to mount.
"""

import os
import socket
import subprocess
import sys
import tempfile
import threading

END = b"end"


def own_dev():
    """Replaces /dev by a folder with the needed devices, for this process and its children."""
    folder = tempfile.mkdtemp()
    subprocess.run(["mount", "-t", "tmpfs", "tmpfs", folder], check=True)
    for name in ("null", "zero", "full", "random", "urandom", "tty"):
        path = f"{folder}/{name}"
        open(path, "w").close()
        subprocess.run(["mount", "--bind", f"/dev/{name}", path], check=True)
    os.symlink("/proc/self/fd", f"{folder}/fd")
    subprocess.run(["mount", "--rbind", folder, "/dev"], check=True)


def main():
    if "OWN_NAMESPACE" not in os.environ:
        os.environ["OWN_NAMESPACE"] = "yes"
        os.execvp("unshare", ["unshare", "--mount", sys.executable] + sys.argv)
    output = open(sys.argv[1], "wb")
    own_dev()
    log = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    log.bind("/dev/log")
    # The queue of the socket holds about ten lines.
    reader = threading.Thread(target=copy, args=(log, output))
    reader.start()
    status = subprocess.run(sys.argv[2:]).returncode
    # A datagram is in the socket when its sender has ended.
    socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM).sendto(END, "/dev/log")
    reader.join()
    output.close()
    sys.exit(status)


def copy(log, output):
    while (line := log.recv(65536)) != END:
        output.write(line + b"\n")


if __name__ == "__main__":
    main()
