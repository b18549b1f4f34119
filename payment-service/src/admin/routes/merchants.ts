import { Type } from 'typebox'
import { newId } from '../../ids.ts'
import { refuse } from '../../refusal.ts'
import { RefusalError } from '../../server/problems.ts'
import type { App } from '../../server/server.ts'
import { findMerchant, insertMerchant, listMerchants, type Merchant } from '../../store/merchants.ts'
import { act, auditedRoute, readingRoute } from '../act.ts'
import type { AdminDeps } from '../deps.ts'
import { listPage, listSchema } from '../lists.ts'

const createSchema = {
  body: Type.Object({ name: Type.String({ minLength: 1, maxLength: 200 }) }, { additionalProperties: false }),
}
const merchantParams = Type.Object({ merchant: Type.String() })

export function addMerchantRoutes(app: App, deps: AdminDeps): void {
  app.post('/admin/v1/merchants', { schema: createSchema, config: auditedRoute('merchant.create') }, (request, reply) =>
    act(deps, request, reply, async (tx) => {
      const merchant = await insertMerchant(tx, newId('merchant'), request.body.name)
      return { status: 201, body: showMerchant(merchant), resource: merchant.id, merchantId: merchant.id }
    }),
  )

  app.get('/admin/v1/merchants', { schema: listSchema, config: readingRoute }, (request) =>
    listPage(request.query, (page) => listMerchants(deps.pool, page), showMerchant),
  )

  app.get(
    '/admin/v1/merchants/:merchant',
    { schema: { params: merchantParams }, config: readingRoute },
    async (request) => {
      const merchant = await findMerchant(deps.pool, request.params.merchant)
      if (merchant === null) throw new RefusalError(refuse('resource_not_found'))
      return showMerchant(merchant)
    },
  )
}

function showMerchant(merchant: Merchant) {
  return { object: 'merchant', id: merchant.id, name: merchant.name, created_at: merchant.createdAt.toISOString() }
}
