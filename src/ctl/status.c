/* status: see status.h. A line for each part, its name in the first column. */
#include "ctl/status.h"

#include <string.h>

#include <cjson/cJSON.h>

#include "ctl/call.h"
#include "ctl/field.h"
#include "ctl/table.h"
#include "ctl/units.h"

enum { WARNINGS_SHOWN = 5 };

/* --- lines --- */

static void put_who(const cJSON *s, struct buf *out)
{
	buf_puts(out, "roomcast ");
	field_string(out, s, "version");
	buf_puts(out, " (");
	field_string(out, s, "commit");
	buf_puts(out, ") on ");
	field_string(out, s, "host");
	buf_printf(out, ", pid %.0f, up ", field_value(s, "pid", 0));
	field_time(out, s, "uptime_ms");
	buf_puts(out, "\n");
}

static void put_state(const cJSON *s, struct buf *out)
{
	const char *between = ": ";
	const cJSON *why;

	field_name(out, "state");
	field_string(out, s, "phase");
	buf_puts(out, field_is_true(s, "ready") ? ", ready" : ", not ready");
	cJSON_ArrayForEach(why, field(s, "why_not"))
	{
		buf_puts(out, between);
		table_put_text(out, slice_str(cJSON_GetStringValue(why)));
		between = "; ";
	}
	buf_puts(out, "\n");
}

static void put_connections(const cJSON *s, struct buf *out)
{
	const cJSON *c = field(s, "connections");

	field_name(out, "connections");
	field_part_of(out, c, "open", "limit", units_count);
	buf_puts(out, " (");
	field_count(out, c, "websocket");
	buf_puts(out, " websocket, ");
	field_count(out, c, "sse");
	buf_puts(out, " sse), handshakes ");
	field_part_of(out, c, "handshakes", "handshakes_limit", units_count);
	buf_puts(out, "\n");
	field_name(out, "rooms");
	field_count(out, s, "rooms");
	buf_puts(out, ", memberships ");
	field_count(out, s, "memberships");
	buf_puts(out, "\n");
}

typedef void (*flow_fn)(struct buf *out, const cJSON *flow, const char *name);

static void put_flow(
    const char *name, const cJSON *flow, flow_fn put, struct buf *out)
{
	field_name(out, name);
	put(out, flow, "messages");
	buf_puts(out, " messages, ");
	put(out, flow, "deliveries");
	buf_puts(out, " deliveries, ");
	field_bytes(out, flow, "written_bytes");
	buf_puts(out, " written, ");
	put(out, flow, "accepted");
	buf_puts(out, " accepted\n");
}

static void put_traffic(const cJSON *s, struct buf *out)
{
	put_flow("a second", field(s, "per_second"), field_rate, out);
	put_flow("in all", field(s, "totals"), field_count, out);
}

static void put_fanout(const cJSON *s, struct buf *out)
{
	const cJSON *f = field(s, "fanout");

	field_name(out, "fan-out");
	if (!cJSON_IsNumber(field(f, "p50_us"))) {
		buf_puts(out, "no message\n");
		return;
	}
	buf_puts(out, "half within ");
	field_micros(out, f, "p50_us");
	buf_puts(out, ", 99 % within ");
	field_micros(out, f, "p99_us");
	buf_puts(out, "\n");
}

static void put_queue(const cJSON *s, struct buf *out)
{
	const cJSON *q = field(s, "queue");

	field_name(out, "queue");
	field_bytes(out, q, "bytes");
	buf_puts(out, ", oldest ");
	field_time(out, q, "oldest_ms");
	buf_puts(out, ", memory ");
	field_part_of(
	    out, q, "memory_bytes", "memory_limit_bytes", units_bytes);
	buf_puts(out, "\n");
}

/* --- where it comes from --- */

