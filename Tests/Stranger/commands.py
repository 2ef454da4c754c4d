"""Every command of octokey on the stranger's node, and what it has done when it says so."""

import base64
import os
import shutil
import subprocess
import sys
from pathlib import Path

from world import CUT, SCENES, OTHER

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "Crash"))
from node import Node  # noqa: E402

ENDINGS = (0, 1, 2, 3, 4, 64, 130)
FILES = ("file", "wal")


class Command:
    """One way to call octokey. In `words` NODE is the stranger's folder, TOOLS root's, STORE a location."""

    def __init__(self, title, words, scenes=SCENES, reads_store=False, common=True, stdin=None, editor=None,
                 check=None):
        self.title, self.words, self.scenes = title, words, scenes
        self.reads_store, self.common, self.stdin, self.editor = reads_store, common, stdin, editor
        self.check = check

    @property
    def families(self):
        """The names that it comes near, by their kind."""
        found = {"config", "input"} if self.common else {"input"}
        if self.reads_store:
            found.add("store")
        if self.title.startswith(("rotate", "recover", "check", "status")):
            found.add("rotation")
        if self.title.startswith(("backup", "new-")):
            found.add("backup")
        return found

    def arguments(self, world):
        words = []
        for word in self.words.split():
            word = word.replace("NODE", str(world.node)).replace("TOOLS", str(world.tools))
            word = word.replace("SCENE", world.base)
            words.append(word.replace("STORE", store(world, "octopus.db", "documents"))
                         .replace("ELSEWHERE", store(world, "restored.db", "restored")))
        if self.common:
            if "--config" not in words:
                words += ["--config", f"{world.node}/OctopusServer.config"]
            words += ["--machine-id-file", f"{world.node}/machine-id",
                      "--machine-key-file", f"{world.node}/machinekey"]
        return [world.templates.octokey, *words]

    def start(self, world):
        environment = {
            "PATH": f"{world.tools}/bin:/usr/bin:/bin", "XDG_RUNTIME_DIR": str(world.scratch), "HOME": "/root",
            "EDITOR": f"{world.tools}/bin/{self.editor}"}
        given = subprocess.PIPE if self.stdin else subprocess.DEVNULL
        process = subprocess.Popen(
            self.arguments(world), cwd=world.folder, env=environment, stdin=given, stdout=subprocess.PIPE,
            stderr=subprocess.PIPE, start_new_session=True)
        return process

    def run(self, world, limit):
        """(exit code, output); the exit code of a run that had to be killed is None."""
        process = self.start(world)
        given = (world.tools / self.stdin).read_bytes() if self.stdin else None
        try:
            output = b"".join(process.communicate(given, limit))
            return process.returncode, output.decode(errors="replace")
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, 9)
            return None, b"".join(process.communicate()).decode(errors="replace")


def store(world, file, folder):
    return f"directory:{world.node}/{folder}" if world.base == "folder" else f"sqlite:{world.node}/{file}"


def fault(code, output):
    """What is wrong with the end of a run, whatever was planted."""
    if code is None:
        return "hang: it had to be killed"
    if code not in ENDINGS or "Fatal error" in output:
        return f"crash: it ended with {code}"
    return None


def has_name(name):
    """The config holds a name of the node."""
    def check(world):
        text = (world.node / "OctopusServer.config").read_text()
        # A config that was replaced by an empty file has no name to change.
        return None if not text or f">{name}<" in text else f"the node's name is not {name}"
    return check


def lacks_prefixes(world):
    text = (world.node / "OctopusServer.config").read_text()
    return "the setting is there" if "ListenPrefixes" in text else None


def has_key(name):
    """The config holds the key of a file of root's."""
    def check(world):
        text = (world.tools / name).read_text().splitlines()
        key = base64.b64decode(next(line for line in text if not line.startswith("#")))
        return None if Node(world.node).key_in_config() == key else "the config has another key"
    return check


def is_rotated(world):
    """Every value decrypts with the key in the config. Looked at in a copy: SQLite believes a planted journal."""
    copy = world.scratch / "copy"
    copy.mkdir()
    for name in ("OctopusServer.config", "machine-id", "octopus.db", "octopus.db-wal"):
        if (world.node / name).is_file():
            shutil.copy(world.node / name, copy)
    if (world.node / "documents").is_dir():
        shutil.copytree(world.node / "documents", copy / "documents", ignore=not_documents)
    node = Node(copy)
    lost = [place for place, text in node.plaintexts(node.key_in_config()).items() if text is None]
    return f"{len(lost)} values do not decrypt with the key in the config" if lost else None


