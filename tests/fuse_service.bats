#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# The mount under a service manager: readiness, and the unit that is installed.

load helper
load fuse_helper

setup() { private_setup; }

@test "in the foreground it tells the socket that NOTIFY_SOCKET names, once it can be used" {
	require_fuse
	mnt=$private/mnt
	mkdir "$mnt"
	# the manager: hears READY=1, and looks whether the mount is there at that time
	timeout 20 python3 -c '
import os, socket, subprocess, sys
at, mount, program = sys.argv[1:]
manager = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
manager.bind(at)
daemon = subprocess.Popen([program, "mount", "--foreground", mount], env=dict(os.environ, NOTIFY_SOCKET=at))
print(manager.recv(100).decode())
print(open(mount + "/kernel/pid").read().strip() == str(daemon.pid))
print(open(mount + "/kernel/supervisor").read().strip())
daemon.terminate()
print(daemon.wait())' "$private/socket" "$mnt" "$BUILD/bin/portico" >"$private/out"
	[ "$(cat "$private/out")" = $'READY=1\nTrue\nnone\n0' ]
	not_mounted
}

@test "a NOTIFY_SOCKET that nobody hears, or is too long, is no trouble" {
	require_fuse
	for socket in "$private/nobody" @portico-nobody "$(printf '/%.0s' {1..200})"; do
		mkdir -p "$private/mnt"
		NOTIFY_SOCKET=$socket timeout 20 portico mount --foreground "$private/mnt" &
		eventually 5 test -e "$private/mnt/kernel/pid"
		timeout 10 portico umount "$private/mnt"
		wait $!
	done
}

@test "make install brings a unit for the machine and one for users, which systemd accepts" {
	[ -x "$daemon" ] || skip "built without FUSE"
	make -C "$root" --no-print-directory BUILD="$BUILD" DESTDIR="$private/stage" PREFIX=/opt/portico install
	local lib=$private/stage/opt/portico/lib/systemd
	grep -qx 'ExecStart=/opt/portico/bin/portico mount --foreground %f' "$lib/system/portico-mount@.service"
	grep -qx 'WantedBy=multi-user.target' "$lib/system/portico-mount@.service"
	grep -qx 'WantedBy=default.target' "$lib/user/portico-mount@.service"
	if command -v systemd-analyze >/dev/null; then
		# it wants the program that a unit starts to be there
		for scope in system user; do
			sed "s!/opt/portico/bin/portico!$BUILD/bin/portico!; /^Documentation=/d" \
				"$lib/$scope/portico-mount@.service" >"$private/portico-mount@$scope.service"
			run timeout 30 systemd-analyze --man=no "--$scope" verify "$private/portico-mount@$scope.service"
			[ "$status" -eq 0 ] || { echo "$output"; return 1; }
			[[ $output != *"portico-mount@$scope.service:"* ]] || { echo "$output"; return 1; }
		done
	fi
	make -C "$root" --no-print-directory BUILD="$BUILD" DESTDIR="$private/stage" PREFIX=/opt/portico uninstall
	[ -z "$(find "$private/stage" -name 'portico-mount@*')" ]
}
