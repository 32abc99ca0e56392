/* redis_tail_answer: what the server says, item by item, for redis_tail. */
#include <errno.h>
#include <string.h>

#include "backend/redis_tail.h"
#include "base/hash.h"
#include "proto/resp_items.h"

enum { NEWS_HEAD = 3 }; /* items before the entries */

static int take_server(struct redis_tail *t, const struct resp_part *part)
{
	static const struct hash_key key = { 0 };
	static const char name[] = "run_id:";
	const struct slice text = part->text;
	const char *at = text.len > 0
			     ? memmem(text.ptr, text.len, name, sizeof name - 1)
			     : NULL;
	struct slice rest = slice_of(NULL, 0);
	uint64_t before = t->run;

	if (part->type == RESP_ARRAY)
		return -EPROTO;
	if (at)
		rest = slice_after(text, (size_t)(at - text.ptr));
	t->run = 0;
	if (rest.len > 0)
		rest = slice_cut(&rest, '\r');
	if (rest.len > 0)
		t->run = hash_bytes(&key, rest.ptr, rest.len);
	t->is_other = t->run == 0 || t->run != before;
	redis_tail_ask(t, TAIL_ASK_TRY_INFO);
	return 1;
}

/* That it is no refusal is all there is to it. */
static int take_trial(struct redis_tail *t, const struct resp_part *part)
{
	if (!resp_whole_take(&t->whole, part))
		return 0;
	redis_tail_ask(t, t->ask + 1);
	return 1;
}

static int take_info(struct redis_tail *t, const struct resp_part *part)
{
	int rc = redis_stream_info_take(&t->reader, part);

	if (rc != 1)
		return rc;
	t->info = t->reader.info;
	redis_tail_end_info(t);
	return 1;
}

static int take_entries(struct redis_tail *t, const struct resp_part *part)
{
	bool is_page = t->ask == TAIL_ASK_PAGE;
	int rc = redis_entries_take(&t->entries, part);

	if (rc < 0)
		return rc;
	if (rc == 1) {
		t->page_count++;
		(is_page ? redis_tail_take_new : redis_tail_take_back)(
		    t, &t->entries.entry);
	}
	if (!redis_entries_is_done(&t->entries))
		return 0;
	(is_page ? redis_tail_end_page : redis_tail_end_back)(t);
	return 1;
}

/* An array of one array, of the key and the entries: of one. */
static int look_at_news(struct redis_tail *t, const struct resp_part *part)
{
	int rc;

	if (t->is_nil || t->parts++ < NEWS_HEAD)
		return 0;
	rc = redis_entries_take(&t->entries, part);
	if (rc != 1)
		return rc;
	t->is_fruitful = true;
	t->is_woken = true;
	t->woken = t->entries.entry.id;
	t->woken_hash = t->entries.entry.hash;
	return 0;
}

/* News are read with what is before them; their absence is looked into. */
static int take_news(struct redis_tail *t, const struct resp_part *part)
{
	int rc = look_at_news(t, part);

	if (rc < 0 || !resp_whole_take(&t->whole, part))
		return rc;
	redis_tail_ask(t, t->is_nil || t->state == TAIL_AT_BASE
			      ? TAIL_ASK_INFO
			      : TAIL_ASK_PAGE);
	return 1;
}

/* An error in place of the answer; some of them are one. */
static int take_error(struct redis_tail *t, const struct resp_part *part)
{
	if (t->ask == TAIL_ASK_SERVER &&
	    slice_starts_with(part->text, slice_str("NOPERM")))
		return take_server(t, part);
	if (!slice_starts_with(part->text, slice_str("ERR no such key")))
		return -EREMOTEIO;
	if (t->ask == TAIL_ASK_TRY_INFO)
		return take_trial(t, part);
	if (t->ask != TAIL_ASK_INFO)
		return -EREMOTEIO;
	t->info = (struct redis_stream_info){ 0 };
	redis_tail_end_info(t);
	return 1;
}

static void begin(struct redis_tail *t, const struct resp_part *part)
{
	t->is_begun = true;
	t->is_fruitful = false;
	t->is_nil = part->type == RESP_NIL;
	t->parts = 0;
	resp_whole_begin(&t->whole);
	redis_entries_begin(&t->entries);
	redis_stream_info_begin(&t->reader);
}

int redis_tail_take(struct redis_tail *t, const struct resp_part *part)
{
	if (!t->is_begun) {
		begin(t, part);
		if (part->type == RESP_ERROR)
			return take_error(t, part);
	}
	switch (t->ask) {
	case TAIL_ASK_SERVER:
		return take_server(t, part);
	case TAIL_ASK_TRY_INFO:
	case TAIL_ASK_TRY_BACK:
	case TAIL_ASK_TRY_PAGE:
	case TAIL_ASK_TRY_NEWS:
		return take_trial(t, part);
	case TAIL_ASK_INFO:
		return take_info(t, part);
	case TAIL_ASK_BACK:
	case TAIL_ASK_PAGE:
		return take_entries(t, part);
	case TAIL_ASK_NEWS:
		return take_news(t, part);
	}
	return -EPROTO;
}
