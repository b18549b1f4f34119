import { apiVersion } from '../api-version.ts'
import { invalid, Refusal } from '../errors.ts'
import type { Operation } from '../operations.ts'
import type { Account, World } from '../world.ts'

type Headers = Readonly<Record<string, string | string[] | undefined>>

/** Whose request this is, and with which kind of key it came. Throws 401 or 403, as Stripe does. */
export function authenticate(
  world: World,
  headers: Headers,
  operation: Operation,
): { account: Account; secret: boolean } {
  const key = readKey(headers.authorization)
  if (key === '')
    throw new Refusal(401, {
      type: 'invalid_request_error',
      message:
        "You did not provide an API key. You need to provide your API key in the Authorization header, using Bearer auth (e.g. 'Authorization: Bearer YOUR_SECRET_KEY').",
    })
  const account = world.accounts.get(key)
  if (account) return { account, secret: true }
  const byPublishable = [...world.accounts.values()].find(({ publishableKey }) => publishableKey === key)
  if (!byPublishable) throw new Refusal(401, { type: 'invalid_request_error', message: 'Invalid API Key provided.' })
  if (!operation.publishable)
    throw new Refusal(403, {
      type: 'invalid_request_error',
      code: 'secret_key_required',
      message: 'This API call cannot be made with a publishable API key. Please use a secret API key.',
    })
  return { account: byPublishable, secret: false }
}

/** Bearer, or Basic with the key as the user's name ("Authentication", API reference). */
function readKey(header: string | string[] | undefined): string {
  const [scheme = '', text = ''] = typeof header === 'string' ? header.split(' ') : []
  if (scheme.toLowerCase() === 'bearer') return text
  if (scheme.toLowerCase() === 'basic') return Buffer.from(text, 'base64').toString().split(':')[0] ?? ''
  return ''
}

/** The version that FinCore is written for; at Stripe it may be left out, and then it is the account's. */
export function checkVersion(headers: Headers): void {
  if (headers['stripe-version'] === apiVersion) return
  throw invalid(
    headers['stripe-version'] === undefined
      ? `This stand-in of Stripe asks for \`Stripe-Version: ${apiVersion}\`.`
      : `Invalid Stripe API version: this stand-in has ${apiVersion} only.`,
  )
}

/** A POST's parameters are a form. */
export function checkContentType(headers: Headers): void {
  const [type = ''] = String(headers['content-type'] ?? '').split(';')
  if (type.trim().toLowerCase() === 'application/x-www-form-urlencoded') return
  throw invalid(
    'Invalid request (check that your POST content type is application/x-www-form-urlencoded). If you have any questions, we can help at https://support.stripe.com/.',
  )
}
