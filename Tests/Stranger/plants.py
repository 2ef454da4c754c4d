"""What a stranger may put into their folder: every name that octokey or SQLite uses there, and every kind of thing that
can have it.
"""

import json
import os
import shutil
import socket
import time

from world import OLD, OTHER, STRANGER, remove, super_journal

# {t} is the time of the run, of which the seconds to come are planted, too, and {new} the key that a run is given.
OF_CONFIG = ["octokey.lock", "octokey-journal.json", ".octokey-journal.json.draft-1f", "OctopusServer.config",
             ".OctopusServer.config.draft-1f", "OctopusServer.config.{t}.bak",
             ".OctopusServer.config.{t}.bak.draft-1f", "OctopusServer.config.20240101T000000Z.bak",
             "OctopusServer.config.{t}.edited", ".OctopusServer.config.{t}.edited.draft-1f",
             "machine-id", "machinekey", ".."]
OF_INPUT = ["new.key", "current.key", "value", "other.config", "report.json", "instances",
            "instances/main.config"]
OF_ROTATION = ["master-key-{t}-{new}.key", ".master-key-{t}-{new}.key.draft-1f", f"master-key-{OLD}-{{old}}.key",
               "rotation-report-{t}.txt", "rotation-report-{t}.json", ".rotation-report-{t}.txt.draft-1f",
               "artifacts", "artifacts/KubernetesResourceManifests", "artifacts/KubernetesResourceManifests/a/1"]
OF_BACKUP = ["backup", "backup/MANIFEST.json", "backup/SHA256SUMS", "backup/OctopusServer.config",
             "backup/master-key", "backup/machine-id", "backup/server-certificate.pfx", "made", ".made.draft-1f",
             "made/store.sqlite", "next.key", ".next.key.draft-1f", "restored.config",
             ".restored.config.draft-1f"]
OF_FILE = ["octopus.db", "octopus.db-journal", "octopus.db-wal", "octopus.db-shm", "octopus.db-mj1234ABCD",
           ".octopus.db.draft-1f", ".octopus.db.draft-1f-journal", "octopus.db.{t}.bak",
           "octopus.db.{t}.bak-journal", "octopus.db.{t}.bak-wal", f"octopus.db.{OLD}.bak",
           "backup/store.sqlite", "backup/store.sqlite-journal", "restored.db", "restored.db-journal",
           "restored.db-wal", "restored.db-shm"]
OF_FOLDER = ["documents", "documents/octokey.lock", "documents/COLLECTION", "documents/DOCUMENT",
             "documents/COLLECTION/.1.json.draft-1f", "documents/COLLECTION/octokey.lock", ".documents.draft-1f",
             "documents.{t}.bak", f"documents.{OLD}.bak", "backup/store", "backup/store/DOCUMENT", "restored"]
OF_LOG = [name for name in OF_FILE if name.startswith("octopus.db")]

NAMES = {"file": OF_CONFIG + OF_INPUT + OF_ROTATION + OF_BACKUP + OF_FILE, "wal": OF_LOG,
         "folder": ["octokey-journal.json", "OctopusServer.config", ".."] + OF_FOLDER,
         "file-cut": OF_CONFIG + OF_ROTATION + OF_LOG, "wal-cut": OF_LOG,
         "folder-cut": ["octokey-journal.json"] + OF_FOLDER[:6]}

KINDS = ["link", "link-to-empty", "link-to-folder", "dangling-link", "hard-link", "hard-link-to-empty",
         "hard-link-to-large", "root-file", "root-empty-file", "root-folder", "pipe", "pipe-with-writer", "socket",
         "folder", "device", "other-users-file", "super-journal", "journal-of-others", "journal-with-old-key"]


FAMILIES = {"config": OF_CONFIG, "input": OF_INPUT, "rotation": OF_ROTATION, "backup": OF_BACKUP,
            "store": OF_FILE + OF_FOLDER}
# An option names these, and a pipe that is named is waited for: somebody may be typing.
NAMED = ("new.key", "current.key", "value", "machine-id", "machinekey")


def families(name):
    return {family for family, names in FAMILIES.items() if name in names}


class NotPlantable(Exception):
    """There is no such thing under this name."""


def kinds(name):
    """The kinds that a name can be."""
    if name == "..":
        return ["link-to-folder"]
    found = [kind for kind in KINDS if not kind.startswith(("super-", "journal-"))]
    if name in NAMED:
        found.remove("pipe-with-writer")
    if not name.endswith((".lock", "-journal", "-wal", "-shm", ".db", ".config", "journal.json")):
        # For these it matters whether they are empty.
        found = [kind for kind in found if not kind.endswith(("empty", "empty-file", "large"))]
    if name.endswith("-journal"):
        found.append("super-journal")
    if name == "octokey-journal.json":
        found += ["journal-of-others", "journal-with-old-key"]
    return found


