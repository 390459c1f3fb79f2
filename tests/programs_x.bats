#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# limit_seconds: 900
#
# An X server's MIT-SHM, with x11perf as its client.  It matters because one
# process makes the segment and sends its id to another, who attaches it by
# that alone after a look at its owner; and each has to be known to have gone
# when it is killed.

load programs_helper

setup() {
	private_setup
	require Xvfb xvfb
	require x11perf x11-apps
	require xdpyinfo x11-utils
	cd "$private" || return
	export XAUTHORITY=$private/authority
	: >"$XAUTHORITY"
	on_portico Xvfb -displayfd 3 -screen 0 1024x768x24 -nolisten tcp -noreset 3>display >log 2>&1 &
	eventually 30 [ -s display ]
	DISPLAY=:$(cat display)
	export DISPLAY
}

# It removes its socket and lock itself, if it isn't killed.
teardown() {
	end_server
	private_teardown
}

server() { pgrep -f "^Xvfb -displayfd 3 .*" | while read -r pid; do
	! grep -zqsFx "PORTICO_KERNEL=$PORTICO_KERNEL" "/proc/$pid/environ" || echo "$pid"
done; }

end_server() {
	local pid
	for pid in $(server); do
		kill "$pid"
		eventually 20 [ ! -e "/proc/$pid" ]
	done
}

# The id of a segment that so many have attached.
attached_by() {
	if [ -n "${ON_KERNEL:-}" ]; then
		awk -v by="$1" 'NR > 1 && $7 == by { print $2; found = 1 } END { exit !found }' /proc/sysvipc/shm
	else
		portico ls | awk -v by="$1" '$1 == "segment" && $8 == by { print $3; found = 1 } END { exit !found }'
	fi
}

shared_by_two() { attached_by 2 >/dev/null; }

nobody_has_any() { [ "$(objects | grep -cE '^(segment|shm) ')" -eq "$(attached_by 0 | wc -l)" ]; }

# The client removes its segments when it is done with them, which this one hardly was.
remove_unattached() {
	local id
	eventually 20 nobody_has_any || { objects; return 1; }
	for id in $(attached_by 0); do
		on_portico ipcrm --shmem-id "$id"
	done
}

draw() { on_portico timeout 300 x11perf -sync -repeat 1 -time "$(amount 1 5)" "$@"; }

@test "MIT-SHM: the server offers it, and images go and come by segments" {
	on_portico timeout 20 xdpyinfo >info
	grep -q MIT-SHM info
	draw -shmput500 -shmget500 -shmputxy100 -shmgetxy100 >drawn 2>&1 &
	eventually 60 shared_by_two
	wait $!
	cat drawn
	[ "$(grep -cE 'reps @ .*Shm(Put|Get)Image' drawn)" -ge 4 ]
	[ -z "$(grep -i error drawn)" ]
	eventually 20 no_objects
	end_server
	all_gone
}

@test "MIT-SHM: what a killed client shared, nobody has attached any more" {
	on_portico timeout 100 x11perf -repeat 100 -time 5 -shmput100 >drawn 2>&1 &
	local run=$! victim
	eventually 60 shared_by_two
	victim=$(pgrep -f '^x11perf -repeat 100 -time 5 -shmput100$' -n)
	kill -KILL "$victim"
	wait "$run" && return 1
	remove_unattached
	end_server
	all_gone
}

@test "MIT-SHM: what a killed server had attached, nobody has any more" {
	on_portico timeout 100 x11perf -repeat 100 -time 5 -shmput100 >drawn 2>&1 &
	local run=$!
	eventually 60 shared_by_two
	kill -KILL "$(server)"
	wait "$run" && return 1
	remove_unattached
	rm -f "/tmp/.X11-unix/X${DISPLAY#:}" "/tmp/.X${DISPLAY#:}-lock"
	all_gone
}
