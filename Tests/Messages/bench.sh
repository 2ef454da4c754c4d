# shellcheck shell=bash
# What recipes have: they run in the folder of a node, with data/octopus.db or documents, and $CELL/keys/new.key, a new key.
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

# fail CALL ERROR WHEN [PATH]: a system call of the program fails, all of its calls or those on a path.
fail() {
  under=(strace -f -qq -o /dev/null)
  local path
  for path in "${@:4}"; do under+=(-P "$path"); done
  under+=(-e "trace=$1" -e "inject=$1:error=$2:when=$3")
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
  cd "$PWD"
}

# search TEXT CALL ERROR [PATH]... -- COMMAND...: lets the first of these calls fail, then the second and so on, until the
# message has TEXT.
search() {
  local text=$1 call=$2 error=$3 number
  shift 3
  local -a paths=()
  while [[ $1 != -- ]]; do paths+=("$1"); shift; done
  shift
  cp -a "$PWD" "$CELL/before"
  for ((number = 1; number < 80; number++)); do
    fail "$call" "$error" "$number" "${paths[@]}"
    "$@"
    ! grep -qF -- "$text" "$CELL/stderr" || return 0
    find . -mindepth 1 -delete
    cp -a "$CELL/before/." .
  done
  return 1
}
