/*
 * publish: see publish.h. What an envelope or a command may hold is judged by
 * the gateway alone, as for any publisher.
 */
#include "ctl/publish.h"

#include <inttypes.h>

#include <cjson/cJSON.h>

#include "base/file.h"
#include "ctl/call.h"
#include "ctl/field.h"
#include "proto/json_write.h"

enum { INPUT_MAX = 64 << 20 };

const struct option publish_options[] = {
	{ "--room", "NAME", "its members get it" },
	{ "--user", "NAME", "all connections of this user get it" },
	{ "--connection", "ID", "this one gets it" },
	{ "--except", "ID", "this connection does not" },
	{ "--text", "TEXT", "what they get, as it is; - reads it" },
	{ "--message", "JSON", "what they get, a JSON value; - reads it" },
	{ "--binary", "BASE64", "what they get, as a binary frame" },
	{ "--no-keep", NULL, "it is not kept for clients that come back" },
	{ "--envelope", "JSON",
	    "all of that as an app publishes it; - reads it" },
	{ NULL, NULL, NULL },
};

const struct option publish_kick_options[] = {
	{ "--user", "NAME", "all connections of this user" },
	{ "--room", "NAME", "all members of this room" },
	{ "--connection", "ID", "this one" },
	{ "--code", "CODE",
	    "of the close frame: 1000, 4000 to 4999\n"
	    "(default: 4000)" },
	{ "--reason", "TEXT", "of the close frame, 123 bytes at most" },
	{ NULL, NULL, NULL },
};

/* --- objects --- */

static void put_key(struct buf *out, const char *key)
{
	buf_printf(out, "%s\"%s\": ", out->len > 1 ? ", " : "", key);
}

/* The values of an option as an array, if there are any; whether there are. */
static bool put_names(
    struct buf *out, const struct call *c, const char *key, const char *option)
{
	const char *name;

	if (!args_has(&c->args, option))
		return false;
	put_key(out, key);
	for (size_t i = 0; (name = args_nth(&c->args, option, i)); i++) {
		buf_puts(out, i > 0 ? ", " : "[");
		json_put_string(out, slice_str(name));
	}
	buf_puts(out, "]");
	return true;
}

static bool put_targets(struct buf *out, const struct call *c)
{
	bool has_rooms = put_names(out, c, "rooms", "--room");
	bool has_users = put_names(out, c, "users", "--user");

	return put_names(out, c, "connections", "--connection") || has_rooms ||
	       has_users;
}

/* --- a message --- */

/* An option's value, or where it is "-" all of standard input. */
static int take_input(const char *value, struct buf *input, struct err *e)
{
	if (strcmp(value, "-") == 0)
		return file_read_pipe("/dev/stdin", INPUT_MAX, input, e);
	buf_puts(input, value);
	return 0;
}

static int put_string(struct buf *out, const char *value, struct err *e)
{
	struct buf input = { 0 };
	int rc = take_input(value, &input, e);

	if (rc == 0)
		json_put_string(out, buf_slice(&input));
	buf_fini(&input);
	return rc;
}

/* One value, and nothing that would go on behind it. */
static int put_json(struct buf *out, const char *value, struct err *e)
{
	struct buf input = { 0 };
	int rc = take_input(value, &input, e);
	cJSON *json;

	buf_putn(&input, "", 1);
	json = cJSON_ParseWithOpts(input.data, NULL, true);
	if (rc == 0 && !json)
		rc = err_set(e, -1, "--message is not one JSON value");
	if (rc == 0)
		buf_puts(out, input.data);
	cJSON_Delete(json);
	buf_fini(&input);
	return rc;
}

static int put_content(struct buf *out, const struct call *c, struct err *e)
{
	const char *text = args_text(&c->args, "--text");
	const char *message = args_text(&c->args, "--message");
	const char *binary = args_text(&c->args, "--binary");

	if (!text + !message + !binary != 2)
		return err_set(e, -1,
		    "one of --text, --message and --binary must be given");
	if (message) {
		put_key(out, "message");
		return put_json(out, message, e);
	}
	put_key(out, text ? "text" : "binary");
	return put_string(out, text ? text : binary, e);
}

static int put_envelope(struct buf *out, const struct call *c, struct err *e)
{
	const char *whole = args_text(&c->args, "--envelope");
	int rc;

	if (whole)
		return take_input(whole, out, e);
	buf_puts(out, "{");
	if (!put_targets(out, c))
		return err_set(e, -1,
		    "who is to get it? Say --room, --user or --connection");
	(void)put_names(out, c, "except", "--except");
	rc = put_content(out, c, e);
	if (args_has(&c->args, "--no-keep"))
		buf_puts(out, ", \"keep\": false");
	buf_puts(out, "}");
	return rc;
}

/* In a line for scripts "unknown" stands for what is not known. */
static void put_known(struct buf *out, const cJSON *answer, const char *name)
{
	if (field_value(answer, name, -1) < 0)
		buf_puts(out, "unknown");
	else
		field_count(out, answer, name);
}

static void put_published(const cJSON *answer, struct buf *out)
{
	buf_puts(out, "published");
	if (*field_text(answer, "id")) {
		buf_puts(out, " id=");
		field_string(out, answer, "id");
	}
	buf_puts(out, " instances=");
	put_known(out, answer, "instances");
	buf_puts(out, " reached_here=");
	put_known(out, answer, "reached");
	buf_puts(out, "\n");
}

enum ctl_exit publish_message(const struct call *c)
{
	struct buf envelope = { 0 }, answer = { 0 };
	enum ctl_exit code;
	struct err e;

	if (put_envelope(&envelope, c, &e) < 0)
		code = call_fail(CTL_USAGE, "%s", e.text);
	else
		code =
		    call_post(c, "/api/publish", buf_slice(&envelope), &answer);
	if (code == CTL_OK)
		code = call_show(c, &answer, put_published);
	buf_fini(&envelope);
	buf_fini(&answer);
	return code;
}

/* --- the end of connections --- */

static int put_command(struct buf *out, const struct call *c, struct err *e)
{
	const char *reason = args_text(&c->args, "--reason");
	int64_t code;

	if (args_quantity(
		&c->args, "--code", QUANTITY_COUNT, 4999, 4000, &code, e) < 0)
		return -1;
	buf_puts(out, "{\"command\": \"disconnect\"");
	if (!put_targets(out, c))
		return err_set(
		    e, -1, "who is to go? Say --user, --room or --connection");
	buf_printf(out, ", \"code\": %" PRId64, code);
	if (reason) {
		put_key(out, "reason");
		json_put_string(out, slice_str(reason));
	}
	buf_puts(out, "}");
	return 0;
}

enum ctl_exit publish_kick(const struct call *c)
{
	struct buf command = { 0 }, answer = { 0 };
	enum ctl_exit code;
	struct err e;

	if (put_command(&command, c, &e) < 0)
		code = call_fail(CTL_USAGE, "%s", e.text);
	else
		code =
		    call_post(c, "/api/control", buf_slice(&command), &answer);
	if (code == CTL_OK)
		code = c->is_json ? call_print(buf_slice(&answer))
				  : call_print(slice_str("told\n"));
	buf_fini(&command);
	buf_fini(&answer);
	return code;
}
