#!/usr/bin/env bash
# From a fresh Debian 12 with Swift to a rotated Master Key, on sample data: installs what is
# missing, builds octokey, makes a sample node in a new folder, and rotates its Master Key. The
# report goes to standard output, everything else to standard error.
#
#   samples/quickstart.sh [FOLDER]      the folder must be new or empty; default: a temporary one
set -euo pipefail

say() { echo "quickstart: $*" >&2; }

if (($# > 1)) || [[ ${1-} == -* ]]; then
  say "usage: samples/quickstart.sh [FOLDER]"
  exit 64
fi
folder=${1-}
if [[ -n $folder && -e $folder ]] && { [[ ! -d $folder ]] || [[ -n $(ls -A "$folder") ]]; }; then
  say "refusing to use '$folder': it is not an empty folder"
  exit 1
fi
[[ -z $folder ]] || folder=$(realpath -m "$folder")
cd "$(dirname "$0")/.."

if ! command -v swift >/dev/null; then
  say "swift not found on the PATH; see https://www.swift.org/install/linux/"
  exit 1
fi

missing=()
for package in libxml2-dev libssl-dev libsqlite3-dev unixodbc-dev zlib1g-dev pkg-config python3 \
  python3-cryptography; do
  dpkg-query -W -f='${Status}' "$package" 2>/dev/null | grep -q 'ok installed' ||
    missing+=("$package")
done
if ((${#missing[@]})); then
  say "installing ${missing[*]}"
  root=()
  ((EUID == 0)) || root=(sudo)
  "${root[@]}" apt-get update -q </dev/null >&2
  "${root[@]}" env DEBIAN_FRONTEND=noninteractive \
    apt-get install -q -y --no-install-recommends "${missing[@]}" </dev/null >&2
fi

# The first python3 on the PATH need not be Debian's.
python=/usr/bin/python3
! python3 -c 'import cryptography, sqlite3' 2>/dev/null || python=python3

say "building octokey; the first time takes a few minutes"
build=(-c release --product octokey --static-swift-stdlib -Xlinker -s
  --scratch-path .build-release)
swift build "${build[@]}" </dev/null >&2
octokey=$(swift build "${build[@]}" --show-bin-path)/octokey

[[ -n $folder ]] || folder=$(mktemp -d "${TMPDIR:-/tmp}/octokey-sample.XXXXXX")
say "making a sample node in $folder"
"$python" samples/make_node.py "$folder"

say "rotating its Master Key"
exec "$octokey" rotate-master-key --config "$folder/OctopusServer.config" \
  --machine-id-file "$folder/machine-id" --instances-dir "$folder/instances" \
  --i-really-want-to-rotate-my-master-key --i-have-backed-up-my-database </dev/null
