import type { CreateTokenCharge } from '@fincore/api-contract/requests'
import type { Deps } from '../deps.ts'
import { idOfRequest } from '../ids.ts'
import { isRefusal, type Refusal, refuse } from '../refusal.ts'
import { authorizeInput, beginCharge } from './begin-charge.ts'
import { choosePspAccount, type Wanted } from './choose-psp-account.ts'
import { finishCharge } from './finish-charge.ts'
import { readShopper } from './read-shopper.ts'
import type { Answer } from './replay.ts'
import { sendInTime } from './time-limits.ts'

/** `POST /v1/charges` with a token: intent, call, outcome. A PSP's decline is an answer and not a refusal. */
export async function chargeToken(
  deps: Deps,
  input: { merchantId: string; idempotencyKey: string; request: CreateTokenCharge; requestId?: string },
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
  const shopper = readShopper(request)
  const chargeId = idOfRequest('charge', input.requestId, deps.now())
  const { amount, currency } = request
  const admitted = isRefusal(shopper)
    ? shopper
    : await deps.cardTesting.admit({
        merchantId,
        flow: 'token',
        address: shopper.address,
        bin: null,
        amount: { amount: BigInt(amount), currency },
        isMerchantInitiated: false,
      })
  using tried = isRefusal(admitted) ? null : admitted
  // What refuses a new charge does not refuse a repeat, which beginCharge answers.
  const chosen = isRefusal(admitted)
    ? admitted
    : await choosePspAccount(deps, {
        merchantId,
        id: chargeId,
        flow: 'token',
        amount,
        currency,
        asked: askedBy(request),
      })
  using place = deps.pspPlaces.ours.open()
  const begun = await beginCharge(deps, {
    merchantId,
    chargeId,
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
  if (isRefusal(chosen) || isRefusal(shopper)) throw new Error('A charge was begun without an account')
  const { payments } = chosen.psp
  const asked = authorizeInput(deps, begun.charge, begun.attemptId)
  const call = {
    kind: 'authorize',
    request: payments.authorizeToken(chosen.account, { ...asked, shopper, token }),
  } as const
  place.callBegins()
  const outcome = await sendInTime(deps, begun.clock, chosen.account, call, (reply) =>
    payments.readReply(call.kind, reply, asked),
  )
  place.end()
  tried?.learn(begun.charge, outcome)
  return finishCharge(deps, begun, outcome)
}

/** The account that the request names, or that it says its token was made at. */
function askedBy({ psp_account: named, payment_method: { psp_account: madeAt } }: CreateTokenCharge): Wanted['asked'] {
  if (madeAt !== undefined) return { account: madeAt, why: 'token_of_this_account' }
  return named === undefined ? null : { account: named, why: 'asked_for' }
}
