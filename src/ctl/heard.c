/* heard: see heard.h. */
#include "ctl/heard.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/crypto.h"
#include "base/mem.h"
#include "ctl/table.h"
#include "ctl/units.h"
#include "proto/json_write.h"

enum { TIME_LEN = 32, LINE_MAX = 256 };

struct heard heard_parse(bool with_ids, bool is_text, struct slice bytes)
{
	struct heard h = { .is_text = is_text, .payload = bytes };
	size_t most = bytes.len < LINE_MAX ? bytes.len : LINE_MAX;
	struct slice line;

	if (!with_ids || most == 0 || !memchr(bytes.ptr, '\n', most))
		return h;
	line = slice_cut(&h.payload, '\n');
	h.has_line = true;
	h.id = slice_cut(&line, ' ');
	h.note = line;
	return h;
}

/* As the gateway's log has it. */
static void put_time(int64_t wall_ms, struct buf *out)
{
	time_t seconds = (time_t)(wall_ms / 1000);
	char text[TIME_LEN];
	struct tm tm;

	(void)gmtime_r(&seconds, &tm);
	(void)strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%S", &tm);
	buf_printf(out, "%s.%03dZ", text, (int)(wall_ms % 1000));
}

static const char *type_of(const struct heard *h)
{
	return h->is_text ? "text" : "binary";
}

void heard_put_text(const struct heard *h, int64_t wall_ms, struct buf *out)
{
	put_time(wall_ms, out);
	buf_printf(out, "  %s  ", type_of(h));
	units_bytes(out, h->payload.len);
	if (h->has_line) {
		buf_puts(out, "  ");
		table_put_text(out, h->id.len > 0 ? h->id : slice_str("-"));
	}
	if (h->note.len > 0) {
		buf_puts(out, "  ");
		table_put_text(out, h->note);
	}
	if (h->payload.len > 0) {
		buf_puts(out, "  ");
		table_put_text(out, h->payload);
	}
	buf_puts(out, "\n");
}

static void put_member(struct buf *out, const char *name, struct slice value)
{
	buf_printf(out, ", \"%s\": ", name);
	if (value.len > 0)
		json_put_string(out, value);
	else
		buf_puts(out, "null");
}

static void put_base64(struct buf *out, struct slice bytes)
{
	char *text = xmalloc(4 * ((bytes.len + 2) / 3) + 1);
	size_t len = crypto_base64_encode(
	    bytes.len > 0 ? bytes.ptr : "", bytes.len, text);

	buf_puts(out, "\"");
	buf_putn(out, text, len);
	buf_puts(out, "\"");
	free(text);
}

void heard_put_json(const struct heard *h, int64_t wall_ms, struct buf *out)
{
	buf_puts(out, "{\"time\": \"");
	put_time(wall_ms, out);
	buf_printf(out, "\", \"type\": \"%s\", \"size\": %zu", type_of(h),
	    h->payload.len);
	if (h->has_line) {
		put_member(out, "id", h->id);
		put_member(out, "note", h->note);
	}
	buf_printf(out, ", \"%s\": ", type_of(h));
	if (h->is_text)
		json_put_string(out, h->payload);
	else
		put_base64(out, h->payload);
	buf_puts(out, "}\n");
}
