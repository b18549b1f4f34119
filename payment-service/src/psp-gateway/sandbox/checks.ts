import { parseJson } from '../parse-json.ts'
import type { CheckFinding, Checks, PspReply } from '../port.ts'
import { readAccount } from './account.ts'
import { get } from './request.ts'
import { wire } from './wire.ts'

/** The sandbox tells everything of an account in one answer; raw cards, 3-D Secure and its page need no enabling. */
export const checks: Checks = {
  list(account, { webhookUrl, environment }) {
    const { publicKey } = readAccount(account)
    return [
      {
        name: 'account',
        request: get(account, '/v2/account'),
        read: (reply) => readOwnAccount(reply, { publicKey, webhookUrl }),
      },
      {
        name: 'mode',
        request: null,
        findings: [{ code: environment === 'production' ? 'mode_differs' : 'mode_fits' }],
      },
      {
        name: 'what every account of the sandbox has',
        request: null,
        findings: [{ code: 'raw_cards_enabled' }, { code: 'three_d_secure_ready' }, { code: 'hosted_page_ready' }],
      },
    ]
  },
  ownPayment: {
    request: (account, payment) => get(account, `/v2/payments/${encodeURIComponent(payment)}`),
    read(payment, reply) {
      if ('failure' in reply) return 'unknown'
      const body = parseJson(reply.body)
      if (reply.status === 200) return wire.payment.Check(body) && body.id === payment ? 'seen' : 'unknown'
      if (!wire.error.Check(body)) return 'unknown'
      const isMissing = reply.status === 404 && body.error.code === 'payment_not_found'
      return isMissing || reply.status === 401 ? 'not_seen' : 'unknown'
    },
  },
}

function readOwnAccount(
  reply: Extract<PspReply, { status: number }>,
  ours: { publicKey: string; webhookUrl: string },
): CheckFinding[] {
  const body = parseJson(reply.body)
  if (reply.status === 401 && wire.error.Check(body)) return [{ code: 'credentials_refused' }]
  if (reply.status !== 200 || !wire.account.Check(body)) return [{ code: 'reply_not_understood' }]
  return [
    { code: 'credentials_accepted' },
    { code: body.public_key === ours.publicKey ? 'client_key_fits' : 'client_key_differs' },
    readWebhook(body.webhook_url, ours.webhookUrl),
  ]
}

function readWebhook(there: string | null, here: string): CheckFinding {
  if (there === here) return { code: 'webhook_endpoint_found' }
  return {
    code: 'webhook_endpoint_missing',
    detail: there === null ? 'The PSP has no address for webhooks.' : 'The PSP has another address for webhooks.',
  }
}
