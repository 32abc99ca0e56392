/*
 * resp: hiredis parses, our reply functions collect.
 *
 * Each item is appended to one flat array and its text to one arena; both
 * are used again for the next value. Texts are kept as offsets until the
 * value is whole, because the arena moves as it grows, and are copied at
 * all because hiredis moves its own buffer behind a whole value.
 *
 * hiredis buffers a string of any announced length. What it waits for is
 * therefore looked at whenever it asks for more, and refused by its header.
 */
#include "proto/resp.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <hiredis/hiredis.h>

#include "base/fatal.h"
#include "base/mem.h"
#include "proto/inline.h"

enum {
	KEEP_BYTES = 1 << 20, /* more than this is given back when done with */
	HEADER_MAX = 32,      /* "9223372036854775807\r\n" and some room */
	TYPE_UNKNOWN = -1,    /* hiredis has not read the type byte yet */
};

struct resp_reader {
	redisReader *in; /* owned */
	size_t max_string;
	size_t peak;         /* the most that in has held at once */
	const char *refused; /* why a reply function refused, or NULL */
	bool is_array;
	size_t count;
	struct resp_item items[RESP_MAX_ITEMS];
	size_t at[RESP_MAX_ITEMS]; /* where an item's text is in the arena */
	struct buf arena;
};

static void *refuse(struct resp_reader *r, const char *why)
{
	r->refused = why;
	return NULL;
}

/* Append an item; hiredis wants any pointer but NULL for the object. */
static void *add_item(
    struct resp_reader *r, enum resp_type type, struct slice text)
{
	/* on_array admits no more than there is room for. */
	assert(r->count < RESP_MAX_ITEMS);
	r->at[r->count] = r->arena.len;
	if (buf_append(&r->arena, text.ptr, text.len) < 0)
		return refuse(r, "out of memory");
	r->items[r->count++] =
	    (struct resp_item){ type, slice_of(NULL, text.len) };
	return r;
}

static void *on_string(const redisReadTask *task, char *text, size_t len)
{
	struct resp_reader *r = task->privdata;

	switch (task->type) {
	case REDIS_REPLY_STRING:
		if (len > r->max_string)
			return refuse(r, "a string is too long");
		if (text[len] != '\r' || text[len + 1] != '\n')
			return refuse(r, "a string has another length than "
					 "announced");
		return add_item(r, RESP_STRING, slice_of(text, len));
	case REDIS_REPLY_STATUS:
		return add_item(r, RESP_STATUS, slice_of(text, len));
	case REDIS_REPLY_ERROR:
		return add_item(r, RESP_ERROR, slice_of(text, len));
	default:
		return refuse(r, "a type that is not RESP2");
	}
}

/* Checked by hiredis; nobody here asks which. */
static void *on_integer(const redisReadTask *task, long long integer)
{
	(void)integer;
	return add_item(task->privdata, RESP_INTEGER, slice_of(NULL, 0));
}

/* $-1 or *-1; RESP3 has a nil of its own. */
static void *on_nil(const redisReadTask *task)
{
	if (task->type != REDIS_REPLY_STRING && task->type != REDIS_REPLY_ARRAY)
		return refuse(task->privdata, "a type that is not RESP2");
	return add_item(task->privdata, RESP_NIL, slice_of(NULL, 0));
}

static void *take_array(const redisReadTask *task, size_t count)
{
	struct resp_reader *r = task->privdata;

	if (task->type != REDIS_REPLY_ARRAY)
		return refuse(r, "a type that is not RESP2");
	if (task->parent)
		return refuse(r, "an array in an array");
	if (count > RESP_MAX_ITEMS)
		return refuse(r, "an array has too many items");
	r->is_array = true;
	return r;
}

static void free_nothing(void *object)
{
	(void)object; /* all memory is the reader's own */
}

/* The two generations of hiredis differ in these functions and the stack. */
#if HIREDIS_MAJOR >= 1
static void *on_array(const redisReadTask *task, size_t count)
{
	return take_array(task, count);
}

static void *on_double(
    const redisReadTask *task, double number, char *text, size_t len)
{
	(void)number, (void)text, (void)len;
	return refuse(task->privdata, "a type that is not RESP2");
}

