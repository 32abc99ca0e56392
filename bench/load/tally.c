#include "tally.h"

enum verdict { IN_ORDER, LATE, AGAIN };

/*
 * next_seq is one above the highest that came; seen remembers the 64 below
 * it, so that a late one and a second one are told apart.
 */
static enum verdict judge(struct wsclient *c, uint64_t seq)
{
	uint64_t behind;

	if (seq >= c->next_seq) {
		uint64_t ahead = seq - c->next_seq + 1;

		c->seen = (ahead < 64 ? c->seen << ahead : 0) | 1;
		c->next_seq = seq + 1;
		return IN_ORDER;
	}
	behind = c->next_seq - 1 - seq;
	if (behind >= 64 || (c->seen >> behind & 1))
		return AGAIN;
	c->seen |= UINT64_C(1) << behind;
	return LATE;
}

bool tally_add(
    struct tally *t, struct wsclient *client, uint64_t size, uint64_t now_ns)
{
	enum verdict verdict;

	if (!client->is_ours || client->size != size) {
		t->damaged++;
		return false;
	}
	if (client->message.room != client->room) {
		t->foreign++;
		return false;
	}
	verdict = judge(client, client->message.seq);
	t->duplicated += verdict == AGAIN;
	t->reordered += verdict == LATE;
	if (verdict == AGAIN)
		return false;
	t->delivered++;
	histogram_add(&t->latency, now_ns > client->message.sent_ns
				       ? now_ns - client->message.sent_ns
				       : 0);
	return true;
}