def not_documents(folder, names):
    """Pipes and devices cannot be copied, and an empty file is not a document."""
    return [name for name in names for path in [Path(folder) / name]
            if not path.is_dir() and not (name.endswith(".json") and path.lstat().st_size)]


def exists(name):
    def check(world):
        path = world.node / name
        if not path.exists() or path.is_symlink():
            return f"there is no {name}"
        return None if path.stat().st_uid != OTHER else f"{name} is of user {OTHER}"
    return check


ROTATION = "rotate-master-key --yes --ephemeral-state"
RESTORE = "backup restore --config NODE/OctopusServer.config --store STORE --overwrite --ignore-live-nodes"

COMMANDS = [
    Command("get", "config get Octopus.Server.NodeName", FILES[:1]),
    Command("list", "config list --reveal", FILES[:1]),
    Command("check", "config check", FILES[:1]),
    Command("diff", "config diff NODE/other.config", FILES[:1]),
    Command("set", "config set Octopus.Server.NodeName renamed", ("file", "folder", "file-cut"),
            check=has_name("renamed")),
    Command("set in place", "config set --in-place --no-backup Octopus.Server.NodeName renamed", FILES[:1],
            check=has_name("renamed")),
    Command("set a secret", "config set --value-file NODE/value Octopus.Proxy.ProxyPassword", FILES[:1]),
    Command("unset", "config unset Octopus.WebPortal.ListenPrefixes", FILES[:1], check=lacks_prefixes),
    Command("edit", "config edit --yes", FILES[:1], editor="editor", check=has_name("node-07")),
    Command("edit, the editor fails", "config edit --yes", FILES[:1], editor="failing-editor"),
    Command("verify", "verify", SCENES + CUT, True),
    Command("verify --try-keys", "verify --try-keys NODE", FILES[:1], True),
    Command("verify --key-file", "verify --key-file NODE/current.key", FILES[:1], True),
    Command("status", "status", SCENES + CUT[:1], True),
    Command("status --compare", "status --compare NODE/report.json", FILES[:1], common=False),
    Command("show", "show-master-key", FILES[:1]),
    Command("rotate", f"{ROTATION} --new-key-file TOOLS/new.key", SCENES + CUT[:1], True, check=is_rotated),
    Command("rotate to the stranger's key", f"{ROTATION} --new-key-file NODE/new.key", FILES[:1], True,
            check=is_rotated),
    Command("rotate from a key in a pipe", f"{ROTATION} --new-key-file TOOLS/new.key --old-key-file -", FILES[:1],
            True, stdin="current.key", check=is_rotated),
    Command("rotate --dry-run", f"{ROTATION} --dry-run", SCENES, True),
    Command("set-master-key", "set-master-key --no-store-check --key-file TOOLS/new.key", ("file", "file-cut"),
            check=has_key("new.key")),
    Command("set-master-key, tried", "set-master-key --key-file NODE/current.key", SCENES, True),
    Command("recover", "recover", CUT, True, check=is_rotated),
    Command("recover of nothing", "recover", SCENES, True),
    Command("recover --dry-run", "recover --dry-run", CUT, True),
    Command("backup create", "backup create --no-passphrase --to NODE/made", SCENES, True,
            check=exists("made/MANIFEST.json")),
    Command("backup verify", "backup verify NODE/backup", SCENES, True, common=False),
    Command("backup restore", f"{RESTORE} TOOLS/SCENE-backup", SCENES, True, check=is_rotated),
    Command("backup restore of the stranger's", f"{RESTORE} NODE/backup", SCENES, True, check=is_rotated),
    Command("backup restore elsewhere", "backup restore --config NODE/restored.config --store ELSEWHERE "
            "TOOLS/SCENE-backup", ("file", "folder"), True, check=exists("restored.config")),
    Command("new-master-key", "new-master-key NODE/next.key", FILES[:1], common=False, check=exists("next.key")),
    Command("list-instances", "list-instances --instances-dir NODE/instances", FILES[:1], common=False),
    Command("service", "service --status --instance main --instances-dir NODE/instances",
            FILES[:1], common=False),
    Command("service restart", "service --restart --container octopus --instances-dir NODE/instances", FILES[:1],
            common=False),
]
