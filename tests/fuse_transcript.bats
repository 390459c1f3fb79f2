#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
#
# Named pipes on the mount are the kernel's: a script for several processes
# (tests/fuse_transcript.h) is played on a FIFO of the kernel's and on one of
# the mount's, and each line must be the same.  Where a file system of FUSE
# can't be, a test says how they differ, and portico-files(5) why.

load helper
load fuse_helper

# Play the script, on a FIFO made anew: played WHERE COMMAND...
played() {
	local fifo=$1
	rm -f "$fifo"
	mkfifo "$fifo"
	"${@:2}" timeout 30 "$BUILD/tests/fuse_transcript" "$fifo" <"$private/script"
}

play() {
	played "$private/f" env >"$private/should"
	played "$mnt/fifo/f" "$@" >"$private/is"
	[ -s "$private/should" ]
	! grep -E 'STUCK|what is' "$private/should"
}

# Where the processors are wanted by others, somebody may come to his line late, on either FIFO.  So a play that
# didn't go as it should is given twice more: alike COMMAND TO RUN THE PLAYERS WITH...
alike() {
	local take
	for take in 1 2 3; do
		play "$@"
		! diff -U 100 "$private/should" "$private/is" || return 0
	done
	return 1
}

script() {
	umask 022
	cat >"$private/script"
}

# The same is written as by the kernel's, and is once more where all are preloaded.
same() {
	script
	alike env
	alike preload
}

same_unless_preloaded() {
	script
	alike env
}

# These are the lines that differ, as diff shows them: differs SCRIPT LINES.
differs() {
	local take
	script <<<"$1"
	for take in 1 2 3; do
		play env
		! diff <(diff "$private/should" "$private/is" | grep '^[<>]') - <<<"$2" || return 0
	done
	return 1
}

@test "open waits for the other end, either way, and O_RDWR and O_NONBLOCK for nobody" {
	same <<-'END'
		A open r
		B open w
		A close
		B close
		B open w
		A open rw
		A close
		B close
		A open r
		B open rw
		A poll i
		B close
		A poll i
		A close
		A open rn
		A read 1
		A poll io
		B open wn
		A poll io
		B write 3 a
		A poll io
		A read 10
		A read 1
		A close
		B write 1 b
	END
}

@test "O_NONBLOCK to write without a reader is ENXIO; without the reader that there was, EPIPE" {
	same <<-'END'
		A open wn
		A open rn
		B open wn
		A close
		B poll o
		B ignore PIPE
		B write 1 a
		B close
		B open wn
		A open rw
		B open wn
		A getfl
		B getfl
	END
}

@test "several readers are served in turn, and the end comes with the last of several writers" {
	same <<-'END'
		A open r
		C open r
		B open w
		D open wn
		A read 5
		C read 5
		B write 3 x
		D write 7 y
		A read 10
		A read 4
		C read 2
		D write 9 z
		A read 4
		B close
		C read 3
		D close
	END
}

@test "a signal interrupts an open, which is forgotten" {
	same <<-'END'
		A handle USR1
		A open r
		kill A USR1
		B open wn
		A open w
		kill A USR1
		B open rn
		A open w
		A fill 4096 x
	END
}

@test "a signal interrupts reads, writes, poll, select and epoll; a write that has begun says how far it came" {
	same <<-'END'
		A handle USR1
		B open rw
		A open r
		A read 10
		kill A USR1
		A poll i wait
		kill A USR1
		A select r wait
		kill A USR1
		A epadd i
		A epwait wait
		kill A USR1
		C open w
		C handle USR1
		C write 65536 a
		C write 1 b
		kill C USR1
		C write 5000 b
		kill C USR1
		A read 4096
		C write 10000 b
		kill C USR1
	END
}

@test "PIPE_BUF bytes go in whole or not at all; more go in as far as there is room" {
	same <<-'END'
		A open rw
		B open wn
		B write 61441 a
		B write 4096 b
		B write 4095 c
		B write 1 d
		A read 65535
		A read 10
		B write 100000 a
		A read 4096
		B write 4097 b
		A read 8192
		B write 5000 c
		A read 4096
		B fill 4096 z
		A drain 65536
	END
}

