#include "net/visit.h"

#include <stdio.h>
#include <string.h>

#include "net/request.h"
#include "proto/http_fields.h"

enum {
	SEGMENT_MAX = 64, /* a longer one may be a token: it has a beginning */
	SEGMENT_BEGIN = 8,
};

/* The path as it is shown, from *path up to the next '/' that it passes. */
static void put_segment(struct slice *path, char *out, size_t *len)
{
	const char *end = memchr(path->ptr, '/', path->len);
	size_t size = end ? (size_t)(end - path->ptr) : path->len;
	size_t shown = size > SEGMENT_MAX ? SEGMENT_BEGIN : size;

	*len += (size_t)sprintf(out + *len, "%.*s%s%s", (int)shown, path->ptr,
	    shown < size ? "..." : "", end ? "/" : "");
	*path = slice_after(*path, end ? size + 1 : size);
}

static void show_path(struct slice path, char out[VISIT_PATH_MAX])
{
	size_t len = 0;

	out[0] = '\0';
	while (path.len > 0 && len < VISIT_PATH_MAX - SEGMENT_MAX - 8)
		put_segment(&path, out, &len);
	if (path.len > 0)
		memcpy(out + len, "...", 4);
}

void visit_read(struct visit *v, const struct request *r)
{
	const char *bytes = r->bytes.ptr;

	*v = (struct visit){ .path = "" };
	if (!r->head)
		return;
	if (r->head->path.len > 0)
		show_path(http_path(r->head, bytes), v->path);
	v->origin = http_header(r->head, bytes, "origin", NULL);
	v->agent = http_header(r->head, bytes, "user-agent", NULL);
}
