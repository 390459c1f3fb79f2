#!/bin/bash
# SPDX-License-Identifier: MIT
#
# fakeroot, which asks its server by System V queues for each file that it gives
# away or looks at, building a Debian package.

# shellcheck source=bench/programs/worker
. "$(dirname "$0")/worker"

need_all() { need fakeroot-sysv; need dpkg-deb; }

prepare() {
	local tree=$place/package files
	files=$(word files 100)
	[ "$(word quick 0)" = 0 ] || files=50
	mkdir -p "$tree/DEBIAN" "$tree/usr/share/files"
	printf '%s\n' 'Package: files' 'Version: 1' 'Architecture: all' 'Maintainer: nobody <nobody@localhost>' \
		'Description: files' > "$tree/DEBIAN/control"
	(cd "$tree/usr/share/files" && seq "$files" | xargs touch)
	cat > "$place/build" <<-EOS
		chown -R root:root $tree && chmod -R go=rX $tree && dpkg-deb -Znone --build $tree $place/files.deb
	EOS
}

batch() {
	local began i
	began=$(date +%s%N)
	for ((i = 0; i < $1; i++)); do
		$run fakeroot-sysv sh "$place/build"
	done
	took=$(($(date +%s%N) - began))
}

remove() { :; }

work "$1"
