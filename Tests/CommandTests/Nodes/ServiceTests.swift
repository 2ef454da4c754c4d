// Services, with fakes of systemctl, docker and podman that keep states in files.

import Foundation
import Outside
import Testing

@Suite struct ServiceTests {
  /// A node whose folder holds `bin` with the programs, and `units` and `containers` with the states.
  private func node() async throws -> SampleNode {
    let node = try await SampleNode(["--documents", "30"])
    try await node.shell(
      """
      mkdir bin units containers
      echo active >units/OctopusServer.service; echo inactive >units/My-Server.service
      echo running >containers/octopus
      cat >bin/systemctl <<'END'
      #!/bin/bash
      echo "systemctl $*" >>"$STATES/calls"; env >>"$STATES/environment"
      state=$STATES/units/${!#}
      case $1 in
      show) if [ -e "$state" ]; then echo LoadState=loaded; echo "ActiveState=$(cat "$state")"
        else echo LoadState=not-found; echo ActiveState=inactive; fi ;;
      start | restart) if [ -e "$STATES/odd" ]; then echo quiescent >"$state"; exit; fi
        if [ -e "$STATES/broken" ]; then echo failed; else echo active; fi >"$state" ;;
      stop) [ -e "$STATES/stuck" ] || echo inactive >"$state" ;;
      esac
      END
      cat >bin/docker <<'END'
      #!/bin/bash
      echo "docker $*" >>"$STATES/calls"
      cat "$STATES/docker-trouble" >&2 2>/dev/null || echo "Error: No such container" >&2; exit 1
      END
      cat >bin/podman <<'END'
      #!/bin/bash
      echo "podman $*" >>"$STATES/calls"
      state=$STATES/containers/${!#}
      [ -e "$state" ] || { echo "Error: no such container" >&2; exit 125; }
      case $2 in
      inspect) cat "$state" ;;
      start | restart) echo running >"$state" ;;
      stop) echo exited >"$state" ;;
      esac
      END
      chmod +x bin/*
      echo '{"Name": "OctopusServer", "ConfigurationFilePath": "'$PWD'/OctopusServer.config"}' >instances/1.config
      echo '{"Name": "My /Server", "ConfigurationFilePath": "/elsewhere"}' >instances/2.config
      """)
    return node
  }

  private func run(
    _ node: SampleNode, _ arguments: [String], environment: [String: String] = [:]
  ) async throws -> Ending {
    let search = node.folder + "/bin:/usr/bin:/bin"
    return try await OctokeyProgram.run(
      arguments + ["--instances-dir", node.folder + "/instances"],
      environment: ["STATES": node.folder, "PATH": search].merging(environment) { $1 })
  }

  private func calls(_ node: SampleNode) async throws -> [String] {
    let calls = try await node.shell("grep -v -e ' show ' -e inspect calls || true; rm -f calls")
    return calls.split(separator: "\n").map(String.init)
  }

  @Test func whatIsAskedForHappensAndIsSaid() async throws {
    let node = try await node()
    let table: [(arguments: [String], status: Int32, output: String, calls: [String])] = [
      (["--status"], 0, "OctopusServer.service running (active)\n", []),
      (["--start"], 0, "OctopusServer.service running (unchanged)\n", []),
      (
        ["-stop"], 0, "OctopusServer.service stopped\n", ["systemctl stop -- OctopusServer.service"]
      ),
      (["--stop"], 0, "OctopusServer.service stopped (unchanged)\n", []),
      (["--status"], 2, "OctopusServer.service stopped (inactive)\n", []),
      (
        ["--RESTART"], 0, "OctopusServer.service running\n",
        ["systemctl restart -- OctopusServer.service"]
      ),
      (
        ["--start", "--instance=my /server"], 0, "My-Server.service running\n",
        ["systemctl start -- My-Server.service"]
      ),
      (
        ["--stop", "--instance", "*"], 0,
        "My-Server.service stopped\nOctopusServer.service stopped\n",
        ["systemctl stop -- My-Server.service", "systemctl stop -- OctopusServer.service"]
      ),
      (
        ["--stop", "--container", "octopus"], 0, "octopus stopped\n",
        ["podman container stop octopus"]
      ),
      (["--status", "--container", "octopus"], 2, "octopus stopped (exited)\n", []),
      (
        ["--start", "--container", "octopus"], 0, "octopus running\n",
        ["podman container start octopus"]
      ),
    ]
    for row in table {
      let ending = try await run(node, ["service"] + row.arguments)
      #expect(ending.status == row.status && ending.stdout == row.output, "\(row) \(ending)")
      #expect(try await calls(node) == row.calls, "\(row.arguments)")
    }
  }

