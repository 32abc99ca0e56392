#include "proto/hash_tag.h"

#include <string.h>

struct slice hash_tag_of(struct slice key)
{
	struct slice rest = key, tag;

	(void)slice_cut(&rest, '{');
	tag = rest;
	tag = slice_cut(&tag, '}');
	return tag.len > 0 && tag.len < rest.len ? tag : key;
}

/* A '}' would end it too soon. */
bool hash_tag_can_be(struct slice tag)
{
	return tag.len > 0 && !memchr(tag.ptr, '}', tag.len);
}
