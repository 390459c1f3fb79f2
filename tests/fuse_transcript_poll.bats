#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
#
# Named pipes on the mount are the kernel's to poll, select and epoll.

load helper
load fuse_helper
load transcript_helper

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