static void put_source(const cJSON *source, int64_t now_ms, struct buf *out)
{
	field_name(out, "");
	field_string(
	    out, source, *field_text(source, "address") ? "address" : "master");
	buf_puts(out, field_is_true(source, "up") ? "  up " : "  DOWN ");
	field_since(out, now_ms, source, "since_ms");
	buf_puts(out, "  role ");
	field_string(out, source, "role");
	buf_puts(out, "  heartbeat ");
	field_time(out, source, "heartbeat_age_ms");
	buf_puts(out, "  down in all ");
	field_time(out, source, "down_ms");
	buf_puts(out, "\n");
}

static void put_stream(const cJSON *stream, struct buf *out)
{
	field_name(out, "");
	buf_puts(
	    out, field_is_true(stream, "up") ? "stream up" : "stream DOWN");
	buf_puts(out, ", entries ");
	field_count(out, stream, "length");
	buf_puts(out, ", behind ");
	field_time(out, stream, "lag_ms");
	buf_puts(out, "\n");
}

static void put_backend(const cJSON *s, int64_t now_ms, struct buf *out)
{
	const cJSON *b = field(s, "backend"), *source;

	field_name(out, "backend");
	field_string(out, b, "kind");
	buf_puts(out, field_is_true(b, "up") ? ", up" : ", DOWN");
	buf_puts(out, field_is_true(b, "paused") ? ", paused" : "");
	buf_puts(out, ", lost ");
	field_count(out, b, "lost");
	buf_puts(out, " times");
	if (strcmp(field_text(b, "kind"), "embedded") == 0) {
		buf_puts(out, ", publishers ");
		field_count(out, b, "publishers");
	}
	buf_puts(out, "\n");
	cJSON_ArrayForEach(source, field(b, "sources"))
	{
		put_source(source, now_ms, out);
	}
	if (cJSON_IsObject(field(b, "stream")))
		put_stream(field(b, "stream"), out);
}

static void put_history(const cJSON *s, struct buf *out)
{
	const cJSON *h = field(s, "history");

	if (!cJSON_IsObject(h))
		return;
	field_name(out, "history");
	field_count(out, h, "entries");
	buf_puts(out, " entries, ");
	field_part_of(out, h, "bytes", "limit_bytes", units_bytes);
	buf_puts(out, ", oldest ");
	field_time(out, h, "age_ms");
	buf_puts(out, "\n");
}

/* --- what goes back to the app --- */

static void put_presence(const cJSON *s, struct buf *out)
{
	const cJSON *p = field(s, "presence");

	if (!cJSON_IsObject(p))
		return;
	field_name(out, field_is_true(p, "routes") ? "presence" : "lease");
	buf_puts(out, field_is_true(p, "up") ? "up\n" : "DOWN\n");
}

static void put_events(const cJSON *s, struct buf *out)
{
	const cJSON *e = field(s, "events");

	if (!cJSON_IsObject(e))
		return;
	field_name(out, "events");
	if (cJSON_IsBool(field(e, "up")))
		buf_puts(out, field_is_true(e, "up") ? "up, " : "DOWN, ");
	field_bytes(out, e, "waiting_bytes");
	buf_puts(out, " wait, lost ");
	field_count(out, e, "lost");
	buf_puts(out, "\n");
}

/* --- the process --- */

static void put_reload(const cJSON *s, int64_t now_ms, struct buf *out)
{
	const cJSON *r = field(s, "reload");

	field_name(out, "reload");
	buf_puts(out,
	    field_is_true(r, "successful") ? "" : "the last one REFUSED, ");
	buf_puts(out, "in force since ");
	field_since(out, now_ms, r, "in_force_since_ms");
	buf_puts(out, ", applied ");
	field_count(out, r, "applied");
	buf_puts(out, ", refused ");
	field_count(out, r, "refused");
	if (field_value(r, "restart_needed", 0) > 0) {
		buf_puts(out, ", keys that wait for a restart ");
		field_count(out, r, "restart_needed");
	}
	buf_puts(out, "\n");
}

