// Every report, by the name of its schema.

import FoundationEssentials

enum ReportSchemas {
  private static var reports: [any JSONReport.Type] {
    [
      BackupReport.self, RestoreReport.self, BackupVerificationReport.self,
      ConfigCheckReport.self, ConfigDiffReport.self, SettingChange.self, ConfigGetReport.self,
      ConfigListReport.self, FailureReport.self, NewKeyReport.self, RecoveryReport.self,
      RotationReport.self, DryRunReport.self, ServiceReport.self, SetKeyReport.self,
      StatusReport.self, Comparison.self, VerifyReport.self, KeyTrial.self,
    ]
  }

  /// Sorted by name; each with what is in the envelope.
  static let all: [(name: String, schema: Schema)] =
    (reports.map { ($0.schemaName.rawValue, $0.schema.after(Envelope.schema(of: $0.schemaName))) }
    + VendorShapes.schemas).sorted { $0.name < $1.name }

  /// The schema as a document of its own.
  static func document(_ name: String, _ schema: Schema) throws -> String {
    try Document(title: name, schema: schema).indentedJSON()
  }

  private struct Document: Encodable {
    let title: String
    let schema: Schema

    private enum CodingKeys: String, CodingKey {
      case dialect = "$schema"
      case title
    }

    func encode(to encoder: any Encoder) throws {
      var container = encoder.container(keyedBy: CodingKeys.self)
      try container.encode("https://json-schema.org/draft/2020-12/schema", forKey: .dialect)
      try container.encode(title, forKey: .title)
      try schema.encode(to: encoder)
    }
  }
}
