// Every command that changes a config says what stands in the way before it asks or writes anything: real
// mounts, flags of chattr, capabilities that were dropped, rights of a plain user.

import Foundation
import Outside
import Testing

@Suite struct ConfigObstacleTests {
  /// How to raise an obstacle, how to take it away, and what the refusal says.
  struct Obstacle: Sendable, CustomTestStringConvertible {
    let name: String
    let raise: String
    let lower: String
    let words: String
    let hint: String
    /// Goes before the program.
    var prefix = ""
    var testDescription: String { name }
  }

  static let obstacles = [
    Obstacle(
      name: "mount point", raise: "mount --bind $C $C", lower: "umount $C",
      words: "\": it is a mount point", hint: "--in-place"),
    Obstacle(
      name: "immutable file", raise: "chattr +i $C", lower: "chattr -i $C",
      words: "OctopusServer.config\": it is immutable", hint: "chattr -i /"),
    Obstacle(
      name: "immutable folder", raise: "chattr +i .", lower: "chattr -i .",
      words: "\": it is immutable", hint: "chattr -i /"),
    Obstacle(
      name: "append-only file", raise: "chattr +a $C", lower: "chattr -a $C",
      words: "OctopusServer.config\": it is append-only", hint: "chattr -a /"),
    Obstacle(
      name: "append-only folder", raise: "chattr +a .", lower: "chattr -a .",
      words: "\": it is append-only", hint: "chattr -a /"),
    Obstacle(
      name: "read-only mount",
      raise: "mount --bind . . && cd \"$PWD\" && mount -o remount,ro,bind .",
      lower: "cd / && umount \"$D\"; cd \"$D\"",
      words: "\": read-only file system", hint: "remount,rw"),
    Obstacle(
      name: "hard link", raise: "mkdir other && ln $C other/second", lower: "rm -r other",
      words: "it has 2 hard links", hint: "remove the other hard links"),
    Obstacle(
      name: "owner without CAP_CHOWN", raise: "chown 1234 $C", lower: "chown 0 $C",
      words: "its owner cannot be preserved", hint: "run octokey as the user",
      prefix: "setpriv --bounding-set -chown --inh-caps -chown"),
    Obstacle(
      name: "owner outside of the user namespace",
      raise: "chown 1234 $C && chmod 666 $C", lower: "chown 0 $C && chmod 600 $C",
      words: "its owner cannot be preserved", hint: "run octokey as the user",
      prefix: "unshare -Ur"),
    Obstacle(
      name: "sticky folder of others",
      raise:
        "chown 1234 . && chmod 1755 . && chown 1235 $C && setfacl -m u:65534:rwx . && chmod 664 $C machine-id && chmod 1775 .",
      lower: "setfacl -b . && chown 0 . $C && chmod 755 . && chmod 600 $C",
      words: "is sticky", hint: "run octokey as the user",
      prefix: "setpriv --reuid 65534 --clear-groups"),
    Obstacle(
      name: "folder without rights", raise: "chown 65534 $C machine-id; chmod 755 .",
      lower: "chown 0 $C",
      words: "\": permission denied", hint: "run octokey as the user",
      prefix: "setpriv --reuid 65534 --clear-groups"),
    Obstacle(
      name: "group's folder", raise: "chgrp 1234 . && chmod 775 .",
      lower: "chgrp 0 . && chmod 755 .",
      words: "members of group 1234 can create files in its folder", hint: "chmod g-w /"),
    Obstacle(
      name: "everybody's folder", raise: "chmod 1777 .", lower: "chmod 755 .",
      words: "all users can create files in its folder", hint: "chmod go-w /"),
    Obstacle(
      name: "full disk",
      raise:
        "mkdir s; mount -t tmpfs -o size=16k,mode=755 t s && cp $C machine-id key s/ && cd s && { dd if=/dev/zero of=filler bs=4k 2>/dev/null || :; }",
      lower: "rm filler; cd ..; cat s/$C >$C; umount s; rmdir s", words: "no space left on device",
      hint: "free space"),
    Obstacle(
      name: "no inodes",
      raise:
        "mkdir s; mount -t tmpfs -o nr_inodes=6,mode=755 t s && cp $C machine-id key s/ && cd s && { for n in 1 2 3 4 5; do : >f$n; done 2>/dev/null || :; }",
      lower: "rm f?; cd ..; cat s/$C >$C; umount s; rmdir s", words: "no free inodes",
      hint: "df -i"),
  ]

  private static let commands = [
    "config set $O Octopus.Server.NodeName renamed", "config unset $O Octopus.Server.NodeName",
    "config edit --yes $O", "set-master-key $O --no-store-check --key-file key",
  ]

