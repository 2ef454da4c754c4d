// How the servers of a store get their Master Key, and what that means for the steps after a rotation. The facts are in
// octokey-deployments(7).

import ArgumentParser

enum Deployment: String, CaseIterable, ExpressibleByArgument {
  case linux, windows, kubernetes, compose
  case dockerSystemd = "docker-systemd"
  case ecs

  /// What the names of the nodes say: those of a chart are names of pods.
  init?(guessedFrom nodes: [String]) {
    guard !nodes.isEmpty, nodes.allSatisfy({ Deployment.podOfChart($0) != nil }) else { return nil }
    self = .kubernetes
  }

  /// How the new key comes to the servers, in order: one command a step.
  ///
  /// - Parameters:
  ///   - keyFile: the path of the new key's file.
  ///   - nodes: the names that the database knows.
  func steps(keyFile: String, nodes: [String]) -> [String] {
    let bare = "octokey show-master-key --bare --key-file \(keyFile.shellWord)"
    switch self {
    case .linux: return []
    case .windows:
      return [
        "on every server, while its service is stopped, in PowerShell as administrator: bring \(keyFile.fileName.quoted) there, "
          + "and run $key = (Get-Content \(keyFile.fileName) | Where-Object { $_ -notmatch '^#' }).Trim()",
        "then, in the folder of the server (it takes the key as an argument only, where the list of processes shows it for "
          + "a moment): .\\Octopus.Server.exe set-master-key --instance OctopusServer --masterKey=$key",
        "change the key in OctopusMasterKey of DSC, in cookbooks and in the scripts that make new servers: they go on with the "
          + "old one",
      ]
    case .kubernetes:
      let set = nodes.compactMap(Deployment.podOfChart).first
      let name = set.map(\.shellWord) ?? "NAME"
      let replicas = set == nil ? "N" : String(nodes.count)
      return [
        "change the source of the Secret first (values file, vault, git, Terraform): it writes the old key back otherwise; "
          + "octokey-deployments(7) lists them",
        "write the Secret, in which RELEASE is the name of the Helm release: \(bare) | kubectl create secret generic "
          + "RELEASE-masterkey --from-file=secret=/dev/stdin --dry-run=client -o yaml | kubectl apply --server-side "
          + "--force-conflicts -f -",
        "or, with a chart before 1.0.0: \(bare) | kubectl create secret generic octopus-deploy-secrets "
          + "--from-file=masterKey=/dev/stdin --dry-run=client -o yaml | kubectl apply --server-side --force-conflicts -f -",
        "start the servers, by the name of the StatefulSet and never by label: kubectl scale statefulset \(name) "
          + "--replicas=\(replicas)",
        "turn on again what was turned off before: automated sync, autoscalers, Maintenance Mode",
      ]
    case .compose:
      return [
        "write what this prints behind MASTER_KEY= in .env, with an editor: \(bare)",
        "create the containers again, which a restart does not: docker compose up -d",
      ]
    case .dockerSystemd:
      return [
        "write what this prints behind MASTER_KEY= in the unit file, with an editor: \(bare)",
        "read the unit again: systemctl daemon-reload",
        "remove the container, which still has the old key: docker rm octopusdeploy",
        "start it: systemctl start docker-octopusdeploy",
      ]
    case .ecs:
      return [
        "write what this prints into the secret that the task definition names in valueFrom, on standard input of the tool: "
          + bare,
        "register a new revision of the task definition, and update the service to it",
      ]
    }
  }

  /// The name of the StatefulSet whose pod has this name: `octopus-0` in the vendor's documentation,
  /// `RELEASE-octopus-deploy-0` in the chart.
  private static func podOfChart(_ node: String) -> String? {
    guard let dash = node.lastIndex(of: "-"), node[dash...].dropFirst().allSatisfy(\.isNumber),
      !node[dash...].dropFirst().isEmpty
    else { return nil }
    let set = node[..<dash]
    return set == "octopus" || set.hasSuffix("octopus-deploy") ? String(set) : nil
  }
}

extension String {
  /// The last part of a path.
  fileprivate var fileName: String { split(separator: "/").last.map(String.init) ?? self }
}
