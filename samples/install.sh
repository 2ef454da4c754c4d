#!/usr/bin/env bash
# Installs octokey with its man pages and the completions of bash, zsh and fish, or packs it for other machines.
#
#   samples/install.sh [--prefix FOLDER] [--program FILE]   installs in FOLDER; default: /usr/local
#   samples/install.sh [--prefix FOLDER] --uninstall        removes what was installed in FOLDER
#   samples/install.sh --deb FOLDER [--program FILE]        writes octokey_VERSION_ARCH.deb to FOLDER
#   samples/install.sh --tarball FOLDER [--program FILE]    writes octokey-VERSION-linux-ARCH.tar.gz and its SHA-256
#
# Without --program octokey is built first, in release mode. The tarball contains this script, which installs and
# uninstalls from there as well, without Swift and without a network. What was installed is listed in
# share/octokey/installed. DESTDIR in the environment goes in front of the prefix.
#
# The same commit and program give the same package, byte for byte: all times in it are SOURCE_DATE_EPOCH, by
# default the time of the commit. The maintainer of the Debian package is DEBFULLNAME and DEBEMAIL, by default the
# author of the commit.
set -euo pipefail
umask 022
export LC_ALL=C
shopt -s inherit_errexit

say() { echo "install.sh: $*" >&2; }

# die MESSAGE [HINT]
die() {
  say "$1"
  (($# < 2)) || say "hint: $2"
  exit 1
}

# misuse [MESSAGE]
misuse() {
  (($# == 0)) || say "$1"
  say "hint: install.sh --help shows the usage"
  exit 64
}

# put SOURCE TARGET MODE: writes a file in one step.
put() {
  partial=$2.new.$$
  install -m "$3" -- "$1" "$partial"
  mv -fT -- "$partial" "$2"
  partial=
}

prefix='' program='' deb='' tarball='' uninstall=''
words=$(getopt --name install.sh --options '' \
  --longoptions help,prefix:,program:,deb:,tarball:,uninstall -- "$@") || misuse
eval set -- "$words"
while [[ $1 != -- ]]; do
  [[ $1 == --help || $1 == --uninstall || -n $2 ]] || misuse "the value of $1 is empty"
  case $1 in
    --help)
      sed -n '2,/^set /s/^# \{0,1\}//p' "$0"
      exit
      ;;
    --uninstall) uninstall=yes ;;
    --prefix) prefix=$(realpath -ms -- "$2") ;;
    --program) program=$(realpath -m -- "$2") ;;
    --deb) deb=$(realpath -m -- "$2") ;;
    --tarball) tarball=$(realpath -m -- "$2") ;;
  esac
  [[ $1 == --uninstall ]] || shift
  shift
