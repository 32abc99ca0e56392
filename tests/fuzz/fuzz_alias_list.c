/*
 * Any bytes as the value of `was`. What is taken are a few names that an
 * envelope could spare, without a comma.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "proto/alias_list.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool holds)
{
	if (!holds)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct alias_list list;
	char *copy = malloc(size + 1);

	must(copy != NULL);
	memcpy(copy, data, size);
	if (alias_list_parse(&list, slice_of(copy, size))) {
		must(list.count <= ALIAS_MAX);
		must((list.count == 0) == (size == 0));
		for (uint32_t i = 0; i < list.count; i++) {
			must(connection_id_is_valid(list.names[i]));
			must(
			    !memchr(list.names[i].ptr, ',', list.names[i].len));
		}
	}
	free(copy);
	return 0;
}
