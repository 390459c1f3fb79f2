#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
#
# What README.md says to paste, pasted; and what it shows of a mount, played
# again.  Only /tmp is the test's own directory there, and numbers and dates
# are as they come.

load helper
load fuse_helper

setup() {
	private_setup
	require_fuse
}

teardown() {
	exec 8>&- 9<&-
	dismounted
	private_teardown
}

# The lines of the first block of that language, /tmp being elsewhere.
block() { awk -v fence="^\`\`\`$1\$" '/^```/ { within = $0 ~ fence && !seen++; next } within' "$root/README.md" | sed "s,/tmp/,$private/,g"; }

@test "the ten lines" {
	mnt=$private/ipc
	cd "$root"
	block sh | sed 's/^make deps all && //' >"$private/lines"
	run bash -e "$private/lines"
	echo "$output"
	[ "$status" -eq 0 ]
	[ "${lines[0]}" = 'build the docs' ]
	[ "${lines[1]}" = 'run the tests' ]
	[ "${lines[2]}" = "$(tail -n 1 README.md)" ]
	[[ $output = *queue*0x0000002a* ]]
	[ "$(grep -c 0x0000002a <<<"$output")" -eq 1 ] # ipcs shows none
	not_mounted "$mnt"
}

# ---- the session

# What differs from one day to another, and from one user.
timeless() {
	sed -E -e 's/^bash: line [0-9]+: /bash: /' \
		-e 's/[A-Z][a-z]{2} +[0-9]+ [0-9]{2}:[0-9]{2}/DATE/; s/[0-9]+\.[0-9]+ s/N s/; s/age_s=[0-9]+/age_s=N/; s/[0-9]{3,}/N/g' \
		-e "s/\b$(id -un) $(id -gn)\b/root root/; s/\b([ug]id)=$(id -u)\b/\1=0/g" -e 's/ +/ /g'
}

# Type a line, and hear what comes until its end.
typed() {
	local line
	printf '%s\necho "end of what was typed"\n' "$1" >&8
	while IFS= read -r -t 20 line <&9; do
		[ "$line" != 'end of what was typed' ] || return 0
		printf '%s\n' "$line"
	done
	echo "no answer to: $1"
}

# What is shown, where … may stand for more.
as_shown() {
	local pattern
	pattern=$(timeless <<<"$1" | sed 's/[][*?\\]/\\&/g; s/…/*/g')
	# shellcheck disable=SC2053 # a pattern
	[[ $(timeless <<<"$2") = $pattern ]]
}

said_as_shown() {
	said=$(typed "$1")
	as_shown "$2" "$said"
}

# Who only looks may have been too early: background jobs take their time.
played() {
	local said looks='^cat (view|task)/' patience=1
	[[ ! $1 =~ $looks ]] || patience=10
	eventually "$patience" said_as_shown "$1" "$2" && return
	echo "at last it said: $said"
	return 1
}

@test "the session in a mount" {
	local line command='' shown=''
	mounted
	mkfifo "$private/in" "$private/out"
	(cd "$mnt" && exec bash <"$private/in" >"$private/out" 2>&1 8>&- 9<&- 3>&-) &
	exec 8>"$private/in" 9<"$private/out"
	while IFS= read -r line; do
		if [[ $line != '$ '* ]]; then
			shown+=${shown:+$'\n'}$line
			continue
		fi
		[ -z "$command" ] || played "$command" "$shown"
		command=${line#'$ '} shown=''
	done < <(block console)
	played "$command" "$shown"
	echo exit >&8
	wait $!
}
