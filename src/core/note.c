#include "core/note.h"

#include <assert.h>
#include <stdio.h>

#include "core/message.h"
#include "core/metrics.h"

struct message *note_new(struct slice id, const char *word, struct slice tail,
    uint32_t refs, struct metrics *metrics)
{
	static const struct aim nobody; /* who gets it is not in it */
	char text[NOTE_TEXT_MAX + 1];
	int len = snprintf(text, sizeof text, "%.*s %s\n%.*s", (int)id.len,
	    id.ptr, word, (int)tail.len, tail.ptr);
	const struct message_parts parts = {
		.content = slice_of(text, (size_t)len),
		.kind = CONTENT_TEXT,
		.kinds = 1 << MESSAGE_AS_TEXT,
	};
	struct message *m;

	assert(len > 0 && len <= NOTE_TEXT_MAX);
	m = message_new(&parts, &nobody, refs);
	if (m)
		metrics_add(metrics, METRIC_QUEUED_MEMORY, m->bytes);
	return m;
}
