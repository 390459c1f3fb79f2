#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
#
# Named pipes on the mount are the kernel's, in what their calls do and return.

load helper
load fuse_helper
load transcript_helper

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
