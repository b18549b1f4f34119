import type { FastifyReply, FastifyRequest } from 'fastify'
import { newSecret } from '../../secrets.ts'

/**
 * The cookie that binds a link to the browser that used it: a secret of 256 random bits, of which the database holds
 * the digest. `__Host-` makes browsers refuse it from any other host and without `Secure`; they accept it on http://
 * too where that is the loopback address, so development needs no exception.
 */
const nameOf = (sessionId: string) => `__Host-link_${sessionId}`

/** How long the browser is known after the session's end, for the way back to the shop. */
const keepAfterEndS = 86_400

export function readBrowserSecret(request: FastifyRequest, sessionId: string): string | null {
  const name = nameOf(sessionId)
  for (const part of (request.headers.cookie ?? '').slice(0, 16_384).split(';')) {
    const [key, value] = part.split('=', 2)
    if (key?.trim() === name && value !== undefined && /^[\w-]{43}$/.test(value.trim())) return value.trim()
  }
  return null
}

export function makeBrowserSecret(): string {
  return newSecret('')
}

export function setBrowserSecret(
  reply: FastifyReply,
  session: { id: string; expires_at: Date },
  secret: string,
  now: Date,
): void {
  const maxAgeS = Math.max(0, Math.ceil((session.expires_at.getTime() - now.getTime()) / 1_000)) + keepAfterEndS
  reply.header(
    'set-cookie',
    `${nameOf(session.id)}=${secret}; Path=/; Max-Age=${maxAgeS}; Secure; HttpOnly; SameSite=Lax`,
  )
}
