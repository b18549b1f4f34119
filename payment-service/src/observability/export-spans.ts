import { SpanKind as Kind, SpanStatusCode, TraceFlags } from '@opentelemetry/api'
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http'
import { type Resource, resourceFromAttributes } from '@opentelemetry/resources'
import { BatchSpanProcessor, type ReadableSpan } from '@opentelemetry/sdk-trace'
import { within } from '../within.ts'
import type { SpanKind, TracedProgram } from './trace-table.ts'
import type { FinishedSpan } from './tracing.ts'

export type SpanExport = {
  /** Never waits: what is too much is dropped. */
  take(span: FinishedSpan): void
  /** Sends what is left, for `stopWithinMs` at most. */
  stop(): Promise<void>
}

/** About 3 KB a charge: a receiver that is away costs no more memory than this, and no request waits for it. */
const bounds = { maxQueueSize: 4_096, maxExportBatchSize: 512, scheduledDelayMillis: 1_000, exportTimeoutMillis: 5_000 }
const stopWithinMs = 2_000

const kinds: Record<SpanKind, Kind> = {
  internal: Kind.INTERNAL,
  server: Kind.SERVER,
  client: Kind.CLIENT,
  producer: Kind.PRODUCER,
  consumer: Kind.CONSUMER,
}

/**
 * Sends spans to an OTLP receiver by HTTP, in batches. Imported only where tracing is on: the OpenTelemetry packages stand
 * behind this file alone.
 */
export function openSpanExport(endpoint: string, environment: string): SpanExport {
  const exporter = new OTLPTraceExporter({ url: endpoint, timeoutMillis: bounds.exportTimeoutMillis })
  const processor = new BatchSpanProcessor({ exporter, ...bounds })
  const resourceOf = (program: TracedProgram) =>
    resourceFromAttributes({
      'service.name': program,
      'service.namespace': 'fincore',
      'deployment.environment.name': environment,
    })
  const resources = { 'payment-service': resourceOf('payment-service'), 'card-relay': resourceOf('card-relay') }
  return {
    take: (span) => processor.onEnd(toReadable(span, resources[span.program])),
    async stop() {
      // What the receiver did not take is lost, and nothing else.
      await within(
        stopWithinMs,
        processor.shutdown().catch(() => {}),
        undefined,
      )
    },
  }
}

/** The SDK's own spans are made by its tracer, which makes the ids too; ours have theirs, and are over. */
function toReadable(span: FinishedSpan, resource: Resource): ReadableSpan {
  const { name, traceId, spanId, parentId, beganAt, endedAt, attributes } = span
  const contextOf = (id: string) => ({ traceId, spanId: id, traceFlags: TraceFlags.SAMPLED })
  return {
    name,
    attributes,
    resource,
    kind: kinds[span.kind],
    spanContext: () => contextOf(spanId),
    ...(parentId !== null && { parentSpanContext: contextOf(parentId) }),
    startTime: toHrTime(beganAt),
    endTime: toHrTime(endedAt),
    duration: toHrTime(endedAt - beganAt),
    status: { code: span.isFailed ? SpanStatusCode.ERROR : SpanStatusCode.UNSET },
    links: span.links.map((link) => ({ context: { ...link, traceFlags: TraceFlags.NONE } })),
    events: [],
    ended: true,
    instrumentationScope: { name: 'fincore' },
    droppedAttributesCount: 0,
    droppedEventsCount: 0,
    droppedLinksCount: 0,
  }
}

/** Seconds and nanoseconds. */
function toHrTime(ms: number): [number, number] {
  const seconds = Math.floor(ms / 1_000)
  return [seconds, Math.round((ms - seconds * 1_000) * 1e6)]
}
