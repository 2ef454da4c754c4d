// The next steps for each kind of deployment, and the samples for containers: as far as they can be checked
// without a cluster.

import Foundation
import Outside
import Testing

@testable import octokey

@Suite struct DeploymentTests {
  private func steps(_ kind: Deployment, _ nodes: [String] = []) -> String {
    kind.steps(keyFile: "/state/it's.key", nodes: nodes).joined(separator: "\n")
  }

  @Test(arguments: [
    (["octopus-0"], Deployment.kubernetes),
    (["prod-octopus-deploy-0", "prod-octopus-deploy-1"], .kubernetes),
    ([], nil), (["WEB01"], nil), (["octopus-0", "WEB01"], nil), (["octopus-x"], nil),
    (["octopus-"], nil),
    (["node-1"], nil),
  ])
  func theNamesOfPodsGiveKubernetesAway(_ nodes: [String], _ kind: Deployment?) {
    #expect(Deployment(guessedFrom: nodes) == kind)
  }

  @Test func eachKindHasItsSteps() {
    let kubernetes = steps(.kubernetes, ["prod-octopus-deploy-0", "prod-octopus-deploy-1"])
    #expect(kubernetes.contains("--from-file=secret=/dev/stdin"))
    #expect(kubernetes.contains("kubectl scale statefulset prod-octopus-deploy --replicas=2"))
    #expect(kubernetes.contains("change the source of the Secret first"))
    #expect(steps(.kubernetes).contains("statefulset NAME --replicas=N"))
    #expect(steps(.compose).contains("docker compose up -d"))
    #expect(steps(.dockerSystemd).contains("docker rm octopusdeploy"))
    #expect(steps(.windows).contains("set-master-key --instance OctopusServer --masterKey=$key"))
    #expect(steps(.ecs).contains("a new revision"))
    for kind in Deployment.allCases where kind != .linux {
      #expect(!steps(kind).contains("--from-literal"), "\(kind)")
      // The key itself is in no step.
      #expect(
        kind == .windows || steps(kind).contains("show-master-key --bare --key-file "), "\(kind)")
    }
  }

  /// A command of a step is one that a shell takes apart as it is meant: the path is one word.
  @Test(arguments: Deployment.allCases.filter { $0 != .linux && $0 != .windows })
  func aShellReadsTheCommands(_ kind: Deployment) throws {
    let steps = kind.steps(keyFile: "/state/it's.key", nodes: ["octopus-0"])
    let commands = steps.compactMap { step in
      step.firstRange(of: "octokey show-master-key").map { String(step[$0.lowerBound...]) }
    }
    try #require(!commands.isEmpty)
    for command in commands {
      let said = try Outside.run([
        "bash", "-c",
        """
        octokey() { printf '<%s>' "$@" >&2; }; kubectl() { cat >/dev/null; }
        { \(command); } 2>&1
        """,
      ])
      #expect(Outside.text(said).contains("<--key-file></state/it's.key>"), "\(command)")
    }
  }

  @Test func theKindThatIsSaidDecides() async throws {
    let node = try await SampleNode(["--documents", "20"])
    let rotated = try await node.octokey("rotate-master-key", "--yes", "--deployment", "compose")
    #expect(rotated.status == 0, "\(rotated.stderr)")
    #expect(rotated.stdout.contains("docker compose up -d"), "\(rotated.stdout)")
    #expect(!rotated.stdout.contains("octokey set-master-key"), "\(rotated.stdout)")
  }

  // MARK: Configs made on Windows

  @Test func aConfigFromWindowsIsNotTurnedIntoOneForLinuxUnasked() async throws {
    let node = try await SampleNode(["--documents", "20"])
    let result = try await node.shell(
      """
      "$OCTOKEY" show-master-key \(Self.place) >old.key
      "$OCTOKEY" new-master-key new.key >/dev/null
      blob=$( (printf '\\001\\000\\000\\000\\320\\214\\235\\337\\001\\025\\321\\021\\214\\172\\000\\300\\117\\302\\227\\353'; \\
        head -c 200 /dev/zero) | base64 -w0)
      sed -i "s|\\(MasterKey\\">\\)[^<]*|\\1$blob|" OctopusServer.config
      before=$(sha256sum OctopusServer.config octopus.db)
      for command in "set-master-key --no-store-check --key-file new.key" \\
        "rotate-master-key --yes --old-key-file old.key" "rotate-master-key --yes --dry-run --old-key-file old.key"; do
        "$OCTOKEY" $command \(Self.place) 2>&1 </dev/null || echo "exit $?"
      done
      [ "$before" = "$(sha256sum OctopusServer.config octopus.db)" ] && echo same
      "$OCTOKEY" rotate-master-key --yes --old-key-file old.key --replace-windows-protection \(Self.place) 2>&1
      """)
    let refusals = result.matches(of: #/is protected by Windows \(DPAPI\)/#)
    #expect(refusals.count >= 3 && result.contains("same\n"), "\(result)")
    #expect(result.matches(of: #/exit 1\n/#).count == 3, "\(result)")
    #expect(result.contains("Replaced Master Key"), "\(result)")
  }

  private static let place =
    "--config OctopusServer.config --machine-id-file machine-id --machine-key-file machinekey"

  // MARK: Samples

  /// Checked against Kubernetes' own schemas; what a schema does not know is asked for one by one.
  @Test func theManifestsAreValid() async throws {
    let said = try await OctokeyProgram.runProgram(
      "python3",
      [
        "-c",
        """
        import sys, yaml, kubernetes_validate
        for path in sys.argv[1:]:
          for document in yaml.safe_load_all(open(path)):
            kubernetes_validate.validate(document, "1.31", strict=True)
            kind = document["kind"]
            assert kind in ("Job", "PersistentVolumeClaim"), kind
            if kind != "Job": continue
            spec = document["spec"]; pod = spec["template"]["spec"]
            assert spec["backoffLimit"] == 0 and spec["completions"] == spec["parallelism"] == 1
            assert "activeDeadlineSeconds" not in spec and "ttlSecondsAfterFinished" not in spec
            assert pod["restartPolicy"] == "Never" and pod["automountServiceAccountToken"] is False
            assert "serviceAccountName" not in pod and pod["securityContext"]["runAsNonRoot"]
            assert pod["terminationGracePeriodSeconds"] >= 120
            assert not any("emptyDir" in volume for volume in pod["volumes"])
            container, = pod["containers"]
            assert container["securityContext"] == {"allowPrivilegeEscalation": False,
              "readOnlyRootFilesystem": True, "capabilities": {"drop": ["ALL"]}}
            print("\\0".join(container["args"]))
        """,
        SampleNode.tests + "/../samples/kubernetes/rotate.yaml",
        SampleNode.tests + "/../samples/kubernetes/recover.yaml",
      ], environment: ["PYTHONPATH": repositoryPath + "/.build-kubernetes"])
    #expect(said.status == 0, "\(said.stderr)")
    let lines = said.stdout.split(separator: "\n")
    #expect(lines.count == 2)
    for line in lines { try await requireParsed(line.split(separator: "\0").map(String.init)) }
  }

  @Test func theServicesOfComposeAreCommands() async throws {
    let said = try await OctokeyProgram.runProgram(
      "python3",
      [
        "-c",
        """
        import sys, yaml
        file = yaml.safe_load(open(sys.argv[1]))
        for name, service in file["services"].items():
          assert service["restart"] == "no" and service["profiles"] == ["rotate"], name
          assert all(volume.split(":")[0] in file["volumes"] for volume in service["volumes"])
          assert all(secret in file["secrets"] for secret in service["secrets"])
          print("\\0".join(service["command"]))
        """, SampleNode.tests + "/../samples/compose/compose.yaml",
      ], environment: ["PYTHONPATH": repositoryPath + "/.build-kubernetes"])
    #expect(said.status == 0, "\(said.stderr)")
    let lines = said.stdout.split(separator: "\n")
    #expect(lines.count == 2)
    for line in lines { try await requireParsed(line.split(separator: "\0").map(String.init)) }
  }

  /// The program takes the arguments, and fails at the first file, which is not here.
  private func requireParsed(_ arguments: [String]) async throws {
    let ending = try await OctokeyProgram.runProgram(
      OctokeyProgram.path, arguments, environment: ["OCTOKEY_STORE": "Server=db;Database=Octopus"])
    #expect(ending.status == 1, "\(arguments): \(ending.stderr)")
  }
}
