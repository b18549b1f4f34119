import type { Config } from '../config.ts'
import { createTracing, noTracing, type Tracing } from './tracing.ts'

/** Tracing as the settings want it. Without an address nothing of OpenTelemetry is loaded. */
export async function openTracing(
  config: Pick<Config, 'tracesEndpoint' | 'tracesSampleRatio' | 'environment'>,
): Promise<{ tracing: Tracing; stop(): Promise<void> }> {
  if (config.tracesEndpoint === null) return { tracing: noTracing, stop: async () => {} }
  const { openSpanExport } = await import('./export-spans.ts')
  const { take, stop } = openSpanExport(config.tracesEndpoint, config.environment)
  return { tracing: createTracing(config.tracesSampleRatio, take), stop }
}
