#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# portico doctor: what it finds of a machine and an instance, and what it repairs.

bats_require_minimum_version 1.5.0
load tools_helper

@test "doctor: where all is well it says so, and exits 0" {
	portico create box
	preload ipcmk -Q >/dev/null
	p doctor
	echo "$output"
	[ "$status" -eq 0 ]
	[[ $output = *"Everything needed works." ]]
	[[ $output != *$'\nbad'* ]]
	for subject in instance "file system" region tables "mailboxes and queues" addresses FUSE; do
		grep -q "^[a-z]* *$subject: " <<<"$output"
	done
	p doctor --json
	[ "$status" -eq 0 ]
	json_says 'all(f["finding"] in ("ok", "limited", "bad", "past") and f["subject"] and f["text"] for f in it)'
}

@test "doctor: it makes no instance" {
	p doctor
	[ "$status" -eq 0 ]
	[ ! -e "$PORTICO_KERNEL" ]
	[[ $output = *"not there yet"* ]]
}

@test "doctor: too few addresses are bad, with the remedy" {
	run bash -c 'ulimit -v 4000000; timeout 10 portico doctor'
	case $output in *AddressSanitizer*) skip "a sanitizer wants addresses itself" ;; esac
	[ "$status" -eq 1 ]
	[[ $output = *"bad      addresses: "*"ulimit -v unlimited"* ]]
}

@test "doctor: a damaged instance is bad" {
	mkdir -p "$PORTICO_KERNEL"
	echo nonsense >"$PORTICO_KERNEL/region"
	p doctor
	[ "$status" -eq 1 ]
	[[ $output = *"bad      region: "*"is no region"* ]]
}

@test "doctor: a directory that is none, or isn't on a tmpfs, is told" {
	: >"$PORTICO_KERNEL"
	p doctor
	[ "$status" -eq 1 ]
	[[ $output = *"bad      instance: "*"is no directory"* ]]
	p doctor -k /proc/nonsuch
	[[ $output = *"not a tmpfs"* ]]
}

@test "doctor: a preload object that doesn't load, or isn't there, is bad" {
	mkdir -p "$private/prefix/bin" "$private/prefix/lib"
	cp "$BUILD/bin/portico" "$private/prefix/bin/"
	run timeout 10 "$private/prefix/bin/portico" doctor
	[ "$status" -eq 1 ]
	[[ $output = *"bad      preload object: $private/prefix/lib/"* ]]
	echo nonsense >"$private/prefix/lib/libportico-preload.so"
	run timeout 10 "$private/prefix/bin/portico" doctor
	[ "$status" -eq 1 ]
	[[ $output = *"bad      programs of "* ]]
}

# Where no instance is: $output says that none can be made, and why.
cannot_be_made() {
	[ "$status" -eq 1 ] && [[ $output = *"bad      instance: not there ("*"), and can't be made: "*"$1"* ]] ||
		{ echo "not said: $1"; echo "$output"; return 1; }
}

@test "doctor: where no instance could be made, that is bad, with the reason" {
	p doctor -k "$private/no/such"
	cannot_be_made "there is no directory $private/no; make it first"
	p doctor -k /sys/kernel/portico
	cannot_be_made "may not be made there"
	mkdir "$private/letters"
	: >"$private/letters/one"
	p doctor -k "$private/letters"
	cannot_be_made "holds other things"
	run bash -c 'ulimit -f 100; timeout 10 portico doctor'
	cannot_be_made "ulimit -f unlimited"
	[[ $output = *"limited  file sizes: a file may have 100K bytes: "* ]]
	run env -u PORTICO_KERNEL XDG_RUNTIME_DIR="$private/gone" timeout 10 portico doctor
	cannot_be_made "there is no directory $private/gone"
	[ ! -e "$PORTICO_KERNEL" ]
	[ "$(ls "$private/letters")" = one ]
}

@test "doctor: a full file system, and none, are bad" {
	[ "$(id -u)" -eq 0 ] || skip "only root can mount a small file system"
	# shellcheck disable=SC2016 # for the inner shell
	run unshare -m bash -c 'mkdir "$1/small" && mount -t tmpfs -o size=64k none "$1/small" &&
		exec timeout 10 portico doctor -k "$1/small/kernel"' - "$private"
	cannot_be_made "its file system is full"
	# shellcheck disable=SC2016 # for the inner shell
	run unshare -m bash -c 'mount -t tmpfs none /dev && mknod -m 666 /dev/null c 1 3 &&
		exec env -u PORTICO_KERNEL -u XDG_RUNTIME_DIR timeout 10 portico doctor'
	cannot_be_made "there is no directory /dev/shm"
}

