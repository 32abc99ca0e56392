/*
 * Any bytes as what a sentinel publishes on +switch-master: an address that is
 * taken out of it is written so that it is read again as the same one.
 */
#include <stdint.h>
#include <stdlib.h>

#include "backend/redis_announced.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_address(const struct address *a)
{
	char text[ADDRESS_TEXT_MAX];
	struct address again;
	struct err e;

	address_format(a, text);
	if (address_parse_tcp(&again, slice_str(text), -1, &e) < 0 ||
	    !address_is_same(a, &again))
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct redis_announced_switch s;

	if (!redis_announced_read_switch(
		&s, slice_of((const char *)data, size)))
		return 0;
	check_address(&s.from);
	check_address(&s.to);
	return 0;
}