static void put_process(const cJSON *s, struct buf *out)
{
	const cJSON *p = field(s, "process");

	field_name(out, "process");
	buf_puts(out, "cpu ");
	field_time(out, p, "cpu_ms");
	buf_puts(out, ", memory ");
	field_bytes(out, p, "resident_bytes");
	buf_puts(out, ", files ");
	field_part_of(out, p, "files", "files_limit", units_count);
	buf_printf(
	    out, ", workers %d\n", cJSON_GetArraySize(field(s, "workers")));
}

/* --- what went wrong --- */

/* All labels of a reason, and how often it was. */
static void put_reason(const cJSON *reason, struct buf *out)
{
	const cJSON *label;

	cJSON_ArrayForEach(label, reason)
	{
		if (cJSON_IsString(label)) {
			table_put_text(out, slice_str(label->valuestring));
			buf_puts(out, " ");
		}
	}
	field_count(out, reason, "count");
}

/* Of the last ten minutes: a line for each kind that there was. */
static void put_recent(const cJSON *s, struct buf *out)
{
	const cJSON *kind, *reason;

	cJSON_ArrayForEach(kind, field(s, "recent"))
	{
		const char *between = "";

		if (cJSON_GetArraySize(kind) == 0)
			continue;
		field_name(out, "lately");
		table_put_text(out, slice_str(kind->string));
		buf_puts(out, ": ");
		cJSON_ArrayForEach(reason, kind)
		{
			buf_puts(out, between);
			put_reason(reason, out);
			between = ", ";
		}
		buf_puts(out, "\n");
	}
}

static void put_warning(const cJSON *w, int64_t now_ms, struct buf *out)
{
	field_name(out,
	    strcmp(field_text(w, "level"), "warn") == 0 ? "warn" : "error");
	field_since(out, now_ms, w, "last_ms");
	buf_puts(out, " ago");
	if (field_value(w, "count", 1) > 1) {
		buf_puts(out, ", the last of ");
		field_count(out, w, "count");
	}
	buf_puts(out, ": ");
	field_string(out, w, "component");
	buf_puts(out, ": ");
	field_string(out, w, "msg");
	buf_puts(out, " ");
	field_string(out, w, "values");
	buf_puts(out, "\n");
}

static void put_warnings(const cJSON *s, int64_t now_ms, struct buf *out)
{
	const cJSON *all = field(s, "warnings"), *warning;
	int left = WARNINGS_SHOWN;

	cJSON_ArrayForEach(warning, all)
	{
		if (left-- == 0)
			break;
		put_warning(warning, now_ms, out);
	}
	if (cJSON_GetArraySize(all) > WARNINGS_SHOWN) {
		field_name(out, "");
		buf_printf(out, "and %d more warnings\n",
		    cJSON_GetArraySize(all) - WARNINGS_SHOWN);
	}
}

/* --- all of it --- */

void status_put(const cJSON *s, struct buf *out)
{
	int64_t now_ms = (int64_t)(field_value(s, "started_ms", 0) +
				   field_value(s, "uptime_ms", 0));

	put_who(s, out);
	put_state(s, out);
	put_connections(s, out);
	put_traffic(s, out);
	put_fanout(s, out);
	put_queue(s, out);
	put_backend(s, now_ms, out);
	put_history(s, out);
	put_presence(s, out);
	put_events(s, out);
	put_reload(s, now_ms, out);
	put_process(s, out);
	put_recent(s, out);
	put_warnings(s, now_ms, out);
}

static enum ctl_exit show(const struct call *c, const struct buf *answer)
{
	cJSON *status = call_parse(answer);
	struct buf out = { 0 };
	enum ctl_exit code;

	if (!status)
		return CTL_NO;
	status_put(status, &out);
	code = call_print(c->is_json ? buf_slice(answer) : buf_slice(&out));
	if (code == CTL_OK && !field_is_true(status, "ready"))
		code = CTL_NO;
	buf_fini(&out);
	cJSON_Delete(status);
	return code;
}

enum ctl_exit status_print(const struct call *c)
{
	struct buf answer = { 0 };
	enum ctl_exit code = call_get(c, "/api/status", &answer);

	if (code == CTL_OK)
		code = show(c, &answer);
	buf_fini(&answer);
	return code;
}