@test "a write larger than the pipe, vectors, and nothing read or written" {
	same <<-'END'
		A open rw
		B open w
		B write 200000 a
		A read 65536
		A read 4096
		A read 65536
		A read 200000
		B write 0 x
		A read 0
		B writev 10 a 20 b 5 c
		A readv 3 10 10
		A readv 100 3
		A close
	END
}

@test "the end after the last writer, and a writer who comes later" {
	same <<-'END'
		A open rn
		B open w
		B write 3 a
		B close
		A poll i
		A read 10
		A read 10
		A poll i
		B open w
		A poll i
		A read 10
		B write 2 b
		A read 1
		B close
		A poll i
		A read 5
		A read 5
	END
}

@test "a write without a reader: SIGPIPE killing, ignored, handled, masked" {
	same <<-'END'
		A open rn
		B open w
		A close
		B poll io
		B write 1 a
		C open rw
		B open w
		C close
		B ignore PIPE
		B write 1 b
		B write 0 b
		B write 100000 b
		B handle PIPE
		B write 1 c
		B mask PIPE
		B write 1 d
		B pending PIPE
		B unmask PIPE
		B restart PIPE
		B writev 3 a 4 b
		A open rn
		B write 5 a
		A close
		B write 5 b
		A open rn
		A read 10
	END
}

@test "a write that waits when the last reader goes" {
	same <<-'END'
		A open rn
		B open w
		B handle PIPE
		B write 100000 a
		A read 4096
		A close
		A open rn
		B write 65536 a
		B write 10 b
		A close
		A open rn
		B default PIPE
		B write 100000 c
		A close
	END
}

@test "descriptors of one description share O_NONBLOCK, and it lasts until the last is closed" {
	same <<-'END'
		A open rw
		A dup
		A dup#1
		A setfl#1 n
		A getfl#0
		A read#2 1
		A write#1 2 x
		A close#0
		A read#1 2
		A setfl#1 -
		A getfl#2
		A read#2 5
		A exit
	END
}

@test "a fork shares the description" {
	same_unless_preloaded <<-'END'
		A open rn
		B open w
		B fork C
		B share D
		C write 3 c
		A read 10
		B close
		A read 10
		D write 1 x
		C close
		A read 10
		A fork E
		A fork F
		B open w
		E setfl -
		E read 3
		F read 3
		A read 3
		B write 1 a
		B write 1 b
		B write 1 c
		kill A KILL
		kill E KILL
		B write 1 d
		kill F KILL
		B write 1 e
	END
}

@test "a read goes on when another thread closes its descriptor" {
	same_unless_preloaded <<-'END'
		A open r
		B open w
		A share C
		C read 5
		A close
		B write 2 z
		C read 5
		B write 1 a
	END
}

@test "removed while it is open, it lives on; another of its name is another" {
	same <<-'END'
		A open rw
		A unlink
		A write 3 a
		A read 10
		B open r
		A reopen rn
		A mkfifo
		B open rn
		A write 2 b
		B read 10
		A close
		A close#1
	END
}

@test "no position: lseek, pread, pwrite are ESPIPE; fsync, truncate and fallocate are refused" {
	same <<-'END'
		A open rw
		A write 10 a
		A lseek 0 0
		A lseek 0 1
		A lseek 0 2
		A pread 5 0
		A pwrite 5 0
		A read 3
		A lseek 3 0
		A fsync
		A fallocate 100
		A ftruncate 0
		A ftruncate 5
		A truncate 5
		A map shared
		A read 20
	END
}

@test "O_APPEND and O_TRUNC mean nothing; O_CREAT, O_EXCL, O_DIRECTORY, O_DIRECT, O_PATH as for the kernel's" {
	same <<-'END'
		A open rw
		B open wat
		B write 3 a
		A read 10
		B getfl
		C open rd
		C open rwcx
		C open rwc
		C open rwD
		D open p
		D read 1
		D reopen rn
		D read 1
	END
}

