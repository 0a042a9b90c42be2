from prometheus_client.parser import text_string_to_metric_families as parsed

from webhooks.metrics import Metrics
from webhooks.model import DeliveryState, Depth

DEPTH = Depth(
    deliveries={DeliveryState.PENDING: 3, DeliveryState.DEAD: 0},
    compositions=2,
    parked=4,
    oldest_delivery=1.5,
    oldest_composition=0.0,
)


def samples(metrics: Metrics, depth: Depth | None = None) -> dict[tuple[str, ...], float]:
    families = parsed(metrics.render(depth).decode())
    return {
        (sample.name, *sample.labels.values()): sample.value
        for family in families
        for sample in family.samples
        if not sample.name.endswith(("_bucket", "_created"))
    }


def test_failed_transactions_are_shown_before_the_first_so_that_an_alert_sees_it() -> None:
    assert samples(Metrics())["aptic_store_transactions_total", "failed"] == 0


def test_what_is_told_is_counted() -> None:
    metrics = Metrics()
    metrics.attempt("2xx", 0.25)
    metrics.attempt("2xx", 0.5)
    metrics.attempt("timeout", 15.0)
    metrics.composed("ledgerpayment", "composed", 2)
    metrics.composing("ledgerpayment", 0.125)
    metrics.latency(1.0)
    metrics.published("accepted", 3)
    metrics.published("refused", 0)
    metrics.committed(5)
    metrics.committed(0)
    found = samples(metrics)
    assert found["aptic_attempts_total", "2xx"] == 2
    assert found["aptic_attempts_total", "timeout"] == 1
    assert (found["aptic_attempt_duration_seconds_count",], found["aptic_attempt_duration_seconds_sum",]) == (3, 15.75)
    assert found["aptic_compositions_total", "ledgerpayment", "composed"] == 2
    assert found["aptic_compose_duration_seconds_sum", "ledgerpayment"] == 0.125
    assert found["aptic_delivery_latency_seconds_count",] == 1
    assert (found["aptic_events_total", "accepted"], found["aptic_events_total", "refused"]) == (3, 0)
    assert (found["aptic_store_transactions_total", "committed"], found["aptic_store_commands_total",]) == (1, 5)
    assert found["aptic_store_transactions_total", "failed"] == 1


def test_what_waits_is_shown_while_the_store_answers() -> None:
    metrics = Metrics()
    found = samples(metrics, DEPTH)
    assert found["aptic_store_up",] == 1
    assert (found["aptic_deliveries", "pending"], found["aptic_deliveries", "dead"]) == (3, 0)
    assert (found["aptic_composition_queue", "waiting"], found["aptic_composition_queue", "parked"]) == (2, 4)
    assert (found["aptic_oldest_due_seconds", "delivery"], found["aptic_oldest_due_seconds", "composition"]) == (1.5, 0)
    away = samples(metrics)
    assert away["aptic_store_up",] == 0
    assert not [name for name in away if name[0] in ("aptic_deliveries", "aptic_composition_queue")]


def test_labels_have_few_values() -> None:
    metrics = Metrics()
    for number in range(1000):
        metrics.attempt(f"outcome {number}", 0.1)
        metrics.composed(f"event {number}", f"outcome {number}")
        metrics.composing(f"event {number}", 0.1)
    found = [name for name in samples(metrics) if name[0] == "aptic_attempts_total"]
    assert len(found) == 201
    assert len(metrics.render(None)) < 1_000_000


def test_two_have_nothing_in_common() -> None:
    first, second = Metrics(), Metrics()
    first.attempt("2xx", 0.1)
    assert ("aptic_attempts_total", "2xx") not in samples(second)
