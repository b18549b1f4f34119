import { Type } from 'typebox'
import { refuse } from '../../refusal.ts'
import type { App } from '../../server/server.ts'
import {
  approveToken,
  askForToken,
  disableOperator,
  listOperators,
  lockOperator,
  type Operator,
  replaceToken,
} from '../../store/operators.ts'
import { act, auditedRoute, readingRoute } from '../act.ts'
import type { AdminDeps } from '../deps.ts'
import { listPage, listSchema } from '../lists.ts'

const strict = { additionalProperties: false }
/** FinCore is told a token's SHA-256 alone: whoever passes it on, and FinCore itself, cannot sign in with it. */
const digest = Type.String({ pattern: '^[0-9a-f]{64}$' })
const ofOperator = Type.Object({ operator: Type.String() })
const tokenBody = Type.Object({ token_digest: digest }, strict)
const collection = '/admin/v1/operators'

/**
 * Operators come, change and go without a restart. A token is made by whoever will have it; one operator asks for it by
 * its digest, another approves the same digest. One's own is replaced without asking, and anybody else is shut out at
 * once: both take away more than they give.
 */
export function addOperatorRoutes(app: App, deps: AdminDeps): void {
  app.get(collection, { schema: listSchema, config: readingRoute }, (request) =>
    listPage(request.query, (page) => listOperators(deps.pool, page), showOperator),
  )

  const askSchema = {
    body: Type.Object({ name: Type.String({ pattern: '^[\\w.-]{1,64}$' }), token_digest: digest }, strict),
  }
  app.post(collection, { schema: askSchema, config: auditedRoute('operator.request') }, (request, reply) =>
    act(deps, request, reply, async (tx, by) => {
      const { name, token_digest } = request.body
      const asked = await askForToken(tx, { name, digest: Buffer.from(token_digest, 'hex'), by })
      if (asked === null) return refuse('conflict')
      return { status: 201, body: showOperator(asked), resource: name, details: { token_digest } }
    }),
  )

  app.post(
    `${collection}/:operator/approve`,
    { schema: { params: ofOperator, body: tokenBody }, config: auditedRoute('operator.approve', ':operator') },
    (request, reply) =>
      act(deps, request, reply, async (tx, by) => {
        const { token_digest } = request.body
        const operator = await lockOperator(tx, request.params.operator)
        if (operator === null) return refuse('resource_not_found')
        if (operator.askedDigest === null)
          return refuse('conflict', { detail: 'Nobody has asked for a token of this operator, or it is approved.' })
        if (operator.askedBy === by) return refuse('two_operators_required')
        if (operator.askedDigest.toString('hex') !== token_digest)
          return refuse('parameter_invalid', {
            param: 'token_digest',
            detail: 'Another token was asked for. Compare the digest with the one whose token it is.',
          })
        const approved = await approveToken(tx, operator.name, by)
        if (approved === null) return refuse('conflict')
        return { body: showOperator(approved), details: { token_digest, requested_by: operator.askedBy } }
      }),
  )

  app.post(
    `${collection}/:operator/token`,
    { schema: { params: ofOperator, body: tokenBody }, config: auditedRoute('operator.roll_token', ':operator') },
    (request, reply) =>
      act(deps, request, reply, async (tx, by) => {
        const { token_digest } = request.body
        if (request.params.operator !== by) return refuse('two_operators_required', { detail: onlyOwn })
        const rolled = await replaceToken(tx, by, Buffer.from(token_digest, 'hex'))
        return rolled === null ? refuse('conflict') : { body: showOperator(rolled), details: { token_digest } }
      }),
  )

  const disableSchema = {
    params: ofOperator,
    body: Type.Object({ reason: Type.Optional(Type.String({ minLength: 1, maxLength: 500 })) }, strict),
  }
  app.post(
    `${collection}/:operator/disable`,
    { schema: disableSchema, config: auditedRoute('operator.disable', ':operator') },
    (request, reply) =>
      act(deps, request, reply, async (tx, by) => {
        const { operator } = request.params
        if (operator === by)
          return refuse('conflict', { detail: 'You cannot shut yourself out. Have a colleague do it.' })
        const disabled = await disableOperator(tx, operator, by)
        if (disabled === null) return refuse('resource_not_found')
        const { reason } = request.body
        return { body: showOperator(disabled), details: reason === undefined ? {} : { reason } }
      }),
  )
}

const onlyOwn =
  'An operator’s token is replaced by that operator alone. Ask for a new one, and have a colleague approve it.'

function showOperator(operator: Operator) {
  const { name, isActive, askedDigest, askedBy, askedAt, approvedBy, createdAt, disabledAt, disabledBy } = operator
  return {
    object: 'operator',
    id: name,
    name,
    status: isActive ? 'active' : disabledAt === null ? 'requested' : 'disabled',
    asked:
      askedDigest === null
        ? null
        : { token_digest: askedDigest.toString('hex'), by: askedBy, at: askedAt?.toISOString() ?? null },
    approved_by: approvedBy,
    disabled_by: disabledBy,
    disabled_at: disabledAt?.toISOString() ?? null,
    created_at: createdAt.toISOString(),
  }
}