def plant(world, name, kind):
    """Puts a thing of this kind in the place of every file that has this name."""
    for path in paths(world, name):
        if not path.parent.is_dir():
            raise NotPlantable(name)
        model = world.outside / world.base / path.relative_to(world.node) if name != ".." else None
        remove(path)
        put(world, path, kind, model)
        owner = {"hard-link": None, "hard-link-to-empty": None, "hard-link-to-large": None,
                 "root-file": None, "root-empty-file": None, "root-folder": None,
                 "other-users-file": OTHER}.get(kind, STRANGER)
        if owner is not None:
            os.chown(path, owner, owner, follow_symlinks=False)


def paths(world, name):
    """The full paths for a name of the lists above."""
    if name == "..":
        return [world.node]
    if "COLLECTION" in name or "DOCUMENT" in name:
        store = world.outside / world.base / "documents"
        document = sorted(store.glob("*/*.json"))[0]
        name = name.replace("COLLECTION", document.parent.name).replace(
            "DOCUMENT", str(document.relative_to(store)))
    name = name.replace("{new}", world.templates.new).replace("{old}", world.templates.old)
    if "{t}" not in name:
        return [world.node / name]
    # A copy and a report of the rotation have the time of its beginning.
    return [world.node / name.replace("{t}", time.strftime("%Y%m%dT%H%M%SZ", time.gmtime(time.time() + ahead)))
            for ahead in range(4)]


def put(world, path, kind, model):
    """Makes one thing; `model` is what root has under the same name, if anything."""
    outside = world.outside
    file = model if model and model.is_file() else outside / "secret"
    folder = outside / world.base if model is None else model if model.is_dir() else outside / "folder"
    match kind:
        case "link":
            os.symlink(model if model and model.exists() else outside / "secret", path)
        case "link-to-empty":
            os.symlink(outside / "empty", path)
        case "link-to-folder":
            os.symlink(folder, path)
        case "dangling-link":
            os.symlink(outside / "not-there", path)
        case "hard-link":
            os.link(file, path)
        case "hard-link-to-empty":
            os.link(outside / "empty", path)
        case "hard-link-to-large":
            os.link(outside / "large", path)
        case "root-file":
            shutil.copy2(file, path)
            world.lend(path)
        case "root-empty-file":
            path.touch(0o600)
            world.lend(path)
        case "root-folder":
            # A backup of root's, for what is to be one.
            shutil.copytree(
                outside / world.base / "backup" if "made" in path.name or "backup" in path.name else folder, path)
            path.chmod(0o700)
            world.lend(path)
        case "pipe" | "pipe-with-writer":
            os.mkfifo(path)
            if kind == "pipe-with-writer":
                world.open_files.append(os.open(path, os.O_RDWR))
        case "socket":
            listener = socket.socket(socket.AF_UNIX)
            world.open_files.append(listener)
            # The address may be too long for the whole path.
            here = os.open(path.parent, os.O_PATH)
            listener.bind(f"/proc/self/fd/{here}/{path.name}")
            os.close(here)
        case "folder":
            path.mkdir()
        case "device":
            os.mknod(path, 0o20666, os.makedev(1, 3))
        case "other-users-file":
            path.touch(0o644)
        case "super-journal":
            path.write_bytes(super_journal(outside / "named-by-journal"))
        case "journal-of-others" | "journal-with-old-key":
            path.write_text(json.dumps(journal(world, kind)))
            path.chmod(0o600)


def journal(world, kind):
    """The journal of a rotation with paths that lead outside."""
    found = json.loads((world.outside / "octokey-journal.json").read_text())
    place = world.outside / world.base
    key = place / f"master-key-{OLD}-{world.templates.old}.key"
    if kind == "journal-with-old-key":
        for name, value in list(found.items()):
            if isinstance(value, str):
                found[name] = value.replace(str(world.templates.nodes["file-cut"].folder), str(world.node))
        found["store"]["location"] = str(world.node / "octopus.db")
        return found | {"oldKeyFile": {"path": str(key), "isCopy": True}}
    found["store"]["location"] = str(place / "octopus.db")
    return found | {"config": str(place / "OctopusServer.config"), "keyFile": str(place / "another.key"),
                    "oldKeyFile": {"path": str(key), "isCopy": True}}
