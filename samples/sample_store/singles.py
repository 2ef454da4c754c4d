"""The documents that a server has once: Configuration and ExtensionConfiguration rows."""

from .certificates import SERVER


def _configuration(row_id, tree):
    return {"Id": row_id}, tree


def _extension(row_id, name, tree):
    return {"Id": row_id, "Name": name, "ExtensionAuthor": "Octopus Deploy"}, tree


def certificate_global(draft):
    """The server's own certificate: base64 of a PFX without password, encrypted."""
    return _configuration("certificate-global", {
        "Name": SERVER.subject, "Thumbprint": SERVER.thumbprint,
        "SignatureAlgorithm": "sha256RSA", "CertificateData": draft.secret(SERVER.base64())})


def smtp(draft):
    return _configuration("smtp-config", {
        "SmtpHost": "mail.example.test", "SmtpPort": 587, "SendEmailFrom": "octopus@example.test",
        "Details": {"CredentialType": "UsernamePassword", "SmtpLogin": "octopus",
                    "SmtpPassword": draft.secret()}, "EnableSsl": True, "Timeout": 12000.0})


def lets_encrypt(draft):
    return _configuration("letsencrypt-config", {
        "Enabled": True, "HttpsPort": 443, "AccountKey": draft.secret(),
        "CertificatePfx": draft.secret(SERVER.base64()), "PfxPassword": None})


def audit_stream(draft):
    return _configuration("auditstream-config", {
        "Active": True, "StreamConfigurationResource": {
            "Type": "Splunk", "SplunkEndpointUrl": "https://splunk.example.test",
            "SplunkToken": draft.secret()}})


def signing_keys(draft):
    keys = [{"KeyId": draft.guid(), "ExpiresAt": draft.time(), "PrivateKey": draft.secret()}
            for _ in range(3)]
    return _configuration("oidc-signing-keys", {"Keys": keys, "Revoked": []})


def azure_ad(draft):
    return _extension("authentication-aad", "Azure AD", {
        "ClientId": draft.guid(), "ClientSecret": draft.secret(), "RoleClaimType": "roles",
        "Issuer": "https://login.example.test/tenant", "IsEnabled": True})


def google(draft):
    return _extension("authentication-googleapps", "GoogleApps", {
        "ClientId": "x.apps.example.test", "ClientSecret": draft.secret(),
        "HostedDomain": "example.test"})


def okta(draft):
    return _extension("authentication-od", "Okta", {
        "ClientId": draft.guid(), "ClientSecret": draft.secret(), "Scope": "openid+profile"})


def octopus_id(draft):
    return _extension("authentication-octopusid", "Octopus ID", {
        "ClientId": draft.guid(), "ClientSecret": draft.secret()})


def ldap(draft):
    return _extension("authentication-ldap", "LDAP", {
        "Server": "ldap.example.test", "Port": 389, "ConnectUsername": "cn=octopus",
        "ConnectPassword": draft.secret(), "AttributeMapping": {"GroupNameAttribute": "cn"}})


def jira(draft):
    return _extension("jira-integration", "Jira Integration", {
        "BaseUrl": "https://jira.example.test", "Password": draft.secret(),
        "ReleaseNoteOptions": {"Username": "octopus", "Password": draft.secret(),
                               "ReleaseNotePrefix": "Release note:"}})


def azure_devops(draft):
    connections = [
        {"Id": draft.guid(), "BaseUrl": f"https://dev.example.test/{n}",
         "PersonalAccessToken": draft.secret(), "ReleaseNoteOptions": {"ReleaseNotePrefix": ""}}
        for n in range(3)]
    connections.append({"Id": draft.guid(), "BaseUrl": None, "PersonalAccessToken": ""})
    return _extension("issuetracker-azuredevops-v2", "Azure DevOps Issue Tracker", {
        "IsEnabled": True, "Connections": connections})


def github(draft):
    return _extension("issuetracker-github", "GitHub Issue Tracker", {
        "BaseUrl": "https://github.example.test",
        "ReleaseNoteOptions": {"Username": "octopus", "Password": draft.secret()}})


def jira_service_management(draft):
    return _extension("jiraservicemanagement-integration", "Jira Service Management", {
        "Connections": [{"Id": draft.guid(), "Name": "jsm", "Token": draft.secret()}]})


def service_now(draft):
    return _extension("servicenow-integration", "ServiceNow Integration", {
        "Connections": [{"Id": draft.guid(), "OAuthClientId": "octopus",
                         "OAuthClientSecret": draft.secret(), "UserName": "octopus",
                         "UserPassword": draft.secret()}]})
