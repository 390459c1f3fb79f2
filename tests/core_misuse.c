/* SPDX-License-Identifier: MIT */
/* What the calls of portico.h and mail.h say to those who misuse them. */
#include "mail.h"

/* What error each call says for a port that is none any more, or never was one. */
static void check_no_port(portico_port port, int error)
{
	const struct portico_sending how = { .wants_receipt = true };
	struct portico_limits limits = portico_default_limits;
	struct portico_status status;
	portico_port completions;
	portico_wait wait;
	char text[8];
	CHECK_EQUAL(put(port, "x", 1), error);
	CHECK_EQUAL(try_get(port), error);
	CHECK_EQUAL(portico_receive_any(k, &port, 1, text, 8, NULL, NULL, portico_deadline(1000000)), error);
	CHECK_EQUAL(portico_send_with(k, port, "x", 1, &how, PORTICO_FOREVER), error);
	CHECK_EQUAL(portico_probe(k, port, NULL, NULL), error);
	CHECK_EQUAL(portico_peek(k, port, text, 8, NULL, 0, NULL), error);
	CHECK_EQUAL(portico_mailbox_status(k, port, &status), error);
	CHECK_EQUAL(portico_mailbox_limit(k, port, &limits), error);
	CHECK_EQUAL(portico_mailbox_share(k, port, PORTICO_SHARE_PAIR), error);
	CHECK_EQUAL(portico_mailbox_claim(k, port), error);
	CHECK_EQUAL(portico_mailbox_yield(k, port), error);
	CHECK_EQUAL(portico_mailbox_destroy(k, port), error);
	CHECK_EQUAL(portico_completions_create(k, &completions), 0);
	CHECK_EQUAL(portico_post_send(k, port, "x", 1, 1, PORTICO_FOREVER, completions, 1, &wait), error);
	CHECK_EQUAL(portico_post_receive(k, &port, 1, 8, NULL, PORTICO_FOREVER, completions, 1, &wait),
		    error);
	CHECK_EQUAL(portico_mailbox_destroy(k, completions), 0);
}

static void case_misuse_ports(void)
{
	portico_port port = mailbox(1);
	CHECK_EQUAL(portico_mailbox_destroy(k, port), 0);
	check_no_port(port, -EIDRM);
	check_no_port((portico_port){ 0 }, -EINVAL);
	check_no_port((portico_port){ UINT64_C(0xffffff) }, -EINVAL);
	check_no_port((portico_port){ port.id + (UINT64_C(1) << 40) }, -EINVAL); /* not yet */
	CHECK_EQUAL(portico_mailbox_open(k, "nobody's", &port), -ENOENT);
}

