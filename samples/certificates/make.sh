#!/usr/bin/env bash
# Makes the certificates that the sample stores hold. They are kept in the repository because a
# PKCS#12 file is salted: a new one would differ each time, and the stores with it. The keys
# are public, so they protect nothing. Files that exist are left alone.
#
#   server.pfx       the server's own certificate, without a password, as .NET exports it
#   library-*.pfx    user certificates; the password is the file's name
set -euo pipefail
cd "$(dirname "$0")"

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

# make NAME SUBJECT PASSWORD "KEY OPTIONS" "PKCS#12 OPTIONS"
make() {
  local name=$1 subject=$2 password=$3
  local -a key_options pkcs12_options
  read -ra key_options <<<"$4"
  read -ra pkcs12_options <<<"$5"
  [[ -e $name.pfx ]] && return
  openssl req -x509 -sha256 -days 36500 -nodes -utf8 -subj "$subject" "${key_options[@]}" \
    -keyout "$scratch/$name.key" -out "$scratch/$name.crt" 2>/dev/null
  openssl pkcs12 -export -inkey "$scratch/$name.key" -in "$scratch/$name.crt" -name "$name" \
    -passout "pass:$password" "${pkcs12_options[@]}" -out "$name.pfx"
}

dotnet="-keypbe PBE-SHA1-3DES -certpbe PBE-SHA1-3DES -macalg sha1"
modern="-keypbe AES-256-CBC -certpbe AES-256-CBC -macalg sha256"
ec="-newkey ec -pkeyopt ec_paramgen_curve:P-256"
make server "/CN=Octopus Portal" "" "-newkey rsa:2048" "$dotnet"
make library-rsa "/CN=shop.example.test/O=Example" library-rsa "-newkey rsa:2048" "$dotnet"
make library-modern "/CN=api.example.test/O=Example" library-modern "-newkey rsa:2048" "$modern"
make library-ec "/CN=edge.example.test/O=Example/C=DE" library-ec "$ec" "$modern"
make library-umlaut "/CN=büro.example.test/O=Müller" library-umlaut "$ec" "$dotnet"
