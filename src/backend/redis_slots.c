/*
 * redis_slots: an answer is a list of ranges, a range is [first, last, master,
 * replica ...], a node [host, port, id, [key, value ...]]. Newer servers may
 * say more of a node, or of a range: what is not known is passed over.
 */
#include "backend/redis_slots.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "backend/redis_announced.h"
#include "base/mem.h"

/* The arrays that are looked into, by how many are around what they hold. */
enum { IN_ANSWER = 1, IN_RANGE, IN_NODE, IN_ABOUT, DEPTH_MAX = 8 };

/* Where things stand in them. */
enum { RANGE_FIRST, RANGE_LAST, RANGE_MASTER };
enum { NODE_HOST, NODE_PORT, NODE_ID, NODE_ABOUT };

struct redis_slots {
	uint16_t of[REDIS_SLOTS]; /* numbers of masters */
	size_t count;
	struct address *masters; /* owned; count, with room for more */
	size_t room;
};

/* A range as far as it has come. */
struct range {
	int64_t slots[2]; /* first, last */
	int64_t port;
	char host[ADDRESS_HOST_MAX];
	size_t host_len; /* 0: the node that was asked */
	bool is_ip_next; /* in what is said about the node */
};

struct redis_slots_reader {
	struct redis_slots *table; /* owned, until it is handed over */
	struct address asked;
	struct range range;
	size_t items;
	int64_t slots; /* of all ranges, so far */
	size_t depth;  /* how many arrays are open */
	struct {
		int64_t at, count; /* of its items */
	} open[DEPTH_MAX + 1];     /* by depth; none at 0 */
};

/* --- the table --- */

struct redis_slots *redis_slots_new(void)
{
	struct redis_slots *t = xcalloc(1, sizeof *t);

	memset(t->of, 0xff, sizeof t->of); /* REDIS_SLOTS_NOBODY */
	return t;
}

void redis_slots_free(struct redis_slots *t)
{
	if (!t)
		return;
	free(t->masters);
	free(t);
}

uint16_t redis_slots_master(const struct redis_slots *t, uint16_t slot)
{
	return t->of[slot];
}

size_t redis_slots_count(const struct redis_slots *t)
{
	return t->count;
}

const struct address *redis_slots_address(
    const struct redis_slots *t, uint16_t master)
{
	return &t->masters[master];
}

/*
 * As it is spelt. The last one first: a master often has the next range as
 * well.
 */
static size_t find(const struct redis_slots *t, const struct address *master)
{
	size_t i = t->count;

	while (i > 0 && (t->masters[i - 1].port != master->port ||
			    strcmp(t->masters[i - 1].host, master->host) != 0))
		i--;
	return i > 0 ? i - 1 : t->count;
}

static int make_room(struct redis_slots *t, struct err *e)
{
	size_t room = t->room > 0 ? 2 * t->room : 4;
	struct address *masters;

	if (t->count == REDIS_SLOTS_MAX_MASTERS)
		return err_set(e, -EPROTO, "more than %d masters",
		    REDIS_SLOTS_MAX_MASTERS);
	if (t->count < t->room)
		return 0;
	masters = try_realloc(t->masters, room * sizeof *masters);
	if (!masters)
		return err_set(e, -ENOMEM, "out of memory");
	t->masters = masters;
	t->room = room;
	return 0;
}

/* A master has these slots, first to last. */
static int give(struct redis_slots *t, const struct address *master,
    const int64_t slots[2], struct err *e)
{
	size_t number = find(t, master);
	int rc;

	if (number == t->count) {
		rc = make_room(t, e);
		if (rc < 0)
			return rc;
		t->masters[t->count++] = *master;
	}
	for (int64_t i = slots[0]; i <= slots[1]; i++)
		t->of[i] = (uint16_t)number;
	return 0;
}

uint16_t redis_slots_find(
    const struct redis_slots *t, const struct address *address)
{
	size_t number = find(t, address);

	if (number < t->count)
		return (uint16_t)number;
	for (size_t i = 0; i < t->count; i++)
		if (address_is_same(&t->masters[i], address))
			return (uint16_t)i;
	return REDIS_SLOTS_NOBODY;
}

struct redis_slots *redis_slots_copy(const struct redis_slots *t)
{
	struct redis_slots *copy = xmalloc(sizeof *copy);

	*copy = *t;
	copy->room = t->count;
	copy->masters = NULL;
	if (t->count > 0) {
		copy->masters = xmalloc(t->count * sizeof *t->masters);
		memcpy(
		    copy->masters, t->masters, t->count * sizeof *t->masters);
	}
	return copy;
}

int redis_slots_move(
    struct redis_slots *t, uint16_t slot, const struct address *master)
{
	const int64_t slots[] = { slot, slot };
	struct err ignored;

	t->of[slot] = master ? redis_slots_find(t, master) : REDIS_SLOTS_NOBODY;
	if (!master || t->of[slot] != REDIS_SLOTS_NOBODY)
		return 0;
	return give(t, master, slots, &ignored);
}

/* --- an answer --- */

struct redis_slots_reader *redis_slots_reader_new(const struct address *asked)
{
	struct redis_slots_reader *r = xcalloc(1, sizeof *r);

	r->asked = *asked;
	r->table = redis_slots_new();
	return r;
}

void redis_slots_reader_free(struct redis_slots_reader *r)
{
	if (!r)
		return;
	redis_slots_free(r->table);
	free(r);
}