static void case_misuse_arguments(void)
{
	const struct portico_sending how = { 0 };
	const struct portico_filter none = { .select = (enum portico_select)9 };
	portico_port port = mailbox(1), completions;
	struct portico_completion completion;
	struct portico_envelope envelope;
	portico_wait wait;
	char text[128] = "";
	CHECK_EQUAL(portico_completions_create(k, &completions), 0);
	/* longer than the mailbox takes */
	CHECK_EQUAL(portico_send(k, port, text, 65, 1, PORTICO_FOREVER), -EMSGSIZE);
	CHECK_EQUAL(portico_send_with(k, port, text, 65, &how, PORTICO_FOREVER), -EMSGSIZE);
	CHECK_EQUAL(portico_post_send(k, port, text, 65, 1, PORTICO_FOREVER, completions, 1, &wait),
		    -EMSGSIZE);
	CHECK_EQUAL(portico_send(k, port, text, (size_t)1 << 40, 1, PORTICO_FOREVER), -EMSGSIZE);
	/* a negative deadline */
	CHECK_EQUAL(portico_send(k, port, text, 1, 1, -1), -EINVAL);
	CHECK_EQUAL(portico_send_with(k, port, text, 1, &how, -1), -EINVAL);
	CHECK_EQUAL(portico_receive(k, port, text, 64, NULL, NULL, INT64_MIN), -EINVAL);
	CHECK_EQUAL(portico_receive_any(k, &port, 1, text, 64, NULL, NULL, -1), -EINVAL);
	CHECK_EQUAL(portico_post_send(k, port, text, 1, 1, -1, completions, 1, &wait), -EINVAL);
	CHECK_EQUAL(portico_post_receive(k, &port, 1, 64, NULL, -1, completions, 1, &wait), -EINVAL);
	CHECK_EQUAL(portico_complete(k, completions, &completion, -1), -EINVAL);
	/* one that has passed is as PORTICO_NOW, but for what it says */
	CHECK_EQUAL(portico_receive(k, port, text, 64, NULL, NULL, 1), -ETIMEDOUT);
	CHECK_EQUAL(portico_complete(k, completions, &completion, 1), -ETIMEDOUT);
	CHECK_EQUAL(portico_send(k, port, "x", 1, 1, 1), 0);
	CHECK_EQUAL(portico_send(k, port, "x", 1, 1, 1), -ETIMEDOUT);
	CHECK_EQUAL(portico_receive(k, port, text, 64, NULL, &envelope, 1), 1);
	/* nothing where something should be */
	CHECK_EQUAL(portico_send(k, port, NULL, 1, 1, PORTICO_NOW), -EFAULT);
	CHECK_EQUAL(portico_send_with(k, port, NULL, 1, &how, PORTICO_NOW), -EFAULT);
	CHECK_EQUAL(portico_post_send(k, port, NULL, 1, 1, PORTICO_NOW, completions, 1, &wait), -EFAULT);
	CHECK_EQUAL(portico_receive(k, port, NULL, 1, NULL, NULL, PORTICO_NOW), -EFAULT);
	CHECK_EQUAL(portico_peek(k, port, NULL, 1, NULL, 0, NULL), -EFAULT);
	CHECK_EQUAL(portico_send(k, port, NULL, 0, 1, PORTICO_NOW), 0);
	CHECK_EQUAL(portico_receive(k, port, NULL, 0, NULL, NULL, PORTICO_NOW), 0);
	/* selectors and counts */
	CHECK_EQUAL(portico_receive(k, port, text, 64, &none, NULL, PORTICO_NOW), -EINVAL);
	CHECK_EQUAL(portico_probe(k, port, &none, NULL), -EINVAL);
	CHECK_EQUAL(portico_receive_any(k, &port, 0, text, 64, NULL, NULL, PORTICO_NOW), -EINVAL);
	CHECK_EQUAL(portico_receive_any(k, &port, 1025, text, 64, NULL, NULL, PORTICO_NOW), -EINVAL);
	/* collected or cancelled twice */
	CHECK_EQUAL(portico_post_receive(k, &port, 1, 64, NULL, PORTICO_FOREVER, completions, 1, &wait), 0);
	CHECK_EQUAL(portico_cancel(k, wait), 0);
	CHECK_EQUAL(portico_cancel(k, wait), -EINVAL);
	CHECK_EQUAL(portico_collect(k, wait, text, 64, NULL), -EINVAL);
	CHECK_EQUAL(portico_mailbox_destroy(k, completions), 0);
	CHECK_EQUAL(portico_complete(k, completions, &completion, PORTICO_NOW), -EIDRM);
}

static void case_explained(void)
{
	static const int errors[] = {
		EAGAIN,	      ETIMEDOUT, EINTR, EIDRM,	EINVAL,	  ENOENT,      EEXIST,
		ENAMETOOLONG, EMSGSIZE,	 E2BIG, EACCES, EPERM,	  ENOBUFS,     ENOSPC,
		EIO,	      EDEADLK,	 EBUSY, EFAULT, EALREADY, EINPROGRESS, ECANCELED
	};
	for (size_t i = 0; i < sizeof errors / sizeof errors[0]; i++) {
		CHECK(strcmp(portico_explain(errors[i]), "unexpected error") != 0);
		CHECK_EQUAL(strcmp(portico_explain(-errors[i]), portico_explain(errors[i])), 0);
		for (size_t j = 0; j < i; j++)
			CHECK(strcmp(portico_explain(errors[i]), portico_explain(errors[j])) != 0);
	}
}

int main(int argc, char **argv)
{
	static const struct test_case cases[] = {
		{ "misuse-ports", case_misuse_ports },
		{ "misuse-arguments", case_misuse_arguments },
		{ "explained", case_explained },
		{ 0 },
	};
	CHECK_EQUAL(portico_open(NULL, PORTICO_CREATE, &k), 0);
	return run_cases(cases, argc, argv);
}
