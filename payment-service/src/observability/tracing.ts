import { AsyncLocalStorage } from 'node:async_hooks'
import { describeError } from '../log.ts'
import { isSampled, newSpanId, newTraceId, rootSpanIdOf, type SpanLink, traceIdOf } from './trace-ids.ts'
import {
  type Attributes,
  allowAttributes,
  type SpanKind,
  type SpanName,
  spanTable,
  type TracedProgram,
} from './trace-table.ts'

/** A span that is over, as it is exported. Times are milliseconds since 1970, with their fractions. */
export type FinishedSpan = {
  program: TracedProgram
  name: string
  kind: SpanKind
  traceId: string
  spanId: string
  parentId: string | null
  beganAt: number
  endedAt: number
  attributes: Record<string, string | number>
  links: SpanLink[]
  isFailed: boolean
}

export type Tell = (attributes: Attributes) => void

/** A request's span, which begins before it is known what it is about. */
export type RequestSpan = {
  run<Result>(work: () => Result): Result
  end(attributes: Attributes, isFailed: boolean): void
}

export type Tracing = {
  isOn: boolean
  /** A part of what is traced at this moment. Where nothing is, the work is done and nothing else. */
  part<Result>(name: SpanName, attributes: Attributes, work: (tell: Tell) => Promise<Result>): Promise<Result>
  /** Work of its own that belongs to the trace of an object; null when only the work itself finds out, by `about`. */
  work<Result>(
    name: SpanName,
    objectId: string | null,
    attributes: Attributes,
    work: (tell: Tell) => Promise<Result>,
  ): Promise<Result>
  /** Says which object's the work is that began without one. */
  about(objectId: string | null): void
  /**
   * A request that has been under way since `beganAt` of `performance.now()`. `ofRequest`: the request of the card relay
   * that it is a part of; without it, it has the trace of its own id. Null when the trace is not sampled.
   */
  request(id: string, ofRequest: string | null, beganAt: number, links: SpanLink[]): RequestSpan | null
  /**
   * What the card relay measured of a request of its own: it ended at `endedAt` of `performance.now()` here. Without a
   * name of the table it is the request itself.
   */
  tellRelayed(
    requestId: string,
    name: Extract<SpanName, 'read the card' | 'send the card'> | 'request',
    times: { endedAt: number; lastedMs: number },
    attributes: Attributes,
  ): void
}

const tellNobody: Tell = () => {}

/** Tracing that is off: it costs a call. */
export const noTracing: Tracing = {
  isOn: false,
  part: (_name, _attributes, work) => work(tellNobody),
  work: (_name, _objectId, _attributes, work) => work(tellNobody),
  about: () => {},
  request: () => null,
  tellRelayed: () => {},
}

/** One trace as this process sees it. */
type Trace = {
  /** Null until it is known what the work is about. */
  id: string | null
  objectId: string | null
  /** From this process's monotonic clock to the time of day. */
  offsetMs: number
  /** Spans that ended before the trace was known. */
  waiting: Omit<FinishedSpan, 'traceId'>[]
}
type Here = { trace: Trace; spanId: string }
type Times = { beganAt: number; endedAt: number }
type Named = Pick<FinishedSpan, 'program' | 'name' | 'kind' | 'spanId' | 'parentId'> & { links?: SpanLink[] }

