#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
#
# Programs that lock their memory.  An instance is mostly holes; were they
# filled, the machine would have no memory left.  So it lies on a small tmpfs
# of its own here.

load sysv_helper

setup() {
	private_setup
	unshare -rm true 2>/dev/null || skip "unshare may not make a place for mounts"
	mkdir "$private/small"
	export PORTICO_KERNEL=$private/small/kernel
}

# Each case in a namespace of its own, where that tmpfs is mounted.
on_little_memory() {
	local as=-m
	[ "$(id -u)" -eq 0 ] || as=-rm
	# shellcheck disable=SC2016 # for the shell that it starts
	every_case unshare $as sh -c '
		mount -t tmpfs -o size=64m none "$0" && portico create first && exec "$@"' "$private/small" "$@"
}

with_preload() { on_little_memory env LD_PRELOAD="$BUILD/lib/libportico-preload.so" "$1"; }

@test "mlockall: what is asked holds on the real kernel" { on_the_kernel sysv_mlockall; }
@test "mlockall: under glibc, preloaded" { sysvipc_unchanged with_preload "$BUILD/tests/sysv_mlockall"; }
@test "mlockall: under musl, preloaded" {
	require_musl
	sysvipc_unchanged with_preload "$BUILD/tests/musl/sysv_mlockall"
}
@test "mlockall: linked statically" {
	require_musl
	sysvipc_unchanged on_little_memory "$BUILD/tests/static/sysv_mlockall"
}
