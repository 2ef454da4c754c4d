// octokey on a real terminal: a pseudo terminal with its own session leader, as a
// shell would be, driven by a few lines of Python that print what they saw.

import Outside

enum TerminalSession {
  /// Runs a Python script that may use `Session`.
  static func run(_ script: String, documents: Int = 30) async throws -> Ending {
    let node = try await SampleNode(["--documents", String(documents)])
    defer { withExtendedLifetime(node) {} }
    return try await OctokeyProgram.runProgram(
      "python3", ["-c", source + "\n" + script, node.folder], environment: ["TERM": "xterm"])
  }

  /// `Session(arguments)` starts octokey as the foreground job of a terminal, with
  /// other descriptors, or none, for the streams in `streams`. Whenever the job stops,
  /// the leader records whether the terminal echoes, and continues it. `blocked` are signals that the
  /// job inherits as blocked.
  private static let source = """
    import atexit, fcntl, os, select, shutil, signal, subprocess, sys, tempfile, termios, time

    # A small node of its own; NODE names it to octokey.
    folder = tempfile.mkdtemp()
    atexit.register(lambda owner=os.getpid(): os.getpid() == owner and shutil.rmtree(folder))
    subprocess.run(["cp", "-a", sys.argv[1], folder + "/node"], check=True)
    NODE = ["--config", folder + "/node/OctopusServer.config",
            "--machine-id-file", folder + "/node/machine-id"]

    class Session:
      def __init__(self, arguments, streams={}, blocked=[]):
        self.master, self.slave = os.openpty()
        reports, self.report = os.pipe()
        self.seen = ""
        self.before = termios.tcgetattr(self.slave)
        self.leader = os.fork()
        if self.leader == 0:
          self.lead(arguments, streams, blocked)
        os.close(self.report)
        self.reports = os.fdopen(reports)
        self.pid = int(self.reports.readline())

      def lead(self, arguments, streams, blocked):
        os.setsid()
        # If the driver dies its output ends, and the terminal hangs up on the job.
        os.close(self.master)
        for descriptor in range(3): os.dup2(self.slave, descriptor)
        fcntl.ioctl(self.slave, termios.TIOCSCTTY, 0)
        signal.signal(signal.SIGTTOU, signal.SIG_IGN)
        signal.signal(signal.SIGHUP, signal.SIG_IGN)
        go, ready = os.pipe()
        job = os.fork()
        if job == 0:
          os.read(go, 1)
          for number in (signal.SIGTTOU, signal.SIGHUP, signal.SIGPIPE):
            signal.signal(number, signal.SIG_DFL)
          signal.pthread_sigmask(signal.SIG_SETMASK, blocked)
          for number, other in streams.items():
            if other is None: os.close(number)
            else: os.dup2(other, number)
          os.closerange(3, 64)
          os.execv(os.environ["OCTOKEY"], ["octokey"] + arguments)
        os.setpgid(job, job)
        os.tcsetpgrp(self.slave, job)
        self.tell(job)
        os.write(ready, b"x")
        while True:
          _, status = os.waitpid(job, os.WUNTRACED)
          if os.WIFSTOPPED(status):
            self.tell("stopped, " + self.echo())
            os.kill(job, signal.SIGCONT)
          elif os.WIFSIGNALED(status):
            self.tell("signal %d" % os.WTERMSIG(status))
            os._exit(0)
          else:
            self.tell("exit %d" % os.WEXITSTATUS(status))
            os._exit(0)

      def tell(self, text):
        os.write(self.report, (str(text) + "\\n").encode())

      def echo(self):
        return "echo" if termios.tcgetattr(self.slave)[3] & termios.ECHO else "no echo"

      def type(self, text):
        os.write(self.master, text.encode())

      # Reads until `text` was seen `times` times.
      def wait_for(self, text, times=1):
        end = time.monotonic() + 20
        while self.seen.count(text) < times:
          if not select.select([self.master], [], [], max(0, end - time.monotonic()))[0]:
            self.kill()
            sys.exit("never saw " + repr(text) + " in " + repr(self.seen))
          self.seen += os.read(self.master, 4096).decode()

      def kill(self):
        try: os.kill(self.pid, signal.SIGKILL)
        except ProcessLookupError: pass

      def next_report(self):
        if not select.select([self.reports], [], [], 20)[0]:
          self.kill()
          sys.exit("still running after " + repr(self.seen))
        return self.reports.readline().strip()

      # How octokey ended; all that it wrote is in `seen` then.
      def end(self):
        report = self.next_report()
        os.waitpid(self.leader, 0)
        while select.select([self.master], [], [], 0)[0]:
          self.seen += os.read(self.master, 4096).decode()
        return report

      def restored(self):
        return termios.tcgetattr(self.slave) == self.before
    """
}
