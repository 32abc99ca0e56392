/*
 * fuzz_conf: any bytes as a configuration; those behind the last NUL are the
 * environment variable A. What is accepted must print, and what was printed
 * must read and print the same again, whatever A is then.
 */
#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "conf/conf.h"
#include "conf/conf_load.h"
#include "conf/conf_print.h"
#include "conf/conf_ref.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Set A, or not; returns how many bytes are left for the configuration. */
static size_t split(const uint8_t *data, size_t size)
{
	const uint8_t *nul = size > 0 ? memrchr(data, 0, size) : NULL;
	size_t len = nul ? (size_t)(nul - data) : size;
	char *value;

	(void)unsetenv("A");
	if (!nul)
		return size;
	value = calloc(1, size - len);
	assert(value);
	memcpy(value, nul + 1, size - len - 1);
	assert(setenv("A", value, 1) == 0);
	free(value);
	return len;
}

/* The dump of a configuration that must be fine. */
static struct buf dump_of(const char *text, size_t len)
{
	struct buf errors = { 0 }, dump = { 0 };
	struct conf *c;
	int rc = conf_parse("dump", text, len, &c, &errors);

	assert(rc == 0);
	conf_dump(c, &dump);
	conf_unref(c);
	buf_fini(&errors);
	return dump;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct buf errors = { 0 }, first = { 0 }, second;
	size_t len = split(data, size);
	struct conf *c;

	if (conf_parse("fuzz", (const char *)data, len, &c, &errors) < 0) {
		assert(!c && errors.len > 0);
		assert(errors.data[errors.len - 1] == '\n');
		buf_fini(&errors);
		return 0;
	}
	assert(errors.len == 0);
	conf_dump(c, &first);
	conf_unref(c);
	(void)unsetenv("A");
	second = dump_of(first.data, first.len);
	assert(first.len == second.len &&
	       !memcmp(first.data, second.data, first.len));
	buf_fini(&first);
	buf_fini(&second);
	return 0;
}