  @Test(arguments: obstacles) func isNamedBeforeAnythingIsWritten(_ obstacle: Obstacle) async throws
  {
    let node = try await SampleNode(["--documents", "1"])
    #expect(try await OctokeyProgram.run(["new-master-key", node.folder + "/key"]).status == 0)
    let result = try await node.shell(
      """
      cat >tries <<'END'
      set -u
      D=$PWD C=OctopusServer.config O="--config OctopusServer.config --machine-id-file machine-id"
      export EDITOR="sh -c 'touch /tmp/editor-ran-$$; sed -i s/TaskCap/Cap/ \\"\\$1\\"' -"
      all() { sha256sum OctopusServer.config key; ls -A; }
      chmod 644 key; all >/dev/null
      \(obstacle.raise) || echo "cannot raise it"
      before=$(all)
      \(Self.commands.map { """
        { \(obstacle.prefix) "$OCTOKEY" \($0) 2>&1; echo "exit $?"; } | sed 's/^/| /'
        [ "$before" = "$(all)" ] && echo same || { echo "changed: $before, now"; all; }
        """ }.joined(separator: "\n"))
      [ -e /tmp/editor-ran-$$ ] && echo "the editor ran"; rm -f /tmp/editor-ran-$$
      \(obstacle.lower)
      END
      chmod 711 /root 2>/dev/null || :
      unshare -m bash tries
      """)
    #expect(!result.contains("cannot raise") && !result.contains("the editor ran"), "\(result)")
    let lines = result.split(separator: "\n")
    #expect(
      lines.count { $0.contains("octokey: ") && $0.contains(obstacle.words) } == 4, "\(result)")
    #expect(lines.count { $0.contains("hint: ") && $0.contains(obstacle.hint) } == 4, "\(result)")
    #expect(lines.count { $0 == "| exit 1" } == 4 && lines.count { $0 == "same" } == 4, "\(result)")
  }

  /// Asked for in vain otherwise: the terminal is there, and the question must not come.
  @Test func isNamedBeforeAQuestion() async throws {
    let node = try await SampleNode(["--documents", "1"])
    let result = try await node.shell(
      """
      unshare -m bash -c '
        mount --bind OctopusServer.config OctopusServer.config
        O="--config OctopusServer.config --machine-id-file machine-id"
        for words in "config set $O Octopus.Storage.MasterKey" "config unset $O Octopus.Storage.MasterKey" \\
          "set-master-key $O" "config edit $O"; do
          timeout 20 script -qec "$OCTOKEY $words" /dev/null </dev/null || echo "exit $?"
        done'
      """)
    let lines = result.split(whereSeparator: \.isNewline)
    #expect(lines.count { $0.contains("it is a mount point") } == 4, "\(result)")
    #expect(lines.count { $0 == "exit 1" } == 4, "\(result)")
    #expect(!result.contains("Master Key:") && !result.contains("Remove"), "\(result)")
  }

  /// Where nothing has to be written, nothing is in the way.
  @Test func aValueThatIsThereAlreadyNeedsNoWrite() async throws {
    let node = try await SampleNode(["--documents", "1"])
    let result = try await node.shell(
      """
      O="--config OctopusServer.config --machine-id-file machine-id"
      "$OCTOKEY" config set $O Octopus.Server.NodeName renamed
      unshare -m bash -c "mount --bind OctopusServer.config OctopusServer.config
        '$OCTOKEY' config set $O Octopus.Server.NodeName renamed"
      """)
    #expect(
      result == "changed Octopus.Server.NodeName\nunchanged Octopus.Server.NodeName\n", "\(result)")
  }

  @Test(arguments: [0, 65534]) func aGroupThatIsTrustedIsNotInTheWay(group: Int) async throws {
    let node = try await SampleNode(["--documents", "1"])
    let result = try await node.shell(
      """
      chgrp \(group) . OctopusServer.config; chmod 775 .
      "$OCTOKEY" config set --config OctopusServer.config Octopus.Server.NodeName renamed
      """)
    #expect(result == "changed Octopus.Server.NodeName\n", "\(result)")
  }

  /// strace says what some network file systems say.
  @Test func aFolderThatCannotBeForcedToTheDeviceIsSyncedOtherwise() async throws {
    let node = try await SampleNode(["--documents", "1"])
    let result = try await node.shell(
      """
      edit() { strace -f -qq -o calls -e trace=fsync,syncfs -P "$PWD" -e inject=$1 \\
        "$OCTOKEY" config set --config "$PWD/OctopusServer.config" Octopus.Server.NodeName $2 2>&1 \\
        || echo "exit $?"; }
      edit fsync:error=EINVAL one
      grep -c 'syncfs(.* = 0' calls
      # A device that fails is another thing.
      edit fsync:error=EIO two
      """)
    let lines = result.split(separator: "\n")
    #expect(lines.first == "changed Octopus.Server.NodeName" && lines[1] == "4", "\(result)")
    #expect(result.contains("exit 1") && result.contains("input/output error"), "\(result)")
  }

  @Test func aFileSystemWithoutLocksIsNamed() async throws {
    let node = try await SampleNode(["--documents", "1"])
    let result = try await node.shell(
      """
      strace -f -qq -o calls -e trace=flock -e inject=flock:error=ENOLCK \\
        "$OCTOKEY" config set --config OctopusServer.config Octopus.Server.NodeName x 2>&1 \\
        || echo "exit $?"
      """)
    #expect(result.contains("octokey.lock\": no locks available"), "\(result)")
    #expect(result.contains("rpc.statd") && result.hasSuffix("exit 1\n"), "\(result)")
  }
}
