/* What a worker tells of its seats: a page at a time. */
#include <stdio.h>

#include "conf/conf_route.h"
#include "core/presence.h"
#include "core/seats_page.h"
#include "fakeworker.h"
#include "unit.h"

static struct fakeworker f; /* aligned: the stack of ASan is not */
static char path[] = "/here";
static struct conf_route route = {
	.path = path,
	.conf = &f.conf,
	.presence = CONF_PRESENCE_COUNT,
};

static void setup(void)
{
	fake_init(&f, false);
}

static void teardown(void)
{
	fake_fini(&f);
}

/* One in this many rooms is present. */
static void come(unsigned rooms)
{
	struct conn *c = fake_connect(&f, CONN_OPEN);
	char room[16];

	conn_set_route(c, &route);
	for (unsigned i = 0; i < rooms; i++) {
		(void)snprintf(room, sizeof room, "r%u", i);
		fake_join(&f, c, room);
	}
	presence_open(c);
}

static void count_change(
    void *arg, struct slice name, uint64_t hash, int32_t more)
{
	(void)name;
	(void)hash;
	ck_assert_int_eq(more, 1);
	++*(unsigned *)arg;
}

/* How many seats the main thread has been told of, in one mail each time. */
static unsigned told(void)
{
	size_t count;
	struct mail *mail = mailbox_take(f.shared.hub, &count);
	unsigned seats = 0, pages = 0;

	for (size_t i = 0; i < count; i++) {
		if (mail[i].kind == MAIL_PRESENCE) {
			seats_page_read(mail[i].item, count_change, &seats);
			pages++;
		}
		mail_drop(&mail[i]);
	}
	ck_assert_uint_eq(pages, 1);
	return seats;
}

/* The main thread does nothing else while it reads one. */
START_TEST(many_seats_are_told_of_in_pages)
{
	enum { ROOMS = 5000, MOST = 2000 };
	unsigned seats = 0;
	bool is_more = true;

	come(ROOMS);
	while (is_more) {
		unsigned page;

		is_more = presence_tell(f.worker);
		page = told();
		ck_assert_uint_le(page, MOST);
		seats += page;
	}
	ck_assert_uint_eq(seats, ROOMS);
	ck_assert(!presence_tell(f.worker));
}
END_TEST

UNIT_MAIN_WITH(
    setup, teardown, "core/presence", many_seats_are_told_of_in_pages)
