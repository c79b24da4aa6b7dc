"""Errors to Sentry and traces to OpenTelemetry, where the settings name them; nobody's data goes along.

The packages are those of ``requirements-observability.txt``; the settings refuse to start without them.
"""

from typing import Any

from django.conf import settings

from fantasy_f1 import __version__

ADDRESSES = ("http.url", "http.target", "url.full", "url.path", "url.query")
"""What a span tells of the address, which may hold a secret; its name is the route."""
PEOPLE = ("net.peer.ip", "http.client_ip", "client.address", "http.user_agent", "user_agent.original")


def start() -> None:
    """Begin to report, once in each process."""
    if settings.SENTRY_DSN:
        _start_sentry()
    if settings.OTEL_EXPORTER_OTLP_ENDPOINT:
        _start_opentelemetry()


def _start_sentry() -> None:
    import sentry_sdk

    sentry_sdk.init(
        dsn=settings.SENTRY_DSN,
        release=__version__,
        send_default_pii=False,
        include_local_variables=False,
        max_request_body_size="never",
        max_breadcrumbs=0,
        before_send=_without_people,
    )


def _without_people(event: Any, hint: Any) -> Any:
    """The error with where it happened: the view and the request's id, not the address and who asked."""
    event.pop("user", None)
    event["request"] = {"method": event.get("request", {}).get("method")}
    if "exception" in event:
        event.pop("logentry", None)
    return event


def _start_opentelemetry() -> None:
    from opentelemetry import trace
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
    from opentelemetry.instrumentation.celery import CeleryInstrumentor
    from opentelemetry.instrumentation.django import DjangoInstrumentor
    from opentelemetry.sdk.resources import SERVICE_NAME, SERVICE_VERSION, Resource
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import BatchSpanProcessor

    resource = Resource.create({SERVICE_NAME: "fantasy-f1", SERVICE_VERSION: __version__})
    provider = TracerProvider(resource=resource)
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
    trace.set_tracer_provider(provider)
    DjangoInstrumentor().instrument(response_hook=_hide)
    CeleryInstrumentor().instrument()


def _hide(span: Any, request: Any, response: Any) -> None:
    for name in set(ADDRESSES + PEOPLE) & set(span.attributes):
        span.set_attribute(name, "")