@test "doctor: what killed makers left is told, and removed by a repair" {
	portico create box
	: >"$PORTICO_KERNEL/region.new.7"
	: >"$PORTICO_KERNEL/shm/16777299"
	mkdir "$PORTICO_KERNEL/bells"
	: >"$PORTICO_KERNEL/bells/16777299"
	p doctor
	[ "$status" -eq 0 ]
	[[ $output = *"limited  leftovers: 1 half-made region of processes that died"* ]]
	[[ $output = *"limited  leftovers: 1 file in shm/ of no segment"* ]]
	[[ $output = *"limited  leftovers: 1 file in bells/ of no port"* ]]
	local segment
	segment=$(preload ipcmk -M 100 | grep -o '[0-9]*$')
	: >"$PORTICO_KERNEL/region.new.7"
	p doctor --repair
	[ "$status" -eq 0 ]
	[[ $output = *"repaired leftovers: 1 half-made region of processes that died: removed"* ]]
	[[ $output = *"repaired leftovers: 1 file in shm/ of no segment: removed"* ]]
	[[ $output = *"repaired leftovers: 1 file in bells/ of no port: removed"* ]]
	[ ! -e "$PORTICO_KERNEL/bells/16777299" ]
	[[ $output != *"limited  leftovers"* ]]
	[ ! -e "$PORTICO_KERNEL/region.new.7" ]
	# and not what is a segment's
	[ "$(ls "$PORTICO_KERNEL/shm" | wc -l)" -eq 1 ]
	portico rm --shm "$segment"
}

damage() { "$BUILD/tests/tools_damage" "$1"; }

fill_instance() {
	rm -rf "$PORTICO_KERNEL"
	portico create box
	printf 'one\ntwo\n' | portico send --lines box
	preload ipcmk -S 2 >/dev/null
	preload ipcmk -M 100 >/dev/null
}

@test "doctor: what is damaged is told, a repair puts it right, and nothing is lost" {
	local what bad repaired
	while IFS="|" read -r what bad repaired; do
		fill_instance
		damage "$what"
		p doctor
		[[ $output = *"bad      $bad"* ]] || { echo "$what isn't bad: $output"; return 1; }
		p doctor --repair
		[ "$status" -eq 0 ] && [[ $output = *"repaired $repaired"* ]] || { echo "$what isn't repaired: $output"; return 1; }
		p doctor
		[ "$status" -eq 0 ]
		p recv --all --lines box
		[ "$output" = $'one\ntwo' ] || { echo "$what: box holds $output"; return 1; }
	done <<-'END'
		table|tables: the table of ports is damaged|tables: the free list of ports is made anew
		port|mailboxes and queues: 1 of 1 are damaged, such as mailbox box|mailboxes and queues: mailbox box is made anew
		set|semaphore sets: 1 of 1 are damaged|semaphore sets: semaphores
		segment|segments: 1 of 1 are damaged|segments: segment
		names|names: some that there are|names: what finds them is made anew
		name-counts|names: some that there are|names: what finds them is made anew
	END
}

@test "doctor: tables have the names that stat gives them" {
	fill_instance
	damage table
	p doctor
	local table
	table=$(sed -n 's/^bad *tables: the table of \(.*\) is damaged/\1/p' <<<"$output")
	p stat
	grep -q "^$table .* used, " <<<"$output"
}

@test "doctor: a repair finishes what the dead were at, and says it; the log keeps it" {
	fill_instance
	damage lock
	p doctor --repair
	[ "$status" -eq 0 ]
	[[ $output = *"repaired tasks: process "*" (tools_damage) has ended, and is reaped"* ]]
	[[ $output = *"repaired locks: 1 of the dead taken over"* ]]
	[[ $output = *"past     "*", process "*": mailbox box: a task died while it changed this; it was repaired"* ]]
	p doctor --json
	json_says '[f["object"] for f in it if f["finding"] == "past"] == ["mailbox box"]'
	json_says 'all(f["time_ns"] > 0 and f["pid"] > 0 and f["times"] >= 1 for f in it if f["finding"] == "past")'
	damage dying
	p doctor
	[[ $output = *"limited  mailboxes and queues: 1 half removed"* ]]
	p doctor --repair
	[[ $output = *"repaired mailboxes and queues: one that was half removed is removed"* ]]
	p ls --json
	json_says '[o["kind"] for o in it] == ["semaphores", "segment"]'
}

