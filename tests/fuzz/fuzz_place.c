/*
 * fuzz_place: a cursor that a client gives is read to the letter: whatever is
 * read, of either kind, is the same bytes when it is printed again.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "core/place.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_same(struct slice printed, struct slice text)
{
	if (!slice_eq(printed, text))
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char out[PLACE_MAX + 1];
	char *copy = malloc(size + !size); /* exact: its end is guarded */
	struct slice text = slice_of(copy, size), mark;
	struct place entry;
	uint64_t n;

	if (!copy)
		return 0;
	memcpy(copy, data, size);
	if (place_read_entry(text, &entry))
		check_same(place_print_entry(&entry, out), text);
	if (place_read_counted(text, &mark, &n))
		check_same(place_print_counted(mark, n, out), text);
	free(copy);
	return 0;
}
