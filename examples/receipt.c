/* SPDX-License-Identifier: MIT */
/*
 * Receipts: several receivers share a mailbox, and the sender learns which of
 * them got its message, once that has consumed it.
 *
 *   cc receipt.c -lportico && ./a.out
 */
#include <portico/mail.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

#define SECOND INT64_C(1000000000)

static portico *instance;
static portico_port desk;

static int fail(const char *what, int error)
{
	fprintf(stderr, "receipt: %s: %s\n", what, portico_explain(error));
	return 1;
}

/* A clerk takes one message. */
static pid_t hire(void)
{
	pid_t clerk = fork();
	if (clerk != 0)
		return clerk;
	char text[64];
	ssize_t bytes =
		portico_receive(instance, desk, text, sizeof text, NULL, NULL, portico_deadline(30 * SECOND));
	_exit(bytes == sizeof "an order" ? 0 : 1);
}

int main(void)
{
	struct portico_receipt receipt;
	struct portico_sending how = { .wants_receipt = true, .receipt = &receipt };
	pid_t clerks[2];
	int status, error;

	if (portico_open(NULL, PORTICO_CREATE, &instance) != 0) {
		fprintf(stderr, "receipt: %s\n", portico_open_error());
		return 1;
	}
	error = portico_mailbox_create(instance, NULL, NULL, 0600, &desk);
	if (error)
		return fail("create", error);
	/* nobody is there: it is taken back */
	error = portico_send_with(instance, desk, "an order", sizeof "an order", &how,
				  portico_deadline(SECOND / 100));
	printf("nobody there: %s\n", portico_explain(error));
	for (int i = 0; i < 2; i++)
		clerks[i] = hire();
	for (int i = 0; i < 2; i++) {
		error = portico_send_with(instance, desk, "an order", sizeof "an order", &how,
					  portico_deadline(30 * SECOND));
		if (error)
			return fail("send", error);
		printf("an order went to %s\n", receipt.pid == clerks[0] || receipt.pid == clerks[1]
							? "one of the clerks"
							: "a stranger");
	}
	for (int i = 0; i < 2; i++)
		if (waitpid(clerks[i], &status, 0) != clerks[i] || status != 0)
			return 1;
	portico_mailbox_destroy(instance, desk);
	portico_close(instance);
	return 0;
}
