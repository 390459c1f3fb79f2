/* SPDX-License-Identifier: MIT */
/*
 * bare MOUNTPOINT: what FUSE itself costs.  Every name is a file; a read of one
 * gives a page that is always the same, a write is done at once.  Opened as the
 * mailboxes of the mount are, served by libfuse's own loop.
 */
#define FUSE_USE_VERSION 35

#include <errno.h>
#include <fuse_lowlevel.h>
#include <linux/fuse.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

enum { FILE_NUMBER = 2 };

static struct stat attr_of(fuse_ino_t ino)
{
	return (struct stat){
		.st_ino = ino,
		.st_mode = ino == FUSE_ROOT_ID ? S_IFDIR | 0700 : S_IFREG | 0600,
		.st_nlink = 1,
		.st_uid = geteuid(),
		.st_gid = getegid(),
		.st_size = ino == FUSE_ROOT_ID ? 0 : 1 << 20,
	};
}

static void lookup(fuse_req_t request, fuse_ino_t parent, const char *name)
{
	struct fuse_entry_param reply = { .ino = FILE_NUMBER, .attr = attr_of(FILE_NUMBER) };
	(void)parent, (void)name;
	fuse_reply_entry(request, &reply);
}

static void getattr(fuse_req_t request, fuse_ino_t ino, struct fuse_file_info *file)
{
	struct stat attr = attr_of(ino);
	(void)file;
	fuse_reply_attr(request, &attr, 0);
}

static void open_file(fuse_req_t request, fuse_ino_t ino, struct fuse_file_info *file)
{
	const struct fuse_open_out reply = {
		.open_flags = FOPEN_DIRECT_IO | FOPEN_NONSEEKABLE | FOPEN_STREAM | FOPEN_NOFLUSH |
			      FOPEN_PARALLEL_DIRECT_WRITES,
	};
	(void)ino, (void)file;
	fuse_reply_buf(request, (const char *)&reply, sizeof reply);
}

static void read_file(fuse_req_t request, fuse_ino_t ino, size_t size, off_t offset,
		      struct fuse_file_info *file)
{
	static const char page[4096];
	(void)ino, (void)offset, (void)file;
	fuse_reply_buf(request, page, size < sizeof page ? size : sizeof page);
}

static void write_file(fuse_req_t request, fuse_ino_t ino, const char *data, size_t size, off_t offset,
		       struct fuse_file_info *file)
{
	(void)ino, (void)data, (void)offset, (void)file;
	fuse_reply_write(request, size);
}

static void init(void *context, struct fuse_conn_info *connection)
{
	(void)context;
	connection->want &= ~(unsigned)(FUSE_CAP_SPLICE_READ | FUSE_CAP_SPLICE_WRITE | FUSE_CAP_SPLICE_MOVE);
}

static const struct fuse_lowlevel_ops operations = {
	.init = init,
	.lookup = lookup,
	.getattr = getattr,
	.open = open_file,
	.read = read_file,
	.write = write_file,
};

int main(int count, char **words)
{
	struct fuse_args args = FUSE_ARGS_INIT(1, words);
	struct fuse_session *session = fuse_session_new(&args, &operations, sizeof operations, NULL);
	if (count != 2 || !session || fuse_session_mount(session, words[1]) != 0)
		return 1;
	fuse_daemonize(0);
	fuse_session_loop(session);
	fuse_session_unmount(session);
	return 0;
}
