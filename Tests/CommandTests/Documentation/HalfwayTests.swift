// Plays the section "If it stops halfway" of octokey-rotate-master-key(1), word by word, after a kill.

import Foundation
import Outside
import Testing

@Suite struct HalfwayTests {
  /// The section, and the commands that it displays, in its order.
  private struct Section {
    let text: String
    let commands: [String]

    init() throws {
      let page = try String(
        contentsOfFile: repositoryPath + "/man/man1/octokey-rotate-master-key.1", encoding: .utf8)
      let start = try #require(page.range(of: ".Ss If it stops halfway\n")?.upperBound)
      let end = try #require(page.range(of: "\n.S", range: start..<page.endIndex)?.lowerBound)
      text = String(page[start..<end])
      commands = text.split(separator: "\n").filter { $0.hasPrefix(".Dl ") }.map {
        String($0.dropFirst(4))
      }
    }
  }

  /// Kills a rotation at a call that changes something; `number` counts those of one kind.
  private func interrupt(_ node: SampleNode, _ call: String, _ number: String) async throws {
    _ = try await node.shell(
      """
      rotate="$OCTOKEY rotate-master-key --yes --config OctopusServer.config --machine-id-file machine-id"
      number='\(number)'
      only=()
      # The second page of the database file itself; how many of the journal come before differs from run to run.
      if [ "$number" = file ]; then only=(-P "$PWD/octopus.db"); number=2; fi
      if [ "$number" = gone ]; then
        cp -a . ../rehearsal-$$
        (cd ../rehearsal-$$ && strace -f -qq -o calls -e trace=fsync,unlinkat $rotate >/dev/null 2>&1)
        number=$(($(sed '/octokey-journal.json/,$d' ../rehearsal-$$/calls | grep -c fsync) + 1))
        rm -r ../rehearsal-$$
      fi
      strace -f -qq -o /dev/null "${only[@]}" -e trace=\(call) -e inject=\(call):signal=KILL:when=$number \\
        $rotate >/dev/null 2>&1 && exit 1 || true
      """)
  }

  private func makeFolderStore(_ node: SampleNode) async throws {
    let script = """
      import os, sqlite3
      db = sqlite3.connect('octopus.db')
      for table in ('VariableSet', 'Account'):
          os.makedirs('documents/' + table)
          for id, text in db.execute(f'SELECT Id, JSON FROM [{table}]'):
              with open(f'documents/{table}/{id}.json', 'x', newline='') as file: file.write(text)
      os.remove('octopus.db')
      """
    let made = try await OctokeyProgram.runProgram(
      "python3", ["-c", script], directory: node.folder)
    #expect(made.status == 0, "\(made.stderr)")
    try await node.shell("sed -i 's/sqlite:octopus.db/directory:documents/' OctopusServer.config")
  }

  @Test(arguments: [
    // The new key file; the journal's file; a page of the database; after the commit; after the removal of
    // octokey's journal; in a folder.
    ("sqlite", "renameat2", "1", "No unfinished rotation"),
    ("sqlite", "pwrite64", "5", "The rotation was rolled back"),
    ("sqlite", "pwrite64", "file", "The rotation was rolled back"),
    ("sqlite", "renameat", "1", "The rotation is finished"),
    ("sqlite", "unlinkat", "1", "The rotation is finished"),
    ("sqlite", "fsync", "gone", "No unfinished rotation"),
    ("directory", "renameat", "4", "The rotation is finished"),
  ])
  func whatThePageSaysHolds(
    _ kind: String, _ call: String, _ number: String, _ outcome: String
  ) async throws {
    let section = try Section()
    #expect(section.commands == ["octokey recover", "octokey verify"], "\(section.text)")
    let node = try await SampleNode(["--documents", "60"])
    if kind == "directory" { try await makeFolderStore(node) }
    let before = try await verdict(node.octokey("verify"))
    try await interrupt(node, call, number)
    let hasJournal = try !node.files("octokey-journal.json").isEmpty
    #expect(hasJournal == !outcome.hasPrefix("No unfinished"))
    if hasJournal {
      // "Until it has ended": whatever else would write names it.
      let early = try await node.octokey("rotate-master-key", "--yes")
      #expect(early.status == 3 && early.stderr.contains("octokey recover"), "\(early.stderr)")
      // Commands that only read leave everything to recover, whatever state it is in.
      let sums = "find . -name octokey.lock -o -type f -exec sha256sum {} + | sort"
      let state = try await node.shell(sums)
      for command in [["verify"], ["status"], ["rotate-master-key", "--dry-run"]] {
        let ending = try await OctokeyProgram.run(
          command + ["--config", node.config, "--machine-id-file", node.machineID])
        let said = ending.stdout + ending.stderr
        if number == "file" {
          #expect(ending.status == 3 && said.contains("octokey recover --config"), "\(said)")
        }
        #expect(try await node.shell(sums) == state, "\(command)")
      }
    } else {
      let said = try await node.octokey("verify").stdout
      let made = try await node.shell(
        "for key in master-key-*.key; do [ ! -e $key ] || cat $key; done")
      let isDone = made.contains(try #require(said.firstMatch(of: /SHA256:\S+/)).output)
      #expect(isDone == (number == "gone"), "the fingerprint tells: \(said)")
    }
    var endings: [Ending] = []
    for command in section.commands {
      // In the node's folder, as the page has it; the machine-id of the test's own machine is not used.
      let words = command.split(separator: " ").dropFirst().map(String.init)
      endings.append(
        try await OctokeyProgram.run(
          words + ["--machine-id-file", node.machineID, "--machine-key-file", "none"],
          directory: node.folder))
    }
    #expect(endings[0].status == 0, "\(endings[0].stderr)")
    #expect(endings[0].stdout.hasPrefix(outcome), "\(endings[0].stdout)")
    #expect(endings[1].status == 0, "\(endings[1].stderr)")
    #expect(verdict(endings[1]) == before)
    #expect(try node.files("octokey-journal.json").isEmpty)
    // "If the rotation was rolled back, start again."
    let again = try await node.octokey("rotate-master-key", "--yes")
    #expect(again.status == 0, "\(again.stderr)")
  }

  @Test func whatItSaysOfAnEmptyStoreHolds() async throws {
    let section = try Section()
    #expect(
      section.text.contains("contains no sensitive value") && section.text.contains("Fl Fl store"))
    let node = try await SampleNode(["--documents", "60"])
    try await interrupt(node, "renameat", "1")
    try await node.shell(
      "mkdir away; mv octopus.db away; sqlite3 octopus.db 'CREATE TABLE T(JSON)'")
    let refused = try await node.octokey("recover")
    #expect(refused.status == 3 && refused.stderr.contains("contains no sensitive value"))
    try await node.shell("mv octopus.db empty.db")
    let done = try await node.octokey("recover", "--store", "sqlite:\(node.folder)/away/octopus.db")
    #expect(done.status == 0, "\(done.stderr)")
  }

  /// What verify says of the values. Where they are spelt with escapes, others take more bytes or fewer.
  private func verdict(_ ending: Ending) -> [Substring] {
    ending.stdout.split(separator: "\n").dropFirst(2).filter { !$0.hasPrefix("Looked at:") }
  }
}
