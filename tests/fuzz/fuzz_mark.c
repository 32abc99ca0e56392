/*
 * Any bytes on the channel of marks: what is read as one is written again to
 * the letter, and has ids that a client may be told.
 */
#include <stdint.h>
#include <stdlib.h>

#include "proto/mark.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool holds)
{
	if (!holds)
		abort();
}

static void check_id(struct slice id)
{
	must(id.len <= MARK_ID_MAX);
	for (size_t i = 0; i < id.len; i++)
		must(id.ptr[i] > ' ' && id.ptr[i] < '~');
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice text = slice_of((const char *)data, size);
	char again[MARK_MAX + 1];
	struct mark m;

	if (!mark_read(&m, text))
		return 0;
	must(m.id.len > 0);
	check_id(m.id);
	check_id(m.prev);
	must(slice_eq(mark_write(&m, again), text));
	return 0;
}
