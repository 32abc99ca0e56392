/*
 * mistakes: see mistakes.h. Texts may quote what the file says, so this is
 * the one place that keeps a mistake on one line and free of control
 * characters, and cuts it.
 */
#include "conf/mistakes.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/log.h"
#include "base/mem.h"
#include "base/utf8.h"

enum { TEXT_MAX = 512 };

void mistakes_fini(struct mistakes *m)
{
	for (size_t i = 0; i < m->count && i < MISTAKES_MAX; i++)
		free(m->items[i].text);
	*m = (struct mistakes){ 0 };
}

static char *clean(const struct buf *raw)
{
	size_t len = utf8_fit(buf_slice(raw), TEXT_MAX);
	struct slice rest = slice_of(raw->data, len);
	struct buf out = { 0 };

	while (rest.len > 0) {
		size_t bad = utf8_control_len(rest);

		for (size_t i = 0; i < bad; i++)
			buf_printf(&out, "\\x%02x", (unsigned char)rest.ptr[i]);
		if (bad == 0)
			buf_putn(&out, rest.ptr, 1);
		rest = slice_after(rest, bad ? bad : 1);
	}
	buf_puts(&out, len < raw->len ? "..." : "");
	buf_putn(&out, "", 1);
	return out.data;
}

/* Takes what is in raw. */
static void keep(
    struct mistakes *m, size_t line, size_t column, struct buf *raw)
{
	if (m->count < MISTAKES_MAX)
		m->items[m->count] = (struct mistake){
			.line = line,
			.column = column,
			.order = m->count,
			.text = clean(raw),
		};
	m->count++;
	buf_fini(raw);
}

static void put_args(struct buf *out, const char *format, va_list args)
    __attribute__((format(printf, 2, 0)));

static void put_args(struct buf *out, const char *format, va_list args)
{
	char text[2 * TEXT_MAX];

	(void)vsnprintf(text, sizeof text, format, args);
	buf_puts(out, text);
}

static void put_path(struct buf *out, const struct node *n)
{
	if (n->parent)
		node_path(n, out);
	else
		buf_puts(out, "top level");
	buf_puts(out, ": ");
}

void mistakes_add(
    struct mistakes *m, size_t line, size_t column, const char *format, ...)
{
	struct buf raw = { 0 };
	va_list args;

	va_start(args, format);
	put_args(&raw, format, args);
	va_end(args);
	keep(m, line, column, &raw);
}

/* What the file does not say: where to look for it. */
static void put_source(struct buf *out, const struct node *n)
{
	if (n->variables.len > 0)
		buf_printf(out, " (%.*s in the environment)",
		    (int)n->variables.len, n->variables.data);
}

void mistakes_at(struct mistakes *m, struct node *n, const char *format, ...)
{
	struct buf raw = { 0 };
	va_list args;

	put_path(&raw, n);
	va_start(args, format);
	put_args(&raw, format, args);
	va_end(args);
	put_source(&raw, n);
	keep(m, n->line, n->column, &raw);
	n->has_mistake = true;
}

void mistakes_at_key(
    struct mistakes *m, struct node *n, const char *format, ...)
{
	struct buf raw = { 0 };
	va_list args;

	put_path(&raw, n);
	va_start(args, format);
	put_args(&raw, format, args);
	va_end(args);
	keep(m, n->key.line, n->key.column, &raw);
	n->has_mistake = true;
}

void mistakes_missing(struct mistakes *m, const struct node *n, const char *key)
{
	const struct node *gone =
	    n->left_out ? node_child(n->left_out, key) : NULL;
	struct buf raw = { 0 };

	node_path(n, &raw);
	buf_printf(&raw, "%s%s: is required", raw.len ? "." : "", key);
	if (gone)
		put_source(&raw, gone);
	keep(m, n->line, n->column, &raw);
}

static int by_place(const void *a, const void *b)
{
	const struct mistake *x = a;
	const struct mistake *y = b;

	if (x->line != y->line)
		return x->line < y->line ? -1 : 1;
	if (x->column != y->column)
		return x->column < y->column ? -1 : 1;
	return x->order < y->order ? -1 : x->order > y->order;
}

void mistakes_print(struct mistakes *m, const char *file, struct buf *out)
{
	size_t kept = m->count < MISTAKES_MAX ? m->count : MISTAKES_MAX;

	qsort(m->items, kept, sizeof *m->items, by_place);
	for (size_t i = 0; i < kept; i++) {
		const struct mistake *x = &m->items[i];

		buf_printf(
		    out, "%s:%zu:%zu: %s\n", file, x->line, x->column, x->text);
	}
	if (m->count > kept)
		buf_printf(out, "%s: and %zu more\n", file, m->count - kept);
}

void mistakes_log(
    struct mistakes *m, const char *file, enum log_component component)
{
	struct buf lines = { 0 };
	struct slice left;

	mistakes_print(m, file, &lines);
	left = buf_slice(&lines);
	while (left.len > 0) {
		struct slice line = slice_cut(&left, '\n');

		log_error(component, "cannot be used", kv_text("error", line));
	}
	buf_fini(&lines);
}
