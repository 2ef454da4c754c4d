"""The documents that hold sensitive values: one builder per kind.

A builder returns the row's columns and the tree of its JSON. The place and form of values follow
what is publicly known about Octopus's tables; columns are not repeated in the JSON.
"""

from .certificates import LIBRARY


def frozen_id(draft, kind, live):
    """A snapshot's id and owner: projects have several."""
    project = draft.number % live + 1
    version = draft.number // live + 1
    return f"{kind}-Projects-{project}-s-{version}-{draft.letters()}", f"Projects-{project}"


def variable(draft, name, value, kind):
    scope = {}
    if draft.random.random() < 0.6:
        scope = {"Environment": [f"Environments-{draft.random.randrange(1, 9)}"]}
    return {
        "Id": draft.guid(), "Name": name, "Value": value, "Description": "", "Scope": scope,
        "IsEditable": True, "Prompt": None, "Type": kind}


def variables(draft, odd=()):
    listed = [
        variable(draft, f"Shop:Secret{n}", draft.secret(), "Sensitive")
        for n in range(draft.count())]
    if draft.random.random() < 0.1:
        empty = draft.random.choice((None, ""))
        listed.append(variable(draft, "Shop:NotYet", empty, "Sensitive"))
    if draft.random.random() < 0.03:
        text = draft.nested({"Token": draft.secret(), "Retries": 3.0, "Name": "a|b"})
        listed.append(variable(draft, "Shop:Settings", text, "String"))
    for name, value in odd:
        listed.append(variable(draft, name, value, "Sensitive"))
    for n, text in enumerate(draft.chunks(draft.size() - 400 * len(listed))):
        listed.append(variable(draft, f"shop:secret{n}", text, "String"))
    draft.random.shuffle(listed)
    return {"Variables": listed, "ScopeValues": None, "$type": "VariableSet"}


def variable_set(draft, odd=()):
    owner = ("Projects", "Project") if draft.number % 5 else (
        "LibraryVariableSets", "LibraryVariableSet")
    owner_id = f"{owner[0]}-{draft.number}"
    row = {
        "Id": f"variableset-{owner_id}", "OwnerId": owner_id, "OwnerType": owner[1],
        "Version": draft.random.randrange(400), "IsFrozen": 0, "RelatedDocumentIds": "||"}
    return row, variables(draft, odd)


