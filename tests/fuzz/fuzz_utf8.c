/*
 * Any bytes as UTF-8: a text is valid exactly when both halves of it are, cut
 * where a character begins; what is before the first bad byte is valid.
 */
#include <stdint.h>
#include <stdlib.h>

#include "base/utf8.h"
#include "proto/names.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool holds)
{
	if (!holds)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice all = slice_of((const char *)data, size);
	size_t bad_at = size;
	bool is_valid = utf8_is_valid(all, &bad_at);
	size_t middle = size / 2;

	while (middle < size && (data[middle] & 0xc0) == 0x80)
		middle++;
	must(is_valid == (utf8_is_valid(slice_of(all.ptr, middle), NULL) &&
			     utf8_is_valid(slice_after(all, middle), NULL)));
	must(is_valid == (bad_at == size));
	must(utf8_is_valid(slice_of(all.ptr, bad_at), NULL));
	must(!room_name_is_valid(all) || is_valid);
	return 0;
}