@test "poll in each state, and what wakes it" {
	same <<-'END'
		A open rn
		A poll ioIO
		A poll io wait
		B open w
		B close
		A poll i
		A close
		A open rn
		A poll i
		A poll i wait
		B open w
		B write 1 a
		B poll oO
		A poll iI
		A read 10
		A poll i wait
		B write 1 b
		A read 10
		A poll i wait
		C open w
		B close
		C close
		C ignore PIPE
		C open rw
		B open wn
		B fill 4096 a
		B poll o wait
		A read 1
		A read 4095
		A close
		C close
		B poll o
	END
}

@test "select in each state" {
	same <<-'END'
		A open rn
		A select rw
		A select rwx
		B open w
		A select rwx
		B select rwx
		B write 1 a
		A select rwx
		A read 1
		A select rwx wait
		B close
		A close
		A open rn
		B open w
		A close
		B select rwx
	END
}

@test "epoll, by level" {
	same <<-'END'
		A open rn
		A epadd i
		A epwait
		A epwait wait
		B open w
		B write 2 a
		A epwait
		A read 1
		A epwait
		A read 1
		A epwait
		A epwait wait
		B write 1 c
		A read 1
		B close
		A epwait
		A epwait
		B open w
		A epwait
		A epdel
		A epwait
	END
}

@test "epoll, by edge: each write is one, a read or an open is none" {
	same <<-'END'
		A open rn
		A epadd it
		B open w
		B write 2 a
		A epwait
		A epwait
		B write 1 b
		A epwait
		A read 1
		A epwait
		B write 1 c
		B write 1 c
		A epwait
		A epwait
		A read 10
		A epwait
		A epwait wait
		B write 1 d
		A read 10
		A epwait wait
		B close
		A epwait
		B open w
		A epwait
		B close
		A epwait
	END
}

@test "epoll, by edge, for a writer: room after there was none, once; and the last reader's end" {
	same <<-'END'
		A open rn
		B open wn
		B epadd ot
		B epwait
		B epwait
		B fill 4096 a
		B epwait
		A read 4096
		B epwait
		B epwait
		A read 4096
		B epwait
		B fill 4096 a
		A read 65536
		B epwait
		A close
		B epwait
		B epwait
	END
}

@test "epoll, EPOLLONESHOT" {
	same <<-'END'
		A open rn
		A epadd i1
		B open w
		B write 1 a
		A epwait
		A epwait
		B write 1 a
		A epwait
		A epmod i1
		A epwait
		A read 10
		A epmod i1
		A epwait wait
		B write 1 a
		A epwait
		B close
		A epwait
		A epmod i1
		A epwait
		A epmod i1t
		A epwait
		A epwait
	END
}

@test "epoll, EPOLLEXCLUSIVE" {
	same <<-'END'
		A open rn
		A epadd ix
		A epmod ix
		A fork C
		A epwait wait
		C epwait wait
		B open w
		B write 1 a
		A read 1
		A epwait wait
		B write 1 b
	END
}

@test "poll and epoll of one description for both" {
	same <<-'END'
		A open rw
		A poll io
		A write 3 a
		A poll io
		A read 5
		A read 5
		B open w
		B write 1 c
		A close
		A open rwn
		A epadd iot
		A epwait
		A write 1 a
		A epwait
		A fill 4096 a
		A epwait
		A drain 4096
		A epwait
	END
}

@test "readers and writers that are killed" {
	same <<-'END'
		A open r
		B open w
		A read 5
		kill A KILL
		B write 1 a
		C open r
		D open w
		D fork E
		C read 5
		kill D KILL
		kill E KILL
	END
}

@test "sendfile and splice into it, and sendfile from it, which is refused" {
	same <<-'END'
		A open rwn
		A write 10 a
		A sendfile out 5
		A read 100
		A splice in 5
		A read 100
		A sendfile in 7
		A read 100
		C open rn
		C close
		A close
		B ignore PIPE
		C open rn
		B open w
		C close
		B sendfile in 5
	END
}

@test "RWF_NOWAIT" {
	same <<-'END'
		A open rw
		A readnow 5
		A writenow 3 a
		A readnow 5
	END
}

