#!/usr/bin/env bash
# Rotates the Master Key of a cluster over ssh: stops every node, backs up, rotates on the first one, gives
# the others the new key on standard input, verifies, starts them again, and makes a new backup. The output
# of each step is kept, and at the end octokey checks whether a step is missing.
#
#   samples/rotate-cluster.sh FOLDER FIRST OTHER...
#
# FOLDER is new; it gets the reports, and is made on this machine. FIRST and OTHER... are hosts that ssh
# can reach, with octokey installed, as a user with the necessary permissions (root). The backups stay on
# FIRST, in $BACKUPS there (default: /var/backups/octopus). Their passphrase is in the file
# $PASSPHRASE_FILE on this machine; it is passed on standard input. No key is ever in a list of processes.
set -euo pipefail

say() { echo "rotate-cluster: $*" >&2; }

if (($# < 2)) || [[ $1 == -* || -z ${PASSPHRASE_FILE-} ]]; then
  say "usage: PASSPHRASE_FILE=FILE samples/rotate-cluster.sh FOLDER FIRST OTHER..."
  exit 64
fi
reports=$1 first=$2
shift
nodes=("$@")
backups=${BACKUPS:-/var/backups/octopus}
stamp=$(date -u +%Y%m%dT%H%M%SZ)
umask 077
mkdir "$reports"

# on NODE COMMAND...: runs octokey there. No argument may need quotes.
on() {
  local node=$1
  shift
  ssh -o BatchMode=yes "$node" octokey "$@"
}

say "checking every node, before anything is stopped"
for node in "${nodes[@]}"; do on "$node" status --format json </dev/null >/dev/null; done
on "$first" rotate-master-key --dry-run --ignore-live-nodes --quiet </dev/null >"$reports/dry-run.txt"

say "stopping ${nodes[*]}"
for node in "${nodes[@]}"; do on "$node" service --stop </dev/null; done

say "backing up, and verifying the backup"
on "$first" backup create --to "$backups/$stamp-before" --passphrase-file - --format json \
  <"$PASSPHRASE_FILE" >"$reports/backup-before.json"
on "$first" backup verify "$backups/$stamp-before" --passphrase-file - --format json \
  <"$PASSPHRASE_FILE" >"$reports/test-restore-before.json"

say "rotating on $first"
on "$first" rotate-master-key --yes --format json </dev/null >"$reports/rotation.json"
fingerprint=$(on "$first" show-master-key --fingerprint </dev/null)

for node in "${nodes[@]:1}"; do
  say "setting the new key on $node"
  # From one ssh to the other: the key is never in a file here.
  on "$first" show-master-key </dev/null |
    on "$node" set-master-key --key-file - --expect-fingerprint "$fingerprint"
done

say "verifying, and starting every node"
on "$first" verify --format json </dev/null >"$reports/verify.json"
for node in "${nodes[@]}"; do on "$node" service --start </dev/null; done
for node in "${nodes[@]}"; do
  on "$node" status --format json </dev/null >"$reports/status-$node.json"
done

say "backing up again, and verifying the backup"
on "$first" backup create --to "$backups/$stamp-after" --passphrase-file - --format json \
  <"$PASSPHRASE_FILE" >"$reports/backup-after.json"
on "$first" backup verify "$backups/$stamp-after" --passphrase-file - --format json \
  <"$PASSPHRASE_FILE" >"$reports/test-restore-after.json"

say "done; the key is $fingerprint"
say "left to do: copy $backups/$stamp-after off $first, restore it somewhere, and compare:"
say "  octokey status --compare $reports/*.json"
