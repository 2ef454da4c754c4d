"""Runs a program under ptrace(2), and stops it at system calls to read its memory: /proc/PID/mem while all of its
threads that matter stand still. Linux on x86-64 and arm64.
"""

import ctypes
import os
import platform
import signal
import struct

LIBC = ctypes.CDLL(None, use_errno=True)
LIBC.ptrace.argtypes = [ctypes.c_long, ctypes.c_long, ctypes.c_void_p, ctypes.c_void_p]
LIBC.ptrace.restype = ctypes.c_long
TRACEME, CONT, SYSCALL, SETOPTIONS, GETREGSET = 0, 7, 24, 0x4200, 0x4204
# Stops of system calls are marked, threads and forks are traced, and nothing outlives this program.
OPTIONS = 0x1 | 0x2 | 0x4 | 0x8 | 0x10 | 0x40 | 0x100000
WALL = 0x40000000
SYSCALL_STOP = signal.SIGTRAP | 0x80

# For each machine: the registers with the number and the first argument, and the numbers.
MACHINES = {
    "x86_64": (15, 14, {74: "fsync", 75: "fdatasync", 231: "exit_group"}),
    "aarch64": (8, 0, {82: "fsync", 83: "fdatasync", 94: "exit_group"}),
}


def ptrace(request, pid, address=0, data=0):
    if LIBC.ptrace(request, pid, address, data) == -1:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))


class IOVec(ctypes.Structure):
    _fields_ = [("base", ctypes.c_void_p), ("length", ctypes.c_size_t)]


class Tracer:
    """One program, from its start to its end."""

    def __init__(self, words, environment=None, stdin=None):
        self.number, self.argument, self.names = MACHINES[platform.machine()]
        self.pid = os.fork()
        if self.pid == 0:
            self.start(words, environment, stdin)
        self.exit_status = None

    @staticmethod
    def start(words, environment, stdin):
        try:
            source = stdin if stdin is not None else os.open(os.devnull, os.O_RDONLY)
            os.dup2(source, 0)
            output = os.open(os.devnull, os.O_WRONLY)
            os.dup2(output, 1)
            os.dup2(output, 2)
            ptrace(TRACEME, 0)
            os.execvpe(words[0], words, environment or dict(os.environ))
        finally:
            os._exit(127)

    def stops(self, every=0):
        """Each system call of interest, before it is made: (name, path of its file), and every so many of the others,
        with an empty name.
        """
        count = 0
        os.waitpid(self.pid, 0)
        ptrace(SETOPTIONS, self.pid, 0, OPTIONS)
        ptrace(SYSCALL, self.pid)
        inside = {}
        while True:
            try:
                thread, status = os.waitpid(-1, WALL)
            except ChildProcessError:
                return
            if os.WIFEXITED(status) or os.WIFSIGNALED(status):
                if thread == self.pid:
                    self.exit_status = os.waitstatus_to_exitcode(status)
                continue
            number, deliver = os.WSTOPSIG(status), 0
            if number == SYSCALL_STOP:
                inside[thread] = not inside.get(thread, False)
                count += inside[thread]
                if inside[thread] and (call := self.call(thread)):
                    yield call
                elif inside[thread] and every and count % every == 0:
                    yield "", ""
            elif status >> 16 == 0 and number not in (signal.SIGTRAP, signal.SIGSTOP):
                deliver = number
            try:
                ptrace(SYSCALL, thread, 0, deliver)
            except ProcessLookupError:
                pass

    def call(self, thread):
        registers = (ctypes.c_ulonglong * 64)()
        vector = IOVec(ctypes.addressof(registers), ctypes.sizeof(registers))
        ptrace(GETREGSET, thread, 1, ctypes.addressof(vector))
        name = self.names.get(registers[self.number])
        if name is None:
            return None
        try:
            path = os.readlink(f"/proc/{self.pid}/fd/{registers[self.argument]}")
        except OSError:
            path = ""
        return name, path

    def regions(self):
        """(start, end, name, is locked) of all writable memory."""
        found = []
        with open(f"/proc/{self.pid}/smaps", encoding="utf-8") as file:
            for line in file:
                words = line.split()
                if "-" in words[0] and len(words) >= 5:
                    start, end = (int(part, 16) for part in words[0].split("-"))
                    current = [start, end, words[5] if len(words) > 5 else "", False]
                    if "w" in words[1]:
                        found.append(current)
                elif words[0] == "VmFlags:":
                    current[3] = "lo" in words[1:]
        return found

    def copies(self, needles):
        """Where each needle is: {name: [(region, is locked, address)]}."""
        found = {}
        memory = os.open(f"/proc/{self.pid}/mem", os.O_RDONLY)
        try:
            for start, end, name, locked in self.regions():
                if name in ("[vvar]", "[vsyscall]"):
                    continue
                try:
                    data = os.pread(memory, end - start, start)
                except OSError:
                    continue
                for needle, secret in needles.items():
                    place = data.find(secret)
                    while place >= 0:
                        found.setdefault(needle, []).append((name or "anonymous", locked, start + place))
                        place = data.find(secret, place + 1)
        finally:
            os.close(memory)
        return found
