"""Two nodes with one store: their folders in a round, their configs, and what is in them afterwards."""

import base64
import json
import re
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

TESTS = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(TESTS / "Crash"), str(TESTS.parent / "samples")]
import make_node  # noqa: E402
from node import IV_OF_MACHINE_ID, opened  # noqa: E402

MACHINE_IDS = (make_node.MACHINE_ID.read_bytes(), b"5f0c1d7e9a3b4c6d8e2f1a0b9c8d7e6f\n")
KEY = re.compile(rb'(<set key="Octopus.Storage.MasterKey">)[^<]*(</set>)')
# What else a config may hold, by the name of its text: what is there, what a backup has, and what an edit makes of it.
TEXTS = {
    "plain": {}, "later": {"Octopus.Server.TaskCap": "5"}, "set": {"Octopus.Server.TaskCap": "7"},
    "renamed": {"Octopus.Server.NodeName": "renamed"},
}
# The files that octokey makes beside a config, and that stay.
KEPT = re.compile(
    r"master-key-\w+-\w+(-\d+)?\.key|rotation-report-\w+(-\d+)?\.(txt|json)|"
    r"OctopusServer\.config\.\w+(-\d+)?\.(bak|edited)")


def settings(node, connection, text):
    """The bytes of a config, without the key."""
    return make_node.config({
        "Octopus.Communications.ServicesPort": "10943",
        "Octopus.Server.NodeName": f"node-0{node + 1}",
        "Octopus.Storage.ExternalDatabaseConnectionString": connection,
        "Octopus.Storage.MasterKey": "*",
    } | TEXTS[text])


class Cluster:
    """The two nodes of a round in its folder."""

    def __init__(self, octokey, folder, store, keys):
        self.octokey, self.folder, self.store, self.keys = octokey, folder, store, keys
        self.nodes = [folder / f"node-0{number}" for number in (1, 2)]
        self.shared = folder / "shared"

    def make(self, template, random, texts, keys):
        """The folders; `texts` and `keys` are the names of those in the configs."""
        self.shared.mkdir()
        self.store.put(template, self.folder, random)
        for number, node in enumerate(self.nodes):
            node.mkdir(mode=0o700)
            (node / "machine-id").write_bytes(MACHINE_IDS[number])
            value = make_node.protected(self.keys[keys[number]], MACHINE_IDS[number])
            config = KEY.sub(
                rb"\g<1>" + value.encode() + rb"\g<2>",
                settings(number, self.store.connection, texts[number]))
            make_node.write_new(node / "OctopusServer.config", config, 0o600)
        self.before = [self.files(number) for number in (0, 1)]

    def command(self, number, *words):
        """The words of a command line of octokey on one of the nodes."""
        node = self.nodes[number]
        count = 2 if words[0] in ("backup", "config") else 1
        return [
            self.octokey, *words[:count], "--config", str(node / "OctopusServer.config"),
            "--machine-id-file", str(node / "machine-id"), "--machine-key-file", str(node / "machinekey"),
            *words[count:]]

    def run(self, number, *words):
        return subprocess.run(
            self.command(number, *words), stdin=subprocess.DEVNULL, capture_output=True, text=True,
            timeout=60)

    def key_file(self, name):
        """The path of a file with a key."""
        path = self.folder / f"{name}.key"
        if not path.exists():
            make_node.write_new(path, base64.b64encode(self.keys[name]) + b"\n", 0o600)
        return str(path)

    def files(self, number):
        """The contents of the files of a node by name."""
        return {path.name: path.read_bytes() for path in self.nodes[number].iterdir() if path.is_file()}

    def config(self, number):
        """(name of the text, name of the key) of a config as it is now."""
        contents = (self.nodes[number] / "OctopusServer.config").read_bytes()
        masked = KEY.sub(rb"\1*\2", contents)
        text = next(
            (name for name in TEXTS if masked == settings(number, self.store.connection, name)),
            f"unknown: {contents!r}")
        found = key_in(contents, MACHINE_IDS[number])
        return text, next((name for name, key in self.keys.items() if key == found), f"unknown: {found!r}")

    def keys_made(self, number):
        """The keys in new key files beside a config."""
        found = []
        for path in sorted(self.nodes[number].glob("master-key-*.key")):
            lines = [line for line in path.read_text().splitlines() if line and line[0] != "#"]
            found.append(base64.b64decode(lines[0]))
        return found

    def strays(self, number):
        """What is beside a config and should not be there any more."""
        return sorted(
            name for name in self.files(number)
            if name not in self.before[number] and not KEPT.fullmatch(name))

    def changes(self, number):
        """The names of files that were made, changed or removed."""
        before, after = self.before[number], self.files(number)
        return sorted(name for name in before.keys() | after.keys() if before.get(name) != after.get(name))


def key_in(config, machine_id):
    """The Master Key that the server would read."""
    root = ElementTree.fromstring(config.decode("utf-8-sig"))
    value = {e.get("key"): e.text for e in root}["Octopus.Storage.MasterKey"]
    return base64.b64decode(
        json.loads(opened(machine_id[:32], IV_OF_MACHINE_ID, base64.b64decode(value))))
