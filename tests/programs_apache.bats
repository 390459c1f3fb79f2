#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# limit_seconds: 900
#
# Apache with its mutexes by System V.  It matters because root makes the
# semaphores and gives them to others by IPC_SET; the workers become those
# others after fork() without an exec; all stand in line for one semaphore,
# whichever of them dies; and SEM_UNDO is all that lets the next one in.

load programs_helper

setup() {
	private_setup
	modules=/usr/lib/apache2/modules
	PATH=$PATH:/usr/sbin
	require apache2 apache2-bin
	require ab apache2-utils
	home=$private/apache
	mkdir -p "$home/htdocs"
	chmod 711 "$private"
	echo 'It works.' >"$home/htdocs/index.html"
	read -r port other < <(free_ports 2)
}

free_ports() {
	perl -MIO::Socket::INET -e '
		my @all = map { IO::Socket::INET->new(Listen => 1, LocalAddr => "127.0.0.1") or die } 1 .. $ARGV[0];
		print join(" ", map { $_->sockport } @all), "\n"' "$1"
}

# Two sockets to listen at: with one, workers need no mutex to accept.
configure() {
	cat >"$home/conf" <<-END
		ServerRoot $home
		ServerName localhost
		Listen 127.0.0.1:$port
		Listen 127.0.0.1:$other
		PidFile $home/pid
		ErrorLog $home/log
		DocumentRoot $home/htdocs
		LoadModule mpm_$1_module $modules/mod_mpm_$1.so
		LoadModule authz_core_module $modules/mod_authz_core.so
		User www-data
		Group www-data
		Mutex sysvsem default
		StartServers 4
		$2
	END
}

control() { on_portico timeout 60 apache2 -f "$home/conf" -k "$1"; }
answers() { timeout 20 ab -n 1 "http://127.0.0.1:$port/index.html" >/dev/null 2>&1; }
ended() { [ ! -e "/proc/$1" ]; }
workers() { pgrep -P "$(cat "$home/pid")"; }
polls() { [[ $(cat "/proc/$1/wchan" 2>/dev/null) = *poll* ]]; }

start() {
	control start
	eventually 20 answers
	eventually 20 eval '[ "$(objects | grep -cE "^sem")" -ge 1 ]'
	server=$(cat "$home/pid")
}

stop() {
	control stop
	eventually 20 ended "$server"
	all_gone
}

# Requests by both doors, all of them answered with the page.
serves() {
	local door
	for door in "$port" "$other"; do
		timeout 100 ab -q -n "$1" -c 6 "http://127.0.0.1:$door/index.html" >"$private/ab"
		grep -qE '^Complete requests: +'"$1" "$private/ab" && grep -qE '^Failed requests: +0$' "$private/ab" &&
			! grep -q Non-2xx "$private/ab" || { cat "$private/ab" "$home/log"; return 1; }
	done
}

# The idle worker that waits for a connection, not for its turn to: it holds the mutex.
holder() {
	local pid
	for pid in $(workers); do
		! polls "$pid" || { echo "$pid"; return; }
	done
	return 1
}

# On the kernel and here the semaphore that the dead held is given back by SEM_UNDO.
@test "Apache prefork: workers of another user share a mutex, and go on when its holder is killed" {
	configure prefork "MaxRequestWorkers 8"
	start
	serves "$(amount 300 20000)"
	local round victim
	for round in $(seq "$(amount 3 50)"); do
		eventually 20 eval 'victim=$(holder)'
		kill -KILL "$victim"
		eventually 20 ended "$victim"
		serves 20
	done
	stop
}

# The old generation leaves while the new one is let in: new semaphores, and the old ones removed.
@test "Apache prefork: a graceful restart under load loses no request, and leaves one generation's semaphores" {
	configure prefork "MaxRequestWorkers 8"
	start
	local sets round
	sets=$(objects | grep -cE '^sem')
	for round in $(seq "$(amount 3 30)"); do
		serves "$(amount 300 3000)" &
		control graceful
		wait $!
	done
	eventually 20 eval '[ "$(objects | grep -cE "^sem")" -eq "$sets" ]'
	stop
}

# Each child has a thread that waits at the mutex for all the others, and is woken from there by a signal.
@test "Apache worker: threads wait at the mutex, restart and stop end their waits" {
	configure worker "MaxRequestWorkers 16
		ThreadsPerChild 4"
	start
	serves "$(amount 300 20000)"
	control graceful
	eventually 20 answers
	serves "$(amount 300 20000)"
	local victim
	victim=$(workers | head -n 1)
	kill -KILL "$victim"
	eventually 20 ended "$victim"
	serves 20
	stop
}
