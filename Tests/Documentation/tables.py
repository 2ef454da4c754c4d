"""What the examples need to be run here: placeholders, what lies around them, exit codes, and what is no command."""

# Blocks that show something else than commands: file, beginning of the first line, what it is.
SHOWN = [
    ("octokey-files.5", "# Octopus Deploy Master Key", "a key file"),
    ("octokey-files.5", "<?xml", "a node config"),
    ("octokey-files.5", '"tHdE5KI9QVdsFSq6F6HeSA==|', "a value"),
    ("octokey-files.5", "octokey-", "an encrypted file"),
    ("octokey-files.5", "set-master-key: outcome=", "lines of the system's log"),
    ("octokey-reports.5", "ROTATE MASTER KEY REPORT", "a report"),
]

# Statements for the database's own tools: file, beginning of the first line. They are parsed only.
SQL = [("octokey-sqlserver.7", "USE master;")]

# Programs that are run here.
LOCAL = set("""octokey base64 cat cd cmp cp do done echo for grep mkdir mv openssl printf python3 rm test true umask
    pg_dump""".split())
# Programs that need another machine, root, or a build: their lines are parsed only. In a cluster ssh is a fake.
FOREIGN = {
    "ssh": "another machine", "kubectl": "a cluster", "docker": "containers", "systemctl": "systemd",
    "apt-get": "installs packages", "helm": "a cluster", "argocd": "a cluster", "flux": "a cluster",
    "samples/quickstart.sh": "builds octokey", "Tests/run.sh": "builds octokey", "samples/install.sh": "builds octokey",
}

WINDOWS = "Windows, and a store on PostgreSQL"
OLD_KEY = "umask 077; octokey show-master-key > old.key"
STORE = "store='odbc:Driver={PostgreSQL Unicode};Servername=db-01;Port=5432;Database=octopus;UID=octopus'"

# Where a scene is played, other than on a lone node.
STAGES = {
    ("README.md", "Rotate"): "cluster",
    ("README.md", WINDOWS): "postgres",
    ("README.md", f"{WINDOWS} 2"): "postgres",
}

# Scenes that go on where another one ended.
CONTINUES = {("README.md", "Set the key on a second node"): ("README.md", "Rotate")}

# What is done before a scene.
SETUP = {
    ("README.md", "Rotate"): "sqlite3 $CLUSTER/shared/octopus.db \"DELETE FROM OctopusServerNode WHERE Name = 'node-03'\"",
    ("README.md", "Kubernetes"):
        f"{OLD_KEY}; mkdir state; export OCTOKEY_STORE=sqlite:octopus.db",
    ("README.md", "Compose"): "octokey new-master-key new.key",
    ("README.md", WINDOWS): f"{OLD_KEY}; cp $SAMPLES/node-configs/windows-dpapi.config OctopusServer.config",
    ("README.md", f"{WINDOWS} 2"):
        f"{OLD_KEY}; cp $SAMPLES/node-configs/windows-dpapi.config OctopusServer.config; {STORE}",
    ("README.md", "After a crash"): "interrupted renameat",
    ("README.md", "Which key decrypts this backup"):
        "octokey rotate-master-key --yes; mkdir keys; cp *.key *.config *.bak keys; cp octopus.db restored.db",
    ("octokey-recover.1", "EXAMPLES"): "interrupted renameat",
    ("octokey-rotate-master-key.1", "If it stops halfway"): "interrupted pwrite64",
    ("octokey-deployments.7", "A rotation without a config"):
        f"{OLD_KEY}; mkdir state; connection=sqlite:octopus.db",
    ("octokey-deployments.7", "Docker Compose"): f"{OLD_KEY}; mkdir state; connection=sqlite:octopus.db",
}

# Placeholders, and what names another machine: file, text, what it is here. {port} is that of the database.
REPLACED = [
    ("README.md", "OctopusServer.config.20261128T115148Z.bak", "$(ls OctopusServer.config.*.bak | head -n 1)"),
    ("README.md", "Servername=db-01;Port=5432", "Servername=127.0.0.1;Port={port}"),
    ("README.md", "--host=db-01", "--host=127.0.0.1 --port={port}"),
    ("octokey-deployments.7", "sqlserver:$connection", "$connection"),
]

# Exit codes other than 0: file, beginning of the command, code, why.
EXPECTED = []
