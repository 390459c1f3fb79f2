#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# limit_seconds: 900
#
# Signals and System V calls: what interrupts, what handlers may do, and what is
# left when they jump away; as on the real kernel.

load sysv_helper

test_limit_seconds=300

@test "signals: what is asked holds on the real kernel" { on_the_kernel sysv_signal; }
@test "signals: under glibc, preloaded" { under_glibc sysv_signal; }
@test "signals: under musl, preloaded" { under_musl sysv_signal; }
@test "signals: linked statically" { linked_statically sysv_signal; }

@test "signals: setting handlers on the real kernel" { on_the_kernel sysv_signal_set; }
@test "signals: setting handlers under glibc, preloaded" { under_glibc sysv_signal_set; }
@test "signals: setting handlers under musl, preloaded" { under_musl sysv_signal_set; }
@test "signals: setting handlers, linked statically" { linked_statically sysv_signal_set; }

@test "signals: threads, and their cancellation, on the real kernel" { on_the_kernel sysv_signal_cancel; }
@test "signals: threads under glibc, preloaded" { under_glibc sysv_signal_cancel; }
@test "signals: threads under musl, preloaded" { under_musl sysv_signal_cancel; }
@test "signals: threads, linked statically" { linked_statically sysv_signal_cancel; }

@test "signals: a storm of them on the real kernel" { on_the_kernel sysv_signal_storm; }
@test "signals: a storm under glibc, preloaded" { under_glibc sysv_signal_storm; }
@test "signals: a storm under musl, preloaded" { under_musl sysv_signal_storm; }
@test "signals: a storm, linked statically" { linked_statically sysv_signal_storm; }

@test "signals: whatever handlers did, the instance is in order" {
	local case
	for case in $("$BUILD/tests/sysv_signal_storm"); do
		timeout 60 env LD_PRELOAD="$BUILD/lib/libportico-preload.so" "$BUILD/tests/sysv_signal_storm" "$case"
		"$BUILD/bin/portico" doctor
	done
}