  @Test func aServiceThatDoesNotObeyIsAFailure() async throws {
    let node = try await node()
    try await node.shell("touch stuck")
    let stuck = try await run(node, ["service", "--stop"])
    #expect(stuck.status == 1 && stuck.stderr.contains("it is active"), "\(stuck.stderr)")
    try await node.shell("rm stuck; touch broken; echo inactive >units/OctopusServer.service")
    let broken = try await run(node, ["service", "--start"])
    #expect(broken.status == 1 && broken.stderr.contains("it is failed"), "\(broken.stderr)")
    for arguments in [["--unit", "no.service"], ["--container", "nothing"]] {
      let none = try await run(node, ["service", "--status"] + arguments)
      #expect(none.status == 1 && none.stderr.contains("not found"), "\(none.stderr)")
    }
    let nowhere = try await OctokeyProgram.runProgram(
      "env", ["PATH=bin:/nowhere", OctokeyProgram.path, "service", "--status", "--unit", "x"],
      directory: node.folder)
    #expect(nowhere.status == 1 && nowhere.stderr.contains("systemctl not found on the PATH"))
  }

  /// What the managing program says is not known: nothing is concluded from it.
  @Test(arguments: [
    ("echo quiescent >units/OctopusServer.service", ["--stop"], "unknown state \"quiescent\""),
    ("echo quiescent >units/OctopusServer.service", ["--start"], "unknown state \"quiescent\""),
    (": >units/OctopusServer.service", ["--stop"], "no answer about its state"),
    ("sed -i 's/echo LoadState=loaded/:/' bin/systemctl", ["--stop"], "ActiveState=active"),
    ("sed -i s/LoadState=loaded/LoadState=masked/ bin/systemctl", ["--stop"], "LoadState=masked"),
    ("echo unknown >containers/octopus", ["--stop", "--container", "octopus"], "\"unknown\""),
    (
      "echo paused >containers/octopus; sed -i 's/start |/x) ;; y |/' bin/podman",
      ["--start", "--container", "octopus"], "it is paused"
    ),
    (
      "echo 'Cannot connect to the daemon.' >docker-trouble",
      ["--stop", "--container", "nothing"], "cannot connect to the daemon"
    ),
  ])
  func anAnswerThatIsNotUnderstoodIsAFailure(
    _ script: String, _ options: [String], _ message: String
  ) async throws {
    let node = try await node()
    try await node.shell(script)
    let ending = try await run(node, ["service"] + options)
    #expect(ending.status == 1 && ending.stdout.isEmpty, "\(ending)")
    #expect(ending.stderr.contains(message), "\(ending.stderr)")
    #expect(!ending.stderr.contains("exited("), "\(ending.stderr)")
  }

