/* redis_announced: see the header. */
#include "backend/redis_announced.h"

#include <stddef.h>

/* HOST:PORT, or [HOST]:PORT where colons are in it; NUL-terminated. */
static size_t join(
    char out[ADDRESS_TEXT_MAX], struct slice host, struct slice port)
{
	bool is_v6 = memchr(host.ptr, ':', host.len) != NULL;
	char *end = slice_put(slice_str(is_v6 ? "[" : ""), out);

	end = slice_put(host, end);
	end = slice_put(slice_str(is_v6 ? "]:" : ":"), end);
	end = slice_put(port, end);
	return (size_t)(end - out);
}

bool redis_announced_address(
    struct address *a, struct slice host, struct slice port)
{
	char text[ADDRESS_TEXT_MAX];
	struct err ignored;

	if (host.len == 0 || host.len > ADDRESS_HOST_MAX || port.len == 0 ||
	    port.len > sizeof "65535" - 1)
		return false;
	return address_parse_tcp(a, slice_of(text, join(text, host, port)), -1,
		   &ignored) == 0 &&
	       a->port > 0 && !address_wildcard(a);
}

static bool cut_address(struct address *a, struct slice *text)
{
	struct slice host = slice_cut(text, ' ');
	struct slice port = slice_cut(text, ' ');

	return redis_announced_address(a, host, port);
}

bool redis_announced_read_switch(
    struct redis_announced_switch *s, struct slice text)
{
	s->master = slice_cut(&text, ' ');
	return s->master.len > 0 && cut_address(&s->from, &text) &&
	       cut_address(&s->to, &text) && text.len == 0;
}
