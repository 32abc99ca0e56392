/* operate: see operate.h. */
#include "ctl/operate.h"

#include <stdio.h>

#include <cjson/cJSON.h>

#include "conf/conf_ref.h"
#include "ctl/call.h"
#include "ctl/field.h"
#include "ctl/table.h"
#include "process/show_conf.h"
#include "sys/arguments.h"

/* The statuses of answers that say no. */
enum { NOT_WELL = 503, NOT_RELOADED = 422 };

const struct option operate_no_options[] = { { NULL, NULL, NULL } };

const struct option operate_health_options[] = {
	{ "--ready", NULL, "whether clients should be sent here, too" },
	{ NULL, NULL, NULL },
};

const struct option operate_check_options[] = {
	{ "--config", "FILE",
	    "the file, in place of the operand (default:\n" REACH_DEFAULT_CONFIG
	    ")" },
	{ NULL, NULL, NULL },
};

/* --- whether it is well --- */

/* What it says stands on standard output, good or bad. */
enum ctl_exit operate_health(const struct call *c)
{
	const char *path =
	    args_has(&c->args, "--ready") ? "/readyz" : "/healthz";
	struct buf answer = { 0 }, out = { 0 };
	enum ctl_exit code =
	    call_ask(c, "GET", path, slice_of(NULL, 0), NOT_WELL, &answer);
	struct slice text = buf_slice(&answer);

	while (text.len > 0) {
		table_put_text(&out, slice_cut(&text, '\n'));
		buf_puts(&out, "\n");
	}
	if (out.len > 0 && call_print(buf_slice(&out)) != CTL_OK)
		code = CTL_NO;
	buf_fini(&answer);
	buf_fini(&out);
	return code;
}

/* --- what it goes by --- */

static void put_lines(
    struct buf *out, const cJSON *tree, const char *name, const char *before)
{
	const cJSON *item;

	cJSON_ArrayForEach(item, cJSON_GetObjectItemCaseSensitive(tree, name))
	{
		buf_puts(out, before);
		table_put_text(out, slice_str(cJSON_GetStringValue(item)));
		buf_puts(out, "\n");
	}
}

static enum ctl_exit describe_reload(const cJSON *tree, enum ctl_exit code)
{
	struct buf out = { 0 };

	if (code == CTL_OK)
		buf_puts(&out, "reloaded\n");
	put_lines(
	    &out, tree, "restart_needed", "counts from the next start on: ");
	put_lines(&out, tree, "errors", "");
	if (out.len > 0 && call_print(buf_slice(&out)) != CTL_OK)
		code = CTL_NO;
	if (code != CTL_OK)
		code = call_fail(code, "%s; %s", field_text(tree, "error"),
		    field_text(tree, "remedy"));
	buf_fini(&out);
	return code;
}

enum ctl_exit operate_reload(const struct call *c)
{
	struct buf answer = { 0 };
	enum ctl_exit code = call_ask(
	    c, "POST", "/api/reload", slice_str(""), NOT_RELOADED, &answer);
	cJSON *tree = NULL;

	if (answer.len > 0 && c->is_json)
		(void)call_print(buf_slice(&answer));
	else if (answer.len > 0 && !(tree = call_parse(&answer)))
		code = CTL_NO;
	if (tree)
		code = describe_reload(tree, code);
	cJSON_Delete(tree);
	buf_fini(&answer);
	return code;
}

/* --- its end --- */

static void put_drain(const cJSON *answer, struct buf *out)
{
	buf_puts(out, "draining: ");
	field_count(out, answer, "connections");
	buf_puts(out, " connections are closed over ");
	field_time(out, answer, "drain_ms");
	buf_puts(out, ", beginning in ");
	field_time(out, answer, "delay_ms");
	buf_puts(out, "\n");
}

enum ctl_exit operate_drain(const struct call *c)
{
	struct buf answer = { 0 };
	enum ctl_exit code = call_post(c, "/api/drain", slice_str(""), &answer);

	if (code == CTL_OK)
		code = call_show(c, &answer, put_drain);
	buf_fini(&answer);
	return code;
}

/* --- a configuration --- */

enum ctl_exit operate_check(const struct call *c)
{
	const char *file = args_operand(&c->args, 0);
	const struct arguments a = {
		.file = file ? file : reach_config(&c->args),
		.check = true,
	};
	struct conf *conf = reach_load(a.file);
	enum ctl_exit code;

	if (!conf)
		return CTL_USAGE;
	code = (enum ctl_exit)show_conf(conf, &a);
	conf_unref(conf);
	return code;
}
