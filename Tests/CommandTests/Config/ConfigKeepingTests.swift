// The metadata of a file survives an edit, or the edit is refused: checked with stat,
// getfacl and getfattr. These tests make files of other users, which needs root.

import Foundation
import Outside
import Testing

@Suite struct ConfigKeepingTests {
  /// `edit WORDS…` sets the node's name; `as_nobody` runs it as a plain user.
  private static let functions = """
    facts() { stat -c '%a %u %g' "$1"; getfacl -cnp "$1"; getfattr -d -m - -e hex "$1" | sed 1d; }
    edit() { "$OCTOKEY" config set Octopus.Server.NodeName renamed --config OctopusServer.config "$@"; }
    as_nobody() { setpriv --reuid 65534 --regid 65534 "$@"; }

    """

  private func run(_ script: String) async throws -> (output: String, node: SampleNode) {
    let node = try await SampleNode(["--documents", "1"])
    return (try await node.shell(Self.functions + script), node)
  }

  @Test func rootKeepsModeOwnerACLAndAttributesOnConfigAndCopy() async throws {
    let (output, node) = try await run(
      """
      chown 1234:2345 OctopusServer.config
      chmod 640 OctopusServer.config
      setfacl -m u:nobody:r,g:daemon:rw OctopusServer.config
      setfattr -n user.origin -v 'two words' OctopusServer.config
      setfattr -n trusted.note -v 1 OctopusServer.config
      # What new files get here must not stick to this one.
      setfacl -d -m u:daemon:rwx .
      facts OctopusServer.config >before
      sum=$(sha256sum <OctopusServer.config)
      inode=$(stat -c %i OctopusServer.config)
      edit >/dev/null
      [ "$inode" != "$(stat -c %i OctopusServer.config)" ]
      [ "$sum" = "$(sha256sum <OctopusServer.config.*.bak)" ]
      grep -q '>renamed<' OctopusServer.config
      facts OctopusServer.config | cmp - before
      facts OctopusServer.config.*.bak | cmp - before
      cat before
      """)
    #expect(output.hasPrefix("660 1234 2345\n") && output.contains("user:65534:r--"), "\(output)")
    #expect(output.contains("user.origin") && output.contains("trusted.note"), "\(output)")
    #expect(try node.files(".OctopusServer") == [])
  }

  @Test(arguments: [
    ("0:65534", "owner"), ("65534:0", "group"), ("65534:2345", "group"),
  ])
  func aPlainUserDoesNotGiveTheFileToAnybodyElse(owner: String, attribute: String) async throws {
    let (output, _) = try await run(
      """
      chmod 644 OctopusServer.config
      chown -R 65534:65534 .
      chown \(owner) OctopusServer.config
      all() { facts OctopusServer.config; cat OctopusServer.config; ls -A; }
      all >machine-id
      edit() { as_nobody --clear-groups "$OCTOKEY" config set Octopus.Home /x \\
        --config OctopusServer.config; }
      edit 2>&1 && echo done || echo "exit $?"
      all | cmp - machine-id
      """)
    #expect(output.contains("its \(attribute) cannot be preserved"), "\(output)")
    #expect(output.contains("hint: run octokey as the user"), "\(output)")
    #expect(output.hasSuffix("exit 1\n"), "\(output)")
  }

  @Test func aPlainUserEditsWhatIsTheirs() async throws {
    let (output, _) = try await run(
      """
      chown -R 65534:65534 .
      chown 65534:2345 OctopusServer.config
      chmod 640 OctopusServer.config
      setfattr -n user.origin -v x OctopusServer.config
      setfacl -m g:daemon:r OctopusServer.config
      facts OctopusServer.config >before
      as_nobody --groups 2345 "$OCTOKEY" config set Octopus.Home /x --config OctopusServer.config
      facts OctopusServer.config | cmp - before
      facts OctopusServer.config.*.bak | cmp - before
      """)
    #expect(output == "changed Octopus.Home\n", "\(output)")
  }

  @Test func aLinkIsFollowedToItsOwnersFileOnly() async throws {
    let (output, node) = try await run(
      """
      mkdir real && mv OctopusServer.config real/
      ln -s real/OctopusServer.config OctopusServer.config
      edit
      [ -L OctopusServer.config ] && grep -q '>renamed<' real/OctopusServer.config
      ls real | sed -E 's/[0-9]{8}T[0-9]{6}Z/TIME/'
      sha256sum real/OctopusServer.config >before
      chown -h nobody OctopusServer.config
      "$OCTOKEY" config set Octopus.Home /x --config OctopusServer.config 2>&1 || echo "exit $?"
      sha256sum -c --quiet before
      """)
    #expect(
      output.hasPrefix(
        "changed Octopus.Server.NodeName\nOctopusServer.config\nOctopusServer.config.TIME.bak\n"),
      "\(output)")
    #expect(output.contains("refusing to follow the symbolic link"), "\(output)")
    #expect(output.contains("hint: name the file itself\nexit 1\n"), "\(output)")
    #expect(try node.files("octokey") == [])
  }

  @Test func onlyAbandonedDraftsAreCleanedUp() async throws {
    let (output, _) = try await run(
      """
      touch .OctopusServer.config.draft-1f .OctopusServer.config.20260101T000000Z.bak.draft-2e
      touch .master-key-20260101T000000Z-abc.key.draft-3d .octokey-journal.json.draft-4c
      # None of these is ours, or nobody's.
      touch OctopusServer.config.draft-1f .OctopusServer.config.draft-xyz .other.draft-1 .draft-1
      mkdir .OctopusServer.config.draft-aa
      ln -s machine-id .OctopusServer.config.draft-bb
      touch .OctopusServer.config.draft-cc && ln .OctopusServer.config.draft-cc linked
      touch .OctopusServer.config.draft-dd && chown 1234 .OctopusServer.config.draft-dd
      mkfifo .OctopusServer.config.draft-ee
      touch .OctopusServer.config.draft-ff
      exec 9<.OctopusServer.config.draft-ff && flock 9
      edit >/dev/null 9<&-
      ls -A | grep draft | LC_ALL=C sort
      """)
    #expect(
      output.split(separator: "\n") == [
        ".OctopusServer.config.draft-aa", ".OctopusServer.config.draft-bb",
        ".OctopusServer.config.draft-cc", ".OctopusServer.config.draft-dd",
        ".OctopusServer.config.draft-ee", ".OctopusServer.config.draft-ff",
        ".OctopusServer.config.draft-xyz", ".draft-1", ".other.draft-1",
        "OctopusServer.config.draft-1f",
      ], "\(output)")
  }
}
