#!/usr/bin/env bash
# Builds the fuzzers, replays the cases that were found before and the seeds, and fuzzes each target for a while. One line a
# target; the exit status is 1 if anything was found, and the line before says in which file the input is.
#
#   Tests/Fuzz/run.sh [--seconds N] [--jobs N] [TARGET]...    20 seconds each, two at a time, all targets if none is named
#
# A found case that was mended goes to Regressions/TARGET, and is replayed from then on. To see one fail:
#
#   .build-fuzz/debug/fuzz --target=TARGET --enlarge FILE
set -euo pipefail
cd "$(dirname "$0")/../.."
source Tests/requirements.sh

folder=Tests/Fuzz
scratch=$PWD/.build-fuzz
seconds=20
jobs=2
targets=()
while (($#)); do
  case $1 in
    --seconds) seconds=$2 && shift ;;
    --jobs) jobs=$2 && shift ;;
    -*) sed -n '2,/^set/{/^#/p}' "$folder/run.sh" >&2 && exit 64 ;;
    *) targets+=("$1") ;;
  esac
  shift
done
((${#targets[@]})) || mapfile -t targets < <(cd "$folder/Corpus" && printf '%s\n' *)

install_missing "${test_packages[@]}"
echo "building the fuzzers" >&2
# Both sanitizers in one option: of two options, the second one takes the instrumentation for coverage away.
swift build --package-path "$folder" --scratch-path "$scratch" --quiet --sanitize=fuzzer \
  -Xswiftc -sanitize=fuzzer,address -Xswiftc -use-ld=lld </dev/null
program=$scratch/debug/fuzz

# A crash would wait for a backtrace of the Swift runtime. What is found in C libraries is found by libFuzzer itself.
export SWIFT_BACKTRACE=enable=no
export ASAN_OPTIONS="detect_leaks=0:allocator_may_return_null=1:handle_abort=0:malloc_context_size=1"

# The longest input of a target, in bytes: enough for a seed, and for what depends on the length of one.
length_of() {
  case $1 in
    config | fields | reports | schema | manifest | journal) echo 3000 ;;
    gzip) echo 2000 ;;
    *) echo 1000 ;;
  esac
}

# fuzz TARGET: prints its line; fails if something was found.
fuzz() {
  local target=$1 new=$scratch/corpus/$1 found=$scratch/found/$1 log=$scratch/logs/$1.log
  local -a limits=("-max_len=$(length_of "$1")" -timeout=60 -rss_limit_mb=2048 "-artifact_prefix=$found/")
  local -a known=() dictionary=()
  [[ ! -f $folder/Dictionaries/$target.dict ]] || dictionary=("-dict=$folder/Dictionaries/$target.dict")
  mkdir -p "$new" "$found" "$scratch/logs"
  mapfile -t known < <(find "$folder/Regressions/$target" "$folder/Corpus/$target" -type f 2>/dev/null | sort)
  if ! "$program" "--target=$target" --enlarge "${limits[@]}" "${known[@]}" &>"$log"; then
    echo "FAILED  $target: $(said "$log"); a known case, see $log"
    return 1
  fi
  if ! "$program" "--target=$target" "${limits[@]}" "${dictionary[@]}" "-max_total_time=$seconds" \
    -print_final_stats=1 "$new" "$folder/Corpus/$target" &>"$log"; then
    echo "FAILED  $target: $(said "$log"); input: $(grep -oP 'Test unit written to \K.*' "$log" || echo "see $log")"
    return 1
  fi
  echo "ok      $target: ${#known[@]} known cases, $(sed -n 's/^stat::number_of_executed_units: *//p' "$log") executions," \
    "$(grep -oP 'DONE +cov: \K\d+' "$log" | tail -1) edges"
}

# said LOG: why a run failed, in a few words.
said() {
  grep -m1 -E '^FUZZ FAILURE|Fatal error|^SUMMARY' "$1" | cut -c 1-300 || echo "no reason given"
}

failed=0
running=()
for target in "${targets[@]}"; do
  # How each one ended is asked below.
  while (($(jobs -rp | wc -l) >= jobs)); do wait -n || true; done
  fuzz "$target" &
  running+=($!)
done
for process in "${running[@]}"; do
  wait "$process" || failed=1
done
exit "$failed"
