/* lists: see lists.h. */
#include "ctl/lists.h"

#include <inttypes.h>
#include <stdio.h>

#include <cjson/cJSON.h>

#include "ctl/call.h"
#include "ctl/field.h"
#include "ctl/inquire.h"
#include "ctl/table.h"
#include "ctl/units.h"

enum { PAGE_MAX = 1000, LIMIT_PRESET = 100 };

#define PAGING                                                       \
	{ "--limit", "COUNT", "no more than these (default: 100)" }, \
	{                                                            \
		"--all", NULL, "all that there are"                  \
	}

const struct option lists_rooms_options[] = {
	{ "--prefix", "TEXT", "only those whose name begins so" },
	{ "--sort", "members", "the largest first, one page of them" },
	PAGING,
	{ NULL, NULL, NULL },
};

const struct option lists_connections_options[] = {
	{ "--user", "NAME", "only those of this user" },
	{ "--room", "NAME", "only members of this room" },
	{ "--address", "IP", "only clients of this address or network" },
	{ "--sort", "queue", "those for whom most bytes wait come first" },
	PAGING,
	{ NULL, NULL, NULL },
};

struct list {
	const char *path;
	const char *key;            /* of the array in an answer */
	const char *const *filters; /* options that are parameters, to NULL */
	const struct table_column *columns;
	void (*add)(struct table *t, const cJSON *item); /* a row */
};

/* --- cells --- */

static void add_buf(struct table *t, struct buf *text)
{
	table_add(t, buf_slice(text));
	buf_fini(text);
}

static void add_string(struct table *t, const cJSON *item, const char *name)
{
	const char *text = field_text(item, name);

	table_add(t, slice_str(*text ? text : "-"));
}

static void add_number(
    struct table *t, const cJSON *item, const char *name, field_fn put)
{
	struct buf text = { 0 };

	field_number(&text, item, name, put);
	add_buf(t, &text);
}

/* --- a room, a connection --- */

static const struct table_column room_columns[] = {
	{ "ROOM", false },
	{ "MEMBERS", true },
	{ NULL, false },
};

static void add_room(struct table *t, const cJSON *item)
{
	table_add(t, slice_str(field_text(item, "name")));
	add_number(t, item, "members", units_count);
}

static const struct table_column connection_columns[] = {
	{ "ID", false },
	{ "USER", false },
	{ "ADDRESS", false },
	{ "ROUTE", false },
	{ "STATE", false },
	{ "AGE", true },
	{ "QUEUE", true },
	{ "SENT", true },
	{ "PING", true },
	{ "ROOMS", false },
	{ NULL, false },
};

/* Their names, and how many more there are than were told. */
static void add_rooms(struct table *t, const cJSON *item)
{
	const cJSON *rooms = field(item, "rooms");
	int told = cJSON_GetArraySize(rooms);
	int count = (int)field_value(item, "room_count", told);
	struct buf text = { 0 };
	const cJSON *room;

	cJSON_ArrayForEach(room, rooms)
	{
		const char *name = cJSON_GetStringValue(room);

		buf_printf(
		    &text, "%s%s", text.len ? "," : "", name ? name : "");
	}
	if (count > told)
		buf_printf(&text, " +%d", count - told);
	add_buf(t, &text);
}

static void add_connection(struct table *t, const cJSON *item)
{
	add_string(t, item, "id");
	add_string(t, item, "user");
	add_string(t, item, "address");
	add_string(t, item, "route");
	add_string(t, item, "state");
	add_number(t, item, "age_ms", units_time);
	add_number(t, item, "queue_bytes", units_bytes);
	add_number(t, item, "sent_bytes", units_bytes);
	add_number(t, item, "round_trip_ms", units_time);
	add_rooms(t, item);
}

/* --- pages --- */

static const char *const room_filters[] = { "--prefix", "--sort", NULL };
static const char *const connection_filters[] = { "--user", "--room",
	"--address", "--sort", NULL };

static const struct list rooms = { "/api/rooms", "rooms", room_filters,
	room_columns, add_room };
static const struct list connections = { "/api/connections", "connections",
	connection_filters, connection_columns, add_connection };

static void put_path(const struct call *c, const struct list *l, uint64_t limit,
    const char *next, struct buf *path)
{
	buf_printf(path, "%s?limit=%" PRIu64, l->path,
	    limit < PAGE_MAX ? limit : PAGE_MAX);
	for (size_t i = 0; l->filters[i]; i++) {
		const char *value = args_text(&c->args, l->filters[i]);

		if (!value)
			continue;
		buf_printf(path, "&%s=", l->filters[i] + 2);
		inquire_put_value(path, value);
	}
	if (*next) {
		buf_puts(path, "&next=");
		inquire_put_value(path, next);
	}
	buf_putn(path, "", 1);
}

/* One page into t, or as it is to standard output; *items of it. */
static enum ctl_exit take_page(const struct call *c, const struct list *l,
    const struct buf *answer, const cJSON *page, struct table *t, int *items)
{
	const cJSON *all = field(page, l->key);
	const cJSON *item;

	*items = cJSON_GetArraySize(all);
	if (c->is_json)
		return call_print(buf_slice(answer));
	cJSON_ArrayForEach(item, all) l->add(t, item);
	return CTL_OK;
}

/* Ask for the page behind *next, which is then what follows it. */
static enum ctl_exit turn_page(const struct call *c, const struct list *l,
    uint64_t *left, struct buf *next, struct table *t)
{
	struct buf path = { 0 }, answer = { 0 };
	enum ctl_exit code;
	cJSON *page = NULL;
	int items = 0;

	put_path(c, l, *left, next->len > 0 ? next->data : "", &path);
	buf_fini(next);
	code = call_get(c, path.data, &answer);
	if (code == CTL_OK && !(page = call_parse(&answer)))
		code = CTL_NO;
	if (code == CTL_OK)
		code = take_page(c, l, &answer, page, t, &items);
	*left -= (uint64_t)items < *left ? (uint64_t)items : *left;
	if (*field_text(page, "next"))
		buf_printf(next, "%s%c", field_text(page, "next"), '\0');
	cJSON_Delete(page);
	buf_fini(&path);
	buf_fini(&answer);
	return code;
}

static enum ctl_exit show(
    const struct call *c, const struct table *t, bool has_more)
{
	struct buf out = { 0 };
	enum ctl_exit code = CTL_OK;

	if (!c->is_json) {
		table_print(t, &out);
		code = call_print(buf_slice(&out));
	}
	if (has_more)
		(void)fputs("there are more: --all shows them\n", stderr);
	buf_fini(&out);
	return code;
}

static enum ctl_exit run(const struct call *c, const struct list *l)
{
	enum ctl_exit code = CTL_OK;
	struct buf next = { 0 };
	struct table t;
	int64_t limit;
	uint64_t left;
	struct err e;

	if (args_quantity(&c->args, "--limit", QUANTITY_COUNT, INT32_MAX,
		LIMIT_PRESET, &limit, &e) < 0)
		return call_fail(CTL_USAGE, "%s", e.text);
	left = args_has(&c->args, "--all") ? UINT64_MAX : (uint64_t)limit;
	table_init(&t, l->columns);
	do {
		code = turn_page(c, l, &left, &next, &t);
	} while (code == CTL_OK && next.len > 0 && left > 0);
	if (code == CTL_OK)
		code = show(c, &t, next.len > 0);
	buf_fini(&next);
	table_fini(&t);
	return code;
}

enum ctl_exit lists_rooms(const struct call *c)
{
	return run(c, &rooms);
}

enum ctl_exit lists_connections(const struct call *c)
{
	return run(c, &connections);
}
