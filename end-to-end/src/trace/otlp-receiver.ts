import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

/** A span as OTLP tells it, with its program. Times are milliseconds since 1970. */
export type ReceivedSpan = {
  program: string
  name: string
  traceId: string
  spanId: string
  parentId: string | null
  beganAt: number
  endedAt: number
  attributes: Record<string, string>
  links: { traceId: string; spanId: string }[]
}

export type OtlpReceiver = {
  /** For `TRACES_ENDPOINT`. */
  url: string
  /** Every byte that came, headers included. */
  received(): Buffer
  spans(): ReceivedSpan[]
  close(): Promise<void>
}

type OtlpAttribute = { key: string; value: Record<string, string | number> }
type OtlpSpan = {
  traceId: string
  spanId: string
  parentSpanId?: string
  name: string
  startTimeUnixNano: string
  endTimeUnixNano: string
  attributes?: OtlpAttribute[]
  links?: { traceId: string; spanId: string }[]
}
type OtlpBody = {
  resourceSpans: { resource: { attributes: OtlpAttribute[] }; scopeSpans: { spans: OtlpSpan[] }[] }[]
}

/** A receiver of OTLP over HTTP with JSON, on a free port of loopback, which keeps all that it is sent. */
export async function startOtlpReceiver(): Promise<OtlpReceiver> {
  const parts: Buffer[] = []
  const spans: ReceivedSpan[] = []
  const server = createServer(async (request, response) => {
    const body = Buffer.concat(await Array.fromAsync<Buffer>(request))
    parts.push(Buffer.from(`${request.url}\n${request.rawHeaders.join('\n')}\n`), body)
    spans.push(...readSpans(JSON.parse(body.toString('utf8'))))
    response.writeHead(200, { 'content-type': 'application/json' }).end('{}')
  })
  await once(server.listen(0, '127.0.0.1'), 'listening')
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1/traces`,
    received: () => Buffer.concat(parts),
    spans: () => spans,
    async close() {
      server.close()
      server.closeAllConnections()
      await once(server, 'close')
    },
  }
}

function readSpans({ resourceSpans }: OtlpBody): ReceivedSpan[] {
  return resourceSpans.flatMap(({ resource, scopeSpans }) => {
    const program = readAttributes(resource.attributes)['service.name'] ?? ''
    return scopeSpans.flatMap(({ spans }) =>
      spans.map((span) => ({
        program,
        name: span.name,
        traceId: span.traceId,
        spanId: span.spanId,
        parentId: span.parentSpanId || null,
        beganAt: toMs(span.startTimeUnixNano),
        endedAt: toMs(span.endTimeUnixNano),
        attributes: readAttributes(span.attributes ?? []),
        links: (span.links ?? []).map(({ traceId, spanId }) => ({ traceId, spanId })),
      })),
    )
  })
}

const readAttributes = (attributes: OtlpAttribute[]) =>
  Object.fromEntries(attributes.map(({ key, value }) => [key, String(Object.values(value)[0])]))

const toMs = (nanoseconds: string) => Number(BigInt(nanoseconds) / 1_000n) / 1_000
