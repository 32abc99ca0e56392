/*
 * stream_model: a stream as a server has it, in memory, and its answers to a
 * redis_tail, item by item. Each entry's value is a number that no other has.
 */
#ifndef STREAM_MODEL_H
#define STREAM_MODEL_H

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "backend/redis_tail.h"
#include "proto/resp_items.h"
#include "unit.h"

enum { MODEL_MAX = 4096 };

struct model_entry {
	struct place id;
	uint64_t serial;
};

struct model {
	struct model_entry entries[MODEL_MAX];
	size_t count;
	struct place last;
	uint64_t added;
	bool is_there;
	uint64_t serial; /* of the last entry ever added */
	uint64_t run;
	bool is_old; /* a server that does not tell how many were added */
};

static inline void model_trim(struct model *m, size_t keep)
{
	if (m->count <= keep)
		return;
	memmove(m->entries, m->entries + m->count - keep,
	    keep * sizeof m->entries[0]);
	m->count = keep;
}

static inline void model_add_at(struct model *m, struct place id)
{
	ck_assert_uint_lt(m->count, MODEL_MAX);
	m->is_there = true;
	m->last = id;
	m->added++;
	m->entries[m->count++] = (struct model_entry){ id, ++m->serial };
}

static inline void model_add(struct model *m)
{
	const struct place next = { m->last.high + 1, 0, "" };

	model_add_at(m, next);
}

static inline void model_delete(struct model *m)
{
	m->is_there = false;
	m->count = 0;
	m->added = 0;
	m->last = (struct place){ 0 };
}

static inline void model_remove(struct model *m, size_t at)
{
	m->count--;
	memmove(m->entries + at, m->entries + at + 1,
	    (m->count - at) * sizeof m->entries[0]);
}

/* --- answers --- */

static inline int say(struct redis_tail *t, const struct resp_part *part)
{
	int rc = redis_tail_take(t, part);

	ck_assert_int_ge(rc, 0);
	return rc;
}

static inline int say_text(struct redis_tail *t, const char *text)
{
	const struct resp_part part = { RESP_STRING, slice_str(text),
		(int64_t)strlen(text) };

	return say(t, &part);
}

static inline int say_array(struct redis_tail *t, size_t count)
{
	const struct resp_part part = { RESP_ARRAY, slice_of(NULL, 0),
		(int64_t)count };

	return say(t, &part);
}

static inline int say_number(struct redis_tail *t, uint64_t number)
{
	const struct resp_part part = { RESP_INTEGER, slice_of(NULL, 0),
		(int64_t)number };

	return say(t, &part);
}

static inline int say_error(struct redis_tail *t, const char *text)
{
	const struct resp_part part = { RESP_ERROR, slice_str(text), 0 };

	return redis_tail_take(t, &part);
}

static inline int say_nil(struct redis_tail *t)
{
	const struct resp_part part = { .type = RESP_NIL };

	return say(t, &part);
}

static inline int say_id(struct redis_tail *t, const struct place *id)
{
	char text[PLACE_MAX + 1];

	(void)place_print_entry(id, text);
	return say_text(t, text);
}

static inline int say_entry(struct redis_tail *t, const struct model_entry *e)
{
	char text[24];

	(void)snprintf(text, sizeof text, "%" PRIu64, e->serial);
	(void)say_array(t, 2);
	(void)say_id(t, &e->id);
	(void)say_array(t, 2);
	(void)say_text(t, "channel");
	return say_text(t, text);
}

static inline int say_server(struct redis_tail *t, const struct model *m)
{
	char text[64];

	(void)snprintf(
	    text, sizeof text, "# Server\r\nrun_id:%" PRIx64 "\r\nx", m->run);
	return say_text(t, text);
}

