/*
 * Any bytes as the body of a server_name extension. What is found lies within,
 * and with its three heads is all there is.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "proto/server_name.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool holds)
{
	if (!holds)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *copy = malloc(size + 1);
	struct slice name;

	must(copy != NULL);
	memcpy(copy, data, size);
	name = server_name_of(slice_of(copy, size));
	if (name.len > 0) {
		must(name.ptr == copy + 5);
		must(name.len == size - 5);
	}
	free(copy);
	return 0;
}
