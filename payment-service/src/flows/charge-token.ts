import type { CreateTokenCharge } from '@fincore/api-contract/requests'
import type { Deps } from '../deps.ts'
import { isRefusal, type Refusal, refuse } from '../refusal.ts'
import { authorizeInput, beginCharge } from './begin-charge.ts'
import { choosePspAccount } from './choose-psp-account.ts'
import { finishCharge } from './finish-charge.ts'
import type { Answer } from './replay.ts'
import { sendInTime } from './time-limits.ts'

/** `POST /v1/charges` with a token: intent, call, outcome. A PSP's decline is an answer and not a refusal. */
export async function chargeToken(
  deps: Deps,
  input: { merchantId: string; idempotencyKey: string; request: CreateTokenCharge },
): Promise<Answer | Refusal> {
  const { merchantId, idempotencyKey, request } = input
  const { token, psp_account: tokensAccount } = request.payment_method
  if (tokensAccount !== undefined && request.psp_account !== undefined && tokensAccount !== request.psp_account) {
    return refuse('parameter_invalid', {
      param: 'psp_account',
      detail:
        'psp_account and payment_method.psp_account name different accounts; a token works only at the account that made it.',
    })
  }
  const chosen = await choosePspAccount(deps, merchantId, request.psp_account ?? tokensAccount, () => null)
  using place = deps.pspPlaces.ours.open()
  const begun = await beginCharge(deps, {
    merchantId,
    request,
    flow: 'token',
    chosen,
    idempotencyKey,
    card: null,
    use: null,
    place,
  })
  if (isRefusal(begun)) return begun
  if ('answer' in begun) return begun.answer
  if (isRefusal(chosen)) throw new Error('A charge was begun without an account')
  const { payments } = chosen.psp
  const asked = authorizeInput(deps, begun.charge, begun.attemptId)
  place.callBegins()
  const reply = await sendInTime(deps, begun.clock, payments.authorizeToken(chosen.account, { ...asked, token }))
  place.end()
  return finishCharge(deps, begun, payments.readReply('authorize', reply, asked))
}
