/*
 * The gateway itself, to a client that came with `since`: each frame begins
 * with the line of an id, and one whose line holds a word is a note. The first
 * note says that we are in.
 */
#include <errno.h>
#include <string.h>

#include "dialect.h"

static int on_note(struct wsclient *c, struct slice line)
{
	if (slice_eq(line, slice_str("gap")))
		return -EPROTO; /* all that is missed should be there */
	c->state = WSCLIENT_OPEN;
	return 0;
}

static int on_text(
    struct wsclient *c, struct slice text, struct wsclient_sink *sink)
{
	struct slice rest = text, line;

	if (!memchr(text.ptr, '\n', text.len))
		return -EPROTO;
	line = slice_cut(&rest, '\n');
	if (memchr(line.ptr, ' ', line.len)) {
		(void)slice_cut(&line, ' ');
		return on_note(c, line);
	}
	dialect_deliver(c, rest, sink);
	return 0;
}

const struct dialect dialect_since = {
	.name = "since",
	.on_text = on_text,
};
