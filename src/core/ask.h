/*
 * ask: a question of the main thread to one worker, and the answer. It
 * overtakes the worker's mail, which only wakes it: a worker answers at the end
 * of each turn what it has been asked by then, however much mail waits.
 */
#ifndef CORE_ASK_H
#define CORE_ASK_H

struct outbox;
struct worker;

/*
 * Belongs to who asks, who leaves it alone until on_answer is called.
 */
struct ask {
	struct ask *next; /* among those the worker has not seen */
	unsigned worker;
	/*
	 * The worker's thread, or where that has ended the main one, for a
	 * bounded time. NULL: that it turns is all.
	 */
	void (*on_asked)(struct ask *a, struct worker *w);
	void (*on_answer)(struct ask *a, void *arg); /* main thread */
	void *arg;
};

/* Ask the worker of this number. Main thread. */
void ask(struct outbox *o, unsigned worker, struct ask *a);

/* Answer all. The worker's thread. */
void ask_answer(struct worker *w);

/*
 * The worker's thread has ended: what it has not seen is answered for it, and
 * what it will be asked. Main thread.
 */
void ask_end(struct outbox *o, unsigned worker);

/* MAIL_ANSWER has come: whoever asked hears of it. Main thread. */
void ask_answered(struct ask *a);

#endif
