#include "net/io.h"

#include <errno.h>
#include <linux/sockios.h>
#include <linux/tcp.h>
#include <netinet/in.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "core/conn.h"
#include "core/flush.h"
#include "core/poller.h"
#include "core/worker.h"
#include "sys/tls.h"

int io_watch(struct conn *c)
{
	return poller_watch(c, POLLER_INPUT);
}

/* Change what is watched for, but not whether it is the way out. */
static int watch_instead(struct conn *c, unsigned what)
{
	return poller_watch(c, (c->watched & POLLER_OUTPUT) | what);
}

bool io_pause(struct conn *c)
{
	return !(c->watched & POLLER_LEAVING) &&
	       watch_instead(c, POLLER_LEAVING) == 0;
}

void io_resume(struct conn *c)
{
	if (watch_instead(c, POLLER_INPUT) < 0)
		conn_kill(c);
}

/* recv as io_read has it. */
static ssize_t receive(struct conn *c, char *to, size_t size)
{
	ssize_t n;

	do {
		n = recv(c->fd, to, size, 0);
	} while (n < 0 && errno == EINTR);
	return n < 0 ? -errno : n;
}

/*
 * TLS answers by itself what it reads. A peer that does not take those answers
 * is read no further: they are kept in memory.
 */
static ssize_t read_tls(struct conn *c, char *to, size_t size)
{
	ssize_t n = tls_read(c->tls, to, size);

	flush_unsent(c);
	if (c->state != CONN_DEAD && tls_has_answers(c->tls) &&
	    watch_instead(c, POLLER_ENDURE) < 0)
		conn_kill(c);
	return c->state == CONN_DEAD ? -EAGAIN : n;
}

ssize_t io_read(struct conn *c, char *to, size_t size)
{
	return c->tls ? read_tls(c, to, size) : receive(c, to, size);
}

unsigned io_idle_records(const struct conn *c)
{
	return c->tls ? tls_idle_records(c->tls) : 0;
}

void io_forget_idle(struct conn *c)
{
	if (c->tls)
		tls_forget_idle(c->tls);
}

void io_forget_peer(struct conn *c)
{
	if (c->tls)
		tls_forget_peer(c->tls);
}

void io_discard(struct conn *c)
{
	ssize_t n = receive(c, c->worker->scratch, WORKER_SCRATCH);

	if (n <= 0 && n != -EAGAIN)
		conn_kill(c);
}

ssize_t io_peek(struct conn *c, char *to, size_t size)
{
	ssize_t n = recv(c->fd, to, size, MSG_PEEK);

	return n < 0 ? -errno : n;
}

void io_skip(struct conn *c, size_t count)
{
	/* io_peek has seen them there. */
	(void)recv(c->fd, c->worker->scratch, count, 0);
}

/* As tls_writev; what read_tls has stopped goes on when all has left. */
static ssize_t write_tls(struct conn *c, const struct iovec *iov, int count)
{
	ssize_t n = tls_writev(c->tls, iov, count);

	if ((c->watched & POLLER_ENDURE) && !tls_has_answers(c->tls))
		io_resume(c);
	return n;
}

/* sendmsg and not writev: it can be told not to raise SIGPIPE. */
__attribute__((noinline)) static ssize_t send_pieces(
    int fd, const struct iovec *iov, int count)
{
	const struct msghdr msg = {
		.msg_iov = (struct iovec *)(uintptr_t)iov,
		.msg_iovlen = (size_t)count,
	};

	return sendmsg(fd, &msg, MSG_NOSIGNAL);
}

ssize_t io_writev(struct conn *c, const struct iovec *iov, int count)
{
	ssize_t n;

	if (c->tls)
		return write_tls(c, iov, count);
	do {
		n = count == 1
			? send(c->fd, iov->iov_base, iov->iov_len, MSG_NOSIGNAL)
			: send_pieces(c->fd, iov, count);
	} while (n < 0 && errno == EINTR);
	return n < 0 ? -errno : n;
}

void io_write_once(struct conn *c, struct slice bytes)
{
	const struct iovec iov = { (void *)(uintptr_t)bytes.ptr, bytes.len };

	(void)io_writev(c, &iov, 1);
}

void io_arm(struct conn *c, int64_t delay_ms)
{
	struct worker *w = c->worker;

	wheel_arm(&w->wheel, &c->timer, w->now_ms + delay_ms);
}

size_t io_unsent(const struct conn *c)
{
	return tls_unsent(c->tls);
}

bool io_has_moved(struct conn *c)
{
	int unacked = 0;
	bool has_moved;

	if (ioctl(c->fd, SIOCOUTQ, &unacked) < 0)
		return false;
	has_moved = (uint32_t)unacked != c->unacked;
	c->unacked = (uint32_t)unacked;
	return has_moved;
}

bool io_is_acknowledged(const struct conn *c, int64_t within_ms)
{
	struct tcp_info info = { 0 };
	socklen_t size = sizeof info;

	if (getsockopt(c->fd, IPPROTO_TCP, TCP_INFO, &info, &size) < 0)
		return true;
	return info.tcpi_unacked == 0 ||
	       info.tcpi_last_ack_recv <= (uint64_t)within_ms;
}

int64_t io_sent_bytes(const struct conn *c)
{
	struct tcp_info info;
	socklen_t size = sizeof info;

	if (getsockopt(c->fd, IPPROTO_TCP, TCP_INFO, &info, &size) < 0 ||
	    size < offsetof(struct tcp_info, tcpi_bytes_retrans))
		return -1; /* a unix socket, or a system before 4.19 */
	return (int64_t)info.tcpi_bytes_sent;
}

void io_shut(struct conn *c)
{
	if (c->tls)
		tls_shutdown(c->tls);
	(void)shutdown(c->fd, SHUT_WR);
}

void io_close(struct conn *c)
{
	if (c->tls && tls_has_ended(c->tls))
		tls_shutdown(c->tls); /* the peer may wait for it */
	tls_free(c->tls);
	(void)close(c->fd);
}
