"""Metrics of a real server with two workers: the sum is exact, whatever becomes of a worker."""

from tests.servers import Server, serving, wait_until

ROUTE = "/v1/users/<user_id>/circles"


def ask_both(server: Server, key: str) -> int:
    """Ask until both workers have answered; returns how often."""
    number, pids = 0, set()
    while len(pids) < 2:
        assert number < 2000
        assert server.ask("/v1/users/u60/circles", key)[0] == 200
        number += 1
        pids = {line["pid"] for line in server.lines() if line.get("route") == ROUTE}
    return number


def test_the_sum_over_workers_is_exact_after_one_was_killed_and_replaced(settings):
    with serving(settings.home, workers=2, LOG_LEVEL="INFO") as server:
        service, operator = server.key("service"), server.key("operator")
        asked = ask_both(server, service)
        with server.connect() as slow:  # a request that is in flight when its worker dies
            head = f"Host: x\r\nAuthorization: Bearer {service}\r\nContent-Type: application/json"
            slow.sendall(f"POST /v1/events HTTP/1.1\r\n{head}\r\nContent-Length: 5\r\n\r\n[".encode())
            wait_until(lambda: server.total(operator, "circles_requests_in_flight") == 2)
            server.worker_of(slow).kill()
            wait_until(lambda: server.total(operator, "circles_worker_starts_total") == 3)
        wait_until(lambda: server.total(operator, "circles_workers") == 2)
        asked += sum(server.ask("/v1/users/u60/circles", service)[0] == 200 for _ in range(20))
        counted = server.total(operator, "circles_requests_total", route=ROUTE, method="GET", status="200")
        timed = server.total(operator, "circles_request_seconds_count", route=ROUTE)
        assert (counted, timed) == (asked, asked)
        assert server.total(operator, "circles_answers_total", degraded="no") == asked
        assert server.total(operator, "circles_requests_in_flight") == 1  # the question itself
