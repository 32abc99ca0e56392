#include "bare_resp.h"

#include <errno.h>
#include <string.h>

#include "bare_upgrade.h"

enum { ARGUMENTS_MAX = 8 };

struct cursor {
	const char *at;
	const char *end;
};

/* "KIND number CR LF": 1, 0 when it is cut, -EPROTO when it is something else. */
static int take_count(struct cursor *c, char kind, size_t *count)
{
	const char *line_end = memchr(c->at, '\n', (size_t)(c->end - c->at));

	if (c->at == c->end || (*c->at == kind && !line_end))
		return 0;
	if (*c->at != kind || line_end - c->at < 3 || line_end - c->at > 12 ||
	    line_end[-1] != '\r')
		return -EPROTO;
	*count = 0;
	for (const char *p = c->at + 1; p < line_end - 1; p++) {
		if (*p < '0' || *p > '9')
			return -EPROTO;
		*count = *count * 10 + (size_t)(*p - '0');
	}
	c->at = line_end + 1;
	return 1;
}

static int take_bulk(struct cursor *c, struct slice *text)
{
	size_t len;
	int got = take_count(c, '$', &len);

	if (got <= 0)
		return got;
	if ((size_t)(c->end - c->at) < len + 2)
		return 0;
	*text = slice_of(c->at, len);
	c->at += len + 2;
	return 1;
}

static int take_command(
    struct cursor *c, struct slice *arguments, size_t *count)
{
	int got = take_count(c, '*', count);

	if (got > 0 && (*count == 0 || *count > ARGUMENTS_MAX))
		return -EPROTO;
	for (size_t i = 0; got > 0 && i < *count; i++)
		got = take_bulk(c, &arguments[i]);
	return got;
}

/* {"rooms":["NAME"],"message":JSON}, with no blank anywhere. */
static int open_envelope(
    struct slice payload, struct slice *name, struct slice *content)
{
	static const char head[] = "{\"rooms\":[\"";
	static const char middle[] = "\"],\"message\":";
	const char *from = payload.ptr + sizeof head - 1;
	const char *to;

	if (!slice_starts_with(payload, slice_str(head)))
		return -EPROTO;
	to = memmem(
	    from, payload.len - (sizeof head - 1), middle, sizeof middle - 1);
	if (!to)
		return -EPROTO;
	*name = slice_of(from, (size_t)(to - from));
	to += sizeof middle - 1;
	*content = slice_of(to, (size_t)(payload.ptr + payload.len - to) - 1);
	return 0;
}

static void run_publish(struct bare_rooms *rooms, struct slice channel,
    struct slice payload, struct buf *replies)
{
	static const char prefix[] = "roomcast:room:";
	struct slice name = channel, content = payload;

	if (!slice_starts_with(channel, slice_str(prefix)) &&
	    (!slice_eq(channel, slice_str("roomcast:send")) ||
		open_envelope(payload, &name, &content) < 0)) {
		buf_puts(replies, "-ERR no such channel or envelope\r\n");
		return;
	}
	bare_room_publish(rooms, bare_number(name), content);
	buf_puts(replies, ":1\r\n");
}

int bare_resp_run(struct buf *in, struct bare_rooms *rooms, struct buf *replies)
{
	struct cursor c = { in->data, in->data + in->len };
	struct slice arguments[ARGUMENTS_MAX];
	size_t used = 0, count;
	int got;

	while ((got = take_command(&c, arguments, &count)) > 0) {
		used = (size_t)(c.at - in->data);
		if (count == 3 && slice_eq(arguments[0], slice_str("PUBLISH")))
			run_publish(rooms, arguments[1], arguments[2], replies);
		else if (slice_eq(arguments[0], slice_str("PING")))
			buf_puts(replies, "+PONG\r\n");
		else
			buf_puts(replies, "-ERR unknown command\r\n");
	}
	buf_consume(in, used);
	return got;
}
