// The answers of `config get`, `list` and `diff` as JSON. Their text is printed by SettingPrinter.

import OctopusKeys

struct SettingLine: Encodable {
  static let schema: Schema = [
    "key": .string, "line": .integer, "masked": .boolean, "overridden": .boolean,
    "protected": .boolean, "value": .orNull(.string),
  ]

  let key: String
  let line: Int
  let masked: Bool
  /// Another one of that name is further down, and counts.
  let overridden: Bool
  let protected: Bool
  @OrNull var value: String?
}

struct ConfigGetReport: JSONReport {
  static let schemaName = ReportName.configGet
  static let schema: Schema = ["config": ConfigName.schema, "setting": SettingLine.schema]

  let config: ConfigName
  let setting: SettingLine
}

struct ConfigListReport: JSONReport {
  static let schemaName = ReportName.configList
  static let schema: Schema = ["config": ConfigName.schema, "settings": .list(SettingLine.schema)]

  let config: ConfigName
  let settings: [SettingLine]
}

struct ConfigDiffReport: JSONReport {
  static let schemaName = ReportName.configDiff
  static let schema: Schema = [
    "before": .string, "after": .string, "same": .boolean,
    "settings": .list([
      "key": .string, "change": .word(SettingDiff.Change.allCases.map(\.rawValue)),
      "before": .orNull(.string), "after": .orNull(.string),
    ]),
  ]

  struct Setting: Encodable {
    let key: String
    let change: SettingDiff.Change
    @OrNull var before: String?
    @OrNull var after: String?
  }

  /// The paths of the two configs.
  let before: String
  let after: String
  let same: Bool
  let settings: [Setting]
}