@test "chmod while it is open, and EACCES for who may not open it" {
	same <<-'END'
		A open r
		B open w
		A fchmod 0
		A chmod 0
		B write 3 a
		A read 3
		A chmod 600
		C uid 65534
		C open rn
	END
}

@test "programs that use System V meanwhile, where handlers go through the library" {
	same <<-'END'
		A handle USR1
		A sysv
		B sysv
		B open rw
		A open r
		A read 10
		kill A USR1
		A poll i wait
		kill A USR1
		A epadd i
		A epwait wait
		kill A USR1
		A sysv wait
		kill A USR1
		B write 3 a
		A read 3
		C handle USR1
		C sysv
		C open w
		C write 100000 a
		kill C USR1
		C write 5 b
		kill C USR1
		A read 65536
		C sysv wait
		kill C USR1
		C close
		B close
		A read 1
		C open w
		A close
		C handle PIPE
		C write 1 x
		C sysv
		C default PIPE
		C write 1 x
		D sysv
		D open r
		D handle USR2
		kill D USR2
		D sysv wait
		kill D USR2
		D restart USR2
		D sysv wait
		kill D USR2
		D mask USR2
		kill D USR2
		D sysv
		D unmask USR2
	END
}

# ---- what differs

@test "known: the ring counts bytes, the kernel's pipe pages" {
	differs "A open rw
		B open w
		B write 65536 a
		A read 100
		B setfl n
		B write 100 b
		A drain 65536" \
		"< B write 100 b: EAGAIN
> B write 100 b: 100"
}

@test "known: SA_RESTART doesn't restart what waits, nor does SIGCONT" {
	differs "B open rw
		A restart USR1
		A open r
		A read 10
		kill A USR1
		B write 1 a" \
		"> A read 10: EINTR, caught USR1
< A read 10: 1 a1, caught USR1"
	rm "$private/f" "$mnt/fifo/f"
	differs "B open rw
		A open r
		A read 10
		kill A STOP
		kill A CONT
		B write 1 a
		A setfl n
		A read 10" \
		"> A read 10: EINTR
< A read 10: 1 a1
< A read 10: EAGAIN
> A read 10: 1 a1"
}

@test "known: it is a regular file to stat, FIONREAD, F_GETPIPE_SZ, tee and copy_file_range; and fcntl() locks nothing" {
	differs "A open rwn
		A write 10 a
		A fstat
		A fionread
		A pipe_size
		A tee 5
		A copy_range 5
		A lock r
		A read 10" \
		"< A fstat: type 10000 mode 644 links 1 size 0
< A fionread: 10
< A pipe_size: 65536
< A tee 5: 5
< A copy_range 5: EINVAL
< A lock r: ok
> A fstat: type 100000 mode 644 links 1 size 1048576
> A fionread: 1048576
> A pipe_size: EBADF
> A tee 5: EINVAL
> A copy_range 5: EXDEV
> A lock r: ENOLCK"
}

@test "known: nothing can be spliced or mapped from it, and nothing is lost by trying" {
	differs "A open rwn
		A write 10 a
		B open r
		A splice out 5
		B map private
		A read 10" \
		"< A splice out 5: 5, 5 a5
< B map private: ENODEV
< A read 10: 5 a5
> A splice out 5: EINVAL, EAGAIN
> B killed by BUS
> A read 10: 10 a10"
}

@test "known: sendfile of more than there is room for waits, and sends all" {
	differs "A open rn
		B open w
		B sendfile in 100000
		A drain 65536" \
		"< B sendfile in 100000: 65536
< A drain 65536: 65536, then EAGAIN
> B sendfile in 100000: waits
> A drain 65536: 100000, then EAGAIN
> B sendfile in 100000: 100000"
}

@test "known: O_ASYNC is ignored" {
	differs "A open rn
		A handle IO
		A own
		A setfl ny
		A getfl
		B open w
		B write 1 a
		A read 1" \
		"< A getfl: r NONBLOCK ASYNC
> A getfl: r NONBLOCK
< A read 1: 1 a1, caught IO
> A read 1: 1 a1"
}
