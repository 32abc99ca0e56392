/*
 * fuzz_inline: words lie within the line, in order, and quoting them again
 * gives the same words.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "proto/inline.h"

enum { MAX_WORDS = 64 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_places(
    const char *line, size_t len, const struct slice *words, int count)
{
	const char *at = line;

	for (int i = 0; i < count; i++) {
		if (words[i].ptr < at)
			abort();
		at = words[i].ptr + words[i].len;
	}
	if (at > line + len)
		abort();
}

/* "..." with every byte as \xHH. */
static void quote(struct buf *out, struct slice word)
{
	buf_puts(out, " \"");
	for (size_t i = 0; i < word.len; i++)
		buf_printf(out, "\\x%02x", (unsigned char)word.ptr[i]);
	buf_puts(out, "\"");
}

static void check_again(const struct slice *words, int count)
{
	struct slice again[MAX_WORDS];
	struct buf line = { 0 };

	buf_puts(&line, " ");
	for (int i = 0; i < count; i++)
		quote(&line, words[i]);
	if (inline_split(line.data, line.len, again, MAX_WORDS) != count)
		abort();
	for (int i = 0; i < count; i++)
		if (!slice_eq(words[i], again[i]))
			abort();
	buf_fini(&line);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice words[MAX_WORDS];
	char *line = malloc(size + 1); /* exact: its end is guarded */
	int count;

	if (!line)
		return 0;
	memcpy(line, data, size);
	line[size] = '\0';
	count = inline_split(line, size, words, MAX_WORDS);
	if (count >= 0) {
		check_places(line, size, words, count);
		check_again(words, count);
	}
	free(line);
	return 0;
}
