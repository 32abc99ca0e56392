#include "core/turn_mail.h"

#include <stdatomic.h>
#include <stdlib.h>

#include "base/fatal.h"
#include "base/mailbox.h"
#include "core/behind.h"
#include "core/bulk.h"
#include "core/closing.h"
#include "core/command.h"
#include "core/fanout.h"
#include "core/gap.h"
#include "core/mail.h"
#include "core/membership.h"
#include "core/message.h"
#include "core/resume.h"
#include "core/retell.h"
#include "core/run.h"
#include "core/spares.h"
#include "core/steer.h"
#include "core/sweep.h"
#include "core/transport.h"
#include "core/worker.h"

/*
 * A turn's bounds. More messages make better batches (one writev carries all
 * that a connection was queued), fewer make a shorter sweep; a sweep over
 * 9,000 members without a bound on connections held up handshakes for 150 ms.
 */
enum {
	TURN_MAILS = SWEEP_MESSAGES,
	TURN_BYTES = SWEEP_BYTES,
	TURN_DELIVERIES = 1 << 18, /* references queued, and the like */
};

enum { HUB_WAITS_BELOW = 1 << 20 }; /* the mailbox is fairly empty again */

/* What a turn has done so far. */
struct spent {
	size_t mails;
	size_t bytes;
	size_t deliveries;
};

static void say_done(struct worker *w, size_t size, struct spent *spent)
{
	mailbox_done(w->mailbox, size);
	spent->bytes += size;
}

/* Takes the reference. False: there is more to do for it, in the next turn. */
static bool take_message(
    struct worker *w, struct message *m, struct spent *spent)
{
	struct sweep *sweep = message_is_large(m) ? &w->bulk.sweep : &w->sweep;
	size_t size = m->bytes; /* it may be gone afterwards */

	if (!w->walk.delivery)
		sweep_add(sweep, m);
	if (!fanout(w, m, TURN_DELIVERIES, &spent->deliveries))
		return false;
	sweep_set_end(sweep, w->dirty.put);
	say_done(w, size, spent);
	return true;
}

static size_t smaller(size_t a, size_t b)
{
	return a < b ? a : b;
}

/* How many of the next mails are messages that go as one: core/run. */
static uint32_t next_run(const struct worker *w, const struct spent *spent)
{
	size_t mails;

	if (!fanout_stays(w))
		return 1;
	mails = smaller(
	    TURN_MAILS - spent->mails, SWEEP_MESSAGES - w->sweep.messages);
	return run_length(w,
	    smaller(mails, (SWEEP_BYTES - w->sweep.bytes) / RUN_MESSAGE_BYTES),
	    TURN_DELIVERIES - spent->deliveries);
}

/* The next message, or several at once. As take_message. */
static bool take_messages(struct worker *w, struct spent *spent)
{
	uint32_t length = next_run(w, spent);

	if (length < 2)
		return take_message(w, w->mail[w->mail_next].item, spent);
	for (uint32_t i = 0; i < length; i++) {
		const struct message *m = w->mail[w->mail_next + i].item;

		sweep_add(&w->sweep, m);
		say_done(w, m->bytes, spent);
	}
	run_deliver(w, length, &spent->deliveries);
	sweep_set_end(&w->sweep, w->dirty.put);
	w->mail_next += length - 1;
	spent->mails += length - 1;
	return true;
}

static void take_replay(struct worker *w, struct resume *r, struct spent *spent)
{
	size_t size = resume_bytes(r);

	spent->deliveries += behind_replay(w, r);
	say_done(w, size, spent);
}

static void take_note(struct worker *w, struct message *m, struct spent *spent)
{
	size_t size = m->bytes;

	behind_tell(w, m);
	spent->deliveries += w->conn_count;
	say_done(w, size, spent);
}

static void take_here(struct worker *w, struct message *m, struct spent *spent)
{
	say_done(w, m->bytes, spent);
	behind_set_here(w, m);
}

static void take_gap(struct worker *w, struct message *m, struct spent *spent)
{
	size_t size = m->bytes;

	gap_tell(w, m);
	spent->deliveries += w->conn_count;
	say_done(w, size, spent);
}

/* As take_message. */
static bool take_command(
    struct worker *w, struct command *cmd, struct spent *spent)
{
	if (!steer(w, cmd, &w->walk, TURN_DELIVERIES, &spent->deliveries))
		return false;
	w->walk = (struct walk){ .delivery = NULL };
	say_done(w, cmd->bytes, spent);
	if (cmd->kind == CONTROL_JOIN)
		worker_post(w, MAIL_COMMAND_DONE, 0, cmd);
	else
		command_unref(cmd);
	return true;
}

/* Close all connections, then end. */
static void drain(struct worker *w)
{
	w->is_ending = true;
	w->shared->ops->stop(w);
	closing_begin(w, CLOSE_SHUTDOWN, NULL);
}

