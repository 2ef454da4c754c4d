# shellcheck shell=bash
# The requirements of tests, checks and benchmarks besides Swift; sourced, not run.

# Build and run time of octokey, and the programs that tests compare it with. Used where sourced.
# shellcheck disable=SC2034
test_packages=(
  libxml2-dev libssl-dev libsqlite3-dev unixodbc-dev zlib1g-dev pkg-config gcc libc6-dev
  acl ansible-core attr binutils dpkg-dev e2fsprogs gzip libgssapi-krb5-2 libltdl7 libsqliteodbc libxml2-utils man-db mandoc odbc-postgresql openssl postgresql
  python3 python3-cryptography python3-jsonschema python3-pip shellcheck sqlite3 strace tdsodbc util-linux zsh
)

# install_missing PACKAGE...: installs missing packages from Debian.
install_missing() {
  local package
  local -a missing=() root=()
  for package in "$@"; do
    dpkg-query -W -f='${Status}' "$package" 2>/dev/null | grep -q 'ok installed' ||
      missing+=("$package")
  done
  ((${#missing[@]})) || return 0
  echo "installing ${missing[*]}" >&2
  ((EUID == 0)) || root=(sudo)
  "${root[@]}" apt-get update -q </dev/null >&2
  "${root[@]}" env DEBIAN_FRONTEND=noninteractive \
    apt-get install -q -y --no-install-recommends "${missing[@]}" </dev/null >&2
}

# open_null_device: PostgreSQL, and octokey where a test runs it as another user, open /dev/null. A container may have
# one that is root's alone.
open_null_device() {
  local mode
  mode=$(stat -c '%F, %A, %u:%g' /dev/null)
  [[ $mode == 'character special file, crw-rw-rw-, '* ]] && return
  echo "/dev/null is not open to every user ($mode), which the tests need: changing its mode to 666" >&2
  [[ -c /dev/null ]]
  local -a root=()
  ((EUID == 0)) || root=(sudo)
  "${root[@]}" chmod 666 /dev/null
}

# python_with_cryptography: prints the first python3 that can import it.
python_with_cryptography() {
  local python
  for python in python3 /usr/bin/python3; do
    if "$python" -c 'import cryptography, sqlite3' 2>/dev/null; then
      echo "$python"
      return
    fi
  done
  echo "no python3 with the cryptography package" >&2
  return 1
}

# fetch_microsofts_driver: unpacks Microsoft's ODBC driver into .build-odbc, once. Debian has none; PyPI has one, in a
# package for Python. Its folders `lib` and `share` must stay together.
fetch_microsofts_driver() {
  local folder=.build-odbc package=mssql-python-odbc==18.6.2.2 new python
  [[ -d $folder/mssql_python_odbc ]] && return
  new=$(mktemp -d "$folder.XXXXXX")
  for python in python3 /usr/bin/python3; do
    "$python" -m pip --version &>/dev/null || continue
    if "$python" -m pip download --quiet --disable-pip-version-check --no-deps --only-binary :all: \
      --dest "$new" "$package" </dev/null >&2 && "$python" -m zipfile -e "$new"/*.whl "$new"; then
      rm -rf "$folder"
      chmod 755 "$new" # the tests run octokey as other users, too
      mv "$new" "$folder"
      return
    fi
  done
  rm -rf "$new"
  echo "LEFT OUT: the tests with Microsoft's ODBC driver, because $package cannot be downloaded" >&2
}

# fetch_kubernetes_schemas: puts the schemas of Kubernetes, and what checks a file against them, into .build-kubernetes, once.
fetch_kubernetes_schemas() {
  local folder=.build-kubernetes new python
  [[ -d $folder ]] && return
  new=$(mktemp -d "$folder.XXXXXX")
  for python in python3 /usr/bin/python3; do
    if "$python" -m pip install --quiet --disable-pip-version-check --root-user-action ignore --target "$new" \
      kubernetes-validate==1.37.0 </dev/null >&2; then
      chmod 755 "$new"
      mv "$new" "$folder"
      return
    fi
  done
  rm -rf "$new"
  echo "kubernetes-validate cannot be installed from PyPI: the test of samples/kubernetes will fail" >&2
}

# How the tests are built, as arguments of `swift build` and `swift test`: optimised, because they
# start octokey a thousand times.
# shellcheck disable=SC2034 # for those who source this file
test_build=(--scratch-path .build-tests -Xswiftc -O)
