// Surroundings that lack something which a program takes for granted: a log that takes its lines, /proc,
// a working directory.

import Foundation
import Outside
import Testing

@Suite struct SurroundingsTests {
  private static let options = "m=(--machine-id-file machine-id --machine-key-file none)\n"

  // MARK: The system's log

  /// Runs a script on a machine whose log daemon has stopped reading, with its queue full.
  private func withStuckLog(_ node: SampleNode, type: String, _ script: String) async throws
    -> String
  {
    try await node.shell(
      """
      cat >stuck.py <<'END'
      import os, socket, subprocess, sys
      log = socket.socket(socket.AF_UNIX, getattr(socket, sys.argv[1]))
      log.bind("log.socket")
      if sys.argv[1] == "SOCK_STREAM": log.listen(0)
      others = []
      try:
          while True:
              other = socket.socket(socket.AF_UNIX, getattr(socket, sys.argv[1]))
              other.setblocking(False)
              other.connect("log.socket")
              others.append(other)
              if sys.argv[1] == "SOCK_DGRAM":
                  while True: other.send(b"x")
      except BlockingIOError:
          pass
      path = "log.socket"
      subprocess.run(["touch", "/dev/log"]) if not os.path.exists("/dev/log") else None
      subprocess.run(["mount", "--bind", path, "/dev/log"], check=True)
      sys.exit(subprocess.run(["bash", "-c", sys.argv[2]]).returncode)
      END
      unshare -m bash -c 'mount -t tmpfs none /mnt; mkdir /mnt/dev; cp -a /dev/null /dev/zero \
        /dev/random /dev/urandom /dev/full /dev/tty /mnt/dev; mount --rbind /mnt/dev /dev
        python3 stuck.py "$@"' - \(type) \
        '\(SurroundingsTests.options)\(script.replacing("'", with: #"'\''"#))'
      """)
  }

  @Test(arguments: ["SOCK_DGRAM", "SOCK_STREAM"])
  func aLogThatIsStuckHoldsNothingUp(_ type: String) async throws {
    let node = try await SampleNode(["--documents", "30"])
    let said = try await withStuckLog(
      node, type: type,
      """
      timeout 20 octokey config set "${m[@]}" Octopus.Proxy.ProxyHost proxy 2>&1; echo "exit $?"
      timeout 20 octokey new-master-key a.key >/dev/full 2>&1; echo "exit $?"
      """)
    #expect(said.components(separatedBy: "exit 0\n").count == 3, "\(said)")
    #expect(said.contains("changed Octopus.Proxy.ProxyHost"), "\(said)")
    let warning = "octokey: warning: cannot write to the system's log"
    #expect(said.components(separatedBy: warning).count == 2, "\(said)")
  }