/* Those who wait for the room are let in, or refused. */
static void take_room_notice(
    struct worker *w, const struct mail *mail, struct spent *spent)
{
	spent->deliveries += mail->kind == MAIL_ROOM_WATCHED
				 ? membership_watched(w, mail->item)
				 : membership_refused(w, mail->item);
	free(mail->item);
}

/* False: there is more to do for this mail, in the next turn. */
static bool handle(
    struct worker *w, const struct mail *mail, struct spent *spent)
{
	switch ((enum mail_kind)mail->kind) {
	case MAIL_MESSAGE:
		return take_messages(w, spent);
	case MAIL_COMMAND:
		return take_command(w, mail->item, spent);
	case MAIL_REPLAY:
		take_replay(w, mail->item, spent);
		break;
	case MAIL_NOTE:
		take_note(w, mail->item, spent);
		break;
	case MAIL_HERE:
		take_here(w, mail->item, spent);
		break;
	case MAIL_GAP:
		take_gap(w, mail->item, spent);
		break;
	case MAIL_ROOMS_GAP:
		spent->deliveries += gap_take_rooms(w, mail->item);
		break;
	case MAIL_ROOM_WATCHED:
	case MAIL_ROOM_REFUSED:
		take_room_notice(w, mail, spent);
		break;
	case MAIL_CONF:
		worker_use_conf(w, mail->item);
		break;
	case MAIL_KEYS:
		w->shared->ops->on_keys(w);
		break;
	case MAIL_ASK: /* the end of the turn answers */
		break;
	case MAIL_QUIET:
		spares_free(w);
		w->shared->ops->on_quiet(w);
		break;
	case MAIL_RENAMED:
		retell_begin(w, mail->value);
		break;
	case MAIL_CLOSE_ALL:
		closing_begin(w, (enum close_reason)mail->value, NULL);
		break;
	case MAIL_DRAIN:
		drain(w);
		break;
	case MAIL_ROOM_OPENED: /* these go to the hub */
	case MAIL_ROOM_EMPTY:
	case MAIL_RESUME:
	case MAIL_COMMAND_DONE:
	case MAIL_REACHED:
	case MAIL_APP_EVENT:
	case MAIL_PRESENCE:
	case MAIL_ANSWER:
	case MAIL_HAS_SPACE:
	case MAIL_KEYS_WANTED:
	case MAIL_WORKER_DONE:
		fatal("worker", "mail for the hub");
	}
	return true;
}

static void tell_hub_of_space(struct worker *w)
{
	if (atomic_load_explicit(&w->hub_waits, memory_order_relaxed) &&
	    mailbox_bytes(w->mailbox) < HUB_WAITS_BELOW &&
	    atomic_exchange(&w->hub_waits, false))
		worker_post(w, MAIL_HAS_SPACE, w->index, NULL);
}

/*
 * Whether too much is under way for a message: it would pile up where nobody is
 * slow. Large ones are taken one by one, and when no small one is under way: in
 * the queue of a connection it must not stand in front (core/bulk).
 */
static bool must_wait(const struct worker *w, const struct mail *mail)
{
	if (mail->kind != MAIL_MESSAGE || w->walk.delivery)
		return false;
	if (message_is_large(mail->item))
		return w->sweep.messages > 0 || w->bulk.sweep.messages > 0 ||
		       bulk_is_busy(w);
	return sweep_is_full(&w->sweep);
}

bool turn_take_mail(struct worker *w)
{
	struct spent spent = { 0 };

	while (spent.mails < TURN_MAILS && spent.bytes < TURN_BYTES &&
	       spent.deliveries < TURN_DELIVERIES) {
		if (w->mail_next == w->mail_count) {
			w->mail = mailbox_take(w->mailbox, &w->mail_count);
			w->mail_next = 0;
			if (w->mail_count == 0)
				break;
		}
		if (must_wait(w, &w->mail[w->mail_next]))
			break;
		mail_fetch_rooms(&w->rooms, &w->mail[w->mail_next],
		    w->mail_count - w->mail_next);
		fanout_fetch(w);
		if (handle(w, &w->mail[w->mail_next], &spent))
			w->mail_next++;
		spent.mails++;
	}
	tell_hub_of_space(w);
	return w->mail_next < w->mail_count;
}

void turn_drop_mail(struct worker *w)
{
	if (w->walk.delivery) { /* it has the message's reference */
		spares_unref_delivery(w, w->walk.delivery);
		w->mail_next++;
	}
	for (;;) {
		if (w->mail_next == w->mail_count) {
			w->mail = mailbox_take(w->mailbox, &w->mail_count);
			w->mail_next = 0;
			if (w->mail_count == 0)
				return;
		}
		mail_drop(&w->mail[w->mail_next++]);
	}
}
