#!/usr/bin/env bash
# Runs all tests, after installing from Debian what they need and is missing. The test runner's
# summary is the last output and its exit status ours. Arguments go to `swift test`.
set -euo pipefail
cd "$(dirname "$0")/.."
source Tests/requirements.sh

install_missing "${test_packages[@]}"
open_null_device
fetch_microsofts_driver
fetch_kubernetes_schemas
echo "building and testing" >&2
# Limited, so that a test that hangs does not block the caller.
exec timeout --foreground -k 10 2400 swift test "${test_build[@]}" --parallel \
  --disable-xctest "$@" </dev/null
