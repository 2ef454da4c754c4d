// Secrets of a node config are shown only on request; those that are set are protected so that
// openssl, and so the server, can decrypt them.

import Foundation
import Outside
import Testing

@Suite struct ConfigSecretTests {
  private static let password = ConfigTests.password

  @Test(arguments: [
    ["list"], ["list", "--format", "json"], ["list", "pass"], ["diff", "OTHER"],
    ["diff", "OTHER", "--format", "json"], ["get", "Octopus.Proxy.ProxyPassword"],
    ["get", "Octopus.WebPortal.LdapPassword"], ["check"], ["check", "--format", "json"],
    ["get", "Octopus.Storage.ExternalDatabaseConnectionString"],
    ["get", "Octopus.Storage.ExternalDatabaseConnectionString", "--format", "json"],
    ["get", "Octopus.WebPortal.LdapPasswort"], ["set", "Octopus.Proxy.ProxyPassword", "PASSWORD"],
    ["set", "Octopus.Home", "Server=x;Pwd=PASSWORD"], ["set", "Octopus.New.ApiKey", "PASSWORD"],
    ["set", "Cert-CN=x", "PASSWORD"],
  ])
  func noSecretIsShown(_ arguments: [String]) async throws {
    let node = try await ConfigTests.nodeWithSecrets()
    let key = try await node.octokey("show-master-key").stdout.dropLast()
    try await node.shell("grep -v -e Password -e MasterKey OctopusServer.config >other.config")
    let result = try await ConfigTests.run(
      node,
      arguments.map {
        $0 == "OTHER"
          ? node.folder + "/other.config"
          : $0.replacingOccurrences(of: "PASSWORD", with: Self.password)
      })
    for text in [result.stdout, result.stderr] {
      #expect(!text.contains(Self.password) && !text.contains(key), "\(text)")
      // Not even the ciphertext: the machine-id decrypts it, and every user can read that.
      #expect(try await !text.contains(ConfigTests.xmllint(node, "Octopus.Storage.MasterKey")))
    }
    if arguments.first == "set" {
      #expect(result.status == 64 && result.stderr.contains("hint: pass - and the value on"))
    }
  }