static int64_t place(const struct redis_slots_reader *r, size_t depth)
{
	return r->open[depth].at;
}

static const struct slice nowhere = { "?", 1 };

static struct slice host_of(const struct range *range)
{
	return slice_of(range->host, range->host_len);
}

/* What is no name of a host, or too long, is nowhere. */
static void keep_host(struct range *range, const struct resp_part *part)
{
	struct slice host = part->text;

	if (part->type != RESP_STRING && part->type != RESP_NIL)
		host = nowhere;
	else if (part->number > ADDRESS_HOST_MAX ||
		 (size_t)part->number != host.len)
		host = nowhere;
	range->host_len = (size_t)(slice_put(host, range->host) - range->host);
}

/* Of no slots and nowhere, as long as nothing else is said. */
static void begin_range(struct range *range)
{
	*range = (struct range){ .slots = { 1, 0 }, .host_len = nowhere.len };
	(void)slice_put(nowhere, range->host);
}

static int take_range(struct range *range, int64_t at,
    const struct resp_part *part, struct err *e)
{
	if (at >= RANGE_MASTER)
		return 0;
	if (part->type != RESP_INTEGER || part->number < 0 ||
	    part->number >= REDIS_SLOTS)
		return err_set(e, -EPROTO, "a range of no slots");
	range->slots[at] = part->number;
	return 0;
}

static void take_node(
    struct range *range, int64_t at, const struct resp_part *part)
{
	if (at == NODE_HOST)
		keep_host(range, part);
	else if (at == NODE_PORT && part->type == RESP_INTEGER)
		range->port = part->number;
}

/* Where a host is not known, the address beside it will do. */
static void take_about(
    struct range *range, int64_t at, const struct resp_part *part)
{
	if (at % 2 == 0)
		range->is_ip_next = part->type == RESP_STRING &&
				    slice_eq(part->text, slice_str("ip"));
	else if (range->is_ip_next && part->text.len > 0 &&
		 slice_eq(host_of(range), nowhere))
		keep_host(range, part);
}

/* By where it is; of the nodes of a range only the first one counts. */
static int take_item(
    struct redis_slots_reader *r, const struct resp_part *part, struct err *e)
{
	if (r->depth <= IN_ANSWER && part->type != RESP_ARRAY)
		return err_set(e, -EPROTO, "no list of ranges");
	if (r->depth == IN_ANSWER)
		begin_range(&r->range);
	else if (r->depth == IN_RANGE)
		return take_range(&r->range, place(r, IN_RANGE), part, e);
	else if (r->depth > IN_RANGE && place(r, IN_RANGE) > RANGE_MASTER)
		return 0;
	else if (r->depth == IN_NODE)
		take_node(&r->range, place(r, IN_NODE), part);
	else if (r->depth == IN_ABOUT && place(r, IN_NODE) == NODE_ABOUT)
		take_about(&r->range, place(r, IN_ABOUT), part);
	return 0;
}

/* So ranges are as few as slots are, though an answer may have many more. */
static int end_range(struct redis_slots_reader *r, struct err *e)
{
	const struct range *range = &r->range;
	struct slice host =
	    range->host_len > 0 ? host_of(range) : slice_str(r->asked.host);
	struct address master;
	char port[24];

	if (range->slots[0] > range->slots[1])
		return err_set(e, -EPROTO, "a range of no slots");
	(void)snprintf(port, sizeof port, "%" PRId64, range->port);
	if (!redis_announced_address(&master, host, slice_str(port)))
		return 0;
	r->slots += range->slots[1] - range->slots[0] + 1;
	if (r->slots > REDIS_SLOTS)
		return err_set(e, -EPROTO, "more slots than there are");
	return give(r->table, &master, range->slots, e);
}

/* An item has ended, and so may those around it. */
static int end_item(struct redis_slots_reader *r, struct err *e)
{
	int rc = 0;

	while (rc == 0 && r->depth > 0 &&
	       ++r->open[r->depth].at == r->open[r->depth].count) {
		if (r->depth == IN_RANGE)
			rc = end_range(r, e);
		r->depth--;
	}
	return rc;
}

static int open_array(
    struct redis_slots_reader *r, int64_t count, struct err *e)
{
	if (r->depth == DEPTH_MAX)
		return err_set(e, -EPROTO, "arrays in arrays without end");
	r->depth++;
	r->open[r->depth].at = 0;
	r->open[r->depth].count = count;
	return 0;
}

static int advance(
    struct redis_slots_reader *r, const struct resp_part *part, struct err *e)
{
	if (part->type == RESP_ARRAY && part->number > 0)
		return open_array(r, part->number, e);
	if (part->type == RESP_ARRAY && r->depth == IN_ANSWER)
		return err_set(e, -EPROTO, "a range of no slots");
	return end_item(r, e);
}

int redis_slots_take(struct redis_slots_reader *r, const struct resp_part *part,
    struct redis_slots **t, struct err *e)
{
	int rc;

	if (++r->items > REDIS_SLOTS_MAX_ITEMS)
		return err_set(e, -EPROTO, "an answer without end");
	rc = take_item(r, part, e);
	if (rc == 0)
		rc = advance(r, part, e);
	if (rc < 0 || r->depth > 0)
		return rc;
	*t = r->table;
	r->table = NULL;
	return 1;
}
