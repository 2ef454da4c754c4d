"""The documents without sensitive values. A hash, an API key or `a|b` must not be taken for one."""

import base64


def user(draft):
    number = draft.number
    name = f"benutzer{number}"
    row = {
        "Id": f"Users-{number}", "Username": name, "IsActive": 1, "IsService": number % 2,
        "IdentificationToken": draft.guid(), "EmailAddress": f"{name}@example.test",
        "DisplayName": "Jürgen Groß", "ExternalIdentifiers": ""}
    hashed = base64.b64encode(draft.random.randbytes(49)).decode()
    return row, {"PasswordHash": "16384$" + hashed, "Identities": [], "SecurityGroups": None}


def release(draft):
    number = draft.number
    row = {
        "Id": f"Releases-{number}", "Version": f"1.{number}.0", "Assembled": draft.time(),
        "ProjectId": "Projects-1", "ChannelId": "Channels-1",
        "ProjectVariableSetSnapshotId": "variableset-Projects-1-s-1-XXXXX",
        "ProjectDeploymentProcessSnapshotId": "deploymentprocess-Projects-1-s-1-XXXXX"}
    return row, {"ReleaseNotes": draft.text(draft.size()), "SelectedPackages": [],
                 "BuildInformation": [], "Sum": "QUJD|REVG", "Link": "a|b"}


def event(draft):
    number = draft.number
    row = {
        "Id": f"Events-{number}", "AutoId": number, "Category": "Modified",
        "Message": "Variables of Projekt 1 were changed", "Occurred": draft.time(),
        "ProjectId": "Projects-1", "UserId": "Users-1", "Username": "benutzer1",
        "RelatedDocumentIds": "|Projects-1|"}
    return row, {"ChangeDetails": {"DocumentContext": {}, "Differences": [
        {"op": "replace", "path": "/Variables/0/Value", "value": "********"}]},
        "Details": draft.text(draft.size() // 3), "UserAgent": "Server"}


def server_task(draft):
    number = draft.number
    row = {
        "Id": f"ServerTasks-{number}", "Name": "Deploy", "Description": "Deploy Projekt 1",
        "QueueTime": draft.time(), "StartTime": draft.time(), "CompletedTime": draft.time(),
        "State": "Success", "ServerNodeId": "OctopusServerNodes-node-01",
        "DurationSeconds": draft.random.randrange(900)}
    return row, {"Arguments": {"DeploymentId": f"Deployments-{number}"}, "ErrorMessage": None}


def plain_variable_set(draft):
    owner = f"LibraryVariableSets-{50_000_000 + draft.number}"
    row = {
        "Id": f"variableset-{owner}", "OwnerId": owner, "OwnerType": "LibraryVariableSet",
        "Version": 0, "IsFrozen": 0, "RelatedDocumentIds": "||"}
    empty = {"Id": draft.guid(), "Name": "Later", "Value": None, "Type": "Sensitive", "Scope": {}}
    return row, {"Variables": [empty, dict(empty, Value="", Id=draft.guid())]}


def server_node(draft):
    number = draft.number
    row = {
        "Id": f"OctopusServerNodes-node-{number:02d}", "Name": f"node-{number:02d}",
        "LastSeen": "2024-05-01T10:00:00.0000000+00:00", "MaxConcurrentTasks": 5,
        "IsInMaintenanceMode": 0}
    return row, {"LastShutdown": "Clean"}


def installation(draft):
    number = draft.number
    row = {
        "Id": f"OctopusServerInstallationHistory-{number}", "Node": "node-01",
        "Version": f"2024.{number}.{number * 137}", "Installed": draft.time()}
    return row, {}


def license_configuration(draft):
    signature = base64.b64encode(draft.random.randbytes(128)).decode()
    return {"Id": "license-config"}, {
        "LicenseText": f'<License Signature="{signature}">\n  <LicensedTo>Example</LicensedTo>\n'
        "</License>", "Feature": "enabled"}


def built_in_repository(draft):
    return {"Id": "builtinrepositoryconfigurations-single"}, {
        "DeleteUnreleasedPackagesAfterDays": 30.0, "PackagesIndexingEnabled": True}


def username_password(draft):
    row = {"Id": "authentication-usernamepassword", "Name": "UsernamePassword",
           "ExtensionAuthor": "Octopus Deploy"}
    return row, {"IsEnabled": True}


def api_key(draft):
    row = {
        "Id": f"apikeys-{draft.hex(12)}", "UserId": f"Users-{draft.number}",
        "ApiKeyHashed": base64.b64encode(draft.random.randbytes(64)).decode(),
        "Created": draft.time()}
    return row, {"Purpose": draft.text(40), "Scopes": None}


def environment(draft):
    row = {
        "Id": f"Environments-{draft.number}", "Name": f"Umgebung {draft.number}",
        "SortOrder": draft.number, "DataVersion": draft.version()}
    return row, {"Description": draft.text(80), "UseGuidedFailure": False}


def deployment(draft):
    number = draft.number
    row = {
        "Id": f"Deployments-{number}", "Name": "Deploy to Production", "Created": draft.time(),
        "ProjectId": "Projects-1", "ReleaseId": f"Releases-{number}",
        "TaskId": f"ServerTasks-{number}", "EnvironmentId": "Environments-1"}
    return row, {"ManifestVariableSetId": f"variableset-{number}", "Comments": draft.text(90),
                 "FormValues": {}}
