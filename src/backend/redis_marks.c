/*
 * redis_marks: a mark that names PREV as its own one before tells what its
 * sender has heard between PREV and the one that PREV itself had named. Whoever
 * has heard all three without a break has heard the same, or the server keeps
 * no order.
 */
#include "backend/redis_marks.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/crypto.h"
#include "base/hash.h"
#include "base/list.h"
#include "base/map.h"
#include "base/mem.h"

enum { INSTANCE_BYTES = 6, INSTANCE_CHARS = 2 * INSTANCE_BYTES };

/* A mark that was heard. */
struct heard {
	struct map_node node;
	uint64_t prev;     /* hash of the one that it names; 0: none */
	struct stretch at; /* what had been counted by then */
	uint64_t run;      /* in which it was counted; 0: in none */
};

struct redis_marks {
	uint64_t group;
	struct hash_key key;
	char instance[INSTANCE_CHARS + 1];
	uint64_t next;  /* number of our own */
	uint64_t first; /* the next run begins with this one, or a later one */
	bool is_counting;
	uint64_t run;              /* counts the times that it began */
	struct stretch running;    /* payloads of this run */
	char own[MARK_ID_MAX + 1]; /* last one heard in this run, or "" */
	char text[MARK_MAX + 1];   /* last one written */
	struct map map;            /* of those in the ring, by their ids */
	struct heard ring[REDIS_MARKS_MAX];
	size_t count; /* ever heard */
};

struct redis_marks *redis_marks_new(uint64_t group)
{
	struct redis_marks *m = xcalloc(1, sizeof *m);
	unsigned char random[INSTANCE_BYTES];

	crypto_random(&m->key, sizeof m->key);
	crypto_random(random, sizeof random);
	for (size_t i = 0; i < sizeof random; i++)
		(void)snprintf(m->instance + 2 * i, 3, "%02x", random[i]);
	m->group = group;
	m->next = m->first = 1;
	map_init(&m->map);
	return m;
}

void redis_marks_free(struct redis_marks *m)
{
	if (!m)
		return;
	map_fini(&m->map);
	free(m);
}

/* --- what was heard --- */

static uint64_t hash_of(const struct redis_marks *m, struct slice id)
{
	return hash_bytes(&m->key, id.ptr, id.len);
}

static const struct heard *find(const struct redis_marks *m, uint64_t hash)
{
	struct map_node *node = map_find(&m->map, hash);

	return node ? container_of(node, struct heard, node) : NULL;
}

/* One that was counted in this run; NULL: it was not. */
static const struct heard *find_counted(
    const struct redis_marks *m, uint64_t hash)
{
	const struct heard *h = find(m, hash);

	return h && h->run == m->run ? h : NULL;
}

/* In the place of the oldest. */
static void remember(
    struct redis_marks *m, uint64_t hash, const struct mark *mark)
{
	struct heard *h = &m->ring[m->count % REDIS_MARKS_MAX];

	if (m->count++ >= REDIS_MARKS_MAX)
		map_del(&m->map, &h->node);
	*h = (struct heard){
		.prev = mark->prev.len > 0 ? hash_of(m, mark->prev) : 0,
		.at = m->running,
		.run = m->is_counting ? m->run : 0,
	};
	map_add(&m->map, &h->node, hash);
}

/* --- what we publish --- */

/* What was heard up to our own last one, since the one that it names. */
static bool find_stretch(
    const struct redis_marks *m, struct slice own, struct stretch *stretch)
{
	const struct heard *end = find_counted(m, hash_of(m, own));
	const struct heard *begin;

	*stretch = (struct stretch){ 0, 0 };
	if (own.len == 0 || !end)
		return false;
	if (end->prev == 0)
		return true;
	begin = find_counted(m, end->prev);
	if (!begin)
		return false;
	*stretch = stretch_between(begin->at, end->at);
	return true;
}

struct slice redis_marks_write(struct redis_marks *m)
{
	char id[MARK_ID_MAX + 1];
	struct mark mark = {
		.prev = slice_str(m->own),
		.group = m->group,
	};
	int len =
	    snprintf(id, sizeof id, "%s.%" PRIu64, m->instance, m->next++);

