// samples/install.sh: what it installs and removes, and the packages that it makes, checked with the programs that
// an admin has for them.

import Foundation
import Outside
import Testing

@Suite struct InstallTests {
  private let scratch = ScratchFolder()

  /// Runs a script in the scratch folder. `$INSTALL` is samples/install.sh, `$OCTOKEY` the built program.
  private func bash(_ script: String) async throws -> Ending {
    try await OctokeyProgram.runProgram(
      "bash", ["-c", script],
      environment: [
        "INSTALL": repositoryPath + "/samples/install.sh", "PREFIX": scratch.path + "/prefix",
        "SOURCE_DATE_EPOCH": "1790000000", "DEBEMAIL": "admin@example.com", "MANPAGER": "cat",
        "MANWIDTH": "80", "LC_ALL": "C.UTF-8", "TZ": "UTC",
      ], directory: scratch.path)
  }

  /// The output of a script that must not fail.
  private func output(_ script: String) async throws -> String {
    let ending = try await bash("set -euo pipefail\n" + script)
    try #require(ending.status == 0, "\(script): \(ending.stdout)\(ending.stderr)")
    return ending.stdout
  }

  private func lines(_ script: String) async throws -> [String] {
    try await output(script).split(separator: "\n").map(String.init)
  }

  private func install() async throws {
    _ = try await output(#"umask 077; "$INSTALL" --prefix prefix --program "$OCTOKEY""#)
  }

  private static let completions = [
    "share/bash-completion/completions/octokey", "share/fish/vendor_completions.d/octokey.fish",
    "share/zsh/site-functions/_octokey",
  ]

  /// The program, its man pages and the completions, relative to a prefix.
  private func files(completions: [String] = InstallTests.completions) throws -> [String] {
    let pages = try FileManager.default.subpathsOfDirectory(atPath: repositoryPath + "/man")
      .filter { $0.contains("/") }
    try #require(pages.count > 10)
    return (["bin/octokey"] + completions + pages.map { "share/man/" + $0 }).sorted()
  }

  // MARK: Installing and uninstalling

  @Test func whatIsInstalledIsOpenToEveryUser() async throws {
    try await install()
    let manifest = "share/octokey/installed"
    let expected = try files()
    let modes = (expected + [manifest]).map { ($0.hasPrefix("bin/") ? "755 " : "644 ") + $0 }
    let found = try await lines(#"cd prefix; find . -type f -printf '%m %P\n'"#)
    #expect(found.sorted() == modes.sorted())
    #expect(try await output("find prefix -type d -not -perm 755; find prefix -type l") == "")
    #expect(try await lines("grep -v '/$' prefix/\(manifest)") == expected)
    _ = try await output(#"cmp prefix/bin/octokey "$OCTOKEY"; prefix/bin/octokey --version"#)
  }

  @Test func pagesAndCompletionsWork() async throws {
    try await install()
    for name in ["octokey", "octokey-files", "octokey-rotation"] {
      let page = try await output(#"man -M "$PREFIX/share/man" \#(name)"#)
      #expect(page.contains("DESCRIPTION") && page.contains(name))
    }
    let completed = try await bash(
      #"""
      source prefix/share/bash-completion/completions/octokey
      [[ $(complete -p octokey) =~ -F\ ([^ ]+) ]]
      COMP_WORDS=(octokey rot) COMP_CWORD=1 COMP_LINE="octokey rot" COMP_POINT=11
      "${BASH_REMATCH[1]}" octokey rot octokey
      echo "${COMPREPLY[@]}"
      """#)
    #expect(completed.stdout == "rotate-master-key\n", "\(completed.stderr)")
    let (fish, zsh) = (InstallTests.completions[1], InstallTests.completions[2])
    #expect(try await output("head -n 1 prefix/\(zsh)") == "#compdef octokey\n")
    _ = try await output("grep -q '^complete -c .*octokey' prefix/\(fish)")
  }

  @Test func nothingIsLeftAndNothingElseRemoved() async throws {
    try await install()
    // A page that only an older version had goes with an update.
    let old = "share/man/man1/octokey-old.1"
    _ = try await output("touch prefix/\(old); echo \(old) >>prefix/share/octokey/installed")
    try await install()
    #expect(try await output("find prefix -name octokey-old.1") == "")
    _ = try await output(#""$INSTALL" --prefix prefix --uninstall"#)
    #expect(try await output("ls -A prefix") == "")
    let again = try await bash(#""$INSTALL" --prefix prefix --uninstall"#)
    #expect(again.status == 1 && again.stderr.contains("octokey is not installed in"))

    _ = try await output("mkdir -p prefix/share/fish")
    try await install()
    _ = try await output("touch prefix/bin/other prefix/share/man/man1/other.1")
    _ = try await output(#""$INSTALL" --prefix prefix --uninstall"#)
    #expect(
      try await lines("find prefix -mindepth 1 | sort") == [
        "prefix/bin", "prefix/bin/other", "prefix/share", "prefix/share/fish", "prefix/share/man",
        "prefix/share/man/man1", "prefix/share/man/man1/other.1",
      ])
  }

  @Test func aStagedInstallationLeavesThePrefixAlone() async throws {
    let stage = #"export DESTDIR="$PWD/a stage";"#
    _ = try await output(stage + #""$INSTALL" --prefix "$PREFIX" --program "$OCTOKEY""#)
    #expect(scratch.names == ["a stage"])
    _ = try await output(stage + #""$DESTDIR$PREFIX/bin/octokey" --version"#)
    _ = try await output(stage + #""$INSTALL" --prefix "$PREFIX" --uninstall"#)
    #expect(try await output("find 'a stage' -type f") == "")
  }

  @Test func aManifestThatLeadsOutIsRefused() async throws {
    try await install()
    _ = scratch.file("precious", [])
    _ = try await output("cp prefix/share/octokey/installed good")
    _ = try await output("mkdir out; touch out/precious; ln -s ../out prefix/link")
    func refuses(_ action: String) async throws {
      let refused = try await bash(#""$INSTALL" --prefix prefix "# + action)
      let why = "refusing a path that leads out of"
      #expect(refused.status == 1 && refused.stderr.contains(why), "\(refused.stderr)")
    }
    for path in [
      scratch.path + "/precious", "link/precious", "../", ".", "", "bin/../../precious",
      "../precious",
    ] {
      _ = try await output("{ echo '\(path)'; cat good; } >prefix/share/octokey/installed")
      try await refuses("--uninstall")
    }
    try await refuses(#"--program "$OCTOKEY""#)
    _ = try await output("ls precious out/precious; cd prefix; grep -v '/$' ../good | xargs ls")
  }

  @Test func wrongUsageIsRefused() async throws {
    for words in [
      "--bogus", "--prefix", "--prefix=", "prefix", "--deb . --uninstall", "--tarball . --prefix .",
      "--uninstall --program \"$OCTOKEY\"",
    ] {
      let refused = try await bash("\"$INSTALL\" " + words)
      #expect(
        refused.status == 64 && refused.stdout == ""
          && refused.stderr.contains(#/^install\.sh: .*[^.]\ninstall\.sh: hint: .*[^.]\n$/#),
        "\(words): \(refused.stderr)")
    }
    #expect(scratch.names == [])
    let help = try await output(#""$INSTALL" --help"#)
    for option in ["--prefix", "--program", "--uninstall", "--deb", "--tarball"] {
      #expect(help.contains(option))
    }
  }

  @Test func theVersionIsReadFromTheFirstLine() async throws {
    for (said, version) in [
      ("0.1.0", "0.1.0"), ("octokey 0.1.0 (commit 12.5)", "0.1.0"),
      ("octokey 0.2.0-beta.1\nSwift 6.2", "0.2.0-beta.1"),
    ] {
      _ = scratch.file("fake", Array("#!/bin/sh\necho '\(said)'\n".utf8), mode: 0o700)
      let ending = try await bash(#""$INSTALL" --prefix prefix --program fake"#)
      #expect(ending.stderr.contains("installed octokey \(version) in"), "\(ending.stderr)")
    }
  }

  // MARK: Packages

  /// Makes a package twice, under other circumstances, and tells whether the bytes are the same.
  private func isMadeTwice(_ option: String) async throws -> Bool {
    // Stripped, as a release build is.
    _ = try await output(
      #"strip -o octokey "$OCTOKEY"; "$INSTALL" \#(option) first --program octokey"#)
    _ = try await output(
      "umask 027; export TZ=Asia/Tokyo LC_ALL=C; \"$INSTALL\" \(option) second --program octokey")
    return try await bash("diff -r first second").status == 0
  }

  @Test func theDebianPackageIsComplete() async throws {
    #expect(try await isMadeTwice("--deb"))
    let name = try await output("cd first; ls")
    #expect(name.contains(#/^octokey_0\.1\.0-1_[a-z0-9]+\.deb\n$/#), "\(name)")
    let depends = try await output("dpkg-deb --field first/*.deb Depends")
    for library in ["libc6", "libxml2", "libssl", "libodbc", "libsqlite3", "zlib1g"] {
      #expect(depends.contains(library), "\(depends)")
    }
    let others = try await output("dpkg-deb --field first/*.deb Recommends Suggests Maintainer")
    #expect(others.contains("tdsodbc") && others.contains("odbc-postgresql"))
    #expect(others.contains("<admin@example.com>"))

    let contents = try await lines("dpkg-deb --contents first/*.deb")
    for line in contents {
      #expect(line.contains(#/^(d|-)rw[x-]r-[x-]r-[x-] root/root .* 2026-09-21 /#), "\(line)")
    }
    let paths = contents.filter { $0.hasPrefix("-") }.compactMap { $0.split(separator: " ").last }
    let zsh = "share/zsh/vendor-completions/_octokey"
    let expected = try files(completions: Array(InstallTests.completions[..<2]) + [zsh])
      .map { "./usr/" + $0 + ($0.contains("/man/") ? ".gz" : "") }
    let documents = ["changelog.Debian.gz", "copyright"].map { "./usr/share/doc/octokey/" + $0 }
    #expect(paths.map(String.init).sorted() == (expected + documents).sorted())

    _ = try await output("dpkg-deb -R first/*.deb raw; cd raw; md5sum --quiet -c DEBIAN/md5sums")
    let copyright = try await output("cat raw/usr/share/doc/octokey/copyright")
    #expect(copyright.contains("\nLicense: undecided\n"))
    let changes = try await lines("zcat raw/usr/share/doc/octokey/changelog.Debian.gz")
    #expect(changes.first == "octokey (0.1.0-1) unstable; urgency=medium")
    #expect(changes.count > 5 && changes.allSatisfy { $0.count <= 80 })
    try await installAndPurge()
  }

  /// In a root folder of its own: dpkg of this machine is not touched.
  private func installAndPurge() async throws {
    try #require(geteuid() == 0, "to install a package takes root")
    let dpkg = """
      export PATH=$PATH:/usr/sbin:/sbin
      mkdir -p root/var/lib/dpkg/{updates,info}; touch root/var/lib/dpkg/status
      dpkg --root="$PWD/root" --log="$PWD/log" --force-depends '--path-include=/usr/*'
      """
    _ = try await output(dpkg + " -i first/*.deb; root/usr/bin/octokey --version")
    #expect(try await output(dpkg + " -V octokey") == "")
    _ = try await output(dpkg + " --purge octokey")
    #expect(try await output("ls root; find root -path '*octokey*'") == "var\n")
  }

  @Test func theTarballIsComplete() async throws {
    #expect(try await isMadeTwice("--tarball"))
    let machine = try await output("uname -m").dropLast()
    let name = "octokey-0.1.0-linux-\(machine)"
    #expect(try await lines("cd first; ls") == ["\(name).tar.gz", "\(name).tar.gz.sha256"])
    _ = try await output("cd first; sha256sum --quiet -c *.sha256; tar -xzf *.tar.gz -C ..")
    let expected = try files()
    let contents = try await lines("cd \(name); find * -type f")
    #expect(contents.sorted() == (expected + ["INSTALL", "install.sh"]).sorted())
    _ = try await output("cmp octokey \(name)/bin/octokey; \(name)/bin/octokey --version")
    // Without the source, and without what the environment says.
    let script = "env -i PATH=/usr/bin:/bin \(name)/install.sh --prefix prefix"
    _ = try await output("umask 077; " + script)
    let readable = try await lines("find prefix -type f -perm -444")
    #expect(readable.count == expected.count + 1)
    _ = try await output(script + " --uninstall")
    #expect(try await output("ls -A prefix") == "")
    let refused = try await bash("\(name)/install.sh --deb .")
    #expect(refused.status == 64 && refused.stderr.contains("octokey's source"))
  }
}
