/*
 * Any lines as Sec-WebSocket-Extensions: the window is one that zlib has, or
 * none, and a smaller bound gives the smaller window.
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
	int wide = deflate_offer_choose(head, bytes, DEFLATE_WINDOW_MAX);
	int narrow = deflate_offer_choose(head, bytes, DEFLATE_WINDOW_MIN);
	char out[DEFLATE_ANSWER_MAX];

	if (wide <= 0) {
		must((wide == 0 || wide == -EINVAL) && narrow == wide);
		return;
	}
	must(wide >= DEFLATE_WINDOW_MIN && wide <= DEFLATE_WINDOW_MAX);
	must(narrow == DEFLATE_WINDOW_MIN);
	must(deflate_offer_answer((unsigned)wide, out) < sizeof out);
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
