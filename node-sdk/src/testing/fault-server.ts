import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

export type SeenCall = { method: string; path: string; headers: IncomingHttpHeaders; body: string }
type Answer = (response: ServerResponse, request: IncomingMessage) => void

export type FaultServer = {
  url: string
  /** Every request that came whole. */
  calls: SeenCall[]
  /** What the next requests are answered, one after the other; the last for all that follow. */
  answerWith: (...answers: Answer[]) => void
  /** One JSON answer for all. */
  answer: (status: number, body: object, headers?: Record<string, string>) => void
  close: () => void
}

/** A JSON answer as FinCore gives it. */
export function json(status: number, body: object, headers: Record<string, string> = {}): Answer {
  return (response) => {
    response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(body))
  }
}

/** The connection is reset after the request was read. */
export const reset: Answer = (response) => response.socket?.resetAndDestroy()
/** No answer at all. */
export const silence: Answer = () => {}
/** A byte now and then, and never the end. */
export const drip: Answer = (response) => {
  response.writeHead(200, { 'content-type': 'application/json', 'content-length': 1000 })
  const dripping = setInterval(() => response.write(' '), 10)
  response.once('close', () => clearInterval(dripping))
}
/** The beginning of an answer, and then the end of the connection. */
export const cutOff: Answer = (response) => {
  response.writeHead(201, { 'content-type': 'application/json', 'content-length': 1000 })
  response.write('{"object":"charge",', () => response.socket?.destroy())
}
/** More than any answer of FinCore. */
export const flood: Answer = (response) => {
  const chunk = Buffer.alloc(1024 * 1024, ' ')
  response.writeHead(200, { 'content-type': 'application/json' })
  const pour = () => {
    while (!response.destroyed && response.write(chunk)) {}
    response.once('drain', pour)
  }
  pour()
}

/** A server in FinCore’s place that does what a network and a server in trouble do. */
export async function startFaultServer(): Promise<FaultServer> {
  const calls: SeenCall[] = []
  let answers: Answer[] = [json(500, {})]
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk)
    const { method = '', url = '', headers } = request
    calls.push({ method, path: url, headers, body: Buffer.concat(chunks).toString() })
    const [next] = answers
    if (answers.length > 1) answers = answers.slice(1)
    next?.(response, request)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    calls,
    answerWith(...next) {
      answers = next
      calls.length = 0
    },
    answer(status, body, headers) {
      answers = [json(status, body, headers)]
      calls.length = 0
    },
    close() {
      server.close()
      server.closeAllConnections()
    },
  }
}
