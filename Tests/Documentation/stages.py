"""Where scenes are played: folders with a node, a cluster, or a node whose documents are in PostgreSQL, and a terminal.

Every file with a fixed path on a real machine is one of the stage's: an `octokey` first on the PATH adds the options.
"""

import os
import pty
import re
import select
import shutil
import signal
import subprocess
import sys
from pathlib import Path

from pages import REPOSITORY

sys.path.insert(0, str(REPOSITORY / "Tests/Servers"))
import postgres_server  # noqa: E402

PASSPHRASE = "four plain words apart"

OCTOKEY = """#!/bin/sh
exec python3 "{here}/redirect.py" "$@"
"""

# The fakes have a state, and nothing else.
SERVICE = """#!/bin/sh
cd "$(dirname "$0")"
case $1-$2 in
show-*) echo LoadState=loaded; echo "ActiveState=$(cat state)" ;;
stop-*) echo inactive >state ;;
start-* | restart-*) echo active >state ;;
container-inspect) echo running ;;
esac
"""

# Kills a rotation at the first call of this name, and makes sure that it was unfinished.
INTERRUPTED = """interrupted() {
  strace -f -qq -o /dev/null -e trace=$1 -e inject=$1:signal=KILL:when=1 "$OCTOKEY" rotate-master-key --yes \\
    --config OctopusServer.config --machine-id-file machine-id --machine-key-file machinekey >/dev/null 2>&1
  test -e octokey-journal.json
}
"""


class Node:
    """A lone node; its folder is the working directory."""

    def __init__(self, octokey, folder, documents=60):
        self.folder = self.home = Path(folder)
        self.port = 0
        subprocess.run(
            [sys.executable, REPOSITORY / "samples/make_node.py", "--documents", str(documents), self.home],
            check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        programs = self.home.parent / (self.home.name + "-bin")
        programs.mkdir()
        (programs / "state").write_text("active\n")
        wrapper = OCTOKEY.format(here=Path(__file__).resolve().parent)
        for name, text in (("octokey", wrapper), ("systemctl", SERVICE), ("docker", SERVICE)):
            (programs / name).write_text(text)
            (programs / name).chmod(0o755)
        self.environment = self.base(octokey, programs) | {"STAGE": str(self.home)}

    def base(self, octokey, programs):
        kept = {name: value for name, value in os.environ.items() if not name.startswith("OCTOKEY")}
        return kept | {
            "OCTOKEY": str(octokey), "PATH": f"{programs}:{os.environ['PATH']}", "HOME": str(self.folder),
            "SAMPLES": str(REPOSITORY / "samples"), "LC_ALL": "C.UTF-8", "TERM": "xterm"}

    def close(self):
        pass


class Cluster(Node):
    """Three nodes with one store, of Tests/Cluster/cluster.py."""

    def __init__(self, octokey, folder):
        self.folder, self.port = Path(folder), 0
        self.home = self.folder / "node-01"
        self.environment = self.base(octokey, self.folder / "bin") | {"CLUSTER": str(self.folder)}
        subprocess.run(
            [sys.executable, REPOSITORY / "Tests/Cluster/cluster.py", self.folder], check=True, env=self.environment,
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


class Postgres(Node):
    """A node whose documents are in PostgreSQL, which asks for a password."""

    def __init__(self, octokey, folder):
        super().__init__(octokey, folder)
        self.server = postgres_server.Server(self.home.parent / (self.home.name + "-server"))
        self.port = self.server.port
        copy = subprocess.run(
            [sys.executable, REPOSITORY / "Tests/Servers/to_postgres.py", self.home / "octopus.db"], check=True,
            capture_output=True, text=True)
        (self.home / "octopus.db").unlink()
        self.server.psql(
            "postgres", "CREATE ROLE octopus LOGIN PASSWORD 'pass word'; CREATE DATABASE octopus OWNER octopus")
        self.server.psql("octopus", f"SET ROLE octopus; {copy.stdout}")
        hba = self.server.data / "pg_hba.conf"
        hba.write_text("host all all 127.0.0.1/32 scram-sha-256\n")
        self.server.run("pg_ctl", "reload", "--silent", f"--pgdata={self.server.data}")
        secrets = self.home / ".pgpass"
        secrets.write_text(f"127.0.0.1:{self.port}:octopus:octopus:pass word\n")
        secrets.chmod(0o600)

    def close(self):
        self.server.stop()


STAGES = {"node": Node, "cluster": Cluster, "postgres": Postgres}


def answer(question, before):
    """What a user types at the end of this text, or nothing if it is no question; `before` was typed last."""
    if question.endswith("[y/N] "):
        return "yes"
    if typed := re.search(r"\(([^()\s]{8})\)[^()]*: $", question):
        return typed[1]
    if question.endswith(": ") and ("passphrase" in question.lower() or before == PASSPHRASE):
        return PASSPHRASE
    return None


class Play:
    """A shell on a terminal of its own, which is given the units of a scene one after the other."""

    def __init__(self, stage, folder):
        self.stage, self.folder = stage, Path(folder)
        self.folder.mkdir()

    def run(self, setup, texts, is_shown=False):
        """Gives what the terminal has in the end, and for each text its exit code and what it said.

        With `is_shown` all is said on the terminal, as to a user.
        """
        lines = [INTERRUPTED, f"cd {self.stage.home}", "set -o pipefail"]
        if setup:
            lines.append(f"{{ {setup}; }} >{self.folder}/setup 2>&1 || exit 99")
        for number, text in enumerate(texts):
            (self.folder / f"{number}.sh").write_text(text + "\n")
            output = "" if is_shown else f" >{self.folder}/{number}.said 2>&1"
            lines.append(f'eval "$(<{self.folder}/{number}.sh)"{output}; echo $? >{self.folder}/{number}.code')
        script = self.folder / "script"
        script.write_text("\n".join(lines) + "\n")
        seen, why = self.watch(script)
        return seen, [self.ended(number, why) for number in range(len(texts))]

    def ended(self, number, why):
        code, said = self.folder / f"{number}.code", self.folder / f"{number}.said"
        text = said.read_text(errors="replace") if said.exists() else ""
        if code.exists():
            return int(code.read_text()), text
        if number and not (self.folder / f"{number - 1}.code").exists():
            return None, "not reached"
        setup = self.folder / "setup"
        return None, "\n".join([why, text or (setup.read_text(errors="replace") if setup.exists() else "")])

    def watch(self, script):
        """Runs the script on a new terminal, and answers what is asked there."""
        child, terminal = pty.fork()
        if child == 0:
            os.execve("/bin/bash", ["bash", str(script)], self.stage.environment)
        seen, asked, typed, quiet, why = "", "", None, 0, "the shell ended, or the setup failed"
        while True:
            if not select.select([terminal], [], [], 1)[0]:
                quiet += 1
                if quiet < (30 if asked.strip() and not asked.endswith("\n") else 150):
                    continue
                why = f"stopped, with this on the terminal: {asked[-200:]}"
                os.killpg(child, signal.SIGKILL)
                break
            try:
                read = os.read(terminal, 65536).decode(errors="replace")
            except OSError:
                break
            quiet, seen, asked = 0, seen + read, asked + read
            if reply := answer(asked, typed):
                asked, typed = "", reply
                os.write(terminal, reply.encode() + b"\n")
        os.waitpid(child, 0)
        os.close(terminal)
        return seen, why


def remove(folder):
    shutil.rmtree(folder, ignore_errors=True)
