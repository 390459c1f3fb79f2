#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# make install: what is installed works from wherever it was moved to.

load helper

install_to() {
	make -C "$root" --no-print-directory BUILD="$BUILD" DESTDIR="$private/stage" PREFIX=/opt/portico "$@"
}

@test "install: from a moved prefix the command, the preload object and the library work" {
	install_to install
	mv "$private/stage/opt/portico" "$private/moved"
	local bin=$private/moved/bin/portico
	run timeout 10 "$bin" run --no-mount printenv LD_PRELOAD
	[ "$output" = "$private/moved/lib/libportico-preload.so" ]
	timeout 10 "$bin" run --no-mount ipcmk -Q
	run timeout 10 "$bin" ls
	[[ $output = *queue* ]]
	run timeout 10 "$bin" doctor
	[ "$status" -eq 0 ]
	export PKG_CONFIG_PATH=$private/moved/lib/pkgconfig
	case $(nm -u "$private/moved/lib/libportico.so") in *__asan*|*__tsan*) skip "built with a sanitizer" ;; esac
	# shellcheck disable=SC2046 # words
	cc -o "$private/hello" "$root/examples/hello.c" $(pkg-config --cflags --libs portico)
	run env LD_LIBRARY_PATH="$private/moved/lib" timeout 10 "$private/hello"
	[[ $output = "hello, 6 bytes"* ]]
	[ "$(pkg-config --modversion portico)" = "$(portico --version | awk '{ print $2 }')" ]
}

@test "install: every man page is installed in its section, and is well formed" {
	install_to install
	[ -e "$private/stage/opt/portico/share/man/man1/portico.1" ]
	for page in "$root"/docs/man/*.[1-8]; do
		local section=${page##*.}
		cmp "$page" "$private/stage/opt/portico/share/man/man$section/${page##*/}"
		if command -v man >/dev/null; then
			run env LC_ALL=C.UTF-8 MANROFFSEQ='' MANWIDTH=80 man --warnings -E UTF-8 -l -Tutf8 -Z "$page"
			[ "$status" -eq 0 ]
			[[ $output != *warning* ]]
		fi
	done
}

@test "install: every command has a man page that names its options" {
	for command in $(portico help | awk '/^  [a-z]/ && $1 != "help" { print $1 }'); do
		local page=$root/docs/man/portico-$command.1
		[ -e "$page" ]
		for option in $(portico "$command" --help | grep -o -- '--[a-z-]*' | sort -u); do
			grep -q -- "Fl ${option#-}" "$page" ||
				{ echo "$page doesn't tell of $option"; return 1; }
		done
	done
}

@test "install: every call of the library has a man page" {
	local calls
	calls=$(nm -D --defined-only "$BUILD/lib/libportico.so" | awk '$2 == "T" && $3 ~ /^portico_/ { print $3 }')
	[ "$(wc -w <<<"$calls")" -ge 20 ]
	for call in $calls; do
		grep -qE "^\.Nm $call( ,)?$" "$root"/docs/man/*.3 || { echo "no page tells of $call"; return 1; }
	done
}

@test "install: uninstall takes away all that install brought" {
	install_to install
	install_to uninstall
	run find "$private/stage" -type f -o -type l
	[ -z "$output" ]
}
