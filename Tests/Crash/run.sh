#!/usr/bin/env bash
# All crash tests in full, on a store with a rollback journal, on one in WAL mode and on a folder of
# files; the last line of each is its result. `swift test` runs a shorter form.
#
#   Tests/Crash/run.sh [--jobs N]
set -euo pipefail
cd "$(dirname "$0")/../.."
source Tests/requirements.sh

install_missing "${test_packages[@]}"
python=$(python_with_cryptography)
swift build "${test_build[@]}" --product octokey </dev/null >&2
octokey=$(swift build "${test_build[@]}" --show-bin-path)/octokey
failed=0
for run in "kill" "kill --twice" "errors" "power" "config" "restore" "kill --wal" \
  "kill --twice --wal --every 7" "errors --wal" "power --wal" "kill --directory" \
  "kill --twice --directory --every 23" "errors --directory" "kill --state-dir" \
  "kill --state-dir --directory"; do
  echo "$run" >&2
  read -r -a words <<<"$run"
  "$python" "Tests/Crash/${words[0]}.py" --octokey "$octokey" "${words[@]:1}" "$@" || failed=1
done
exit "$failed"
