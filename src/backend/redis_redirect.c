/* redis_redirect: see the header. */
#include "backend/redis_redirect.h"

#include "backend/redis_announced.h"
#include "backend/redis_slot.h"
#include "base/ascii.h"

static bool read_kind(enum redis_redirect_kind *kind, struct slice word)
{
	if (slice_eq(word, slice_str("MOVED")))
		*kind = REDIS_REDIRECT_MOVED;
	else if (slice_eq(word, slice_str("ASK")))
		*kind = REDIS_REDIRECT_ASK;
	else
		return false;
	return true;
}

static bool read_slot(uint16_t *slot, struct slice word)
{
	uint64_t number;

	if (!ascii_number(word, REDIS_SLOTS - 1, &number))
		return false;
	*slot = (uint16_t)number;
	return true;
}

/* The port is behind the last colon, whatever the host is. */
static void read_address(
    struct address *to, struct slice text, const struct address *asked)
{
	const char *colon =
	    text.len > 0 ? memrchr(text.ptr, ':', text.len) : NULL;
	struct slice host, port;

	to->port = 0;
	if (!colon)
		return;
	host = slice_of(text.ptr, (size_t)(colon - text.ptr));
	port = slice_after(text, host.len + 1);
	if (host.len == 0)
		host = slice_str(asked->host);
	if (!redis_announced_address(to, host, port))
		to->port = 0;
}

bool redis_redirect_read(
    struct redis_redirect *r, struct slice error, const struct address *asked)
{
	struct slice word = slice_cut(&error, ' ');

	if (!read_kind(&r->kind, word))
		return false;
	word = slice_cut(&error, ' ');
	if (!read_slot(&r->slot, word))
		return false;
	read_address(&r->to, error, asked);
	return true;
}
