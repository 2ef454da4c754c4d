"""The node config of a store, and octokey at work on it."""

import hashlib
import json
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT / "samples"))
from make_node import MACHINE_ID, config, protected  # noqa: E402


class Trouble(Exception):
    """What octokey did and should not have done."""


class Node:
    """A folder with a config, a machine-id and the key files of a rotation."""

    def __init__(self, octokey, folder, store, old, new):
        self.octokey, self.folder = octokey, Path(folder)
        self.folder.mkdir(parents=True, exist_ok=True)
        machine_id = MACHINE_ID.read_bytes()
        (self.folder / "machine-id").write_bytes(machine_id)
        path = self.folder / "OctopusServer.config"
        path.write_bytes(config({
            "Octopus.Home": str(self.folder),
            "Octopus.Storage.ExternalDatabaseConnectionString": store,
            "Octopus.Storage.MasterKey": protected(old.bytes, machine_id)}))
        key = self.folder / "new.key"
        key.write_text(new.text + "\n")
        for file in (path, key):
            file.chmod(0o600)

    def run(self, *words):
        done = subprocess.run(
            [self.octokey, words[0], "--config", self.folder / "OctopusServer.config",
             "--machine-id-file", self.folder / "machine-id", "--machine-key-file",
             self.folder / "machinekey", *words[1:]],
            capture_output=True, text=True, errors="replace", stdin=subprocess.DEVNULL, timeout=90)
        if done.returncode < 0 or done.returncode > 127 or "Fatal error" in done.stderr:
            raise Trouble(f"{words[0]} crashed with {done.returncode}: {done.stderr}")
        return done

    def report(self, *words):
        """The exit code and the report of a command."""
        done = self.run(*words, "--format", "json")
        try:
            return done.returncode, json.loads(done.stdout)
        except ValueError:
            raise Trouble(f"{words[0]} ended with {done.returncode}: {done.stderr.strip()}") from None

    def verify(self):
        return self.report("verify")

    def rotate(self, *options):
        return self.report(
            "rotate-master-key", "--yes", "--new-key-file", str(self.folder / "new.key"), *options)

    def digest(self):
        """Of every file of the node but the lock, and of where it leads if it is a link."""
        found = {}
        for path in self.folder.rglob("*"):
            if path.name == "octokey.lock":
                continue
            name = str(path.relative_to(self.folder))
            if path.is_symlink():
                found[name] = str(path.readlink())
            elif path.is_file():
                found[name] = (hashlib.sha256(path.read_bytes()).hexdigest(), path.stat().st_mode)
            else:
                found[name] = "a folder"
        return found
