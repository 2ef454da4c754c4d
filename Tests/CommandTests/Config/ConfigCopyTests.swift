// The copies that edits leave: the newest stay, however quick the edits and whatever the clock says.

import Foundation
import Outside
import Testing

@Suite struct ConfigCopyTests {
  private let edits = """
    edit() {
      "$OCTOKEY" config set --config OctopusServer.config Octopus.Server.TaskCap $1 >/dev/null
    }
    # What the copies hold, in the order of numbers.
    held() { grep -ho 'TaskCap">[0-9]*' OctopusServer.config.*.bak | grep -o '[0-9]*$' | sort -n | xargs; }

    """

  @Test func aClockThatWasAheadDoesNotMakeNewCopiesVanish() async throws {
    let node = try await SampleNode(["--documents", "1"])
    let result = try await node.shell(
      edits + """
        edit 100; rm OctopusServer.config.*.bak
        for cap in $(seq 101 115); do
          sed "s/\\(TaskCap\\">\\)[0-9]*/\\1$cap/" OctopusServer.config >copy
          mv copy OctopusServer.config.20991231T235959Z-$cap.bak
          touch -d 2099-12-31T23:59:$((cap - 100)) OctopusServer.config.20991231T235959Z-$cap.bak
        done
        edit 1; held | wc -w
        for cap in $(seq 2 5); do edit $cap; done; held
        for cap in $(seq 6 14); do edit $cap; done; held
        """)
    let lines = result.split(separator: "\n")
    #expect(lines.count == 3 && lines[0] == "10", "\(result)")
    // Of the former copies the latest ones; all of the new ones.
    #expect(lines[1] == "1 2 3 4 100 111 112 113 114 115", "\(result)")
    #expect(lines[2] == "4 5 6 7 8 9 10 11 12 13", "\(result)")
  }
}
