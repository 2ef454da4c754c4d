// What is printed with --format json, held against the schemas that octokey prints itself by python's jsonschema.

import Foundation
import Outside
import Testing

@testable import octokey

@Suite struct ReportSchemaTests {
  /// Every command, and every end that has an answer of its own.
  private static let script = """
    node=(--config OctopusServer.config --machine-id-file machine-id --machine-key-file machinekey)
    mkdir out
    # json CODE NAME ARGUMENTS...: the answer in out/NAME.
    json() {
      local code=$1 name=$2 ended=0
      shift 2
      "$OCTOKEY" "$@" --format json --non-interactive >"out/$name" 2>"$name.err" || ended=$?
      [ "$ended" = "$code" ] || { echo "$name ended with $ended" >&2; cat "$name.err" >&2; exit 1; }
    }
    json 0 status status "${node[@]}"
    json 0 check config check "${node[@]}"
    json 0 get config get Octopus.Server.NodeName "${node[@]}"
    json 0 get-secret config get Octopus.Storage.MasterKey --reveal "${node[@]}"
    json 0 get-empty config get Octopus.Node.Cache "${node[@]}"
    json 0 list config list "${node[@]}"
    json 0 list-secrets config list --reveal "${node[@]}"
    json 0 list-nothing config list nothing "${node[@]}"
    cp OctopusServer.config other.config
    json 0 diff-same config diff other.config "${node[@]}"
    json 0 set config set Octopus.Server.TaskCap 7777 "${node[@]}"
    json 0 set-again config set Octopus.Server.TaskCap 7777 "${node[@]}"
    json 0 unset config unset Octopus.WebPortal.ListenPrefixes "${node[@]}"
    EDITOR="sed -i s/7777/8/" json 0 edit config edit --yes "${node[@]}"
    json 2 diff config diff other.config "${node[@]}"
    json 2 diff-secrets config diff other.config --reveal "${node[@]}"
    json 0 verify verify "${node[@]}"
    "$OCTOKEY" show-master-key "${node[@]}" >old.key
    mkdir keys && cp old.key keys/ && openssl rand -base64 32 >keys/other && echo x >keys/none
    json 0 try-keys verify --try-keys keys "${node[@]}"
    echo secret words >passphrase
    json 0 backup-create backup create --to before --passphrase-file passphrase "${node[@]}"
    json 0 backup-verify backup verify before --passphrase-file passphrase
    json 0 dry-run rotate-master-key --dry-run "${node[@]}"
    json 0 rotate rotate-master-key --yes "${node[@]}"
    cp rotation-report-*.json out/rotation-file
    json 0 nothing-to-recover recover "${node[@]}"
    json 0 set-key set-master-key --key-file master-key-*.key "${node[@]}"
    mkdir there && cp machine-id there/
    json 0 restore backup restore before --passphrase-file passphrase --config there/OctopusServer.config \\
      --store sqlite:there/octopus.db --machine-id-file machine-id --machine-key-file machinekey
    json 2 compare status --compare out/status out/rotate out/verify out/backup-verify out/restore
    json 0 new-key new-master-key new.key
    mkdir registered
    printf '{"Name": "a", "ConfigurationFilePath": "%s"}' "$PWD/OctopusServer.config" >registered/a.config
    json 0 instances list-instances --instances-dir registered
    json 0 key show-master-key "${node[@]}"
    json 0 fingerprint show-master-key --fingerprint "${node[@]}"
    json 1 wrong-key verify "${node[@]}" --key-file none
    json 1 no-setting config get Octopus.None "${node[@]}"
    json 64 no-answer rotate-master-key "${node[@]}"
    json 64 usage verify --bogus
    json 64 no-command statsu
    json 64 no-schema schema statsu
    json 64 vendor-usage show-master-key --bogus
    json 1 vendor-failure show-master-key --config none
    for file in vendor-usage vendor-failure; do
      [ ! -s out/$file ] || { echo "$file prints something" >&2; exit 1; }
      rm out/$file
    done
    json 0 recovered-folder recover --state-dir . --store sqlite:octopus.db
    """