@test "doctor: a repair frees a lock whose word was scribbled" {
	fill_instance
	"$BUILD/tests/tools_damage" stuck >"$private/said" &
	local sleeper=$!
	eventually 5 test -s "$private/said"
	p doctor --repair
	[[ $output = *"repaired locks: that of mailbox box named a thread that sleeps: freed"* ]]
	p recv --all --lines box
	[ "$output" = $'one\ntwo' ]
	kill "$sleeper"
	wait_killed TERM "$sleeper"
}

@test "doctor: rights that their ports don't know of are found, and known again" {
	fill_instance
	"$BUILD/tests/tools_damage" rights >"$private/said" &
	local holder=$!
	eventually 5 test -s "$private/said"
	run portico doctor
	[[ $output = *"rights: who has which isn't what their ports say"* ]]
	p doctor --repair
	[[ $output = *"repaired rights: what their ports say of them is made anew"* ]]
	run portico doctor
	[[ $output != *"bad"*"rights"* ]]
	kill "$holder"
	wait_killed TERM "$holder"
}

@test "doctor: what can't be repaired is told; by force it goes, unless somebody uses it" {
	fill_instance
	damage set-body
	p doctor --repair
	[ "$status" -eq 1 ]
	[[ $output = *"bad      semaphore sets: 1 of 1 are damaged"*"-> it can't be repaired: "* ]]
	timeout 20 portico recv --type 9 box &
	local user=$!
	eventually 5 receivers_wait box 1
	p doctor --repair --force
	[ "$status" -eq 1 ]
	[[ $output = *"bad      repair: $PORTICO_KERNEL/region: isn't removed, as it is in use by "*"(portico)"* ]]
	[ -e "$PORTICO_KERNEL/region" ]
	portico send --type 9 box bye
	wait "$user"
	p doctor --repair --force
	[ "$status" -eq 0 ]
	[[ $output = *"repaired region: it is removed, with all that the instance held; "* ]]
	[ -z "$(ls "$PORTICO_KERNEL/shm")" ]
	p create box
	[ "$status" -eq 0 ]
}

@test "doctor: of a header that is wrong it says which field, and who uses the instance" {
	fill_instance
	timeout 20 portico recv --type 9 box &
	eventually 5 receivers_wait box 1
	damage abi
	p doctor
	[ "$status" -eq 1 ]
	[[ $output = *"bad      header: its ABI is 0x4d, and should be "* ]]
	[[ $output = *"limited  users: it is in use by "*"(portico)"* ]]
	kill "$(pgrep -P $!)"
	wait_killed TERM $!
	p doctor
	[[ $output = *"ok       users: nobody uses it"* ]]
	p doctor --repair
	[ "$status" -eq 1 ]
	[ -e "$PORTICO_KERNEL/region" ]
	p doctor --repair --force
	[ "$status" -eq 0 ]
	[ ! -e "$PORTICO_KERNEL/region" ]
	fill_instance
	damage magic
	p doctor
	[[ $output = *"bad      header: its magic number is "* ]]
}

@test "doctor: force removes nothing that doesn't look like Portico's, and nothing that is sound" {
	mkdir "$PORTICO_KERNEL"
	echo 'the region of Tuscany' >"$PORTICO_KERNEL/region"
	p doctor --repair --force
	[ "$status" -eq 1 ]
	[[ $output = *"bad      repair: $PORTICO_KERNEL/region: isn't removed, as it doesn't look like a region of Portico's"* ]]
	[ -s "$PORTICO_KERNEL/region" ]
	fill_instance
	p doctor --repair --force
	[ "$status" -eq 0 ]
	p recv --all --lines box
	[ "$output" = $'one\ntwo' ]
	p doctor --force
	[ "$status" -eq 2 ]
	[[ $stderr = *"--force goes with --repair"* ]]
}

@test "doctor: a repair where there is nothing to do says that" {
	p doctor --repair
	[ "$status" -eq 0 ]
	[[ $output = "ok       repair: nothing wanted any"* ]]
	[ ! -e "$PORTICO_KERNEL" ]
	p doctor --repair --json
	json_says 'it[0]["subject"] == "repair"'
}
