#include "sys/pieces.h"

#include "base/slice.h"

struct pieces pieces_of(const struct iovec *iov, int count, size_t max)
{
	struct pieces p = { .iov = iov };

	for (int i = 0; i < count && p.len < max; i++)
		p.len += iov[i].iov_len;
	if (p.len > max)
		p.len = max;
	return p;
}

/* What is left of the first piece. */
static struct slice rest_of_first(const struct pieces *p)
{
	return slice_of(
	    (const char *)p->iov->iov_base + p->at, p->iov->iov_len - p->at);
}

void pieces_skip(struct pieces *p, size_t count)
{
	p->len -= count;
	p->at += count;
	while (p->len > 0 && p->at >= p->iov->iov_len) {
		p->at -= p->iov->iov_len;
		p->iov++;
	}
}

/* The first len bytes of these to copy. */
static void gather(struct pieces p, char *copy, size_t len)
{
	while (len > 0) {
		struct slice first = rest_of_first(&p);

		if (first.len > len)
			first.len = len;
		copy = slice_put(first, copy);
		len -= first.len;
		pieces_skip(&p, first.len);
	}
}

const char *pieces_first(const struct pieces *p, char *copy, size_t len)
{
	struct slice first = rest_of_first(p);

	if (first.len >= len)
		return first.ptr;
	gather(*p, copy, len);
	return copy;
}
