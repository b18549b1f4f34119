import https from 'node:https'
import tls from 'node:tls'
import { limits } from './limits.ts'
import { blankReplyHeaders } from './reply-headers.ts'

/** OpenSSL's SSL_OP_CLEANSE_PLAINTEXT, which `node:crypto` does not name: it overwrites what it has handed over. */
export const cleansePlaintext = 2

/**
 * The agent for PSPs. A request gets its socket only when the TLS handshake is over and the certificate was found good.
 * Node's own agent hands out the socket at once and queues the request in it; here a request without a socket has
 * certainly sent nothing, which is what the payment service must know before it may try another PSP. The `cause` of the
 * error that the request gets instead says how far the connection came: `refused` or `tls`.
 * `ca`: PEM of the only authorities to trust, or undefined for those that come with Node.
 */
export function makePspAgent(ca: string | undefined): https.Agent {
  // An idle connection is kept for 4 s, below the usual 5 s after which servers close theirs: a request that meets a
  // closing connection is one whose outcome has to be looked up.
  const agent = new https.Agent({ keepAlive: true, maxSockets: limits.charges, maxFreeSockets: 64, timeout: 4_000 })
  const trust = { ca, minVersion: 'TLSv1.2', rejectUnauthorized: true, secureOptions: cleansePlaintext } as const
  agent.createConnection = ({ host = '', port, servername = '' }: tls.ConnectionOptions, done) => {
    const socket = tls.connect({ ...trust, host, port: Number(port), servername, ALPNProtocols: ['http/1.1'] })
    let cause = 'refused'
    const giveUp = () => {
      socket.destroy()
      done?.(new Error('The PSP could not be reached.', { cause }), socket)
    }
    socket.setTimeout(limits.pspTimeoutMs, giveUp)
    socket.once('error', giveUp)
    socket.once('connect', () => {
      cause = 'tls'
    })
    socket.once('secureConnect', () => {
      socket.off('error', giveUp).off('timeout', giveUp)
      blankReplyHeaders(socket)
      done?.(null, socket)
    })
    return undefined
  }
  return agent
}