static void *on_bool(const redisReadTask *task, int truth)
{
	(void)truth;
	return refuse(task->privdata, "a type that is not RESP2");
}

static const redisReadTask *task_at(const redisReader *in, int depth)
{
	return in->task[depth];
}
#else
static void *on_array(const redisReadTask *task, int count)
{
	return take_array(task, (size_t)count);
}

static const redisReadTask *task_at(const redisReader *in, int depth)
{
	return &in->rstack[depth];
}
#endif

static redisReader *new_reader(struct resp_reader *r)
{
	/* hiredis never writes to it, but takes no pointer to const. */
	static redisReplyObjectFunctions functions = {
		.createString = on_string,
		.createArray = on_array,
		.createInteger = on_integer,
		.createNil = on_nil,
#if HIREDIS_MAJOR >= 1
		.createDouble = on_double,
		.createBool = on_bool,
#endif
		.freeObject = free_nothing,
	};
	redisReader *in = redisReaderCreateWithFunctions(&functions);

	if (in) {
		in->privdata = r;
		in->maxbuf = 0; /* give_back decides when memory goes back */
	}
	return in;
}

struct resp_reader *resp_reader_new(size_t max_string)
{
	struct resp_reader *r = xcalloc(1, sizeof *r);

	r->max_string = max_string;
	r->in = new_reader(r);
	if (!r->in)
		fatal("resp", "cannot make a reader: out of memory");
	return r;
}

void resp_reader_free(struct resp_reader *r)
{
	if (!r)
		return;
	redisReaderFree(r->in);
	buf_fini(&r->arena);
	free(r);
}

void resp_reader_set_max(struct resp_reader *r, size_t max_string)
{
	r->max_string = max_string;
}

/* Between two values no item of the next one has been read yet. */
static bool is_between_values(const struct resp_reader *r)
{
	return r->in->ridx < 0 ||
	       (r->in->ridx == 0 && task_at(r->in, 0)->type == TYPE_UNKNOWN);
}

/* The bytes that are fed and not parsed yet. */
static struct slice unparsed(const struct resp_reader *r)
{
	if (!r->in->buf) /* so after an error */
		return slice_of(NULL, 0);
	return slice_of(r->in->buf + r->in->pos, r->in->len - r->in->pos);
}

/*
 * After something huge, go on with small buffers. This is also what discards
 * inline commands: hiredis does it only behind values of its own.
 */
static void give_back(struct resp_reader *r)
{
	struct slice rest;
	redisReader *fresh;

	if (r->peak <= KEEP_BYTES || r->in->err || !is_between_values(r))
		return;
	rest = unparsed(r);
	if (rest.len > KEEP_BYTES / 2)
		return;
	fresh = new_reader(r);
	if (!fresh)
		return;
	if (rest.len > 0 &&
	    redisReaderFeed(fresh, rest.ptr, rest.len) != REDIS_OK) {
		redisReaderFree(fresh);
		return;
	}
	redisReaderFree(r->in);
	r->in = fresh;
	r->peak = rest.len;
}

int resp_feed(struct resp_reader *r, const char *bytes, size_t len)
{
	give_back(r);
	if (redisReaderFeed(r->in, bytes, len) != REDIS_OK)
		return -ENOMEM;
	if (r->in->len > r->peak)
		r->peak = r->in->len;
	return 0;
}

/* The fault of the unfinished item that hiredis waits for, or NULL. */
static const char *find_fault(const struct resp_reader *r)
{
	struct slice rest = unparsed(r);
	bool is_long = rest.len > HEADER_MAX;

	if (rest.len == 0 || is_between_values(r))
		return NULL;
	switch (task_at(r->in, r->in->ridx)->type) {
	case TYPE_UNKNOWN:
		return NULL;
	case REDIS_REPLY_STATUS:
	case REDIS_REPLY_ERROR:
		return rest.len > RESP_MAX_LINE ? "a line is too long" : NULL;
	case REDIS_REPLY_INTEGER:
	case REDIS_REPLY_ARRAY:
		return is_long ? "a number is too long" : NULL;
	case REDIS_REPLY_STRING:
		if (!memmem(
			rest.ptr, is_long ? HEADER_MAX : rest.len, "\r\n", 2))
			return is_long ? "a length is too long" : NULL;
		/* hiredis has checked the number and ends it with NUL. */
		if (strtoull(rest.ptr, NULL, 10) > r->max_string)
			return "a string is too long";
		return NULL;
	default:
		return "a type that is not RESP2";
	}
}

