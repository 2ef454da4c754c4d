// The samples that rotate the key of a whole cluster, on three node folders: over ssh, and with Ansible.

import Foundation
import Outside
import Testing

@Suite struct RollOutTests {
  /// A cluster of Tests/Cluster/cluster.py in the folder `c`, with the passphrase and a folder for
  /// backups.
  private final class Cluster: Sendable {
    let scratch = ScratchFolder()

    var environment: [String: String] {
      let folder = URL(fileURLWithPath: OctokeyProgram.path).deletingLastPathComponent().path
      return [
        "CLUSTER": scratch.path + "/c",
        "PATH": scratch.path + "/c/bin:\(folder):" + Outside.search,
        "PASSPHRASE_FILE": scratch.path + "/passphrase", "BACKUPS": scratch.path + "/backups",
      ]
    }

    init() async throws {
      let made = try await OctokeyProgram.runProgram(
        "python3", [SampleNode.tests + "/Cluster/cluster.py", scratch.path + "/c"])
      try #require(made.status == 0, "\(made.stderr)")
      _ = scratch.file("passphrase", Array("\(BackupTests.passphrase)\n".utf8))
      try FileManager.default.createDirectory(
        atPath: scratch.path + "/backups", withIntermediateDirectories: false)
    }

    func run(_ words: [String], _ more: [String: String] = [:]) async throws -> Ending {
      try await OctokeyProgram.runProgram(
        words[0], Array(words.dropFirst()), environment: environment.merging(more) { $1 })
    }

    /// Compares all reports, and checks that neither they nor `said` hold a secret.
    func judge(_ said: Ending) async throws {
      try #require(said.status == 0, "\(said.stdout)\(said.stderr)")
      let compared = try await run([
        "sh", "-c", "octokey status --compare \(scratch.path)/reports/*.json",
      ])
      #expect(compared.stdout.matches(of: /node-0[123]  SHA256:.{43}  agrees, running/).count == 3)
      // Every step was done except restoring the backup elsewhere.
      #expect(
        compared.stdout.matches(of: /MISSING/).count == 2
          && compared.stdout.contains("the new backup was not restored elsewhere"),
        "\(compared.stdout)")
      let key = try await run(["octokey", "show-master-key"]).stdout.dropLast()
      let reports = try await run(["sh", "-c", "cat \(scratch.path)/reports/*"])
      try #require(key.count == 24 && reports.stdout.contains("\"rotate-master-key\""))
      for text in [said.stdout, said.stderr, reports.stdout] {
        #expect(!text.contains(key) && !text.contains(BackupTests.passphrase))
      }
    }
  }

  private func sample(_ name: String) -> String { SampleNode.tests + "/../samples/" + name }

  @Test func overSSH() async throws {
    let cluster = try await Cluster()
    let reports = cluster.scratch.path + "/reports"
    let nodes = ["node-01", "node-02", "node-03"]
    try await cluster.judge(cluster.run([sample("rotate-cluster.sh"), reports] + nodes))
    // An unreachable node ends the run before anything is stopped.
    let before = try await cluster.run(["octokey", "show-master-key", "--fingerprint"]).stdout
    let lost = try await cluster.run(
      [sample("rotate-cluster.sh"), reports + "-2"] + nodes + ["node-04"])
    #expect(lost.status != 0 && !lost.stderr.contains("stopping"), "\(lost.stderr)")
    #expect(
      try await cluster.run(["octokey", "show-master-key", "--fingerprint"]).stdout == before)
    #expect(try await cluster.run(["octokey", "service", "--status"]).status == 0)
  }

  @Test func withAnsible() async throws {
    let cluster = try await Cluster()
    let folder = cluster.scratch.path
    try FileManager.default.createDirectory(
      atPath: folder + "/reports", withIntermediateDirectories: false)
    let inventory = cluster.scratch.file(
      "inventory",
      Array(
        """
        [octopus]
        node-01
        node-02
        node-03
        [octopus:vars]
        ansible_python_interpreter=/usr/bin/python3

        """.utf8))
    let said = try await cluster.run(
      [
        "ansible-playbook", "-i", inventory, sample("rotate-cluster.yml"), "-e",
        "passphrase_file=\(folder)/passphrase", "-e", "reports=\(folder)/reports", "-e",
        "backups=\(folder)/backups",
      ],
      [
        "ANSIBLE_SSH_EXECUTABLE": folder + "/c/bin/ssh", "ANSIBLE_PIPELINING": "true",
        "ANSIBLE_HOME": folder + "/ansible", "ANSIBLE_LOCAL_TEMP": folder + "/ansible/tmp",
        "HOME": folder, "LC_ALL": "C.UTF-8",
      ])
    try await cluster.judge(said)
  }
}
