/*
 * list: an intrusive doubly linked list. The head is a node that points at
 * itself when the list is empty. Adding, removing and moving cost O(1) and
 * cannot fail. A node that is in no list points at itself too, so that
 * list_del may be called twice.
 */
#ifndef BASE_LIST_H
#define BASE_LIST_H

#include <stdbool.h>
#include <stddef.h>

struct list {
	struct list *prev;
	struct list *next;
};

/* The struct of the given type that holds this member. */
#define container_of(ptr, type, member) \
	((type *)(void *)((char *)(ptr)-offsetof(type, member)))

static inline void list_init(struct list *node)
{
	node->prev = node->next = node;
}

static inline bool list_is_empty(const struct list *head)
{
	return head->next == head;
}

/* Append node, which is in no list, as the last. */
static inline void list_add(struct list *head, struct list *node)
{
	node->prev = head->prev;
	node->next = head;
	head->prev->next = node;
	head->prev = node;
}

static inline void list_del(struct list *node)
{
	node->prev->next = node->next;
	node->next->prev = node->prev;
	list_init(node);
}

/* Move all of from to the empty head to; from is empty afterwards. */
static inline void list_take(struct list *to, struct list *from)
{
	if (list_is_empty(from)) {
		list_init(to);
		return;
	}
	*to = *from;
	to->next->prev = to;
	to->prev->next = to;
	list_init(from);
}

/* Move all of from behind what is in to; from is empty afterwards. */
static inline void list_join(struct list *to, struct list *from)
{
	if (list_is_empty(from))
		return;
	from->next->prev = to->prev;
	to->prev->next = from->next;
	from->prev->next = to;
	to->prev = from->prev;
	list_init(from);
}

#define list_foreach(pos, head) \
	for (struct list *pos = (head)->next; pos != (head); pos = pos->next)

/* As list_foreach; the body may remove pos (and only pos). */
#define list_foreach_safe(pos, head)                                   \
	for (struct list *pos = (head)->next, *pos##_next = pos->next; \
	     pos != (head); pos = pos##_next, pos##_next = pos->next)

#endif
