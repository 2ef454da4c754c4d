// An obstacle that comes between the commit and the switch of the config: strace holds the rename back for
// as long as it takes to raise it.

import Foundation
import Outside
import Testing

@Suite struct LateObstacleTests {
  @Test(arguments: [
    (
      "chattr +i $C", "chattr -i $C", "OctopusServer.config\": it is immutable", "chattr -i /",
      "; then octokey recover --config /"
    ),
    (
      "chattr +a .", "chattr -a .", "\": it is append-only", "chattr -a /",
      "; then octokey recover --config /"
    ),
    (
      "mount --bind $C $C", "umount $C", "OctopusServer.config\": it is a mount point",
      "octokey recover --in-place --config /", "OctopusServer.config\n"
    ),
    (
      "mount --bind . . && mount -o remount,ro,bind \"$PWD\"", ":", "could not be removed",
      "mount the file system read-write", "octokey recover --config"
    ),
  ])
  func itIsNamedWithTheWayOut(
    _ raise: String, _ lower: String, _ words: String, _ hint: String, _ then: String
  ) async throws {
    let node = try await SampleNode(["--documents", "20"])
    let result = try await node.shell(
      """
      cat >script <<'END'
      C=OctopusServer.config O="--config $PWD/OctopusServer.config --machine-id-file machine-id"
      ( until [ -e octokey-journal.json ]; do sleep 0.05; done; sleep 1; \(raise); : >/tmp/raised-$$ ) &
      strace -f -qq -o /dev/null -P "$PWD/.none" -P "$PWD" -e trace=renameat \\
        -e inject=renameat:delay_enter=3000000 "$OCTOKEY" rotate-master-key $O \\
        --yes --i-have-backed-up-my-database --ignore-live-nodes 2>&1 || echo "exit $?"
      wait; [ -e /tmp/raised-$$ ]; rm /tmp/raised-$$
      \(lower)
      "$OCTOKEY" recover $O >/dev/null 2>&1 && "$OCTOKEY" verify $O >/dev/null && echo recovered || :
      END
      unshare -m bash -uo pipefail script
      """)
    #expect(result.contains("exit 3\n"), "\(result)")
    #expect(result.contains(words) && result.contains("hint: \(hint)"), "\(result)")
    #expect(result.contains(then), "\(result)")
    if lower != ":" { #expect(result.hasSuffix("recovered\n"), "\(result)") }
  }
}
