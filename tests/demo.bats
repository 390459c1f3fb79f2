#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# What `make demo` and `make bench` run, run.

load helper

@test "the demo's claims hold" {
	require_fuse
	"$root/examples/demo.sh"
}

@test "the demo fails loudly where a claim doesn't hold, and leaves nothing" {
	# a `portico run` that isn't one: programs get the kernel's queues
	mkdir -p "$private/build/bin"
	cat >"$private/build/bin/portico" <<-EOS
		#!/bin/sh
		[ "\$1" = run ] || exec "$BUILD/bin/portico" "\$@"
		shift 2
		exec "\$@"
	EOS
	chmod +x "$private/build/bin/portico"
	BUILD=$private/build TMPDIR=$private run "$root/examples/demo.sh"
	echo "$output"
	[ "$status" -eq 1 ]
	[[ $output = *"NOT SO: the kernel's /proc/sysvipc gained these"* ]]
	[ -z "$(find "$private" -maxdepth 1 -name 'portico-demo.*')" ]
}

@test "the bench measures each row and writes it as JSON" {
	[ -z "${SAN:-}" ] || skip "sanitized programs are not measured"
	mkdir -p "$private/build/bench"
	ln -s "$BUILD/bench/bin" "$private/build/bench/bin"
	ln -s "$BUILD/lib" "$private/build/lib"
	BUILD=$private/build "$root/bench/run" quick
	python3 - "$private/build/bench/result.json" "$(fuse_missing || true)" <<-'EOS'
		import json, sys
		result = json.load(open(sys.argv[1]))
		assert len(result["groups"]) >= 10 and len(result["sweeps"]) == 4, result
		for group in result["groups"]:
		    for entry in group["entries"]:
		        assert entry["status"] in ("measured", "not installed", "never quiet") or \
		            sys.argv[2] and entry["status"] == "not mounted", (group["name"], entry)
		        assert entry["status"] != "measured" or entry["ns"]["low"] > 0, (group["name"], entry)
		    assert group["entries"][0]["status"] != "not installed" or "pgbench" in group["name"], group
	EOS
	[ -z "$(command -v gnuplot)" ] || [ -s "$private/build/bench/latency.svg" ]
}
