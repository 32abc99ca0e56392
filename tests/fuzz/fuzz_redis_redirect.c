/*
 * Any bytes as an error of a cluster's node: an address that is taken out of it
 * is written so that it is read again as the same one.
 */
#include <stdint.h>
#include <stdlib.h>

#include "backend/redis_redirect.h"
#include "backend/redis_slot.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct address asked = { .host = "asked", .port = 1 };
	char text[ADDRESS_TEXT_MAX];
	struct redis_redirect r;
	struct address again;
	struct err e;

	if (!redis_redirect_read(
		&r, slice_of((const char *)data, size), &asked))
		return 0;
	if (r.slot >= REDIS_SLOTS)
		abort();
	if (r.to.port == 0)
		return 0;
	address_format(&r.to, text);
	if (address_parse_tcp(&again, slice_str(text), -1, &e) < 0 ||
	    !address_is_same(&r.to, &again))
		abort();
	return 0;
}