done
(($# == 1)) || misuse "unexpected argument: $2"
[[ -z $deb$tarball || -z $prefix$uninstall ]] ||
  misuse "--deb and --tarball cannot be combined with --prefix and --uninstall"
[[ -z $uninstall || -z $program ]] || misuse "--uninstall and --program are mutually exclusive"

# The folder that is installed in, as it is on this machine; empty for the root folder.
at=${DESTDIR-}${prefix:-/usr/local}
at=$(realpath -m -- "$at")
at=${at%/}
manifest=share/octokey/installed

here=$(dirname "$(realpath "$0")")
unpacked='' # the folder of the tarball, if it is run there
[[ ! -f $here/bin/octokey ]] || unpacked=$here
[[ -z $unpacked || -z $deb$tarball$program ]] ||
  misuse "--deb, --tarball and --program need octokey's source, not the tarball"
[[ -n $unpacked ]] || cd "$here/.."

partial=''
work=$(mktemp -d)
trap 'rm -rf -- "$work" ${partial:+"$partial"}' EXIT

# check_path PATH: refuses a path that leads out of the prefix, also by way of a link.
check_path() {
  local parent
  parent=$(realpath -m -- "$(dirname -- "$at/$1")")
  [[ -n $1 && /$1/ != */../* && /$1/ != */./* && /$1/ != *//* && ${parent%/}/ == "$at/"* ]] ||
    die "refusing a path that leads out of ${at:-/}: $(printf %q "$1")"
}

# read_manifest: sets `files` and `folders` to what is installed. Nothing of a manifest with a wrong path is used.
read_manifest() {
  local path
  local -a listed
  files=() folders=()
  check_path "$manifest"
  [[ ! -L $at/$manifest ]] || die "$at/$manifest is a symbolic link"
  [[ -e $at/$manifest ]] || return 0
  mapfile -t listed <"$at/$manifest"
  for path in "${listed[@]}"; do
    check_path "${path%/}"
    if [[ $path == */ ]]; then folders+=("$path"); else files+=("$path"); fi
  done
}

# write_manifest PATH...: a folder's path ends with a slash.
write_manifest() {
  printf '%s\n' "$@" | sort -u >"$work/manifest"
  put "$work/manifest" "$at/$manifest" 644
}

# check_writable HINT: looks at the part of the prefix that exists.
check_writable() {
  local folder=$at
  while [[ ! -e ${folder:=/} ]]; do folder=$(dirname -- "$folder"); done
  [[ -d $folder ]] || die "$folder is not a folder"
  [[ -w $folder ]] || die "no permission to write to $folder" "$1"
}

# install_tree FOLDER: bin and share in FOLDER go into the prefix.
install_tree() {
  local path folder mode
  local -a new obsolete made=()
  mapfile -t new < <(cd "$1" && find bin share -type f | sort)
  read_manifest
  for path in "${new[@]}" "$manifest"; do
    check_path "$path"
    [[ ! -d $at/$path ]] || die "$at/$path is a folder, not a file"
    folder=$(dirname "$path")
    while [[ $folder != . ]]; do
      [[ -e $at/$folder ]] || made+=("$folder/")
      folder=$(dirname "$folder")
    done
  done
  # The list comes first: an installation that was interrupted can be uninstalled.
  mkdir -p -- "$at/${manifest%/*}"
  write_manifest "${files[@]}" "${new[@]}" "${folders[@]}" "${made[@]}"
  for path in "${new[@]}"; do
    mode=644
    [[ $path != bin/* ]] || mode=755
    mkdir -p -- "$at/$(dirname "$path")"
    put "$1/$path" "$at/$path" "$mode"
  done
  mapfile -t obsolete < <(comm -23 <(printf '%s\n' "${files[@]}" | sort) <(printf '%s\n' "${new[@]}"))
  for path in "${obsolete[@]}"; do [[ -z $path ]] || rm -f -- "$at/$path"; done
  write_manifest "${new[@]}" "${folders[@]}" "${made[@]}"
}

# remove_tree: what the manifest lists, and the manifest.
remove_tree() {
  local path
  local -a deepest_first
  [[ -e $at/$manifest ]] || die "octokey is not installed in ${at:-/}: $manifest not found"
  read_manifest
  check_writable "run it with sudo"
  for path in "${files[@]}" "$manifest"; do rm -f -- "$at/$path"; done
  mapfile -t deepest_first < <(printf '%s\n' "${folders[@]%/}" | sort -r)
  for path in "${deepest_first[@]}"; do
    # What holds something else stays.
    [[ -z $path || -L $at/$path || ! -d $at/$path ]] || rmdir --ignore-fail-on-non-empty -- "$at/$path"
  done
}

# build: sets `program` to a release build.
build() {
  local commit
  local -a options=(-c release --product octokey --static-swift-stdlib -Xlinker -s --scratch-path .build-release)
  command -v swift >/dev/null || die "swift not found" "https://www.swift.org/install/linux/, or use --program"
  if commit=$(git rev-parse --short=12 HEAD 2>/dev/null); then
    [[ -z $(git status --porcelain) ]] || commit+=-modified
    export OCTOKEY_COMMIT=$commit
  fi
  say "building octokey; the first time takes a few minutes"
  swift build "${options[@]}" </dev/null >&2
  program=$(swift build "${options[@]}" --show-bin-path)/octokey
}

# read_version PROGRAM: sets `version`.
read_version() {
  local said
  said=$("$1" --version) || die "$1 does not run on this machine" \
    "it needs what Debian calls libxml2, libssl3, libsqlite3-0, libodbc2 and zlib1g"
  version=$(head -n 1 <<<"$said" | grep -oE '(^| )[0-9]+(\.[0-9]+)+[-+.~A-Za-z0-9]*' | head -n 1 | tr -d ' ') ||
    die "$1 --version does not print a version number"
}

# stage FOLDER: bin and share, as they are installed.
stage() {
  local page shell path
  install -D -m 755 "$program" "$1/bin/octokey"
  for page in man/man[1-8]/*; do install -D -m 644 "$page" "$1/share/$page"; done
  for shell in bash:bash-completion/completions/octokey zsh:zsh/site-functions/_octokey \
    fish:fish/vendor_completions.d/octokey.fish; do
    path=$1/share/${shell#*:}
    mkdir -p "$(dirname "$path")"
    # The completions are sourced, not run.
    "$program" --generate-completion-script "${shell%%:*}" | sed '1{/^#!/d}' >"$path"
  done
}

if [[ -n $uninstall ]]; then
  remove_tree
  say "uninstalled octokey from ${at:-/}"
  exit
fi
if [[ -n $unpacked ]]; then
  read_version "$unpacked/bin/octokey"
  check_writable "run it with sudo"
  install_tree "$unpacked"
else
  [[ -n $program ]] || build
  [[ -f $program && -x $program ]] || die "$program is not an executable file"
  read_version "$program"
  if [[ -n $deb$tarball ]]; then
    source samples/packages.sh
    [[ -z $deb ]] || make_deb "$deb"
    [[ -z $tarball ]] || make_tarball "$tarball"
    exit
  fi
  check_writable "run it with sudo and --program $program"
  stage "$work/tree"
  install_tree "$work/tree"
fi
say "installed octokey $version in ${at:-/}"
