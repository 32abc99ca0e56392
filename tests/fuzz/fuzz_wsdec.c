/*
 * Any bytes as frames of a client; the first byte is the size of a read, and
 * whether permessage-deflate was agreed on.
 */
#include <stdlib.h>

#include "proto/wsdec.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct wsdec *dec = NULL;
	struct buf replies = { 0 };
	struct wsdec_result result = { 0 };
	size_t step = size > 0 ? (size_t)data[0] + 1 : 1;
	const struct wsdec_rules rules = { 4096, step % 2 == 0 };

	for (size_t i = 1; i < size && !result.is_over; i += step) {
		size_t n = size - i < step ? size - i : step;

		if (wsdec_feed(&dec, data + i, n, &rules, &replies, &result) <
		    0)
			abort();
		if (result.is_over && (dec || replies.len == 0))
			abort(); /* over means: freed, and something to say */
	}
	wsdec_free(dec);
	buf_fini(&replies);
	return 0;
}
