# shellcheck shell=bash
# What recipes have: they run in the folder of a node, with data/octopus.db or documents; $new_key is a key file with a
# new key.
# shellcheck disable=SC2034

# Nothing that belongs to the machine is changed.
mount --bind /etc /etc && mount -o remount,ro,bind /etc
[[ ! -e /etc/machine-id ]] || mount --bind machine-id /etc/machine-id
[[ ! -e /etc/octopus ]] || mount -t tmpfs -o ro tmpfs /etc/octopus
umask 077

config=$PWD/OctopusServer.config db=$PWD/data/octopus.db new_key=$CELL/keys/new.key
node=(--config "$config" --machine-id-file "$PWD/machine-id" --machine-key-file "$PWD/machinekey")
# What goes before the program.
under=()

# run COMMAND...: runs a command that is judged: its streams and its exit code are kept.
run() {
  local code=0
  "$@" >"$CELL/stdout" 2>"$CELL/stderr" || code=$?
  echo "$code" >"$CELL/status"
}

# octokey WORDS...: the program without a terminal.
octokey() { run "${under[@]}" "$OCTOKEY" "$@"; }

# on COMMAND...: the same, on this node.
on() {
  local -a command=("$1")
  case $1 in config | backup) command+=("$2") ;; esac
  octokey "${command[@]}" "${node[@]}" "${@:1+${#command[@]}}"
}

# rotate [OPTION...]
rotate() { on rotate-master-key --yes "$@"; }

# quietly COMMAND...: what must succeed before the message.
quietly() {
  "$@"
  local code
  code=$(<"$CELL/status")
  ((code == 0)) || { cat "$CELL/stderr" >&2; return 1; }
}

# fail CALL FAULT WHEN [PATH]...: a system call of the program fails, of all of its calls or those on a path. FAULT is an
# error, or what strace takes.
fail() {
  under=(strace -f -qq -o /dev/null)
  local path fault=$2
  [[ $fault != E* ]] || fault=error=$fault
  for path in "${@:4}"; do under+=(-P "$path"); done
  under+=(-e "trace=$1" -e "inject=$1:$fault:when=$3")
}

# kill_at CALL WHEN [PATH]: the program is killed there.
kill_at() {
  fail "$1" EIO "$2" "${@:3}"
  under[-1]="inject=$1:signal=KILL:when=$2"
}

# as USER: the program runs as another user.
as() { under=(setpriv --reuid "$1" --regid "$1" --clear-groups); }

# own USER: the whole node belongs to that user.
own() { chown -R "$1:$1" "$CELL"; chmod 711 "$CELL"; }

# typing [PROMPT ANSWER]... -- COMMAND...: like `on`, on a terminal; \n ends an answer.
typing() {
  local -a answers=()
  while [[ $1 != -- ]]; do answers+=("$1"); shift; done
  shift
  under=(python3 "$HERE/typing_terminal.py" "${answers[@]}" --)
  on "$@"
}

sql() { sqlite3 -batch data/octopus.db "$@" >/dev/null; }

# put SETTING VALUE: writes a setting into the config as it is.
put() { sed -i "/key=\"$1\"/d; s|</octopus-settings>|  <set key=\"$1\">$2</set>\n&|" "$config"; }

# store TEXT: another connection string in the config.
store() { put Octopus.Storage.ExternalDatabaseConnectionString "$1"; }

# program NAME SCRIPT: a program on the PATH.
program() {
  printf '#!/bin/bash\n%s\n' "$2" >"$CELL/bin/$1"
  chmod 755 "$CELL/bin" "$CELL/bin/$1"
}

# small SIZE: the folder of the config on a file system of its own, and full.
small() {
  mkdir "$CELL/small"
  mount -t tmpfs -o "$1,mode=700" tmpfs "$CELL/small"
  cp -a . "$CELL/small"
  mount --bind "$CELL/small" "$PWD"
  cd "$PWD" || return
}

