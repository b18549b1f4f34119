import type { FastifyReply } from 'fastify'

/** A documented refusal: nothing was done. `param` is the dotted path of the field at fault. */
export class Rejection extends Error {
  readonly status: number
  readonly code: string
  readonly param: string | null

  constructor(status: number, code: string, message: string, param: string | null = null) {
    super(message)
    this.status = status
    this.code = code
    this.param = param
  }
}

/** The body of every answer of 400 and above. */
export function errorBody(code: string, message: string, param: string | null = null) {
  return { error: { code, message, param } }
}

/** Answers a path that cannot be read. Fastify's own answer would quote it. */
export function sendUnreadablePath(_error: unknown, _request: unknown, reply: Pick<FastifyReply, 'code'>): void {
  reply.code(404).send(errorBody('route_not_found', 'The path has a broken escape, or a part that is too long.'))
}