  @Test func aDaemonForConnectionsIsServedToo() async throws {
    let node = try await SampleNode(["--documents", "1"])
    let log = try await node.shell(
      """
      cat >stream.py <<'END'
      import socket, subprocess
      log = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
      log.bind("/dev/log")
      log.listen(1)
      subprocess.run(["octokey", "new-master-key", "a.key"], check=True, stdout=subprocess.DEVNULL)
      connection, _ = log.accept()
      print(connection.recv(65536))
      END
      unshare -m bash -c 'mount -t tmpfs none /mnt; cp -a /dev/null /dev/urandom /mnt
        mount --rbind /mnt /dev; python3 stream.py'
      """)
    #expect(
      log.contains("octokey[") && log.contains("new-master-key: outcome=done exit=0"), "\(log)")
    #expect(log.hasSuffix("changed=\"yes\"\\x00'\n"), "\(log)")
  }

  @Test func noLogIsNoReasonToComplain() async throws {
    let node = try await SampleNode(["--documents", "1"])
    let said = try await node.shell(
      """
      unshare -m bash -c 'mount -t tmpfs none /mnt; cp -a /dev/null /dev/urandom /mnt
        mount --rbind /mnt /dev; octokey new-master-key a.key 2>&1'
      """)
    #expect(said.hasPrefix("SHA256:"), "\(said)")
  }

  // MARK: /proc

  @Test func withoutProcEverythingWorks() async throws {
    let node = try await SampleNode(["--documents", "2000"])
    let said = try await node.shell(
      """
      mkdir empty; openssl rand -base64 16 >"a key.key"; chmod 600 *.key
      cat >script.sh <<'END'
      \(SurroundingsTests.options)
      test -z "$(ls /proc)" || exit 1
      for words in status verify "config list" "config check" "show-master-key --fingerprint" \
        "config set Octopus.Proxy.ProxyHost proxy" "config edit --yes" "rotate-master-key --dry-run" \
        "rotate-master-key --yes" recover "backup create --no-passphrase --to b" "list-instances"
      do
        options=("${m[@]}"); [ "$words" = list-instances ] && options=()
        octokey $words "${options[@]}" >out 2>err; echo "$words: $?"; grep -v warning err | head -2
      done
      octokey backup verify b >/dev/null 2>&1; echo "verify: $?"
      octokey verify "${m[@]}" --key-file "a key.key" >/dev/null; echo "argument: $?"
      OCTOKEY_MASTER_KEY_FILE="a key.key" octokey verify "${m[@]}" >/dev/null; echo "environment: $?"
      octokey set-master-key "${m[@]}" --no-store-check --key-file - <"a key.key"; echo "input: $?"
      octokey --version; octokey verfy 2>&1; exit 0
      END
      unshare -m bash -c 'mount --bind empty /proc; EDITOR="sed -i s/proxy/other/" bash script.sh'
      """)
    for line in [
      "status: 0", "verify: 0", "config list: 0", "config check: 0", "config edit --yes: 0",
      "rotate-master-key --dry-run: 0", "rotate-master-key --yes: 0", "recover: 0",
      "backup create --no-passphrase --to b: 0", "list-instances: 0", "verify: 0", "argument: 2",
      "environment: 2", "input: 0", "octokey: unknown command \"verfy\"",
    ] { #expect(said.contains(line + "\n"), "\(line) in \(said)") }
    #expect(try node.text("OctopusServer.config").contains(">other</set>"))
    #expect(try await node.octokey("show-master-key").stdout == node.text("a key.key"))
  }

  // MARK: The working directory

  @Test func aRemovedWorkingDirectoryIsNotTheRoot() async throws {
    let node = try await SampleNode(["--documents", "30"])
    let said = try await node.shell(
      """
      "$OCTOKEY" backup create --machine-id-file machine-id --no-passphrase --to backup >/dev/null
      here=$PWD; x=octokey-test-$RANDOM$RANDOM
      mkdir gone; cd gone; rmdir ../gone
      m=(--config "$here/OctopusServer.config" --machine-id-file "$here/machine-id")
      for words in "new-master-key $x.key" "backup create ${m[*]} --no-passphrase --to $x.backup" \
        "backup restore $here/backup --store sqlite:$x.db ${m[*]}" \
        "backup restore $here/backup --config $x.config" "config set --config $x.config A b" \
        "verify --store directory:$x ${m[*]}" "status --config $x.config" \
        "status --compare $x.json" "verify --try-keys $x ${m[*]}" "backup verify $x.backup" \
        "status --instances-dir $x --instance y" "config diff $x.config ${m[*]}"
      do "$OCTOKEY" $words 2>&1 >/dev/null && echo DONE; echo "exit $?"; done
      echo ABSOLUTE
      "$OCTOKEY" new-master-key "$here/x.key"
      "$OCTOKEY" config set "${m[@]}" Octopus.Proxy.ProxyHost proxy
      "$OCTOKEY" backup create "${m[@]}" --no-passphrase --to "$here/y" >/dev/null 2>&1
      "$OCTOKEY" backup restore "$here/backup" "${m[@]}" --store "sqlite:$here/z.db" --overwrite \
        >/dev/null 2>&1
      "$OCTOKEY" verify "${m[@]}" --store "sqlite:$here/z.db" >/dev/null
      "$OCTOKEY" rotate-master-key "${m[@]}" --yes >/dev/null 2>&1
      echo '{"Name": "a", "ConfigurationFilePath": "'$here'/OctopusServer.config"}' \
        >"$here/instances/1.config"
      "$OCTOKEY" status --instances-dir "$here/instances" --machine-id-file "$here/machine-id" \
        >/dev/null
      # What was put into the root is named, and does not stay there.
      ls -d /$x* 2>/dev/null && rm -r /$x* || true
      """)
    let parts = said.components(separatedBy: "ABSOLUTE\n")
    try #require(parts.count == 2, "\(said)")
    let refusals = parts[0].components(separatedBy: "exit 1\n").dropLast()
    #expect(refusals.count == 12 && !parts[0].contains("DONE"), "\(said)")
    for refusal in refusals {
      #expect(
        refusal.contains(#/octokey: cannot resolve "[^"]*octokey-test-[^"]*", the working/#),
        "\(refusal)")
    }
    #expect(!parts[1].contains("octokey-test"), "\(parts[1])")
  }
}
