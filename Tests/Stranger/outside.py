"""What must not change: files of root's, recorded before a run and compared after it.

A file is looked at by its status first. No write, no change of mode or owner and no new name leaves the time of the
last change of a file as it was, so that only where that differs, or where the folder's owner has a hard link to the
file, the contents have to be read.
"""

import hashlib
import os
import stat


def digest(path):
    """The SHA-256 of a file or of an open one; where a link leads."""
    if isinstance(path, int):
        found = hashlib.sha256()
        offset = 0
        while part := os.pread(path, 1 << 20, offset):
            found.update(part)
            offset += len(part)
        return found.hexdigest()
    if os.path.islink(path):
        return os.readlink(path)
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


class Entry:
    """A file, folder or link as it was."""

    def __init__(self, path):
        self.path = path
        status = os.lstat(path)
        self.stamp = status.st_ctime_ns
        self.links = status.st_nlink
        self.inode = (status.st_dev, status.st_ino)
        self.facts = {
            "kind": stat.S_IFMT(status.st_mode), "mode": f"{stat.S_IMODE(status.st_mode):o}",
            "owner": (status.st_uid, status.st_gid), "inode": status.st_ino,
            "time of the last write": status.st_mtime_ns}
        if not stat.S_ISDIR(status.st_mode):
            self.facts["size"] = status.st_size
        self._contents = None

    @property
    def contents(self):
        """None for a folder, a pipe or a device: nothing of theirs can be read."""
        if self._contents is None and self.facts["kind"] in (stat.S_IFREG, stat.S_IFLNK):
            self._contents = digest(self.path)
        return self._contents


class Outside:
    """Some folders and everything below them, as they were when this was made."""

    def __init__(self, *folders):
        self.folders = [str(folder) for folder in folders]
        self.entries = {path: Entry(path) for path in self.paths()}
        for entry in self.entries.values():
            _ = entry.contents

    def paths(self):
        found = list(self.folders)
        for top in self.folders:
            for folder, folders, files in os.walk(top):
                found += [os.path.join(folder, name) for name in folders + files]
        return found

    def changes(self, linked=None, everything=False):
        """What is different now: a list of sentences.

        `linked` says how many hard links to an inode there are in the stranger's folder; `everything` reads all
        contents again, whatever the times say.
        """
        linked = linked or {}
        now = self.paths()
        faults = [f"{path} is new" for path in now if path not in self.entries]
        there = set(now)
        for path, before in self.entries.items():
            if path not in there:
                faults.append(f"{path} is gone")
                continue
            after = Entry(path)
            for fact, value in before.facts.items():
                if after.facts.get(fact) != value:
                    faults.append(f"{path}: {fact} was {value}, is {after.facts.get(fact)}")
            own = after.links - linked.get(after.inode, 0)
            if own != before.links and after.facts["kind"] != stat.S_IFDIR:
                faults.append(f"{path}: {before.links} links, now {own}")
            if (everything or after.stamp != before.stamp) and after.contents != before.contents:
                faults.append(f"{path}: other contents")
        return faults


class Lent:
    """A file of root's that was renamed into the stranger's folder. It is held open, so that it can be looked at
    wherever it is, and when nothing leads to it any more.
    """

    def __init__(self, path, in_folder=False):
        self.path = str(path)
        # Its owner can remove a file from a folder of theirs, but nothing from a folder of root's.
        self.in_folder = in_folder
        self.file = os.open(path, os.O_RDONLY | os.O_NOFOLLOW)
        self.before = self.facts()

    def facts(self):
        status = os.fstat(self.file)
        return {"mode": f"{stat.S_IMODE(status.st_mode):o}", "owner": (status.st_uid, status.st_gid),
                "contents": digest(self.file)}

    @property
    def has_vanished(self):
        return os.fstat(self.file).st_nlink == 0

    def changes(self):
        after = self.facts()
        faults = [
            f"root's {self.path} that was renamed here: {fact} was {value}, is {after[fact]}"
            for fact, value in self.before.items() if after[fact] != value]
        if self.in_folder and self.has_vanished:
            faults.append(f"root's {self.path} is gone, in a folder of root's that was renamed here")
        return faults

    def close(self):
        os.close(self.file)


def links(folder):
    """How many names below `folder` each inode with several names has."""
    found = {}
    for place, _, files in os.walk(folder):
        for name in files:
            try:
                status = os.lstat(os.path.join(place, name))
            except FileNotFoundError:
                continue
            if status.st_nlink > 1:
                inode = (status.st_dev, status.st_ino)
                found[inode] = found.get(inode, 0) + 1
    return found
