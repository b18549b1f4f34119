import { Type } from 'typebox'
import { writeDownAddress } from '../../abuse/shopper-address.ts'
import { showBlock } from '../../abuse/show-block.ts'
import { refuse } from '../../refusal.ts'
import { RefusalError } from '../../server/problems.ts'
import type { App } from '../../server/server.ts'
import { type CardTestingBlock, liftBlock, listBlocks, lockBlock } from '../../store/card-testing-blocks.ts'
import { act, auditedRoute, readingRoute } from '../act.ts'
import type { AdminDeps } from '../deps.ts'
import { listPage, pageQuery } from '../lists.ts'

const collection = '/admin/v1/merchants/:merchant/card_testing/blocks'
const listSchema = {
  params: Type.Object({ merchant: Type.String() }),
  querystring: Type.Object(
    {
      ...pageQuery,
      in_force: Type.Optional(Type.Literal('true', { description: 'Only those that hold now.' })),
      address: Type.Optional(Type.String({ maxLength: 45, description: 'Only those of a shopper’s address.' })),
    },
    { additionalProperties: false },
  ),
}
const liftSchema = {
  params: Type.Object({ merchant: Type.String(), block: Type.String() }),
  body: Type.Object({ reason: Type.String({ minLength: 1, maxLength: 500 }) }, { additionalProperties: false }),
}

/** What is not tried for a merchant because card testing is suspected, and what was; an operator lifts it. */
export function addCardTestingBlockRoutes(app: App, deps: AdminDeps): void {
  app.get(collection, { schema: listSchema, config: readingRoute }, (request) => {
    const { merchant } = request.params
    const { address, in_force } = request.query
    const writtenDown = address === undefined ? null : writeDownAddress(deps.vault, merchant, address)
    if (address !== undefined && writtenDown === null)
      throw new RefusalError(refuse('parameter_invalid', { param: 'address' }))
    const filter = { address: writtenDown, inForceAt: in_force === undefined ? null : deps.now() }
    return listPage(request.query, (page) => listBlocks(deps.pool, merchant, { ...page, ...filter }), show)
  })

  app.post(
    `${collection}/:block/lift`,
    { schema: liftSchema, config: auditedRoute('card_testing.lift', ':block') },
    (request, reply) =>
      act(deps, request, reply, async (tx, operator) => {
        const { merchant, block: id } = request.params
        const block = await lockBlock(tx, merchant, id)
        if (block === null) return refuse('resource_not_found')
        const now = deps.now()
        if (block.liftedAt !== null || block.until <= now)
          return refuse('conflict', {
            detail: 'The block holds no more. Look at the list: another may have begun since.',
          })
        const { reason } = request.body
        const lifted = await liftBlock(tx, block, { operator, reason, now })
        return { body: show(lifted), details: { reason, rule: block.rule, value: block.value } }
      }),
  )
}

function show(block: CardTestingBlock) {
  return {
    ...showBlock(block),
    merchant: block.merchantId,
    lifted_at: block.liftedAt?.toISOString() ?? null,
    lifted_by: block.liftedBy,
    lift_reason: block.liftReason,
  }
}
