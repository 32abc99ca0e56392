/*
 * resp_write: see the header.
 */
#include "proto/resp_write.h"

#include <string.h>

void resp_put(struct resp_writer *w, const char *p, size_t len)
{
	if (buf_append(w->out, p, len) < 0)
		w->is_out_of_memory = true;
}

void resp_put_text(struct resp_writer *w, const char *text)
{
	resp_put(w, text, strlen(text));
}

/*
 * Backwards and by hand: each argument of a command has a length, for which
 * snprintf takes twenty times as many instructions.
 */
void resp_put_number(struct resp_writer *w, char type, long long number)
{
	unsigned long long left = (unsigned long long)number;
	char line[32];
	char *end = line + sizeof line, *at = end;

	if (number < 0)
		left = -left;
	*--at = '\n';
	*--at = '\r';
	do
		*--at = (char)('0' + left % 10);
	while ((left /= 10) > 0);
	if (number < 0)
		*--at = '-';
	*--at = type;
	resp_put(w, at, (size_t)(end - at));
}

void resp_put_bulk(struct resp_writer *w, struct slice text)
{
	resp_put_number(w, '$', (long long)text.len);
	resp_put(w, text.ptr, text.len);
	resp_put_text(w, "\r\n");
}

void resp_put_nil(struct resp_writer *w)
{
	resp_put_text(w, w->is_resp3 ? "_\r\n" : "$-1\r\n");
}

void resp_put_map(struct resp_writer *w, long long count)
{
	if (w->is_resp3)
		resp_put_number(w, '%', count);
	else
		resp_put_number(w, '*', 2 * count);
}

void resp_put_error(struct resp_writer *w, const char *text)
{
	resp_put_text(w, "-");
	resp_put_text(w, text);
	resp_put_text(w, "\r\n");
}

void resp_put_command(
    struct resp_writer *w, const struct slice *arguments, size_t count)
{
	resp_put_number(w, '*', (long long)count);
	for (size_t i = 0; i < count; i++)
		resp_put_bulk(w, arguments[i]);
}
