"""A command on a terminal of its own, for questions."""

import os
import pty
import re
import select
import signal
import time


class Terminal:
    """A running command; what it writes collects in `text`."""

    def __init__(self, words, environment):
        self.text = ""
        self.pid, self.descriptor = pty.fork()
        if self.pid == 0:
            try:
                os.execvpe(words[0], words, environment)
            finally:
                os._exit(127)

    def read_until(self, is_done, limit=60):
        """Collects output until `is_done` or the end of the command.

        Returns whether `is_done` became true.
        """
        end = time.monotonic() + limit
        while not is_done():
            if time.monotonic() > end:
                os.kill(self.pid, signal.SIGKILL)
                raise TimeoutError(f"it did not end: {self.text}")
            if select.select([self.descriptor], [], [], 0.01)[0]:
                try:
                    data = os.read(self.descriptor, 65536)
                except OSError:  # EIO: the other end is closed
                    data = b""
                if not data:
                    return is_done()
                self.text += data.decode(errors="replace").replace("\r", "")
        return True

    def shows(self, pattern):
        """Whether text that fits `pattern` came, before the end of the command."""
        return self.read_until(lambda: re.search(pattern, self.text))

    def type(self, text):
        os.write(self.descriptor, text.encode())

    def end(self):
        """Waits for the end; returns the exit code."""
        self.read_until(lambda: False)
        _, status = os.waitpid(self.pid, 0)
        os.close(self.descriptor)
        return os.waitstatus_to_exitcode(status)
