import net from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { closeListener, type LinkState, listen } from './http-link.ts'

/** The moments of a statement at which its bytes can be held. */
export type StatementMoment = 'statement seen' | 'answer seen'

/** What a process asks PostgreSQL in one turn: a statement with its values, as it goes over the wire. */
export type Statement = {
  link: string
  /** SQL, the name of a prepared one, and the values. */
  text: string
  /** The same of everything that came before it in its transaction; empty outside one. */
  transaction: string
}

export type StatementFault = 'reset before sent' | 'reset after sent' | 'delay'

export type DatabaseLinkOptions = {
  name: string
  port: number
  target: number
  chooseFault(statement: Statement): StatementFault | null
  reached(moment: StatementMoment, statement: Statement): Promise<void>
}

export type DatabaseLink = { name: string; set(state: LinkState): Promise<void>; close(): Promise<void> }

const delayMs = 400

/** A proxy between one process and PostgreSQL that knows where a statement and its answer end. */
export async function startDatabaseLink(options: DatabaseLinkOptions): Promise<DatabaseLink> {
  let state: LinkState = 'open'
  const sockets = new Set<net.Socket>()
  const keep = (socket: net.Socket) => {
    sockets.add(socket)
    socket.on('error', () => {})
    socket.once('close', () => sockets.delete(socket))
  }

  const accept = (client: net.Socket): void => {
    keep(client)
    const server = net.connect({ host: '127.0.0.1', port: options.target, noDelay: true })
    keep(server)
    const cut = () => {
      client.resetAndDestroy()
      server.destroy()
    }
    client.once('close', () => server.destroy())
    server.once('close', () => client.destroy())

    let transaction = ''
    /** What the answer that comes next belongs to, when somebody waits for it. */
    let asked: { statement: Statement; fault: StatementFault | null } | null = null
    let unit: Buffer[] = []
    let isStarted = false
    const fromClient = createReader(async (message) => {
      if (!isStarted) {
        isStarted = true
        server.write(message)
        return
      }
      unit.push(message)
      const type = message[0]
      // A simple query, a Sync or a Flush ends the turn; a password and a goodbye are turns of their own.
      if (type !== code('Q') && type !== code('S') && type !== code('H') && type !== code('p') && type !== code('X'))
        return
      const bytes = Buffer.concat(unit)
      unit = []
      const text = bytes.toString('latin1')
      const statement: Statement = { link: options.name, text, transaction }
      const fault = type === code('Q') || type === code('S') ? options.chooseFault(statement) : null
      if (/\bbegin\b/.test(text.slice(0, 40))) transaction = text
      else if (transaction !== '') transaction += text
      if (/\b(commit|rollback)\b/.test(text.slice(0, 40))) transaction = ''
      await options.reached('statement seen', statement)
      if (fault === 'reset before sent') return cut()
      if (fault === 'delay') await sleep(delayMs)
      asked = { statement, fault }
      server.write(bytes)
    })
    const fromServer = createReader(async (message) => {
      const isReady = message[0] === code('Z')
      if (isReady && asked !== null) {
        const { statement, fault } = asked
        asked = null
        await options.reached('answer seen', statement)
        if (fault === 'reset after sent') return cut()
      }
      // Until here the caller has rows at most, and no word that the statement is done.
      client.write(message)
    })
    client.on('data', (chunk) => state !== 'black hole' && fromClient.push(chunk, isStarted ? 1 : 0))
    server.on('data', (chunk) => {
      if (state === 'black hole') return
      // What came together goes on together: to write each row by itself would cost both sides more than all else here.
      client.cork()
      setImmediate(() => client.uncork())
      fromServer.push(chunk, 1)
    })
  }

  let listener = await listen(options.port, accept)
  const cutAll = () => {
    for (const socket of sockets) socket.resetAndDestroy()
  }
  return {
    name: options.name,
    async set(next) {
      const before = state
      state = next
      if (next === 'refusing' && before !== 'refusing') {
        cutAll()
        await closeListener(listener)
      }
      // Bytes were lost on every connection that was open meanwhile.
      if (before === 'black hole' && next === 'open') cutAll()
      if (next !== 'refusing' && before === 'refusing') listener = await listen(options.port, accept)
    },
    async close() {
      cutAll()
      if (listener.listening) await closeListener(listener)
    },
  }
}

function code(letter: string): number {
  return letter.charCodeAt(0)
}

/** Cuts a stream into PostgreSQL's messages, and hands them on one after the other. */
function createReader(handle: (message: Buffer) => Promise<void>) {
  let rest: Buffer = Buffer.alloc(0)
  const queue: Buffer[] = []
  let isBusy = false
  const work = async (): Promise<void> => {
    if (isBusy) return
    isBusy = true
    for (let message = queue.shift(); message !== undefined; message = queue.shift()) await handle(message)
    isBusy = false
  }
  return {
    /** @param typeBytes 0 for the first message of a client, which has no letter before its length. */
    push(chunk: Buffer, typeBytes: 0 | 1): void {
      rest = rest.length === 0 ? chunk : Buffer.concat([rest, chunk])
      for (let type: number = typeBytes; rest.length >= type + 4; type = 1) {
        const length = type + rest.readInt32BE(type)
        if (rest.length < length) break
        queue.push(rest.subarray(0, length))
        rest = rest.subarray(length)
      }
      void work()
    },
  }
}
