/* call: see call.h. */
#include "ctl/call.h"

#include <stdarg.h>
#include <stdio.h>

#include <cjson/cJSON.h>

#include "ctl/field.h"
#include "ctl/inquire.h"
#include "ctl/table.h"
#include "proto/json_tree.h"

enum { FAILURE_MAX = 2048, TEXT_SHOWN = 300 };

enum ctl_exit call_fail(enum ctl_exit code, const char *format, ...)
{
	char text[FAILURE_MAX];
	struct buf line = { 0 };
	va_list args;

	va_start(args, format);
	(void)vsnprintf(text, sizeof text, format, args);
	va_end(args);
	buf_puts(&line, "roomcastctl: ");
	table_put_text(&line, slice_str(text));
	buf_puts(&line, "\n");
	(void)fwrite(line.data, 1, line.len, stderr);
	buf_fini(&line);
	return code;
}

enum ctl_exit call_print(struct slice text)
{
	if ((text.len > 0 && fwrite(text.ptr, text.len, 1, stdout) != 1) ||
	    fflush(stdout) != 0)
		return call_fail(CTL_NO, "cannot write to standard output");
	return CTL_OK;
}

/* --- an answer --- */

struct cJSON *call_parse(const struct buf *answer)
{
	cJSON *tree = json_tree_parse(buf_slice(answer));

	if (!tree)
		(void)call_fail(
		    CTL_NO, "the answer is not what an admin listener says");
	return tree;
}

enum ctl_exit call_show(
    const struct call *c, const struct buf *answer, call_put_fn put)
{
	struct buf out = { 0 };
	enum ctl_exit code;
	cJSON *tree;

	if (c->is_json)
		return call_print(buf_slice(answer));
	tree = call_parse(answer);
	if (!tree)
		return CTL_NO;
	put(tree, &out);
	code = call_print(buf_slice(&out));
	buf_fini(&out);
	cJSON_Delete(tree);
	return code;
}

/* --- asking --- */

/*
 * What a refusal says; its first line where it is no JSON: then it is of
 * somebody else, of the port of clients mostly.
 */
static enum ctl_exit show_refusal(
    const struct call *c, int status, const struct buf *body)
{
	cJSON *tree = json_tree_parse(buf_slice(body));
	const char *error = field_text(tree, "error");
	const char *remedy = field_text(tree, "remedy");
	struct slice text = buf_slice(body), line = slice_cut(&text, '\n');

	if (*error)
		(void)call_fail(CTL_NO, "%s%s%s (%d)", error,
		    *remedy ? "; " : "", remedy, status);
	else
		(void)call_fail(CTL_NO,
		    "%.*s (%d); is %s the admin.listen of a gateway?",
		    (int)(line.len < TEXT_SHOWN ? line.len : TEXT_SHOWN),
		    line.len > 0 ? line.ptr : "", status, c->reach.name);
	cJSON_Delete(tree);
	return CTL_NO;
}

/* CTL_OK with whatever it says. */
static enum ctl_exit reach_and_ask(const struct call *c, const char *method,
    const char *path, struct slice body, struct answer *answer)
{
	struct err e;

	if (inquire(
		&c->reach, method, path, body, c->patience_ms, answer, &e) == 0)
		return CTL_OK;
	return call_fail(
	    CTL_UNREACHED, "nobody answers at %s: %s", c->reach.name, e.text);
}

enum ctl_exit call_ask(const struct call *c, const char *method,
    const char *path, struct slice body, int status, struct buf *answer)
{
	struct answer a = { 0 };
	enum ctl_exit code = reach_and_ask(c, method, path, body, &a);

	*answer = a.body;
	if (code != CTL_OK || a.status / 100 == 2)
		return code;
	if (a.status != status || answer->len == 0) {
		(void)show_refusal(c, a.status, answer);
		buf_fini(answer);
	}
	return CTL_NO;
}

enum ctl_exit call_get(
    const struct call *c, const char *path, struct buf *answer)
{
	return call_ask(c, "GET", path, slice_of(NULL, 0), 0, answer);
}

enum ctl_exit call_post(const struct call *c, const char *path,
    struct slice body, struct buf *answer)
{
	return call_ask(c, "POST", path, body, 0, answer);
}
