/* SPDX-License-Identifier: MIT */
/* kill -9 at each point of what has to do with names; crash.h is the driver. */
#include "name_server.h"
#include "name_service.h"

#include "crash.h"

static pk_id port;

static void make_port(void)
{
	struct pk_port_limits limits = { 8, 64, 1 << 20 };
	CHECK_EQUAL(pk_port_create(k, PK_MAILBOX, &limits, 0600, PK_NAME_MAILBOX, NULL, 0, &port), 0);
}

static int register_it(const char *name, bool persistent)
{
	struct pk_client self = pk_client_self(k);
	return pk_directory_register(k, &self, name, (uint32_t)strlen(name), port, 0600, persistent);
}

static int look_up(const char *name)
{
	struct pk_client self = pk_client_self(k);
	pk_id found = 0;
	int error = pk_directory_look_up(k, &self, name, (uint32_t)strlen(name), &found);
	CHECK(error || found == port);
	return error;
}

static int unregister(const char *name)
{
	struct pk_client self = pk_client_self(k);
	return pk_directory_remove(k, &self, name, (uint32_t)strlen(name));
}

static int make_directory(const char *name)
{
	struct pk_client self = pk_client_self(k);
	return pk_directory_make(k, &self, name, (uint32_t)strlen(name), 0755);
}

/* ---- registering */

static void prepare_directory(void)
{
	make_port();
	CHECK_EQUAL(make_directory("d"), 0);
}

static void operate_register(void)
{
	CHECK_EQUAL(register_it("d/stage", true), 0);
}
static void verify_registered_or_not(void)
{
	int error = look_up("d/stage");
	CHECK(error == 0 || error == -ENOENT);
	CHECK_EQUAL(register_it("d/stage", true), error ? 0 : -EEXIST);
	CHECK_EQUAL(look_up("d/stage"), 0);
}

static void operate_register_own(void)
{
	CHECK_EQUAL(register_it("d/stage", false), 0);
	CHECK_EQUAL(register_it("stage", false), 0);
	CHECK_EQUAL(register_it("left", false),
		    0); /* nobody asks for it: that it goes is its reaper's doing */
}
static void verify_gone(void)
{
	CHECK_EQUAL(look_up("d/stage"), -ENOENT);
	CHECK_EQUAL(look_up("stage"), -ENOENT);
	CHECK_EQUAL(unregister("d"), 0); /* nothing is in it */
}

/* ---- unregistering */

static void prepare_two_names(void)
{
	prepare_directory();
	CHECK_EQUAL(register_it("d/stage", true), 0);
	CHECK_EQUAL(register_it("stage", true), 0);
}
static void operate_unregister(void)
{
	CHECK_EQUAL(unregister("d/stage"), 0);
}
static void verify_other_stays(void)
{
	int error = look_up("d/stage");
	CHECK(error == 0 || error == -ENOENT);
	CHECK_EQUAL(look_up("stage"), 0);
	CHECK_EQUAL(unregister("d/stage"), error);
}

/* ---- directories */

static void operate_make_directory(void)
{
	CHECK_EQUAL(make_directory("d/e"), 0);
}
static void verify_made_or_not(void)
{
	int error = make_directory("d/e");
	CHECK(error == 0 || error == -EEXIST);
	CHECK_EQUAL(register_it("d/e/f", true), 0);
	CHECK_EQUAL(look_up("d/e/f"), 0);
}

static void operate_remove_directory(void)
{
	CHECK_EQUAL(unregister("d"), 0);
}
static void verify_removed_or_not(void)
{
	int error = make_directory("d");
	CHECK(error == 0 || error == -EEXIST);
	CHECK_EQUAL(register_it("d/stage", true), 0);
}

/* ---- a name server, and its client: either is the victim, the other must learn it */

static pk_id *server;

static void await_server(void)
{
	int64_t until_ns = soon();
	while (pk_load((_Atomic pk_id *)server) == 0 && pk_monotonic_ns() < until_ns)
		sleep_ms(1);
}

static int ask(void)
{
	struct portico_name_request request = { .operation = PORTICO_NAME_LOOK_UP, .name = "stage" };
	struct portico_name_reply reply;
	await_server();
	int error = pk_name_server_ask(k, *server, &request, &reply);
	return error ? error : reply.error;
}

static void prepare_client(void)
{
	make_port();
	CHECK_EQUAL(register_it("stage", true), 0);
	*server = 0;
	*bystander_result = 1;
	bystander = CHILD(*bystander_result = ask());
}
static void operate_serve(void)
{
	pk_id made;
	CHECK_EQUAL(pk_name_server_create(k, &made), 0);
	pk_store((_Atomic pk_id *)server, made);
	CHECK_EQUAL(pk_name_serve(k, made, NULL, NULL, soon()), 0);
}
static void verify_client_told(void)
{
	if (*server == 0)
		*server = pk_id_make(1 << 20, 1); /* it was killed before it had a port: none of that id */
	join_child(bystander);
	CHECK(*bystander_result == 0 || *bystander_result == -ECONNREFUSED);
}

static void prepare_server(void)
{
	make_port();
	CHECK_EQUAL(register_it("stage", true), 0);
	CHECK_EQUAL(pk_name_server_create(k, server), 0);
}
static void operate_ask(void)
{
	CHECK_EQUAL(ask(), 0);
}
static void meanwhile_serve(void)
{
	pk_name_serve(k, *server, NULL, NULL, pk_monotonic_ns() + INT64_C(20000000));
}
static void verify_serves_on(void)
{
	int left = 0; /* of the dead: there, if it didn't come in time to be served meanwhile */
	while (pk_name_serve(k, *server, NULL, NULL, PORTICO_NOW) == 0)
		left++;
	CHECK(left <= 1);
	bystander = CHILD(CHECK_EQUAL(ask(), 0));
	CHECK_EQUAL(pk_name_serve(k, *server, NULL, NULL, soon()), 0);
	join_child(bystander);
	CHECK_EQUAL(pk_port_destroy(k, *server), 0);
}

static const struct scenario scenarios[] = {
	{ "register", prepare_directory, operate_register, NULL, verify_registered_or_not },
	{ "owner-ends", prepare_directory, operate_register_own, NULL, verify_gone },
	{ "unregister", prepare_two_names, operate_unregister, NULL, verify_other_stays },
	{ "make-directory", prepare_directory, operate_make_directory, NULL, verify_made_or_not },
	{ "remove-directory", prepare_directory, operate_remove_directory, NULL, verify_removed_or_not },
	{ "serve", prepare_client, operate_serve, NULL, verify_client_told },
	{ "ask", prepare_server, operate_ask, meanwhile_serve, verify_serves_on },
	{ 0 },
};

static bool names_are_valid(void)
{
	return pk_port_valid(k, port) && pk_table_valid(k, PK_NAMES);
}

static void remove_all(void)
{
	static const char *const names[] = { "stage", "d/stage", "d/e/f", "d/e", "d" };
	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
		int error = unregister(names[i]);
		CHECK(error == 0 || error == -ENOENT);
	}
	CHECK_EQUAL(pk_port_destroy(k, port), 0);
	sweep();
}

int main(int argc, char **argv)
{
	static const struct stage stage = { scenarios, sweep, names_are_valid, remove_all };
	server = shared_memory(sizeof *server);
	return run_stage(&stage, argc, argv);
}