  @Test func everyAnswerIsAsItsSchemaSays() async throws {
    let node = try await SampleNode(["--documents", "60"])
    try await node.shell(Self.script)
    let service = try await node.shell(
      """
      mkdir bin; printf '#!/bin/sh\\necho LoadState=loaded\\necho ActiveState=active\\n' >bin/systemctl
      chmod +x bin/systemctl
      PATH=$PWD/bin:$PATH "$OCTOKEY" service --status --unit octopus --format json >out/service
      cat out/service
      """)
    #expect(service.contains("\"services\""), "\(service)")
    try await node.interruptRotation("renameat", 1)
    try await node.shell(
      """
      node=(--config OctopusServer.config --machine-id-file machine-id --machine-key-file machinekey)
      "$OCTOKEY" recover --dry-run --format json "${node[@]}" >out/recover-dry
      "$OCTOKEY" status --format json "${node[@]}" >out/unfinished && exit 1 || [ $? = 3 ]
      "$OCTOKEY" rotate-master-key --yes --format json "${node[@]}" >out/in-the-way && exit 1 || [ $? = 3 ]
      "$OCTOKEY" recover --format json "${node[@]}" >out/recover
      """)
    let said = try await node.shell(
      """
      arguments=()
      for file in out/*; do
        case $file in
          out/instances) arguments+=("$file=list-instances") ;;
          out/key | out/fingerprint) arguments+=("$file=show-master-key") ;;
          *) arguments+=("$file") ;;
        esac
      done
      for python in python3 /usr/bin/python3; do
        if "$python" -c 'import jsonschema' 2>/dev/null; then
          "$python" "\(SampleNode.tests)/Schemas/validate.py" "$OCTOKEY" "${arguments[@]}" >said 2>&1 \\
            || { cat said >&2; exit 1; }
          cat said
          exit
        fi
      done
      echo "no python3 with jsonschema"
      """)
    #expect(said.hasSuffix(", 0 faults\n"), "\(said)")
    // What a script asks for first.
    let report = try JSONDecoder().decode(
      Answer.self, from: Data(node.text("out/no-answer").utf8))
    #expect(report.command == "rotate-master-key" && report.outcome == "failed")
    #expect(report.error?.exitCode == 64 && report.error?.message.hasPrefix("confirmation") == true)
    #expect(report.error?.hint?.hasPrefix("give --i-have") == true)
    let unfinished = try JSONDecoder().decode(
      Answer.self, from: Data(node.text("out/in-the-way").utf8))
    #expect(unfinished.outcome == "unfinished-rotation" && unfinished.error?.exitCode == 3)
    let secret = try node.text("out/get-secret")
    let key = try node.text("old.key").dropLast()
    #expect(secret.contains("\"value\" : \"\(key)\""), "\(secret)")
    for name in ["get", "list", "diff", "status", "rotate", "backup-create", "compare"] {
      #expect(try !node.text("out/" + name).contains(key))
    }
  }

  @Test func everyNameIsInTheManual() throws {
    let pages = try ["octokey-json", "octokey-reports"].map {
      try String(contentsOfFile: repositoryPath + "/man/man5/\($0).5", encoding: .utf8)
    }
    let words = Set(
      pages.joined(separator: "\n").split(separator: "\n").filter { $0.contains("Li ") }
        .flatMap { $0.split { !$0.isLetter } })
    let names = ReportSchemas.all.reduce(into: Set<String>()) { $0.formUnion($1.schema.names) }
    #expect(names.count > 80)
    #expect(names.filter { !words.contains($0[...]) }.sorted() == [])
    for schema in ReportSchemas.all {
      #expect(pages[0].contains(schema.name) || pages[1].contains(schema.name))
    }
  }

  private struct Answer: Decodable {
    struct Fault: Decodable {
      let message: String
      let hint: String?
      let exitCode: Int
    }

    let command: String
    let outcome: String
    let error: Fault?
  }
}
