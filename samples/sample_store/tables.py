"""The tables of a sample store: Octopus Deploy's names and columns, as SQLite declares them."""

ID = "nvarchar(210) NOT NULL PRIMARY KEY"
ID_SHORT = "nvarchar(50) NOT NULL PRIMARY KEY"
ID_LONG = "nvarchar(150) NOT NULL PRIMARY KEY"
NAME = "nvarchar(200) NOT NULL"
TEXT_50 = "nvarchar(50)"
TEXT_150 = "nvarchar(150)"
LIST = "TEXT"
JSON = "TEXT NOT NULL"
FLAG = "INTEGER NOT NULL"
TIME = "nvarchar(40)"
# SQL Server's rowversion: eight bytes that only the server interprets.
VERSION = "BLOB"
SPACE = TEXT_50

# A document table is one with a JSON or JSONBlob column; the others hold no documents.
TABLES = {
    "Account": [
        ("Id", ID), ("Name", NAME), ("AccountType", TEXT_50), ("EnvironmentIds", LIST),
        ("TenantIds", LIST), ("TenantTags", LIST), ("JSON", JSON), ("SpaceId", SPACE)],
    "ActionTemplate": [
        ("Id", ID_SHORT), ("Name", NAME), ("Version", FLAG), ("ActionType", TEXT_50),
        ("CommunityActionTemplateId", TEXT_50), ("JSON", JSON), ("SpaceId", SPACE)],
    "ActionTemplateVersion": [
        ("Id", ID_LONG), ("Name", NAME), ("Version", FLAG), ("LatestActionTemplateId", TEXT_50),
        ("ActionType", TEXT_50), ("JSON", JSON), ("SpaceId", SPACE)],
    "ApiKey": [
        ("Id", ID_SHORT), ("ApiKeyHashed", "nvarchar(200) NOT NULL"), ("UserId", TEXT_50),
        ("Created", TIME), ("JSON", JSON)],
    "BlobDocument": [
        ("Id", ID), ("ExtensionId", "nvarchar(200) NOT NULL"), ("Name", "nvarchar(200)"),
        ("Blob", "BLOB"), ("JSON", JSON)],
    "Certificate": [
        ("Id", "varchar(210) NOT NULL PRIMARY KEY"), ("Name", NAME),
        ("Thumbprint", "nvarchar(128) NOT NULL"), ("NotAfter", TIME), ("Subject", "TEXT"),
        ("TenantIds", LIST), ("EnvironmentIds", LIST), ("TenantTags", LIST), ("Archived", TIME),
        ("Created", TIME), ("JSON", JSON), ("DataVersion", VERSION), ("SpaceId", SPACE)],
    "Configuration": [("Id", ID_SHORT), ("JSON", JSON)],
    "Deployment": [
        ("Id", ID_SHORT), ("Name", NAME), ("Created", TIME), ("ProjectId", TEXT_50),
        ("ReleaseId", TEXT_150), ("TaskId", TEXT_50), ("EnvironmentId", TEXT_50),
        ("JSON", JSON), ("SpaceId", SPACE)],
    "DeploymentEnvironment": [
        ("Id", ID_SHORT), ("Name", NAME), ("SortOrder", FLAG), ("JSON", JSON),
        ("DataVersion", VERSION), ("SpaceId", SPACE)],
    "DeploymentHistory": [
        ("DeploymentId", ID_SHORT), ("DeploymentName", NAME), ("ProjectId", TEXT_50),
        ("TaskState", TEXT_50), ("Created", TIME)],
    "DeploymentProcess": [
        ("Id", ID_LONG), ("OwnerId", TEXT_150), ("IsFrozen", FLAG), ("Version", FLAG),
        ("RelatedDocumentIds", LIST), ("JSON", JSON), ("SpaceId", SPACE)],
    "Event": [
        ("Id", ID_SHORT), ("AutoId", "INTEGER NOT NULL"), ("Category", TEXT_50),
        ("Message", "TEXT"), ("Occurred", TIME), ("ProjectId", TEXT_50), ("UserId", TEXT_50),
        ("Username", "nvarchar(200)"), ("RelatedDocumentIds", LIST), ("JSON", JSON),
        ("SpaceId", SPACE)],
    "EventRelatedDocument": [("EventId", TEXT_50), ("RelatedDocumentId", "nvarchar(250)")],
    "ExtensionConfiguration": [
        ("Id", ID_SHORT), ("Name", "nvarchar(1000) NOT NULL"),
        ("ExtensionAuthor", "nvarchar(1000)"), ("JSON", JSON)],
    "Feed": [
        ("Id", ID), ("Name", NAME), ("FeedUri", "nvarchar(512)"), ("FeedType", TEXT_50),
        ("JSON", JSON), ("SpaceId", SPACE)],
    "GitCredential": [
        ("Id", ID_SHORT), ("Name", NAME), ("JSON", JSON), ("SpaceId", SPACE)],
    "KeyAllocation": [("CollectionName", ID_SHORT), ("Allocated", FLAG)],
    "LibraryVariableSet": [
        ("Id", ID_SHORT), ("Name", NAME), ("VariableSetId", TEXT_150), ("ContentType", TEXT_50),
        ("JSON", JSON), ("SpaceId", SPACE)],
    "Machine": [
        ("Id", ID_SHORT), ("Name", NAME), ("IsDisabled", FLAG), ("Roles", LIST),
        ("EnvironmentIds", LIST), ("TenantIds", LIST), ("TenantTags", LIST),
        ("MachinePolicyId", TEXT_50), ("Thumbprint", TEXT_50), ("Fingerprint", TEXT_50),
        ("CommunicationStyle", TEXT_50), ("RelatedDocumentIds", LIST), ("JSON", JSON),
        ("SpaceId", SPACE)],
    "OctopusServerInstallationHistory": [
        ("Id", ID_SHORT), ("Node", NAME), ("Version", TEXT_50), ("Installed", TIME),
        ("JSON", JSON)],
    "OctopusServerNode": [
        ("Id", "nvarchar(250) NOT NULL PRIMARY KEY"), ("Name", NAME), ("LastSeen", TIME),
        ("MaxConcurrentTasks", FLAG), ("IsInMaintenanceMode", FLAG), ("JSON", JSON)],
    "Project": [
        ("Id", ID_SHORT), ("Name", NAME), ("Slug", "nvarchar(210)"), ("IsDisabled", FLAG),
        ("VariableSetId", TEXT_150), ("DeploymentProcessId", TEXT_50),
        ("IncludedLibraryVariableSetIds", LIST), ("ProjectGroupId", TEXT_50),
        ("LifecycleId", TEXT_50), ("JSON", JSON), ("DataVersion", VERSION), ("SpaceId", SPACE)],
    "Proxy": [("Id", ID_SHORT), ("Name", NAME), ("JSON", JSON), ("SpaceId", SPACE)],
    "RelatedDocument": [
        ("Id", "nvarchar(250) NOT NULL"), ("Table", TEXT_50),
        ("RelatedDocumentId", "nvarchar(250)"), ("RelatedDocumentTable", TEXT_50)],
    "Release": [
        ("Id", ID_LONG), ("Version", "nvarchar(349)"), ("Assembled", TIME),
        ("ProjectId", TEXT_150), ("ChannelId", TEXT_50), ("ProjectVariableSetSnapshotId", TEXT_150),
        ("ProjectDeploymentProcessSnapshotId", TEXT_150), ("JSON", JSON), ("SpaceId", SPACE)],
    "RunbookProcess": [
        ("Id", ID_LONG), ("OwnerId", TEXT_150), ("RunbookId", TEXT_50), ("IsFrozen", FLAG),
        ("Version", FLAG), ("RelatedDocumentIds", LIST), ("JSON", JSON), ("SpaceId", SPACE)],
    "SchemaVersions": [
        ("Id", "INTEGER PRIMARY KEY"), ("ScriptName", "nvarchar(255) NOT NULL"),
        ("Applied", TIME)],
    "ServerTask": [
        ("Id", ID_SHORT), ("Name", NAME), ("Description", "TEXT"), ("QueueTime", TIME),
        ("StartTime", TIME), ("CompletedTime", TIME), ("State", TEXT_50),
        ("ServerNodeId", "nvarchar(250)"), ("DurationSeconds", FLAG), ("JSON", JSON),
        ("SpaceId", SPACE)],
    "Subscription": [
        ("Id", ID_SHORT), ("Name", NAME), ("Type", TEXT_50), ("IsDisabled", FLAG), ("JSON", JSON),
        ("SpaceId", SPACE)],
    "TenantVariable": [
        ("Id", ID_SHORT), ("TenantId", TEXT_50), ("OwnerId", TEXT_50), ("EnvironmentId", TEXT_50),
        ("VariableTemplateId", TEXT_50), ("RelatedDocumentId", "TEXT"), ("JSON", JSON),
        ("SpaceId", SPACE)],
    "User": [
        ("Id", ID_SHORT), ("Username", NAME), ("IsActive", FLAG), ("IsService", FLAG),
        ("IdentificationToken", "nvarchar(36)"), ("EmailAddress", "nvarchar(400)"),
        ("DisplayName", "nvarchar(200)"), ("ExternalIdentifiers", "TEXT"), ("JSON", JSON)],
    "VariableSet": [
        ("Id", ID_LONG), ("OwnerId", TEXT_150), ("OwnerType", TEXT_50), ("Version", FLAG),
        ("IsFrozen", FLAG), ("RelatedDocumentIds", LIST), ("JSON", JSON), ("SpaceId", SPACE)],
    "Worker": [
        ("Id", ID_SHORT), ("Name", NAME), ("IsDisabled", FLAG), ("WorkerPoolIds", LIST),
        ("MachinePolicyId", TEXT_50), ("Thumbprint", TEXT_50), ("Fingerprint", TEXT_50),
        ("CommunicationStyle", TEXT_50), ("RelatedDocumentIds", LIST), ("JSON", JSON),
        ("SpaceId", SPACE)],
}

