// What real shells complete, by the scripts that octokey makes for them.

import Foundation
import Outside
import Testing

@Suite struct CompletionTests {
  /// A sample node, its instance registered, and octokey in the path.
  private func node() async throws -> SampleNode {
    let node = try await SampleNode(["--documents", "1"])
    try await node.shell(
      """
      mkdir bin register 'a folder'; ln -s "$OCTOKEY" bin/octokey; touch 'a folder/other.config'
      echo '{"Name":"Blue","ConfigurationFilePath":"'$PWD'/OctopusServer.config"}' >register/Blue.config
      sed -i 's|^</octo|<set key="Octopus.Own.Name">x</set>\\n&|' OctopusServer.config
      """)
    return node
  }

  /// Line, the word that is completed last, and something that is offered; an empty text: nothing else is.
  private static let lines = [
    ("rot", "rotate-master-key"), ("config g", "get"),
    ("config get --config OctopusServer.config Octopus.Ow", "Octopus.Own.Name"),
    ("config get --config OctopusServer.config Octopus.Storage.Mas", "Octopus.Storage.MasterKey"),
    ("config set --config OctopusServer.config Octopus.Server.Task", "Octopus.Server.TaskCap"),
    ("status --config Octo", "OctopusServer.config"),
    ("status --instances-dir register --instance B", "Blue"),
    ("config get -c OctopusServer.config Octopus.Ow", "Octopus.Own.Name"),
    ("status --instances-dir register -i B", "Blue"), ("verify --key-f", "--key-file"),
    ("backup verify bi", "bin"),
  ]

  @Test(arguments: lines)
  func bashCompletes(_ line: String, _ offered: String) async throws {
    let node = try await node()
    let words = line.split(separator: " ", omittingEmptySubsequences: false)
    let said = try await node.shell(
      """
      PATH=$PWD/bin:$PATH bash -c '
        source <(octokey --generate-completion-script bash)
        COMP_WORDS=(octokey \(words.joined(separator: " "))); COMP_CWORD=\(words.count)
        COMP_LINE="octokey \(line)"; COMP_POINT=${#COMP_LINE}
        _octokey octokey "${COMP_WORDS[COMP_CWORD]}" "${COMP_WORDS[COMP_CWORD-1]}"
        printf "%s\\n" "${COMPREPLY[@]}"' 2>&1
      """)
    #expect(said.split(separator: "\n").contains { $0.hasPrefix(offered) }, "\(said)")
  }

  @Test(arguments: lines)
  func zshCompletes(_ line: String, _ offered: String) async throws {
    let node = try await node()
    let said = try await node.shell(
      """
      mkdir functions; bin/octokey --generate-completion-script zsh >functions/_octokey
      cat >drive.py <<'END'
      import os, pty, select, sys, time
      pid, terminal = pty.fork()
      if pid == 0:
        os.environ.update(PATH=os.getcwd() + "/bin:" + os.environ["PATH"], TERM="dumb", ZDOTDIR=os.getcwd())
        os.execvp("zsh", ["zsh", "-f", "-i"])
      seen = b""
      def read(until, seconds=30):
        global seen
        end = time.time() + seconds
        while until not in seen and time.time() < end:
          if select.select([terminal], [], [], 0.2)[0]:
            try: seen += os.read(terminal, 65536)
            except OSError: break
      def send(text): os.write(terminal, text.encode())
      send("PROMPT=; fpath=($PWD/functions $fpath); autoload -U compinit; compinit -u -D; echo rea''dy\\n")
      read(b"ready\\r\\n"); seen = b""
      send(sys.argv[1] + "\\t\\t"); read(sys.argv[2].encode(), 20)
      sys.stdout.buffer.write(seen)
      END
      python3 drive.py 'octokey \(line)' '\(offered)'
      """)
    #expect(said.contains(offered), "\(said)")
  }

  @Test func fishIsGivenAScript() async throws {
    let script = try await OctokeyProgram.run(["--generate-completion-script", "fish"]).stdout
    #expect(script.contains("rotate-master-key") && script.contains("complete -c 'octokey'"))
  }
}