# search TEXT CALL FAULT [PATH]... -- COMMAND...: lets the first of these calls fail, then the second and so on, until
# the message has TEXT. With a + after FAULT all later calls fail, too.
search() {
  local text=$1 call=$2 fault=${3%+} number more=
  [[ $3 != *+ ]] || more=+
  shift 3
  local -a paths=()
  while [[ $1 != -- ]]; do paths+=("$1"); shift; done
  shift
  cp -a "$PWD" "$CELL/before"
  for ((number = 1; number < 80; number++)); do
    fail "$call" "$fault" "$number$more" "${paths[@]}"
    "$@"
    ! grep -qF -- "$text" "$CELL/stderr" || return 0
    find . -mindepth 1 -delete
    cp -a "$CELL/before/." .
  done
  return 1
}

# point [USER]: the store is the database of this cell on the PostgreSQL server.
point() {
  store "odbc:Driver=$DRIVER;Servername=127.0.0.1;Port=$PGPORT;Database=$PGDATABASE;UID=${1:-$PGUSER};PWD={none}"
}

# login RIGHTS: a login with these rights for the database, which the config then uses; \$login stands for it.
login() {
  login=login_$PGDATABASE
  psql -qc "CREATE ROLE $login LOGIN; GRANT SELECT, UPDATE ON ALL TABLES IN SCHEMA public TO $login; ${1//LOGIN/$login}"
  point "$login"
}

# serve FAULTS [USER]: the database is behind a server of SQL Server's kind; FAULTS are those of sql_server.py, in JSON.
serve() {
  printf '%s' "$1" >data/faults.json
  python3 "$HERE/sql_server.py" "$CELL/record" --root "$PWD" --ready "$CELL/port" &
  server=$!
  trap 'kill "$server"' EXIT
  until [[ -e $CELL/port ]]; do sleep 0.05; done
  store "Server=127.0.0.1,$(<"$CELL/port");Database=data;User ID=${2:-sa};Password=secret;Encrypt=False"
}

# hold MODE: another process has locked the database.
hold() {
  coproc python3 -c "import sqlite3, sys
database = sqlite3.connect('data/octopus.db', isolation_level=None)
database.execute('BEGIN $1')
print(flush=True)
sys.stdin.read()"
  read -r -u "${COPROC[0]}" _
}

# in_place: an edit of a config that is a mount point.
in_place() {
  mount --bind "$config" "$config"
  on config set Octopus.Server.NodeName renamed --in-place
  umount "$config"
}

# under_terminal COMMAND...: like `on`, with the present `under`, on a terminal where nobody types.
under_terminal() {
  under=(timeout 5 python3 "$HERE/typing_terminal.py" 'MasterKey: $' '\x03' -- "${under[@]}")
  on "$@"
}

# restore_with FAULT...: restores the backup, with more calls that fail; FAULT is what strace takes.
restore_with() {
  local fault
  for fault; do under+=(-e "trace=all" -e "inject=$fault"); done
  on backup restore "$CELL/backup" --store "sqlite:$db" --overwrite
}

# through FAULT..., losing FAULT...: a proxy is between the program and the PostgreSQL server.
through() { behind proxy "$@"; }
losing() { behind lost_transaction "$@"; }
behind() {
  local port
  port=$(python3 -c "import socket; s = socket.create_server(('127.0.0.1', 0)); print(s.getsockname()[1])")
  PGPORT=$port point
  under=(python3 "$TESTS/Servers/$1.py" --listen "$port" --target "$PGPORT" "${@:2}" --)
}

# sums FOLDER: the list of a backup without a passphrase fits the files again.
sums() {
  (cd "$1" && sed 's/^[^ ]*  //' SHA256SUMS | tr '\n' '\0' | xargs -0 sha256sum >sums && cat sums >SHA256SUMS && rm sums)
}

# change_at_first_draft FILE: appends a line to a document while the first one that is rewritten waits for its name.
change_at_first_draft() {
  {
    until compgen -G 'documents/*/.*.draft-*' >/dev/null; do sleep 0.02; done
    echo >>"$1"
  } &
  fail renameat delay_enter=2000000 1
}
