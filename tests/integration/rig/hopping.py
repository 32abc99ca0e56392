"""Pages that come and go while numbers are published."""

import threading


def publish_numbers(daemon, count, steps):
    """Some with each step of those who come and go, so to the end of it."""
    publisher = daemon.publisher()
    for n in range(count):
        if n % 5 == 0:
            steps.acquire(timeout=0.2)
        publisher.publish("roomcast:room:lobby", str(n))
        publisher.publish("roomcast:room:elsewhere", "noise")


def hop(page, last, steps):
    """Come and go; each time read a few."""
    visit = 0
    while not page.contents or page.contents[-1] != last:
        steps.release()
        page.come()
        visit += 1
        for _ in range(visit % 40):
            if page.contents and page.contents[-1] == last:
                break
            page.take()
            steps.release()
        page.leave()


def come_and_go(daemon, pages, count):
    """Until each page has read the last of so many numbers."""
    steps = threading.Semaphore(0)
    threads = [
        threading.Thread(target=publish_numbers, args=(daemon, count, steps)),
        *(
            threading.Thread(target=hop, args=(page, str(count - 1), steps))
            for page in pages
        ),
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
