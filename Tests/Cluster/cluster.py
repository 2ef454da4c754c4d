#!/usr/bin/env python3
"""Makes a cluster on one machine: three nodes, each a folder with a config and a machine id of its own,
one shared store, and fakes of the programs that reach other machines.

    cluster.py FOLDER

FOLDER/node-01 ... node-03    the files of each machine
FOLDER/shared/octopus.db      the store
FOLDER/bin/octokey            octokey on the machine $NODE (default: node-01)
FOLDER/bin/ssh                `ssh HOST COMMAND...`: the command on the machine HOST
FOLDER/bin/systemctl          the units of the machine $NODE; a server that runs is alive in the store

$OCTOKEY is the real octokey.
"""

import json
import os
import sqlite3
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "samples"))
import make_node  # noqa: E402
import make_store  # noqa: E402

NODES = ["node-01", "node-02", "node-03"]

OCTOKEY = """#!/bin/bash
# Files with a fixed path on a real machine are in the node's folder here.
here=$CLUSTER/${NODE:-node-01}
machine=(--machine-id-file "$here/machine-id" --machine-key-file "$here/machinekey")
register=(--instances-dir "$here/instances")
case " $* " in
*" --compare "* | *" backup verify "* | *" new-master-key "*) exec "$OCTOKEY" "$@" ;;
*" service "* | *" list-instances "*) exec "$OCTOKEY" "$@" "${register[@]}" ;;
*) exec "$OCTOKEY" "$@" "${machine[@]}" "${register[@]}" ;;
esac
"""

SSH = """#!/bin/bash
while [[ $1 == -* ]]; do
  [[ $1 == -o ]] && shift
  shift
done
host=$1
shift
[[ -d $CLUSTER/$host ]] || { echo "ssh: no such host $host" >&2; exit 255; }
cd "$CLUSTER/$host" && NODE=$host exec bash -c "$*"
"""

SYSTEMCTL = """#!/bin/bash
node=${NODE:-node-01}
state=$CLUSTER/$node/${!#}
[[ -e $state ]] || { printf 'LoadState=not-found\\nActiveState=inactive\\n'; exit 0; }
seen() { sqlite3 "$CLUSTER/shared/octopus.db" "PRAGMA busy_timeout = 5000;
  UPDATE OctopusServerNode SET LastSeen = datetime('now', '$1') WHERE Name = '$node'" >/dev/null; }
case $1 in
show) printf 'LoadState=loaded\\nActiveState=%s\\n' "$(cat "$state")" ;;
start | restart) echo active >"$state"; seen '0 seconds' ;;
stop) echo inactive >"$state"; seen '-1 day' ;;
esac
"""


def main():
    folder = Path(sys.argv[1]).resolve()
    (folder / "shared").mkdir(parents=True, mode=0o700)
    (folder / "bin").mkdir()
    options = make_store.arguments(["--documents", "200", "store"])
    database = folder / "shared/octopus.db"
    make_store.main(["--documents", "200", str(database)])
    for number, name in enumerate(NODES):
        node = folder / name
        (node / "instances").mkdir(parents=True, mode=0o700)
        node.chmod(0o700)
        machine_id = f"{number + 1}123456789abcdef0123456789abcdef\n".encode()
        (node / "machine-id").write_bytes(machine_id)
        settings = {
            "Octopus.Server.NodeName": name,
            "Octopus.Storage.ExternalDatabaseConnectionString": f"sqlite:{database}",
            "Octopus.Storage.MasterKey": make_node.protected(
                make_store.master_key(options), machine_id
            ),
        }
        make_node.write_new(node / "OctopusServer.config", make_node.config(settings), 0o600)
        record = {"Name": "OctopusServer", "ConfigurationFilePath": f"{node}/OctopusServer.config"}
        (node / "instances/octopusserver.config").write_text(json.dumps(record))
        (node / "OctopusServer.service").write_text("active\n")
    with sqlite3.connect(database) as store:
        store.execute("DELETE FROM OctopusServerNode WHERE Name <> 'node-01'")
        columns = [row[1] for row in store.execute("PRAGMA table_info(OctopusServerNode)")]
        rest = ", ".join(name for name in columns if name not in ("Id", "Name"))
        for name in NODES[1:]:
            store.execute(
                f"INSERT INTO OctopusServerNode (Id, Name, {rest}) "
                f"SELECT 'OctopusServerNodes-{name}', '{name}', {rest} FROM OctopusServerNode "
                "WHERE Name = 'node-01'"
            )
        store.execute("UPDATE OctopusServerNode SET LastSeen = datetime('now')")
    for name, text in (("octokey", OCTOKEY), ("ssh", SSH), ("systemctl", SYSTEMCTL)):
        path = folder / "bin" / name
        path.write_text(text)
        os.chmod(path, 0o755)


if __name__ == "__main__":
    main()