# With --json-blob: one table that has only the compressed column, one that has both.
COMPRESSED = "RunbookProcess"
MIXED = "ActionTemplateVersion"


def columns(table, json_blob=False):
    """The columns of `table` as (name, declaration) pairs."""
    listed = TABLES[table]
    if json_blob and table == COMPRESSED:
        return [("JSONBlob", "BLOB NOT NULL") if c[0] == "JSON" else c for c in listed]
    if json_blob and table == MIXED:
        at = [c[0] for c in listed].index("JSON")
        return listed[:at] + [("JSON", "TEXT"), ("JSONBlob", "BLOB")] + listed[at + 1:]
    return listed


def schema(json_blob=False):
    """The CREATE TABLE statements."""
    for table in TABLES:
        body = ", ".join(f"[{name}] {kind}" for name, kind in columns(table, json_blob))
        yield f"CREATE TABLE [{table}] ({body})"
    yield "CREATE UNIQUE INDEX [UQ_AccountUniqueName] ON [Account] ([Name], [SpaceId])"
    yield "CREATE INDEX [IX_VariableSet_OwnerId] ON [VariableSet] ([OwnerId], [IsFrozen])"
    yield "CREATE INDEX [IX_RelatedDocument_Id] ON [RelatedDocument] ([Id])"


def plain_rows(seed_count):
    """Rows of the tables that hold no documents; `seed_count` scales the long ones."""
    for number in range(1, 21):
        script = f"Octopus.Core.UpgradeScripts.Script{number:04d} - Sample.sql"
        yield "SchemaVersions", (number, script, f"2024-01-{number:02d} 09:00:00.000")
    for number in range(1, seed_count + 1):
        yield "RelatedDocument", (
            f"Projects-{number}", "Project", f"LibraryVariableSets-{number % 7 + 1}",
            "LibraryVariableSet")
        yield "EventRelatedDocument", (f"Events-{number}", f"Projects-{number}")
        yield "DeploymentHistory", (
            f"Deployments-{number}", "Deploy to Production", f"Projects-{number}", "Success",
            "2024-05-01T10:00:00.0000000+00:00")
    yield "KeyAllocation", ("Projects", seed_count)
    yield "KeyAllocation", ("Certificates", seed_count)
