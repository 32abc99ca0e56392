/* json_write: see json_write.h. */
#include "proto/json_write.h"

#include <inttypes.h>

#include "base/utf8.h"

static void put_byte(struct buf *out, char c)
{
	if (c == '"' || c == '\\')
		buf_printf(out, "\\%c", c);
	else if ((unsigned char)c < 0x20 || c == 0x7f)
		buf_printf(out, "\\u%04x", (unsigned)c);
	else
		buf_putn(out, &c, 1);
}

static void put_valid(struct buf *out, struct slice text)
{
	for (size_t i = 0; i < text.len; i++)
		put_byte(out, text.ptr[i]);
}

void json_put_string(struct buf *out, struct slice text)
{
	size_t bad_at;

	buf_puts(out, "\"");
	while (!utf8_is_valid(text, &bad_at)) {
		put_valid(out, slice_of(text.ptr, bad_at));
		buf_puts(out, "\xef\xbf\xbd");
		text = slice_after(text, bad_at + 1);
	}
	put_valid(out, text);
	buf_puts(out, "\"");
}

/* Of all that may stand before it only a bracket has no comma behind. */
static void put_key(struct buf *out, const char *key)
{
	char before = out->len > 0 ? out->data[out->len - 1] : '[';

	if (before != '{' && before != '[')
		buf_puts(out, ", ");
	if (key)
		buf_printf(out, "\"%s\": ", key);
}

void json_begin(struct buf *out, const char *key, char bracket)
{
	put_key(out, key);
	buf_putn(out, &bracket, 1);
}

void json_add_text(struct buf *out, const char *key, struct slice text)
{
	put_key(out, key);
	json_put_string(out, text);
}

void json_add_int(struct buf *out, const char *key, int64_t value)
{
	put_key(out, key);
	buf_printf(out, "%" PRId64, value);
}

void json_add_bool(struct buf *out, const char *key, bool value)
{
	put_key(out, key);
	buf_puts(out, value ? "true" : "false");
}

void json_add_null(struct buf *out, const char *key)
{
	put_key(out, key);
	buf_puts(out, "null");
}

void json_add_tenths(struct buf *out, const char *key, uint64_t tenths)
{
	put_key(out, key);
	buf_printf(out, "%" PRIu64 ".%u", tenths / 10, (unsigned)(tenths % 10));
}
