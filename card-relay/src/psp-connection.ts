import https from 'node:https'
import tls from 'node:tls'
import { limits } from './limits.ts'
import { blankReplyHeaders } from './reply-headers.ts'

/** OpenSSL's SSL_OP_CLEANSE_PLAINTEXT, which `node:crypto` does not name: it overwrites what it has handed over. */
export const cleansePlaintext = 2

/** How far a connection came that could not be used; read from the `cause` of the error that the request gets. */
export type ConnectionFailure = 'refused' | 'tls'

/**
 * The agent for PSPs. A request gets its socket only when the TLS handshake is over and the certificate was found good.
 * Node's own agent hands out the socket at once and queues the request in it; here a request without a socket has
 * certainly sent nothing, which is what the payment service must know before it may try another PSP.
 * `ca`: PEM of the only authorities to trust, or undefined for those that come with Node.
 */
export function makePspAgent(ca: string | undefined): https.Agent {
  // An idle connection is kept for 4 s, below the usual 5 s after which servers close theirs: a request that meets a
  // closing connection is one whose outcome has to be looked up.
  const agent = new https.Agent({ keepAlive: true, maxSockets: limits.charges, maxFreeSockets: 64, timeout: 4_000 })
  agent.createConnection = (options, done) => {
    let reached: ConnectionFailure = 'refused'
    const socket = tls.connect({
      host: options.host ?? '',
      port: Number(options.port),
      servername: (options as tls.ConnectionOptions).servername ?? '',
      ALPNProtocols: ['http/1.1'],
      minVersion: 'TLSv1.2',
      rejectUnauthorized: true,
      secureOptions: cleansePlaintext,
      ...(ca === undefined ? {} : { ca }),
    })
    const giveUp = () => {
      socket.destroy()
      done?.(new Error('The PSP could not be reached.', { cause: reached }), socket)
    }
    socket.setTimeout(limits.pspTimeoutMs, giveUp)
    socket.once('connect', () => {
      reached = 'tls'
    })
    socket.once('error', giveUp)
    socket.once('secureConnect', () => {
      socket.off('error', giveUp)
      socket.off('timeout', giveUp)
      blankReplyHeaders(socket)
      done?.(null, socket)
    })
    return undefined
  }
  return agent
}
