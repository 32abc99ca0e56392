/*
 * Any bytes as the query of an admin page: what is taken is UTF-8, of names
 * that are known, each once, and no longer than the query.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/utf8.h"
#include "net/admin_params.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char *const known[] = { "a", "room", "limit", NULL };

static void must(bool holds)
{
	if (!holds)
		abort();
}

/* A place that is read is spelt, and read again, as the same. */
static void check_place(const struct admin_params *p)
{
	static struct admin_params again;
	uint64_t numbers[3] = { 0 }, others[3] = { 0 };
	struct buf text = { 0 };
	struct err e;

	if (admin_params_text(p, "a").len == 0 ||
	    admin_params_place(p, "a", numbers, 3, &e) < 0)
		return;
	buf_puts(&text, "a=");
	admin_params_put_place(&text, numbers, 3);
	/* Without its quotes. */
	text.len -= 2;
	memmove(text.data + 2, text.data + 3, text.len - 2);
	must(admin_params_read(&again, buf_slice(&text), known, &e) == 0);
	must(admin_params_place(&again, "a", others, 3, &e) == 0);
	must(!memcmp(numbers, others, sizeof numbers));
	buf_fini(&text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct admin_params p;
	struct slice query = slice_of((const char *)data, size);
	size_t used = 0;
	uint64_t number;
	struct err e;

	if (admin_params_read(&p, query, known, &e) < 0)
		return 0;
	must(size <= ADMIN_QUERY_MAX && p.count <= 3);
	for (size_t i = 0; known[i]; i++) {
		struct slice value = admin_params_text(&p, known[i]);

		must(utf8_is_valid(value, NULL));
		used += value.len;
	}
	must(used <= size);
	check_place(&p);
	if (admin_params_number(&p, "limit", 1000, 7, &number, &e) == 0)
		must(number >= 1 && number <= 1000);
	return 0;
}
