"""Two programs started at once, held up at moments that were drawn before, and what happened in which order.

What the kernel says of the lock files beside the configs (inotify) shows whether the two met: each octokey
holds the lock for as long as it looks at, and changes, what others may change, too. The moments are times, or changes
of names in the folders: those come thick where something is decided.
"""

import ctypes
import heapq
import itertools
import os
import select
import signal
import struct
import subprocess
import time
from dataclasses import dataclass, field

LOCK = "octokey.lock"
OPEN, CREATE, DELETE, MOVED = 0x20, 0x100, 0x200, 0xC0
# Seconds after which a program counts as stuck.
LIMIT = 60
# Seconds for which one is held up until the other comes.
PATIENCE = 1


@dataclass
class Pause:
    """When one of the two is stopped, and for how long."""

    length: float
    # Seconds after its start.
    at: float = 0
    # Or the how-many-th change of a name that there is then; 0: by the time.
    change: int = 0


@dataclass
class Entrant:
    """One of the two: what is run, and how it is held up. Times are in seconds."""

    words: list
    delay: float = 0
    niceness: int = 0
    pause: Pause | None = None
    environment: dict = field(default_factory=dict)


@dataclass
class Ending:
    """How one of the two ended; `status` is None if it was stuck."""

    status: int | None
    errors: str
    seconds: float


class Folders:
    """What becomes of the names in some folders, in the order in which it happens."""

    def __init__(self, folders):
        self.libc = ctypes.CDLL(None, use_errno=True)
        self.number = self.libc.inotify_init1(os.O_NONBLOCK | os.O_CLOEXEC)
        # Two indices may mean one folder: it is known by the first.
        self.folders = {}
        for index, folder in enumerate(folders):
            watch = self.libc.inotify_add_watch(
                self.number, os.fsencode(folder), OPEN | CREATE | DELETE | MOVED)
            if watch < 0:
                raise OSError(ctypes.get_errno(), f"inotify: {folder}")
            self.folders.setdefault(watch, index)

    def events(self):
        """(kind, name, index of the folder) of everything that is new."""
        try:
            data = os.read(self.number, 1 << 16)
        except BlockingIOError:
            return
        offset = 0
        while offset < len(data):
            watch, mask, _, length = struct.unpack_from("iIII", data, offset)
            name = data[offset + 16:offset + 16 + length].rstrip(b"\0").decode()
            offset += 16 + length
            yield mask & (OPEN | CREATE | DELETE | MOVED), name, self.folders[watch]

    def close(self):
        os.close(self.number)


class Duel:
    """Runs the entrants.

    `folders` are those of their configs, in the same order, and `shared` is one of both. With `together` whoever has
    taken its lock is held up until the other one has, too, so that both go on from there at the same time.
    """

    def __init__(self, entrants, folders, shared, output, together=False):
        self.entrants, self.output = entrants, output
        self.folders = Folders([*folders, shared])
        self.share = folders[0] == folders[1]
        self.changes = 0
        self.together = together and not self.share
        self.waiting = []
        self.begun = time.monotonic()
        self.children, self.starts, self.endings = {}, {}, {}
        # What is still to be done: (when, order, what).
        self.plan = []
        self.order = itertools.count()
        # What happened: (seconds, what, number of the entrant or folder).
        self.timeline = []

    def run(self):
        """The endings, in the order of the entrants."""
        self.poll = select.poll()
        self.poll.register(self.folders.number, select.POLLIN)
        for number, entrant in enumerate(self.entrants):
            self.schedule(entrant.delay, lambda number=number: self.start(number))
        pending = {}
        while len(self.endings) < len(self.entrants):
            now = time.monotonic() - self.begun
            while self.plan and self.plan[0][0] <= now:
                if child := heapq.heappop(self.plan)[2]():
                    pending[child[0]] = child[1]
            rest = max(0, self.plan[0][0] - now) if self.plan else LIMIT
            ready = dict(self.poll.poll(min(rest, max(0.001, LIMIT - now)) * 1000))
            self.note_events()
            for descriptor in set(ready) & set(pending):
                self.poll.unregister(descriptor)
                os.close(descriptor)
                self.end(pending.pop(descriptor))
            if now > LIMIT:
                for descriptor, number in pending.items():
                    self.children[number].kill()
                    os.close(descriptor)
                    self.end(number, stuck=True)
                break
        self.note_events()
        self.folders.close()
        return [self.endings[number] for number in range(len(self.entrants))]

    def schedule(self, when, what):
        heapq.heappush(self.plan, (when, next(self.order), what))

    def note(self, what, number):
        self.timeline.append((round(time.monotonic() - self.begun, 4), what, number))

    def note_events(self):
        for kind, name, folder in self.folders.events():
            if name == LOCK and folder < 2:
                self.note({OPEN: "open", CREATE: "lock", DELETE: "unlock"}.get(kind, "moved"), folder)
                if kind == CREATE and self.together:
                    self.wait_for_other(folder)
            if kind == OPEN:
                continue
            self.changes += 1
            for number, entrant in enumerate(self.entrants):
                if number in self.children and entrant.pause and entrant.pause.change == self.changes:
                    self.stop(number)

    def start(self, number):
        entrant = self.entrants[number]
        with open(self.output / f"output-{number}", "wb") as output, \
                open(self.output / f"errors-{number}", "wb") as errors:
            child = subprocess.Popen(
                entrant.words, stdin=subprocess.DEVNULL, stdout=output, stderr=errors,
                env=os.environ | entrant.environment,
                preexec_fn=(lambda: os.nice(entrant.niceness)) if entrant.niceness else None)
        self.children[number], self.starts[number] = child, time.monotonic()
        self.note("start", number)
        if entrant.pause and not entrant.pause.change:
            now = time.monotonic() - self.begun
            self.schedule(now + entrant.pause.at, lambda: self.stop(number))
        descriptor = os.pidfd_open(child.pid)
        self.poll.register(descriptor, select.POLLIN)
        return descriptor, number

    def wait_for_other(self, number):
        self.send(signal.SIGSTOP, number)
        self.waiting.append(number)
        if len(self.waiting) == len(self.entrants):
            self.go_on()
        else:
            # The other one may never come.
            self.schedule(time.monotonic() - self.begun + PATIENCE, self.go_on)

    def go_on(self):
        for number in self.waiting:
            self.send(signal.SIGCONT, number)
        self.waiting.clear()
        self.together = False

    def stop(self, number):
        self.send(signal.SIGSTOP, number)
        now = time.monotonic() - self.begun
        self.schedule(
            now + self.entrants[number].pause.length, lambda: self.send(signal.SIGCONT, number))

    def send(self, number, entrant):
        # One that has ended is not reaped yet, or is known to be gone: the signal reaches nobody else.
        if entrant not in self.endings:
            self.children[entrant].send_signal(number)
            self.note(number.name, entrant)

    def end(self, number, stuck=False):
        status = self.children[number].wait()
        self.note("end", number)
        errors = (self.output / f"errors-{number}").read_text(errors="replace")
        self.endings[number] = Ending(
            None if stuck else status, errors, time.monotonic() - self.starts[number])

    @property
    def met(self):
        """Whether one of them came to what it locks while the other held its lock."""
        held, opened = {}, {}
        for _, what, number in self.timeline:
            if what == "lock":
                held[number], opened[number] = True, 0
            elif what == "unlock":
                held[number] = False
            elif what == "open" and held.get(number):
                # Whoever makes the file opens it once; the next one is the other.
                opened[number] += 1
            if held.get(0) and (opened.get(0, 0) > 1 if self.share else held.get(1)):
                return True
        return False
