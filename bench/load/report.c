#include "report.h"

#include <inttypes.h>
#include <stdio.h>

static double ratio(double value, double of)
{
	return of > 0 ? value / of : 0;
}

static void print_memory(const char *name, const struct inspect_memory *m)
{
	(void)printf(",\"memory_%s\":{\"rss\":%" PRIu64 ",\"pss\":%" PRIu64
		     ",\"private\":%" PRIu64 ",\"anon\":%" PRIu64 "}",
	    name, m->rss, m->pss, m->private, m->anon);
}

static void print_latency(const char *name, const struct histogram *h)
{
	(void)printf(",\"%s_ms\":{\"p50\":%.3f,\"p90\":%.3f,\"p99\":%.3f,"
		     "\"p999\":%.3f,\"max\":%.3f}",
	    name, (double)histogram_at(h, 0.5) / 1e6,
	    (double)histogram_at(h, 0.9) / 1e6,
	    (double)histogram_at(h, 0.99) / 1e6,
	    (double)histogram_at(h, 0.999) / 1e6, (double)h->max / 1e6);
}

static void print_connections(const struct load *l)
{
	const struct fleet *f = &l->fleet;
	uint64_t opened = f->handshake.count;

	(void)printf("{\"connections\":%zu,\"refused\":%zu,\"closed\":%zu,"
		     "\"broken\":%zu,\"close_code\":%u,\"rooms\":%u",
	    f->open, f->refused, f->closed, f->broken, f->close_code,
	    l->options.rooms);
	(void)printf(",\"handshakes\":%" PRIu64 ",\"parallel\":%u,"
		     "\"resumed\":%" PRIu64,
	    opened, l->options.parallel, l->tls.resumed);
	(void)printf(",\"connect_s\":%.3f,\"connects_per_s\":%.0f,"
		     "\"cpu_us_per_handshake\":%.2f,"
		     "\"client_cpu_us_per_handshake\":%.2f",
	    (double)l->connect_ns / 1e9,
	    ratio((double)opened, (double)l->connect_ns / 1e9),
	    ratio((double)l->handshake_cpu_ns / 1e3, (double)opened),
	    ratio((double)l->handshake_client_cpu_ns / 1e3, (double)opened));
	print_latency("handshake", &f->handshake);
	print_memory("before", &l->before);
	print_memory("connected", &l->connected);
	(void)printf(",\"bytes_per_connection\":%.0f",
	    ratio((double)l->connected.private - (double)l->before.private,
		(double)f->open));
}

static void print_deliveries(const struct load *l)
{
	const struct tally *t = &l->tally;
	double seconds = (double)l->message_ns / 1e9;
	uint64_t reads = l->fleet.reads - l->reads_before;

	(void)printf(",\"published\":%" PRIu64 ",\"size\":%zu,\"rate\":%" PRIu64
		     ",\"window\":%u,\"held_back\":%" PRIu64
		     ",\"gave_up\":%" PRIu64 ",\"refusals\":%" PRIu64,
	    l->feeder.published, l->options.size, l->options.rate,
	    l->options.window, l->feeder.held_back, l->gave_up,
	    l->publish.refusals);
	(void)printf(",\"expected\":%" PRIu64 ",\"deliveries\":%" PRIu64
		     ",\"lost\":%" PRIu64 ",\"duplicated\":%" PRIu64
		     ",\"reordered\":%" PRIu64 ",\"foreign\":%" PRIu64
		     ",\"damaged\":%" PRIu64 ",\"pings\":%" PRIu64,
	    l->feeder.expected, t->delivered, l->feeder.expected - t->delivered,
	    t->duplicated, t->reordered, t->foreign, t->damaged,
	    l->fleet.sink.pings);
	(void)printf(",\"deflated\":%" PRIu64, l->fleet.sink.deflated);
	(void)printf(",\"bytes\":%" PRIu64 ",\"reads\":%" PRIu64
		     ",\"frames_per_read\":%.2f,\"seconds\":%.3f,"
		     "\"deliveries_per_s\":%.0f",
	    l->fleet.bytes - l->bytes_before, reads,
	    ratio((double)(l->fleet.sink.frames - l->frames_before),
		(double)reads),
	    seconds, ratio((double)t->delivered, seconds));
	(void)printf(",\"cpu_s\":%.4f,\"cpu_us_per_delivery\":%.4f,"
		     "\"deliveries_per_cpu_s\":%.0f,\"client_cpu_s\":%.4f",
	    (double)l->message_cpu_ns / 1e9,
	    ratio((double)l->message_cpu_ns / 1e3, (double)t->delivered),
	    ratio((double)t->delivered, (double)l->message_cpu_ns / 1e9),
	    (double)l->client_cpu_ns / 1e9);
	print_latency("latency", &t->latency);
	print_memory("after", &l->after);
}

static void print_arrivals(const struct load *l)
{
	const struct arrivals *a = &l->arrivals;

	(void)printf(",\"arrivals\":%zu,\"arrivals_refused\":%zu,"
		     "\"arrivals_s\":%.3f,\"meanwhile\":%" PRIu64,
	    a->fleet.open, a->fleet.refused + a->fleet.closed,
	    (double)(a->end_ns - a->start_ns) / 1e9, l->meanwhile.count);
	(void)printf(",\"arrival_cpu_us\":%.3f,\"lacking\":%" PRIu64
		     ",\"wrong\":%" PRIu64,
	    ratio((double)l->arrival_cpu_ns / 1e3, (double)a->fleet.open),
	    arrivals_lacking(a), a->wrong);
	print_latency("arrival", &a->fleet.handshake);
	if (a->plan.missed)
		print_latency("caught_up", &a->caught_up);
	print_latency("meanwhile", &l->meanwhile);
}

static void print_burst(const struct load *l)
{
	if (l->options.is_stalled)
		print_memory("stalled", &l->stalled);
	if (l->options.later_s)
		print_memory("later", &l->later);
}

static void print_idle(const struct load *l)
{
	double mean = ratio((double)l->idle.pings, (double)l->idle.count);

	(void)printf(",\"idle_s\":%" PRIu64 ",\"pings\":%" PRIu64
		     ",\"cpu_s\":%.4f,\"cpu_us_per_ping\":%.3f",
	    l->options.idle_s, l->idle.pings, (double)l->message_cpu_ns / 1e9,
	    ratio((double)l->message_cpu_ns / 1e3, (double)l->idle.pings));
	(void)printf(",\"slot_ms\":%d,\"pings_a_slot\":%.1f,"
		     "\"pings_a_slot_max\":%u,\"slot_ratio\":%.3f",
	    IDLE_SLOT_MS, mean, idle_max(&l->idle),
	    ratio((double)idle_max(&l->idle), mean));
}

void report_print(const struct load *l)
{
	print_connections(l);
	if (l->options.publish) {
		print_deliveries(l);
		print_burst(l);
	}
	if (l->options.publish && l->options.arrivals)
		print_arrivals(l);
	if (l->options.idle_s)
		print_idle(l);
	(void)printf("}\n");
}
