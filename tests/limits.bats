#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# The limits of an instance: tests/core_limits.c says what each case asserts; and `portico limits`.

bats_require_minimum_version 1.5.0
load tools_helper

# Run a case of a test program: case_of PROGRAM CASE
case_of() {
	local said status=0
	said=$(timeout -k 1 100 "$BUILD/tests/$1" "$2" 2>&1) || status=$?
	echo "$said"
	[ "$status" -ne 77 ] || skip "$said"
	return "$status"
}

@test "limits: are what was set, and none at first" { case_of core_limits get; }
@test "limits: of ports in all" { case_of core_limits ports; }
@test "limits: of ports of one owner" { case_of core_limits owner; }
@test "limits: only the owner or root sets them" { case_of core_limits refused; }
@test "limits: a pool of messages" { case_of core_limits pooled; }
@test "limits: a pool, and a posted send" { case_of core_limits pooled-post; }
@test "limits: a pool, and a receive that can't take what came" { case_of core_limits pooled-too-long; }
@test "limits: of taps of one owner at one mailbox" { case_of core_limits taps; }
@test "limits: of System V queues" { case_of core_limits queues; }

@test "limits: System V's, which there always are" { case_of core_limits sysv; }

@test "limits: kill -9 at each point of writing one to its file" { case_of crash_tunable write; }
@test "limits: kill -9 at each point of writing one after another" { case_of crash_tunable write-again; }
@test "limits: kill -9 at each point of taking in what was written" { case_of crash_tunable take-in; }

@test "limits: System V's, shown and changed from the shell" {
	p limits msgmax=65536 sem="250 32000 100 128" semmni=129
	[ "$status" -eq 0 ]
	[ -z "$output" ]
	preload "$BUILD/tests/sysv_tool" make 91
	p limits
	[[ $output = *$'\nmsgmax           at most 65536\n'* ]]
	[[ $output = *$'\nmsgmni           1 used, at most 32000\n'* ]]
	[[ $output = *$'\nsemmsl           at most 250\n'* ]]
	[[ $output = *$'\nsemmni           0 used, at most 129\n'* ]]
	p limits --json
	json_says 'it["semopm"] == {"most": 100} and it["shmmax"] == {"most": 18446744073692774399}'
	json_says 'it["shmmni"] == {"most": 32000, "used": 0}'
	p limits shmmni=5 semopm=501
	[ "$status" -eq 2 ]
	[[ $stderr = *"semopm is a whole number from 0 to 500"* ]]
	p limits sem="1 2 3 4 5"
	[ "$status" -eq 2 ]
	[[ $stderr = *"more than the 4 numbers"* ]]
	p limits sem="1 2 3"
	[ "$status" -eq 2 ]
	p limits msgmax=none
	[ "$status" -eq 2 ]
	p limits shmmax=18446744073709551616
	[ "$status" -eq 2 ]
	p limits --json
	json_says 'it["shmmni"]["most"] == 32000 and it["semmsl"]["most"] == 250'
}

@test "limits: shown and changed from the shell" {
	portico create jobs
	p limits
	[ "$status" -eq 0 ]
	[ "${lines[0]}" = "ports            1 used, no limit" ]
	[ "${lines[3]}" = "pooled           0 used, at most 2500, in numbered mailboxes only" ]
	p limits ports=2 pooled=1
	[ "$status" -eq 0 ]
	[ -z "$output" ]
	p limits
	[ "${lines[0]}" = "ports            1 used, at most 2" ]
	p create second
	[ "$status" -eq 0 ]
	p create third
	[ "$status" -eq 1 ]
	[[ $stderr = *"or as its limits allow"*"portico limits"* ]]
	p send second one
	[ "$status" -eq 0 ]
	p limits --json
	json_says 'it["ports"] == {"most": 2, "used": 2} and it["pooled"] == {"most": 1, "used": 1}'
	p limits ports=none ports-per-owner=2
	p create third
	[ "$status" -eq 1 ]
	[[ $stderr = *"one owner"* ]]
}

@test "limits: what is no limit is a usage error, and changes nothing" {
	p limits ports=2 boats=3
	[ "$status" -eq 2 ]
	[[ $stderr = *"'boats=3' is none of ports=N"* ]]
	p limits ports=many
	[ "$status" -eq 2 ]
	[[ $stderr = *"ports=many wants a whole number"* ]]
	p limits ports
	[ "$status" -eq 2 ]
	p limits ports=-1
	[ "$status" -eq 2 ]
	p limits --json
	json_says 'it["ports"]["most"] == 0'
}
