/*
 * pending: what is kept of a request, and what a worker keeps for those who
 * come next.
 */
#include "base/mem.h"
#include "clientrig.h"
#include "net/pending.h"

enum { MANY = PENDING_SPARES + 20 };

static const char yaml[] = "listen: [{address: '127.0.0.1:0'}]\n"
			   "routes: [{path: /, rooms: [a]}]\n";

static struct clientrig r;
static struct conn *many[MANY];
static int ends[MANY];

static void set_up(void)
{
	client_init(&r, yaml, true);
	for (size_t i = 0; i < MANY; i++) {
		client_connect(&r);
		many[i] = r.c;
		ends[i] = r.fd;
	}
	r.fd = -1;
}

static void tear_down(void)
{
	for (size_t i = 0; i < MANY; i++)
		(void)close(ends[i]);
	client_fini(&r);
}

/* Keep the first len bytes of a request with this many headers. */
static struct pending *keep(struct conn *c, size_t len, size_t headers)
{
	static char bytes[2 * PENDING_SPARE_BYTES];
	static struct http_head head;
	const struct request rq = { .head = &head,
		.bytes = slice_of(bytes, len) };

	memset(bytes, 'x', sizeof bytes);
	memset(&head, 0xff, sizeof head);
	head.header_count = headers;
	ck_assert_int_eq(pending_keep(c, &rq), 0);
	return c->pending;
}

START_TEST(a_request_is_kept_with_the_headers_that_count)
{
	const struct request *rq;
	struct request kept;
	struct pending *p;

	set_up();
	p = keep(many[0], 100, 3);
	kept = pending_request(many[0]);
	rq = &kept;
	ck_assert_ptr_eq(rq->head, &p->head);
	ck_assert_uint_eq(rq->head->header_count, 3);
	ck_assert_uint_eq(rq->head->headers[2].value.len, UINT16_MAX);
	ck_assert_uint_eq(rq->bytes.len, 100);
	ck_assert_int_eq(rq->bytes.ptr[99], 'x');
	tear_down();
}
END_TEST

START_TEST(one_that_was_used_is_as_new)
{
	struct pending *p, *again;

	set_up();
	p = keep(many[0], 100, HTTP_MAX_HEADERS);
	pending_set_door(p, 1);
	p->awaits_proxy = p->awaits_address = true;
	p->refuse_with = REFUSED_FULL;
	pending_drop(many[0]);
	ck_assert_ptr_null(many[0]->pending);
	again = pending_need(many[1]);
	ck_assert(!mem_may_keep(true) || again == p);
	ck_assert_uint_eq(again->in.len, 0);
	ck_assert_uint_eq(again->head.size + again->head.header_count, 0);
	ck_assert(!again->head.has_request_line);
	ck_assert(!again->knows_door && !again->awaits_proxy);
	ck_assert(!again->awaits_address && !again->refuse_with);
	ck_assert_ptr_null(again->match);
	ck_assert_ptr_null(again->call);
	ck_assert_ptr_null(pending_listen(many[1]));
	tear_down();
}
END_TEST

START_TEST(so_many_are_kept_and_no_more)
{
	set_up();
	for (size_t i = 0; i < MANY; i++)
		(void)keep(many[i], 100, 1);
	ck_assert_uint_eq(r.net.spare_count, 0);
	for (size_t i = 0; i < MANY; i++)
		pending_drop(many[i]);
	ck_assert_uint_eq(
	    r.net.spare_count, mem_may_keep(true) ? PENDING_SPARES : 0);
	r.fake.shared.ops->on_quiet(r.fake.worker);
	ck_assert_uint_eq(r.net.spare_count, 0);
	ck_assert_ptr_null(r.net.spares);
	tear_down();
}
END_TEST

START_TEST(memory_for_a_large_head_is_not_kept)
{
	set_up();
	(void)keep(many[0], PENDING_SPARE_BYTES, 1);
	pending_drop(many[0]);
	if (mem_may_keep(true))
		ck_assert_uint_eq(r.net.spares->in.cap, PENDING_SPARE_BYTES);
	(void)keep(many[0], PENDING_SPARE_BYTES + 1, 1);
	pending_drop(many[0]);
	ck_assert_uint_eq(r.net.spare_count, mem_may_keep(true));
	if (mem_may_keep(true))
		ck_assert_uint_eq(r.net.spares->in.cap, 0);
	tear_down();
}
END_TEST

START_TEST(one_that_was_given_back_is_out_of_reach)
{
	struct pending *p;

	set_up();
	p = keep(many[0], 100, 1);
	ck_assert(!mem_is_out_of_reach(&p->door));
	pending_drop(many[0]);
	ck_assert(mem_is_out_of_reach(&p->door) == SANITIZER_ADDRESS);
	tear_down();
}
END_TEST

UNIT_MAIN("net/pending", a_request_is_kept_with_the_headers_that_count,
    one_that_was_used_is_as_new, so_many_are_kept_and_no_more,
    memory_for_a_large_head_is_not_kept,
    one_that_was_given_back_is_out_of_reach)
