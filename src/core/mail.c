#include "core/mail.h"

#include <stdlib.h>
#include <string.h>

#include "base/map.h"
#include "base/mem.h"
#include "core/command.h"
#include "core/lost_rooms.h"
#include "core/message.h"
#include "core/new_conf.h"
#include "core/resume.h"
#include "core/seats_page.h"

struct room_notice *room_notice_new(
    struct slice name, uint64_t hash, unsigned worker, uint32_t opened)
{
	struct room_notice *n = xmalloc(sizeof *n + name.len);

	n->hash = hash;
	n->opened = opened;
	n->worker = (uint16_t)worker;
	n->name_len = (uint16_t)name.len;
	memcpy(n->name, name.ptr, name.len);
	return n;
}

/* The i-th of count mails, where it is one; or NULL. */
static const struct room_notice *notice_of(
    const struct mail *mail, size_t count, size_t i)
{
	if (i >= count)
		return NULL;
	switch ((enum mail_kind)mail[i].kind) {
	case MAIL_ROOM_OPENED:
	case MAIL_ROOM_EMPTY:
	case MAIL_ROOM_WATCHED:
	case MAIL_ROOM_REFUSED:
		return mail[i].item;
	default:
		return NULL;
	}
}

void mail_fetch_rooms(
    const struct map *rooms, const struct mail *mail, size_t count)
{
	const struct room_notice *near = notice_of(mail, count, 1);
	const struct room_notice *far = notice_of(mail, count, 2);

	if (far)
		map_fetch_bucket(rooms, far->hash);
	if (near)
		map_fetch_node(rooms, near->hash);
}

struct rooms_gap *rooms_gap_new(struct lost_rooms *rooms, struct message *told)
{
	struct rooms_gap *gap = xmalloc(sizeof *gap);

	*gap = (struct rooms_gap){ rooms, told };
	return gap;
}

void rooms_gap_free(struct rooms_gap *gap)
{
	lost_rooms_unref(gap->rooms);
	if (gap->told)
		(void)message_unref(gap->told);
	free(gap);
}

void mail_drop(const struct mail *mail)
{
	switch ((enum mail_kind)mail->kind) {
	case MAIL_MESSAGE:
	case MAIL_NOTE:
	case MAIL_HERE:
	case MAIL_GAP:
		(void)message_unref(mail->item);
		break;
	case MAIL_ROOMS_GAP:
		rooms_gap_free(mail->item);
		break;
	case MAIL_CONF:
		new_conf_free(mail->item);
		break;
	case MAIL_COMMAND:
	case MAIL_COMMAND_DONE:
		command_unref(mail->item);
		break;
	case MAIL_REPLAY:
	case MAIL_RESUME:
		resume_free(mail->item, NULL);
		break;
	case MAIL_ROOM_WATCHED:
	case MAIL_ROOM_REFUSED:
	case MAIL_ROOM_OPENED:
	case MAIL_ROOM_EMPTY:
	case MAIL_APP_EVENT:
		free(mail->item);
		break;
	case MAIL_PRESENCE:
		seats_page_free(mail->item);
		break;
	case MAIL_ASK: /* these bring nothing of their own */
	case MAIL_QUIET:
	case MAIL_RENAMED:
	case MAIL_KEYS:
	case MAIL_KEYS_WANTED:
	case MAIL_CLOSE_ALL:
	case MAIL_DRAIN:
	case MAIL_ANSWER:
	case MAIL_REACHED:
	case MAIL_HAS_SPACE:
	case MAIL_WORKER_DONE:
		break;
	}
}
