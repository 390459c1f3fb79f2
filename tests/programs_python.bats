#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# limit_seconds: 900
#
# Python's sysv_ipc.  It matters because it waits with time limits
# (semtimedop) and from several threads at once, whose interpreter lock is let
# go meanwhile; because it attaches at once and detaches by hand; and because
# each field of an object is an IPC_STAT or an IPC_SET.

load programs_helper

setup() {
	private_setup
	[ -x /usr/bin/python3 ] && /usr/bin/python3 -c 'import sysv_ipc' 2>/dev/null ||
		skip "no sysv_ipc: apt-get install python3-sysv-ipc"
}

python_on_portico() { on_portico timeout 100 /usr/bin/python3 - "$@"; }

@test "Python: a semaphore's time limits, waiters, undo and end" {
	run python_on_portico <<-'END'
		import os, signal, sysv_ipc, threading, time
		s = sysv_ipc.Semaphore(0x70000021, sysv_ipc.IPC_CREX, 0o600, 1)
		with s:
		    print("within:", s.value, s.last_pid == os.getpid())
		    try:
		        s.acquire(0.05)
		    except sysv_ipc.BusyError:
		        print("busy")
		try:
		    sysv_ipc.Semaphore(0x70000021, sysv_ipc.IPC_CREX)
		except sysv_ipc.ExistentialError:
		    print("exists")
		s.undo = True
		holder = os.fork()
		if holder == 0:
		    s.acquire()
		    time.sleep(100)
		while s.value: time.sleep(0.01)
		took = []
		waiter = threading.Thread(target=lambda: (s.acquire(), took.append(s.value)))
		waiter.start()
		while not s.waiting_for_nonzero: time.sleep(0.01)
		os.kill(holder, signal.SIGKILL)
		waiter.join()
		os.waitpid(holder, 0)
		print("taken from the dead:", took)
		def wait_for_zero():
		    try:
		        s.undo = False
		        s.value = 3
		        s.Z()
		    except sysv_ipc.ExistentialError:
		        print("removed")
		waiter = threading.Thread(target=wait_for_zero)
		waiter.start()
		while not s.waiting_for_zero: time.sleep(0.01)
		s.remove()
		waiter.join()
	END
	echo "$output"
	[ "$output" = "within: 0 True
busy
exists
taken from the dead: [0]
removed" ]
	all_gone
}

@test "Python: a queue's threads and processes, and its fields" {
	AMOUNT=$(amount 1000 100000) run python_on_portico <<-'END'
		import os, sysv_ipc, threading
		amount = int(os.environ["AMOUNT"])
		q = sysv_ipc.MessageQueue(None, sysv_ipc.IPC_CREX, 0o600, max_message_size=4096)
		if os.fork() == 0:
		    for n in range(amount):
		        q.send(b"%d" % n, type=1 + n % 4)
		    os._exit(0)
		got = {kind: [] for kind in range(1, 5)}
		def receive(kind):
		    while len(got[kind]) < amount // 4:
		        got[kind].append(int(q.receive(type=kind)[0]))
		threads = [threading.Thread(target=receive, args=(kind,)) for kind in got]
		for thread in threads: thread.start()
		for thread in threads: thread.join()
		_, status = os.wait()
		print("in order:", all(got[kind] == list(range(kind - 1, amount, 4)) for kind in got), status)
		print(q.current_messages, q.last_receive_pid == os.getpid(), q.max_size > 0)
		q.max_size = 10
		q.mode = 0o640
		try:
		    q.send(b"eleven byte", block=False)
		except sysv_ipc.BusyError:
		    print("full; mode %o" % q.mode)
		q.remove()
	END
	echo "$output"
	[ "$output" = "in order: True 0
0 True True
full; mode 640" ]
	all_gone
}

@test "Python: shared memory over fork, read only, removed while attached" {
	run python_on_portico <<-'END'
		import os, sysv_ipc
		m = sysv_ipc.SharedMemory(0x70000022, sysv_ipc.IPC_CREX, 0o600, size=100_000, init_character=b".")
		child = os.fork()
		if child == 0:
		    m.write(b"by a child", 99_990)
		    m.detach()
		    os._exit(0)
		os.waitpid(child, 0)
		again = sysv_ipc.attach(m.id, None, sysv_ipc.SHM_RDONLY)
		print(again.read(12, 99_988).decode(), m.number_attached, m.size, m.last_pid == os.getpid())
		m.remove()
		m.detach()
		print(again.read(2, 99_990).decode(), again.number_attached)
		try:
		    sysv_ipc.SharedMemory(0x70000022)
		except sysv_ipc.ExistentialError:
		    print("no longer by key")
		again.detach()
	END
	echo "$output"
	[ "$output" = "..by a child 2 100000 True
by 1
no longer by key" ]
	all_gone
}
