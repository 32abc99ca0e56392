/*
 * embedded_call: arguments and replies. Errors begin with Redis' own codes;
 * the words behind them are Redis' where libraries look at them, else ours.
 */
#include "backend/embedded_call.h"

#include "base/ascii.h"

/* --- arguments --- */

struct slice embedded_call_word(const struct call *c, size_t i)
{
	return c->words[i].text;
}

bool embedded_call_word_is(const struct call *c, size_t i, const char *text)
{
	return i < c->count &&
	       ascii_eq(embedded_call_word(c, i), slice_str(text));
}

const struct call_row *embedded_call_find(
    const struct call *c, size_t i, const struct call_row *table, size_t count)
{
	for (size_t row = 0; row < count; row++)
		if (embedded_call_word_is(c, i, table[row].name))
			return &table[row];
	return NULL;
}

static void put_lower(struct call *c, const char *name)
{
	for (; *name; name++) {
		char lower = ascii_to_lower(*name);

		resp_put(&c->w, &lower, 1);
	}
}

bool embedded_call_has_words(struct call *c, const struct call_row *parent,
    const struct call_row *command)
{
	if (c->count >= command->min_words && c->count <= command->max_words)
		return true;
	resp_put_text(&c->w, "-ERR wrong number of arguments for '");
	if (parent) {
		put_lower(c, parent->name);
		resp_put_text(&c->w, "|");
	}
	put_lower(c, command->name);
	resp_put_text(&c->w, "' command\r\n");
	return false;
}

/* --- replies --- */

enum embedded_outcome embedded_call_ok(struct call *c)
{
	resp_put_text(&c->w, "+OK\r\n");
	return EMBEDDED_GO_ON;
}

enum embedded_outcome embedded_call_error(struct call *c, const char *text)
{
	resp_put_error(&c->w, text);
	return EMBEDDED_GO_ON;
}

void embedded_call_put_shown(struct call *c, struct slice text)
{
	char shown[64];
	size_t len = text.len < sizeof shown ? text.len : sizeof shown;

	for (size_t i = 0; i < len; i++) {
		char byte = text.ptr[i];

		shown[i] = '?';
		if (byte >= ' ' && byte <= '~')
			shown[i] = byte;
	}
	resp_put(&c->w, shown, len);
}
