/* SPDX-License-Identifier: MIT */
/* Every error of Portico, in a sentence.  The one table; man pages and tools speak from it. */
#include <errno.h>
#include <portico/portico.h>

static const struct {
	int error;
	const char *text;
} explanations[] = {
	{ 0, "success" },
	{ EAGAIN, "would have to wait, and was told not to" },
	{ ETIMEDOUT, "the time came before it could be done" },
	{ EINTR, "interrupted by a signal" },
	{ EIDRM, "the object was removed" },
	{ EINVAL, "no such object, or a value out of range" },
	{ EBADF, "that right isn't of the kind that is wanted" },
	{ EALREADY, "it is over, or in a receiver's hands, and can't be taken back" },
	{ EINPROGRESS, "it goes on, or isn't told of yet" },
	{ ELOOP, "a right to receive would wait in the queue of its own port" },
	{ ECONNRESET, "whoever had the request gave it up, or ended, without an answer" },
	{ ENOENT, "nothing has that name" },
	{ ENOTDIR, "a part of the name that should be a directory is none" },
	{ EISDIR, "that is a directory" },
	{ ENOTEMPTY, "the directory isn't empty" },
	{ ECONNREFUSED, "the name server of this task is no more" },
	{ EBADMSG, "the message isn't what was expected" },
	{ EEXIST, "that name is taken" },
	{ ENAMETOOLONG, "the name is too long: 200 bytes at most" },
	{ EMSGSIZE, "the message is longer than the mailbox allows" },
	{ EFAULT, "NULL was given for data or a buffer of more than 0 bytes" },
	{ EBUSY, "in use otherwise: by as many as share it, or in a port set" },
	{ E2BIG, "the message is longer than the buffer; it stays queued" },
	{ EACCES, "its mode doesn't permit that to you" },
	{ EPERM, "only its owner may do that" },
	{ ENOBUFS, "the instance holds as many of these as it can, or as its limits allow" },
	{ EDQUOT, "you hold as many of these as the instance's limits allow one owner" },
	{ ENOSPC, "the file system of the instance is full" },
	{ EROFS, "the file system of the instance can only be read" },
	{ ENOMEM, "no memory" },
	{ EMFILE, "this process has as many descriptors open as it may" },
	{ ENFILE, "this machine has as many files open as it can" },
	{ EPROTO, "the instance was made by another version of Portico" },
	{ EIO, "the instance is damaged" },
	{ ECANCELED, "cancelled" },
	{ EOWNERDEAD, "its task has died" },
	{ EOPNOTSUPP, "that can't be copied to listeners, or isn't to be had here, as through a mount" },
	{ ENOTCONN, "the daemon of that mount has ended" },
	{ ESRCH, "that task has ended" },
	{ EXDEV, "that task is in another pid namespace" },
	{ ENOSYS, "this kernel can't do that; it takes a Linux of 5.3 or later" },
	{ EDEADLK, "this thread is already inside Portico" },
	{ ERANGE, "the semaphore's value would be out of range" },
	{ EFBIG, "no semaphore of that number in the set" },
};

__attribute__((visibility("default"))) const char *portico_explain(int error)
{
	int wanted = error < 0 ? -error : error;
	for (size_t i = 0; i < sizeof explanations / sizeof explanations[0]; i++)
		if (explanations[i].error == wanted)
			return explanations[i].text;
	return "unexpected error";
}
