#!/usr/bin/env bash
# Measures a rotation by the release build of octokey against bare_minimum.c. Fails if octokey
# takes more than twice as long, or needs more memory for ten times the documents, or if 3 ms more in
# every round trip to a database server make a rotation take more than three times as long.
#
#   Tests/Benchmarks/run.sh [--rounds N] [--folder FOLDER]      see rotation.py
set -euo pipefail
cd "$(dirname "$0")/../.."
source Tests/requirements.sh

install_missing "${test_packages[@]}"
python=$(python_with_cryptography)
build=(-c release --product octokey --static-swift-stdlib -Xlinker -s
  --scratch-path .build-release)
echo "building" >&2
swift build "${build[@]}" </dev/null >&2
folder=$(swift build "${build[@]}" --show-bin-path)
cc -O3 -march=native -Wall -Wextra -Werror Tests/Benchmarks/bare_minimum.c \
  -o .build-release/bare_minimum -lsqlite3 -lcrypto

failed=0
"$python" Tests/Benchmarks/round_trips.py --octokey "$folder/octokey" || failed=1
"$python" Tests/Benchmarks/search.py --octokey "$folder/octokey" || failed=1
"$python" Tests/Benchmarks/rotation.py --octokey "$folder/octokey" \
  --bare-minimum .build-release/bare_minimum "$@" || failed=1
exit "$failed"
