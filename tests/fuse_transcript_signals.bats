#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
#
# Named pipes on the mount are the kernel's to who gets signals meanwhile.

load helper
load fuse_helper
load transcript_helper

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