/** @param ratio of the traces that are kept; `take` must not throw, and must not wait. */
export function createTracing(ratio: number, take: (span: FinishedSpan) => void): Tracing {
  const current = new AsyncLocalStorage<Here | null>()

  const finish = (trace: Trace, named: Named, times: Times, attributes: Attributes, isFailed = false): void => {
    const { id, offsetMs } = trace
    const span = {
      links: [],
      ...named,
      beganAt: times.beganAt + offsetMs,
      endedAt: times.endedAt + offsetMs,
      attributes: allowAttributes(attributes),
      isFailed,
    }
    if (id === null) trace.waiting.push(span)
    else if (isSampled(id, ratio)) take({ ...span, traceId: id })
  }
  /** Runs work as a span, and ends it with what was told of it; of what it throws name or code. */
  const run = async <Result>(
    here: Here,
    work: (tell: Tell) => Promise<Result>,
    end: (times: Times, told: Attributes, isFailed: boolean) => void,
  ): Promise<Result> => {
    const beganAt = performance.now()
    const told: Attributes[] = []
    let isFailed = true
    try {
      const result = await current.run(here, () => work((attributes) => told.push(attributes)))
      isFailed = false
      return result
    } catch (error) {
      const { code, name } = describeError(error)
      told.push({ 'error.type': code || name })
      throw error
    } finally {
      end({ beganAt, endedAt: performance.now() }, Object.assign({}, ...told), isFailed)
    }
  }

  return {
    isOn: true,
    part(name, attributes, work) {
      const above = current.getStore()
      if (!above) return work(tellNobody)
      const { trace, spanId: parentId } = above
      const { program, kind } = spanTable[name]
      const spanId = newSpanId()
      return run({ trace, spanId }, work, (times, told, isFailed) =>
        finish(trace, { program, kind, name, spanId, parentId }, times, { ...attributes, ...told }, isFailed),
      )
    },
    work(name, objectId, attributes, work) {
      const trace = openTrace(objectId)
      if (trace.id !== null && !isSampled(trace.id, ratio)) return current.run(null, () => work(tellNobody))
      const { program, kind } = spanTable[name]
      const spanId = newSpanId()
      return run({ trace, spanId }, work, (times, told, isFailed) => {
        // Work that never said what it is about has a trace of its own.
        const parentId = trace.id === null ? null : rootSpanIdOf(trace.id)
        trace.id ??= newTraceId()
        const traceId = trace.id
        const all = { ...attributes, ...told, 'fincore.object': trace.objectId }
        finish(trace, { program, kind, name, spanId, parentId }, times, all, isFailed)
        for (const span of trace.waiting) if (isSampled(traceId, ratio)) take({ ...span, traceId })
      })
    },
    about(objectId) {
      const trace = current.getStore()?.trace
      if (objectId !== null && trace?.id === null) Object.assign(trace, { objectId, id: traceIdOf(objectId) })
    },
    request(id, ofRequest, beganAt, links) {
      const trace = openTrace(ofRequest ?? id)
      const root = rootSpanIdOf(traceIdOf(ofRequest ?? id))
      if (!isSampled(traceIdOf(ofRequest ?? id), ratio)) return null
      const [spanId, parentId] = ofRequest === null ? [root, null] : [newSpanId(), root]
      return {
        run: (work) => current.run({ trace, spanId }, work),
        end(attributes, isFailed) {
          const name = `${attributes['http.request.method']} ${attributes['http.route']}`
          const named = { program: 'payment-service', kind: 'server', name, spanId, parentId, links } as const
          finish(trace, named, { beganAt, endedAt: performance.now() }, attributes, isFailed)
        },
      }
    },
    tellRelayed(requestId, name, { endedAt, lastedMs }, attributes) {
      const trace = openTrace(requestId)
      const root = rootSpanIdOf(traceIdOf(requestId))
      const named =
        name === 'request'
          ? ({ program: 'card-relay', kind: 'server', name: relayedRoute, spanId: root, parentId: null } as const)
          : { ...spanTable[name], name, spanId: newSpanId(), parentId: root }
      finish(trace, named, { beganAt: endedAt - lastedMs, endedAt }, attributes)
    },
  }
}

/** The one request that the relay takes. */
const relayedRoute = 'POST /v1/charges'
/** The two clocks may part by so much before the offset follows: until then, all spans of a process lie in each other. */
const clocksPartMs = 5
let offsetMs = performance.timeOrigin

function openTrace(objectId: string | null): Trace {
  const actualMs = Date.now() - performance.now()
  if (Math.abs(actualMs - offsetMs) > clocksPartMs) offsetMs = actualMs
  return { id: objectId === null ? null : traceIdOf(objectId), objectId, offsetMs, waiting: [] }
}