  @Test func aServiceThatIsNotAsItWasIsNotUnchanged() async throws {
    let node = try await node()
    // It ran, and a restart has stopped it.
    try await node.shell("touch broken")
    let restart = try await run(node, ["service", "--restart"])
    #expect(restart.status == 2, "\(restart.stderr)")
    #expect(restart.stderr.contains("it was active and is failed"), "\(restart.stderr)")
    // The state afterwards is not known.
    try await node.shell("rm broken; touch odd; echo inactive >units/OctopusServer.service")
    let odd = try await run(node, ["service", "--start"])
    #expect(odd.status == 2 && odd.stderr.contains("has changed: "), "\(odd.stderr)")
    // The first of two was stopped.
    try await node.shell(
      "rm odd; echo active >units/My-Server.service; echo active >units/OctopusServer.service")
    try await node.shell(
      "sed -i 's/stop) .*/stop) [ $3 != My-Server.service ] || echo inactive >$state ;;/' bin/systemctl"
    )
    let two = try await run(node, ["service", "--stop", "--instance", "*"])
    #expect(two.status == 2 && two.stdout == "My-Server.service stopped\n", "\(two)")
    #expect(
      two.stderr.contains("done before the failure: \"My-Server.service\" is inactive"), "\(two)")
    // It neither ran nor runs.
    let none = try await run(node, ["service", "--stop", "--instance", "*"])
    #expect(none.status == 1 && none.stdout.isEmpty, "\(none)")
  }

  @Test func allThatCanBeReadAreNotAll() async throws {
    let node = try await node()
    try await node.shell("echo '{' >instances/3.config")
    let ending = try await run(node, ["service", "--stop", "--instance", "*"])
    #expect(ending.status == 2 && ending.stderr.contains("/instances/3.config\" is not"))
    #expect(
      ending.stdout
        == "My-Server.service stopped (unchanged)\nOctopusServer.service stopped\n", "\(ending)")
    let one = try await run(node, ["service", "--start"])
    #expect(one.status == 0 && one.stderr.contains("warning: "), "\(one)")
  }

  @Test(arguments: [
    ["service"], ["service", "--start", "--stop"], ["service", "--stop", "--unit", "--now"],
    ["service", "--stop", "--unit=-H"], ["service", "--stop", "--unit", ""],
    ["service", "--stop", "--unit", "../x"], ["service", "--stop", "--container", "a\nb"],
    ["service", "--stop", "--unit", "*"], ["service", "--stop", "--unit", "a", "--container", "b"],
    ["service", "--stop", "--instance", "a", "--unit", "b"],
    ["rotate-master-key", "--yes", "--unit", "x.service"],
  ])
  func wrongUsage(_ arguments: [String]) async throws {
    let ending = try await OctokeyProgram.run(arguments)
    #expect(ending.status == 64, "\(ending.stderr)")
  }

  @Test func aRotationStopsAndStartsTheServer() async throws {
    let node = try await node()
    let rotate = [
      "rotate-master-key", "--config", node.config, "--machine-id-file", node.machineID,
      "--machine-key-file", node.folder + "/none", "--stop-service",
    ]
    // Without an answer nothing is stopped.
    #expect(try await run(node, rotate).status == 64)
    #expect(try await calls(node) == [])
    try await node.shell("openssl rand -base64 16 >new.key; openssl rand -base64 16 >wrong.key")
    let secrets = ["OCTOKEY_MASTER_KEY_FILE": node.folder + "/new.key"]
    let failed = try await run(
      node, rotate + ["--yes", "--old-key-file", node.folder + "/wrong.key"])
    // What can be refused is refused before the server is stopped.
    #expect(failed.status == 1 && failed.stderr.contains("is not the key of"), "\(failed.stderr)")
    #expect(try await calls(node) == [])
    let dry = try await run(node, rotate + ["--dry-run"])
    #expect(dry.status == 0, "\(dry.stderr)")
    #expect(try await calls(node) == [])
    // A service that did not run is not started.
    try await node.shell("rm -f environment; echo inactive >units/OctopusServer.service")
    let quiet = try await run(
      node, rotate + ["--yes", "--new-key-file", node.folder + "/new.key"], environment: secrets)
    #expect(quiet.status == 0, "\(quiet.stderr)")
    #expect(try await calls(node) == [])
    try await node.shell("echo active >units/OctopusServer.service")
    let done = try await run(node, rotate + ["--yes"], environment: secrets)
    #expect(done.status == 0, "\(done.stderr)")
    #expect(
      try await calls(node) == [
        "systemctl stop -- OctopusServer.service", "systemctl start -- OctopusServer.service",
      ])
    let environment = try node.text("environment")
    #expect(environment.contains("STATES=") && !environment.contains("OCTOKEY_"))
    let foreign = try await run(
      node, ["rotate-master-key", "--config", node.folder + "/x", "--stop-service", "--yes"])
    #expect(foreign.status == 1)
  }

  @Test func aConfigWithoutAnInstanceNeedsTheNameOfItsService() async throws {
    let node = try await node()
    try await node.shell("rm instances/1.config")
    let unknown = try await run(
      node,
      [
        "rotate-master-key", "--config", node.config, "--machine-id-file", node.machineID,
        "--stop-service", "--yes",
      ])
    #expect(unknown.status == 1 && unknown.stderr.contains("no instance is registered for"))
    #expect(try await calls(node) == [])
  }
}
