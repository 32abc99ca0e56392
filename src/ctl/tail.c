/* tail: see tail.h. The gateway is asked again and again for what is new. */
#include "ctl/tail.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include <cjson/cJSON.h>

#include "ctl/call.h"
#include "ctl/field.h"
#include "ctl/table.h"

enum { PAUSE_MS = 250 };

const struct option tail_options[] = {
	{ "--count", "COUNT", "end behind so many lines" },
	{ NULL, NULL, NULL },
};

struct tail {
	const struct call *call;
	uint64_t next; /* the line to come; 0: whichever is the next one */
	int64_t left;  /* lines to print; below 0: no end */
};

/* --- a line --- */

static bool is_head(const char *name)
{
	return strcmp(name, "time") == 0 || strcmp(name, "level") == 0 ||
	       strcmp(name, "component") == 0 || strcmp(name, "msg") == 0;
}

/* As the gateway's log: what a client says of itself ends no value. */
static void put_quoted(struct buf *out, struct slice text)
{
	buf_puts(out, "\"");
	while (text.len > 0) {
		size_t len = strcspn(text.ptr, "\"\\");

		table_put_text(out, slice_of(text.ptr, len));
		text = slice_after(text, len);
		if (text.len > 0) {
			buf_printf(out, "\\%c", *text.ptr);
			text = slice_after(text, 1);
		}
	}
	buf_puts(out, "\"");
}

/* A value that is no text, as it came. */
static void put_plain(struct buf *out, const cJSON *value)
{
	char *text = cJSON_PrintUnformatted(value);

	table_put_text(out, slice_str(text ? text : ""));
	cJSON_free(text);
}

static void put_pair(struct buf *out, const cJSON *pair)
{
	const char *text = cJSON_GetStringValue(pair);

	buf_puts(out, " ");
	table_put_text(out, slice_str(pair->string));
	buf_puts(out, "=");
	if (!text)
		put_plain(out, pair);
	else if (!*text || strpbrk(text, " =\"\\"))
		put_quoted(out, slice_str(text));
	else
		table_put_text(out, slice_str(text));
}

static void put_text(struct buf *out, const cJSON *line)
{
	const cJSON *pair;

	table_put_text(out, slice_str(field_text(line, "time")));
	buf_puts(out, " ");
	table_put_text(out, slice_str(field_text(line, "msg")));
	cJSON_ArrayForEach(pair, line)
	{
		if (pair->string && !is_head(pair->string))
			put_pair(out, pair);
	}
}

static void put_json(struct buf *out, const cJSON *line)
{
	char *text = cJSON_PrintUnformatted(line);

	buf_puts(out, text ? text : "");
	cJSON_free(text);
}

/* --- some of them --- */

static enum ctl_exit print(struct tail *t, const cJSON *answer)
{
	double lost = field_value(answer, "lost", 0);
	struct buf out = { 0 };
	const cJSON *line;
	enum ctl_exit code;

	if (lost > 0)
		(void)call_fail(CTL_OK,
		    "tail: %.0f lines came too fast, and are lost", lost);
	cJSON_ArrayForEach(
	    line, cJSON_GetObjectItemCaseSensitive(answer, "lines"))
	{
		if (t->left == 0)
			break;
		(t->call->is_json ? put_json : put_text)(&out, line);
		buf_puts(&out, "\n");
		t->left -= t->left > 0;
	}
	code = call_print(buf_slice(&out));
	buf_fini(&out);
	return code;
}

static enum ctl_exit ask_for_more(struct tail *t)
{
	struct buf answer = { 0 };
	char path[64];
	enum ctl_exit code;
	cJSON *tree = NULL;

	(void)snprintf(path, sizeof path, "/api/tail");
	if (t->next > 0)
		(void)snprintf(
		    path, sizeof path, "/api/tail?since=%" PRIu64, t->next);
	code = call_get(t->call, path, &answer);
	if (code == CTL_OK && !(tree = call_parse(&answer)))
		code = CTL_NO;
	if (code == CTL_OK) {
		t->next = (uint64_t)field_value(tree, "next", 1);
		code = print(t, tree);
	}
	cJSON_Delete(tree);
	buf_fini(&answer);
	return code;
}

enum ctl_exit tail_print(const struct call *c)
{
	const struct timespec pause = { .tv_nsec = PAUSE_MS * 1000000L };
	struct tail t = { .call = c };
	enum ctl_exit code;
	struct err e;

	if (args_quantity(&c->args, "--count", QUANTITY_COUNT, INT32_MAX, -1,
		&t.left, &e) < 0)
		return call_fail(CTL_USAGE, "tail: %s", e.text);
	while ((code = ask_for_more(&t)) == CTL_OK && t.left != 0)
		(void)nanosleep(&pause, NULL);
	return code;
}
