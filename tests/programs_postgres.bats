#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# limit_seconds: 900
#
# PostgreSQL with all of its shared memory by System V, as who isn't root.  It
# matters because it lives by the segment: a server of many processes that
# inherit it by fork(), that attach others for parallel queries, and that
# after a crash asks the kernel who still has the old one.

load programs_helper

setup() {
	private_setup
	local bin=(/usr/lib/postgresql/*/bin)
	[ -x "${bin[-1]}/postgres" ] || skip "no PostgreSQL: apt-get install postgresql"
	PATH=${bin[-1]}:$PATH
	home=$private/pg
	mkdir -m 700 "$home"
	if [ "$(id -u)" -eq 0 ]; then
		chmod 711 "$private"
		chown postgres "$home"
		become=(setpriv --reuid=postgres --regid=postgres --clear-groups)
	fi
	export PORTICO_KERNEL=$home/kernel PGDATA=$home/data PGHOST=$home PGDATABASE=postgres PGUSER=postgres
	cd "$home" || return
	make_cluster
}

# Nothing listens outside its directory; what isn't about memory is left to luck, for speed.
make_cluster() {
	on_portico timeout 60 initdb --no-sync --auth=trust --username=postgres >"$home/initdb.log"
	all_gone # initdb has run a server, too
	cat >>data/postgresql.conf <<-END
		shared_memory_type = sysv
		dynamic_shared_memory_type = sysv
		shared_buffers = 16MB
		listen_addresses = ''
		unix_socket_directories = '$home'
		fsync = off
		min_parallel_table_scan_size = 0
		parallel_setup_cost = 0
		parallel_tuple_cost = 0
	END
}

start() { on_portico timeout 60 pg_ctl --silent --wait --log="$home/log" start; }
stop() { on_portico timeout 60 pg_ctl --silent --wait --mode=fast stop; }
ask() { timeout 60 psql --no-psqlrc --quiet --tuples-only --no-align --command="$1"; }
postmaster() { head -n 1 "$PGDATA/postmaster.pid"; }
fill() { timeout 200 pgbench --initialize --quiet --scale="$(amount 1 10)" >"$home/fill.log" 2>&1; }
has_answered() { [ "$(ask 'select 1' 2>&1)" = 1 ]; }

# Each of pgbench's transactions adds the same to an account, a teller and a branch, and notes it.
sums_agree() {
	local sums
	sums=$(ask 'select (select sum(abalance) from pgbench_accounts), (select sum(tbalance) from pgbench_tellers),
		(select sum(bbalance) from pgbench_branches), (select coalesce(sum(delta), 0) from pgbench_history)')
	echo "sums: $sums"
	[ "$(tr '|' '\n' <<<"$sums" | sort -u | wc -l)" -eq 1 ]
}

# The main segment, inherited by fork() by each server process; parallel workers attach the query's by id.
@test "PostgreSQL: pgbench's sums agree, parallel workers share a query's memory, and stopping leaves nothing" {
	start
	objects
	[ "$(objects | grep -cE '^(segment|shm) ')" -ge 2 ]
	fill
	timeout 300 pgbench --client=4 --jobs=2 --transactions="$(amount 250 10000)" >"$home/bench.log" 2>&1
	cat "$home/bench.log"
	grep -q 'number of failed transactions: 0 ' "$home/bench.log"
	sums_agree
	[ "$(ask 'select count(*) from pgbench_history')" -eq $((4 * $(amount 250 10000))) ]
	ask 'explain (analyze, costs off) select count(*) from pgbench_accounts where abalance > -1000000' >"$home/plan"
	cat "$home/plan"
	grep -qE 'Workers Launched: [1-9]' "$home/plan"
	stop
	all_gone
}

# The postmaster ends every backend, drops the segment and makes it anew; the killed one's attachment must not
# count.
@test "PostgreSQL: a backend is killed in the middle of its work, and the server recovers" {
	on_portico postgres >"$home/log" 2>&1 &
	local server=$! victim round
	eventually 60 has_answered
	fill
	for round in $(seq "$(amount 1 5)"); do
		timeout 60 pgbench --client=3 --time=30 --no-vacuum >"$home/bench.log" 2>&1 &
		eventually 30 eval '[ "$(ask "select count(*) from pgbench_history")" -gt $((round * 100)) ]'
		victim=$(ask "select pid from pg_stat_activity where application_name = 'pgbench' limit 1")
		kill -KILL "$victim"
		wait $! && return 1 # pgbench has lost its connections
		eventually 60 has_answered
		[ "$(grep -c 'all server processes terminated; reinitializing' "$home/log")" -eq "$round" ]
		sums_agree
	done
	[ "$(objects | grep -cE '^(segment|shm) ')" -ge 2 ]
	stop
	wait "$server"
	all_gone
}

# What is left of a killed server must keep another from starting, for they'd both write: PostgreSQL believes the
# count of attachments.  Once the last is gone it takes the data, recovers them, and removes the old segment.
@test "PostgreSQL: after kill -9 of the postmaster its segment is known to be in use, until it isn't" {
	start
	fill
	timeout 60 pgbench --client=2 --transactions=100 >"$home/bench.log" 2>&1
	timeout 60 psql --no-psqlrc --quiet --command='select pg_sleep(60)' >"$home/sleeper.log" 2>&1 &
	local client=$! sleeper=
	eventually 30 eval 'sleeper=$(ask "select pid from pg_stat_activity where wait_event = '\''PgSleep'\''"); [ -n "$sleeper" ]'
	kill -STOP "$sleeper" # or it would see that the postmaster is gone
	local server
	server=$(postmaster)
	kill -KILL "$server"
	eventually 20 [ ! -e "/proc/$server" ]
	run start
	cat "$home/log"
	[ "$status" -ne 0 ]
	grep -q 'pre-existing shared memory block .* is still in use' "$home/log"
	kill -KILL "$sleeper"
	local lost=0
	wait "$client" || lost=$?
	[ "$lost" -eq 2 ] # psql: the connection was lost
	start
	sums_agree
	[ "$(ask 'select count(*) from pgbench_history')" -eq 200 ]
	stop
	all_gone
}

# In front of it a server of another make, whose children share memory and a set of nine semaphores, for a cache too.
start_pgpool() {
	"${become[@]}" mkdir cached
	: >pcp.conf
	: >hba.conf
	cat >pgpool.conf <<-END
		backend_clustering_mode = 'raw'
		backend_hostname0 = '$home'
		backend_port0 = 5432
		listen_addresses = ''
		port = 9999
		socket_dir = '$home'
		pcp_listen_addresses = ''
		pcp_socket_dir = '$home'
		wd_ipc_socket_dir = '$home'
		pid_file_name = '$home/pgpool.pid'
		logdir = '$home'
		num_init_children = 6
		sr_check_period = 0
		memory_cache_enabled = on
		memqcache_method = 'shmem'
		memqcache_total_size = 4MB
		memqcache_max_num_cache = 1000
		memqcache_oiddir = '$home/cached'
	END
	on_portico pgpool -n -f pgpool.conf -F pcp.conf -a hba.conf >"$home/pgpool.log" 2>&1 &
	pool=$!
	PGPORT=9999 eventually 30 has_answered
}

# What is cached is dropped by whoever changes it, under a semaphore; and a child that is killed is replaced, and
# attaches what there is.
@test "PostgreSQL behind pgpool: its children's cache is true, also when one of them is killed" {
	require pgpool pgpool2
	local pool rounds victim round each
	rounds=$(amount 100 5000)
	start
	fill
	start_pgpool
	export PGPORT=9999
	[ "$(objects | grep -cE '^sem')" -eq 1 ]
	for round in 1 2; do
		timeout 300 pgbench --client=4 --transactions="$rounds" --no-vacuum >"$home/bench.log" 2>&1
		grep -q 'number of failed transactions: 0 ' "$home/bench.log"
		ask 'create table round as select 1 as n'
		for each in 1 2 3; do
			[ "$(ask 'select sum(n) from round')" = "$each" ]
			[ "$(ask 'select sum(n) from round')" = "$each" ]
			ask 'insert into round values (1)'
		done
		ask 'drop table round'
		victim=$(pgrep -P "$(tr -d '\0' <pgpool.pid)" -f 'wait for connection' | head -n 1)
		kill -KILL "$victim"
		eventually 20 [ ! -e "/proc/$victim" ]
	done
	sums_agree
	ask 'show pool_cache' >cache
	[ "$(cut -d '|' -f 1 cache)" -ge 1 ] # hits
	kill -INT "$(tr -d '\0' <pgpool.pid)"
	wait "$pool"
	unset PGPORT
	[ "$(objects | grep -cE '^sem')" -eq 0 ]
	stop
	all_gone
}
