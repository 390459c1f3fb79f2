#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# `portico name`, and the other commands with names in directories.

bats_require_minimum_version 1.5.0

load tools_helper

@test "tools: name makes directories, lists, gives and takes away names" {
	portico name mkdir spool spool/in
	portico create spool/in/jobs
	portico name add urgent spool/in/jobs
	p name ls --json
	json_says 'sorted((e["name"], e["directory"], e["mode"]) for e in it) == [("spool", True, "0755"), ("urgent", False, "0644")]'
	p name ls -R --json spool
	json_says 'sorted(e["name"] for e in it) == ["in", "in/jobs"] and all(e["persistent"] for e in it)'
	p name ls
	[[ $output = NAME*OWNER*MODE* && $output = *"spool/ "* ]]
	p name rm spool
	[ "$status" -eq 1 ]
	[ "$stderr" = "portico name: name spool: the directory isn't empty; remove what is in it first" ]
	portico name rm spool/in/jobs spool/in spool
	p name ls -R --json
	json_says '[e["name"] for e in it] == ["urgent"]'
}

@test "tools: the other commands take names in directories" {
	portico name mkdir spool
	portico create spool/jobs
	portico name add urgent spool/jobs
	portico send urgent hurry
	p ls --json
	json_says 'it[0]["name"] == "spool/jobs" and it[0]["messages"] == 1'
	p stat --json spool/jobs
	json_says 'it["name"] == "spool/jobs"'
	p recv spool/jobs
	[ "$output" = hurry ]
	p rm spool
	[ "$status" -eq 1 ]
	[ "$stderr" = "portico rm: mailbox spool: that is a directory; \`portico name ls\` shows what is in it" ]
	portico rm spool/jobs
	p name ls -R --json
	json_says '[e["name"] for e in it] == ["spool"]'
}

@test "tools: where the name that is shown is taken away, another is" {
	portico create first
	portico name add second first
	portico name rm first
	p ls --json
	json_says 'it[0]["name"] == "second"'
}

@test "tools: name mv changes names, of directories with all below, or two for each other's" {
	portico name mkdir spool out
	portico create spool/jobs
	portico create other
	portico name mv spool out/tray
	portico name mv -x out/tray/jobs other
	p name ls -R --json
	json_says 'sorted(e["name"] for e in it) == ["other", "out", "out/tray", "out/tray/jobs"]'
	p name mv -n other out/tray/jobs
	[ "$status" -eq 1 ]
	[[ $stderr = "portico name: name other: "* ]]
	portico name mv other out/tray/jobs
	[ "$(portico ls --json | grep -c '"name"')" -eq 1 ]
}

@test "tools: name refuses what it doesn't know, and too few words" {
	for words in frobnicate "add one" rm mkdir "ls a b" "mv a" "mv a b c"; do
		# shellcheck disable=SC2086 # words
		p name $words
		[ "$status" -eq 2 ]
		[[ $stderr = "portico name: "* ]]
	done
	p name ls none
	[ "$status" -eq 1 ]
}
