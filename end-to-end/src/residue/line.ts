import net from 'node:net'
import tls from 'node:tls'

/** One connection to a server, opened anew whenever it is needed and gone; it carries requests as bytes, one at a time. */
export type Line = {
  /**
   * Sends the pieces one after another and waits for the answer. Gives its status, and the charge's own or the problem's
   * code: `201 captured`, `403 card_data_not_accepted_here`. `gone` when the connection ended without an answer.
   */
  ask(...pieces: string[]): Promise<string>
  /**
   * Sends the text and breaks the connection off as soon as it has left, and `moment` has come. Gives `cut` only when the
   * connection was made, its handshake included, all of the text was written, and no answer came before; else what was
   * in the way.
   */
  cut(text: string, moment?: Promise<unknown>): Promise<string>
  close(): void
}

export type LineOptions = {
  port: number
  /** Null for plain TCP. */
  tls: { ca: Buffer; cert?: Buffer; key?: Buffer } | null
  /** Told of every byte that comes back. */
  received(chunk: Buffer): void
}

/** Longer than any PSP call may take; what takes longer is a fault of the drill. */
const answerTimeoutMs = 60_000

export function makeLine(options: LineOptions): Line {
  let open: net.Socket | null = null

  async function connect(): Promise<net.Socket> {
    if (open !== null && !open.destroyed && open.writable) return open
    const { port } = options
    const host = '127.0.0.1'
    const socket = options.tls === null ? net.connect({ port, host }) : tls.connect({ port, host, ...options.tls })
    open = socket
    socket.setNoDelay(true)
    socket.on('error', () => socket.destroy())
    socket.on('data', (chunk) => options.received(chunk))
    await new Promise<void>((done) => {
      socket.once(options.tls === null ? 'connect' : 'secureConnect', () => done())
      socket.once('close', () => done())
    })
    return socket
  }

  async function ask(...pieces: string[]): Promise<string> {
    const socket = await connect()
    return new Promise((resolve, reject) => {
      let text = ''
      const finish = (outcome: string) => {
        clearTimeout(timer)
        socket.off('data', onData).off('close', onClose)
        resolve(outcome)
      }
      const onData = (chunk: Buffer) => {
        text += chunk.toString('latin1')
        const outcome = readOutcome(text)
        if (outcome === null) return
        if (/\r\nconnection: close\r\n/i.test(text)) socket.destroy()
        finish(outcome)
      }
      const onClose = () => finish('gone')
      const timer = setTimeout(() => {
        socket.destroy()
        reject(new Error(`There was no answer within ${answerTimeoutMs / 1000} s`))
      }, answerTimeoutMs)
      socket.on('data', onData).once('close', onClose)
      if (socket.destroyed) return finish('gone')
      void sendPieces(socket, pieces)
    })
  }

  return {
    ask,
    async cut(text, moment = Promise.resolve()) {
      const socket = await connect()
      if (socket.destroyed) return 'no connection'
      return new Promise<string>((done) => {
        let ended = 'closed before all was sent'
        const onAnswer = () => {
          ended = 'answered before it was cut'
          socket.destroy()
        }
        socket.once('data', onAnswer).once('close', () => done(ended))
        socket.write(text, (error) => {
          if (error) return
          ended = 'closed before it was cut'
          const breakOff = () => {
            if (!socket.destroyed) ended = 'cut'
            socket.destroy()
          }
          void moment.then(() => setTimeout(breakOff))
        })
      })
    },
    close: () => open?.destroy(),
  }
}

async function sendPieces(socket: net.Socket, pieces: string[]): Promise<void> {
  for (const piece of pieces) {
    if (socket.destroyed) return
    await new Promise((done) => socket.write(piece, done))
  }
}

/** What an answer says that is there with all of its body; null before that. */
function readOutcome(text: string): string | null {
  const end = text.indexOf('\r\n\r\n')
  if (end === -1) return null
  const length = Number(/\r\ncontent-length: (\d+)/i.exec(text.slice(0, end))?.[1] ?? 0)
  const body = text.slice(end + 4)
  if (body.length < length) return null
  const { code, status } = body.startsWith('{') ? JSON.parse(body) : {}
  return [text.slice(9, 12), code ?? status].join(' ').trim()
}
