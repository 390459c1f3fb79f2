#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# limit_seconds: 600
#
# What is true of the sources, whichever way they are built.

load helper

test_limit_seconds=250

# Build everything with another compiler, beside the build under test; tests/libcs.bats runs what those make.
builds_with() {
	local compiler=$1 build=$BUILD/with-$1
	env -u MAKEFLAGS -u MAKELEVEL make -s -j2 -C "$root" CC="$compiler" SAN= BUILD="$build" CFLAGS='-O2 -g -Werror' \
		build-tests V=1
}

@test "the sources have the form that make lint asks for" {
	run "$root/.ci/lint"
	echo "$output"
	[ "$status" -eq 0 ]
}

@test "clang builds everything without a warning" {
	[ -z "${SAN:-}" ] || skip "the sanitizers' run builds with one compiler"
	builds_with clang
}

@test "musl-gcc builds everything but the daemon without a warning" {
	[ -z "${SAN:-}" ] || skip "the sanitizers' run builds with one compiler"
	builds_with musl-gcc
}

@test "the preload object asks a libc for nothing that only one of them has" {
	local musl
	musl=$(nm -D --defined-only /lib/ld-musl-*.so.1)
	run nm -D --undefined-only "$BUILD/lib/libportico-preload.so"
	[ "$status" -eq 0 ]
	while read -r kind symbol; do
		[[ $symbol != *@* ]] || { echo "versioned: $symbol"; return 1; }
		[ "$kind" = w ] || grep -qw "$symbol" <<<"$musl" || # weak: it does without
			{ echo "not in musl: $symbol"; return 1; }
	done <<<"$output"
}

# ---- what is documented is there, and what is there is documented

# The calls that a header declares.
calls_of() {
	cc -fpreprocessed -E -P "$1" | tr '\n' ' ' | sed 's/[;{]/;\n/g' | grep -v typedef |
		grep -oE '(portico_|Mbox)[A-Za-z_]+\(' | tr -d '(' | sort -u
}

# The names that manual pages are found by.
names_of() {
	awk '/^\.Sh/ { named = $2 == "NAME" } named && $1 == ".Nm" { print $2 }' "$@" | sort -u
}

@test "every call in a public header is in a manual page that includes it, and no other is" {
	local header page faults=0
	for header in "$root"/include/portico/*.h; do
		for call in $(calls_of "$header"); do
			page=$(grep -lE "^\.Nm $call( ,)?$" "$root"/docs/man/*.3) || page=
			if [ "$(wc -w <<<"$page")" -ne 1 ] || ! grep -qx "\.In portico/${header##*/}" "$page" ||
				! grep -qE "^\.F[no] $call( |$)" "$page"; then
				echo "$call of ${header##*/} is told of in: ${page:-no page}"
				faults=1
			fi
		done
	done
	for page in "$root"/docs/man/*.3; do
		header=$root/include/$(sed -n 's/^\.In //p' "$page")
		diff <(names_of "$page") <(comm -12 <(names_of "$page") <(calls_of "$header")) ||
			{ echo "${page##*/} has calls that ${header##*/} hasn't"; faults=1; }
	done
	[ "$faults" -eq 0 ]
}

@test "every error that a public header names has words" {
	local unsaid=
	for error in $(grep -rhoE -- '-E[A-Z0-9]{3,}' "$root"/include/portico | tr -d - | sort -u); do
		grep -q "{ $error, \"" "$root/core/explain.c" || unsaid+=" $error"
	done
	[ -z "$unsaid" ] || { echo "portico_explain() has nothing to say of$unsaid"; return 1; }
}

@test "manual pages refer to pages and examples that are there" {
	local names faults=0
	names=$(cd "$root/docs/man" && for page in *.[1-8]; do names_of "$page" | sed "s/\$/ ${page##*.}/"; echo "${page/%.?/} ${page##*.}"; done)
	while read -r name section; do
		grep -qx "$name $section" <<<"$names" || { echo "no page is $name($section)"; faults=1; }
	done < <(sed -nE 's/^\.Xr (portico[a-z_-]*) ([1-8]).*/\1 \2/p; s/.* , (portico[a-z_-]*) ([1-8]).*/\1 \2/p' "$root"/docs/man/*.[1-8])
	for example in $(grep -rhoE '^\.Pa examples/[a-z_.]+' "$root/docs/man" | cut -d' ' -f2); do
		[ -e "$root/$example" ] || { echo "no $example"; faults=1; }
	done
	[ "$faults" -eq 0 ]
}

@test "every example is run by a test" {
	local example faults=0
	for example in "$root"/examples/*.c; do
		example=$(basename "$example" .c)
		grep -qE "(shows|examples/)\"? ?$example\b" "$root"/tests/*.bats "$root"/examples/demo.sh ||
			{ echo "no test runs examples/$example.c"; faults=1; }
	done
	[ "$faults" -eq 0 ]
}

# What groff and mandoc, as far as they are here, have to say of a page.
warnings_of() {
	! command -v groff >/dev/null || { groff -mandoc -ww -Tutf8 "$1" >/dev/null; } 2>&1
	# ERRORS has its place in section 5, too: what files answer
	! command -v mandoc >/dev/null || mandoc -T lint -W warning "$1" | sed '/unexpected section: Sh ERRORS/d'
}

@test "every manual page is rendered without a warning" {
	command -v groff mandoc >/dev/null || skip "neither groff nor mandoc"
	local page
	for page in "$root"/docs/man/*.[1-8]; do
		says_nothing warnings_of "$page"
	done
}
