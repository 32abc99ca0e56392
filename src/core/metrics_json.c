/* metrics_json: see metrics_json.h. */
#include "core/metrics_json.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "proto/json_write.h"

enum { NAME_MAX_LEN = 64 };

/* A text up to its quote, without what escapes it; then what is behind. */
static const char *take_text(const char *at, struct buf *text)
{
	for (; *at && *at != '"'; at++) {
		bool is_escaped = *at == '\\' && at[1];

		at += is_escaped;
		buf_putn(text, is_escaped && *at == 'n' ? "\n" : at, 1);
	}
	return *at ? at + 1 : at;
}

/* One label, name="text", and the comma behind it. */
static const char *add_label(struct buf *out, const char *at)
{
	char name[NAME_MAX_LEN];
	size_t len = strcspn(at, "=");
	struct buf text = { 0 };

	(void)snprintf(name, sizeof name, "%.*s", (int)len, at);
	at = take_text(at + len + strlen("=\""), &text);
	json_add_text(out, name, buf_slice(&text));
	buf_fini(&text);
	return *at == ',' ? at + 1 : at;
}

void metrics_add_labels(struct buf *out, const char *labels)
{
	while (*labels)
		labels = add_label(out, labels);
}
