/*
 * Any bytes as a file of ticket keys. What is taken has names of its own, and
 * as many lines as keys; what is not leaves nothing behind.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "proto/ticket_keys.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool holds)
{
	if (!holds)
		abort();
}

static size_t lines_of(struct slice text)
{
	size_t count = 0;

	for (; text.len > 0; count++)
		(void)slice_cut(&text, '\n');
	return count;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct ticket_keys none;
	struct ticket_keys keys;
	struct err e = { "" };
	char *copy = malloc(size + 1);
	struct slice text = slice_of(copy, size);

	must(copy != NULL);
	memcpy(copy, data, size);
	memset(&keys, 0xa5, sizeof keys);
	if (ticket_keys_parse(text, &keys, &e) == 0) {
		must(keys.count > 0 && keys.count <= TICKET_KEYS_MAX);
		must(keys.count == lines_of(text));
		for (size_t i = 0; i < keys.count; i++)
			must(ticket_keys_find(&keys, keys.items[i].name) ==
			     &keys.items[i]);
	} else {
		must(e.text[0] != '\0');
		must(memcmp(&keys, &none, sizeof keys) == 0);
	}
	free(copy);
	return 0;
}
