# SPDX-License-Identifier: MIT
# shellcheck shell=bash disable=SC2154
#
# What the tests of the portico command share.

load helper

# Run portico for at most ten seconds; $output and $stderr apart.
p() { run --separate-stderr timeout 10 portico "$@"; }

# $output is JSON, and this Python expression of `it` is true.
json_says() {
	python3 -c 'import json, sys; it = json.load(sys.stdin); sys.exit(not eval(sys.argv[1]))' "$1" <<<"$output" ||
		{ echo "not so: $1 of $output"; return 1; }
}
