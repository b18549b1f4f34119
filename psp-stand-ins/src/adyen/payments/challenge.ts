import { AdyenError } from '../adyen-error.ts'
import { newSecret } from '../ids.ts'
import { type Refusal, refusalOf } from '../refusals.ts'
import type { Challenge, Payment, World } from '../world.ts'
import { announceAuthorisation } from './announce.ts'
import { approve } from './authorise.ts'

/**
 * The shopper has decided at the bank. Nothing moves yet: the merchant finishes it with `/payments/details`.
 *
 * @returns where the shopper goes on. Who comes back and decides again goes on with the first decision.
 */
export function decideChallenge(challenge: Challenge, confirmed: boolean): string {
  const { payment } = challenge
  const fails = payment.behaviour.do === 'challenge' && payment.behaviour.ends === 'failed'
  challenge.result ??= {
    redirectResult: `X3XtfGC9!${newSecret()}`,
    authenticated: confirmed && !fails,
    submitted: false,
  }
  const url = new URL(challenge.returnUrl)
  url.searchParams.set('redirectResult', challenge.result.redirectResult)
  return url.href
}

/**
 * Goes on with a payment after the bank's page.
 *
 * @throws AdyenError for a result that Adyen did not make for this account, or that was submitted before.
 */
export function finishChallenge(
  world: World,
  merchantAccount: string,
  redirectResult: string,
): { payment: Payment; refusal: Refusal | null; told: Promise<void> } {
  const challenge = [...world.challenges.values()].find(({ result }) => result?.redirectResult === redirectResult)
  if (!challenge?.result || challenge.payment.account.merchantAccount !== merchantAccount)
    throw new AdyenError('invalid_payload')
  if (challenge.result.submitted) throw new AdyenError('already_processed')
  challenge.result.submitted = true
  const { payment, result } = challenge
  if (result.authenticated) return { payment, refusal: null, told: approve(world, payment) }
  payment.status = 'refused'
  const refusal = refusalOf('11')
  return { payment, refusal, told: announceAuthorisation(world, payment, refusal) }
}
