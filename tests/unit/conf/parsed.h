/*
 * parsed: a configuration from a text that a test holds to be right. What is
 * said against it is the test's failure.
 */
#ifndef TESTS_UNIT_CONF_PARSED_H
#define TESTS_UNIT_CONF_PARSED_H

#include <string.h>

#include <check.h>

#include "base/buf.h"
#include "conf/conf_load.h"

/* As conf_load gives it; name stands for the file. */
static inline struct conf *must_parse_as(const char *name, const char *text)
{
	struct buf errors = { 0 };
	struct conf *c;
	int rc = conf_parse(name, text, strlen(text), &c, &errors);

	ck_assert_msg(rc == 0, "%.*s", (int)errors.len, errors.data);
	buf_fini(&errors);
	return c;
}

static inline struct conf *must_parse(const char *text)
{
	return must_parse_as("test", text);
}

#endif
