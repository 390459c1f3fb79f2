/* SPDX-License-Identifier: MIT */
#include "describe.h"
#include "utf8.h"

#include <pwd.h>
#include <stdio.h>
#include <time.h>

const char *describe_user(struct described *into, uint32_t uid)
{
	const struct passwd *user = getpwuid(uid);
	if (user)
		snprintf(into->text, sizeof into->text, "%s", user->pw_name);
	else
		snprintf(into->text, sizeof into->text, "%u", uid);
	return into->text;
}

const char *describe_mode(struct described *into, uint32_t mode)
{
	for (unsigned bit = 0; bit < 9; bit++)
		into->text[bit] = "rwxrwxrwx"[bit];
	for (unsigned bit = 0; bit < 9; bit++)
		if (!(mode & (0400u >> bit)))
			into->text[bit] = '-';
	into->text[9] = '\0';
	return into->text;
}

const char *describe_bytes(struct described *into, uint64_t bytes)
{
	snprintf(into->text, sizeof into->text, "%llu byte%s", (unsigned long long)bytes,
		 bytes == 1 ? "" : "s");
	return into->text;
}

const char *describe_size(struct described *into, uint64_t bytes)
{
	static const char suffixes[] = { 'G', 'M', 'K' };
	for (unsigned i = 0; i < sizeof suffixes; i++) {
		unsigned shift = 30 - 10 * i;
		if (bytes > 0 && bytes % (UINT64_C(1) << shift) == 0) {
			snprintf(into->text, sizeof into->text, "%llu%c",
				 (unsigned long long)(bytes >> shift), suffixes[i]);
			return into->text;
		}
	}
	snprintf(into->text, sizeof into->text, "%llu", (unsigned long long)bytes);
	return into->text;
}

const char *describe_age(struct described *into, int64_t ns)
{
	struct pk_text text = PK_TEXT(into->text);
	pk_text_age(&text, ns);
	return into->text;
}

const char *describe_time(struct described *into, int64_t seconds)
{
	time_t when = (time_t)seconds;
	struct tm local;
	if (seconds == 0 || !localtime_r(&when, &local) ||
	    strftime(into->text, sizeof into->text, "%Y-%m-%d %H:%M:%S", &local) == 0)
		snprintf(into->text, sizeof into->text, "never");
	return into->text;
}

const char *describe_key(struct described *into, int32_t key)
{
	if (key)
		snprintf(into->text, sizeof into->text, "0x%08x", (uint32_t)key);
	else
		snprintf(into->text, sizeof into->text, "private");
	return into->text;
}

const char *describe_cargo(struct described *into, const struct pk_cargo *cargo)
{
	struct pk_text text = PK_TEXT(into->text);
	uint32_t rights = cargo->rights;
	if (rights > 0) {
		pk_text_number(&text, rights);
		pk_text_add(&text, rights == 1 ? " right" : " rights");
	}
	if (cargo->wants_answer) {
		pk_text_add(&text, text.length == 0 ? "" : cargo->runs > 0 ? ", " : " and ");
		pk_text_add(&text, "the right to answer it");
	}
	if (cargo->runs > 0) {
		pk_text_add(&text, text.length == 0 ? "" : " and ");
		pk_text_number(&text, cargo->memory_bytes);
		pk_text_add(&text, " bytes of memory");
	}
	return into->text;
}

const char *describe_object(struct portico *k, unsigned table, pk_id id, struct described *into)
{
	struct pk_label label;
	pk_label_of(k, table, id, &label);
	snprintf(into->text, sizeof into->text, "%s%s%.80s", label.kind, *label.name ? " " : "", label.name);
	return into->text;
}

const char *describe_stray_name(char hex[2 * PK_NAME_MAX + 1], const char *name)
{
	const char *at = name;
	size_t written = 0;
	for (size_t length; *at && (length = utf8_length(at)) > 0;)
		at += length;
	if (*at == '\0')
		return NULL;
	for (at = name; *at && written < 2 * PK_NAME_MAX; at++)
		written += (size_t)sprintf(hex + written, "%02x", (unsigned char)*at);
	return hex;
}
