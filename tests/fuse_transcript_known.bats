#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
#
# Where a file system of FUSE can't be as the kernel's named pipes are, these
# are the lines that differ, and portico-files(5) says why.

load helper
load fuse_helper
load transcript_helper

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
