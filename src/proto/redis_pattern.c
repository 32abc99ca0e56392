#include "proto/redis_pattern.h"

void redis_pattern_write(struct buf *out, struct slice prefix)
{
	static const char special[] = "*?[]\\";

	for (size_t i = 0; i < prefix.len; i++) {
		if (memchr(special, prefix.ptr[i], sizeof special - 1))
			buf_puts(out, "\\");
		buf_putn(out, &prefix.ptr[i], 1);
	}
	buf_puts(out, "*");
}
