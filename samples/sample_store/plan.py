"""How many documents of which kind a store has."""

from . import documents, plain, singles

# The sample report of the vendor's documentation: 10,009 of 10,533 documents were updated.
DOCUMENTS, WITH_VALUES = 10_533, 10_009

# Kinds: name of the builder, its table, and the share per mille of kinds with many documents.
SINGLES = [
    (singles.certificate_global, "Configuration"), (singles.smtp, "Configuration"),
    (singles.azure_ad, "ExtensionConfiguration"), (singles.jira, "ExtensionConfiguration"),
    (singles.azure_devops, "ExtensionConfiguration"), (singles.lets_encrypt, "Configuration"),
    (singles.audit_stream, "Configuration"), (singles.signing_keys, "Configuration"),
    (singles.google, "ExtensionConfiguration"), (singles.okta, "ExtensionConfiguration"),
    (singles.octopus_id, "ExtensionConfiguration"), (singles.ldap, "ExtensionConfiguration"),
    (singles.github, "ExtensionConfiguration"),
    (singles.jira_service_management, "ExtensionConfiguration"),
    (singles.service_now, "ExtensionConfiguration"),
]
MANY = [
    (documents.variable_set, "VariableSet", 130),
    (documents.frozen_variable_set, "VariableSet", 330),
    (documents.deployment_process, "DeploymentProcess", 60),
    (documents.frozen_deployment_process, "DeploymentProcess", 120),
    (documents.machine, "Machine", 70),
    (documents.tenant_variable, "TenantVariable", 70),
    (documents.account, "Account", 50),
    (documents.project, "Project", 40),
    (documents.certificate, "Certificate", 25),
    (documents.action_template, "ActionTemplate", 10),
    (documents.action_template_version, "ActionTemplateVersion", 20),
    (documents.runbook_process, "RunbookProcess", 30),
    (documents.library_variable_set, "LibraryVariableSet", 12),
    (documents.worker, "Worker", 8),
    (documents.feed, "Feed", 6),
    (documents.blob_document, "BlobDocument", 9),
    (documents.proxy, "Proxy", 4),
    (documents.git_credential, "GitCredential", 3),
    (documents.subscription, "Subscription", 3),
]
# A share of 0 is one document, if there is room.
PLAIN = [
    (plain.user, "User", 150), (plain.event, "Event", 260), (plain.release, "Release", 200),
    (plain.server_task, "ServerTask", 130), (plain.server_node, "OctopusServerNode", 5),
    (plain.plain_variable_set, "VariableSet", 60), (plain.deployment, "Deployment", 100),
    (plain.installation, "OctopusServerInstallationHistory", 15), (plain.api_key, "ApiKey", 70),
    (plain.environment, "DeploymentEnvironment", 10),
    (plain.license_configuration, "Configuration", 0),
    (plain.built_in_repository, "Configuration", 0),
    (plain.username_password, "ExtensionConfiguration", 0),
]


def with_values(total):
    """How many of `total` documents hold a value."""
    return round(total * WITH_VALUES / DOCUMENTS)


def plan(total):
    """(builder, table, count) for every kind; the counts add up to `total`.

    From 100 documents on, every kind that holds values is present; the plain ones fill the rest.
    """
    sealed = with_values(total)
    return _share(sealed, SINGLES, MANY) + _share(total - sealed, [], PLAIN)


def _share(total, singles_, many):
    """Every kind once as far as `total` goes, the rest by the shares (largest remainder)."""
    first = [(builder, table, 1) for builder, table in singles_][:total]
    left = total - len(first)
    counts = [1 if place < left else 0 for place in range(len(many))]
    left -= sum(counts)
    whole = sum(kind[2] for kind in many)
    exact = [left * kind[2] / whole for kind in many]
    counts = [count + int(part) for count, part in zip(counts, exact)]
    missing = left - sum(int(part) for part in exact)
    by_remainder = sorted(range(len(many)), key=lambda n: (int(exact[n]) - exact[n], n))
    for place in by_remainder[:missing]:
        counts[place] += 1
    return first + [(kind[0], kind[1], count) for kind, count in zip(many, counts) if count]