  @Test func revealedIfAskedFor() async throws {
    let node = try await ConfigTests.nodeWithSecrets()
    let key = try await node.octokey("show-master-key").stdout
    let proxy = try await ConfigTests.config(
      node, "get", "Octopus.Proxy.ProxyPassword", "--reveal")
    #expect(proxy.stdout == Self.password + "\n")
    let master = try await ConfigTests.config(node, "get", "octopus.storage.masterkey", "--reveal")
    #expect(master.stdout == key)
    let text = try await ConfigTests.config(node, "list", "--reveal").stdout
    #expect(text.contains("Octopus.Proxy.ProxyPassword = \(Self.password)\n"))
    #expect(text.contains(";Password=\(Self.password);"))
    let json = try await ConfigTests.config(node, "list", "--reveal", "--format", "json")
    let all = try #require(
      try ConfigTests.object(json)["settings"] as? [[String: Any]])
    let values = Dictionary(
      uniqueKeysWithValues: all.map { ($0["key"] as? String ?? "", $0["value"] as? String) })
    #expect(values["Octopus.Storage.MasterKey"] == String(key.dropLast()))
    #expect(values["Octopus.WebPortal.LdapPassword"] == Self.password)
  }

  @Test func aMaskedConnectionStringKeepsTheRest() async throws {
    let node = try await ConfigTests.nodeWithSecrets()
    let shown = try await ConfigTests.config(
      node, "get", "Octopus.Storage.ExternalDatabaseConnectionString")
    #expect(
      shown.stdout
        == ConfigTests.connection.replacingOccurrences(of: Self.password, with: "***") + "\n")
    #expect(shown.stderr.contains("is masked; --reveal shows it"))
  }

  @Test(arguments: [
    ("Server=a;PWD = 'x;y''z' ;Database=b", "Server=a;PWD =***;Database=b"),
    ("password=\"a;b\"\"c\";server=d", "password=***;server=d"),
    ("Server=a;Password='never closed;Database=b", "<hidden>"),
    ("Server=a;Password=;Database=b", "Server=a;Password=;Database=b"),
    ("http://user:secret@proxy.test:8080/", "http://user:***@proxy.test:8080/"),
    ("postgres://user:p@ss/w;o:r?d#,'@db.test/octopus", "postgres://user:***@db.test/octopus"),
    ("postgres://user:a://b@c@db.test:5432/x", "postgres://user:***@db.test:5432/x"),
    ("https://github-token@host.test/x", "https://***@host.test/x"),
    ("postgres://db.test/x?sslmode=require&password=a&b", "postgres://db.test/x?sslmode=***"),
    ("postgres://db.test/x?password=a;b", "postgres://db.test/x?password=***;***"),
    ("Server=a;PWD={a;b}}c};Database=b", "Server=a;PWD=***;Database=b"),
    ("Server=a;PWD= {a;b}}c} ;Database=b", "Server=a;PWD=***;Database=b"),
    ("Server=a;Password={never closed;Database=b", "<hidden>"),
    ("Password=x;Application Name='never closed;Database=b", "<hidden>"),
    ("Server=a;Password='a'';b';Database=c", "Server=a;Password=***;Database=c"),
    ("Server=a;Password='a'b;c';Database=d", "Server=a;Password=***;***;Database=d"),
    ("Driver={x;Password=y};Server=a", "Driver=***;Server=a"),
    ("Server=a;Pasword=x;b=c", "Server=a;Pasword=***;b=c"), ("pasw ord = x", "pasw ord =***"),
    ("Passwd=x", "Passwd=***"), ("Pass=x", "Pass=***"), ("p w d=x", "p w d=***"),
    ("pw=x", "pw=***"),
    ("PWDD=x", "PWDD=***"), ("SQL_Passwrod=x", "SQL_Passwrod=***"),
    ("Passphrase=x", "Passphrase=***"),
    ("host=db user=sa password=x", "host=***"), ("{\"Password\" : \"x\"}", "<hidden>"),
    ("PATH=/a;HOME=/b", "PATH=/a;HOME=/b"),
    ("//u:SECRET@h/", "//u:***@h/"), ("user:SECRET@host", "user:***@host"),
    ("user:SE=CR;ET@host", "user:***@host"), ("tcp:u:SECRET@h,1433", "tcp:***@h,1433"),
    ("//SECRET@h/x", "//***@h/x"),
    ("Server=tcp:u:SECRET@h;Database=b", "Server=tcp:***@h;Database=b"),
    ("https://h/x?sv=1&sig=SECRET", "https://h/x?sv=***"),
    ("https://h/?key=SECRET", "https://h/?key=***"),
    ("/hook?code=SECRET#x", "/hook?code=***"), ("h/x#access_token=SECRET", "h/x#access_token=***"),
    ("/x?monkey=a", "/x?monkey=a"), ("admin@example.test", "admin@example.test"),
    ("Server=a;User ID=me@b;Database=c", "Server=a;User ID=me@b;Database=c"),
    ("http://+:80/,https://+:443/", "http://+:80/,https://+:443/"),
    (
      "AccountName=a;AccountKey=abc==;EndpointSuffix=c",
      "AccountName=a;AccountKey=***;EndpointSuffix=c"
    ),
  ])
  func masks(_ value: String, _ masked: String) async throws {
    let node = try await SampleNode(["--documents", "30"])
    let set = try await ConfigTests.config(node, "set", "Octopus.Home", "-", input: value)
    #expect(set.status == 0, "\(set.stderr)")
    let list = try await ConfigTests.config(node, "list", "Octopus.Home")
    #expect(list.stdout == "Octopus.Home = \(masked)\n")
    let revealed = try await ConfigTests.config(node, "get", "Octopus.Home", "--reveal")
    #expect(revealed.stdout == value + "\n")
  }

  /// In the connection string itself, what no driver knows may be a part of the password.
  @Test(arguments: [
    ("Server=a;Password=b;c;Database=d", "Server=a;Password=***;***;Database=d"),
    ("Server=a;Password=b;c=d;Database=e", "Server=a;Password=***;***=***;Database=e"),
    ("Server=a;Kenword=b;Database=d", "Server=a;Kenword=***;Database=d"),
    ("Server=a;Password='b'\u{301};Database=d", "Server=a;Password=***;Database=d"),
    (
      "odbc:Driver={ODBC Driver 18};UID=sa;TDS_Version=7.4;PWD={a;UID=b}",
      "odbc:Driver={ODBC Driver 18};UID=sa;TDS_Version=7.4;PWD=***"
    ),
    ("sqlite:octopus.db", "sqlite:octopus.db"), ("sqlite://u:SECRET@h/", "sqlite://u:***@h/"),
    ("Server=tcp:u:SECRET@h;Database=d", "Server=tcp:***@h;Database=d"),
    ("odbc:Driver={x};Server=u:SECRET@h", "odbc:Driver={x};Server=u:***@h"),
    (
      "Data Source=a;Initial Catalog=b;Trusted_Connection=yes;Connect  Timeout=3",
      "Data Source=a;Initial Catalog=b;Trusted_Connection=yes;Connect  Timeout=3"
    ),
  ])
  func masksAConnectionString(_ value: String, _ masked: String) async throws {
    let node = try await SampleNode(["--documents", "30"])
    let key = "Octopus.Storage.ExternalDatabaseConnectionString"
    let set = try await ConfigTests.config(node, "set", key, "-", "--force", input: value)
    #expect(set.status == 0, "\(set.stderr)")
    #expect(try await ConfigTests.config(node, "get", key).stdout == masked + "\n")
    #expect(try await ConfigTests.config(node, "list", key).stdout == "\(key) = \(masked)\n")
  }

  /// openssl decrypts what was set, with the machine's key and the vendor's fixed vector.
  @Test(arguments: ["-", "--value-file"])
  func protectedAsTheServerReadsIt(_ way: String) async throws {
    let node = try await SampleNode(["--documents", "30"])
    let value = "p\u{e4}ss w\u{f6}rd \"quoted\" \\"
    let file = node.folder + "/value"
    try await node.shell("umask 077; cat >value <<'E'\n\(value)\nE")
    let arguments = way == "-" ? ["-"] : [way, file]
    let set = try await ConfigTests.run(
      node, ["set", "Octopus.Proxy.ProxyPassword"] + arguments,
      input: way == "-" ? value + "\r\n" : "")
    #expect(set.status == 0 && set.stderr.isEmpty, "\(set.stderr)")
    let opened = try await node.shell(
      """
      hex() { od -An -v -tx1 | tr -d ' \\n'; }
      xmllint --xpath 'string(//set[@key="Octopus.Proxy.ProxyPassword"])' OctopusServer.config |
        base64 -d | openssl enc -d -aes-256-cbc -K "$(head -c 32 machine-id | hex)" \\
          -iv "$(printf 743677397A244326 | hex)"
      """)
    #expect(opened == value)
    let json = try ConfigTests.object(
      try await ConfigTests.config(
        node, "get", "Octopus.Proxy.ProxyPassword", "--reveal", "--format", "json"))
    #expect((json["setting"] as? [String: Any])?["value"] as? String == value)
  }

  @Test func aMasterKeyIsCheckedAndStoredAsJSON() async throws {
    let node = try await SampleNode(["--documents", "30"])
    #expect(try await OctokeyProgram.run(["new-master-key", node.folder + "/new.key"]).status == 0)
    let set = try await ConfigTests.config(
      node, "set", "Octopus.Storage.MasterKey", "--value-file", node.folder + "/new.key")
    #expect(set.status == 0, "\(set.stderr)")
    let shown = try await node.octokey("show-master-key")
    #expect(shown.stdout == (try await node.shell("grep -v '^#' new.key")))
    let short = try await ConfigTests.config(
      node, "set", "Octopus.Storage.MasterKey", "-", input: "c2hvcnQ=")
    #expect(short.status == 1 && short.stderr.contains("has 5 bytes"), "\(short.stderr)")
    #expect(try await node.octokey("show-master-key").stdout == shown.stdout)
  }

  @Test func anUnreadableSecretIsNotRevealedAsRubbish() async throws {
    let node = try await ConfigTests.nodeWithSecrets()
    try await node.shell("echo fedcba9876543210fedcba9876543210 >machine-id")
    let get = try await ConfigTests.config(node, "get", "Octopus.Proxy.ProxyPassword", "--reveal")
    #expect(get.status == 1 && get.stdout.isEmpty)
    #expect(get.stderr.contains("cannot be decrypted with a machine key here"))
    let list = try await ConfigTests.config(node, "list", "--reveal")
    #expect(list.status == 2 && list.stdout.contains("Octopus.Proxy.ProxyPassword = <protected>"))
    // Settings that are not secret need no machine key.
    try await node.shell("rm machine-id")
    #expect(try await ConfigTests.config(node, "get", "Octopus.Home").status == 0)
  }

  /// A value in a form that octokey does not read is named by it, wherever it is shown.
  @Test(arguments: [
    (
      "$OctopusMachineKeyV1$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
      "protected with $OctopusMachineKeyV1$ (AES-256-GCM), which octokey does not read"
    ),
    (
      "AQAAANCMnd8BFdERjHoAwE/Cl+sBAAAAaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
      "protected by Windows (DPAPI), which octokey does not read"
    ),
  ])
  func anUnreadFormIsNamed(_ value: String, _ form: String) async throws {
    for key in ["Octopus.Proxy.ProxyPassword", "Octopus.Storage.MasterKey", "Octopus.New.Thing"] {
      let node = try await ConfigTests.nodeWithSecrets()
      try await node.shell(
        """
        cp OctopusServer.config other.config; sed -i '/key="\(key)"/d' OctopusServer.config
        sed -i 's#^</octo#<set key="\(key)">\(value)</set>\\n&#' OctopusServer.config
        """)
      for options in [[], ["--reveal"], ["--format", "json"]] {
        let list = try await ConfigTests.run(node, ["list", key] + options)
        #expect(list.stdout.contains("<\(form)>"), "\(list.stdout) \(list.stderr)")
        let diff = try await ConfigTests.run(
          node, ["diff", node.folder + "/other.config"] + options)
        #expect(diff.stdout.contains("<\(form)>"), "\(diff.stdout)")
        #expect(!(list.stdout + diff.stdout).contains("AAAAA") && diff.status == 2)
        #expect(
          key == "Octopus.New.Thing" || options == ["--format", "json"]
            || diff.stderr.contains("on one side it is \(form)"), "\(diff.stderr)")
      }
      let get = try await ConfigTests.config(node, "get", key)
      #expect(get.status == 0 && get.stdout == "<\(form)>\n", "\(get.stderr)")
      let revealed = try await ConfigTests.config(node, "get", key, "--reveal")
      #expect(revealed.status == 1 && revealed.stdout.isEmpty, "\(revealed.stdout)")
      #expect(
        revealed.stderr.contains(
          form.hasPrefix("protected by") ? "protected by Windows" : "AES-256-GCM"),
        "\(revealed.stderr)")
      let list = try await ConfigTests.config(node, "list", "--reveal")
      #expect(list.status == 2 && list.stderr.contains("is \(form)"), "\(list.stderr)")
    }
  }

  @Test func aDiffComparesWhatSecretsHold() async throws {
    let node = try await ConfigTests.nodeWithSecrets()
    let other = node.folder + "/other.config"
    try await node.shell("cp OctopusServer.config other.config; sed -i '/TaskCap/d' other.config")
    let same = try await ConfigTests.config(node, "diff", other)
    #expect(same.status == 0 && same.stdout.isEmpty)
    _ = try await ConfigTests.config(
      node, "set", "Octopus.Proxy.ProxyPassword", "-", input: "another")
    _ = try await ConfigTests.config(node, "set", "Octopus.Server.TaskCap", "3")
    let diff = try await ConfigTests.config(node, "diff", other)
    #expect(diff.status == 2)
    #expect(
      diff.stdout == """
        --- \(node.config)
        +++ \(other)
        - Octopus.Proxy.ProxyPassword = <protected>
        + Octopus.Proxy.ProxyPassword = <protected>
        - Octopus.Server.TaskCap = 3

        """)
    let revealed = try await ConfigTests.config(node, "diff", other, "--reveal", "--format", "json")
    let json = try ConfigTests.object(revealed)
    let settings = try #require(json["settings"] as? [[String: Any]])
    #expect(json["same"] as? Bool == false && settings.count == 2)
    #expect(settings[0]["before"] as? String == "another")
    #expect(settings[0]["after"] as? String == Self.password)
    #expect(settings[1]["change"] as? String == "removed")
    // Protected by another machine: cannot be compared.
    try await node.shell(
      "sed -i 's|ProxyPassword\">[^<]*|&|; s|\\(ProxyPassword\">\\)[^<]*|\\1\(Self.foreign)|' other.config"
    )
    let foreign = try await ConfigTests.config(node, "diff", other, "--format", "json")
    let first = try #require(
      (try ConfigTests.object(foreign)["settings"] as? [[String: Any]])?.first)
    #expect(first["change"] as? String == "incomparable")
  }

  /// A value that no machine key of a sample decrypts.
  private static let foreign = "eiVxz/PyW08E3fqt109IOXg5MgfV1svVFyFe7W5vysI="

  @Test func aSecretIsAskedForWithoutEcho() async throws {
    let result = try await TerminalSession.run(
      """
      session = Session(["config", "set", "Octopus.Proxy.ProxyPassword"] + NODE)
      session.wait_for("Octopus.Proxy.ProxyPassword: ")
      print(session.echo())
      session.type("tell-nobody\\n")
      print(session.end(), session.restored(), "tell-nobody" in session.seen)
      session = Session(["config", "get", "Octopus.Proxy.ProxyPassword", "--reveal"] + NODE)
      session.wait_for("tell-nobody")
      print(session.end())
      session = Session(["config", "set", "Octopus.Home"] + NODE)
      session.wait_for("Octopus.Home: ")
      print(session.echo())
      session.type("/srv/octopus\\n")
      session.wait_for("changed Octopus.Home")
      print(session.end())
      """)
    #expect(
      result.stdout == "no echo\nexit 0 True False\nexit 0\necho\nexit 0\n",
      "\(result.stdout) \(result.stderr)")
  }
}
