/*
 * Any bytes as the begin of a proxied connection, whole and byte by byte: the
 * verdict may not depend on how they come, nor on what follows the header.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "proto/proxy.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool holds)
{
	if (!holds)
		abort();
}

/* In memory of exactly this size, so that the sanitizer sees each byte. */
static enum proxy_status parse(
    const uint8_t *data, size_t size, struct proxy_header *h)
{
	const char *why = NULL;
	char *bytes = malloc(size + (size == 0));
	enum proxy_status status;

	must(bytes != NULL);
	if (size > 0)
		memcpy(bytes, data, size);
	status = proxy_parse(slice_of(bytes, size), h, &why);
	must((status == PROXY_BAD) == (why != NULL));
	if (status == PROXY_DONE)
		must(h->size > 0 && h->size <= size &&
		     h->size <= PROXY_HEADER_MAX);
	else if (status == PROXY_MORE)
		must(size < PROXY_HEADER_MAX);
	free(bytes);
	return status;
}

static void check_done(
    const struct proxy_header *a, size_t size, const struct proxy_header *b)
{
	must(a->size == b->size && size == a->size);
	must(a->has_source == b->has_source);
	must(!a->has_source ||
	     (ip_eq(&a->source, &b->source) && a->port == b->port));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct proxy_header whole, piece;
	enum proxy_status last = parse(data, size, &whole), status;

	for (size_t i = 0; i <= size; i++) {
		status = parse(data, i, &piece);
		if (status == PROXY_MORE)
			continue;
		must(status == last);
		if (status == PROXY_DONE)
			check_done(&whole, i, &piece);
		return 0;
	}
	must(last == PROXY_MORE);
	return 0;
}
