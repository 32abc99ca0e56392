#include "core/note.h"

#include <assert.h>
#include <stdio.h>

#include "core/message.h"
#include "core/metrics.h"
#include "proto/sse.h"

static const char *const words[] = {
	[NOTE_AT] = "at",
	[NOTE_GAP] = "gap",
	[NOTE_WELCOME] = "welcome",
};

/* As an event stream tells it: where it is, a browser keeps without a word. */
static struct sse_event event_of(
    struct slice id, enum note_word word, struct slice tail)
{
	struct sse_event event = { .id = id };

	switch (word) {
	case NOTE_NONE:
		break;
	case NOTE_AT:
		event.is_silent = true;
		break;
	case NOTE_GAP:
		event.type = SSE_GAP;
		event.data = id;
		break;
	case NOTE_WELCOME:
		event.type = SSE_WELCOME;
		event.data = tail;
		break;
	}
	return event;
}

struct message *note_new(struct slice id, uint64_t position,
    enum note_word word, struct slice tail, uint32_t refs,
    struct metrics *metrics)
{
	static const struct aim nobody; /* who gets it is not in it */
	const struct sse_event event = event_of(id, word, tail);
	char text[NOTE_TEXT_MAX + 1];
	int len = snprintf(text, sizeof text, "%.*s %s\n%.*s", (int)id.len,
	    id.ptr, words[word], (int)tail.len, tail.ptr);
	const struct message_parts parts = {
		.content = slice_of(text, (size_t)len),
		.kind = CONTENT_TEXT,
		.kinds = 1 << MESSAGE_AS_TEXT | 1 << MESSAGE_AS_EVENT_WITH_ID,
		.after = position,
		.note = (uint8_t)word,
		.event = &event,
	};
	struct message *m;

	assert(len > 0 && len <= NOTE_TEXT_MAX);
	m = message_new(&parts, &nobody, refs);
	if (m)
		metrics_add(metrics, METRIC_QUEUED_MEMORY, m->bytes);
	return m;
}