static void start_value(struct resp_reader *r)
{
	if (r->arena.cap > KEEP_BYTES)
		buf_fini(&r->arena);
	r->arena.len = 0;
	r->count = 0;
	r->is_array = false;
}

static void finish_value(struct resp_reader *r, struct resp_value *value)
{
	for (size_t i = 0; i < r->count; i++)
		if (r->items[i].text.len > 0)
			r->items[i].text.ptr = r->arena.data + r->at[i];
	*value = (struct resp_value){ r->is_array, r->count, r->items };
}

int resp_next(struct resp_reader *r, struct resp_value *value, struct err *e)
{
	void *whole = NULL;
	const char *fault;

	if (is_between_values(r))
		start_value(r);
	if (redisReaderGetReply(r->in, &whole) != REDIS_OK)
		return err_set(
		    e, -EPROTO, "%s", r->refused ? r->refused : r->in->errstr);
	if (whole) {
		finish_value(r, value);
		return 1;
	}
	fault = find_fault(r);
	return fault ? err_set(e, -EPROTO, "%s", fault) : 0;
}

/* Split the line of len bytes at the front of what is unparsed; 0 or less. */
static int take_inline(
    struct resp_reader *r, size_t len, struct resp_value *value, struct err *e)
{
	struct slice words[RESP_MAX_ITEMS];
	int count;

	start_value(r);
	*value = (struct resp_value){ true, 0, r->items };
	if (len == 0)
		return 0;
	if (buf_append(&r->arena, unparsed(r).ptr, len) < 0)
		return err_set(e, -EPROTO, "out of memory");
	count = inline_split(r->arena.data, len, words, RESP_MAX_ITEMS);
	if (count < 0)
		return err_set(e, -EPROTO, "%s",
		    count == -E2BIG ? "too many words in a line"
				    : "unbalanced quotes in a line");
	for (int i = 0; i < count; i++)
		r->items[i] = (struct resp_item){ RESP_STRING, words[i] };
	value->count = (size_t)count;
	return 0;
}

/* As resp_next, for the inline command at the front of what is unparsed. */
static int next_inline(
    struct resp_reader *r, struct resp_value *value, struct err *e)
{
	struct slice rest = unparsed(r);
	const char *end = memchr(rest.ptr, '\n', rest.len);
	size_t len = end ? (size_t)(end - rest.ptr) : rest.len;
	int rc;

	if (len > RESP_MAX_LINE)
		return err_set(e, -EPROTO, "a line is too long");
	if (!end)
		return 0;
	rc = take_inline(r, len, value, e);
	r->in->pos += len + 1;
	return rc < 0 ? rc : 1;
}

static bool is_command(const struct resp_value *value)
{
	if (!value->is_array)
		return false;
	for (size_t i = 0; i < value->count; i++)
		if (value->items[i].type != RESP_STRING)
			return false;
	return true;
}

int resp_next_command(
    struct resp_reader *r, struct resp_value *value, struct err *e)
{
	for (;;) {
		bool is_inline = is_between_values(r) && unparsed(r).len > 0 &&
				 *unparsed(r).ptr != '*';
		int rc = is_inline ? next_inline(r, value, e)
				   : resp_next(r, value, e);

		if (rc != 1)
			return rc;
		if (!is_command(value))
			return err_set(e, -EPROTO,
			    "a command is an array of "
			    "strings");
		if (value->count > 0)
			return 1;
	}
}

#define DIGITS(number) #number
#define VERSION(major, minor, patch) \
	DIGITS(major) "." DIGITS(minor) "." DIGITS(patch)

const char *resp_library(void)
{
	return VERSION(HIREDIS_MAJOR, HIREDIS_MINOR, HIREDIS_PATCH);
}
