#!/usr/bin/env bash
# All crash tests in full, on a store with a rollback journal and on one in WAL mode; the last line of
# each says what came of it. `swift test` runs a shorter form.
#
#   Tests/Crash/run.sh [--jobs N]
set -euo pipefail
cd "$(dirname "$0")/../.."
source Tests/requirements.sh

install_missing "${test_packages[@]}"
python=$(python_with_cryptography)
swift build --product octokey </dev/null >&2
octokey=$(swift build --show-bin-path)/octokey
failed=0
for mode in "" --wal --directory; do
  for test in kill errors power config; do
    echo "$test $mode" >&2
    # shellcheck disable=SC2086 # no mode is no word
    "$python" "Tests/Crash/$test.py" --octokey "$octokey" $mode "$@" || failed=1
  done
done
exit "$failed"
