#!/usr/bin/env bash
# Runs the tests under ThreadSanitizer, then under AddressSanitizer with its leak check; the octokey that a test starts is
# built for the sanitizer, too. Fails if a test fails or a sanitizer reports anything.
#
#   Tests/sanitize.sh [thread|address]...      both, if none is named
set -euo pipefail
cd "$(dirname "$0")/.."
source Tests/requirements.sh

install_missing "${test_packages[@]}"
open_null_device
fetch_microsofts_driver
fetch_kubernetes_schemas
# A report ends the run, and a backtrace by the Swift runtime would only hold it up.
export TSAN_OPTIONS="halt_on_error=1:exitcode=66"
export SWIFT_BACKTRACE=enable=no
# A program takes several times as long.
export OUTSIDE_SECONDS=600
# Foundation leaks a few bytes for every program that a test starts, and the buffer of a file that is not valid UTF-8.
suppressions=$(mktemp)
trap 'rm -f "$suppressions"' EXIT
printf 'leak:%s\n' 10Foundation7ProcessC3run FoundationEssentials17readBytesFromFile >"$suppressions"
export LSAN_OPTIONS="suppressions=$suppressions"
# A sanitizer keeps copies of memory, locks none, takes its time, and needs /proc and large files.
skipped='SecretBytesTests|SecretsTests|memoryThatCannotBeLockedIsSaid|LinearTimeTests|withoutProcEverythingWorks|theLargestFileThatIsAllowedIsNoTrap'
failed=0

# run SANITIZER FILTER: runs the tests of that name with what was built. Few at a time: some depend on the hour, and all at
# once would take as long as the slowest.
run() {
  timeout --foreground -k 10 10800 ".build-$1/debug/octokeyPackageTests.xctest" --testing-library swift-testing \
    --experimental-maximum-parallelization-width 4 --filter "$2" --skip "$skipped" </dev/null || failed=1
}

for sanitizer in "${@:-all}"; do
  for one in ${sanitizer/#all/thread address}; do
    echo "building for the $one sanitizer, and running the tests with it" >&2
    swift build --build-tests --quiet --sanitize="$one" --scratch-path ".build-$one" -Xswiftc -O </dev/null
    case $one in
      thread) run thread . ;;
      address)
        export ASAN_OPTIONS="detect_leaks=1:exitcode=66"
        run address '^(NativeTests|OctopusKeysTests|StoresTests)\.'
        # Of octokey itself, too, where a test starts it without strace, which keeps the check from its work.
        run address '^CommandTests\.(Restore|ConfigCheck|ConfigCopy|ConfigSecret|Config|Comparison|Instance|SetMasterKey|Postgres|Rotation|TryKeys|OddContent|DirectoryContent|Residue)Tests'
        ASAN_OPTIONS="detect_leaks=0:exitcode=66" run address '^CommandTests\.'
        ;;
    esac
  done
done
exit "$failed"
