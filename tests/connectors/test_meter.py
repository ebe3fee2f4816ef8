"""Requests are counted for whoever made them."""

from __future__ import annotations

from threading import Thread

from connectors.meter import count_request, metered


def test_a_request_outside_any_meter_is_nobodys() -> None:
    count_request()


def test_a_meter_counts_what_happens_inside_it() -> None:
    with metered() as meter:
        count_request()
        count_request()
    count_request()
    assert meter.calls == 2


def test_another_thread_is_not_counted() -> None:
    with metered() as meter:
        thread = Thread(target=count_request)
        thread.start()
        thread.join()
    assert meter.calls == 0
