#!/usr/bin/env bash
# Runs the tests of Native, OctopusKeys and Stores under ThreadSanitizer, then under AddressSanitizer
# with its leak check. Fails if a test fails or a sanitizer reports anything.
#
#   Tests/sanitize.sh [thread|address]...      both, if none is named
#
# The tests of the command line start the built program: there the sanitizers would see the tests only.
set -euo pipefail
cd "$(dirname "$0")/.."
source Tests/requirements.sh

install_missing "${test_packages[@]}"
# A report ends the run, and a backtrace by the Swift runtime would only hold it up.
export TSAN_OPTIONS="halt_on_error=1 exitcode=66"
export ASAN_OPTIONS="detect_leaks=1 exitcode=66"
export SWIFT_BACKTRACE=enable=no
# Foundation keeps a few bytes for every program that a test has started.
suppressions=$(mktemp)
trap 'rm -f "$suppressions"' EXIT
echo 'leak:10Foundation7ProcessC3run' >"$suppressions"
export LSAN_OPTIONS="suppressions=$suppressions"
failed=0
# Scanning a process's memory for secrets does not end in a sanitizer's, and proves nothing there.
for sanitizer in "${@:-all}"; do
  for one in ${sanitizer/#all/thread address}; do
    echo "running the tests with the $one sanitizer" >&2
    timeout --foreground -k 10 3600 swift test --sanitize="$one" --scratch-path ".build-$one" \
      --disable-xctest --filter '^(NativeTests|OctopusKeysTests|StoresTests)\.' \
      --skip SecretBytesTests </dev/null || failed=1
  done
done
exit "$failed"
