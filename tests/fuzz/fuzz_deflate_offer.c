/*
 * Any lines as Sec-WebSocket-Extensions: what is accepted with one window is
 * with each smaller one, and what is no list fails whatever ours is.
 */
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "proto/deflate_offer.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { MAX = 16384 };

static void must(bool holds)
{
	if (!holds)
		abort();
}

static void check(const struct http_head *head, const char *bytes)
{
	int smaller = deflate_offer_accept(head, bytes, 9);

	must(smaller == 0 || smaller == 1 || smaller == -EINVAL);
	for (unsigned bits = 10; bits <= 15; bits++) {
		int status = deflate_offer_accept(head, bytes, bits);

		must(status == smaller || (status == 0 && smaller == 1));
		smaller = status;
	}
}

/* Each line of the input is the value of one header. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char name[] = "\r\nSec-WebSocket-Extensions:";
	struct buf text = { 0 };
	struct http_head head = { 0 };
	const char *why;

	buf_puts(&text, "GET / HTTP/1.1");
	for (size_t i = 0; i < size; i++) {
		const char c = (char)data[i];

		if (i == 0 || c == '\n')
			buf_puts(&text, name);
		if (c != '\n')
			buf_putn(&text, &c, 1);
	}
	buf_puts(&text, "\r\n\r\n");
	if (http_parse(&head, text.data, text.len, MAX, &why) == HTTP_DONE)
		check(&head, text.data);
	buf_fini(&text);
	return 0;
}
