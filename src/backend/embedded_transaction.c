/*
 * embedded_transaction: a command is queued as the number of its words, then
 * each word's length and bytes. Only this file writes and reads that.
 */
#include "backend/embedded_transaction.h"

#include <assert.h>
#include <errno.h>
#include <string.h>

void embedded_transaction_begin(
    struct transaction *t, struct transaction_budget *budget)
{
	assert(t->state == TRANSACTION_NONE);
	*t =
	    (struct transaction){ .state = TRANSACTION_OPEN, .budget = budget };
}

static size_t size_of(const struct resp_value *command)
{
	size_t size = sizeof(size_t);

	for (size_t i = 0; i < command->count; i++)
		size += sizeof(size_t) + command->items[i].text.len;
	return size;
}

static void put(struct buf *b, const void *p, size_t len)
{
	if (len > 0)
		memcpy(b->data + b->len, p, len);
	b->len += len;
}

int embedded_transaction_add(
    struct transaction *t, const struct resp_value *command)
{
	struct transaction_budget *budget = t->budget;
	size_t size = size_of(command);

	if (t->count == TRANSACTION_COMMANDS_MAX ||
	    size > budget->one - t->queued.len)
		return -E2BIG;
	if (size > budget->all - budget->used)
		return -EDQUOT;
	if (buf_reserve(&t->queued, size) < 0)
		return -ENOMEM;
	budget->used += size;
	put(&t->queued, &command->count, sizeof command->count);
	for (size_t i = 0; i < command->count; i++) {
		struct slice word = command->items[i].text;

		put(&t->queued, &word.len, sizeof word.len);
		put(&t->queued, word.ptr, word.len);
	}
	t->count++;
	return 0;
}

static void forget(struct transaction *t)
{
	if (t->budget)
		t->budget->used -= t->queued.len;
	buf_fini(&t->queued);
	t->count = 0;
	t->at = 0;
}

void embedded_transaction_void(struct transaction *t)
{
	forget(t);
	t->state = TRANSACTION_VOID;
}

void embedded_transaction_run(struct transaction *t)
{
	assert(t->state == TRANSACTION_OPEN);
	t->state = TRANSACTION_RUNNING;
}

static size_t take_size(struct transaction *t)
{
	size_t size;

	memcpy(&size, t->queued.data + t->at, sizeof size);
	t->at += sizeof size;
	return size;
}

bool embedded_transaction_next(struct transaction *t,
    struct resp_item items[RESP_MAX_ITEMS], struct resp_value *command)
{
	size_t count;

	if (t->state != TRANSACTION_RUNNING || t->count == 0)
		return false;
	count = take_size(t);
	for (size_t i = 0; i < count; i++) {
		size_t len = take_size(t);

		items[i] = (struct resp_item){ RESP_STRING,
			slice_of(t->queued.data + t->at, len) };
		t->at += len;
	}
	t->count--;
	*command = (struct resp_value){ true, count, items };
	return true;
}

bool embedded_transaction_is_queuing(const struct transaction *t)
{
	return t->state == TRANSACTION_OPEN || t->state == TRANSACTION_VOID;
}

void embedded_transaction_end(struct transaction *t)
{
	forget(t);
	*t = (struct transaction){ .state = TRANSACTION_NONE };
}
