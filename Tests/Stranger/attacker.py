#!/usr/bin/env python3
"""The owner of a node's folder, who renames without a pause while root is at work there.

    attacker.py ROLE HOME COUNTER SEED

Runs as that user, until it is killed. Swaps what is in HOME/node with what root has put into HOME/plants (files) and
HOME/node/zz-* (folders and links to folders: not even their owner may move a folder of root's to another one). The
number of renames that succeeded is in the first eight bytes of the file COUNTER.
"""

import ctypes
import mmap
import os
import random
import struct
import sys
import time

EXCHANGE, NOREPLACE = 2, 1
HERE = -100
libc = ctypes.CDLL(None, use_errno=True)
COMPANIONS = ("octopus.db-journal", "octopus.db-wal", "octopus.db-shm", "octopus.db")
BACKUP = ("backup", "made", "restored", "documents")


class Attacker:
    def __init__(self, home, counter, chance):
        self.home, self.node, self.plants = home, home + "/node", home + "/plants"
        self.counter, self.chance, self.swaps = counter, chance, 0

    def rename(self, one, other, flags):
        """Whether the names are exchanged, or `one` has the free name `other`."""
        done = libc.renameat2(HERE, os.fsencode(one), HERE, os.fsencode(other), flags) == 0
        if done:
            self.swaps += 1
            self.counter[:8] = struct.pack("Q", self.swaps)
        return done

    def swap(self, plant, target, mayStay=0.1):
        """A plant in the place of the target, and after a moment what was there before."""
        if self.rename(plant, target, EXCHANGE):
            self.pause()
            if self.chance.random() >= mayStay:
                self.rename(plant, target, EXCHANGE)
        elif self.rename(plant, target, NOREPLACE):
            self.pause()
            if self.chance.random() >= mayStay:
                self.rename(target, plant, NOREPLACE)

    def pause(self):
        dice = self.chance.random()
        if dice < 0.3:
            return
        # From a few system calls to a whole step of a rotation.
        end = time.perf_counter() + 10 ** self.chance.uniform(-5, -2.3)
        while time.perf_counter() < end:
            pass

    def names(self, folder):
        try:
            return os.listdir(folder)
        except OSError:
            return []

    def any_plant(self):
        found = self.names(self.plants)
        return self.plants + "/" + self.chance.choice(found) if found else None

    def swap_any(self, target):
        if plant := self.any_plant():
            self.swap(plant, target)

    def companions(self):
        self.swap_any(self.node + "/" + self.chance.choice(COMPANIONS))

    def lock(self):
        folder = "/documents" if self.chance.random() < 0.2 else ""
        self.swap_any(f"{self.node}{folder}/octokey.lock")

    def config(self):
        name = self.chance.choice(("OctopusServer.config", "OctopusServer.config", "octokey-journal.json",
                                   "machine-id", *self.copies()))
        self.swap_any(self.node + "/" + name)

    def copies(self):
        return [name for name in self.names(self.node) if name.endswith((".bak", ".key"))]

    def drafts(self):
        """Waits for a draft, and swaps it at once."""
        folders = [self.node, *(entry for entry in self.subfolders() if self.chance.random() < 0.5)]
        for folder in folders:
            for name in self.names(folder):
                if ".draft-" not in name:
                    continue
                path = folder + "/" + name
                if os.path.isdir(path):
                    # It is filled, looked at and given away one after the other.
                    if self.chance.random() < 0.8:
                        self.wait_for_end(path)
                    self.swap_folder(path)
                else:
                    self.swap_any(path)

    def wait_for_end(self, folder):
        """Waits until no folder was made in a folder for a while: whoever may not read it can see that."""
        patience = 10 ** self.chance.uniform(-4.5, -1.7)
        try:
            before, since = os.lstat(folder).st_mtime_ns, time.perf_counter()
            while time.perf_counter() - since < patience:
                if (now := os.lstat(folder).st_mtime_ns) != before:
                    before, since = now, time.perf_counter()
        except OSError:
            pass

    def subfolders(self):
        documents = self.node + "/documents"
        return [documents] + [f"{documents}/{name}" for name in self.names(documents) if name[0] != "."]

    def swap_folder(self, path):
        """A folder of the stranger's, in which links to root's folders come and go, or such a link itself."""
        found = [name for name in self.names(self.node) if name.startswith("zz-")]
        if not found:
            return
        plant = self.node + "/" + self.chance.choice(found)
        if not self.rename(plant, path, EXCHANGE):
            return
        if not os.path.islink(path):
            self.alternate(path)
        self.pause()
        if self.chance.random() < 0.7:
            self.rename(plant, path, EXCHANGE)

    def alternate(self, folder):
        """Folders in `folder` become links to root's and back."""
        for _ in range(self.chance.randrange(40)):
            inner = [name for name in self.names(folder) if name.startswith("zz-")]
            if not inner:
                return
            name = self.chance.choice(inner)
            self.rename(f"{folder}/{name}", f"{folder}/{name[3:]}", EXCHANGE)
            self.pause()

    def folder(self):
        """The node's whole folder, its documents or one of their folders, and a link to that of root's."""
        dice = self.chance.random()
        if dice < 0.6:
            self.swap(self.home + "/zz-node", self.node, 0.02)
        elif dice < 0.8:
            self.swap(self.node + "/zz-documents", self.node + "/documents", 0.02)
        else:
            folders = self.subfolders()[1:]
            if folders:
                path = self.chance.choice(folders)
                self.swap(f"{self.home}/zz-in-documents/{os.path.basename(path)}", path, 0.02)

    def backups(self):
        dice = self.chance.random()
        name = self.chance.choice(BACKUP)
        if dice < 0.5:
            found = [other for other in self.names(self.node) if other.startswith("." + name)] or [name]
            self.swap_folder(self.node + "/" + self.chance.choice(found))
        else:
            inner = self.names(f"{self.node}/{name}")
            if inner:
                self.swap_any(f"{self.node}/{name}/{self.chance.choice(inner)}")


ROLES = ("companions", "lock", "drafts", "folder", "config", "backups")


def main():
    role, home, counter, seed = sys.argv[1:]
    with open(counter, "r+b") as file:
        shared = mmap.mmap(file.fileno(), 8)
    attacker = Attacker(home, shared, random.Random(seed))
    attack = getattr(attacker, role)
    while True:
        attack()


if __name__ == "__main__":
    main()
