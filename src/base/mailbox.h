/*
 * mailbox: how threads hand each other things. Many writers, one reader.
 *
 * Writers push a batch under one lock and wake a sleeping reader with one
 * eventfd write; the reader takes everything at once and handles it without
 * the lock. What an item is, and who frees it, is between the two sides.
 */
#ifndef BASE_MAILBOX_H
#define BASE_MAILBOX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct mail {
	uint32_t kind;  /* one of the owner's enum */
	uint32_t value; /* for kinds that need no item */
	void *item;     /* ownership passes to the reader */
};

struct mailbox;

/* A mailbox that is empty and whose reader sleeps, or NULL (errno). */
struct mailbox *mailbox_new(void);
/*
 * The only writer is on the reader's thread, which looks into the mailbox at
 * the end of each turn of its loop: it is never woken. Before the first post.
 */
void mailbox_set_local(struct mailbox *box);
/*
 * The only writer is on the reader's thread, whose loop may be at anything: fn
 * is called with arg instead of making mailbox_fd readable, and again by each
 * mailbox_sleep that finds mail. Before the first post.
 */
void mailbox_set_waker(struct mailbox *box, void (*fn)(void *arg), void *arg);
/* Free a mailbox that both sides are done with, but no item inside. */
void mailbox_free(struct mailbox *box);

/* Readable while the reader should run; the mailbox keeps the ownership. */
int mailbox_fd(const struct mailbox *box);

/*
 * Append count mails in order, all or none visible at once. bytes is what
 * they hold in memory, for mailbox_bytes. Aborts when memory is out: writers
 * bound what they post by mailbox_bytes. Any thread.
 */
void mailbox_post(
    struct mailbox *box, const struct mail *mails, size_t count, size_t bytes);

/*
 * Take all mails: *count of them, in order, valid until the next take.
 * Reader only.
 */
struct mail *mailbox_take(struct mailbox *box, size_t *count);

/* Say that bytes of what was taken are handled and freed. Reader only. */
void mailbox_done(struct mailbox *box, size_t bytes);

/* Bytes posted and not yet done. Any thread. */
size_t mailbox_bytes(const struct mailbox *box);

/*
 * Try to sleep: true when the mailbox is empty, and nobody is woken then until
 * the next post. False: there is mail. Reader only.
 */
bool mailbox_sleep(struct mailbox *box);

#endif
