// The names of the reports: of their schemas, and by which `status --compare` tells them apart.

enum ReportName: String, Encodable {
  case backupCreate = "backup-create"
  case backupRestore = "backup-restore"
  case backupVerify = "backup-verify"
  case configCheck = "config-check"
  case configDiff = "config-diff"
  case configEdit = "config-edit"
  case configGet = "config-get"
  case configList = "config-list"
  case error
  case newMasterKey = "new-master-key"
  case recover
  case rotateMasterKey = "rotate-master-key"
  case rotateMasterKeyDryRun = "rotate-master-key-dry-run"
  case service
  case setMasterKey = "set-master-key"
  case status
  case statusCompare = "status-compare"
  case verify
  case verifyTryKeys = "verify-try-keys"
}

/// What a recovery did, or after a dry run would do: `resume` is `finish` with values that were still under the old key.
enum RecoveryCourse: String, Codable, CaseIterable {
  case none, rollBack, finish, resume
}
