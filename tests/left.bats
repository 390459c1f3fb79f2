#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# Who made System V objects, and which of them nobody alive uses: portico ls, its --left, and portico stat.

bats_require_minimum_version 1.5.0
load tools_helper

setup() {
	private_setup
}

teardown() {
	[ -z "${user:-}" ] || [ ! -e "/proc/$user" ] || kill "$user"
	private_teardown
}

# A queue, a set and a segment, whose maker is gone; $pid is who that was.
leave_three() {
	# shellcheck disable=SC2016 # for the shell that it starts
	pid=$(preload sh -c 'echo $$; exec ipcmk -Q -S 2 -M 100' | head -n 1)
}

# preload() in a way that $! is the program's.
preloaded() { exec env LD_PRELOAD="$BUILD/lib/libportico-preload.so" "$@"; }

# Perl does what $DO says with $q, $s and $m, the ids of three objects, or with a queue of its own; and stays.
use_and_stay() {
	export READY=$private/ready
	rm -f "$READY"
	# shellcheck disable=SC2016 # Perl's
	preloaded perl -MIPC::SysV=:all -e '
		($q, $s, $m) = @ARGV ? @ARGV : msgget(IPC_PRIVATE, 0600 | IPC_CREAT);
		eval $ENV{DO} or die $@;
		open my $f, ">", $ENV{READY};
		close $f;
		sleep 60' "$@" &
	user=$!
	eventually 10 test -e "$READY"
}

kill_user() {
	kill -9 "$user"
	wait_killed KILL "$user"
}

left_kinds() { portico ls --left --json | python3 -c 'import json, sys
print(*[it["kind"] for it in json.load(sys.stdin)])'; }

@test "who made it: a live maker is named, and what it made isn't left" {
	DO=1 use_and_stay
	p ls
	grep -Eq "^queue +private .* perl $user\$" <<<"$output"
	p ls --json
	json_says 'len(it) == 1 and it[0]["maker_command"] == "perl" and it[0]["maker_pid"] == '"$user"' and it[0]["maker_lives"]'
	json_says 'it[0]["left"] is False and "maker_ended" not in it[0]'
	[ -z "$(portico ls --left -q)" ]
	kill_user
	p ls
	grep -Eq "^queue +private .* perl $user gone\$" <<<"$output"
	p ls --left
	grep -Eq "LEFT BY\$" <<<"${lines[0]}"
	grep -Eq "^queue +private .* perl $user, [0-9.]+ (s|min) ago\$" <<<"$output"
	p ls --json
	json_says 'it[0]["left"] and not it[0]["maker_lives"] and it[0]["maker_ended"] > 1700000000'
}

@test "left: what nobody uses goes by portico rm, and mailboxes stay" {
	portico create box
	leave_three
	p ls
	for kind in queue semaphores segment; do
		grep -Eq "^$kind .* ipcmk $pid gone\$" <<<"$output"
	done
	[ "$(awk '{ if (length > widest) widest = length } END { print widest }' <<<"$output")" -le 120 ]
	[ "$(portico ls --left -q | cut -d ' ' -f 1 | tr '\n' ' ')" = "--msg --sem --shm " ]
	[ "$(portico ls -q | head -n 1)" = "-- box" ]
	portico ls --left -q | xargs -r -L 1 portico rm
	[ "$(portico ls -q)" = "-- box" ]
	portico ls -q | xargs -r -L 1 portico rm
	[ -z "$(portico ls -q)" ]
}

@test "left: not what a live process used last, has attached, or will undo" {
	leave_three
	[ "$(left_kinds)" = "queue semaphores segment" ]
	ids=$(portico ls -q | cut -d ' ' -f 2)
	# shellcheck disable=SC2016,SC2086 # Perl's; a list
	DO='msgsnd($q, pack("l! a*", 1, "x"), 0)' use_and_stay $ids
	[ "$(left_kinds)" = "semaphores segment" ]
	kill_user
	[ "$(left_kinds)" = "queue semaphores segment" ]
	# shellcheck disable=SC2016,SC2086
	DO='semop($s, pack("s!3", 1, 1, SEM_UNDO))' use_and_stay $ids
	[ "$(left_kinds)" = "queue segment" ]
	kill_user
	[ "$(left_kinds)" = "queue semaphores segment" ]
	# shellcheck disable=SC2016,SC2086
	DO='defined shmat($m, undef, 0)' use_and_stay $ids
	[ "$(left_kinds)" = "queue semaphores" ]
}

@test "left: not where somebody waits" {
	leave_three
	key=$(portico ls --json | python3 -c 'import json, sys; print([it["key"] for it in json.load(sys.stdin) if it["kind"] == "queue"][0])')
	preloaded "$BUILD/tests/sysv_tool" receive "$key" >/dev/null &
	user=$!
	eventually 10 sh -c '[ "$(portico ls --left -q | wc -l)" -eq 2 ]'
	[ "$(left_kinds)" = "semaphores segment" ]
}

@test "who made it: stat says it, too" {
	leave_three
	id=$(portico ls -q | sed -n 's/--msg //p')
	p stat --msg "$id"
	grep -Eqx "made by +ipcmk $pid gone" <<<"$output"
	grep -Eqx "maker ended +20[0-9]{2}-.*" <<<"$output"
	grep -Eqx "left behind +yes" <<<"$output"
	p stat --msg --json "$id"
	json_says 'it["maker_command"] == "ipcmk" and it["maker_pid"] == '"$pid"' and not it["maker_lives"] and it["left"]'
}

@test "left: mistakes" {
	for options in "--left --all" "-q --all" "-q --json" "--left=1"; do
		# shellcheck disable=SC2086 # a list
		p ls $options
		[ "$status" -eq 2 ] || { echo "$options: $status"; return 1; }
	done
}
