import { Type } from 'typebox'
import { checkPspAccount } from '../../flows/check-psp-account.ts'
import { showCheck } from '../../psp-check/report.ts'
import type { PspAccount } from '../../psp-gateway/port.ts'
import { refuse } from '../../refusal.ts'
import type { App } from '../../server/server.ts'
import { act, auditedRoute } from '../act.ts'
import type { AdminDeps } from '../deps.ts'

const schema = {
  params: Type.Object({ merchant: Type.String(), account: Type.String() }),
  body: Type.Object({}, { additionalProperties: false }),
}

/** How an account is set up at its PSP. The PSP is asked when the audit record is written, outside its transaction. */
export function addPspAccountCheckRoute(app: App, deps: AdminDeps): void {
  app.post(
    '/admin/v1/merchants/:merchant/psp_accounts/:account/check',
    { schema, config: auditedRoute('psp_account.check', ':account') },
    (request, reply) => {
      let account: PspAccount | null = null
      return act(
        deps,
        request,
        reply,
        async () => {
          account = await deps.directory.findPspAccount(request.params.account)
          if (account?.merchantId !== request.params.merchant) return refuse('resource_not_found')
          return { body: {} }
        },
        async () => (account === null ? null : { body: showCheck(await checkPspAccount(deps, account)) }),
      )
    },
  )
}
