// Signals while a store is read or rewritten: the run stops at the next page, says so, and changes
// nothing.

import Foundation
import Testing

@Suite struct SignalTests {
  @Test(arguments: [
    "rotate-master-key --yes", "backup create --no-passphrase --to made", "backup verify backup",
    "backup restore backup --config new/node.config --store sqlite:new/octopus.db",
  ])
  func aRunThatIsStoppedChangesNothing(_ command: String) async throws {
    let node = try await SampleNode(["--documents", "3000"])
    let output = try await node.shell(
      """
      $OCTOKEY backup create --machine-id-file machine-id --no-passphrase --to backup > /dev/null
      mkdir new
      machine="--machine-id-file machine-id"
      [[ "\(command)" != *verify* ]] || machine=
      state() { sha256sum OctopusServer.config octopus.db; ls -A . new; }
      before=$(state)
      stopped=0 i=0
      # The time is not known at which it is in the middle.
      signals=(INT TERM HUP)
      for hundredths in 02 03 04 05 06 08 10 13 16 20 25 32 40 50 64 80 99; do
        status=0
        timeout --preserve-status -s ${signals[i++ % 3]} 0.$hundredths $OCTOKEY \(command) $machine \\
          > /dev/null 2> errors < /dev/null || status=$?
        rm -f errors
        # Killed before there was anything to stop, stopped, or done before the signal came.
        ((status > 128)) || ((status == 1)) || { echo "ended with $status"; break; }
        ((status == 134)) && echo "crashed"
        ((status == 1)) && stopped=$((stopped + 1))
        # The signal came after the last look for one: the backup is whole, and its maker is killed.
        ((status <= 128)) || ! $OCTOKEY backup verify made > /dev/null 2>&1 || break
        [[ $(state) == "$before" ]] || { state; echo "changed"; }
      done
      echo "stopped $stopped"
      """)
    #expect(!output.contains("crashed") && !output.contains("changed"), "\(output)")
    #expect(output.firstMatch(of: /stopped [1-9]/) != nil, "\(output)")
  }
}