def frozen_variable_set(draft):
    document, owner = frozen_id(draft, "variableset", max(1, draft.of // 6))
    row = {
        "Id": document, "OwnerId": owner, "OwnerType": "Project", "Version": draft.number,
        "IsFrozen": 1, "RelatedDocumentIds": "||"}
    return row, variables(draft)


def action(draft, properties):
    return {
        "Id": draft.guid(), "Name": "Run a script", "ActionType": "Octopus.Script",
        "Properties": properties, "Packages": [], "Inputs": {}, "IsDisabled": False,
        "Timeout": 1.0, "Container": {"Image": None, "FeedId": None}}


def process(draft):
    steps = []
    for n in range(draft.count()):
        properties = {
            "Octopus.Action.RunOnServer": "True", f"Octopus.Action.Secret{n}": draft.sensitive()}
        dice = draft.random.random()
        if dice < 0.10:
            inputs = {"Login": {"User": "deploy", "Password": draft.secret()}, "Port": 5e3}
            properties["Octopus.Action.Package.Inputs"] = draft.nested(inputs)
        step = {"Id": draft.guid(), "Name": f"Step {n} – prüfen", "Condition": "Success",
                "Actions": [action(draft, properties)], "Properties": {}}
        if dice > 0.93:
            step["Properties"]["Octopus.Step.Password"] = draft.sensitive()
        steps.append(step)
    for text in draft.chunks(draft.size() - 500 * len(steps)):
        body = {"Octopus.Action.Script.ScriptBody": text, "Octopus.Action.Script.Syntax": "Bash"}
        steps.append({"Id": draft.guid(), "Name": "Script", "Actions": [action(draft, body)]})
    draft.random.shuffle(steps)
    return {"Steps": steps, "LastSnapshotId": None}


def deployment_process(draft):
    owner = f"Projects-{draft.number}"
    row = {
        "Id": f"deploymentprocess-{owner}", "OwnerId": owner, "IsFrozen": 0,
        "Version": draft.random.randrange(400), "RelatedDocumentIds": "|Feeds-1|"}
    return row, process(draft)


def frozen_deployment_process(draft):
    document, owner = frozen_id(draft, "deploymentprocess", max(1, draft.of // 6))
    row = {
        "Id": document, "OwnerId": owner, "IsFrozen": 1, "Version": draft.number,
        "RelatedDocumentIds": "|Feeds-1|"}
    return row, process(draft)


def runbook_process(draft):
    runbook = f"Runbooks-{draft.number}"
    row = {
        "Id": f"RunbookProcess-{runbook}", "OwnerId": f"Projects-{draft.number}",
        "RunbookId": runbook, "IsFrozen": 0, "Version": 1, "RelatedDocumentIds": "||"}
    return row, process(draft)


def parameter(draft, name, default, kind):
    return {
        "Id": draft.guid(), "Name": name, "Label": name, "HelpText": draft.text(60),
        "DefaultValue": default, "DisplaySettings": {"Octopus.ControlType": kind},
        "AllowClear": True}


def template(draft):
    listed = [
        parameter(draft, f"Template.Password{n}", draft.sensitive(), "Sensitive")
        for n in range(min(5, draft.count()))]
    listed.append(parameter(draft, "Template.Later", {"SensitiveValue": None}, "Sensitive"))
    listed.append(parameter(draft, "Template.Host", "localhost", "SingleLineText"))
    return {
        "Parameters": listed, "Packages": [], "Description": draft.text(draft.size() // 3),
        "Properties": {"Octopus.Action.Script.ScriptBody": draft.text(draft.size() // 3)}}


def action_template(draft):
    row = {
        "Id": f"ActionTemplates-{draft.number}", "Name": f"Template {draft.number}", "Version": 7,
        "ActionType": "Octopus.Script"}
    return row, template(draft)


def action_template_version(draft):
    latest = draft.number % 40 + 1
    row = {
        "Id": f"ActionTemplates-{latest}@{draft.number}", "Name": f"Template {latest}",
        "Version": draft.number, "LatestActionTemplateId": f"ActionTemplates-{latest}",
        "ActionType": "Octopus.Script"}
    return row, template(draft)


def account(draft):
    kind, secrets = (
        ("UsernamePassword", ("Password",)),
        ("SshKeyPair", ("PrivateKeyFile", "PrivateKeyPassphrase")),
        ("AmazonWebServicesAccount", ("SecretKey",)),
        ("AzureServicePrincipal", ("Password",)),
        ("AzureSubscription", ("CertificateBytes",)),
        ("GoogleCloudAccount", ("JsonKey",)),
        ("Token", ("Token",)),
    )[draft.number % 7]
    tree = {"Username": f"svc-{draft.number}", "Description": draft.text(draft.size() // 6)}
    for name in secrets:
        tree[name] = draft.maybe(0.5) if name == "PrivateKeyPassphrase" else draft.secret(
            LIBRARY[0].pem if name == "PrivateKeyFile" else None)
    row = {
        "Id": f"Accounts-{draft.number}", "Name": f"Account {draft.number}", "AccountType": kind,
        "EnvironmentIds": "||", "TenantIds": "||", "TenantTags": "||"}
    return row, tree


def certificate(draft):
    sample = LIBRARY[draft.number % len(LIBRARY)]
    if draft.number % 9 == 8:
        data, form, password = sample.pem, "Pem", draft.random.choice((None, ""))
    else:
        data, form, password = sample.base64(), "Pkcs12", draft.secret(sample.password.encode())
    row = {
        "Id": f"Certificates-{draft.number}", "Name": f"{sample.name} {draft.number}",
        "Thumbprint": sample.thumbprint, "NotAfter": "2124-01-01T00:00:00.0000000+00:00",
        "Subject": sample.subject, "TenantIds": "||", "EnvironmentIds": "||", "TenantTags": "||",
        "Created": draft.time(), "DataVersion": draft.version()}
    tree = {
        "CertificateDataFormat": form, "CertificateData": draft.secret(data),
        "Password": password, "HasPrivateKey": True, "SubjectDistinguishedName": sample.subject,
        "Version": 3.0, "SelfSigned": True, "Notes": draft.text(60)}
    return row, tree


def endpoint(draft):
    tree = {
        "CommunicationStyle": "AzureCloudService" if draft.number % 4 == 0 else "None",
        "SensitiveVariablesEncryptionPassword": draft.secret(), "Uri": None,
        "ProxyId": None, "Thumbprint": draft.hex(20)}
    if draft.number % 4 == 0:
        tree["AadUserCredentialPassword"] = draft.maybe(0.8)
    return {
        "Endpoint": tree, "HealthStatus": "Healthy", "HasLatestCalamari": True,
        "StatusSummary": draft.text(draft.size() // 4)}


def machine(draft, table="Machines"):
    row = {
        "Id": f"{table}-{draft.number}", "Name": f"{table.lower()}-{draft.number}",
        "IsDisabled": draft.number % 2, "MachinePolicyId": "MachinePolicies-1",
        "Thumbprint": draft.hex(20), "CommunicationStyle": "OfflineDrop",
        "RelatedDocumentIds": "|MachinePolicies-1|"}
    return row, endpoint(draft)


def worker(draft):
    return machine(draft, "Workers")


def feed(draft):
    kind, name = (
        ("NuGet", "Password"), ("AwsElasticContainerRegistry", "SecretKey"),
        ("GoogleContainerRegistry", "ServiceAccountJsonKey"))[draft.number % 3]
    row = {
        "Id": f"Feeds-{draft.number}", "Name": f"Feed {draft.number}", "FeedType": kind,
        "FeedUri": f"https://feed{draft.number}.example.test/v3/index.json"}
    return row, {"Username": "reader", name: draft.secret(), "DownloadAttempts": 5,
                 "DownloadRetryBackoffSeconds": 10.0, "Notes": draft.text(100)}


def tenant_variable(draft):
    tenant = f"Tenants-{draft.number % 97 + 1}"
    row = {
        "Id": f"TenantVariables-{draft.number}", "TenantId": tenant, "OwnerId": "Projects-1",
        "EnvironmentId": "Environments-1", "VariableTemplateId": draft.guid(),
        "RelatedDocumentId": ""}
    return row, {"Value": draft.sensitive()}


def library_variable_set(draft):
    row = {
        "Id": f"LibraryVariableSets-{draft.number}", "Name": f"Library {draft.number}",
        "VariableSetId": f"variableset-LibraryVariableSets-{draft.number}",
        "ContentType": "Variables"}
    return row, {"Description": draft.text(120), "Templates": [
        parameter(draft, "Library.Password", draft.sensitive(), "Sensitive"),
        parameter(draft, "Library.Colour", "blau", "SingleLineText")]}


def project(draft):
    number = draft.number
    row = {
        "Id": f"Projects-{number}", "Name": f"Projekt {number}", "Slug": f"projekt-{number}",
        "IsDisabled": 0, "VariableSetId": f"variableset-Projects-{number}",
        "DeploymentProcessId": f"deploymentprocess-Projects-{number}",
        "IncludedLibraryVariableSetIds": "||", "ProjectGroupId": "ProjectGroups-1",
        "LifecycleId": "Lifecycles-1", "DataVersion": draft.version()}
    tree = {"Description": draft.text(draft.size() // 4), "Templates": [
        parameter(draft, "Project.Password", draft.sensitive(), "Sensitive")]}
    if number % 6 == 0:
        tree["PersistenceSettings"] = {
            "Type": "VersionControlled", "Url": "https://git.example.test/shop.git",
            "Credentials": {"Type": "UsernamePassword", "Username": "git",
                            "Password": draft.secret(), "password": None}}
    return row, tree


def proxy(draft):
    row = {"Id": f"Proxies-{draft.number}", "Name": f"Proxy {draft.number}"}
    return row, {"Host": "proxy.example.test", "Port": 8080, "ProxyType": "HTTP",
                 "Username": "octopus", "Password": draft.secret()}


def git_credential(draft):
    row = {"Id": f"GitCredentials-{draft.number}", "Name": f"Git {draft.number}"}
    return row, {"Description": "", "details": {
        "Type": "UsernamePassword", "Username": "git", "Password": draft.secret()}}


def subscription(draft):
    row = {
        "Id": f"Subscriptions-{draft.number}", "Name": f"Subscription {draft.number}",
        "Type": "Event", "IsDisabled": 0}
    return row, {"EventNotificationSubscription": {
        "WebhookURI": "https://hooks.example.test/x?a=1+2", "WebhookHeaderKey": "Authorization",
        "WebhookHeaderValue": draft.secret(), "WebhookTimeout": "00:00:10",
        "Filter": {"Users": [], "Documents": []}}}


def blob_document(draft):
    row = {
        "Id": f"blobdocuments-{draft.number}", "ExtensionId": "octopus.server.extension",
        "Name": f"blob-{draft.number}.bin",
        "Blob": draft.sealed_bytes("Blob", draft.random.randbytes(min(60_000, draft.size() * 3)))}
    return row, {"ContentType": "application/octet-stream", "Etag": draft.guid(), "Size": 1.50}
