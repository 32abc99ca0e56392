#include "proto/envelope_reason.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>

enum { KEY_SHOWN_MAX = 40 };

static const struct {
	const char *label;
	const char *text;
} reasons[ENVELOPE_REASON_COUNT] = { [ENVELOPE_OK] = { "ok", "fine" },
#define X(id, label, text) [ENVELOPE_##id] = { label, text },
	ENVELOPE_REASONS(X)
#undef X
};

const char *envelope_reason_label(enum envelope_reason reason)
{
	assert(reason < ENVELOPE_REASON_COUNT);
	return reasons[reason].label;
}

/* --- the whole in a line --- */

struct line {
	char *out; /* ENVELOPE_FAULT_TEXT_MAX bytes, len used */
	size_t len;
};

__attribute__((format(printf, 2, 3))) static void add(
    struct line *l, const char *format, ...)
{
	size_t room = ENVELOPE_FAULT_TEXT_MAX - l->len;
	va_list arguments;
	int len;

	va_start(arguments, format);
	len = vsnprintf(l->out + l->len, room, format, arguments);
	va_end(arguments);
	if (len > 0)
		l->len += (size_t)len < room ? (size_t)len : room - 1;
}

/* A publisher's bytes: cut, and nothing that ends a line. */
static void add_key(struct line *l, struct slice key)
{
	size_t len = key.len < KEY_SHOWN_MAX ? key.len : KEY_SHOWN_MAX;

	add(l, "'");
	for (size_t i = 0; i < len; i++) {
		char c = key.ptr[i];

		add(l, "%c", c >= ' ' && c <= '~' ? c : '?');
	}
	add(l, len < key.len ? "...'" : "'");
}

static void add_place(struct line *l, const struct envelope_fault *f)
{
	switch (f->reason) {
	case ENVELOPE_EMPTY:
	case ENVELOPE_MEMORY:
		break;
	case ENVELOPE_TOO_BIG:
		add(l, ": %zu bytes", f->offset);
		break;
	default:
		add(l, " at byte %zu", f->offset);
	}
}

void envelope_fault_print(
    const struct envelope_fault *f, char out[ENVELOPE_FAULT_TEXT_MAX])
{
	bool names_key = f->reason == ENVELOPE_UNKNOWN_KEY ||
			 f->reason == ENVELOPE_DUPLICATE_KEY;
	struct line l = { out, 0 };

	if (f->key.len > 0 && !names_key) {
		add_key(&l, f->key);
		add(&l, ": ");
	}
	add(&l, "%s", reasons[f->reason].text);
	if (names_key) {
		add(&l, " ");
		add_key(&l, f->key);
	}
	add_place(&l, f);
	if (f->expected)
		add(&l, ": expected %s", f->expected);
	if (f->meant)
		add(&l, "; did you mean %s?", f->meant);
}
