import { connect, type Socket } from 'node:net'

/** An answer, as far as a load generator reads it. */
export type RawAnswer = { status: number; head: string; body: string }

/**
 * Connections that carry one request at a time, as whole buffers: about a tenth of what an HTTP client costs, so that the
 * one who measures does not take the time of what is measured. A request takes an idle connection or a new one; when there
 * are as many as may be, it waits for one.
 */
export type RawConnections = {
  /** `answer` is null when the connection broke; `tookMs` is the time since the request was written. */
  send(request: Buffer): Promise<{ answer: RawAnswer | null; tookMs: number }>
  /**
   * Opens all that there may be, a few at a time, so that a load does not begin with a storm of them. Each sends a first
   * request, because a server gives up a connection on which none comes.
   */
  openAll(first: Buffer): Promise<void>
  close(): void
}

const openedAtOnce = 50

/** @param dial opens a connection of another kind than plain TCP. */
export function openRawConnections(
  address: string,
  most: number,
  dial: () => Socket = () => dialPlain(address),
): RawConnections {
  const idle: Connection[] = []
  const all = new Set<Socket>()
  const waiting: { request: Buffer; done: Done }[] = []
  let isClosing = false
  const open = (): Connection => {
    const socket = dial()
    all.add(socket)
    const connection: Connection = { socket, done: null, received: '', sentAt: 0 }
    const end = () => {
      all.delete(socket)
      const index = idle.indexOf(connection)
      if (index !== -1) idle.splice(index, 1)
      connection.done?.({ answer: null, tookMs: performance.now() - connection.sentAt })
      connection.done = null
      const next = isClosing ? undefined : waiting.shift()
      if (next !== undefined) begin(open(), next.request, next.done)
    }
    socket.on('error', () => {}).once('close', end)
    socket.on('data', (chunk: Buffer) => {
      connection.received += chunk.toString('latin1')
      const answer = readAnswer(connection.received)
      if (answer === null) return
      const tookMs = performance.now() - connection.sentAt
      connection.received = ''
      const { done } = connection
      connection.done = null
      const next = waiting.shift()
      if (next !== undefined) begin(connection, next.request, next.done)
      else idle.push(connection)
      done?.({ answer, tookMs })
    })
    return connection
  }
  const begin = (connection: Connection, request: Buffer, done: Done) => {
    connection.done = done
    connection.sentAt = performance.now()
    connection.socket.write(request)
  }
  return {
    send: (request) =>
      new Promise((done) => {
        const connection = idle.pop() ?? (all.size < most ? open() : null)
        if (connection === null) waiting.push({ request, done })
        else begin(connection, request, done)
      }),
    async openAll(first) {
      while (all.size < most) {
        const some = Array.from({ length: Math.min(openedAtOnce, most - all.size) }, open)
        await Promise.all(some.map((connection) => new Promise<unknown>((done) => begin(connection, first, done))))
      }
    },
    close() {
      isClosing = true
      for (const socket of all) socket.destroy()
    },
  }
}

function dialPlain(address: string): Socket {
  const { hostname, port } = new URL(address)
  return connect({ host: hostname, port: Number(port), noDelay: true })
}

type Done = (result: { answer: RawAnswer | null; tookMs: number }) => void
type Connection = { socket: Socket; done: Done | null; received: string; sentAt: number }

/** Null while it has not come whole. FinCore gives every answer a length. */
function readAnswer(text: string): RawAnswer | null {
  const headEnd = text.indexOf('\r\n\r\n')
  if (headEnd === -1) return null
  const head = text.slice(0, headEnd).toLowerCase()
  const length = Number(/\ncontent-length: (\d+)/.exec(head)?.[1] ?? 0)
  if (text.length < headEnd + 4 + length) return null
  return { status: Number(text.slice(9, 12)), head, body: text.slice(headEnd + 4, headEnd + 4 + length) }
}

/** The bytes of a JSON POST, but for what `more` adds to the head. */
export function makePost(path: string, bearer: string, body: string, more = ''): Buffer {
  return Buffer.from(
    `POST ${path} HTTP/1.1\r\nhost: fincore\r\nauthorization: Bearer ${bearer}\r\ncontent-type: application/json\r\n` +
      `content-length: ${Buffer.byteLength(body)}\r\n${more}\r\n${body}`,
  )
}
