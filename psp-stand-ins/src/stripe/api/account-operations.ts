import type Stripe from 'stripe'
import { apiVersion } from '../api-version.ts'
import { invalid } from '../errors.ts'
import { type CardParams, createMethod, createToken, type MethodParams } from '../objects/payment-methods.ts'
import type { Act, Expanding } from './call.ts'
import { type ListParams, makePage } from './lists.ts'
import { listNames, refuseOthers } from './unsupported.ts'

const methodParams = listNames('billing_details card expand metadata type')
const cardOfMethod = listNames('cvc exp_month exp_year number token')
const cardOfToken = listNames('cvc exp_month exp_year name number')

export const createPaymentMethod: Act<MethodParams & Expanding> = ({ world, account, params }) => {
  refuseOthers(params, methodParams, '')
  refuseOthers(params.card ?? {}, cardOfMethod, 'card')
  return { body: createMethod(world, account, params, '').method }
}

type TokenParams = Expanding & {
  card?: string | { number: string; exp_month: string; exp_year: string; cvc?: string; name?: string }
}

export const createCardToken: Act<TokenParams> = ({ world, account, params }) => {
  refuseOthers(params, listNames('card expand'), '')
  const { card } = params
  if (card === undefined || typeof card === 'string')
    throw invalid('This stand-in makes tokens of cards only', { param: 'card' })
  refuseOthers(card, cardOfToken, 'card')
  const { exp_month: month, exp_year: year, ...rest } = card
  const given: CardParams & { name?: string } = { ...rest, exp_month: readNumber(month), exp_year: readNumber(year) }
  return { body: createToken(world, account, given) }
}

/** A token's dates are texts in the SDK's types; what is no number is no month and no year. */
function readNumber(text: string): number {
  return /^\d{1,4}$/.test(text) ? Number(text) : 0
}

/** `GET /v1/account`: whose key this is. */
export const retrieveAccount: Act<Expanding> = ({ account }) => {
  const body: Stripe.Account = {
    id: account.id,
    object: 'account',
    business_profile: {
      mcc: null,
      minority_owned_business_designation: null,
      name: account.name,
      specified_commercial_transactions_act_url: null,
      support_address: null,
      support_email: null,
      support_phone: null,
      support_url: null,
      url: null,
    },
    business_type: 'company',
    capabilities: { card_payments: 'active', transfers: 'active' },
    charges_enabled: true,
    country: 'US',
    created: account.created,
    default_currency: 'usd',
    details_submitted: true,
    email: null,
    metadata: {},
    payouts_enabled: true,
    settings: null,
    type: 'standard',
  }
  return { body }
}

export const listWebhookEndpoints: Act<Expanding & ListParams> = ({ account, params }) => {
  const { id, url } = account.webhook
  const endpoints: Stripe.WebhookEndpoint[] =
    url === null
      ? []
      : [
          {
            id,
            object: 'webhook_endpoint',
            api_version: apiVersion,
            application: null,
            created: account.created,
            description: null,
            enabled_events: account.webhook.enabledEvents,
            livemode: false,
            metadata: {},
            status: 'enabled',
            url,
          },
        ]
  return { body: makePage(endpoints, params, '/v1/webhook_endpoints', 'webhook_endpoint') }
}