	mark.id = slice_of(id, (size_t)len);
	if (!find_stretch(m, mark.prev, &mark.stretch))
		mark.prev.len = 0;
	return mark_write(&mark, m->text);
}

uint64_t redis_marks_next(const struct redis_marks *m)
{
	return m->next;
}

/* --- what comes --- */

void redis_marks_break(struct redis_marks *m)
{
	m->is_counting = false;
	m->first = m->next;
	m->own[0] = '\0';
}

bool redis_marks_join(struct redis_marks *m, uint64_t group)
{
	if (m->group == group)
		return false;
	m->group = group;
	redis_marks_break(m);
	return true;
}

void redis_marks_count(
    struct redis_marks *m, struct slice channel, struct slice payload)
{
	if (m->is_counting)
		stretch_add(&m->running, channel, payload);
}

/* The number of one of ours that was published; 0: it is none. */
static uint64_t own_number(const struct redis_marks *m, struct slice id)
{
	struct slice digits;
	uint64_t number = 0;

	if (!slice_starts_with(id, slice_of(m->instance, INSTANCE_CHARS)) ||
	    id.len < INSTANCE_CHARS + 2 || id.ptr[INSTANCE_CHARS] != '.')
		return 0;
	digits = slice_after(id, INSTANCE_CHARS + 1);
	for (size_t i = 0; i < digits.len; i++) {
		if (digits.ptr[i] < '0' || digits.ptr[i] > '9')
			return 0;
		number = number * 10 + (uint64_t)(digits.ptr[i] - '0');
	}
	return number < m->next ? number : 0;
}

static void begin(struct redis_marks *m)
{
	m->is_counting = true;
	m->run++;
	m->running = (struct stretch){ 0, 0 };
}

/* Whether it tells of a stretch that we have heard, and heard otherwise. */
static bool is_disorder(const struct redis_marks *m, const struct mark *mark)
{
	const struct heard *from, *to;

	if (mark->prev.len == 0)
		return false;
	to = find_counted(m, hash_of(m, mark->prev));
	from = to && to->prev != 0 ? find_counted(m, to->prev) : NULL;
	return from &&
	       !stretch_eq(stretch_between(from->at, to->at), mark->stretch);
}

/* A mark of our group. */
static enum redis_marks_verdict judge(
    struct redis_marks *m, const struct mark *mark, uint64_t own)
{
	uint64_t hash = hash_of(m, mark->id);
	bool is_first = !m->is_counting && own >= m->first;

	if (find(m, hash)) {
		if (!m->is_counting)
			return REDIS_MARKS_EARLY;
		redis_marks_break(m);
		return REDIS_MARKS_TWICE;
	}
	if (is_first)
		begin(m);
	if (m->is_counting && is_disorder(m, mark)) {
		redis_marks_break(m);
		remember(m, hash, mark);
		return REDIS_MARKS_DISORDER;
	}
	remember(m, hash, mark);
	if (!m->is_counting)
		return REDIS_MARKS_EARLY;
	if (own > 0)
		(void)snprintf(m->own, sizeof m->own, "%.*s", (int)mark->id.len,
		    mark->id.ptr);
	return is_first ? REDIS_MARKS_FIRST : REDIS_MARKS_NEXT;
}

struct redis_marks_heard redis_marks_hear(
    struct redis_marks *m, struct slice text)
{
	struct redis_marks_heard heard = { .verdict = REDIS_MARKS_UNREADABLE };
	struct mark mark;

	if (!mark_read(&mark, text))
		return heard;
	heard.id = mark.id;
	heard.own = own_number(m, mark.id);
	if (mark.group != m->group) { /* ours is of the one before */
		heard.verdict =
		    heard.own > 0 ? REDIS_MARKS_EARLY : REDIS_MARKS_FOREIGN;
		return heard;
	}
	heard.verdict = judge(m, &mark, heard.own);
	if (heard.verdict == REDIS_MARKS_TWICE)
		heard.own = 0; /* anybody may have said it again */
	return heard;
}
