# shellcheck shell=bash
# Makes the packages of samples/install.sh; sourced, not run. It has `program`, `version` and `work`.
# shellcheck disable=SC2154 # set where this is sourced

export SOURCE_DATE_EPOCH=${SOURCE_DATE_EPOCH:-$(git log -1 --format=%ct 2>/dev/null)}
[[ -n $SOURCE_DATE_EPOCH ]] ||
  die "unknown time of the commit" "set SOURCE_DATE_EPOCH, in seconds since 1970"

# What a node needs besides octokey, as Debian 12 calls it.
libraries="libxml2 libssl3 libsqlite3-0 libodbc2 zlib1g"

# The test build is one; it runs on machines with Swift only.
needs_swift() { ldd "$program" 2>/dev/null | grep -q libswiftCore; }

! needs_swift || say "warning: $program needs Swift's libraries; a build with --static-swift-stdlib does not"

# deliver FILE FOLDER: the finished package, with its path on standard output.
deliver() {
  mkdir -p -- "$2"
  put "$1" "$2/${1##*/}" 644
  echo "$2/${1##*/}"
}

# set_times FOLDER: of everything in it.
set_times() { find "$1" -exec touch -h -d "@$SOURCE_DATE_EPOCH" {} +; }

# changes: the changelog's entry for this version, as Debian words it.
changes() {
  awk -v title="## [$version]" '
    /^## / { here = index($0, title) == 1; next }
    here && /^- / { print "  * " substr($0, 3) }
    here && /^  / { print "    " substr($0, 3) }
  ' samples/CHANGELOG.md
}

# depends FILE: the packages whose libraries the program links, with the versions that it needs.
depends() {
  local -a options=()
  # No package contains Swift's libraries.
  ! needs_swift || options=(--ignore-missing-info)
  mkdir -p "$work/shlibs/debian"
  printf 'Source: octokey\n\nPackage: octokey\nArchitecture: any\n' >"$work/shlibs/debian/control"
  (cd "$work/shlibs" && dpkg-shlibdeps -O "${options[@]}" "$1" 2>"$work/messages") |
    sed -n 's/^shlibs:Depends=//p' | grep . ||
    { cat "$work/messages" >&2 && die "dpkg-shlibdeps does not know what $program needs"; }
}

# size FOLDER: in KiB, as Debian counts: files rounded up, and one for a folder.
size() {
  find "$1" -printf '%y %s\n' |
    awk '{ total += $1 == "f" ? int(($2 + 1023) / 1024) : 1 } END { print total }'
}

# make_deb FOLDER
make_deb() {
  local needed revision=${version//-/\~}-1 tool
  local architecture maintainer entry tree doc
  for tool in dpkg-deb dpkg-shlibdeps objdump; do
    command -v "$tool" >/dev/null || die "$tool not found" "apt-get install dpkg-dev"
  done
  entry=$(changes)
  [[ -n $entry ]] || die "samples/CHANGELOG.md has no entry for $version"
  maintainer=${DEBEMAIL:-$(git log -1 --format=%ae 2>/dev/null)} ||
    die "unknown maintainer of the package" "set DEBFULLNAME and DEBEMAIL"
  maintainer="${DEBFULLNAME:-octokey maintainers} <$maintainer>"
  architecture=$(dpkg --print-architecture)
  tree=$work/octokey_${revision}_$architecture
  doc=$tree/usr/share/doc/octokey

  stage "$tree/usr"
  # Debian's zsh does not look into site-functions of packages.
  mv "$tree/usr/share/zsh/site-functions" "$tree/usr/share/zsh/vendor-completions"
  mkdir -p "$doc" "$tree/DEBIAN"
  cat >"$doc/copyright" <<END
Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/
Upstream-Name: octokey
Comment: The program contains parts of Swift and of swift-argument-parser, which
 are under the Apache License 2.0 with the Runtime Library Exception.

Files: *
Copyright: $(date -u -d "@$SOURCE_DATE_EPOCH" +%Y) the octokey maintainers
License: undecided

License: undecided
 The licence of octokey is undecided. Until it has one, ask its authors before
 you copy, change or distribute it.
END
  cat >"$doc/changelog.Debian" <<END
octokey ($revision) unstable; urgency=medium

$entry

 -- $maintainer  $(date -u -R -d "@$SOURCE_DATE_EPOCH")
END
  gzip -n9 "$doc/changelog.Debian" "$tree"/usr/share/man/*/*

  needed=$(depends "$tree/usr/bin/octokey")
  (cd "$tree" && find usr -type f -print0 | sort -z | xargs -0 md5sum) >"$tree/DEBIAN/md5sums"
  cat >"$tree/DEBIAN/control" <<END
Package: octokey
Version: $revision
Architecture: $architecture
Maintainer: $maintainer
Installed-Size: $(size "$tree/usr")
Depends: $needed
Recommends: tdsodbc | msodbcsql18 | msodbcsql17
Suggests: odbc-postgresql
Section: admin
Priority: optional
Description: rotate the Master Key of Octopus Deploy Server nodes
 octokey re-encrypts every sensitive value in the database of an Octopus
 Deploy Server with a new Master Key, in one step that survives a crash,
 sets the key in the configs of the nodes, and verifies the result.
 .
 Recommended packages are drivers for SQL Server; SQLite needs none.
END
  set_times "$tree"
  # One thread: the bytes must not depend on the number of processors. Level 6 takes five times as long for a tenth less.
  dpkg-deb --root-owner-group -Zxz -z1 --threads-max=1 --build "$tree" "$tree.deb" >/dev/null
  deliver "$tree.deb" "$1"
}

# make_tarball FOLDER
make_tarball() {
  local name
  name=octokey-$version-linux-$(uname -m)
  stage "$work/$name"
  install -m 755 samples/install.sh "$work/$name/install.sh"
  cat >"$work/$name/INSTALL" <<END
octokey $version, for Linux. It needs these libraries, as Debian 12 calls their packages:
$libraries

  sudo ./install.sh               installs octokey, its man pages and completions in /usr/local
  sudo ./install.sh --uninstall   removes them
  ./install.sh --help             shows what else there is

Then read octokey(1): man octokey
END
  set_times "$work/$name"
  tar -C "$work" --sort=name --mtime="@$SOURCE_DATE_EPOCH" --owner=0 --group=0 --numeric-owner \
    --format=gnu -cf - "$name" | gzip -n9 >"$work/$name.tar.gz"
  (cd "$work" && sha256sum "$name.tar.gz" >"$name.tar.gz.sha256")
  deliver "$work/$name.tar.gz" "$1"
  deliver "$work/$name.tar.gz.sha256" "$1"
}
