package main

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"time"

	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracehttp"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/sdk/resource"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
)

// openTracing prepares the export of traces where OpenTelemetry's own variables ask
// for it (OTEL_EXPORTER_OTLP_ENDPOINT); without them nothing is recorded.
func (a *App) openTracing(ctx context.Context) error {
	otel.SetTextMapPropagator(propagation.TraceContext{})
	if os.Getenv("OTEL_EXPORTER_OTLP_ENDPOINT") == "" && os.Getenv("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT") == "" {
		return nil
	}
	exporter, err := otlptracehttp.New(ctx)
	if err != nil {
		return fmt.Errorf("OTEL_EXPORTER_OTLP_ENDPOINT: prepare the export of traces: %w", err)
	}
	provider := sdktrace.NewTracerProvider(sdktrace.WithBatcher(exporter),
		sdktrace.WithResource(resource.NewSchemaless(attribute.String("service.name", "pika"))))
	otel.SetTracerProvider(provider)
	a.tracer = provider.Tracer("github.com/pikamem/pika")
	a.onClose("the export of traces", func() error {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 2*time.Second)
		defer cancel()
		return provider.Shutdown(ctx)
	})
	return nil
}

// engineLog returns the log of the Temporal SDK: it tells every poll and retry at
// info level, which would bury what concerns a person.
func (a *App) engineLog() *slog.Logger {
	return newLog(os.Stderr, max(a.Config.LogLevel, slog.LevelWarn))
}
