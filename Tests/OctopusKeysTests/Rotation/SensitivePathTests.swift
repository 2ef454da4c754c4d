// Places in which a text must be a ciphertext or empty.

import Testing

@testable import OctopusKeys

@Suite struct SensitivePathTests {
  /// What is wrong with the texts of a document, and where.
  private func suspects(_ text: String, table: String) -> [String] {
    let bytes = Array(text.utf8)
    var found = ScannedText()
    ValueScanner(places: SensitivePaths(collection: table)).scan(bytes.span, into: &found)
    let paths = JSONPath.paths(to: found.suspects.compactMap(\.offset), in: bytes.span)
    return found.suspects.map { suspect in
      let path = suspect.offset.flatMap { paths[$0] } ?? "?"
      return suspect.reason == .notEncrypted ? path : "\(path): \(suspect.reason)"
    }
  }

  /// Documents with `X` where a value has to be encrypted.
  static let places: [(table: String, document: String, path: String)] = [
    ("Account", #"{"Password":"X"}"#, "Password"),
    ("account", #"{"Details":1,"SecretKey":"X"}"#, "SecretKey"),
    ("Account", #"{"CertificateBytes":"X"}"#, "CertificateBytes"),
    ("Feed", #"{"ServiceAccountJsonKey":"X"}"#, "ServiceAccountJsonKey"),
    ("Configuration", #"{"SmtpPassword":"X"}"#, "SmtpPassword"),
    ("Configuration", #"{"Details":{"SmtpPassword":"X"}}"#, "Details.SmtpPassword"),
    (
      "Machine", #"{"Endpoint":{"AadUserCredentialPassword":"X"}}"#,
      "Endpoint.AadUserCredentialPassword"
    ),
    (
      "Worker", #"{"Endpoint":{"AadUserCredentialPassword":"X"}}"#,
      "Endpoint.AadUserCredentialPassword"
    ),
    (
      "Project", #"{"PersistenceSettings":{"Credentials":{"Password":"X"}}}"#,
      "PersistenceSettings.Credentials.Password"
    ),
    ("ProjectTrigger", #"{"Filter":{"FilterType":"Webhook","Secret":"X"}}"#, "Filter.Secret"),
    (
      "ServerTask", #"{"LogContext":{"SensitiveValues":["",null,"X"]}}"#,
      "LogContext.SensitiveValues[2]"
    ),
    (
      "Interruption", #"{"LogContext":{"SensitiveValues":["X"]}}"#, "LogContext.SensitiveValues[0]"
    ),
    (
      "ExtensionConfiguration", #"{"Connections":[{"PersonalAccessToken":"X"}]}"#,
      "Connections[0].PersonalAccessToken"
    ),
    ("GitCredential", #"{"details":{"Password":"X"}}"#, "details.Password"),
    ("Any", #"{"a":[{"SensitiveValue":"X"}]}"#, "a[0].SensitiveValue"),
    ("Any", #"{"Variables":[{"Value":"X","Type":"Sensitive"}]}"#, "Variables[0].Value"),
    ("Any", #"{"IsSensitive":true,"Value":"X"}"#, "Value"),
    (
      "Project",
      #"{"Templates":[{},{"DefaultValue":"X","DisplaySettings":{"a":"b","Octopus.ControlType":"Sensitive"}}]}"#,
      "Templates[1].DefaultValue"
    ),
    (
      "LibraryVariableSet",
      #"{"Templates":[{"DisplaySettings":{"Octopus.ControlType":"Sensitive"},"DefaultValue":"X"}]}"#,
      "Templates[0].DefaultValue"
    ),
  ]

  @Test(arguments: places)
  func plainTextIsNamedAndCiphertextIsNot(_ table: String, _ document: String, _ path: String)
    throws
  {
    #expect(suspects(document.replacing("X", with: "hunter2"), table: table) == [path])
    let value = try value("secret", try key(1))
    let other = try OctopusKeysTests.value("another one", try key(2))
    for fine in [value, other, ""] {
      #expect(suspects(document.replacing("X", with: fine), table: table).isEmpty, "\(fine)")
    }
    for other in ["null", "1", #"{"HasValue":true}"#, "[]"] {
      #expect(suspects(document.replacing("\"X\"", with: other), table: table).isEmpty, "\(other)")
    }
    // Only there: not in other tables, and not deeper or higher.
    guard table != "Any" else { return }
    #expect(suspects(document.replacing("X", with: "hunter2"), table: "User").isEmpty)
    #expect(suspects(#"{"Z":{"Y":\#(document)}}"#.replacing("X", with: "x"), table: table).isEmpty)
    #expect(suspects("[\(document)]".replacing("X", with: "x"), table: table).isEmpty)
  }

  @Test(arguments: [
    ("User", #"{"Password":"hunter2"}"#), ("Feed", #"{"CertificateBytes":"x"}"#),
    ("Project", #"{"Credentials":{"Password":"x"}}"#),
    (
      "ServerTask", #"{"LogContext":{"SensitiveValues":"x","Other":["x"]},"SensitiveValues":["x"]}"#
    ),
    ("ServerTask", #"{"LogContext":{"SensitiveValues":[["x"],{"a":"x"}]}}"#),
    ("Deployment", #"{"LogContext":{"SensitiveValues":["x"]}}"#),
    ("Any", #"{"Value":{"Type":"Sensitive"},"Type":"String"}"#),
    ("Any", #"{"Variables":[{"Value":"y","Type":"String"}]}"#),
    (
      "Project",
      #"{"Templates":[{"DefaultValue":"x","DisplaySettings":{"Octopus.ControlType":"SingleLineText"}}]}"#
    ),
    (
      "Project",
      #"{"Templates":[{"DefaultValue":"x"},{"DisplaySettings":{"Octopus.ControlType":"Sensitive"}}]}"#
    ),
    (
      "Project",
      #"{"Templates":[{"DefaultValue":"x","Other":{"Octopus.ControlType":"Sensitive"}}]}"#
    ),
    (
      "Project",
      #"{"Templates":[{"DefaultValue":"x","DisplaySettings":[{"Octopus.ControlType":"Sensitive"}]}]}"#
    ),
    (
      "Project",
      #"{"Templates":{"a":{"DefaultValue":"x","DisplaySettings":{"Octopus.ControlType":"Sensitive"}}}}"#
    ),
    // Community templates come as they are, with defaults that are not secrets.
    (
      "ActionTemplate",
      #"{"Parameters":[{"DefaultValue":"x","DisplaySettings":{"Octopus.ControlType":"Sensitive"}}]}"#
    ),
  ])
  func otherPlacesMayHoldPlainText(_ table: String, _ document: String) {
    #expect(suspects(document, table: table).isEmpty)
  }
}
