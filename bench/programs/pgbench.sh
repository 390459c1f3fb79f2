#!/bin/bash
# SPDX-License-Identifier: MIT
#
# PostgreSQL with its shared memory of System V, and its data on tmpfs, asked by
# pgbench: each batch so many transactions.

# shellcheck source=bench/programs/worker
. "$(dirname "$0")/worker"

need_all() {
	local directories=(/usr/lib/postgresql/*/bin)
	PATH=$PATH:${directories[-1]}
	need postgres
	need initdb
	need pgbench
	[ "$(id -u)" -ne 0 ] || id postgres || { answer $not_installed; exit 0; }
}

# PostgreSQL won't be root.
as_server() {
	if [ "$(id -u)" -eq 0 ]; then
		setpriv --reuid=postgres --regid=postgres --clear-groups "$@"
	else
		"$@"
	fi
}

# To where the server may read it.
bring_portico() {
	local built
	built=$(dirname "$0")/../..
	mkdir "$place/bin" "$place/lib"
	cp "$built/bin/portico" "$place/bin/"
	cp "$built/lib/libportico-preload.so" "$place/lib/"
	PATH=$place/bin:$PATH
}

prepare() {
	bring_portico
	[ "$(id -u)" -ne 0 ] || chown postgres "$place"
	export PORTICO_KERNEL=$place/kernel PGHOST=$place PGUSER=bench PGDATABASE=postgres
	as_server initdb -D "$place/data" -U bench -A trust -E UTF8 --no-sync --wal-segsize=1
	cat >> "$place/data/postgresql.conf" <<-EOS
		shared_memory_type = sysv
		dynamic_shared_memory_type = sysv
		listen_addresses = ''
		unix_socket_directories = '$place'
		fsync = off
		autovacuum = off
		checkpoint_timeout = 1h
	EOS
	# shellcheck disable=SC2086 # words
	as_server $run postgres -D "$place/data" &
	server=$!
	until pg_isready; do
		kill -0 $server
		sleep 0.1
	done
	as_server pgbench -i --quiet
}

# By what it says of itself: to connect doesn't count.
batch() {
	local options=(-n -t "$1") rate
	[ "$(word quick 0)" = 0 ] || options=(-n -t 10)
	[ "$(word select 0)" = 0 ] || options+=(-S)
	rate=$(as_server pgbench "${options[@]}" | sed -n 's/^tps = \([0-9.]*\).*/\1/p')
	took=$(awk -v count="$1" -v rate="$rate" 'BEGIN { printf "%.0f", count * 1e9 / rate }')
}

remove() {
	[ ! -s "$place/data/postmaster.pid" ] || kill -INT "$(head -n 1 "$place/data/postmaster.pid")" || :
	wait
}

work "$1"