static inline int say_info(struct redis_tail *t, const struct model *m)
{
	int rc;

	if (!m->is_there)
		return say_error(t, "ERR no such key");
	(void)say_array(t, m->is_old ? 8 : 10);
	(void)say_text(t, "length");
	(void)say_number(t, m->count);
	if (!m->is_old) {
		(void)say_text(t, "entries-added");
		(void)say_number(t, m->added);
	}
	(void)say_text(t, "last-generated-id");
	(void)say_id(t, &m->last);
	(void)say_text(t, "first-entry");
	if (m->count > 0)
		(void)say_entry(t, &m->entries[0]);
	else
		(void)say_nil(t);
	(void)say_text(t, "last-entry");
	rc =
	    m->count > 0 ? say_entry(t, &m->entries[m->count - 1]) : say_nil(t);
	return rc;
}

static inline struct place model_argument(struct slice text)
{
	struct place p;

	if (slice_eq(text, slice_str("+")))
		return (struct place){ UINT64_MAX, UINT64_MAX, "" };
	ck_assert(place_read_entry(text, &p));
	return p;
}

static inline int say_back(
    struct redis_tail *t, const struct model *m, struct slice from)
{
	struct place end = model_argument(from);
	size_t count = m->count;
	size_t sent;
	int rc;

	while (count > 0 && place_compare(&m->entries[count - 1].id, &end) > 0)
		count--;
	sent = count < TAIL_BACK ? count : TAIL_BACK;
	rc = say_array(t, sent);
	for (size_t i = 0; i < sent; i++)
		rc = say_entry(t, &m->entries[count - 1 - i]);
	return rc;
}

/* The first entry that is not before this one. */
static inline size_t model_find(const struct model *m, const struct place *p)
{
	size_t at = 0;

	while (at < m->count && place_compare(&m->entries[at].id, p) < 0)
		at++;
	return at;
}

static inline int say_page(
    struct redis_tail *t, const struct model *m, struct slice from)
{
	struct place begin = model_argument(from);
	size_t at = model_find(m, &begin);
	size_t sent = m->count - at < TAIL_PAGE ? m->count - at : TAIL_PAGE;
	int rc = say_array(t, sent);

	for (size_t i = 0; i < sent; i++)
		rc = say_entry(t, &m->entries[at + i]);
	return rc;
}

/* Whether XREAD would answer; else it waits. */
static inline bool model_has_news(
    const struct model *m, const struct tail_command *c)
{
	struct place after = model_argument(c->arguments[c->count - 1]);

	return m->count > 0 &&
	       place_compare(&m->entries[m->count - 1].id, &after) > 0;
}

static inline int say_news(
    struct redis_tail *t, const struct model *m, const struct tail_command *c)
{
	struct place after = model_argument(c->arguments[c->count - 1]);
	size_t at = model_find(m, &after);

	if (at < m->count && place_compare(&m->entries[at].id, &after) == 0)
		at++;
	(void)say_array(t, 1);
	(void)say_array(t, 2);
	(void)say_text(t, "key");
	(void)say_array(t, 1);
	return say_entry(t, &m->entries[at]);
}

/* Answer what is asked now. XREAD has news, or gives up. */
static inline void model_answer(const struct model *m, struct redis_tail *t)
{
	struct tail_command c;
	int rc = 0;

	redis_tail_next(t, &c);
	switch (t->ask) {
	case TAIL_ASK_SERVER:
		rc = say_server(t, m);
		break;
	case TAIL_ASK_TRY_INFO:
		rc = say_info(t, m);
		break;
	case TAIL_ASK_TRY_BACK:
	case TAIL_ASK_TRY_PAGE:
		rc = say_array(t, 0);
		break;
	case TAIL_ASK_TRY_NEWS:
		rc = say_nil(t);
		break;
	case TAIL_ASK_INFO:
		rc = say_info(t, m);
		break;
	case TAIL_ASK_BACK:
		rc = say_back(t, m, c.arguments[2]);
		break;
	case TAIL_ASK_PAGE:
		rc = say_page(t, m, c.arguments[2]);
		break;
	case TAIL_ASK_NEWS:
		rc = model_has_news(m, &c) ? say_news(t, m, &c) : say_nil(t);
		break;
	}
	ck_assert_int_eq(rc, 1);
}

#endif
