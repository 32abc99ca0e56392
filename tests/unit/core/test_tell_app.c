/*
 * What the app is told goes to the hub by mail, as far as that has place: the
 * rest is counted, and the log tells of it once.
 */
#include "base/log_recent.h"
#include "base/reached.h"
#include "tellrig.h"
#include "unit.h"

/* Events that wait; they are handled then. */
static unsigned taken(void)
{
	size_t count;
	struct mail *mail = mailbox_take(f.shared.hub, &count);
	unsigned events = 0;

	for (size_t i = 0; i < count; i++) {
		if (mail[i].kind == MAIL_APP_EVENT) {
			struct app_event *e = mail[i].item;

			events++;
			mailbox_done(f.shared.hub, e->bytes);
		}
		mail_drop(&mail[i]);
	}
	return events;
}

/* Lines that told of a loss because of this. */
static uint64_t told(const char *why)
{
	static struct log_recent recent[LOG_RECENT_MAX];
	size_t count = log_recent_copy(recent);

	for (size_t i = 0; i < count; i++)
		if (!strcmp(recent[i].message, "events are lost") &&
		    strstr(recent[i].values, why))
			return recent[i].count;
	return 0;
}

START_TEST(a_full_mailbox_is_told_of_once_until_it_is_calm)
{
	const char *why = "too many wait for the main thread";

	come();
	ck_assert_uint_eq(taken(), 1);
	mailbox_post(f.shared.hub, &(struct mail){ MAIL_HAS_SPACE, 0, NULL }, 1,
	    APP_EVENTS_WAITING_MAX);
	for (int i = 0; i < 3; i++)
		come();
	ck_assert_uint_eq(taken(), 0);
	ck_assert_uint_eq(fake_metric(&f, METRIC_EVENTS_LOST), 3);
	ck_assert_uint_eq(fake_metric(&f, METRIC_EVENTS_CONNECTED), 1);
	ck_assert_uint_eq(told(why), 1);

	f.worker->now_ms += REACHED_CALM_MS;
	come();
	ck_assert_uint_eq(told(why), 2);

	mailbox_done(f.shared.hub, APP_EVENTS_WAITING_MAX);
	come();
	ck_assert_uint_eq(taken(), 1);
	ck_assert_uint_eq(fake_metric(&f, METRIC_EVENTS_LOST), 4);
}
END_TEST

UNIT_MAIN_WITH(set_up, tear_down, "core/tell_app",
    a_full_mailbox_is_told_of_once_until_it_is_calm)
