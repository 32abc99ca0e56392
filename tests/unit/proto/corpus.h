/*
 * corpus: the lines of tests/payloads, which the integration tests read too.
 * Fields are split at tabs and unescaped (\\ and \xHH) in place.
 */
#ifndef TESTS_UNIT_PROTO_CORPUS_H
#define TESTS_UNIT_PROTO_CORPUS_H

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <check.h>

#include "base/slice.h"

enum { CORPUS_FIELDS_MAX = 6 };

struct corpus {
	FILE *file;
	char *line;
	size_t cap;
	struct slice fields[CORPUS_FIELDS_MAX];
};

/* Tests run in the root of the repository. */
static inline void corpus_open(struct corpus *c, const char *path)
{
	*c = (struct corpus){ .file = fopen(path, "r") };
	ck_assert_msg(c->file != NULL, "cannot read %s", path);
}

static inline void corpus_close(struct corpus *c)
{
	fclose(c->file);
	free(c->line);
}

static inline size_t corpus_unescape(char *text)
{
	char *to = text;

	for (const char *at = text; *at;) {
		unsigned value = (unsigned char)*at++;

		if (value == '\\' && *at == 'x') {
			ck_assert_int_eq(sscanf(at, "x%2x", &value), 1);
			at += 3;
		} else if (value == '\\') {
			ck_assert_int_eq(*at++, '\\');
		}
		*to++ = (char)value;
	}
	return (size_t)(to - text);
}

/* The next row of count fields; false at the end of the file. */
static inline bool corpus_next(struct corpus *c, size_t count)
{
	char *rest;

	do {
		ssize_t len = getline(&c->line, &c->cap, c->file);

		if (len < 0)
			return false;
		c->line[strcspn(c->line, "\n")] = '\0';
	} while (c->line[0] == '#' || c->line[0] == '\0');
	rest = c->line;
	for (size_t i = 0; i < count; i++) {
		char *field = strsep(&rest, "\t");

		ck_assert_msg(field != NULL, "too few fields: %s", c->line);
		c->fields[i] = slice_of(field, corpus_unescape(field));
	}
	ck_assert_msg(rest == NULL, "too many fields: %s", c->line);
	return true;
}

/* A copy whose end is the end of its memory, so that sanitizers see one byte
 * too many. The caller frees it. */
static inline char *exact_copy(struct slice s)
{
	char *copy = malloc(s.len > 0 ? s.len : 1);

	ck_assert_ptr_nonnull(copy);
	if (s.len > 0)
		memcpy(copy, s.ptr, s.len);
	return copy;
}

#endif
